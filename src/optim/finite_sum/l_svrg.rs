//! L-SVRG: gₜ = ∇f_S(xₜ) − ∇f_S(x̃) + ∇f(x̃), x̃ = xₜ with probability b/n (Kovalev, Horváth, Richtárik 2020; as a
//! Frank–Wolfe estimate Nazykov et al. 2024).
//!
//! Differs from SVFW and SVRF by a coin in place of epochs: loopless, with n/b steps between snapshots on average.

use super::frank_wolfe;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::svrg::{Snapshots, Svrg};
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "l-svrg",
    source: "Kovalev, Horváth, Richtárik 2020; Nazykov et al. 2024",
    formula: tex!(r"g_t=\nabla f_S(x_t)-\nabla f_S(\tilde x)+\nabla f(\tilde x),\;P(\tilde x=x_t)=\frac{b}{n}"),
    needs: Needs::FiniteSum,
    step: StepSize::RootTotal,
    batch: BatchPlan::Root,
    build: |_| frank_wolfe::on(Svrg::new(Snapshots::Coin)),
};
