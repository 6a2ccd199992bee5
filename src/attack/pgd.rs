//! Projected gradient attack (Madry et al. 2018): x ← P(x + α·d), from a random start.
//!
//! d is sign ∇ℓ for L∞, ∇ℓ/‖∇ℓ‖₂ for L2 and, for L1, the signs of the largest hundredth of the gradient's entries
//! (Tramèr, Boneh 2019). α = 2.5 ε/N, which is Madry's 2/255 at ε = 8/255 and N = 10. P is exact for L∞ and L1; for L2
//! it scales into the ball and then clamps, as the published code does. Best loss is kept; restarts begin anew.

use burn::tensor::{Int, Tensor};

use super::ascent::column;
use super::{Ascent, Attack, AttackEntry, AttackSettings, Halving, Loss, LossUse, Objective, Target, start, steepest};
use crate::sets::NormId;

pub(super) const ENTRY: AttackEntry = AttackEntry {
    key: "pgd",
    family: "pg",
    source: "Madry et al. 2018; L1 step Tramèr, Boneh 2019",
    norms: &[NormId::Linf, NormId::L2, NormId::L1],
    loss: LossUse::Chosen,
    restarts: true,
    stays_inside: true,
    start: |target, settings| Box::new(Pgd::start(target, settings, settings.loss)),
};

/// Step sizes sum up to so many radii.
const REACH: f64 = 2.5;
/// Share of the gradient's entries that an L1 step moves.
const SPARSE: f64 = 0.01;

pub(super) struct Pgd {
    ascent: Ascent,
    step: Halving,
}

impl Pgd {
    pub fn start(target: &Target, settings: &AttackSettings, loss: Loss) -> Self {
        Self::from_point(target, settings, loss, start::random_point(target, settings))
    }

    /// Starts at `x`; `settings.budget` says how many steps are to come.
    pub fn from_point(target: &Target, settings: &AttackSettings, loss: Loss, x: Tensor<2>) -> Self {
        let objective = Objective::under(settings, loss, target);
        let ascent = Ascent::start(target, x, objective);
        let alpha = REACH * target.ball.epsilon() / f64::from(settings.budget.max(1));
        let step = Halving::never(alpha, &ascent.best_loss);
        Self { ascent, step }
    }

    /// Where the next step leads.
    pub fn ahead(&self, target: &Target) -> Tensor<2> {
        let gradient = self.ascent.gradient.clone();
        let direction = match target.ball.threat().norm {
            NormId::Linf => steepest::signs(gradient),
            NormId::L2 | NormId::Lp | NormId::Nuclear | NormId::Wasserstein => steepest::unit(gradient),
            NormId::L1 => steepest::sparse_signs(gradient, &column(&self.ascent.loss, SPARSE)),
        };
        let ahead = self.ascent.x.clone().add(direction.mul(self.step.step_size.clone()));
        target.ball.project_then_clamp(ahead)
    }
}

impl Attack for Pgd {
    fn step(&mut self, target: &Target) {
        let ahead = self.ahead(target);
        self.ascent.move_to(target, ahead);
    }

    fn ascent(&self) -> &Ascent {
        &self.ascent
    }

    fn halving(&self) -> &Halving {
        &self.step
    }

    fn keep(&mut self, rows: &Tensor<1, Int>) {
        self.ascent.keep(rows);
        self.step.keep(rows);
    }
}
