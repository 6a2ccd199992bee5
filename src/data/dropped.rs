//! Files a user brings: CIFAR binary batches and IDX pairs.
//!
//! Nothing is believed but the bytes: the kind is recognised from size, labels and header, and
//! a file that is not what it seems gets a sentence with what was expected and what was found.
//! Reading is a pure function, so a refused file changes nothing in a running experiment.
//!
//! File names only decide the split: a name that contains `test` or `t10k` is a test file.
//! Without a test file, every sixth image of each class is held out, which keeps the shipped
//! sets' ratio of 5 to 1.

use thiserror::Error;

use super::cifar_binary::{self, CIFAR10_CLASSES, CIFAR100_CLASSES, CifarError};
use super::dataset::Dataset;
use super::error::{DataError, grouped};
use super::idx::IdxError;
use super::images::{ImageShape, Images};
use super::recognise::{Content, recognise};
use super::select::{balanced_order, hold_out};
use crate::told::{inner, tell, text, word};

/// One image in this many of each class is held out where there is no test file.
const HOLD_OUT: usize = 6;

/// One file as it was dropped.
#[derive(Clone, Copy, Debug)]
pub struct DroppedFile<'a> {
    /// The file name, for messages and for telling test files apart.
    pub name: &'a str,
    /// The whole content, unpacked.
    pub bytes: &'a [u8],
}

/// What the files turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DroppedKind {
    /// One or more CIFAR-10 binary batches.
    Cifar10,
    /// One or more CIFAR-100 binary batches, fine labels.
    Cifar100,
    /// An IDX image file and its label file, or two such pairs.
    Idx,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedSet {
    /// What the files are.
    pub kind: DroppedKind,
    /// Class names; for IDX, which has none, the labels as numbers.
    pub classes: Vec<String>,
    /// Images to train on, class-balanced in every prefix as far as there are enough.
    pub train: Images,
    /// Images to measure on, likewise.
    pub test: Images,
    /// How many images the files hold; more than were kept where the limit was reached.
    pub found: usize,
    /// Whether the test images were taken out of the training files for want of test files.
    pub held_out: bool,
}

/// Why dropped files were refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropError {
    #[error("no file was dropped: drop CIFAR binary batches (.bin), or an IDX image file together with its label file")]
    Nothing,
    #[error("{name} is empty: the copy or download may have failed, try again")]
    Empty { name: String },
    #[error("{name} is {what}, expected a CIFAR binary batch (.bin) or an unpacked IDX file (-ubyte): {remedy}")]
    Packed { name: String, what: &'static str, remedy: &'static str },
    #[error("{name} is not a CIFAR binary batch: {source}")]
    Cifar { name: String, source: CifarError },
    #[error("{name} is not an IDX file that can be used: {source}")]
    Idx { name: String, source: IdxError },
    #[error("{name} has {rank} dimensions, expected 1 (labels), 3 (grey images) or 4 (images with channels first)")]
    IdxRank { name: String, rank: usize },
    #[error("{name} holds no images")]
    NoImages { name: String },
    #[error("{name} holds images that cannot be used: {source}")]
    Shape { name: String, source: DataError },
    #[error("{first} is {first_kind} and {second} is {second_kind}: drop files of one kind")]
    Mixed { first: String, first_kind: &'static str, second: String, second_kind: &'static str },
    #[error("expected one IDX {expected} file to go with {name}, found {found}: drop both together")]
    Pair { name: String, expected: &'static str, found: usize },
    #[error(
        "{images} holds {image_count} images and {labels} holds {label_count} labels: they do not belong together",
        image_count = grouped(*image_count), label_count = grouped(*label_count)
    )]
    PairLength { images: String, image_count: u64, labels: String, label_count: u64 },
    #[error("{name} has label {label} at position {index}, expected labels of 0 to {max}")]
    IdxLabel { name: String, label: u8, index: usize, max: u8 },
    #[error("the training images are {train} and the test images {test}: drop files of one shape")]
    Shapes { train: ImageShape, test: ImageShape },
    #[error("the dropped images cannot be used: {0}")]
    Data(#[from] DataError),
}

tell!(DropError {
    Self::Nothing => "error.drop.nothing",
    Self::Empty { name } => "error.drop.empty" { name = text(name) },
    Self::Packed { name, what, remedy } => "error.drop.packed" {
        name = text(name), what = word(what), remedy = word(remedy)
    },
    Self::Cifar { name, source } => "error.drop.cifar" { name = text(name), source = inner(source) },
    Self::Idx { name, source } => "error.drop.idx" { name = text(name), source = inner(source) },
    Self::IdxRank { name, rank } => "error.drop.idx_rank" { name = text(name), rank = text(rank) },
    Self::NoImages { name } => "error.drop.no_images" { name = text(name) },
    Self::Shape { name, source } => "error.drop.shape" { name = text(name), source = inner(source) },
    Self::Mixed { first, first_kind, second, second_kind } => "error.drop.mixed" {
        first = text(first), first_kind = word(first_kind), second = text(second), second_kind = word(second_kind)
    },
    Self::Pair { name, expected, found } => "error.drop.pair" {
        name = text(name), expected = word(expected), found = text(found)
    },
    Self::PairLength { images, image_count, labels, label_count } => "error.drop.pair_length" {
        images = text(images),
        image_count = text(&grouped(*image_count)),
        labels = text(labels),
        label_count = text(&grouped(*label_count))
    },
    Self::IdxLabel { name, label, index, max } => "error.drop.idx_label" {
        name = text(name), label = text(label), index = text(index), max = text(max)
    },
    Self::Shapes { train, test } => "error.drop.shapes" { train = text(train), test = text(test) },
    Self::Data(error) => "error.drop.data" { reason = inner(error) },
});

/// Reads dropped files into a training and a test set of at most `max_images` each.
///
/// Several CIFAR batches are joined in the order of their names. Original indices count
/// through the joined files of a split. Where there are more than `max_images`, the classes
/// are thinned evenly.
///
/// # Errors
/// [`DropError`], which names the file, what was expected and what was found.
pub fn read_dropped(files: &[DroppedFile<'_>], max_images: usize) -> Result<DroppedSet, DropError> {
    let mut files = files.to_vec();
    files.sort_by_key(|file| file.name);
    let contents = files.iter().map(|file| Ok((*file, recognise(file)?))).collect::<Result<Vec<_>, DropError>>()?;
    let Some(((first, content), others)) = contents.split_first() else {
        return Err(DropError::Nothing);
    };
    let kind = content.kind();
    if let Some((second, other)) = others.iter().find(|(_, other)| other.kind() != kind) {
        return Err(DropError::Mixed {
            first: first.name.to_owned(),
            first_kind: content.describe(),
            second: second.name.to_owned(),
            second_kind: other.describe(),
        });
    }
    let (test, train): (Vec<_>, Vec<_>) = contents.iter().partition(|(file, _)| is_test(file.name));
    let train = Records::gather(&train)?;
    let test = Records::gather(&test)?;
    // A lone test file is data like any other: there is nothing else to train on.
    let (train, test) = match (train, test) {
        (Some(train), test) => (train, test),
        (None, Some(test)) => (test, None),
        (None, None) => return Err(DropError::Nothing),
    };
    if let Some(test) = test.as_ref().filter(|test| test.shape != train.shape) {
        return Err(DropError::Shapes { train: train.shape, test: test.shape });
    }
    let classes = class_names(kind, &train, test.as_ref());
    let found = train.len() + test.as_ref().map_or(0, Records::len);
    let held_out = test.is_none();
    let (train, test) = match test {
        Some(test) => (train.keep(classes.len(), max_images)?, test.keep(classes.len(), max_images)?),
        None => {
            let all = train.keep(classes.len(), max_images)?;
            let (train, test) = hold_out(&all.labels, HOLD_OUT);
            (all.select(&train)?, all.select(&test)?)
        }
    };
    Ok(DroppedSet { kind, classes, train, test, found, held_out })
}

impl DroppedSet {
    /// The set under a name, ready to train on.
    ///
    /// # Errors
    /// As [`Dataset::from_images`].
    pub fn into_dataset(self, name: &str) -> Result<Dataset, DataError> {
        Dataset::from_images(name, self.classes, self.train, self.test)
    }
}

fn is_test(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("test") || name.contains("t10k")
}

/// The images of one split, still in the files they came in.
struct Records<'a> {
    shape: ImageShape,
    labels: Vec<u8>,
    pixels: Vec<&'a [u8]>,
}

impl<'a> Records<'a> {
    /// The records of files of one kind; `None` where there are no files.
    fn gather(files: &[&(DroppedFile<'a>, Content<'a>)]) -> Result<Option<Self>, DropError> {
        let Some((first, content)) = files.first() else {
            return Ok(None);
        };
        if let Content::Cifar(_) = content {
            let (labels, pixels) = files
                .iter()
                .filter_map(|(file, content)| match content {
                    Content::Cifar(variant) => Some(variant.records(file.bytes)),
                    _ => None,
                })
                .flatten()
                .unzip();
            return Ok(Some(Self { shape: cifar_binary::SHAPE, labels, pixels }));
        }
        let images: Vec<_> = files
            .iter()
            .filter_map(|(file, content)| match content {
                Content::IdxImages(shape, idx) => Some((file, *shape, idx)),
                _ => None,
            })
            .collect();
        let labels: Vec<_> = files
            .iter()
            .filter_map(|(file, content)| match content {
                Content::IdxLabels(idx) => Some((file, idx)),
                _ => None,
            })
            .collect();
        let pair = |expected, found| DropError::Pair { name: first.name.to_owned(), expected, found };
        let [(image_file, shape, image_idx)] = images.as_slice() else {
            return Err(pair("image", images.len()));
        };
        let [(label_file, label_idx)] = labels.as_slice() else {
            return Err(pair("label", labels.len()));
        };
        let pixels: Vec<&'a [u8]> = image_idx.data.chunks_exact(shape.values()).collect();
        if pixels.len() != label_idx.data.len() {
            return Err(DropError::PairLength {
                images: image_file.name.to_owned(),
                image_count: pixels.len() as u64,
                labels: label_file.name.to_owned(),
                label_count: label_idx.data.len() as u64,
            });
        }
        // The largest byte is kept for images without a label.
        let max = u8::MAX - 1;
        if let Some(index) = label_idx.data.iter().position(|&label| label > max) {
            return Err(DropError::IdxLabel { name: label_file.name.to_owned(), label: u8::MAX, index, max });
        }
        Ok(Some(Self { shape: *shape, labels: label_idx.data.to_vec(), pixels }))
    }

    const fn len(&self) -> usize {
        self.labels.len()
    }

    /// The first `max_images` in class-balanced order, copied.
    fn keep(&self, classes: usize, max_images: usize) -> Result<Images, DropError> {
        let mut images = Images::empty(self.shape);
        for index in balanced_order(&self.labels, classes).into_iter().take(max_images) {
            if let (Some(pixels), Some(&label), Ok(original)) =
                (self.pixels.get(index), self.labels.get(index), u32::try_from(index))
            {
                images.pixels.extend_from_slice(pixels);
                images.labels.push(label);
                images.original.push(original);
            }
        }
        Ok(images)
    }
}

fn class_names(kind: DroppedKind, train: &Records, test: Option<&Records>) -> Vec<String> {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    match kind {
        DroppedKind::Cifar10 => owned(&CIFAR10_CLASSES),
        DroppedKind::Cifar100 => owned(&CIFAR100_CLASSES),
        DroppedKind::Idx => {
            let test = test.map_or(&[][..], |test| &test.labels);
            let largest = train.labels.iter().chain(test).max().copied().unwrap_or(0);
            (0..=largest).map(|label| label.to_string()).collect()
        }
    }
}
