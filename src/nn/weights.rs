//! Weights in and out: safetensors, with PyTorch's names and layouts, so that the same network can be rebuilt
//! there line by line. The header carries what the shapes do not say; where it is missing, the network is read off names
//! and shapes.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensorError, SafeTensors, serialize};
use thiserror::Error;

use super::architecture::{Architecture, Layout, Nonlinearity, Parameter};
use super::foreign::recognise;
use crate::told::{tell, text, word};

/// Bytes of the largest file that is read: sixteen million weights, two hundred times the lab's largest network.
pub const MOST_BYTES: usize = 64_000_000;
/// Numbers a layer may make of one image: 256 channels of 32×32 pixels. A batch of 64 such images takes 64 MB.
const MOST_PER_LAYER: usize = 1 << 18;
/// Images that a network without a header may be made for: those of the data sets that ship.
const INPUTS: [[usize; 3]; 2] = [[3, 32, 32], [1, 28, 28]];

/// A weights file that does not hold a network of the lab.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum WeightsError {
    #[error("this is not a safetensors file ({0}); export the weights from the lab or with `fwlab run --save`")]
    Format(String),
    /// The file does not end where its header says.
    #[error("the weights file is cut off or damaged: its {found} bytes are not what its header says; copy it again")]
    Cut { found: usize },
    #[error(
        "this is an ONNX file, and Burn can only turn one into Rust source before the lab is built, not run it here; copy its weights into a safetensors file under the lab’s names (docs/weights.md, “Bring your own network”, has the lines of Python)"
    )]
    Onnx,
    #[error(
        "this is a {0} file, and the lab reads safetensors only; save the weights as safetensors under the lab’s names (docs/weights.md, “Bring your own network”, has the lines of Python)"
    )]
    Foreign(&'static str),
    #[error("the weights file lacks the tensor {0}; a network of the lab has conv1.weight, conv1.bias, …, linear.bias")]
    Missing(String),
    #[error(
        "tensor {0} has no place in the network that the other tensors make; a network of the lab has conv1.weight, conv1.bias, …, linear.bias and nothing else, so fold what normalises into the convolutions before it"
    )]
    Extra(String),
    #[error("tensor {name} should be 32-bit floats of shape {expected}, found {found}")]
    Shape { name: String, expected: String, found: String },
    /// `place` counts from 0, row-major.
    #[error("value {place} of tensor {name} is not a finite number; take weights from before the training diverged")]
    NotFinite { name: String, place: usize },
    #[error(
        "linear.weight reads {features} numbers an image, which {stages} stages that end in {channels} channels make of no 3×32×32 or 1×28×28 image; if the network is made for another size, write input = channels,height,width into the header"
    )]
    Input { features: usize, stages: usize, channels: usize },
    #[error("the lab takes networks of {least} to {most} {what}, this file has {found}; bring one in between")]
    Size { what: &'static str, found: usize, least: usize, most: usize },
    #[error(
        "the entry “{0}” in the header of the weights file cannot be read; export the file from the lab, or write the entry as docs/weights.md says"
    )]
    Header(&'static str),
}

tell!(WeightsError {
    Self::Format(reason) => "error.weights.format" { reason = text(reason) },
    Self::Cut { found } => "error.weights.cut" { found = text(found) },
    Self::Onnx => "error.weights.onnx",
    Self::Foreign(program) => "error.weights.foreign" { program = text(program) },
    Self::Missing(name) => "error.weights.missing" { name = text(name) },
    Self::Extra(name) => "error.weights.extra" { name = text(name) },
    Self::Shape { name, expected, found } => "error.weights.shape" {
        name = text(name), expected = text(expected), found = text(found)
    },
    Self::NotFinite { name, place } => "error.weights.not_finite" { name = text(name), place = text(place) },
    Self::Input { features, stages, channels } => "error.weights.input" {
        features = text(features), stages = text(stages), channels = text(channels)
    },
    Self::Size { what, found, least, most } => "error.weights.size" {
        what = word(what), found = text(found), least = text(least), most = text(most)
    },
    Self::Header(entry) => "error.weights.header" { entry = text(entry) },
});

/// Writes a network. Header entries: `input` (c,h,w), `channels`, `layout` if it is not plain, `classes`, `activation`,
/// and `extra`.
///
/// # Errors
/// [`WeightsError::Format`] if the values do not fit the architecture.
pub fn save(
    architecture: &Architecture,
    values: &[Vec<f32>],
    extra: &[(String, String)],
) -> Result<Vec<u8>, WeightsError> {
    let format = |e: SafeTensorError| WeightsError::Format(e.to_string());
    let parameters = architecture.parameters();
    let bytes: Vec<Vec<u8>> =
        values.iter().map(|row| row.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let mut views = Vec::new();
    for (parameter, bytes) in parameters.iter().zip(&bytes) {
        let view = TensorView::new(Dtype::F32, parameter.shape.clone(), bytes).map_err(format)?;
        views.push((parameter.name.clone(), view));
    }
    let list = |numbers: &[usize]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let activation = match architecture.nonlinearity {
        Nonlinearity::Relu => "relu",
        Nonlinearity::Gelu => "gelu",
    };
    let mut header: HashMap<String, String> = extra.iter().cloned().collect();
    header.insert("input".into(), list(&architecture.input));
    header.insert("channels".into(), list(&architecture.channels));
    // Files of plain networks were made before there were others, and stay what they were.
    let layout = Layout::ALL.iter().find(|row| row.0 == architecture.layout && row.0 != Layout::Plain);
    header.extend(layout.map(|row| ("layout".to_string(), row.1.to_string())));
    header.insert("classes".into(), architecture.classes.to_string());
    header.insert("activation".into(), activation.into());
    let file = serialize(views, Some(header)).map_err(format)?;
    Ok(in_order(&file).unwrap_or(file))
}

/// The same file with the keys of its header in alphabetical order. The library writes them as a hash table has them, and
/// the same network shall be the same file.
fn in_order(file: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = file.split_first_chunk()?;
    let (header, data) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let header: serde_json::Value = serde_json::from_slice(header).ok()?;
    let mut header = header.to_string().into_bytes();
    // Numbers begin at a multiple of eight bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    let length = (header.len() as u64).to_le_bytes();
    Some([length.as_slice(), &header, data].concat())
}

/// A network out of a file: its architecture, its values in order, and the header.
pub type Loaded = (Architecture, Vec<Vec<f32>>, HashMap<String, String>);

/// Reads a network: its architecture, its values in order, and the header. What the header does not say is read off
/// names and shapes; the activation, which they do not show, is then taken to be ReLU.
///
/// # Errors
/// [`WeightsError`], saying what was expected and what was found.
pub fn load(bytes: &[u8]) -> Result<Loaded, WeightsError> {
    within("bytes", bytes.len(), 1, MOST_BYTES)?;
    if let Some(error) = recognise("", bytes) {
        return Err(error);
    }
    let format = |error: SafeTensorError| match error {
        SafeTensorError::MetadataIncompleteBuffer => WeightsError::Cut { found: bytes.len() },
        // A header is JSON; of another file the first bytes may be any length.
        SafeTensorError::InvalidHeaderLength if bytes.get(8) == Some(&b'{') => WeightsError::Cut { found: bytes.len() },
        other => WeightsError::Format(other.to_string()),
    };
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(format)?;
    let header = metadata.metadata().clone().unwrap_or_default();
    let file = SafeTensors::deserialize(bytes).map_err(format)?;
    let architecture = architecture_of(&file, &header)?;
    check_sizes(&architecture)?;
    let parameters = architecture.parameters();
    let values = parameters.iter().map(|parameter| values(&file, parameter)).collect::<Result<Vec<_>, _>>()?;
    let extra = file.names().into_iter().filter(|name| parameters.iter().all(|known| known.name != *name)).min();
    match extra {
        Some(name) => Err(WeightsError::Extra(name.into())),
        None => Ok((architecture, values, header)),
    }
}

/// What the network looks like: by the header, or by names and shapes.
fn architecture_of(file: &SafeTensors, header: &HashMap<String, String>) -> Result<Architecture, WeightsError> {
    let layout = match header.get("layout") {
        Some(word) => Layout::ALL.iter().find(|row| row.1 == word).ok_or(WeightsError::Header("layout"))?.0,
        // Plain networks do not say it.
        None => layout_of(file)?,
    };
    let channels = match list(header, "channels")? {
        Some(channels) => channels,
        None => channels_of(file, layout)?,
    };
    let classes = match list(header, "classes")? {
        Some(classes) => *classes.first().ok_or(WeightsError::Header("classes"))?,
        // Not by the weight, which other libraries keep the other way round.
        None => outputs(file, "linear")?,
    };
    let nonlinearity = match header.get("activation").map(String::as_str) {
        Some("relu") | None => Nonlinearity::Relu,
        Some("gelu") => Nonlinearity::Gelu,
        Some(_) => return Err(WeightsError::Header("activation")),
    };
    let mut architecture = Architecture { input: [0; 3], channels, layout, classes, nonlinearity };
    architecture.input = match list(header, "input")? {
        Some(input) => input.try_into().map_err(|_| WeightsError::Header("input"))?,
        None => input_of(file, &architecture)?,
    };
    Ok(architecture)
}

/// Numbers of a header entry, separated by commas; `None` if there is no such entry.
fn list(header: &HashMap<String, String>, key: &'static str) -> Result<Option<Vec<usize>>, WeightsError> {
    let read = |entry: &String| -> Result<Vec<usize>, WeightsError> {
        entry.split(',').map(|n| n.trim().parse().map_err(|_| WeightsError::Header(key))).collect()
    };
    header.get(key).map(read).transpose()
}

fn layout_of(file: &SafeTensors) -> Result<Layout, WeightsError> {
    let has = |name: &str| file.tensor(name).is_ok();
    match (has("conv1.weight"), has("conv1a.weight")) {
        (true, false) => Ok(Layout::Plain),
        (true, true) => Ok(Layout::Residual),
        (false, true) => Ok(Layout::Double),
        (false, false) => Err(WeightsError::Missing("conv1.weight".into())),
    }
}

/// Output channels of each stage, as many as there are.
fn channels_of(file: &SafeTensors, layout: Layout) -> Result<Vec<usize>, WeightsError> {
    let first = layout.suffixes().first().copied().unwrap_or_default();
    let names = (1..).map(|stage| format!("conv{stage}{first}"));
    names.take_while(|name| file.tensor(&format!("{name}.weight")).is_ok()).map(|name| outputs(file, &name)).collect()
}

/// Outputs of a layer, by its bias.
fn outputs(file: &SafeTensors, layer: &str) -> Result<usize, WeightsError> {
    let name = format!("{layer}.bias");
    let bias = file.tensor(&name).map_err(|_| WeightsError::Missing(name))?;
    Ok(bias.shape().iter().product())
}

/// The shipped images for which the linear layer of `architecture` is made.
fn input_of(file: &SafeTensors, architecture: &Architecture) -> Result<[usize; 3], WeightsError> {
    let tensor = |name: &str| file.tensor(name).map_err(|_| WeightsError::Missing(name.into()));
    let first = architecture.layers().into_iter().next().unwrap_or_default();
    let inputs = tensor(&format!("{first}.weight"))?.shape().get(1).copied();
    let size: usize = tensor("linear.weight")?.shape().iter().product();
    let features = size / architecture.classes.max(1);
    let channels = architecture.channels.last().copied().unwrap_or(0);
    let stages = architecture.channels.len();
    let fits = |input: &&[usize; 3]| {
        let [height, width] = Architecture { input: **input, ..architecture.clone() }.pooled();
        Some(input[0]) == inputs && channels.checked_mul(height * width) == Some(features)
    };
    // Before halvings are counted.
    within("stages", stages, 1, 4)?;
    INPUTS.iter().find(fits).copied().ok_or(WeightsError::Input { features, stages, channels })
}

fn within(what: &'static str, found: usize, least: usize, most: usize) -> Result<(), WeightsError> {
    if (least..=most).contains(&found) { Ok(()) } else { Err(WeightsError::Size { what, found, least, most }) }
}

/// Guards the sizes before anything is multiplied or allocated.
fn check_sizes(architecture: &Architecture) -> Result<(), WeightsError> {
    let Architecture { input: [inputs, height, width], channels, classes, .. } = architecture;
    within("stages", channels.len(), 1, 4)?;
    // Labels are bytes.
    within("classes", *classes, 2, 256)?;
    within("input channels", *inputs, 1, 4)?;
    let least = 8_usize.max(1 << channels.len());
    within("pixels a side", *height, least, 256)?;
    within("pixels a side", *width, least, 256)?;
    for (stage, &outputs) in channels.iter().enumerate() {
        within("channels a stage", outputs, 1, 4096)?;
        within("numbers a layer makes of an image", outputs * (height >> stage) * (width >> stage), 1, MOST_PER_LAYER)?;
    }
    Ok(())
}

/// The values of one parameter.
fn values(file: &SafeTensors, parameter: &Parameter) -> Result<Vec<f32>, WeightsError> {
    let name = || parameter.name.clone();
    let view = file.tensor(&parameter.name).map_err(|_| WeightsError::Missing(name()))?;
    if view.dtype() != Dtype::F32 || view.shape() != parameter.shape {
        let found = format!("{:?} {:?}", view.dtype(), view.shape());
        return Err(WeightsError::Shape { name: name(), expected: format!("{:?}", parameter.shape), found });
    }
    let values: Vec<f32> = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match values.iter().position(|value| !value.is_finite()) {
        Some(place) => Err(WeightsError::NotFinite { name: name(), place }),
        None => Ok(values),
    }
}
