//! Frank–Wolfe ascent over ball ∩ box: v = lmo(−m), x ← x + γ(v − x), with a step rule. Auto-FW, Frank–Wolfe with
//! momentum and FGSM are this with different rules; there is no other implementation.
//!
//! m is the gradient, or its running mean m ← βm + (1 − β)g. Being convex combinations of feasible points, all
//! iterates are feasible: there is no projection and no clamp. (Where the oracle of ball ∩ box is not exact, its answer is
//! a point of both all the same; the gap is then that of the relaxed answer, see `image_ball`.)

use burn::tensor::{Int, Tensor};

use super::ascent::keep_rows;
use super::atoms::Taken;
use super::{Ascent, Attack, AttackSettings, Halving, Objective, Target, start};
use crate::sets::image_ball::Answer;
use crate::sets::{NormId, Oracle};

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
    answer: Answer,
    taken: Option<Taken>,
}

impl FrankWolfe {
    /// Starts at the clean image; restarts begin at a random point inside.
    pub fn start(target: &Target, settings: &AttackSettings, rule: &Rule) -> Self {
        let clean = target.clean.images.clone();
        let rest = target.ball.rest();
        let (x, plan, taken) = match settings.restart {
            0 => (clean, rest, None),
            _ => {
                let (answer, gamma) = start::random_inside(target, settings);
                let vertex = answer.vertex;
                let x = clean.clone().add(vertex.clone().sub(clean).mul(gamma.clone()));
                let plan = mixed(rest.as_ref(), answer.plan.as_ref(), &gamma);
                let none = gamma.zeros_like();
                (x, plan, Some(Taken { vertex, gamma, better: none.clone(), returned: none, fresh: true }))
            }
        };
        let objective = Objective::under(settings, settings.loss, target);
        let ascent = Ascent::start_with_plan(target, x, plan, objective);
        let halving = (rule.step)(settings, &ascent);
        let direction = running_mean(None, ascent.gradient.clone(), rule.momentum);
        let answer = ask(target, &ascent, &direction);
        Self { ascent, halving, momentum: rule.momentum, steps_left: rule.steps, direction, answer, taken }
    }

    /// x + γ(v − x), written so that a pixel the vertex leaves alone stays to the last bit. Plain steps in L∞, where
    /// every pixel moves, keep the form (1 − γ)x + γv: runs of Auto-FW stay what they were.
    pub fn next(&self, target: &Target) -> Tensor<2> {
        let (x, vertex, gamma) = (self.ascent.x.clone(), self.answer.vertex.clone(), self.halving.step_size.clone());
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
            self.taken = None;
            return;
        }
        self.steps_left -= 1;
        let (next, gamma, before) = (self.next(target), self.halving.step_size.clone(), self.ascent.best_loss.clone());
        let plan = mixed(self.ascent.plans.as_ref().map(|plans| &plans.x), self.answer.plan.as_ref(), &gamma);
        self.ascent.move_with_plan(target, next, plan);
        let better = self.ascent.best_loss.clone().greater(before).float();
        let mut returned = better.zeros_like();
        if let Some(back) = self.halving.observe(&self.ascent.loss, &self.ascent.best_loss) {
            returned = back.clone().float();
            self.ascent.return_to_best(back);
        }
        self.taken = Some(Taken { vertex: self.answer.vertex.clone(), gamma, better, returned, fresh: false });
        let gradient = self.ascent.gradient.clone();
        self.direction = running_mean(Some(self.direction.clone()), gradient, self.momentum);
        self.answer = ask(target, &self.ascent, &self.direction);
    }

    fn ascent(&self) -> &Ascent {
        &self.ascent
    }

    fn gap(&self, target: &Target) -> Option<Tensor<2>> {
        let (x, gradient) = (self.ascent.x.clone(), self.ascent.gradient.clone());
        // The gap belongs to the gradient; under momentum the vertex does not.
        let relaxed = if self.momentum == 0.0 {
            self.answer.relaxed.clone()
        } else {
            ask(target, &self.ascent, &gradient).relaxed
        };
        Some(gradient.mul(relaxed.sub(x)).sum_dim(1))
    }

    fn kept(&self, target: &Target) -> Option<Tensor<2>> {
        if target.ball.threat().norm.oracle() == Oracle::Exact {
            return None;
        }
        let rise = |point: &Tensor<2>| self.direction.clone().mul(point.clone().sub(target.ball.centre())).sum_dim(1);
        let (all, left) = (rise(&self.answer.relaxed), rise(&self.answer.vertex));
        let none = all.clone().lower_equal_elem(0.0);
        Some(left.div(all.clamp_min(f32::MIN_POSITIVE)).mask_fill(none, 1.0))
    }

    fn halving(&self) -> &Halving {
        &self.halving
    }

    fn taken(&self) -> Option<&Taken> {
        self.taken.as_ref()
    }

    fn keep(&mut self, rows: &Tensor<1, Int>) {
        self.ascent.keep(rows);
        self.halving.keep(rows);
        let taken = self.taken.iter_mut();
        let taken = taken.flat_map(|t| [&mut t.vertex, &mut t.gamma, &mut t.better, &mut t.returned]);
        let answer = [&mut self.answer.vertex, &mut self.answer.relaxed].into_iter().chain(&mut self.answer.plan);
        let fields = std::iter::once(&mut self.direction).chain(answer).chain(taken);
        fields.for_each(|field| keep_rows(field, rows));
    }
}

/// The oracle's answer to `direction`, at the point where `ascent` is.
fn ask(target: &Target, ascent: &Ascent, direction: &Tensor<2>) -> Answer {
    target.answer(direction.clone(), ascent.x.clone(), ascent.plans.as_ref().map(|plans| &plans.x))
}

/// Π + γ(Π_v − Π), where there are plans.
fn mixed(plan: Option<&Tensor<2>>, vertex: Option<&Tensor<2>>, gamma: &Tensor<2>) -> Option<Tensor<2>> {
    let (plan, vertex) = (plan?, vertex?);
    Some(plan.clone().add(vertex.clone().sub(plan.clone()).mul(gamma.clone())))
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
