//! What the engine says, into the signals that the page reads.
//!
//! Rows are kept when the run goes back to an earlier step, so that one can scrub forward again; they are replaced
//! from where it goes on.

use leptos::prelude::*;

use super::{store, with_link};
use crate::app::Lab;
use crate::app::lab::{DataState, Page, RunLog};
use crate::session::*;

/// Takes an event of the active engine in.
pub fn fold(lab: Lab, event: Event) {
    match event {
        Event::Data { data, classes, shape, train, train_total, test, test_total } => {
            let state =
                DataState { id: data, classes, shape, train, train_total, test, test_total, bytes: 0, bytes_total: 0 };
            fold_data(lab, state);
        }
        Event::Configured { t, layers, layers_b, parameters, train_images } => {
            configured(lab.train.a, t, layers);
            configured(lab.train.b, t, layers_b);
            lab.train.parameters.set(parameters);
            lab.train.train_images.set(train_images);
            lab.train.sub_step.set(None);
            lab.train.t.set(t);
            if t == 0 {
                lab.train.constants.set(None);
                // Snapshots of the experiment before are of no use to this one.
                with_link(|link| link.checkpoint = None);
            }
        }
        Event::Steps(rows) => fold_steps(lab, rows),
        Event::Evaluated(evaluation) => lab.log(evaluation.run).update(|log| {
            let place = log.evaluations.partition_point(|known| known.t < evaluation.t);
            match log.evaluations.get_mut(place).filter(|known| known.t == evaluation.t) {
                Some(known) => *known = evaluation,
                None => log.evaluations.insert(place, evaluation),
            }
        }),
        Event::Layers(layers) => lab.log(layers.run).update(|log| log.layers_now = Some(layers)),
        Event::Samples(samples) => lab.log(samples.run).update(|log| log.samples = Some(samples)),
        Event::SubStepped(sub_step) => lab.train.sub_step.set(Some(sub_step)),
        Event::State { t, running, reason } => {
            let settled = running || matches!(reason, StopReason::Steps | StopReason::Problem);
            let starting = with_link(|link| {
                link.starting &= !settled;
                link.starting
            });
            lab.train.t.set(t);
            lab.train.reason.set(reason);
            if starting != Some(true) {
                lab.train.running.set(running);
            }
        }
        Event::Snapshots(snapshots) => lab.train.snapshots.set(snapshots),
        Event::Constants(constants) => lab.train.constants.set(Some(constants)),
        Event::Meter(meter) => lab.train.meter.set(Some(meter)),
        Event::Attack(mut now) => {
            if !now.clean.is_empty() {
                // Another race, with a past of its own.
                lab.attack.moment.set(None);
                lab.attack.atoms.set(None);
                lab.attack.atoms_sum.set(None);
                lab.attack.clean.set(std::mem::take(&mut now.clean));
                // The engine has no map of another race.
                lab.attack.map.set(None);
                lab.attack.probe.set(None);
            }
            lab.attack.now.set(Some(now));
        }
        Event::Survey(now) => {
            lab.survey(now.id).update(|results| results.add(now));
        }
        Event::AttackMoment(moment) => lab.attack.moment.set(moment),
        Event::DecisionMap(map) => {
            if map.done == 0 {
                lab.attack.probe.set(None);
            }
            lab.attack.map.set(Some(map));
        }
        Event::MapProbe(probe) => lab.attack.probe.set(Some(probe)),
        Event::Atoms(atoms) => lab.attack.atoms.set(Some(atoms)),
        Event::AtomsSum(sum) => lab.attack.atoms_sum.set(Some(sum)),
        Event::Cost { set, side, oracle, milliseconds } => lab.cost.set(Some((set, side, oracle, milliseconds))),
        Event::Weights { name, bytes, .. } => {
            crate::app::export::download(format!("{name}.safetensors"), "application/octet-stream", bytes);
        }
        // Answered or handled elsewhere.
        Event::Ready { .. }
        | Event::ModelReady { .. }
        | Event::OwnNetwork { .. }
        | Event::Checkpoint { .. }
        | Event::Benchmark { .. }
        | Event::Probe(_)
        | Event::Problem(_) => {}
    }
}

fn configured(log: RwSignal<RunLog>, t: u32, layers: Vec<LayerInfo>) {
    log.update(|log| {
        if t == 0 || layers.is_empty() {
            *log = RunLog::default();
        }
        log.layers = layers;
    });
}

fn fold_data(lab: Lab, state: DataState) {
    store::arrived(state.id, state.train, state.test);
    if state.id == DataId::Own && store::own_accepted() {
        return own_files_accepted(lab, state);
    }
    if lab.data.with_untracked(|data| data.as_ref().is_some_and(|data| data.id == state.id)) {
        lab.data.update(|data| {
            if let Some(data) = data {
                let (bytes, bytes_total) = (data.bytes, data.bytes_total);
                *data = DataState { bytes, bytes_total, ..state };
            }
        });
    }
}

/// The user's files are what they claim: from now on they are what is looked at.
fn own_files_accepted(lab: Lab, state: DataState) {
    lab.data.set(Some(state));
    if lab.page.get_untracked() == Page::Attack {
        lab.attack_spec.update(|spec| spec.data = DataId::Own);
    } else if lab.experiment.with_untracked(|experiment| experiment.data == DataId::Own) {
        // Nothing changes in the experiment, yet there are other images behind it.
        super::send(Command::Configure(lab.experiment.get_untracked()));
    } else {
        lab.experiment.update(|experiment| experiment.data = DataId::Own);
    }
}

fn fold_steps(lab: Lab, rows: Vec<StepRow>) {
    let Some(last) = rows.iter().map(|row| row.t).max() else { return };
    if lab.train.a.with_untracked(|log| log.steps.is_empty()) {
        first_step(lab);
    }
    let (a, b): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.run == RunId::A);
    for (run, rows) in [(RunId::A, a), (RunId::B, b)] {
        let Some(first) = rows.first().map(|row| row.t) else { continue };
        lab.log(run).update(|log| {
            if log.steps.last().is_some_and(|row| row.t >= first) {
                // The run went back and comes this way again.
                log.steps.truncate(log.steps.partition_point(|row| row.t < first));
                log.evaluations.retain(|evaluation| evaluation.t < first);
            }
            log.steps.extend(rows);
        });
    }
    lab.train.t.set(last);
    // A whole step is done, whatever part of it was shown.
    if lab.train.sub_step.with_untracked(Option::is_some) && lab.train.running.get_untracked() {
        lab.train.sub_step.set(None);
    }
}

/// Marks the first step since the page was opened; the benchmark reads it.
fn first_step(lab: Lab) {
    if super::takeover::stepped(lab)
        && let Some(performance) = window().performance()
    {
        let _ = performance.mark("fwlab:first-step");
    }
}
