//! Frank–Wolfe on an interval, without noise: the smallest place where an order can be seen to be wrong.

use super::Constants;

/// f on [low, high]. The oracle's answer is an end of the interval.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    pub value: fn(f64) -> f64,
    /// f′
    pub slope: fn(f64) -> f64,
    pub low: f64,
    pub high: f64,
    pub start: f64,
}

/// f(x) = x on [0, 1] from 1: every step goes straight to the optimum, and L = 0.
pub const RAMP: Line = Line { value: |x| x, slope: |_| 1.0, low: 0.0, high: 1.0, start: 1.0 };

/// f(x) = ½x² on [−1, 1] from 0.8123: the optimum is inside, so a step of fixed length swings around it.
pub const VALLEY: Line = Line { value: |x| 0.5 * x * x, slope: |x| x, low: -1.0, high: 1.0, start: 0.8123 };

/// f(x) = −½x² − ½x on [−1, 1] from 0: −1 is a local optimum with f = 0 = f(start), 1 the global one with f = −1.
pub const RIDGE: Line =
    Line { value: |x| -0.5 * x * x - 0.5 * x, slope: |x| -x - 0.5, low: -1.0, high: 1.0, start: 0.0 };

/// f(x) = 50x² on [−1, 1] from 0.8123: L = 100.
pub const STEEP: Line = Line { value: |x| 50.0 * x * x, slope: |x| 100.0 * x, low: -1.0, high: 1.0, start: 0.8123 };

/// What a run on a line came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Walk {
    /// A_T
    pub mean_gap: f64,
    /// The smallest gap on the way.
    pub smallest_gap: f64,
    /// x_T, and the gap there.
    pub end: f64,
    pub end_gap: f64,
}

impl Line {
    /// What theorems would be told about it, given f*, f̄ and L. No noise.
    pub fn constants(&self, lowest_value: f64, upper_value: f64, smoothness: f64) -> Constants {
        Constants {
            gap_in_value: (self.value)(self.start) - lowest_value,
            upper_value,
            lowest_value,
            smoothness,
            diameter: self.high - self.low,
            sigma: 0.0,
        }
    }

    /// The end that lies down the slope at x; x itself where the slope is 0.
    fn vertex(&self, x: f64) -> f64 {
        match (self.slope)(x) {
            slope if slope > 0.0 => self.low,
            slope if slope < 0.0 => self.high,
            _ => x,
        }
    }

    /// G(x)
    pub fn gap(&self, x: f64) -> f64 {
        (self.slope)(x) * (x - self.vertex(x))
    }

    /// `total` steps with the rates γₜ = `rate(t)`.
    pub fn walk(&self, rate: impl Fn(u32) -> f64, total: u32) -> Walk {
        let (mut x, mut sum, mut smallest_gap) = (self.start, 0.0, f64::INFINITY);
        for t in 0..total {
            let gap = self.gap(x);
            sum += gap;
            smallest_gap = smallest_gap.min(gap);
            x += rate(t) * (self.vertex(x) - x);
        }
        Walk { mean_gap: sum / f64::from(total.max(1)), smallest_gap, end: x, end_gap: self.gap(x) }
    }
}
