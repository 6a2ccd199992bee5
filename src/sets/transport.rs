//! Moving light about in an image: the numbers of the Wasserstein ball, without tensors.
//!
//! A plan says how much of each pixel's light goes to which pixel of the 5 × 5 window around it, in the same channel.
//! Its cost is ⟨Π, C⟩/ΣX with C = Δy² + Δx² in pixels: at 0.05, a twentieth of all light has moved by one pixel, or an
//! eightieth by two. (Wong, Schmidt, Kolter 2019, with p = 2 and their window.)

/// How far light may go in each direction, in pixels.
pub const REACH: usize = 2;
/// Number of places light can go to from a pixel, its own included.
pub const OFFSETS: usize = (2 * REACH + 1) * (2 * REACH + 1);
/// Its own place among them.
pub const MIDDLE: usize = OFFSETS / 2;
/// The most that a plan can cost: all light goes to a corner of its window.
pub const MOST: f64 = 2.0 * (REACH * REACH) as f64;

/// (Δy, Δx) of each place, row by row.
pub fn offsets() -> impl Iterator<Item = (i32, i32)> {
    let reach = REACH as i32;
    (-reach..=reach).flat_map(move |dy| (-reach..=reach).map(move |dx| (dy, dx)))
}

/// A plan of one image, channels × 25 offsets × height × width, as tensors hold it.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    pub entries: &'a [f32],
    /// Channels, height and width.
    pub shape: [usize; 3],
}

/// What a plan does, measured in f64.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// ⟨Π, C⟩/ΣX; 0 for a black image.
    pub cost: f64,
    /// The image that results.
    pub image: Vec<f64>,
    /// Largest deviation of the light that leaves or stays at a pixel from the light that was there.
    pub row_error: f64,
    /// |Σ image − ΣX| of the channel where it is largest: light that was made or lost, or went beyond the edge.
    pub mass_error: f64,
    /// The smallest entry: below 0 there is no such plan.
    pub least: f64,
}

/// One unit of light on its way.
struct Arc {
    entry: usize,
    from: usize,
    to: usize,
    cost: f64,
}

impl Plan<'_> {
    /// Measures it against the clean image.
    pub fn measure(&self, clean: &[f32]) -> Measured {
        let value = |entry: usize| self.entries.get(entry).copied().map_or(0.0, f64::from);
        let mut image = vec![0.0; clean.len()];
        let mut left = vec![0.0; clean.len()];
        let mut spent = 0.0;
        for arc in self.arcs() {
            let light = value(arc.entry);
            spent += light * arc.cost;
            add(&mut left, arc.from, light);
            add(&mut image, arc.to, light);
        }
        let clean: Vec<f64> = clean.iter().copied().map(f64::from).collect();
        let area = (self.shape[1] * self.shape[2]).max(1);
        let row_error = clean.iter().zip(&left).map(|(x, left)| (x - left).abs()).fold(0.0, f64::max);
        let change = |(x, z): (&[f64], &[f64])| (x.iter().sum::<f64>() - z.iter().sum::<f64>()).abs();
        let mass_error = clean.chunks(area).zip(image.chunks(area)).map(change).fold(0.0, f64::max);
        let mass: f64 = clean.iter().sum();
        let least = self.entries.iter().copied().map(f64::from).fold(f64::INFINITY, f64::min);
        Measured { cost: if mass > 0.0 { spent / mass } else { 0.0 }, image, row_error, mass_error, least }
    }

    /// The image in 8 bits, moving whole levels only: every channel keeps its light to the last level, no pixel leaves
    /// 0 to 255, and the cost is at most `epsilon` and at most the plan's own. `levels` is the clean image. Also the
    /// cost.
    ///
    /// Every entry is rounded down; then those with the largest remainders get a level more while all of that holds.
    pub fn in_levels(&self, levels: &[u8], epsilon: f64) -> (Vec<u8>, f64) {
        let mass: f64 = levels.iter().map(|level| f64::from(*level)).sum();
        let light = |arc: &Arc| f64::from(self.entries.get(arc.entry).copied().unwrap_or(0.0)).max(0.0) * 255.0;
        let arcs: Vec<Arc> = self.arcs().filter(|arc| arc.cost > 0.0 && light(arc) > 0.0).collect();
        let wanted: f64 = arcs.iter().map(|arc| light(arc) * arc.cost).sum();
        let mut moves = Moves::new(levels, wanted.min(epsilon * mass));
        let mut flows = vec![0_u32; arcs.len()];
        let mut rest: Vec<(usize, f64)> = Vec::with_capacity(arcs.len());
        for (i, (arc, flow)) in arcs.iter().zip(&mut flows).enumerate() {
            let exact = light(arc);
            let whole = (exact + NOISE).floor();
            rest.push((i, exact - whole));
            *flow = moves.leave(arc, whole as u32);
        }
        moves.send_back(&arcs, &mut flows);
        rest.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (i, _) in rest.into_iter().filter(|(_, remainder)| *remainder > NOISE) {
            if let Some(arc) = arcs.get(i) {
                moves.one_more(arc);
            }
        }
        (moves.levels(), if mass > 0.0 { moves.spent / mass } else { 0.0 })
    }

    /// Every way light can go, entry by entry; what leads beyond the edge goes nowhere and is left out.
    fn arcs(&self) -> impl Iterator<Item = Arc> {
        let [channels, height, width] = self.shape;
        let area = height * width;
        let arc = move |channel: usize, (place, (dy, dx)): (usize, (i32, i32)), pixel: usize| {
            let (y, x) = (pixel / width.max(1), pixel % width.max(1));
            let to_y = y.checked_add_signed(dy as isize).filter(|to| *to < height)?;
            let to_x = x.checked_add_signed(dx as isize).filter(|to| *to < width)?;
            let (from, to) = (channel * area + pixel, channel * area + to_y * width + to_x);
            let cost = f64::from(dy * dy + dx * dx);
            Some(Arc { entry: (channel * OFFSETS + place) * area + pixel, from, to, cost })
        };
        (0..channels).flat_map(move |channel| {
            let places = offsets().enumerate();
            places.flat_map(move |place| (0..area).filter_map(move |pixel| arc(channel, place, pixel)))
        })
    }
}

/// Rounding noise of f32, in levels.
const NOISE: f64 = 1e-4;

fn add(values: &mut [f64], at: usize, more: f64) {
    if let Some(value) = values.get_mut(at) {
        *value += more;
    }
}

/// Whole levels on their way.
struct Moves {
    /// What each pixel holds now, and how much of its own light has not left.
    now: Vec<i64>,
    own: Vec<i64>,
    spent: f64,
    budget: f64,
}

impl Moves {
    fn new(levels: &[u8], budget: f64) -> Self {
        let own: Vec<i64> = levels.iter().map(|level| i64::from(*level)).collect();
        Self { now: own.clone(), own, spent: 0.0, budget: budget + NOISE }
    }

    fn at(values: &[i64], pixel: usize) -> i64 {
        values.get(pixel).copied().unwrap_or(0)
    }

    fn shift(&mut self, arc: &Arc, count: i64) {
        for (values, pixel, by) in [(&mut self.own, arc.from, -count), (&mut self.now, arc.from, -count)] {
            if let Some(value) = values.get_mut(pixel) {
                *value += by;
            }
        }
        if let Some(value) = self.now.get_mut(arc.to) {
            *value += count;
        }
        self.spent += count as f64 * arc.cost;
    }

    /// Sends as much of `count` levels as are the pixel's own and the budget allows; how many that is.
    fn leave(&mut self, arc: &Arc, count: u32) -> u32 {
        let affordable = ((self.budget - self.spent) / arc.cost).max(0.0).floor() as i64;
        let count = i64::from(count).min(Self::at(&self.own, arc.from)).min(affordable).max(0);
        self.shift(arc, count);
        count as u32
    }

    /// Sends light back from pixels that hold more than 255.
    fn send_back(&mut self, arcs: &[Arc], flows: &mut [u32]) {
        // Sending back may overfill the source; every round moves less light, so this ends.
        loop {
            let mut moved = false;
            for (arc, flow) in arcs.iter().zip(flows.iter_mut()) {
                let excess = Self::at(&self.now, arc.to) - 255;
                let back = excess.min(i64::from(*flow));
                if back > 0 {
                    self.shift(arc, -back);
                    *flow -= back as u32;
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }

    fn one_more(&mut self, arc: &Arc) {
        let room = Self::at(&self.now, arc.to) < 255 && Self::at(&self.own, arc.from) > 0;
        if room && self.spent + arc.cost <= self.budget {
            self.shift(arc, 1);
        }
    }

    fn levels(&self) -> Vec<u8> {
        self.now.iter().map(|level| (*level).clamp(0, 255) as u8).collect()
    }
}
