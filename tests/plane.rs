//! The plane's methods against the theory they illustrate: golden run, descent lemma at every step, gap above
//! the true error, rates, feasibility without projection, and the facts of gradient descent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fwlab::optim::active_set::{CornerSteps, Move, VARIANTS, Variant, exact_step, short_step};
use fwlab::optim::objective::{Objective, Quadratic, Ripple, minimiser};
use fwlab::optim::plane::{
    PlaneMethod, PlaneStep, PlaneStepper, STEP_RULES, StepRule, feasible_start, frank_wolfe_gap,
};
use fwlab::random::Random;
use fwlab::sets::{ConstraintSet, SETS, SetError, SetId, SetShape, dot};

type Point = [f64; 2];

fn shape(radius: f64) -> SetShape {
    let corners = vec![[-1.0, -0.4], [0.1, -1.1], [1.2, -0.2], [0.7, 0.9], [-0.6, 0.8]];
    SetShape { radius, corners, ..SetShape::default() }
}

fn build(key: &str, radius: f64) -> Box<dyn ConstraintSet> {
    SetId::parse(key).unwrap().entry().build(&shape(radius), 2).unwrap()
}

fn quadratics() -> Vec<Quadratic> {
    let all = [([0.9, 1.3], 1.0, 0.0), ([1.0, 0.8], 4.0, 0.9), ([-0.2, 0.1], 30.0, 2.0), ([2.0, -0.3], 10.0, 0.4)];
    all.into_iter().map(|(centre, stretch, angle)| Quadratic { centre, stretch, angle }).collect()
}

fn ripples() -> Vec<Ripple> {
    [[0.3, 0.2], [1.4, -0.9]].into_iter().map(Ripple::at).collect()
}

/// Every set with every objective, convex ones marked.
fn each(mut visit: impl FnMut(&str, &dyn ConstraintSet, &dyn Objective, bool)) {
    for entry in SETS.iter().filter(|entry| entry.in_plane) {
        let set = build(entry.key, 1.0);
        for f in quadratics() {
            visit(entry.key, set.as_ref(), &f, true);
        }
        for f in ripples() {
            visit(entry.key, set.as_ref(), &f, false);
        }
    }
}

fn frank_wolfe(rule: StepRule) -> PlaneMethod {
    with_corners(rule, Variant::Classic)
}

fn with_corners(rule: StepRule, variant: Variant) -> PlaneMethod {
    PlaneMethod::FrankWolfe { rule, constant: 0.1, variant }
}

fn run(method: PlaneMethod, start: Point, steps: usize, f: &dyn Objective, set: &dyn ConstraintSet) -> Vec<PlaneStep> {
    let mut stepper = PlaneStepper::new(method, start);
    (0..steps).map(|_| stepper.step(f, set).unwrap()).collect()
}

fn distance(a: Point, b: Point) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn starts(set: &dyn ConstraintSet) -> [Point; 3] {
    [[-0.62, -0.2], [2.0, 1.0], [0.1, -3.0]].map(|start| feasible_start(set, start))
}

// ── Frank–Wolfe ──────────────────────────────────────────────────────────────────────────────────────────

/// f = ½‖x − b‖² over the probability simplex of R³ from e₃ with 2/(t+2): known to eight digits.
#[test]
fn the_golden_run() {
    let b = [0.6, 0.5, -0.1];
    let value = |x: &[f64; 3]| 0.5 * x.iter().zip(b).map(|(x, b)| (x - b) * (x - b)).sum::<f64>();
    let lowest = value(&[0.55, 0.45, 0.0]);
    let mut x = [0.0, 0.0, 1.0];
    let golden = [
        (0, 0.9025, 1.7),
        (1, 0.2025, 0.9),
        (9, 3.086_419_7e-5, 6.172_839_5e-3),
        (99, 4.580_14e-5, 6.182_51e-3),
        (999, 2.029_06e-7, 4.058_12e-4),
    ];
    for t in 0..1000 {
        let g = [x[0] - b[0], x[1] - b[1], x[2] - b[2]];
        let least = (0..3).fold(0, |best, i| if g[i] < g[best] { i } else { best });
        let mut v = [0.0; 3];
        v[least] = 1.0;
        let (error, gap) = (value(&x) - lowest, frank_wolfe_gap(&g, &x, &v));
        if let Some((_, error_then, gap_then)) = golden.iter().find(|(when, ..)| *when == t) {
            assert!((error - error_then).abs() < 1e-5 * error_then, "t={t}: h = {error}");
            assert!((gap - gap_then).abs() < 1e-5 * gap_then, "t={t}: G = {gap}");
        }
        let gamma = StepRule::OpenLoop.scheduled(t, 0.0).unwrap();
        for (x, v) in x.iter_mut().zip(v) {
            *x += gamma * (v - *x);
        }
    }
}

#[test]
fn every_step_obeys_the_descent_lemma_and_stays_inside() {
    each(|key, set, f, convex| {
        let lowest = f.value(minimiser(f, set));
        let l = f.smoothness();
        for entry in STEP_RULES {
            for start in starts(set) {
                for step in run(frank_wolfe(entry.rule), start, 150, f, set) {
                    let name = format!("{key} {} t={} {f:?}", entry.key, step.t);
                    assert!((0.0..=1.0).contains(&step.gamma), "{name}: γ = {}", step.gamma);
                    assert!(set.contains(&step.next, 1e-9), "{name} left the set: {:?}", step.next);
                    assert!(step.gap >= -1e-12, "{name}: gap {}", step.gap);
                    if convex {
                        assert!(step.gap >= step.value - lowest - 1e-9, "{name}: gap below the true error");
                    }
                    let after = f.value(step.next);
                    let square = dot(&step.d, &step.d);
                    let promised = step.value - step.gamma * step.gap + 0.5 * l * step.gamma * step.gamma * square;
                    assert!(after <= promised + 1e-12 * (1.0 + promised.abs()), "{name}: {after} above {promised}");
                    if entry.rule == StepRule::ShortStep && square > 0.0 {
                        let fall = (0.5 * step.gap).min(0.5 * step.gap * step.gap / (l * square));
                        assert!(after <= step.value - fall + 1e-12, "{name} fell too little");
                    }
                    let falls = [StepRule::ShortStep, StepRule::LineSearch, StepRule::Backtracking];
                    if falls.contains(&entry.rule) {
                        let slack = if entry.rule == StepRule::Backtracking { 1.2e-7 } else { 1e-12 };
                        assert!(after <= step.value + slack, "{name} rose from {} to {after}", step.value);
                    }
                }
            }
        }
    });
}

#[test]
fn the_open_loop_keeps_its_rate_on_convex_functions() {
    each(|key, set, f, convex| {
        if !convex {
            return;
        }
        let lowest = f.value(minimiser(f, set));
        let bound = f.smoothness() * set.diameter(2).powi(2);
        let mut least = f64::INFINITY;
        for step in run(frank_wolfe(StepRule::OpenLoop), starts(set)[0], 500, f, set) {
            let t = step.t as f64;
            least = least.min(step.gap);
            if step.t >= 1 {
                assert!(step.value - lowest <= 2.0 * bound / (t + 2.0) + 1e-9, "{key} t={t}");
            }
            if step.t >= 2 {
                assert!(least <= 6.75 * bound / (t + 2.0) + 1e-9, "{key} t={t}: smallest gap {least}");
            }
        }
    });
}

#[test]
fn the_gap_falls_on_functions_that_are_not_convex() {
    for entry in SETS.iter().filter(|entry| entry.in_plane) {
        let set = build(entry.key, 1.0);
        let set = set.as_ref();
        for f in ripples() {
            let lowest = f.value(minimiser(&f, set));
            for rule in [StepRule::ShortStep, StepRule::LineSearch] {
                for start in starts(set) {
                    let steps = run(frank_wolfe(rule), start, 400, &f, set);
                    let bound = (2.0 * (f.value(start) - lowest)).max(f.smoothness() * set.diameter(2).powi(2));
                    let mut least = f64::INFINITY;
                    for step in &steps {
                        least = least.min(step.gap);
                        let most = bound / (step.t as f64 + 1.0).sqrt();
                        // Line search on samples is a little less than exact.
                        assert!(least <= most * (1.0 + 1e-6) + 1e-9, "{} {rule:?} t={}", entry.key, step.t);
                    }
                }
            }
        }
    }
}

#[test]
fn a_step_tells_what_it_did() {
    each(|key, set, f, _| {
        for entry in STEP_RULES {
            let steps = run(frank_wolfe(entry.rule), starts(set)[1], 20, f, set);
            for (i, step) in steps.iter().enumerate() {
                assert_eq!(step.t, i);
                let moved = [step.x[0] + step.gamma * step.d[0], step.x[1] + step.gamma * step.d[1]];
                assert!(distance(moved, step.next) < 1e-14 && step.value == f.value(step.x), "{key}");
                assert!((step.gap + dot(&step.g, &step.d)).abs() < 1e-9, "{key}: G = −⟨g, d⟩");
                if let Some(following) = steps.get(i + 1) {
                    assert_eq!(following.x, step.next);
                }
            }
        }
    });
}

#[test]
fn ten_thousand_steps_do_not_drift_outside() {
    let f = Quadratic { centre: [1.0, 0.8], stretch: 4.0, angle: 0.9 };
    for entry in SETS.iter().filter(|entry| entry.in_plane) {
        let set = build(entry.key, 1.0);
        let mut stepper = PlaneStepper::new(frank_wolfe(StepRule::Constant), starts(set.as_ref())[1]);
        for _ in 0..10_000 {
            stepper.step(&f, set.as_ref()).unwrap();
        }
        assert_eq!(stepper.t(), 10_000);
        assert!(set.contains(&stepper.x(), 1e-9), "{}: {}", entry.key, set.gauge(&stepper.x()));
    }
}

#[test]
fn at_a_minimum_inside_nothing_moves() {
    let f = Quadratic { centre: [0.1, 0.15], stretch: 3.0, angle: 0.5 };
    for entry in SETS.iter().filter(|entry| entry.in_plane) {
        let set = build(entry.key, 1.0);
        for rule in STEP_RULES {
            let step = PlaneStepper::new(frank_wolfe(rule.rule), f.centre).step(&f, set.as_ref()).unwrap();
            assert_eq!((step.gap, step.next), (0.0, f.centre), "{} {}", entry.key, rule.key);
        }
    }
}

#[test]
fn line_search_is_exact_on_quadratics_and_good_elsewhere() {
    let set = build("l1", 1.0);
    let objectives: Vec<Box<dyn Objective>> =
        vec![Box::new(quadratics()[1].clone()), Box::new(quadratics()[2].clone()), Box::new(ripples()[1].clone())];
    for f in objectives {
        // Elsewhere the best of 33 samples may lie in a basin that is a little less deep.
        let slack = if f.curvature([1.0, 0.0]).is_some() { 1e-9 } else { 5e-3 };
        for step in run(frank_wolfe(StepRule::LineSearch), [-0.62, -0.2], 15, f.as_ref(), set.as_ref()) {
            let at = |gamma: f64| f.value([step.x[0] + gamma * step.d[0], step.x[1] + gamma * step.d[1]]);
            let best = (0..=2000).map(|i| at(f64::from(i) / 2000.0)).fold(f64::INFINITY, f64::min);
            assert!(at(step.gamma) <= best + slack, "{f:?} t={}: {} against {best}", step.t, at(step.gamma));
        }
    }
}

#[test]
fn rules_have_names_and_known_first_steps() {
    for (i, entry) in STEP_RULES.iter().enumerate() {
        assert!(STEP_RULES[..i].iter().all(|other| other.key != entry.key && other.rule != entry.rule));
        assert!(entry.formula.contains('γ'));
        assert_eq!(StepRule::parse(entry.key), Ok(entry.rule));
        let text = serde_json::to_string(&entry.rule).unwrap();
        assert_eq!(text, format!("\"{}\"", entry.key));
        assert_eq!(serde_json::from_str::<StepRule>(&text).unwrap(), entry.rule);
    }
    assert!(StepRule::parse("newton").unwrap_err().to_string().contains("short-step"));
    assert!(serde_json::from_str::<StepRule>("\"newton\"").is_err());
    let at = |rule: StepRule, t: usize| rule.scheduled(t, 0.25).unwrap();
    assert_eq!([at(StepRule::OpenLoop, 0), at(StepRule::OpenLoop, 2)], [1.0, 0.5]);
    assert_eq!([at(StepRule::NonConvex, 0), at(StepRule::NonConvex, 3)], [1.0, 0.5]);
    assert_eq!([at(StepRule::Constant, 0), at(StepRule::Constant, 9)], [0.25, 0.25]);
    assert_eq!(at(StepRule::LogAdaptive, 0), 1.0);
    let patience = 2.0 + 10.0_f64.ln();
    assert!((at(StepRule::LogAdaptive, 9) - patience / (9.0 + patience)).abs() < 1e-15);
    assert_eq!(StepRule::ShortStep.scheduled(3, 0.25), None);
}

#[test]
fn a_method_survives_its_file_form() {
    let rate = Some(0.5);
    for method in [
        frank_wolfe(StepRule::Backtracking),
        with_corners(StepRule::LineSearch, Variant::Pairwise),
        PlaneMethod::GradientDescent { rate: None },
        PlaneMethod::ProjectedGradient { rate },
    ] {
        let text = serde_json::to_string(&method).unwrap();
        assert_eq!(serde_json::from_str::<PlaneMethod>(&text).unwrap(), method, "{text}");
    }
    // Files from before there were variants.
    let old = r#"{"frank-wolfe":{"rule":"short-step","constant":0.1}}"#;
    assert_eq!(serde_json::from_str::<PlaneMethod>(old).unwrap(), frank_wolfe(StepRule::ShortStep));
}

#[test]
fn nonsense_is_refused_and_the_point_stays() {
    let (f, set) = (quadratics()[0].clone(), build("l2", 1.0));
    let wrong = [
        PlaneMethod::GradientDescent { rate: Some(0.0) },
        PlaneMethod::GradientDescent { rate: Some(f64::NAN) },
        PlaneMethod::ProjectedGradient { rate: Some(-1.0) },
        PlaneMethod::FrankWolfe { rule: StepRule::Constant, constant: 1.5, variant: Variant::Classic },
        PlaneMethod::FrankWolfe { rule: StepRule::Constant, constant: f64::NAN, variant: Variant::Away },
    ];
    for method in wrong {
        let mut stepper = PlaneStepper::new(method, [0.1, 0.2]);
        assert!(matches!(stepper.step(&f, set.as_ref()), Err(SetError::Parameter { .. })), "{method:?}");
        assert_eq!((stepper.x(), stepper.t()), ([0.1, 0.2], 0));
    }
    let mut lost = PlaneStepper::new(frank_wolfe(StepRule::ShortStep), [f64::NAN, 0.0]);
    assert_eq!(lost.step(&f, set.as_ref()), Err(SetError::NotFinite));
}

// ── Away and pairwise steps ──────────────────────────────────────────────────────────────────────────────

const WITH_CORNERS: [Variant; 2] = [Variant::Away, Variant::Pairwise];
const SEARCHING: [StepRule; 3] = [StepRule::ShortStep, StepRule::LineSearch, StepRule::Backtracking];

/// The sets of the plane that have finitely many corners.
fn polytopes() -> Vec<(&'static str, Box<dyn ConstraintSet>)> {
    ["l1", "linf", "k-sparse", "simplex", "box", "polygon"].map(|key| (key, build(key, 1.0))).into()
}

/// The probability simplex {x ≥ 0, Σx = 1}: as much of a set as the oracle needs.
#[derive(Debug)]
struct Probability;

impl ConstraintSet for Probability {
    fn lmo(&self, g: &[f64], _: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if g.iter().any(|value| !value.is_finite()) {
            return Err(SetError::NotFinite);
        }
        let least = (0..g.len()).fold(0, |best, i| if g[i] < g[best] { i } else { best });
        v.fill(0.0);
        v[least] = 1.0;
        Ok(())
    }
    fn project(&self, _: &mut [f64]) {}
    fn gauge(&self, x: &[f64]) -> f64 {
        let below = x.iter().fold(0.0_f64, |most, value| most.max(-value));
        1.0 + below + (x.iter().sum::<f64>() - 1.0).abs()
    }
    fn diameter(&self, _: usize) -> f64 {
        2.0_f64.sqrt()
    }
}

/// ½‖x − b‖² over the probability simplex of R³ from e₃ with exact line search: (x_t, h_t), t = 0 … `steps`.
fn simplex_run(variant: Variant, steps: usize) -> (Vec<([f64; 3], f64)>, CornerSteps) {
    let b = [0.6, 0.5, -0.1];
    let value = |x: &[f64]| 0.5 * x.iter().zip(b).map(|(x, b)| (x - b) * (x - b)).sum::<f64>();
    let mut corners = CornerSteps::new(variant, &[0.0, 0.0, 1.0]);
    let mut run = Vec::new();
    for _ in 0..=steps {
        let x: [f64; 3] = corners.x().try_into().unwrap();
        run.push((x, value(&x) - value(&[0.55, 0.45, 0.0])));
        let g = [x[0] - b[0], x[1] - b[1], x[2] - b[2]];
        let rule = |go: &Move| exact_step(go.slope, dot(&go.direction, &go.direction), go.most);
        corners.step(&g, &Probability, rule).unwrap();
    }
    (run, corners)
}

#[test]
fn the_golden_runs_with_corners() {
    let near = |x: [f64; 3], y: [f64; 3]| x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-6);
    let (classic, _) = simplex_run(Variant::Classic, 200);
    assert!(near(classic[1].0, [0.85, 0.0, 0.15]) && (classic[1].1 - 0.18).abs() < 1e-9, "{:?}", classic[1]);
    assert!(near(classic[2].0, [0.484_670, 0.429_799, 0.085_530]) && (classic[2].1 - 0.018_825_2).abs() < 1e-7);
    assert!((classic[199].1 - 1.01e-3).abs() < 1e-5, "still zig-zagging: {}", classic[199].1);

    let (away, corners) = simplex_run(Variant::Away, 4);
    assert!(near(away[3].0, [0.530_002, 0.469_998, 0.0]) && away[3].0[2] == 0.0, "{:?}", away[3]);
    assert!(away[4].1.abs() < 1e-15 && corners.drops() == 1, "{:?}, {} drops", away[4], corners.drops());

    let (pairwise, corners) = simplex_run(Variant::Pairwise, 4);
    assert!(near(pairwise[2].0, [0.475, 0.375, 0.15]) && near(pairwise[3].0, [0.625, 0.375, 0.0]));
    assert!(pairwise[4].1.abs() < 1e-15, "{:?}", pairwise[4]);
    assert_eq!((corners.drops(), corners.swaps()), (1, 0));
}

#[test]
fn every_point_is_a_weighted_mean_of_its_corners() {
    for (key, set) in polytopes() {
        let set = set.as_ref();
        for f in quadratics() {
            for (rule, variant) in STEP_RULES.iter().flat_map(|row| WITH_CORNERS.map(|variant| (row.rule, variant))) {
                let mut stepper = PlaneStepper::new(with_corners(rule, variant), starts(set)[0]);
                for t in 0..150 {
                    let name = format!("{key} {rule:?} {variant:?} t={t} {f:?}");
                    let before = stepper.corners().unwrap().clone();
                    let step = stepper.step(&f, set).unwrap();
                    let after = stepper.corners().unwrap();
                    let sum: f64 = after.atoms().iter().map(|atom| atom.weight).sum();
                    assert!((sum - 1.0).abs() < 1e-12, "{name}: weights sum to {sum}");
                    let mut mean = [0.0; 2];
                    for atom in after.atoms() {
                        assert!(atom.weight > 0.0 && atom.weight <= 1.0 + 1e-12, "{name}: weight {}", atom.weight);
                        assert!(set.contains(&atom.point, 1e-9), "{name}: {:?} is not in the set", atom.point);
                        mean = [mean[0] + atom.weight * atom.point[0], mean[1] + atom.weight * atom.point[1]];
                    }
                    assert!(distance(mean, step.next) < 1e-12 && after.x() == step.next, "{name}");
                    assert!(set.contains(&step.next, 1e-9), "{name} left the set: {:?}", step.next);
                    let moved = [0, 1].map(|i| step.x[i] + step.gamma * step.d[i]);
                    assert!(distance(moved, step.next) < 1e-9, "{name}: x + γd is not where it ended");
                    // ⟨g, s⟩ ≤ ⟨g, x⟩ ≤ ⟨g, a⟩
                    let worst = before.worst(&step.g).unwrap().1;
                    let (here, lowest) = (dot(&step.g, &step.x), dot(&step.g, &step.v));
                    assert!(lowest <= here + 1e-12 && here <= worst + 1e-9, "{name}: {lowest} {here} {worst}");
                }
            }
        }
    }
}

#[test]
fn the_corner_to_leave_is_the_worst_of_all() {
    let mut random = Random::new(7, 0);
    let mut corners = CornerSteps::new(Variant::Pairwise, &[0.2; 5]);
    for _ in 0..300 {
        let g: Vec<f64> = (0..5).map(|_| random.symmetric(1.0)).collect();
        let worst = corners.worst(&g).unwrap();
        // Brute force, the first one on ties.
        let heights: Vec<f64> = corners.atoms().iter().map(|atom| dot(&g, &atom.point)).collect();
        let highest = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(worst, (heights.iter().position(|height| *height == highest).unwrap(), highest));
        let (go, _) = corners.step(&g, &Probability, |go| 0.5 * go.most).unwrap();
        assert!(go.away.is_none_or(|away| dot(&g, &away) == highest) && go.slope >= go.gap - 1e-12);
        assert!(Probability.contains(corners.x(), 1e-12) && corners.atoms().len() <= 6);
    }
}

#[test]
fn the_first_step_is_the_classic_one() {
    for (key, set) in polytopes() {
        for f in quadratics() {
            for entry in STEP_RULES {
                let start = starts(set.as_ref())[1];
                let classic = run(frank_wolfe(entry.rule), start, 1, &f, set.as_ref())[0];
                for variant in WITH_CORNERS {
                    let step = run(with_corners(entry.rule, variant), start, 1, &f, set.as_ref())[0];
                    assert!((step.gamma - classic.gamma).abs() < 1e-12, "{key} {} {variant:?}", entry.key);
                    assert!(distance(step.next, classic.next) < 1e-12 && step.v == classic.v);
                    assert_eq!(step.gap, classic.gap);
                }
            }
        }
    }
}

#[test]
fn with_corners_f_never_rises() {
    for (key, set) in polytopes() {
        let set = set.as_ref();
        let mut objectives: Vec<Box<dyn Objective>> = Vec::new();
        objectives.extend(quadratics().into_iter().map(|f| Box::new(f) as Box<dyn Objective>));
        objectives.extend(ripples().into_iter().map(|f| Box::new(f) as Box<dyn Objective>));
        for f in &objectives {
            for rule in SEARCHING {
                let slack = if rule == StepRule::Backtracking { 1.2e-7 } else { 1e-10 };
                for variant in WITH_CORNERS {
                    for step in run(with_corners(rule, variant), starts(set)[0], 150, f.as_ref(), set) {
                        let (t, before, after) = (step.t, step.value, f.value(step.next));
                        assert!(after <= before + slack, "{key} {rule:?} {variant:?} t={t} {f:?}: {before} to {after}");
                    }
                }
            }
        }
    }
}

#[test]
fn on_a_face_corners_end_the_zig_zag() {
    // The answer lies within a side of the diamond, off its middle, and f is bent across the way.
    let set = build("l1", 1.0);
    let set = set.as_ref();
    for (centre, stretch, angle) in [([1.0, 0.8], 4.0, 0.907_571), ([0.9, 1.3], 4.0, 0.9), ([1.0, 0.8], 30.0, 0.9)] {
        let f = Quadratic { centre, stretch, angle };
        for rule in [StepRule::LineSearch, StepRule::ShortStep] {
            let steps = |variant| run(with_corners(rule, variant), [-0.62, -0.2], 1001, &f, set);
            let classic = steps(Variant::Classic);
            assert!(classic[200].gap > 1e-3, "{rule:?}: {}", classic[200].gap);
            // Between t = 100 and 1000 the classic gap falls by about ten: 1/t. Means, because it jumps from step to step.
            let mean = |from: usize| classic[from - 10..from].iter().map(|step| step.gap).sum::<f64>() / 10.0;
            let slope = (mean(1000) / mean(100)).log10();
            assert!((-1.25..=-0.75).contains(&slope), "{rule:?} {f:?}: slope {slope}");
            for variant in WITH_CORNERS {
                let steps = steps(variant);
                assert!(steps[200].gap < 1e-8, "{rule:?} {variant:?} {f:?}: {}", steps[200].gap);
                assert!(steps.iter().any(|step| step.dropped), "{rule:?} {variant:?}: nothing was dropped");
            }
        }
    }
}

#[test]
fn inside_the_gap_of_corner_methods_falls_by_a_share_a_step() {
    let f = Quadratic { centre: [0.2, 0.1], stretch: 4.0, angle: 0.9 };
    let set = build("linf", 1.0);
    for variant in WITH_CORNERS {
        let steps = run(with_corners(StepRule::LineSearch, variant), [-0.62, -0.2], 101, &f, set.as_ref());
        assert!(steps[20].gap < 1e-5 && steps[50].gap < 1e-12, "{variant:?}: {} {}", steps[20].gap, steps[50].gap);
    }
}

#[test]
fn drop_steps_are_counted_and_lean_the_right_way() {
    let f = Quadratic { centre: [1.0, 0.8], stretch: 4.0, angle: 0.9 };
    let set = build("l1", 1.0);
    for variant in WITH_CORNERS {
        let mut stepper = PlaneStepper::new(with_corners(StepRule::LineSearch, variant), [-0.62, -0.2]);
        let steps: Vec<PlaneStep> = (0..60).map(|_| stepper.step(&f, set.as_ref()).unwrap()).collect();
        let dropped = steps.iter().filter(|step| step.dropped).count();
        assert_eq!(dropped, stepper.corners().unwrap().drops(), "{variant:?}");
        assert!(dropped >= 1, "{variant:?}: the start is no corner of the answer's face");
        for step in &steps {
            let expected = match (step.kind, step.away) {
                (Variant::Classic, None) => [step.v[0] - step.x[0], step.v[1] - step.x[1]],
                (Variant::Away, Some(a)) => [step.x[0] - a[0], step.x[1] - a[1]],
                (Variant::Pairwise, Some(a)) => [step.v[0] - a[0], step.v[1] - a[1]],
                other => panic!("{other:?}"),
            };
            assert_eq!(step.d, expected);
        }
    }
}

#[test]
fn corners_refuse_nonsense_and_stay() {
    let mut corners = CornerSteps::new(Variant::Away, &[0.0, 0.0, 1.0]);
    let refused = corners.step(&[f64::NAN, 0.0, 0.0], &Probability, |_| 1.0);
    assert_eq!(refused.err(), Some(SetError::NotFinite));
    // No slope, no step, whatever the rule says.
    corners.step(&[0.0; 3], &Probability, |_| 1.0).unwrap();
    corners.step(&[0.0, 1.0, -1.0], &Probability, |_| 1.0).unwrap();
    corners.step(&[-1.0, 0.0, 0.0], &Probability, |_| f64::NAN).unwrap();
    assert_eq!((corners.x(), corners.atoms().len()), (&[0.0, 0.0, 1.0][..], 1));
    // Too long a step ends at the corner, which is then the only one.
    corners.step(&[-1.0, 0.0, 0.0], &Probability, |_| 9.0).unwrap();
    assert_eq!((corners.x(), corners.atoms().len()), (&[1.0, 0.0, 0.0][..], 1));
    assert_eq!((corners.drops(), short_step(2.0, 4.0, 1.0, 1.0), exact_step(1.0, 0.0, 0.3)), (0, 0.5, 0.3));
}

#[test]
fn variants_have_names() {
    for (i, entry) in VARIANTS.iter().enumerate() {
        assert!(VARIANTS[..i].iter().all(|other| other.key != entry.key && other.variant != entry.variant));
        assert_eq!(Variant::parse(entry.key), Some(entry.variant));
        assert_eq!(serde_json::to_string(&entry.variant).unwrap(), format!("\"{}\"", entry.variant.key()));
        assert_eq!(entry.variant.key(), entry.key);
        assert!(entry.move_formula.starts_with("<math") && entry.limit_formula.starts_with("<math"));
    }
    assert_eq!((VARIANTS.len(), Variant::parse("sideways")), (3, None));
}

// ── Gradient descent ─────────────────────────────────────────────────────────────────────────────────────

#[test]
fn gradient_descent_on_a_round_bowl_arrives_at_once() {
    let f = Quadratic { centre: [1.7, -0.4], stretch: 1.0, angle: 0.3 };
    let steps = run(PlaneMethod::GradientDescent { rate: Some(1.0) }, [-2.0, 3.0], 1, &f, build("l2", 1.0).as_ref());
    assert!(distance(steps[0].next, f.centre) < 1e-14);
}

#[test]
fn gradient_descent_contracts_falls_and_leaves_the_set() {
    let set = build("l2", 1.0);
    for f in quadratics() {
        let l = f.smoothness();
        let start = [-0.5, 0.5];
        let from = distance(start, f.centre);
        for step in run(PlaneMethod::GradientDescent { rate: None }, start, 200, &f, set.as_ref()) {
            // The smallest eigenvalue is 1.
            let most = (1.0 - 1.0 / l).powi(step.t as i32 + 1) * from;
            assert!(distance(step.next, f.centre) <= most + 1e-12);
            assert!(f.value(step.next) <= step.value + 1e-15);
        }
    }
    let far = Quadratic { centre: [2.0, 2.0], stretch: 2.0, angle: 0.0 };
    let steps = run(PlaneMethod::GradientDescent { rate: None }, [0.0, 0.0], 50, &far, set.as_ref());
    assert!(steps.iter().any(|step| !set.contains(&step.next, 1e-9)));
}

#[test]
fn gradient_descent_beyond_2_over_l_diverges_and_says_so() {
    let (f, set) = (Quadratic { centre: [0.0, 0.0], stretch: 5.0, angle: 0.0 }, build("l2", 1.0));
    let rate = Some(2.1 / f.smoothness());
    // Along the steep axis each step multiplies by 1 − 2.1.
    let mut stepper = PlaneStepper::new(PlaneMethod::GradientDescent { rate }, [0.0, 1.0]);
    for t in 1..=20 {
        let step = stepper.step(&f, set.as_ref()).unwrap();
        assert!((step.next[1].abs() - 1.1_f64.powi(t)).abs() < 1e-9 * 1.1_f64.powi(t));
    }
    let end = (0..20_000).find_map(|_| stepper.step(&f, set.as_ref()).err());
    assert_eq!(end, Some(SetError::NotFinite));
}

// ── Projected gradient ───────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_minimiser_is_where_projected_gradient_stands_still() {
    each(|key, set, f, convex| {
        let best = minimiser(f, set);
        assert!(set.contains(&best, 1e-9), "{key}");
        let step = &run(PlaneMethod::ProjectedGradient { rate: None }, best, 1, f, set)[0];
        assert!(distance(step.next, best) < 1e-11, "{key} {f:?}: moved by {}", distance(step.next, best));
        if convex {
            assert!(step.gap.abs() < 1e-8, "{key} {f:?}: gap {} at the minimiser", step.gap);
        }
    });
}

#[test]
fn no_grid_point_is_lower_than_the_minimiser() {
    each(|key, set, f, _| {
        let lowest = f.value(minimiser(f, set));
        for i in 0..=80 {
            for j in 0..=80 {
                let x = [f64::from(i) / 32.0 - 1.25, f64::from(j) / 32.0 - 1.25];
                assert!(!set.contains(&x, 0.0) || f.value(x) >= lowest - 1e-9, "{key} {f:?}: {x:?}");
            }
        }
    });
}

#[test]
fn the_minimiser_on_a_disc_is_known() {
    let f = Quadratic { centre: [3.0, 4.0], stretch: 1.0, angle: 0.0 };
    let best = minimiser(&f, build("l2", 1.0).as_ref());
    assert!(distance(best, [0.6, 0.8]) < 1e-10);
    let inside = Quadratic { centre: [0.2, -0.1], stretch: 50.0, angle: 1.0 };
    assert!(distance(minimiser(&inside, build("linf", 1.0).as_ref()), inside.centre) < 1e-10);
}

#[test]
fn projected_gradient_keeps_its_rate_and_its_descent() {
    each(|key, set, f, convex| {
        let (best, l) = (minimiser(f, set), f.smoothness());
        let start = starts(set)[2];
        for share in [1.0, 0.5] {
            let rate = share / l;
            for step in run(PlaneMethod::ProjectedGradient { rate: Some(rate) }, start, 100, f, set) {
                assert!(set.contains(&step.next, 1e-9), "{key}");
                let (after, moved) = (f.value(step.next), distance(step.next, step.x));
                assert!(after <= step.value - (1.0 / rate - 0.5 * l) * moved * moved + 1e-12, "{key} {f:?}");
                if convex && share == 1.0 {
                    let t = step.t as f64 + 1.0;
                    let bound = 0.5 * l * distance(start, best).powi(2) / t;
                    assert!(after - f.value(best) <= bound + 1e-9, "{key} t={t}");
                }
            }
        }
    });
}

#[test]
fn in_a_huge_set_projected_gradient_is_gradient_descent() {
    for entry in SETS.iter().filter(|entry| entry.in_plane && !["polygon", "simplex"].contains(&entry.key)) {
        let set = build(entry.key, 1e4);
        for f in quadratics() {
            let with = run(PlaneMethod::ProjectedGradient { rate: None }, [-2.0, 3.0], 50, &f, set.as_ref());
            let without = run(PlaneMethod::GradientDescent { rate: None }, [-2.0, 3.0], 50, &f, set.as_ref());
            assert_eq!(with, without, "{}", entry.key);
        }
    }
}

// ── Objectives ───────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn gradients_are_the_slopes_and_smoothness_bounds_them() {
    let mut random = Random::new(30, 0);
    let mut objectives: Vec<Box<dyn Objective>> = Vec::new();
    objectives.extend(quadratics().into_iter().map(|f| Box::new(f) as Box<dyn Objective>));
    objectives.extend(ripples().into_iter().map(|f| Box::new(f) as Box<dyn Objective>));
    for f in objectives {
        let l = f.smoothness();
        let mut steepest = 0.0_f64;
        for _ in 0..2000 {
            let x = [random.symmetric(3.0), random.symmetric(3.0)];
            let g = f.gradient(x);
            let h = 1e-5;
            let slopes = [
                (f.value([x[0] + h, x[1]]) - f.value([x[0] - h, x[1]])) / (2.0 * h),
                (f.value([x[0], x[1] + h]) - f.value([x[0], x[1] - h])) / (2.0 * h),
            ];
            assert!(distance(g, slopes) < 1e-6 * (1.0 + g[0].hypot(g[1])), "{f:?} at {x:?}");
            let angle = random.uniform() * std::f64::consts::TAU;
            let y = [x[0] + 1e-3 * angle.cos(), x[1] + 1e-3 * angle.sin()];
            let ratio = distance(g, f.gradient(y)) / distance(x, y);
            assert!(ratio <= l * (1.0 + 1e-9), "{f:?}: curvature {ratio} above {l}");
            steepest = steepest.max(ratio);
        }
        assert!(steepest > 0.9 * l, "{f:?}: the bound {l} is loose, only {steepest} seen");
    }
}

#[test]
fn only_quadratics_are_marked_convex() {
    let f = quadratics()[1].clone();
    // Curvature lies between the eigenvalues 1 and κ, and along the axes it is one of them.
    let along = [f.angle.cos(), f.angle.sin()];
    let across = [-f.angle.sin(), f.angle.cos()];
    assert!((f.curvature(along).unwrap() - 1.0).abs() < 1e-12);
    assert!((f.curvature(across).unwrap() - f.stretch).abs() < 1e-12);
    let ripple = Ripple::at([0.0, 0.0]);
    assert_eq!(ripple.curvature([1.0, 0.0]), None);
    assert_eq!(ripple.value([0.0, 0.0]), 0.0);
    // There are other basins: gradient descent from (1.5, 1.5) does not reach the lowest point.
    let steps =
        run(PlaneMethod::GradientDescent { rate: None }, [1.5, 1.5], 2000, &ripple, build("linf", 3.0).as_ref());
    let end = steps[1999].next;
    let g = ripple.gradient(end);
    assert!(g[0].hypot(g[1]) < 1e-9 && distance(end, [0.0, 0.0]) > 1.0, "ended at {end:?}");
}
