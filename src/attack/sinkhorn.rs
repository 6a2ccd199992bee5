//! Projected Sinkhorn (Wong, Schmidt, Kolter 2019): x ← P(x + α·sign ∇ℓ(x)) with the entropic projection onto the
//! Wasserstein ball, from the clean image.
//!
//! α = 0.1, λ = 1000: the published command's step, and the entropy of its projection for small images. Three things
//! differ: ε is fixed, where the published script lets it grow until every image is broken; the projection makes a
//! fixed number of rounds and goes on from the dual numbers of the step before; and what those rounds leave over is
//! settled, so that every iterate is inside, where the published code ends with a clamp that makes or loses light.

use burn::tensor::{Int, Tensor};

use super::{Ascent, Attack, AttackEntry, AttackSettings, Halving, LossUse, Objective, Target};
use crate::sets::NormId;
use crate::sets::image_ball::{Duals, Sinkhorn};

pub(super) const ENTRY: AttackEntry = AttackEntry {
    key: "sinkhorn",
    family: "pg",
    source: "Wong, Schmidt, Kolter 2019",
    norms: &[NormId::Wasserstein],
    loss: LossUse::Chosen,
    restarts: false,
    stays_inside: true,
    start: |target, settings| Box::new(ProjectedSinkhorn::start(target, settings)),
};

/// Step size α, of the range of a pixel.
const STEP: f64 = 0.1;
/// Weight of the distance against the entropy, and rounds of a projection.
const PROJECTION: Sinkhorn = Sinkhorn { lambda: 1000.0, rounds: 30 };

struct ProjectedSinkhorn {
    ascent: Ascent,
    step: Halving,
    duals: Option<Duals>,
}

impl ProjectedSinkhorn {
    fn start(target: &Target, settings: &AttackSettings) -> Self {
        let objective = Objective::under(settings, settings.loss, target);
        let clean = target.clean.images.clone();
        let ascent = Ascent::start_with_plan(target, clean, target.ball.rest(), objective);
        let step = Halving::never(STEP, &ascent.best_loss);
        Self { ascent, step, duals: None }
    }
}

impl Attack for ProjectedSinkhorn {
    fn step(&mut self, target: &Target) {
        // At ε = 0 the ball is one point, and there are no plans.
        let Some(plans) = &self.ascent.plans else { return };
        let (x, plan, gradient) = (self.ascent.x.clone(), plans.x.clone(), self.ascent.gradient.clone());
        let still = gradient.clone().abs().max_dim(1).equal_elem(0.0);
        let ahead = x.clone().add(gradient.sign().mul(self.step.step_size.clone()));
        let found = target.ball.project_plan(ahead, PROJECTION, &mut self.duals);
        let found = found.mask_where(still.clone().expand(plan.dims()), plan);
        let next = target.ball.picture(found.clone()).mask_where(still.expand(x.dims()), x);
        self.ascent.move_with_plan(target, next, Some(found));
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
        self.duals.iter_mut().for_each(|duals| duals.keep(rows));
    }
}
