//! Everything a run needs to go on elsewhere: on the other device, after a crash, at an earlier step.

use serde::{Deserialize, Serialize};

use super::EngineError;
use crate::session::{Experiment, decode, encode};

/// The state of an experiment between two steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    pub experiment: Experiment,
    pub t: u32,
    pub gradient_evaluations: f64,
    pub runs: Vec<RunState>,
}

/// The state of one run: one row a parameter tensor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RunState {
    pub theta: Vec<Vec<f32>>,
    /// Averaged gradients; empty before the first step and where the method keeps none.
    pub momentum: Vec<Vec<f32>>,
    /// Averaged or summed squares of gradients; empty likewise.
    pub squares: Vec<Vec<f32>>,
    /// Where the oracles stood; an empty row for a tensor whose oracle remembers nothing.
    pub trace: Vec<Vec<f32>>,
}

impl RunState {
    /// Whether every number is one.
    pub fn is_finite(&self) -> bool {
        [&self.theta, &self.momentum, &self.squares, &self.trace]
            .into_iter()
            .flatten()
            .flatten()
            .all(|value| value.is_finite())
    }
}

impl Checkpoint {
    pub fn read(bytes: &[u8]) -> Result<Self, EngineError> {
        decode(bytes).map_err(EngineError::Checkpoint)
    }

    pub fn write(&self) -> Result<Vec<u8>, EngineError> {
        encode(self).map_err(EngineError::Checkpoint)
    }
}
