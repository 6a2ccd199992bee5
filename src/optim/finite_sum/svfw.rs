//! SVFW: gₜ = ∇f_S(xₜ) − ∇f_S(x̃) + ∇f(x̃), x̃ = xₜ every m = ⌈n^⅓⌉ steps, b = m², constant γ = √(Δ/(TLD²)) (Reddi, Sra,
//! Póczos, Smola 2016).
//!
//! Differs from SFW by the snapshot: the batch only has to tell the change since x̃, whose gradient is exact.

use super::frank_wolfe;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize, cube_root};
use super::svrg::{Snapshots, Svrg};
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "svfw",
    source: "Reddi, Sra, Póczos, Smola 2016",
    formula: tex!(r"g_t=\nabla f_S(x_t)-\nabla f_S(\tilde x)+\nabla f(\tilde x)"),
    needs: Needs::FiniteSum,
    step: StepSize::HalfHorizon,
    batch: BatchPlan::CubeRootSquared,
    build: |setup| frank_wolfe::on(Svrg::new(Snapshots::Every(cube_root(setup.problem.n()) as u32))),
};
