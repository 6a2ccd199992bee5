//! Auto-FW (Sato and Iiduka 2025): Frank–Wolfe ascent over ball ∩ box with Auto-PGD's halving of the step.
//!
//! v = lmo(−∇ℓ(x)), x ← x + γ(v − x). The slides leave γ₀, the checkpoints and the two conditions open; our
//! reading is γ₀ = 0.75 (as in Boreiko et al. 2022, who published the scheme under the same name) and Auto-PGD's
//! checkpoints and conditions. Start at the clean image. Being a convex combination of feasible points, every
//! iterate is feasible; there is no projection and no clamp.

use burn::tensor::Tensor;

use super::{Ascent, Attack, AttackEntry, AttackSettings, Halving, Target};

pub(super) const ENTRY: AttackEntry = AttackEntry {
    key: "auto-fw",
    family: "fw",
    source: "Sato, Iiduka 2025; Boreiko et al. 2022",
    start: |target, settings| Box::new(AutoFw::start(target, settings)),
};

struct AutoFw {
    ascent: Ascent,
    halving: Halving,
}

impl AutoFw {
    fn start(target: &Target, settings: &AttackSettings) -> Self {
        let ascent = Ascent::start(target, target.clean.images.clone());
        let halving = Halving::new(settings.gamma0, settings.budget, &ascent.best_loss);
        Self { ascent, halving }
    }
}

impl Attack for AutoFw {
    fn step(&mut self, target: &Target) {
        let x = self.ascent.x.clone();
        let vertex = target.vertex(self.ascent.gradient.clone(), x.clone());
        let gamma = self.halving.step_size.clone();
        let stay = gamma.ones_like().sub(gamma.clone());
        self.ascent.move_to(target, x.mul(stay).add(vertex.mul(gamma)));
        if let Some(back) = self.halving.observe(&self.ascent.loss, &self.ascent.best_loss) {
            self.ascent.return_to_best(back);
        }
    }

    fn ascent(&self) -> &Ascent {
        &self.ascent
    }

    fn gap(&self, target: &Target) -> Option<Tensor<2>> {
        let (x, gradient) = (self.ascent.x.clone(), self.ascent.gradient.clone());
        let vertex = target.vertex(gradient.clone(), x.clone());
        Some(gradient.mul(vertex.sub(x)).sum_dim(1))
    }

    fn halving(&self) -> &Halving {
        &self.halving
    }
}
