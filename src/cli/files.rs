//! Files in and out, with errors that name the file.

use std::path::Path;

use super::CliError;
use crate::data::Manifest;
use crate::session::engine::Engine;
use crate::session::{Command, DataId, Event};

/// Reads a file whole.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(path).map_err(|source| CliError::File { path: path.into(), source })
}

/// Writes a file whole.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    std::fs::write(path, bytes).map_err(|source| CliError::File { path: path.into(), source })
}

/// Hands the shipped shards of `data` to the engine, or the user's own files if there are any.
pub(super) async fn load_data(
    engine: &mut Engine,
    data: DataId,
    folder: &Path,
    own: &[std::path::PathBuf],
) -> Result<(), CliError> {
    if !own.is_empty() {
        let mut files = Vec::new();
        for path in own {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.push((name, read(path)?));
        }
        engine.handle(Command::OwnFiles(files)).await;
    }
    let manifest_path = folder.join("manifest.json");
    let json = String::from_utf8_lossy(&read(&manifest_path)?).into_owned();
    let manifest = Manifest::parse(&json).map_err(|e| CliError::Engine(e.to_string()))?;
    engine.handle(Command::Manifest(json)).await;
    if let Ok(entry) = manifest.dataset(data.key()) {
        for shard in &entry.shards {
            let bytes = read(&folder.join(&shard.file))?;
            engine.handle(Command::Shard { file: shard.file.clone(), bytes }).await;
        }
    }
    problems(engine.drain())
}

/// The first problem among the events, as an error.
pub(super) fn problems(events: Vec<Event>) -> Result<(), CliError> {
    events.into_iter().try_for_each(|event| match event {
        Event::Problem(problem) => Err(CliError::Engine(problem.detail)),
        _ => Ok(()),
    })
}
