//! Adaptive metric: A ← A + gₜ∘gₜ, H = δ + √A; then K Frank–Wolfe steps on Q(y) = ⟨gₜ, y − xₜ⟩ + ‖y − xₜ‖²_H/(2η),
//! each with the best step up to a cap (AdaSFW, AdaSVRF, AdaCSFW; Combettes, Spiegel, Pokutta 2021).
//!
//! The move that the three share; they differ in gₜ: minibatch, SVRG, per-sample dual average. Q needs no gradient of f, so K oracle calls come
//! at the price of one estimate. The cap is the schedule's γₜ as in the paper, or 1 as in its code. The paper also
//! clips H to an interval that it chooses by t; that is left out.

use super::estimator::{At, GradientEstimator};
use super::frank_wolfe::move_towards;
use super::methods::{Method, Moved, Settings, Setup, Turn};
use super::{FiniteSumError, Meter};
use crate::random::Random;
use crate::sets::dot;

/// Frank–Wolfe on a quadratic model with a learned diagonal metric.
#[derive(Debug)]
pub struct Adaptive {
    estimator: Box<dyn GradientEstimator>,
    inner: u32,
    eta: f64,
    offset: f64,
    capped: bool,
    /// A, the sum of squares.
    squares: Vec<f64>,
}

impl Adaptive {
    /// With K, η, δ and the cap of `settings`.
    pub fn new(estimator: Box<dyn GradientEstimator>, settings: &Settings) -> Self {
        let Settings { inner, eta, offset, capped, .. } = *settings;
        Self { estimator, inner, eta, offset, capped, squares: Vec::new() }
    }

    /// H = δ + √A, after gₜ joined A.
    fn metric(&mut self, g: &[f64]) -> Vec<f64> {
        self.squares.resize(g.len(), 0.0);
        for (square, g) in self.squares.iter_mut().zip(g) {
            *square += g * g;
        }
        self.squares.iter().map(|square| self.offset + square.sqrt()).collect()
    }
}

/// The adaptive method on an estimate.
pub(super) fn on(
    estimator: impl GradientEstimator + 'static,
    setup: &Setup,
) -> Result<Box<dyn Method>, FiniteSumError> {
    Ok(Box::new(Adaptive::new(Box::new(estimator), setup.settings)))
}

impl Method for Adaptive {
    fn step(
        &mut self,
        meter: &mut Meter,
        turn: Turn,
        x: &mut [f64],
        random: &mut Random,
    ) -> Result<Moved, FiniteSumError> {
        let (mut g, mut u) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        self.estimator.estimate(meter, At { x, t: turn.t, batch: turn.batch }, random, &mut g)?;
        let metric = self.metric(&g);
        let cap = if self.capped { turn.gamma } else { 1.0 };
        let mut y = x.to_vec();
        let mut moved = Moved { gamma: 0.0, gap_estimate: 0.0 };
        for k in 0..self.inner {
            // ∇Q(y)
            let here = y.iter().zip(x.iter());
            let q: Vec<f64> =
                g.iter().zip(&metric).zip(here).map(|((g, h), (y, x))| g + h * (y - x) / self.eta).collect();
            meter.lmo(&q, &y, &mut u)?;
            let back: Vec<f64> = y.iter().zip(&u).map(|(y, u)| y - u).collect();
            let gap = dot(&q, &back);
            if k == 0 {
                moved.gap_estimate = gap;
            }
            let curvature: f64 = back.iter().zip(&metric).map(|(back, h)| h * back * back).sum();
            if curvature <= 0.0 {
                break;
            }
            let gamma = (self.eta * gap / curvature).clamp(0.0, cap);
            moved.gamma = moved.gamma.max(gamma);
            move_towards(&mut y, &u, gamma);
        }
        x.copy_from_slice(&y);
        Ok(moved)
    }

    fn state_len(&self) -> usize {
        self.squares.len() + self.estimator.state_len()
    }
}
