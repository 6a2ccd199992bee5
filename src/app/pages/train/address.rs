//! The experiment in the address.

use leptos::prelude::*;

use crate::app::Lab;
use crate::app::url::{Codec, Pairs, Reading, set};
use crate::session::link::Link;
use crate::session::params;

pub const CODEC: Codec = Codec { write, read };

fn write(lab: Lab) -> Pairs {
    lab.experiment.with(params::emit_experiment)
}

fn read(lab: Lab, link: &Link) -> Reading {
    let (experiment, notes) = params::parse_experiment(&link.pairs);
    set(lab.experiment, experiment);
    Reading { notes, unknown: link.unknown_keys() }
}
