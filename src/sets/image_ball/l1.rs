//! L1 ball ∩ box (Croce, Hein 2021, "Mind the box", for the projection).
//!
//! Oracle: a fractional knapsack. Pixels are filled to their caps in order of |gᵢ| (ties: lowest index) until ε is
//! spent; the last one takes what is left. Projection: tᵢ = clip(|xᵢ − x0ᵢ| − λ, 0, capᵢ) with Σtᵢ = ε. Both levels are
//! found by bisection.

use super::l2::scaled;
use crate::sets::rows::{Rows, UNDECIDED, bisect};

/// The oracle's move tᵢ for a = |g| and the room of each pixel. `[rows, n]`.
pub(super) fn fill(a: Rows, room: Rows, epsilon: f64) -> Rows {
    let dims = a.dims();
    let (a, _) = scaled(a, &room);
    let room = room.mul(a.clone().greater_elem(0.0).float());
    let above = |level: Rows| a.clone().greater(level.expand(dims)).float();
    let spent = |level: Rows| room.clone().mul(above(level)).sum_dim(1);
    // The lowest level above which everything can be filled.
    let level = bisect(a.clone().max_dim(1), |level| spent(level).greater_elem(epsilon));
    let full = above(level.clone());
    let left = room.clone().mul(full.clone()).sum_dim(1).neg().add_scalar(epsilon).clamp_min(0.0);
    // What stands at the level shares the rest, from the left.
    let floor = level.sub_scalar(UNDECIDED).expand(dims);
    let tied = room.clone().mul(a.clone().greater_equal(floor).float().sub(full.clone()));
    let before = tied.clone().cumsum(1).sub(tied.clone());
    let rest = left.sub(before).clamp_min(0.0).min_pair(tied);
    room.mul(full).add(rest)
}

/// The projection's move tᵢ for the change w = |x − x0|. `[rows, n]`.
pub(super) fn shrink(w: Rows, room: Rows, epsilon: f64) -> Rows {
    let moved = |level: Rows| w.clone().sub(level).clamp_min(0.0).min_pair(room.clone());
    let level = bisect(w.clone().max_dim(1), |level| moved(level).sum_dim(1).greater_elem(epsilon));
    moved(level)
}
