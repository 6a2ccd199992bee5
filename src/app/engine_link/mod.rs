//! The engines behind the page: started, fed with data, listened to, replaced when they fail. The page sends
//! commands by [`send`]; what the engines say ends up in the signals of [`Lab`].
//!
//! - [`worker`]: one engine in its web worker; [`wire`]: large messages; [`asks`]: questions with answers
//! - [`store`], [`fetch`]: data, networks and own files, fetched once and handed to every engine;
//!   [`mod@own_network`]: a network out of such a file
//! - [`fold`]: events into signals
//! - [`follow`]: what the page wants, made into commands
//! - [`takeover`]: the CPU begins; the GPU takes over if it agrees and is faster
//! - [`recovery`]: an engine failed; the run goes on from its last snapshot
//! - [`capability`]: what this browser offers; [`hooks`]: functions for tests and benchmarks

mod asks;
pub mod capability;
mod fetch;
mod fold;
mod follow;
mod hooks;
mod own_network;
mod recovery;
mod store;
mod takeover;
mod wire;
mod worker;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;

use self::asks::Want;
use self::worker::{Engine, Heard};
use super::Lab;
use super::lab::EngineState;
use crate::session::*;

pub use follow::start;
pub use hooks::install as install_hooks;
pub use own_network::own_network;
pub use store::{own_files, own_image};

/// One of the two engines, as far as it is there.
#[derive(Default)]
struct Slot {
    engine: Option<Engine>,
    /// It has said that it is up.
    ready: bool,
    /// How much of the store it has been given.
    given: usize,
    /// It has an experiment.
    configured: bool,
    failures: u32,
}

struct Link {
    lab: Lab,
    cpu: Slot,
    gpu: Slot,
    active: Option<DeviceKind>,
    /// The run is on its way from one engine to the other: commands wait.
    moving: bool,
    waiting: Vec<Command>,
    /// The last snapshot and its step: where a run goes on after a failure.
    checkpoint: Option<(u32, Rc<[u8]>)>,
    /// The experiment in the engine (or on its way there).
    experiment: Option<Experiment>,
    attack: Option<AttackSpec>,
    /// A run was sent and the engine has not yet said that it runs.
    starting: bool,
    /// What is to be timed ([`Command::Cost`]) and has not been, and the engine that was asked.
    timing: Option<(Command, Option<DeviceKind>)>,
}

thread_local! {
    static LINK: RefCell<Option<Link>> = const { RefCell::new(None) };
}

/// Works on the link. `None` before the start, or if called from within itself.
fn with_link<R>(work: impl FnOnce(&mut Link) -> R) -> Option<R> {
    LINK.with(|link| link.try_borrow_mut().ok()?.as_mut().map(work))
}

/// Sends a command to the engine that computes; while there is none, it waits.
pub fn send(command: Command) {
    let lab = with_link(|link| {
        link.send(command.clone());
        link.lab
    });
    // The buttons answer at once; the engine's own word follows.
    match (lab, command) {
        (Some(lab), Command::Run { .. }) => lab.train.running.set(true),
        (Some(lab), Command::Pause | Command::Step | Command::SubStep | Command::Seek { .. }) => {
            lab.train.running.set(false);
        }
        _ => {}
    }
}

impl Link {
    fn slot(&mut self, kind: DeviceKind) -> &mut Slot {
        match kind {
            DeviceKind::Cpu => &mut self.cpu,
            DeviceKind::Gpu => &mut self.gpu,
        }
    }

    fn send(&mut self, command: Command) {
        if matches!(command, Command::Cost { .. }) {
            self.timing = Some((command, None));
            return self.ask_for_cost();
        }
        match &command {
            Command::Configure(experiment) => {
                self.experiment = Some(experiment.clone());
                self.checkpoint = None;
                // Only the newest experiment counts, whatever waited for an older one.
                self.waiting.retain(|waiting| !matches!(waiting, Command::Configure(_)));
            }
            Command::AttackConfigure(spec) => {
                self.attack = Some(spec.clone());
                self.waiting.retain(|waiting| !matches!(waiting, Command::AttackConfigure(_)));
            }
            Command::Run { .. } => self.starting = true,
            Command::Pause | Command::Step | Command::SubStep | Command::Seek { .. } => self.starting = false,
            _ => {}
        }
        match self.active {
            Some(kind) if !self.moving => self.post(kind, &command),
            _ => self.waiting.push(command),
        }
    }

    /// Posts to one engine, whichever is active.
    fn post(&mut self, kind: DeviceKind, command: &Command) {
        let lab = self.lab;
        let slot = self.slot(kind);
        slot.configured |= matches!(command, Command::Configure(_) | Command::Restore(_));
        match encode(command) {
            Ok(bytes) => {
                if let Some(engine) = &slot.engine {
                    engine.post_bytes(&bytes);
                }
            }
            Err(error) => lab.report(error.to_string()),
        }
    }

    /// Asks an engine that is up to time what has not been timed: that for the CPU, whichever computes, for its code is
    /// made for speed. When the engine that was asked is gone, the next one is asked.
    fn ask_for_cost(&mut self) {
        let kind = if self.cpu.ready { Some(DeviceKind::Cpu) } else { self.active };
        if let (Some(kind), Some((command, asked @ None))) = (kind, &mut self.timing) {
            *asked = Some(kind);
            let command = command.clone();
            self.post(kind, &command);
        }
    }

    /// Gives an engine what the store holds and it has not had yet.
    fn hand_out(&mut self, kind: DeviceKind) {
        let slot = self.slot(kind);
        let Some(engine) = slot.engine.as_ref().filter(|_| slot.ready) else { return };
        let (parcels, all) = store::parcels_from(slot.given);
        for parcel in &parcels {
            engine.post(&parcel.copy());
        }
        slot.given = all;
    }

    /// From now on this engine computes: it gets the run where it stands, and what has waited. Returns the step at
    /// which it goes on, and whether it runs.
    fn activate(&mut self, kind: DeviceKind, run: bool) -> (u32, bool) {
        self.active = Some(kind);
        self.moving = false;
        self.hand_out(kind);
        let waiting = std::mem::take(&mut self.waiting);
        // If a newer experiment waits, the old one's snapshot is of no use.
        let renewed = waiting.iter().any(|command| matches!(command, Command::Configure(_)));
        let mut t = 0;
        if !renewed {
            match (self.checkpoint.clone(), self.experiment.clone()) {
                (Some((at, bytes)), _) => {
                    t = at;
                    self.post(kind, &Command::Restore(bytes.to_vec()));
                }
                (None, Some(experiment)) => self.post(kind, &Command::Configure(experiment)),
                (None, None) => {}
            }
        }
        let renewed = waiting.iter().any(|command| matches!(command, Command::AttackConfigure(_)));
        if let Some(spec) = self.attack.clone().filter(|_| !renewed) {
            self.post(kind, &Command::AttackConfigure(spec));
        }
        // What the user pressed meanwhile has the last word.
        let said = waiting.iter().rev().find_map(|command| match command {
            Command::Run { .. } => Some(true),
            Command::Pause | Command::Step | Command::SubStep | Command::Seek { .. } => Some(false),
            _ => None,
        });
        if run && said.is_none() {
            let steps_per_second = self.lab.speed.get_untracked();
            self.post(kind, &Command::Run { steps_per_second });
        }
        for command in &waiting {
            self.post(kind, command);
        }
        // What was being counted is counted anew: the engine that had begun is gone.
        if let Some((spec, running)) = survey_under_way(self.lab)
            && !waiting.iter().any(|command| matches!(command, Command::Survey(_)))
        {
            self.post(kind, &Command::Survey(spec));
            self.post(kind, &Command::SurveyRun(running));
        }
        self.starting = said.unwrap_or(run);
        self.ask_for_cost();
        (t, self.starting)
    }
}

/// The survey that an engine is counting, and whether it runs or rests; `None` if there is none.
fn survey_under_way(lab: Lab) -> Option<(SurveySpec, bool)> {
    let read = |results: &SurveyResults| {
        let spec = results.spec.clone().filter(|_| results.under_way())?;
        Some((spec, results.running))
    };
    [SurveyId::Comparison, SurveyId::Curve].iter().find_map(|id| lab.survey(*id).with_untracked(read))
}

/// Whether an engine is counting.
fn survey_runs(lab: Lab) -> bool {
    survey_under_way(lab).is_some_and(|(_, running)| running)
}

/// Gives both engines what has newly arrived.
fn hand_out() {
    with_link(|link| {
        link.hand_out(DeviceKind::Cpu);
        link.hand_out(DeviceKind::Gpu);
    });
}

/// Starts an engine, unless it is there already.
fn spawn(lab: Lab, kind: DeviceKind) {
    if with_link(|link| link.slot(kind).engine.is_some()) != Some(false) {
        return;
    }
    set_state(lab, kind, EngineState::Loading { loaded: 0, total: 0 });
    match Engine::start(kind, move |heard| hear(lab, kind, heard)) {
        Ok(engine) => {
            with_link(|link| {
                let slot = link.slot(kind);
                *slot = Slot { engine: Some(engine), failures: slot.failures, ..Slot::default() };
            });
        }
        Err(message) => recovery::failed(lab, kind, "load", &message),
    }
}

/// Ends an engine. Questions to it are answered with nothing.
fn end(kind: DeviceKind) {
    let engine = with_link(|link| {
        let slot = link.slot(kind);
        let engine = slot.engine.take();
        *slot = Slot { failures: slot.failures, ..Slot::default() };
        if link.active == Some(kind) {
            link.active = None;
        }
        if let Some((_, asked)) = &mut link.timing
            && *asked == Some(kind)
        {
            *asked = None;
        }
        link.ask_for_cost();
        engine
    });
    asks::cancel(kind, None);
    // Later: this may have been called by the engine's own message.
    set_timeout(move || drop(engine), Duration::ZERO);
}

fn hear(lab: Lab, kind: DeviceKind, heard: Heard) {
    // The last words of an engine that was given up.
    if with_link(|link| link.slot(kind).engine.is_some()) != Some(true) {
        return;
    }
    match heard {
        Heard::Progress { loaded, total } => {
            if with_link(|link| link.slot(kind).ready) == Some(false) {
                set_state(lab, kind, EngineState::Loading { loaded, total });
            }
        }
        Heard::Fatal { reason, message } => recovery::failed(lab, kind, &reason, &message),
        Heard::Event(event) => hear_event(lab, kind, event),
    }
}

fn hear_event(lab: Lab, kind: DeviceKind, event: Event) {
    let active = with_link(|link| link.active == Some(kind)) == Some(true);
    match event {
        Event::Ready { ref adapter, .. } => {
            if kind == DeviceKind::Gpu && !adapter.is_empty() {
                lab.devices.update(|devices| devices.adapter.clone_from(adapter));
            }
            up(lab, kind);
            asks::answer(kind, Want::Ready, event);
        }
        Event::Probe(_) => asks::answer(kind, Want::Probe, event),
        Event::Benchmark { .. } => asks::answer(kind, Want::Benchmark, event),
        Event::Checkpoint { t, bytes } => {
            if active {
                with_link(|link| link.checkpoint = Some((t, bytes.into())));
            }
            asks::answer(kind, Want::Checkpoint, Event::Checkpoint { t, bytes: Vec::new() });
        }
        Event::Problem(problem) => recovery::problem(lab, kind, active, &problem),
        // Every engine is given it, and the first to answer is believed.
        Event::OwnNetwork { place, read } => own_network::judged(lab, place, read),
        // Of whichever engine was asked.
        Event::Cost { ref set, side, oracle, .. } => {
            with_link(|link| {
                // It may be the answer to an earlier question, which nobody waits for any more.
                if let Some((Command::Cost { set: of, side: at, oracle: asked }, _)) = &link.timing
                    && (of, *at, *asked) == (set, side, oracle)
                {
                    link.timing = None;
                }
            });
            fold::fold(lab, event);
        }
        event if active => fold::fold(lab, event),
        _ => {}
    }
}

/// An engine has said that it is up.
fn up(lab: Lab, kind: DeviceKind) {
    let begins = with_link(|link| {
        link.slot(kind).ready = true;
        link.hand_out(kind);
        // The GPU has to prove itself first, unless there is nothing to compare it with.
        link.active.is_none() && (kind == DeviceKind::Cpu || link.cpu.failures > recovery::RESTARTS)
    }) == Some(true);
    let state = if kind == DeviceKind::Gpu && !begins { EngineState::Warming } else { EngineState::Ready };
    set_state(lab, kind, state);
    if begins {
        recovery::begin(lab, kind);
    }
    takeover::engine_up(lab, kind);
}

fn set_state(lab: Lab, kind: DeviceKind, state: EngineState) {
    lab.devices.update(|devices| match kind {
        DeviceKind::Cpu => devices.cpu = state,
        DeviceKind::Gpu => devices.gpu = state,
    });
}

/// All data that were asked for are here (or could not be fetched).
fn nothing_left_to_fetch(lab: Lab) {
    takeover::consider_start(lab);
}

/// Starts the CPU engine, if it has not been: after the first figure, so that nothing competes with it.
pub fn wake_up() {
    if let Some(lab) = with_link(|link| link.lab) {
        wake(lab);
    }
}

fn wake(lab: Lab) {
    let failed = with_link(|link| link.cpu.failures > 0);
    if failed == Some(false) {
        spawn(lab, DeviceKind::Cpu);
    }
}
