//! The IDX format of MNIST and Fashion-MNIST: a big-endian header, then the numbers.
//!
//! `00 00 TT RR`, where TT is the number type (08 = unsigned byte, the only one used here) and
//! RR the number of dimensions, then RR sizes of 32 bits, then the product of the sizes in
//! numbers. (LeCun, Cortes & Burges, "The MNIST database of handwritten digits".)

use thiserror::Error;

use super::error::grouped;
use crate::told::{tell, text, word};

/// An IDX file of unsigned bytes, its length checked against its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx<'a> {
    /// The size of each dimension; the first is the number of items.
    pub dims: Vec<usize>,
    /// The numbers, the last dimension running fastest.
    pub data: &'a [u8],
}

/// Why some bytes are not an IDX file of unsigned bytes.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdxError {
    #[error("expected an IDX file (first bytes 00 00 08 and the number of dimensions), found {found}")]
    Magic { found: String },
    #[error(
        "expected IDX numbers of type 08 (unsigned byte), found type {code:02x} ({meaning}): convert the file to bytes"
    )]
    Type { code: u8, meaning: &'static str },
    #[error("expected 1 to 4 IDX dimensions, found {found}")]
    Rank { found: u8 },
    #[error("expected a header of {expected} bytes, found a file of {found}")]
    Header { expected: usize, found: usize },
    #[error(
        "the header announces {dims} = {numbers} numbers, so expected a file of {expected} bytes, found {found}",
        numbers = grouped(*numbers), expected = grouped(*expected), found = grouped(*found)
    )]
    Length { dims: String, numbers: u64, expected: u64, found: u64 },
}

tell!(IdxError {
    Self::Magic { found } => "error.idx.magic" { found = word(found) },
    Self::Type { code, meaning } => "error.idx.type" { code = text(&format!("{code:02x}")), meaning = word(meaning) },
    Self::Rank { found } => "error.idx.rank" { found = text(found) },
    Self::Header { expected, found } => "error.idx.header" { expected = text(expected), found = text(found) },
    Self::Length { dims, numbers, expected, found } => "error.idx.length" {
        dims = text(dims),
        numbers = text(&grouped(*numbers)),
        expected = text(&grouped(*expected)),
        found = text(&grouped(*found))
    },
});

/// Bytes before the sizes.
const MAGIC: usize = 4;

/// Whether the first bytes are those of an IDX file of any type, which random data and CIFAR
/// records rarely are.
pub fn looks_like(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, 0x08 | 0x09 | 0x0b..=0x0e, 1..=4, ..])
}

/// Reads an IDX file of unsigned bytes.
///
/// # Errors
/// [`IdxError`] with what was expected and what was found.
pub fn parse(bytes: &[u8]) -> Result<Idx<'_>, IdxError> {
    let (code, rank) = match bytes {
        [0, 0, code, rank, ..] => (*code, *rank),
        _ => {
            return Err(IdxError::Magic { found: first_bytes(bytes) });
        }
    };
    if code != 0x08 {
        let meaning = match code {
            0x09 => "signed byte",
            0x0b => "16-bit integer",
            0x0c => "32-bit integer",
            0x0d => "32-bit float",
            0x0e => "64-bit float",
            _ => {
                return Err(IdxError::Magic { found: first_bytes(bytes) });
            }
        };
        return Err(IdxError::Type { code, meaning });
    }
    if !(1..=4).contains(&rank) {
        return Err(IdxError::Rank { found: rank });
    }
    let header = MAGIC + 4 * usize::from(rank);
    let (Some(sizes), Some(data)) = (bytes.get(MAGIC..header), bytes.get(header..)) else {
        return Err(IdxError::Header { expected: header, found: bytes.len() });
    };
    let sizes: Vec<u32> =
        sizes.chunks_exact(4).map(|size| size.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte))).collect();
    let numbers = sizes.iter().fold(1u64, |product, &size| product.saturating_mul(size.into()));
    if numbers != data.len() as u64 {
        return Err(IdxError::Length {
            dims: sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × "),
            numbers,
            expected: numbers.saturating_add(header as u64),
            found: bytes.len() as u64,
        });
    }
    // An empty file may announce any sizes beside the zero; no size is larger than the data.
    let dims = sizes.iter().map(|&size| usize::try_from(size).unwrap_or(usize::MAX)).collect();
    Ok(Idx { dims, data })
}

/// The first bytes of a file as a message shows them.
pub(crate) fn first_bytes(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "an empty file".to_owned();
    }
    bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
