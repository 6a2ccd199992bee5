//! Attacks on a tiny network: what must hold for every attack, and what is known of each.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod toy;

use burn::tensor::Device;
use fwlab::attack::{ATTACKS, Attack, AttackEntry, AttackError, AttackSettings, Target, find};
use fwlab::nn::{Architecture, Batch, Layout, Network, Nonlinearity};
use fwlab::sets::image_ball::round_to_8_bits;
use fwlab::sets::{NormId, ThreatModel};
use toy::{target_of, values};

const ROWS: usize = 6;
const BUDGET: u32 = 20;

/// The made-up network and images, three classes, within ε of 1/255.
fn target(epsilon: f64) -> (Target, Vec<u8>) {
    target_of(ROWS, 3, ThreatModel::linf(epsilon / 255.0))
}

fn start(key: &str, target: &Target) -> Box<dyn Attack> {
    let settings = AttackSettings { budget: BUDGET, ..AttackSettings::default() };
    (find(key).unwrap().start)(target, &settings)
}

/// The attacks of the L∞ ball; those of the others are in `attacks_norms.rs`.
fn linf() -> impl Iterator<Item = &'static AttackEntry> {
    ATTACKS.iter().filter(|entry| entry.norms.contains(&NormId::Linf))
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn every_attack_stays_inside_and_never_loses_its_best() {
    let epsilon = 8.0;
    let (target, _) = target(epsilon);
    let clean = values(&target.clean.images);
    for entry in linf() {
        let mut attack = start(entry.key, &target);
        let mut best = values(&attack.ascent().best_loss);
        let mut steps = values(&attack.halving().step_size);
        for _ in 0..BUDGET {
            attack.step(&target);
            let x = values(&attack.ascent().x);
            assert!(x.iter().all(|v| (0.0..=1.0).contains(v)), "{}: outside the image box", entry.key);
            assert!(largest_difference(&x, &clean) <= epsilon as f32 / 255.0 * (1.0 + 1e-5) + 1e-7, "{}", entry.key);
            let now = values(&attack.ascent().best_loss);
            assert!(now.iter().zip(&best).all(|(now, before)| now >= before), "{}: best loss fell", entry.key);
            best = now;
            let now = values(&attack.halving().step_size);
            assert!(now.iter().zip(&steps).all(|(now, before)| now == before || *now == before / 2.0));
            steps = now;
        }
        let first = values(&start(entry.key, &target).ascent().best_loss);
        assert!(best.iter().sum::<f32>() > first.iter().sum::<f32>() + 0.1, "{}: no progress", entry.key);
    }
}

#[test]
fn the_page_knows_every_attack() {
    let table: Vec<(&str, &str)> = ATTACKS.iter().map(|entry| (entry.key, entry.family)).collect();
    assert_eq!(table, fwlab::session::ATTACK_KEYS);
}

#[test]
fn same_seed_same_attack() {
    let (target, _) = target(6.0);
    for entry in linf() {
        let run = || {
            let mut attack = start(entry.key, &target);
            (0..BUDGET).for_each(|_| attack.step(&target));
            values(&attack.ascent().result())
        };
        assert_eq!(run(), run(), "{}", entry.key);
    }
}

#[test]
fn epsilon_zero_returns_the_image() {
    let (target, _) = target(0.0);
    for entry in linf() {
        let mut attack = start(entry.key, &target);
        (0..5).for_each(|_| attack.step(&target));
        assert_eq!(values(&attack.ascent().result()), values(&target.clean.images), "{}", entry.key);
    }
}

#[test]
fn the_budget_holds_after_rounding_to_8_bits() {
    for epsilon in [0.0, 0.5, 1.0, 2.25, 4.0, 7.9, 16.0, 32.0] {
        let (target, _) = target(epsilon);
        let clean = values(&target.clean.images);
        for entry in linf() {
            let mut attack = start(entry.key, &target);
            (0..5).for_each(|_| attack.step(&target));
            let rounded = round_to_8_bits(&values(&attack.ascent().result()), &clean, epsilon);
            for (level, clean) in rounded.iter().zip(&clean) {
                let change = (f32::from(*level) - clean * 255.0).abs();
                assert!(f64::from(change) <= epsilon + 1e-3, "{} at {epsilon}: {change}", entry.key);
            }
        }
    }
}

#[test]
fn auto_fw_gap_is_never_negative_and_is_the_gain_still_in_sight() {
    let (target, _) = target(4.0);
    let mut attack = start("auto-fw", &target);
    let initial = values(&attack.gap(&target).unwrap());
    for _ in 0..BUDGET {
        let ascent = attack.ascent();
        let (x, gradient) = (values(&ascent.x), values(&ascent.gradient));
        let gap = values(&attack.gap(&target).unwrap());
        let (clean, n) = (values(&target.clean.images), x.len() / ROWS);
        for row in 0..ROWS {
            // Brute force: the best first-order gain, coordinate by coordinate.
            let gain: f64 = (row * n..(row + 1) * n)
                .map(|i| {
                    let (low, high) = ((clean[i] - 4.0 / 255.0).max(0.0), (clean[i] + 4.0 / 255.0).min(1.0));
                    let g = f64::from(gradient[i]);
                    (g * f64::from(low - x[i])).max(g * f64::from(high - x[i]))
                })
                .sum();
            assert!(f64::from(gap[row]) >= -1e-6 * f64::from(initial[row]));
            assert!((f64::from(gap[row]) - gain).abs() <= 1e-4 * (1.0 + gain.abs()), "{} against {gain}", gap[row]);
        }
        attack.step(&target);
    }
}

#[test]
fn the_first_apgd_iterate_is_a_vertex_and_then_it_is_frank_wolfe_with_a_heavy_ball() {
    // A structural fact: with η = 2ε the projected step lands on a vertex wherever the gradient is not zero, so
    // up to the first halving x⁺ = P(x + 0.75(v − x) + 0.25(x − x₋₁)).
    let (target, _) = target(4.0);
    let mut attack = start("apgd", &target);
    let mut previous = attack.ascent().x.clone();
    let first_checkpoint = fwlab::attack::checkpoints(BUDGET)[0];
    for step in 0..first_checkpoint {
        let (x, gradient) = (attack.ascent().x.clone(), attack.ascent().gradient.clone());
        let vertex = target.vertex(gradient.clone(), x.clone());
        // Where the gradient is exactly zero APGD keeps x, the oracle takes the clean pixel.
        let vertex = vertex.mask_where(gradient.equal_elem(0.0), x.clone());
        let a = if step == 0 { 1.0 } else { 0.75 };
        let heavy = x.clone().sub(previous).mul_scalar(1.0 - a);
        let expected = target.ball.project(x.clone().add(vertex.sub(x.clone()).mul_scalar(a)).add(heavy));
        let before = attack.halving().step_size.clone();
        attack.step(&target);
        if step + 1 < first_checkpoint {
            assert!(largest_difference(&values(&attack.ascent().x), &values(&expected)) < 2e-7, "step {step}");
            assert_eq!(values(&before), values(&attack.halving().step_size));
        }
        previous = x;
    }
}

#[test]
fn on_a_linear_loss_the_gap_shrinks_by_one_minus_gamma() {
    // One linear layer and two classes: with labels fixed, ∇ℓ keeps its direction, so the vertex stays and the
    // distance to it shrinks by 1 − γ a step. The gap over ‖∇ℓ‖₁ does the same.
    let device = Device::flex();
    let architecture = Architecture {
        input: [1, 8, 8],
        channels: vec![],
        layout: Layout::Plain,
        classes: 2,
        nonlinearity: Nonlinearity::Relu,
    };
    let network = Network::new(architecture.clone(), architecture.initial(4), &device);
    let pixels = vec![0.5_f32; 64];
    let clean = Batch::new(pixels, &[0], 2, &device);
    let target = Target::new(network, clean, &[0], 8.0).unwrap();
    let mut attack = start("auto-fw", &target);
    let relative = |attack: &dyn Attack| {
        let size: f32 = values(&attack.ascent().gradient).iter().map(|g| g.abs()).sum();
        values(&attack.gap(&target).unwrap())[0] / size
    };
    let mut before = relative(attack.as_ref());
    for _ in 0..3 {
        attack.step(&target);
        let now = relative(attack.as_ref());
        assert!((now / before - 0.25).abs() < 1e-3, "{now} after {before}");
        before = now;
    }
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let (good, labels) = target(4.0);
    let clean = good.clean.clone();
    assert!(matches!(
        Target::new(good.network.clone(), clean.clone(), &[9; ROWS], 4.0),
        Err(AttackError::Label { classes: 3, label: 9 })
    ));
    let narrow = Batch { images: clean.images.clone().narrow(1, 0, 10), targets: clean.targets.clone() };
    assert!(matches!(
        Target::new(good.network.clone(), narrow, &labels, 4.0),
        Err(AttackError::Shape { expected: 64, found: 10 })
    ));
    assert!(Target::new(good.network.clone(), clean.clone(), &labels, f64::NAN).is_err());
    assert!(Target::new(good.network.clone(), clean, &labels, -1.0).is_err());
    assert!(matches!(find("nothing"), Err(AttackError::Unknown(_))));
}
