//! Adam: θ ← θ − γm̂/(√ŝ + ε), m ← β₁m + (1−β₁)g, s ← β₂s + (1−β₂)g∘g (Kingma, Ba 2015, algorithm 1).
//!
//! Both means start from 0 and are put right by m̂ = m/(1−β₁ᵗ), ŝ = s/(1−β₂ᵗ). The paper writes v for s; here v is the
//! oracle's corner. β₁ is the run's β, so that an opponent differs in its method only; β₂ and ε are the paper's.
//! Unconstrained like SGD.

use super::cost::StepCost;
use super::{Block, Memory, Proposal, StepInput};
use burn::tensor::Tensor;

/// β₂, the weight of past squares.
const OLD_SQUARES: f64 = 0.999;
/// ε, added to √ŝ.
const OFFSET: f64 = 1e-8;

pub(super) fn propose(block: &Block, gradient: &Tensor<2>, input: &StepInput, _: &mut StepCost) -> Proposal {
    let square = gradient.clone().mul(gradient.clone());
    let momentum = mean(block.memory.momentum.as_ref(), gradient.clone(), input.momentum);
    let squares = mean(block.memory.squares.as_ref(), square, OLD_SQUARES);
    let width = squares.clone().div_scalar(seen(OLD_SQUARES, input.t)).sqrt().add_scalar(OFFSET);
    let direction = momentum.clone().div_scalar(seen(input.momentum, input.t)).div(width);
    let gamma = direction.clone().sum_dim(1).ones_like().mul_scalar(input.learning_rate);
    let next = block.theta.clone().sub(direction.mul_scalar(input.learning_rate));
    let memory = Memory { squares: Some(squares), ..Memory::of(momentum, input.momentum) };
    Proposal { next, vertex: None, gamma, memory }
}

/// βold + (1−β)new, from 0.
fn mean(old: Option<&Tensor<2>>, new: Tensor<2>, beta: f64) -> Tensor<2> {
    let new = new.mul_scalar(1.0 - beta);
    match old {
        Some(old) => old.clone().mul_scalar(beta).add(new),
        None => new,
    }
}

/// 1 − βᵗ⁺¹, the share of a mean's weights that has been given out after step `t`.
fn seen(beta: f64, t: u32) -> f64 {
    1.0 - beta.powf(f64::from(t) + 1.0)
}
