//! The attack in the address.

use leptos::prelude::*;

use crate::app::Lab;
use crate::app::url::{Codec, Pairs, Reading, set};
use crate::session::AttackSpec;
use crate::session::link::Link;
use crate::session::params::{self, ATTACK};

pub const CODEC: Codec = Codec { write, read };

fn write(lab: Lab) -> Pairs {
    lab.attack_spec.with(|spec| params::emit(ATTACK, spec))
}

fn read(lab: Lab, link: &Link) -> Reading {
    let mut spec = AttackSpec::default();
    let notes = params::apply(ATTACK, &mut spec, &link.pairs);
    set(lab.attack_spec, spec);
    Reading { notes, unknown: link.unknown_keys() }
}
