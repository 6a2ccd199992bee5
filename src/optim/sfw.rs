//! Stochastic Frank–Wolfe: θ ← θ + γ(v − θ), v = lmo(m).
//!
//! With β = 0 and no rescaling this is Algorithm 2 of Sato and Iiduka (2025); momentum and rescaling are those
//! of Pokutta, Spiegel and Zimmer (2020) and of Zimmer, Spiegel and Pokutta (2022). Being a convex combination of
//! two points of Ω, the next iterate lies in Ω: there is no projection, here or anywhere after it.

use super::cost::StepCost;
use super::{Block, Memory, Proposal, Rescale, StepInput};
use burn::tensor::Tensor;

pub(super) fn propose(block: &Block, gradient: &Tensor<2>, input: &StepInput, cost: &mut StepCost) -> Proposal {
    let direction = block.averaged(gradient, input.momentum);
    let mut trace = block.memory.trace.clone();
    let vertex = block.lmo(direction.clone(), block.theta.clone(), &mut trace, cost);
    let towards = vertex.clone().sub(block.theta.clone());
    let one = block.theta.clone().sum_dim(1).ones_like();
    let gamma = match input.rescale {
        Rescale::None => one.mul_scalar(input.learning_rate),
        Rescale::Diameter => one.mul_scalar(input.learning_rate / block.diameter),
        Rescale::Gradient => {
            let size = length(&direction).div(length(&towards).clamp_min(f32::MIN_POSITIVE));
            size.mul_scalar(input.learning_rate)
        }
        Rescale::FastGradient => length(&direction).mul_scalar(2.0 * input.learning_rate / block.diameter),
    };
    let gamma = gamma.clamp(0.0, 1.0);
    let next = between(&block.theta, &vertex, &gamma);
    let memory = Memory { trace, ..Memory::of(direction, input.momentum) };
    Proposal { next, vertex: Some(vertex), gamma, memory }
}

/// (1−γ)x + γv rather than x + γ(v−x): the rounding of the former cannot leave Ω by more than it must.
pub(super) fn between(x: &Tensor<2>, vertex: &Tensor<2>, gamma: &Tensor<2>) -> Tensor<2> {
    let stay = gamma.ones_like().sub(gamma.clone());
    x.clone().mul(stay).add(vertex.clone().mul(gamma.clone()))
}

fn length(row: &Tensor<2>) -> Tensor<2> {
    row.clone().mul(row.clone()).sum_dim(1).sqrt()
}
