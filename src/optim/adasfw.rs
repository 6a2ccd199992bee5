//! AdaSFW: A ← A + m∘m, H = δ + √A, and then K Frank–Wolfe steps on the model
//! Q(y) = ⟨m, y − θ⟩ + ‖y − θ‖²_H/(2η), each with the best step in [0, 1] (Combettes, Spiegel, Pokutta 2021).
//!
//! Q needs no gradient of the loss, so K oracle calls come at the price of one batch. K = 2, δ and the bound 1 of a
//! step are those of the authors' code, as is the averaged gradient m in place of g; the paper bounds a step by γₜ and
//! keeps H in an interval that it chooses by t. η is the learning rate. Every y is a convex combination of points
//! of Ω.

use super::cost::StepCost;
use super::sfw::between;
use super::{Block, Memory, Proposal, StepInput};
use burn::tensor::Tensor;

/// K, inner steps.
pub const INNER: u32 = 2;
/// δ, added to √A.
pub const OFFSET: f64 = 1e-8;

/// The model Q around θ.
#[derive(Debug, Clone)]
pub struct Model {
    /// m, `[1, n]`.
    pub direction: Tensor<2>,
    /// H > 0, the diagonal, `[1, n]`.
    pub metric: Tensor<2>,
    /// η > 0.
    pub eta: f64,
}

/// Where the inner steps led.
#[derive(Debug, Clone)]
pub struct Inner {
    /// y, `[1, n]`.
    pub point: Tensor<2>,
    /// The oracle's first answer, that to m; `None` without steps.
    pub vertex: Option<Tensor<2>>,
    /// The largest step, `[1, 1]`.
    pub gamma: Tensor<2>,
    /// Where the oracle stood at its first answer; m changes less from step to step than from one answer to the next.
    pub trace: Option<Tensor<2>>,
}

impl Model {
    /// `steps` Frank–Wolfe steps from θ.
    pub fn minimise(&self, block: &Block, steps: u32, cost: &mut StepCost) -> Inner {
        let mut point = block.theta.clone();
        // (y − θ)/η, kept beside y: where η is small, y − θ is lost in the rounding of y.
        let mut shift = point.zeros_like();
        let mut gamma = point.clone().sum_dim(1).zeros_like();
        let mut vertex = None;
        let mut trace = block.memory.trace.clone();
        let mut first = trace.clone();
        for _ in 0..steps {
            // ∇Q(y)
            let slope = self.direction.clone().add(self.metric.clone().mul(shift.clone()));
            let corner = block.lmo(slope.clone(), point.clone(), &mut trace, cost);
            if vertex.is_none() {
                first = trace.clone();
            }
            let back = point.clone().sub(corner.clone());
            let gap = slope.mul(back.clone()).sum_dim(1);
            let width = back.clone().mul(back).mul(self.metric.clone()).sum_dim(1);
            // Where y is the corner, gap and width are 0, and so is the step.
            let step = gap.div(width.clamp_min(f32::MIN_POSITIVE)).mul_scalar(self.eta).clamp(0.0, 1.0);
            let away = corner.clone().sub(block.theta.clone()).mul(step.clone().div_scalar(self.eta));
            let stay = step.ones_like().sub(step.clone());
            shift = shift.mul(stay).add(away);
            point = between(&point, &corner, &step);
            gamma = gamma.max_pair(step);
            vertex = vertex.or(Some(corner));
        }
        Inner { point, vertex, gamma, trace: first }
    }
}

pub(super) fn propose(block: &Block, gradient: &Tensor<2>, input: &StepInput, cost: &mut StepCost) -> Proposal {
    let direction = block.averaged(gradient, input.momentum);
    let square = direction.clone().mul(direction.clone());
    let squares = match &block.memory.squares {
        Some(old) => old.clone().add(square),
        None => square,
    };
    let metric = squares.clone().sqrt().add_scalar(OFFSET);
    let model = Model { direction: direction.clone(), metric, eta: input.learning_rate };
    let Inner { point, vertex, gamma, trace } = model.minimise(block, INNER, cost);
    let memory = Memory { squares: Some(squares), trace, ..Memory::of(direction, input.momentum) };
    Proposal { next: point, vertex, gamma, memory }
}
