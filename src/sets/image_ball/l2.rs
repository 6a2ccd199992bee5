//! L2 ball ∩ box. Oracle and projection are one problem: tᵢ = min(capᵢ, s·aᵢ) with ‖t‖₂ = ε, where a is |g| for the
//! oracle, and |x − x0| with s ≤ 1 for the projection.
//!
//! s without a sort: start with no pixel at its cap; solve for s; put the pixels that reach their cap there; repeat.
//! s only grows and every s is feasible (t stays in the ball), so stopping early costs value, never feasibility. In
//! trials with n up to 784 and gradients over nine decades ten rounds sufficed always, five nearly always. Where the CPU
//! computes, the search ends when nothing changes any more.

use super::{ImageBall, NEGLIGIBLE};
use crate::sets::rows::{Rows, known_equal};

/// Rounds of the search for s.
const ROUNDS: usize = 10;

/// The oracle's move tᵢ for a = |g| and the room of each pixel. `[rows, n]`.
pub(super) fn fill(a: Rows, room: Rows, epsilon: f64) -> Rows {
    let (a, _) = scaled(a, &room);
    let s = multiplier(&a, &room, epsilon);
    room.min_pair(a.mul(s))
}

/// The projection's move tᵢ for the change w = |x − x0|. `[rows, n]`.
pub(super) fn shrink(w: Rows, room: Rows, epsilon: f64) -> Rows {
    let (a, largest) = scaled(w, &room);
    // s·a = (s/largest)·w, and the point may not move beyond where it is.
    let s = multiplier(&a, &room, epsilon).min_pair(largest);
    room.min_pair(a.mul(s))
}

/// Entries that can move, over the largest of them; and that. `[rows, n]`, `[rows, 1]`.
pub(super) fn scaled(a: Rows, room: &Rows) -> (Rows, Rows) {
    let a = a.mul(room.clone().greater_elem(0.0).float());
    let largest = a.clone().max_dim(1).clamp_min(f32::MIN_POSITIVE);
    let a = a.div(largest.clone());
    let small = a.clone().lower_elem(NEGLIGIBLE);
    (a.mask_fill(small, 0.0), largest)
}

/// Row-wise s with ‖min(cap, s·a)‖₂ = ε, or so large that all stand at their caps. `[rows, 1]`.
fn multiplier(a: &Rows, room: &Rows, epsilon: f64) -> Rows {
    // In units of ε, so that a small ball loses no digits.
    let cap = room.clone().div_scalar(epsilon);
    let (weights, spendings) = (a.clone().square(), cap.clone().square());
    let weight_of = |weights: Rows| weights.sum_dim(1).clamp_min(f32::MIN_POSITIVE);
    let mut s = weight_of(weights.clone()).sqrt().recip();
    for _ in 0..ROUNDS {
        let free = a.clone().mul(s.clone()).lower(cap.clone());
        let spent = spendings.clone().mask_fill(free.clone(), 0.0).sum_dim(1);
        let left = spent.neg().add_scalar(1.0).clamp_min(0.0);
        let weight = weight_of(weights.clone().mask_fill(free.bool_not(), 0.0));
        // Rounding must not let it fall again.
        let next = left.div(weight).sqrt().max_pair(s.clone());
        // Another round would find the same.
        let settled = known_equal(&next, &s);
        s = next;
        if settled {
            break;
        }
    }
    s.mul_scalar(epsilon)
}

/// Published form: scale back into the ball, then clamp to the box.
pub(super) fn scale_then_clamp(ball: &ImageBall, x: Rows) -> Rows {
    let change = x.sub(ball.centre());
    let length = change.clone().square().sum_dim(1).sqrt();
    let factor = length.clamp_min(1e-12).recip().mul_scalar(ball.epsilon()).clamp_max(1.0);
    ball.centre().add(change.mul(factor)).clamp(0.0, 1.0)
}
