//! What an error says in English is what its text says, and every error has a text in both languages.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use fwlab::attack::AttackError;
use fwlab::data::cifar_binary::CifarError;
use fwlab::data::idx::IdxError;
use fwlab::data::{DataError, DropError, DroppedFile, ImageShape, PictureError, read_dropped};
use fwlab::nn::WeightsError;
use fwlab::session::engine::{EngineError, Needed};
use fwlab::session::{ProtocolError, RunId};
use fwlab::sets::{SetError, SetId, SetShape};
use fwlab::told::{Tell, Told, Value, word_key, word_numbers};

type Texts = BTreeMap<String, String>;

fn texts(language: &str) -> Texts {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("locales/{language}.yml"));
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("\"error."));
    lines.map(|line| line.split_once(": ").unwrap()).map(|(key, text)| (unquoted(key), unquoted(text))).collect()
}

fn unquoted(text: &str) -> String {
    serde_json::from_str(text.trim()).unwrap()
}

fn fill(text: &str, name: &str, value: &str) -> String {
    text.replace(&format!("%{{{name}}}"), value)
}

/// As the page says it; keys that have no text are collected.
fn said(texts: &Texts, told: &Told, missing: &mut BTreeSet<String>) -> String {
    let mut text = texts.get(&told.key).cloned().unwrap_or_else(|| {
        missing.insert(told.key.clone());
        String::new()
    });
    for (name, value) in &told.values {
        assert!(text.is_empty() || text.contains(&format!("%{{{name}}}")), "{} does not say {name}", told.key);
        let value = match value {
            Value::Text(text) => text.clone(),
            Value::Word(english) => word(texts, english, missing),
            Value::Told(told) => said(texts, told, missing),
        };
        text = fill(&text, name, &value);
    }
    assert!(!text.contains("%{"), "{text}");
    text
}

fn word(texts: &Texts, english: &str, missing: &mut BTreeSet<String>) -> String {
    let key = word_key(english);
    let Some(text) = texts.get(&key) else {
        // Bytes in hexadecimal are no words.
        if key != word_key("") {
            missing.insert(key);
        }
        return english.into();
    };
    word_numbers(english).iter().fold(text.clone(), |text, (name, number)| fill(&text, name, number))
}

/// One error of each kind: what it says, and how it is told.
#[derive(Default)]
struct Samples {
    told: Vec<(String, Told)>,
    keys: BTreeSet<&'static str>,
}

impl Samples {
    fn add<E: Error + Tell>(&mut self, errors: impl IntoIterator<Item = E>) {
        self.keys.extend(E::KEYS);
        self.told.extend(errors.into_iter().map(|error| (error.to_string(), error.told())));
    }
}

fn samples() -> Samples {
    let mut all = Samples::default();
    all.add([ProtocolError::Version { found: 1 }, ProtocolError::Broken("x".into())]);
    let needed = [
        Needed::Training,
        Needed::TestImage(7),
        Needed::List,
        Needed::Set("cifar10"),
        Needed::Network("n".into()),
        Needed::Experiment,
        Needed::OwnNetwork,
    ];
    all.add(needed.clone());
    all.add(needed.map(EngineError::Missing));
    all.add([
        EngineError::ReadBack("x".into()),
        EngineError::NotFinite { t: 3 },
        EngineError::UnknownFile("a.webp".into()),
        EngineError::OtherNetwork {
            channels: vec![8, 16],
            input: [3, 32, 32],
            own_channels: vec![4],
            own_input: [1, 28, 28],
        },
        EngineError::Checkpoint(ProtocolError::Version { found: 1 }),
        EngineError::OtherCheckpoint,
        EngineError::NoRun(RunId::B),
        EngineError::Data(DataError::DuplicateShard { file: "a".into() }),
        EngineError::Dropped(DropError::Nothing),
        EngineError::Weights(WeightsError::Header("input")),
    ]);
    data(&mut all);
    users_files(&mut all);
    all.add([
        WeightsError::Format("x".into()),
        WeightsError::Missing("conv1.weight".into()),
        WeightsError::Cut { found: 9000 },
        WeightsError::Onnx,
        WeightsError::Foreign("PyTorch"),
        WeightsError::Extra("bn1.weight".into()),
        WeightsError::Shape { name: "conv1.weight".into(), expected: "[3, 3]".into(), found: "F16 [3, 3]".into() },
        WeightsError::NotFinite { name: "conv1.weight".into(), place: 17 },
        WeightsError::Input { features: 120, stages: 2, channels: 5 },
        WeightsError::Header("channels"),
    ]);
    let limited = [
        "bytes",
        "stages",
        "classes",
        "input channels",
        "pixels a side",
        "channels a stage",
        "numbers a layer makes of an image",
    ];
    all.add(limited.map(|what| WeightsError::Size { what, found: 9, least: 1, most: 4 }));
    all.add([
        AttackError::Unknown("x".into()),
        AttackError::NoImages,
        AttackError::Shape { expected: 784, found: 3072 },
        AttackError::Label { classes: 10, label: 12 },
        AttackError::Norm { attack: "apgd", norm: "l1", known: "linf, l2".into() },
        AttackError::Classes { loss: "dlr", needed: 3, found: 2 },
        AttackError::Budget { runs: 5, needed: 10, found: 8 },
        AttackError::TargetClass { classes: 10, found: 12 },
        AttackError::Labelled { label: 3 },
        AttackError::NotFinite,
        AttackError::Set(SetError::NotFinite),
    ]);
    sets(&mut all);
    all
}

fn data(all: &mut Samples) {
    let (file, reason) = (|| "a.webp".to_string(), || "x".to_string());
    let shape = ImageShape { channels: 3, height: 32, width: 32 };
    let count = |what| DataError::Count { what, expected: 2, found: 3 };
    all.add([
        DataError::Index { index: 9, len: 3 },
        DataError::Shape { channels: 2, height: 8, width: 9 },
        DataError::ShapeMismatch { expected: shape, found: ImageShape { channels: 1, ..shape } },
        count("pixel bytes"),
        count("labels"),
        count("original indices"),
        DataError::Label { index: 4, label: 11, classes: 10 },
        DataError::ManifestSyntax { reason: reason() },
        DataError::ManifestVersion { expected: 1, found: 2 },
        DataError::Manifest { place: "datasets[0]".into(), reason: reason() },
        DataError::UnknownDataset { name: "x".into(), known: "cifar10".into() },
        DataError::UnknownShard { file: file(), dataset: "cifar10".into() },
        DataError::DuplicateShard { file: file() },
        DataError::ShardBytes { file: file(), expected: 10, found: 9 },
        DataError::ShardHash { file: file(), expected: "ab".into(), found: "cd".into() },
        DataError::ShardFormat { reason: reason() },
        DataError::ShardDecode { file: file(), reason: reason() },
        DataError::ShardEncode { reason: reason() },
    ]);
    all.add([
        PictureError::Size { width: 0, height: 3 },
        PictureError::Length { width: 2, height: 2, expected: 1600, found: 1234 },
    ]);
}

/// Errors about files, as reading such files makes them; what cannot be had so is added by hand.
fn users_files(all: &mut Samples) {
    let refused = |files: &[(&str, &[u8])]| {
        let files: Vec<DroppedFile> = files.iter().map(|&(name, bytes)| DroppedFile { name, bytes }).collect();
        read_dropped(&files, 100).unwrap_err()
    };
    let mut tar = vec![0; 257];
    tar.extend(b"ustar");
    let packed: [&[u8]; 8] = [
        &[0x1f, 0x8b, 8],
        b"PK\x03\x04",
        b"BZh9",
        b"\xfd7zXZ\0",
        &[0x80, 3, 0],
        b"\x89PNG\r\n",
        &[0xff, 0xd8, 0xff, 0xe0],
        &tar,
    ];
    all.add(packed.map(|bytes| refused(&[("file.bin", bytes)])));
    let batch = |label: u8, bytes: usize| {
        let mut record = vec![label; 2];
        record.resize(bytes, 0);
        record
    };
    let (ten, hundred) = (batch(1, 3073), batch(1, 3074));
    let labels: &[u8] = &[0, 0, 8, 1, 0, 0, 0, 1, 5];
    let images: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9];
    all.add([
        refused(&[]),
        refused(&[("a", &[])]),
        refused(&[("a", &ten), ("b", &hundred)]),
        refused(&[("a", &ten), ("b", labels)]),
        refused(&[("a", &ten), ("b", images)]),
        refused(&[("a", labels)]),
        refused(&[("a", images)]),
        refused(&[("a", images), ("b", &[0, 0, 8, 1, 0, 0, 0, 2, 5, 6])]),
        refused(&[("a", images), ("b", &[0, 0, 8, 1, 0, 0, 0, 1, 255])]),
        refused(&[("a", &[0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5])]),
        refused(&[("a", &batch(200, 3073))]),
        refused(&[("a", &batch(200, 3074))]),
        refused(&[("a", &[1, 2, 3])]),
        refused(&[("a-ubyte", &[1, 2, 3])]),
    ]);
    let name = || "a".to_string();
    let types = [(9, "signed byte"), (11, "16-bit integer"), (13, "32-bit float")];
    let idx = [
        IdxError::Magic { found: "an empty file".into() },
        IdxError::Rank { found: 7 },
        IdxError::Header { expected: 8, found: 5 },
        IdxError::Length { dims: "2×3".into(), numbers: 6, expected: 4000, found: 12 },
    ];
    all.add(idx.into_iter().chain(types.map(|(code, meaning)| IdxError::Type { code, meaning })));
    let label = |what| CifarError::Label { what, max: 9, record: 3, found: 77 };
    let whats = ["a CIFAR-10 label", "a CIFAR-100 coarse label", "a CIFAR-100 fine label"];
    all.add(whats.map(label).into_iter().chain([CifarError::Length { found: 1234 }]));
    let shape = ImageShape { channels: 1, height: 8, width: 8 };
    all.add([
        DropError::NoImages { name: name() },
        DropError::Shape { name: name(), source: DataError::Shape { channels: 2, height: 8, width: 9 } },
        DropError::Shapes { train: shape, test: ImageShape { channels: 3, ..shape } },
        DropError::Data(DataError::DuplicateShard { file: name() }),
        DropError::Cifar { name: name(), source: CifarError::Length { found: 5 } },
        DropError::Idx { name: name(), source: IdxError::Rank { found: 0 } },
        DropError::IdxRank { name: name(), rank: 2 },
        DropError::IdxLabel { name: name(), label: 255, index: 3, max: 254 },
    ]);
}

/// Errors of sets that are asked for something they cannot be.
fn sets(all: &mut Samples) {
    all.add([
        SetError::NotFinite,
        SetError::Unknown("x".into()),
        SetError::PlaneOnly("polygon"),
        SetError::Polygon(2),
        SetError::Parameter { what: "the radius", range: "a positive number".into(), found: -1.0 },
    ]);
    let shape = SetShape { radius: 1.0, k: 1, ..SetShape::default() };
    let built = |key: &str, shape: SetShape, n| SetId::parse(key).and_then(|id| id.entry().build(&shape, n)).err();
    all.add(
        [
            built("l1", SetShape { radius: -1.0, ..shape.clone() }, 4),
            built("lp", SetShape { p: 0.5, ..shape.clone() }, 4),
            built("k-sparse", SetShape { k: 0, ..shape.clone() }, 4),
            built("birkhoff", shape.clone(), 5),
            built("nuclear", SetShape { columns: 3, ..shape.clone() }, 4),
            built("box", SetShape { aspect: -1.0, ..shape.clone() }, 2),
            built("polygon", shape, 3),
        ]
        .into_iter()
        .flatten(),
    );
}

#[test]
fn every_error_has_its_text_in_both_languages() {
    let samples = samples();
    for language in ["en", "ja"] {
        let texts = texts(language);
        let mut missing: BTreeSet<String> =
            samples.keys.iter().filter(|key| !texts.contains_key(**key)).map(ToString::to_string).collect();
        for (_, told) in &samples.told {
            said(&texts, told, &mut missing);
        }
        assert!(missing.is_empty(), "{language} lacks {missing:?}");
    }
    let shown: BTreeSet<&str> = samples.told.iter().map(|(_, told)| told.key.as_str()).collect();
    let without: Vec<_> = samples.keys.iter().filter(|key| !shown.contains(**key)).collect();
    assert!(without.is_empty(), "no sample says {without:?}");
}

#[test]
fn the_english_text_is_what_the_command_line_prints() {
    let texts = texts("en");
    for (english, told) in samples().told {
        assert_eq!(said(&texts, &told, &mut BTreeSet::new()), english, "{}", told.key);
    }
}

#[test]
fn no_text_is_left_over() {
    let samples = samples();
    let plain = texts("en").into_keys().filter(|key| !key.starts_with("error.word."));
    let unused: Vec<String> = plain.filter(|key| !samples.keys.contains(key.as_str())).collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
}
