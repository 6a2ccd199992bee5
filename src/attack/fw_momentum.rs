//! Frank–Wolfe with momentum (Chen, Zhou, Yi, Gu 2020, Algorithm 1), untargeted: m ← βm + (1 − β)∇ℓ(x),
//! v = lmo(−m), x ← x + γ(v − x), with constant γ.
//!
//! β = 0.9 and γ = 0.1, the values of the published command for ImageNet. Two things differ from the published code:
//! its untargeted branch moves away from the vertex of the *falling* loss and projects, which is no Frank–Wolfe step
//! (the algorithm of the paper, and ours, moves towards the vertex of the rising one); and its oracle does not see the
//! image box, so that a clamp follows, where ours is exact.

use super::frank_wolfe::{FrankWolfe, Rule};
use super::{ALL_NORMS, AttackEntry, Halving, LossUse};

pub(super) const ENTRY: AttackEntry = AttackEntry {
    key: "fw-momentum",
    family: "fw",
    source: "Chen, Zhou, Yi, Gu 2020",
    norms: ALL_NORMS,
    loss: LossUse::Chosen,
    restarts: true,
    stays_inside: true,
    start: |target, settings| Box::new(FrankWolfe::start(target, settings, &RULE)),
};

/// The constant step size γ.
const GAMMA: f64 = 0.1;

const RULE: Rule = Rule { step: |_, ascent| Halving::never(GAMMA, &ascent.best_loss), momentum: 0.9, steps: u32::MAX };
