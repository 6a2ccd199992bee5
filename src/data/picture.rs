//! A user's own picture, made to fit a network's input.
//!
//! The browser decodes PNG or JPEG; what arrives here is RGBA, 8 bits, not premultiplied, row
//! by row, as a canvas gives it. The middle of the picture with the input's aspect ratio is cut
//! out and every input pixel becomes the average of the area it covers, which is how small
//! training images are usually made and does not alias. All arithmetic is in whole numbers, so
//! the result is the same on every machine.

use thiserror::Error;

use super::error::{DataError, grouped};
use super::images::{ImageShape, Images, UNKNOWN_LABEL};
use crate::told::{tell, text};

/// The longest side accepted, in pixels. Sums stay far within 64 bits.
const MAX_SIDE: usize = 16_384;

/// Why a picture was refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PictureError {
    #[error("expected a picture with sides of 1 to 16,384 pixels, found {width}×{height}: resize it first")]
    Size { width: usize, height: usize },
    #[error(
        "expected {expected} bytes (4 for each of {width}×{height} pixels), found {found}",
        expected = grouped(*expected), found = grouped(*found)
    )]
    Length { width: usize, height: usize, expected: u64, found: u64 },
    #[error(transparent)]
    Shape(#[from] DataError),
}

tell!(PictureError {
    Self::Size { width, height } => "error.picture.size" { width = text(width), height = text(height) },
    Self::Length { width, height, expected, found } => "error.picture.length" {
        width = text(width),
        height = text(height),
        expected = text(&grouped(*expected)),
        found = text(&grouped(*found))
    },
} through Shape);

/// One image of the given shape from a decoded picture of `width` × `height` pixels.
///
/// Transparent pixels lie on white. Grey is the luma of ITU-R BT.601 (0.299 R + 0.587 G +
/// 0.114 B). Averages are of the stored (gamma-encoded) values, as in the data sets. A picture
/// smaller than the input is enlarged by the same rule. The label is [`UNKNOWN_LABEL`].
///
/// # Errors
/// [`PictureError`] with what was expected and what was found.
pub fn from_rgba(width: usize, height: usize, rgba: &[u8], shape: ImageShape) -> Result<Images, PictureError> {
    let shape = shape.check()?;
    let sides = 1..=MAX_SIDE;
    if !sides.contains(&width) || !sides.contains(&height) {
        return Err(PictureError::Size { width, height });
    }
    let expected = width as u64 * height as u64 * 4;
    if expected != rgba.len() as u64 {
        return Err(PictureError::Length { width, height, expected, found: rgba.len() as u64 });
    }
    // The largest centred rectangle with the aspect ratio of the input.
    let crop_width = width.min(height * shape.width / shape.height).max(1);
    let crop_height = height.min(width * shape.height / shape.width).max(1);
    let columns = covers(crop_width, shape.width, (width - crop_width) / 2);
    let rows = covers(crop_height, shape.height, (height - crop_height) / 2);
    // Each average is over crop_width × crop_height weight units, each value times its alpha.
    let whole = crop_width as u64 * crop_height as u64 * u64::from(u8::MAX);

    let mut planes: Vec<Vec<u8>> = vec![Vec::with_capacity(shape.plane()); shape.channels];
    for row in &rows {
        for column in &columns {
            let sums = area(rgba, width, row, column);
            match planes.as_mut_slice() {
                [red, green, blue] => {
                    for (plane, sum) in [red, green, blue].into_iter().zip(sums) {
                        plane.push(rounded(sum, whole));
                    }
                }
                planes => {
                    let [r, g, b] = sums;
                    let luma = 299 * r + 587 * g + 114 * b;
                    for plane in planes {
                        plane.push(rounded(luma, 1000 * whole));
                    }
                }
            }
        }
    }
    Ok(Images::from_parts(shape, planes.concat(), vec![UNKNOWN_LABEL], vec![0])?)
}

/// The source positions one output position covers, each with its weight.
type Cover = Vec<(usize, u64)>;

/// Which of `source` pixels each of `target` pixels covers, and by how much.
///
/// In units of 1/`target` of a source pixel, output i covers i·source to (i + 1)·source and
/// source pixel j covers j·target to (j + 1)·target: the weights are whole numbers, and those of
/// one output add up to `source`. Positions start at `offset`.
fn covers(source: usize, target: usize, offset: usize) -> Vec<Cover> {
    (0..target)
        .map(|i| {
            let (start, end) = (i * source, (i + 1) * source);
            (start / target..=(end - 1) / target)
                .map(|j| {
                    let overlap = end.min((j + 1) * target) - start.max(j * target);
                    (offset + j, overlap as u64)
                })
                .collect()
        })
        .collect()
}

/// Red, green and blue over white, times alpha's 255, summed with the weights of an area.
fn area(rgba: &[u8], width: usize, rows: &Cover, columns: &Cover) -> [u64; 3] {
    let mut sums = [0; 3];
    for &(y, row_weight) in rows {
        for &(x, column_weight) in columns {
            let start = (y * width + x) * 4;
            let Some(&[r, g, b, a]) = rgba.get(start..start + 4).and_then(|pixel| pixel.first_chunk()) else {
                continue;
            };
            let (alpha, white) = (u64::from(a), u64::from(u8::MAX));
            for (sum, value) in sums.iter_mut().zip([r, g, b]) {
                let value = u64::from(value) * alpha + white * (white - alpha);
                *sum += value * row_weight * column_weight;
            }
        }
    }
    sums
}

/// `sum / whole`, to the nearest byte, halves up.
fn rounded(sum: u64, whole: u64) -> u8 {
    u8::try_from((sum + whole / 2) / whole).unwrap_or(u8::MAX)
}
