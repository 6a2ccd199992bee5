//! What can go wrong with shipped data, each as one sentence that says what to do.
//!
//! Errors about a user's own files are separate ([`super::dropped::DropError`],
//! [`super::picture::PictureError`]), because there the remedy is the user's.

use thiserror::Error;

use super::images::ImageShape;
use crate::told::{tell, text, word};

/// A failure while reading the manifest, a shard or a batch.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataError {
    #[error("image {index} does not exist: this set has {len} images so far")]
    Index { index: usize, len: usize },
    #[error(
        "an image of shape {channels}×{height}×{width} is not supported: use 1 or 3 channels and sides from 1 to {max} pixels",
        max = ImageShape::MAX_SIDE
    )]
    Shape { channels: usize, height: usize, width: usize },
    #[error("expected images of shape {expected}, found {found}")]
    ShapeMismatch { expected: ImageShape, found: ImageShape },
    #[error("expected {expected} {what}, found {found}")]
    Count { what: &'static str, expected: usize, found: usize },
    #[error("label {label} of image {index} is out of range: this set has {classes} classes")]
    Label { index: usize, label: u8, classes: usize },
    #[error("the data manifest cannot be read ({reason}): rebuild it with `make data`")]
    ManifestSyntax { reason: String },
    #[error(
        "the data manifest has version {found}, this program reads version {expected}: reload the page, or rebuild the data with `make data`"
    )]
    ManifestVersion { expected: u32, found: u32 },
    #[error("the data manifest is not valid, {place}: {reason}; rebuild it with `make data`")]
    Manifest { place: String, reason: String },
    #[error("there is no data set called “{name}”: choose one of {known}")]
    UnknownDataset { name: String, known: String },
    #[error("{file} is not one of the shards of {dataset}")]
    UnknownShard { file: String, dataset: String },
    #[error("{file} has already been added")]
    DuplicateShard { file: String },
    #[error(
        "{file} should have {expected} bytes and has {found}: the download was cut short or the file was replaced, load it again"
    )]
    ShardBytes { file: String, expected: usize, found: usize },
    #[error(
        "{file} should have the SHA-256 {expected} and has {found}: the file was changed or damaged, load it again"
    )]
    ShardHash { file: String, expected: String, found: String },
    #[error("this is not a lossless WebP shard: {reason}")]
    ShardFormat { reason: String },
    #[error("{file} cannot be decoded: {reason}")]
    ShardDecode { file: String, reason: String },
    #[error("images cannot be written as WebP: {reason}")]
    ShardEncode { reason: String },
}

tell!(DataError {
    Self::Index { index, len } => "error.data.index" { index = text(index), len = text(len) },
    Self::Shape { channels, height, width } => "error.data.shape" {
        channels = text(channels), height = text(height), width = text(width), max = text(&ImageShape::MAX_SIDE)
    },
    Self::ShapeMismatch { expected, found } => "error.data.shape_mismatch" {
        expected = text(expected), found = text(found)
    },
    Self::Count { what, expected, found } => "error.data.count" {
        what = word(what), expected = text(expected), found = text(found)
    },
    Self::Label { index, label, classes } => "error.data.label" {
        index = text(index), label = text(label), classes = text(classes)
    },
    Self::ManifestSyntax { reason } => "error.data.manifest_syntax" { reason = text(reason) },
    Self::ManifestVersion { expected, found } => "error.data.manifest_version" {
        expected = text(expected), found = text(found)
    },
    Self::Manifest { place, reason } => "error.data.manifest" { place = text(place), reason = text(reason) },
    Self::UnknownDataset { name, known } => "error.data.unknown_dataset" { name = text(name), known = text(known) },
    Self::UnknownShard { file, dataset } => "error.data.unknown_shard" { file = text(file), dataset = text(dataset) },
    Self::DuplicateShard { file } => "error.data.duplicate_shard" { file = text(file) },
    Self::ShardBytes { file, expected, found } => "error.data.shard_bytes" {
        file = text(file), expected = text(expected), found = text(found)
    },
    Self::ShardHash { file, expected, found } => "error.data.shard_hash" {
        file = text(file), expected = text(expected), found = text(found)
    },
    Self::ShardFormat { reason } => "error.data.shard_format" { reason = text(reason) },
    Self::ShardDecode { file, reason } => "error.data.shard_decode" { file = text(file), reason = text(reason) },
    Self::ShardEncode { reason } => "error.data.shard_encode" { reason = text(reason) },
});

/// A whole number with thousands separators, as sizes appear in messages: `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
