//! Nuclear-norm ball ∩ box. An image is one height × width matrix a channel; the norm of a change is the sum of all
//! their singular values, the nuclear norm of the block-diagonal matrix made of them.
//!
//! Without the box the oracle is exact: a patch of rank 1 in one channel, ε·u₁w₁ᵀ of the channel whose gradient has the
//! largest singular value (Jaggi, Sulovský 2010; as an attack Kazemi, Kerdreux, Wang 2021). With the box there is no
//! cheap one. The patch is therefore clamped to the image range and, as clamping may lengthen it in this norm, scaled
//! back towards the clean image. What comes out is inside ball *and* box, so that mixing needs no projection, but it
//! need not be the best point there. The unclamped patch gives a gap that is an upper bound.

use super::ImageBall;
use crate::sets::first_argmax_one_hot;
use crate::sets::matrix::rows::{Matrices, flat, inner, leading, matrices, polar, unit};
use crate::sets::rows::Rows;

/// What the ball alone would answer, box or not, for a gradient that is to fall. `[rows, n]`.
pub(super) fn relaxed(ball: &ImageBall, g: &Rows) -> Rows {
    ball.centre().sub(patch(g, ball.shape()).mul_scalar(ball.epsilon()))
}

/// Into the box, then back into the ball: a point of both, not the nearest one. `[rows, n]`.
pub(super) fn clamped(ball: &ImageBall, x: Rows) -> Rows {
    let change = x.clamp(0.0, 1.0).sub(ball.centre());
    let excess = ball.length(change.clone()).div_scalar(ball.epsilon()).clamp_min(1.0);
    ball.centre().add(change.div(excess))
}

/// Row-wise sum of the singular values of all channels; low by less than m·10⁻⁶/4 of it. `[rows, 1]`.
pub(super) fn lengths(change: Rows, shape: [usize; 3]) -> Rows {
    let rows = change.dims()[0];
    let a = channels(change, shape);
    let count = a.dims()[0] / rows.max(1);
    inner(a.clone(), polar(a)).reshape([rows, count]).sum_dim(1)
}

/// u₁w₁ᵀ in the channel with the largest σ₁ (the first of equals), 0 in the others. `[rows, n]`.
fn patch(g: &Rows, shape: [usize; 3]) -> Rows {
    let [rows, n] = g.dims();
    // The largest entry is divided out, so that squares neither overflow nor vanish.
    let largest = g.clone().abs().max_dim(1).clamp_min(f32::MIN_POSITIVE);
    let a = channels(g.clone().div(largest), shape);
    let count = a.dims()[0];
    let left = leading(a.clone());
    let along = a.transpose().matmul(left.clone());
    let sigma = inner(along.clone(), along.clone()).reshape([rows, count / rows.max(1)]);
    let hot = first_argmax_one_hot(sigma).reshape([count, 1, 1]);
    let patches = left.matmul(unit(along).transpose()).mul(hot);
    flat(patches, shape[2]).reshape([rows, n])
}

/// Every channel of every image as a matrix, no taller than wide.
fn channels(x: Rows, [channels, height, width]: [usize; 3]) -> Matrices {
    let rows = x.dims()[0];
    matrices(x.reshape([rows * channels, height * width]), width)
}
