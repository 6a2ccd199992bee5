//! What is minimised: f(x) = (1/n)Σfᵢ(x), each fᵢ smooth. Methods see samples one at a time and know the sum's
//! smoothness; linear predictors fᵢ(aᵢᵀx) also show the few numbers that their gradient consists of.

use super::FiniteSumError;
use crate::random::Random;
use crate::sets::dot;

/// A mean of `n` differentiable functions of `dim` numbers. Indices stay below `n` and `dim`.
pub trait FiniteSum: Send + Sync + std::fmt::Debug {
    /// Number of samples, ≥ 1.
    fn n(&self) -> usize;
    /// Number of parameters, ≥ 1.
    fn dim(&self) -> usize;
    /// fᵢ(x).
    fn value_of(&self, i: usize, x: &[f64]) -> f64;
    /// out += factor·∇fᵢ(x).
    fn add_gradient_of(&self, i: usize, x: &[f64], factor: f64, out: &mut [f64]);
    /// L with ‖∇f(x) − ∇f(y)‖ ≤ L‖x − y‖ everywhere, > 0.
    fn smoothness(&self) -> f64;

    /// Writes ∇fᵢ(x) to `out`.
    fn gradient_of(&self, i: usize, x: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        self.add_gradient_of(i, x, 1.0, out);
    }
    /// ∂fᵢ/∂xⱼ at x.
    fn partial_of(&self, i: usize, j: usize, x: &[f64]) -> f64 {
        let mut gradient = vec![0.0; self.dim()];
        self.add_gradient_of(i, x, 1.0, &mut gradient);
        gradient.get(j).copied().unwrap_or(0.0)
    }
    /// f(x).
    fn value(&self, x: &[f64]) -> f64 {
        let factor = 1.0 / self.n() as f64;
        (0..self.n()).map(|i| factor * self.value_of(i, x)).sum()
    }
    /// Writes ∇f(x) to `out`.
    fn gradient(&self, x: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let factor = 1.0 / self.n() as f64;
        for i in 0..self.n() {
            self.add_gradient_of(i, x, factor, out);
        }
    }
    /// A number that f never falls below.
    fn lower_bound(&self) -> f64 {
        0.0
    }
    /// Whether f is convex. Where it is not, a gap says nothing about min f.
    fn convex(&self) -> bool {
        true
    }
    /// Whether 1 − f is monotone and DR-submodular on [0, 1]ⁿ: more of a coordinate is never worse, and the more there
    /// is, the less another adds.
    fn submodular(&self) -> bool {
        false
    }
    /// How the parameters lie: rows of weights first, then parameters that no set should hold.
    fn layout(&self) -> Layout {
        Layout { rows: 1, width: self.dim(), free: 0 }
    }
    /// The sum as a linear predictor, if it is one.
    fn linear(&self) -> Option<&dyn LinearPredictor> {
        None
    }
}

/// `rows` rows of `width` weights, then `free` intercepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub rows: usize,
    pub width: usize,
    pub free: usize,
}

/// fᵢ(aᵢᵀx) with C inner products a sample: ∇fᵢ is C numbers times aᵢ, so a sample is remembered by C numbers.
pub trait LinearPredictor {
    /// C ≥ 1.
    fn outputs(&self) -> usize;
    /// Writes the C derivatives of fᵢ by its inner products to `out`.
    fn derivative_of(&self, i: usize, x: &[f64], out: &mut [f64]);
    /// out += factor·(derivative ⊗ aᵢ).
    fn add_outer(&self, i: usize, derivative: &[f64], factor: f64, out: &mut [f64]);
}

/// A table of `n` samples with `width` numbers each.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    values: Vec<f64>,
    width: usize,
}

impl Features {
    /// Features in row-major order, one row a sample.
    ///
    /// # Errors
    /// [`FiniteSumError::Features`] if there is no sample, no feature, a broken row or a value that is not finite.
    pub fn new(values: Vec<f64>, width: usize) -> Result<Self, FiniteSumError> {
        let whole = width > 0 && !values.is_empty() && values.len().is_multiple_of(width);
        if whole && values.iter().all(|value| value.is_finite()) {
            Ok(Self { values, width })
        } else {
            Err(FiniteSumError::Features { width, found: values.len() })
        }
    }

    /// Uniform in [−1, 1); `n` and `width` of 0 count as 1.
    pub fn random(n: usize, width: usize, random: &mut Random) -> Self {
        let (n, width) = (n.max(1), width.max(1));
        Self { values: (0..n * width).map(|_| random.symmetric(1.0)).collect(), width }
    }

    /// Number of samples.
    pub fn n(&self) -> usize {
        self.values.len() / self.width
    }

    /// Numbers a sample.
    pub fn width(&self) -> usize {
        self.width
    }

    /// aᵢ; nothing beyond the last sample.
    pub fn row(&self, i: usize) -> &[f64] {
        self.values.get(i * self.width..(i + 1) * self.width).unwrap_or_default()
    }

    /// aᵢᵀx.
    pub fn product(&self, i: usize, x: &[f64]) -> f64 {
        dot(self.row(i), x)
    }

    /// out += factor·aᵢ.
    pub fn add_row(&self, i: usize, factor: f64, out: &mut [f64]) {
        for (out, a) in out.iter_mut().zip(self.row(i)) {
            *out += factor * a;
        }
    }

    /// An upper bound of the largest eigenvalue of AᵀA/n, > 0.
    ///
    /// The smaller of the trace and of max (Mw)ⱼ/wⱼ with M = |A|ᵀ|A|/n, which bounds it for every w > 0 (Collatz
    /// 1942, Wielandt 1950); a few power steps make w good.
    pub fn curvature_bound(&self) -> f64 {
        let n = self.n() as f64;
        let mut bound = dot(&self.values, &self.values) / n;
        let mut w = vec![1.0; self.width];
        for _ in 0..8 {
            let mut next = vec![0.0; self.width];
            for row in self.values.chunks_exact(self.width) {
                let sum: f64 = row.iter().zip(&w).map(|(a, w)| a.abs() * w).sum();
                for (next, a) in next.iter_mut().zip(row) {
                    *next += a.abs() * sum / n;
                }
            }
            let ratio = next.iter().zip(&w).map(|(next, w)| next / w).fold(0.0, f64::max);
            bound = bound.min(ratio);
            let largest = next.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
            // A column of zeros would make w zero there.
            w = next.iter().map(|next| next / largest + 1e-6).collect();
        }
        bound.max(f64::MIN_POSITIVE)
    }
}
