//! The L∞ attack on the margin: projected gradient on max_{i≠y} Zᵢ − Z_y, or Z_t − max_{i≠t} Zᵢ towards a class t.
//!
//! Papers on customised adversarial training (Cheng et al. 2022) report it as “C&W”, because the margin is the loss of
//! Carlini and Wagner (2017). It is not their attack: that one looks for the smallest change in L2, see
//! `carlini_wagner`.

use super::pgd::Pgd;
use super::{AttackEntry, Loss, LossUse};
use crate::sets::NormId;

pub(super) const ENTRY: AttackEntry = AttackEntry {
    key: "margin-linf",
    family: "pg",
    source: "loss of Carlini, Wagner 2017, steps of Madry et al. 2018",
    norms: &[NormId::Linf],
    loss: LossUse::Always(Loss::Margin),
    restarts: true,
    stays_inside: true,
    start: |target, settings| Box::new(Pgd::start(target, settings, Loss::Margin)),
};
