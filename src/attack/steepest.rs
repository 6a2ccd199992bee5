//! The direction in which a loss rises most for a step of length 1 in the norm of the ball, as published code takes
//! it: sign(g) for L∞, g/‖g‖₂ for L2, and for L1 the signs of the largest entries only, shared out evenly.

use burn::tensor::Tensor;

use crate::sets::image_ball::ImageBall;

/// sign(g).
pub(super) fn signs(gradient: Tensor<2>) -> Tensor<2> {
    gradient.sign()
}

/// g/‖g‖₂; 0 for a gradient of 0. The largest entry is divided out first, so that squares do not vanish.
pub(super) fn unit(gradient: Tensor<2>) -> Tensor<2> {
    let largest = gradient.clone().abs().max_dim(1).clamp_min(f32::MIN_POSITIVE);
    let scaled = gradient.div(largest);
    let length = scaled.clone().square().sum_dim(1).sqrt().clamp_min(1e-12);
    scaled.div(length)
}

/// sign(g) on the largest `share` `[rows, 1]` of the entries of |g|, of L1 length 1.
///
/// The threshold is the entry at position ⌊(1 − share)·n⌋ of the sorted |g|; what equals it counts as well.
pub(super) fn sparse_signs(gradient: Tensor<2>, share: &Tensor<2>) -> Tensor<2> {
    let n = gradient.dims()[1] as f64;
    let position = share.clone().neg().add_scalar(1.0).mul_scalar(n).clamp(0.0, n - 1.0).floor();
    let count = position.neg().add_scalar(n);
    let kept = gradient.clone().sign().mul(ImageBall::largest(gradient.abs(), count));
    let total = kept.clone().abs().sum_dim(1).clamp_min(1e-10);
    kept.div(total)
}
