//! `fwlab features`: what a trained network sees in test images, as a small table that no longer moves. The page minimises
//! the softmax head over it.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;
use serde::Serialize;

use super::{CliError, files};
use crate::data::shard::sha256_hex;
use crate::data::{Dataset, Manifest, Split};
use crate::nn::{self, Batch, Network};
use crate::optim::finite_sum::FrozenFeatures;

/// Images in one pass through the network.
const GROUP: usize = 100;

#[derive(Debug, Args)]
pub(super) struct FeaturesArguments {
    /// Weights of the network
    #[arg(default_value = "www/models/fashion-mnist-sfw.safetensors")]
    weights: PathBuf,
    /// Number of test images, from the first on
    #[arg(long, default_value_t = 1000)]
    images: usize,
    /// Folder with manifest.json and the image shards
    #[arg(long, default_value = "www/data")]
    data: PathBuf,
    /// The table; what it is and its hash are written beside it, as .json
    #[arg(long, default_value = "www/models/fashion-mnist-head.bin")]
    out: PathBuf,
}

/// What a table is made of.
#[derive(Debug, Serialize)]
struct Card {
    file: String,
    bytes: usize,
    sha256: String,
    /// Data set, split and number of its samples.
    data: String,
    split: &'static str,
    samples: usize,
    /// Features a sample: the channels of the last convolution, each averaged over its places.
    width: usize,
    classes: usize,
    /// File name and hash of the weights.
    weights: String,
    weights_sha256: String,
    command: String,
}

pub(super) async fn features(arguments: &FeaturesArguments) -> Result<(), CliError> {
    let FeaturesArguments { weights, images, data, out } = arguments;
    let engine = CliError::Engine;
    let bytes = files::read(weights)?;
    let (architecture, mut values, header) = nn::load(&bytes).map_err(|e| engine(e.to_string()))?;
    let name =
        header.get("data").ok_or_else(|| engine("the weights do not say their data set in the header".into()))?;
    let set = test_images(data, name)?;
    let channels = architecture.channels.last().copied().unwrap_or(1);
    let classes = architecture.classes;
    // Without its linear layer, a network gives what that layer would have seen.
    values.truncate(2 * (architecture.layers().len() - 1));
    let device = Device::flex();
    let network = Network::new(architecture, values, &device);
    let indices: Vec<usize> = (0..set.test.len().min(*images)).collect();
    let (mut activations, mut labels) = (Vec::new(), Vec::new());
    for group in indices.chunks(GROUP) {
        let (pixels, found) = set.test.batch_f32(group).map_err(|e| engine(e.to_string()))?;
        let seen = network.logits(Batch::new(pixels, &found, classes, &device).images);
        let seen = seen.into_data_async().await.map_err(|e| engine(format!("{e:?}")))?;
        let seen = seen.try_into_vec::<f32>().map_err(|e| engine(format!("{e:?}")))?;
        let places = seen.len() / (group.len() * channels).max(1);
        let mean = |channel: &[f32]| channel.iter().sum::<f32>() / channel.len() as f32;
        activations.extend(seen.chunks_exact(places.max(1)).map(mean));
        labels.extend(found);
    }
    let table =
        FrozenFeatures::from_activations(&activations, channels, labels, classes).map_err(|e| engine(e.to_string()))?;
    let file = table.to_bytes();
    let card = Card {
        file: file_name(out),
        bytes: file.len(),
        sha256: sha256_hex(&file),
        data: name.clone(),
        split: "test",
        samples: table.n(),
        width: table.width(),
        classes,
        weights: file_name(weights),
        weights_sha256: sha256_hex(&bytes),
        command: format!("fwlab features {} --images {images} --out {}", weights.display(), out.display()),
    };
    files::write(out, &file)?;
    let json = serde_json::to_string_pretty(&card).map_err(|e| engine(e.to_string()))?;
    files::write(&out.with_extension("json"), format!("{json}\n").as_bytes())?;
    println!("{}: {} samples, {} features, {} bytes, {}", card.file, card.samples, card.width, card.bytes, card.sha256);
    Ok(())
}

/// The shipped test images of a data set.
pub(super) fn test_images(folder: &std::path::Path, name: &str) -> Result<Dataset, CliError> {
    let json = String::from_utf8_lossy(&files::read(&folder.join("manifest.json"))?).into_owned();
    let manifest = Manifest::parse(&json).map_err(|e| CliError::Engine(e.to_string()))?;
    let entry = manifest.dataset(name).map_err(|e| CliError::Engine(e.to_string()))?;
    let mut set = Dataset::new(entry);
    for shard in entry.shards_of(Split::Test) {
        let bytes = files::read(&folder.join(&shard.file))?;
        set.add_shard(shard, &bytes).map_err(|e| CliError::Engine(e.to_string()))?;
    }
    Ok(set)
}

fn file_name(path: &std::path::Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
