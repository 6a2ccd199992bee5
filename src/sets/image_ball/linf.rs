//! L∞ ball ∩ box: both constraints act pixel by pixel, so "oracle, then clamp" is exact here:
//! v = clamp(x0 − ε·sign(g), 0, 1), and so is "project, then clamp".

use super::ImageBall;
use crate::sets::rows::Rows;

pub(super) fn vertex(ball: &ImageBall, g: &Rows) -> Rows {
    ball.centre()
        .mask_where(g.clone().greater_elem(0.0), ball.lower.clone())
        .mask_where(g.clone().lower_elem(0.0), ball.upper.clone())
}

pub(super) fn project(ball: &ImageBall, x: Rows) -> Rows {
    x.max_pair(ball.lower.clone()).min_pair(ball.upper.clone())
}
