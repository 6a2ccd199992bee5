//! The constants that the engine estimates for the theorems, against what they are: enumerated image by image, known in
//! advance, or measured at every step.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use burn::tensor::Device;
use fwlab::data::{Dataset, Manifest};
use fwlab::nn::{Architecture, Batch, Layout, Network, Nonlinearity};
use fwlab::optim::schedule::{BatchRule, BatchSize, LearningRate, RateRule};
use fwlab::session::engine::{Engine, Next};
use fwlab::session::*;
use fwlab::sets::SetId;

fn clock() -> f64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("www/data")
}

/// The test images of Fashion-MNIST and the first of its training images, by file name.
fn shards() -> (String, Vec<(String, Vec<u8>)>) {
    let json = std::fs::read_to_string(folder().join("manifest.json")).unwrap();
    let manifest = Manifest::parse(&json).unwrap();
    let shards = &manifest.dataset(DataId::FashionMnist.key()).unwrap().shards;
    let read = |file: &String| (file.clone(), std::fs::read(folder().join(file)).unwrap());
    let wanted = |file: &&String| file.contains("-test-") || file.ends_with("-train-00.webp");
    let files = shards.iter().map(|shard| &shard.file).filter(wanted).map(read).collect();
    (json, files)
}

fn engine() -> Engine {
    let mut engine = Engine::new(Device::flex(), DeviceKind::Cpu, "test".into(), clock);
    let (json, files) = shards();
    say(&mut engine, Command::Manifest(json));
    for (file, bytes) in files {
        say(&mut engine, Command::Shard { file, bytes });
    }
    engine
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
        if next == Next::Idle && !engine.is_training() {
            return events;
        }
    }
}

fn train(engine: &mut Engine, experiment: &Experiment) -> Vec<Event> {
    say(engine, Command::Configure(experiment.clone()));
    say(engine, Command::Run { steps_per_second: 0.0 });
    work(engine)
}

/// The estimation of the present run, complete.
fn estimate(engine: &mut Engine) -> ConstantsNow {
    say(engine, Command::Constants);
    let events = work(engine);
    let problems: Vec<_> = events.iter().filter(|event| matches!(event, Event::Problem(_))).collect();
    assert!(problems.is_empty(), "{problems:?}");
    let told = events.into_iter().filter_map(|event| match event {
        Event::Constants(now) => Some(now),
        _ => None,
    });
    let told: Vec<ConstantsNow> = told.collect();
    assert!(told.windows(2).all(|pair| pair[0].done < pair[1].done), "every message says more");
    told.last().cloned().unwrap()
}

fn value(found: &ConstantsNow, id: ConstantId) -> KnownConstant {
    *found.values.iter().find(|known| known.id == id).unwrap()
}

fn losses(events: &[Event]) -> Vec<(u32, u32)> {
    let rows = events.iter().filter_map(|event| match event {
        Event::Steps(rows) => Some(rows.clone()),
        _ => None,
    });
    rows.flatten().map(|row| (row.t, row.loss.to_bits())).collect()
}

fn evaluations(events: &[Event]) -> Vec<Evaluation> {
    let found = events.iter().filter_map(|event| match event {
        Event::Evaluated(found) => Some(found.clone()),
        _ => None,
    });
    found.collect()
}

/// Plain steps of one γ, as the theorems have them, on few images. The sets are so wide that the seed's weights lie
/// inside.
fn plain(steps: u32, images: u32) -> Experiment {
    let mut experiment = Experiment {
        data: DataId::FashionMnist,
        network: NetworkId::Tiny,
        activation: Activation::Gelu,
        train_images: images,
        reference_images: images,
        steps,
        evaluate_every: 10,
        ..Experiment::default()
    };
    experiment.a = RunSpec {
        set: LayerSet { radius: Radius::Initial(20.0), ..LayerSet::default() },
        learning_rate: LearningRate { rule: RateRule::Constant, gamma: 0.005, ..LearningRate::default() },
        batch: BatchSize { rule: BatchRule::Constant, b: 8, ..BatchSize::default() },
        momentum: 0.0,
        rescale: Rescale::None,
        ..RunSpec::default()
    };
    experiment
}

/// Σ‖gᵢ − ḡ‖²/n over the gradients of the first `count` images, one by one, at the seed's weights.
fn enumerated(set: &Dataset, seed: u64, count: usize) -> f64 {
    let device = Device::flex();
    let architecture = Architecture {
        input: [1, 28, 28],
        channels: NetworkId::Tiny.channels().to_vec(),
        layout: Layout::Plain,
        classes: 10,
        nonlinearity: Nonlinearity::Gelu,
    };
    let network = Network::new(architecture.clone(), architecture.initial(seed), &device);
    let gradient = |image: usize| -> Vec<f64> {
        let (pixels, labels) = set.train.batch_f32(&[image]).unwrap();
        let found = network.loss_and_gradient(&Batch::new(pixels, &labels, 10, &device)).gradient;
        let read = |row: &burn::tensor::Tensor<2>| row.clone().into_data().try_into_vec::<f32>().unwrap();
        found.iter().flat_map(read).map(f64::from).collect()
    };
    let gradients: Vec<Vec<f64>> = (0..count).map(gradient).collect();
    let n = count as f64;
    let mean: Vec<f64> = (0..gradients[0].len()).map(|i| gradients.iter().map(|g| g[i]).sum::<f64>() / n).collect();
    let squared = |g: &Vec<f64>| g.iter().zip(&mean).map(|(g, mean)| (g - mean).powi(2)).sum::<f64>();
    gradients.iter().map(squared).sum::<f64>() / n
}

fn dataset() -> Dataset {
    let (json, files) = shards();
    let manifest = Manifest::parse(&json).unwrap();
    let entry = manifest.dataset(DataId::FashionMnist.key()).unwrap();
    let mut set = Dataset::new(entry);
    for shard in &entry.shards {
        if let Some((_, bytes)) = files.iter().find(|(file, _)| *file == shard.file) {
            set.add_shard(shard, bytes).unwrap();
        }
    }
    set
}

#[test]
fn the_variance_of_one_image_is_that_of_all_of_them_enumerated() {
    let set = dataset();
    let mut engine = engine();
    // With two images there is one pair, and it is the whole truth.
    say(&mut engine, Command::Configure(plain(10, 2)));
    let found = estimate(&mut engine);
    let exact = enumerated(&set, 1, 2);
    assert_eq!((found.path[0].pairs, found.reference_images), (1, 2));
    assert!((found.path[0].variance / exact - 1.0).abs() < 1e-3, "{} {exact}", found.path[0].variance);

    // With 24 images the pairs are a sample: right on average over shuffles, and about as wrong as they say.
    let (mut sum, mut truth, mut errors) = (0.0, 0.0, 0.0);
    for seed in 1..=8 {
        say(&mut engine, Command::Configure(Experiment { seed, ..plain(10, 24) }));
        let point = estimate(&mut engine).path[0];
        let exact = enumerated(&set, seed, 24);
        assert_eq!(point.pairs, 12);
        assert!((point.variance - exact).abs() < 5.0 * point.variance_error + 1e-3 * exact, "{point:?}, {exact}");
        sum += point.variance;
        truth += exact;
        errors += point.variance_error.powi(2);
    }
    assert!((sum - truth).abs() < 4.0 * errors.sqrt(), "{sum} for {truth}, ± {}", errors.sqrt());
}

#[test]
fn the_diameter_is_exact_and_every_constant_says_how_it_is_known() {
    let mut engine = engine();
    let mut experiment = plain(20, 32);
    experiment.a.set = LayerSet { set: SetId::l2(), radius: Radius::Typed(3.0), ..LayerSet::default() };
    train(&mut engine, &experiment);
    let found = estimate(&mut engine);
    let diameter = value(&found, ConstantId::Diameter);
    // Six tensors, each in a ball of diameter 6.
    assert!((diameter.value - 6.0 * 6.0_f64.sqrt()).abs() < 1e-9, "{diameter:?}");
    assert_eq!((diameter.kind, diameter.samples), (Knowledge::Exact, 6));
    assert_eq!(value(&found, ConstantId::Smoothness).kind, Knowledge::LowerEstimate);
    assert_eq!(value(&found, ConstantId::Sigma).kind, Knowledge::Estimate);
    assert_eq!(value(&found, ConstantId::LowestValue).value, 0.0);
    assert_eq!(found.values.len(), 7);
    assert_eq!((found.t, found.done), (20, found.of));
    // 0, 1, 5, 10 and 20 were measured on the way.
    assert_eq!(found.path.iter().map(|point| point.t).collect::<Vec<_>>(), [0, 1, 5, 10, 20]);
    let largest = found.path.iter().map(|point| point.value).fold(0.0, f64::max);
    assert!(value(&found, ConstantId::UpperValue).value >= largest);
    assert_eq!(value(&found, ConstantId::GapInValue).value, found.path[0].value);
    for point in &found.path {
        assert_eq!(point.error.is_nan(), point.t == 20, "no step begins at the end");
        if point.t < 20 {
            assert!((point.gamma[0] - 0.005).abs() < 1e-8 && (point.gamma[1] - 0.005).abs() < 1e-8, "{point:?}");
            assert!(point.moved > 0.0 && point.moved <= diameter.value * (1.0 + 1e-5));
        }
    }
}

#[test]
fn the_points_are_those_that_were_measured_on_the_way() {
    let mut engine = engine();
    let events = train(&mut engine, &plain(20, 48));
    let found = estimate(&mut engine);
    for seen in evaluations(&events) {
        let point = found.path.iter().find(|point| point.t == seen.t).unwrap();
        let gap: f32 = seen.full_gap.iter().sum();
        assert!((point.value / f64::from(seen.reference_loss) - 1.0).abs() < 1e-4, "{seen:?} {point:?}");
        assert!((point.gap / f64::from(gap) - 1.0).abs() < 1e-3, "{seen:?} {point:?}");
    }
}

#[test]
fn a_batch_of_all_images_has_no_error() {
    let mut engine = engine();
    let mut experiment = plain(6, 40);
    experiment.a.batch.b = 1000;
    train(&mut engine, &experiment);
    let full = estimate(&mut engine);
    experiment.a.batch.b = 4;
    train(&mut engine, &experiment);
    let few = estimate(&mut engine);
    for (full, few) in full.path.iter().zip(&few.path).filter(|(full, _)| full.t < 6) {
        assert!(full.error < 1e-3 * full.variance.sqrt(), "{full:?}");
        assert!(few.error > 100.0 * full.error, "{few:?}");
    }
}

#[test]
fn star_holds_at_every_step_of_the_network() {
    let mut engine = engine();
    let mut experiment = plain(11, 32);
    experiment.evaluate_every = 1;
    train(&mut engine, &experiment);
    let found = estimate(&mut engine);
    assert_eq!(found.path.len(), 12, "every step, and the start");
    let [diameter, smoothness] = [ConstantId::Diameter, ConstantId::Smoothness].map(|id| value(&found, id).value);
    for pair in found.path.windows(2) {
        let (here, next) = (&pair[0], &pair[1]);
        assert_eq!(next.t, here.t + 1);
        let gamma = here.gamma[0];
        let right =
            here.value - next.value + gamma * diameter * here.error + 0.5 * smoothness * (gamma * here.moved).powi(2);
        assert!(gamma * here.gap <= right + 1e-4, "t {}: {} above {right}", here.t, gamma * here.gap);
    }
}

#[test]
fn an_estimation_changes_nothing_and_gives_the_same_twice() {
    let mut engine = engine();
    let experiment = plain(20, 32);
    let alone = losses(&train(&mut engine, &experiment));
    let first = estimate(&mut engine);
    let second = estimate(&mut engine);
    // NaN is not equal to itself, but it is written in the same way.
    assert_eq!(format!("{first:?}"), format!("{second:?}"));

    // Asked for in the midst of a run: both go on, in turns.
    say(&mut engine, Command::Configure(experiment));
    for _ in 0..7 {
        say(&mut engine, Command::Step);
    }
    let mut events = engine.drain();
    say(&mut engine, Command::Constants);
    say(&mut engine, Command::Run { steps_per_second: 0.0 });
    events.extend(work(&mut engine));
    assert_eq!(losses(&events), alone);
    let place = |wanted: fn(&Event) -> bool| events.iter().rposition(wanted).unwrap();
    let last_constants = place(|event| matches!(event, Event::Constants(now) if now.done == now.of));
    let first_constants = events.iter().position(|event| matches!(event, Event::Constants(_))).unwrap();
    let last_steps = place(|event| matches!(event, Event::Steps(_)));
    assert!(first_constants < last_steps && last_constants > first_constants);
}

#[test]
fn without_an_experiment_there_is_nothing_to_estimate() {
    let mut engine = Engine::new(Device::flex(), DeviceKind::Cpu, "test".into(), clock);
    say(&mut engine, Command::Constants);
    let events = engine.drain();
    assert!(events.iter().any(|event| matches!(event, Event::Problem(_))), "{events:?}");
}
