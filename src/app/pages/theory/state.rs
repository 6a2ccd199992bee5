//! What the theory page computes with, in one checked value, and its table of parameters: the table is the URL codec
//! and the sliders, so nothing can be typed or dragged out of range.

use crate::optim::schedule::{BatchRule, BatchSize, LearningRate, RateRule};
use crate::session::params::{Kind, Param, Value, choice, field};
use crate::theory::grid::{Cell, Horizon};
use crate::theory::quadratic::{Ball, Recipe};
use crate::theory::{Constants, Schedule};

/// Longest run: eight of them are held in memory, step by step.
pub const LONGEST: u32 = 10_000;

/// Everything the page's URL says. L, D and σ make the problem of the runs; Δ and f̄ then follow from it, unless they
/// are typed for the calculator.
#[derive(Debug, Clone, PartialEq)]
pub struct TheoryState {
    /// What the bounds are asked for: the schedule of the chosen cell. The other cells differ in the two rules only.
    pub learning_rate: LearningRate,
    pub batch: BatchSize,
    /// Whether there are only `images` samples, so that the batch is capped; else the data never end.
    pub capped: bool,
    /// n.
    pub images: u32,
    /// T, the number of steps.
    pub total: u32,
    /// What stays as it is while T grows.
    pub horizon: Horizon,
    /// The ball of the runs.
    pub ball: Ball,
    /// L, D, σ of the problem; Δ and f̄ if they are `typed`.
    pub constants: Constants,
    /// Whether the calculator takes the typed Δ and f̄ instead of the problem's.
    pub typed: bool,
    /// G and β of Theorem 2 of Reddi et al. (2016).
    pub lipschitz: f64,
    pub beta: f64,
    /// Noise of the runs.
    pub seed: u64,
}

impl Default for TheoryState {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate { rule: RateRule::Constant, gamma: 0.1, a: 0.5, eta: 0.5, stages: 4 },
            batch: BatchSize { rule: BatchRule::Constant, b: 16, lambda: 2.0, stages: 10 },
            capped: false,
            images: 2000,
            total: 1000,
            horizon: Horizon::Lengths,
            ball: Ball::L2,
            constants: Constants {
                gap_in_value: 2.3,
                upper_value: 2.3,
                lowest_value: 0.0,
                smoothness: 1.0,
                diameter: 2.0,
                sigma: 1.0,
            },
            typed: false,
            lipschitz: 1.0,
            beta: 1.0,
            seed: 1,
        }
    }
}

impl TheoryState {
    /// The chosen cell of the table.
    pub fn cell(&self) -> Cell {
        Cell { rate: self.learning_rate.rule, batch: self.batch.rule }
    }

    /// The schedule of a cell. The slides' rules 1/(t+1) and (t+1)⁻ᵃ have no γ.
    pub fn schedule(&self, cell: Cell) -> Schedule {
        let own = Schedule {
            learning_rate: self.learning_rate.clone(),
            batch: self.batch.clone(),
            images: self.capped.then_some(self.images),
        };
        let mut schedule = own.with_rules(cell.rate, cell.batch);
        if matches!(cell.rate, RateRule::Harmonic | RateRule::Power) {
            schedule.learning_rate.gamma = 1.0;
        }
        schedule
    }

    /// The problem of the runs: always the same axes and the same direction of its lowest point.
    pub fn recipe(&self) -> Recipe {
        let Constants { smoothness, diameter, sigma, .. } = self.constants;
        Recipe { ball: self.ball, radius: 0.5 * diameter, smoothness, sigma, ..Recipe::default() }
    }
}

/// A row for something that is on or off.
macro_rules! switch {
    ($key:literal, $text:literal, $name:ident) => {
        Param {
            key: $key,
            text: $text,
            kind: Kind::Choice(|| vec!["0", "1"]),
            get: |state| Value::Text(if state.$name { "1" } else { "0" }.into()),
            set: |state, value| {
                state.$name = value.text() == "1";
                Ok(())
            },
        }
    };
}

const fn real(min: f64, max: f64, step: f64, decimals: usize) -> Kind {
    Kind::Number { min, max, step, log: false, decimals }
}
const fn ratio(min: f64, max: f64, decimals: usize) -> Kind {
    Kind::Number { min, max, step: 0.0, log: true, decimals }
}
const fn count(min: f64, max: f64, log: bool) -> Kind {
    Kind::Integer { min, max, log }
}

/// The page's parameters.
pub static THEORY: &[Param<TheoryState>] = &[
    choice!("rate", "theory.param.rate_rule", RateRule, learning_rate.rule),
    field!("lr", "theory.param.rate", ratio(1e-3, 1.0, 4), learning_rate.gamma as f64),
    field!("a", "param.power", real(0.5, 0.99, 0.01, 2), learning_rate.a as f64),
    field!("eta", "param.decay", real(0.1, 0.99, 0.01, 2), learning_rate.eta as f64),
    field!("P", "param.rate_stages", count(1.0, 20.0, false), learning_rate.stages as u32),
    choice!("batch", "param.batch_rule", BatchRule, batch.rule),
    field!("b", "theory.param.batch", count(1.0, 1024.0, true), batch.b as u32),
    field!("lambda", "param.batch_growth", real(1.1, 4.0, 0.1, 1), batch.lambda as f64),
    field!("Q", "param.batch_stages", count(1.0, 20.0, false), batch.stages as u32),
    switch!("cap", "theory.param.cap", capped),
    field!("n", "theory.param.images", count(10.0, 60_000.0, true), images as u32),
    field!("T", "theory.param.total", count(10.0, LONGEST as f64, true), total as u32),
    choice!("keep", "theory.param.horizon", Horizon, horizon),
    choice!("ball", "theory.param.ball", Ball, ball),
    field!("L", "theory.param.smoothness", ratio(0.01, 1000.0, 2), constants.smoothness as f64),
    field!("D", "theory.param.diameter", ratio(0.01, 100.0, 2), constants.diameter as f64),
    field!("sigma", "theory.param.sigma", ratio(0.01, 100.0, 2), constants.sigma as f64),
    switch!("typed", "theory.param.typed", typed),
    field!("delta", "theory.param.delta", ratio(0.01, 100.0, 2), constants.gap_in_value as f64),
    field!("upper", "theory.param.upper", ratio(0.01, 100.0, 2), constants.upper_value as f64),
    field!("G", "theory.param.lipschitz", ratio(0.01, 100.0, 2), lipschitz as f64),
    field!("beta", "theory.param.beta", ratio(0.1, 10.0, 2), beta as f64),
    field!("seed", "param.seed", count(0.0, 4_294_967_295.0, false), seed as u64),
];

/// The row of `key`; the first row for a key that is not in the table, which no caller has.
pub fn param(key: &str) -> &'static Param<TheoryState> {
    THEORY.iter().find(|row| row.key == key).unwrap_or(&THEORY[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::params::{emit, parse};

    #[test]
    fn every_state_survives_its_link() {
        let mut state = TheoryState::default();
        assert!(emit(THEORY, &state).is_empty());
        state.learning_rate.rule = RateRule::Power;
        state.learning_rate.a = 0.75;
        state.batch.rule = BatchRule::Growing;
        state.capped = true;
        state.constants.sigma = 0.5;
        state.ball = Ball::L1;
        state.horizon = Horizon::Stages;
        state.typed = true;
        state.total = LONGEST;
        let (read, notes) = parse(THEORY, &emit(THEORY, &state));
        assert_eq!(read, state);
        assert_eq!(notes, []);
    }

    #[test]
    fn what_is_out_of_range_is_adjusted() {
        let pairs = [("T", "1e9"), ("a", "1"), ("batch", "shrinking"), ("L", "-3")];
        let pairs: Vec<_> = pairs.map(|(key, value)| (key.to_string(), value.to_string())).into();
        let (state, notes) = parse(THEORY, &pairs);
        assert_eq!((state.total, state.learning_rate.a), (LONGEST, 0.99));
        assert_eq!(state.constants.smoothness, 0.01);
        assert_eq!(notes.len(), 4);
    }
}
