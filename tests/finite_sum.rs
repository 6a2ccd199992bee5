//! Stochastic Frank–Wolfe on finite sums: estimates are unbiased where they claim it, exact where they must be, and
//! less noisy where they promise it; every iterate is feasible, every gap above the true error, every cost counted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fwlab::optim::finite_sum::coordinate::Coordinate;
use fwlab::optim::finite_sum::delayed::{Delay, Delayed};
use fwlab::optim::finite_sum::dual_average::DualAverage;
use fwlab::optim::finite_sum::estimator::{At, Averaging, Draw, GradientEstimator};
use fwlab::optim::finite_sum::fw_sd::FwSd;
use fwlab::optim::finite_sum::heavy_ball::HeavyBall;
use fwlab::optim::finite_sum::methods::{BatchPlan, Method, Needs, Turn, horizon_rate};
use fwlab::optim::finite_sum::minibatch::{Full, Minibatch};
use fwlab::optim::finite_sum::saga::Saga;
use fwlab::optim::finite_sum::sarah::Sarah;
use fwlab::optim::finite_sum::storm::Storm;
use fwlab::optim::finite_sum::svrg::{Snapshots, Svrg};
use fwlab::optim::finite_sum::zeroth_order::ZerothOrder;
use fwlab::optim::finite_sum::{
    Cost, Coverage, FINITE_SUM_METHODS, Features, FiniteSum, FiniteSumError, FiniteSumMethod, Layout, LeastSquares,
    Logistic, Meter, RowBalls, Runner, Settings, Sigmoid, Softmax, Space, Step, StepSize,
};
use fwlab::optim::schedule::{BatchRule, BatchSize, LearningRate, RateRule};
use fwlab::random::Random;
use fwlab::sets::{ConstraintSet, SetId, SetShape, dot, norm};
use std::sync::Arc;

type Estimator = Box<dyn GradientEstimator>;
type Make = fn() -> Estimator;

// ── Problems and helpers ─────────────────────────────────────────────────────────────────────────────────

/// ⟨g, x⟩ as a sum of one: a gradient that is known and does not change.
#[derive(Debug)]
struct Slope {
    g: Vec<f64>,
    smoothness: f64,
}

impl FiniteSum for Slope {
    fn n(&self) -> usize {
        1
    }
    fn dim(&self) -> usize {
        self.g.len()
    }
    fn value_of(&self, _: usize, x: &[f64]) -> f64 {
        dot(&self.g, x)
    }
    fn add_gradient_of(&self, _: usize, _: &[f64], factor: f64, out: &mut [f64]) {
        for (out, g) in out.iter_mut().zip(&self.g) {
            *out += factor * g;
        }
    }
    fn smoothness(&self) -> f64 {
        self.smoothness
    }
}

/// A problem that does not show that it is a linear predictor.
#[derive(Debug)]
struct Opaque(Logistic);

impl FiniteSum for Opaque {
    fn n(&self) -> usize {
        self.0.n()
    }
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn value_of(&self, i: usize, x: &[f64]) -> f64 {
        self.0.value_of(i, x)
    }
    fn add_gradient_of(&self, i: usize, x: &[f64], factor: f64, out: &mut [f64]) {
        self.0.add_gradient_of(i, x, factor, out);
    }
    fn smoothness(&self) -> f64 {
        self.0.smoothness()
    }
}

fn set(key: &str, radius: f64, n: usize) -> Arc<dyn ConstraintSet> {
    let shape = SetShape { radius, ..SetShape::default() };
    Arc::from(SetId::parse(key).unwrap().entry().build(&shape, n).unwrap())
}

fn l1(radius: f64, n: usize) -> Space {
    Space::Set(set("l1", radius, n))
}

fn logistic(n: usize, width: usize) -> Arc<dyn FiniteSum> {
    Arc::new(Logistic::planted(n, width, 7).unwrap())
}

/// Mixes of `k` of the sets that cover.
fn some_of(k: usize, sets: usize) -> Space {
    let shape = SetShape { k, ..SetShape::default() };
    Space::Set(Arc::from(SetId::parse("k-sparse").unwrap().entry().build(&shape, sets).unwrap()))
}

fn least_squares() -> LeastSquares {
    LeastSquares::planted(60, &[0.4, -0.3, 0.2, 0.0, 0.0], 0.5, 3).unwrap()
}

fn method(key: &str) -> &'static FiniteSumMethod {
    FiniteSumMethod::parse(key).unwrap()
}

fn runner(key: &str, problem: &Arc<dyn FiniteSum>, space: &Space, settings: &Settings) -> Runner {
    Runner::new(method(key), problem.clone(), space.clone(), settings.clone()).unwrap()
}

fn run(key: &str, problem: &Arc<dyn FiniteSum>, space: &Space, settings: &Settings, steps: u32) -> Runner {
    let mut runner = runner(key, problem, space, settings);
    for _ in 0..steps {
        runner.step().unwrap();
    }
    runner
}

fn constant_batch(b: u32) -> Option<BatchSize> {
    Some(BatchSize { rule: BatchRule::Constant, b, ..BatchSize::default() })
}

fn constant_rate(gamma: f64) -> LearningRate {
    LearningRate { rule: RateRule::Constant, gamma, ..LearningRate::default() }
}

fn gradient(problem: &dyn FiniteSum, x: &[f64]) -> Vec<f64> {
    let mut g = vec![0.0; problem.dim()];
    problem.gradient(x, &mut g);
    g
}

/// What an estimator says at x, drawing from `stream`.
fn estimate(
    estimator: &mut dyn GradientEstimator,
    problem: &dyn FiniteSum,
    x: &[f64],
    t: u32,
    batch: usize,
    stream: u64,
) -> Vec<f64> {
    let set = set("l1", 1.0, problem.dim());
    let mut g = vec![0.0; problem.dim()];
    let mut meter = Meter::new(problem, set.as_ref());
    estimator.estimate(&mut meter, At { x, t, batch }, &mut Random::new(5, stream), &mut g).unwrap();
    g
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

fn distinct() -> Estimator {
    Box::new(Minibatch { draw: Draw::Distinct })
}

fn replaced() -> Estimator {
    Box::new(Minibatch { draw: Draw::Replaced })
}

fn point(random: &mut Random, n: usize) -> Vec<f64> {
    (0..n).map(|_| random.symmetric(0.5)).collect()
}

// ── Problems ─────────────────────────────────────────────────────────────────────────────────────────────

fn problems() -> Vec<Box<dyn FiniteSum>> {
    vec![
        Box::new(Logistic::planted(40, 5, 7).unwrap()),
        Box::new(least_squares()),
        Box::new(Sigmoid::planted(40, 5, 7).unwrap()),
        Box::new(Softmax::planted(40, 4, 3, false, 5).unwrap()),
        Box::new(Softmax::planted(40, 4, 3, true, 5).unwrap()),
    ]
}

#[test]
fn gradients_are_the_slopes_and_smoothness_bounds_their_change() {
    let mut random = Random::new(2, 0);
    for problem in problems() {
        let (f, d) = (problem.as_ref(), problem.dim());
        for _ in 0..20 {
            let x = point(&mut random, d);
            let i = random.below(f.n());
            let mut g = vec![0.0; d];
            f.gradient_of(i, &x, &mut g);
            for j in 0..d {
                let beside = |h: f64| {
                    let mut y = x.clone();
                    y[j] += h;
                    f.value_of(i, &y)
                };
                let slope = (beside(1e-5) - beside(-1e-5)) / 2e-5;
                assert!((g[j] - slope).abs() < 1e-8, "{f:?}: {} against {slope}", g[j]);
                assert!((g[j] - f.partial_of(i, j, &x)).abs() < 1e-15);
            }
            let y = point(&mut random, d);
            let change = distance(&gradient(f, &x), &gradient(f, &y));
            assert!(change <= f.smoothness() * distance(&x, &y), "{f:?}: L = {} is too small", f.smoothness());
        }
    }
}

#[test]
fn a_linear_predictor_is_its_derivative_times_its_features() {
    let mut random = Random::new(3, 0);
    for problem in problems() {
        let linear = problem.linear().unwrap();
        let x = point(&mut random, problem.dim());
        for i in 0..problem.n() {
            let (mut derivative, mut g) = (vec![0.0; linear.outputs()], vec![0.0; problem.dim()]);
            linear.derivative_of(i, &x, &mut derivative);
            linear.add_outer(i, &derivative, -1.0, &mut g);
            problem.add_gradient_of(i, &x, 1.0, &mut g);
            assert!(norm(&g) < 1e-15);
        }
    }
}

/// With one feature the curvature of least squares is known: L = mean a². A zero column adds nothing to it.
#[test]
fn the_smoothness_constant_is_tight_where_it_can_be() {
    let values = [0.5, 0.0, -1.5, 0.0, 1.0, 0.0];
    let exact = (0.25 + 2.25 + 1.0) / 3.0;
    let bound = Features::new(values.to_vec(), 2).unwrap().curvature_bound();
    assert!((bound - exact).abs() < 1e-12 * exact, "{bound}");
    // Features of one sign: |A| = A, so the bound is the eigenvalue itself: of [[1, ½], [½, 1]] it is 1½.
    let positive = Features::new(vec![1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 2).unwrap();
    let bound = 2.0 * positive.curvature_bound();
    assert!((1.5 - 1e-12..1.5 + 1e-5).contains(&bound), "{bound}");
}

#[test]
fn planted_least_squares_knows_its_minimiser() {
    let f = least_squares();
    let best = [0.4, -0.3, 0.2, 0.0, 0.0];
    assert!(norm(&gradient(&f, &best)) < 1e-14);
    assert!((f.value(&best) - f.lower_bound()).abs() < 1e-14);
    assert_eq!(f.lower_bound(), 0.125);
    // The single gradients there are not 0: noise stays.
    let mut one = vec![0.0; 5];
    f.gradient_of(0, &best, &mut one);
    assert!(norm(&one) > 0.1);
}

/// On the data of logistic regression: at 0 its slope is ½·½ where the logistic one is ½. L is as small as it can be: one
/// sample with a = 1 meets it at y aᵀx = ln(2 + √3). Between −4 and 0 the loss lies above its chord.
#[test]
fn the_sigmoid_loss_is_smooth_and_not_convex() {
    let f = Sigmoid::planted(40, 5, 7).unwrap();
    let half: Vec<f64> = gradient(logistic(40, 5).as_ref(), &[0.0; 5]).iter().map(|g| 0.5 * g).collect();
    assert!(distance(&gradient(&f, &[0.0; 5]), &half) < 1e-15);
    assert!(!f.convex() && logistic(4, 2).convex());
    assert!((f.value(&[0.0; 5]) - 0.5).abs() < 1e-15);
    let one = Logistic::new(Features::new(vec![1.0], 1).unwrap(), vec![1.0]).unwrap();
    let one = Sigmoid::new(one);
    let steepest = (2.0 + 3.0_f64.sqrt()).ln();
    let second = (gradient(&one, &[steepest + 1e-4])[0] - gradient(&one, &[steepest - 1e-4])[0]) / 2e-4;
    assert!((second - one.smoothness()).abs() < 1e-6, "{second} against L = {}", one.smoothness());
    assert!(one.value(&[-2.0]) > 0.5 * (one.value(&[-4.0]) + one.value(&[0.0])));
    assert_eq!([-1e4, 1e4].map(|x| (one.value(&[x]), gradient(&one, &[x])[0])), [(1.0, 0.0), (0.0, 0.0)]);
}

#[test]
fn extreme_margins_stay_finite() {
    let f = Logistic::new(Features::new(vec![1e4, -1e4], 1).unwrap(), vec![1.0, 1.0]).unwrap();
    assert_eq!(f.value_of(0, &[1.0]), 0.0);
    assert_eq!(f.value_of(1, &[1.0]), 1e4);
    assert!(gradient(&f, &[1.0])[0].is_finite());
    let f = Softmax::new(Features::new(vec![1e4], 1).unwrap(), vec![0], 2, false).unwrap();
    assert_eq!(f.value_of(0, &[1.0, -1.0]), 0.0);
    assert_eq!(f.value_of(0, &[-1.0, 1.0]), 2e4);
}

#[test]
fn broken_data_is_refused() {
    let features = || Features::new(vec![1.0, 2.0, 3.0, 4.0], 2).unwrap();
    for (values, width) in [(vec![], 2), (vec![1.0], 0), (vec![1.0, 2.0, 3.0], 2), (vec![f64::NAN, 1.0], 2)] {
        let found = values.len();
        assert_eq!(Features::new(values, width), Err(FiniteSumError::Features { width, found }));
    }
    assert!(matches!(Logistic::new(features(), vec![1.0]), Err(FiniteSumError::Labels { samples: 2, labels: 1 })));
    assert!(matches!(
        Logistic::new(features(), vec![1.0, 0.0]),
        Err(FiniteSumError::Label { sample: 1, found: 0.0, .. })
    ));
    assert!(matches!(LeastSquares::new(features(), vec![f64::NAN, 0.0]), Err(FiniteSumError::Label { sample: 0, .. })));
    assert!(matches!(Softmax::new(features(), vec![0, 3], 3, false), Err(FiniteSumError::Label { sample: 1, .. })));
    assert!(matches!(Softmax::new(features(), vec![0, 0], 1, false), Err(FiniteSumError::Setting { .. })));
    assert!(Logistic::planted(0, 3, 1).is_err() && LeastSquares::planted(3, &[], 0.1, 1).is_err());
}

// ── Estimators ───────────────────────────────────────────────────────────────────────────────────────────

/// The mean of 4 000 estimates lies within four standard errors of `expected` in every coordinate.
fn expect_mean(name: &str, expected: &[f64], draw: impl Fn(u64) -> Vec<f64>) {
    const DRAWS: u64 = 4_000;
    let (mut sum, mut squares) = (vec![0.0; expected.len()], vec![0.0; expected.len()]);
    for stream in 0..DRAWS {
        for (j, g) in draw(stream).into_iter().enumerate() {
            sum[j] += g;
            squares[j] += g * g;
        }
    }
    let draws = DRAWS as f64;
    for j in 0..expected.len() {
        let mean = sum[j] / draws;
        let error = ((squares[j] / draws - mean * mean).max(0.0) / draws).sqrt();
        let off = (mean - expected[j]).abs();
        assert!(off <= 4.0 * error + 1e-9, "{name}, coordinate {j}: {mean} ± {error}, not {}", expected[j]);
    }
}

#[test]
fn estimates_that_claim_it_are_unbiased() {
    let f = least_squares();
    let (before, x) = ([0.1, 0.2, -0.3, 0.0, 0.2], [-0.2, 0.5, 0.1, 0.3, -0.4]);
    let full = gradient(&f, &x);
    let one: [(&str, Make); 3] =
        [("distinct", distinct), ("replaced", replaced), ("zeroth order", || Box::new(ZerothOrder::new(2, 1e-2)))];
    for (name, new) in one {
        expect_mean(name, &full, |stream| estimate(new().as_mut(), &f, &x, 0, 4, stream));
    }
    let two: [(&str, Make); 3] = [
        ("svrg", || Box::new(Svrg::new(Snapshots::Every(10)))),
        ("l-svrg", || Box::new(Svrg::new(Snapshots::Coin))),
        ("saga", || Box::new(Saga::default())),
    ];
    for (name, new) in two {
        expect_mean(name, &full, |stream| {
            let mut estimator = new();
            estimate(estimator.as_mut(), &f, &before, 0, 4, 1);
            estimate(estimator.as_mut(), &f, &x, 1, 4, stream)
        });
    }
}

/// E m moves k/dim of the way from the old gradient to the new one.
#[test]
fn the_coordinate_estimate_moves_its_share_of_the_way() {
    let f = least_squares();
    let (before, x) = ([0.1, 0.2, -0.3, 0.0, 0.2], [-0.2, 0.5, 0.1, 0.3, -0.4]);
    let (old, new) = (gradient(&f, &before), gradient(&f, &x));
    for k in [1, 2, 5] {
        let expected: Vec<f64> = old.iter().zip(&new).map(|(old, new)| old + k as f64 / 5.0 * (new - old)).collect();
        expect_mean("coordinate", &expected, |stream| {
            let mut estimator = Coordinate::new(k);
            estimate(&mut estimator, &f, &before, 0, 1, 0);
            estimate(&mut estimator, &f, &x, 1, 1, stream)
        });
    }
}

#[test]
fn at_their_reference_point_estimates_are_exact() {
    let f = least_squares();
    let x = [0.1, 0.2, -0.3, 0.0, 0.2];
    let full = gradient(&f, &x);
    let all: [(&str, Estimator); 5] = [
        ("sarah", Box::new(Sarah::new(10))),
        ("svrg", Box::new(Svrg::new(Snapshots::Every(10)))),
        ("svrf", Box::new(Svrg::new(Snapshots::Doubling))),
        ("saga", Box::new(Saga::default())),
        ("coordinate", Box::new(Coordinate::new(1))),
    ];
    for (name, mut estimator) in all {
        for t in 0..4 {
            let g = estimate(estimator.as_mut(), &f, &x, t, 3, u64::from(t));
            assert!(distance(&g, &full) < 1e-14, "{name} at t = {t}");
        }
    }
}

#[test]
fn with_all_samples_estimates_are_the_gradient() {
    let f = Logistic::planted(30, 4, 7).unwrap();
    let all: [(&str, Estimator); 14] = [
        ("full", Box::new(Full)),
        ("distinct", distinct()),
        ("replaced", replaced()),
        ("scg", Box::new(HeavyBall::new(distinct(), Averaging::Constant(1.0)))),
        ("storm, ρ = 1", Box::new(Storm::new(Averaging::Constant(1.0)))),
        ("storm", Box::new(Storm::new(Averaging::TwoThirds))),
        ("sarah", Box::new(Sarah::new(6))),
        ("svfw", Box::new(Svrg::new(Snapshots::Every(4)))),
        ("svrf", Box::new(Svrg::new(Snapshots::Doubling))),
        ("l-svrg", Box::new(Svrg::new(Snapshots::Coin))),
        ("saga", Box::new(Saga::default())),
        ("dual average", Box::new(DualAverage::default())),
        ("coordinate", Box::new(Coordinate::new(4))),
        ("delay 0", Box::new(Delayed::new(distinct(), Delay::Uniform(0), 1))),
    ];
    for (name, mut estimator) in all {
        let mut random = Random::new(9, 0);
        for t in 0..12 {
            let x = point(&mut random, 4);
            let g = estimate(estimator.as_mut(), &f, &x, t, 30, u64::from(t));
            assert!(distance(&g, &gradient(&f, &x)) < 1e-13, "{name} at t = {t}");
        }
    }
}

#[test]
fn with_full_weight_on_the_new_momentum_is_the_minibatch() {
    let f = least_squares();
    let mut random = Random::new(9, 0);
    let mut scg = HeavyBall::new(distinct(), Averaging::Constant(1.0));
    let mut storm = Storm::new(Averaging::Constant(1.0));
    for t in 0..10 {
        let x = point(&mut random, 5);
        let plain = estimate(distinct().as_mut(), &f, &x, t, 4, u64::from(t));
        assert_eq!(estimate(&mut scg, &f, &x, t, 4, u64::from(t)), plain);
        assert!(distance(&estimate(&mut storm, &f, &x, t, 4, u64::from(t)), &plain) < 1e-15);
    }
}

#[test]
fn averaging_weights_follow_their_formulas() {
    let at = |rule: Averaging| [0, 1, 56].map(|t| rule.at(t));
    assert_eq!(at(Averaging::Constant(0.1)), [1.0, 0.1, 0.1]);
    // 64^⅔ = 16
    let mokhtari = at(Averaging::Mokhtari);
    assert!((mokhtari[0] - 1.0).abs() < 1e-15 && (mokhtari[2] - 0.25).abs() < 1e-15);
    assert!((Averaging::TwoThirds.at(7) - 0.25).abs() < 1e-15 && Averaging::TwoThirds.at(0) == 1.0);
}

/// Mean squared error of the estimates in steps 2–21 and 180–199, over eight runs with γ = 2/(t+2) and b = 8.
fn errors(new: fn() -> Estimator) -> (f64, f64) {
    let f = least_squares();
    let set = set("l1", 1.5, 5);
    let (mut early, mut late) = (0.0, 0.0);
    for seed in 1..=8 {
        let (mut estimator, mut x, mut v) = (new(), vec![0.0; 5], vec![0.0; 5]);
        for t in 0..200_u32 {
            let mut g = vec![0.0; 5];
            let mut meter = Meter::new(&f, set.as_ref());
            let at = At { x: &x, t, batch: 8 };
            estimator.estimate(&mut meter, at, &mut Random::new(seed, u64::from(t)), &mut g).unwrap();
            let error = distance(&g, &gradient(&f, &x)).powi(2) / 160.0;
            match t {
                2..=21 => early += error,
                180.. => late += error,
                _ => {}
            }
            set.lmo(&g, &x, &mut v).unwrap();
            let gamma = 2.0 / (f64::from(t) + 2.0);
            for (x, v) in x.iter_mut().zip(&v) {
                *x += gamma * (v - *x);
            }
        }
    }
    (early, late)
}

#[test]
fn variance_reduced_estimates_lose_their_noise_along_a_run() {
    let (early, late) = errors(distinct);
    assert!(late > 0.5 * early, "a minibatch keeps its noise: {early} to {late}");
    let reduced: [(&str, Make, f64); 8] = [
        ("svrf", || Box::new(Svrg::new(Snapshots::Doubling)), 0.03),
        ("l-svrg", || Box::new(Svrg::new(Snapshots::Coin)), 0.03),
        ("saga", || Box::new(Saga::default()), 0.03),
        ("sarah", || Box::new(Sarah::new(11)), 0.03),
        ("storm", || Box::new(Storm::new(Averaging::TwoThirds)), 0.1),
        ("dual average", || Box::new(DualAverage::default()), 0.1),
        ("coordinate", || Box::new(Coordinate::new(1)), 0.03),
        ("scg", || Box::new(HeavyBall::new(distinct(), Averaging::Mokhtari)), 0.25),
    ];
    for (name, new, share) in reduced {
        let (early, late) = errors(new);
        assert!(late < share * early, "{name}: {early} to {late}");
    }
}

/// At a fixed point E‖d − ∇f‖² follows ρₜ ∝ (t+8)^−⅔: from t = 100 to t = 1000 it falls (1008/108)^⅔ = 4.4 times.
#[test]
fn scg_forgets_noise_at_its_rate() {
    let f = least_squares();
    let x = [0.1, 0.2, -0.3, 0.0, 0.2];
    let full = gradient(&f, &x);
    let set = set("l1", 1.0, 5);
    let (mut early, mut late) = (0.0, 0.0);
    for seed in 0..100 {
        let mut scg = HeavyBall::new(distinct(), Averaging::Mokhtari);
        let mut g = vec![0.0; 5];
        for t in 0..=1000 {
            let mut meter = Meter::new(&f, set.as_ref());
            let mut random = Random::new(seed, u64::from(t));
            scg.estimate(&mut meter, At { x: &x, t, batch: 1 }, &mut random, &mut g).unwrap();
            let error = distance(&g, &full).powi(2);
            match t {
                90..=110 => early += error,
                980..=1000 => late += error,
                _ => {}
            }
        }
    }
    assert!((3.0..6.0).contains(&(early / late)), "{early} to {late}");
}

/// A table of whole gradients and one of C numbers a sample say the same; only their memory differs.
#[test]
fn saga_needs_n_times_c_numbers_on_a_linear_predictor() {
    let compact = logistic(30, 4);
    let opaque: Arc<dyn FiniteSum> = Arc::new(Opaque(Logistic::planted(30, 4, 7).unwrap()));
    let settings = Settings { total: 50, ..Settings::default() };
    let mut small = runner("saga-fw", &compact, &l1(2.0, 4), &settings);
    let mut large = runner("saga-fw", &opaque, &l1(2.0, 4), &settings);
    for _ in 0..50 {
        let (a, b) = (small.step().unwrap(), large.step().unwrap());
        assert!(distance(small.x(), large.x()) < 1e-12);
        assert_eq!((a.memory, b.memory), (30 + 4, 30 * 4 + 4));
        assert_eq!(a.cost, b.cost);
    }
    let error = Runner::new(method("negiar"), opaque, l1(2.0, 4), settings).unwrap_err();
    assert_eq!(error, FiniteSumError::NotLinear("negiar"));
}

// ── Methods ──────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn keys_are_unique_and_found() {
    for (i, entry) in FINITE_SUM_METHODS.iter().enumerate() {
        assert_eq!(method(entry.key).key, entry.key);
        assert!(FINITE_SUM_METHODS.iter().skip(i + 1).all(|other| other.key != entry.key));
        assert!(entry.formula.starts_with("<math") && !entry.source.is_empty());
    }
    assert!(matches!(FiniteSumMethod::parse("sgd"), Err(FiniteSumError::UnknownMethod(key)) if key == "sgd"));
}

/// Problems with what is known of their lowest value: exact for least squares, else a long run's.
fn convex_problems() -> Vec<(Arc<dyn FiniteSum>, Option<f64>)> {
    let squares = LeastSquares::planted(20, &[0.3, 0.1, 0.2, 0.0], 0.5, 3).unwrap();
    let lowest = squares.lower_bound();
    let softmax = Softmax::planted(40, 2, 2, false, 5).unwrap();
    let (squares, softmax): (Arc<dyn FiniteSum>, Arc<dyn FiniteSum>) = (Arc::new(squares), Arc::new(softmax));
    vec![(squares, Some(lowest)), (logistic(40, 4), None), (softmax, None)]
}

#[test]
fn every_iterate_is_feasible_and_every_gap_above_the_error() {
    let settings = Settings { total: 40, batch: constant_batch(6), seed: 4, ..Settings::default() };
    for (problem, known) in convex_problems() {
        let mut spaces: Vec<Space> = ["l1", "l2", "linf", "simplex"].map(|key| Space::Set(set(key, 1.0, 4))).into();
        spaces.push(Space::Rows(RowBalls::new(problem.layout(), 0.7).unwrap()));
        for space in spaces {
            // Any feasible value is at least the lowest one.
            let fallback = || run("fw", &problem, &space, &settings, 200).value();
            // The row balls of radius 0.7 hold the planted optimum too: its L1 norm is 0.6.
            let lowest = known.unwrap_or_else(fallback);
            for entry in FINITE_SUM_METHODS {
                let rows = matches!(space, Space::Rows(_));
                if entry.needs == Needs::Submodular || (entry.needs == Needs::Rows && !rows) {
                    continue;
                }
                let mut runner = runner(entry.key, &problem, &space, &settings);
                for t in 0..40 {
                    let name = format!("{} t={t} on {space:?}", entry.key);
                    let gap = runner.gap().unwrap();
                    assert_eq!(gap.free, 0.0);
                    assert!(gap.constrained >= runner.value() - lowest - 1e-9, "{name}: gap {gap:?} below the error");
                    let step = runner.step().unwrap();
                    assert!((0.0..=1.0).contains(&step.gamma), "{name}: γ = {}", step.gamma);
                    assert!(step.gap_estimate >= -1e-12, "{name}: {}", step.gap_estimate);
                    assert!(space.set().contains(runner.x(), 1e-9), "{name} left the set: {:?}", runner.x());
                }
            }
        }
    }
}

/// Mean gap of four seeds after 300 steps with each method's own step sizes, from 0.304 at the start, and what it may
/// cost. Exact counts: see `costs_are_what_the_formulas_say`.
#[test]
fn every_method_reaches_a_small_gap_within_its_budget() {
    let problem = logistic(150, 6);
    let space = l1(2.0, 6);
    // n = 150: ⌈n^⅓⌉ = 6, ⌈√n⌉ = 13. b = 16 where the method leaves it open.
    let table: [(&str, f64, u64); 18] = [
        ("fw", 0.002, 300 * 150),
        // A fixed batch with a rate that stops decaying keeps its noise.
        ("sfw", 0.08, 300 * 16),
        ("sfw-reddi", 0.002, 300 * 150),
        ("svfw", 0.006, 50 * 150 + 250 * 72),
        ("svrf", 0.002, 9 * 150 + 291 * 26),
        ("saga-fw", 0.004, 150 + 299 * 12),
        ("asysfw", 0.08, 300 * 16),
        ("negiar", 0.01, 25 * 150),
        // One sample a step: two passes over the data in all.
        ("scg", 0.14, 300),
        ("heavy-ball", 0.08, 300 * 13),
        ("storm", 0.04, 13 + 299 * 26),
        ("sarah", 0.012, 24 * 150 + 276 * 26),
        // 26 coins in 300 are expected to ask for a new snapshot.
        ("l-svrg", 0.015, 60 * 150 + 240 * 26),
        ("coordinate", 0.06, 150),
        ("zeroth-order", 0.06, 0),
        ("adasfw", 0.06, 300 * 16),
        ("adasvrf", 0.002, 9 * 150 + 291 * 26),
        ("adacsfw", 0.002, 25 * 150),
    ];
    for (key, most, budget) in table {
        let batch = if ["sfw", "asysfw", "adasfw"].contains(&key) { constant_batch(16) } else { None };
        let mut mean = 0.0;
        for seed in 1..=4 {
            let settings = Settings { seed, total: 300, batch: batch.clone(), ..Settings::default() };
            let end = run(key, &problem, &space, &settings, 300);
            mean += end.gap().unwrap().constrained / 4.0;
            assert!(end.cost().gradients <= budget, "{key}: {:?} above {budget} gradients", end.cost());
        }
        assert!(mean <= most, "{key}: mean gap {mean} above {most}");
    }
}

/// n = 27, dim = 4, b = 5, γ = 0.1: gradients, partial derivatives, values and oracle calls of the first three steps,
/// and the memory after each.
#[test]
fn costs_are_what_the_formulas_say() {
    let problem = logistic(27, 4);
    let layout = problem.layout();
    let settings = Settings {
        total: 10,
        batch: constant_batch(5),
        step: Some(StepSize::Scheduled),
        rate: constant_rate(0.1),
        ..Settings::default()
    };
    type Row = (&'static str, [[u64; 4]; 3], [usize; 3]);
    let table: [Row; 19] = [
        ("fw", [[27, 0, 0, 1]; 3], [0; 3]),
        ("sfw", [[5, 0, 0, 1]; 3], [0; 3]),
        ("sfw-reddi", [[5, 0, 0, 1]; 3], [0; 3]),
        // Snapshots at t = 0 and 3; two gradients a sample between them.
        ("svfw", [[27, 0, 0, 1], [10, 0, 0, 1], [10, 0, 0, 1]], [8; 3]),
        // Snapshots at t = 0, 1, 3.
        ("svrf", [[27, 0, 0, 1], [27, 0, 0, 1], [10, 0, 0, 1]], [8; 3]),
        // The table is filled once; then b for the estimate and b for the refresh.
        ("saga-fw", [[27, 0, 0, 1], [10, 0, 0, 1], [10, 0, 0, 1]], [31; 3]),
        ("asysfw", [[5, 0, 0, 1]; 3], [4, 8, 12]),
        ("fw-sd", [[5, 0, 0, 1]; 3], [0; 3]),
        ("fw-sd-in-face", [[5, 0, 0, 1]; 3], [0; 3]),
        ("negiar", [[5, 0, 0, 1]; 3], [31; 3]),
        ("scg", [[5, 0, 0, 1]; 3], [4; 3]),
        ("heavy-ball", [[5, 0, 0, 1]; 3], [4; 3]),
        ("storm", [[5, 0, 0, 1], [10, 0, 0, 1], [10, 0, 0, 1]], [8; 3]),
        ("sarah", [[27, 0, 0, 1], [10, 0, 0, 1], [10, 0, 0, 1]], [8; 3]),
        ("coordinate", [[27, 0, 0, 1], [0, 27, 0, 1], [0, 27, 0, 1]], [4; 3]),
        // Four directions, both ways, five samples.
        ("zeroth-order", [[0, 0, 40, 1]; 3], [4; 3]),
        ("adasfw", [[5, 0, 0, 5]; 3], [4; 3]),
        ("adasvrf", [[27, 0, 0, 5], [27, 0, 0, 5], [10, 0, 0, 5]], [12; 3]),
        ("adacsfw", [[5, 0, 0, 5]; 3], [35; 3]),
    ];
    for (key, costs, memory) in table {
        let rows = method(key).needs == Needs::Rows;
        let space = if rows { Space::Rows(RowBalls::new(layout, 2.0).unwrap()) } else { l1(2.0, 4) };
        let mut runner = runner(key, &problem, &space, &settings);
        let mut total = Cost::default();
        for (cost, memory) in costs.into_iter().zip(memory) {
            let [gradients, partials, values, lmos] = cost;
            let expected = Cost { gradients, partials, values, lmos };
            let step: Step = runner.step().unwrap();
            assert_eq!((step.cost, step.memory), (expected, memory), "{key} at t = {}", step.t);
            total += expected;
        }
        assert_eq!(runner.cost(), total, "{key}");
    }
    // A coin decides what each step of L-SVRG costs.
    let mut coins = runner("l-svrg", &problem, &l1(2.0, 4), &settings);
    assert_eq!(coins.step().unwrap().cost.gradients, 27);
    assert!((0..30).all(|_| [27, 10].contains(&coins.step().unwrap().cost.gradients)));
    // Step sizes that ask for f(x₀) pay for it before the first step; measuring is free.
    let settings = Settings { total: 10, ..Settings::default() };
    let reddi = runner("sfw-reddi", &problem, &l1(2.0, 4), &settings);
    reddi.gap().unwrap();
    assert_eq!(reddi.cost(), Cost { values: 27, ..Cost::default() });
}

#[test]
fn the_same_seed_makes_the_same_run() {
    let coverage: Arc<dyn FiniteSum> = Arc::new(Coverage::random(60, 10, 7).unwrap());
    for entry in FINITE_SUM_METHODS {
        let problem = if entry.needs == Needs::Submodular { coverage.clone() } else { logistic(60, 4) };
        let space = match entry.needs {
            Needs::Rows => Space::Rows(RowBalls::new(problem.layout(), 2.0).unwrap()),
            Needs::Submodular => some_of(3, 10),
            // A round set answers every gradient differently.
            Needs::FiniteSum | Needs::LinearPredictor => Space::Set(set("l2", 2.0, 4)),
        };
        let end = |seed| {
            let settings = Settings { seed, total: 30, batch: constant_batch(4), ..Settings::default() };
            run(entry.key, &problem, &space, &settings, 30).x().to_vec()
        };
        assert_eq!(end(1), end(1), "{}", entry.key);
        assert_eq!(end(1) == end(2), entry.key == "fw", "{}: only full gradients draw nothing", entry.key);
    }
}

#[test]
fn with_all_samples_variants_of_frank_wolfe_are_frank_wolfe() {
    let problem = logistic(30, 4);
    let settings = Settings {
        total: 60,
        batch: constant_batch(30),
        step: Some(StepSize::OpenLoop),
        delay: Delay::Fixed(0),
        rho: 1.0,
        coordinates: 4,
        ..Settings::default()
    };
    let end = |key: &str| run(key, &problem, &l1(2.0, 4), &settings, 60).x().to_vec();
    let reference = end("fw");
    let keys = ["sfw", "sfw-reddi", "svfw", "svrf", "saga-fw", "asysfw", "negiar", "heavy-ball", "sarah", "l-svrg"];
    for key in keys.into_iter().chain(["storm", "coordinate"]) {
        assert!(distance(&end(key), &reference) < 1e-10, "{key}");
    }
    let adaptive = end("adasfw");
    for key in ["adasvrf", "adacsfw"] {
        assert!(distance(&end(key), &adaptive) < 1e-10, "{key}");
    }
}

#[test]
fn a_delay_of_none_is_sfw_and_longer_ones_are_worse() {
    let problem: Arc<dyn FiniteSum> = Arc::new(least_squares());
    let space = l1(1.5, 5);
    let settings = |seed, delay| Settings {
        seed,
        delay,
        total: 200,
        batch: constant_batch(16),
        step: Some(StepSize::Scheduled),
        rate: constant_rate(0.1),
        ..Settings::default()
    };
    for none in [Delay::Fixed(0), Delay::Uniform(0)] {
        let fresh = run("sfw", &problem, &space, &settings(3, none), 200);
        assert_eq!(run("asysfw", &problem, &space, &settings(3, none), 200).x(), fresh.x());
    }
    let gap = |delay| {
        let mut sum = 0.0;
        for seed in 1..=5 {
            let mut runner = runner("asysfw", &problem, &space, &settings(seed, delay));
            for t in 0..200 {
                runner.step().unwrap();
                sum += if t < 100 { 0.0 } else { runner.gap().unwrap().constrained / 500.0 };
            }
        }
        sum
    };
    let gaps = [0, 4, 16].map(|tau| gap(Delay::Fixed(tau)));
    assert!(gaps[0] < gaps[1] && gaps[1] < gaps[2], "{gaps:?}");
}

// ── Coverage ─────────────────────────────────────────────────────────────────────────────────────────────

/// Three items: the first is held by sets 0 and 1, the second by set 1, the third by none.
#[test]
fn coverage_is_the_chance_of_staying_uncovered() {
    let f = Coverage::new(vec![vec![0, 1, 0], vec![1], vec![]], 2).unwrap();
    let x = [0.25, 0.5];
    assert_eq!([0, 1, 2].map(|i| f.value_of(i, &x)), [0.375, 0.5, 1.0]);
    assert!((f.value(&x) - 1.875 / 3.0).abs() < 1e-15);
    assert!(distance(&gradient(&f, &x), &[-0.5 / 3.0, -1.75 / 3.0]) < 1e-15);
    // Taking set 1 for certain leaves the item that nobody holds.
    assert!((f.value(&[0.0, 1.0]) - 1.0 / 3.0).abs() < 1e-15);
    assert!(f.linear().is_none() && f.submodular() && !f.convex() && f.lower_bound() == 0.0);
    assert!(matches!(Coverage::new(vec![vec![0], vec![2]], 2), Err(FiniteSumError::Label { sample: 1, .. })));
    assert!(matches!(Coverage::new(vec![], 2), Err(FiniteSumError::Setting { .. })));
    assert!(matches!(Coverage::random(3, 0, 1), Err(FiniteSumError::Setting { .. })));
}

#[test]
fn coverage_is_monotone_submodular_and_smooth_and_its_gradient_the_slope() {
    let f = Coverage::random(60, 10, 7).unwrap();
    let mut random = Random::new(2, 0);
    let mut chances = || (0..10).map(|_| random.uniform()).collect::<Vec<_>>();
    for _ in 0..30 {
        let (x, y) = (chances(), chances());
        let (at_x, at_y) = (gradient(&f, &x), gradient(&f, &y));
        for (j, partial) in at_x.iter().enumerate() {
            let beside = |h: f64| {
                let mut z = x.clone();
                z[j] += h;
                f.value(&z)
            };
            // f is linear in each coordinate, so half a step either way is not too far.
            let slope = beside(0.5) - beside(-0.5);
            assert!((partial - slope).abs() < 1e-12 && *partial <= 0.0, "{partial} against {slope}");
        }
        assert!(distance(&at_x, &at_y) <= f.smoothness() * distance(&x, &y), "L = {} is too small", f.smoothness());
        // Where there is more of everything, every set adds less.
        let more: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x.max(*y)).collect();
        assert!(gradient(&f, &more).iter().zip(&at_x).all(|(more, less)| more >= less));
    }
}

/// OPT by trying all 120 triples; 60 items are few enough that a sample a step is loud.
#[test]
fn the_submodular_scg_covers_its_share_of_the_best_and_never_leaves_the_polytope() {
    let share = 1.0 - (-1.0_f64).exp();
    for data in [1, 2, 7] {
        let problem: Arc<dyn FiniteSum> = Arc::new(Coverage::random(60, 10, data).unwrap());
        let indicator = |mask: u32| (0..10_u32).map(|j| f64::from((mask >> j) & 1)).collect::<Vec<_>>();
        let triples = (0..1024_u32).filter(|mask| mask.count_ones() == 3);
        let best = triples.map(|mask| 1.0 - problem.value(&indicator(mask))).fold(0.0, f64::max);
        let space = some_of(3, 10);
        for (seed, batch) in [(1, None), (2, None), (3, None), (1, constant_batch(60))] {
            let settings = Settings { seed, total: 400, batch, ..Settings::default() };
            let mut runner = runner("scg-submodular", &problem, &space, &settings);
            for t in 0..400_u32 {
                let step = runner.step().unwrap();
                assert!((step.gamma - 1.0 / 400.0).abs() < 1e-12, "t = {t}: {}", step.gamma);
                if settings.batch.is_none() {
                    let cost = Cost { gradients: 1, lmos: 1, ..Cost::default() };
                    assert_eq!((step.batch, step.cost, step.memory), (1, cost, 10));
                }
                assert!(space.set().contains(runner.x(), 1e-9), "t = {t}: {:?}", runner.x());
                assert!(runner.x().iter().all(|x| *x >= 0.0), "a chance below 0: {:?}", runner.x());
            }
            let covered = 1.0 - runner.value();
            assert!(covered >= share * best, "data {data}, seed {seed}: {covered} of {best}");
            assert!(runner.x().iter().sum::<f64>() > 2.9, "the weight of 0 is used up");
            // After T steps it rests.
            let end = runner.x().to_vec();
            runner.step().unwrap();
            assert!(distance(runner.x(), &end) < 1e-12);
        }
    }
}

#[test]
fn the_submodular_scg_asks_for_coverage_and_for_0() {
    let settings = |start| Settings { start, ..Settings::default() };
    let new = |problem: Arc<dyn FiniteSum>, space, start| {
        Runner::new(method("scg-submodular"), problem, space, settings(start)).unwrap_err()
    };
    assert_eq!(new(logistic(20, 3), l1(1.0, 3), None), FiniteSumError::NotSubmodular("scg-submodular"));
    let coverage: Arc<dyn FiniteSum> = Arc::new(Coverage::random(20, 3, 1).unwrap());
    let origin = FiniteSumError::Origin("scg-submodular");
    assert_eq!(new(coverage.clone(), some_of(1, 3), Some(vec![0.5, 0.0, 0.0])), origin);
    assert_eq!(new(coverage, Space::Set(set("probability-simplex", 1.0, 3)), None), origin);
}

// ── Golden values ────────────────────────────────────────────────────────────────────────────────────────

/// Theorem 2 of Reddi et al.: T = 100, D = 2, L = 3, Δ = 2.3, β = 1.
#[test]
fn reddis_step_size() {
    assert!((horizon_rate(2.0, 2.3, 100, 3.0, 2.0) - 0.061_913_9).abs() < 5e-8);
    assert_eq!(horizon_rate(2.0, 1e9, 100, 3.0, 2.0), 1.0);
    assert_eq!(horizon_rate(2.0, 1.0, 100, 0.0, 2.0), 1.0);
    // The runner asks the problem: L and f(x₀) of this slope are 3 and 0, its lower bound is 0.
    let slope: Arc<dyn FiniteSum> = Arc::new(Slope { g: vec![2.3, 0.0], smoothness: 3.0 });
    let settings = Settings { total: 100, start: Some(vec![1.0, 0.0]), ..Settings::default() };
    let mut runner = runner("sfw-reddi", &slope, &l1(1.0, 2), &settings);
    let step = runner.step().unwrap();
    assert!((step.gamma - 0.061_913_9).abs() < 5e-8);
    assert!(step.batch_capped, "T = 100 samples asked for, there is one");
}

#[test]
fn batch_plans_round_up_and_stop_at_n() {
    let at = |plan: BatchPlan, n| plan.at(0, 50, n).0;
    assert_eq!([27, 28, 1000].map(|n| at(BatchPlan::CubeRoot, n)), [3, 4, 10]);
    assert_eq!([27, 28, 1000].map(|n| at(BatchPlan::CubeRootSquared, n)), [9, 16, 100]);
    assert_eq!([25, 26, 1].map(|n| at(BatchPlan::Root, n)), [5, 6, 1]);
    assert_eq!([60, 40].map(|n| BatchPlan::Total.at(9, 50, n)), [(50, false), (40, true)]);
    assert_eq!([BatchPlan::All, BatchPlan::Constant(0)].map(|plan| plan.at(9, 50, 60)), [(60, false), (1, false)]);
    let square = [0, 1, 29, 30, u32::MAX].map(|t| BatchPlan::Square.at(t, 50, 1000));
    assert_eq!(square, [(4, false), (9, false), (961, false), (1000, true), (1000, true)]);
}

/// One step of FW-SD on a known slope.
fn fw_sd_step(w: [f64; 4], smoothness: f64, t: u32) -> (Vec<f64>, f64, f64) {
    let slope = Slope { g: vec![1.0, 0.5, -2.0, 0.2], smoothness };
    let balls = RowBalls::new(slope.layout(), 1.0).unwrap();
    let mut method = FwSd::new(Box::new(Full), balls.clone(), true);
    let mut x = w.to_vec();
    let turn = Turn { t, batch: 1, gamma: 0.0 };
    let moved = method.step(&mut Meter::new(&slope, &balls), turn, &mut x, &mut Random::new(1, 1)).unwrap();
    (x, moved.gamma, moved.gap_estimate)
}

#[test]
fn fw_sd_follows_its_formulas() {
    let (x, alpha, gap) = fw_sd_step([0.4, -0.3, 0.0, 0.1], 1.0, 0);
    assert!((gap - 2.27).abs() < 1e-12 && (alpha - 0.283_75).abs() < 1e-12);
    assert!(distance(&x, &[0.2865, -0.214_875, 0.283_75, 0.071_625]) < 1e-12);
    // Away from −e₃, until the row meets the boundary.
    let (x, beta, gain) = fw_sd_step([0.4, -0.3, 0.0, 0.1], 1.0, 1);
    assert!((gain - 1.73).abs() < 1e-12 && (beta - 1.0 / 9.0).abs() < 1e-12);
    assert!(distance(&x, &[4.0 / 9.0, -1.0 / 3.0, 1.0 / 9.0, 1.0 / 9.0]) < 1e-12);
    // On the boundary: away from e₁, a vertex of the row's own face.
    let (x, beta, gain) = fw_sd_step([0.5, -0.3, 0.0, 0.2], 1.0, 1);
    assert!((gain - 0.61).abs() < 1e-12 && (beta - 0.076_25).abs() < 1e-12);
    assert!(distance(&x, &[0.461_875, -0.322_875, 0.0, 0.215_25]) < 1e-12);
    // A small L takes the whole way: the coordinate is gone, to the last bit.
    let (x, beta, _) = fw_sd_step([0.5, -0.3, 0.0, 0.2], 1e-6, 1);
    assert!((beta - 1.0).abs() < 1e-12 && x[0] == 0.0);
    assert!(distance(&x, &[0.0, -0.6, 0.0, 0.4]) < 1e-12);
    // At a vertex there is nothing to move away from.
    assert_eq!(fw_sd_step([1.0, 0.0, 0.0, 0.0], 1.0, 1).0, [1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn fw_sd_keeps_rows_inside_and_away_steps_keep_their_face() {
    let problem: Arc<dyn FiniteSum> = Arc::new(Softmax::planted(90, 4, 3, true, 5).unwrap());
    let space = Space::Rows(RowBalls::new(problem.layout(), 1.0).unwrap());
    let settings = Settings { total: 400, batch: constant_batch(30), ..Settings::default() };
    let mut runner = runner("fw-sd-in-face", &problem, &space, &settings);
    let mut in_face = 0;
    for t in 0..400 {
        let before = runner.x().to_vec();
        runner.step().unwrap();
        assert!(space.set().contains(runner.x(), 1e-12), "t = {t}");
        for (old, new) in before.chunks(4).zip(runner.x().chunks(4)).take(3) {
            let on_boundary = old.iter().map(|w| w.abs()).sum::<f64>() >= 1.0 - 1e-6;
            if t % 2 == 1 && on_boundary {
                in_face += 1;
                assert!(old.iter().zip(new).all(|(old, new)| *new == 0.0 || old.signum() == new.signum()));
                assert!(old.iter().zip(new).all(|(old, new)| *old != 0.0 || *new == 0.0), "{old:?} to {new:?}");
            }
        }
    }
    assert!(in_face > 50, "only {in_face} steps on a face");
}

/// Both parts of the gap fall, and away steps make the constrained part fall much faster.
#[test]
fn fw_sd_settles_in_both_parts() {
    let problem: Arc<dyn FiniteSum> = Arc::new(Softmax::planted(90, 4, 3, true, 5).unwrap());
    let space = Space::Rows(RowBalls::new(problem.layout(), 1.0).unwrap());
    let settings = Settings { total: 400, batch: constant_batch(90), ..Settings::default() };
    let plain = run("fw-sd", &problem, &space, &settings, 400).gap().unwrap();
    let in_face = run("fw-sd-in-face", &problem, &space, &settings, 400).gap().unwrap();
    assert!(plain.constrained < 0.06 && plain.free < 1e-3, "{plain:?}");
    assert!(in_face.constrained < 1e-3 && in_face.free < 1e-4, "{in_face:?}");
}

/// θ = (.5, −.2, .1), g = (1, −2, .5), A = g∘g, η = .1, L1 ball of radius 1, cap 1: the point and Q after each inner step.
#[test]
fn the_adaptive_inner_steps() {
    let (start, g) = (vec![0.5, -0.2, 0.1], vec![1.0, -2.0, 0.5]);
    let problem: Arc<dyn FiniteSum> = Arc::new(Slope { g: g.clone(), smoothness: 1.0 });
    let golden = [
        ([0.452_950_6, -0.087_081_3, 0.090_590_1], -0.138_795_9),
        ([0.399_214_9, -0.083_860_7, 0.087_239_7], -0.153_365_2),
        ([0.376_026_6, -0.078_989_7, 0.024_087_5], -0.166_261_5),
    ];
    let end = |inner, capped| {
        let settings =
            Settings { inner, capped, eta: 0.1, start: Some(start.clone()), total: 10, ..Settings::default() };
        run("adasfw", &problem, &l1(1.0, 3), &settings, 1).x().to_vec()
    };
    assert_eq!(end(0, false), start);
    for (inner, (point, model)) in (1..).zip(golden) {
        let y = end(inner, false);
        assert!(distance(&y, &point) < 2e-7, "{inner} steps: {y:?}");
        let d: Vec<f64> = y.iter().zip(&start).map(|(y, x)| y - x).collect();
        let square: f64 = d.iter().zip(&g).map(|(d, g)| (1e-8 + g.abs()) * d * d).sum();
        let q = dot(&g, &d) + square / 0.2;
        assert!((q - model).abs() < 2e-7, "{inner} steps: Q = {q}");
    }
}

/// A gradient of ±c makes the metric constant: one uncapped inner step is the short step with L = H/η.
#[test]
fn with_a_constant_metric_one_inner_step_is_the_short_step() {
    let (x, g) = (vec![0.2, 0.3], vec![0.5, -0.5]);
    let problem: Arc<dyn FiniteSum> = Arc::new(Slope { g: g.clone(), smoothness: 1.0 });
    let settings = Settings { inner: 1, capped: false, eta: 0.4, start: Some(x.clone()), ..Settings::default() };
    let mut runner = runner("adasfw", &problem, &Space::Set(set("linf", 1.0, 2)), &settings);
    let step = runner.step().unwrap();
    let (v, l) = ([-1.0, 1.0], (0.5 + 1e-8) / 0.4);
    let gamma = (dot(&g, &x) - dot(&g, &v)) / (l * distance(&x, &v).powi(2));
    assert!((step.gamma - gamma).abs() < 1e-12, "{} against {gamma}", step.gamma);
}

// ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_slides_schedules_drive_sfw() {
    let problem = logistic(100, 4);
    let settings = Settings {
        total: 100,
        rate: LearningRate { rule: RateRule::Power, gamma: 1.0, a: 0.5, eta: 0.5, stages: 4 },
        batch: Some(BatchSize { rule: BatchRule::Growing, b: 16, lambda: 2.0, stages: 5 }),
        ..Settings::default()
    };
    let mut runner = runner("sfw", &problem, &l1(2.0, 4), &settings);
    let steps: Vec<Step> = (0..100).map(|_| runner.step().unwrap()).collect();
    for (t, gamma, batch, capped) in
        [(0, 1.0, 16, false), (3, 0.5, 16, false), (24, 0.2, 32, false), (63, 0.125, 100, true)]
    {
        assert_eq!((steps[t].gamma, steps[t].batch, steps[t].batch_capped), (gamma, batch, capped), "t = {t}");
    }
    // From the cap on the estimate is the gradient, and so is the estimated gap.
    let gap = runner.gap().unwrap().constrained;
    assert!((runner.step().unwrap().gap_estimate - gap).abs() < 1e-14);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let problem = logistic(20, 3);
    let wrong: [Settings; 9] = [
        Settings { total: 0, ..Settings::default() },
        Settings { rho: 0.0, ..Settings::default() },
        Settings { rho: 1.1, ..Settings::default() },
        Settings { delay: Delay::Uniform(17), ..Settings::default() },
        Settings { eta: -1.0, ..Settings::default() },
        Settings { offset: 0.0, ..Settings::default() },
        Settings { smoothing: f64::NAN, ..Settings::default() },
        Settings { coordinates: 0, ..Settings::default() },
        Settings { directions: 0, ..Settings::default() },
    ];
    for settings in wrong {
        let error = Runner::new(method("sfw"), problem.clone(), l1(1.0, 3), settings).unwrap_err();
        assert!(matches!(error, FiniteSumError::Setting { .. }), "{error}");
    }
    for start in [vec![0.0; 2], vec![2.0, 0.0, 0.0], vec![f64::NAN, 0.0, 0.0]] {
        let settings = Settings { start: Some(start), ..Settings::default() };
        let error = Runner::new(method("sfw"), problem.clone(), l1(1.0, 3), settings).unwrap_err();
        assert_eq!(error, FiniteSumError::Start { dim: 3 });
    }
}

#[test]
fn what_a_method_needs_is_asked_for() {
    let free: Arc<dyn FiniteSum> = Arc::new(Softmax::planted(20, 3, 3, true, 5).unwrap());
    let rows = Space::Rows(RowBalls::new(free.layout(), 1.0).unwrap());
    let new = |key: &str, space: &Space| Runner::new(method(key), free.clone(), space.clone(), Settings::default());
    assert!(new("fw-sd", &rows).is_ok());
    assert_eq!(new("fw-sd", &l1(1.0, 12)).unwrap_err(), FiniteSumError::NeedsRows("fw-sd"));
    assert_eq!(new("sfw", &rows).unwrap_err(), FiniteSumError::FreeParameters { method: "sfw", free: 3 });
    let other = Space::Rows(RowBalls::new(Layout { rows: 1, width: 12, free: 0 }, 1.0).unwrap());
    assert_eq!(new("fw-sd", &other).unwrap_err(), FiniteSumError::NeedsRows("fw-sd"));
    assert!(RowBalls::new(Layout { rows: 1, width: 0, free: 0 }, 1.0).is_err());
    assert!(RowBalls::new(free.layout(), -1.0).is_err());
}

#[test]
fn a_gradient_that_is_no_number_stops_the_run_where_it_is() {
    let problem: Arc<dyn FiniteSum> = Arc::new(Slope { g: vec![f64::NAN, 1.0], smoothness: 1.0 });
    let rows = Space::Rows(RowBalls::new(problem.layout(), 1.0).unwrap());
    for (key, space) in [("sfw", l1(1.0, 2)), ("adasfw", l1(1.0, 2)), ("fw-sd", rows)] {
        let mut runner = runner(key, &problem, &space, &Settings::default());
        assert!(matches!(runner.step(), Err(FiniteSumError::Set(_))), "{key}");
        assert_eq!((runner.x(), runner.t()), ([0.0, 0.0].as_slice(), 0));
    }
}
