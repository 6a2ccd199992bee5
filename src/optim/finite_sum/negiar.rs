//! SFW with a constant batch: gₜ = Σᵢαᵢaᵢ, αᵢ ← (1/n)fᵢ′(aᵢᵀxₜ) for i ∈ Sₜ, γₜ = 2/(t+2) (Négiar, Dresdner, Tsai, El
//! Ghaoui, Locatello, Freund, Pedregosa 2020).
//!
//! Differs from SFW in its memory, one derivative a sample, which lets the error vanish although the batch never grows; it
//! needs a linear predictor. The estimate is that of `dual_average.rs`.

use super::dual_average::DualAverage;
use super::frank_wolfe;
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "negiar",
    source: "Négiar et al. 2020",
    formula: tex!(r"g_t=\sum_i\alpha_i a_i,\;\alpha_i=\frac{1}{n}f_i'(a_i^\top x)\;(i\in S_t)"),
    needs: Needs::LinearPredictor,
    step: StepSize::OpenLoop,
    batch: BatchPlan::Root,
    build: |_| frank_wolfe::on(DualAverage::default()),
};
