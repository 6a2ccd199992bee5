//! The step that most methods share: v = lmo(gₜ), xₜ₊₁ = xₜ + γₜ(v − xₜ) (Frank, Wolfe 1956). Only the estimate gₜ differs.

use super::estimator::{At, GradientEstimator};
use super::methods::{Method, Moved, Turn};
use super::{FiniteSumError, Meter};
use crate::optim::plane::frank_wolfe_gap;
use crate::random::Random;

/// Frank–Wolfe on an estimated gradient.
#[derive(Debug)]
pub struct FrankWolfe {
    estimator: Box<dyn GradientEstimator>,
}

impl FrankWolfe {
    /// Asks the oracle with what `estimator` says.
    pub fn new(estimator: Box<dyn GradientEstimator>) -> Self {
        Self { estimator }
    }
}

/// The method that differs in its estimate only.
pub(super) fn on(estimator: impl GradientEstimator + 'static) -> Result<Box<dyn Method>, FiniteSumError> {
    Ok(Box::new(FrankWolfe::new(Box::new(estimator))))
}

impl Method for FrankWolfe {
    fn step(
        &mut self,
        meter: &mut Meter,
        turn: Turn,
        x: &mut [f64],
        random: &mut Random,
    ) -> Result<Moved, FiniteSumError> {
        let (v, gap_estimate) = vertex(self.estimator.as_mut(), meter, &turn, x, random)?;
        move_towards(x, &v, turn.gamma);
        Ok(Moved { gamma: turn.gamma, gap_estimate })
    }

    fn state_len(&self) -> usize {
        self.estimator.state_len()
    }
}

/// The oracle's answer to an estimate at x, and the gap by that estimate.
pub(super) fn vertex(
    estimator: &mut dyn GradientEstimator,
    meter: &mut Meter,
    turn: &Turn,
    x: &[f64],
    random: &mut Random,
) -> Result<(Vec<f64>, f64), FiniteSumError> {
    let (mut g, mut v) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    estimator.estimate(meter, At { x, t: turn.t, batch: turn.batch }, random, &mut g)?;
    meter.lmo(&g, x, &mut v)?;
    let gap = frank_wolfe_gap(&g, x, &v);
    Ok((v, gap))
}

/// x ← x + γ(v − x), exactly v at γ = 1.
pub(super) fn move_towards(x: &mut [f64], v: &[f64], gamma: f64) {
    for (x, v) in x.iter_mut().zip(v) {
        *x = if gamma == 1.0 { *v } else { *x + gamma * (v - *x) };
    }
}
