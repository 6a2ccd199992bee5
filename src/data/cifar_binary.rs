//! The official binary batches of CIFAR-10 and CIFAR-100.
//!
//! A file is a run of fixed records without a header: one label byte (CIFAR-10) or a coarse and
//! a fine label byte (CIFAR-100), then 1,024 red, 1,024 green and 1,024 blue bytes, each plane
//! row by row. So the size and the range of the label bytes are all there is to recognise it
//! by. (Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and the
//! description that accompanies the download.)

use thiserror::Error;

use super::error::grouped;
use super::images::ImageShape;
use crate::told::{tell, text, word};

/// 3 channels of 32 × 32 pixels.
pub const SHAPE: ImageShape = ImageShape { channels: 3, height: 32, width: 32 };

/// Pixel bytes of a record.
const PIXELS: usize = 3 * 32 * 32;

/// Which of the two formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// 3,073-byte records, labels 0 to 9.
    Cifar10,
    /// 3,074-byte records, coarse labels 0 to 19, fine labels 0 to 99. The fine one is used.
    Cifar100,
}

/// Why some bytes are neither.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CifarError {
    #[error(
        "expected 3073-byte records (CIFAR-10: 1 label + 3072 pixels) or 3074-byte records (CIFAR-100: 2 labels + 3072 pixels), found {found} bytes, which is not a multiple of either",
        found = grouped(*found)
    )]
    Length { found: u64 },
    #[error("expected {what} of 0 to {max} in record {record}, found {found}")]
    Label { what: &'static str, max: u8, record: usize, found: u8 },
}

tell!(CifarError {
    Self::Length { found } => "error.cifar.length" { found = text(&grouped(*found)) },
    Self::Label { what, max, record, found } => "error.cifar.label" {
        what = word(what), max = text(max), record = text(record), found = text(found)
    },
});

impl Variant {
    /// Bytes of one record.
    pub const fn record(self) -> usize {
        self.label_bytes() + PIXELS
    }

    /// How many classes the labels name.
    pub const fn classes(self) -> usize {
        match self {
            Self::Cifar10 => 10,
            Self::Cifar100 => 100,
        }
    }

    const fn label_bytes(self) -> usize {
        match self {
            Self::Cifar10 => 1,
            Self::Cifar100 => 2,
        }
    }

    /// What each label byte means and its largest value.
    const fn label_ranges(self) -> &'static [(&'static str, u8)] {
        match self {
            Self::Cifar10 => &[("a CIFAR-10 label", 9)],
            Self::Cifar100 => &[("a CIFAR-100 coarse label", 19), ("a CIFAR-100 fine label", 99)],
        }
    }

    /// The records of a batch as (label, pixels in channel, row, column order).
    pub fn records(self, bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
        bytes.chunks_exact(self.record()).filter_map(move |record| {
            let (labels, pixels) = record.split_at_checked(self.label_bytes())?;
            Some((*labels.last()?, pixels))
        })
    }

    fn check_labels(self, bytes: &[u8]) -> Result<(), CifarError> {
        for (record, row) in bytes.chunks_exact(self.record()).enumerate() {
            for (&found, &(what, max)) in row.iter().zip(self.label_ranges()) {
                if found > max {
                    return Err(CifarError::Label { what, max, record, found });
                }
            }
        }
        Ok(())
    }
}

/// Says which of the two formats a whole file has, every label checked.
///
/// A length that is a multiple of both record sizes is tried as CIFAR-10 first.
///
/// # Errors
/// [`CifarError`] with what was expected and what was found.
pub fn recognise(bytes: &[u8]) -> Result<Variant, CifarError> {
    let mut first = None;
    for variant in [Variant::Cifar10, Variant::Cifar100] {
        if bytes.is_empty() || !bytes.len().is_multiple_of(variant.record()) {
            continue;
        }
        match variant.check_labels(bytes) {
            Ok(()) => return Ok(variant),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or(CifarError::Length { found: bytes.len() as u64 }))
}

/// The class names of CIFAR-10, label 0 first.
pub const CIFAR10_CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The fine class names of CIFAR-100, label 0 first (alphabetical).
#[rustfmt::skip]
pub const CIFAR100_CLASSES: [&str; 100] = [
    "apple", "aquarium fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle",
    "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle",
    "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch",
    "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox",
    "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn mower", "leopard", "lion",
    "lizard", "lobster", "man", "maple tree", "motorcycle", "mountain", "mouse", "mushroom",
    "oak tree", "orange", "orchid", "otter", "palm tree", "pear", "pickup truck", "pine tree",
    "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road",
    "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake",
    "spider", "squirrel", "streetcar", "sunflower", "sweet pepper", "table", "tank",
    "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle",
    "wardrobe", "whale", "willow tree", "wolf", "woman", "worm",
];
