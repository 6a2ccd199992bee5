//! What the figures of the Train page share: which run, image and layer is looked at, how the runs are named
//! and coloured, how large a plot may be, and what to say while nothing has arrived.

use leptos::ev;
use leptos::prelude::*;

use crate::app::figure::axes::Axis;
use crate::app::figure::chart::Course;
use crate::app::lab::{EngineState, Lab, RunLog};
use crate::app::{tr, tr_with, use_lab};
use crate::plot::fixed;
use crate::session::{DataId, LayerInfo, RunId, RunSpec};

/// Identifies what a run's log holds without comparing it: equal stamps, equal curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    steps: usize,
    last: u32,
    loss: u32,
    evaluations: usize,
}

/// How a run appears: its letter, its colour family and its name beside a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub run: RunId,
    /// `fw`, `pg`, `sgd`; the hue.
    pub family: &'static str,
    /// Classes of a line: the family, and `alt` where A and B share a family.
    pub class: String,
    /// Marker drawn hollow, for the same reason.
    pub alt: bool,
    pub name: String,
    /// Whether its method stays inside the sets by construction.
    pub feasible: bool,
}

/// Size of the viewport in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    pub width: f64,
    pub height: f64,
}

/// Signals shared by the figures. `Copy`: pass it anywhere.
#[derive(Clone, Copy)]
pub struct Bench {
    pub lab: Lab,
    /// The run whose filters and answers are shown.
    pub shown: RwSignal<RunId>,
    /// The test image shown large.
    pub sample: RwSignal<usize>,
    /// The layer whose weights are sorted.
    pub layer: RwSignal<usize>,
    /// The layer whose set is being edited.
    pub editing: RwSignal<Option<usize>>,
    /// A, and B if there is one.
    pub looks: Memo<Vec<Look>>,
    pub stamps: [Memo<Stamp>; 2],
    /// Changes when new weights to look at have come: step and first gauge, per run.
    weights: [Memo<Option<(u32, u32)>>; 2],
    /// The layers as configured for run A and B; empty until the engine said so.
    pub layers: [Memo<Vec<LayerInfo>>; 2],
    /// Names of the layers of the chosen network, known before the engine is up.
    pub names: Memo<&'static [&'static str]>,
    /// Planned steps T, the right end of every time axis.
    pub total: Memo<u32>,
    /// What is being waited for; empty once there is something to draw.
    pub waiting: Memo<String>,
    pub viewport: RwSignal<Viewport>,
    /// Text and margins grow with the root size in stage mode: 1 or 1.125.
    pub unit: Memo<f64>,
}

impl Bench {
    /// Creates the signals; call once, inside the page.
    pub fn open() -> Self {
        let lab = use_lab();
        let viewport = RwSignal::new(measure());
        let resize = window_event_listener(ev::resize, move |_| viewport.set(measure()));
        on_cleanup(move || resize.remove());
        let looks = Memo::new(move |_| lab.experiment.with(|experiment| looks(&experiment.a, experiment.b.as_ref())));
        let bench = Self {
            lab,
            shown: RwSignal::new(RunId::A),
            sample: RwSignal::new(0),
            layer: RwSignal::new(0),
            editing: RwSignal::new(None),
            looks,
            stamps: [stamp(lab.train.a), stamp(lab.train.b)],
            weights: [weights(lab.train.a), weights(lab.train.b)],
            layers: [layers(lab.train.a), layers(lab.train.b)],
            names: Memo::new(move |_| lab.experiment.with(|experiment| experiment.network.layers())),
            total: Memo::new(move |_| lab.experiment.with(|experiment| experiment.steps.max(10))),
            waiting: Memo::new(move |_| waiting(&lab)),
            viewport,
            unit: Memo::new(move |_| if lab.present.get() { 1.125 } else { 1.0 }),
        };
        // Without an opponent there is nothing of B to look at.
        Effect::new(move |_| {
            if looks.with(|looks| looks.len()) < 2 {
                bench.shown.set(RunId::A);
            }
        });
        bench
    }

    /// What a plot over the steps runs along.
    pub fn course(&self) -> Course {
        let bench = *self;
        Course {
            axis: Axis::Steps,
            total: self.total.into(),
            last: Signal::derive(move || {
                bench.track(RunId::A);
                bench.lab.train.t.get()
            }),
            cursor: RwSignal::new(None),
            waiting: self.waiting.into(),
            unit: self.unit.into(),
        }
    }

    /// The log of a run.
    pub fn log(&self, run: RunId) -> RwSignal<RunLog> {
        self.lab.log(run)
    }

    /// Tracks what a run's curves depend on, without looking at them.
    pub fn track(&self, run: RunId) {
        match (run, &self.stamps) {
            (RunId::A, [a, _]) => a.with(|_| ()),
            (RunId::B, [_, b]) => b.with(|_| ()),
        }
    }

    /// Tracks what pictures of a run's weights depend on; they are too large to be looked at with every message.
    pub fn track_weights(&self, run: RunId) {
        match (run, &self.weights) {
            (RunId::A, [a, _]) => a.with(|_| ()),
            (RunId::B, [_, b]) => b.with(|_| ()),
        }
    }

    /// The layers of a run.
    pub fn layers_of(&self, run: RunId) -> Memo<Vec<LayerInfo>> {
        match (run, self.layers) {
            (RunId::A, [a, _]) => a,
            (RunId::B, [_, b]) => b,
        }
    }

    /// Whether colours are drawn for dark paper.
    pub fn dark(&self) -> bool {
        self.lab.dark.get().unwrap_or_else(|| {
            let query = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
            query.is_some_and(|query| query.matches())
        })
    }

    /// The look of a run, if it takes part.
    pub fn look(&self, run: RunId) -> Option<Look> {
        self.looks.with(|looks| looks.iter().find(|look| look.run == run).cloned())
    }

    /// Height of a plot in pixels, so that the page fills the window and never needs to scroll at 1280 × 720.
    pub fn plot_height(&self) -> f64 {
        let Viewport { width, height } = self.viewport.get();
        let stage = if self.lab.present.get() { 40.0 } else { 0.0 };
        if width < 960.0 { 230.0 } else { (166.0 + stage + 0.7 * (height - 720.0)).clamp(150.0, 300.0) }
    }
}

fn measure() -> Viewport {
    let size = |value: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>, usual: f64| {
        value.ok().and_then(|value| value.as_f64()).unwrap_or(usual)
    };
    Viewport { width: size(window().inner_width(), 1280.0), height: size(window().inner_height(), 720.0) }
}

fn stamp(log: RwSignal<RunLog>) -> Memo<Stamp> {
    Memo::new(move |_| {
        log.with(|log| Stamp {
            steps: log.steps.len(),
            last: log.steps.last().map_or(0, |row| row.t),
            loss: log.steps.last().map_or(0, |row| row.loss.to_bits()),
            evaluations: log.evaluations.len(),
        })
    })
}

fn weights(log: RwSignal<RunLog>) -> Memo<Option<(u32, u32)>> {
    Memo::new(move |_| {
        let mark = |gauge: &[f32]| gauge.first().map_or(0, |gauge| gauge.to_bits());
        log.with(|log| log.layers_now.as_ref().map(|now| (now.t, mark(&now.gauge))))
    })
}

fn layers(log: RwSignal<RunLog>) -> Memo<Vec<LayerInfo>> {
    Memo::new(move |_| log.with(|log| log.layers.clone()))
}

fn looks(a: &RunSpec, b: Option<&RunSpec>) -> Vec<Look> {
    let same = b.is_some_and(|b| b.method == a.method);
    let same_family = b.is_some_and(|b| b.method.entry().family == a.method.entry().family);
    let one = |run: RunId, spec: &RunSpec| {
        let entry = spec.method.entry();
        let short = tr(&format!("train.short.{}", entry.key));
        let letter = if run == RunId::A { "A" } else { "B" };
        let alt = same_family && run == RunId::B;
        Look {
            run,
            family: entry.family,
            class: if alt { format!("{} alt", entry.family) } else { entry.family.into() },
            alt,
            name: if same { format!("{letter} {short}") } else { short },
            feasible: entry.feasible,
        }
    };
    std::iter::once(one(RunId::A, a)).chain(b.map(|b| one(RunId::B, b))).collect()
}

/// What keeps the first picture from being drawn, in one short sentence.
fn waiting(lab: &Lab) -> String {
    if lab.train.a.with(|log| !log.steps.is_empty() || !log.evaluations.is_empty()) {
        return String::new();
    }
    let engine = lab.devices.with(|devices| {
        if devices.active.is_some() {
            return None;
        }
        Some(match &devices.cpu {
            EngineState::Loading { loaded, total } => tr_with("train.wait.engine", &[("p", percent(*loaded, *total))]),
            EngineState::Failed { message } => message.clone(),
            EngineState::Absent { .. } | EngineState::Warming | EngineState::Ready => tr("train.wait.start"),
        })
    });
    if let Some(text) = engine {
        return text;
    }
    let own = lab.experiment.with(|experiment| experiment.data == DataId::Own);
    let images = lab.data.with(|data| match data {
        Some(data) if data.train > 0 => None,
        Some(data) => Some(tr_with("train.wait.images", &[("p", percent(data.bytes, data.bytes_total))])),
        None if own => Some(tr("train.wait.own")),
        None => Some(tr_with("train.wait.images", &[("p", "0".into())])),
    });
    if let Some(text) = images {
        return text;
    }
    if lab.train.running.get() { tr("train.wait.first") } else { tr("train.wait.play") }
}

fn percent(part: u64, whole: u64) -> String {
    fixed(if whole == 0 { 0.0 } else { (100.0 * part as f64 / whole as f64).min(100.0) }, 0)
}

/// A layer's name as it is written on the page: `conv 1`, `linear`.
pub fn layer_name(name: &str) -> String {
    match name.strip_prefix("conv") {
        Some(number) => format!("{} {number}", tr("train.layer.conv")),
        None => tr("train.layer.linear"),
    }
}

/// Sum over layers; NaN if one of them has no value, or if there are none.
pub fn total(values: &[f32]) -> f64 {
    if values.is_empty() { f64::NAN } else { values.iter().map(|value| f64::from(*value)).sum() }
}

/// `t = 120`, the beginning of every reading.
pub fn reading_head(t: u32) -> String {
    format!("{} = {}", tr("train.t"), crate::plot::integer(u64::from(t)))
}
