//! The two balls whose oracle is not exact in the image box, the nuclear norm and the Wasserstein ball: what is exact,
//! what is only inside, and what holds for every attack on them. With them, attacks where only success counts, and the
//! twins of APGD and Frank–Wolfe.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shipped;
mod toy;

use burn::tensor::{Device, Tensor};
use fwlab::attack::twins::twins;
use fwlab::attack::{ATTACKS, AttackEntry, AttackError, AttackSettings, Target, find, start};
use fwlab::nn::{Batch, Network};
use fwlab::random::Random;
use fwlab::session::engine::successes;
use fwlab::session::{AttackSpec, DataId, Victim};
use fwlab::sets::image_ball::{ImageBall, Sinkhorn, round_plans, round_within};
use fwlab::sets::transport::{OFFSETS, Plan, offsets};
use fwlab::sets::{NormId, Oracle, ThreatModel};
use shipped::{SFW, with_sfw};
use toy::{N, classes_of, values};

const CLASSES: usize = 5;
const BUDGET: u32 = 12;

fn wide(tensor: &Tensor<2>) -> Vec<f64> {
    values(tensor).into_iter().map(f64::from).collect()
}

fn tensor(rows: &[Vec<f64>]) -> Tensor<2> {
    let n = rows[0].len();
    let flat: Vec<f32> = rows.iter().flatten().map(|v| *v as f32).collect();
    Tensor::<1>::from_floats(flat.as_slice(), &Device::flex()).reshape([rows.len(), n])
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn ball(norm: NormId, epsilon: f64, shape: [usize; 3], x0: &[f64]) -> ImageBall {
    ImageBall::within(tensor(&[x0.to_vec()]), ThreatModel { shape, ..ThreatModel::of(norm, epsilon) }).unwrap()
}

fn random_row(random: &mut Random, n: usize, low: f64, high: f64) -> Vec<f64> {
    (0..n).map(|_| low + (high - low) * random.uniform()).collect()
}

fn target_of(rows: usize, norm: NormId, epsilon: f64) -> (Target, Vec<u8>) {
    toy::target_of(rows, CLASSES, ThreatModel::of(norm, epsilon))
}

fn settings(budget: u32) -> AttackSettings {
    AttackSettings { budget, ..AttackSettings::default() }
}

fn on(norm: NormId) -> impl Iterator<Item = &'static AttackEntry> {
    ATTACKS.iter().filter(move |entry| entry.norms.contains(&norm))
}

// ── The nuclear ball ─────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_nuclear_oracle_is_the_best_patch_where_the_box_is_far() {
    let mut random = Random::new(11, 0);
    for _ in 0..20 {
        let g = random_row(&mut random, 8, -2.0, 2.0);
        let ball = ball(NormId::Nuclear, 0.2, [2, 2, 2], &[0.5; 8]);
        let answer = ball.answer(tensor(std::slice::from_ref(&g)).neg(), ball.centre(), None);
        assert!(values(&answer.vertex.clone().sub(answer.relaxed).abs().max())[0] < 1e-6, "nothing to clamp");
        let change: Vec<f64> = wide(&answer.vertex).iter().map(|v| v - 0.5).collect();
        // Every patch of rank 1 in either channel, over a grid of directions.
        let mut best = 0.0_f64;
        for channel in g.chunks(2 * 2) {
            for i in 0..360 {
                let (a, b) = (f64::from(i).to_radians().sin(), f64::from(i).to_radians().cos());
                let along = [a * channel[0] + b * channel[2], a * channel[1] + b * channel[3]];
                best = best.max(0.2 * along[0].hypot(along[1]));
            }
        }
        assert!((dot(&g, &change) - best).abs() <= 1e-3 * best, "{} against {best}", dot(&g, &change));
        let moved: Vec<bool> = change.chunks(4).map(|channel| channel.iter().any(|c| c.abs() > 1e-7)).collect();
        assert_eq!(moved.iter().filter(|moved| **moved).count(), 1, "a patch lies in one channel");
        assert!((values(&ball.gauge(answer.vertex))[0] - 1.0).abs() < 1e-4);
    }
}

#[test]
fn the_clamped_patch_is_inside_ball_and_box_and_its_gap_is_an_upper_bound() {
    let mut random = Random::new(12, 0);
    let shape = [3, 6, 5];
    let n = shape.iter().product();
    for epsilon in [0.1, 1.0, 6.0] {
        let x0: Vec<f64> = (0..n).map(|i| if i % 3 == 0 { [0.0, 1.0][i % 2] } else { random.uniform() }).collect();
        let ball = ball(NormId::Nuclear, epsilon, shape, &x0);
        let g = random_row(&mut random, n, -1.0, 1.0);
        let answer = ball.answer(tensor(std::slice::from_ref(&g)).neg(), ball.centre(), None);
        let (vertex, relaxed) = (wide(&answer.vertex), wide(&answer.relaxed));
        assert!(vertex.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!(values(&ball.gauge(answer.vertex.clone()))[0] <= 1.0 + 1e-5);
        // The tensors' norm is that of an exact decomposition.
        let change: Vec<f64> = vertex.iter().zip(&x0).map(|(v, x)| v - x).collect();
        assert!(ball.threat().length(change.iter().copied()) <= epsilon * (1.0 + 1e-4));
        let rise = |point: &[f64]| dot(&g, point) - dot(&g, &x0);
        for _ in 0..20 {
            let far: Vec<f64> = x0.iter().zip(&g).map(|(x, g)| x + random.uniform() * g).collect();
            let inside = ball.project(tensor(&[far]));
            assert!(values(&ball.gauge(inside.clone()))[0] <= 1.0 + 1e-5);
            assert!(rise(&wide(&inside)) <= rise(&relaxed) * (1.0 + 1e-4));
        }
        assert!(rise(&vertex) <= rise(&relaxed) * (1.0 + 1e-4));
    }
}

#[test]
fn auto_fw_on_the_nuclear_ball_says_what_the_clamp_left() {
    assert_eq!(NormId::Nuclear.oracle(), Oracle::Clamped);
    let (target, _) = target_of(4, NormId::Nuclear, 0.5);
    let mut attack = start(find("auto-fw").unwrap(), &target, &settings(BUDGET)).unwrap();
    let initial = values(&attack.gap(&target).unwrap());
    for _ in 0..BUDGET {
        let gap = values(&attack.gap(&target).unwrap());
        assert!(gap.iter().zip(&initial).all(|(gap, initial)| *gap >= -1e-3 * initial), "{gap:?}");
        let kept = values(&attack.kept(&target).unwrap());
        assert!(kept.iter().all(|kept| *kept <= 1.0 + 1e-4 && kept.is_finite()), "{kept:?}");
        // Black and white pixels clamp something.
        assert!(kept.iter().any(|kept| *kept < 1.0 - 1e-3));
        attack.step(&target);
        assert!(values(&target.ball.gauge(attack.ascent().x.clone())).iter().all(|gauge| *gauge <= 1.0 + 1e-5));
    }
    let (exact, _) = target_of(2, NormId::L2, 0.3);
    let attack = start(find("auto-fw").unwrap(), &exact, &settings(BUDGET)).unwrap();
    assert!(attack.kept(&exact).is_none());
}

#[test]
fn rounding_a_change_of_low_rank_stays_inside_the_nuclear_ball() {
    let mut random = Random::new(13, 0);
    let shape = [3, 16, 16];
    let n = shape.iter().product();
    for epsilon in [0.0, 0.05, 0.5, 2.0] {
        let x0: Vec<f64> = (0..n).map(|_| random.below(256) as f64 / 255.0).collect();
        let ball = ball(NormId::Nuclear, epsilon, shape, &x0);
        let g = tensor(&[random_row(&mut random, n, -1.0, 1.0)]);
        let x = values(&ball.lmo(g, ball.centre()));
        let clean: Vec<f32> = x0.iter().map(|x| *x as f32).collect();
        let levels = round_within(&x, &clean, n, &ball.threat());
        let change: Vec<f64> = levels.iter().zip(&x0).map(|(k, x)| f64::from(*k) - (x * 255.0).round()).collect();
        let length = ball.threat().length(change.iter().copied());
        assert!(length <= 255.0 * epsilon + 1e-5, "{length} at {epsilon}");
        assert!(epsilon < 1.0 || length > 0.5 * 255.0 * epsilon, "rounding gave too much away: {length}");
    }
}

// ── The Wasserstein ball ─────────────────────────────────────────────────────────────────────────────────

const G: [f64; 9] = [1.0, -1.0, 2.0, 0.0, -2.0, 1.0, 0.5, -0.5, 3.0];

fn nine() -> Vec<f64> {
    (1..=9).map(|i| f64::from(i) / 45.0).collect()
}

/// max ⟨G, image⟩ over all plans of cost at most ε, without the box: its dual is piecewise linear in one number ν, so
/// the least value lies at a break.
fn best_plan(g: &[f64], x0: &[f64], [channels, height, width]: [usize; 3], epsilon: f64) -> f64 {
    let area = height * width;
    let reach = |i: usize| {
        let (c, y, x) = (i / area, (i % area / width) as i32, (i % width) as i32);
        offsets().filter_map(move |(dy, dx)| {
            let (ty, tx) = (y + dy, x + dx);
            let inside = (0..height as i32).contains(&ty) && (0..width as i32).contains(&tx);
            inside.then(|| (g[c * area + ty as usize * width + tx as usize], f64::from(dy * dy + dx * dx)))
        })
    };
    let mut breaks = vec![0.0];
    for i in 0..channels * area {
        let all: Vec<(f64, f64)> = reach(i).collect();
        for (a, cost_a) in &all {
            breaks.extend(all.iter().filter(|(_, b)| b != cost_a).map(|(b, cost_b)| (a - b) / (cost_a - cost_b)));
        }
    }
    let mass: f64 = x0.iter().sum();
    let dual = |nu: f64| {
        let gain = |i: usize| reach(i).map(|(g, cost)| g - nu * cost).fold(f64::NEG_INFINITY, f64::max);
        nu * epsilon * mass + (0..x0.len()).map(|i| x0[i] * gain(i)).sum::<f64>()
    };
    breaks.into_iter().filter(|nu| *nu >= 0.0).map(dual).fold(f64::INFINITY, f64::min)
}

#[test]
fn the_entropic_oracle_has_its_golden_values_and_tends_to_the_best_plan() {
    let x0 = nine();
    let golden = ball(NormId::Wasserstein, 0.3, [1, 3, 3], &x0);
    let g = tensor(&[G.to_vec()]).neg();
    assert!((best_plan(&G, &x0, [1, 3, 3], 0.3) - 1.6).abs() < 1e-9);
    let clean: Vec<f32> = x0.iter().map(|x| *x as f32).collect();
    for (gamma, expected) in [(1.0, 1.336_118_7), (0.1, 1.599_795_9), (0.01, 1.6)] {
        let plan = golden.entropic(&g, gamma / 3.0);
        let measured = Plan { entries: &values(&plan), shape: [1, 3, 3] }.measure(&clean);
        let value = dot(&G, &measured.image);
        assert!((value - expected).abs() < 5e-5, "{value} at γ = {gamma}");
        assert!((measured.cost - 0.3).abs() < 1e-5 && measured.row_error < 1e-6 && measured.mass_error < 1e-6);
    }
    // Other images, windows cut by the edge, several channels.
    let mut random = Random::new(14, 0);
    for shape in [[1, 1, 4], [2, 3, 4], [1, 7, 6]] {
        let n = shape.iter().product();
        let (x0, g) = (random_row(&mut random, n, 0.0, 0.9), random_row(&mut random, n, -1.0, 1.0));
        for epsilon in [0.02, 0.3, 4.0] {
            let ball = ball(NormId::Wasserstein, epsilon, shape, &x0);
            let (best, start) = (best_plan(&g, &x0, shape, epsilon), dot(&g, &x0));
            let down = tensor(std::slice::from_ref(&g)).neg();
            let clean: Vec<f32> = x0.iter().map(|x| *x as f32).collect();
            let found = [0.1, 0.03, 0.003].map(|entropy| {
                let plan = values(&ball.entropic(&down, entropy));
                let measured = Plan { entries: &plan, shape }.measure(&clean);
                assert!(measured.cost <= epsilon * 1.0001 && measured.row_error < 1e-5, "{measured:?}");
                dot(&g, &measured.image)
            });
            assert!(found.iter().all(|value| *value <= best + 1e-4), "{found:?} against {best}");
            let mass: f64 = x0.iter().sum();
            assert!(found[2] >= best - 0.01 * mass, "{found:?} against {best}");
            assert!(found[2] > start && found[2] >= found[0] - 1e-4, "{found:?} from {start}");
        }
    }
}

#[test]
fn projected_sinkhorn_has_its_golden_values() {
    let x0 = nine();
    let y: Vec<f64> = x0.iter().zip(G).map(|(x, g)| x + 0.05 * g).collect();
    let expected = [
        (
            0.1,
            10.784_749,
            [0.023_520, 0.022_699, 0.087_912, 0.089_867, 0.078_644, 0.154_012, 0.155_592, 0.142_802, 0.244_952],
        ),
        (
            0.3,
            3.147_722,
            [0.043_472, 0.003_902, 0.120_936, 0.075_901, 0.018_847, 0.149_598, 0.158_247, 0.129_547, 0.299_550],
        ),
    ];
    for (epsilon, psi, z) in expected {
        let ball = ball(NormId::Wasserstein, epsilon, [1, 3, 3], &x0);
        let mut duals = None;
        let how = Sinkhorn { lambda: 100.0, rounds: 400 };
        let plan = ball.sinkhorn(tensor(std::slice::from_ref(&y)), how, &mut duals);
        let found = wide(&ball.picture(plan.clone()));
        assert!(found.iter().zip(z).all(|(a, b)| (a - b).abs() < 5e-5), "{found:?} against {z:?}");
        assert!((f64::from(values(&duals.unwrap().psi)[0]) - psi).abs() < 5e-3 * psi);
        assert!((f64::from(values(&ball.plan_cost(plan))[0]) - epsilon).abs() < 1e-4);
        // Settled, it is inside whatever the number of rounds.
        for rounds in [1, 5, 60] {
            let plan =
                ball.project_plan(tensor(std::slice::from_ref(&y)), Sinkhorn { lambda: 100.0, rounds }, &mut None);
            assert!(values(&ball.plan_gauge(plan))[0] <= 1.0 + 1e-5, "{rounds} rounds");
        }
    }
    // A ball that is nearly a point leaves nothing to move.
    let ball = ball(NormId::Wasserstein, 1e-4, [1, 3, 3], &x0);
    let plan = ball.project_plan(tensor(&[y]), Sinkhorn { lambda: 100.0, rounds: 400 }, &mut None);
    let found = wide(&ball.picture(plan));
    assert!(found.iter().zip(&x0).all(|(z, x)| (z - x).abs() < 1e-3), "{found:?}");
}

#[test]
fn no_pixel_is_filled_beyond_white_and_no_light_is_lost() {
    let mut random = Random::new(15, 0);
    let shape = [2, 7, 6];
    let n: usize = shape.iter().product();
    for round in 0..6 {
        let x0: Vec<f64> =
            (0..n).map(|i| if (i + round) % 2 == 0 { 1.0 } else { 0.5 + 0.5 * random.uniform() }).collect();
        let clean: Vec<f32> = x0.iter().map(|x| *x as f32).collect();
        let epsilon = [0.02, 0.4, 3.0][round % 3];
        let ball = ball(NormId::Wasserstein, epsilon, shape, &x0);
        let g = tensor(&[random_row(&mut random, n, -1.0, 1.0)]);
        let answer = ball.answer(g, ball.centre(), None);
        let plan = answer.plan.unwrap();
        let measured = Plan { entries: &values(&plan), shape }.measure(&clean);
        assert!(measured.row_error < 1e-5 && measured.mass_error < 1e-4 && measured.least >= -1e-6, "{measured:?}");
        assert!(measured.image.iter().all(|z| *z <= 1.0 + 1e-5));
        assert!(measured.cost <= epsilon * (1.0 + 1e-4), "{} at {epsilon}", measured.cost);
        assert!(values(&ball.plan_gauge(plan))[0] <= 1.0 + 1e-4);
    }
}

#[test]
fn eight_bits_keep_every_level_of_light_and_the_cost() {
    let mut random = Random::new(16, 0);
    let shape = [3, 8, 8];
    let n: usize = shape.iter().product();
    for epsilon in [0.0, 0.01, 0.2, 2.0] {
        let x0: Vec<f64> = (0..n).map(|_| random.below(256) as f64 / 255.0).collect();
        let clean: Vec<f32> = x0.iter().map(|x| *x as f32).collect();
        // A plan of its own, between three answers; at ε = 0 the ball knows none.
        let ball = ball(NormId::Wasserstein, f64::max(epsilon, 0.01), shape, &x0);
        let mut plan = ball.rest().unwrap();
        for gamma in [1.0, 0.4, 0.3] {
            let g = tensor(&[random_row(&mut random, n, -1.0, 1.0)]);
            let vertex = ball.answer(g, ball.centre(), None).plan.unwrap();
            plan = plan.clone().mul_scalar(1.0 - gamma).add(vertex.mul_scalar(gamma));
        }
        let threat = ThreatModel { epsilon, ..ball.threat() };
        let rounded = round_plans(&values(&plan), &clean, n, &threat);
        assert!(rounded[0].cost <= epsilon + 1e-6, "{} at {epsilon}", rounded[0].cost);
        let sum = |levels: &[u8]| levels.iter().map(|level| u32::from(*level)).sum::<u32>();
        let before: Vec<u8> = x0.iter().map(|x| (255.0 * x).round() as u8).collect();
        for (a, b) in rounded[0].levels.chunks(64).zip(before.chunks(64)) {
            assert_eq!(sum(a), sum(b), "light was made or lost");
        }
        if epsilon == 0.0 {
            assert_eq!(rounded[0].levels, before);
        } else {
            let exact = wide(&ball.picture(plan));
            let off = rounded[0].levels.iter().zip(&exact).map(|(k, z)| (f64::from(*k) - 255.0 * z).abs());
            assert!(off.sum::<f64>() / n as f64 <= 3.0, "rounding moved too much");
            assert!(rounded[0].cost > 0.5 * epsilon.min(0.2));
        }
    }
}

#[test]
fn attacks_on_the_wasserstein_ball_know_a_plan_of_every_iterate() {
    let keys: Vec<&str> = on(NormId::Wasserstein).map(|entry| entry.key).collect();
    assert_eq!(keys, ["auto-fw", "fgsm", "fw-momentum", "sinkhorn"]);
    let (target, _) = target_of(3, NormId::Wasserstein, 0.1);
    let clean = values(&target.clean.images);
    for entry in on(NormId::Wasserstein) {
        let mut attack = start(entry, &target, &settings(BUDGET)).unwrap();
        let first: f32 = values(&attack.ascent().best_loss).iter().sum();
        for _ in 0..BUDGET {
            attack.step(&target);
            let ascent = attack.ascent();
            let plans = ascent.plans.as_ref().unwrap();
            let gauge = values(&target.ball.plan_gauge(plans.x.clone()));
            assert!(gauge.iter().all(|gauge| *gauge <= 1.0 + 1e-4), "{}: {gauge:?}", entry.key);
            let off = target.ball.picture(plans.x.clone()).sub(ascent.x.clone()).abs().max();
            assert!(values(&off)[0] < 1e-5, "{}: the plan is that of another image", entry.key);
        }
        assert!(values(&attack.ascent().best_loss).iter().sum::<f32>() > first, "{}: no progress", entry.key);
        let (result, plan) = (attack.result(&target), attack.ascent().result_plan().unwrap());
        assert!(values(&target.ball.picture(plan.clone()).sub(result).abs().max())[0] < 1e-5, "{}", entry.key);
        for (image, clean) in values(&plan).chunks(N * OFFSETS).zip(clean.chunks(N)) {
            let measured = Plan { entries: image, shape: [1, 8, 8] }.measure(clean);
            assert!(measured.cost <= 0.1 * (1.0 + 1e-4), "{}: {}", entry.key, measured.cost);
            assert!(measured.mass_error < 1e-3 && measured.row_error < 1e-4, "{}", entry.key);
        }
        for rounded in round_plans(&values(&plan), &clean, N, &target.ball.threat()) {
            assert!(rounded.cost <= 0.1 + 1e-6);
        }
        let again = || {
            let mut attack = start(entry, &target, &settings(4)).unwrap();
            (0..4).for_each(|_| attack.step(&target));
            values(&attack.result(&target))
        };
        assert_eq!(again(), again(), "{}", entry.key);
        let (point, _) = target_of(3, NormId::Wasserstein, 0.0);
        let mut still = start(entry, &point, &settings(4)).unwrap();
        (0..4).for_each(|_| still.step(&point));
        assert_eq!(values(&still.result(&point)), values(&point.clean.images), "{}", entry.key);
    }
}

#[test]
fn the_wasserstein_gap_is_negative_by_no_more_than_the_entropy() {
    let (target, _) = target_of(3, NormId::Wasserstein, 0.1);
    let mut attack = start(find("auto-fw").unwrap(), &target, &settings(BUDGET)).unwrap();
    for _ in 0..BUDGET {
        let gap = values(&attack.gap(&target).unwrap());
        let largest = values(&attack.ascent().gradient.clone().abs().max_dim(1));
        let light = values(&target.clean.images.clone().sum_dim(1));
        for ((gap, largest), light) in gap.iter().zip(largest).zip(light) {
            assert!(*gap >= -0.012 * largest * light, "{gap}");
        }
        assert!(values(&attack.kept(&target).unwrap()).iter().all(|kept| *kept <= 1.05));
        attack.step(&target);
    }
}

#[test]
fn a_black_image_has_no_light_to_move() {
    let ball = ball(NormId::Wasserstein, 0.1, [1, 4, 4], &[0.0; 16]);
    let answer = ball.answer(tensor(&[random_row(&mut Random::new(1, 1), 16, -1.0, 1.0)]), ball.centre(), None);
    assert_eq!(values(&answer.vertex), vec![0.0; 16]);
    let plan = ball.project_plan(tensor(&[vec![0.1; 16]]), Sinkhorn { lambda: 100.0, rounds: 5 }, &mut None);
    assert_eq!(values(&ball.picture(plan)), vec![0.0; 16]);
}

#[test]
fn radii_that_make_no_sense_are_refused() {
    let centre = || tensor(&[vec![0.5; N]]);
    for (norm, epsilon) in [
        (NormId::Nuclear, -0.1),
        (NormId::Nuclear, f64::NAN),
        (NormId::Nuclear, 1e4),
        (NormId::Wasserstein, 8.1),
        (NormId::Wasserstein, f64::INFINITY),
    ] {
        let threat = ThreatModel { shape: [1, 8, 8], ..ThreatModel::of(norm, epsilon) };
        assert!(ImageBall::within(centre(), threat).is_err(), "{threat:?}");
    }
    let (target, _) = target_of(2, NormId::Nuclear, 0.1);
    assert!(matches!(start(find("apgd").unwrap(), &target, &settings(5)), Err(AttackError::Norm { .. })));
    assert!(matches!(start(find("sinkhorn").unwrap(), &target, &settings(5)), Err(AttackError::Norm { .. })));
}

// ── Only success counts ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn images_that_are_broken_stop_costing_and_nothing_else_changes() {
    let (rows, mut saved) = (12, 0);
    for (norm, epsilon) in [(NormId::Linf, 16.0 / 255.0), (NormId::L2, 0.6), (NormId::Wasserstein, 0.3)] {
        let (target, labels) = target_of(rows, norm, epsilon);
        for entry in on(norm) {
            let restarts = if entry.key == "pgd" || entry.key == "auto-fw" { 2 } else { 1 };
            let budget = if norm == NormId::Wasserstein { 10 } else { 20 };
            let settings = AttackSettings { restarts, ..settings(budget) };
            let run = |compact| pollster::block_on(successes(&target, &labels, entry, &settings, compact)).unwrap();
            let (narrowed, whole) = (run(true), run(false));
            assert_eq!(narrowed.broken, whole.broken, "{} {norm:?}", entry.key);
            assert_eq!(narrowed.levels, whole.levels, "{} {norm:?}", entry.key);
            assert!(narrowed.gradients <= whole.gradients);
            saved += whole.gradients - narrowed.gradients;
            // What is called broken is, in 8 bits.
            let again: Vec<f64> = whole.levels.iter().flatten().map(|level| f64::from(*level) / 255.0).collect();
            let answers = classes_of(&target.network, tensor(&[again]).reshape([rows, N]));
            for ((answer, label), broken) in answers.iter().zip(&labels).zip(&whole.broken) {
                assert_eq!(answer != label, *broken, "{} {norm:?}", entry.key);
            }
        }
    }
    assert!(saved > 0, "nobody left a batch");
}

#[test]
fn images_that_are_wrong_already_are_not_attacked() {
    let (target, labels) = target_of(6, NormId::Linf, 0.02);
    let others: Vec<u8> = labels.iter().map(|label| (label + 1) % CLASSES as u8).collect();
    let batch = Batch::new(values(&target.clean.images), &others, CLASSES, &Device::flex());
    let target = Target::within(target.network, batch, &others, ThreatModel::linf(0.02)).unwrap();
    let found = pollster::block_on(successes(&target, &others, find("apgd").unwrap(), &settings(5), true)).unwrap();
    assert_eq!((found.wrong_already, found.broken, found.gradients), (vec![true; 6], vec![false; 6], 0));
}

#[test]
fn a_network_that_answers_with_no_numbers_is_refused() {
    let (target, labels) = target_of(2, NormId::Linf, 0.02);
    let architecture = target.network.architecture.clone();
    let weights = architecture.initial(3).into_iter().map(|row| vec![f32::NAN; row.len()]).collect();
    let network = Network::new(architecture, weights, &Device::flex());
    let target = Target::within(network, target.clean, &labels, ThreatModel::linf(0.02)).unwrap();
    let refused = pollster::block_on(successes(&target, &labels, find("apgd").unwrap(), &settings(5), true));
    assert!(refused.unwrap_err().to_string().contains("not numbers"));
}

#[test]
fn stronger_attacks_break_as_many_images_of_a_shipped_network() {
    let engine = with_sfw();
    let spec = AttackSpec {
        victim: Victim::Bundled(SFW.into()),
        data: DataId::FashionMnist,
        images: 64,
        epsilon: 8.0,
        budget: 20,
        attacks: ["fgsm", "pgd", "apgd", "auto-fw"].map(String::from).into(),
        ..AttackSpec::default()
    };
    let attacked = pollster::block_on(engine.successes(spec)).unwrap();
    let count = |flags: &[bool]| flags.iter().filter(|flag| **flag).count();
    let broken: Vec<usize> = attacked.iter().map(|one| count(&one.found.broken)).collect();
    let clean = 64 - count(&attacked[0].found.wrong_already);
    assert!(clean > 32, "the network knows {clean} of 64 images");
    assert!(broken.iter().all(|broken| *broken <= clean), "{broken:?}");
    // Within two images, about the error of counting 64.
    assert!(broken[1] + 2 >= broken[0] && broken[2] + 2 >= broken[1] && broken[3] + 2 >= broken[0], "{broken:?}");
    assert!(broken[2] > 0, "{broken:?}");
}

// ── Twins ────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn until_its_first_checkpoint_apgd_is_frank_wolfe_with_a_heavy_ball() {
    let (target, _) = target_of(6, NormId::Linf, 4.0 / 255.0);
    let found = twins(&target, &settings(50), 50).unwrap();
    assert_eq!((found.same_until, found.apgd.len(), found.vertices.len()), (11, 51, 50));
    for call in 0..found.same_until as usize {
        let apart = values(&found.apgd[call].clone().sub(found.frank_wolfe[call].clone()).abs().max())[0];
        assert!(apart <= 2e-7, "{apart} after {call} moves");
    }
    // The first move leads to a corner.
    let off = found.apgd[1].clone().sub(found.vertices[0].clone()).abs().max();
    assert!(values(&off)[0] <= 1e-7);
    // Once steps have halved, they part.
    let last = values(found.apart.last().unwrap());
    assert!(last.iter().any(|apart| *apart > 1e-5), "{last:?}");
    let (other, _) = target_of(2, NormId::L2, 0.3);
    assert!(matches!(twins(&other, &settings(10), 5), Err(AttackError::Norm { .. })));
}
