//! A run of the Train page as the theorems see it: what they say about it at all, and one row a step, made of what was
//! measured now and then. Between two measurements f goes straight, the gap stays what it was, and so do σ, ‖eₜ‖ and
//! ‖dₜ‖; the rates and the batches are those of every step.

use std::collections::BTreeMap;

use super::bounds_along::bound_at;
use super::plot::spaced;
use crate::app::lab::RunLog;
use crate::optim::Rescale;
use crate::optim::schedule::{BatchRule, BatchSize, LearningRate, RateRule};
use crate::session::{Activation, ConstantId, ConstantsNow, DataId, Experiment, NetworkId, PathPoint, RunSpec};
use crate::theory::bounds::{pathwise, summed};
use crate::theory::grid::Cell;
use crate::theory::row::{mean_gaps, smallest_gaps};
use crate::theory::{Constants, Row, Schedule, Terms};

/// Points of a curve.
const POINTS: usize = 160;

/// What the theorems say about a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The printed theorem, ★★ and ★.
    All,
    /// ★ alone.
    Path,
    /// Nothing.
    Nothing,
}

/// What they say about a run, and the reason if that is not all: text key `theory.cnn.not.<reason>`.
pub fn scope(spec: &RunSpec) -> (Scope, &'static str) {
    if spec.method.key() != "sfw" {
        (Scope::Nothing, "method")
    } else if spec.rescale != Rescale::None {
        (Scope::Nothing, "rescale")
    } else if spec.learning_rate.gamma > 1.0 {
        (Scope::Nothing, "rate")
    } else if spec.momentum > 0.0 {
        (Scope::Path, "momentum")
    } else {
        (Scope::All, "")
    }
}

/// A short run about which all of them speak: plain steps of one γ, no momentum, a smooth activation.
pub fn plain_run() -> Experiment {
    let run = RunSpec {
        learning_rate: LearningRate { rule: RateRule::Constant, gamma: 0.01, ..LearningRate::default() },
        batch: BatchSize { rule: BatchRule::Constant, b: 64, ..BatchSize::default() },
        momentum: 0.0,
        rescale: Rescale::None,
        ..RunSpec::default()
    };
    Experiment {
        data: DataId::FashionMnist,
        network: NetworkId::Tiny,
        activation: Activation::Gelu,
        steps: 300,
        evaluate_every: 20,
        a: run,
        ..Experiment::default()
    }
}

/// The constants as the bounds take them.
pub fn constants(found: &ConstantsNow) -> Constants {
    let value = |id: ConstantId| {
        let known = found.values.iter().find(|known| known.id == id);
        known.map_or(f64::NAN, |known| known.value)
    };
    Constants {
        gap_in_value: value(ConstantId::GapInValue),
        upper_value: value(ConstantId::UpperValue),
        lowest_value: value(ConstantId::LowestValue),
        smoothness: value(ConstantId::Smoothness),
        diameter: value(ConstantId::Diameter),
        sigma: value(ConstantId::Sigma),
    }
}

/// What is known after `at` steps; NaN what is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    pub at: u32,
    pub mean: f64,
    pub smallest: f64,
    pub before: f64,
    pub summed: f64,
}

/// A run, with all its curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub scope: Scope,
    /// The theorem's number, if one was printed for these rules.
    pub number: &'static str,
    pub curves: Vec<Known>,
    /// ★, where its errors were measured.
    pub path: Vec<(u32, f64)>,
}

impl Run {
    /// The curves of a run, as far as it was measured. `images` is the number of training images.
    pub fn new(log: &RunLog, experiment: &Experiment, images: u32, found: Option<&ConstantsNow>) -> Self {
        let spec = &experiment.a;
        let (scope, _) = scope(spec);
        let cell = Cell { rate: spec.learning_rate.rule, batch: spec.batch.rule };
        let schedule = Schedule {
            learning_rate: spec.learning_rate.clone(),
            batch: spec.batch.clone(),
            images: (images > 0).then_some(images),
        };
        let total = experiment.steps;
        let path = found.map_or(&[][..], |found| found.path.as_slice());
        let rows = rows(&seen(log, found), path, &schedule, total);
        let (means, smallest) = (mean_gaps(&rows), smallest_gaps(&rows));
        let known = found.map(constants).filter(|_| scope != Scope::Nothing);
        let all = known.filter(|_| scope == Scope::All);
        let summed = all.map(|constants| summed(&constants, &rows)).unwrap_or_default();
        let pathwise = known.map(|constants| pathwise(&constants, &rows)).unwrap_or_default();
        let of = |values: &[f64], place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        let sum = |terms: &[Terms], place: usize| terms.get(place).map_or(f64::NAN, Terms::total);
        // An estimation speaks about the path up to where it was asked for.
        let told = found.map_or(0, |found| found.t);
        let curve = |place: usize| {
            let at = place as u32 + 1;
            let all = all.filter(|_| at <= told);
            Known {
                at,
                mean: of(&means, place),
                smallest: of(&smallest, place),
                before: all.map_or(f64::NAN, |constants| bound_at(cell, &schedule, &constants, total, at)),
                summed: all.map_or(f64::NAN, |_| sum(&summed, place)),
            }
        };
        let ends = path.iter().map(|point| point.t).filter(|t| *t > 0);
        Self {
            scope,
            number: cell.theorem().filter(|_| spec.learning_rate.rule != RateRule::Harmonic).map_or("", |t| t.number()),
            curves: spaced(rows.len(), POINTS).into_iter().map(curve).collect(),
            path: ends.map(|t| (t, sum(&pathwise, t as usize - 1))).filter(|(_, bound)| bound.is_finite()).collect(),
        }
    }

    /// What is known after so many steps: at the last place of the curves that is not beyond.
    pub fn at(&self, steps: u32) -> Option<Known> {
        let place = self.curves.partition_point(|known| known.at <= steps);
        self.curves.get(place.saturating_sub(1)).copied()
    }

    /// ★ there.
    pub fn path_at(&self, steps: u32) -> f64 {
        self.path.iter().take_while(|(t, _)| *t <= steps).last().map_or(f64::NAN, |(_, bound)| *bound)
    }
}

/// f and the full gap at a step.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Seen {
    t: u32,
    value: f64,
    gap: f64,
}

/// Everything measured on the reference images, by step, from step 0.
fn seen(log: &RunLog, found: Option<&ConstantsNow>) -> Vec<Seen> {
    let mut all: BTreeMap<u32, Seen> = BTreeMap::new();
    for row in &log.evaluations {
        let gap = row.full_gap.iter().map(|gap| f64::from(*gap)).sum();
        all.insert(row.t, Seen { t: row.t, value: f64::from(row.reference_loss), gap });
    }
    for point in found.iter().flat_map(|found| &found.path) {
        all.insert(point.t, Seen { t: point.t, value: point.value, gap: point.gap });
    }
    // The Train page does not measure before the first step: until the estimation has, the first measurement stands
    // for it.
    if let Some(first) = all.values().next().copied() {
        all.entry(0).or_insert(Seen { t: 0, ..first });
    }
    all.into_values().collect()
}

/// One row a step.
fn rows(seen: &[Seen], path: &[PathPoint], schedule: &Schedule, total: u32) -> Vec<Row> {
    let mut rows = Vec::new();
    for (from, to) in seen.iter().zip(seen.iter().skip(1)) {
        let slope = (to.value - from.value) / f64::from(to.t - from.t);
        for t in from.t..to.t {
            let point = path.iter().take_while(|point| point.t <= t).last();
            let of = |read: fn(&PathPoint) -> f64| point.map_or(f64::NAN, read);
            let (batch, capped) = schedule.batch_at(t, total);
            let value = from.value + slope * f64::from(t - from.t);
            rows.push(Row {
                t,
                steps: 1,
                gamma: schedule.rate_at(t, total).min(1.0),
                batch,
                capped,
                noise: of(|point| point.variance).sqrt() * schedule.noise_at(t, total),
                value,
                next_value: value + slope,
                gap: from.gap,
                gap_batch: f64::NAN,
                error: of(|point| point.error),
                moved: of(|point| point.moved),
            });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Evaluation, Knowledge, KnownConstant, RunId};

    fn measured(t: u32, loss: f32, gap: f32) -> Evaluation {
        Evaluation {
            run: RunId::A,
            t,
            reference_images: 64,
            reference_loss: loss,
            full_gap: vec![gap, 0.0],
            test_images: 0,
            test_loss: 0.0,
            test_accuracy: 0.0,
        }
    }

    fn point(t: u32, value: f64, gap: f64) -> PathPoint {
        PathPoint {
            t,
            value,
            gap,
            variance: 4.0,
            variance_error: 0.1,
            pairs: 16,
            error: 0.5,
            moved: 3.0,
            gamma: [0.01; 2],
        }
    }

    fn found() -> ConstantsNow {
        let value = |id, value| KnownConstant { id, value, error: 0.0, kind: Knowledge::Estimate, samples: 1 };
        ConstantsNow {
            t: 20,
            reference_images: 64,
            done: 1,
            of: 1,
            values: vec![
                value(ConstantId::Diameter, 10.0),
                value(ConstantId::Sigma, 2.0),
                value(ConstantId::Smoothness, 5.0),
                value(ConstantId::UpperValue, 2.0),
                value(ConstantId::LowestValue, 0.0),
                value(ConstantId::GapInValue, 2.0),
            ],
            path: vec![point(0, 2.0, 8.0), point(10, 1.5, 6.0)],
        }
    }

    fn log() -> RunLog {
        RunLog { evaluations: vec![measured(10, 1.5, 6.0), measured(20, 1.0, 4.0)], ..RunLog::default() }
    }

    #[test]
    fn theorems_keep_silent_about_what_they_do_not_cover() {
        assert_eq!(scope(&plain_run().a), (Scope::All, ""));
        assert_eq!(scope(&RunSpec::default()), (Scope::Nothing, "rescale"));
        assert_eq!(scope(&RunSpec::opponent()), (Scope::Nothing, "method"));
        let momentum = RunSpec { momentum: 0.9, ..plain_run().a };
        assert_eq!(scope(&momentum), (Scope::Path, "momentum"));
    }

    #[test]
    fn measurements_become_steps() {
        let mut experiment = plain_run();
        experiment.steps = 20;
        let (log, found) = (log(), found());
        let run = Run::new(&log, &experiment, 0, Some(&found));
        assert_eq!((run.scope, run.number), (Scope::All, "3.1"));
        let last = run.at(20).unwrap_or_else(|| Known { at: 0, mean: 0.0, smallest: 0.0, before: 0.0, summed: 0.0 });
        // Ten steps at gap 8, ten at 6; the gap at the end belongs to a step that was not made.
        assert_eq!((last.at, last.mean, last.smallest), (20, 7.0, 6.0));
        // Δ/(γT) + Dσ/√b + LD²γ/2 = 2/(0.01·20) + 10·2/8 + 5·100·0.01/2
        assert!((last.before - (10.0 + 2.5 + 2.5)).abs() < 1e-9, "{last:?}");
        // (f₀ − f_T)/(γT) in place of Δ/(γT).
        assert!((last.summed - (5.0 + 2.5 + 2.5)).abs() < 1e-6, "{last:?}");
        // After ten steps: 0.5/(0.01·10) + D‖e‖ + Lγ‖d‖²/2.
        let [(t, star)] = run.path.as_slice() else { unreachable!("one point after the start") };
        assert_eq!(*t, 10);
        assert!((star - (5.0 + 5.0 + 0.225)).abs() < 1e-6, "{star}");
    }

    #[test]
    fn without_constants_only_what_was_measured_is_drawn() {
        let run = Run::new(&log(), &plain_run(), 1000, None);
        assert_eq!(run.at(20).map(|known| known.mean), Some(6.0));
        assert!(run.curves.iter().all(|known| known.before.is_nan() && known.summed.is_nan()));
        assert!(run.path.is_empty());
        assert!(Run::new(&RunLog::default(), &plain_run(), 0, None).curves.is_empty());
    }
}
