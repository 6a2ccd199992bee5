//! When to halve the step: the budget-aware rule of Auto-PGD (Croce and Hein 2020), used by Auto-FW as well.
//!
//! At each checkpoint an image's step is halved, and the image put back to its best point, if (1) the loss rose
//! in at most ρ = 75 % of the steps since the last checkpoint, or (2) neither step nor best loss changed since.
//! Where paper and published code differ we follow the code: "≤" in (1), checkpoints after
//! max(⌊0.22N⌋, 1) steps and then at intervals shrinking by ⌊0.03N⌋ down to ⌊0.06N⌋, and the very first step
//! compared with a loss of 0.

use burn::tensor::{Bool, Int, Tensor};

use super::ascent::{column, keep_rows};

/// Share of rising steps below which progress counts as oscillation.
pub const RHO: f64 = 0.75;

/// The numbers of completed steps at which halving is considered, for a budget of `n` steps.
pub fn checkpoints(n: u32) -> Vec<u32> {
    let share = |percent: u32| (n * percent / 100).max(1);
    let mut interval = share(22);
    let mut at = interval;
    let mut all = Vec::new();
    while at <= n {
        all.push(at);
        interval = interval.saturating_sub(share(3)).max(share(6));
        at += interval;
    }
    all
}

/// Step sizes, one an image, and what the rule needs to remember.
pub struct Halving {
    /// `[rows, 1]`.
    pub step_size: Tensor<2>,
    /// 1 where the step was halved at the last checkpoint that was passed just now, else 0.
    pub just_halved: Option<Tensor<2>>,
    checkpoints: Vec<u32>,
    done: u32,
    last_checkpoint: u32,
    last_loss: Tensor<2>,
    rises: Tensor<2>,
    best_at_checkpoint: Tensor<2>,
    reduced_last: Tensor<2>,
}

impl Halving {
    /// Starts with `step_size` for all images; `best_loss` `[rows, 1]` is the loss at the start.
    pub fn new(step_size: f64, budget: u32, best_loss: &Tensor<2>) -> Self {
        Self {
            step_size: column(best_loss, step_size),
            just_halved: None,
            checkpoints: checkpoints(budget),
            done: 0,
            last_checkpoint: 0,
            last_loss: column(best_loss, 0.0),
            rises: column(best_loss, 0.0),
            best_at_checkpoint: best_loss.clone(),
            reduced_last: column(best_loss, 1.0),
        }
    }

    /// A constant `step_size`: no checkpoints.
    pub fn never(step_size: f64, best_loss: &Tensor<2>) -> Self {
        Self { checkpoints: Vec::new(), ..Self::new(step_size, 0, best_loss) }
    }

    /// Only the rows named, in that order.
    pub(super) fn keep(&mut self, rows: &Tensor<1, Int>) {
        let fields = [
            &mut self.step_size,
            &mut self.last_loss,
            &mut self.rises,
            &mut self.best_at_checkpoint,
            &mut self.reduced_last,
        ];
        fields.into_iter().chain(&mut self.just_halved).for_each(|field| keep_rows(field, rows));
    }

    /// Takes note of the loss after a step. At a checkpoint, halves where the rule says so and returns the rows
    /// that must go back to their best point.
    pub fn observe(&mut self, loss: &Tensor<2>, best_loss: &Tensor<2>) -> Option<Tensor<2, Bool>> {
        if self.checkpoints.is_empty() {
            return None;
        }
        let rise = loss.clone().greater(self.last_loss.clone()).float();
        self.rises = self.rises.clone().add(rise);
        self.last_loss = loss.clone();
        self.done += 1;
        self.just_halved = None;
        if !self.checkpoints.contains(&self.done) {
            return None;
        }
        let length = f64::from(self.done - self.last_checkpoint);
        let oscillated = self.rises.clone().lower_equal_elem(RHO * length).float();
        let stalled = self.best_at_checkpoint.clone().greater_equal(best_loss.clone()).float();
        let unchanged = stalled.mul(self.reduced_last.ones_like().sub(self.reduced_last.clone()));
        let halve = oscillated.max_pair(unchanged);
        self.step_size = self.step_size.clone().mul(halve.clone().mul_scalar(-0.5).add_scalar(1.0));
        self.reduced_last = halve.clone();
        self.best_at_checkpoint = best_loss.clone();
        self.last_checkpoint = self.done;
        self.rises = column(loss, 0.0);
        self.just_halved = Some(halve.clone());
        Some(halve.greater_elem(0.5))
    }
}

#[cfg(test)]
mod tests {
    use super::checkpoints;

    #[test]
    fn checkpoints_are_those_of_the_published_code() {
        assert_eq!(checkpoints(100), [22, 41, 57, 70, 80, 87, 93, 99]);
        assert_eq!(checkpoints(50), [11, 21, 30, 38, 45]);
        assert_eq!(checkpoints(30), [6, 11, 15, 18].into_iter().chain(20..=30).collect::<Vec<_>>());
        assert_eq!(checkpoints(20), [4, 7, 9].into_iter().chain(10..=20).collect::<Vec<_>>());
        assert_eq!(checkpoints(10), (2..=10).collect::<Vec<_>>());
    }
}
