//! What an attack may do: each image may move by ε in some norm and must stay an image. Row i's set is
//! {‖x − x0ᵢ‖ ≤ ε} ∩ [0, 1]ⁿ around its own clean image x0ᵢ, for the norms L∞, L2, L1 and Lp.
//!
//! The oracle is exact for ball *and* box. "Oracle of the ball, then clamp" is feasible, but for every norm but L∞ it
//! is not the oracle: the gap it reports is too small, even 0 away from the optimum. With aᵢ = |gᵢ| and capᵢ the room
//! that the pixel has on the side it is sent to, the answer moves pixel i by tᵢ (Lagrange, one multiplier s):
//! L∞ min(ε, capᵢ); L2 min(capᵢ, s·aᵢ); Lp min(capᵢ, (s·aᵢ)^(1/(p−1))); L1 a knapsack filled in order of aᵢ. Where
//! gᵢ = 0 the pixel keeps its clean value.
//!
//! Pixels are in [0, 1]; ε is too (8/255 = 0.0314…), except where a name says `_over_255`.

mod l1;
mod l2;
mod linf;
mod lp;
mod rounding;

use super::rows::{Rows, UNDECIDED, bisect, keep_where_zero};
use super::{NormId, SetError, ThreatModel};

pub use rounding::{round_to_8_bits, round_within};

/// Entries smaller than this share of the row's largest one do not move: they could not change the oracle's value
/// in f32, and their powers would underflow.
const NEGLIGIBLE: f64 = 1e-15;

/// The ε-ball around each row of `centre`, cut with the image box [0, 1]ⁿ.
#[derive(Debug, Clone)]
pub struct ImageBall {
    centre: Rows,
    threat: ThreatModel,
    /// max(x0 − ε, 0): the darkest each pixel may be.
    lower: Rows,
    /// min(x0 + ε, 1): the brightest.
    upper: Rows,
    /// How far down and up a pixel may go, exactly x0 and 1 − x0 unless ε is less.
    down: Rows,
    up: Rows,
}

impl ImageBall {
    /// The L∞ ball around clean images `centre` `[rows, n]`, pixels in [0, 1]; 0 ≤ `epsilon` ≤ 1.
    ///
    /// # Errors
    /// [`SetError::Parameter`] if `epsilon` is out of its range or not finite.
    pub fn new(centre: Rows, epsilon: f64) -> Result<Self, SetError> {
        Self::within(centre, ThreatModel::linf(epsilon))
    }

    /// The ball of a threat model around clean images `centre` `[rows, n]`, pixels in [0, 1].
    ///
    /// # Errors
    /// [`SetError::Parameter`] if the model makes no sense for images of this size, see [`ThreatModel::check`].
    pub fn within(centre: Rows, threat: ThreatModel) -> Result<Self, SetError> {
        threat.check(centre.dims()[1])?;
        let epsilon = threat.epsilon;
        let lower = centre.clone().sub_scalar(epsilon).clamp_min(0.0);
        let upper = centre.clone().add_scalar(epsilon).clamp_max(1.0);
        let down = centre.clone().clamp_max(epsilon);
        let up = centre.ones_like().sub(centre.clone()).clamp_max(epsilon);
        Ok(Self { centre, threat, lower, upper, down, up })
    }

    /// The clean images. `[rows, n]`.
    pub fn centre(&self) -> Rows {
        self.centre.clone()
    }

    /// ε, in [0, 1] units.
    pub fn epsilon(&self) -> f64 {
        self.threat.epsilon
    }

    /// Norm and ε.
    pub fn threat(&self) -> ThreatModel {
        self.threat
    }

    /// The norm whose formulas are used: at ε = 0 the set is one point, whatever the norm.
    fn norm(&self) -> NormId {
        if self.threat.epsilon > 0.0 { self.threat.norm } else { NormId::Linf }
    }

    /// Room of each pixel on the side of `direction`'s sign; 0 where that is 0. `[rows, n]`.
    fn room(&self, direction: &Rows) -> Rows {
        direction
            .zeros_like()
            .mask_where(direction.clone().greater_elem(0.0), self.up.clone())
            .mask_where(direction.clone().lower_elem(0.0), self.down.clone())
    }

    /// Row-wise point of argmin⟨g, v⟩: exact. To *raise* a loss pass minus its gradient. A row of `g` that is all
    /// zero returns its row of `x` (no move, gap 0). `[rows, n]`.
    pub fn lmo(&self, g: Rows, x: Rows) -> Rows {
        let towards = |fill: &dyn Fn(Rows, Rows) -> Rows| {
            let direction = g.clone().neg();
            let moved = fill(direction.clone().abs(), self.room(&direction));
            self.centre().add(direction.sign().mul(moved))
        };
        let epsilon = self.threat.epsilon;
        let vertex = match self.norm() {
            NormId::Linf => linf::vertex(self, &g),
            NormId::L2 => towards(&|a, room| l2::fill(a, room, epsilon)),
            NormId::L1 => towards(&|a, room| l1::fill(a, room, epsilon)),
            NormId::Lp => towards(&|a, room| lp::fill(a, room, epsilon, self.threat.p)),
        };
        keep_where_zero(g, x, vertex)
    }

    /// Row-wise Euclidean projection onto ball ∩ box: exact up to f32. A row that is inside comes back to the last
    /// bit. `[rows, n]`.
    pub fn project(&self, x: Rows) -> Rows {
        let nearest = |shrink: &dyn Fn(Rows, Rows) -> Rows| {
            let change = x.clone().sub(self.centre());
            let moved = shrink(change.clone().abs(), self.room(&change));
            let inside = self.gauge(x.clone()).lower_equal_elem(1.0).expand(x.dims());
            self.centre().add(change.sign().mul(moved)).mask_where(inside, x.clone())
        };
        let epsilon = self.threat.epsilon;
        match self.norm() {
            NormId::Linf => linf::project(self, x.clone()),
            NormId::L2 => nearest(&|w, room| l2::shrink(w, room, epsilon)),
            NormId::L1 => nearest(&|w, room| l1::shrink(w, room, epsilon)),
            NormId::Lp => nearest(&|w, room| lp::shrink(w, room, epsilon, self.threat.p)),
        }
    }

    /// Into the ball, then clamped to [0, 1]: what published code of L2 attacks does (Madry et al. 2018; Croce, Hein
    /// 2020). Feasible, but not the nearest point. The other norms have their exact projection. `[rows, n]`.
    pub fn project_then_clamp(&self, x: Rows) -> Rows {
        match self.norm() {
            NormId::L2 => l2::scale_then_clamp(self, x),
            NormId::Linf | NormId::L1 | NormId::Lp => self.project(x),
        }
    }

    /// Row-wise ‖x − x0‖/ε; where x leaves [0, 1] at least 1 plus the excess. At ε = 0 it is 0 for x = x0 and
    /// huge elsewhere. `[rows, 1]`.
    pub fn gauge(&self, x: Rows) -> Rows {
        let moved = self.length(x.clone().sub(self.centre())).div_scalar(self.epsilon().max(1e-12));
        let excess = x.clone().sub(x.clamp(0.0, 1.0)).abs().max_dim(1);
        let outside = excess.clone().greater_elem(0.0).float();
        moved.max_pair(outside.add(excess))
    }

    /// Row-wise norm of a change. `[rows, 1]`.
    pub fn length(&self, change: Rows) -> Rows {
        match self.norm() {
            NormId::Linf => change.abs().max_dim(1),
            NormId::L2 => change.square().sum_dim(1).sqrt(),
            NormId::L1 => change.abs().sum_dim(1),
            NormId::Lp => super::lp::row_form::lengths(change.abs(), self.threat.p),
        }
    }

    /// Row-wise L2 diameter. Exact for L∞: ‖min(x0 + ε, 1) − max(x0 − ε, 0)‖₂ ≤ 2ε√n. For the other norms an upper
    /// bound: the ball's own, 2ε·n^max(0, 1/2 − 1/p), or that of the box around it. `[rows, 1]`.
    pub fn diameter(&self) -> Rows {
        let around = self.upper.clone().sub(self.lower.clone()).square().sum_dim(1).sqrt();
        let n = self.centre.dims()[1] as f64;
        let ball = 2.0 * self.epsilon() * n.powf((0.5 - 1.0 / self.threat.exponent()).max(0.0));
        if self.norm() == NormId::Linf { around } else { around.clamp_max(ball) }
    }

    /// 1 at the `count` largest entries of each row of u ≥ 0 and at those equal to the last of them, 0 elsewhere.
    /// `count` is `[rows, 1]`, whole numbers from 1 to n. By bisection, as GPUs in the browser cannot sort. `[rows, n]`.
    pub fn largest(u: Rows, count: Rows) -> Rows {
        let dims = u.dims();
        let others = count.sub_scalar(1.0);
        let most = u.clone().max_dim(1);
        let level = bisect(most.clone(), |level| {
            u.clone().greater(level.expand(dims)).float().sum_dim(1).greater(others.clone())
        });
        u.greater_equal(level.sub(most.mul_scalar(UNDECIDED)).expand(dims)).float()
    }
}
