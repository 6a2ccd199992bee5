//! The shipped images are what they claim, and no file a user brings can do harm.
//!
//! That the shards equal the published originals pixel by pixel is proved by
//! `fwlab data verify`, which needs the originals; everything here needs only the repository.
#![cfg(feature = "engine")]
#![allow(clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use fwlab::data::{
    DataError, Dataset, DatasetEntry, DropError, DroppedFile, DroppedKind, ImageShape, Images, Manifest, PictureError,
    ShardEntry, Split, UNKNOWN_LABEL, balanced_order, from_rgba, read_dropped, select, shard,
};
use proptest::prelude::*;

// ---------------------------------------------------------------- the shipped sets

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("www/data")
}

fn manifest() -> Manifest {
    let json = fs::read_to_string(folder().join("manifest.json")).expect("the manifest is there");
    Manifest::parse(&json).expect("the manifest is valid")
}

fn file(shard: &ShardEntry) -> Vec<u8> {
    fs::read(folder().join(&shard.file)).expect("the shard is there")
}

fn load(entry: &DatasetEntry) -> Dataset {
    let mut set = Dataset::new(entry);
    for shard in &entry.shards {
        set.add_shard(shard, &file(shard)).expect("the shard is valid");
    }
    set
}

/// The label of each original image that is shipped, by original index.
fn first_labels(images: &Images) -> Vec<u8> {
    (0..)
        .map_while(|original| {
            let place = images.original.iter().position(|&o| o == original)?;
            images.label(place).ok()
        })
        .take(8)
        .collect()
}

#[test]
fn sizes_are_as_announced() {
    let manifest = manifest();
    let sizes: Vec<_> = manifest
        .datasets
        .iter()
        .map(|set| {
            let (train, test) = (set.images(Split::Train), set.images(Split::Test));
            (set.name.as_str(), set.shape.to_string(), train, test)
        })
        .collect();
    assert_eq!(
        sizes,
        [("cifar10", "3×32×32".to_owned(), 5_000, 1_000), ("fashion-mnist", "1×28×28".to_owned(), 10_000, 2_000),]
    );
    for set in &manifest.datasets {
        assert!(set.shards.iter().all(|shard| shard.count <= 500));
        // Whoever starts needs one shard to learn from and one to measure on.
        let first: Vec<_> = set.shards.iter().take(2).map(|shard| shard.split).collect();
        assert_eq!(first, [Split::Train, Split::Test]);
    }
}

#[test]
fn the_folder_holds_what_the_manifest_lists_and_at_most_25_mb() {
    let manifest = manifest();
    let listed: Vec<_> = manifest.datasets.iter().flat_map(|set| &set.shards).map(|shard| shard.file.clone()).collect();
    let mut total = 0;
    for item in fs::read_dir(folder()).expect("the folder is there") {
        let item = item.expect("the folder can be listed");
        let name = item.file_name().to_string_lossy().into_owned();
        if name.ends_with(".webp") || name == "manifest.json" {
            total += item.metadata().expect("the file has a size").len();
        }
        assert!(!name.ends_with(".webp") || listed.contains(&name), "{name} is not in the manifest");
    }
    assert!(total <= 25_000_000, "{total} bytes");
}

#[test]
fn the_first_labels_are_those_of_the_originals() {
    let manifest = manifest();
    let labels = |name: &str| {
        let set = load(manifest.dataset(name).expect("the set is there"));
        (first_labels(&set.train), first_labels(&set.test))
    };
    assert_eq!(labels("cifar10"), (vec![6, 9, 9, 4, 1, 1, 2, 7], vec![3, 8, 8, 0, 6, 6, 1, 6]));
    assert_eq!(labels("fashion-mnist"), (vec![9, 0, 0, 3, 0, 2, 7, 2], vec![9, 2, 1, 1, 6, 1, 4, 6]));
}

#[test]
fn every_prefix_is_balanced_and_no_image_comes_twice() {
    for entry in &manifest().datasets {
        let mut set = Dataset::new(entry);
        for shard in &entry.shards {
            set.add_shard(shard, &file(shard)).expect("valid");
            for split in [Split::Train, Split::Test] {
                let counts = set.split(split).class_counts(set.classes.len());
                let spread = counts.iter().max().zip(counts.iter().min());
                assert!(spread.is_some_and(|(max, min)| max == min), "{counts:?}");
            }
        }
        for split in [Split::Train, Split::Test] {
            let images = set.split(split);
            let mut counts = vec![0i32; set.classes.len()];
            for &label in &images.labels {
                counts[usize::from(label)] += 1;
                let spread = counts.iter().max().zip(counts.iter().min());
                assert!(spread.is_some_and(|(max, min)| max - min <= 1));
            }
            let mut original = images.original.clone();
            original.sort_unstable();
            original.dedup();
            assert_eq!(original.len(), images.len());
        }
    }
}

#[test]
fn hashes_hold_and_re_encoding_gives_the_same_file() {
    for entry in &manifest().datasets {
        for shard in &entry.shards {
            let bytes = file(shard);
            assert_eq!(shard::sha256_hex(&bytes), shard.sha256, "{}", shard.file);
            let pixels = shard::decode(&bytes, entry.shape, shard.count).expect("decodes");
            assert_eq!(shard::sha256_hex(&pixels), shard.pixels_sha256);
            let images = Images::from_parts(
                entry.shape,
                pixels,
                shard.labels().expect("labels"),
                shard.original().expect("indices"),
            )
            .expect("consistent");
            assert_eq!(shard::encode(&images).expect("encodes"), bytes);
        }
    }
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    let manifest = manifest();
    let entry = manifest.dataset("fashion-mnist").expect("there");
    let in_order = load(entry);
    let mut backwards = Dataset::new(entry);
    for shard in entry.shards.iter().rev() {
        assert!(!backwards.is_complete(shard.split));
        backwards.add_shard(shard, &file(shard)).expect("valid");
    }
    assert_eq!(backwards.train, in_order.train);
    assert_eq!(backwards.test, in_order.test);
    assert!(backwards.is_complete(Split::Train) && backwards.is_complete(Split::Test));
    assert_eq!(backwards.train.len(), backwards.train_expected);
    assert_eq!(backwards.missing().count(), 0);
}

#[test]
fn an_early_shard_waits_for_its_turn_and_counts_as_received() {
    let manifest = manifest();
    let entry = manifest.dataset("cifar10").expect("there");
    let mut train = entry.shards_of(Split::Train);
    let (Some(first), Some(second)) = (train.next(), train.next()) else {
        panic!("two training shards");
    };
    let mut set = Dataset::new(entry);
    set.add_shard(second, &file(second)).expect("valid");
    assert!(set.train.is_empty());
    assert_eq!(set.progress().shards, 1);
    assert_eq!(set.progress().bytes, second.bytes);
    set.add_shard(first, &file(first)).expect("valid");
    assert_eq!(set.train.len(), first.count + second.count);
    assert_eq!(set.missing().next().map(|shard| shard.split), Some(Split::Test));
}

#[test]
fn a_damaged_shard_is_refused_and_can_be_tried_again() {
    let manifest = manifest();
    let entry = manifest.dataset("cifar10").expect("there");
    let shard = &entry.shards[0];
    let good = file(shard);
    let mut set = Dataset::new(entry);

    let cut = set.add_shard(shard, &good[..1000]);
    assert!(matches!(cut, Err(DataError::ShardBytes { found: 1000, .. })));
    let mut changed = good.clone();
    changed[5000] ^= 1;
    let changed = set.add_shard(shard, &changed);
    assert!(matches!(changed, Err(DataError::ShardHash { .. })));
    assert!(set.train.is_empty());

    set.add_shard(shard, &good).expect("the second try works");
    let again = set.add_shard(shard, &good);
    assert!(matches!(again, Err(DataError::DuplicateShard { .. })));
    assert_eq!(set.train.len(), shard.count);

    let other = &manifest.dataset("fashion-mnist").expect("there").shards[0];
    let stranger = set.add_shard(other, &file(other));
    assert!(matches!(stranger, Err(DataError::UnknownShard { .. })));
}

#[test]
fn batches_are_in_the_unit_interval_and_restore_the_bytes() {
    let manifest = manifest();
    let entry = manifest.dataset("cifar10").expect("there");
    let mut set = Dataset::new(entry);
    set.add_shard(&entry.shards[0], &file(&entry.shards[0])).expect("valid");
    let indices = [17, 3, 3, 249];
    let (values, labels) = set.train.batch_f32(&indices).expect("in range");
    assert_eq!(labels, [7, 3, 3, 9]);
    assert_eq!(values.len(), 4 * 3 * 32 * 32);
    assert!(values.iter().all(|v| (0.0..=1.0).contains(v)));
    let bytes: Vec<u8> = values.iter().map(|v| (v * 255.0).round() as u8).collect();
    let expected: Vec<u8> = indices.iter().flat_map(|&i| set.train.image(i).expect("in range").to_vec()).collect();
    assert_eq!(bytes, expected);
    let outside = set.train.batch_f32(&[0, 250]);
    assert_eq!(outside, Err(DataError::Index { index: 250, len: 250 }));
}

#[test]
fn every_byte_survives_the_unit_interval() {
    for byte in 0..=u8::MAX {
        let value = f32::from(byte) / 255.0;
        assert_eq!((value * 255.0).round() as u8, byte);
    }
}

#[test]
fn a_canvas_gets_opaque_rgba() {
    let rgb = Images::from_parts(shape(3, 1, 2), vec![1, 2, 3, 4, 5, 6], vec![0], vec![0]);
    let rgba = rgb.expect("consistent").rgba(0).expect("there");
    assert_eq!(rgba, [1, 3, 5, 255, 2, 4, 6, 255]);
    let grey = Images::from_parts(shape(1, 1, 2), vec![7, 8], vec![0], vec![0]);
    let grey = grey.expect("consistent");
    assert_eq!(grey.rgba(0).expect("there"), [7, 7, 7, 255, 8, 8, 8, 255]);
    assert!(grey.rgba(1).is_err());
}

#[test]
fn a_later_manifest_says_so() {
    let json = manifest().to_json().expect("writes");
    let later = json.replacen("\"version\": 1", "\"version\": 2", 1);
    let found = Manifest::parse(&later);
    let expected = DataError::ManifestVersion { expected: 1, found: 2 };
    assert_eq!(found, Err(expected));
    let escaping = json.replacen("cifar10-train-00.webp", "../cifar10.webp", 1);
    assert!(matches!(Manifest::parse(&escaping), Err(DataError::Manifest { .. })));
    let unknown = manifest().dataset("mnist").map(|_| ());
    assert!(matches!(unknown, Err(DataError::UnknownDataset { .. })));
}

// ---------------------------------------------------------------- choosing and ordering

#[test]
fn classes_take_turns() {
    assert_eq!(balanced_order(&[1, 1, 0, 2, 1, 9], 3), [2, 0, 3, 1, 4]);
    assert!(balanced_order(&[], 3).is_empty());
}

#[test]
fn holding_out_counts_within_a_class() {
    let labels = [0, 1, 0, 1, 0, 1, 0, 0];
    let (kept, held) = select::hold_out(&labels, 2);
    assert_eq!(held, [2, 3, 6]);
    assert_eq!(kept, [0, 1, 4, 5, 7]);
    assert!(select::hold_out(&labels, 0).1.is_empty());
}

// ---------------------------------------------------------------- files a user drops

const CIFAR10: usize = 3073;
const CIFAR100: usize = 3074;

fn shape(channels: usize, height: usize, width: usize) -> ImageShape {
    ImageShape::new(channels, height, width).expect("a valid shape")
}

/// `n` records whose labels cycle through `classes` and whose pixels tell them apart.
fn cifar(record: usize, n: usize, classes: usize) -> Vec<u8> {
    (0..n)
        .flat_map(|i| {
            let mut bytes = vec![i as u8; record];
            if record == CIFAR100 {
                bytes[0] = (i % 20) as u8;
            }
            bytes[record - 3073] = (i % classes) as u8;
            bytes
        })
        .collect()
}

fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    bytes.extend(dims.iter().flat_map(|d| d.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn drop_one(name: &str, bytes: &[u8]) -> Result<fwlab::data::DroppedSet, DropError> {
    read_dropped(&[DroppedFile { name, bytes }], 10_000)
}

#[test]
fn a_shipped_image_survives_the_way_through_a_cifar_batch() {
    let manifest = manifest();
    let entry = manifest.dataset("cifar10").expect("there");
    let mut set = Dataset::new(entry);
    set.add_shard(&entry.shards[0], &file(&entry.shards[0])).expect("valid");
    let batch: Vec<u8> = (0..set.train.len())
        .flat_map(|i| {
            let mut record = vec![set.train.label(i).expect("in range")];
            record.extend(set.train.image(i).expect("in range"));
            record
        })
        .collect();
    let found = read_dropped(
        &[
            DroppedFile { name: "data_batch_1.bin", bytes: &batch },
            DroppedFile { name: "test_batch.bin", bytes: &batch },
        ],
        10_000,
    )
    .expect("a CIFAR-10 batch");
    assert_eq!(found.kind, DroppedKind::Cifar10);
    assert_eq!(found.classes, entry.classes);
    assert_eq!(found.train.pixels, set.train.pixels);
    assert_eq!(found.test.labels, set.train.labels);
    assert!(!found.held_out);
    assert_eq!(found.found, 500);
    let dropped = found.into_dataset("mine").expect("a valid set");
    assert!(dropped.is_complete(Split::Train));
}

#[test]
fn cifar_100_uses_the_fine_labels() {
    let found = drop_one("train.bin", &cifar(CIFAR100, 300, 100)).expect("CIFAR-100");
    assert_eq!(found.kind, DroppedKind::Cifar100);
    assert_eq!(found.classes.len(), 100);
    assert!(found.classes.is_sorted());
    assert_eq!(found.train.labels[99], 99);
}

#[test]
fn images_are_held_out_where_there_is_no_test_file() {
    let found = drop_one("data_batch_1.bin", &cifar(CIFAR10, 120, 10)).expect("CIFAR-10");
    assert!(found.held_out);
    assert_eq!(found.train.class_counts(10), [10; 10]);
    assert_eq!(found.test.class_counts(10), [2; 10]);
    // A lone test batch is data like any other.
    let lone = drop_one("test_batch.bin", &cifar(CIFAR10, 120, 10)).expect("CIFAR-10");
    assert_eq!((lone.train.len(), lone.test.len()), (100, 20));
}

#[test]
fn a_large_file_is_thinned_evenly() {
    let bytes = cifar(CIFAR10, 500, 10);
    let name = "data_batch_1.bin";
    let found = read_dropped(&[DroppedFile { name, bytes: &bytes }], 60).expect("CIFAR-10");
    assert_eq!(found.found, 500);
    assert_eq!(found.train.len() + found.test.len(), 60);
    assert_eq!(found.train.class_counts(10), [5; 10]);
}

#[test]
fn an_idx_pair_is_found_in_either_order() {
    let images = idx(&[12, 2, 3], &(0..72).collect::<Vec<u8>>());
    let labels = idx(&[12], &[0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    let mut files = [
        DroppedFile { name: "a-images-idx3-ubyte", bytes: &images },
        DroppedFile { name: "a-labels-idx1-ubyte", bytes: &labels },
    ];
    let one = read_dropped(&files, 100).expect("a pair");
    files.reverse();
    assert_eq!(read_dropped(&files, 100), Ok(one.clone()));
    assert_eq!(one.kind, DroppedKind::Idx);
    assert_eq!(one.classes, ["0", "1", "2"]);
    assert_eq!(one.train.shape, shape(1, 2, 3));
    assert_eq!(one.train.image(1), Ok(&[6, 7, 8, 9, 10, 11][..]));
}

/// Every refusal names the file, what was expected and what was found.
#[test]
fn refusals_say_what_was_expected_and_what_was_found() {
    let says = |name: &str, bytes: &[u8], parts: &[&str]| {
        let text = drop_one(name, bytes).expect_err("refused").to_string();
        for part in parts.iter().chain(&[name]) {
            assert!(text.contains(part), "{text:?} does not say {part:?}");
        }
    };
    says(
        "photo.bin",
        &vec![1; 1_234_567],
        &["3073-byte records", "1 label + 3072 pixels", "1,234,567 bytes", "not a multiple"],
    );
    let mut wrong = cifar(CIFAR10, 20, 10);
    wrong[17 * CIFAR10] = 213;
    says("batch.bin", &wrong, &["0 to 9", "record 17", "213"]);
    let mut wrong = cifar(CIFAR100, 20, 10);
    wrong[3 * CIFAR100] = 50;
    says("batch.bin", &wrong, &["coarse", "0 to 19", "record 3", "50"]);
    says("empty.bin", &[], &["empty"]);
    says("cifar.tar.gz", &[0x1f, 0x8b, 8, 0, 0], &["gzip", "gunzip"]);
    says("cifar.zip", b"PK\x03\x04....", &["zip archive", "unpack"]);
    says("cat.png", b"\x89PNG\r\n\x1a\n....", &["PNG picture", "attack page"]);
    says("data_batch_1", &[0x80, 2, 0, 0, 0], &["pickle", "binary version"]);
    says("images-idx3-ubyte", &idx(&[2, 28, 28], &[0; 784]), &["2 × 28 × 28", "1,568", "1,584", "800"]);
    says("x-ubyte", &[0, 0, 0x0d, 1, 0, 0, 0, 0], &["0d", "32-bit float"]);
    says("x-ubyte", &[9, 9, 9, 9], &["00 00 08", "09 09 09 09"]);
    says("images", &idx(&[1, 28, 28], &[0; 784]), &["label", "found 0"]);
    says("labels", &idx(&[3], &[0; 3]), &["image", "found 0"]);
    says("huge", &idx(&[1, 1, 1000], &[0; 1000]), &["1×1×1000", "512"]);
    says("none", &idx(&[0, 28, 28], &[]), &["no images"]);
    says("matrix", &idx(&[2, 2], &[0; 4]), &["2 dimensions"]);
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let read = |files: &[(&str, &[u8])]| {
        let files: Vec<_> = files.iter().map(|&(name, bytes)| DroppedFile { name, bytes }).collect();
        read_dropped(&files, 100)
    };
    let ten = cifar(CIFAR10, 20, 10);
    let hundred = cifar(CIFAR100, 20, 20);
    let images = idx(&[2, 2, 2], &[0; 8]);
    let labels = idx(&[3], &[0; 3]);
    assert_eq!(read(&[]), Err(DropError::Nothing));
    let mixed = read(&[("a.bin", &ten), ("b.bin", &hundred)]);
    assert!(matches!(mixed, Err(DropError::Mixed { .. })));
    let lengths = read(&[("i", &images), ("l", &labels)]);
    assert!(matches!(lengths, Err(DropError::PairLength { image_count: 2, label_count: 3, .. })));
    let twice = read(&[("i", &images), ("j", &images), ("l", &labels)]);
    assert!(matches!(twice, Err(DropError::Pair { found: 2, .. })));
    let pair = idx(&[2], &[0, 1]);
    let other = idx(&[2, 3, 3], &[0; 18]);
    let shapes = read(&[("i", &images), ("l", &pair), ("test-i", &other), ("test-l", &pair)]);
    assert!(matches!(shapes, Err(DropError::Shapes { .. })));
    let reserved = read(&[("i", &images), ("l", &idx(&[2], &[0, 255]))]);
    assert!(matches!(reserved, Err(DropError::IdxLabel { index: 1, .. })));
}

// ---------------------------------------------------------------- a single picture

#[test]
fn a_picture_of_the_right_size_is_taken_as_it_is() {
    let rgba = [10, 20, 30, 255, 40, 50, 60, 255];
    let image = from_rgba(2, 1, &rgba, shape(3, 1, 2)).expect("a picture");
    assert_eq!(image.pixels, [10, 40, 20, 50, 30, 60]);
    assert_eq!(image.labels, [UNKNOWN_LABEL]);
}

#[test]
fn shrinking_averages_areas_and_enlarging_repeats() {
    let grey = |values: &[u8]| -> Vec<u8> { values.iter().flat_map(|&v| [v, v, v, 255]).collect() };
    // 3 → 2: each output covers one and a half inputs. (2·0 + 1·90)/3 and (1·90 + 2·240)/3.
    let rgba = grey(&[0, 90, 240, 0, 90, 240, 0, 90, 240]);
    let small = from_rgba(3, 3, &rgba, shape(1, 2, 2)).expect("a picture");
    assert_eq!(small.pixels, [30, 190, 30, 190]);
    let large = from_rgba(1, 1, &grey(&[77]), shape(1, 3, 3)).expect("a picture");
    assert_eq!(large.pixels, [77; 9]);
}

#[test]
fn the_middle_is_cut_out() {
    let rgba: Vec<u8> = [1, 2, 3, 4].into_iter().flat_map(|v| [v, v, v, 255]).collect();
    let wide = from_rgba(4, 1, &rgba, shape(1, 1, 2)).expect("a picture");
    assert_eq!(wide.pixels, [2, 3]);
    let tall = from_rgba(1, 4, &rgba, shape(1, 2, 1)).expect("a picture");
    assert_eq!(tall.pixels, [2, 3]);
}

#[test]
fn grey_is_luma_and_transparency_is_white() {
    let grey = |pixel: [u8; 4]| from_rgba(1, 1, &pixel, shape(1, 1, 1)).map(|i| i.pixels);
    assert_eq!(grey([255, 0, 0, 255]), Ok(vec![76]));
    assert_eq!(grey([0, 255, 0, 255]), Ok(vec![150]));
    assert_eq!(grey([0, 0, 255, 255]), Ok(vec![29]));
    assert_eq!(grey([255, 255, 255, 255]), Ok(vec![255]));
    assert_eq!(grey([0, 0, 0, 0]), Ok(vec![255]));
    assert_eq!(grey([0, 0, 0, 102]), Ok(vec![153]));
}

#[test]
fn a_picture_of_the_wrong_length_is_refused() {
    let found = from_rgba(4, 4, &[0; 63], shape(3, 32, 32));
    assert!(matches!(found, Err(PictureError::Length { expected: 64, found: 63, .. })));
    let none = from_rgba(0, 4, &[], shape(3, 32, 32));
    assert!(matches!(none, Err(PictureError::Size { .. })));
    let size = from_rgba(usize::MAX, 2, &[], shape(3, 32, 32));
    assert!(matches!(size, Err(PictureError::Size { .. })));
}

// ---------------------------------------------------------------- anything at all

/// Bytes that begin like something real now and then, so that the fuzz gets past the first check.
fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
    let start = prop_oneof![
        Just(vec![]),
        Just(vec![0, 0, 8, 1]),
        Just(vec![0, 0, 8, 3]),
        Just(vec![0, 0, 8, 4, 0, 0, 0, 1]),
        Just(b"RIFF\x20\x00\x00\x00WEBPVP8L".to_vec()),
        Just(b"RIFF\x20\x00\x00\x00WEBPVP8X".to_vec()),
        Just(b"RIFF\x20\x00\x00\x00WEBPVP8 ".to_vec()),
    ];
    (start, prop::collection::vec(any::<u8>(), 0..200)).prop_map(|(mut start, rest)| {
        start.extend(rest);
        start
    })
}

fn small_images() -> impl Strategy<Value = Images> {
    let sizes = (prop_oneof![Just(1usize), Just(3)], 1usize..9, 1usize..9, 1usize..7);
    sizes.prop_flat_map(|(channels, height, width, count)| {
        let shape = shape(channels, height, width);
        let pixels = prop::collection::vec(any::<u8>(), count * shape.values());
        (pixels, prop::collection::vec(0u8..10, count)).prop_map(move |(pixels, labels)| {
            let original = (0..labels.len() as u32).collect();
            Images::from_parts(shape, pixels, labels, original).expect("consistent")
        })
    })
}

proptest! {
    #[test]
    fn any_images_survive_a_shard(images in small_images()) {
        let bytes = shard::encode(&images).expect("encodes");
        let pixels = shard::decode(&bytes, images.shape, images.len());
        prop_assert_eq!(pixels, Ok(images.pixels));
    }

    #[test]
    fn labels_and_indices_survive_the_manifest(
        labels in prop::collection::vec(0u8..36, 1..100),
        steps in prop::collection::vec(0u32..1000, 100),
    ) {
        let original: Vec<u32> = steps
            .iter()
            .scan(0, |sum, step| { *sum += step; Some(*sum) })
            .take(labels.len())
            .collect();
        let (text, gaps) = ShardEntry::compact(&labels, &original).expect("rises");
        let entry = ShardEntry { count: labels.len(), labels: text, original: gaps, ..manifest().datasets[0].shards[0].clone() };
        prop_assert_eq!(entry.labels(), Ok(labels));
        prop_assert_eq!(entry.original(), Ok(original));
    }

    #[test]
    fn random_bytes_are_no_shard(bytes in hostile_bytes(), count in 0usize..600) {
        prop_assert!(shard::decode(&bytes, shape(3, 32, 32), count).is_err());
    }

    #[test]
    fn random_bytes_are_no_data_set(bytes in hostile_bytes(), name in "[a-z0-9.-]{0,12}") {
        // Shorter than any CIFAR record, and an IDX file alone lacks its partner.
        prop_assert!(drop_one(&name, &bytes).is_err());
    }

    #[test]
    fn a_damaged_shard_gives_pixels_or_an_error(
        images in small_images(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        // Without the hash, which catches this first, the decoder stands alone.
        let mut bytes = shard::encode(&images).expect("encodes");
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Ok(pixels) = shard::decode(&bytes, images.shape, images.len()) {
            prop_assert_eq!(pixels.len(), images.pixels.len());
        }
        bytes.truncate(cut.index(bytes.len()));
        if let Ok(pixels) = shard::decode(&bytes, images.shape, images.len()) {
            prop_assert_eq!(pixels.len(), images.pixels.len());
        }
    }

    #[test]
    fn two_dropped_files_never_panic(
        first in hostile_bytes(),
        dims in prop::collection::vec(0u32..5, 1..5),
        data in prop::collection::vec(any::<u8>(), 0..40),
        labels in prop::collection::vec(any::<u8>(), 0..6),
        max in 0usize..20,
    ) {
        let images = idx(&dims, &data);
        let labels = idx(&[labels.len() as u32], &labels);
        for files in [
            vec![DroppedFile { name: "a", bytes: &first }, DroppedFile { name: "b", bytes: &labels }],
            vec![DroppedFile { name: "a", bytes: &images }, DroppedFile { name: "b", bytes: &labels }],
        ] {
            if let Ok(set) = read_dropped(&files, max) {
                prop_assert!(set.train.len() + set.test.len() <= set.found.min(max));
            }
        }
    }

    #[test]
    fn a_random_cifar_batch_keeps_its_records(
        labels in prop::collection::vec(any::<u8>(), 1..12),
        record in prop_oneof![Just(CIFAR10), Just(CIFAR100)],
        // Not 1: a CIFAR-100 record less one byte has the length of a CIFAR-10 record.
        missing in prop_oneof![Just(0usize), Just(100)],
    ) {
        let mut bytes: Vec<u8> = labels.iter().flat_map(|&label| vec![label; record]).collect();
        bytes.truncate(bytes.len() - missing);
        let allowed = if record == CIFAR10 { 9 } else { 19 };
        let valid = missing == 0 && labels.iter().all(|&label| label <= allowed);
        let found = drop_one("batch.bin", &bytes);
        prop_assert_eq!(found.is_ok(), valid);
        if let Ok(set) = found {
            prop_assert_eq!(set.train.len() + set.test.len(), labels.len());
        }
    }

    #[test]
    fn a_manifest_of_anything_never_panics(text in ".{0,200}", place in any::<prop::sample::Index>(), junk in ".{0,4}") {
        prop_assert!(Manifest::parse(&text).is_err());
        let entry = DatasetEntry { shards: vec![manifest().datasets[0].shards[0].clone()], ..manifest().datasets[0].clone() };
        let json = Manifest { version: 1, datasets: vec![entry] }.to_json().expect("writes");
        let mut places = json.char_indices().map(|(i, _)| i).collect::<Vec<_>>();
        let at = places.swap_remove(place.index(places.len()));
        let mut changed = json.clone();
        changed.insert_str(at, &junk);
        // A change in a title is harmless, one in a number is caught; neither panics.
        drop(Manifest::parse(&changed));
    }

    #[test]
    fn any_picture_fits_any_input(
        width in 1usize..40,
        height in 1usize..40,
        channels in prop_oneof![Just(1usize), Just(3)],
        rows in 1usize..34,
        columns in 1usize..34,
        colour in any::<[u8; 3]>(),
    ) {
        let [r, g, b] = colour;
        let rgba: Vec<u8> = (0..width * height).flat_map(|_| [r, g, b, 255]).collect();
        let image = from_rgba(width, height, &rgba, shape(channels, rows, columns)).expect("fits");
        prop_assert_eq!(image.len(), 1);
        // An even colour stays exactly that colour, whatever the sizes.
        if channels == 3 {
            let planes: Vec<u8> = colour.iter().flat_map(|&v| vec![v; rows * columns]).collect();
            prop_assert_eq!(image.pixels, planes);
        } else {
            let first = image.pixels[0];
            prop_assert!(image.pixels.iter().all(|&v| v == first));
        }
    }

    #[test]
    fn every_prefix_of_a_balanced_order_is_balanced(labels in prop::collection::vec(0u8..4, 0..60)) {
        let order = balanced_order(&labels, 4);
        prop_assert_eq!(order.len(), labels.len());
        let total: Vec<usize> = (0..4).map(|c| labels.iter().filter(|&&l| l == c).count()).collect();
        let mut counts = [0usize; 4];
        for &index in &order {
            counts[usize::from(labels[index])] += 1;
            let most = counts.iter().copied().max().unwrap_or(0);
            for (count, total) in counts.iter().zip(&total) {
                prop_assert!(*count + 1 >= most || count == total);
            }
        }
    }
}
