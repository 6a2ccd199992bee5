//! STORM: mₜ = ∇f_S(xₜ) + (1−ρₜ)(mₜ₋₁ − ∇f_S(xₜ₋₁)), the same batch S at both points (Cutkosky, Orabona 2019; as a
//! Frank–Wolfe estimate Zhang, Shen, Mokhtari, Hassani, Karbasi 2020).
//!
//! Momentum that corrects its own lag: between two near points the batch's error cancels. ρ = 1 is the minibatch,
//! ρ = 0 SARAH without refresh. Twice the gradients of momentum. ρₜ = 1/(t+1)^⅔ here; the papers tie it to γₜ.

use super::estimator::{At, Averaging, Draw, GradientEstimator};
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::{FiniteSumError, Meter, frank_wolfe};
use crate::random::Random;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "storm",
    source: "Zhang et al. 2020; Nazykov et al. 2024",
    formula: tex!(r"g_t=\nabla f_S(x_t)+(1-\rho_t)(g_{t-1}-\nabla f_S(x_{t-1}))"),
    needs: Needs::FiniteSum,
    step: StepSize::RootTotal,
    batch: BatchPlan::Root,
    build: |_| frank_wolfe::on(Storm::new(Averaging::TwoThirds)),
};

/// Corrected momentum.
#[derive(Debug)]
pub struct Storm {
    averaging: Averaging,
    momentum: Vec<f64>,
    previous: Vec<f64>,
}

impl Storm {
    /// With the weights ρₜ.
    pub fn new(averaging: Averaging) -> Self {
        Self { averaging, momentum: Vec::new(), previous: Vec::new() }
    }
}

impl GradientEstimator for Storm {
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError> {
        let batch = Draw::Distinct.batch(at.batch, meter.n(), random);
        if at.t == 0 {
            meter.batch_gradient(&batch, at.x, out);
        } else {
            let kept = 1.0 - self.averaging.at(at.t);
            meter.batch_gradient(&batch, &self.previous, out);
            for (out, old) in out.iter_mut().zip(&self.momentum) {
                *out = kept * (old - *out);
            }
            let factor = 1.0 / batch.len() as f64;
            for &i in &batch {
                meter.add_gradient_of(i, at.x, factor, out);
            }
        }
        self.momentum = out.to_vec();
        self.previous = at.x.to_vec();
        Ok(())
    }

    fn state_len(&self) -> usize {
        self.momentum.len() + self.previous.len()
    }
}
