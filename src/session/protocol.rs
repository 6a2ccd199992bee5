//! What the page says to the engine and what it hears back. One message = one `postcard` buffer, transferred,
//! never copied; numbers travel as the bytes they are. On the command line the same events are JSON lines.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{AttackSpec, DataId, Experiment, LossId, NormId, SurveyNow, SurveySpec};
use crate::optim::cost::StepCost;
use crate::told::{Told, tell, text};

/// Version of [`Command`] and [`Event`]; the first two bytes of every message.
pub const PROTOCOL_VERSION: u16 = 5;

/// A message that could not be read.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ProtocolError {
    #[error("the page and the engine speak different versions ({found}, expected {PROTOCOL_VERSION}); reload the page")]
    Version { found: u16 },
    #[error("a message could not be read ({0}); reload the page")]
    Broken(String),
}

tell!(ProtocolError {
    Self::Version { found } => "error.protocol.version" {
        found = text(found), expected = text(&PROTOCOL_VERSION)
    },
    Self::Broken(reason) => "error.protocol.broken" { reason = text(reason) },
});

/// Packs a message: version, then `postcard`.
pub fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, ProtocolError> {
    let bytes = PROTOCOL_VERSION.to_le_bytes().to_vec();
    postcard::to_extend(message, bytes).map_err(|e| ProtocolError::Broken(e.to_string()))
}

/// Unpacks a message.
///
/// # Errors
/// [`ProtocolError::Version`] if the other side is older or newer, [`ProtocolError::Broken`] if it is cut off.
pub fn decode<M: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<M, ProtocolError> {
    let (head, body) =
        bytes.split_at_checked(2).ok_or_else(|| ProtocolError::Broken("shorter than its version".into()))?;
    let found = u16::from_le_bytes([head[0], head[1]]);
    if found != PROTOCOL_VERSION {
        return Err(ProtocolError::Version { found });
    }
    postcard::from_bytes(body).map_err(|e| ProtocolError::Broken(e.to_string()))
}

/// Which of the two runs of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RunId {
    A,
    B,
}

/// To the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Which data sets exist: the text of `data/manifest.json`.
    Manifest(String),
    /// One shard of image data, as fetched: its file name in the manifest and its bytes.
    Shard {
        file: String,
        bytes: Vec<u8>,
    },
    /// Files of the user's own (name, bytes): CIFAR binary batches or an IDX pair.
    OwnFiles(Vec<(String, Vec<u8>)>),
    /// One image of the user's own for the attack: RGBA, decoded by the browser.
    OwnImage {
        width: u32,
        height: u32,
        rgba: Vec<u8>,
        label: u8,
    },
    /// Set up this experiment at t = 0 (same seed, same run).
    Configure(Experiment),
    /// Run on until paused or done; `steps_per_second` 0 = as fast as possible.
    Run {
        steps_per_second: f32,
    },
    Pause,
    /// One whole step.
    Step,
    /// The next sub-step: gradient → oracle → move.
    SubStep,
    /// Back to the snapshot at or before step `t`.
    Seek {
        t: u32,
    },
    /// Everything needed to go on elsewhere, as [`Event::Checkpoint`].
    Checkpoint,
    /// Go on from a checkpoint taken by this or the other engine.
    Restore(Vec<u8>),
    /// Start both runs from this safetensors file instead of the seed's weights.
    StartFrom(Vec<u8>),
    /// Weights of a run as a safetensors file, as [`Event::Weights`].
    ExportWeights(RunId),
    /// A bundled network: its name and its safetensors file.
    Model {
        name: String,
        bytes: Vec<u8>,
    },
    /// Set an attack up (call 0: the clean images are evaluated).
    AttackConfigure(AttackSpec),
    AttackRun {
        calls_per_second: f32,
    },
    AttackPause,
    AttackStep,
    /// Show another image of the grid large.
    AttackFocus(u32),
    /// Time `steps` bare SGD training steps of the experiment's network, batch 64: [`Event::Benchmark`].
    Benchmark {
        steps: u32,
    },
    /// Fixed forward and backward pass whose numbers must agree on every device: [`Event::Probe`].
    Probe,
    /// Estimate the theorems' constants along run A, a little between any two steps: [`Event::Constants`].
    Constants,
    /// Pause the race and look at the focused image as it was after `call` gradient calls; at the present one if there
    /// were no more: [`Event::AttackMoment`].
    AttackSeek {
        call: u32,
    },
    /// What the focused image of an attack of the race (its place in [`AttackNow::attacks`]) is made of now:
    /// [`Event::Atoms`] and [`Event::AtomsSum`] with everything on.
    Atoms {
        lane: u32,
    },
    /// The image of the answer `serial` with only these of its atoms: [`Event::AtomsSum`]. Nothing if there has been a
    /// newer answer.
    AtomsSwitch {
        serial: u32,
        on: Vec<bool>,
    },
    /// Count attacks on many images, a little between any two turns: [`Event::Survey`]. Ends the survey before.
    Survey(SurveySpec),
    /// Let the survey rest, or go on.
    SurveyRun(bool),
    /// Measure the classes in a plane through the focused image, a little between any two other turns:
    /// [`Event::DecisionMap`]. `None` gives it up.
    DecisionMap(Option<MapSpec>),
    /// The image at a point of the plane that was measured last: [`Event::MapProbe`].
    MapProbe([f32; 2]),
    /// Time one call of the oracle or the projection of the set with this key, at `side`² entries: [`Event::Cost`].
    Cost {
        set: String,
        side: u32,
        oracle: bool,
    },
    /// A network of the user's own: its file's name and contents; `place` comes back with the answer,
    /// [`Event::OwnNetwork`].
    OwnNetwork {
        place: u32,
        name: String,
        bytes: Vec<u8>,
    },
}

/// From the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The engine is up.
    Ready {
        device: DeviceKind,
        adapter: String,
        simd: bool,
    },
    /// How much of a data set has arrived.
    Data {
        data: DataId,
        classes: Vec<String>,
        shape: [u32; 3],
        train: u32,
        train_total: u32,
        test: u32,
        test_total: u32,
    },
    /// An experiment is set up: its layers, in order, for run A and B.
    Configured {
        t: u32,
        layers: Vec<LayerInfo>,
        layers_b: Vec<LayerInfo>,
        parameters: u32,
        train_images: u32,
    },
    /// Steps done since the last message.
    Steps(Vec<StepRow>),
    /// A measurement on fixed images.
    Evaluated(Evaluation),
    /// Weights to look at: gauges, sparsity, first filters.
    Layers(LayersNow),
    /// Test images with their present probabilities.
    Samples(Samples),
    /// What the last sub-step did.
    SubStepped(SubStep),
    /// Running, paused or done, and why.
    State {
        t: u32,
        running: bool,
        reason: StopReason,
    },
    /// Steps at which snapshots exist.
    Snapshots(Vec<u32>),
    /// How fast it goes.
    Meter(Meter),
    Checkpoint {
        t: u32,
        bytes: Vec<u8>,
    },
    Weights {
        run: RunId,
        name: String,
        bytes: Vec<u8>,
    },
    /// A bundled network is ready to be attacked.
    ModelReady {
        name: String,
        title: String,
        test_accuracy: f32,
    },
    Attack(AttackNow),
    /// Median milliseconds of a bare training step.
    Benchmark {
        steps: u32,
        milliseconds: Vec<f32>,
    },
    Probe(Probe),
    /// Something went wrong; the run is paused and nothing is lost.
    Problem(Problem),
    /// The theorems' constants along run A, as far as they are known.
    Constants(ConstantsNow),
    /// The focused image at an earlier call of the race; `None`: back at the present one.
    AttackMoment(Option<AttackMoment>),
    /// What the focused image is made of.
    Atoms(AtomsNow),
    /// The focused image with some of its atoms.
    AtomsSum(AtomsSum),
    /// What a survey has counted since the last message.
    Survey(SurveyNow),
    /// The classes in a plane of images, as far as they are measured.
    DecisionMap(MapNow),
    MapProbe(MapProbe),
    /// What was asked, and milliseconds a call; NaN if it could not be timed, and an [`Event::Problem`] says why.
    Cost {
        set: String,
        side: u32,
        oracle: bool,
        milliseconds: f64,
    },
    /// What a file of the user's own holds, or why it is no network of the lab; the one before stays then.
    OwnNetwork {
        place: u32,
        read: Result<NetworkCard, Problem>,
    },
}

/// A network of the user's own, as its file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkCard {
    /// Name of the file.
    pub name: String,
    /// What its stages are made of: `plain`, `double` or `residual`.
    pub layout: String,
    /// Input (channels, height, width).
    pub input: [u32; 3],
    /// Output channels of each stage.
    pub channels: Vec<u32>,
    pub classes: u32,
    /// Whether the activation is GELU, not ReLU.
    pub smooth: bool,
    /// Whether the file does not say so.
    pub assumed: bool,
    /// How many weights and biases.
    pub parameters: u32,
}

impl NetworkCard {
    /// The data set that has images of this shape in so many classes; the user's own if none of the shipped ones has.
    pub fn data(&self) -> DataId {
        match (self.input, self.classes) {
            ([3, 32, 32], 10) => DataId::Cifar10,
            ([1, 28, 28], 10) => DataId::FashionMnist,
            _ => DataId::Own,
        }
    }
}

/// The constants of the theorems about stochastic Frank–Wolfe, for run A at one moment of the estimation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConstantsNow {
    /// Step at which the estimation was asked for: the end of the path.
    pub t: u32,
    /// Size of the training subset whose mean loss is f.
    pub reference_images: u32,
    /// Gradients of f taken so far, and how many there will be.
    pub done: u32,
    pub of: u32,
    pub values: Vec<KnownConstant>,
    /// Points of the path that are done, by step.
    pub path: Vec<PathPoint>,
}

/// A constant, and how far to trust it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KnownConstant {
    pub id: ConstantId,
    /// NaN until it is known.
    pub value: f64,
    /// Standard error; 0 where there is none.
    pub error: f64,
    pub kind: Knowledge,
    /// How many of what it comes from: sets, pairs of groups, pairs of points, points.
    pub samples: u32,
}

/// The constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConstantId {
    /// D, the Euclidean diameter of the product of all sets.
    Diameter,
    /// σ of one image's gradient: the largest on the path.
    Sigma,
    /// The root mean square of σ over the path.
    SigmaMean,
    /// L.
    Smoothness,
    /// f̄, the largest loss on the path.
    UpperValue,
    /// f*.
    LowestValue,
    /// Δ = f(θ₀) − f*.
    GapInValue,
}

impl ConstantId {
    /// Key; text key `theory.cnn.constant.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Diameter => "diameter",
            Self::Sigma => "sigma",
            Self::SigmaMean => "sigma_mean",
            Self::Smoothness => "smoothness",
            Self::UpperValue => "upper",
            Self::LowestValue => "lowest",
            Self::GapInValue => "delta",
        }
    }
}

/// How far to trust a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Knowledge {
    Exact,
    /// Not exact, but on the side on which the theorems stay true.
    Bound,
    /// Right on average, up to its standard error.
    Estimate,
    /// The largest that was found: the true one may be larger.
    LowerEstimate,
}

impl Knowledge {
    /// Key; text key `theory.cnn.kind.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Bound => "bound",
            Self::Estimate => "estimate",
            Self::LowerEstimate => "lower_estimate",
        }
    }
}

/// A point of run A's path, and the step that begins there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PathPoint {
    pub t: u32,
    /// f(θₜ), nats.
    pub value: f64,
    /// Full gap of all layers; NaN outside the sets.
    pub gap: f64,
    /// σ² here, and its standard error; NaN without pairs.
    pub variance: f64,
    pub variance_error: f64,
    /// Pairs of groups of images it comes from.
    pub pairs: u32,
    /// ‖eₜ‖, the direction followed minus ∇f(θₜ). This and what follows is NaN where the run ends.
    pub error: f64,
    /// ‖dₜ‖ = ‖vₜ − θₜ‖; NaN if no oracle was asked.
    pub moved: f64,
    /// The smallest and the largest γ of all parameter tensors.
    pub gamma: [f64; 2],
}

/// Where an engine computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceKind {
    Cpu,
    Gpu,
}

/// A layer of a network, for labels and gauges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerInfo {
    /// `conv1` … `linear`.
    pub name: String,
    /// Weight shape (out, in, kh, kw) or (out, in).
    pub shape: Vec<u32>,
    /// Key of its set.
    pub set: String,
    /// Radius of the weight's set.
    pub radius: f64,
    /// K, if the set has one, else 0.
    pub k: u32,
    /// L2 diameter of the weight's set.
    pub diameter: f64,
}

/// One training step of one run. Arrays are per layer (weight and bias together).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    pub run: RunId,
    /// Steps completed.
    pub t: u32,
    /// Mini-batch cross-entropy before the step, nats.
    pub loss: f32,
    /// Mini-batch accuracy before the step, 0 to 1.
    pub accuracy: f32,
    pub batch: u32,
    pub batch_capped: bool,
    pub learning_rate: f32,
    /// Batch gap ⟨g_S, θ − lmo(g_S)⟩ per layer; NaN where the point lies outside its set.
    pub gap: Vec<f32>,
    /// Step size γ of each layer's weight (0 for methods without one).
    pub gamma: Vec<f32>,
    /// Gauge of each layer's weight after the step; ≤ 1 is inside.
    pub gauge: Vec<f32>,
    /// What the step asked for, as counted.
    #[serde(default)]
    pub cost: StepCost,
}

/// Measured on images that never change: the reference subset of the training images and the test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub run: RunId,
    pub t: u32,
    pub reference_images: u32,
    /// Mean loss on the reference subset.
    pub reference_loss: f32,
    /// Full gap ⟨∇f, θ − lmo(∇f)⟩ on the reference subset, per layer; NaN outside the set.
    pub full_gap: Vec<f32>,
    pub test_images: u32,
    pub test_loss: f32,
    pub test_accuracy: f32,
}

/// Weights to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayersNow {
    pub run: RunId,
    pub t: u32,
    /// Gauge per layer.
    pub gauge: Vec<f32>,
    /// Share of weights below 1 % of the layer's largest, per layer.
    pub sparsity: Vec<f32>,
    /// All weights of each layer in row-major order.
    pub weights: Vec<Vec<f32>>,
}

/// Test images and what the network says now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    pub run: RunId,
    pub t: u32,
    pub shape: [u32; 3],
    /// `count` images, planar (channel, row, column), 8 bits.
    pub pixels: Vec<u8>,
    pub labels: Vec<u8>,
    /// `count × classes`.
    pub probabilities: Vec<f32>,
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SubStep {
    /// The gradient of the next batch: its norm per layer.
    Gradient { t: u32, norms: Vec<f32>, loss: f32 },
    /// The oracle's answer: number of non-zeros of the vertex and gap, per layer.
    Oracle { t: u32, nonzeros: Vec<u32>, gap: Vec<f32> },
    /// The move: γ and gauge after it, per layer.
    Move { t: u32, gamma: Vec<f32>, gauge: Vec<f32> },
}

/// Why the state is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    None,
    User,
    /// The planned number of steps is done.
    Steps,
    /// A problem paused it; see [`Event::Problem`].
    Problem,
}

/// How fast and how much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Meter {
    /// Median milliseconds of the last steps of both runs together.
    pub ms_per_step: f32,
    pub images_per_second: f32,
    /// Per-image gradient evaluations since t = 0, both runs, measurements excluded.
    pub gradient_evaluations: f64,
    /// Median milliseconds of one attack call (all images, one attack).
    pub ms_per_call: f32,
}

/// The state of a race of attacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttackNow {
    /// Gradient calls done, 0 ..= budget.
    pub call: u32,
    pub budget: u32,
    pub running: bool,
    pub shape: [u32; 3],
    pub classes: u32,
    /// ε in units of 1/255, whatever the norm.
    pub epsilon: f64,
    /// The norm of the ball, and its exponent where it is Lp.
    pub norm: NormId,
    pub p: f64,
    /// Image numbers in the test split.
    pub images: Vec<u32>,
    pub labels: Vec<u8>,
    /// Clean images, planar 8 bits; sent with call 0 only (else empty).
    pub clean: Vec<u8>,
    /// `images × classes`, on the clean images.
    pub clean_probabilities: Vec<f32>,
    /// Iterations at which step sizes may be halved.
    pub checkpoints: Vec<u32>,
    pub attacks: Vec<AttackState>,
    /// The image shown large.
    pub focus: u32,
    /// Largest difference between two answers to the same clean images: 0 unless the network throws dice.
    #[serde(default)]
    pub unsteady: f32,
    /// The class that the network is to say; any wrong one if there is none.
    #[serde(default)]
    pub target: Option<u8>,
}

/// One attack in the race.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttackState {
    /// Key in the table of attacks.
    pub key: String,
    /// For each call so far (0 ..= call): the best loss of the focused image.
    pub best_loss: Vec<f32>,
    /// Mean best loss over the images that were right at first.
    pub mean_best_loss: Vec<f32>,
    /// Frank–Wolfe gap of the focused image at each call; empty if the method has none.
    pub gap: Vec<f32>,
    /// Where the oracle of ball ∩ box is not exact ([`NormId::oracle`]): how much of what the ball alone would gain its
    /// answer keeps at each call, at most 1; else empty. The gap is then an upper bound.
    #[serde(default)]
    pub kept: Vec<f32>,
    /// Step size (γ or η in units of ε) of the focused image at each call.
    pub step_size: Vec<f32>,
    /// Calls after which the focused image's step size was halved.
    pub halvings: Vec<u32>,
    /// Adversarial images, 8 bits, rounded so that they stay inside the ball; these are what is re-evaluated.
    pub adversarial: Vec<u8>,
    /// `images × classes`, evaluated on the 8-bit images.
    pub probabilities: Vec<f32>,
    /// Largest change of each image in units of 1/255, measured on the 8-bit image.
    pub linf: Vec<f32>,
    /// Change of each image in the norm of the ball, in units of 1/255, measured on the 8-bit image; at most ε.
    pub distance: Vec<f32>,
    /// For an attack that looks for the smallest change: its L2 length in units of [0, 1] before rounding, however
    /// large, per image; NaN where none was found. Empty for the other attacks.
    pub nearest: Vec<f32>,
    /// The loss it raises, in whose units `best_loss` and `mean_best_loss` are.
    pub loss: LossId,
    /// Broken before rounding, per image (0 or 1): with `probabilities` it tells what was lost in 8 bits.
    pub broken_before_rounding: Vec<u8>,
    /// Share of images right at first and still right after the attack, of all images.
    pub robust_accuracy: f32,
    /// For each call so far: share of the images right at first that were broken by then, before rounding; NaN if none
    /// was right.
    #[serde(default)]
    pub success: Vec<f32>,
    /// Images right at first whose loss had a gradient of exactly 0 where the attack began.
    #[serde(default)]
    pub zero_gradients: u32,
}

/// The focused image after an earlier gradient call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttackMoment {
    pub call: u32,
    /// Number of the image in the grid.
    pub image: u32,
    /// An entry an attack, in the order of the race; without those whose point was not kept.
    pub lanes: Vec<LaneMoment>,
}

/// Where an attack was then: its present point, not the best so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaneMoment {
    /// Key in the table of attacks.
    pub key: String,
    /// The point in 8 bits, inside the ball, planar.
    pub pixels: Vec<u8>,
    /// By class, on the 8-bit image.
    pub probabilities: Vec<f32>,
    /// Change in the norm of the ball, in units of 1/255, measured on the 8-bit image.
    pub distance: f32,
}

/// The point that an attack hands in, x = x₀ + Σ wₖ(vₖ − x₀): what it is made of, heaviest first. Everything that is
/// judged here is judged in 8 bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtomsNow {
    /// Number of this answer, 1, 2, … within a race.
    pub serial: u32,
    /// The attack: its place in the race, and its key.
    pub lane: u32,
    pub key: String,
    /// Number of the image in the grid.
    pub image: u32,
    /// Gradient calls done.
    pub call: u32,
    pub state: AtomsState,
    pub kind: AtomKind,
    pub shape: [u32; 3],
    pub label: u8,
    /// w₀, the weight of the clean image.
    pub clean_weight: f32,
    /// How many atoms there are, and how many of the heaviest carry 90 % of the weight of all.
    pub distinct: u32,
    pub carry: u32,
    /// Largest difference of a pixel between the point and the sum of its atoms, in [0, 1] units before rounding.
    pub difference: f32,
    pub atoms: Vec<AtomRow>,
    /// Probability of the true class, and the network's answer, with only the k heaviest, k = 0 ..= number of atoms.
    pub kept: Vec<f32>,
    pub kept_answer: Vec<u8>,
    /// The same without the k heaviest, k = 1 ..= number of atoms.
    pub removed: Vec<f32>,
    pub removed_answer: Vec<u8>,
    /// Logit of the true class minus the largest other one: with all atoms, and of the clean image.
    pub margin: f32,
    pub clean_margin: f32,
}

/// Whether there is anything to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AtomsState {
    Here,
    /// The attack asks no oracle, so its image is no convex combination.
    NoOracle,
    /// The race is so large that only the moves of the image that was focused at its start are known.
    NotKept,
}

impl AtomsState {
    /// Text key `atoms.none.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::NoOracle => "no_oracle",
            Self::NotKept => "not_kept",
        }
    }
}

/// What the atoms are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AtomKind {
    /// The oracle's answers, identical ones together.
    Vertices,
    /// Pixels with all their colours: the vertices of the L1 ball.
    Pixels,
}

impl AtomKind {
    /// Last part of its text keys.
    pub fn key(self) -> &'static str {
        match self {
            Self::Vertices => "vertices",
            Self::Pixels => "pixels",
        }
    }
}

/// One atom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtomRow {
    /// w, its share of the convex combination.
    pub weight: f32,
    /// The first gradient call that went towards it, and how many did.
    pub first_call: u32,
    pub calls: u32,
    /// More than 1: the lightest atoms together.
    pub members: u32,
    /// v − x₀, or what a pixel adds: the mean over its colours, as signed bytes; ±127 is its largest entry.
    pub tile: Vec<u8>,
    /// That entry in units of 1/255.
    pub largest: f32,
    /// How much the margin rises if it is taken away, and by how much it moves if the clean image gets it alone.
    pub without: f32,
    pub alone: f32,
    /// The network's answer without it.
    pub answer_without: u8,
}

/// The image with some of its atoms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtomsSum {
    /// Of the [`AtomsNow`] it belongs to.
    pub serial: u32,
    pub on: Vec<bool>,
    /// 8 bits, planar, inside the ball.
    pub pixels: Vec<u8>,
    pub probabilities: Vec<f32>,
    pub true_probability: f32,
    pub margin: f32,
}

/// Which plane of images is to be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapSpec {
    /// Keys of the attacks whose images span it together with the clean one. An attack that is not in the race stands
    /// for a seeded direction.
    pub attacks: [String; 2],
}

/// A plane of images and the network's answers on it. A point (a, b) is the image x0 + a·u + b·v with u and v
/// orthonormal, so lengths are L2 lengths of changes in units of [0, 1]; the clean image x0 is (0, 0).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapNow {
    pub spec: MapSpec,
    /// Whether an axis is a seeded direction: there is no image for it, or one too near the line of the first.
    pub seeded: [bool; 2],
    /// Gradient calls the race had done.
    pub call: u32,
    /// Number of the image in the grid, and its class.
    pub image: u32,
    pub label: u8,
    /// The square that is shown: its middle, and half its side.
    pub centre: [f32; 2],
    pub half: f32,
    /// Points done, and how many there will be.
    pub done: u32,
    pub of: u32,
    /// `side` × `side` answers, row by row from the top (the largest b): a class, [`MapNow::NO_IMAGE`] or
    /// [`MapNow::UNKNOWN`]. While it is refined, a coarse answer stands for all cells round it.
    pub side: u32,
    pub classes: Vec<u8>,
    /// Probability of that class, 255 = 1.
    pub confidence: Vec<u8>,
    /// Where the plane meets ball ∩ box, a convex polygon; empty for ε = 0 and for the Wasserstein ball.
    pub ball: Vec<[f32; 2]>,
    /// Where it meets the box [0, 1]ⁿ, as far as that is shown.
    pub image_box: Vec<[f32; 2]>,
    /// An entry an attack of the race, in its order.
    pub paths: Vec<MapPath>,
}

impl MapNow {
    /// Some value lies outside [0, 1].
    pub const NO_IMAGE: u8 = u8::MAX;
    /// Not measured yet.
    pub const UNKNOWN: u8 = u8::MAX - 1;
}

/// An attack's way as its shadow on the plane: the nearest points of the plane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapPath {
    /// Key in the table of attacks.
    pub key: String,
    /// Gradient call of the first point: not 0 if the image was looked at only later.
    pub first: u32,
    pub points: Vec<[f32; 2]>,
    /// How far (L2) each point is from its shadow.
    pub away: Vec<f32>,
    /// The 8-bit image that the attack hands in.
    pub result: [f32; 2],
    pub result_away: f32,
}

/// The image at a point of the plane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapProbe {
    /// The point as it was asked for.
    pub at: [f32; 2],
    /// Length of the change in the norm of the ball, in units of 1/255; NaN for the Wasserstein ball.
    pub distance: f32,
    /// Whether that is at most ε, and the point an image.
    pub in_ball: bool,
    /// By class, at the point itself, as on the map; empty if it is no image, like all that follows.
    pub exact: Vec<f32>,
    /// The image in 8 bits, planar; in the ball if the point is.
    pub pixels: Vec<u8>,
    /// By class, on the 8-bit image.
    pub probabilities: Vec<f32>,
}

/// Fixed numbers that every device must reproduce.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    pub logits: Vec<f32>,
    pub loss: f32,
    /// Gradient of the weights, all tensors, without asking for the images' gradient.
    pub weight_gradient: Vec<f32>,
    /// The same, with the images' gradient asked for as well.
    pub weight_gradient_with_input: Vec<f32>,
    pub input_gradient: Vec<f32>,
}

/// A bundled network: a row of `models/manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Its name in URLs.
    pub name: String,
    /// Its file beside the manifest.
    pub file: String,
    pub title: String,
    pub data: DataId,
    /// On all shipped test images, 0 to 1.
    pub test_accuracy: f32,
    /// The exact command that made it.
    pub command: String,
}

/// What went wrong, in words for the user, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    /// A full sentence; English, technical.
    pub detail: String,
    /// The same for other languages, where there is a text.
    #[serde(default)]
    pub told: Option<Told>,
}

/// Kinds of problems; text key `problem.<key>` says what happened and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProblemKind {
    NoAdapter,
    DeviceLost,
    EngineCrashed,
    OutOfMemory,
    NotFinite,
    BadFile,
    BadMessage,
    MissingData,
    DevicesDisagree,
}

impl ProblemKind {
    /// Its text key below `problem.`.
    pub fn key(self) -> &'static str {
        match self {
            Self::NoAdapter => "no_adapter",
            Self::DeviceLost => "device_lost",
            Self::EngineCrashed => "engine_crashed",
            Self::OutOfMemory => "out_of_memory",
            Self::NotFinite => "not_finite",
            Self::BadFile => "bad_file",
            Self::BadMessage => "bad_message",
            Self::MissingData => "missing_data",
            Self::DevicesDisagree => "devices_disagree",
        }
    }
}
