//! A data set that grows while it is being downloaded.
//!
//! Shards may arrive in any order, but images are appended only in the order of the manifest:
//! a shard that comes early is kept until its turn. So image i is the same image in every run,
//! whatever the network did, and the images that are there are class-balanced at every moment.

use super::error::DataError;
use super::images::{ImageShape, Images, expect_count};
use super::manifest::{DatasetEntry, ShardEntry, Split};
use super::shard;

/// Images to train on and images to measure on, with their class names.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The key used in experiments, such as `cifar10`.
    pub name: String,
    /// Class names; a label is a position in this list.
    pub classes: Vec<String>,
    /// The shape of every image.
    pub shape: ImageShape,
    /// The training images that have arrived.
    pub train: Images,
    /// The test images that have arrived.
    pub test: Images,
    /// How many training images there will be.
    pub train_expected: usize,
    /// How many test images there will be.
    pub test_expected: usize,
    plan: Vec<Planned>,
}

/// How much of a set has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Shards received, including those that wait for an earlier one.
    pub shards: usize,
    /// Shards in all.
    pub shards_expected: usize,
    /// Bytes of the shards received.
    pub bytes: usize,
    /// Bytes in all.
    pub bytes_expected: usize,
}

/// One shard of the manifest and what has become of it.
#[derive(Clone, Debug)]
struct Planned {
    entry: ShardEntry,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Missing,
    /// Decoded, waiting for an earlier shard of its split.
    Early(Images),
    Appended,
}

impl Dataset {
    /// An empty set that expects the shards of `entry`.
    pub fn new(entry: &DatasetEntry) -> Self {
        Self {
            name: entry.name.clone(),
            classes: entry.classes.clone(),
            shape: entry.shape,
            train: Images::empty(entry.shape),
            test: Images::empty(entry.shape),
            train_expected: entry.images(Split::Train),
            test_expected: entry.images(Split::Test),
            plan: entry.shards.iter().map(|shard| Planned { entry: shard.clone(), state: State::Missing }).collect(),
        }
    }

    /// A complete set from images in memory, such as a user's own.
    ///
    /// # Errors
    /// [`DataError::ShapeMismatch`] where the splits differ in shape, [`DataError::Label`] for a
    /// label without a class name.
    pub fn from_images(name: &str, classes: Vec<String>, train: Images, test: Images) -> Result<Self, DataError> {
        if train.shape != test.shape {
            return Err(DataError::ShapeMismatch { expected: train.shape, found: test.shape });
        }
        check_labels(&train.labels, classes.len())?;
        check_labels(&test.labels, classes.len())?;
        Ok(Self {
            name: name.to_owned(),
            classes,
            shape: train.shape,
            train_expected: train.len(),
            test_expected: test.len(),
            train,
            test,
            plan: Vec::new(),
        })
    }

    /// One split.
    pub const fn split(&self, split: Split) -> &Images {
        match split {
            Split::Train => &self.train,
            Split::Test => &self.test,
        }
    }

    /// Takes in one downloaded file: checks length and hash, decodes it, and appends it and
    /// every later shard that was waiting for it.
    ///
    /// `shard` is the manifest entry the file was fetched for. On an error nothing has changed
    /// and the same shard can be tried again.
    ///
    /// # Errors
    /// A file that is not what the manifest says, is not part of this set, or was already added.
    pub fn add_shard(&mut self, shard: &ShardEntry, bytes: &[u8]) -> Result<(), DataError> {
        let planned = self
            .plan
            .iter_mut()
            .find(|planned| planned.entry == *shard)
            .ok_or_else(|| DataError::UnknownShard { file: shard.file.clone(), dataset: self.name.clone() })?;
        if !matches!(planned.state, State::Missing) {
            return Err(DataError::DuplicateShard { file: shard.file.clone() });
        }
        let images = open(shard, self.shape, bytes)?;
        check_labels(&images.labels, self.classes.len())?;
        planned.state = State::Early(images);
        self.append_ready()
    }

    /// Whether every image of a split is there.
    pub const fn is_complete(&self, split: Split) -> bool {
        match split {
            Split::Train => self.train.len() >= self.train_expected,
            Split::Test => self.test.len() >= self.test_expected,
        }
    }

    /// The shards that have not been received, in the order to fetch them.
    pub fn missing(&self) -> impl Iterator<Item = &ShardEntry> {
        self.plan.iter().filter(|planned| matches!(planned.state, State::Missing)).map(|planned| &planned.entry)
    }

    /// How much has arrived, for a progress bar.
    pub fn progress(&self) -> Progress {
        let mut progress = Progress::default();
        for planned in &self.plan {
            progress.shards_expected += 1;
            progress.bytes_expected += planned.entry.bytes;
            if !matches!(planned.state, State::Missing) {
                progress.shards += 1;
                progress.bytes += planned.entry.bytes;
            }
        }
        progress
    }

    fn append_ready(&mut self) -> Result<(), DataError> {
        for split in [Split::Train, Split::Test] {
            let images = match split {
                Split::Train => &mut self.train,
                Split::Test => &mut self.test,
            };
            for planned in &mut self.plan {
                if planned.entry.split != split {
                    continue;
                }
                match std::mem::replace(&mut planned.state, State::Appended) {
                    State::Appended => {}
                    State::Early(more) => images.append(more)?,
                    State::Missing => {
                        planned.state = State::Missing;
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Checks one file against its manifest entry and decodes it.
///
/// # Errors
/// [`DataError::ShardBytes`], [`DataError::ShardHash`] or [`DataError::ShardDecode`].
pub fn open(entry: &ShardEntry, shape: ImageShape, bytes: &[u8]) -> Result<Images, DataError> {
    if bytes.len() != entry.bytes {
        return Err(DataError::ShardBytes { file: entry.file.clone(), expected: entry.bytes, found: bytes.len() });
    }
    let found = shard::sha256_hex(bytes);
    if found != entry.sha256 {
        return Err(DataError::ShardHash { file: entry.file.clone(), expected: entry.sha256.clone(), found });
    }
    let pixels = shard::decode(bytes, shape, entry.count)
        .map_err(|error| DataError::ShardDecode { file: entry.file.clone(), reason: error.to_string() })?;
    let labels = entry.labels()?;
    expect_count("labels", entry.count, labels.len())?;
    Images::from_parts(shape, pixels, labels, entry.original()?)
}

fn check_labels(labels: &[u8], classes: usize) -> Result<(), DataError> {
    match labels.iter().position(|&label| usize::from(label) >= classes) {
        None => Ok(()),
        Some(index) => Err(DataError::Label { index, label: labels.get(index).copied().unwrap_or_default(), classes }),
    }
}
