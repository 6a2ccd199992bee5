//! Auto-PGD, L∞, cross-entropy (Croce and Hein 2020, Algorithm 1), as its published code behaves.
//!
//! z = P(x + η·sign ∇ℓ(x)), x⁺ = P(x + a(z − x) + (1 − a)(x − x₋₁)), a = 1 at first and then 0.75; η starts at 2ε
//! and is halved by [`Halving`]; random start on the ball. With η = 2ε every z is a vertex of the ball: until the
//! first halving this *is* Frank–Wolfe with γ = 0.75 plus a heavy ball.

use burn::tensor::{Tensor, TensorData};

use super::{Ascent, Attack, AttackEntry, AttackSettings, Halving, Target};
use crate::random::Random;

pub(super) const ENTRY: AttackEntry = AttackEntry {
    key: "apgd",
    family: "pg",
    source: "Croce, Hein 2020",
    start: |target, settings| Box::new(Apgd::start(target, settings)),
};

/// Weight of the new point against the heavy ball, after the first step.
const NEW: f64 = 0.75;

struct Apgd {
    ascent: Ascent,
    halving: Halving,
    previous: Tensor<2>,
    first: bool,
}

impl Apgd {
    fn start(target: &Target, settings: &AttackSettings) -> Self {
        let clean = target.clean.images.clone();
        let start = target.ball.project(clean.clone().add(noise(&clean, target.ball.epsilon(), settings.seed)));
        let ascent = Ascent::start(target, start.clone());
        let halving = Halving::new(2.0 * target.ball.epsilon(), settings.budget, &ascent.best_loss);
        Self { ascent, halving, previous: start, first: true }
    }
}

/// ε·t/‖t‖∞ with t uniform in [−1, 1]ⁿ, a row an image; row i draws from its own stream.
fn noise(like: &Tensor<2>, epsilon: f64, seed: u64) -> Tensor<2> {
    let [rows, n] = like.dims();
    let mut values = Vec::with_capacity(rows * n);
    for row in 0..rows {
        let mut random = Random::new(seed, (1 << 40) + row as u64);
        let t: Vec<f64> = (0..n).map(|_| random.symmetric(1.0)).collect();
        let largest = t.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
        values.extend(t.iter().map(|v| (epsilon * v / largest) as f32));
    }
    Tensor::from_data(TensorData::new(values, [rows, n]), &like.device())
}

impl Attack for Apgd {
    fn step(&mut self, target: &Target) {
        let x = self.ascent.x.clone();
        let ahead = self.ascent.gradient.clone().sign().mul(self.halving.step_size.clone());
        let z = target.ball.project(x.clone().add(ahead));
        let a = if self.first { 1.0 } else { NEW };
        let heavy = x.clone().sub(self.previous.clone()).mul_scalar(1.0 - a);
        let next = target.ball.project(x.clone().add(z.sub(x.clone()).mul_scalar(a)).add(heavy));
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

    fn gap(&self, _target: &Target) -> Option<Tensor<2>> {
        None
    }

    fn halving(&self) -> &Halving {
        &self.halving
    }
}
