//! One of the two runs of an experiment: its blocks and the three halves of a step — gradient, oracle, move.

use burn::tensor::{Device, Tensor, TensorData};

use super::checkpoint::RunState;
use super::readback::read_all;
use super::{EngineError, networks};
use crate::defense::Adversarial;
use crate::nn::{Architecture, Batch, LossAndGradient, Network, Parameter};
use crate::optim::cost::StepCost;
use crate::optim::{Block, Memory, Proposal, StepInput};
use crate::session::{GroupId, LayerInfo, LayerSet, Radius, RunId, RunSpec};
use crate::sets::{SetError, SetShape};

/// Numbers a step row holds beside those of its blocks: loss and accuracy.
const HEAD: usize = 2;
/// Numbers a block adds: gap, γ, gauge before, gauge after.
const PER_BLOCK: usize = 4;
/// Points this far outside (relative) still count as inside: f32 rounding.
pub(super) const FEASIBLE: f32 = 1.0 + 1e-4;

pub(super) struct Run {
    pub id: RunId,
    pub spec: RunSpec,
    pub blocks: Vec<Block>,
    pub layers: Vec<LayerInfo>,
    architecture: Architecture,
    /// What happens to its batches before a step sees them.
    defense: Option<Adversarial>,
}

/// A step row as read back, split up.
pub(super) struct RowParts {
    pub loss: f32,
    pub accuracy: f32,
    /// Whether loss and gradient were numbers.
    pub finite: bool,
    pub gap: Vec<f32>,
    pub gamma: Vec<f32>,
    pub gauge: Vec<f32>,
}

impl Run {
    /// Initial weights, shifted inside their sets.
    pub fn new(
        id: RunId,
        spec: RunSpec,
        architecture: &Architecture,
        seed: u64,
        device: &Device,
    ) -> Result<Self, EngineError> {
        let parameters = architecture.parameters();
        let names = architecture.layers();
        let mut blocks = Vec::new();
        let mut layers: Vec<LayerInfo> = Vec::new();
        for (parameter, values) in parameters.iter().zip(architecture.initial(seed)) {
            let name = names.get(parameter.layer).cloned().unwrap_or_default();
            let layer_set = spec.set_of(&name);
            let shape = shape_of(layer_set, parameter);
            let entry = layer_set.set.entry();
            let build = entry.rows.ok_or(SetError::PlaneOnly(entry.key))?;
            let set = build(&shape, parameter.len())?;
            let mut block = Block::new(row(values, device), set);
            if !parameter.is_bias() {
                layers.push(LayerInfo {
                    name,
                    shape: parameter.shape.iter().map(|&n| n as u32).collect(),
                    set: entry.key.into(),
                    radius: shape.radius,
                    k: if entry.shape.contains(&crate::sets::ShapeParameter::Sparsity) { shape.k as u32 } else { 0 },
                    diameter: block.diameter,
                });
            }
            block.shift_inside();
            blocks.push(block);
        }
        let defense = networks::defense(&spec.defense, seed);
        Ok(Self { id, spec, blocks, layers, architecture: architecture.clone(), defense })
    }

    /// The network at the present weights.
    pub fn network(&self) -> Network {
        let parameters = self.blocks.iter().map(|block| block.theta.clone()).collect();
        Network { architecture: self.architecture.clone(), parameters }
    }

    /// First part of the step at `t`: the batch's gradient, after an attack on the batch where the run has a defence.
    pub fn gradient(&self, batch: &Batch, t: u32, cost: &mut StepCost) -> Result<LossAndGradient, EngineError> {
        let network = self.network();
        cost.gradients += batch.rows() as u32;
        let Some(defense) = &self.defense else { return Ok(network.loss_and_gradient(batch)) };
        let moved = defense.batch(network.clone(), batch, t, cost)?;
        Ok(network.loss_and_gradient(&moved))
    }

    /// Second part: where every block wants to go from step `t`.
    pub fn propose(&self, gradient: &[Tensor<2>], t: u32, learning_rate: f64, cost: &mut StepCost) -> Vec<Proposal> {
        let RunSpec { method, momentum, rescale, .. } = self.spec;
        let input = StepInput { t, learning_rate, momentum, rescale };
        let propose = method.entry().propose;
        self.blocks.iter().zip(gradient).map(|(block, gradient)| propose(block, gradient, &input, cost)).collect()
    }

    /// Third part: moves, and returns everything worth knowing of the step as one row `[1, m]`. Until here nothing
    /// of the run has changed, so a checkpoint in the midst of a step is one of its beginning.
    pub fn apply(&mut self, found: LossAndGradient, proposals: Vec<Proposal>, cost: &mut StepCost) -> Tensor<2> {
        let mut numbers = vec![found.loss, found.accuracy];
        for ((block, gradient), proposal) in self.blocks.iter_mut().zip(&found.gradient).zip(proposals) {
            numbers.push(block.gap(gradient));
            numbers.push(proposal.gamma.clone());
            numbers.push(block.gauge());
            block.accept(proposal);
            numbers.push(block.gauge());
            cost.tensors += 1;
            cost.weights += block.theta.dims()[1] as u32;
            cost.state += block.memory.numbers() as u32;
        }
        Tensor::cat(numbers, 1)
    }

    /// Splits a row of [`Self::apply`] into numbers per layer. The gap of a layer that was outside its set
    /// means nothing and is NaN.
    pub fn parts(&self, row: &[f32]) -> RowParts {
        let layers = self.layers.len();
        let loss = row.first().copied().unwrap_or(f32::NAN);
        let mut parts = RowParts {
            loss,
            accuracy: row.get(1).copied().unwrap_or(f32::NAN),
            finite: loss.is_finite(),
            gap: vec![0.0; layers],
            gamma: vec![0.0; layers],
            gauge: vec![0.0; layers],
        };
        for (i, numbers) in row.get(HEAD..).unwrap_or_default().chunks_exact(PER_BLOCK).enumerate() {
            let layer = i / 2;
            let &[gap, gamma, before, after] = numbers else { continue };
            // ⟨g, θ − v⟩ before it is judged: only a gradient that is no number makes it none.
            parts.finite &= gap.is_finite();
            if let Some(sum) = parts.gap.get_mut(layer) {
                *sum += if before > FEASIBLE { f32::NAN } else { gap };
            }
            if let (true, Some(of_layer)) = (i % 2 == 0, parts.gamma.get_mut(layer)) {
                *of_layer = gamma;
            }
            if let Some(largest) = parts.gauge.get_mut(layer) {
                *largest = largest.max(after);
            }
        }
        parts
    }

    /// Reads the whole state back.
    pub async fn state(&self) -> Result<RunState, EngineError> {
        let mut tensors: Vec<Tensor<2>> = self.blocks.iter().map(|block| block.theta.clone()).collect();
        let weights = tensors.len();
        tensors.extend(self.blocks.iter().filter_map(|block| block.memory.momentum.clone()));
        let averages = tensors.len() - weights;
        tensors.extend(self.blocks.iter().filter_map(|block| block.memory.squares.clone()));
        let squared = tensors.len() - weights - averages;
        tensors.extend(self.blocks.iter().filter_map(|block| block.memory.trace.clone()));
        let mut rows = read_all(tensors).await?.into_iter();
        let theta = rows.by_ref().take(weights).collect();
        let momentum = rows.by_ref().take(averages).collect();
        let squares = rows.by_ref().take(squared).collect();
        let traced = |block: &Block| block.memory.trace.as_ref().and_then(|_| rows.next()).unwrap_or_default();
        Ok(RunState { theta, momentum, squares, trace: self.blocks.iter().map(traced).collect() })
    }

    /// Puts a state back.
    pub fn restore(&mut self, state: &RunState, device: &Device) -> Result<(), EngineError> {
        let fits = |rows: &[Vec<f32>]| {
            rows.len() == self.blocks.len()
                && rows.iter().zip(&self.blocks).all(|(values, block)| values.len() == block.theta.dims()[1])
        };
        let kept_fits = |rows: &[Vec<f32>]| rows.is_empty() || fits(rows);
        if !fits(&state.theta) || !kept_fits(&state.momentum) || !kept_fits(&state.squares) {
            return Err(EngineError::OtherCheckpoint);
        }
        let at = |rows: &[Vec<f32>], i: usize| {
            rows.get(i).filter(|values| !values.is_empty()).map(|values| row(values.clone(), device))
        };
        for (i, block) in self.blocks.iter_mut().enumerate() {
            if let Some(theta) = at(&state.theta, i) {
                block.theta = theta;
            }
            block.memory =
                Memory { momentum: at(&state.momentum, i), squares: at(&state.squares, i), trace: at(&state.trace, i) };
        }
        Ok(())
    }
}

fn row(values: Vec<f32>, device: &Device) -> Tensor<2> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [1, n]), device)
}

/// The numbers of a parameter's set: a share of its entries, and a radius typed or by its initial norm.
fn shape_of(layer_set: &LayerSet, parameter: &Parameter) -> SetShape {
    let n = parameter.len();
    let k = ((layer_set.sparsity * n as f64).round() as usize).clamp(1, n);
    // A filter is a row of the layer's matrix; a bias is a matrix of one row.
    let columns = match (parameter.is_bias(), parameter.shape.first()) {
        (false, Some(&filters)) if filters > 0 => n / filters,
        _ => n,
    };
    let group = match (layer_set.group, parameter.shape.as_slice()) {
        (GroupId::Kernels, &[_, _, height, width]) => height * width,
        // A row.
        _ => 0,
    };
    let shape = SetShape { p: layer_set.p, k, columns, group, ..SetShape::default() };
    let radius = match layer_set.radius {
        Radius::Typed(radius) => radius,
        Radius::Initial(width) => {
            let diameter = 2.0 * width * parameter.expected_initial_norm();
            let entry = layer_set.set.entry();
            let radius = (entry.radius_for_diameter)(diameter, n, k);
            // The width of a set of matrices also depends on their shape: measured, and put right.
            let measured = entry.build(&SetShape { radius, ..shape.clone() }, n).map(|set| set.diameter(n));
            let off = measured.map_or(1.0, |measured| diameter / measured);
            if off.is_finite() && (off - 1.0).abs() > 1e-9 { radius * off } else { radius }
        }
    };
    SetShape { radius, ..shape }
}
