//! Frank–Wolfe: v = lmo(∇f(xₜ)), xₜ₊₁ = xₜ + γₜ(v − xₜ), γₜ = 2/(t+2) (Frank, Wolfe 1956; Jaggi 2013).
//!
//! The method that all others estimate: every step takes all n gradients.

use super::frank_wolfe;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::minibatch::Full;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "fw",
    source: "Frank, Wolfe 1956; Jaggi 2013",
    formula: tex!(r"g_t=\nabla f(x_t)"),
    needs: Needs::FiniteSum,
    step: StepSize::OpenLoop,
    batch: BatchPlan::All,
    build: |_| frank_wolfe::on(Full),
};
