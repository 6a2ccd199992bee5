//! SVRF: gₜ = ∇f_S(xₜ) − ∇f_S(x̃) + ∇f(x̃) with snapshots at t = 2ᵏ − 1, γₜ = 2/(t+2) (Hazan, Luo 2016).
//!
//! Differs from SVFW in when it looks: epochs double, so a run of T steps takes log₂T full gradients. Hazan and Luo restart
//! γ and grow the batch within each epoch; here both follow the run's own schedules.

use super::frank_wolfe;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::svrg::{Snapshots, Svrg};
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "svrf",
    source: "Hazan, Luo 2016",
    formula: tex!(r"g_t=\nabla f_S(x_t)-\nabla f_S(\tilde x)+\nabla f(\tilde x),\;\tilde x=x_{2^k-1}"),
    needs: Needs::FiniteSum,
    step: StepSize::OpenLoop,
    batch: BatchPlan::Root,
    build: |_| frank_wolfe::on(Svrg::new(Snapshots::Doubling)),
};
