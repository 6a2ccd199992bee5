//! Running or not, and how fast.

/// When the next unit of work is due.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    pub running: bool,
    /// Milliseconds between units; 0 = as fast as possible.
    interval: f64,
    next: f64,
}

impl Pace {
    /// Starts now at `per_second` units (0 = as fast as possible).
    pub fn start(&mut self, now: f64, per_second: f32) {
        self.running = true;
        self.interval = if per_second > 0.0 { 1000.0 / f64::from(per_second) } else { 0.0 };
        self.next = now;
    }

    /// Whether a unit is due.
    pub fn due(&self, now: f64) -> bool {
        self.running && now >= self.next
    }

    /// A unit is done.
    pub fn done(&mut self, now: f64) {
        self.next = (self.next + self.interval).max(now - self.interval);
    }

    /// When the next one is due, if it runs.
    pub fn wait(&self, exists: bool) -> Option<f64> {
        (self.running && exists).then_some(self.next)
    }
}
