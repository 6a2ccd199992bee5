//! Changing the experiment from the panel: which run a control writes to, and how one change reaches both.

use leptos::prelude::*;

use crate::app::Lab;
use crate::session::params::{Param, RUN, Value};
use crate::session::{Experiment, LayerSet, NetworkId, Radius, RunSpec};

/// Which runs the controls of the panel change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A and B alike, so that they differ in their method only: the fair comparison.
    Both,
    A,
    B,
}

impl Target {
    /// The run whose values the controls show.
    pub fn shown(self, experiment: &Experiment) -> &RunSpec {
        match (self, &experiment.b) {
            (Self::B, Some(b)) => b,
            _ => &experiment.a,
        }
    }

    /// Prefix of its parameters in URL and `data-param`.
    pub fn prefix(self) -> &'static str {
        if self == Self::B { "b." } else { "" }
    }
}

/// The row of a run's parameter.
pub fn run_param(key: &str) -> Option<&'static Param<RunSpec>> {
    RUN.iter().find(|param| param.key == key)
}

/// Writes a changed run to the target. For both, B takes over what changed in A and keeps the rest.
pub fn change_run(lab: &Lab, target: Target, new: RunSpec) {
    lab.experiment.update(|experiment| match target {
        Target::A => experiment.a = new,
        Target::B => experiment.b = Some(new),
        Target::Both => {
            if let Some(b) = &mut experiment.b {
                copy_changes(&experiment.a, &new, b);
            }
            experiment.a = new;
        }
    });
}

/// Sets in `other` every parameter in which `new` differs from `old`.
fn copy_changes(old: &RunSpec, new: &RunSpec, other: &mut RunSpec) {
    for param in RUN {
        let value = (param.get)(new);
        // The unused one of two radius fields reads as empty text.
        let empty = value == Value::Text(String::new()) && param.key != "layers";
        if value != (param.get)(old) && !empty {
            // The value was accepted for `new`, so it is accepted here.
            let _ = (param.set)(other, &value);
        }
    }
}

/// Whether all layers share one set.
pub fn linked(run: &RunSpec) -> bool {
    run.layers.is_empty()
}

/// Ties the layers to one set, or gives each layer of the network a copy of it to be changed alone.
pub fn set_linked(run: &mut RunSpec, network: NetworkId, linked: bool) {
    run.layers = if linked {
        Vec::new()
    } else {
        network.layers().iter().map(|name| (name.to_string(), run.set.clone())).collect()
    };
}

/// Gives layer `name` a set: its own, or all layers if they are linked.
pub fn set_layer(run: &mut RunSpec, name: &str, set: LayerSet) {
    if linked(run) {
        run.set = set;
    } else if let Some((_, own)) = run.layers.iter_mut().find(|(layer, _)| layer == name) {
        *own = set;
    } else {
        run.layers.push((name.into(), set));
    }
}

/// Switches between a radius by the initial norm and a typed one. The typed radius starts where the set is now
/// (`now`, if the engine has said), so that switching changes nothing by itself.
pub fn set_radius_mode(set: &mut LayerSet, by_norm: bool, now: Option<f64>) {
    set.radius = match (by_norm, set.radius) {
        (true, Radius::Typed(_)) => LayerSet::default().radius,
        // Three digits, as they are shown.
        (false, Radius::Initial(_)) => Radius::Typed(now.map_or(1.0, |radius| (radius * 1000.0).round() / 1000.0)),
        (_, same) => same,
    };
}
