//! Auto-PGD (Croce and Hein 2020, Algorithm 1; L1: Croce and Hein 2021), as its published code behaves.
//!
//! L∞ and L2: z = P(x + η·d), x⁺ = P(x + a(z − x) + (1 − a)(x − x₋₁)), a = 1 at first and then 0.75; d = sign ∇ℓ or
//! ∇ℓ/‖∇ℓ‖₂; η starts at 2ε and is halved by [`Halving`]; random start on the ball. P is exact for L∞; for L2 it scales
//! into the ball and then clamps. In L∞ with η = 2ε every z is a vertex of the ball: until the first halving this *is*
//! Frank–Wolfe with γ = 0.75 plus a heavy ball.
//!
//! L1: x⁺ = P(x + η·d) with the exact projection and no momentum; d has the signs of the largest entries of ∇ℓ, at first
//! a fifth of them. After every max(⌊0.04N⌋, 1) steps their number is set to ⅔ of the pixels that the best point
//! changes. If those have become fewer by a twentieth since the last time, η goes back to ε and x to its best point;
//! else η ← max(η/1.5, ε/10).

use burn::tensor::{Int, Tensor};

use super::ascent::{column, keep_rows};
use super::{Ascent, Attack, AttackEntry, AttackSettings, Halving, LossUse, Objective, Target, start, steepest};
use crate::sets::NormId;

pub(super) const ENTRY: AttackEntry = AttackEntry {
    key: "apgd",
    family: "pg",
    source: "Croce, Hein 2020; L1: Croce, Hein 2021",
    norms: &[NormId::Linf, NormId::L2, NormId::L1],
    loss: LossUse::Chosen,
    restarts: true,
    stays_inside: true,
    start: |target, settings| match target.ball.threat().norm {
        NormId::L1 => Box::new(SparseApgd::start(target, settings)),
        _ => Box::new(Apgd::start(target, settings)),
    },
};

/// Weight of the new point against the heavy ball, after the first step.
const NEW: f64 = 0.75;

struct Apgd {
    ascent: Ascent,
    halving: Halving,
    previous: Tensor<2>,
    first: bool,
    direction: fn(Tensor<2>) -> Tensor<2>,
}

impl Apgd {
    fn start(target: &Target, settings: &AttackSettings) -> Self {
        let start = start::random_point(target, settings);
        let objective = Objective::under(settings, settings.loss, target);
        let ascent = Ascent::start(target, start.clone(), objective);
        let halving = Halving::new(2.0 * target.ball.epsilon(), settings.budget, &ascent.best_loss);
        let direction = match target.ball.threat().norm {
            NormId::Linf => steepest::signs,
            _ => steepest::unit,
        };
        Self { ascent, halving, previous: start, first: true, direction }
    }
}

impl Attack for Apgd {
    fn step(&mut self, target: &Target) {
        let x = self.ascent.x.clone();
        let ahead = (self.direction)(self.ascent.gradient.clone()).mul(self.halving.step_size.clone());
        let z = target.ball.project_then_clamp(x.clone().add(ahead));
        let a = if self.first { 1.0 } else { NEW };
        let heavy = x.clone().sub(self.previous.clone()).mul_scalar(1.0 - a);
        let next = target.ball.project_then_clamp(x.clone().add(z.sub(x.clone()).mul_scalar(a)).add(heavy));
        self.previous = x;
        self.first = false;
        self.ascent.move_to(target, next);
        if let Some(back) = self.halving.observe(&self.ascent.loss, &self.ascent.best_loss) {
            self.ascent.return_to_best(back);
        }
    }

    fn ascent(&self) -> &Ascent {
        &self.ascent
    }

    fn halving(&self) -> &Halving {
        &self.halving
    }

    fn keep(&mut self, rows: &Tensor<1, Int>) {
        self.ascent.keep(rows);
        self.halving.keep(rows);
        keep_rows(&mut self.previous, rows);
    }
}

/// Share of the entries that the first L1 steps move.
const FIRST_SHARE: f64 = 0.2;
/// By how much the share lies below that of the changed pixels, and η falls.
const REDUCTION: f64 = 1.5;
/// Fewer changed pixels than this share of the last count are a reason to begin with large steps again.
const SPARSER: f64 = 0.95;

/// The L1 form.
struct SparseApgd {
    ascent: Ascent,
    step: Halving,
    /// Share of the gradient's entries that a step moves. `[rows, 1]`.
    share: Tensor<2>,
    /// Number of pixels that the best point changed at the last check. `[rows, 1]`.
    changed: Tensor<2>,
    /// Steps between checks, and since the last one.
    interval: u32,
    since: u32,
}

impl SparseApgd {
    fn start(target: &Target, settings: &AttackSettings) -> Self {
        let objective = Objective::under(settings, settings.loss, target);
        let ascent = Ascent::start(target, start::random_point(target, settings), objective);
        let n = ascent.x.dims()[1] as f64;
        Self {
            step: Halving::never(target.ball.epsilon(), &ascent.best_loss),
            share: column(&ascent.loss, FIRST_SHARE),
            changed: column(&ascent.loss, n),
            interval: (settings.budget * 4 / 100).max(1),
            since: 0,
            ascent,
        }
    }

    fn check(&mut self, target: &Target) {
        let moved = self.ascent.best_x.clone().sub(target.clean.images.clone());
        let n = moved.dims()[1] as f64;
        let changed = moved.abs().greater_elem(0.0).float().sum_dim(1);
        let sparser = changed.clone().lower(self.changed.clone().mul_scalar(SPARSER));
        let epsilon = target.ball.epsilon();
        let smaller = self.step.step_size.clone().div_scalar(REDUCTION).clamp_min(epsilon / 10.0);
        self.step.step_size = smaller.mask_fill(sparser.clone(), epsilon);
        self.share = changed.clone().div_scalar(n * REDUCTION);
        self.changed = changed;
        self.ascent.return_to_best(sparser);
    }
}

impl Attack for SparseApgd {
    fn step(&mut self, target: &Target) {
        let direction = steepest::sparse_signs(self.ascent.gradient.clone(), &self.share);
        let ahead = self.ascent.x.clone().add(direction.mul(self.step.step_size.clone()));
        self.ascent.move_to(target, target.ball.project(ahead));
        self.since += 1;
        if self.since == self.interval {
            self.since = 0;
            self.check(target);
        }
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
        keep_rows(&mut self.share, rows);
        keep_rows(&mut self.changed, rows);
    }
}
