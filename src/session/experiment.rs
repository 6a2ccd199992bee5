//! What to run, in one checked value: the same in the URL, in an exported file, in the engine and on the
//! command line. Ranges and keys are in [`super::params`]; nothing outside them reaches the engine.

use serde::{Deserialize, Serialize};

use crate::optim::MethodId;
pub use crate::optim::Rescale;
use crate::optim::schedule::{BatchSize, LearningRate};
use crate::sets::SetId;
pub use crate::sets::{NormId, ThreatModel};

/// Version of the experiment file and of the URL.
pub const EXPERIMENT_VERSION: u32 = 1;

/// A training experiment: the shared setting, run A and, for a comparison in lock-step, run B.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Experiment {
    pub version: u32,
    /// Seed of initial weights, batches and attack starts.
    pub seed: u64,
    /// Which images.
    pub data: DataId,
    /// How many training images to use (the first n, class-balanced); 0 = all there are.
    pub train_images: u32,
    pub network: NetworkId,
    pub activation: Activation,
    pub augment: AugmentId,
    /// Planned number of steps T; schedules are stretched over it and the run stops there.
    pub steps: u32,
    /// Full gap, test accuracy and snapshots are taken every so many steps, and after steps 1, 5, 10 and 20
    /// and the last one.
    pub evaluate_every: u32,
    /// Size of the fixed training subset on which the full gap is measured.
    pub reference_images: u32,
    pub a: RunSpec,
    /// The opponent; `None` = A alone.
    pub b: Option<RunSpec>,
}

/// How one run moves: method, sets, schedules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunSpec {
    pub method: MethodId,
    /// The set of every layer, unless `layers` overrides one.
    pub set: LayerSet,
    /// Overrides, by layer name (`conv1`, …, `linear`).
    pub layers: Vec<(String, LayerSet)>,
    pub learning_rate: LearningRate,
    pub batch: BatchSize,
    /// Weight β of the old direction, m ← βm + (1−β)g; 0 = none.
    pub momentum: f64,
    pub rescale: Rescale,
    pub defense: DefenseSpec,
}

/// A constraint set on a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayerSet {
    pub set: SetId,
    pub radius: Radius,
    /// K of the K-sparse polytope as a share of the layer's entries, in (0, 1].
    pub sparsity: f64,
    /// Exponent of the Lp ball.
    pub p: f64,
    /// What the group lasso takes for a group.
    pub group: GroupId,
}

/// The groups of a convolution's weights. In a linear layer a group is a row either way, and a bias is one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupId {
    /// All weights of an output channel.
    Filters,
    /// The weights between one input and one output channel.
    Kernels,
}

impl GroupId {
    /// Key; text key `group.<key>`.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Filters, "filters"), (Self::Kernels, "kernels")];
}

/// How large a layer's set is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Radius {
    /// L2 diameter 2·w·E‖initial weights‖₂, so that different sets compare (Pokutta et al. 2020).
    Initial(f64),
    /// The radius itself.
    Typed(f64),
}

/// Which images an experiment runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataId {
    Cifar10,
    FashionMnist,
    /// Files the user dropped on the page (or gave to `fwlab --data`).
    Own,
}

impl DataId {
    /// Key; text key `data.<key>`. The key is also the name in `data/manifest.json`.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Cifar10, "cifar10"), (Self::FashionMnist, "fashion-mnist"), (Self::Own, "own")];

    /// Its stable key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Cifar10 => "cifar10",
            Self::FashionMnist => "fashion-mnist",
            Self::Own => "own",
        }
    }
}

/// The networks of the lab: stages of 3×3 convolutions, each with activation and 2×2 max pooling, then one linear layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkId {
    /// 16, 32, 32 channels: about 20 thousand weights on 32×32×3.
    Small,
    /// 8, 16 channels, for phones.
    Tiny,
    /// 32, 64, 64 channels: the small one at twice the width.
    Wide,
    /// 16, 32 channels, two convolutions a stage (as in VGG).
    Vgg,
    /// 16, 32 channels, a residual block after each of both stages.
    Residual,
}

/// What the stages of a network are made of; `nn::Layout` computes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayoutId {
    Plain,
    Double,
    Residual,
}

/// A row of the table of networks.
#[derive(Debug, Clone, Copy)]
struct NetworkEntry {
    /// Output channels of each stage.
    channels: &'static [usize],
    layout: LayoutId,
    /// Names of the layers in order, which a test holds equal to those of `nn::Architecture`.
    layers: &'static [&'static str],
}

fn row(channels: &'static [usize], layout: LayoutId, layers: &'static [&'static str]) -> NetworkEntry {
    NetworkEntry { channels, layout, layers }
}

impl NetworkId {
    /// Key; text key `network.<key>`.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Small, "small"),
        (Self::Tiny, "tiny"),
        (Self::Wide, "wide"),
        (Self::Vgg, "vgg"),
        (Self::Residual, "residual"),
    ];

    fn entry(self) -> NetworkEntry {
        const PLAIN: &[&str] = &["conv1", "conv2", "conv3", "linear"];
        let (plain, double, residual) = (LayoutId::Plain, LayoutId::Double, LayoutId::Residual);
        match self {
            Self::Small => row(&[16, 32, 32], plain, PLAIN),
            Self::Tiny => row(&[8, 16], plain, &["conv1", "conv2", "linear"]),
            Self::Wide => row(&[32, 64, 64], plain, PLAIN),
            Self::Vgg => row(&[16, 32], double, &["conv1a", "conv1b", "conv2a", "conv2b", "linear"]),
            Self::Residual => {
                row(&[16, 32], residual, &["conv1", "conv1a", "conv1b", "conv2", "conv2a", "conv2b", "linear"])
            }
        }
    }

    /// Output channels of its stages.
    pub fn channels(self) -> &'static [usize] {
        self.entry().channels
    }

    /// What its stages are made of.
    pub fn layout(self) -> LayoutId {
        self.entry().layout
    }

    /// Names of its layers in order: `conv1` … `linear`.
    pub fn layers(self) -> &'static [&'static str] {
        self.entry().layers
    }

    /// Whether one of the networks has a layer of this name.
    pub fn any_has_layer(name: &str) -> bool {
        Self::ALL.iter().any(|(network, _)| network.layers().contains(&name))
    }
}

/// How training images are changed at random before a step sees them; the same for both runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AugmentId {
    None,
    /// Mirrored with probability ½.
    Flip,
    /// And shifted by up to 4 pixels.
    FlipShift,
}

impl AugmentId {
    /// Key; text key `augment.<key>`.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::None, "none"), (Self::Flip, "flip"), (Self::FlipShift, "flip-shift")];
}

/// Adversarial training of a run: what happens to its batches before a step sees them. `defense::Adversarial` does it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DefenseSpec {
    pub inner: InnerId,
    /// ε of L∞ in units of 1/255, 0 to 32.
    pub epsilon: f64,
    /// Moves of the inner attack, each of one gradient, 1 to 50.
    pub moves: u32,
    /// The constant step γ of Frank–Wolfe, in (0, 1].
    pub gamma: f64,
    pub start: InnerStart,
    /// Steps over which ε grows linearly from the first; 0 = none.
    pub warm_up: u32,
}

/// The attack inside training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InnerId {
    /// Natural training.
    None,
    Pgd,
    FrankWolfe,
}

impl InnerId {
    /// Key; text key `inner.<key>`.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::None, "none"), (Self::Pgd, "pgd"), (Self::FrankWolfe, "frank-wolfe")];
}

/// Where the attack inside training begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InnerStart {
    /// At a random point of the ball.
    Random,
    /// At the clean image.
    Clean,
}

impl InnerStart {
    /// Key; text key `inner_start.<key>`.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Random, "random"), (Self::Clean, "clean")];
}

impl Default for DefenseSpec {
    fn default() -> Self {
        Self { inner: InnerId::None, epsilon: 8.0, moves: 7, gamma: 0.75, start: InnerStart::Random, warm_up: 0 }
    }
}

/// Activation function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    Relu,
    /// Smooth, so that the smoothness constant of the theorems exists.
    Gelu,
}

impl Activation {
    /// Key; text key `activation.<key>`.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Relu, "relu"), (Self::Gelu, "gelu")];
}

impl Default for Experiment {
    fn default() -> Self {
        Self {
            version: EXPERIMENT_VERSION,
            seed: 1,
            data: DataId::Cifar10,
            train_images: 0,
            network: NetworkId::Small,
            activation: Activation::Relu,
            augment: AugmentId::None,
            steps: 1500,
            evaluate_every: 50,
            reference_images: 500,
            a: RunSpec::default(),
            b: None,
        }
    }
}

impl Default for RunSpec {
    fn default() -> Self {
        Self {
            method: MethodId::sfw(),
            set: LayerSet::default(),
            layers: Vec::new(),
            learning_rate: LearningRate::default(),
            batch: BatchSize::default(),
            momentum: 0.9,
            rescale: Rescale::Gradient,
            defense: DefenseSpec::default(),
        }
    }
}

impl RunSpec {
    /// The set of a layer: its override, or the common one.
    pub fn set_of(&self, layer: &str) -> &LayerSet {
        self.layers.iter().find(|(name, _)| name == layer).map_or(&self.set, |(_, set)| set)
    }

    /// Takes another method, and its usual learning rate if the present one was usual too.
    pub fn switch_to(&mut self, method: MethodId) {
        if self.learning_rate.gamma == self.method.entry().usual_rate {
            self.learning_rate.gamma = method.entry().usual_rate;
        }
        self.method = method;
    }

    /// A fair opponent: plain SGD with the same batches, rate and momentum.
    pub fn opponent() -> Self {
        Self { method: MethodId::sgd(), ..Self::default() }
    }
}

impl Default for LayerSet {
    fn default() -> Self {
        Self { set: SetId::l2(), radius: Radius::Initial(5.0), sparsity: 0.15, p: 3.0, group: GroupId::Filters }
    }
}

/// An attack on one network: which images, how far, how many gradient calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttackSpec {
    pub version: u32,
    pub seed: u64,
    /// The network to break.
    pub victim: Victim,
    pub data: DataId,
    /// First test image.
    pub first_image: u32,
    /// How many images, 1 to 64.
    pub images: u32,
    /// The norm in which a change is measured; each has an ε of its own.
    pub norm: NormId,
    /// Exponent of the Lp norm, in (1, ∞).
    pub p: f64,
    /// ε of L∞ in units of 1/255, 0 to 32.
    pub epsilon: f64,
    /// ε of L2 in units of the whole range [0, 1] of a pixel, 0 to 4.
    pub epsilon_l2: f64,
    /// ε of L1 in the same unit, 0 to 40.
    pub epsilon_l1: f64,
    /// ε of Lp in the same unit, 0 to 20.
    pub epsilon_lp: f64,
    /// ε of the nuclear norm in the same unit, 0 to 10.
    pub epsilon_nuclear: f64,
    /// ε of the Wasserstein ball: cost of moving light, in squared pixels, averaged over all light, 0 to 1.
    pub epsilon_wasserstein: f64,
    /// What the attacks raise, where they leave a choice.
    pub loss: LossId,
    /// Gradient calls N per attack, of all its restarts together (one more is spent at the start).
    pub budget: u32,
    /// Number of runs that share the budget, for attacks with random starts.
    pub restarts: u32,
    /// First step size of Auto-FW.
    pub gamma0: f64,
    /// Attacks to race, in lock-step, by key.
    pub attacks: Vec<String>,
    /// Which image of the grid is shown large.
    pub focus: u32,
    /// The class that the network is to say; any wrong one if there is none. Images of that class are left out of the
    /// race. Robustness curves, comparisons and adversarial training take no notice of it: they are untargeted.
    pub target: Option<u8>,
}

/// Whether an image of class `label` counts as broken when the network says `answer`: if that is wrong, or, where a
/// class was chosen, if it is that one.
pub fn is_broken<T: PartialEq>(answer: T, label: T, target: Option<T>) -> bool {
    match target {
        Some(target) => answer == target,
        None => answer != label,
    }
}

/// Key and colour family of every attack, for a page that holds no tensors. A test holds it equal to the
/// table of attacks.
pub const ATTACK_KEYS: &[(&str, &str)] = &[
    ("auto-fw", "fw"),
    ("apgd", "pg"),
    ("pgd", "pg"),
    ("fgsm", "pg"),
    ("fw-momentum", "fw"),
    ("margin-linf", "pg"),
    ("carlini-wagner", "adam"),
    ("sinkhorn", "pg"),
];

/// The norms an attack is defined for, by its key; none for an unknown one. A test holds it equal to the table of
/// attacks.
pub fn attack_norms(key: &str) -> &'static [NormId] {
    match key {
        "auto-fw" | "fgsm" | "fw-momentum" => {
            &[NormId::Linf, NormId::L2, NormId::L1, NormId::Lp, NormId::Nuclear, NormId::Wasserstein]
        }
        "apgd" | "pgd" => &[NormId::Linf, NormId::L2, NormId::L1],
        "margin-linf" => &[NormId::Linf],
        "carlini-wagner" => &[NormId::L2],
        "sinkhorn" => &[NormId::Wasserstein],
        _ => &[],
    }
}

/// The loss an attack raises; `attack::Loss` computes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossId {
    #[serde(rename = "ce")]
    CrossEntropy,
    Margin,
    /// Difference of logits ratio; three classes or more.
    Dlr,
    /// The same towards the likeliest wrong class, and in further restarts the next ones; four classes or more.
    TargetedDlr,
}

impl LossId {
    /// Key; text key `attack_loss.<key>`.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::CrossEntropy, "ce"), (Self::Margin, "margin"), (Self::Dlr, "dlr"), (Self::TargetedDlr, "targeted-dlr")];

    /// The fewest classes it is defined for.
    pub fn classes_needed(self) -> u32 {
        match self {
            Self::CrossEntropy | Self::Margin => 2,
            Self::Dlr => 3,
            Self::TargetedDlr => 4,
        }
    }
}

/// The network an attack runs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Victim {
    /// A network that ships with the lab, by its file name in `models/`.
    Bundled(String),
    /// Run A of the training now in progress.
    TrainingA,
    /// Run B of it.
    TrainingB,
    /// A network out of a file of the user's own; the file itself is not part of a description.
    Own,
}

impl Default for AttackSpec {
    fn default() -> Self {
        Self {
            version: EXPERIMENT_VERSION,
            seed: 1,
            victim: Victim::Bundled("cifar10-sgd".into()),
            data: DataId::Cifar10,
            first_image: 0,
            images: 16,
            norm: NormId::Linf,
            p: 1.5,
            epsilon: 4.0,
            epsilon_l2: 0.5,
            epsilon_l1: 12.0,
            epsilon_lp: 1.5,
            epsilon_nuclear: 3.0,
            epsilon_wasserstein: 0.05,
            loss: LossId::CrossEntropy,
            budget: 50,
            restarts: 1,
            gamma0: 0.75,
            attacks: vec!["auto-fw".into(), "apgd".into()],
            focus: 0,
            target: None,
        }
    }
}

impl AttackSpec {
    /// ε as its control shows it: in 1/255 for L∞, in units of the range [0, 1] of a pixel for the other norms, a cost
    /// in squared pixels for the Wasserstein ball.
    pub fn size(&self) -> f64 {
        match self.norm {
            NormId::Linf => self.epsilon,
            NormId::L2 => self.epsilon_l2,
            NormId::L1 => self.epsilon_l1,
            NormId::Lp => self.epsilon_lp,
            NormId::Nuclear => self.epsilon_nuclear,
            NormId::Wasserstein => self.epsilon_wasserstein,
        }
    }

    /// Sets ε of the chosen norm, in the unit of [`Self::size`].
    pub fn set_size(&mut self, size: f64) {
        match self.norm {
            NormId::Linf => self.epsilon = size,
            NormId::L2 => self.epsilon_l2 = size,
            NormId::L1 => self.epsilon_l1 = size,
            NormId::Lp => self.epsilon_lp = size,
            NormId::Nuclear => self.epsilon_nuclear = size,
            NormId::Wasserstein => self.epsilon_wasserstein = size,
        }
    }

    /// ε in units of 1/255, whatever the norm.
    pub fn size_over_255(&self) -> f64 {
        if self.norm == NormId::Linf { self.epsilon } else { self.size() * 255.0 }
    }

    /// Norm and ε, in units of [0, 1].
    pub fn threat(&self) -> ThreatModel {
        let unit = if self.norm == NormId::Linf { 255.0 } else { 1.0 };
        ThreatModel { p: self.p, ..ThreatModel::of(self.norm, self.size() / unit) }
    }
}
