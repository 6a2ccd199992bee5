//! The plane of images and the decision map on it: against the images it is made of, brute force and direct evaluation.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use burn::tensor::{Device, Tensor, TensorData};
use fwlab::attack::plane_of_images::{PlaneOfImages, Window};
use fwlab::nn::{Architecture, Layout, Network, Nonlinearity, save};
use fwlab::plot::convex;
use fwlab::random::Random;
use fwlab::session::engine::{Engine, Next};
use fwlab::session::*;
use fwlab::sets::{NormId, ThreatModel};

const N: usize = 48;

/// An image with some black and some white pixels, and one that differs from it by at most `most` levels.
fn images(seed: u64, most: usize) -> (Vec<u8>, Vec<u8>) {
    let mut random = Random::new(seed, 7);
    let clean: Vec<u8> = (0..N)
        .map(|i| match i % 12 {
            3 => 0,
            7 => 255,
            _ => 30 + random.below(190) as u8,
        })
        .collect();
    let moved = clean.iter().map(|&level| {
        let change = random.below(2 * most + 1) as i32 - most as i32;
        (i32::from(level) + change).clamp(0, 255) as u8
    });
    (clean.clone(), moved.collect())
}

/// Clean, and two attacked ones.
fn three(seed: u64) -> [Vec<u8>; 3] {
    let (clean, first) = images(seed, 8);
    let mut random = Random::new(seed, 8);
    let second = clean.iter().map(|&level| (i32::from(level) + random.below(17) as i32 - 8).clamp(0, 255) as u8);
    let second = second.collect();
    [clean, first, second]
}

fn values(levels: &[u8]) -> Vec<f32> {
    levels.iter().map(|&level| f32::from(level) / 255.0).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn assert_orthonormal(plane: &PlaneOfImages) {
    let [u, v] = plane.axes();
    assert!((dot(u, u) - 1.0).abs() < 1e-12 && (dot(v, v) - 1.0).abs() < 1e-12);
    assert!(dot(u, v).abs() < 1e-12, "{}", dot(u, v));
}

#[test]
fn the_plane_contains_the_three_images() {
    for seed in 1..=20 {
        let [clean, first, second] = three(seed);
        let plane = PlaneOfImages::through(&clean, [Some(&first), Some(&second)], 1);
        assert_orthonormal(&plane);
        assert_eq!(plane.seeded(), [false; 2]);
        for (image, first_axis_only) in [(&clean, true), (&first, true), (&second, false)] {
            let (at, away) = plane.nearest(&values(image));
            assert!(away < 1e-6, "{away}");
            assert!(!first_axis_only || at[1].abs() < 1e-6);
            for (x, level) in plane.image(at).iter().zip(image) {
                assert!((x - f64::from(*level) / 255.0).abs() < 1e-6);
            }
        }
        // Lengths in the plane are L2 lengths.
        let (at, _) = plane.nearest(&values(&first));
        let change: f64 = first.iter().zip(&clean).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        assert!((at[0] - change.sqrt() / 255.0).abs() < 1e-6);
    }
}

#[test]
fn what_is_missing_or_collinear_becomes_a_seeded_direction() {
    let [clean, first, _] = three(3);
    let longer: Vec<u8> = clean.iter().map(|level| level.saturating_add(20).max(20)).collect();
    let cases = [
        ([Some(first.as_slice()), None], [false, true]),
        ([Some(first.as_slice()), Some(first.as_slice())], [false, true]),
        ([Some(first.as_slice()), Some(clean.as_slice())], [false, true]),
        ([Some(clean.as_slice()), None], [true, true]),
        ([None, Some(longer.as_slice())], [true, false]),
    ];
    for (images, seeded) in cases {
        let plane = PlaneOfImages::through(&clean, images, 5);
        assert_orthonormal(&plane);
        assert_eq!(plane.seeded(), seeded);
        let again = PlaneOfImages::through(&clean, images, 5);
        assert_eq!(plane.axes(), again.axes(), "same seed, same plane");
        let other = PlaneOfImages::through(&clean, images, 6);
        assert_ne!(plane.axes(), other.axes());
        if seeded[1] {
            let still = |i: usize| matches!(clean[i], 0 | 255);
            assert!((0..N).filter(|&i| still(i)).all(|i| plane.axes()[1][i] == 0.0), "black and white stay");
        }
    }
    // Nothing but black and white.
    let sketch: Vec<u8> = (0..N).map(|i| if i % 2 == 0 { 0 } else { 255 }).collect();
    assert_orthonormal(&PlaneOfImages::through(&sketch, [None, None], 5));
}

/// Whether some value is so near to the box's wall that rounding decides.
fn at_wall(image: &[f64]) -> bool {
    image.iter().any(|x| (1e-12..1e-5).contains(&x.abs().min((1.0 - x).abs())))
}

#[test]
fn the_cut_of_ball_and_box_is_brute_force_membership() {
    // Norm, ε, and how near to its rim (as a share of ε) a drawn polygon may be wrong.
    let norms = [
        (NormId::Linf, 6.0 / 255.0, 1e-3),
        (NormId::L2, 0.12, 1e-3),
        (NormId::L1, 0.5, 4e-3),
        (NormId::Lp, 0.2, 4e-3),
        (NormId::Nuclear, 0.2, 2e-2),
    ];
    for (norm, epsilon, near) in norms {
        let mut threat = ThreatModel { p: 1.5, ..ThreatModel::of(norm, epsilon) };
        threat.shape = [1, 6, 8];
        for seed in 1..=4 {
            let [clean, first, second] = three(seed);
            let x0: Vec<f64> = clean.iter().map(|&level| f64::from(level) / 255.0).collect();
            let second = (seed > 2).then_some(second.as_slice());
            let plane = PlaneOfImages::through(&clean, [Some(&first), second], 1);
            let ball = plane.ball_outline(&threat);
            let window = Window::around(ball.iter().copied(), 0.01);
            let image_box = plane.box_outline(&window);
            assert!(ball.len() > 2, "{norm:?} {seed}");
            // No corner of it lies outside.
            for corner in &ball {
                let image = plane.image(*corner);
                let length = threat.length(image.iter().zip(&x0).map(|(x, x0)| x - x0));
                assert!(image.iter().all(|x| (-1e-5..=1.0 + 1e-5).contains(x)), "{norm:?} {seed}");
                assert!(length <= epsilon * (1.0 + 1e-3), "{norm:?} {length}");
            }
            let (mut inside, mut outside) = (0, 0);
            for cell in 0..60 * 60 {
                let at = window.cell(cell, 60);
                let image = plane.image(at);
                if at_wall(&image) {
                    continue;
                }
                assert_eq!(convex::contains(&image_box, at), PlaneOfImages::is_image(&image), "{norm:?} {seed} {at:?}");
                let share = threat.length(image.iter().zip(&x0).map(|(x, x0)| x - x0)) / epsilon;
                if (share - 1.0).abs() > near {
                    let member = share <= 1.0 && PlaneOfImages::is_image(&image);
                    assert_eq!(convex::contains(&ball, at), member, "{norm:?} {seed} {at:?}: {share}");
                    if member { inside += 1 } else { outside += 1 }
                }
            }
            assert!(inside > 50 && outside > 50, "{norm:?} {seed}: {inside} and {outside}");
        }
    }
}

#[test]
fn no_ball_no_outline() {
    let [clean, first, second] = three(1);
    let plane = PlaneOfImages::through(&clean, [Some(&first), Some(&second)], 1);
    assert!(plane.ball_outline(&ThreatModel::linf(0.0)).is_empty());
    assert!(plane.ball_outline(&ThreatModel::of(NormId::Wasserstein, 0.1)).is_empty());
}

fn clock() -> f64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}

/// A made-up network for 8 × 8 pictures in colour.
fn network() -> (Architecture, Vec<Vec<f32>>) {
    let architecture = Architecture {
        input: [3, 8, 8],
        channels: vec![4],
        layout: Layout::Plain,
        classes: 4,
        nonlinearity: Nonlinearity::Relu,
    };
    let weights = architecture.initial(3).into_iter().map(|row| row.into_iter().map(|v| 6.0 * v).collect()).collect();
    (architecture, weights)
}

fn say(engine: &mut Engine, command: Command) {
    pollster::block_on(engine.handle(command));
}

/// Works until there is nothing more to do; returns all events.
fn work(engine: &mut Engine) -> Vec<Event> {
    let mut events = engine.drain();
    loop {
        let next = pollster::block_on(engine.work());
        events.extend(engine.drain());
        if next == Next::Idle {
            let problems: Vec<_> = events.iter().filter(|event| matches!(event, Event::Problem(_))).collect();
            assert!(problems.is_empty(), "{problems:?}");
            return events;
        }
    }
}

fn races(events: &[Event]) -> Vec<AttackNow> {
    let race = |event: &Event| match event {
        Event::Attack(now) => Some(now.clone()),
        _ => None,
    };
    events.iter().filter_map(race).collect()
}

fn maps(events: &[Event]) -> Vec<MapNow> {
    let map = |event: &Event| match event {
        Event::DecisionMap(now) => Some(now.clone()),
        _ => None,
    };
    events.iter().filter_map(map).collect()
}

fn probes(events: &[Event]) -> Vec<MapProbe> {
    let probe = |event: &Event| match event {
        Event::MapProbe(probe) => Some(probe.clone()),
        _ => None,
    };
    events.iter().filter_map(probe).collect()
}

fn spec() -> AttackSpec {
    AttackSpec {
        victim: Victim::Bundled("tiny".into()),
        data: DataId::Own,
        epsilon: 24.0,
        budget: 8,
        attacks: vec!["auto-fw".into(), "pgd".into()],
        ..AttackSpec::default()
    }
}

/// An engine whose race of a made-up picture is over; its clean pixels and its last word.
fn raced() -> (Engine, Vec<u8>, AttackNow) {
    let mut engine = Engine::new(Device::flex(), DeviceKind::Cpu, "test".into(), clock);
    let (architecture, values) = network();
    say(&mut engine, Command::Model { name: "tiny".into(), bytes: save(&architecture, &values, &[]).unwrap() });
    let mut random = Random::new(9, 9);
    let rgba = (0..64 * 4).map(|i| if i % 4 == 3 { 255 } else { 40 + random.below(180) as u8 }).collect();
    say(&mut engine, Command::OwnImage { width: 8, height: 8, rgba, label: u8::MAX });
    say(&mut engine, Command::AttackConfigure(spec()));
    say(&mut engine, Command::AttackRun { calls_per_second: 0.0 });
    let told = races(&work(&mut engine));
    let clean = told.first().unwrap().clean.clone();
    let last = told.last().unwrap().clone();
    assert_eq!((last.call, clean.len()), (8, 192));
    (engine, clean, last)
}

fn asked() -> MapSpec {
    MapSpec { attacks: ["auto-fw".into(), "pgd".into()] }
}

fn probabilities(image: &[f64]) -> Vec<f32> {
    let (architecture, values) = network();
    let device = Device::flex();
    let pixels: Vec<f32> = image.iter().map(|&x| x as f32).collect();
    let n = pixels.len();
    let network = Network::new(architecture, values, &device);
    let answer = network.probabilities(Tensor::from_data(TensorData::new(pixels, [1, n]), &device));
    pollster::block_on(answer.into_data_async()).unwrap().try_into_vec::<f32>().unwrap()
}

#[test]
fn the_map_says_what_the_network_says() {
    let (mut engine, clean, race) = raced();
    say(&mut engine, Command::DecisionMap(Some(asked())));
    let told = maps(&work(&mut engine));
    assert!(told.windows(2).all(|pair| pair[0].done < pair[1].done), "every message says more");
    let (first, map) = (told.first().unwrap(), told.last().unwrap());
    assert_eq!((first.done, map.done, map.of), (0, 12 * 12 + 24 * 24 + 48 * 48, 12 * 12 + 24 * 24 + 48 * 48));
    assert!(first.classes.iter().all(|&class| class >= MapNow::UNKNOWN));
    assert_eq!((map.call, map.image, map.label, map.side, map.spec.clone()), (8, 0, race.labels[0], 48, asked()));
    assert_eq!(map.seeded, [false; 2]);

    let [one, two] = [&race.attacks[0].adversarial, &race.attacks[1].adversarial];
    let plane = PlaneOfImages::through(&clean, [Some(one), Some(two)], spec().seed);
    let window = Window { centre: map.centre.map(f64::from), half: f64::from(map.half) };
    let mut met = std::collections::BTreeSet::new();
    for (cell, (&class, &sure)) in map.classes.iter().zip(&map.confidence).enumerate() {
        let image = plane.image(window.cell(cell, 48));
        assert_ne!(class, MapNow::UNKNOWN);
        if class == MapNow::NO_IMAGE {
            assert!(!PlaneOfImages::is_image(&image) || at_wall(&image));
            continue;
        }
        let row = probabilities(&image);
        let most = row.iter().copied().fold(0.0, f32::max);
        assert!(row[usize::from(class)] > most - 1e-3, "cell {cell}: {class} among {row:?}");
        assert!((255.0 * row[usize::from(class)] - f32::from(sure)).abs() < 1.0);
        met.insert(class);
    }
    assert!(met.len() > 1, "the plane crosses a boundary: {met:?}");

    // The ways: one point a call, and the images that came of them where the plane has them.
    for (path, attack) in map.paths.iter().zip(&race.attacks) {
        assert_eq!((path.key.clone(), path.first, path.points.len(), path.away.len()), (attack.key.clone(), 0, 9, 9));
        let (at, away) = plane.nearest(&values(&attack.adversarial));
        assert!((at[0] as f32 - path.result[0]).abs() < 1e-5 && (at[1] as f32 - path.result[1]).abs() < 1e-5);
        assert!(away < 1e-5 && path.result_away < 1e-3);
    }
    assert!(map.paths[0].points[0].iter().all(|x| x.abs() < 1e-3), "Auto-FW begins at the clean image");
    let ball: Vec<[f64; 2]> = map.ball.iter().map(|at| at.map(f64::from)).collect();
    for path in &map.paths {
        // A little towards the clean image: the corner itself may be lost to rounding.
        assert!(convex::contains(&ball, path.result.map(|x| 0.999 * f64::from(x))), "{:?}", path.result);
    }
}

#[test]
fn it_is_coarse_first_and_the_race_is_not_touched() {
    let (mut engine, _, race) = raced();
    say(&mut engine, Command::DecisionMap(Some(asked())));
    let mut told = Vec::new();
    while told.is_empty() {
        pollster::block_on(engine.work());
        told = maps(&engine.drain()).into_iter().filter(|map| map.done > 0).collect();
    }
    let map = &told[0];
    assert!(map.done < 144, "not all at once: {}", map.done);
    // One answer stands for a block of 4 × 4 cells, as far as they are images.
    for block in 0..144 {
        let (left, top) = (block % 12 * 4, block / 12 * 4);
        let cells = (0..16).map(|i| map.classes[(top + i / 4) * 48 + left + i % 4]);
        let answers: std::collections::BTreeSet<u8> = cells.filter(|&class| class != MapNow::NO_IMAGE).collect();
        assert!(answers.len() <= 1, "{answers:?}");
    }
    // In the middle of it the race says what it said before, and can be looked at again.
    say(&mut engine, Command::AttackPause);
    let again = races(&engine.drain());
    for (now, before) in again[0].attacks.iter().zip(&race.attacks) {
        assert_eq!((&now.adversarial, &now.best_loss), (&before.adversarial, &before.best_loss));
    }
    let map = maps(&work(&mut engine)).pop().unwrap();
    assert_eq!(map.done, map.of);
    // Another race has no map, and there is nothing to probe.
    say(&mut engine, Command::AttackConfigure(spec()));
    say(&mut engine, Command::MapProbe([0.0; 2]));
    assert!(probes(&work(&mut engine)).is_empty());
}

#[test]
fn given_up_means_nothing_more_is_measured() {
    let (mut engine, ..) = raced();
    say(&mut engine, Command::DecisionMap(Some(asked())));
    pollster::block_on(engine.work());
    say(&mut engine, Command::DecisionMap(None));
    engine.drain();
    assert!(maps(&work(&mut engine)).is_empty());
    // Before any race it is no problem either.
    let mut engine = Engine::new(Device::flex(), DeviceKind::Cpu, "test".into(), clock);
    say(&mut engine, Command::DecisionMap(Some(asked())));
    assert!(maps(&work(&mut engine)).is_empty());
}

#[test]
fn the_probe_shows_the_image_under_it() {
    let (mut engine, clean, race) = raced();
    say(&mut engine, Command::DecisionMap(Some(asked())));
    let map = maps(&work(&mut engine)).pop().unwrap();
    let far = [map.centre[0] + 400.0 * map.half, 0.0];
    for at in [[0.0; 2], map.paths[0].result, map.paths[1].result, far] {
        say(&mut engine, Command::MapProbe(at));
    }
    let told = probes(&work(&mut engine));
    let classes = race.classes as usize;
    let close = |a: &[f32], b: &[f32]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);

    assert_eq!((told[0].at, &told[0].pixels, told[0].in_ball), ([0.0; 2], &clean, true));
    assert!(told[0].distance < 1e-3 && close(&told[0].exact, &race.clean_probabilities));
    for (probe, attack) in told[1..3].iter().zip(&race.attacks) {
        assert_eq!(probe.pixels, attack.adversarial, "{}", attack.key);
        assert!(probe.in_ball && (probe.distance - attack.distance[0]).abs() < 1e-2, "{}", probe.distance);
        assert_eq!(probe.exact.len(), classes);
        assert!(close(&probe.probabilities, &attack.probabilities));
    }
    assert!(!told[3].in_ball && told[3].pixels.is_empty() && told[3].exact.is_empty() && told[3].distance > 24.0);
}
