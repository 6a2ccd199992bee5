//! What ships with the lab as tests load it: images, networks, and an engine that has them.
// Every file of tests uses its own part of this.
#![allow(dead_code)]

use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use burn::tensor::Device;
use fwlab::data::{Dataset, Manifest, ShardEntry, Split};
use fwlab::nn::{Network, load};
use fwlab::session::engine::{Engine, Next};
use fwlab::session::{Command, DataId, DeviceKind, Event, ModelCard, SurveyResults, SurveySpec};

/// A small network for Fashion-MNIST.
pub const SFW: &str = "fashion-mnist-sfw";

/// Milliseconds since it was first asked.
pub fn clock() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}

/// A shipped file, by its path below `www`.
pub fn file(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("www").join(path)).unwrap()
}

/// The list of images: as it is written, and what it says.
pub fn manifest() -> (String, Manifest) {
    let json = String::from_utf8(file("data/manifest.json")).unwrap();
    let manifest = Manifest::parse(&json).unwrap();
    (json, manifest)
}

/// The shipped networks.
pub fn cards() -> Vec<ModelCard> {
    serde_json::from_slice(&file("models/manifest.json")).unwrap()
}

/// A shipped network, without an engine.
pub fn network(card: &ModelCard) -> Network {
    let (architecture, values, _) = load(&file(&format!("models/{}", card.file))).unwrap();
    Network::new(architecture, values, &Device::flex())
}

/// The first test images of a set, at most those of its first file: pixels in [0, 1], and labels.
pub fn first_images(data: DataId, count: usize) -> (Vec<f32>, Vec<u8>) {
    let (_, manifest) = manifest();
    let entry = manifest.dataset(data.key()).unwrap();
    let shard = entry.shards_of(Split::Test).next().unwrap();
    let mut set = Dataset::new(entry);
    set.add_shard(shard, &file(&format!("data/{}", shard.file))).unwrap();
    set.test.batch_f32(&(0..count).collect::<Vec<_>>()).unwrap()
}

/// Whether a file holds a set's first test images.
pub fn is_first_test(shard: &ShardEntry) -> bool {
    shard.file.ends_with("-test-00.webp")
}

/// An engine with those image files of a set that are wanted.
pub fn engine(data: DataId, wanted: impl Fn(&ShardEntry) -> bool) -> Engine {
    let mut engine = Engine::new(Device::flex(), DeviceKind::Cpu, "test".into(), clock);
    let (json, manifest) = manifest();
    say(&mut engine, Command::Manifest(json));
    for shard in manifest.dataset(data.key()).unwrap().shards.iter().filter(|&shard| wanted(shard)) {
        let bytes = file(&format!("data/{}", shard.file));
        say(&mut engine, Command::Shard { file: shard.file.clone(), bytes });
    }
    engine
}

/// Gives an engine a shipped network.
pub fn give(engine: &mut Engine, card: &ModelCard) {
    let bytes = file(&format!("models/{}", card.file));
    say(engine, Command::Model { name: card.name.clone(), bytes });
}

/// Has a command carried out.
pub fn say(engine: &mut Engine, command: Command) {
    pollster::block_on(engine.handle(command));
}

/// Trains until there is nothing more to do and returns all events.
pub fn train(engine: &mut Engine) -> Vec<Event> {
    say(engine, Command::Run { steps_per_second: 0.0 });
    let mut events = engine.drain();
    loop {
        let next = pollster::block_on(engine.work());
        events.extend(engine.drain());
        if next == Next::Idle && !engine.is_training() {
            return events;
        }
    }
}

/// Counts to the end.
pub fn count(engine: &mut Engine, spec: &SurveySpec) -> SurveyResults {
    let mut results = SurveyResults::new(spec.clone());
    say(engine, Command::Survey(spec.clone()));
    go_on(engine, &mut results);
    assert_eq!((results.done, results.running), (results.of, false));
    results
}

/// Goes on counting until nothing is left to do; every problem fails the test.
pub fn go_on(engine: &mut Engine, results: &mut SurveyResults) {
    loop {
        let next = pollster::block_on(engine.work());
        take(engine, results);
        if next == Next::Idle {
            return;
        }
    }
}

/// Adds what an engine has counted since it was last asked; every problem fails the test.
pub fn take(engine: &mut Engine, results: &mut SurveyResults) {
    for event in engine.drain() {
        match event {
            Event::Survey(now) => results.add(now),
            Event::Problem(problem) => panic!("{problem:?}"),
            _ => {}
        }
    }
}

/// An engine with the first test images of Fashion-MNIST and the shipped network [`SFW`].
pub fn with_sfw() -> Engine {
    let mut engine = engine(DataId::FashionMnist, is_first_test);
    let card = cards().into_iter().find(|card| card.name == SFW).unwrap();
    give(&mut engine, &card);
    engine
}
