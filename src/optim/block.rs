//! One parameter tensor with its set: what a method moves.

use burn::tensor::Tensor;

use super::Rescale;
use crate::sets::RowSet;

/// A parameter tensor as one row, and where it may live.
#[derive(Debug)]
pub struct Block {
    /// θ, `[1, n]`.
    pub theta: Tensor<2>,
    /// m, the averaged gradient; `None` before the first step.
    pub momentum: Option<Tensor<2>>,
    /// Ω.
    pub set: Box<dyn RowSet>,
    /// L2 diameter of Ω.
    pub diameter: f64,
}

/// What a method is given.
#[derive(Debug, Clone, Copy)]
pub struct StepInput {
    /// γₜ of the schedule, before rescaling.
    pub learning_rate: f64,
    pub rescale: Rescale,
}

/// Where a block wants to go; nothing has moved yet.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The point after the move, `[1, n]`.
    pub next: Tensor<2>,
    /// The oracle's answer, if the method asked.
    pub vertex: Option<Tensor<2>>,
    /// Step size γ ∈ [0, 1] for Frank–Wolfe, the learning rate otherwise; `[1, 1]`.
    pub gamma: Tensor<2>,
}

impl Block {
    /// m ← g on the first step, then βm + (1−β)g (Pokutta, Spiegel, Zimmer 2020). Returns m.
    pub fn average(&mut self, gradient: &Tensor<2>, beta: f64) -> Tensor<2> {
        let averaged = match self.momentum.take() {
            Some(old) if beta > 0.0 => old.mul_scalar(beta).add(gradient.clone().mul_scalar(1.0 - beta)),
            _ => gradient.clone(),
        };
        self.momentum = Some(averaged.clone());
        averaged
    }

    /// The direction m a method follows; the gradient must have been averaged in before.
    pub fn direction(&self) -> Tensor<2> {
        self.momentum.clone().unwrap_or_else(|| self.theta.zeros_like())
    }

    /// The Frank–Wolfe gap ⟨g, θ − lmo(g)⟩, `[1, 1]`: zero exactly where θ is stationary on Ω. It only means
    /// something for θ ∈ Ω; see [`Self::gauge`].
    pub fn gap(&self, gradient: &Tensor<2>) -> Tensor<2> {
        let vertex = self.set.lmo(gradient.clone(), self.theta.clone());
        gradient.clone().mul(self.theta.clone().sub(vertex)).sum_dim(1)
    }

    /// Gauge of θ, `[1, 1]`: ≤ 1 inside Ω.
    pub fn gauge(&self) -> Tensor<2> {
        self.set.gauge(self.theta.clone())
    }

    /// Scales θ radially onto Ω if it starts outside. Done once, before the first step; never afterwards.
    pub fn shift_inside(&mut self) {
        let factor = self.gauge().clamp_min(1.0);
        self.theta = self.theta.clone().div(factor);
    }
}
