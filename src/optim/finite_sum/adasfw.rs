//! AdaSFW: xₜ₊₁ by K Frank–Wolfe steps on ⟨gₜ, y − xₜ⟩ + ‖y − xₜ‖²_H/(2η), gₜ = ∇f_S(xₜ) (Combettes, Spiegel, Pokutta
//! 2021).
//!
//! Differs from SFW in the move alone, which `adaptive.rs` makes with a metric learned from past gradients.

use super::adaptive;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::minibatch::DISTINCT;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "adasfw",
    source: "Combettes, Spiegel, Pokutta 2021",
    formula: tex!(
        r"\min_{y\in\Omega}\;\langle g_t,y-x_t\rangle+\frac{1}{2\eta}\|y-x_t\|_{H_t}^2,\;g_t=\nabla f_S(x_t)"
    ),
    needs: Needs::FiniteSum,
    step: StepSize::OpenLoop,
    batch: BatchPlan::Constant(64),
    build: |setup| adaptive::on(DISTINCT, setup),
};
