//! Projected SGD: θ ← P(θ − γm), P the Euclidean projection onto Ω. What Frank–Wolfe avoids.

use super::cost::StepCost;
use super::{Block, Proposal, StepInput};
use burn::tensor::Tensor;

pub(super) fn propose(block: &Block, gradient: &Tensor<2>, input: &StepInput, cost: &mut StepCost) -> Proposal {
    let free = super::sgd::propose(block, gradient, input, cost);
    Proposal { next: block.project(free.next, cost), ..free }
}
