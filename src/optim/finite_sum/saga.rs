//! SAGA: gₜ = (1/b)Σ_{i∈I}(∇fᵢ(xₜ) − ∇fᵢ(αᵢ)) + (1/n)Σⱼ∇fⱼ(αⱼ); then αⱼ ← xₜ for j ∈ J, with I and J drawn
//! independently (SAGAFW of Reddi, Sra, Póczos, Smola 2016; SAGA by Defazio, Bach, Lacoste-Julien 2014).
//!
//! Unbiased. All anchors start at x₀, which costs n gradients once. The table holds n·dim numbers, n·C on a linear
//! predictor. The published complexity of SAGAFW is reported as flawed (Beznosikov et al. 2024); none is claimed.

use super::estimator::{At, Draw, GradientEstimator};
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::table::Table;
use super::{FiniteSumError, Meter, frank_wolfe};
use crate::random::Random;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "saga-fw",
    source: "Reddi, Sra, Póczos, Smola 2016",
    formula: tex!(r"g_t=\nabla f_I(x_t)-\nabla f_I(\alpha)+\frac{1}{n}\sum_i\nabla f_i(\alpha_i)"),
    needs: Needs::FiniteSum,
    step: StepSize::HalfHorizon,
    batch: BatchPlan::CubeRoot,
    build: |_| frank_wolfe::on(Saga::default()),
};

/// A variance-reduced estimate around the point where each sample was last seen.
#[derive(Debug, Default)]
pub struct Saga {
    table: Option<Table>,
}

impl GradientEstimator for Saga {
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError> {
        let Some(table) = &mut self.table else {
            // Every anchor is x₀: the mean of the table is ∇f(x₀).
            let table = Table::filled(meter, at.x);
            out.copy_from_slice(table.mean());
            self.table = Some(table);
            return Ok(());
        };
        let used = Draw::Replaced.batch(at.batch, meter.n(), random);
        let refreshed = Draw::Replaced.batch(at.batch, meter.n(), random);
        out.copy_from_slice(table.mean());
        for &i in &used {
            table.add_change(meter, i, at.x, 1.0 / used.len() as f64, out);
        }
        for &j in &refreshed {
            table.refresh(meter, j, at.x);
        }
        Ok(())
    }

    fn state_len(&self) -> usize {
        self.table.as_ref().map_or(0, Table::len)
    }
}
