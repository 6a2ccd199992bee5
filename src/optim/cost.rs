//! What a step costs, in units that do not depend on the machine: counted where a question is asked, never written
//! into a table of methods.

use serde::{Deserialize, Serialize};

/// What one step of one run asked for, and what its method remembers afterwards. Measurements that are only shown
/// (gap, gauge) are no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepCost {
    /// Gradients of the loss of one image.
    pub gradients: u32,
    /// Calls of the linear minimisation oracle of one parameter tensor.
    pub oracle_calls: u32,
    /// Euclidean projections of one parameter tensor.
    pub projections: u32,
    /// Numbers kept for the next step beside the weights.
    pub state: u32,
    /// Parameter tensors of the network: as many calls are one call for the product Ω of their sets.
    pub tensors: u32,
    /// Numbers that are trained.
    pub weights: u32,
}

impl StepCost {
    /// Oracle calls for the product of all sets.
    pub fn oracle_calls_for_all(self) -> f64 {
        ratio(self.oracle_calls, self.tensors)
    }

    /// Projections onto the product of all sets.
    pub fn projections_for_all(self) -> f64 {
        ratio(self.projections, self.tensors)
    }

    /// Numbers kept for each weight beside itself.
    pub fn state_per_weight(self) -> f64 {
        ratio(self.state, self.weights)
    }
}

/// NaN before anything was counted.
fn ratio(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole)
}
