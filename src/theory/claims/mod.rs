//! What the slides of Sato and Iiduka (2025) claim, and what we correct: each with a check that runs
//! in well under a second, in the page and in the tests alike. [`Source`] says whose sentence it is.
//!
//! Texts: `claim.<key>` is the sentence, `claim-number.<name>` names a number that a check reports.

mod attacks;
mod ours;
mod slides;

use super::bounds::Theorem;
use super::quadratic::{NoisyQuadratic, Recipe};
use super::row::{Estimate, Row, mean_gaps};
use super::{Constants, Schedule};

/// Whose sentence a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Theirs: stated on the slides.
    Slides,
    /// Ours: a correction, or what the slides leave unsaid.
    Ours,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Finding {
    /// Whether the sentence stands.
    pub holds: bool,
    /// What was measured, by name.
    pub numbers: Vec<(&'static str, f64)>,
}

impl Finding {
    fn new(holds: bool, numbers: &[(&'static str, f64)]) -> Self {
        Self { holds, numbers: numbers.to_vec() }
    }

    /// One of its numbers.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers.iter().find(|(key, _)| *key == name).map(|(_, number)| *number)
    }
}

/// A sentence and its check.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// Stable key: URL, text key `claim.<key>`.
    pub key: &'static str,
    pub of: Source,
    /// Computes what the sentence says. Always the same answer.
    pub check: fn() -> Finding,
}

const fn theirs(key: &'static str, check: fn() -> Finding) -> Claim {
    Claim { key, of: Source::Slides, check }
}

const fn ours(key: &'static str, check: fn() -> Finding) -> Claim {
    Claim { key, of: Source::Ours, check }
}

/// All of them: the slides' in their order, then ours.
pub static CLAIMS: &[Claim] = &[
    theirs("gradient-is-no-measure", slides::gradient_is_no_measure),
    theirs("stays-inside", slides::stays_inside),
    theirs("theorem-2", || slides::theorem(Theorem::Reddi)),
    theirs("theorem-2-is-unrealistic", slides::theorem_2_is_unrealistic),
    theirs("square-root-trick", slides::square_root_trick),
    theirs("theorem-3-1", || slides::theorem(Theorem::T31)),
    theirs("theorem-3-2", || slides::theorem(Theorem::T32)),
    theirs("theorem-3-3", slides::theorem_3_3),
    theirs("theorem-3-4-i", || slides::theorem(Theorem::T34i)),
    theirs("theorem-3-4-ii", || slides::theorem(Theorem::T34ii)),
    theirs("theorem-3-5-i", || slides::theorem(Theorem::T35i)),
    theirs("theorem-3-5-ii", || slides::theorem(Theorem::T35ii)),
    theirs("step-decay-order", slides::step_decay_order),
    theirs("only-both", slides::only_both),
    theirs("new-attack", attacks::new_attack),
    theirs("weaker-attack", attacks::weaker_attack),
    ours("step-decay-short-stages", ours::step_decay_short_stages),
    ours("step-decay-few-stages", ours::step_decay_few_stages),
    ours("step-decay-honest", ours::step_decay_honest),
    ours("last-rate", ours::last_rate),
    ours("sum-of-rates", ours::sum_of_rates),
    ours("harmonic-is-slow", ours::harmonic_is_slow),
    ours("only-both-of-bounds", ours::only_both_of_bounds),
    ours("growing-needs-more-stages", ours::growing_needs_more_stages),
    ours("batch-is-capped", ours::batch_is_capped),
    ours("without-replacement", ours::without_replacement),
    ours("geometric-factor", ours::geometric_factor),
    ours("twice-too-large", ours::twice_too_large),
    ours("lowest-value", ours::lowest_value),
    ours("smoothness-letter", ours::smoothness_letter),
    ours("theorem-2-is-3-1", ours::theorem_2_is_3_1),
    ours("gap-is-never-negative", ours::gap_is_never_negative),
    ours("batch-gap-is-biased", ours::batch_gap_is_biased),
    ours("scg-adds-up", ours::scg_adds_up),
    ours("listing-is-open", attacks::listing_is_open),
    ours("both-overestimate", attacks::both_overestimate),
    ours("misprints", attacks::misprints),
];

/// Steps and runs of a check on the noisy quadratic.
const STEPS: u32 = 200;
const SEEDS: u64 = 20;

/// The quadratic of the checks; `reach` above 1 puts its optimum on the boundary.
fn quadratic(reach: f64) -> Option<NoisyQuadratic> {
    NoisyQuadratic::new(&Recipe { dimensions: 10, reach, ..Recipe::default() }).ok()
}

/// A number of each of many runs, averaged.
fn over_seeds(
    problem: &NoisyQuadratic,
    schedule: &Schedule,
    total: u32,
    number: impl Fn(&[Row]) -> f64,
) -> Option<Estimate> {
    let mut numbers = Vec::new();
    for seed in 0..SEEDS {
        numbers.push(number(&problem.run(schedule, total, seed).ok()?));
    }
    Estimate::of(&numbers)
}

/// A_T at the end of a run.
fn last_mean_gap(rows: &[Row]) -> f64 {
    mean_gaps(rows).last().copied().unwrap_or(f64::NAN)
}

/// The constants of the golden numbers: T = 1000 steps on a problem the size of a ten-class loss.
const GOLDEN: Constants =
    Constants { gap_in_value: 2.3, upper_value: 2.3, lowest_value: 0.0, smoothness: 3.0, diameter: 2.0, sigma: 1.0 };
