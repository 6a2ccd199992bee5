//! What the figures of the Attack page share: which image and which attack are looked at, what became of each image,
//! how classes and attacks are named and coloured, and what to say while nothing has arrived.

use leptos::ev;
use leptos::prelude::*;

use super::change::{self, Shape};
use super::entry::{self, Left};
use super::outcome::{self, Verdicts};
use crate::app::figure::axes::Axis;
use crate::app::figure::chart::Course;
use crate::app::lab::EngineState;
use crate::app::text;
use crate::app::{Lab, tr, tr_with, use_lab, wording, wording_with};
use crate::plot::fixed;
use crate::session::{
    AttackNow, AttackSpec, AttackState, DataId, LaneMoment, LossId, NetworkCard, NormId, RunId, Victim,
};

/// The attacks the engine knows, in menu order: key and colour family. Names and notes are texts,
/// `attack.<key>.name` and `attack.<key>.note`.
pub use crate::session::ATTACK_KEYS as ATTACKS;

/// What Auto-FW is called in keys: the attack that is looked at first.
pub const AUTO_FW: &str = "auto-fw";

/// Whether an attack halves its step when it stalls; the others keep theirs, or shrink it by plan.
pub fn halves(key: &str) -> bool {
    matches!(key, "auto-fw" | "apgd")
}

/// The name of an attack.
pub fn attack_name(key: &str) -> String {
    tr(&format!("attack.{key}.name"))
}

/// A name short enough for the end of a curve.
pub fn short_name(key: &str) -> String {
    tr(&format!("attack.{key}.short"))
}

/// The name of a loss.
pub fn loss_name(loss: LossId) -> String {
    let key = LossId::ALL.iter().find(|(known, _)| *known == loss).map_or("", |row| row.1);
    tr(&format!("attack_loss.{key}"))
}

/// The name of a norm; an Lp norm is called by its exponent.
pub fn norm_name((norm, p): (NormId, f64)) -> String {
    if norm == NormId::Lp { format!("L{p}") } else { tr(&format!("norm.{}", norm.key())) }
}

/// URL key of the ε of a norm.
pub fn epsilon_key(norm: NormId) -> &'static str {
    match norm {
        NormId::Linf => "eps",
        NormId::L2 => "eps2",
        NormId::L1 => "eps1",
        NormId::Lp => "epsp",
        NormId::Nuclear => "epsn",
        NormId::Wasserstein => "epsw",
    }
}

/// A length that came in units of 1/255, in the unit of the norm's ε: 1/255 for L∞, else the range of a pixel.
pub fn in_unit(norm: NormId, levels: f64) -> f64 {
    if norm == NormId::Linf { levels } else { levels / 255.0 }
}

/// A length in units of 1/255 as the norm's ε is written: `4/255`, or a number.
pub fn amount(norm: NormId, levels: f64) -> String {
    if norm == NormId::Linf {
        return of_255(levels);
    }
    let length = in_unit(norm, levels);
    if length.is_finite() { fixed(length, if length < 10.0 { 3 } else { 2 }) } else { "–".into() }
}

/// The same with the norm's name where it is not L∞: `0.498 (L2)`.
pub fn size((norm, p): (NormId, f64), levels: f64) -> String {
    let amount = amount(norm, levels);
    if norm == NormId::Linf { amount } else { format!("{amount} ({})", norm_name((norm, p))) }
}

/// A change as it is written here: `4/255`, whole levels without decimals.
pub fn of_255(levels: f64) -> String {
    if !levels.is_finite() {
        return "–".into();
    }
    let decimals = if (levels - levels.round()).abs() < 1e-6 { 0 } else { 2 };
    format!("{}/255", fixed(levels, decimals))
}

/// Whole percent with its sign.
pub fn percent(value: f64) -> String {
    format!("{} %", fixed(value, 0))
}

/// Signals shared by the figures. `Copy`: pass it anywhere.
#[derive(Clone, Copy)]
pub struct Desk {
    pub lab: Lab,
    /// Key of the attack whose result is shown large; another one takes its place if it is not in the race.
    pub chosen: RwSignal<String>,
    /// The call whose values are being read from the curves.
    pub cursor: RwSignal<Option<u32>>,
    /// The quantity that a pressed formula holds on to.
    pub pinned: RwSignal<Option<&'static str>>,
    /// Name of the picture of the user's own.
    pub own: RwSignal<Option<String>>,
    /// Keys of the attacks in the race.
    pub racing: Memo<Vec<String>>,
    /// The key of the attack shown.
    pub shown: Memo<String>,
    /// The image shown large.
    pub focus: Memo<usize>,
    /// Shape of the images; a usual one until the first have arrived.
    pub shape: Memo<Shape>,
    pub verdicts: Memo<Verdicts>,
    /// Names of the classes, if their data set is known.
    pub classes: Memo<Vec<String>>,
    /// Planar pixels of the image shown: clean, and attacked in 8 bits. Empty until they arrive.
    pub clean: Memo<Vec<u8>>,
    pub attacked: Memo<Vec<u8>>,
    /// Attacked minus clean in levels.
    pub levels: Memo<Vec<f32>>,
    /// Planned calls, the right end of the axes.
    pub budget: Memo<u32>,
    /// What is being waited for; empty once there is something to draw.
    pub waiting: Memo<String>,
    /// Size of the window in CSS pixels.
    pub window: RwSignal<(f64, f64)>,
    /// Text and margins grow with the root size in stage mode: 1 or 1.125.
    pub unit: Memo<f64>,
}

impl Desk {
    /// Creates the signals; call once, inside the page.
    pub fn open() -> Self {
        let lab = use_lab();
        let now = lab.attack.now;
        let window = RwSignal::new(window_size());
        let resize = window_event_listener(ev::resize, move |_| window.set(window_size()));
        on_cleanup(move || resize.remove());

        let classes = Memo::new(move |_| class_names(&lab));
        Effect::new(move |_| {
            let spec = lab.attack_spec.get();
            let known = classes.with(|names| classes_of(&lab, names));
            // In time: the link waits a moment before it tells the engine.
            if let Some((fixed, left)) = entry::repaired(&spec, known) {
                say_left(lab, &spec, &left);
                lab.attack_spec.set(fixed);
            }
        });
        let chosen = lab.attack.shown;
        let racing = Memo::new(move |_| match now.with(|now| now.as_ref().map(keys)) {
            Some(keys) => keys,
            None => lab.attack_spec.with(|spec| spec.attacks.clone()),
        });
        let shown = Memo::new(move |_| {
            let chosen = chosen.get();
            racing.with(|keys| if keys.contains(&chosen) { chosen } else { keys.first().cloned().unwrap_or_default() })
        });
        let count = Memo::new(move |_| now.with(|now| now.as_ref().map_or(0, |now| now.images.len())));
        let focus = Memo::new(move |_| {
            let wanted = lab.attack_spec.with(|spec| spec.focus as usize);
            wanted.min(count.get().saturating_sub(1))
        });
        let shape = Memo::new(move |_| now.with(|now| now.as_ref().map_or([3, 32, 32], |now| now.shape)));
        let clean = Memo::new(move |_| {
            lab.attack.clean.with(|pixels| change::image_of(pixels, focus.get(), shape.get()).to_vec())
        });
        let attacked = Memo::new(move |_| {
            let (key, image, shape) = (shown.get(), focus.get(), shape.get());
            if let Some(lane) = past(&lab, image, &key) {
                return lane.pixels;
            }
            now.with(|now| {
                let state = now.as_ref().and_then(|now| state_of(now, &key));
                state.map(|state| change::image_of(&state.adversarial, image, shape).to_vec()).unwrap_or_default()
            })
        });
        let cursor = RwSignal::new(None);
        // The curves are read where one looks back to.
        Effect::new(move |_| cursor.set(lab.attack.moment.with(|moment| moment.as_ref().map(|moment| moment.call))));
        Self {
            lab,
            chosen,
            cursor,
            pinned: RwSignal::new(None),
            own: RwSignal::new(None),
            racing,
            shown,
            focus,
            shape,
            verdicts: Memo::new(move |_| now.with(|now| now.as_ref().map(outcome::judge).unwrap_or_default())),
            classes,
            clean,
            attacked,
            levels: Memo::new(move |_| clean.with(|clean| attacked.with(|attacked| change::levels(clean, attacked)))),
            budget: Memo::new(move |_| {
                let planned = || lab.attack_spec.with(|spec| spec.budget);
                now.with(|now| now.as_ref().map(|now| now.budget)).unwrap_or_else(planned).max(1)
            }),
            waiting: Memo::new(move |_| waiting(&lab)),
            window,
            unit: Memo::new(move |_| if lab.present.get() { 1.125 } else { 1.0 }),
        }
    }

    /// What a plot over the gradient calls runs along. The cursor is shared, so that curves above each other are read
    /// together.
    pub fn course(&self) -> Course {
        let desk = *self;
        Course {
            axis: Axis::Calls,
            total: self.budget.into(),
            last: Signal::derive(move || desk.race(|now| now.call).unwrap_or(0)),
            cursor: self.cursor,
            waiting: self.waiting.into(),
            unit: self.unit.into(),
        }
    }

    /// Reads the race, if there is one.
    pub fn race<T>(&self, read: impl FnOnce(&AttackNow) -> T) -> Option<T> {
        self.lab.attack.now.with(|now| now.as_ref().map(read))
    }

    /// Reads what one attack has done.
    pub fn attack<T>(&self, key: &str, read: impl FnOnce(&AttackNow, &AttackState) -> T) -> Option<T> {
        self.lab.attack.now.with(|now| {
            let now = now.as_ref()?;
            state_of(now, key).map(|state| read(now, state))
        })
    }

    /// The network's probabilities for the image shown: clean, and under the attack shown.
    pub fn probabilities(&self) -> (Vec<f32>, Vec<f32>) {
        let (key, image) = (self.shown.get(), self.focus.get());
        let then = self.then(&key);
        let row = |all: &[f32], classes: u32| {
            let classes = classes as usize;
            all.get(image * classes..(image + 1) * classes).map(<[f32]>::to_vec).unwrap_or_default()
        };
        self.race(|now| {
            let present = || state_of(now, &key).map(|state| row(&state.probabilities, now.classes));
            let after = then.map(|lane| lane.probabilities).or_else(present).unwrap_or_default();
            (row(&now.clean_probabilities, now.classes), after)
        })
        .unwrap_or_default()
    }

    /// Where an attack was on the image shown at the call that is looked back at; `None` at the present one.
    pub fn then(&self, key: &str) -> Option<LaneMoment> {
        past(&self.lab, self.focus.get(), key)
    }

    /// Which call is looked back at, in words; empty at the present one.
    pub fn looks_back(&self) -> String {
        let Some(call) = self.lab.attack.moment.with(|moment| moment.as_ref().map(|moment| moment.call)) else {
            return String::new();
        };
        let kept = self.then(&self.shown.get()).is_some();
        let values = [("t", call.to_string()), ("n", self.budget.get().to_string())];
        tr_with(if kept { "attack.then" } else { "attack.then_lost" }, &values)
    }

    /// Name of a class, or its number.
    pub fn class(&self, class: usize) -> String {
        let name = self.classes.with(|names| names.get(class).cloned());
        name.unwrap_or_else(|| tr_with("attack.class", &[("n", class.to_string())]))
    }

    /// ε of the race that is shown, in units of 1/255.
    pub fn epsilon(&self) -> f64 {
        self.race(|now| now.epsilon).unwrap_or_else(|| self.lab.attack_spec.with(|spec| spec.epsilon))
    }

    /// Norm of the race that is shown, with its exponent.
    pub fn norm(&self) -> (NormId, f64) {
        self.race(|now| (now.norm, now.p)).unwrap_or_else(|| self.lab.attack_spec.with(|spec| (spec.norm, spec.p)))
    }

    /// Change of the image shown under an attack, in the norm of the race and units of 1/255; NaN before there is one.
    pub fn distance(&self, key: &str) -> f64 {
        let image = self.focus.get();
        if let Some(lane) = self.then(key) {
            return f64::from(lane.distance);
        }
        let read = self.attack(key, |_, state| state.distance.get(image).map(|distance| f64::from(*distance)));
        read.flatten().unwrap_or(f64::NAN)
    }

    /// The attack whose step the formula strip shows: the first in the race that asks an oracle and so has a gap.
    pub fn leader(&self) -> String {
        let first = |now: &AttackNow| now.attacks.iter().find(|attack| !attack.gap.is_empty()).map(|a| a.key.clone());
        self.race(first).flatten().unwrap_or_else(|| AUTO_FW.into())
    }

    /// How many classes the network tells apart, if that is known.
    pub fn class_count(&self) -> Option<u32> {
        self.classes.with(|names| classes_of(&self.lab, names))
    }

    /// Changes the description of the attack; the engine is told by the link.
    pub fn change(&self, change: impl FnOnce(&mut AttackSpec)) {
        self.lab.attack_spec.update(change);
    }

    /// Shows another image large. The link tells the engine, whose curves follow; the pictures are here already.
    pub fn look_at(&self, image: usize) {
        if self.focus.get_untracked() != image {
            self.change(|spec| spec.focus = image as u32);
        }
    }

    /// Whether colours are drawn for dark paper.
    pub fn dark(&self) -> bool {
        self.lab.dark.get().unwrap_or_else(|| media("(prefers-color-scheme: dark)"))
    }

    /// Pixels by which the window is higher than the lowest screen that needs no scrolling.
    pub fn spare(&self) -> f64 {
        (self.window.get().1 - 720.0).clamp(0.0, 320.0)
    }

    /// Whether figures stand below each other.
    pub fn narrow(&self) -> bool {
        self.window.get().0 < 960.0
    }
}

fn past(lab: &Lab, image: usize, key: &str) -> Option<LaneMoment> {
    lab.attack.moment.with(|moment| {
        let moment = moment.as_ref().filter(|moment| moment.image as usize == image)?;
        moment.lanes.iter().find(|lane| lane.key == key).cloned()
    })
}

/// Whether a media query holds now.
pub fn media(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// One attack of the race.
pub fn state_of<'a>(now: &'a AttackNow, key: &str) -> Option<&'a AttackState> {
    now.attacks.iter().find(|attack| attack.key == key)
}

fn keys(now: &AttackNow) -> Vec<String> {
    now.attacks.iter().map(|attack| attack.key.clone()).collect()
}

fn window_size() -> (f64, f64) {
    let size = |value: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>, usual: f64| {
        value.ok().and_then(|value| value.as_f64()).unwrap_or(usual)
    };
    (size(window().inner_width(), 1280.0), size(window().inner_height(), 720.0))
}

/// The data set whose classes the network knows; `None` for a bundled network whose card has not arrived, and one of the
/// user's own whose file is not open.
pub fn data_of_victim(lab: &Lab, victim: &Victim) -> Option<DataId> {
    match victim {
        Victim::Bundled(name) => {
            lab.attack.models.with(|cards| cards.iter().find(|card| card.name == *name).map(|card| card.data))
        }
        Victim::TrainingA | Victim::TrainingB => Some(lab.experiment.with(|experiment| experiment.data)),
        Victim::Own => lab.attack.network.with(|card| card.as_ref().map(NetworkCard::data)),
    }
}

fn class_names(lab: &Lab) -> Vec<String> {
    let (data, victim) = lab.attack_spec.with(|spec| (spec.data, spec.victim.clone()));
    let wanted = if data == DataId::Own { data_of_victim(lab, &victim) } else { Some(data) };
    lab.data.with(|known| {
        let fits = known.as_ref().filter(|known| Some(known.id) == wanted || known.id == data);
        fits.map(text::class_names).unwrap_or_default()
    })
}

/// How many classes there are: those that have names, or those of the race.
fn classes_of(lab: &Lab, names: &[String]) -> Option<u32> {
    let raced = || lab.attack.now.with(|now| now.as_ref().map(|now| now.classes));
    if names.is_empty() { raced() } else { u32::try_from(names.len()).ok() }
}

/// Says what had to leave the description `spec`.
fn say_left(lab: Lab, spec: &AttackSpec, left: &Left) {
    let names = |keys: &[String]| {
        let name = |key: &String| wording(lab, &format!("attack.{key}.name"));
        keys.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    if !left.norm.is_empty() {
        let norm = wording(lab, &format!("norm.{}", spec.norm.key()));
        lab.say(wording_with(lab, "attack.left.norm", &[("names", names(&left.norm)), ("norm", norm)]));
    }
    if let Some(loss) = left.loss {
        let needed = loss.classes_needed().to_string();
        lab.say(wording_with(lab, "attack.left.loss", &[("n", needed)]));
    }
}

/// Whether a run of the Train page is set up, so that it can be attacked.
pub fn in_training(lab: &Lab, run: RunId) -> bool {
    lab.log(run).with(|log| !log.layers.is_empty())
}

/// What keeps the first picture from being drawn, in one short sentence.
fn waiting(lab: &Lab) -> String {
    if lab.attack.now.with(Option::is_some) {
        return String::new();
    }
    let share = |part: u64, whole: u64| {
        fixed(if whole == 0 { 0.0 } else { (100.0 * part as f64 / whole as f64).min(100.0) }, 0)
    };
    let engine = lab.devices.with(|devices| match (&devices.active, &devices.cpu) {
        (Some(_), _) => None,
        (None, EngineState::Loading { loaded, total }) => {
            Some(tr_with("attack.wait.engine", &[("p", share(*loaded, *total))]))
        }
        (None, EngineState::Failed { message }) => Some(message.clone()),
        (None, _) => Some(tr("attack.wait.start")),
    });
    if let Some(text) = engine {
        return text;
    }
    let victim = lab.attack_spec.with(|spec| spec.victim.clone());
    let there = match victim {
        Victim::TrainingA => in_training(lab, RunId::A),
        Victim::TrainingB => in_training(lab, RunId::B),
        Victim::Bundled(_) => true,
        Victim::Own => lab.attack.network.with(Option::is_some),
    };
    if !there {
        return tr(if victim == Victim::Own { "attack.wait.network" } else { "attack.wait.training" });
    }
    let own = lab.attack_spec.with(|spec| spec.data == DataId::Own);
    lab.data.with(|data| match data {
        // A reloaded page no longer has the picture that its address speaks of.
        _ if own && data.as_ref().is_none_or(|data| data.id != DataId::Own) => tr("attack.wait.own"),
        Some(data) if data.test == 0 => tr_with("attack.wait.images", &[("p", share(data.bytes, data.bytes_total))]),
        _ => tr("attack.wait.clean"),
    })
}
