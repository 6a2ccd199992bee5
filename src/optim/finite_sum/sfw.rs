//! SFW: gₜ = (1/bₜ)Σ_{i∈Sₜ} ∇fᵢ(xₜ), v = lmo(gₜ), xₜ₊₁ = xₜ + γₜ(v − xₜ) (Sato, Iiduka 2025, algorithm 2).
//!
//! Learning rate and batch size are the run's: the slides' four rates times two batch rules. The batch is drawn without
//! replacement, which makes the error 0 once bₜ = n.

use super::frank_wolfe;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::minibatch::DISTINCT;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "sfw",
    source: "Sato, Iiduka 2025",
    formula: tex!(r"g_t=\frac{1}{b_t}\sum_{i\in S_t}\nabla f_i(x_t)"),
    needs: Needs::FiniteSum,
    step: StepSize::Scheduled,
    batch: BatchPlan::Constant(64),
    build: |_| frank_wolfe::on(DISTINCT),
};
