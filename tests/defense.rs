//! The networks of the zoo and adversarial training: shapes, slopes, files, and what the attack inside training may do.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shipped;

use burn::tensor::{Device, Tensor};
use fwlab::attack::Inner;
use fwlab::data::{Augmentation, ImageShape, augment::augment};
use fwlab::defense::Adversarial;
use fwlab::nn::{Architecture, Batch, Layout, Network, Nonlinearity, load, save};
use fwlab::optim::MethodId;
use fwlab::optim::cost::StepCost;
use fwlab::random::Random;
use fwlab::session::engine::{Engine, architecture};
use fwlab::session::*;
use fwlab::sets::ThreatModel;
use shipped::say;

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    pollster::block_on(tensor.into_data_async()).unwrap().try_into_vec::<f32>().unwrap()
}

fn made_up(architecture: &Architecture, rows: usize, device: &Device) -> (Vec<f32>, Vec<u8>, Batch) {
    let mut random = Random::new(5, 9);
    let n: usize = architecture.input.iter().product();
    let pixels: Vec<f32> = (0..rows * n)
        .map(|i| match i % 11 {
            0 => 0.0,
            5 => 1.0,
            _ => random.uniform() as f32,
        })
        .collect();
    let labels: Vec<u8> = (0..rows).map(|i| (i % architecture.classes) as u8).collect();
    let batch = Batch::new(pixels.clone(), &labels, architecture.classes, device);
    (pixels, labels, batch)
}

fn mini(layout: Layout, nonlinearity: Nonlinearity) -> Architecture {
    Architecture { input: [2, 8, 8], channels: vec![3, 4], layout, classes: 3, nonlinearity }
}

// ── Networks ─────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_table_of_networks_and_the_networks_name_the_same_layers() {
    let shape = ImageShape { channels: 3, height: 32, width: 32 };
    let mut sizes = Vec::new();
    for (network, key) in NetworkId::ALL {
        let built = architecture(network, Activation::Relu, shape, 10);
        assert_eq!(built.layers(), network.layers(), "{key}");
        let device = Device::flex();
        let (_, _, batch) = made_up(&built, 2, &device);
        let logits = Network::new(built.clone(), built.initial(1), &device).logits(batch.images);
        assert_eq!(logits.dims(), [2, 10], "{key}");
        assert!(values(logits).iter().all(|logit| logit.is_finite()), "{key}");
        sizes.push(built.parameters().iter().map(|parameter| parameter.len()).sum::<usize>());
    }
    assert_eq!(sizes, [19_466, 11_642, 66_570, 37_146, 48_714]);
}

#[test]
fn plain_networks_start_as_they_always_did() {
    let small = architecture(NetworkId::Small, Activation::Relu, ImageShape { channels: 3, height: 32, width: 32 }, 10);
    let first = Random::new(1, 1).symmetric(1.0 / 27.0_f64.sqrt()) as f32;
    assert_eq!(small.initial(1)[0][0].to_bits(), first.to_bits());
    let parameter = &small.parameters()[0];
    assert_eq!(parameter.expected_initial_norm(), (432.0_f64 / 81.0).sqrt());
}

#[test]
fn a_residual_block_starts_as_the_identity() {
    let device = Device::flex();
    let residual = mini(Layout::Residual, Nonlinearity::Relu);
    let (_, _, batch) = made_up(&residual, 3, &device);
    let weights = residual.initial(2);
    // Without its blocks: conv1, conv2, linear of the same values.
    let plain = Architecture { layout: Layout::Plain, ..residual.clone() };
    let kept: Vec<Vec<f32>> = [0, 1, 6, 7, 12, 13].iter().map(|&i: &usize| weights[i].clone()).collect();
    let through = values(Network::new(residual, weights, &device).logits(batch.images.clone()));
    assert_eq!(through, values(Network::new(plain, kept, &device).logits(batch.images)));
}

#[test]
fn slopes_agree_with_finite_differences_in_every_layout() {
    let device = Device::flex();
    for layout in [Layout::Plain, Layout::Double, Layout::Residual] {
        let architecture = mini(layout, Nonlinearity::Gelu);
        let (pixels, labels, batch) = made_up(&architecture, 4, &device);
        // Blocks that start at 0 would hide what is inside them.
        let mut random = Random::new(3, 0);
        let weights: Vec<Vec<f32>> = architecture
            .parameters()
            .iter()
            .map(|parameter| (0..parameter.len()).map(|_| random.symmetric(0.3) as f32).collect())
            .collect();
        let network = Network::new(architecture.clone(), weights.clone(), &device);
        let loss = |weights: &[Vec<f32>], batch: &Batch| {
            let network = Network::new(architecture.clone(), weights.to_vec(), &device);
            f64::from(values(network.evaluate(batch).0)[0])
        };
        let h = 2e-3_f32;
        for (p, gradient) in network.loss_and_gradient(&batch).gradient.into_iter().enumerate() {
            let gradient = values(gradient);
            for i in (0..gradient.len()).step_by(gradient.len().div_ceil(4)) {
                let at = |change: f32| {
                    let mut moved = weights.clone();
                    moved[p][i] += change;
                    loss(&moved, &batch)
                };
                let slope = (at(h) - at(-h)) / f64::from(2.0 * h);
                let found = f64::from(gradient[i]);
                assert!((slope - found).abs() < 5e-3 * (1.0 + slope.abs()), "{layout:?} {p}[{i}]: {slope}, {found}");
            }
        }
        let gradient = values(network.image_gradient(&batch).2);
        for i in (0..gradient.len()).step_by(61) {
            let at = |change: f32| {
                let mut moved = pixels.clone();
                moved[i] += change;
                4.0 * loss(&weights, &Batch::new(moved, &labels, architecture.classes, &device))
            };
            let slope = (at(h) - at(-h)) / f64::from(2.0 * h);
            let found = f64::from(gradient[i]);
            assert!((slope - found).abs() < 2e-2 * (1.0 + slope.abs()), "{layout:?} pixel {i}: {slope}, {found}");
        }
    }
}

#[test]
fn every_layout_survives_a_file() {
    for layout in [Layout::Plain, Layout::Double, Layout::Residual] {
        let architecture = mini(layout, Nonlinearity::Relu);
        let weights = architecture.initial(8);
        let bytes = save(&architecture, &weights, &[]).unwrap();
        let (again, read, header) = load(&bytes).unwrap();
        assert_eq!((again, read), (architecture, weights));
        assert_eq!(header.contains_key("layout"), layout != Layout::Plain, "files of plain networks stay as they were");
    }
}

#[test]
fn the_bundled_networks_are_what_their_experiments_say() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models");
    let mut bytes = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".experiment.json")) else {
            continue;
        };
        let experiment: Experiment = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let (checked, notes) = params::check_experiment(&experiment);
        assert_eq!(notes, [], "{name}");
        assert_eq!(checked, experiment, "{name}: every value has a key");
        let weights = folder.join(format!("{name}.safetensors"));
        let Ok(file) = std::fs::read(&weights) else { panic!("{name} is not trained: bash scripts/zoo.sh {name}") };
        bytes += file.len();
        let (found, ..) = load(&file).unwrap();
        let shape = ImageShape { channels: found.input[0], height: found.input[1], width: found.input[2] };
        assert_eq!(found, architecture(experiment.network, experiment.activation, shape, 10), "{name}");
    }
    assert!(bytes <= 6_000_000, "{bytes} bytes of weights");
}

// ── Augmentation ─────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn images_are_mirrored_and_shifted_whole() {
    let shape = ImageShape { channels: 2, height: 3, width: 4 };
    let image: Vec<f32> = (1..=24).map(|v| v as f32).collect();
    let mirrored: Vec<f32> = image.chunks(4).flat_map(|row| row.iter().rev().copied()).collect();
    let many: Vec<f32> = image.repeat(40);
    let mut flipped = many.clone();
    augment(&mut flipped, shape, Augmentation::Flip, &mut Random::new(1, 2));
    let count = flipped.chunks(24).filter(|found| *found == mirrored).count();
    assert!(flipped.chunks(24).all(|found| found == image || found == mirrored));
    assert!((8..=32).contains(&count), "{count} of 40 mirrored");
    let mut shifted = many.clone();
    augment(&mut shifted, shape, Augmentation::FlipAndShift, &mut Random::new(1, 2));
    for found in shifted.chunks(24) {
        let (first, second) = found.split_at(12);
        // Both channels are moved alike: where one has an image pixel so has the other, 12 further on.
        for (a, b) in first.iter().zip(second) {
            assert!((*a == 0.0 && *b == 0.0) || b - a == 12.0, "{found:?}");
        }
    }
    let mut again = many;
    augment(&mut again, shape, Augmentation::FlipAndShift, &mut Random::new(1, 2));
    assert_eq!(again, shifted);
}

// ── The attack inside training ───────────────────────────────────────────────────────────────────────────

fn adversarial(inner: Inner, epsilon: f64) -> Adversarial {
    let threat = ThreatModel::linf(epsilon / 255.0);
    Adversarial { inner, threat, moves: 4, random_start: true, warm_up: 0, seed: 3 }
}

#[test]
fn examples_stay_in_ball_and_box_raise_the_loss_and_are_counted() {
    let device = Device::flex();
    let architecture = mini(Layout::Plain, Nonlinearity::Relu);
    let (pixels, _, batch) = made_up(&architecture, 6, &device);
    let network = Network::new(architecture.clone(), architecture.initial(4), &device);
    let before = values(network.evaluate(&batch).0)[0];
    for inner in [Inner::Pgd, Inner::FrankWolfe(0.75)] {
        for random_start in [true, false] {
            let defense = Adversarial { random_start, ..adversarial(inner, 8.0) };
            let mut cost = StepCost::default();
            let moved = defense.batch(network.clone(), &batch, 7, &mut cost).unwrap();
            assert_eq!(cost.gradients, 4 * 6);
            assert!(values(network.evaluate(&moved).0)[0] > before, "{inner:?}");
            let moved = values(moved.images);
            for (new, old) in moved.iter().zip(&pixels) {
                assert!((0.0..=1.0).contains(new));
                assert!((new - old).abs() <= 8.0 / 255.0 + 1e-6, "{inner:?}: {old} to {new}");
            }
            let again = defense.batch(network.clone(), &batch, 7, &mut cost).unwrap();
            assert_eq!(moved, values(again.images), "the same step, the same start");
            let other = defense.batch(network.clone(), &batch, 8, &mut cost).unwrap();
            assert_eq!(random_start, moved != values(other.images), "starts differ from step to step");
        }
    }
}

#[test]
fn one_frank_wolfe_move_of_length_1_from_the_clean_image_is_the_fast_gradient_sign() {
    let device = Device::flex();
    let architecture = mini(Layout::Plain, Nonlinearity::Relu);
    let (pixels, _, batch) = made_up(&architecture, 3, &device);
    let network = Network::new(architecture.clone(), architecture.initial(4), &device);
    let defense = Adversarial { moves: 1, random_start: false, ..adversarial(Inner::FrankWolfe(1.0), 8.0) };
    let moved = defense.batch(network.clone(), &batch, 0, &mut StepCost::default()).unwrap();
    let gradient = values(network.image_gradient(&batch).2);
    for ((new, old), slope) in values(moved.images).iter().zip(&pixels).zip(gradient) {
        let sign = if slope == 0.0 { 0.0 } else { slope.signum() };
        let expected = (old + sign * 8.0 / 255.0).clamp(0.0, 1.0);
        assert!((new - expected).abs() < 1e-6, "{old} to {new}, expected {expected}");
    }
}

#[test]
fn epsilon_warms_up() {
    let defense = Adversarial { warm_up: 4, ..adversarial(Inner::Pgd, 8.0) };
    let grown: Vec<f64> = [0, 1, 3, 9].map(|t| (defense.epsilon_at(t) * 255.0).round()).to_vec();
    assert_eq!(grown, [2.0, 4.0, 8.0, 8.0]);
}

// ── Training ─────────────────────────────────────────────────────────────────────────────────────────────

fn engine() -> Engine {
    shipped::engine(DataId::FashionMnist, |_| true)
}

fn finish(engine: &mut Engine) -> Vec<Event> {
    let events = shipped::train(engine);
    let problem = events.iter().find(|event| matches!(event, Event::Problem(_)));
    assert_eq!(problem, None);
    events
}

fn rows(events: &[Event]) -> Vec<StepRow> {
    let rows = events.iter().filter_map(|event| match event {
        Event::Steps(rows) => Some(rows.clone()),
        _ => None,
    });
    rows.flatten().collect()
}

fn losses(events: &[Event]) -> Vec<(u32, u32)> {
    rows(events).iter().map(|row| (row.t, row.loss.to_bits())).collect()
}

fn short(inner: InnerId, epsilon: f64) -> Experiment {
    let mut experiment = Experiment {
        data: DataId::FashionMnist,
        network: NetworkId::Tiny,
        steps: 12,
        train_images: 300,
        reference_images: 64,
        evaluate_every: 10,
        augment: AugmentId::FlipShift,
        ..Experiment::default()
    };
    experiment.a.batch.b = 8;
    experiment.a.method = MethodId::sgd();
    experiment.a.defense = DefenseSpec { inner, epsilon, moves: 2, ..DefenseSpec::default() };
    experiment
}

#[test]
fn an_epsilon_of_0_is_natural_training_to_the_last_bit() {
    let mut engine = engine();
    let mut run = |inner, epsilon| {
        say(&mut engine, Command::Configure(short(inner, epsilon)));
        let events = finish(&mut engine);
        (losses(&events), rows(&events).iter().map(|row| row.cost.gradients).sum::<u32>())
    };
    let natural = run(InnerId::None, 8.0);
    assert_eq!(natural.1, 12 * 8);
    assert_eq!(natural, run(InnerId::Pgd, 0.0));
    assert_eq!(natural, run(InnerId::FrankWolfe, 0.0));
    for inner in [InnerId::Pgd, InnerId::FrankWolfe] {
        let robust = run(inner, 8.0);
        assert_ne!(natural.0, robust.0);
        assert_eq!(robust.1, 3 * 12 * 8, "inner gradients count");
        assert_eq!(robust, run(inner, 8.0), "the same seed, the same run");
    }
}

#[test]
fn an_adversarial_run_goes_on_from_a_checkpoint_as_if_unbroken() {
    let mut experiment = short(InnerId::Pgd, 8.0);
    experiment.a.defense.warm_up = 12;
    let mut one = engine();
    say(&mut one, Command::Configure(experiment));
    let events = finish(&mut one);
    let bytes = events.iter().find_map(|event| match event {
        Event::Checkpoint { t: 5, bytes } => Some(bytes.clone()),
        _ => None,
    });
    let mut other = engine();
    say(&mut other, Command::Restore(bytes.unwrap()));
    let again = losses(&finish(&mut other));
    let whole = losses(&events);
    assert_eq!(again.first().unwrap().0, 6);
    assert_eq!(again, whole[5..]);
}

#[test]
fn more_training_images_can_take_the_place_of_the_shipped_ones() {
    let mut engine = engine();
    let shape = ImageShape { channels: 1, height: 28, width: 28 };
    let mut random = Random::new(9, 9);
    let pixels = (0..40 * 784).map(|_| random.below(256) as u8).collect();
    let labels = (0..40).map(|i| (i % 10) as u8).collect();
    let images = fwlab::data::Images::from_parts(shape, pixels, labels, (0..40).collect()).unwrap();
    engine.put_training_images(DataId::FashionMnist, images.clone()).unwrap();
    assert!(engine.put_training_images(DataId::Own, images).is_err());
    say(&mut engine, Command::Configure(Experiment { train_images: 0, ..short(InnerId::None, 0.0) }));
    let told = engine.drain().into_iter().find_map(|event| match event {
        Event::Configured { train_images, .. } => Some(train_images),
        _ => None,
    });
    assert_eq!(told, Some(40));
}
