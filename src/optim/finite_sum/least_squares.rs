//! Least squares: fᵢ(x) = ½(aᵢᵀx − bᵢ)². Convex with L = λ_max(AᵀA)/n. A planted problem knows its minimiser and
//! yet has noisy gradients there: every sample comes twice, once with its target too high and once too low.

use super::FiniteSumError;
use super::problem::{Features, FiniteSum, LinearPredictor};
use crate::random::Random;

/// Linear regression.
#[derive(Debug, Clone, PartialEq)]
pub struct LeastSquares {
    features: Features,
    targets: Vec<f64>,
    smoothness: f64,
    lowest: f64,
}

impl LeastSquares {
    /// One target a sample.
    ///
    /// # Errors
    /// [`FiniteSumError::Labels`] if their number differs, [`FiniteSumError::Label`] for one that is not finite.
    pub fn new(features: Features, targets: Vec<f64>) -> Result<Self, FiniteSumError> {
        if targets.len() != features.n() {
            return Err(FiniteSumError::Labels { samples: features.n(), labels: targets.len() });
        }
        if let Some(sample) = targets.iter().position(|target| !target.is_finite()) {
            let found = targets.get(sample).copied().unwrap_or(0.0);
            return Err(FiniteSumError::Label { sample, range: "a finite number", found });
        }
        let smoothness = features.curvature_bound();
        Ok(Self { features, targets, smoothness, lowest: 0.0 })
    }

    /// `pairs` ≥ 1 random samples, each twice, with targets aᵀx* ± `noise`: the residuals cancel in Aᵀr, so `optimum`
    /// x* minimises f over Rⁿ (and over every set that holds it) and f(x*) = ½ noise².
    ///
    /// # Errors
    /// [`FiniteSumError::Setting`] if there is no pair or no parameter; [`FiniteSumError::Label`] if x* or the noise
    /// is not finite.
    pub fn planted(pairs: usize, optimum: &[f64], noise: f64, seed: u64) -> Result<Self, FiniteSumError> {
        if pairs == 0 || optimum.is_empty() {
            return Err(FiniteSumError::Setting {
                what: "the number of pairs and parameters",
                range: "≥ 1",
                found: 0.0,
            });
        }
        let once = Features::random(pairs, optimum.len(), &mut Random::new(seed, 0xDA7A));
        let (mut values, mut targets) = (Vec::new(), Vec::new());
        for i in 0..pairs {
            for shift in [noise, -noise] {
                values.extend_from_slice(once.row(i));
                targets.push(once.product(i, optimum) + shift);
            }
        }
        let mut problem = Self::new(Features::new(values, optimum.len())?, targets)?;
        problem.lowest = 0.5 * noise * noise;
        Ok(problem)
    }

    /// aᵢᵀx − bᵢ.
    fn residual(&self, i: usize, x: &[f64]) -> f64 {
        self.features.product(i, x) - self.targets.get(i).copied().unwrap_or(0.0)
    }
}

impl FiniteSum for LeastSquares {
    fn n(&self) -> usize {
        self.features.n()
    }

    fn dim(&self) -> usize {
        self.features.width()
    }

    fn value_of(&self, i: usize, x: &[f64]) -> f64 {
        0.5 * self.residual(i, x).powi(2)
    }

    fn add_gradient_of(&self, i: usize, x: &[f64], factor: f64, out: &mut [f64]) {
        self.features.add_row(i, factor * self.residual(i, x), out);
    }

    fn partial_of(&self, i: usize, j: usize, x: &[f64]) -> f64 {
        self.residual(i, x) * self.features.row(i).get(j).copied().unwrap_or(0.0)
    }

    fn smoothness(&self) -> f64 {
        self.smoothness
    }

    fn lower_bound(&self) -> f64 {
        self.lowest
    }

    fn linear(&self) -> Option<&dyn LinearPredictor> {
        Some(self)
    }
}

impl LinearPredictor for LeastSquares {
    fn outputs(&self) -> usize {
        1
    }

    fn derivative_of(&self, i: usize, x: &[f64], out: &mut [f64]) {
        out.fill(self.residual(i, x));
    }

    fn add_outer(&self, i: usize, derivative: &[f64], factor: f64, out: &mut [f64]) {
        let residual = derivative.first().copied().unwrap_or(0.0);
        self.features.add_row(i, factor * residual, out);
    }
}
