//! Fast gradient sign (Goodfellow, Shlens, Szegedy 2015): x = clamp(x0 + ε·sign ∇ℓ(x0), 0, 1).
//!
//! That is one Frank–Wolfe step with γ = 1 from the clean image, and so it is done here, over any of the balls: the
//! oracle's answer, exact for ball ∩ box. (Published forms for L2 clamp x0 + ε·g/‖g‖₂ instead, which gives away part of
//! ε at the edge of the box.) It spends two gradients, whatever the budget: one to step, one to see where it came to.

use super::frank_wolfe::{FrankWolfe, Rule};
use super::{ALL_NORMS, AttackEntry, Halving, LossUse};

pub(super) const ENTRY: AttackEntry = AttackEntry {
    key: "fgsm",
    family: "pg",
    source: "Goodfellow, Shlens, Szegedy 2015",
    norms: ALL_NORMS,
    loss: LossUse::Chosen,
    restarts: false,
    stays_inside: true,
    start: |target, settings| Box::new(FrankWolfe::start(target, settings, &RULE)),
};

const RULE: Rule = Rule { step: |_, ascent| Halving::never(1.0, &ascent.best_loss), momentum: 0.0, steps: 1 };
