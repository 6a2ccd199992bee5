//! What can go wrong with shipped data, each as one sentence that says what to do.
//!
//! Errors about a user's own files are separate ([`super::dropped::DropError`],
//! [`super::picture::PictureError`]), because there the remedy is the user's.

use thiserror::Error;

use super::images::ImageShape;

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
    #[error("there is no data set called {name:?}: choose one of {known}")]
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
