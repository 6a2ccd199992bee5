//! Learning rates and batch sizes of Sato and Iiduka (2025): four rules times two. Only a decaying rate
//! *with* a growing batch drives the bound on the Frank–Wolfe gap to zero. Time starts at t = 0.

use fwlab_tex::tex;
use serde::{Deserialize, Serialize};

/// The learning-rate rules γₜ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateRule {
    /// γₜ = γ
    Constant,
    /// γₜ = γ/(t+1); the slides' rule is γ = 1.
    Harmonic,
    /// γₜ = γ/(t+1)ᵃ, a ∈ [½, 1); the slides' rule is γ = 1.
    Power,
    /// γₜ = γ·η^⌊t/K⌋, K = ⌈T/P⌉
    StepDecay,
}

impl RateRule {
    /// Key; text key `rate.<key>`.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Constant, "constant"),
        (Self::Harmonic, "harmonic"),
        (Self::Power, "power"),
        (Self::StepDecay, "step-decay"),
    ];

    /// The rule as a formula (MathML).
    pub fn formula(self) -> &'static str {
        match self {
            Self::Constant => tex!(r"\gamma_t=\gamma"),
            Self::Harmonic => tex!(r"\gamma_t=\gamma/(t+1)"),
            Self::Power => tex!(r"\gamma_t=\gamma/(t+1)^a"),
            Self::StepDecay => tex!(r"\gamma_t=\gamma\,\eta^{\lfloor t/K\rfloor}"),
        }
    }
}

/// The batch-size rules bₜ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchRule {
    /// bₜ = b
    Constant,
    /// bₜ = ⌈b·λ^⌊t/E⌋⌉, E = ⌈T/Q⌉, capped at the number of training images
    Growing,
}

impl BatchRule {
    /// Key; text key `batch.<key>`.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Constant, "constant"), (Self::Growing, "growing")];

    /// The rule as a formula (MathML).
    pub fn formula(self) -> &'static str {
        match self {
            Self::Constant => tex!(r"b_t=b"),
            Self::Growing => tex!(r"b_t=b\,\lambda^{\lfloor t/E\rfloor}"),
        }
    }
}

/// γ, a, η, P of the learning-rate rules. Ranges: see `session::params`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LearningRate {
    pub rule: RateRule,
    pub gamma: f64,
    pub a: f64,
    pub eta: f64,
    pub stages: u32,
}

impl Default for LearningRate {
    fn default() -> Self {
        Self { rule: RateRule::StepDecay, gamma: 0.3, a: 0.5, eta: 0.5, stages: 6 }
    }
}

impl LearningRate {
    /// γₜ for a run of `total` steps.
    pub fn at(&self, t: u32, total: u32) -> f64 {
        let next = f64::from(t) + 1.0;
        match self.rule {
            RateRule::Constant => self.gamma,
            RateRule::Harmonic => self.gamma / next,
            RateRule::Power => self.gamma / next.powf(self.a),
            RateRule::StepDecay => self.gamma * self.eta.powi(stage(t, total, self.stages) as i32),
        }
    }
}

/// b, λ, Q of the batch rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchSize {
    pub rule: BatchRule,
    pub b: u32,
    pub lambda: f64,
    pub stages: u32,
}

impl Default for BatchSize {
    fn default() -> Self {
        Self { rule: BatchRule::Constant, b: 64, lambda: 2.0, stages: 5 }
    }
}

impl BatchSize {
    /// bₜ for a run of `total` steps on `n` images, and whether the data set capped it.
    pub fn at(&self, t: u32, total: u32, n: usize) -> (usize, bool) {
        let wanted = match self.rule {
            BatchRule::Constant => f64::from(self.b),
            BatchRule::Growing => (f64::from(self.b) * self.lambda.powi(stage(t, total, self.stages) as i32)).ceil(),
        };
        if wanted >= n as f64 { (n.max(1), wanted > n as f64) } else { (wanted.max(1.0) as usize, false) }
    }
}

/// ⌊t/K⌋ with K = ⌈total/stages⌉.
fn stage(t: u32, total: u32, stages: u32) -> u32 {
    let length = total.div_ceil(stages.max(1)).max(1);
    t / length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_their_formulas() {
        let rate = |rule| LearningRate { rule, gamma: 0.8, a: 0.5, eta: 0.5, stages: 4 };
        assert_eq!(rate(RateRule::Constant).at(99, 100), 0.8);
        assert_eq!(rate(RateRule::Harmonic).at(3, 100), 0.2);
        assert_eq!(rate(RateRule::Power).at(3, 100), 0.4);
        let steps: Vec<f64> = [0, 24, 25, 50, 99].map(|t| rate(RateRule::StepDecay).at(t, 100)).into();
        assert_eq!(steps, [0.8, 0.8, 0.4, 0.2, 0.1]);
    }

    #[test]
    fn a_growing_batch_is_capped_at_the_data_set() {
        let batch = BatchSize { rule: BatchRule::Growing, b: 16, lambda: 2.0, stages: 10 };
        assert_eq!(batch.at(0, 1000, 2000), (16, false));
        assert_eq!(batch.at(100, 1000, 2000), (32, false));
        // 16·2⁷ = 2048 > 2000
        assert_eq!(batch.at(700, 1000, 2000), (2000, true));
        assert_eq!(BatchSize::default().at(5, 10, 1000), (64, false));
    }
}
