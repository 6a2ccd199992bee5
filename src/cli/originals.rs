//! All training images of a shipped data set, for experiments that ask for more than the shipped part.

use std::path::Path;

use super::{CliError, files};
use crate::data::originals::Original;
use crate::data::{Manifest, Split};
use crate::session::engine::Engine;
use crate::session::{DataId, Experiment};

/// Number of training images of `data` in the folder of the shards; `None` for the user's own.
pub(super) fn shipped(folder: &Path, data: DataId) -> Result<Option<usize>, CliError> {
    let json = String::from_utf8_lossy(&files::read(&folder.join("manifest.json"))?).into_owned();
    let manifest = Manifest::parse(&json).map_err(|e| CliError::Engine(e.to_string()))?;
    Ok(manifest.dataset(data.key()).ok().map(|entry| entry.images(Split::Train)))
}

/// Whether an experiment asks for more training images than are shipped.
pub(super) fn wanted(experiment: &Experiment, folder: &Path) -> Result<bool, CliError> {
    let asked = experiment.train_images as usize;
    Ok(shipped(folder, experiment.data)?.is_some_and(|shipped| asked > shipped))
}

/// Gives the engine as many original training images as the experiment asks for, or all there are. The shipped ones are
/// the first of them, in the same order. `folder` is what `make data` downloads: `cifar10`, `fashion-mnist`.
pub(super) fn give(engine: &mut Engine, experiment: &Experiment, folder: &Path) -> Result<(), CliError> {
    let folder = folder.join(experiment.data.key());
    let (original, most) = match experiment.data {
        DataId::Cifar10 => (Original::Cifar10(&folder), 50_000),
        DataId::FashionMnist => (Original::FashionMnist(&folder), 60_000),
        DataId::Own => return Ok(()),
    };
    // Whole rounds of ten classes; the engine takes the first of them.
    let count = (experiment.train_images as usize).next_multiple_of(10).min(most);
    let images = original.select(Split::Train, count).map_err(|e| CliError::Engine(e.to_string()))?;
    engine.put_training_images(experiment.data, images).map_err(|e| CliError::Engine(e.to_string()))
}
