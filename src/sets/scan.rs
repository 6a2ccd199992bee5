//! One pass over many entries: what an oracle needs to know of ten million gradients, read once, in lanes that a
//! compiler turns into SIMD. Whether every entry is a number, and whether any is not 0, comes out of the same pass.

use super::SetError;

/// Entries that are worked on side by side.
const LANES: usize = 8;
/// Entries between two looks at which of them is the largest: a block stays in the cache.
const BLOCK: usize = 2048;
/// Sums of squares in between neither overflow nor lose digits.
pub(super) const SAFE: std::ops::Range<f64> = 1e-200..1e200;

/// Σaᵢ². Not a number, infinite or 0 if an entry is, or if squaring went too far: only a value in [`SAFE`] is to be
/// trusted.
pub(super) fn squares(a: &[f64]) -> f64 {
    let (chunks, rest) = a.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value * value;
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|value| value * value).sum::<f64>()
}

/// Whether a gradient whose magnitudes add up to `sum` is all zero.
///
/// # Errors
/// [`SetError::NotFinite`] if an entry is NaN or ±∞.
pub(super) fn all_zero(g: &[f64], sum: f64) -> Result<bool, SetError> {
    // Finite entries may add up to ∞.
    if sum.is_finite() || g.iter().all(|value| value.is_finite()) { Ok(sum == 0.0) } else { Err(SetError::NotFinite) }
}

/// Writes `write(gᵢ)` to every vᵢ. Returns Σ|gᵢ|, for [`all_zero`].
pub(super) fn map(g: &[f64], v: &mut [f64], write: impl Fn(f64) -> f64) -> f64 {
    let (from, from_rest) = g.as_chunks::<LANES>();
    let (to, to_rest) = v.as_chunks_mut::<LANES>();
    let mut sums = [0.0; LANES];
    for (from, to) in from.iter().zip(to) {
        for ((value, entry), sum) in from.iter().zip(to).zip(&mut sums) {
            *entry = write(*value);
            *sum += value.abs();
        }
    }
    for ((value, entry), sum) in from_rest.iter().zip(to_rest).zip(&mut sums) {
        *entry = write(*value);
        *sum += value.abs();
    }
    sums.iter().sum()
}

/// Index and value of the entry with the largest `size`, the first of equals; `None` if all entries are 0.
///
/// # Errors
/// [`SetError::NotFinite`] if an entry is NaN or ±∞.
pub(super) fn first_largest(g: &[f64], size: impl Fn(f64) -> f64) -> Result<Option<(usize, f64)>, SetError> {
    let (mut block, mut top, mut sum) = (0, f64::NEG_INFINITY, 0.0);
    for (i, entries) in g.chunks(BLOCK).enumerate() {
        let (found, magnitudes) = peak(entries, &size);
        sum += magnitudes;
        if found > top {
            (block, top) = (i, found);
        }
    }
    if all_zero(g, sum)? {
        return Ok(None);
    }
    let found = g.iter().enumerate().skip(block * BLOCK).find(|(_, value)| size(**value) == top);
    Ok(found.map(|(i, value)| (i, *value)))
}

/// The largest `size` of a block, and the sum of its magnitudes.
fn peak(entries: &[f64], size: &impl Fn(f64) -> f64) -> (f64, f64) {
    let (chunks, rest) = entries.as_chunks::<LANES>();
    let mut tops = [f64::NEG_INFINITY; LANES];
    let mut sums = [0.0; LANES];
    // A comparison, unlike `f64::max`, is one instruction; a NaN loses it, and shows in the sum.
    for chunk in chunks {
        for ((top, sum), value) in tops.iter_mut().zip(&mut sums).zip(chunk) {
            let size = size(*value);
            *top = if size > *top { size } else { *top };
            *sum += value.abs();
        }
    }
    for ((top, sum), value) in tops.iter_mut().zip(&mut sums).zip(rest) {
        let size = size(*value);
        *top = if size > *top { size } else { *top };
        *sum += value.abs();
    }
    (tops.into_iter().fold(f64::NEG_INFINITY, f64::max), sums.iter().sum())
}
