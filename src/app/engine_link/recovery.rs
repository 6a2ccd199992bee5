//! When an engine fails: say what happened, put another one in its place, go on from the last snapshot.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::asks::{self, Want};
use super::{end, set_state, spawn, store, takeover, with_link};
use crate::app::lab::{DeviceChoice, EngineState};
use crate::app::text::telling;
use crate::app::{Lab, wording, wording_with};
use crate::plot;
use crate::session::{DeviceKind, Problem, ProblemKind};

/// How often an engine is started again before the lab gives it up.
pub const RESTARTS: u32 = 3;
/// Before the first restart; every further one waits longer.
const RESTART_AFTER: Duration = Duration::from_millis(300);
/// Before a GPU that was lost is asked for again.
const GPU_AGAIN_AFTER: Duration = Duration::from_secs(3);

/// What the next engine has to make good.
#[derive(Debug, Clone, Copy, Default)]
struct Resume {
    failed: bool,
    run: bool,
}

thread_local! {
    static RESUME: Cell<Resume> = const { Cell::new(Resume { failed: false, run: false }) };
}

/// The device's name in the present language.
pub fn device_name(lab: Lab, kind: DeviceKind) -> String {
    wording(
        lab,
        match kind {
            DeviceKind::Cpu => "device.cpu",
            DeviceKind::Gpu => "device.gpu",
        },
    )
}

/// An engine begins to compute: the first one, or one in place of another that failed.
pub fn begin(lab: Lab, kind: DeviceKind) {
    let resume = RESUME.take();
    let Some((t, running)) = with_link(|link| link.activate(kind, resume.run)) else { return };
    lab.devices.update(|devices| devices.active = Some(kind));
    if running {
        lab.train.running.set(true);
    }
    if resume.failed {
        lab.train.snapshots.set(if t > 0 { vec![t] } else { Vec::new() });
        let values = [("t", plot::integer(u64::from(t))), ("device", device_name(lab, kind))];
        lab.say(wording_with(lab, if running { "engine.continues" } else { "engine.is_back" }, &values));
    } else {
        let reason = match (kind, lab.device_choice.get_untracked()) {
            (DeviceKind::Cpu, DeviceChoice::Cpu) => "device.reason.forced_cpu",
            (DeviceKind::Cpu, _) => "device.reason.first",
            (DeviceKind::Gpu, _) => "device.reason.only_gpu",
        };
        lab.devices.update(|devices| devices.reason = reason);
    }
}

/// An engine has ended, whether it was heard of or could not even start.
pub fn failed(lab: Lab, kind: DeviceKind, reason: &str, message: &str) {
    let Some((was_active, failures)) = with_link(|link| {
        let was_active = link.active == Some(kind);
        link.moving = false;
        let slot = link.slot(kind);
        slot.failures += 1;
        (was_active, slot.failures)
    }) else {
        return;
    };
    end(kind);
    set_state(lab, kind, EngineState::Failed { message: message.into() });

    let state = with_link(|link| (link.active, link.cpu.ready, link.gpu.ready));
    let (computing, cpu_ready, gpu_ready) = state.unwrap_or_default();
    let forced = kind == DeviceKind::Gpu && lab.device_choice.get_untracked() == DeviceChoice::Gpu;
    if computing.is_some() {
        // In the background: the run is not touched.
        if kind == DeviceKind::Gpu {
            lab.devices.update(|devices| devices.reason = "device.reason.gpu_failed");
            if forced {
                lab.report(sentence(lab, problem_of(reason), message));
            }
        } else if failures <= RESTARTS {
            start_again(lab, kind, failures);
        }
        return;
    }

    let problem = problem_of(reason);
    let gone_on = lab.train.running.get_untracked() || RESUME.get().run;
    // The same work would need the same memory again: the user has to ask for less first.
    let run = gone_on && problem != ProblemKind::OutOfMemory;
    RESUME.set(Resume { failed: was_active || RESUME.get().failed, run });
    lab.train.running.set(false);
    lab.devices.update(|devices| devices.active = None);
    if kind == DeviceKind::Gpu || failures <= RESTARTS || gpu_ready {
        // The detail of a crash is an address in the module: it stands in the panel, not here.
        lab.report(announcement(lab, problem, if reason == "load" { message } else { "" }));
    }
    match kind {
        DeviceKind::Gpu => {
            if cpu_ready {
                begin(lab, DeviceKind::Cpu);
            } else {
                spawn(lab, DeviceKind::Cpu);
            }
            if failures <= RESTARTS {
                // It may come back, and then shows again what it can.
                set_timeout(move || takeover::consider_start(lab), GPU_AGAIN_AFTER);
            }
        }
        DeviceKind::Cpu if failures <= RESTARTS => start_again(lab, kind, failures),
        DeviceKind::Cpu if gpu_ready => begin(lab, DeviceKind::Gpu),
        DeviceKind::Cpu => {
            lab.devices.update(|devices| devices.reason = "device.reason.failed");
            lab.report(sentence(lab, problem, message));
            takeover::consider_start(lab);
        }
    }
}

fn start_again(lab: Lab, kind: DeviceKind, failures: u32) {
    set_timeout(move || spawn(lab, kind), RESTART_AFTER * failures);
}

/// An engine reports a problem and is still there.
pub fn problem(lab: Lab, kind: DeviceKind, active: bool, problem: &Problem) {
    // What was asked will not be answered.
    for want in [Want::Probe, Want::Benchmark, Want::Checkpoint] {
        asks::cancel(kind, Some(want));
    }
    match problem.kind {
        ProblemKind::DeviceLost | ProblemKind::EngineCrashed | ProblemKind::OutOfMemory | ProblemKind::NoAdapter => {
            failed(lab, kind, problem.kind.key(), &problem.detail);
        }
        _ if !active => {}
        other => {
            if other == ProblemKind::BadFile {
                store::own_refused();
            }
            let Problem { detail, told, .. } = problem.clone();
            spawn_local(async move {
                let detail = telling(lab, told, detail).await;
                lab.report(sentence(lab, other, &detail));
            });
        }
    }
}

/// The kind of problem behind what `engine.js` gives as the reason.
fn problem_of(reason: &str) -> ProblemKind {
    match reason {
        "device-lost" | "device_lost" => ProblemKind::DeviceLost,
        "out-of-memory" | "out_of_memory" => ProblemKind::OutOfMemory,
        "no_adapter" => ProblemKind::NoAdapter,
        "message" => ProblemKind::BadMessage,
        _ => ProblemKind::EngineCrashed,
    }
}

/// What happened, what to do, and the technical detail.
pub fn sentence(lab: Lab, problem: ProblemKind, detail: &str) -> String {
    fill(lab, problem, "remedy", detail)
}

/// The same where the lab itself puts another engine in its place: what it does, and what is left for the user.
fn announcement(lab: Lab, problem: ProblemKind, detail: &str) -> String {
    let what_next = match problem {
        ProblemKind::DeviceLost | ProblemKind::EngineCrashed | ProblemKind::OutOfMemory => "recovers",
        _ => "remedy",
    };
    fill(lab, problem, what_next, detail)
}

fn fill(lab: Lab, problem: ProblemKind, what_next: &str, detail: &str) -> String {
    let what = wording(lab, &format!("problem.{}", problem.key()));
    let remedy = wording(lab, &format!("problem.{}.{what_next}", problem.key()));
    let detail = detail.trim().trim_end_matches('.').to_string();
    let key = if detail.is_empty() { "engine.sentence" } else { "engine.sentence_detail" };
    wording_with(lab, key, &[("what", what), ("remedy", remedy), ("detail", detail)])
}
