//! Projected SGD: θ ← P(θ − γm), P the Euclidean projection onto Ω. What Frank–Wolfe avoids.

use super::{Block, Proposal, StepInput};

pub(super) fn propose(block: &Block, input: &StepInput) -> Proposal {
    let free = super::sgd::propose(block, input);
    Proposal { next: block.set.project(free.next), ..free }
}
