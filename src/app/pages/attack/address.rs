//! The attack in the address.

use leptos::prelude::*;

use super::desk::AUTO_FW;
use crate::app::Lab;
use crate::app::url::{Codec, Pairs, Reading, set};
use crate::session::AttackSpec;
use crate::session::link::Link;
use crate::session::params::{self, ATTACK};

pub const CODEC: Codec = Codec { write, read };

fn write(lab: Lab) -> Pairs {
    let mut pairs = lab.attack_spec.with(|spec| params::emit(ATTACK, spec));
    let shown = lab.attack.shown.get();
    if shown != AUTO_FW {
        pairs.push(("show".into(), shown));
    }
    pairs
}

fn read(lab: Lab, link: &Link) -> Reading {
    let mut spec = AttackSpec::default();
    let notes = params::apply(ATTACK, &mut spec, &link.pairs);
    set(lab.attack_spec, spec);
    set(lab.attack.shown, link.get("show").unwrap_or(AUTO_FW).into());
    Reading { notes, unknown: link.unknown_keys() }
}
