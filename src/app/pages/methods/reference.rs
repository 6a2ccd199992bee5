//! What f* is, known from both sides: accelerated projected gradient (Nesterov 1983; restarted when it turns back,
//! O'Donoghue and Candès 2015) brings f down, and its Frank–Wolfe gap says how far above f* it still lies. It is no
//! competitor: it projects, and takes the full gradient at every step. Where f is not convex its gap proves nothing, and
//! only the smallest value found is known.

use crate::optim::finite_sum::{FiniteSum, Space};
use crate::optim::plane::frank_wolfe_gap;

/// Good enough, relative to f at the start: drawn errors end far above.
const ENOUGH: f64 = 1e-12;
/// Steps between two looks at value and gap.
const LOOK: u32 = 8;

/// The best point so far and what is proved of f*.
#[derive(Debug)]
pub struct Reference {
    x: Vec<f64>,
    before: Vec<f64>,
    /// Nesterov's sequence.
    momentum: f64,
    steps: u32,
    start: f64,
    value: f64,
    bound: f64,
}

impl Reference {
    /// At the centre of the set.
    pub fn new(problem: &dyn FiniteSum, space: &Space) -> Self {
        let x = space.set().centre(problem.dim());
        let value = problem.value(&x);
        let bound = problem.lower_bound().min(value);
        Self { before: x.clone(), x, momentum: 1.0, steps: 0, start: value, value, bound }
    }

    /// The smallest value found.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// What f* is not below.
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// One step, unless f* is known well enough.
    pub fn step(&mut self, problem: &dyn FiniteSum, space: &Space) {
        if self.value - self.bound <= ENOUGH * self.start.abs().max(1.0) {
            return;
        }
        let next = 0.5 * (1.0 + (1.0 + 4.0 * self.momentum * self.momentum).sqrt());
        let push = (self.momentum - 1.0) / next;
        let y: Vec<f64> = self.x.iter().zip(&self.before).map(|(x, before)| x + push * (x - before)).collect();
        let mut z = vec![0.0; y.len()];
        problem.gradient(&y, &mut z);
        let rate = 1.0 / problem.smoothness();
        z.iter_mut().zip(&y).for_each(|(z, y)| *z = y - rate * *z);
        space.set().project(&mut z);
        let turn: f64 = y.iter().zip(&z).zip(&self.x).map(|((y, z), x)| (y - z) * (z - x)).sum();
        self.momentum = if turn > 0.0 { 1.0 } else { next };
        self.before = std::mem::replace(&mut self.x, z);
        self.steps += 1;
        if self.steps.is_multiple_of(LOOK) {
            self.look(problem, space);
        }
    }

    fn look(&mut self, problem: &dyn FiniteSum, space: &Space) {
        let value = problem.value(&self.x);
        self.value = self.value.min(value);
        if !problem.convex() {
            return;
        }
        let (mut g, mut v) = (vec![0.0; self.x.len()], vec![0.0; self.x.len()]);
        problem.gradient(&self.x, &mut g);
        // f* ≥ f(x) − gap(x) on convex f, if nothing is free.
        if space.constrained(g.len()) == g.len() && space.set().lmo(&g, &self.x, &mut v).is_ok() {
            self.bound = self.bound.max(value - frank_wolfe_gap(&g, &self.x, &v)).min(self.value);
        }
    }
}
