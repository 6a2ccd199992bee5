//! SARAH: mₜ = mₜ₋₁ + ∇f_S(xₜ) − ∇f_S(xₜ₋₁), and mₜ = ∇f(xₜ) every q steps (Nguyen, Liu, Scheinberg, Takáč 2017; as
//! a Frank–Wolfe estimate SPIDER-FW, Yurtsever, Sra, Cevher 2019).
//!
//! Biased between refreshes, yet its error grows only with the distance walked since the last one. q = ⌈√n⌉.

use super::estimator::{At, Draw, GradientEstimator};
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize, root};
use super::{FiniteSumError, Meter, frank_wolfe};
use crate::random::Random;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "sarah",
    source: "Yurtsever, Sra, Cevher 2019; Nazykov et al. 2024",
    formula: tex!(r"g_t=g_{t-1}+\nabla f_S(x_t)-\nabla f_S(x_{t-1})"),
    needs: Needs::FiniteSum,
    step: StepSize::RootTotal,
    batch: BatchPlan::Root,
    build: |setup| frank_wolfe::on(Sarah::new(root(setup.problem.n()) as u32)),
};

/// A recursive estimate with refreshes.
#[derive(Debug)]
pub struct Sarah {
    period: u32,
    momentum: Vec<f64>,
    previous: Vec<f64>,
}

impl Sarah {
    /// A full gradient every `period` ≥ 1 steps.
    pub fn new(period: u32) -> Self {
        Self { period: period.max(1), momentum: Vec::new(), previous: Vec::new() }
    }
}

impl GradientEstimator for Sarah {
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError> {
        if at.t.is_multiple_of(self.period) {
            meter.full_gradient(at.x, out);
        } else {
            let batch = Draw::Distinct.batch(at.batch, meter.n(), random);
            let factor = 1.0 / batch.len() as f64;
            out.fill(0.0);
            for &i in &batch {
                meter.add_gradient_of(i, at.x, factor, out);
                meter.add_gradient_of(i, &self.previous, -factor, out);
            }
            for (out, old) in out.iter_mut().zip(&self.momentum) {
                *out += old;
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
