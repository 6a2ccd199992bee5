//! What the slides say, checked.

use super::{Finding, STEPS, last_mean_gap, over_seeds, quadratic};
use crate::optim::schedule::{BatchRule, LearningRate, RateRule};
use crate::theory::Schedule;
use crate::theory::bounds::{Theorem, printed, reddi_schedule};
use crate::theory::line::{RAMP, VALLEY};
use crate::theory::quadratic::Run;

/// Under constraints ‖∇f‖ does not measure how far one has come: at an optimum on the boundary the gap is 0, ‖∇f‖ not.
pub(super) fn gradient_is_no_measure() -> Finding {
    let Some(problem) = quadratic(1.5) else { return Finding::default() };
    let slope = problem.slope_length(problem.optimum());
    let gap = problem.gap(problem.optimum()).unwrap_or(f64::NAN);
    Finding::new(slope > 0.01 && gap.abs() < 1e-9, &[("slope-at-optimum", slope), ("gap-at-optimum", gap)])
}

/// θₜ₊₁ = γₜvₜ + (1 − γₜ)θₜ stays in Ω without a projection.
pub(super) fn stays_inside() -> Finding {
    let Some(problem) = quadratic(1.5) else { return Finding::default() };
    let schedule = Schedule::example(RateRule::Power, BatchRule::Constant);
    let mut run = Run::new(&problem, &schedule, 500, 1);
    let mut farthest = problem.set().gauge(run.position());
    while let Ok(Some(_)) = run.step() {
        farthest = farthest.max(problem.set().gauge(run.position()));
    }
    Finding::new(run.done() && farthest <= 1.0 + 1e-12, &[("farthest", farthest), ("steps", 500.0)])
}

/// The theorem's bound, as printed, is above the mean gap of the noisy quadratic.
pub(super) fn theorem(theorem: Theorem) -> Finding {
    check_theorem(theorem).unwrap_or_default()
}

fn check_theorem(theorem: Theorem) -> Option<Finding> {
    let problem = quadratic(0.7)?;
    let constants = problem.constants();
    let schedule = match theorem.rules() {
        Some((rate, batch)) => Schedule::example(rate, batch),
        None => reddi_schedule(constants, 1.0, STEPS, None),
    };
    let bound = printed(theorem, constants, &schedule, STEPS)?.total();
    let measured = over_seeds(&problem, &schedule, STEPS, last_mean_gap)?;
    let numbers = [("mean-gap", measured.mean), ("standard-error", measured.error), ("bound", bound)];
    Some(Finding::new(measured.surely_below() <= bound, &numbers))
}

/// Reddi's theorem asks for b = T: T² samples, and more images at once than there are.
pub(super) fn theorem_2_is_unrealistic() -> Finding {
    let (steps, images) = (100_000.0, 60_000.0);
    let passes = steps * steps / images;
    let numbers = [("steps", steps), ("images", images), ("batch", steps), ("passes", passes)];
    Finding::new(steps > images && passes > 1000.0, &numbers)
}

/// With γ = 1/√T the mean gap falls like 1/√T from plan to plan, but in one run with that γ it stops falling.
pub(super) fn square_root_trick() -> Finding {
    let planned = |total: u32| VALLEY.walk(|_| 1.0 / f64::from(total).sqrt(), total).mean_gap;
    let one_run = |total: u32| VALLEY.walk(|_| 0.1, total).mean_gap;
    let (short, long) = (planned(100), planned(10_000));
    let (early, late) = (one_run(10_000), one_run(100_000));
    let numbers = [("planned-1e2", short), ("planned-1e4", long), ("one-run-1e4", early), ("one-run-1e5", late)];
    Finding::new(long < 0.1 * short && late > 0.99 * early, &numbers)
}

/// 1/(t+1) with a constant batch: the mean gap stays below Dσ/√b. Measured, not proven: see `harmonic-is-slow`.
pub(super) fn theorem_3_3() -> Finding {
    let [small, middle, large] = [4, 16, 64].map(|b| noise_share(b).unwrap_or(f64::NAN));
    let numbers = [("share-b-4", small), ("share-b-16", middle), ("share-b-64", large)];
    Finding::new(small <= 1.0 && middle <= 1.0 && large <= 1.0, &numbers)
}

/// A_T over Dσ/√b after 200 steps of 1/(t+1).
fn noise_share(b: u32) -> Option<f64> {
    let problem = quadratic(0.7)?;
    let constants = problem.constants();
    let mut schedule = Schedule::example(RateRule::Harmonic, BatchRule::Constant);
    schedule.batch.b = b;
    let measured = over_seeds(&problem, &schedule, STEPS, last_mean_gap)?;
    Some(measured.surely_below() / (constants.diameter * constants.sigma) * f64::from(b).sqrt())
}

/// Step decay is O(1/T): then T·A_T would stay bounded. It grows with T, whether the stages' length or number is fixed.
pub(super) fn step_decay_order() -> Finding {
    let decay = |stages| LearningRate { rule: RateRule::StepDecay, gamma: 0.1, a: 0.5, eta: 0.5, stages };
    let ramp = |total: u32| {
        let rate = decay(total / 10);
        f64::from(total) * RAMP.walk(|t| rate.at(t, total), total).mean_gap
    };
    let valley = |total: u32| f64::from(total) * VALLEY.walk(|t| decay(4).at(t, total), total).mean_gap;
    let (short_early, short_late) = (ramp(1000), ramp(10_000));
    let (few_early, few_late) = (valley(1000), valley(10_000));
    let numbers = [
        ("short-stages-1e3", short_early),
        ("short-stages-1e4", short_late),
        ("few-stages-1e3", few_early),
        ("few-stages-1e4", few_late),
    ];
    Finding::new(short_late < 2.0 * short_early && few_late < 2.0 * few_early, &numbers)
}

/// The gap goes to 0 only if the rate decays and the batch grows. Read as a sentence about the method it is false: a
/// constant rate suffices on a slope, a constant batch where there is no noise.
pub(super) fn only_both() -> Finding {
    let constant_rate = RAMP.walk(|_| 0.1, 400).end_gap;
    let no_noise = VALLEY.walk(|t| f64::from(t + 1).powf(-0.5), 100_000).end_gap;
    let both_go_to_zero = constant_rate < 1e-12 && no_noise < 0.01;
    Finding::new(!both_go_to_zero, &[("constant-rate", constant_rate), ("no-noise", no_noise)])
}
