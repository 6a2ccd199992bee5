//! Image data sets: what a network trains on and what an attack changes.
//!
//! Everything here is plain Rust over byte slices: no tensors, no file system outside the
//! feature `cli`, no DOM. The engine worker and the command line compile the same code.
//!
//! - [`images`]: [`Images`], pixels and labels in memory, with checked access and batches
//! - [`dataset`]: [`Dataset`], two splits that grow as shards arrive, always in the same order
//! - [`manifest`]: the list of shipped shards, parsed and checked
//! - [`mod@augment`]: training images mirrored and shifted at random
//! - [`shard`]: one lossless WebP file ↔ a few hundred images
//! - [`select`]: the one rule by which images are ordered, so that every prefix is class-balanced
//! - [`dropped`]: files a user brings: CIFAR binary batches ([`cifar_binary`]), IDX pairs ([`idx`])
//! - [`picture`]: a decoded PNG or JPEG, cropped and resized to a network's input
//! - `build`, `originals`, `recipes` (feature `cli`): make the shards from the published
//!   originals, and prove that existing shards equal them
//!
//! Pixels are bytes 0 to 255 in storage and `f32` in [0, 1] in batches. The conversion is
//! `v / 255`, and `round(255 · v)` gives the byte back exactly.

pub mod augment;
#[cfg(feature = "cli")]
pub mod build;
pub mod cifar_binary;
pub mod dataset;
pub mod dropped;
pub mod error;
pub mod idx;
pub mod images;
pub mod manifest;
#[cfg(feature = "cli")]
pub mod originals;
pub mod picture;
#[cfg(feature = "cli")]
mod recipes;
mod recognise;
pub mod select;
pub mod shard;

pub use augment::Augmentation;
pub use dataset::{Dataset, Progress};
pub use dropped::{DropError, DroppedFile, DroppedKind, DroppedSet, read_dropped};
pub use error::DataError;
pub use images::{ImageShape, Images, UNKNOWN_LABEL};
pub use manifest::{DatasetEntry, MANIFEST_VERSION, Manifest, ShardEntry, Source, Split};
pub use picture::{PictureError, from_rgba};
pub use select::balanced_order;
