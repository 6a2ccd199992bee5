//! Transport plans: how much of each pixel's light goes where, within a window of 5 × 5 pixels of the same channel.
//!
//! Row i of a plan tensor is one image's plan, laid out as channels × 25 offsets × height × width: the entry of offset
//! (Δy, Δx) at pixel (y, x) is the light that goes from there to (y + Δy, x + Δx). Light that stays is the offset in
//! the middle. Moving it by (Δy, Δx) costs Δy² + Δx² a unit. Everything here is linear or local; no sort, no read-back.

use burn::tensor::{Bool, Tensor, TensorData};

use crate::sets::rows::Rows;
use crate::sets::transport::{MIDDLE, OFFSETS, REACH, offsets};

/// `[rows·channels, 25, height, width]`, or one plane instead of 25.
pub(super) type Planes = Tensor<4>;

/// Below every exponent that matters.
const NEVER: f32 = -1e9;

/// Images as one plane a channel.
pub(super) fn planes(images: Rows, [channels, height, width]: [usize; 3]) -> Planes {
    let rows = images.dims()[0];
    images.reshape([rows * channels, 1, height, width])
}

/// Plans as 25 planes a channel.
pub(super) fn of_rows(plans: Rows, [channels, height, width]: [usize; 3]) -> Planes {
    let rows = plans.dims()[0];
    plans.reshape([rows * channels, OFFSETS, height, width])
}

/// Planes as one row an image again.
pub(super) fn to_rows(planes: Planes, channels: usize) -> Rows {
    let [count, offsets, height, width] = planes.dims();
    planes.reshape([count / channels.max(1), channels * offsets * height * width])
}

/// Nothing moves: all light in the middle.
pub(super) fn at_rest(images: &Planes) -> Planes {
    let nothing = images.zeros_like();
    let plane = |i: usize| if i == MIDDLE { images.clone() } else { nothing.clone() };
    Tensor::cat((0..OFFSETS).map(plane).collect(), 1)
}

/// What the neighbour at each offset holds; 0 beyond the edge.
pub(super) fn neighbours(plane: &Planes) -> Planes {
    let [_, _, height, width] = plane.dims();
    let framed = framed(plane.clone());
    let look = |(dy, dx): (i32, i32)| window(&framed, dy, dx, height, width);
    Tensor::cat(offsets().map(look).collect(), 1)
}

/// Where the light ends up.
pub(super) fn arrivals(plan: &Planes) -> Planes {
    let [_, _, height, width] = plan.dims();
    let framed = framed(plan.clone());
    // What arrives at (y, x) by an offset left from (y, x) minus that offset.
    let arriving =
        |(i, (dy, dx)): (usize, (i32, i32))| window(&framed.clone().narrow(1, i, 1), -dy, -dx, height, width);
    let mut parts = offsets().enumerate().map(arriving);
    let first = parts.next().unwrap_or_else(|| plan.clone().narrow(1, 0, 1));
    parts.fold(first, |sum, part| sum.add(part))
}

/// One frame of zeros as wide as the window reaches.
fn framed(x: Planes) -> Planes {
    let [count, offsets, height, width] = x.dims();
    let device = x.device();
    let side = Tensor::zeros([count, offsets, height, REACH], &device);
    let wide = Tensor::cat(vec![side.clone(), x, side], 3);
    let top = Tensor::zeros([count, offsets, REACH, width + 2 * REACH], &device);
    Tensor::cat(vec![top.clone(), wide, top], 2)
}

fn window(framed: &Planes, dy: i32, dx: i32, height: usize, width: usize) -> Planes {
    let from = |shift: i32| (REACH as i32 + shift).max(0) as usize;
    framed.clone().narrow(2, from(dy), height).narrow(3, from(dx), width)
}

/// Δy² + Δx² of each offset, `[1, 25, 1, 1]`.
pub(super) fn costs(like: &Planes) -> Planes {
    let values: Vec<f32> = offsets().map(|(dy, dx)| (dy * dy + dx * dx) as f32).collect();
    Tensor::from_data(TensorData::new(values, [1, OFFSETS, 1, 1]), &like.device())
}

/// Where an offset leads beyond the edge, `[1, 25, height, width]`.
pub(super) fn outside(like: &Planes) -> Tensor<4, Bool> {
    let [_, _, height, width] = like.dims();
    let ones = Tensor::<4>::ones([1, 1, height, width], &like.device());
    neighbours(&ones).lower_elem(0.5)
}

/// `exponents` with those beyond the edge far below all others.
pub(super) fn barred(exponents: Planes, outside: &Tensor<4, Bool>) -> Planes {
    let dims = exponents.dims();
    exponents.mask_fill(outside.clone().expand(dims), NEVER)
}

/// log Σ exp over the offsets, `[…, 1, height, width]`.
pub(super) fn log_sum_exp(exponents: Planes) -> Planes {
    let most = exponents.clone().max_dim(1);
    exponents.sub(most.clone()).exp().sum_dim(1).log().add(most)
}

/// Sum over all of an image, `[rows, 1]`.
pub(super) fn total(planes: Planes, channels: usize) -> Rows {
    to_rows(planes, channels).sum_dim(1)
}

/// A number an image `[rows, 1]` as one a plane, `[rows·channels, 1, 1, 1]`.
pub(super) fn spread(number: Rows, channels: usize) -> Planes {
    let rows = number.dims()[0];
    number.expand([rows, channels]).reshape([rows * channels, 1, 1, 1])
}
