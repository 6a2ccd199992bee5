//! SCG: gₜ = (1−ρₜ)gₜ₋₁ + ρₜ∇f_S(xₜ), ρₜ = 4/(t+8)^⅔, γₜ = 2/(t+8), one sample a step (Mokhtari, Hassani, Karbasi 2020).
//!
//! The version for convex f. Differs from the heavy ball by ρₜ → 0, with which the variance vanishes at any batch size. The
//! γ = 1/T often quoted for it belongs to `scg_submodular.rs`, which adds vertices up instead of averaging them.

use super::estimator::Averaging;
use super::frank_wolfe;
use super::heavy_ball::HeavyBall;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::minibatch::DISTINCT;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "scg",
    source: "Mokhtari, Hassani, Karbasi 2020",
    formula: tex!(r"g_t=(1-\rho_t)g_{t-1}+\rho_t\nabla f_S(x_t),\;\rho_t=\frac{4}{(t+8)^{2/3}}"),
    needs: Needs::FiniteSum,
    step: StepSize::Patient,
    batch: BatchPlan::Constant(1),
    build: |_| frank_wolfe::on(HeavyBall::new(Box::new(DISTINCT), Averaging::Mokhtari)),
};
