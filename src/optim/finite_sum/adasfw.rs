//! AdaSFW: xₜ₊₁ by K Frank–Wolfe steps on ⟨gₜ, y − xₜ⟩ + ‖y − xₜ‖²_H/(2η), gₜ = ∇f_S(xₜ) (Combettes, Spiegel, Pokutta
//! 2021).
//!
//! Differs from SFW in the move, which `adaptive.rs` makes with a metric learned from past gradients, and in the batch:
//! their theorem asks for bₜ = (GK(t+2)/(LD))², since nothing else takes the noise away. G bounds all gradients and is not
//! known; here the factor is 1.

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
    batch: BatchPlan::Square,
    build: |setup| adaptive::on(DISTINCT, setup),
};
