//! Networks of the user's own: read without a header, refused with what was expected and found, and attacked like those
//! that ship.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;

use burn::tensor::Device;
use fwlab::nn::{Architecture, Layout, MOST_BYTES, Nonlinearity, WeightsError, load, recognise, save};
use fwlab::session::engine::Engine;
use fwlab::session::params::{self, ATTACK};
use fwlab::session::{AttackNow, AttackSpec, Command, DataId, DeviceKind, Event, NetworkCard, Problem, Victim};
use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};

/// A tensor of a file that is put together by hand.
struct Part {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

fn part(name: &str, shape: &[usize]) -> Part {
    Part { name: name.into(), shape: shape.to_vec(), values: vec![0.5; shape.iter().product()] }
}

fn file(parts: &[Part], header: &[(&str, &str)]) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> =
        parts.iter().map(|part| part.values.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views: Vec<(String, TensorView<'_>)> = parts
        .iter()
        .zip(&bytes)
        .map(|(part, bytes)| (part.name.clone(), TensorView::new(Dtype::F32, part.shape.clone(), bytes).unwrap()))
        .collect();
    let entries: HashMap<String, String> = header.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    serialize(views, (!header.is_empty()).then_some(entries)).unwrap()
}

fn parts(architecture: &Architecture) -> Vec<Part> {
    let values = architecture.initial(7);
    let parameters = architecture.parameters().into_iter().zip(values);
    parameters.map(|(parameter, values)| Part { name: parameter.name, shape: parameter.shape, values }).collect()
}

fn architecture(layout: Layout, input: [usize; 3], channels: &[usize]) -> Architecture {
    Architecture { input, channels: channels.to_vec(), layout, classes: 10, nonlinearity: Nonlinearity::Relu }
}

fn tiny() -> Architecture {
    architecture(Layout::Plain, [3, 32, 32], &[4, 5])
}

#[test]
fn every_layout_is_read_off_names_and_shapes() {
    for (layout, _) in Layout::ALL {
        for input in [[3, 32, 32], [1, 28, 28]] {
            for channels in [&[3][..], &[4, 5], &[3, 4, 5]] {
                let wanted = architecture(layout, input, channels);
                let (found, values, header) = load(&file(&parts(&wanted), &[])).unwrap();
                assert_eq!(found, wanted);
                assert_eq!(values, wanted.initial(7));
                assert!(header.is_empty());
                // What PyTorch's own functions write into the header says nothing of the network.
                assert_eq!(load(&file(&parts(&wanted), &[("format", "pt")])).unwrap().0, wanted);
            }
        }
    }
}

#[test]
fn what_the_header_says_counts_and_the_rest_is_read_off() {
    let wanted = Architecture { nonlinearity: Nonlinearity::Gelu, ..tiny() };
    assert_eq!(load(&file(&parts(&wanted), &[("activation", "gelu")])).unwrap().0, wanted);
    let other = architecture(Layout::Residual, [3, 16, 24], &[4, 5]);
    assert_eq!(load(&file(&parts(&other), &[("input", "3, 16, 24")])).unwrap().0, other);
    assert_eq!(
        load(&file(&parts(&other), &[])),
        Err(WeightsError::Input { features: 4 * 6 * 5, stages: 2, channels: 5 }),
        "no image that ships has this size"
    );
    for (entry, bad) in
        [("input", "3,32"), ("channels", "four"), ("classes", ""), ("activation", "tanh"), ("layout", "x")]
    {
        assert_eq!(load(&file(&parts(&tiny()), &[(entry, bad)])), Err(WeightsError::Header(entry)));
    }
    let said = [("input", "3,32,32"), ("classes", "9")];
    assert!(matches!(load(&file(&parts(&tiny()), &said)), Err(WeightsError::Shape { .. })));
}

/// What is said of `tiny` after a change.
fn refused(change: impl FnOnce(&mut Vec<Part>)) -> WeightsError {
    let mut parts = parts(&tiny());
    change(&mut parts);
    load(&file(&parts, &[])).unwrap_err()
}

fn replace(parts: &mut [Part], with: Part) {
    let place = parts.iter().position(|part| part.name == with.name).unwrap();
    parts[place] = with;
}

#[test]
fn a_wrong_file_is_refused_with_what_was_expected_and_found() {
    let shape = |name: &str, expected: &str, found: &str| WeightsError::Shape {
        name: name.into(),
        expected: expected.into(),
        found: found.into(),
    };
    assert_eq!(
        refused(|parts| replace(parts, part("linear.weight", &[320, 10]))),
        shape("linear.weight", "[10, 320]", "F32 [320, 10]"),
        "as Burn and Keras keep it"
    );
    assert_eq!(
        refused(|parts| replace(parts, part("conv1.weight", &[4, 3, 5, 5]))),
        shape("conv1.weight", "[4, 3, 3, 3]", "F32 [4, 3, 5, 5]")
    );
    let missing = |name: &str| WeightsError::Missing(name.into());
    assert_eq!(refused(|parts| parts.retain(|part| part.name != "conv2.bias")), missing("conv2.bias"));
    assert_eq!(refused(|parts| parts.retain(|part| !part.name.starts_with("conv1"))), missing("conv1.weight"));
    assert_eq!(refused(|parts| parts.retain(|part| !part.name.starts_with("linear"))), missing("linear.bias"));
    assert_eq!(
        refused(|parts| parts.push(part("bn1.weight", &[4]))),
        WeightsError::Extra("bn1.weight".into()),
        "normalisation would be left out silently"
    );
    for bad in [f32::NAN, f32::INFINITY] {
        let name = "conv2.weight".to_string();
        let error = refused(|parts| parts.iter_mut().find(|part| part.name == name).unwrap().values[17] = bad);
        assert_eq!(error, WeightsError::NotFinite { name, place: 17 });
    }
    let mut half = parts(&tiny());
    half.retain(|part| part.name != "conv1.bias");
    let bytes: Vec<Vec<u8>> =
        half.iter().map(|part| part.values.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let mut views: Vec<(String, TensorView<'_>)> = half
        .iter()
        .zip(&bytes)
        .map(|(part, bytes)| (part.name.clone(), TensorView::new(Dtype::F32, part.shape.clone(), bytes).unwrap()))
        .collect();
    views.push(("conv1.bias".into(), TensorView::new(Dtype::F16, vec![4], &[0; 8]).unwrap()));
    assert_eq!(load(&serialize(views, None).unwrap()), Err(shape("conv1.bias", "[4]", "F16 [4]")));
}

#[test]
fn a_network_beyond_the_limits_is_refused_before_it_is_built() {
    let size = |architecture: &Architecture| match load(&file(&parts(architecture), &[])) {
        Err(WeightsError::Size { what, found, .. }) => (what, found),
        other => panic!("{other:?}"),
    };
    let with = |classes| Architecture { classes, ..tiny() };
    assert_eq!(size(&with(1)), ("classes", 1));
    assert_eq!(size(&with(257)), ("classes", 257));
    assert_eq!(size(&architecture(Layout::Plain, [3, 32, 32], &[2; 5])), ("stages", 5));
    let wide = architecture(Layout::Plain, [3, 32, 32], &[300]);
    assert_eq!(size(&wide), ("numbers a layer makes of an image", 300 * 1024));
    let large = WeightsError::Size { what: "bytes", found: MOST_BYTES + 1, least: 1, most: MOST_BYTES };
    assert_eq!(load(&vec![0; MOST_BYTES + 1]), Err(large));
}

#[test]
fn files_that_are_cut_off_or_of_other_programs_are_told_apart() {
    let whole = save(&tiny(), &tiny().initial(1), &[]).unwrap();
    for length in [whole.len() - 1, whole.len() / 2, 20] {
        assert_eq!(load(&whole[..length]), Err(WeightsError::Cut { found: length }));
    }
    assert!(matches!(load(b"hello"), Err(WeightsError::Format(_))));
    assert!(matches!(load(&[255; 64]), Err(WeightsError::Format(_))));

    let onnx: &[u8] = b"\x08\x08\x12\x07pytorch\x1a\x052.5.1:\x02\n\0";
    assert_eq!(recognise("net.onnx", onnx), Some(WeightsError::Onnx));
    assert_eq!(recognise("net.bin", onnx), Some(WeightsError::Onnx));
    assert_eq!(
        recognise("NET.ONNX", b":\x02\n\0B\x02\x10\x11\x08\x08"),
        Some(WeightsError::Onnx),
        "fields in any order"
    );
    assert_eq!(recognise("net.onnx", b"hello there"), None, "only called so");
    let keras = Some(WeightsError::Foreign("Keras"));
    assert_eq!(recognise("net", b"\x89HDF\r\n\x1a\n\0\0\0\0"), keras);
    assert_eq!(recognise("net.keras", b"PK\x03\x04\0\0\0\0\0\0"), keras);
    let pytorch = Some(WeightsError::Foreign("PyTorch"));
    assert_eq!(recognise("net.safetensors", b"PK\x03\x04\0\0\0\0\0\0"), pytorch);
    assert_eq!(recognise("net.pth", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8"), pytorch);
    // The length of a header may look like anything.
    assert_eq!(recognise("net.pt", &whole), None);
}

#[test]
fn the_address_names_it() {
    let spec = AttackSpec { victim: Victim::Own, ..AttackSpec::default() };
    let pairs = params::emit(ATTACK, &spec);
    assert!(pairs.contains(&("victim".to_string(), "own".to_string())), "{pairs:?}");
    assert_eq!(params::parse::<AttackSpec>(ATTACK, &pairs), (spec, vec![]));
}

// ── In the engine ────────────────────────────────────────────────────────────────────────────────────────

fn shipped(path: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("www").join(path)).unwrap()
}

fn say(engine: &mut Engine, command: Command) -> Vec<Event> {
    pollster::block_on(engine.handle(command));
    engine.drain()
}

fn open(engine: &mut Engine, place: u32, bytes: Vec<u8>) -> (Result<NetworkCard, Problem>, Vec<Event>) {
    let mut events = say(engine, Command::OwnNetwork { place, name: "mine.safetensors".into(), bytes });
    let Event::OwnNetwork { place: answered, read } = events.remove(0) else { panic!("{events:?}") };
    assert_eq!(answered, place);
    (read, events)
}

fn raced(events: Vec<Event>) -> AttackNow {
    let found = events.into_iter().find_map(|event| match event {
        Event::Attack(now) => Some(now),
        Event::Problem(problem) => panic!("{problem:?}"),
        _ => None,
    });
    found.expect("the race is set up")
}

fn spec(victim: Victim) -> AttackSpec {
    AttackSpec { victim, data: DataId::FashionMnist, images: 4, budget: 5, ..AttackSpec::default() }
}

#[test]
fn it_is_attacked_like_the_same_network_that_ships() {
    let mut engine = Engine::new(Device::flex(), DeviceKind::Cpu, String::new(), || 0.0);
    let shard = "fashion-mnist-test-00.webp";
    say(&mut engine, Command::Manifest(String::from_utf8(shipped("data/manifest.json")).unwrap()));
    say(&mut engine, Command::Shard { file: shard.into(), bytes: shipped(&format!("data/{shard}")) });
    let network = shipped("models/fashion-mnist-sfw.safetensors");
    say(&mut engine, Command::Model { name: "ours".into(), bytes: network.clone() });

    // What is asked for before its file is here waits for it.
    assert_eq!(say(&mut engine, Command::AttackConfigure(spec(Victim::Own))), vec![]);
    let (read, events) = open(&mut engine, 3, network);
    let card = read.unwrap();
    assert_eq!((card.data(), card.classes, card.input, card.assumed), (DataId::FashionMnist, 10, [1, 28, 28], false));
    assert_eq!((card.layout.as_str(), card.channels.as_slice(), card.parameters), ("plain", &[16, 32, 32][..], 16_938));
    let own = raced(events);
    let ours = raced(say(&mut engine, Command::AttackConfigure(spec(Victim::Bundled("ours".into())))));
    // As text: NaN is not equal to itself.
    assert_eq!(format!("{own:?}"), format!("{ours:?}"));

    // A wrong file changes nothing.
    let (read, events) = open(&mut engine, 4, b"\x08\x08\x12\x07pytorch:\x02\n\0".to_vec());
    assert!(read.unwrap_err().detail.contains("ONNX") && events.is_empty());
    let (read, _) = open(&mut engine, 5, shipped("models/fashion-mnist-sfw.safetensors")[..9000].to_vec());
    assert_eq!(read.unwrap_err().told.unwrap().key, "error.weights.cut");
    let again = raced(say(&mut engine, Command::AttackConfigure(spec(Victim::Own))));
    assert_eq!(again.clean_probabilities, ours.clean_probabilities);

    // One for other images is refused when it meets them.
    let (read, _) = open(&mut engine, 6, shipped("models/cifar10-sgd.safetensors"));
    assert_eq!(read.unwrap().data(), DataId::Cifar10);
    let problems = say(&mut engine, Command::AttackConfigure(spec(Victim::Own)));
    let [Event::Problem(problem)] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!(problem.told.as_ref().unwrap().key, "error.attack.shape");
}
