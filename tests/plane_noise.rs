//! The stochastic gradient of the plane: unbiased, with the variance it promises; nothing changes without noise, and
//! nothing leaves the set with it; what the bound says the noise leaves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fwlab::optim::active_set::Variant;
use fwlab::optim::objective::{Objective, Quadratic, Ripple};
use fwlab::optim::plane::{PlaneMethod, PlaneStep, PlaneStepper, STEP_RULES, StepRule, feasible_start};
use fwlab::optim::plane_noise::Noise;
use fwlab::sets::{ConstraintSet, SETS, SetId, SetShape};

fn noise(sigma: f64, batch: u32, growth: f64, seed: u64) -> Noise {
    Noise { sigma, batch, growth, seed }
}

fn build(key: &str) -> Box<dyn ConstraintSet> {
    let corners = vec![[-1.0, -0.4], [0.1, -1.1], [1.2, -0.2], [0.7, 0.9], [-0.6, 0.8]];
    let shape = SetShape { corners, ..SetShape::default() };
    SetId::parse(key).unwrap().entry().build(&shape, 2).unwrap()
}

fn quadratic() -> Quadratic {
    Quadratic { centre: [1.0, 0.8], stretch: 4.0, angle: 52.0_f64.to_radians() }
}

fn frank_wolfe(rule: StepRule, variant: Variant) -> PlaneMethod {
    PlaneMethod::FrankWolfe { rule, constant: 0.1, variant }
}

fn run(
    method: PlaneMethod,
    steps: usize,
    f: &dyn Objective,
    set: &dyn ConstraintSet,
    noise: Option<&Noise>,
) -> Vec<PlaneStep> {
    let mut stepper = PlaneStepper::new(method, feasible_start(set, [-0.62, -0.2]));
    (0..steps).map(|_| stepper.noisy_step(f, set, noise).unwrap()).collect()
}

/// Mean of the full gap over a run.
fn mean_gap(steps: &[PlaneStep]) -> f64 {
    steps.iter().map(|step| step.full_gap).sum::<f64>() / steps.len() as f64
}

#[test]
fn the_error_is_unbiased_and_has_variance_sigma_squared_over_b() {
    let draws = 20_000;
    for (sigma, batch) in [(1.0, 1), (2.0, 16), (0.5, 400)] {
        let noise = noise(sigma, batch, 0.0, 3);
        let errors: Vec<[f64; 2]> = (0..draws).map(|t| noise.error(t)).collect();
        let mean = |i: usize| errors.iter().map(|error| error[i]).sum::<f64>() / draws as f64;
        let square = |i: usize| errors.iter().map(|error| error[i] * error[i]).sum::<f64>() / draws as f64;
        let promised = sigma * sigma / f64::from(batch);
        // Five standard errors of the mean.
        let near = 5.0 * (0.5 * promised / draws as f64).sqrt();
        assert!(mean(0).abs() < near && mean(1).abs() < near, "{sigma} {batch}: {} {}", mean(0), mean(1));
        assert!((square(0) + square(1) - promised).abs() < 0.05 * promised);
        assert!((square(0) - square(1)).abs() < 0.05 * promised, "the same in every direction");
        assert!((noise.radius(0).powi(2) - promised).abs() < 1e-12);
    }
}

#[test]
fn the_samples_shown_have_the_batch_for_their_mean() {
    let whole = noise(1.5, 16, 0.0, 9);
    for t in 0..50 {
        let (samples, mean) = (whole.samples(t, 24), whole.error(t));
        assert_eq!(samples.len(), 16);
        for (i, asked) in mean.iter().enumerate() {
            let found = samples.iter().map(|sample| sample[i]).sum::<f64>() / 16.0;
            assert!((found - asked).abs() < 1e-12);
        }
    }
    // One sample of a batch scatters by σ, however large the batch is and however few of it are shown.
    for batch in [1, 16, 1000] {
        let noise = noise(1.5, batch, 0.0, 9);
        let squares: Vec<f64> = (0..8000).map(|t| noise.samples(t, 2)[0]).map(|[x, y]| x * x + y * y).collect();
        let variance = squares.iter().sum::<f64>() / squares.len() as f64;
        assert!((variance - 2.25).abs() < 0.12, "{batch}: {variance}");
    }
}

#[test]
fn a_batch_grows_as_told() {
    let sizes = |growth: f64| [0, 1, 9, 99].map(|t| noise(1.0, 4, growth, 0).batch_at(t));
    assert_eq!(sizes(0.0), [4.0, 4.0, 4.0, 4.0]);
    assert_eq!(sizes(1.0), [4.0, 8.0, 40.0, 400.0]);
    assert_eq!(sizes(2.0), [4.0, 16.0, 400.0, 40_000.0]);
    assert_eq!(noise(1.0, 0, 0.0, 0).batch_at(5), 1.0, "an empty batch counts as one sample");
    assert!(noise(1.0, 4096, 2.0, 0).batch_at(100_000).is_finite());
}

/// Another σ or b scales the same noise; another seed is another noise.
#[test]
fn draws_depend_on_seed_and_step_alone() {
    let (small, large) = (noise(1.0, 4, 0.0, 5), noise(2.0, 4, 0.0, 5));
    for t in 0..20 {
        let ([a, b], [c, d]) = (small.error(t), large.error(t));
        assert!((2.0 * a - c).abs() < 1e-12 && (2.0 * b - d).abs() < 1e-12);
        assert_eq!(small.error(t), noise(1.0, 4, 0.0, 5).error(t));
        assert_ne!(small.error(t), noise(1.0, 4, 0.0, 6).error(t));
        assert_ne!(small.error(t), small.another(t, 0));
        assert_ne!(small.another(t, 0), small.another(t, 1));
    }
}

#[test]
fn without_noise_every_bit_is_the_deterministic_run_s() {
    let silent = noise(0.0, 1, 0.0, 77);
    let same = |a: &PlaneStep, b: &PlaneStep| {
        let bits = |step: &PlaneStep| {
            let all = [step.x, step.g, step.v, step.next, [step.gap, step.full_gap], [step.gamma, step.value]];
            all.map(|pair| pair.map(f64::to_bits))
        };
        bits(a) == bits(b)
    };
    let objectives: [Box<dyn Objective>; 2] = [Box::new(quadratic()), Box::new(Ripple::at([0.3, 0.2]))];
    for entry in SETS.iter().filter(|entry| entry.in_plane) {
        let set = build(entry.key);
        for f in &objectives {
            for row in STEP_RULES {
                let method = frank_wolfe(row.rule, Variant::Classic);
                let mut plain = PlaneStepper::new(method, feasible_start(set.as_ref(), [-0.62, -0.2]));
                for step in run(method, 60, f.as_ref(), set.as_ref(), Some(&silent)) {
                    let exact = plain.step(f.as_ref(), set.as_ref()).unwrap();
                    assert!(same(&step, &exact), "{} {} at {}", entry.key, row.key, step.t);
                }
            }
        }
    }
}

/// Whatever the gradient says, a step towards a corner of Ω stays in Ω, and the full gap is a gap.
#[test]
fn noisy_steps_stay_inside() {
    let loud = noise(3.0, 1, 0.0, 2);
    for entry in SETS.iter().filter(|entry| entry.in_plane) {
        let set = build(entry.key);
        for row in STEP_RULES {
            for variant in [Variant::Classic, Variant::Away, Variant::Pairwise] {
                let method = frank_wolfe(row.rule, variant);
                let mut raised = 0.0;
                for step in run(method, 120, &quadratic(), set.as_ref(), Some(&loud)) {
                    let out = set.gauge(&step.next);
                    assert!(out <= 1.0 + 1e-9, "{} {} {variant:?}: {out}", entry.key, row.key);
                    assert!(step.gap >= -1e-9 && step.full_gap >= -1e-9);
                    assert!((0.0..=1.0).contains(&step.gamma) || variant == Variant::Away);
                    raised += step.gap - step.full_gap;
                }
                // The corner fits the noise as well: E max ≥ max E.
                assert!(raised > 0.0, "{} {} {variant:?}: the batch's gap is too large on average", entry.key, row.key);
            }
        }
    }
}

/// The average gap at a constant rate is at most h₀/(γT) + Dσ/√b + ½LD²γ.
#[test]
fn the_bound_holds_at_a_constant_rate() {
    let (f, steps, gamma) = (quadratic(), 1000, 0.1);
    for key in ["l1", "l2", "linf", "polygon"] {
        let set = build(key);
        let diameter = set.diameter(2);
        let lowest = f.value(fwlab::optim::objective::minimiser(&f, set.as_ref()));
        for batch in [1, 16, 256] {
            for seed in 0..8 {
                let noise = noise(1.0, batch, 0.0, seed);
                let all = run(frank_wolfe(StepRule::Constant, Variant::Classic), steps, &f, set.as_ref(), Some(&noise));
                let start = (all[0].value - lowest) / (gamma * steps as f64);
                let bound = start + noise.floor(diameter, 0) + 0.5 * f.smoothness() * diameter * diameter * gamma;
                assert!(mean_gap(&all) <= bound, "{key} {batch} {seed}: {} > {bound}", mean_gap(&all));
            }
        }
    }
}

/// One batch size has its floor, larger ones a lower floor, and only a batch that grows has none.
#[test]
fn the_gap_refuses_to_fall_below_a_floor() {
    let (set, f) = (build("l1"), quadratic());
    let tail = |rule: StepRule, batch: u32, growth: f64| {
        let method = frank_wolfe(rule, Variant::Classic);
        let one = |seed: u64| {
            let noise = noise(1.0, batch, growth, seed);
            mean_gap(&run(method, 1000, &f, set.as_ref(), Some(&noise))[500..])
        };
        (0..6).map(one).sum::<f64>() / 6.0
    };
    for rule in [StepRule::ShortStep, StepRule::OpenLoop] {
        let [one, many, most] = [1, 16, 256].map(|batch| tail(rule, batch, 0.0));
        assert!(one > 3.0 * many && many > 1.5 * most, "{rule:?}: {one} {many} {most}");
        let growing = tail(rule, 4, 2.0);
        assert!(growing < 0.6 * most, "{rule:?}: {growing} beside {most}");
    }
    // A constant rate keeps its own floor, whatever the batch does.
    let rate = tail(StepRule::Constant, 4, 2.0);
    assert!(rate > 0.05, "{rate}");
}
