//! Logistic regression: fᵢ(x) = ln(1 + exp(−yᵢ aᵢᵀx)) with labels yᵢ = ±1. Convex; the second derivative of the
//! loss is at most ¼, so L = λ_max(AᵀA)/(4n), and f is never below 0.

use super::FiniteSumError;
use super::problem::{Features, FiniteSum, LinearPredictor};
use crate::random::Random;

/// Binary classification by a linear margin.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    features: Features,
    labels: Vec<f64>,
    smoothness: f64,
}

impl Logistic {
    /// One label +1 or −1 a sample.
    ///
    /// # Errors
    /// [`FiniteSumError::Labels`] if their number differs, [`FiniteSumError::Label`] for one that is neither.
    pub fn new(features: Features, labels: Vec<f64>) -> Result<Self, FiniteSumError> {
        if labels.len() != features.n() {
            return Err(FiniteSumError::Labels { samples: features.n(), labels: labels.len() });
        }
        if let Some(sample) = labels.iter().position(|label| label.abs() != 1.0) {
            let found = labels.get(sample).copied().unwrap_or(0.0);
            return Err(FiniteSumError::Label { sample, range: "+1 or −1", found });
        }
        let smoothness = 0.25 * features.curvature_bound();
        Ok(Self { features, labels, smoothness })
    }

    /// A problem to play with: features uniform in [−1, 1), labels drawn from a logistic model whose weights are
    /// 4, −4 and 2 on the first three features and 0 on the rest.
    ///
    /// # Errors
    /// [`FiniteSumError::Setting`] if `n` or `width` is 0.
    pub fn planted(n: usize, width: usize, seed: u64) -> Result<Self, FiniteSumError> {
        if n == 0 || width == 0 {
            return Err(FiniteSumError::Setting {
                what: "the number of samples and features",
                range: "≥ 1",
                found: 0.0,
            });
        }
        let mut random = Random::new(seed, 0xDA7A);
        let features = Features::random(n, width, &mut random);
        let labels = (0..n)
            .map(|i| {
                let score = features.product(i, &[4.0, -4.0, 2.0]);
                if random.uniform() * (1.0 + (-score).exp()) < 1.0 { 1.0 } else { -1.0 }
            })
            .collect();
        Self::new(features, labels)
    }

    /// yᵢ.
    pub(super) fn label(&self, i: usize) -> f64 {
        self.labels.get(i).copied().unwrap_or(1.0)
    }

    /// yᵢ aᵢᵀx.
    pub(super) fn margin(&self, i: usize, x: &[f64]) -> f64 {
        self.label(i) * self.features.product(i, x)
    }

    /// f′ at aᵢᵀx: −y/(1 + exp(y aᵢᵀx)).
    fn slope(&self, i: usize, x: &[f64]) -> f64 {
        -self.label(i) / (1.0 + self.margin(i, x).exp())
    }
}

impl FiniteSum for Logistic {
    fn n(&self) -> usize {
        self.features.n()
    }

    fn dim(&self) -> usize {
        self.features.width()
    }

    fn value_of(&self, i: usize, x: &[f64]) -> f64 {
        let margin = self.margin(i, x);
        // Neither exponential overflows.
        (-margin.abs()).exp().ln_1p() + (-margin).max(0.0)
    }

    fn add_gradient_of(&self, i: usize, x: &[f64], factor: f64, out: &mut [f64]) {
        self.features.add_row(i, factor * self.slope(i, x), out);
    }

    fn partial_of(&self, i: usize, j: usize, x: &[f64]) -> f64 {
        self.slope(i, x) * self.features.row(i).get(j).copied().unwrap_or(0.0)
    }

    fn smoothness(&self) -> f64 {
        self.smoothness
    }

    fn linear(&self) -> Option<&dyn LinearPredictor> {
        Some(self)
    }
}

impl LinearPredictor for Logistic {
    fn outputs(&self) -> usize {
        1
    }

    fn derivative_of(&self, i: usize, x: &[f64], out: &mut [f64]) {
        out.fill(self.slope(i, x));
    }

    fn add_outer(&self, i: usize, derivative: &[f64], factor: f64, out: &mut [f64]) {
        let slope = derivative.first().copied().unwrap_or(0.0);
        self.features.add_row(i, factor * slope, out);
    }
}
