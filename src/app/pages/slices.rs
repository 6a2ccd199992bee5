//! Runs that a page computes itself, a few milliseconds of every animation frame, so that the page answers while they
//! go on.

/// What a frame may spend on steps, in milliseconds: drawing needs the rest of its sixteen.
const FRAME: f64 = 7.0;
/// Milliseconds between two drawings while the runs go on.
const REDRAW: f64 = 90.0;
/// The same for numbers that are read, not watched.
const RETELL: f64 = 400.0;

/// When a loop last looked at the clock, last drew and last told numbers, in milliseconds, and the steps it owes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    last: f64,
    drawn: f64,
    told: f64,
    debt: f64,
}

/// What one frame did.
#[derive(Debug, Clone, Copy)]
pub struct Slice {
    /// Steps made.
    pub taken: u32,
    /// Milliseconds spent on them.
    pub spent: f64,
    /// Whether the runs go on.
    pub going: bool,
    /// Whether it is time to draw.
    pub shows: bool,
    /// Whether it is time to tell numbers, if possible not in a frame that draws.
    pub tells: bool,
    /// Where the next frame begins.
    pub next: Pace,
}

impl Pace {
    /// A loop that begins now; its first frame draws, so that the page is alive at once.
    pub fn begin() -> Self {
        let now = milliseconds();
        Self { last: now, drawn: now - REDRAW, told: now - RETELL, debt: 0.0 }
    }

    /// One frame at `speed` steps a second (0: as many as there can be), looking at the clock after every `rounds`
    /// steps. `step` says whether there is more to do.
    pub fn frame(self, speed: f32, rounds: u32, step: &mut dyn FnMut() -> bool) -> Slice {
        let began = milliseconds();
        let asked = f64::from(speed);
        // A page that slept in the background does not race to catch up.
        let seconds = ((began - self.last) / 1000.0).clamp(0.0, 0.25);
        let due = if asked > 0.0 { self.debt + seconds * asked } else { f64::INFINITY };
        let (mut left, mut taken, mut going, mut now) = (due.floor(), 0_u32, true, began);
        while left >= 1.0 && going && now - began < FRAME {
            for _ in 0..rounds.min(left.min(f64::from(rounds)) as u32) {
                going = step();
                left -= 1.0;
                taken += 1;
                if !going {
                    break;
                }
            }
            now = milliseconds();
        }
        let shows = !going || now - self.drawn >= REDRAW;
        // Beside a drawing only where every frame draws.
        let waited = now - self.told;
        let tells = !going || waited >= 2.0 * RETELL || (!shows && waited >= RETELL);
        let since = |due: bool, last: f64| if due { now } else { last };
        let debt = if left.is_finite() { left.min(1.0) + due.fract() } else { 0.0 };
        let (drawn, told) = (since(shows, self.drawn), since(tells, self.told));
        let next = Self { last: began, drawn, told, debt: debt.min(1.0) };
        Slice { taken, spent: now - began, going, shows, tells, next }
    }
}

/// The page's clock in milliseconds.
fn milliseconds() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}
