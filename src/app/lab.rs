//! What the page knows: one struct of signals, created once, read everywhere by [`use_lab`].
//!
//! Writing goes two ways only: the user's controls write `experiment`, `attack_spec`, `plane_query`, `page`, …;
//! the engine's events are folded in by [`super::engine_link`].

use leptos::prelude::*;

use super::text::{Language, Texts};
pub use crate::session::ModelCard;
use crate::session::params::Note;
use crate::session::*;

/// The pages, each with its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    Geometry,
    Theory,
    Methods,
    Train,
    Attack,
}

impl Page {
    pub const ALL: [Self; 5] = [Self::Geometry, Self::Theory, Self::Methods, Self::Train, Self::Attack];

    /// URL segment (`#/train?…`), text key (`page.train.name`, `.question`, `.lead`) and `data-ready` value.
    pub fn key(self) -> &'static str {
        match self {
            Self::Geometry => "geometry",
            Self::Theory => "theory",
            Self::Methods => "methods",
            Self::Train => "train",
            Self::Attack => "attack",
        }
    }
}

/// What the user asked for: which device computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// CPU first; the GPU once it is warm, agrees, and is measured to be faster.
    Auto,
    Cpu,
    Gpu,
}

/// How far an engine is.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineState {
    /// Not asked for yet, or not possible (`reason` is a text key).
    Absent {
        reason: &'static str,
    },
    /// Being fetched: bytes so far and in all.
    Loading {
        loaded: u64,
        total: u64,
    },
    /// Up; GPU: compiling shaders and being measured.
    Warming,
    Ready,
    Failed {
        message: String,
    },
}

/// What is known of the two engines and why one was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Devices {
    pub cpu: EngineState,
    pub gpu: EngineState,
    /// Which one computes now.
    pub active: Option<DeviceKind>,
    /// Name of the GPU adapter, if any.
    pub adapter: String,
    /// Measured median ms per bare training step.
    pub cpu_ms: Option<f32>,
    pub gpu_ms: Option<f32>,
    /// Largest relative difference between the two engines' probes.
    pub disagreement: Option<f32>,
    /// Text key of the sentence that says why `active` was chosen.
    pub reason: &'static str,
}

/// How much of a data set has arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct DataState {
    pub id: DataId,
    pub classes: Vec<String>,
    pub shape: [u32; 3],
    pub train: u32,
    pub train_total: u32,
    pub test: u32,
    pub test_total: u32,
    /// Bytes fetched and expected.
    pub bytes: u64,
    pub bytes_total: u64,
}

/// Everything measured of one training run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunLog {
    pub layers: Vec<LayerInfo>,
    /// Every step since t = 0 (rows after a seek replace what followed).
    pub steps: Vec<StepRow>,
    pub evaluations: Vec<Evaluation>,
    pub layers_now: Option<LayersNow>,
    pub samples: Option<Samples>,
}

/// Everything the Train page shows.
#[derive(Clone, Copy)]
pub struct TrainState {
    pub a: RwSignal<RunLog>,
    pub b: RwSignal<RunLog>,
    pub t: RwSignal<u32>,
    pub running: RwSignal<bool>,
    pub reason: RwSignal<StopReason>,
    pub snapshots: RwSignal<Vec<u32>>,
    pub sub_step: RwSignal<Option<SubStep>>,
    pub meter: RwSignal<Option<Meter>>,
    /// The theorems' constants along run A, once they are asked for.
    pub constants: RwSignal<Option<ConstantsNow>>,
    pub parameters: RwSignal<u32>,
    pub train_images: RwSignal<u32>,
}

/// [`AttackPageState::gain`] and [`AttackPageState::swipe`] at first.
pub const USUAL_GAIN: &str = "fit";
pub const USUAL_SWIPE: f64 = 18.0;

/// Everything the Attack page shows.
#[derive(Clone, Copy)]
pub struct AttackPageState {
    pub now: RwSignal<Option<AttackNow>>,
    /// Clean images of the present race (kept, since later messages leave them out).
    pub clean: RwSignal<Vec<u8>>,
    /// The image at an earlier call, while one looks back.
    pub moment: RwSignal<Option<AttackMoment>>,
    /// Key of the attack whose result is shown large; another one takes its place if it is not in the race.
    pub shown: RwSignal<String>,
    /// How much the change is enlarged: `fit`, or a factor; whether its colours stand apart.
    pub gain: RwSignal<String>,
    pub apart: RwSignal<bool>,
    /// Percent of the attacked picture, from the left, that show the clean one.
    pub swipe: RwSignal<f64>,
    /// Whether the race shows means as well.
    pub mean: RwSignal<bool>,
    pub models: RwSignal<Vec<ModelCard>>,
    /// The network of the user's own, once its file is open.
    pub network: RwSignal<Option<NetworkCard>>,
    /// What the image that is looked at is made of, once that was asked for, and it with some of its atoms.
    pub atoms: RwSignal<Option<AtomsNow>>,
    pub atoms_sum: RwSignal<Option<AtomsSum>>,
    /// Names of networks that are wanted beside the one that is attacked, with the test images of their data.
    pub wanted: RwSignal<Vec<String>>,
    /// What has been counted for the robustness curve, and for the comparison.
    pub curve: RwSignal<SurveyResults>,
    pub comparison: RwSignal<SurveyResults>,
    /// The count that waits for the other one to be done or to rest.
    pub queued: RwSignal<Option<SurveySpec>>,
    /// The decision map, once it is asked for, and what stands at its probe.
    pub map: RwSignal<Option<MapNow>>,
    pub probe: RwSignal<Option<MapProbe>>,
}

/// A message to the user: status line, polite.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub text: String,
    /// A problem stays until dismissed, a notice fades.
    pub problem: bool,
}

/// The whole state of the page. `Copy`: pass it anywhere.
#[derive(Clone, Copy)]
pub struct Lab {
    pub page: RwSignal<Page>,
    /// The language that is wanted; the texts on screen may still be on their way.
    pub language: RwSignal<Language>,
    pub texts: RwSignal<Texts>,
    /// `None` = as the system.
    pub dark: RwSignal<Option<bool>>,
    /// Stage mode: bigger, controls hidden.
    pub present: RwSignal<bool>,
    pub messages: RwSignal<Vec<Message>>,
    pub device_choice: RwSignal<DeviceChoice>,
    pub devices: RwSignal<Devices>,
    pub data: RwSignal<Option<DataState>>,
    /// Steps per second wanted: 0 = as fast as possible.
    pub speed: RwSignal<f32>,
    pub experiment: RwSignal<Experiment>,
    pub attack_spec: RwSignal<AttackSpec>,
    /// The geometry page's own `key=value` pairs (its table is in `pages::geometry`).
    pub plane_query: RwSignal<Vec<(String, String)>>,
    /// What was timed last ([`Event::Cost`]): set, side, whether its oracle, milliseconds.
    pub cost: RwSignal<Option<(String, u32, bool, f64)>>,
    /// The theory page's own pairs (its table is in `pages::theory`).
    pub theory_query: RwSignal<Vec<(String, String)>>,
    /// The methods page's own pairs (its table is in `pages::methods`).
    pub methods_query: RwSignal<Vec<(String, String)>>,
    /// Notes of the last URL or file: adjusted or refused values.
    pub notes: RwSignal<Vec<Note>>,
    pub train: TrainState,
    pub attack: AttackPageState,
    /// Sends a command to the active engine; queued until one is ready.
    pub send: Callback<Command>,
    /// What the transport's buttons do on the geometry page (set by it while mounted).
    pub plane_transport: RwSignal<Option<PlaneTransport>>,
}

/// The geometry page's handlers for the shared transport bar, and what it shows there.
#[derive(Clone, Copy)]
pub struct PlaneTransport {
    pub playing: Signal<bool>,
    pub t: Signal<u32>,
    pub total: Signal<u32>,
    /// Text beside the clock, such as “gap, step 3 of 4”.
    pub note: Signal<String>,
    pub ms_per_step: Signal<f64>,
    pub play: Callback<()>,
    pub step: Callback<()>,
    pub reset: Callback<()>,
    pub seek: Callback<u32>,
}

/// The lab of this page.
pub fn use_lab() -> Lab {
    expect_context::<Lab>()
}

impl Lab {
    /// Says something to the user.
    pub fn say(&self, text: String) {
        self.messages.update(|messages| messages.push(Message { text, problem: false }));
    }

    /// Reports a problem to the user; it stays until dismissed.
    pub fn report(&self, text: String) {
        self.messages.update(|messages| {
            messages.retain(|message| message.text != text);
            messages.push(Message { text, problem: true });
        });
    }

    /// What has been counted for a figure.
    pub fn survey(&self, id: SurveyId) -> RwSignal<SurveyResults> {
        match id {
            SurveyId::Curve => self.attack.curve,
            SurveyId::Comparison => self.attack.comparison,
        }
    }

    /// The run log of A or B.
    pub fn log(&self, run: RunId) -> RwSignal<RunLog> {
        match run {
            RunId::A => self.train.a,
            RunId::B => self.train.b,
        }
    }
}
