//! Heavy ball: dₜ = (1−ρ)dₜ₋₁ + ρ∇f_S(xₜ) with constant ρ (Nazykov et al. 2024).
//!
//! Biased: d is the mean of gradients at older points. ρ₀ = 1: d starts as the first estimate, not as 0. The inner
//! estimate can be any other and ρₜ may fall: SCG and the zeroth-order method average the same way.

use super::estimator::{At, Averaging, GradientEstimator};
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::minibatch::DISTINCT;
use super::{FiniteSumError, Meter, frank_wolfe};
use crate::random::Random;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "heavy-ball",
    source: "Nazykov et al. 2024",
    formula: tex!(r"g_t=(1-\rho)g_{t-1}+\rho\nabla f_S(x_t)"),
    needs: Needs::FiniteSum,
    step: StepSize::RootTotal,
    batch: BatchPlan::Root,
    build: |setup| frank_wolfe::on(HeavyBall::new(Box::new(DISTINCT), Averaging::Constant(setup.settings.rho))),
};

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
