//! When does the Frank–Wolfe gap go to zero? The theorems of Sato and Iiduka (2025), that of Reddi, Sra, Póczos and
//! Smola (2016), our corrections of them, and a problem on which every constant they name is known.
//!
//! Plain `f64`, no tensors. Every bound speaks about the mean gap A_T = (1/T) Σ_{t<T} E G(θₜ) unless it says otherwise.
//!
//! - [`constants::Constants`]: Δ, f̄, f*, L, D, σ.
//! - [`schedule::Schedule`]: γₜ, bₜ and how many images there are.
//! - [`row::Row`]: what one step measured.
//! - [`bounds`]: the bounds: printed, a priori (ours), ★ on a path, ★★ summed, ★★★ weighted.
//! - [`quadratic`]: the noisy quadratic and its stepper.
//! - [`line`]: the one-dimensional counter-examples.
//! - [`grid`]: the slides' table of four rates times two batch rules.
//! - [`claims`]: what the slides claim and what we correct, each with a check that runs in the page.

pub mod bounds;
pub mod claims;
pub mod constants;
pub mod grid;
pub mod heavy_ball;
pub mod line;
pub mod quadratic;
pub mod row;
pub mod schedule;

pub use bounds::{Term, Terms, Theorem};
pub use constants::Constants;
pub use row::Row;
pub use schedule::Schedule;
