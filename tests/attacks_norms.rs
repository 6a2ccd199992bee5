//! Attacks on every ball: the exact oracle of ball ∩ box, projections, losses, what must hold for every attack in every
//! norm, and how two attacks are compared.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod toy;

use burn::tensor::{Device, Tensor};
use fwlab::attack::{
    ATTACKS, Attack, AttackEntry, AttackError, AttackSettings, Loss, Objective, Target, check_finite, checkpoints,
    checkpoints_of_runs, find, start,
};
use fwlab::nn::{Architecture, Batch, Layout, Network, Nonlinearity};
use fwlab::random::Random;
use fwlab::session::{ATTACK_KEYS, AttackSpec, LossId, attack_norms};
use fwlab::sets::image_ball::{ImageBall, round_within};
use fwlab::sets::{NormId, ThreatModel};
use fwlab::statistics::{Pairs, mcnemar_exact, wilson};
use toy::{N, classes_of, values};

const ROWS: usize = 5;
const CLASSES: usize = 5;
const BUDGET: u32 = 20;

fn tensor(rows: &[Vec<f64>]) -> Tensor<2> {
    let n = rows[0].len();
    let flat: Vec<f32> = rows.iter().flatten().map(|v| *v as f32).collect();
    Tensor::<1>::from_floats(flat.as_slice(), &Device::flex()).reshape([rows.len(), n])
}

fn wide(values: Vec<f32>) -> Vec<f64> {
    values.into_iter().map(f64::from).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn lp(p: f64, epsilon: f64) -> ThreatModel {
    ThreatModel { p, ..of(NormId::Lp, epsilon) }
}

fn of(norm: NormId, epsilon: f64) -> ThreatModel {
    ThreatModel::of(norm, epsilon)
}

/// The point of one ball that is highest along g.
fn highest(x0: &[f64], threat: ThreatModel, g: &[f64]) -> Vec<f64> {
    let ball = ImageBall::within(tensor(&[x0.to_vec()]), threat).unwrap();
    wide(values(&ball.lmo(tensor(&[g.to_vec()]).neg(), ball.centre())))
}

fn projected(x0: &[f64], threat: ThreatModel, z: &[f64]) -> Vec<f64> {
    let ball = ImageBall::within(tensor(&[x0.to_vec()]), threat).unwrap();
    wide(values(&ball.project(tensor(&[z.to_vec()]))))
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= tolerance, "{what}: {found:?} against {expected:?}");
    }
}

const X0: [f64; 4] = [0.9, 0.2, 0.5, 0.05];

// ── Balls ────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_oracle_of_ball_and_box_has_its_golden_values() {
    let g = [3.0, -1.0, 2.0, -4.0];
    let rows = [
        (of(NormId::Linf, 0.3), [1.0, 0.0, 0.8, 0.0], 1.3),
        (of(NormId::Linf, 0.5), [1.0, 0.0, 1.0, 0.0], 1.7),
        (of(NormId::L2, 0.3), [1.0, 0.075501, 0.748998, 0.0], 1.122495),
        (of(NormId::L2, 0.5), [1.0, 0.0, 0.944410, 0.0], 1.588819),
        (of(NormId::L1, 0.3), [1.0, 0.2, 0.65, 0.0], 0.8),
        (of(NormId::L1, 0.5), [1.0, 0.2, 0.85, 0.0], 1.2),
        (lp(1.5, 0.3), [1.0, 0.143299, 0.726803, 0.0], 1.010306),
    ];
    for (threat, expected, rise) in rows {
        let v = highest(&X0, threat, &g);
        assert_close(&v, &expected, 2e-6, &format!("{threat:?}"));
        assert!((dot(&g, &minus(&v, &X0)) - rise).abs() < 5e-6, "{threat:?}");
    }
}

#[test]
fn projections_onto_ball_and_box_have_their_golden_values() {
    let z = [1.4, -0.2, 0.8, -0.15];
    assert_close(&projected(&X0, of(NormId::L2, 0.3), &z), &[1.0, 0.0, 0.693649, 0.0], 2e-6, "L2");
    assert_close(&projected(&X0, of(NormId::L1, 0.5), &z), &[1.0, 0.0, 0.65, 0.0], 2e-6, "L1");
    assert_close(&projected(&X0, of(NormId::Linf, 0.25), &z), &[1.0, 0.0, 0.75, 0.0], 2e-6, "L∞");
}

/// Every way of standing at the caps: the best of them is the oracle's value.
fn best_by_enumeration(x0: &[f64], threat: ThreatModel, g: &[f64]) -> f64 {
    let n = x0.len();
    let a: Vec<f64> = g.iter().map(|g| g.abs()).collect();
    let cap: Vec<f64> = g.iter().zip(x0).map(|(g, x)| if *g > 0.0 { 1.0 - x } else { *x }).collect();
    let p = threat.exponent();
    let mut best = 0.0_f64;
    // Subsets at the cap, and for L1 one more pixel that takes the rest.
    let subsets = 1_usize << n;
    for subset in 0..subsets {
        let full: Vec<bool> = (0..n).map(|i| (subset >> i) & 1 == 1).collect();
        let mut t: Vec<f64> = (0..n).map(|i| if full[i] { cap[i] } else { 0.0 }).collect();
        let spent = if p.is_finite() { t.iter().map(|t| t.powf(p)).sum::<f64>() } else { 0.0 };
        if p.is_infinite() {
            t = cap.iter().map(|cap| cap.min(threat.epsilon)).collect();
        } else if spent > threat.epsilon.powf(p) * (1.0 + 1e-12) {
            continue;
        } else if p == 1.0 {
            for i in (0..n).filter(|i| !full[*i]) {
                let rest = (threat.epsilon - spent).min(cap[i]);
                best = best.max(dot(&a, &t) + a[i] * rest);
            }
        } else {
            let left = threat.epsilon.powf(p) - spent;
            let power = |i: usize| a[i].powf(1.0 / (p - 1.0));
            let weight: f64 = (0..n).filter(|i| !full[*i]).map(|i| power(i).powf(p)).sum();
            if weight > 0.0 {
                let sigma = (left / weight).powf(1.0 / p);
                for i in (0..n).filter(|i| !full[*i]) {
                    t[i] = sigma * power(i);
                }
                if (0..n).any(|i| t[i] > cap[i] * (1.0 + 1e-12)) {
                    continue;
                }
            }
        }
        best = best.max(dot(&a, &t));
    }
    best
}

fn all_threats(epsilon: f64) -> Vec<ThreatModel> {
    let mut threats: Vec<ThreatModel> =
        [NormId::Linf, NormId::L2, NormId::L1].into_iter().map(|norm| of(norm, epsilon)).collect();
    threats.extend([1.1, 1.5, 3.0].map(|p| lp(p, epsilon)));
    threats
}

#[test]
fn the_oracle_is_the_best_of_all_ways_to_stand_at_the_caps() {
    let mut random = Random::new(5, 0);
    for round in 0..40 {
        let n = 2 + round % 3;
        let x0: Vec<f64> = (0..n).map(|i| if (i + round) % 5 == 0 { 1.0 } else { random.uniform() }).collect();
        let g: Vec<f64> = (0..n).map(|i| if (i + round) % 7 == 0 { 0.0 } else { random.symmetric(2.0) }).collect();
        if g.iter().all(|g| *g == 0.0) {
            continue;
        }
        for threat in all_threats([0.02, 0.3, 0.9][round % 3]) {
            let v = highest(&x0, threat, &g);
            let moved = minus(&v, &x0);
            let best = best_by_enumeration(&x0, threat, &g);
            assert!((dot(&g, &moved) - best).abs() <= 1e-5 * (1.0 + best), "{threat:?} {x0:?} {g:?}: {v:?}, {best}");
            assert!(threat.length(moved.iter().copied()) <= threat.epsilon * (1.0 + 1e-5) + 1e-6, "{threat:?}");
            assert!(v.iter().all(|v| (0.0..=1.0).contains(v)));
        }
    }
}

#[test]
fn ties_go_to_the_lowest_index_and_zero_gradients_stay() {
    let x0 = [0.5; 4];
    assert_close(&highest(&x0, of(NormId::L1, 0.7), &[1.0, 1.0, -1.0, 1.0]), &[1.0, 0.7, 0.5, 0.5], 1e-6, "ties");
    for threat in all_threats(0.3) {
        let v = highest(&x0, threat, &[1.0, 0.0, -2.0, 0.0]);
        assert_eq!((v[1], v[3]), (0.5, 0.5), "{threat:?}");
        let ball = ImageBall::within(tensor(&[x0.to_vec()]), threat).unwrap();
        let x = tensor(&[vec![0.45, 0.5, 0.55, 0.6]]);
        assert_eq!(values(&ball.lmo(x.zeros_like(), x.clone())), values(&x), "{threat:?}");
    }
}

#[test]
fn gradients_of_any_size_and_spread_have_an_oracle() {
    let mut random = Random::new(8, 0);
    let n = 200;
    let x0: Vec<f64> = (0..n).map(|i| if i % 4 == 0 { 1.0 } else { random.uniform() }).collect();
    let spread: Vec<f64> =
        (0..n).map(|_| random.symmetric(1.0).signum() * 10_f64.powf(-9.0 * random.uniform())).collect();
    for threat in all_threats(0.8) {
        let v = highest(&x0, threat, &spread);
        let value = dot(&spread, &minus(&v, &x0));
        assert!(threat.length(minus(&v, &x0).into_iter()) <= threat.epsilon * (1.0 + 1e-5) + 5e-6, "{threat:?}");
        // Random feasible points never beat it.
        for _ in 0..10 {
            let far: Vec<f64> = x0.iter().zip(&spread).map(|(x, g)| x + random.uniform() * g.signum()).collect();
            let point = projected(&x0, threat, &far);
            assert!(dot(&spread, &minus(&point, &x0)) <= value * (1.0 + 1e-5) + 1e-7, "{threat:?}");
        }
        for scale in [1e-20, 1e-6, 1e6] {
            let scaled: Vec<f64> = spread.iter().map(|g| g * scale).collect();
            let again = dot(&spread, &minus(&highest(&x0, threat, &scaled), &x0));
            assert!((again - value).abs() <= 1e-4 * value, "{threat:?} at {scale}: {again} against {value}");
        }
    }
}

#[test]
fn one_oracle_call_verifies_a_projection() {
    let mut random = Random::new(6, 0);
    for n in [2, 7, 40] {
        for threat in all_threats(0.4) {
            let x0: Vec<f64> = (0..n).map(|i| if i % 6 == 0 { 0.0 } else { random.uniform() }).collect();
            let z: Vec<f64> = (0..n).map(|_| 0.5 + random.symmetric(1.5)).collect();
            let y = projected(&x0, threat, &z);
            assert!(threat.length(minus(&y, &x0).into_iter()) <= threat.epsilon * (1.0 + 1e-5) + 5e-6, "{threat:?}");
            assert!(y.iter().all(|y| (0.0..=1.0).contains(y)));
            // y = P(z) exactly if no point of the set lies further along z − y than y does.
            let beyond = minus(&z, &y);
            let v = highest(&x0, threat, &beyond);
            let slack = dot(&beyond, &minus(&v, &y));
            assert!(slack <= 2e-4 * (1.0 + dot(&beyond, &beyond)), "{threat:?} n={n}: {slack}");
            // What is inside stays, to the last bit.
            let inside: Vec<f64> = x0.iter().map(|x| f64::from(*x as f32)).collect();
            assert_eq!(projected(&inside, threat, &inside), inside);
        }
    }
}

#[test]
fn an_image_in_8_bits_stays_inside_every_ball() {
    let mut random = Random::new(7, 0);
    let n = 30;
    for threat in all_threats(0.0) {
        for epsilon in [0.0, 0.5 / 255.0, 3.3 / 255.0, 0.1, 0.6] {
            let threat = ThreatModel { epsilon, ..threat };
            let x0: Vec<f64> = (0..n).map(|_| random.below(256) as f64 / 255.0).collect();
            let z: Vec<f64> = x0.iter().map(|x| x + random.symmetric(0.5)).collect();
            let x = projected(&x0, threat, &z);
            let narrow = |v: &[f64]| v.iter().map(|v| *v as f32).collect::<Vec<_>>();
            let levels = round_within(&narrow(&x), &narrow(&x0), n, &threat);
            let change: Vec<f64> = levels.iter().zip(&x0).map(|(k, x)| f64::from(*k) - (x * 255.0).round()).collect();
            assert!(threat.length(change.iter().copied()) <= epsilon * 255.0 + 1e-5, "{threat:?}: {change:?}");
            for ((change, x), x0) in change.iter().zip(&x).zip(&x0) {
                assert!((change - 255.0 * (x - x0)).abs() < 1.0 + 1e-3, "{threat:?}: more than a level off");
            }
        }
    }
}

#[test]
fn a_threat_that_makes_no_sense_is_refused() {
    let centre = || tensor(&[vec![0.5; 4]]);
    for threat in [
        of(NormId::L2, f64::NAN),
        of(NormId::L2, -0.1),
        of(NormId::L2, 2.1),
        of(NormId::Linf, 1.1),
        of(NormId::L1, 4.5),
        of(NormId::L1, f64::INFINITY),
        lp(1.0, 0.1),
        lp(f64::NAN, 0.1),
    ] {
        assert!(ImageBall::within(centre(), threat).is_err(), "{threat:?}");
    }
}

// ── Losses ───────────────────────────────────────────────────────────────────────────────────────────────

fn one_hot(class: usize, classes: usize) -> Tensor<2> {
    tensor(&[(0..classes).map(|i| f64::from(u8::from(i == class))).collect()])
}

fn any_target(classes: usize) -> Target {
    target_of(of(NormId::Linf, 0.02), classes).0
}

#[test]
fn losses_have_their_golden_values() {
    let target = any_target(4);
    let logits = tensor(&[vec![2.0, 1.0, 0.5, -1.0]]);
    let value = |objective: &Objective, y: usize| values(&objective.value(logits.clone(), one_hot(y, 4)))[0];
    let dlr = Objective::new(Loss::Dlr, &target, 0);
    assert!((value(&dlr, 0) + 2.0 / 3.0).abs() < 1e-6);
    assert!((value(&dlr, 1) - 2.0 / 3.0).abs() < 1e-6);
    assert!((value(&Objective::towards(one_hot(1, 4)), 0) + 4.0 / 9.0).abs() < 1e-6);
    let margin = Objective::new(Loss::Margin, &target, 0);
    assert!((value(&margin, 0) + 1.0).abs() < 1e-6);
    assert!((value(&margin, 2) - 1.5).abs() < 1e-6);
    let ce = Objective::new(Loss::CrossEntropy, &target, 0);
    let sum: f64 = [2.0, 1.0, 0.5, -1.0].map(f64::exp).iter().sum();
    assert!((f64::from(value(&ce, 0)) - (sum.ln() - 2.0)).abs() < 1e-6);
}

#[test]
fn the_ratio_of_differences_does_not_see_the_scale_of_the_logits() {
    let target = any_target(4);
    let logits = tensor(&[vec![2.0, 1.0, 0.5, -1.0]]);
    let scaled = logits.clone().mul_scalar(7.0).add_scalar(3.0);
    let change = |objective: &Objective| {
        let at = |logits: &Tensor<2>| values(&objective.value(logits.clone(), one_hot(0, 4)))[0];
        (at(&logits) - at(&scaled)).abs()
    };
    assert!(change(&Objective::new(Loss::Dlr, &target, 0)) < 1e-6);
    assert!(change(&Objective::towards(one_hot(2, 4))) < 1e-6);
    assert!(change(&Objective::new(Loss::CrossEntropy, &target, 0)) > 0.1);
}

#[test]
fn a_loss_is_refused_where_classes_are_too_few() {
    let apgd = find("apgd").unwrap();
    let with = |loss| AttackSettings { budget: BUDGET, loss, ..AttackSettings::default() };
    let refused = |classes, loss| start(apgd, &any_target(classes), &with(loss)).err();
    assert_eq!(refused(2, Loss::Dlr), Some(AttackError::Classes { loss: "dlr", needed: 3, found: 2 }));
    assert_eq!(refused(3, Loss::TargetedDlr), Some(AttackError::Classes { loss: "targeted-dlr", needed: 4, found: 3 }));
    assert_eq!(refused(3, Loss::Dlr), None);
    assert_eq!(refused(4, Loss::TargetedDlr), None);
    assert_eq!(refused(2, Loss::Margin), None);
}

#[test]
fn the_page_names_the_losses_and_norms_of_the_engine() {
    assert_eq!(LossId::ALL.map(|row| row.1), Loss::ALL.map(|row| row.1));
    for ((page, _), (engine, _)) in LossId::ALL.iter().zip(&Loss::ALL) {
        assert_eq!(page.classes_needed() as usize, engine.classes_needed());
    }
    for (key, _) in ATTACK_KEYS {
        assert_eq!(attack_norms(key), find(key).unwrap().norms, "{key}");
    }
    let spec = AttackSpec::default();
    assert_eq!(spec.threat(), ThreatModel { p: 1.5, ..ThreatModel::linf(4.0 / 255.0) });
}

// ── Attacks ──────────────────────────────────────────────────────────────────────────────────────────────

fn target_of(threat: ThreatModel, classes: usize) -> (Target, Vec<u8>) {
    toy::target_of(ROWS, classes, threat)
}

fn settings() -> AttackSettings {
    AttackSettings { budget: BUDGET, ..AttackSettings::default() }
}

/// Every attack with every norm it is defined for, at an ε that breaks some images and not all.
fn each(mut visit: impl FnMut(&'static AttackEntry, ThreatModel)) {
    let threats = [
        of(NormId::Linf, 6.0 / 255.0),
        of(NormId::L2, 0.3),
        of(NormId::L1, 1.5),
        lp(1.5, 0.6),
        of(NormId::Nuclear, 0.5),
    ];
    for entry in ATTACKS {
        threats.iter().filter(|threat| entry.norms.contains(&threat.norm)).for_each(|threat| visit(entry, *threat));
    }
}

fn run(entry: &'static AttackEntry, target: &Target, settings: &AttackSettings) -> Box<dyn Attack> {
    let mut attack = start(entry, target, settings).unwrap();
    (0..settings.budget).for_each(|_| attack.step(target));
    attack
}

#[test]
fn every_attack_stays_inside_its_ball_and_never_loses_its_best() {
    each(|entry, threat| {
        let what = format!("{} {:?}", entry.key, threat.norm);
        let (target, _) = target_of(threat, CLASSES);
        let mut attack = start(entry, &target, &settings()).unwrap();
        let inside = |x: &Tensor<2>, what: &str| {
            assert!(values(x).iter().all(|v| (0.0..=1.0).contains(v)), "{what}: outside the box");
            let gauge = values(&target.ball.gauge(x.clone()));
            assert!(gauge.iter().all(|gauge| *gauge <= 1.0 + 1e-5), "{what}: {gauge:?}");
        };
        let mut best = values(&attack.ascent().best_loss);
        let first: f32 = best.iter().sum();
        for _ in 0..BUDGET {
            attack.step(&target);
            if entry.stays_inside {
                inside(&attack.ascent().x, &what);
            }
            let now = values(&attack.ascent().best_loss);
            assert!(now.iter().zip(&best).all(|(now, before)| now >= before), "{what}: best loss fell");
            best = now;
        }
        inside(&attack.result(&target), &what);
        assert!(best.iter().sum::<f32>() > first, "{what}: no progress");
    });
}

#[test]
fn same_seed_same_attack_and_epsilon_zero_returns_the_image() {
    each(|entry, threat| {
        let (target, _) = target_of(threat, CLASSES);
        let result = || values(&run(entry, &target, &settings()).result(&target));
        assert_eq!(result(), result(), "{} {:?}", entry.key, threat.norm);
        let (point, _) = target_of(ThreatModel { epsilon: 0.0, ..threat }, CLASSES);
        let settings = AttackSettings { budget: 5, ..settings() };
        let still = values(&run(entry, &point, &settings).result(&point));
        assert_eq!(still, values(&point.clean.images), "{} {:?}", entry.key, threat.norm);
    });
}

#[test]
fn the_budget_holds_in_8_bits_and_no_image_gets_better() {
    each(|entry, threat| {
        let (target, labels) = target_of(threat, CLASSES);
        let clean = values(&target.clean.images);
        let attack = run(entry, &target, &settings());
        let threat = target.ball.threat();
        let levels = round_within(&values(&attack.result(&target)), &clean, N, &threat);
        for (levels, clean) in levels.chunks(N).zip(clean.chunks(N)) {
            let change = levels.iter().zip(clean).map(|(k, x)| f64::from(*k) - (f64::from(*x) * 255.0).round());
            assert!(threat.length(change) <= threat.epsilon * 255.0 + 1e-5, "{} {:?}", entry.key, threat.norm);
        }
        // Labels are the clean answers, so clean accuracy is 1; broken says what the logits say.
        let answers = classes_of(&target.network, attack.result(&target));
        let broken = values(&attack.broken(&target));
        for ((answer, label), broken) in answers.iter().zip(&labels).zip(broken) {
            let wrong = answer != label;
            // A change that was too large may still do once it is projected.
            assert!(wrong == (broken > 0.5) || (wrong && !entry.stays_inside), "{} {:?}", entry.key, threat.norm);
        }
    });
}

#[test]
fn auto_fw_has_a_gap_in_every_norm_and_needs_no_projection() {
    for threat in [of(NormId::L2, 0.3), of(NormId::L1, 1.5), lp(1.5, 0.6), lp(3.0, 0.2)] {
        let (target, _) = target_of(threat, CLASSES);
        let mut attack = start(find("auto-fw").unwrap(), &target, &settings()).unwrap();
        let initial = values(&attack.gap(&target).unwrap());
        for _ in 0..BUDGET {
            let (x, gradient) = (attack.ascent().x.clone(), attack.ascent().gradient.clone());
            let gap = values(&attack.gap(&target).unwrap());
            assert!(gap.iter().zip(&initial).all(|(gap, initial)| *gap >= -1e-5 * initial.abs()), "{threat:?}");
            // The vertex it keeps is the oracle's answer here.
            let vertex = target.vertex(gradient.clone(), x.clone());
            let value = values(&gradient.clone().mul(vertex.sub(x.clone())).sum_dim(1));
            assert!(gap.iter().zip(&value).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs())), "{threat:?}");
            attack.step(&target);
            assert!(values(&target.ball.gauge(attack.ascent().x.clone())).iter().all(|gauge| *gauge <= 1.0 + 1e-5));
        }
    }
}

#[test]
fn fgsm_is_one_frank_wolfe_step_with_gamma_one() {
    let (target, _) = target_of(of(NormId::Linf, 4.0 / 255.0), CLASSES);
    let fgsm = run(find("fgsm").unwrap(), &target, &settings());
    let clean = target.clean.images.clone();
    let (_, _, gradient) = target.network.image_gradient(&target.clean);
    let expected = values(&clean.add(gradient.sign().mul_scalar(4.0 / 255.0)).clamp(0.0, 1.0));
    let found = values(&fgsm.ascent().x);
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-7));
    let settings = AttackSettings { gamma0: 1.0, ..settings() };
    let mut auto_fw = start(find("auto-fw").unwrap(), &target, &settings).unwrap();
    auto_fw.step(&target);
    assert_eq!(values(&auto_fw.ascent().x), found);
}

#[test]
fn restarts_share_the_budget_and_keep_the_best() {
    for (key, norm) in [("apgd", NormId::Linf), ("pgd", NormId::L2), ("auto-fw", NormId::L1)] {
        let epsilon = if norm == NormId::Linf { 0.02 } else { 0.3 };
        let (target, _) = target_of(of(norm, epsilon), CLASSES);
        let entry = find(key).unwrap();
        let once = run(entry, &target, &AttackSettings { budget: 6, ..settings() });
        let twice = run(entry, &target, &AttackSettings { budget: 13, restarts: 2, ..settings() });
        let pairs = |a: &dyn Attack, b: &dyn Attack| {
            values(&a.ascent().best_loss).into_iter().zip(values(&b.ascent().best_loss)).collect::<Vec<_>>()
        };
        assert!(pairs(once.as_ref(), twice.as_ref()).iter().all(|(once, twice)| twice >= once), "{key}");
    }
    assert_eq!(checkpoints_of_runs(50, 1), checkpoints(50));
    assert_eq!(checkpoints_of_runs(9, 2), [1, 2, 3, 4, 6, 7, 8, 9]);
    let (target, _) = target_of(of(NormId::Linf, 0.02), CLASSES);
    let settings = AttackSettings { budget: 3, restarts: 3, ..settings() };
    let refused = start(find("pgd").unwrap(), &target, &settings).err();
    assert_eq!(refused, Some(AttackError::Budget { runs: 3, needed: 5, found: 3 }));
}

#[test]
fn targeted_restarts_aim_at_other_classes() {
    let (target, _) = target_of(of(NormId::Linf, 0.02), CLASSES);
    let settings = |restart| AttackSettings { loss: Loss::TargetedDlr, restart, ..settings() };
    let apgd = find("apgd").unwrap();
    let loss = |restart| values(&(apgd.start)(&target, &settings(restart)).ascent().loss);
    // The likeliest wrong class is nearer than the next.
    let (first, second) = (loss(0), loss(1));
    assert!(first.iter().sum::<f32>() > second.iter().sum::<f32>());
}

#[test]
fn an_attack_is_refused_outside_its_norms() {
    let (target, _) = target_of(lp(1.5, 0.3), CLASSES);
    let refused = start(find("apgd").unwrap(), &target, &settings()).err().unwrap();
    assert!(matches!(&refused, AttackError::Norm { attack: "apgd", norm: "lp", .. }));
    assert!(refused.to_string().contains("linf, l2, l1"));
    let (target, _) = target_of(of(NormId::Linf, 0.02), CLASSES);
    assert!(matches!(start(find("carlini-wagner").unwrap(), &target, &settings()), Err(AttackError::Norm { .. })));
    assert_eq!(check_finite(&[0.0, f32::NAN]), Err(AttackError::NotFinite));
    assert_eq!(check_finite(&[0.0, 1.0]), Ok(()));
}

#[test]
fn carlini_and_wagner_find_the_nearest_point_of_a_linear_network() {
    // Z₁ − Z₀ = ⟨4d, x − ½⟩ − 2: the nearest misclassified image is 2/‖4d‖ away, well inside the box.
    let d: Vec<f32> = (0..N).map(|i| if i % 3 == 0 { -0.2 } else { 0.1 }).collect();
    let mut weights = vec![0.0; N];
    weights.extend(&d);
    let architecture = Architecture {
        input: [1, 8, 8],
        channels: vec![],
        layout: Layout::Plain,
        classes: 2,
        nonlinearity: Nonlinearity::Relu,
    };
    let device = Device::flex();
    let network = Network::new(architecture, vec![weights, vec![2.0, 0.0]], &device);
    let clean = Batch::new(vec![0.5; N], &[0], 2, &device);
    let target = Target::within(network, clean, &[0], of(NormId::L2, 1.0)).unwrap();
    let attack = run(find("carlini-wagner").unwrap(), &target, &AttackSettings { budget: 540, ..settings() });
    let best = 2.0 / (4.0 * d.iter().map(|d| d * d).sum::<f32>().sqrt());
    let length = values(&attack.nearest().unwrap().length)[0];
    assert!(length >= best * 0.999 && length <= best * 1.02, "{length} against {best}");
    assert_eq!(values(&attack.broken(&target)), [1.0]);
}

#[test]
fn what_carlini_and_wagner_call_broken_is_misclassified_and_has_a_length() {
    let (target, labels) = target_of(of(NormId::L2, 0.5), CLASSES);
    let attack = run(find("carlini-wagner").unwrap(), &target, &AttackSettings { budget: 100, ..settings() });
    let nearest = attack.nearest().unwrap();
    let (lengths, logits) = (values(&nearest.length), values(&target.network.logits(nearest.x)));
    assert!(lengths.iter().any(|length| *length < f32::MAX), "nothing was broken");
    for ((row, label), length) in logits.chunks(CLASSES).zip(&labels).zip(lengths) {
        if length < f32::MAX {
            let rival = (0..CLASSES).filter(|i| *i != usize::from(*label)).map(|i| row[i]).fold(f32::MIN, f32::max);
            assert!(row[usize::from(*label)] - rival <= 1e-5 && length.is_finite());
        }
    }
}

// ── Comparing ────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn statistics_have_their_golden_values() {
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} against {b}");
    close(mcnemar_exact(1, 9), 0.021_484_375);
    close(mcnemar_exact(9, 1), 0.021_484_375);
    close(mcnemar_exact(0, 5), 0.0625);
    close(mcnemar_exact(0, 6), 0.031_25);
    close(mcnemar_exact(3, 12), 0.035_156_25);
    close(mcnemar_exact(600, 700), 0.006_015_793_810_8);
    close(mcnemar_exact(0, 0), 1.0);
    close(mcnemar_exact(5, 5), 1.0);
    for (k, n, low, high) in [
        (8, 10, 0.490_162_471_5, 0.943_317_848_5),
        (0, 10, 0.0, 0.277_532_799_9),
        (10, 10, 0.722_467_200_1, 1.0),
        (500, 1000, 0.469_069_600_4, 0.530_930_399_6),
    ] {
        let (a, b) = wilson(k, n);
        close(a, low);
        close(b, high);
    }
    assert_eq!(wilson(0, 0), (0.0, 1.0));
    let pairs = Pairs::count(&[true, true, false, false, true], &[true, false, true, false, false]);
    assert_eq!(pairs, Pairs { both: 1, only_a: 2, only_b: 1, neither: 1 });
    assert!(!pairs.distinguishable());
}
