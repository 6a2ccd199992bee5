//! The only door to the problem and the set: whatever a method asks for is counted here, in units that do not depend
//! on the machine.

use super::problem::{FiniteSum, LinearPredictor};
use crate::sets::{ConstraintSet, SetError};
use std::ops::AddAssign;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Gradients ∇fᵢ of one sample; the C numbers of a linear predictor count as one.
    pub gradients: u64,
    /// Partial derivatives ∂fᵢ/∂xⱼ of one sample: a dim-th of a gradient where they can be had alone.
    pub partials: u64,
    /// Values fᵢ of one sample.
    pub values: u64,
    /// Calls of the linear minimisation oracle, over the whole set.
    pub lmos: u64,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.gradients += other.gradients;
        self.partials += other.partials;
        self.values += other.values;
        self.lmos += other.lmos;
    }
}

/// A problem and a set that count.
pub struct Meter<'a> {
    problem: &'a dyn FiniteSum,
    set: &'a dyn ConstraintSet,
    cost: Cost,
}

impl<'a> Meter<'a> {
    /// Nothing asked yet.
    pub fn new(problem: &'a dyn FiniteSum, set: &'a dyn ConstraintSet) -> Self {
        Self { problem, set, cost: Cost::default() }
    }

    /// What was asked for so far.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Number of samples.
    pub fn n(&self) -> usize {
        self.problem.n()
    }

    /// Number of parameters.
    pub fn dim(&self) -> usize {
        self.problem.dim()
    }

    /// L of the problem.
    pub fn smoothness(&self) -> f64 {
        self.problem.smoothness()
    }

    /// out += factor·∇fᵢ(x).
    pub fn add_gradient_of(&mut self, i: usize, x: &[f64], factor: f64, out: &mut [f64]) {
        self.cost.gradients += 1;
        self.problem.add_gradient_of(i, x, factor, out);
    }

    /// Writes the mean gradient of `batch` (not empty) at x.
    pub fn batch_gradient(&mut self, batch: &[usize], x: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let factor = 1.0 / batch.len() as f64;
        for &i in batch {
            self.add_gradient_of(i, x, factor, out);
        }
    }

    /// Writes ∇f(x): n gradients.
    pub fn full_gradient(&mut self, x: &[f64], out: &mut [f64]) {
        self.cost.gradients += self.n() as u64;
        self.problem.gradient(x, out);
    }

    /// ∂f/∂xⱼ at x: n partial derivatives.
    pub fn partial(&mut self, j: usize, x: &[f64]) -> f64 {
        self.cost.partials += self.n() as u64;
        let factor = 1.0 / self.n() as f64;
        (0..self.n()).map(|i| factor * self.problem.partial_of(i, j, x)).sum()
    }

    /// Mean value of `batch` (not empty) at x.
    pub fn batch_value(&mut self, batch: &[usize], x: &[f64]) -> f64 {
        self.cost.values += batch.len() as u64;
        batch.iter().map(|&i| self.problem.value_of(i, x)).sum::<f64>() / batch.len() as f64
    }

    /// f(x): n values.
    pub fn value(&mut self, x: &[f64]) -> f64 {
        self.cost.values += self.n() as u64;
        self.problem.value(x)
    }

    /// Writes the set's answer to `g`.
    ///
    /// # Errors
    /// [`SetError::NotFinite`] if `g` holds NaN or ±∞.
    pub fn lmo(&mut self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        self.cost.lmos += 1;
        self.set.lmo(g, x, v)
    }

    /// Counts a linear problem over the set that the caller solves itself (a face's, an away step's).
    pub fn count_lmo(&mut self) {
        self.cost.lmos += 1;
    }

    /// The problem as a linear predictor, if it is one.
    fn linear(&self) -> Option<&'a dyn LinearPredictor> {
        self.problem.linear()
    }

    /// How many numbers remember a sample's gradient: C for a linear predictor, else dim.
    pub fn compact_len(&self) -> usize {
        self.linear().map_or(self.dim(), |linear| linear.outputs())
    }

    /// Writes ∇fᵢ(x) in its shortest form, [`compact_len`](Self::compact_len) numbers: one gradient.
    pub fn compact_gradient_of(&mut self, i: usize, x: &[f64], out: &mut [f64]) {
        self.cost.gradients += 1;
        match self.linear() {
            Some(linear) => linear.derivative_of(i, x, out),
            None => self.problem.gradient_of(i, x, out),
        }
    }

    /// out += factor·(the gradient that `compact` stands for). Costs no gradient.
    pub fn add_compact(&self, i: usize, compact: &[f64], factor: f64, out: &mut [f64]) {
        match self.linear() {
            Some(linear) => linear.add_outer(i, compact, factor, out),
            None => add_scaled(compact, factor, out),
        }
    }
}

/// out += factor·a.
pub fn add_scaled(a: &[f64], factor: f64, out: &mut [f64]) {
    for (out, a) in out.iter_mut().zip(a) {
        *out += factor * a;
    }
}
