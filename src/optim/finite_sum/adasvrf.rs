//! AdaSVRF: xₜ₊₁ by K Frank–Wolfe steps on ⟨gₜ, y − xₜ⟩ + ‖y − xₜ‖²_H/(2η), gₜ that of SVRF (Combettes, Spiegel, Pokutta
//! 2021).
//!
//! Differs from AdaSFW in the estimate and from SVRF in the move.

use super::adaptive;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::svrg::{Snapshots, Svrg};
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "adasvrf",
    source: "Combettes, Spiegel, Pokutta 2021",
    formula: tex!(r"\min_{y\in\Omega}\;\langle g_t,y-x_t\rangle+\frac{1}{2\eta}\|y-x_t\|_{H_t}^2,\;g_t=\text{SVRG}"),
    needs: Needs::FiniteSum,
    step: StepSize::OpenLoop,
    batch: BatchPlan::Root,
    build: |setup| adaptive::on(Svrg::new(Snapshots::Doubling), setup),
};
