//! Auto-FW (Sato and Iiduka 2025): Frank–Wolfe ascent over ball ∩ box with Auto-PGD's halving of the step.
//!
//! v = lmo(−∇ℓ(x)), x ← x + γ(v − x), over any of the balls. The slides leave γ₀, the checkpoints and the two
//! conditions open; our reading is γ₀ = 0.75 (as in Boreiko et al. 2022, who published the scheme under the same name)
//! and Auto-PGD's checkpoints and conditions. Start at the clean image. Being a convex combination of feasible points,
//! every iterate is feasible; there is no projection and no clamp.

use super::frank_wolfe::{FrankWolfe, Rule};
use super::{ALL_NORMS, AttackEntry, Halving, LossUse};

pub(super) const ENTRY: AttackEntry = AttackEntry {
    key: "auto-fw",
    family: "fw",
    source: "Sato, Iiduka 2025; Boreiko et al. 2022",
    norms: ALL_NORMS,
    loss: LossUse::Chosen,
    restarts: true,
    stays_inside: true,
    start: |target, settings| Box::new(FrankWolfe::start(target, settings, &RULE)),
};

const RULE: Rule = Rule {
    step: |settings, ascent| Halving::new(settings.gamma0, settings.budget, &ascent.best_loss),
    momentum: 0.0,
    steps: u32::MAX,
};
