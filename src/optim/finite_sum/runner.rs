//! A run: a method on a problem in a space, one step at a time, with its cost.

use super::methods::{FiniteSumMethod, Method, Settings, Setup, StepSize, Turn, horizon_rate};
use super::problem::FiniteSum;
use super::row_balls::Space;
use super::{Cost, FiniteSumError, Meter};
use crate::optim::plane::frank_wolfe_gap;
use crate::random::Random;
use crate::sets::norm;
use std::sync::Arc;

/// Relative tolerance of being in the set at the start.
const INSIDE: f64 = 1e-9;

/// One finished step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Steps made before this one.
    pub t: u32,
    /// bₜ, 1 … n.
    pub batch: usize,
    /// Whether the plan asked for more samples than there are.
    pub batch_capped: bool,
    /// γₜ, the largest one if rows or inner steps have their own.
    pub gamma: f64,
    /// ⟨gₜ, x − v⟩ with the estimate: not the gap.
    pub gap_estimate: f64,
    /// What this step asked for.
    pub cost: Cost,
    /// Numbers (as f64) kept for the next step, beside x.
    pub memory: usize,
}

/// The full Frank–Wolfe gap, in two parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// ⟨∇f, x − v⟩ ≥ 0 over the constrained parameters; on convex f at least f(x) − min f if nothing is free.
    pub constrained: f64,
    /// ‖∇f‖ over the free parameters. Grigas et al. add it times the diameter of a level set, which nobody knows.
    pub free: f64,
}

/// A method at a point. The same settings give the same run to the last bit.
#[derive(Debug)]
pub struct Runner {
    problem: Arc<dyn FiniteSum>,
    space: Space,
    settings: Settings,
    entry: &'static FiniteSumMethod,
    method: Box<dyn Method>,
    /// γ of the rules that look at the problem once.
    horizon: f64,
    x: Vec<f64>,
    t: u32,
    total: Cost,
}

impl Runner {
    /// A run at its start. Where γ depends on f(x₀), this costs n values.
    ///
    /// # Errors
    /// [`FiniteSumError::Setting`] for a setting out of range, [`FiniteSumError::Start`] for a start outside the set,
    /// and what [`FiniteSumMethod::build`] misses.
    pub fn new(
        entry: &'static FiniteSumMethod,
        problem: Arc<dyn FiniteSum>,
        space: Space,
        settings: Settings,
    ) -> Result<Self, FiniteSumError> {
        settings.check()?;
        let dim = problem.dim();
        let x = settings.start.clone().unwrap_or_else(|| space.set().centre(dim));
        if x.len() != dim || !x.iter().all(|value| value.is_finite()) || !space.set().contains(&x, INSIDE) {
            return Err(FiniteSumError::Start { dim });
        }
        let method = entry.build(&Setup { problem: problem.as_ref(), space: &space, settings: &settings })?;
        let mut meter = Meter::new(problem.as_ref(), space.set());
        let horizon = settings.step.unwrap_or(entry.step).horizon_factor().map_or(0.0, |factor| {
            let delta = meter.value(&x) - problem.lower_bound();
            horizon_rate(factor, delta, settings.total, problem.smoothness(), space.set().diameter(dim))
        });
        let total = meter.cost();
        Ok(Self { problem, space, settings, entry, method, horizon, x, t: 0, total })
    }

    /// Makes one step.
    ///
    /// # Errors
    /// [`FiniteSumError::Set`] if the estimated gradient is no longer finite; the point stays.
    pub fn step(&mut self) -> Result<Step, FiniteSumError> {
        let mut meter = Meter::new(self.problem.as_ref(), self.space.set());
        let (batch, batch_capped) = self.batch();
        let turn = Turn { t: self.t, batch, gamma: self.gamma() };
        // Draws are a function of (seed, t), not of what was drawn before.
        let mut random = Random::new(self.settings.seed, u64::from(self.t));
        let moved = self.method.step(&mut meter, turn, &mut self.x, &mut random)?;
        let cost = meter.cost();
        self.total += cost;
        self.t += 1;
        Ok(Step {
            t: turn.t,
            batch,
            batch_capped,
            gamma: moved.gamma,
            gap_estimate: moved.gap_estimate,
            cost,
            memory: self.method.state_len(),
        })
    }

    /// bₜ and whether n capped it.
    fn batch(&self) -> (usize, bool) {
        let n = self.problem.n();
        match &self.settings.batch {
            Some(rule) => rule.at(self.t, self.settings.total, n),
            None => self.entry.batch.at(self.t, self.settings.total, n),
        }
    }

    /// γₜ of the schedule, in [0, 1].
    fn gamma(&self) -> f64 {
        let t = f64::from(self.t);
        let gamma = match self.settings.step.unwrap_or(self.entry.step) {
            StepSize::Scheduled => self.settings.rate.at(self.t, self.settings.total),
            StepSize::OpenLoop => 2.0 / (t + 2.0),
            StepSize::Patient => 2.0 / (t + 8.0),
            StepSize::RootTotal => 1.0 / f64::from(self.settings.total).sqrt(),
            StepSize::Share => 1.0 / f64::from(self.settings.total),
            StepSize::Horizon | StepSize::HalfHorizon => self.horizon,
        };
        gamma.clamp(0.0, 1.0)
    }

    /// Where it is.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// Steps made.
    pub fn t(&self) -> u32 {
        self.t
    }

    /// Its row in the table.
    pub fn entry(&self) -> &'static FiniteSumMethod {
        self.entry
    }

    /// What the run asked for so far, the setup included; measuring is not.
    pub fn cost(&self) -> Cost {
        self.total
    }

    /// f(x), measured: it does not count.
    pub fn value(&self) -> f64 {
        self.problem.value(&self.x)
    }

    /// The gap at x from the full gradient, measured: it does not count.
    ///
    /// # Errors
    /// [`FiniteSumError::Set`] if the gradient is not finite.
    pub fn gap(&self) -> Result<Gap, FiniteSumError> {
        let dim = self.x.len();
        let (mut g, mut v) = (vec![0.0; dim], vec![0.0; dim]);
        self.problem.gradient(&self.x, &mut g);
        self.space.set().lmo(&g, &self.x, &mut v)?;
        let free = g.get(self.space.constrained(dim)..).unwrap_or_default();
        Ok(Gap { constrained: frank_wolfe_gap(&g, &self.x, &v), free: norm(free) })
    }
}
