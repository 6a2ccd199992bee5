//! The manifest: which shards there are, what is in them and where it came from.
//!
//! A JSON file beside the shards. Shards are listed in the order in which they are to be
//! fetched (the first training shard, the first test shard, then the rest in step), and within
//! a split in the order in which their images are appended.

use serde::{Deserialize, Serialize};

use super::error::DataError;
use super::images::ImageShape;
use super::shard;

/// The version this program writes and reads.
pub const MANIFEST_VERSION: u32 = 1;

/// The most classes a shipped set may have: labels are written as one base-36 digit.
const MAX_CLASSES: usize = 36;

/// The largest shard accepted, in bytes.
const MAX_SHARD_BYTES: usize = 8 << 20;

/// Which half of a data set: the one that is learnt from or the one that is only measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Images to learn from.
    Train,
    /// Images that are only measured on.
    Test,
}

impl Split {
    /// `train` or `test`, as in file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

/// Everything shipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// See [`MANIFEST_VERSION`].
    pub version: u32,
    /// The sets, in the order of the menu.
    pub datasets: Vec<DatasetEntry>,
}

/// One data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetEntry {
    /// The key used in experiments and file names, such as `cifar10`.
    pub name: String,
    /// The name as people write it, such as `CIFAR-10`.
    pub title: String,
    /// Where the images come from.
    pub source: Source,
    /// Under which terms.
    pub licence: String,
    /// Class names; a label is a position in this list.
    pub classes: Vec<String>,
    /// The shape of every image.
    pub shape: ImageShape,
    /// The files, in the order to fetch them.
    pub shards: Vec<ShardEntry>,
}

/// Where a data set comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// One sentence for people.
    pub description: String,
    /// The publication to cite.
    pub citation: String,
    /// The home page of the original.
    pub url: String,
    /// The registry package the shards were made from.
    pub package: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardEntry {
    /// The file name, relative to the manifest.
    pub file: String,
    /// Which split its images belong to.
    pub split: Split,
    /// How many images it holds.
    pub count: usize,
    /// The file's length.
    pub bytes: usize,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// SHA-256 of its pixels in memory order (image, channel, row, column), hexadecimal. It
    /// identifies the images whatever the encoder.
    pub pixels_sha256: String,
    /// The class of each image, one base-36 digit each.
    pub labels: String,
    /// For each image, the distance of its original index from that of the previous image of
    /// the same class in this shard (from 0 for the first), separated by spaces. See
    /// [`ShardEntry::original`].
    pub original: String,
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`DataError::ManifestSyntax`], [`DataError::ManifestVersion`] or [`DataError::Manifest`]
    /// with the place of the first fault.
    pub fn parse(json: &str) -> Result<Self, DataError> {
        /// The version is looked at first, so that a later format gets the right message.
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let syntax = |error: serde_json::Error| DataError::ManifestSyntax { reason: error.to_string() };
        let Version { version } = serde_json::from_str(json).map_err(syntax)?;
        if version != MANIFEST_VERSION {
            return Err(DataError::ManifestVersion { expected: MANIFEST_VERSION, found: version });
        }
        let manifest: Self = serde_json::from_str(json).map_err(syntax)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The manifest as indented JSON with a final newline.
    ///
    /// # Errors
    /// [`DataError::ManifestSyntax`] where the encoder fails.
    pub fn to_json(&self) -> Result<String, DataError> {
        serde_json::to_string_pretty(self)
            .map(|json| json + "\n")
            .map_err(|error| DataError::ManifestSyntax { reason: error.to_string() })
    }

    /// The set called `name`.
    ///
    /// # Errors
    /// [`DataError::UnknownDataset`] with the names there are.
    pub fn dataset(&self, name: &str) -> Result<&DatasetEntry, DataError> {
        self.datasets.iter().find(|entry| entry.name == name).ok_or_else(|| DataError::UnknownDataset {
            name: name.to_owned(),
            known: self.datasets.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    fn check(&self) -> Result<(), DataError> {
        for (i, entry) in self.datasets.iter().enumerate() {
            let earlier = self.datasets.iter().take(i);
            if earlier.clone().any(|other| other.name == entry.name) {
                return Err(fault(&entry.name, "two data sets have this name"));
            }
            entry.check()?;
        }
        Ok(())
    }
}

impl DatasetEntry {
    /// The shards of one split, in order.
    pub fn shards_of(&self, split: Split) -> impl Iterator<Item = &ShardEntry> {
        self.shards.iter().filter(move |shard| shard.split == split)
    }

    /// How many images one split has when all shards are there.
    pub fn images(&self, split: Split) -> usize {
        self.shards_of(split).map(|shard| shard.count).sum()
    }

    /// The bytes of all shards.
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| shard.bytes).sum()
    }

    fn check(&self) -> Result<(), DataError> {
        let place = self.name.as_str();
        if !is_plain_name(place) {
            return Err(fault(place, "the name must be letters, digits, - and _"));
        }
        if self.classes.is_empty() || self.classes.len() > MAX_CLASSES {
            return Err(fault(place, "there must be 1 to 36 classes"));
        }
        self.shape.check().map_err(|error| fault(place, &error.to_string()))?;
        for (i, shard) in self.shards.iter().enumerate() {
            let mut earlier = self.shards.iter().take(i);
            if earlier.any(|other| other.file == shard.file) {
                return Err(fault(&shard.file, "two shards have this file name"));
            }
            shard.check(self)?;
        }
        Ok(())
    }
}

impl ShardEntry {
    /// The class of each image.
    ///
    /// # Errors
    /// [`DataError::Manifest`] where the text is not `count` base-36 digits.
    pub fn labels(&self) -> Result<Vec<u8>, DataError> {
        let labels: Vec<u8> = self
            .labels
            .chars()
            .map(|c| c.to_digit(36).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()
            .ok_or_else(|| fault(&self.file, "a label is not a base-36 digit"))?;
        if labels.len() == self.count {
            Ok(labels)
        } else {
            Err(fault(&self.file, &format!("{} labels for {} images", labels.len(), self.count)))
        }
    }

    /// The index of each image in the split of the original set, counted from 0.
    ///
    /// # Errors
    /// [`DataError::Manifest`] where the text is not `count` numbers or they do not fit 32 bits.
    pub fn original(&self) -> Result<Vec<u32>, DataError> {
        let labels = self.labels()?;
        let mut last = [0u32; MAX_CLASSES];
        let mut gaps = self.original.split(' ');
        let original: Vec<u32> = labels
            .iter()
            .map(|&label| {
                let gap: u32 = gaps.next()?.parse().ok()?;
                let last = last.get_mut(usize::from(label))?;
                *last = last.checked_add(gap)?;
                Some(*last)
            })
            .collect::<Option<_>>()
            .ok_or_else(|| fault(&self.file, "the original indices are not a list of gaps"))?;
        if gaps.next().is_some() {
            return Err(fault(&self.file, "there are more original indices than images"));
        }
        Ok(original)
    }

    /// Writes labels and original indices as the two compact texts of the manifest.
    ///
    /// # Errors
    /// [`DataError::Manifest`] where a label is above 35 or the indices of a class do not rise.
    pub fn compact(labels: &[u8], original: &[u32]) -> Result<(String, String), DataError> {
        let mut last = [0u32; MAX_CLASSES];
        let mut text = String::with_capacity(labels.len());
        let mut gaps = Vec::with_capacity(labels.len());
        for (&label, &index) in labels.iter().zip(original) {
            let digit = char::from_digit(u32::from(label), 36);
            let last = last.get_mut(usize::from(label));
            let (Some(digit), Some(last)) = (digit, last) else {
                return Err(fault("labels", "a label is above 35"));
            };
            let gap = index.checked_sub(*last).ok_or_else(|| fault("original", "the indices of a class must rise"))?;
            *last = index;
            text.push(digit);
            gaps.push(gap.to_string());
        }
        Ok((text, gaps.join(" ")))
    }

    fn check(&self, dataset: &DatasetEntry) -> Result<(), DataError> {
        let place = self.file.as_str();
        // A plain file name cannot leave the data folder or another host's address.
        let stem = place.strip_suffix(".webp").unwrap_or_default();
        if !is_plain_name(stem) {
            return Err(fault(place, "the file must be a plain name that ends in .webp"));
        }
        shard::strip_size(dataset.shape, self.count).map_err(|error| fault(place, &error.to_string()))?;
        if self.bytes == 0 || self.bytes > MAX_SHARD_BYTES {
            return Err(fault(place, "the file must have 1 byte to 8 MiB"));
        }
        if !is_sha256(&self.sha256) || !is_sha256(&self.pixels_sha256) {
            return Err(fault(place, "a hash is not 64 lower-case hexadecimal digits"));
        }
        let classes = dataset.classes.len();
        if self.labels()?.iter().any(|&l| usize::from(l) >= classes) {
            return Err(fault(place, "a label has no class name"));
        }
        self.original().map(|_| ())
    }
}

fn fault(place: &str, reason: &str) -> DataError {
    DataError::Manifest { place: place.to_owned(), reason: reason.to_owned() }
}

fn is_plain_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}
