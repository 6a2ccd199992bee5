//! Lp ball ∩ box, 1 < p < ∞: the oracle tᵢ = min(capᵢ, (s·aᵢ)^(1/(p−1))) with ‖t‖ₚ = ε (the "maxlin" of Boreiko et
//! al. 2022), found as for L2 but in logarithms, because powers of up to 1/(p−1) leave the range of f32.
//!
//! Projection: tᵢ = min(capᵢ, yᵢ) with yᵢ + μ·yᵢ^(p−1) = |xᵢ − x0ᵢ|, by bisection over μ. No attack uses it.

use super::l2::scaled;
use crate::sets::lp::row_form::{lengths, shrunk};
use crate::sets::rows::{Rows, bisect};

/// Rounds of the search for s: near p = 1 pixels reach their caps a few at a time.
const ROUNDS: usize = 40;
/// A logarithm below all that occur.
const LOWEST: f32 = -1e30;
/// e⁶⁰ is far above every cap, and its square still a number.
const HIGHEST: f32 = 60.0;

/// The oracle's move tᵢ for a = |g| and the room of each pixel. `[rows, n]`.
pub(super) fn fill(a: Rows, room: Rows, epsilon: f64, p: f64) -> Rows {
    let (a, _) = scaled(a, &room);
    let cap = room.clone().div_scalar(epsilon);
    let moving = a.clone().greater_elem(0.0).float();
    // With b = a^(1/(p−1)) and σ = s^(1/(p−1)), t = min(cap, σ·b).
    let b = a.clamp_min(f32::MIN_POSITIVE).log().mul_scalar(1.0 / (p - 1.0));
    let caps = cap.clone().clamp_min(f32::MIN_POSITIVE).log();
    let spendings = caps.clone().mul_scalar(p).exp();
    let mut free = moving.clone();
    let mut sigma = b.clone().max_dim(1).full_like(LOWEST);
    for _ in 0..ROUNDS {
        let at_cap = moving.clone().sub(free.clone());
        let left = spendings.clone().mul(at_cap).sum_dim(1).neg().add_scalar(1.0).clamp_min(f32::MIN_POSITIVE);
        // The largest free entry is divided out, so that the sum neither overflows nor vanishes.
        let most = b.clone().mask_fill(free.clone().lower_elem(0.5), LOWEST).max_dim(1);
        let shares = b.clone().sub(most.clone()).clamp_max(0.0).mul_scalar(p).exp();
        let weight = shares.mul(free).sum_dim(1).clamp_min(f32::MIN_POSITIVE);
        let next = left.log().sub(weight.log()).div_scalar(p).sub(most);
        sigma = next.max_pair(sigma);
        free = b.clone().add(sigma.clone()).lower(caps.clone()).float().mul(moving.clone());
    }
    let t = b.add(sigma).clamp_max(HIGHEST).exp().min_pair(cap).mul(moving);
    // What the logarithms round off must not leave the ball.
    let excess = lengths(t.clone(), p).clamp_min(1.0);
    t.div(excess).mul_scalar(epsilon).min_pair(room)
}

/// The projection's move tᵢ for the change w = |x − x0|. `[rows, n]`.
pub(super) fn shrink(w: Rows, room: Rows, epsilon: f64, p: f64) -> Rows {
    let (a, cap) = (w.div_scalar(epsilon), room.clone().div_scalar(epsilon));
    let moved = |mu: Rows| shrunk(p, &a, mu).min_pair(cap.clone());
    let upper = lengths(a.clone(), p / (p - 1.0));
    let mu = bisect(upper, |mu| lengths(moved(mu), p).greater_elem(1.0));
    moved(mu).mul_scalar(epsilon).min_pair(room)
}
