//! SFW of a planned length: gₜ = (1/T)Σ_{i∈Sₜ} ∇fᵢ(xₜ), constant γ = √(2Δ/(TLD²)) (Reddi, Sra, Póczos, Smola 2016,
//! algorithm 2 and theorem 2 with β = 1).
//!
//! Differs from SFW in what is fixed beforehand: T decides the batch, T samples drawn with replacement, and the step.

use super::frank_wolfe;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::minibatch::REPLACED;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "sfw-reddi",
    source: "Reddi, Sra, Póczos, Smola 2016",
    formula: tex!(r"g_t=\frac{1}{T}\sum_{i\in S_t}\nabla f_i(x_t)"),
    needs: Needs::FiniteSum,
    step: StepSize::Horizon,
    batch: BatchPlan::Total,
    build: |_| frank_wolfe::on(REPLACED),
};
