//! Momentum: dₜ = (1−ρₜ)dₜ₋₁ + ρₜ∇f_S(xₜ). With ρₜ = 4/(t+8)^⅔, γₜ = 2/(t+8) and one sample a step it is SCG for
//! convex minimisation (Mokhtari, Hassani, Karbasi 2020); with constant ρ the heavy ball of Nazykov et al. (2024).
//!
//! Biased, but with ρₜ → 0 its variance vanishes at any batch size. The γ = 1/T often quoted for SCG belongs to its
//! submodular version, which adds vertices up instead of averaging them; it is not offered. ρ₀ = 1: d starts as the
//! first estimate, not as 0. The inner estimate can be any other, e.g. zeroth-order (Sahu, Zaheer, Kar 2019).

use super::estimator::{At, Averaging, GradientEstimator};
use super::{FiniteSumError, Meter};
use crate::random::Random;

/// A running average of another estimate.
#[derive(Debug)]
pub struct HeavyBall {
    inner: Box<dyn GradientEstimator>,
    averaging: Averaging,
    average: Vec<f64>,
}

impl HeavyBall {
    /// Averages `inner`.
    pub fn new(inner: Box<dyn GradientEstimator>, averaging: Averaging) -> Self {
        Self { inner, averaging, average: Vec::new() }
    }
}

impl GradientEstimator for HeavyBall {
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError> {
        self.inner.estimate(meter, at, random, out)?;
        self.average.resize(out.len(), 0.0);
        let rho = self.averaging.at(at.t);
        for (average, new) in self.average.iter_mut().zip(out.iter()) {
            *average = (1.0 - rho) * *average + rho * new;
        }
        out.copy_from_slice(&self.average);
        Ok(())
    }

    fn state_len(&self) -> usize {
        self.average.len() + self.inner.state_len()
    }
}
