//! What Frank–Wolfe attacks' images are made of: the convex combination is the image, and stays one whatever is switched
//! off; and what the engine tells of it.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod toy;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use burn::tensor::{Device, Tensor};
use fwlab::attack::atoms::{self, Atom, Course, Move, Vertex, Weights};
use fwlab::attack::{Attack, AttackSettings, Target, find, start};
use fwlab::data::Manifest;
use fwlab::random::Random;
use fwlab::session::engine::Engine;
use fwlab::session::{
    AtomKind, AtomsNow, AtomsState, AtomsSum, AttackNow, AttackSpec, Command, DeviceKind, Event, Victim,
};
use fwlab::sets::image_ball::{ImageBall, round_within};
use fwlab::sets::{NormId, ThreatModel};
use toy::{N, values};

const ROWS: usize = 4;
const CLASSES: usize = 5;
const BUDGET: u32 = 24;

fn target(norm: NormId, epsilon: f64) -> Target {
    toy::target_of(ROWS, CLASSES, ThreatModel::of(norm, epsilon)).0
}

/// The moves of one row, and the combination of each of its points.
struct Followed {
    vertices: Vec<Vertex>,
    course: Course,
}

/// Runs an attack and calls `look` after every call with what is known of each row.
fn follow(
    key: &str,
    target: &Target,
    restarts: u32,
    mut look: impl FnMut(&dyn Attack, &[Followed]),
) -> (Box<dyn Attack>, Vec<Followed>) {
    let settings = AttackSettings { budget: BUDGET, restarts, ..AttackSettings::default() };
    let mut attack = start(find(key).unwrap(), target, &settings).unwrap();
    let mut rows: Vec<Followed> =
        (0..ROWS).map(|_| Followed { vertices: Vec::new(), course: Course::start() }).collect();
    for call in 1..=BUDGET {
        let before = [values(&attack.ascent().best_loss), values(&attack.ascent().broken)];
        attack.step(target);
        if let Some(taken) = attack.taken() {
            let columns = [&taken.gamma, &taken.better, &taken.returned].map(values);
            let [best, broken] = [values(&attack.ascent().best_loss), values(&attack.ascent().broken)];
            let pixels = values(&taken.vertex);
            for (row, followed) in rows.iter_mut().enumerate() {
                followed.vertices.push(Vertex { call, pixels: pixels[row * N..(row + 1) * N].to_vec() });
                followed.course.note(&Move {
                    gamma: f64::from(columns[0][row]),
                    fresh: taken.fresh,
                    better: columns[1][row] > 0.5,
                    returned: columns[2][row] > 0.5,
                    best: best[row] > before[0][row],
                    first_broken: broken[row] > before[1][row],
                });
            }
        }
        look(attack.as_ref(), &rows);
    }
    (attack, rows)
}

fn clean_of(target: &Target, row: usize) -> Vec<f32> {
    values(&target.clean.images)[row * N..(row + 1) * N].to_vec()
}

fn atoms_of(target: &Target, row: usize, followed: &Followed, weights: &Weights) -> Vec<Atom> {
    atoms::by_vertex(&clean_of(target, row), &followed.vertices, weights)
}

fn apart(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn balls() -> [(NormId, f64); 3] {
    [(NormId::Linf, 8.0 / 255.0), (NormId::L2, 0.5), (NormId::L1, 3.0)]
}

fn is_inside(target: &Target, row: usize, point: &[f32]) -> bool {
    let centre = Tensor::<1>::from_floats(clean_of(target, row).as_slice(), &Device::flex()).reshape([1, N]);
    let ball = ImageBall::within(centre, target.ball.threat()).unwrap();
    let point = Tensor::<1>::from_floats(point, &Device::flex()).reshape([1, N]);
    // The gauge counts what leaves the box as 1 + excess.
    values(&ball.gauge(point.clone().clamp(0.0, 1.0)))[0] <= 1.0 + 1e-5
        && values(&point).iter().all(|v| (-1e-6..=1.0 + 1e-6).contains(v))
}

#[test]
fn the_sum_of_the_atoms_is_the_iterate_at_every_call() {
    for (norm, epsilon) in balls() {
        let target = target(norm, epsilon);
        for key in ["auto-fw", "fw-momentum", "fgsm"] {
            if !find(key).unwrap().norms.contains(&norm) {
                continue;
            }
            let mut returns = 0;
            follow(key, &target, 1, |attack, rows| {
                let (x, best) = (values(&attack.ascent().x), values(&attack.ascent().best_x));
                returns +=
                    attack.taken().map_or(0, |taken| values(&taken.returned).iter().filter(|r| **r > 0.5).count());
                for (row, followed) in rows.iter().enumerate() {
                    for (weights, point) in [(&followed.course.now, &x), (&followed.course.best, &best)] {
                        let parts = atoms_of(&target, row, followed, weights);
                        let sum = atoms::with(&clean_of(&target, row), &parts, |_| true);
                        let off = apart(&sum, &point[row * N..(row + 1) * N]);
                        assert!(off <= 1e-6, "{key} in {norm:?}: off by {off}");
                        let total = weights.clean + parts.iter().map(|atom| atom.weight).sum::<f64>();
                        assert!((total - 1.0).abs() < 1e-9, "{total}");
                    }
                }
            });
            assert!(key != "auto-fw" || returns > 0, "nothing ever went back to its best point in {norm:?}");
        }
    }
}

#[test]
fn what_an_attack_hands_in_is_put_together_again_whatever_the_restarts() {
    for (norm, epsilon) in balls() {
        let target = target(norm, epsilon);
        let (attack, rows) = follow("auto-fw", &target, 3, |_, _| {});
        let result = values(&attack.result(&target));
        let (broken, best_broken) = (values(&attack.ascent().broken), values(&attack.ascent().best_broken));
        for (row, followed) in rows.iter().enumerate() {
            let rescued = broken[row] > best_broken[row];
            let weights = if rescued { &followed.course.first_broken } else { &followed.course.best };
            let parts = atoms_of(&target, row, followed, weights);
            let sum = atoms::with(&clean_of(&target, row), &parts, |_| true);
            assert!(apart(&sum, &result[row * N..(row + 1) * N]) <= 1e-6, "{norm:?}, row {row}");
        }
    }
}

#[test]
fn whatever_is_switched_off_the_image_stays_in_ball_and_box() {
    let mut random = Random::new(3, 9);
    for (norm, epsilon) in balls() {
        let target = target(norm, epsilon);
        let (_, rows) = follow("auto-fw", &target, 1, |_, _| {});
        for (row, followed) in rows.iter().enumerate() {
            let clean = clean_of(&target, row);
            let mut kinds = vec![atoms_of(&target, row, followed, &followed.course.best)];
            if norm == NormId::L1 {
                kinds.push(atoms::by_pixel(&clean, &followed.vertices, &followed.course.best, 1, epsilon));
            }
            let whole = atoms::with(&clean, &kinds[0], |_| true);
            for parts in kinds {
                assert!(apart(&atoms::with(&clean, &parts, |_| true), &whole) <= 1e-6);
                assert!(parts.iter().map(|atom| atom.weight).sum::<f64>() <= 1.0 + 1e-6);
                assert!(parts.is_sorted_by(|a, b| a.weight >= b.weight));
                for _ in 0..20 {
                    let on: Vec<bool> = parts.iter().map(|_| random.uniform() < 0.5).collect();
                    let some = atoms::with(&clean, &parts, |index| on[index]);
                    assert!(is_inside(&target, row, &some), "{norm:?}");
                }
                let few = atoms::at_most(parts.clone(), 3);
                assert!(few.len() <= 3 && apart(&atoms::with(&clean, &few, |_| true), &whole) <= 1e-6);
                assert_eq!(few.iter().map(|atom| atom.members as usize).sum::<usize>(), parts.len());
            }
        }
    }
}

// ── The engine ───────────────────────────────────────────────────────────────────────────────────────────

fn clock() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}

fn say(engine: &mut Engine, command: Command) -> Vec<Event> {
    pollster::block_on(engine.handle(command));
    let events = engine.drain();
    assert!(!events.iter().any(|event| matches!(event, Event::Problem(_))), "{events:?}");
    events
}

/// An engine with the first test images and a network that was never trained.
fn engine() -> Engine {
    let mut engine = Engine::new(Device::flex(), DeviceKind::Cpu, "test".into(), clock);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/data");
    let json = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let manifest = Manifest::parse(&json).unwrap();
    let data = AttackSpec::default().data;
    say(&mut engine, Command::Manifest(json));
    for shard in &manifest.dataset(data.key()).unwrap().shards {
        let bytes = fs::read(folder.join(&shard.file)).unwrap();
        say(&mut engine, Command::Shard { file: shard.file.clone(), bytes });
    }
    let experiment = fwlab::session::Experiment { data, ..fwlab::session::Experiment::default() };
    say(&mut engine, Command::Configure(experiment));
    engine
}

fn spec(norm: NormId) -> AttackSpec {
    AttackSpec {
        victim: Victim::TrainingA,
        images: 3,
        budget: 8,
        norm,
        attacks: vec!["auto-fw".into(), "apgd".into()],
        focus: 1,
        ..AttackSpec::default()
    }
}

fn told(events: Vec<Event>) -> (Option<AtomsNow>, Option<AtomsSum>) {
    let (mut now, mut sum) = (None, None);
    for event in events {
        match event {
            Event::Atoms(found) => now = Some(found),
            Event::AtomsSum(found) => sum = Some(found),
            _ => {}
        }
    }
    (now, sum)
}

fn raced(events: Vec<Event>) -> AttackNow {
    events.into_iter().rev().find_map(|event| if let Event::Attack(now) = event { Some(now) } else { None }).unwrap()
}

#[test]
fn the_engine_tells_what_the_shown_image_is_made_of() {
    let mut engine = engine();
    for norm in [NormId::Linf, NormId::L1] {
        say(&mut engine, Command::AttackConfigure(spec(norm)));
        assert_eq!(told(say(&mut engine, Command::Atoms { lane: 0 })).0.unwrap().atoms.len(), 0, "before any step");
        let mut race = None;
        for _ in 0..8 {
            race = Some(raced(say(&mut engine, Command::AttackStep)));
        }
        let race = race.unwrap();
        let (now, sum) = told(say(&mut engine, Command::Atoms { lane: 0 }));
        let (now, sum) = (now.unwrap(), sum.unwrap());
        assert_eq!((now.state, now.image, now.call), (AtomsState::Here, 1, 8));
        assert_eq!(now.kind, if norm == NormId::L1 { AtomKind::Pixels } else { AtomKind::Vertices });
        assert!(now.difference <= 1e-6, "{}", now.difference);
        let count = now.atoms.len();
        assert!(count > 1 && now.atoms.iter().map(|atom| atom.members).sum::<u32>() == now.distinct);
        assert_eq!((now.kept.len(), now.removed.len(), sum.on.len()), (count + 1, count, count));
        let weight: f32 = now.atoms.iter().map(|atom| atom.weight).sum();
        assert!((now.clean_weight + weight - 1.0).abs() < 1e-5);
        // All atoms are the picture of the race, in 8 bits.
        let n = sum.pixels.len();
        let shown = &race.attacks[0].adversarial[n..2 * n];
        assert!(sum.pixels.iter().zip(shown).filter(|(a, b)| a != b).count() <= n / 200, "the sum is the picture");
        assert!((sum.true_probability - now.kept[count]).abs() < 1e-5);
        assert!((now.kept[0] - now.removed[count - 1]).abs() < 1e-5, "nothing kept is all removed");
        assert!(now.atoms.iter().all(|atom| atom.tile.len() == (now.shape[1] * now.shape[2]) as usize));

        let off = Command::AtomsSwitch { serial: now.serial, on: vec![false; count] };
        let (_, none) = told(say(&mut engine, off));
        let none = none.unwrap();
        assert!((none.true_probability - now.kept[0]).abs() < 1e-5);
        let one = Command::AtomsSwitch { serial: now.serial, on: vec![true] };
        let (_, one) = told(say(&mut engine, one));
        let one = one.unwrap();
        assert_eq!(one.on.iter().filter(|on| **on).count(), 1);
        assert!((one.true_probability - now.kept[1]).abs() < 1e-5);
        assert!((one.margin - now.clean_margin - now.atoms[0].alone).abs() < 1e-4);
        let stale = Command::AtomsSwitch { serial: now.serial + 7, on: vec![] };
        assert_eq!(told(say(&mut engine, stale)), (None, None));

        let (projected, _) = told(say(&mut engine, Command::Atoms { lane: 1 }));
        assert_eq!(projected.unwrap().state, AtomsState::NoOracle);
        assert_eq!(told(say(&mut engine, Command::Atoms { lane: 9 })), (None, None));
        // Another image of the same race.
        say(&mut engine, Command::AttackFocus(2));
        let (other, _) = told(say(&mut engine, Command::Atoms { lane: 0 }));
        let other = other.unwrap();
        assert_eq!((other.state, other.image), (AtomsState::Here, 2));
        assert!(other.difference <= 1e-6);
    }
}

#[test]
fn switching_off_agrees_with_the_pure_sum() {
    let clean = [0.5_f32, 0.25, 1.0, 0.0];
    let vertices = [Vertex { call: 1, pixels: vec![0.6, 0.15, 0.9, 0.0] }, Vertex { call: 2, pixels: vec![0.4; 4] }];
    let weights = Weights { clean: 0.25, vertices: vec![0.5, 0.25] };
    let parts = atoms::by_vertex(&clean, &vertices, &weights);
    let only = atoms::with(&clean, &parts, |index| index == 0);
    assert!(apart(&only, &[0.55, 0.2, 0.95, 0.0]) < 1e-6);
    let threat = ThreatModel::of(NormId::Linf, 26.0 / 255.0);
    assert_eq!(round_within(&only, &clean, 4, &threat), [140, 51, 242, 0]);
}
