//! Features that a trained network found in real images and that no longer move, as a small table: over them the softmax
//! head is a linear predictor, which is what Négiar et al. (2020) and AdaCSFW ask for. The moment the features move
//! again, it is none.
//!
//! The table as a file: `FWF1`, then samples, features and classes as 32-bit numbers (little-endian), a byte a label, a
//! byte a feature, row by row. A feature is its byte over 255: each column is scaled by its own largest value, so the
//! table itself, not the network, says what the problem is, and everybody minimises the same sum.

use thiserror::Error;

use super::{Features, FiniteSumError, Softmax};

/// What a file begins with.
const MAGIC: &[u8; 4] = b"FWF1";
/// Bytes before the labels.
const HEAD: usize = 16;
/// Most samples, features and classes of a table.
const MOST: usize = 65_536;

/// A file that holds no such table.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("this is no table of frozen features ({0}); make it with `fwlab features`")]
pub struct FrozenError(&'static str);

/// The table: `width` features and a label a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenFeatures {
    width: usize,
    classes: usize,
    labels: Vec<u8>,
    values: Vec<u8>,
}

impl FrozenFeatures {
    /// Rounds activations to bytes, each column scaled by its largest value; what is below 0 or no number counts as 0.
    ///
    /// # Errors
    /// [`FrozenError`] if there is not one row of `width` values and one label below `classes` ≥ 2 a sample.
    pub fn from_activations(
        activations: &[f32],
        width: usize,
        labels: Vec<u8>,
        classes: usize,
    ) -> Result<Self, FrozenError> {
        let mut largest = vec![0.0_f32; width];
        for row in activations.chunks_exact(width.max(1)) {
            largest.iter_mut().zip(row).for_each(|(most, value)| *most = most.max(*value));
        }
        let byte = |(value, most): (&f32, &f32)| {
            let share = if *most > 0.0 { value / most } else { 0.0 };
            // NaN becomes 0.
            (share.clamp(0.0, 1.0) * 255.0).round() as u8
        };
        let rows = activations.chunks_exact(width.max(1));
        let values = rows.flat_map(|row| row.iter().zip(&largest).map(byte)).collect();
        Self { width, classes, labels, values }.checked()
    }

    fn checked(self) -> Result<Self, FrozenError> {
        let sizes = [self.labels.len(), self.width, self.classes];
        if sizes.iter().any(|size| *size == 0 || *size > MOST) || self.classes < 2 {
            Err(FrozenError("its sizes make no sense"))
        } else if self.labels.len().checked_mul(self.width) != Some(self.values.len()) {
            Err(FrozenError("it has another length than its head says"))
        } else if self.labels.iter().any(|label| usize::from(*label) >= self.classes) {
            Err(FrozenError("a label is out of range"))
        } else {
            Ok(self)
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`FrozenError`], saying what is wrong with it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrozenError> {
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or(FrozenError("it is too short"))?;
        let (magic, sizes) = head.split_at_checked(MAGIC.len()).ok_or(FrozenError("it is too short"))?;
        if magic != MAGIC {
            return Err(FrozenError("it begins otherwise"));
        }
        let mut sizes = sizes.chunks_exact(4).map(|part| {
            let number = part.iter().rev().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
            usize::try_from(number).unwrap_or(usize::MAX)
        });
        let mut size = || sizes.next().unwrap_or_default();
        let (samples, width, classes) = (size(), size(), size());
        let (labels, values) = rest.split_at_checked(samples).ok_or(FrozenError("it is too short"))?;
        Self { width, classes, labels: labels.to_vec(), values: values.to_vec() }.checked()
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for size in [self.labels.len(), self.width, self.classes] {
            // No size is above MOST.
            bytes.extend(u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
        }
        bytes.extend(&self.labels);
        bytes.extend(&self.values);
        bytes
    }

    /// Number of samples, ≥ 1.
    pub fn n(&self) -> usize {
        self.labels.len()
    }

    /// Features a sample, ≥ 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of classes, ≥ 2.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Class of every sample.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The softmax head over the first `samples` rows (all, if there are fewer; one at least), without intercepts.
    ///
    /// # Errors
    /// None that a checked table can cause; passes on what [`Softmax::new`] may say.
    pub fn head(&self, samples: usize) -> Result<Softmax, FiniteSumError> {
        let samples = samples.clamp(1, self.n());
        let values = self.values.iter().take(samples * self.width).map(|byte| f64::from(*byte) / 255.0).collect();
        let labels = self.labels.iter().take(samples).map(|label| usize::from(*label)).collect();
        Softmax::new(Features::new(values, self.width)?, labels, self.classes, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::finite_sum::FiniteSum;

    fn table() -> Result<FrozenFeatures, FrozenError> {
        FrozenFeatures::from_activations(&[1.0, 0.0, 4.0, 0.5, 0.0, f32::NAN], 3, vec![0, 1], 2)
    }

    #[test]
    fn columns_are_scaled_and_the_file_reads_back() {
        let table = table().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(table.values, [255, 0, 255, 128, 0, 0]);
        let bytes = table.to_bytes();
        assert_eq!((bytes.len(), &bytes[..8]), (16 + 2 + 6, b"FWF1\x02\0\0\0".as_slice()));
        assert_eq!(FrozenFeatures::from_bytes(&bytes), Ok(table));
    }

    #[test]
    fn a_broken_file_is_refused_with_the_reason() {
        let bytes = table().map(|table| table.to_bytes()).unwrap_or_default();
        for end in 0..bytes.len() {
            assert!(FrozenFeatures::from_bytes(&bytes[..end]).is_err(), "{end} bytes");
        }
        // The magic, the samples, the features; there may be classes that no label names.
        for place in 0..12 {
            let mut other = bytes.clone();
            other[place] = 0xFF;
            assert!(FrozenFeatures::from_bytes(&other).is_err(), "byte {place}");
        }
        assert!(FrozenFeatures::from_activations(&[1.0], 1, vec![2], 2).is_err(), "a label out of range");
        assert!(FrozenFeatures::from_activations(&[], 0, Vec::new(), 2).is_err(), "nothing");
    }

    #[test]
    fn the_head_is_a_linear_predictor_over_the_rows_asked_for() {
        let table = table().unwrap_or_else(|error| panic!("{error}"));
        for (asked, n) in [(0, 1), (1, 1), (2, 2), (9, 2)] {
            let head = table.head(asked).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((head.n(), head.dim(), head.linear().is_some()), (n, 6, true));
        }
        // At W = 0 every class is as likely: f = ln 2.
        let value = table.head(2).map(|head| head.value(&[0.0; 6])).unwrap_or(f64::NAN);
        assert!((value - 2.0_f64.ln()).abs() < 1e-15, "{value}");
    }
}
