//! What the plane's methods minimise: a quadratic, where everything is known, and a ripple, where methods get
//! stuck. Each states a smoothness constant L that truly bounds its curvature, because step sizes rely on it.

use crate::sets::ConstraintSet;
use serde::{Deserialize, Serialize};

/// A differentiable function of the plane.
pub trait Objective: Send + Sync + std::fmt::Debug {
    /// f(x).
    fn value(&self, x: [f64; 2]) -> f64;
    /// ∇f(x).
    fn gradient(&self, x: [f64; 2]) -> [f64; 2];
    /// L with ‖∇f(x) − ∇f(y)‖ ≤ L‖x − y‖ everywhere, > 0.
    fn smoothness(&self) -> f64;
    /// dᵀAd if f is a convex quadratic with Hessian A: makes line search exact and marks f as convex.
    fn curvature(&self, d: [f64; 2]) -> Option<f64> {
        let _ = d;
        None
    }
}

/// ½(x − c)ᵀA(x − c): A has eigenvalue 1 along the direction at `angle` and `stretch` across it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quadratic {
    /// c, where f = 0.
    pub centre: [f64; 2],
    /// Condition number κ ≥ 1 (below 1 counts as 1): level sets are ellipses √κ times longer than wide.
    pub stretch: f64,
    /// Direction of the long axis in radians, anticlockwise from the first axis.
    pub angle: f64,
}

impl Quadratic {
    /// A·d.
    fn hessian_times(&self, d: [f64; 2]) -> [f64; 2] {
        let (sin, cos) = self.angle.sin_cos();
        let along = cos * d[0] + sin * d[1];
        let across = self.smoothness() * (cos * d[1] - sin * d[0]);
        [cos * along - sin * across, sin * along + cos * across]
    }
}

impl Objective for Quadratic {
    fn value(&self, x: [f64; 2]) -> f64 {
        let d = [x[0] - self.centre[0], x[1] - self.centre[1]];
        0.5 * product(self.hessian_times(d), d)
    }

    fn gradient(&self, x: [f64; 2]) -> [f64; 2] {
        self.hessian_times([x[0] - self.centre[0], x[1] - self.centre[1]])
    }

    fn smoothness(&self) -> f64 {
        self.stretch.max(1.0)
    }

    fn curvature(&self, d: [f64; 2]) -> Option<f64> {
        Some(product(self.hessian_times(d), d))
    }
}

/// A bowl with waves: ½β‖x − c‖² + h Σᵢ(1 − cos ω(xᵢ − cᵢ)). Not convex once hω² > β; its lowest point is c,
/// and around it lie other basins, one about every 2π/ω.
///
/// Its Hessian is diagonal with entries β + hω²·cos(·), so L = β + hω², reached at c.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ripple {
    /// c, the lowest point, where f = 0.
    pub centre: [f64; 2],
    /// β > 0, how steep the bowl is.
    pub bowl: f64,
    /// h ≥ 0, half the height of the waves.
    pub height: f64,
    /// ω, waves per 2π of length.
    pub frequency: f64,
}

impl Ripple {
    /// Waves of the size of the unit ball: a handful of basins in [−2, 2]².
    pub fn at(centre: [f64; 2]) -> Self {
        Self { centre, bowl: 0.5, height: 0.3, frequency: 4.0 }
    }
}

impl Objective for Ripple {
    fn value(&self, x: [f64; 2]) -> f64 {
        let one = |x: f64, c: f64| {
            let d = x - c;
            0.5 * self.bowl * d * d + self.height * (1.0 - (self.frequency * d).cos())
        };
        one(x[0], self.centre[0]) + one(x[1], self.centre[1])
    }

    fn gradient(&self, x: [f64; 2]) -> [f64; 2] {
        let one = |x: f64, c: f64| {
            let d = x - c;
            self.bowl * d + self.height * self.frequency * (self.frequency * d).sin()
        };
        [one(x[0], self.centre[0]), one(x[1], self.centre[1])]
    }

    fn smoothness(&self) -> f64 {
        self.bowl.abs() + self.height.abs() * self.frequency * self.frequency
    }
}

/// ⟨a, b⟩ in the plane.
pub(crate) fn product(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

/// Starts a side of the grid that looks for basins.
const STARTS: usize = 7;

/// A step this short, relative to the set, is standing still. x* is then known to about L/μ times it.
const STILL: f64 = 1e-13;

/// A lowest point of `f` over `set`, to about 10⁻¹⁰: what the true error is measured from.
///
/// Convex f: accelerated projected gradient with restarts (Beck, Teboulle 2009; O'Donoghue, Candès 2015) from the
/// set's centre. Otherwise projected gradient from a grid of starts; the best basin is polished. A basin narrower
/// than a sixth of the set can be missed.
pub fn minimiser(f: &dyn Objective, set: &dyn ConstraintSet) -> [f64; 2] {
    let centre = set.centre(2);
    let centre = [centre.first().copied().unwrap_or(0.0), centre.get(1).copied().unwrap_or(0.0)];
    if f.curvature([1.0, 0.0]).is_some() {
        return descend_accelerated(f, set, projected(set, centre));
    }
    let reach = 0.5 * set.diameter(2);
    let mut best: Option<([f64; 2], f64)> = None;
    for i in 0..STARTS * STARTS {
        let offset = |k: usize| reach * (2.0 * k as f64 / (STARTS - 1) as f64 - 1.0);
        let start = projected(set, [centre[0] + offset(i % STARTS), centre[1] + offset(i / STARTS)]);
        let end = descend(f, set, start, 200, 1e-6);
        let value = f.value(end);
        if best.is_none_or(|(_, lowest)| value < lowest) {
            best = Some((end, value));
        }
    }
    let start = best.map_or(centre, |(end, _)| end);
    descend(f, set, start, 5_000, STILL)
}

fn projected(set: &dyn ConstraintSet, mut x: [f64; 2]) -> [f64; 2] {
    set.project(&mut x);
    x
}

/// One projected gradient step of length 1/L.
fn gradient_step(f: &dyn Objective, set: &dyn ConstraintSet, x: [f64; 2]) -> [f64; 2] {
    let (g, rate) = (f.gradient(x), 1.0 / f.smoothness());
    projected(set, [x[0] - rate * g[0], x[1] - rate * g[1]])
}

/// Projected gradient until a step is shorter than `tolerance` relative to the set.
fn descend(f: &dyn Objective, set: &dyn ConstraintSet, mut x: [f64; 2], most_steps: usize, tolerance: f64) -> [f64; 2] {
    let tolerance = tolerance * set.diameter(2);
    for _ in 0..most_steps {
        let next = gradient_step(f, set, x);
        let moved = (next[0] - x[0]).hypot(next[1] - x[1]);
        x = next;
        if moved <= tolerance {
            break;
        }
    }
    x
}

/// The same with momentum, dropped whenever it points uphill.
fn descend_accelerated(f: &dyn Objective, set: &dyn ConstraintSet, start: [f64; 2]) -> [f64; 2] {
    let tolerance = STILL * set.diameter(2);
    let (mut x, mut ahead, mut weight) = (start, start, 1.0_f64);
    for _ in 0..5_000 {
        let next = gradient_step(f, set, ahead);
        let step = [next[0] - x[0], next[1] - x[1]];
        // The step taken from `ahead` and the way x went disagree: momentum has overshot.
        let overshot = product([ahead[0] - next[0], ahead[1] - next[1]], step) > 0.0;
        let settled = step[0].hypot(step[1]) <= tolerance && ahead == x;
        let next_weight = if overshot { 1.0 } else { 0.5 * (1.0 + (1.0 + 4.0 * weight * weight).sqrt()) };
        let momentum = if overshot { 0.0 } else { (weight - 1.0) / next_weight };
        ahead = [next[0] + momentum * step[0], next[1] + momentum * step[1]];
        (x, weight) = (next, next_weight);
        if settled {
            break;
        }
        // Near the end momentum only delays the proof that a plain step stands still.
        if step[0].hypot(step[1]) <= tolerance {
            (ahead, weight) = (x, 1.0);
        }
    }
    x
}
