//! What an attack may do: each image may move by ε in some norm and must stay an image. Row i's set is
//! {‖x − x0ᵢ‖ ≤ ε} ∩ [0, 1]ⁿ around its own clean image x0ᵢ, for the norms L∞, L2, L1, Lp and the nuclear norm; and
//! the images that x0ᵢ becomes when its light is moved at a cost of at most ε.
//!
//! The oracles of L∞ to Lp are exact for ball *and* box; what the two others are is said in `nuclear` and `wasserstein`,
//! and [`Answer`] says it in numbers. "Oracle of the ball, then clamp" is feasible, but for every norm but L∞ it
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
mod nuclear;
mod plans;
mod rounding;
mod sinkhorn;
mod wasserstein;

use burn::tensor::{Int, Tensor};

use super::rows::{Rows, UNDECIDED, bisect, keep_where_zero};
use super::{NormId, SetError, ThreatModel};

pub use rounding::{Rounded, round_plans, round_to_8_bits, round_within};
pub use sinkhorn::{Duals, Sinkhorn};

/// λ of a projection onto the Wasserstein ball that stands alone, and its rounds.
const PULL: f64 = 1000.0;
const SINKHORN_ROUNDS: usize = 60;
/// Less light than this share of all may be made or lost: rounding.
const LIGHT: f64 = 1e-5;

/// Entries smaller than this share of the row's largest one do not move: they could not change the oracle's value
/// in f32, and their powers would underflow.
const NEGLIGIBLE: f64 = 1e-15;

/// What an oracle answers, one row an image.
#[derive(Debug, Clone)]
pub struct Answer {
    /// A point of ball ∩ box to go to: the best one where the oracle is exact. `[rows, n]`.
    pub vertex: Rows,
    /// What it would have been without the box, where the box is not part of the oracle; else the vertex. Its gap is an
    /// upper bound. `[rows, n]`.
    pub relaxed: Rows,
    /// The plan of `vertex`, in the Wasserstein ball.
    pub plan: Option<Rows>,
}

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
        // Light can gather: a pixel may come as far as the box allows.
        let gathers = threat.norm == NormId::Wasserstein && threat.epsilon > 0.0;
        let epsilon = if gathers { 1.0 } else { threat.epsilon };
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

    /// Channels, height and width of an image.
    pub fn shape(&self) -> [usize; 3] {
        self.threat.picture(self.centre.dims()[1])
    }

    /// The balls of the rows named, in that order.
    pub fn select(&self, rows: &Tensor<1, Int>) -> Self {
        let pick = |x: &Rows| x.clone().select(0, rows.clone());
        let (lower, upper) = (pick(&self.lower), pick(&self.upper));
        let (down, up) = (pick(&self.down), pick(&self.up));
        Self { centre: pick(&self.centre), threat: self.threat, lower, upper, down, up }
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

    /// Row-wise point of argmin⟨g, v⟩, exact in L∞ to Lp. To *raise* a loss pass minus its gradient. A row of `g` that is
    /// all zero returns its row of `x` (no move, gap 0). `[rows, n]`.
    pub fn lmo(&self, g: Rows, x: Rows) -> Rows {
        self.answer(g, x, None).vertex
    }

    /// The same with all that is known of it. `plan` is that of `x`, for the rows that do not move.
    pub fn answer(&self, g: Rows, x: Rows, plan: Option<&Rows>) -> Answer {
        let kept = |point: Rows| keep_where_zero(g.clone(), x.clone(), point);
        match self.norm() {
            NormId::Nuclear => {
                let relaxed = nuclear::relaxed(self, &g);
                Answer { vertex: kept(nuclear::clamped(self, relaxed.clone())), relaxed: kept(relaxed), plan: None }
            }
            NormId::Wasserstein => {
                let shape = self.shape();
                let free = wasserstein::relaxed(self, &g);
                let settled = wasserstein::settled(self, free.clone());
                let vertex = kept(wasserstein::picture(settled.clone(), shape));
                let relaxed = kept(wasserstein::unclamped(free, shape));
                let still = plan.cloned().unwrap_or_else(|| wasserstein::rest(&self.centre, shape));
                Answer { vertex, relaxed, plan: Some(keep_plan_where_zero(&g, still, settled)) }
            }
            _ => {
                let vertex = self.exact(g, x);
                Answer { relaxed: vertex.clone(), vertex, plan: None }
            }
        }
    }

    fn exact(&self, g: Rows, x: Rows) -> Rows {
        let towards = |fill: &dyn Fn(Rows, Rows) -> Rows| {
            let direction = g.clone().neg();
            let moved = fill(direction.clone().abs(), self.room(&direction));
            self.centre().add(direction.sign().mul(moved))
        };
        let epsilon = self.threat.epsilon;
        let vertex = match self.norm() {
            // The last two have been answered, but for the single point they are at ε = 0.
            NormId::Linf | NormId::Nuclear | NormId::Wasserstein => linf::vertex(self, &g),
            NormId::L2 => towards(&|a, room| l2::fill(a, room, epsilon)),
            NormId::L1 => towards(&|a, room| l1::fill(a, room, epsilon)),
            NormId::Lp => towards(&|a, room| lp::fill(a, room, epsilon, self.threat.p)),
        };
        keep_where_zero(g, x, vertex)
    }

    /// Row-wise Euclidean projection onto ball ∩ box: exact up to f32. A row that is inside comes back to the last
    /// bit. Two balls have no exact one here: the nuclear ball clamps and scales, the Wasserstein ball projects with an
    /// entropy; both end inside. `[rows, n]`.
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
            NormId::Nuclear => nuclear::clamped(self, x.clone()),
            NormId::Wasserstein => {
                let plan = self.project_plan(x.clone(), Sinkhorn { lambda: PULL, rounds: SINKHORN_ROUNDS }, &mut None);
                wasserstein::picture(plan, self.shape())
            }
        }
    }

    /// Into the ball, then clamped to [0, 1]: what published code of L2 attacks does (Madry et al. 2018; Croce, Hein
    /// 2020). Feasible, but not the nearest point. The other norms have their exact projection. `[rows, n]`.
    pub fn project_then_clamp(&self, x: Rows) -> Rows {
        match self.norm() {
            NormId::L2 => l2::scale_then_clamp(self, x),
            _ => self.project(x),
        }
    }

    /// Row-wise ‖x − x0‖/ε; where x leaves [0, 1] at least 1 plus the excess. At ε = 0 it is 0 for x = x0 and
    /// huge elsewhere. Of an image in the Wasserstein ball it only says whether the light is still there; the cost is
    /// that of its plan, see [`ImageBall::plan_gauge`]. `[rows, 1]`.
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
            NormId::Nuclear => nuclear::lengths(change, self.shape()),
            NormId::Wasserstein => {
                let lost = change.sum_dim(1).div(wasserstein::mass(&self.centre)).abs();
                lost.clone().mask_fill(lost.lower_elem(LIGHT), 0.0)
            }
        }
    }

    /// The plan that moves nothing; `None` where points have no plans.
    pub fn rest(&self) -> Option<Rows> {
        (self.norm() == NormId::Wasserstein).then(|| wasserstein::rest(&self.centre, self.shape()))
    }

    /// The images that plans make. `[rows, n]`.
    pub fn picture(&self, plans: Rows) -> Rows {
        wasserstein::picture(plans, self.shape())
    }

    /// ⟨Π, C⟩/ΣX of plans. `[rows, 1]`.
    pub fn plan_cost(&self, plans: Rows) -> Rows {
        wasserstein::cost(plans, &wasserstein::mass(&self.centre), self.shape())
    }

    /// Row-wise cost over ε; at least 1 plus the fault where a row is no plan of its image inside the box. `[rows, 1]`.
    pub fn plan_gauge(&self, plans: Rows) -> Rows {
        let fault = wasserstein::fault(plans.clone(), &self.centre, self.shape());
        let outside = fault.clone().greater_elem(0.0).float();
        self.plan_cost(plans).div_scalar(self.epsilon().max(1e-12)).max_pair(outside.add(fault))
    }

    /// The plan of the image nearest to `y`, up to the entropy, inside ball and box; `duals` are gone on from and kept.
    pub fn project_plan(&self, y: Rows, how: Sinkhorn, duals: &mut Option<Duals>) -> Rows {
        sinkhorn::project(self, y, how, duals)
    }

    /// The plan before it is settled inside ball and box, as the published algorithm leaves it.
    pub fn sinkhorn(&self, y: Rows, how: Sinkhorn, duals: &mut Option<Duals>) -> Rows {
        sinkhorn::solved(self, y, how, duals)
    }

    /// The oracle of the Wasserstein ball without the box, γ = `entropy` times the largest |g|: the plan with the least
    /// ⟨g, picture⟩.
    pub fn entropic(&self, g: &Rows, entropy: f64) -> Rows {
        wasserstein::entropic(g, &self.centre, self.shape(), self.epsilon(), entropy)
    }

    /// Row-wise L2 diameter. Exact for L∞: ‖min(x0 + ε, 1) − max(x0 − ε, 0)‖₂ ≤ 2ε√n. For the other norms an upper
    /// bound: the ball's own, 2ε·n^max(0, 1/2 − 1/p), or that of the box around it. In the Wasserstein ball light moves
    /// by a pixel at least, so two images differ by 4ε·ΣX at most. `[rows, 1]`.
    pub fn diameter(&self) -> Rows {
        let around = self.upper.clone().sub(self.lower.clone()).square().sum_dim(1).sqrt();
        let n = self.centre.dims()[1] as f64;
        let ball = 2.0 * self.epsilon() * n.powf((0.5 - 1.0 / self.threat.exponent()).max(0.0));
        match self.norm() {
            NormId::Linf => around,
            NormId::Wasserstein => around.min_pair(wasserstein::mass(&self.centre).mul_scalar(4.0 * self.epsilon())),
            _ => around.clamp_max(ball),
        }
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

/// `still` in the rows where `g` is all zero, `plan` elsewhere.
fn keep_plan_where_zero(g: &Rows, still: Rows, plan: Rows) -> Rows {
    let dims = plan.dims();
    let zero = g.clone().abs().max_dim(1).equal_elem(0.0).expand(dims);
    plan.mask_where(zero, still)
}
