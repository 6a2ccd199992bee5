//! `fwlab models`: writes the list of bundled networks from what their files say of themselves.

use std::path::Path;

use super::{CliError, files};
use crate::nn;
use crate::session::{DataId, ModelCard};

/// Reads every `NAME.safetensors` of `folder` and writes `manifest.json` beside them.
pub(super) fn list(folder: &Path) -> Result<(), CliError> {
    let unreadable = |source| CliError::File { path: folder.into(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".safetensors").map(str::to_string));
    }
    names.sort();
    let cards = names.into_iter().map(|name| card(folder, name)).collect::<Result<Vec<_>, _>>()?;
    let json = serde_json::to_string_pretty(&cards).map_err(|e| CliError::Engine(e.to_string()))?;
    files::write(&folder.join("manifest.json"), format!("{json}\n").as_bytes())?;
    for card in cards {
        println!("{}: {:.1} %", card.title, 100.0 * card.test_accuracy);
    }
    Ok(())
}

fn card(folder: &Path, name: String) -> Result<ModelCard, CliError> {
    let file = format!("{name}.safetensors");
    let broken = |reason: String| CliError::Engine(format!("{file}: {reason}"));
    let (_, _, header) = nn::load(&files::read(&folder.join(&file))?).map_err(|e| broken(e.to_string()))?;
    let entry = |key: &str| header.get(key).ok_or_else(|| broken(format!("its header lacks “{key}”")));
    let data = entry("data")?;
    let data = DataId::ALL.iter().find(|(_, key)| key == data).map(|(id, _)| *id);
    let command = format!("fwlab run www/models/{name}.experiment.json --save www/models/{name}.safetensors");
    Ok(ModelCard {
        title: entry("title")?.clone(),
        data: data.ok_or_else(|| broken("its data set is unknown".into()))?,
        test_accuracy: entry("test_accuracy")?.parse().map_err(|_| broken("its accuracy is no number".into()))?,
        name,
        file,
        command,
    })
}
