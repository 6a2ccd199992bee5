//! Weights in and out: safetensors, with PyTorch's names and layouts, so that the same network can be rebuilt
//! there line by line. The header carries what the shapes do not say.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use thiserror::Error;

use super::architecture::{Architecture, Layout, Nonlinearity};
use crate::told::{tell, text};

/// A weights file that does not hold a network of the lab.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum WeightsError {
    #[error("this is not a safetensors file ({0}); export the weights from the lab or with `fwlab run --save`")]
    Format(String),
    #[error("the weights file lacks the tensor {0}; a network of the lab has conv1.weight, conv1.bias, …, linear.bias")]
    Missing(String),
    #[error("tensor {name} should be {expected} 32-bit floats, found {found}")]
    Shape { name: String, expected: usize, found: String },
    #[error("the weights file does not say “{0}” in its header; export it from the lab or add the entry")]
    Header(&'static str),
}

tell!(WeightsError {
    Self::Format(reason) => "error.weights.format" { reason = text(reason) },
    Self::Missing(name) => "error.weights.missing" { name = text(name) },
    Self::Shape { name, expected, found } => "error.weights.shape" {
        name = text(name), expected = text(expected), found = text(found)
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
    let format = |e: safetensors::SafeTensorError| WeightsError::Format(e.to_string());
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
    serialize(views, Some(header)).map_err(format)
}

/// A network out of a file: its architecture, its values in order, and the header.
pub type Loaded = (Architecture, Vec<Vec<f32>>, HashMap<String, String>);

/// Reads a network: its architecture, its values in order, and the header.
///
/// # Errors
/// [`WeightsError`], saying what was expected and what was found.
pub fn load(bytes: &[u8]) -> Result<Loaded, WeightsError> {
    let format = |e: safetensors::SafeTensorError| WeightsError::Format(e.to_string());
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(format)?;
    let header = metadata.metadata().clone().unwrap_or_default();
    let file = SafeTensors::deserialize(bytes).map_err(format)?;
    let entry = |key: &'static str| header.get(key).ok_or(WeightsError::Header(key));
    let list = |key: &'static str| -> Result<Vec<usize>, WeightsError> {
        entry(key)?.split(',').map(|n| n.trim().parse().map_err(|_| WeightsError::Header(key))).collect()
    };
    let input: [usize; 3] = list("input")?.try_into().map_err(|_| WeightsError::Header("input"))?;
    let channels = list("channels")?;
    let classes = *list("classes")?.first().ok_or(WeightsError::Header("classes"))?;
    // Guards the sizes before anything is multiplied or allocated.
    let sane = channels.len() <= 4
        && channels.iter().chain([&classes]).all(|&n| (1..=4096).contains(&n))
        && (1..=4).contains(&input[0])
        && input[1..].iter().all(|&n| (8..=256).contains(&n));
    if !sane {
        return Err(WeightsError::Header("channels"));
    }
    let nonlinearity = match entry("activation")?.as_str() {
        "relu" => Nonlinearity::Relu,
        "gelu" => Nonlinearity::Gelu,
        _ => return Err(WeightsError::Header("activation")),
    };
    let layout = match header.get("layout") {
        None => Layout::Plain,
        Some(word) => Layout::ALL.iter().find(|row| row.1 == word).ok_or(WeightsError::Header("layout"))?.0,
    };
    let architecture = Architecture { input, channels, layout, classes, nonlinearity };
    let mut values = Vec::new();
    for parameter in architecture.parameters() {
        let view = file.tensor(&parameter.name).map_err(|_| WeightsError::Missing(parameter.name.clone()))?;
        if view.dtype() != Dtype::F32 || view.shape() != parameter.shape {
            let found = format!("{:?} {:?}", view.dtype(), view.shape());
            return Err(WeightsError::Shape { name: parameter.name.clone(), expected: parameter.len(), found });
        }
        let floats = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        values.push(floats);
    }
    Ok((architecture, values, header))
}
