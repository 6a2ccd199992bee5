//! One table of parameters a page: key, range, how to read and write it. The table *is* the URL codec, the
//! side panel, the help and the fuzz test. Raw text goes in, a checked value comes out; what was out of range
//! is adjusted and said, what makes no sense is refused with the reason.

use std::fmt;

use super::{
    ATTACK_KEYS, Activation, AttackSpec, AugmentId, DataId, Experiment, GroupId, InnerId, InnerStart, LayerSet, LossId,
    NetworkId, NormId, Radius, Rescale, RunSpec, Victim,
};
use crate::number;
use crate::optim::MethodId;
use crate::optim::schedule::{BatchRule, RateRule};
use crate::sets::SetId;

/// What a parameter may hold.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A real number in [min, max]; `log` sliders are spaced by ratio.
    Number { min: f64, max: f64, step: f64, log: bool, decimals: usize },
    /// An integer in [min, max].
    Integer { min: f64, max: f64, log: bool },
    /// One of the keys that the function lists; texts at `<text>.<key>`.
    Choice(fn() -> Vec<&'static str>),
    /// Free text with its own grammar, checked by `set`.
    Text,
}

/// A raw or current value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Text(String),
}

impl Value {
    /// As it stands in a URL: shortest text that reads back to the same value.
    pub fn to_text(&self) -> String {
        match self {
            Self::Number(number) => format!("{number}"),
            Self::Text(text) => text.clone(),
        }
    }

    /// The number; NaN for a text.
    pub fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(_) => f64::NAN,
        }
    }

    /// The text; empty for a number.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Number(_) => "",
        }
    }
}

/// One parameter of `T`.
pub struct Param<T: 'static> {
    /// URL key, stable.
    pub key: &'static str,
    /// Text key of its label; `<text>.help` explains it.
    pub text: &'static str,
    pub kind: Kind,
    pub get: fn(&T) -> Value,
    /// Writes a value that is already in range. The error says what was expected.
    pub set: fn(&mut T, &Value) -> Result<(), Refusal>,
}

/// What happened to a value that could not be taken as it was. Shown to the user, nothing is dropped silently.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// Out of range: the nearest allowed value was used.
    Adjusted { key: String, asked: String, used: String },
    /// Not understood: the default was kept.
    Refused { key: String, asked: String, reason: Refusal },
}

/// What was expected in place of a refused value. The page says it in its language, the command line as `Display` does.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// A number in [min, max].
    NumberRange { min: f64, max: f64 },
    /// One of these keys.
    OneOf(Vec<&'static str>),
    /// Some of these keys, each once, separated by commas.
    SomeOf(Vec<&'static str>),
    /// No more than so many of these keys.
    AtMost(usize, Vec<&'static str>),
    /// A text of this form.
    Grammar(Grammar),
    /// Anything else, as a sentence in English.
    Other(String),
}

/// Forms that a text may have to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// Sets of single layers.
    Layers,
    /// The network that is attacked.
    Victim,
    /// A polygon of the plane.
    Corners,
}

impl Grammar {
    /// Text key `note.grammar.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Layers => "layers",
            Self::Victim => "victim",
            Self::Corners => "corners",
        }
    }

    fn english(self) -> &'static str {
        match self {
            Self::Layers => "layer:set:w3 entries separated by semicolons, such as linear:k-sparse:w3:k0.1",
            Self::Victim => "training-a, training-b, own or the name of a bundled network",
            Self::Corners => "three corners or more that enclose an area, such as -1,0;1,0;0,1",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NumberRange { min, max } => write!(f, "a number from {min} to {max}"),
            Self::OneOf(keys) => write!(f, "one of {}", keys.join(", ")),
            Self::SomeOf(keys) => write!(f, "some of {}, each once, separated by commas", keys.join(", ")),
            Self::AtMost(most, keys) => write!(f, "at most {most} of {}", keys.join(", ")),
            Self::Grammar(grammar) => f.write_str(grammar.english()),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self::Other(text)
    }
}

impl From<&str> for Refusal {
    fn from(text: &str) -> Self {
        Self::Other(text.into())
    }
}

impl<T> Param<T> {
    /// Reads `text` into `target`, adjusting to the range; a note if anything was not taken literally.
    pub fn read(&self, target: &mut T, text: &str) -> Option<Note> {
        let refused = |reason: Refusal| Some(Note::Refused { key: self.key.into(), asked: shorten(text), reason });
        let value = match self.kind {
            Kind::Choice(choices) => {
                if !choices().contains(&text) {
                    return refused(Refusal::OneOf(choices()));
                }
                Value::Text(text.into())
            }
            Kind::Text => Value::Text(text.into()),
            Kind::Number { min, max, .. } | Kind::Integer { min, max, .. } => {
                let Some(asked) = number::parse(text) else {
                    return refused(Refusal::NumberRange { min, max });
                };
                let mut used = asked.clamp(min, max);
                if matches!(self.kind, Kind::Integer { .. }) {
                    used = used.round();
                }
                if let Err(reason) = (self.set)(target, &Value::Number(used)) {
                    return refused(reason);
                }
                return (used != asked).then(|| Note::Adjusted {
                    key: self.key.into(),
                    asked: shorten(text),
                    used: format!("{used}"),
                });
            }
        };
        (self.set)(target, &value).err().and_then(refused)
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Reads `key=value` pairs into a checked `T`, starting from its default.
pub fn parse<T: Default>(table: &[Param<T>], pairs: &[(String, String)]) -> (T, Vec<Note>) {
    let mut target = T::default();
    let notes = apply(table, &mut target, pairs);
    (target, notes)
}

/// Reads `key=value` pairs into `target`. Table order wins over URL order, so that dependent values settle.
pub fn apply<T>(table: &[Param<T>], target: &mut T, pairs: &[(String, String)]) -> Vec<Note> {
    table
        .iter()
        .flat_map(|param| pairs.iter().filter(move |(key, _)| key == param.key).map(move |(_, text)| (param, text)))
        .filter_map(|(param, text)| param.read(target, text))
        .collect()
}

/// The `key=value` pairs of everything that differs from the default, in table order.
pub fn emit<T: Default>(table: &[Param<T>], value: &T) -> Vec<(String, String)> {
    let default = T::default();
    table
        .iter()
        .filter(|param| (param.get)(value) != (param.get)(&default))
        .map(|param| (param.key.to_string(), (param.get)(value).to_text()))
        .collect()
}

/// A row for a number field.
macro_rules! field {
    ($key:literal, $text:literal, $kind:expr, $($path:ident).+ as $type:ty) => {
        Param {
            key: $key,
            text: $text,
            kind: $kind,
            get: |t| Value::Number(t.$($path).+ as f64),
            set: |t, v| {
                t.$($path).+ = v.number() as $type;
                Ok(())
            },
        }
    };
}

/// A row for a choice out of an `ALL` table of (value, key, …).
macro_rules! choice {
    ($key:literal, $text:literal, $type:ident, $($path:ident).+) => {
        Param {
            key: $key,
            text: $text,
            kind: Kind::Choice(|| $type::ALL.iter().map(|row| row.1).collect()),
            get: |t| {
                Value::Text($type::ALL.iter().find(|row| row.0 == t.$($path).+).map_or("", |row| row.1).into())
            },
            set: |t, v| match $type::ALL.iter().find(|row| row.1 == v.text()) {
                Some(row) => {
                    t.$($path).+ = row.0;
                    Ok(())
                }
                None => Err("a known key".into()),
            },
        }
    };
}

// Pages that keep settings of their own make their rows in the same way.
#[cfg_attr(not(feature = "app"), allow(unused_imports))]
pub(crate) use {choice, field};

const fn real(min: f64, max: f64, step: f64, decimals: usize) -> Kind {
    Kind::Number { min, max, step, log: false, decimals }
}
const fn ratio(min: f64, max: f64, decimals: usize) -> Kind {
    Kind::Number { min, max, step: 0.0, log: true, decimals }
}
const fn count(min: f64, max: f64) -> Kind {
    Kind::Integer { min, max, log: false }
}
const fn count_log(min: f64, max: f64) -> Kind {
    Kind::Integer { min, max, log: true }
}

/// The shared setting of a training experiment.
pub static EXPERIMENT: &[Param<Experiment>] = &[
    field!("seed", "param.seed", count(0.0, 4_294_967_295.0), seed as u64),
    choice!("data", "param.data", DataId, data),
    field!("n", "param.train_images", count(0.0, 60_000.0), train_images as u32),
    choice!("net", "param.network", NetworkId, network),
    choice!("act", "param.activation", Activation, activation),
    choice!("augment", "param.augment", AugmentId, augment),
    field!("T", "param.steps", count_log(10.0, 20_000.0), steps as u32),
    field!("every", "param.evaluate_every", count_log(5.0, 1_000.0), evaluate_every as u32),
    field!("ref", "param.reference_images", count_log(64.0, 5_000.0), reference_images as u32),
];

/// One run. In the URL the keys of run A stand plain, those of run B begin with `b.`.
pub static RUN: &[Param<RunSpec>] = &[
    Param {
        key: "method",
        text: "param.method",
        kind: Kind::Choice(|| MethodId::all().map(MethodId::key).collect()),
        get: |run| Value::Text(run.method.key().into()),
        set: |run, v| {
            run.method = MethodId::parse(v.text()).map_err(|e| e.to_string())?;
            Ok(())
        },
    },
    Param {
        key: "set",
        text: "param.set",
        kind: Kind::Choice(|| SetId::for_layers().map(SetId::key).collect()),
        get: |run| Value::Text(run.set.set.key().into()),
        set: |run, v| {
            run.set.set = SetId::parse(v.text()).map_err(|e| e.to_string())?;
            Ok(())
        },
    },
    Param {
        key: "w",
        text: "param.radius_width",
        kind: ratio(0.1, 300.0, 2),
        get: |run| match run.set.radius {
            Radius::Initial(width) => Value::Number(width),
            Radius::Typed(_) => Value::Text(String::new()),
        },
        set: |run, v| {
            run.set.radius = Radius::Initial(v.number());
            Ok(())
        },
    },
    Param {
        key: "radius",
        text: "param.radius",
        kind: ratio(1e-3, 1e3, 3),
        get: |run| match run.set.radius {
            Radius::Typed(radius) => Value::Number(radius),
            Radius::Initial(_) => Value::Text(String::new()),
        },
        set: |run, v| {
            run.set.radius = Radius::Typed(v.number());
            Ok(())
        },
    },
    field!("k", "param.sparsity", ratio(0.001, 1.0, 3), set.sparsity as f64),
    field!("p", "param.p", real(1.1, 8.0, 0.1, 1), set.p as f64),
    choice!("group", "param.group", GroupId, set.group),
    Param {
        key: "layers",
        text: "param.layers",
        kind: Kind::Text,
        get: |run| Value::Text(layers_to_text(&run.layers)),
        set: |run, v| {
            run.layers = layers_from_text(v.text())?;
            Ok(())
        },
    },
    choice!("rate", "param.rate_rule", RateRule, learning_rate.rule),
    field!("lr", "param.learning_rate", ratio(1e-4, 2.0, 4), learning_rate.gamma as f64),
    field!("a", "param.power", real(0.5, 0.99, 0.01, 2), learning_rate.a as f64),
    field!("eta", "param.decay", real(0.1, 0.99, 0.01, 2), learning_rate.eta as f64),
    field!("P", "param.rate_stages", count(1.0, 20.0), learning_rate.stages as u32),
    choice!("batch", "param.batch_rule", BatchRule, batch.rule),
    field!("b", "param.batch_size", count_log(1.0, 1024.0), batch.b as u32),
    field!("lambda", "param.batch_growth", real(1.1, 4.0, 0.1, 1), batch.lambda as f64),
    field!("Q", "param.batch_stages", count(1.0, 20.0), batch.stages as u32),
    field!("beta", "param.momentum", real(0.0, 0.99, 0.01, 2), momentum as f64),
    choice!("scale", "param.rescale", Rescale, rescale),
    choice!("adv", "param.inner", InnerId, defense.inner),
    field!("adv-eps", "param.inner_epsilon", real(0.0, 32.0, 0.25, 2), defense.epsilon as f64),
    field!("adv-moves", "param.inner_moves", count(1.0, 50.0), defense.moves as u32),
    field!("adv-gamma", "param.inner_gamma", real(0.05, 1.0, 0.05, 2), defense.gamma as f64),
    choice!("adv-start", "param.inner_start", InnerStart, defense.start),
    field!("adv-warm", "param.inner_warm_up", count(0.0, 20_000.0), defense.warm_up as u32),
];

/// An attack.
pub static ATTACK: &[Param<AttackSpec>] = &[
    field!("seed", "param.seed", count(0.0, 4_294_967_295.0), seed as u64),
    Param {
        key: "victim",
        text: "param.victim",
        kind: Kind::Text,
        get: |attack| {
            Value::Text(match &attack.victim {
                Victim::Bundled(name) => name.clone(),
                Victim::TrainingA => "training-a".into(),
                Victim::TrainingB => "training-b".into(),
                Victim::Own => "own".into(),
            })
        },
        set: |attack, v| {
            let name = v.text();
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || name.len() > 60 || !name.chars().all(allowed) {
                return Err(Refusal::Grammar(Grammar::Victim));
            }
            attack.victim = match name {
                "training-a" => Victim::TrainingA,
                "training-b" => Victim::TrainingB,
                "own" => Victim::Own,
                bundled => Victim::Bundled(bundled.into()),
            };
            Ok(())
        },
    },
    choice!("data", "param.data", DataId, data),
    field!("first", "param.first_image", count(0.0, 9_999.0), first_image as u32),
    field!("images", "param.attack_images", count(1.0, 64.0), images as u32),
    choice!("norm", "param.norm", NormId, norm),
    field!("eps", "param.epsilon", real(0.0, 32.0, 0.25, 2), epsilon as f64),
    field!("eps2", "param.epsilon_l2", real(0.0, 4.0, 0.05, 2), epsilon_l2 as f64),
    field!("eps1", "param.epsilon_l1", real(0.0, 40.0, 0.5, 1), epsilon_l1 as f64),
    field!("epsp", "param.epsilon_lp", real(0.0, 20.0, 0.1, 1), epsilon_lp as f64),
    field!("epsn", "param.epsilon_nuclear", real(0.0, 10.0, 0.1, 1), epsilon_nuclear as f64),
    field!("epsw", "param.epsilon_wasserstein", real(0.0, 1.0, 0.005, 3), epsilon_wasserstein as f64),
    field!("p", "param.attack_p", real(1.1, 8.0, 0.1, 1), p as f64),
    field!("N", "param.budget", count_log(5.0, 200.0), budget as u32),
    choice!("loss", "param.attack_loss", LossId, loss),
    Param {
        key: "target",
        text: "param.target",
        kind: count(0.0, 254.0),
        get: |attack| attack.target.map_or(Value::Text(String::new()), |class| Value::Number(f64::from(class))),
        set: |attack, v| {
            attack.target = Some(v.number() as u8);
            Ok(())
        },
    },
    field!("restarts", "param.restarts", count(1.0, 10.0), restarts as u32),
    Param {
        key: "attacks",
        text: "param.attacks",
        kind: Kind::Text,
        get: |attack| Value::Text(attack.attacks.join(",")),
        set: |attack, v| {
            let known: Vec<&'static str> = ATTACK_KEYS.iter().map(|row| row.0).collect();
            let mut keys: Vec<String> = Vec::new();
            for key in v.text().split(',') {
                if !known.contains(&key) || keys.iter().any(|earlier| earlier == key) {
                    return Err(Refusal::SomeOf(known));
                }
                keys.push(key.into());
            }
            attack.attacks = keys;
            Ok(())
        },
    },
    field!("gamma0", "param.gamma0", real(0.05, 1.0, 0.05, 2), gamma0 as f64),
    field!("focus", "param.focus", count(0.0, 63.0), focus as u32),
];

/// `conv1:l1:w3;linear:k-sparse:r0.5:k0.1` — name, set, w(idth) or r(adius), k and p, and g(roup) if it is not the
/// usual one: `conv2:group-lasso:w5:gkernels`.
fn layers_to_text(layers: &[(String, LayerSet)]) -> String {
    let one = |(name, set): &(String, LayerSet)| {
        let radius = match set.radius {
            Radius::Initial(width) => format!("w{width}"),
            Radius::Typed(radius) => format!("r{radius}"),
        };
        let usual = LayerSet::default().group;
        let group = GroupId::ALL.iter().find(|row| row.0 == set.group && row.0 != usual);
        let group = group.map(|row| format!(":g{}", row.1)).unwrap_or_default();
        format!("{name}:{}:{radius}:k{}:p{}{group}", set.set.key(), set.sparsity, set.p)
    };
    layers.iter().map(one).collect::<Vec<_>>().join(";")
}

fn layers_from_text(text: &str) -> Result<Vec<(String, LayerSet)>, Refusal> {
    let grammar = || Refusal::Grammar(Grammar::Layers);
    let sets = || Refusal::OneOf(SetId::for_layers().map(SetId::key).collect());
    let mut layers: Vec<(String, LayerSet)> = Vec::new();
    for entry in text.split(';').filter(|entry| !entry.is_empty()) {
        let mut parts = entry.split(':');
        let name = parts.next().unwrap_or_default();
        if !NetworkId::any_has_layer(name) || layers.iter().any(|(known, _)| known == name) {
            return Err(grammar());
        }
        let set = SetId::parse(parts.next().unwrap_or_default()).map_err(|_| sets())?;
        if !set.entry().for_layers {
            return Err(sets());
        }
        let mut layer = LayerSet { set, ..LayerSet::default() };
        for part in parts {
            let (Some(letter), Some(rest)) = (part.get(..1), part.get(1..)) else {
                return Err(grammar());
            };
            if letter == "g" {
                layer.group = GroupId::ALL.iter().find(|row| row.1 == rest).ok_or_else(grammar)?.0;
                continue;
            }
            let value = number::parse(rest).ok_or_else(grammar)?;
            let within = |min: f64, max: f64| {
                if value >= min && value <= max { Ok(value) } else { Err(Refusal::NumberRange { min, max }) }
            };
            match letter {
                "w" => layer.radius = Radius::Initial(within(0.1, 300.0)?),
                "r" => layer.radius = Radius::Typed(within(1e-3, 1e3)?),
                "k" => layer.sparsity = within(0.001, 1.0)?,
                "p" => layer.p = within(1.1, 8.0)?,
                _ => return Err(grammar()),
            }
        }
        layers.push((name.into(), layer));
    }
    Ok(layers)
}

/// Reads the pairs of the Train page: the shared setting, run A, and run B if `compare=1`.
pub fn parse_experiment(pairs: &[(String, String)]) -> (Experiment, Vec<Note>) {
    let (mut experiment, mut notes) = parse(EXPERIMENT, pairs);
    notes.extend(apply(RUN, &mut experiment.a, pairs));
    let b: Vec<_> =
        pairs.iter().filter_map(|(k, v)| k.strip_prefix("b.").map(|key| (key.to_string(), v.clone()))).collect();
    if !b.is_empty() || pairs.iter().any(|(key, value)| key == "compare" && value == "1") {
        let mut run = RunSpec::opponent();
        notes.extend(apply(RUN, &mut run, &b));
        experiment.b = Some(run);
    }
    (experiment, notes)
}

/// The pairs from which [`parse_experiment`] restores `experiment`.
pub fn emit_experiment(experiment: &Experiment) -> Vec<(String, String)> {
    let mut pairs = emit(EXPERIMENT, experiment);
    pairs.extend(emit(RUN, &experiment.a));
    if let Some(b) = &experiment.b {
        pairs.push(("compare".into(), "1".into()));
        let opponent = RunSpec::opponent();
        let differing = RUN.iter().filter(|param| (param.get)(b) != (param.get)(&opponent));
        pairs.extend(differing.map(|param| (format!("b.{}", param.key), (param.get)(b).to_text())));
    }
    // The unused one of the two radius fields reads as empty text.
    pairs.retain(|(_, value)| !value.is_empty());
    pairs
}

/// Checks an experiment that came from a file: every value through its own parameter.
pub fn check_experiment(experiment: &Experiment) -> (Experiment, Vec<Note>) {
    parse_experiment(&emit_experiment(experiment))
}
