//! Frank–Wolfe ascent over ball ∩ box: v = lmo(−m), x ← x + γ(v − x), with a step rule. Auto-FW, Frank–Wolfe with
//! momentum and FGSM are this with different rules; there is no other implementation.
//!
//! m is the gradient, or its running mean m ← βm + (1 − β)g. Being convex combinations of feasible points, all
//! iterates are feasible: there is no projection and no clamp.

use burn::tensor::Tensor;

use super::{Ascent, Attack, AttackSettings, Halving, Objective, Target, start};
use crate::sets::NormId;

/// What tells one Frank–Wolfe attack from another.
pub(super) struct Rule {
    /// Step sizes γ, and when they are halved.
    pub step: fn(&AttackSettings, &Ascent) -> Halving,
    /// Weight β of the past in the running mean of gradients, 0 ≤ β < 1.
    pub momentum: f64,
    /// Rests after so many steps.
    pub steps: u32,
}

pub(super) struct FrankWolfe {
    ascent: Ascent,
    halving: Halving,
    momentum: f64,
    steps_left: u32,
    /// m.
    direction: Tensor<2>,
    /// The oracle's answer at the present point.
    vertex: Tensor<2>,
}

impl FrankWolfe {
    /// Starts at the clean image; restarts begin at a random point inside.
    pub fn start(target: &Target, settings: &AttackSettings, rule: &Rule) -> Self {
        let x = match settings.restart {
            0 => target.clean.images.clone(),
            _ => start::random_inside(target, settings),
        };
        let ascent = Ascent::start(target, x, Objective::new(settings.loss, target, settings.restart));
        let halving = (rule.step)(settings, &ascent);
        let direction = running_mean(None, ascent.gradient.clone(), rule.momentum);
        let vertex = target.vertex(direction.clone(), ascent.x.clone());
        Self { ascent, halving, momentum: rule.momentum, steps_left: rule.steps, direction, vertex }
    }

    /// x + γ(v − x), written so that a pixel the vertex leaves alone stays to the last bit. Plain steps in L∞, where
    /// every pixel moves, keep the form (1 − γ)x + γv: runs of Auto-FW stay what they were.
    fn next(&self, target: &Target) -> Tensor<2> {
        let (x, vertex, gamma) = (self.ascent.x.clone(), self.vertex.clone(), self.halving.step_size.clone());
        let threat = target.ball.threat();
        if threat.norm == NormId::Linf && threat.epsilon > 0.0 && self.momentum == 0.0 {
            let stay = gamma.ones_like().sub(gamma.clone());
            return x.mul(stay).add(vertex.mul(gamma));
        }
        x.clone().add(vertex.sub(x).mul(gamma))
    }
}

impl Attack for FrankWolfe {
    fn step(&mut self, target: &Target) {
        if self.steps_left == 0 {
            return;
        }
        self.steps_left -= 1;
        let next = self.next(target);
        self.ascent.move_to(target, next);
        if let Some(back) = self.halving.observe(&self.ascent.loss, &self.ascent.best_loss) {
            self.ascent.return_to_best(back);
        }
        let gradient = self.ascent.gradient.clone();
        self.direction = running_mean(Some(self.direction.clone()), gradient, self.momentum);
        self.vertex = target.vertex(self.direction.clone(), self.ascent.x.clone());
    }

    fn ascent(&self) -> &Ascent {
        &self.ascent
    }

    fn gap(&self, target: &Target) -> Option<Tensor<2>> {
        let (x, gradient) = (self.ascent.x.clone(), self.ascent.gradient.clone());
        // The gap belongs to the gradient; under momentum the vertex does not.
        let vertex =
            if self.momentum == 0.0 { self.vertex.clone() } else { target.vertex(gradient.clone(), x.clone()) };
        Some(gradient.mul(vertex.sub(x)).sum_dim(1))
    }

    fn halving(&self) -> &Halving {
        &self.halving
    }
}

/// βm + (1 − β)g, from m = 0 at first.
fn running_mean(past: Option<Tensor<2>>, gradient: Tensor<2>, beta: f64) -> Tensor<2> {
    if beta == 0.0 {
        return gradient;
    }
    let new = gradient.mul_scalar(1.0 - beta);
    match past {
        Some(past) => past.mul_scalar(beta).add(new),
        None => new,
    }
}
