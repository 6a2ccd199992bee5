//! One parameter tensor with its set: what a method moves.

use burn::tensor::Tensor;

use super::Rescale;
use super::cost::StepCost;
use crate::sets::RowSet;

/// A parameter tensor as one row, and where it may live. A method reaches the set only through questions that count.
#[derive(Debug)]
pub struct Block {
    /// θ, `[1, n]`.
    pub theta: Tensor<2>,
    /// What its method remembers of it.
    pub memory: Memory,
    /// L2 diameter of Ω.
    pub diameter: f64,
    /// Ω.
    set: Box<dyn RowSet>,
}

/// What a method keeps from step to step; each `[1, n]` unless said, `None` before the first step or where it is not needed.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// m, the averaged gradient.
    pub momentum: Option<Tensor<2>>,
    /// Averaged (Adam) or summed (AdaSFW) squares of gradients.
    pub squares: Option<Tensor<2>>,
    /// Where the set's oracle stood at its last answer, `[1, c]`; see [`RowSet::lmo_near`].
    pub trace: Option<Tensor<2>>,
}

impl Memory {
    /// The direction m alone; with β = 0 the next step does not need it.
    pub fn of(direction: Tensor<2>, beta: f64) -> Self {
        Self { momentum: (beta > 0.0).then_some(direction), ..Self::default() }
    }

    /// How many numbers it holds.
    pub fn numbers(&self) -> usize {
        [&self.momentum, &self.squares, &self.trace].into_iter().flatten().map(|tensor| tensor.dims()[1]).sum()
    }
}

/// What a method is given beside the gradient.
#[derive(Debug, Clone, Copy)]
pub struct StepInput {
    /// Steps made before this one.
    pub t: u32,
    /// γₜ of the schedule, before rescaling.
    pub learning_rate: f64,
    /// β ∈ [0, 1) of the averaged gradient.
    pub momentum: f64,
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
    /// What the method will remember after the move.
    pub memory: Memory,
}

impl Block {
    /// A tensor `[1, n]` that has not moved yet, and its set in Rⁿ.
    pub fn new(theta: Tensor<2>, set: Box<dyn RowSet>) -> Self {
        let diameter = set.diameter(theta.dims()[1]);
        Self { theta, memory: Memory::default(), diameter, set }
    }

    /// m: the gradient on the first step, then βm + (1−β)g (Pokutta, Spiegel, Zimmer 2020).
    pub fn averaged(&self, gradient: &Tensor<2>, beta: f64) -> Tensor<2> {
        match &self.memory.momentum {
            Some(old) if beta > 0.0 => old.clone().mul_scalar(beta).add(gradient.clone().mul_scalar(1.0 - beta)),
            _ => gradient.clone(),
        }
    }

    /// The vertex of Ω that is lowest along `direction`, `at` where nothing is lower. `trace` begins as
    /// [`Memory::trace`], and what it becomes is to be remembered.
    pub fn lmo(
        &self,
        direction: Tensor<2>,
        at: Tensor<2>,
        trace: &mut Option<Tensor<2>>,
        cost: &mut StepCost,
    ) -> Tensor<2> {
        cost.oracle_calls += 1;
        self.set.lmo_near(direction, at, trace)
    }

    /// The point of Ω nearest to `x`.
    pub fn project(&self, x: Tensor<2>, cost: &mut StepCost) -> Tensor<2> {
        cost.projections += 1;
        self.set.project(x)
    }

    /// Goes where a method proposed.
    pub fn accept(&mut self, proposal: Proposal) {
        (self.theta, self.memory) = (proposal.next, proposal.memory);
    }

    /// The Frank–Wolfe gap ⟨g, θ − lmo(g)⟩, `[1, 1]`: zero exactly where θ is stationary on Ω. It only means
    /// something for θ ∈ Ω; see [`Self::gauge`]. A measurement: it is not counted.
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
