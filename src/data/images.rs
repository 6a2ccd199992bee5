//! Labelled images in memory: bytes, planar, one after the other.
//!
//! The order within an image is channel, row, column (CHW), as in the official CIFAR-10
//! binary files and as a convolution wants it, so a batch is copied and scaled, never permuted.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::DataError;

/// The label of an image whose class nobody has said, such as a picture dropped by a user.
///
/// An attack on such an image uses the class the network predicts for the clean picture.
pub const UNKNOWN_LABEL: u8 = u8::MAX;

/// Channels, height and width of every image of a set, in that order of storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImageShape {
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Rows, in pixels.
    pub height: usize,
    /// Columns, in pixels.
    pub width: usize,
}

impl ImageShape {
    /// The longest side accepted, in pixels.
    pub const MAX_SIDE: usize = 512;

    /// A checked shape: 1 or 3 channels, sides from 1 to [`Self::MAX_SIDE`].
    pub fn new(channels: usize, height: usize, width: usize) -> Result<Self, DataError> {
        Self { channels, height, width }.check()
    }

    /// Refuses a shape outside the ranges of [`Self::new`]; what came from a file is checked here.
    pub fn check(self) -> Result<Self, DataError> {
        let sides = 1..=Self::MAX_SIDE;
        if matches!(self.channels, 1 | 3) && sides.contains(&self.height) && sides.contains(&self.width) {
            Ok(self)
        } else {
            Err(DataError::Shape { channels: self.channels, height: self.height, width: self.width })
        }
    }

    /// Pixels in one channel: height × width.
    pub const fn plane(self) -> usize {
        self.height.saturating_mul(self.width)
    }

    /// Numbers in one image: channels × height × width.
    pub const fn values(self) -> usize {
        self.channels.saturating_mul(self.plane())
    }
}

impl fmt::Display for ImageShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}×{}", self.channels, self.height, self.width)
    }
}

/// N labelled images of one shape.
///
/// The fields are public for fast loops; the methods never trust them and return an error
/// where a hand-made value is inconsistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// The shape of every image.
    pub shape: ImageShape,
    /// N × channels × height × width bytes, 0 to 255.
    pub pixels: Vec<u8>,
    /// The class of each image, or [`UNKNOWN_LABEL`].
    pub labels: Vec<u8>,
    /// The position of each image in the split it was taken from, counted from 0.
    pub original: Vec<u32>,
}

impl Images {
    /// No images yet.
    pub const fn empty(shape: ImageShape) -> Self {
        Self { shape, pixels: Vec::new(), labels: Vec::new(), original: Vec::new() }
    }

    /// Images from their parts.
    ///
    /// # Errors
    /// [`DataError::Shape`] or [`DataError::Count`] where the lengths do not fit together.
    pub fn from_parts(
        shape: ImageShape,
        pixels: Vec<u8>,
        labels: Vec<u8>,
        original: Vec<u32>,
    ) -> Result<Self, DataError> {
        shape.check()?;
        expect_count("pixel bytes", labels.len().saturating_mul(shape.values()), pixels.len())?;
        expect_count("original indices", labels.len(), original.len())?;
        Ok(Self { shape, pixels, labels, original })
    }

    /// How many images there are.
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The bytes of one image, channel by channel.
    ///
    /// # Errors
    /// [`DataError::Index`] where there is no such image.
    pub fn image(&self, index: usize) -> Result<&[u8], DataError> {
        let values = self.shape.values();
        let start = index.saturating_mul(values);
        self.pixels.get(start..start.saturating_add(values)).filter(|_| index < self.len()).ok_or(self.no_such(index))
    }

    /// The class of one image.
    ///
    /// # Errors
    /// [`DataError::Index`] where there is no such image.
    pub fn label(&self, index: usize) -> Result<u8, DataError> {
        self.labels.get(index).copied().ok_or(self.no_such(index))
    }

    /// The position of one image in the split it was taken from.
    ///
    /// # Errors
    /// [`DataError::Index`] where there is no such image.
    pub fn original_index(&self, index: usize) -> Result<u32, DataError> {
        self.original.get(index).copied().ok_or(self.no_such(index))
    }

    /// One image as RGBA bytes, row by row, opaque: what a canvas draws. Grey is repeated.
    ///
    /// # Errors
    /// [`DataError::Index`] where there is no such image.
    pub fn rgba(&self, index: usize) -> Result<Vec<u8>, DataError> {
        let image = self.image(index)?;
        // A hand-made shape may be empty, and a chunk may not.
        let plane = self.shape.plane().max(1);
        let channel = |c: usize| image.chunks_exact(plane).nth(c).unwrap_or(image);
        let (red, green, blue) = match self.shape.channels {
            3 => (channel(0), channel(1), channel(2)),
            _ => (image, image, image),
        };
        Ok(red.iter().zip(green).zip(blue).flat_map(|((&r, &g), &b)| [r, g, b, u8::MAX]).collect())
    }

    /// The chosen images as numbers in [0, 1], in the order of `indices` (repeats allowed),
    /// and their labels.
    ///
    /// The layout is `[indices.len(), channels, height, width]`.
    ///
    /// # Errors
    /// [`DataError::Index`] at the first index that does not exist.
    pub fn batch_f32(&self, indices: &[usize]) -> Result<(Vec<f32>, Vec<u8>), DataError> {
        let mut values = Vec::with_capacity(indices.len().saturating_mul(self.shape.values()));
        let mut labels = Vec::with_capacity(indices.len());
        for &index in indices {
            values.extend(self.image(index)?.iter().map(|&v| f32::from(v) / 255.0));
            labels.push(self.label(index)?);
        }
        Ok((values, labels))
    }

    /// The chosen images, in the order of `indices`.
    ///
    /// # Errors
    /// [`DataError::Index`] at the first index that does not exist.
    pub fn select(&self, indices: &[usize]) -> Result<Self, DataError> {
        let mut out = Self::empty(self.shape);
        for &index in indices {
            out.pixels.extend_from_slice(self.image(index)?);
            out.labels.push(self.label(index)?);
            out.original.push(self.original_index(index)?);
        }
        Ok(out)
    }

    /// Puts `more` at the end.
    ///
    /// # Errors
    /// [`DataError::ShapeMismatch`] where the shapes differ; nothing has been added then.
    pub fn append(&mut self, more: Self) -> Result<(), DataError> {
        if more.shape != self.shape {
            return Err(DataError::ShapeMismatch { expected: self.shape, found: more.shape });
        }
        self.pixels.extend(more.pixels);
        self.labels.extend(more.labels);
        self.original.extend(more.original);
        Ok(())
    }

    /// How many images of each of `classes` classes there are. Other labels are not counted.
    pub fn class_counts(&self, classes: usize) -> Vec<usize> {
        let mut counts = vec![0; classes];
        for &label in &self.labels {
            if let Some(count) = counts.get_mut(usize::from(label)) {
                *count += 1;
            }
        }
        counts
    }

    fn no_such(&self, index: usize) -> DataError {
        DataError::Index { index, len: self.len() }
    }
}

/// `Ok` where the two numbers agree.
pub(crate) fn expect_count(what: &'static str, expected: usize, found: usize) -> Result<(), DataError> {
    if expected == found { Ok(()) } else { Err(DataError::Count { what, expected, found }) }
}
