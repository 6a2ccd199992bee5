//! AdaCSFW: xₜ₊₁ by K Frank–Wolfe steps on ⟨gₜ, y − xₜ⟩ + ‖y − xₜ‖²_H/(2η), gₜ = Σᵢαᵢaᵢ (Combettes, Spiegel, Pokutta 2021).
//!
//! Differs from AdaSFW in the estimate, that of Négiar et al.; like theirs it needs a linear predictor.

use super::adaptive;
use super::dual_average::DualAverage;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "adacsfw",
    source: "Combettes, Spiegel, Pokutta 2021",
    formula: tex!(
        r"\min_{y\in\Omega}\;\langle g_t,y-x_t\rangle+\frac{1}{2\eta}\|y-x_t\|_{H_t}^2,\;g_t=\sum_i\alpha_i a_i"
    ),
    needs: Needs::LinearPredictor,
    step: StepSize::OpenLoop,
    batch: BatchPlan::Root,
    build: |setup| adaptive::on(DualAverage::default(), setup),
};
