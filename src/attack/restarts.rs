//! Restarts: the same attack from several starts, one after the other, and the best of all. N gradient calls stay N:
//! they are shared out, and each new start costs one of them.

use burn::tensor::{Int, Tensor};

use super::atoms::Taken;
use super::{Ascent, Attack, AttackEntry, AttackError, AttackSettings, Halving, Target, checkpoints};

/// Steps of each of `runs` runs out of a budget of `n` gradient calls.
fn steps_of_run(n: u32, runs: u32) -> u32 {
    n.saturating_sub(runs - 1) / runs
}

/// The numbers of completed calls at which halving is considered, when `n` calls are shared out among `runs` runs.
pub fn checkpoints_of_runs(n: u32, runs: u32) -> Vec<u32> {
    let runs = runs.max(1);
    let steps = steps_of_run(n, runs);
    (0..runs).flat_map(|run| checkpoints(steps).into_iter().map(move |at| run * (steps + 1) + at)).collect()
}

pub(super) struct Restarts {
    entry: &'static AttackEntry,
    settings: AttackSettings,
    run: Box<dyn Attack>,
    /// The present run's point, and the best of all runs.
    best: Ascent,
    runs_left: u32,
    /// Steps this run has left.
    left: u32,
}

impl Restarts {
    /// Starts the first of `settings.restarts` runs.
    ///
    /// # Errors
    /// [`AttackError::Budget`] if a run would have no step.
    pub fn start(entry: &'static AttackEntry, target: &Target, settings: &AttackSettings) -> Result<Self, AttackError> {
        let (runs, budget) = (settings.restarts.max(1), settings.budget);
        let steps = steps_of_run(budget, runs);
        if steps == 0 {
            return Err(AttackError::Budget { runs, needed: 2 * runs - 1, found: budget });
        }
        let settings = AttackSettings { budget: steps, restart: 0, ..*settings };
        let run = (entry.start)(target, &settings);
        let best = run.ascent().clone();
        Ok(Self { entry, settings, run, best, runs_left: runs - 1, left: steps })
    }
}

impl Attack for Restarts {
    fn step(&mut self, target: &Target) {
        if self.left == 0 && self.runs_left > 0 {
            self.runs_left -= 1;
            self.left = self.settings.budget;
            self.settings.restart += 1;
            // Evaluating the new start is this call's gradient.
            self.run = (self.entry.start)(target, &self.settings);
        } else {
            // The last run takes what the division left over.
            self.left = self.left.saturating_sub(1);
            self.run.step(target);
        }
        self.best.absorb(self.run.ascent());
    }

    fn ascent(&self) -> &Ascent {
        &self.best
    }

    fn gap(&self, target: &Target) -> Option<Tensor<2>> {
        self.run.gap(target)
    }

    fn halving(&self) -> &Halving {
        self.run.halving()
    }

    fn kept(&self, target: &Target) -> Option<Tensor<2>> {
        self.run.kept(target)
    }

    fn keep(&mut self, rows: &Tensor<1, Int>) {
        self.run.keep(rows);
        self.best.keep(rows);
    }

    fn taken(&self) -> Option<&Taken> {
        self.run.taken()
    }
}
