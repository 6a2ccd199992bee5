//! What a network looks like and how it starts, without a single tensor.

use crate::random::Random;

/// Smoothness of the activation: see `session::Activation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nonlinearity {
    Relu,
    Gelu,
}

/// What a stage of a network is made of. Each stage ends at half the height and width it began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One convolution, activation, pooling.
    Plain,
    /// Two convolutions with an activation each, then pooling (as in VGG: Simonyan, Zisserman 2015).
    Double,
    /// As plain, then a block x ← x + b(activation(a(x))) with nothing on the way round it (He et al. 2016). There is
    /// no normalisation: b starts at 0, so that every block starts as the identity (Zhang, Dauphin, Ma 2019, rule 1).
    Residual,
}

impl Layout {
    /// Value and the word for it in the header of a weights file.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Plain, "plain"), (Self::Double, "double"), (Self::Residual, "residual")];

    /// What is appended to the names of a stage's convolutions, in order.
    pub(super) fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[""],
            Self::Double => &["a", "b"],
            Self::Residual => &["", "a", "b"],
        }
    }
}

/// How the values of a parameter start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// U(−1/√fan_in, 1/√fan_in): PyTorch's default.
    Uniform,
    /// U(−√(6/fan_in), √(6/fan_in)), which keeps the size of what passes through a ReLU (He et al. 2015).
    He,
    /// 0.
    Zero,
}

impl Start {
    /// Size compared with PyTorch's default. What starts at 0 is given the room of what starts by He's rule.
    fn gain(self) -> f64 {
        match self {
            Self::Uniform => 1.0,
            Self::He | Self::Zero => 6.0_f64.sqrt(),
        }
    }
}

/// Shape of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    /// Input (channels, height, width).
    pub input: [usize; 3],
    /// Output channels of each stage.
    pub channels: Vec<usize>,
    /// What the stages are made of.
    pub layout: Layout,
    pub classes: usize,
    pub nonlinearity: Nonlinearity,
}

/// One parameter tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// As in PyTorch: `conv1.weight`, `conv1.bias`, …, `linear.bias`; `conv1a`, `conv1b` where a stage has several.
    pub name: String,
    /// (out, in, kh, kw), (out, in) or (out); row-major.
    pub shape: Vec<usize>,
    /// Index of its layer; a layer is a weight and its bias.
    pub layer: usize,
    /// Inputs per output unit, which sets the size of the initial weights.
    pub fan_in: usize,
    pub start: Start,
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

    /// E‖initial value‖₂ ≈ √(n/(3·fan_in)), the root mean square for U(−1/√fan_in, 1/√fan_in), and √6 times as much
    /// by He's rule. For what starts at 0 that, too: sets are made as large as it, and a set of one point is no set.
    pub fn expected_initial_norm(&self) -> f64 {
        (self.len() as f64 / (3.0 * self.fan_in as f64)).sqrt() * self.start.gain()
    }
}

impl Architecture {
    /// Layer names in order: `conv1` … `linear`; with several convolutions a stage, `conv1a`, `conv1b` ….
    pub fn layers(&self) -> Vec<String> {
        let suffixes = self.layout.suffixes();
        let stages = 1..=self.channels.len();
        let convolutions = stages.flat_map(|stage| suffixes.iter().map(move |suffix| format!("conv{stage}{suffix}")));
        convolutions.chain(["linear".to_string()]).collect()
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
        let mut names = self.layers().into_iter().enumerate();
        let mut inputs = self.input[0];
        for &outputs in &self.channels {
            for (place, (layer, name)) in names.by_ref().take(self.layout.suffixes().len()).enumerate() {
                let start = self.starts_of_convolution(place);
                push(&mut parameters, &name, layer, vec![outputs, inputs, 3, 3], start);
                inputs = outputs;
            }
        }
        let [height, width] = self.pooled();
        for (layer, name) in names {
            let shape = vec![self.classes, inputs * height * width];
            push(&mut parameters, &name, layer, shape, [Start::Uniform; 2]);
        }
        parameters
    }

    /// How weight and bias of the convolution at `place` in its stage start.
    fn starts_of_convolution(&self, place: usize) -> [Start; 2] {
        match (self.layout, place) {
            (Layout::Plain, _) => [Start::Uniform; 2],
            (Layout::Residual, 2) => [Start::Zero; 2],
            (Layout::Double | Layout::Residual, _) => [Start::He, Start::Uniform],
        }
    }

    /// Initial values of all parameters, from the host generator.
    pub fn initial(&self, seed: u64) -> Vec<Vec<f32>> {
        self.parameters()
            .iter()
            .enumerate()
            .map(|(stream, parameter)| {
                if parameter.start == Start::Zero {
                    return vec![0.0; parameter.len()];
                }
                let mut random = Random::new(seed, 1 + stream as u64);
                let limit = parameter.start.gain() / (parameter.fan_in as f64).sqrt();
                (0..parameter.len()).map(|_| random.symmetric(limit) as f32).collect()
            })
            .collect()
    }
}

/// Weight and bias of a layer; `shape` is the weight's, and all but its first side are inputs of one output.
fn push(parameters: &mut Vec<Parameter>, name: &str, layer: usize, shape: Vec<usize>, [weight, bias]: [Start; 2]) {
    let fan_in = shape.iter().skip(1).product();
    let outputs = shape.iter().take(1).copied().collect();
    parameters.push(Parameter { name: format!("{name}.weight"), shape, layer, fan_in, start: weight });
    parameters.push(Parameter { name: format!("{name}.bias"), shape: outputs, layer, fan_in, start: bias });
}
