//! The L2 attack of Carlini and Wagner (2017): the *smallest* change that breaks an image.
//!
//! Minimises ‖x − x0‖₂² + c·max(0, Z_y − max_{i≠y} Zᵢ) over w, where x = ½(tanh w + 1) cannot leave the box, with Adam
//! (rate 0.01); c is searched for each image by bisection over rounds, up after a failure, down after a success; every
//! round begins at the clean image. The smallest success of all rounds counts. Towards a chosen class t the hinge is
//! max(0, max_{i≠t} Zᵢ − Z_t), their f₆.
//!
//! The budget of N gradients is shared out among at most nine rounds of at least 25 (published: nine rounds of up to
//! 10 000, from c = 10⁻³; with fewer than nine rounds the search begins at c = 1, the fixed value of later
//! implementations). No round ends early. ε does not enter the search: an image counts as broken within ε if its
//! smallest change is no longer than that; otherwise that change is projected into the ball and handed in.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Int, Tensor};

use super::ascent::{column, keep_rows};
use super::{Ascent, Attack, AttackEntry, AttackSettings, Halving, Loss, LossUse, Nearest, Objective, Target};
use crate::sets::NormId;

pub(super) const ENTRY: AttackEntry = AttackEntry {
    key: "carlini-wagner",
    family: "adam",
    source: "Carlini, Wagner 2017",
    norms: &[NormId::L2],
    loss: LossUse::Always(Loss::Margin),
    restarts: false,
    stays_inside: false,
    start: |target, settings| Box::new(CarliniWagner::start(target, settings)),
};

/// Rate and moments of Adam.
const RATE: f64 = 0.01;
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const TINY: f64 = 1e-8;
/// Keeps the arctanh of black and white finite.
const SQUEEZE: f64 = 0.999_999;
/// c is multiplied by ten until a success has been seen; until then this stands for its upper end.
const UNKNOWN: f64 = 1e10;
/// Rounds of the search, and the fewest steps worth a round.
const ROUNDS: u32 = 9;
const FEWEST_STEPS: u32 = 25;

struct CarliniWagner {
    ascent: Ascent,
    step: Halving,
    /// Variables at the clean image, the images they stand for, and loss and gradient there.
    w0: Tensor<2>,
    home: Home,
    w: Tensor<2>,
    mean: Tensor<2>,
    square: Tensor<2>,
    /// The search for c, `[rows, 1]` each.
    c: Tensor<2>,
    low: Tensor<2>,
    high: Tensor<2>,
    /// 1 where this round has broken the image. `[rows, 1]`.
    success: Tensor<2>,
    /// The smallest success so far and its length (`f32::MAX` where there is none).
    nearest: Tensor<2>,
    length: Tensor<2>,
    per_round: u32,
    rounds_left: u32,
    done: u32,
}

/// Where every round begins.
struct Home {
    x: Tensor<2>,
    loss: Tensor<2>,
    gradient: Tensor<2>,
}

impl CarliniWagner {
    fn start(target: &Target, settings: &AttackSettings) -> Self {
        let clean = target.clean.images.clone();
        let w0 = variables(&clean);
        let x = image(&w0);
        let ascent = Ascent::start(target, x.clone(), Objective::under(settings, Loss::Margin, target));
        let home = Home { x, loss: ascent.loss.clone(), gradient: ascent.gradient.clone() };
        let rounds = (settings.budget / FEWEST_STEPS).clamp(1, ROUNDS);
        let first = if rounds == ROUNDS { 1e-3 } else { 1.0 };
        let like = &ascent.loss;
        let mut attack = Self {
            step: Halving::never(RATE, like),
            c: column(like, first),
            low: column(like, 0.0),
            high: column(like, UNKNOWN),
            success: column(like, 0.0),
            nearest: clean,
            length: column(like, f64::from(f32::MAX)),
            w: w0.clone(),
            mean: w0.zeros_like(),
            square: w0.zeros_like(),
            w0,
            home,
            ascent,
            per_round: (settings.budget / rounds).max(1),
            rounds_left: rounds,
            done: 0,
        };
        attack.keep_nearest(target);
        attack
    }

    /// Remembers the present image where it is broken and nearer than all before.
    fn keep_nearest(&mut self, target: &Target) {
        let change = self.ascent.x.clone().sub(target.clean.images.clone());
        let length = change.square().sum_dim(1).sqrt();
        let broken = self.ascent.loss.clone().greater_elem(0.0).float();
        let nearer = length.clone().lower(self.length.clone()).float().mul(broken.clone()).greater_elem(0.5);
        let dims = self.ascent.x.dims();
        self.nearest = self.nearest.clone().mask_where(nearer.clone().expand(dims), self.ascent.x.clone());
        self.length = self.length.clone().mask_where(nearer, length);
        self.success = self.success.clone().max_pair(broken);
    }

    /// Chooses the next c and goes back to the clean image.
    fn next_round(&mut self) {
        let won = self.success.clone().greater_elem(0.5);
        let lower = self.low.clone().max_pair(self.c.clone());
        self.high = self.high.clone().mask_where(won.clone(), self.high.clone().min_pair(self.c.clone()));
        self.low = lower.mask_where(won, self.low.clone());
        let unknown = self.high.clone().greater_elem(UNKNOWN / 10.0);
        let middle = self.low.clone().add(self.high.clone()).mul_scalar(0.5);
        self.c = middle.mask_where(unknown, self.c.clone().mul_scalar(10.0));
        self.success = self.success.zeros_like();
        self.w = self.w0.clone();
        self.mean = self.w0.zeros_like();
        self.square = self.w0.zeros_like();
        self.done = 0;
        self.ascent.x = self.home.x.clone();
        self.ascent.loss = self.home.loss.clone();
        self.ascent.gradient = self.home.gradient.clone();
    }

    /// A quarter of the gradient of the penalised distance for w.
    fn slope(&self) -> Tensor<2> {
        let x = self.ascent.x.clone();
        // The hinge pulls only until the image is broken: minus the margin's gradient there.
        let pull = self.ascent.loss.clone().lower_equal_elem(0.0).float().mul(self.c.clone()).mul_scalar(0.5);
        let along_x = x.clone().sub(self.home.x.clone()).sub(self.ascent.gradient.clone().mul(pull));
        // dx/dw = ½(1 − tanh² w) = 2x(1 − x)
        let bend = x.clone().neg().add_scalar(1.0).mul(x);
        along_x.mul(bend)
    }
}

/// w = arctanh u with u = 0.999999·(2x − 1), written so that 1 ± u keep their digits at black and white.
fn variables(x: &Tensor<2>) -> Tensor<2> {
    let above = x.clone().mul_scalar(2.0 * SQUEEZE).add_scalar(1.0 - SQUEEZE);
    let below = x.clone().neg().add_scalar(1.0).mul_scalar(2.0 * SQUEEZE).add_scalar(1.0 - SQUEEZE);
    above.div(below).log().mul_scalar(0.5)
}

/// x = ½(tanh w + 1) = 1/(1 + exp(−2w)).
fn image(w: &Tensor<2>) -> Tensor<2> {
    sigmoid(w.clone().mul_scalar(2.0))
}

impl Attack for CarliniWagner {
    fn step(&mut self, target: &Target) {
        if self.done == self.per_round && self.rounds_left > 1 {
            self.rounds_left -= 1;
            self.next_round();
        }
        let slope = self.slope();
        self.done += 1;
        let t = self.done as i32;
        let (weight1, weight2) = (4.0 * (1.0 - BETA1), 16.0 * (1.0 - BETA2));
        self.mean = self.mean.clone().mul_scalar(BETA1).add(slope.clone().mul_scalar(weight1));
        self.square = self.square.clone().mul_scalar(BETA2).add(slope.square().mul_scalar(weight2));
        // m̂/(√v̂ + 10⁻⁸) with both corrections of the beginning drawn out of the fraction.
        let late = (1.0 - BETA2.powi(t)).sqrt();
        let size = self.square.clone().sqrt().add_scalar(TINY * late);
        let rate = RATE * late / (1.0 - BETA1.powi(t));
        self.w = self.w.clone().sub(self.mean.clone().div(size).mul_scalar(rate));
        self.ascent.move_to(target, image(&self.w));
        self.keep_nearest(target);
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
        let fields = [
            &mut self.w0,
            &mut self.home.x,
            &mut self.home.loss,
            &mut self.home.gradient,
            &mut self.w,
            &mut self.mean,
            &mut self.square,
            &mut self.c,
            &mut self.low,
            &mut self.high,
            &mut self.success,
            &mut self.nearest,
            &mut self.length,
        ];
        fields.into_iter().for_each(|field| keep_rows(field, rows));
    }

    fn result(&self, target: &Target) -> Tensor<2> {
        target.ball.project(self.nearest.clone())
    }

    fn broken(&self, target: &Target) -> Tensor<2> {
        self.length.clone().lower_equal_elem(target.ball.epsilon()).float()
    }

    fn nearest(&self) -> Option<Nearest> {
        Some(Nearest { x: self.nearest.clone(), length: self.length.clone() })
    }
}
