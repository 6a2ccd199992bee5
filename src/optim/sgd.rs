//! Stochastic gradient descent: θ ← θ − γm. Unconstrained: the picture to hold Frank–Wolfe against.

use super::cost::StepCost;
use super::{Block, Memory, Proposal, StepInput};
use burn::tensor::Tensor;

pub(super) fn propose(block: &Block, gradient: &Tensor<2>, input: &StepInput, _: &mut StepCost) -> Proposal {
    let direction = block.averaged(gradient, input.momentum);
    let gamma = direction.clone().sum_dim(1).ones_like().mul_scalar(input.learning_rate);
    let next = block.theta.clone().sub(direction.clone().mul_scalar(input.learning_rate));
    Proposal { next, vertex: None, gamma, memory: Memory::of(direction, input.momentum) }
}
