//! Zeroth order: gₜ = (1/k)Σⱼ (f_S(xₜ+μuⱼ) − f_S(xₜ−μuⱼ))/(2μ)·uⱼ with random signs uⱼ ∈ {−1, 1}^dim (Spall 1992; in
//! Frank–Wolfe Sahu, Zaheer, Kar 2019; Nazykov et al. 2024).
//!
//! Values only, no gradients. E uuᵀ = I, so it is unbiased up to O(μ²), exactly so on quadratics; its variance grows
//! with dim/k. x ± μu may lie a little outside Ω: f must be defined there. Sahu et al. draw uⱼ from a normal law.

use super::estimator::{At, Averaging, Draw, GradientEstimator};
use super::heavy_ball::HeavyBall;
use super::meter::add_scaled;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::{FiniteSumError, Meter, frank_wolfe};
use crate::random::Random;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "zeroth-order",
    source: "Sahu, Zaheer, Kar 2019; Nazykov et al. 2024",
    formula: tex!(r"\hat g_t=\frac{1}{k}\sum_j\frac{f_S(x_t+\mu u_j)-f_S(x_t-\mu u_j)}{2\mu}u_j"),
    needs: Needs::FiniteSum,
    step: StepSize::Patient,
    batch: BatchPlan::Root,
    build: |setup| {
        let slopes = ZerothOrder::new(setup.settings.directions, setup.settings.smoothing);
        frank_wolfe::on(HeavyBall::new(Box::new(slopes), Averaging::Mokhtari))
    },
};

/// Slopes along random directions.
#[derive(Debug)]
pub struct ZerothOrder {
    directions: usize,
    radius: f64,
}

impl ZerothOrder {
    /// `directions` ≥ 1 central differences over ±`radius` > 0.
    pub fn new(directions: usize, radius: f64) -> Self {
        Self { directions: directions.max(1), radius }
    }
}

impl GradientEstimator for ZerothOrder {
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError> {
        let batch = Draw::Distinct.batch(at.batch, meter.n(), random);
        out.fill(0.0);
        for _ in 0..self.directions {
            let signs: Vec<f64> = at.x.iter().map(|_| if random.below(2) == 0 { -1.0 } else { 1.0 }).collect();
            let beside = |shift: f64| -> Vec<f64> { at.x.iter().zip(&signs).map(|(x, u)| x + shift * u).collect() };
            let (ahead, behind) = (beside(self.radius), beside(-self.radius));
            let rise = meter.batch_value(&batch, &ahead) - meter.batch_value(&batch, &behind);
            add_scaled(&signs, rise / (2.0 * self.radius * self.directions as f64), out);
        }
        Ok(())
    }

    fn state_len(&self) -> usize {
        0
    }
}
