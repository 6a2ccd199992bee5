//! Projected Sinkhorn (Wong, Schmidt, Kolter 2019, Algorithm 2): the entropic projection of any image onto the
//! Wasserstein ball around a clean one.
//!
//! minimise ½‖Z − Y‖₂² + λ⁻¹ Σ Π log Π over plans Π of X with cost ≤ ε, Z = where their light ends up. Its dual has one
//! number a pixel for leaving (α) and arriving (β) and one for the cost (ψ ≥ 0); each in turn is put at its best:
//! α ← log Σⱼ exp(−ψC − 1 − βⱼ) − log X; β ← W(λ e^(λY) Σᵢ exp(−ψC − 1 − αᵢ)) − λY with Lambert's W; ψ by a Newton step,
//! halved until it stays above 0. Images sum to 1 here. All of it in logarithms: e^(λY) leaves the range of f32, but
//! w + ln w = u has w = W(eᵘ) without it.
//!
//! The published code stops at a tolerance; here the number of rounds is fixed, as nothing is read back, and the dual
//! numbers are kept from step to step. What is left of the constraints' errors is then taken out exactly: rows are
//! made to sum to X, and the plan is settled inside ball and box.

use burn::tensor::activation::softmax;
use burn::tensor::{Int, Tensor};

use super::ImageBall;
use super::plans::{Planes, barred, costs, log_sum_exp, neighbours, outside, planes, spread, to_rows, total};
use super::wasserstein::{mass, settled};
use crate::sets::rows::Rows;

/// Keeps the logarithm of a black pixel finite.
const BLACK: f64 = 1e-10;
/// Halvings of a Newton step: 2⁻⁷ is below the 0.01 at which the published code gives up.
const HALVINGS: usize = 7;

/// Weights and rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sinkhorn {
    /// λ: the larger, the nearer to the Euclidean projection, and the slower.
    pub lambda: f64,
    pub rounds: usize,
}

/// The dual numbers of a batch, to go on from.
#[derive(Debug, Clone)]
pub struct Duals {
    alpha: Planes,
    beta: Planes,
    /// ψ, `[rows, 1]`.
    pub psi: Rows,
}

impl Duals {
    /// Only the rows named, in that order.
    pub fn keep(&mut self, rows: &Tensor<1, Int>) {
        let images = self.psi.dims()[0].max(1);
        for planes in [&mut self.alpha, &mut self.beta] {
            let [count, one, height, width] = planes.dims();
            let channels = count / images;
            let wide = planes.clone().reshape([images, channels * one * height * width]).select(0, rows.clone());
            let kept = wide.dims()[0];
            *planes = wide.reshape([kept * channels, one, height, width]);
        }
        self.psi = self.psi.clone().select(0, rows.clone());
    }
}

/// The plan whose image is nearest to `y` `[rows, n]`, up to the entropy; `duals` are gone on from, and kept.
pub(super) fn project(ball: &ImageBall, y: Rows, how: Sinkhorn, duals: &mut Option<Duals>) -> Rows {
    let raw = solved(ball, y, how, duals);
    settled(ball, raw)
}

/// The same before it is settled: its cost may be off by what the rounds have left.
pub(super) fn solved(ball: &ImageBall, y: Rows, how: Sinkhorn, duals: &mut Option<Duals>) -> Rows {
    let shape = ball.shape();
    let channels = shape[0];
    let mass = mass(&ball.centre());
    // A black image has no light to move; dividing by its mass would leave the numbers.
    let black = mass.clone().lower_equal_elem(f32::MIN_POSITIVE).expand(y.dims());
    let y = y.mask_fill(black, 0.0);
    let light = planes(ball.centre().div(mass.clone()), shape);
    let pulled = planes(y.div(mass), shape).mul_scalar(how.lambda);
    let log_light = light.clone().clamp_min(BLACK).log();
    let (costs, outside) = (costs(&light), outside(&light));
    let mut now = duals.take().unwrap_or_else(|| start(ball, &light));
    let exponents = |dual: &Planes, psi: &Rows| {
        let price = costs.clone().mul(spread(psi.clone(), channels));
        barred(neighbours(dual).add(price).add_scalar(1.0).neg(), &outside)
    };
    for _ in 0..how.rounds {
        now.alpha = log_sum_exp(exponents(&now.beta, &now.psi)).sub(log_light.clone());
        let arriving = log_sum_exp(exponents(&now.alpha, &now.psi));
        let u = arriving.add(pulled.clone()).add_scalar(how.lambda.ln());
        now.beta = lambert(u).sub(pulled.clone());
        let plan = exponents(&now.beta, &now.psi).sub(now.alpha.clone()).exp().mul(costs.clone());
        let excess = total(plan.clone(), channels).sub_scalar(ball.epsilon());
        let slope = total(plan.mul(costs.clone()), channels).clamp_min(f32::MIN_POSITIVE);
        now.psi = newton(now.psi, excess.div(slope));
    }
    // Rows sum to X, whatever the rounds have left.
    let shares = softmax(exponents(&now.beta, &now.psi), 1);
    *duals = Some(now);
    to_rows(shares.mul(planes(ball.centre(), shape)), channels)
}

/// α = β = −log(number of values), ψ = 1.
fn start(ball: &ImageBall, light: &Planes) -> Duals {
    let values = ball.shape().iter().product::<usize>() as f64;
    let flat = light.zeros_like().sub_scalar(values.ln());
    Duals { alpha: flat.clone(), beta: flat, psi: ball.centre().sum_dim(1).ones_like() }
}

/// max(0, ψ + tδ) with t halved until ψ + tδ is not below 0.
fn newton(psi: Rows, step: Rows) -> Rows {
    let mut step = step;
    for _ in 0..HALVINGS {
        let below = psi.clone().add(step.clone()).lower_elem(0.0);
        step = step.clone().mask_where(below, step.mul_scalar(0.5));
    }
    psi.add(step).clamp_min(0.0)
}

/// W(eᵘ): the w with w + ln w = u, by three Newton steps (relative error below 10⁻⁶ for u from −20 to 1000).
fn lambert(u: Planes) -> Planes {
    // Below this W(eᵘ) = eᵘ is nothing, and its logarithm must stay a number.
    let u = u.clamp_min(-60.0);
    let large = u.clone().sub(u.clone().clamp_min(1.0).log());
    let small = u.clone().clamp_max(1.0).exp();
    let between = small.clone().div(small.clone().add_scalar(1.0));
    let mut w = between.mask_where(u.clone().greater_elem(1.0), large).mask_where(u.clone().lower_elem(-2.0), small);
    for _ in 0..3 {
        let off = w.clone().add(w.clone().log()).sub(u.clone());
        w = w.clone().sub(off.mul(w.clone()).div(w.add_scalar(1.0)));
    }
    w
}
