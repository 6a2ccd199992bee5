//! Which device computes. The CPU engine begins at once. Where there is a WebGPU adapter the GPU engine is fetched and
//! warmed meanwhile; then both compute the same fixed numbers, and if they agree, both are timed on the present
//! network. The faster one goes on, between two steps. The user can force either.

use std::cell::Cell;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::asks::{Answer, Want, ask};
use super::capability::AGREEMENT;
use super::fetch::sleep;
use super::recovery::sentence;
use super::{capability, end, set_state, spawn, store, survey_runs, with_link};
use crate::app::Lab;
use crate::app::lab::{DeviceChoice, EngineState};
use crate::session::*;

/// The GPU takes over only if its step takes less than this share of the CPU's: a switch must be worth it.
const WORTH_IT: f32 = 0.9;
/// Steps that are timed.
const TIMED_STEPS: u32 = 5;
/// A GPU engine that failed more often than this is not started by itself again.
const MAX_FAILURES: u32 = 3;

/// What a measurement holds for.
type Network = (NetworkId, Activation, DataId);

thread_local! {
    /// A first step has been made: the network connection is free for the GPU engine.
    static STEPPED: Cell<bool> = const { Cell::new(false) };
    /// Asking for an adapter, comparing or moving.
    static BUSY: Cell<bool> = const { Cell::new(false) };
    static TIMED_FOR: Cell<Option<Network>> = const { Cell::new(None) };
}

fn network(lab: Lab) -> Network {
    lab.experiment.with_untracked(|experiment| (experiment.network, experiment.activation, experiment.data))
}

/// A training step has been made; true if it was the first since the page was opened.
pub fn stepped(lab: Lab) -> bool {
    let first = !STEPPED.replace(true);
    consider_start(lab);
    first
}

/// Starts the GPU engine if it is wanted, possible and not there yet.
pub fn consider_start(lab: Lab) {
    let choice = lab.device_choice.get_untracked();
    let state =
        with_link(|link| (link.gpu.engine.is_some(), link.cpu.ready || link.cpu.failures > 0, link.gpu.failures));
    let Some((there, cpu_known, failures)) = state else { return };
    let forced = choice == DeviceChoice::Gpu;
    let patient = forced || STEPPED.get() || store::is_quiet();
    let known_slower = TIMED_FOR.get() == Some(network(lab)) && choice == DeviceChoice::Auto;
    if choice == DeviceChoice::Cpu || there || !cpu_known || !patient || known_slower || BUSY.get() {
        return;
    }
    if failures > MAX_FAILURES && !forced {
        return;
    }
    BUSY.set(true);
    spawn_local(async move {
        let adapter = capability::adapter().await;
        BUSY.set(false);
        match adapter {
            Some(adapter) => {
                lab.devices.update(|devices| {
                    devices.adapter = adapter.name();
                    devices.reason = "device.reason.warming";
                });
                spawn(lab, DeviceKind::Gpu);
            }
            None => {
                let webgpu = capability::Browser::ask().webgpu;
                let reason = if webgpu { "device.reason.no_adapter" } else { "device.reason.no_webgpu" };
                lab.devices.update(|devices| {
                    devices.gpu = EngineState::Absent { reason };
                    devices.reason = reason;
                });
                if forced {
                    lab.report(sentence(lab, ProblemKind::NoAdapter, ""));
                }
            }
        }
    });
}

/// One of the engines is up.
pub fn engine_up(lab: Lab, kind: DeviceKind) {
    let both = with_link(|link| link.cpu.ready && link.gpu.ready) == Some(true);
    if both {
        compare(lab);
    } else if kind == DeviceKind::Cpu {
        consider_start(lab);
    }
}

/// The user has chosen.
pub fn chosen(lab: Lab, choice: DeviceChoice) {
    let (cpu, gpu) = with_link(|link| (link.cpu.ready, link.gpu.ready)).unwrap_or_default();
    match choice {
        DeviceChoice::Cpu if cpu => spawn_local(async move {
            move_to(lab, DeviceKind::Cpu).await;
            if lab.device_choice.get_untracked() == DeviceChoice::Cpu {
                dismiss_gpu(lab, "device.reason.forced_cpu");
            }
        }),
        DeviceChoice::Cpu => super::wake(lab),
        DeviceChoice::Gpu | DeviceChoice::Auto => {
            TIMED_FOR.set(None);
            if cpu && gpu { compare(lab) } else { consider_start(lab) }
        }
    }
}

/// The experiment has another network: what was measured no longer holds.
pub fn network_changed(lab: Lab) {
    if TIMED_FOR.get().is_none_or(|timed| timed == network(lab))
        || lab.device_choice.get_untracked() != DeviceChoice::Auto
    {
        return;
    }
    if with_link(|link| link.cpu.ready && link.gpu.ready) == Some(true) {
        compare(lab);
    } else {
        consider_start(lab);
    }
}

/// Compares the engines, measures them and moves the run to the better one.
fn compare(lab: Lab) {
    if BUSY.replace(true) {
        return;
    }
    spawn_local(async move {
        compare_and_choose(lab).await;
        BUSY.set(false);
    });
}

async fn compare_and_choose(lab: Lab) {
    let agreed = lab.devices.with_untracked(|devices| devices.disagreement.is_some_and(|d| d <= AGREEMENT));
    if !agreed {
        lab.devices.update(|devices| devices.reason = "device.reason.measuring");
        let cpu = question(DeviceKind::Cpu, Want::Probe, &Command::Probe);
        let gpu = question(DeviceKind::Gpu, Want::Probe, &Command::Probe);
        let (Some(Event::Probe(cpu)), Some(Event::Probe(gpu))) = (cpu.await, gpu.await) else {
            return no_answer(lab);
        };
        let difference = disagreement(&cpu, &gpu);
        lab.devices.update(|devices| devices.disagreement = Some(difference));
        // Not a number counts as a disagreement.
        if !difference.le(&AGREEMENT) {
            lab.report(sentence(lab, ProblemKind::DevicesDisagree, &format!("{difference:.1e} > {AGREEMENT:.0e}")));
            move_to(lab, DeviceKind::Cpu).await;
            dismiss_gpu(lab, "device.reason.disagree");
            return;
        }
    }
    set_state(lab, DeviceKind::Gpu, EngineState::Ready);
    if lab.device_choice.get_untracked() == DeviceChoice::Gpu {
        move_to(lab, DeviceKind::Gpu).await;
        lab.devices.update(|devices| devices.reason = "device.reason.forced_gpu");
        return;
    }
    measure_and_choose(lab).await;
}

async fn measure_and_choose(lab: Lab) {
    lab.devices.update(|devices| devices.reason = "device.reason.measuring");
    let timed = network(lab);
    for kind in [DeviceKind::Cpu, DeviceKind::Gpu] {
        let Some(ms) = time(lab, kind).await else { return no_answer(lab) };
        lab.devices.update(|devices| match kind {
            DeviceKind::Cpu => devices.cpu_ms = Some(ms),
            DeviceKind::Gpu => devices.gpu_ms = Some(ms),
        });
    }
    TIMED_FOR.set(Some(timed));
    let (cpu, gpu) = lab.devices.with_untracked(|devices| (devices.cpu_ms, devices.gpu_ms));
    let (Some(cpu), Some(gpu)) = (cpu, gpu) else { return };
    match lab.device_choice.get_untracked() {
        DeviceChoice::Auto if gpu < WORTH_IT * cpu => {
            move_to(lab, DeviceKind::Gpu).await;
            lab.devices.update(|devices| devices.reason = "device.reason.faster");
        }
        DeviceChoice::Auto => {
            move_to(lab, DeviceKind::Cpu).await;
            dismiss_gpu(lab, "device.reason.slower");
        }
        DeviceChoice::Gpu => move_to(lab, DeviceKind::Gpu).await,
        DeviceChoice::Cpu => dismiss_gpu(lab, "device.reason.forced_cpu"),
    }
}

/// One of the two did not answer. If it ended, that is handled elsewhere; if it is there, the GPU cannot be trusted.
fn no_answer(lab: Lab) {
    if with_link(|link| link.cpu.ready && link.gpu.ready && link.active != Some(DeviceKind::Gpu)) == Some(true) {
        dismiss_gpu(lab, "device.reason.gpu_failed");
    }
}

/// Median milliseconds of a bare training step of the present network.
async fn time(lab: Lab, kind: DeviceKind) -> Option<f32> {
    let Event::Benchmark { mut milliseconds, .. } = benchmark(lab, kind, TIMED_STEPS).await? else { return None };
    milliseconds.sort_by(f32::total_cmp);
    milliseconds.get(milliseconds.len() / 2).copied()
}

/// Asks an engine that is up to time itself on the experiment's network.
pub async fn benchmark(lab: Lab, kind: DeviceKind, steps: u32) -> Option<Event> {
    with_link(|link| {
        // An engine that does not compute must be told which network is meant.
        if link.active != Some(kind) || !link.slot(kind).configured {
            let experiment = lab.experiment.get_untracked();
            link.post(kind, &Command::Configure(experiment));
        }
    });
    question(kind, Want::Benchmark, &Command::Benchmark { steps }).await
}

/// Asks an engine directly, whichever computes.
pub fn question(kind: DeviceKind, want: Want, command: &Command) -> Answer {
    let answer = ask(kind, want);
    with_link(|link| link.post(kind, command));
    answer
}

/// Ends the GPU engine: it is not needed.
fn dismiss_gpu(lab: Lab, reason: &'static str) {
    end(DeviceKind::Gpu);
    let was_there = lab
        .devices
        .with_untracked(|devices| !matches!(devices.gpu, EngineState::Absent { .. } | EngineState::Failed { .. }));
    lab.devices.update(|devices| {
        devices.reason = reason;
        if was_there {
            devices.gpu = EngineState::Absent { reason };
        }
    });
}

/// Moves the run to another engine, between two steps.
async fn move_to(lab: Lab, kind: DeviceKind) {
    // Races and surveys of attacks do not move: let them come to their end or to a pause.
    let raced = || lab.attack.now.with_untracked(|now| now.as_ref().is_some_and(|now| now.running));
    while raced() || survey_runs(lab) {
        sleep(250).await;
    }
    let Some(Some(from)) = with_link(|link| link.active) else { return };
    if from == kind || with_link(|link| link.slot(kind).ready) != Some(true) {
        return;
    }
    let running = lab.train.running.get_untracked();
    let configured = with_link(|link| {
        link.moving = true;
        // What the engine says of its pause is not shown: the run only changes place.
        link.starting = running;
        if running {
            link.post(from, &Command::Pause);
        }
        link.slot(from).configured && link.experiment.is_some()
    });
    // While its data are on their way there is no run yet, and nothing to carry over but its description.
    let is_set_up = lab.train.a.with_untracked(|log| !log.layers.is_empty());
    if configured == Some(true) && is_set_up {
        // The answer is kept by the link as the snapshot to go on from.
        question(from, Want::Checkpoint, &Command::Checkpoint).await;
    }
    let moved = with_link(|link| {
        let ready = link.active == Some(from) && link.slot(kind).ready;
        link.moving = false;
        ready.then(|| link.activate(kind, running))
    });
    match moved.flatten() {
        Some((_, running)) => {
            lab.devices.update(|devices| devices.active = Some(kind));
            lab.train.running.set(running);
        }
        // One of the two failed meanwhile; if the old one is still there, it goes on.
        None => {
            let steps_per_second = lab.speed.get_untracked();
            with_link(|link| {
                let waiting = std::mem::take(&mut link.waiting);
                if link.active == Some(from) {
                    if running {
                        link.post(from, &Command::Run { steps_per_second });
                    }
                    for command in &waiting {
                        link.post(from, command);
                    }
                } else {
                    link.waiting = waiting;
                }
            });
        }
    }
}

/// The largest relative difference between two probes: max |a − b| / max |a| of each field, and of them the largest.
fn disagreement(a: &Probe, b: &Probe) -> f32 {
    let loss = ([a.loss], [b.loss]);
    let fields: [(&[f32], &[f32]); 5] = [
        (&a.logits, &b.logits),
        (&loss.0, &loss.1),
        (&a.weight_gradient, &b.weight_gradient),
        (&a.weight_gradient_with_input, &b.weight_gradient_with_input),
        (&a.input_gradient, &b.input_gradient),
    ];
    let mut worst = 0.0_f32;
    for (a, b) in fields {
        if a.len() != b.len() || a.iter().chain(b).any(|value| !value.is_finite()) {
            return f32::INFINITY;
        }
        let scale = a.iter().fold(0.0_f32, |m, v| m.max(v.abs())) + 1e-6;
        let difference = a.iter().zip(b).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        worst = worst.max(difference / scale);
    }
    worst
}
