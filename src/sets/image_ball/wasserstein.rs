//! Wasserstein ball ∩ box: light may move within the image at a cost of at most ε (Wong, Schmidt, Kolter 2019; the cost
//! is that of `sets::transport`). No light is made or lost in a channel.
//!
//! Every image of this ball has a *plan* (see `plans`) that says which light went where, and is linear in it: a convex
//! combination of images has the same combination of their plans, so Frank–Wolfe knows a plan of every iterate, and
//! with it a bound of its cost.
//!
//! Oracle (Wu, Wang, Yu 2020): with an entropy of weight γ, light leaves pixel i in the shares
//! softmaxⱼ((gⱼ − νCᵢⱼ)/γ), ν ≥ 0 bisected until the cost is ε, or 0 if that is cheap enough. γ is [`ENTROPY`] of the
//! largest |g|: the answer's value is short of the best one by at most γ·ln 25 a unit of light, one percent of what the
//! largest gradient would give, and less the more the gradient differs between neighbours. Where ν leaves a jump the
//! two sides are mixed, so that all of ε is used. The box is no part of it: light that would overfill a pixel stays
//! where it came from, which only lowers the cost.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use super::ImageBall;
use super::plans::{
    Planes, arrivals, at_rest, barred, costs, neighbours, of_rows, outside, planes, spread, to_rows, total,
};
use crate::sets::rows::Rows;
use crate::sets::transport::MIDDLE;

/// γ as a share of the largest entry of the gradient.
const ENTROPY: f64 = 0.003;
/// Halvings of ν's range: 2⁻²⁴ of it is what f32 can tell.
const HALVINGS: usize = 24;
/// Rounds in which light is sent back from pixels that are too full.
const ROUNDS: usize = 8;
/// A pixel may be brighter than white by this much: rounding.
const ROUNDING: f32 = 1e-6;

/// The plan that moves nothing.
pub(super) fn rest(images: &Rows, shape: [usize; 3]) -> Rows {
    to_rows(at_rest(&planes(images.clone(), shape)), shape[0])
}

/// The images that plans make. What rounding puts above white is cut off. `[rows, n]`.
pub(super) fn picture(plans: Rows, shape: [usize; 3]) -> Rows {
    unclamped(plans, shape).clamp(0.0, 1.0)
}

/// The same, however bright.
pub(super) fn unclamped(plans: Rows, shape: [usize; 3]) -> Rows {
    to_rows(arrivals(&of_rows(plans, shape)), shape[0])
}

/// ⟨Π, C⟩/ΣX of plans, or of differences of plans. `[rows, 1]`.
pub(super) fn cost(plans: Rows, mass: &Rows, shape: [usize; 3]) -> Rows {
    let plans = of_rows(plans, shape);
    let costs = costs(&plans);
    total(plans.mul(costs), shape[0]).div(mass.clone())
}

/// ΣX, never 0. `[rows, 1]`.
pub(super) fn mass(images: &Rows) -> Rows {
    images.clone().sum_dim(1).clamp_min(f32::MIN_POSITIVE)
}

/// By how much a row is no plan of its image inside the box: light made or lost at a pixel, less than nothing, or
/// brighter than white; 0 up to rounding. `[rows, 1]`.
pub(super) fn fault(plans: Rows, images: &Rows, shape: [usize; 3]) -> Rows {
    let below = plans.clone().clamp_max(0.0).neg().max_dim(1);
    let plans = of_rows(plans, shape);
    let leaving = to_rows(plans.clone().sum_dim(1), shape[0]).sub(images.clone()).abs().max_dim(1);
    let above = to_rows(arrivals(&plans), shape[0]).sub_scalar(1.0).clamp_min(0.0).max_dim(1);
    let worst = below.max_pair(leaving).max_pair(above);
    worst.clone().mask_fill(worst.lower_elem(10.0 * ROUNDING), 0.0)
}

/// The plan that the entropic oracle answers, box or not, for a gradient (of images) that is to fall.
pub(super) fn relaxed(ball: &ImageBall, g: &Rows) -> Rows {
    entropic(g, &ball.centre(), ball.shape(), ball.epsilon(), ENTROPY)
}

/// The same with γ = `entropy` times the largest |g|.
pub(super) fn entropic(g: &Rows, images: &Rows, shape: [usize; 3], epsilon: f64, entropy: f64) -> Rows {
    let channels = shape[0];
    let largest = g.clone().abs().max_dim(1).clamp_min(f32::MIN_POSITIVE);
    let gain = neighbours(&planes(g.clone().neg().div(largest), shape));
    let (light, mass) = (planes(images.clone(), shape), mass(images));
    let (costs, outside) = (costs(&gain), outside(&gain));
    let plan = |nu: &Rows| {
        let price = costs.clone().mul(spread(nu.clone(), channels));
        let exponents = gain.clone().sub(price).div_scalar(entropy);
        softmax(barred(exponents, &outside), 1).mul(light.clone())
    };
    let spent = |plan: &Planes| total(plan.clone().mul(costs.clone()), channels).div(mass.clone());
    // At this ν even the cheapest move costs more than it could bring, by enough for the entropy as well.
    let mut low = mass.zeros_like();
    let mut high = low.clone().add_scalar(2.0 + entropy * (200.0 / epsilon).ln().max(0.0));
    for _ in 0..HALVINGS {
        let middle = low.clone().add(high.clone()).mul_scalar(0.5);
        let over = spent(&plan(&middle)).greater_elem(epsilon);
        low = low.mask_where(over.clone(), middle.clone());
        high = middle.mask_where(over, high);
    }
    let (dear, cheap) = (plan(&low), plan(&high));
    let (most, least) = (spent(&dear), spent(&cheap));
    let left = least.clone().neg().add_scalar(epsilon).clamp_min(0.0);
    let share = left.div(most.sub(least).clamp_min(1e-12)).clamp(0.0, 1.0);
    let mixed = cheap.clone().add(dear.sub(cheap).mul(spread(share, channels)));
    to_rows(mixed, channels)
}

/// Sends light back where it came from until no pixel is brighter than white; and, should the cost have been above ε,
/// all of it in the same proportion. A plan inside ball and box, not the nearest one.
pub(super) fn settled(ball: &ImageBall, plans: Rows) -> Rows {
    let shape = ball.shape();
    let (clean, rest) = (ball.centre(), rest(&ball.centre(), shape));
    let excess = cost(plans.clone(), &mass(&clean), shape).div_scalar(ball.epsilon()).clamp_min(1.0);
    let within = rest.clone().add(plans.sub(rest).div(excess));
    let images = planes(clean, shape);
    let mut plan = of_rows(within, shape);
    for _ in 0..ROUNDS {
        let stays = plan.clone().narrow(1, MIDDLE, 1);
        plan = capped(plan, stays);
    }
    // What that has not settled is settled at once: nobody receives more than it lacks, whatever it gives.
    let over = to_rows(arrivals(&plan), shape[0]).max_dim(1).greater_elem(1.0 + ROUNDING);
    let sure = to_rows(capped(plan.clone(), images), shape[0]);
    let dims = sure.dims();
    to_rows(plan, shape[0]).mask_where(over.expand(dims), sure)
}

/// The plan with as much light sent back as overfills pixels that hold `has` before light arrives from others.
fn capped(plan: Planes, has: Planes) -> Planes {
    let stays = plan.clone().narrow(1, MIDDLE, 1);
    let arrives = arrivals(&plan).sub(stays);
    let room = has.neg().add_scalar(1.0).clamp_min(0.0);
    let kept = room.div(arrives.clamp_min(f32::MIN_POSITIVE)).clamp_max(1.0);
    let goes = neighbours(&kept);
    let [_, offsets, _, _] = plan.dims();
    let part = |from: usize, count: usize| plan.clone().narrow(1, from, count).mul(goes.clone().narrow(1, from, count));
    let (before, after) = (part(0, MIDDLE), part(MIDDLE + 1, offsets - MIDDLE - 1));
    let gone = before.clone().sum_dim(1).add(after.clone().sum_dim(1));
    let left = plan.clone().sum_dim(1).sub(gone).clamp_min(0.0);
    Tensor::cat(vec![before, left, after], 1)
}
