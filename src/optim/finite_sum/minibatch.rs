//! Minibatch mean: gₜ = (1/b)Σ_{i∈Sₜ} ∇fᵢ(xₜ) (Reddi, Sra, Póczos, Smola 2016, algorithm 2; Sato, Iiduka 2025).
//!
//! What SFW asks, and what many others start from. Unbiased, error σ/√b, no memory. Reddi et al. draw with replacement; Sato and Iiduka's growing batch is drawn
//! without, which makes the error 0 once b = n.

use super::estimator::{At, Draw, GradientEstimator};
use super::{FiniteSumError, Meter};
use crate::random::Random;

/// A fresh batch without repetition.
pub(super) const DISTINCT: Minibatch = Minibatch { draw: Draw::Distinct };
/// A fresh batch drawn with replacement.
pub(super) const REPLACED: Minibatch = Minibatch { draw: Draw::Replaced };

/// The mean gradient of a fresh batch.
#[derive(Debug, Clone)]
pub struct Minibatch {
    pub draw: Draw,
}

impl GradientEstimator for Minibatch {
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError> {
        let batch = self.draw.batch(at.batch, meter.n(), random);
        meter.batch_gradient(&batch, at.x, out);
        Ok(())
    }

    fn state_len(&self) -> usize {
        0
    }
}

/// ∇f(xₜ) itself: classic Frank–Wolfe (Frank, Wolfe 1956). Ignores the batch size.
#[derive(Debug, Clone)]
pub struct Full;

impl GradientEstimator for Full {
    fn estimate(&mut self, meter: &mut Meter, at: At, _: &mut Random, out: &mut [f64]) -> Result<(), FiniteSumError> {
        meter.full_gradient(at.x, out);
        Ok(())
    }

    fn state_len(&self) -> usize {
        0
    }
}
