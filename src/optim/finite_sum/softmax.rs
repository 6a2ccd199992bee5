//! Multinomial logistic regression, the softmax head over frozen features: fᵢ(W, c) = ln Σₖ exp(zₖ) − z_y with
//! z = Waᵢ + c. Convex; the Hessian of the loss in z is at most ½ (Böhning 1992), so L = λ_max(AᵀA)/(2n). Once the
//! features move, this is no longer the problem.

use super::FiniteSumError;
use super::problem::{Features, FiniteSum, Layout, LinearPredictor};
use crate::random::Random;

/// C classes; x holds the rows of W (C × features), then, with intercepts, the C entries of c.
#[derive(Debug, Clone, PartialEq)]
pub struct Softmax {
    features: Features,
    labels: Vec<usize>,
    classes: usize,
    intercepts: bool,
    smoothness: f64,
}

impl Softmax {
    /// One label below `classes` ≥ 2 a sample. Intercepts are free parameters: only FW-SD moves them.
    ///
    /// # Errors
    /// [`FiniteSumError::Setting`] for fewer than two classes, [`FiniteSumError::Labels`] if the number of labels
    /// differs, [`FiniteSumError::Label`] for one out of range.
    pub fn new(
        features: Features,
        labels: Vec<usize>,
        classes: usize,
        intercepts: bool,
    ) -> Result<Self, FiniteSumError> {
        if classes < 2 {
            return Err(FiniteSumError::Setting {
                what: "the number of classes", range: "≥ 2", found: classes as f64
            });
        }
        if labels.len() != features.n() {
            return Err(FiniteSumError::Labels { samples: features.n(), labels: labels.len() });
        }
        if let Some((sample, label)) = labels.iter().enumerate().find(|(_, label)| **label >= classes) {
            let (range, found) = ("below the number of classes", *label as f64);
            return Err(FiniteSumError::Label { sample, range, found });
        }
        // An intercept is a feature that is always 1 and adds at most 1 to λ_max.
        let extra = if intercepts { 1.0 } else { 0.0 };
        let smoothness = 0.5 * (features.curvature_bound() + extra);
        Ok(Self { features, labels, classes, intercepts, smoothness })
    }

    /// A problem to play with: features uniform in [−1, 1); class k is likelier where feature k is large.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`FiniteSumError::Setting`] if `n` or `width` is 0.
    pub fn planted(
        n: usize,
        width: usize,
        classes: usize,
        intercepts: bool,
        seed: u64,
    ) -> Result<Self, FiniteSumError> {
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
                let mut best = (0, f64::NEG_INFINITY);
                for k in 0..classes {
                    let score = features.row(i).get(k).copied().unwrap_or(0.0) + random.symmetric(0.5);
                    if score > best.1 {
                        best = (k, score);
                    }
                }
                best.0
            })
            .collect();
        Self::new(features, labels, classes, intercepts)
    }

    fn label(&self, i: usize) -> usize {
        self.labels.get(i).copied().unwrap_or(0)
    }

    /// Writes z = Waᵢ + c.
    fn scores(&self, i: usize, x: &[f64], out: &mut [f64]) {
        let width = self.features.width();
        for (score, row) in out.iter_mut().zip(x.chunks_exact(width)) {
            *score = self.features.product(i, row);
        }
        if self.intercepts {
            for (score, intercept) in out.iter_mut().zip(x.iter().skip(self.classes * width)) {
                *score += intercept;
            }
        }
    }
}

/// Turns scores into probabilities; returns ln Σ exp(scores).
fn normalise(scores: &mut [f64]) -> f64 {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - largest).exp();
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
    largest + sum.ln()
}

impl FiniteSum for Softmax {
    fn n(&self) -> usize {
        self.features.n()
    }

    fn dim(&self) -> usize {
        let layout = self.layout();
        layout.rows * layout.width + layout.free
    }

    fn value_of(&self, i: usize, x: &[f64]) -> f64 {
        let mut scores = vec![0.0; self.classes];
        self.scores(i, x, &mut scores);
        let own = scores.get(self.label(i)).copied().unwrap_or(0.0);
        normalise(&mut scores) - own
    }

    fn add_gradient_of(&self, i: usize, x: &[f64], factor: f64, out: &mut [f64]) {
        let mut derivative = vec![0.0; self.classes];
        self.derivative_of(i, x, &mut derivative);
        self.add_outer(i, &derivative, factor, out);
    }

    fn smoothness(&self) -> f64 {
        self.smoothness
    }

    fn layout(&self) -> Layout {
        let free = if self.intercepts { self.classes } else { 0 };
        Layout { rows: self.classes, width: self.features.width(), free }
    }

    fn linear(&self) -> Option<&dyn LinearPredictor> {
        Some(self)
    }
}

impl LinearPredictor for Softmax {
    fn outputs(&self) -> usize {
        self.classes
    }

    /// Probabilities minus the one-hot label.
    fn derivative_of(&self, i: usize, x: &[f64], out: &mut [f64]) {
        self.scores(i, x, out);
        normalise(out);
        if let Some(own) = out.get_mut(self.label(i)) {
            *own -= 1.0;
        }
    }

    fn add_outer(&self, i: usize, derivative: &[f64], factor: f64, out: &mut [f64]) {
        let width = self.features.width();
        for (row, slope) in out.chunks_exact_mut(width).zip(derivative) {
            self.features.add_row(i, factor * slope, row);
        }
        if self.intercepts {
            for (intercept, slope) in out.iter_mut().skip(self.classes * width).zip(derivative) {
                *intercept += factor * slope;
            }
        }
    }
}
