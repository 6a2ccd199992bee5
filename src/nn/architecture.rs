//! What a network looks like and how it starts, without a single tensor.

use crate::random::Random;

/// Smoothness of the activation: see `session::Activation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nonlinearity {
    Relu,
    Gelu,
}

/// Shape of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    /// Input (channels, height, width).
    pub input: [usize; 3],
    /// Output channels of each convolution.
    pub channels: Vec<usize>,
    pub classes: usize,
    pub nonlinearity: Nonlinearity,
}

/// One parameter tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// As in PyTorch: `conv1.weight`, `conv1.bias`, …, `linear.bias`.
    pub name: String,
    /// (out, in, kh, kw), (out, in) or (out); row-major.
    pub shape: Vec<usize>,
    /// Index of its layer; a layer is a weight and its bias.
    pub layer: usize,
    /// Inputs per output unit, which sets the size of the initial weights.
    pub fan_in: usize,
}

impl Parameter {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no entries (never, for the networks of the lab).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is a bias.
    pub fn is_bias(&self) -> bool {
        self.shape.len() == 1
    }

    /// E‖initial value‖₂ ≈ √(n/(3·fan_in)), the root mean square for U(−1/√fan_in, 1/√fan_in).
    pub fn expected_initial_norm(&self) -> f64 {
        (self.len() as f64 / (3.0 * self.fan_in as f64)).sqrt()
    }
}

impl Architecture {
    /// Layer names in order: `conv1` … `linear`.
    pub fn layers(&self) -> Vec<String> {
        (1..=self.channels.len()).map(|i| format!("conv{i}")).chain(["linear".to_string()]).collect()
    }

    /// Height and width after the last pooling.
    pub fn pooled(&self) -> [usize; 2] {
        let [_, height, width] = self.input;
        let halvings = self.channels.len() as u32;
        [height >> halvings, width >> halvings]
    }

    /// All parameters in order: weight and bias of every layer.
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        let mut inputs = self.input[0];
        for (layer, &outputs) in self.channels.iter().enumerate() {
            let name = format!("conv{}", layer + 1);
            push(&mut parameters, &name, layer, vec![outputs, inputs, 3, 3], inputs * 9);
            inputs = outputs;
        }
        let [height, width] = self.pooled();
        let features = inputs * height * width;
        push(&mut parameters, "linear", self.channels.len(), vec![self.classes, features], features);
        parameters
    }

    /// Initial values of all parameters: U(−1/√fan_in, 1/√fan_in), as PyTorch's default, from the host generator.
    pub fn initial(&self, seed: u64) -> Vec<Vec<f32>> {
        self.parameters()
            .iter()
            .enumerate()
            .map(|(stream, parameter)| {
                let mut random = Random::new(seed, 1 + stream as u64);
                let limit = 1.0 / (parameter.fan_in as f64).sqrt();
                (0..parameter.len()).map(|_| random.symmetric(limit) as f32).collect()
            })
            .collect()
    }
}

fn push(parameters: &mut Vec<Parameter>, name: &str, layer: usize, shape: Vec<usize>, fan_in: usize) {
    let bias = vec![shape[0]];
    parameters.push(Parameter { name: format!("{name}.weight"), shape, layer, fan_in });
    parameters.push(Parameter { name: format!("{name}.bias"), shape: bias, layer, fan_in });
}
