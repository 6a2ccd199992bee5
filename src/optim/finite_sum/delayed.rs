//! Stale gradients: gₜ = ∇f_S(x_{t−τₜ}), while the step starts at xₜ (AsySFW; Gu, Xian, Huang 2019).
//!
//! The paper's workers share memory without locks; one process cannot, so the delay is simulated: a buffer of the last
//! τ+1 iterates, read consistently. The error is at most L·Σγ‖d‖ over the delay, so the gap's bound gains LD²τγ.
//! τ = 0 is plain SFW to the last bit.

use super::estimator::{At, GradientEstimator};
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::minibatch::DISTINCT;
use super::{FiniteSumError, Meter, frank_wolfe};
use crate::random::Random;
use fwlab_tex::tex;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "asysfw",
    source: "Gu, Xian, Huang 2019",
    formula: tex!(r"g_t=\nabla f_S(x_{t-\tau_t})"),
    needs: Needs::FiniteSum,
    step: StepSize::Horizon,
    batch: BatchPlan::Total,
    build: |setup| frank_wolfe::on(Delayed::new(Box::new(DISTINCT), setup.settings.delay, setup.settings.seed)),
};

/// Most iterates that a delay may keep waiting.
pub const MOST_DELAY: usize = 16;

/// How old the point is that a gradient was computed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delay {
    /// τ steps always (τ+1 workers in turn), fewer at the start.
    Fixed(usize),
    /// 0 … τ steps, each as likely.
    Uniform(usize),
}

impl Delay {
    /// The largest delay τ.
    pub fn most(self) -> usize {
        match self {
            Self::Fixed(most) | Self::Uniform(most) => most,
        }
    }
}

/// Another estimate, asked too late.
#[derive(Debug)]
pub struct Delayed {
    inner: Box<dyn GradientEstimator>,
    delay: Delay,
    /// Draws delays from a stream of their own, so that batches do not depend on them.
    delays: Random,
    /// The last iterates, newest first.
    history: VecDeque<Vec<f64>>,
}

impl Delayed {
    /// Asks `inner` at old points; delays are drawn from `seed`.
    pub fn new(inner: Box<dyn GradientEstimator>, delay: Delay, seed: u64) -> Self {
        Self { inner, delay, delays: Random::new(seed, 0xDE1A_0000_0000), history: VecDeque::new() }
    }
}

impl GradientEstimator for Delayed {
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError> {
        let most = self.delay.most();
        self.history.push_front(at.x.to_vec());
        self.history.truncate(most + 1);
        let wanted = match self.delay {
            Delay::Fixed(tau) => tau,
            Delay::Uniform(tau) => self.delays.below(tau + 1),
        };
        // Near the start nothing is that old yet.
        let age = wanted.min(self.history.len().saturating_sub(1));
        let stale = self.history.get(age).map_or(at.x, Vec::as_slice);
        self.inner.estimate(meter, At { x: stale, ..at }, random, out)
    }

    fn state_len(&self) -> usize {
        self.history.iter().map(Vec::len).sum::<usize>() + self.inner.state_len()
    }
}
