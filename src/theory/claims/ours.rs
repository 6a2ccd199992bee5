//! What we correct or add, checked.

use super::{Finding, GOLDEN, SEEDS, STEPS, last_mean_gap, over_seeds, quadratic};
use crate::optim::finite_sum::estimator::Averaging;
use crate::optim::schedule::{BatchRule, LearningRate, RateRule};
use crate::random::Random;
use crate::theory::bounds::{Terms, Theorem, apriori, mean_noise, power_sum, printed, reddi, summed, weighted_apriori};
use crate::theory::grid::{CELLS, Horizon, limit};
use crate::theory::line::{Line, RAMP, RIDGE, STEEP, VALLEY, Walk};
use crate::theory::row::smallest_gaps;
use crate::theory::schedule::noise_left;
use crate::theory::{Constants, Schedule};

/// γ = 0.1 halved after every stage.
fn decay(stages: u32) -> Schedule {
    let mut schedule = Schedule::example(RateRule::StepDecay, BatchRule::Constant);
    schedule.learning_rate.stages = stages;
    schedule
}

fn walk(line: &Line, schedule: &Schedule, total: u32) -> Walk {
    line.walk(|t| schedule.rate_at(t, total), total)
}

fn ramp_constants() -> Constants {
    RAMP.constants(0.0, 1.0, 0.0)
}

/// The printed bound without noise; zeros if there is none.
fn printed_terms(theorem: Theorem, constants: &Constants, schedule: &Schedule, total: u32) -> Terms {
    printed(theorem, constants, schedule, total).unwrap_or_default()
}

/// Step decay with stages of fixed length is not O(1/T): the rates sum to at most Kγ/(1 − η), so the run stops early,
/// and the bound's first term explodes.
pub(super) fn step_decay_short_stages() -> Finding {
    let at = |total: u32| walk(&RAMP, &decay(total / 10), total);
    let (short, long) = (at(1000), at(10_000));
    let first = printed_terms(Theorem::T34ii, &ramp_constants(), &decay(100), 1000).value;
    let numbers = [
        ("mean-gap-1e3", short.mean_gap),
        ("mean-gap-1e4", long.mean_gap),
        ("end-gap", long.end_gap),
        ("first-term-1e3", first),
    ];
    Finding::new(long.mean_gap > long.end_gap && long.end_gap > 0.126 && first > 1e28, &numbers)
}

/// Step decay with a fixed number of stages is not O(1/T): γ_∞ grows like T, so the bound's third term stays, and on
/// a valley so does the mean gap.
pub(super) fn step_decay_few_stages() -> Finding {
    let constants = VALLEY.constants(0.0, 0.5, 1.0);
    let mean_gap = |total| walk(&VALLEY, &decay(4), total).mean_gap;
    let third = |total| printed_terms(Theorem::T34ii, &constants, &decay(4), total).step;
    let (short, long) = (mean_gap(40), mean_gap(40_000));
    let numbers = [
        ("mean-gap-40", short),
        ("mean-gap-4e4", long),
        ("third-term-40", third(40)),
        ("third-term-4e4", third(40_000)),
    ];
    Finding::new(long > 0.025 && third(40_000) > 0.999 * third(40), &numbers)
}

/// With P ≈ ½ log T/log(1/η) stages the printed bound of step decay goes to 0 like 1/log T, and not faster.
pub(super) fn step_decay_honest() -> Finding {
    let constants = VALLEY.constants(0.0, 0.5, 1.0);
    let times_log = |total: u32| {
        let log = f64::from(total).ln();
        let stages = (0.5 * log / 2.0_f64.ln()).round() as u32;
        log * printed_terms(Theorem::T34ii, &constants, &decay(stages), total).total()
    };
    let [first, second, third] = [10_000, 1_000_000, 1_000_000_000].map(times_log);
    // γLD² ln(1/η)/(2c(1−η)) with c = ½
    let limit = 0.8 * 2.0_f64.ln();
    let numbers = [("log-bound-1e4", first), ("log-bound-1e6", second), ("log-bound-1e9", third), ("limit", limit)];
    Finding::new(first < 1.5 && second < first && (third / limit - 1.0).abs() < 0.1, &numbers)
}

/// Theorem 3.5(ii) needs the *last* rate under T, as 3.4(ii) has it. With the first rate, as printed, the bound is false.
pub(super) fn last_rate() -> Finding {
    let (total, schedule) = (1000, decay(100));
    let terms = printed_terms(Theorem::T35ii, &ramp_constants(), &schedule, total);
    let first_rate = schedule.rate_at(0, total);
    let without = ramp_constants().twice_largest_value() / (f64::from(total) * first_rate) + terms.step;
    let mean_gap = walk(&RAMP, &schedule, total).mean_gap;
    let numbers = [("mean-gap", mean_gap), ("bound-first-rate", without), ("bound-last-rate", terms.total())];
    Finding::new(without < mean_gap && mean_gap <= terms.total(), &numbers)
}

/// γ_∞, which the slides leave undefined, must be the sum of all rates. Read as the largest of them, 3.4(ii) is false.
pub(super) fn sum_of_rates() -> Finding {
    let (total, schedule) = (40_000, decay(4));
    let terms = printed_terms(Theorem::T34ii, &VALLEY.constants(0.0, 0.5, 1.0), &schedule, total);
    // LD²γ₀/(2T) in its place, with L = 1 and D = 2.
    let largest = terms.value + 2.0 * schedule.rate_at(0, total) / f64::from(total);
    let mean_gap = walk(&VALLEY, &schedule, total).mean_gap;
    let numbers = [("mean-gap", mean_gap), ("bound-largest-rate", largest), ("bound-sum-of-rates", terms.total())];
    Finding::new(largest < mean_gap && mean_gap <= terms.total(), &numbers)
}

/// For γ = 1/(t+1) only this follows: the smallest gap is below (Δ + LD²π²/12)/H_T + Dσ/√b, which falls like 1/log T.
pub(super) fn harmonic_is_slow() -> Finding {
    check_harmonic().unwrap_or_default()
}

fn check_harmonic() -> Option<Finding> {
    let problem = quadratic(0.7)?;
    let constants = problem.constants();
    let schedule = Schedule::example(RateRule::Harmonic, BatchRule::Constant);
    let last = |rows: &[_]| smallest_gaps(rows).last().copied().unwrap_or(f64::NAN);
    let smallest = over_seeds(&problem, &schedule, STEPS, last)?;
    let bound = weighted_apriori(constants, &schedule, STEPS, STEPS)?.total();
    let mean_stays = apriori(constants, &schedule, STEPS, STEPS)?.value;
    let thousandfold = power_sum(1.0, 1_000_000) / power_sum(1.0, 1000);
    let numbers = [
        ("smallest-gap", smallest.mean),
        ("weighted-bound", bound),
        ("value-term-of-mean", mean_stays),
        ("fall-for-1000-times-the-steps", thousandfold),
    ];
    Some(Finding::new(smallest.surely_below() <= bound && mean_stays > 0.0 && thousandfold < 2.0, &numbers))
}

/// “Only both” is a sentence about upper bounds: of the eight cells only (t+1)⁻ᵃ with a growing batch has a bound that
/// goes to 0, and only if the stages' length E is fixed, so that the batch grows exponentially.
pub(super) fn only_both_of_bounds() -> Finding {
    let zero = |horizon| {
        let goes = |rate, batch| {
            let limit = limit(&GOLDEN, &Schedule::example(rate, batch), 1000, horizon);
            limit.is_some_and(|limit| limit.total() == 0.0)
        };
        CELLS.iter().filter(|cell| goes(cell.rate, cell.batch)).copied().collect::<Vec<_>>()
    };
    let (lengths, stages) = (zero(Horizon::Lengths), zero(Horizon::Stages));
    let right = lengths.iter().all(|cell| cell.theorem() == Some(Theorem::T35i));
    let numbers = [("cells-fixed-lengths", lengths.len() as f64), ("cells-fixed-stages", stages.len() as f64)];
    Finding::new(lengths.len() == 1 && right && stages.is_empty(), &numbers)
}

/// The noise term of a growing batch is O(1/T) for a fixed stage length E only. Then the last batch is bλ^(T/E − 1);
/// with a fixed number of stages Q the term does not depend on T.
pub(super) fn growing_needs_more_stages() -> Finding {
    let noise = |stages: u32, total: u32| {
        let mut schedule = Schedule::example(RateRule::Constant, BatchRule::Growing);
        schedule.batch.stages = stages;
        printed_terms(Theorem::T32, &GOLDEN, &schedule, total).noise
    };
    let few = noise(5, 1_000_000) / noise(5, 1000);
    let many = noise(100, 10_000) / noise(10, 1000);
    let last_batch = 16.0 * 2.0_f64.powi(99);
    let numbers = [("few-stages-ratio", few), ("fixed-length-ratio", many), ("last-batch-1e4", last_batch)];
    Finding::new((few - 1.0).abs() < 1e-9 && (many - 0.1).abs() < 1e-9, &numbers)
}

/// A finite data set ends the growth: b = 16 doubled meets n = 2,000 at stage 7, which would want 2,048.
pub(super) fn batch_is_capped() -> Finding {
    let total = 1000;
    let mut schedule = Schedule::example(RateRule::Constant, BatchRule::Growing);
    (schedule.batch.stages, schedule.images) = (10, Some(2000));
    let first = (0..total).find(|t| schedule.batch_at(*t, total).1).unwrap_or(total);
    let stage = first / schedule.batch_stage(total);
    let wanted = 16.0 * 2.0_f64.powi(stage as i32);
    let left = schedule.noise_at(first, total);
    let numbers = [("cap-stage", f64::from(stage)), ("wanted", wanted), ("images", 2000.0), ("noise-left", left)];
    Finding::new(stage == 7 && wanted == 2048.0 && left == 0.0, &numbers)
}

/// A batch of b different images out of n has (n − b)/(n − 1) of the variance σ²/b, and none at b = n.
pub(super) fn without_replacement() -> Finding {
    let n = 50;
    let mut random = Random::new(7, 0);
    let values: Vec<f64> = (0..n).map(|_| random.symmetric(1.0)).collect();
    let mean = values.iter().sum::<f64>() / n as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n as f64;
    let mut share = |b: usize| {
        let draws = 4000;
        let mut squares = 0.0;
        for _ in 0..draws {
            let sum: f64 = random.distinct(b, n).into_iter().filter_map(|i| values.get(i)).sum();
            squares += (sum / b as f64 - mean).powi(2);
        }
        squares / f64::from(draws) / variance
    };
    let (some, all) = (share(40), share(n));
    let theory = noise_left(40.0, Some(n as u32)).powi(2);
    let numbers = [("variance-b-40", some), ("theory-b-40", theory), ("with-replacement", 1.0 / 40.0), ("all", all)];
    Finding::new((some / theory - 1.0).abs() < 0.1 && all < 1e-12, &numbers)
}

/// The slides' sum over a growing batch drops the factor 1 − λ^(−Q/2): a valid bound, too large by its inverse.
pub(super) fn geometric_factor() -> Finding {
    let schedule = Schedule::example(RateRule::Constant, BatchRule::Growing);
    let exact = GOLDEN.diameter * GOLDEN.sigma * mean_noise(&schedule, 1000, 1000);
    let printed = printed_terms(Theorem::T32, &GOLDEN, &schedule, 1000).noise;
    let factor = 1.0 - 2.0_f64.powf(-2.5);
    let numbers = [("noise-exact", exact), ("noise-printed", printed), ("factor", factor)];
    Finding::new((exact / printed - factor).abs() < 1e-12, &numbers)
}

/// Where the slides write 2·max{f̄, |f*|}, f̄ − f* suffices: half of it or less if f* ≥ 0.
pub(super) fn twice_too_large() -> Finding {
    check_twice().unwrap_or_default()
}

fn check_twice() -> Option<Finding> {
    let problem = quadratic(0.7)?;
    let constants = problem.constants();
    let schedule = Schedule::example(RateRule::Power, BatchRule::Constant);
    let theirs = printed(Theorem::T34i, constants, &schedule, STEPS)?;
    let ours = apriori(constants, &schedule, STEPS, STEPS)?;
    let measured = over_seeds(&problem, &schedule, STEPS, last_mean_gap)?;
    let numbers = [
        ("value-printed", theirs.value),
        ("value-ours", ours.value),
        ("bound", ours.total()),
        ("mean-gap", measured.mean),
    ];
    let half = ours.value <= 0.5 * theirs.value * (1.0 + 1e-12);
    Some(Finding::new(half && measured.surely_below() <= ours.total(), &numbers))
}

/// θ* must be a *global* optimum: with the value of a local one, 3.1 is false.
pub(super) fn lowest_value() -> Finding {
    let mut schedule = Schedule::example(RateRule::Constant, BatchRule::Constant);
    schedule.learning_rate.gamma = 0.01;
    let bound = |lowest| {
        let constants = RIDGE.constants(lowest, 0.0, 1.0);
        printed_terms(Theorem::T31, &constants, &schedule, 100).total()
    };
    let (local, global) = (bound((RIDGE.value)(RIDGE.low)), bound((RIDGE.value)(RIDGE.high)));
    let mean_gap = walk(&RIDGE, &schedule, 100).mean_gap;
    let numbers = [("mean-gap", mean_gap), ("bound-local", local), ("bound-global", global)];
    Finding::new(local < mean_gap && mean_gap <= global, &numbers)
}

/// Assumption A3 is printed without L. Taken literally (L = 1) the bounds are false for steeper functions.
pub(super) fn smoothness_letter() -> Finding {
    let schedule = Schedule::example(RateRule::Constant, BatchRule::Constant);
    let bound = |smoothness| {
        let constants = STEEP.constants(0.0, 50.0, smoothness);
        printed_terms(Theorem::T31, &constants, &schedule, 2000).total()
    };
    let (one, true_value) = (bound(1.0), bound(100.0));
    let mean_gap = walk(&STEEP, &schedule, 2000).mean_gap;
    let numbers = [("mean-gap", mean_gap), ("bound-l-1", one), ("bound-l-100", true_value)];
    Finding::new(one < mean_gap && mean_gap <= true_value, &numbers)
}

/// Theorem 2 of Reddi et al. is quoted rightly and is 3.1 with its γ and b = T, its second constant doubled. β is free,
/// 1 the best.
pub(super) fn theorem_2_is_3_1() -> Finding {
    let total = 100;
    let bound = |beta| reddi(&GOLDEN, 5.0, beta, total).bound.total();
    let theirs = reddi(&GOLDEN, 5.0, 1.0, total);
    let mut schedule = Schedule::example(RateRule::Constant, BatchRule::Constant);
    schedule.learning_rate = LearningRate { gamma: theirs.gamma, ..schedule.learning_rate };
    schedule.batch.b = total;
    let constants = Constants { sigma: 5.0, ..GOLDEN };
    let slides = printed_terms(Theorem::T31, &constants, &schedule, total);
    let ratio = (theirs.bound.value + theirs.bound.step) / (slides.value + slides.step);
    let best = [0.25, 0.5, 2.0, 4.0].into_iter().all(|beta| bound(beta) > bound(1.0));
    let same_noise = (theirs.bound.noise - slides.noise).abs() < 1e-12;
    let numbers = [
        ("rate", theirs.gamma),
        ("bound-reddi", bound(1.0)),
        ("bound-3-1", slides.total()),
        ("ratio-without-noise", ratio),
    ];
    Finding::new((ratio - 2.0).abs() < 1e-9 && same_noise && best, &numbers)
}

/// G ≥ 0 everywhere on Ω, so “G(θ*) ≤ 0 at an optimum” means G(θ*) = 0.
pub(super) fn gap_is_never_negative() -> Finding {
    let Some(problem) = quadratic(1.5) else { return Finding::default() };
    let schedule = Schedule::example(RateRule::Power, BatchRule::Constant);
    let rows = problem.run(&schedule, 500, 3).unwrap_or_default();
    let smallest = smallest_gaps(&rows).last().copied().unwrap_or(f64::NAN);
    let optimum = problem.gap(problem.optimum()).unwrap_or(f64::NAN);
    Finding::new(smallest >= -1e-12 && optimum.abs() < 1e-9, &[("smallest-gap", smallest), ("gap-at-optimum", optimum)])
}

/// The gap of a batch's gradient is too large on average, by up to Dσ/√b; no theorem bounds it.
pub(super) fn batch_gap_is_biased() -> Finding {
    check_bias().unwrap_or_default()
}

fn check_bias() -> Option<Finding> {
    let problem = quadratic(0.7)?;
    let schedule = Schedule::example(RateRule::Constant, BatchRule::Constant);
    let excess = |rows: &[crate::theory::Row]| {
        rows.iter().map(|row| row.gap_batch - row.gap).sum::<f64>() / rows.len().max(1) as f64
    };
    let bias = over_seeds(&problem, &schedule, STEPS, excess)?;
    let rows = problem.run(&schedule, STEPS, SEEDS).ok()?;
    let most = summed(problem.constants(), &rows).last()?.noise;
    let numbers = [("bias", bias.mean), ("standard-error", bias.error), ("most", most)];
    Some(Finding::new(bias.mean - 4.0 * bias.error > 0.0 && bias.surely_below() <= most, &numbers))
}

/// The slides' γ = 1/T for SCG belongs to its version for submodular maximisation, which adds vₜ/T up from 0 (Mokhtari,
/// Hassani, Karbasi 2020). Added up from anywhere else it leaves Ω; averaged it keeps (1 − 1/T)^T ≈ 1/e of the start,
/// whatever the directions are. Their step for convex f, 2/(t+8), forgets the start.
pub(super) fn scg_adds_up() -> Finding {
    let total = 10_000;
    let share = 1.0 / f64::from(total);
    let lower = |direction: f64| if direction > 0.0 { 0.0 } else { 1.0 };
    let kept = scg(1.0, total, |_, x, direction| x + share * (lower(direction) - x));
    let convex = scg(1.0, total, |t, x, direction| x + 2.0 / (f64::from(t) + 8.0) * (lower(direction) - x));
    let added = |start| scg(start, total, |_, x, direction| x + share * (1.0 - lower(direction)));
    let (from_0, from_half) = (added(0.0), added(0.5));
    let numbers = [
        ("gap-one-over-t", kept),
        ("gap-two-over-t", convex),
        ("added-from-0", from_0),
        ("added-from-half", from_half),
    ];
    Finding::new(kept > 0.36 && convex < 0.01 && from_0 <= 1.0 + 1e-9 && from_half > 1.0, &numbers)
}

/// SCG on f(x) = x over [0, 1], whose gap at x is x: where `step(t, x, d)` leads after `total` steps, d being the running
/// mean of slopes 1 with noise in ±4. A line stands for any set: what becomes of the start does not depend on it.
fn scg(start: f64, total: u32, step: impl Fn(u32, f64, f64) -> f64) -> f64 {
    let mut random = Random::new(11, 0);
    let (mut x, mut direction) = (start, 0.0);
    for t in 0..total {
        let weight = Averaging::Mokhtari.at(t);
        direction = (1.0 - weight) * direction + weight * (1.0 + random.symmetric(4.0));
        x = step(t, x, direction);
    }
    x
}
