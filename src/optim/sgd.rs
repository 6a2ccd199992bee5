//! Stochastic gradient descent: θ ← θ − γm. Unconstrained: the picture to hold Frank–Wolfe against.

use super::{Block, Proposal, StepInput};

pub(super) fn propose(block: &Block, input: &StepInput) -> Proposal {
    let direction = block.direction();
    let gamma = direction.clone().sum_dim(1).ones_like().mul_scalar(input.learning_rate);
    let next = block.theta.clone().sub(direction.mul_scalar(input.learning_rate));
    Proposal { next, vertex: None, gamma }
}
