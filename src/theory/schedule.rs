//! γₜ and bₜ together, and the noise that is left in the mean of bₜ samples.

use crate::optim::schedule::{BatchRule, BatchSize, LearningRate, RateRule};

/// Learning rate and batch of a run, planned for its whole length: the stages of step decay and of a growing batch
/// are K = ⌈T/P⌉ and E = ⌈T/Q⌉ steps long. The theorems need 0 < γₜ ≤ 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schedule {
    pub learning_rate: LearningRate,
    pub batch: BatchSize,
    /// Number of training images n: batches are capped there, and drawn without replacement. `None`: endless data.
    pub images: Option<u32>,
}

impl Schedule {
    /// A schedule of each kind for trying things out: γ = 1 for the rates that decay with t, as on the slides, else 0.1;
    /// a = ½, η = ½, P = 4; b = 16, λ = 2, Q = 5; endless data.
    pub fn example(rate: RateRule, batch: BatchRule) -> Self {
        let gamma = if matches!(rate, RateRule::Harmonic | RateRule::Power) { 1.0 } else { 0.1 };
        Self {
            learning_rate: LearningRate { rule: rate, gamma, a: 0.5, eta: 0.5, stages: 4 },
            batch: BatchSize { rule: batch, b: 16, lambda: 2.0, stages: 5 },
            images: None,
        }
    }

    /// The same numbers under other rules.
    pub fn with_rules(&self, rate: RateRule, batch: BatchRule) -> Self {
        let mut schedule = self.clone();
        schedule.learning_rate.rule = rate;
        schedule.batch.rule = batch;
        schedule
    }

    /// γₜ of a run of `total` steps.
    pub fn rate_at(&self, t: u32, total: u32) -> f64 {
        self.learning_rate.at(t, total)
    }

    /// bₜ of a run of `total` steps, and whether the images capped it. Endless data end at 2³² − 1.
    pub fn batch_at(&self, t: u32, total: u32) -> (u32, bool) {
        let most = self.images.unwrap_or(u32::MAX);
        let (batch, capped) = self.batch.at(t, total, most as usize);
        (u32::try_from(batch).unwrap_or(u32::MAX), capped)
    }

    /// √(E‖eₜ‖²)/σ at step t: see [`noise_left`].
    pub fn noise_at(&self, t: u32, total: u32) -> f64 {
        noise_left(f64::from(self.batch_at(t, total).0), self.images)
    }

    /// K, the steps of a stage of step decay.
    pub fn rate_stage(&self, total: u32) -> u32 {
        stage_length(total, self.learning_rate.stages)
    }

    /// E, the steps of a stage of the growing batch.
    pub fn batch_stage(&self, total: u32) -> u32 {
        stage_length(total, self.batch.stages)
    }
}

/// ⌈total/stages⌉, ≥ 1.
fn stage_length(total: u32, stages: u32) -> u32 {
    total.div_ceil(stages.max(1)).max(1)
}

/// √(E‖mean of b samples − its expectation‖²)/σ: 1/√b, times √((n − b)/(n − 1)) if the b samples are different ones
/// out of n. Exactly 0 at b = n.
pub fn noise_left(batch: f64, images: Option<u32>) -> f64 {
    let Some(images) = images else { return 1.0 / batch.max(1.0).sqrt() };
    let images = f64::from(images.max(1));
    let batch = batch.clamp(1.0, images);
    if batch >= images { 0.0 } else { ((images - batch) / (images - 1.0) / batch).sqrt() }
}
