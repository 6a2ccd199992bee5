//! The slides' table: four learning rates times two batch rules, what each cell claims, what follows, what stops it.
//!
//! “T → ∞” has two readings when a schedule has stages ([`Horizon`]). The slides' orders for a growing batch need the one
//! where the batch grows exponentially with T; those for step decay hold in neither.

use super::bounds::{Term, Terms, Theorem, apriori, mean_noise};
use super::{Constants, Schedule};
use crate::optim::schedule::{BatchRule, RateRule};
use fwlab_tex::tex;

/// What stays fixed while T grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// The lengths K and E: ever more stages, so the batch grows exponentially with T.
    Lengths,
    /// The numbers P and Q: ever longer stages, as in this lab's settings.
    Stages,
}

impl Horizon {
    /// Key; text key `horizon.<key>`.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Lengths, "lengths"), (Self::Stages, "stages")];
}

/// A cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub rate: RateRule,
    pub batch: BatchRule,
}

/// The table, row by row: constant, 1/(t+1), (t+1)⁻ᵃ, step decay; constant batch first.
pub static CELLS: [Cell; 8] = [
    Cell { rate: RateRule::Constant, batch: BatchRule::Constant },
    Cell { rate: RateRule::Constant, batch: BatchRule::Growing },
    Cell { rate: RateRule::Harmonic, batch: BatchRule::Constant },
    Cell { rate: RateRule::Harmonic, batch: BatchRule::Growing },
    Cell { rate: RateRule::Power, batch: BatchRule::Constant },
    Cell { rate: RateRule::Power, batch: BatchRule::Growing },
    Cell { rate: RateRule::StepDecay, batch: BatchRule::Constant },
    Cell { rate: RateRule::StepDecay, batch: BatchRule::Growing },
];

impl Cell {
    /// The theorem about it; none for 1/(t+1) with a growing batch.
    pub fn theorem(&self) -> Option<Theorem> {
        Theorem::of(self.rate, self.batch)
    }

    /// The order the slides claim (MathML), if they claim one.
    pub fn claimed(&self) -> Option<&'static str> {
        self.theorem().map(Theorem::claimed)
    }

    /// The order that follows from our bounds (MathML) for the mean gap; for 1/(t+1) it is about the smallest gap, and
    /// for step decay it needs P to grow like ln T. E is fixed where the batch grows.
    pub fn proven(&self) -> &'static str {
        match (self.rate, self.batch) {
            (RateRule::Constant, BatchRule::Constant) => {
                tex!(r"O\left(\frac{1}{T}+\frac{1}{\sqrt{b}}+\gamma\right)")
            }
            (RateRule::Constant, BatchRule::Growing) => tex!(r"O\left(\frac{1}{T}+\gamma\right)"),
            (RateRule::Harmonic, BatchRule::Constant) => {
                tex!(r"\min_{t<T}:\ O\left(\frac{1}{\ln T}+\frac{1}{\sqrt{b}}\right)")
            }
            (RateRule::Harmonic, BatchRule::Growing) => tex!(r"\min_{t<T}:\ O\left(\frac{1}{\ln T}\right)"),
            (RateRule::Power, BatchRule::Constant) => {
                tex!(r"O\left(\frac{1}{T^{\min\{1-a,a\}}}+\frac{1}{\sqrt{b}}\right)")
            }
            (RateRule::Power, BatchRule::Growing) => tex!(r"O\left(\frac{1}{T^{\min\{1-a,a\}}}\right)"),
            (RateRule::StepDecay, BatchRule::Constant) => tex!(r"O\left(\frac{1}{\ln T}+\frac{1}{\sqrt{b}}\right)"),
            (RateRule::StepDecay, BatchRule::Growing) => tex!(r"O\left(\frac{1}{\ln T}\right)"),
        }
    }

    /// The parts of the bound on A_T that do not go to zero as T grows: what stops it.
    pub fn stops(&self, horizon: Horizon) -> Vec<Term> {
        let lengths = horizon == Horizon::Lengths;
        let mut terms = Vec::new();
        if self.rate == RateRule::Harmonic || (self.rate == RateRule::StepDecay && lengths) {
            terms.push(Term::Value);
        }
        if self.batch == BatchRule::Constant || !lengths {
            terms.push(Term::Noise);
        }
        if self.rate == RateRule::Constant || (self.rate == RateRule::StepDecay && !lengths) {
            terms.push(Term::Step);
        }
        terms
    }
}

/// Our bound on A_T for T → ∞, continuing a schedule planned for `total` steps: what each part comes to, 0 or ∞
/// included. A batch capped at the images leaves noise 0 behind under [`Horizon::Lengths`].
pub fn limit(constants: &Constants, schedule: &Schedule, total: u32, horizon: Horizon) -> Option<Terms> {
    let now = apriori(constants, schedule, total, total)?;
    let cell = Cell { rate: schedule.learning_rate.rule, batch: schedule.batch.rule };
    let stops = cell.stops(horizon);
    let left = |term: Term, limit: f64| if stops.contains(&term) { limit } else { 0.0 };
    // With P and Q fixed these two parts do not depend on T; constant rates and batches never do.
    let noise = left(Term::Noise, constants.diameter * constants.sigma * mean_noise(schedule, total, total));
    let step = left(Term::Step, now.step);
    let value = match schedule.learning_rate.rule {
        RateRule::StepDecay => left(Term::Value, f64::INFINITY),
        _ => left(Term::Value, now.value),
    };
    Some(Terms { value, noise, step })
}
