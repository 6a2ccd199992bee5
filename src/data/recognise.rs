//! Says what a dropped file is, from its bytes alone, or why it is nothing that can be used.

use super::cifar_binary::{self, Variant};
use super::dropped::{DropError, DroppedFile, DroppedKind};
use super::idx::{self, Idx};
use super::images::ImageShape;

/// What one file holds.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Cifar(Variant),
    IdxImages(ImageShape, Idx<'a>),
    IdxLabels(Idx<'a>),
}

impl Content<'_> {
    /// Which kind of set the file is part of.
    pub(super) const fn kind(&self) -> DroppedKind {
        match self {
            Self::Cifar(Variant::Cifar10) => DroppedKind::Cifar10,
            Self::Cifar(Variant::Cifar100) => DroppedKind::Cifar100,
            Self::IdxImages(..) | Self::IdxLabels(_) => DroppedKind::Idx,
        }
    }

    /// The file in a message.
    pub(super) const fn describe(&self) -> &'static str {
        match self {
            Self::Cifar(Variant::Cifar10) => "a CIFAR-10 batch",
            Self::Cifar(Variant::Cifar100) => "a CIFAR-100 batch",
            Self::IdxImages(..) => "an IDX image file",
            Self::IdxLabels(_) => "an IDX label file",
        }
    }
}

/// Says what a file is, or why it is nothing that can be used.
///
/// A valid IDX file is decided first, because its header fixes its length to the byte; CIFAR
/// has only its length and label ranges.
pub(super) fn recognise<'a>(file: &DroppedFile<'a>) -> Result<Content<'a>, DropError> {
    let name = || file.name.to_owned();
    if file.bytes.is_empty() {
        return Err(DropError::Empty { name: name() });
    }
    let idx = idx::parse(file.bytes);
    if let Ok(idx) = idx {
        return idx_content(file, idx);
    }
    let cifar = cifar_binary::recognise(file.bytes);
    if let Ok(variant) = cifar {
        return Ok(Content::Cifar(variant));
    }
    if let Some((what, remedy)) = packed(file.bytes) {
        return Err(DropError::Packed { name: name(), what, remedy });
    }
    match (idx, cifar) {
        (Err(source), _) if idx::looks_like(file.bytes) || file.name.contains("ubyte") => {
            Err(DropError::Idx { name: name(), source })
        }
        (_, Err(source)) => Err(DropError::Cifar { name: name(), source }),
        (_, Ok(variant)) => Ok(Content::Cifar(variant)),
    }
}

fn idx_content<'a>(file: &DroppedFile<'a>, idx: Idx<'a>) -> Result<Content<'a>, DropError> {
    let name = || file.name.to_owned();
    let (channels, height, width) = match *idx.dims.as_slice() {
        [_] => return Ok(Content::IdxLabels(idx)),
        [_, height, width] => (1, height, width),
        [_, channels, height, width] => (channels, height, width),
        _ => {
            return Err(DropError::IdxRank { name: name(), rank: idx.dims.len() });
        }
    };
    if idx.data.is_empty() {
        return Err(DropError::NoImages { name: name() });
    }
    let shape = ImageShape::new(channels, height, width).map_err(|source| DropError::Shape { name: name(), source })?;
    Ok(Content::IdxImages(shape, idx))
}

/// Formats that people drop by mistake, by their first bytes, and what to do instead.
fn packed(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const UNPACK: &str = "unpack it first and drop what is inside";
    const PICTURE: &str = "a single picture belongs on the attack page";
    Some(match bytes {
        [0x1f, 0x8b, ..] => ("gzip-compressed", "unpack it first (gunzip, or tar xzf)"),
        [b'P', b'K', 3, 4, ..] => ("a zip archive", UNPACK),
        [b'B', b'Z', b'h', ..] => ("bzip2-compressed", UNPACK),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => ("xz-compressed", UNPACK),
        [0x80, 2..=5, ..] => ("a Python pickle", "download the binary version of the data set instead"),
        [0x89, b'P', b'N', b'G', ..] => ("a PNG picture", PICTURE),
        [0xff, 0xd8, 0xff, ..] => ("a JPEG picture", PICTURE),
        _ if bytes.get(257..262) == Some(b"ustar") => ("a tar archive", UNPACK),
        _ => return None,
    })
}
