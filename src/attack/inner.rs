//! An attack as a part of training: a fixed number of moves without halving, and the point they lead to. It is the
//! attack of the table, stopped before it would look at its last point: s moves cost s gradient calls, and the training
//! step that follows looks there anyhow.

use burn::tensor::Tensor;

use super::frank_wolfe::{FrankWolfe, Rule};
use super::pgd::Pgd;
use super::{Attack, AttackSettings, Halving, Target, start};

/// How the attack inside training moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Inner {
    /// Projected gradients, α = 2.5 ε/s (Madry et al. 2018).
    Pgd,
    /// Frank–Wolfe with this constant step γ, in (0, 1].
    FrankWolfe(f64),
}

/// Steps γ₀ throughout.
const CONSTANT: Rule = Rule {
    step: |settings, ascent| Halving::never(settings.gamma0, &ascent.best_loss),
    momentum: 0.0,
    steps: u32::MAX,
};

/// Where `settings.budget` moves lead from each clean image, or from a random point of its ball. As many gradient calls;
/// a budget of 0 counts as 1. Loss and seed are those of `settings`. `[rows, n]`, inside ball ∩ box.
pub fn moved(inner: Inner, target: &Target, settings: &AttackSettings, random_start: bool) -> Tensor<2> {
    let settings = AttackSettings { budget: settings.budget.max(1), restart: u32::from(random_start), ..*settings };
    match inner {
        Inner::Pgd => {
            let x = if random_start { start::random_point(target, &settings) } else { target.clean.images.clone() };
            let attack = Pgd::from_point(target, &settings, settings.loss, x);
            all_but_last(attack, target, settings.budget).ahead(target)
        }
        Inner::FrankWolfe(gamma) => {
            let settings = AttackSettings { gamma0: gamma, ..settings };
            let attack = FrankWolfe::start(target, &settings, &CONSTANT);
            all_but_last(attack, target, settings.budget).next(target)
        }
    }
}

fn all_but_last<A: Attack>(mut attack: A, target: &Target, moves: u32) -> A {
    for _ in 1..moves {
        attack.step(target);
    }
    attack
}
