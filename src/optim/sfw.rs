//! Stochastic Frank–Wolfe: θ ← θ + γ(v − θ), v = lmo(m).
//!
//! With β = 0 and no rescaling this is Algorithm 2 of Sato and Iiduka (2025); momentum and rescaling are those
//! of Pokutta, Spiegel and Zimmer (2020). Being a convex combination of two points of Ω, the next iterate lies
//! in Ω: there is no projection, here or anywhere after it.

use super::{Block, Proposal, Rescale, StepInput};

pub(super) fn propose(block: &Block, input: &StepInput) -> Proposal {
    let direction = block.direction();
    let vertex = block.set.lmo(direction.clone(), block.theta.clone());
    let towards = vertex.clone().sub(block.theta.clone());
    let one = block.theta.clone().sum_dim(1).ones_like();
    let gamma = match input.rescale {
        Rescale::None => one.mul_scalar(input.learning_rate),
        Rescale::Diameter => one.mul_scalar(input.learning_rate / block.diameter),
        Rescale::Gradient => {
            let size = length(&direction).div(length(&towards).clamp_min(f32::MIN_POSITIVE));
            size.mul_scalar(input.learning_rate)
        }
    };
    let gamma = gamma.clamp(0.0, 1.0);
    // (1−γ)θ + γv rather than θ + γ(v−θ): the rounding of the former cannot leave Ω by more than it must.
    let stay = gamma.ones_like().sub(gamma.clone());
    let next = block.theta.clone().mul(stay).add(vertex.clone().mul(gamma.clone()));
    Proposal { next, vertex: Some(vertex), gamma }
}

fn length(row: &burn::tensor::Tensor<2>) -> burn::tensor::Tensor<2> {
    row.clone().mul(row.clone()).sum_dim(1).sqrt()
}
