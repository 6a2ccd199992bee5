//! What every estimate gₜ ≈ ∇f(xₜ) has in common: where it is asked, how it draws its batch, how it averages.
//!
//! Nazykov, Shestakov, Solodkin, Beznosikov, Gidel and Gasnikov (2024) analyse all of them at once: it is enough that
//! E‖gₜ₊₁ − ∇f(xₜ₊₁)‖² shrinks by a factor 1 − ρ up to terms in γₜ² and a helper sequence that shrinks likewise.

use super::{FiniteSumError, Meter};
use crate::random::Random;
use fwlab_tex::tex;
use serde::{Deserialize, Serialize};

/// Where and with how many samples an estimate is asked for.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    pub x: &'a [f64],
    /// Steps made before this one; 0 starts the estimator's memory.
    pub t: u32,
    /// bₜ, 1 … n. Estimators take all samples, each once, if it is n.
    pub batch: usize,
}

/// An estimate of the full gradient with a memory of its own.
pub trait GradientEstimator: Send + Sync + std::fmt::Debug {
    /// Writes gₜ ≈ ∇f(xₜ) to `out`. Called once a step, t = 0, 1, 2, ….
    ///
    /// # Errors
    /// What the problem lacks that the estimator needs.
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError>;
    /// Numbers kept from one step to the next.
    fn state_len(&self) -> usize;
}

/// How the samples of a batch are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// No sample twice.
    Distinct,
    /// Independently, so a sample may come twice.
    Replaced,
}

impl Draw {
    /// `count` (at least 1) indices below `n`; all of them in order if `count` ≥ n.
    pub fn batch(self, count: usize, n: usize, random: &mut Random) -> Vec<usize> {
        let count = count.max(1);
        match self {
            _ if count >= n => (0..n).collect(),
            Self::Distinct => random.distinct(count, n),
            Self::Replaced => (0..count).map(|_| random.below(n)).collect(),
        }
    }
}

/// ρₜ, the weight of what is new in a running average; 1 at t = 0, so the first estimate is the average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Averaging {
    /// ρ in (0, 1], from t = 1 on.
    Constant(f64),
    /// 4/(t+8)^⅔ (Mokhtari, Hassani, Karbasi 2020).
    Mokhtari,
    /// 1/(t+1)^⅔, the order of Cutkosky and Orabona (2019).
    TwoThirds,
}

impl Averaging {
    /// ρₜ in (0, 1].
    pub fn at(self, t: u32) -> f64 {
        let t = f64::from(t);
        match self {
            Self::Constant(_) if t == 0.0 => 1.0,
            Self::Constant(rho) => rho,
            Self::Mokhtari => (4.0 / (t + 8.0).powf(2.0 / 3.0)).min(1.0),
            Self::TwoThirds => (t + 1.0).powf(-2.0 / 3.0),
        }
    }

    /// The rule as a formula (MathML).
    pub fn formula(self) -> &'static str {
        match self {
            Self::Constant(_) => tex!(r"\rho_t=\rho"),
            Self::Mokhtari => tex!(r"\rho_t=\frac{4}{(t+8)^{2/3}}"),
            Self::TwoThirds => tex!(r"\rho_t=\frac{1}{(t+1)^{2/3}}"),
        }
    }
}
