//! Sigmoid loss: fᵢ(x) = 1/(1 + exp(yᵢ aᵢᵀx)) with labels yᵢ = ±1, a smooth count of the wrong answers, on the data of
//! logistic regression. Not convex: a sample that is badly wrong has almost no gradient. The loss's second derivative is
//! at most 1/(6√3) in size, so L = λ_max(AᵀA)/(6√3 n), and f is never below 0.
//!
//! Reddi et al. (2016), Gu et al. (2019) and Nazykov et al. (2024) prove their constant step sizes for such f.

use super::problem::{FiniteSum, LinearPredictor};
use super::{FiniteSumError, Logistic};

/// Largest |σ″| of σ(m) = 1/(1 + eᵐ): 1/(6√3), at m = ±ln(2 + √3).
const CURVATURE: f64 = 0.096_225_044_864_937_63;

/// Binary classification by a linear margin, with a loss of at most 1 a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sigmoid {
    data: Logistic,
}

impl Sigmoid {
    /// On the features and labels of `data`.
    pub fn new(data: Logistic) -> Self {
        Self { data }
    }

    /// On the data of [`Logistic::planted`].
    ///
    /// # Errors
    /// [`FiniteSumError::Setting`] if `n` or `width` is 0.
    pub fn planted(n: usize, width: usize, seed: u64) -> Result<Self, FiniteSumError> {
        Logistic::planted(n, width, seed).map(Self::new)
    }

    /// f′ at aᵢᵀx: −yσ(1 − σ), σ = fᵢ(x).
    fn slope(&self, i: usize, x: &[f64]) -> f64 {
        let loss = self.value_of(i, x);
        -self.data.label(i) * loss * (1.0 - loss)
    }
}

impl FiniteSum for Sigmoid {
    fn n(&self) -> usize {
        self.data.n()
    }

    fn dim(&self) -> usize {
        self.data.dim()
    }

    fn value_of(&self, i: usize, x: &[f64]) -> f64 {
        // Where the exponential overflows, the loss is 0.
        1.0 / (1.0 + self.data.margin(i, x).exp())
    }

    fn add_gradient_of(&self, i: usize, x: &[f64], factor: f64, out: &mut [f64]) {
        self.data.add_outer(i, &[self.slope(i, x)], factor, out);
    }

    fn smoothness(&self) -> f64 {
        // Of the logistic loss the second derivative is at most ¼.
        4.0 * CURVATURE * self.data.smoothness()
    }

    fn convex(&self) -> bool {
        false
    }

    fn linear(&self) -> Option<&dyn LinearPredictor> {
        Some(self)
    }
}

impl LinearPredictor for Sigmoid {
    fn outputs(&self) -> usize {
        1
    }

    fn derivative_of(&self, i: usize, x: &[f64], out: &mut [f64]) {
        out.fill(self.slope(i, x));
    }

    fn add_outer(&self, i: usize, derivative: &[f64], factor: f64, out: &mut [f64]) {
        self.data.add_outer(i, derivative, factor, out);
    }
}
