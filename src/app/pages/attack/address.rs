//! The attack in the address, and how it is looked at.

use leptos::prelude::*;

use super::desk::{ATTACKS, AUTO_FW};
use super::triptych::GAINS;
use crate::app::Lab;
use crate::app::lab::{USUAL_GAIN, USUAL_SWIPE};
use crate::app::url::{Codec, Pairs, Reading, set};
use crate::session::AttackSpec;
use crate::session::link::Link;
use crate::session::params::{self, ATTACK, Kind, Param, Value};

pub const CODEC: Codec = Codec { write, read };

/// How the page is looked at. The engine needs none of it.
struct View {
    shown: String,
    gain: String,
    apart: bool,
    swipe: f64,
    mean: bool,
}

impl Default for View {
    fn default() -> Self {
        Self { shown: AUTO_FW.into(), gain: USUAL_GAIN.into(), apart: false, swipe: USUAL_SWIPE, mean: false }
    }
}

/// Its keys, which [`Link::unknown_keys`] knows.
static VIEW: &[Param<View>] = &[
    Param {
        key: "show",
        text: "attack.triptych.which",
        kind: Kind::Choice(|| ATTACKS.iter().map(|row| row.0).collect()),
        get: |view| Value::Text(view.shown.clone()),
        set: |view, value| {
            view.shown = value.text().into();
            Ok(())
        },
    },
    Param {
        key: "gain",
        text: "attack.change.gain",
        kind: Kind::Choice(|| std::iter::once(USUAL_GAIN).chain(GAINS).collect()),
        get: |view| Value::Text(view.gain.clone()),
        set: |view, value| {
            view.gain = value.text().into();
            Ok(())
        },
    },
    Param {
        key: "channels",
        text: "attack.change.split",
        kind: Kind::Choice(|| vec!["mean", "apart"]),
        get: |view| Value::Text(if view.apart { "apart" } else { "mean" }.into()),
        set: |view, value| {
            view.apart = value.text() == "apart";
            Ok(())
        },
    },
    Param {
        key: "swipe",
        text: "attack.swipe.label",
        kind: Kind::Integer { min: 0.0, max: 100.0, log: false },
        get: |view| Value::Number(view.swipe),
        set: |view, value| {
            view.swipe = value.number();
            Ok(())
        },
    },
    Param {
        key: "mean",
        text: "attack.race.mean",
        kind: Kind::Choice(|| vec!["0", "1"]),
        get: |view| Value::Text(if view.mean { "1" } else { "0" }.into()),
        set: |view, value| {
            view.mean = value.text() == "1";
            Ok(())
        },
    },
];

fn write(lab: Lab) -> Pairs {
    let mut pairs = lab.attack_spec.with(|spec| params::emit(ATTACK, spec));
    let page = lab.attack;
    let view = View {
        shown: page.shown.get(),
        gain: page.gain.get(),
        apart: page.apart.get(),
        swipe: page.swipe.get(),
        mean: page.mean.get(),
    };
    pairs.extend(params::emit(VIEW, &view));
    pairs
}

fn read(lab: Lab, link: &Link) -> Reading {
    let mut spec = AttackSpec::default();
    let mut notes = params::apply(ATTACK, &mut spec, &link.pairs);
    let (view, more) = params::parse(VIEW, &link.pairs);
    notes.extend(more);
    set(lab.attack_spec, spec);
    let page = lab.attack;
    set(page.shown, view.shown);
    set(page.gain, view.gain);
    set(page.apart, view.apart);
    set(page.swipe, view.swipe);
    set(page.mean, view.mean);
    Reading { notes, unknown: link.unknown_keys() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_the_page_is_looked_at_survives_and_nonsense_is_refused() {
        let pairs = |text: &str| Link::parse(&format!("#/attack?{text}")).pairs;
        let text = "show=apgd&gain=32&channels=apart&swipe=50&mean=1";
        let (view, notes) = params::parse(VIEW, &pairs(text));
        assert_eq!((params::emit(VIEW, &view), notes), (pairs(text), vec![]));
        assert!(params::emit(VIEW, &View::default()).is_empty());
        let (view, notes) = params::parse(VIEW, &pairs("show=x&gain=7&channels=green&swipe=left&mean=2"));
        assert_eq!((params::emit(VIEW, &view), notes.len()), (vec![], 5));
        let (view, notes) = params::parse(VIEW, &pairs("swipe=1e9"));
        assert_eq!((view.swipe, notes.len()), (100.0, 1));
        let all = format!("#/attack?{}", VIEW.iter().map(|row| format!("{}=1&", row.key)).collect::<String>());
        assert!(Link::parse(&all).unknown_keys().is_empty());
    }
}
