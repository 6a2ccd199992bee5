//! SCG as first published, continuous greedy with momentum: x₀ = 0, gₜ = (1−ρₜ)gₜ₋₁ + ρₜ∇f_S(xₜ), ρₜ = 4/(t+8)^⅔,
//! xₜ₊₁ = xₜ + vₜ/T, one sample a step (Mokhtari, Hassani, Karbasi 2020, algorithm 1).
//!
//! Maximises a monotone DR-submodular F = 1 − f: E F(x_T) ≥ (1 − 1/e)·OPT − O(T^−⅓). Differs from `scg.rs` in the move:
//! it adds vertices up and averages none, so it starts at 0 and rests after T steps, when 0 has no weight left.

use super::estimator::{Averaging, GradientEstimator};
use super::frank_wolfe::vertex;
use super::heavy_ball::HeavyBall;
use super::methods::{BatchPlan, FiniteSumMethod, Method, Moved, Needs, Setup, StepSize, Turn};
use super::minibatch::DISTINCT;
use super::{FiniteSumError, Meter};
use crate::random::Random;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "scg-submodular",
    source: "Mokhtari, Hassani, Karbasi 2020",
    formula: tex!(r"x_{t+1}=x_t+\gamma_t v_t,\;g_t=(1-\rho_t)g_{t-1}+\rho_t\nabla f_S(x_t)"),
    needs: Needs::Submodular,
    step: StepSize::Share,
    batch: BatchPlan::Constant(1),
    build,
};

/// The sum of γₜvₜ is a point of Ω as long as Σγₜ ≤ 1 and 0 ∈ Ω takes the rest of the weight.
#[derive(Debug)]
struct ContinuousGreedy {
    estimator: HeavyBall,
    /// 1 − Σγₜ.
    left: f64,
}

fn build(setup: &Setup) -> Result<Box<dyn Method>, FiniteSumError> {
    let start = setup.settings.start.clone().unwrap_or_else(|| setup.space.set().centre(setup.problem.dim()));
    if start.iter().any(|value| *value != 0.0) {
        return Err(FiniteSumError::Origin("scg-submodular"));
    }
    Ok(Box::new(ContinuousGreedy { estimator: HeavyBall::new(Box::new(DISTINCT), Averaging::Mokhtari), left: 1.0 }))
}

impl Method for ContinuousGreedy {
    fn step(
        &mut self,
        meter: &mut Meter,
        turn: Turn,
        x: &mut [f64],
        random: &mut Random,
    ) -> Result<Moved, FiniteSumError> {
        let (v, gap_estimate) = vertex(&mut self.estimator, meter, &turn, x, random)?;
        let gamma = turn.gamma.min(self.left);
        self.left -= gamma;
        for (x, v) in x.iter_mut().zip(&v) {
            *x += gamma * v;
        }
        Ok(Moved { gamma, gap_estimate })
    }

    fn state_len(&self) -> usize {
        self.estimator.state_len()
    }
}
