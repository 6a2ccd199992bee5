//! What the page wants, made into commands: which experiment and which attack are set up, what stops when the page
//! is left or hidden, how fast it runs.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use super::{LINK, Link, Slot, send, store, survey_runs, takeover, wake, with_link};
use crate::app::engine_gate::needs_engine;
use crate::app::lab::{DeviceChoice, Page};
use crate::app::{Lab, wording_with};
use crate::session::*;

/// Changes that follow each other faster than this are one change: a slider sets the experiment up once, not at
/// every pixel.
const SETTLE: Duration = Duration::from_millis(300);

/// What was stopped because nobody looked, to go on when somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    Training,
    Attack,
}

thread_local! {
    static SETTLING: RefCell<[Option<TimeoutHandle>; 2]> = const { RefCell::new([None, None]) };
    static STOPPED_HIDDEN: Cell<Option<Stopped>> = const { Cell::new(None) };
    static STOPPED_PAGE: Cell<bool> = const { Cell::new(false) };
}

/// Connects the engines to the lab. Call once, inside the page's reactive owner.
pub fn start(lab: Lab) {
    LINK.set(Some(Link {
        lab,
        cpu: Slot::default(),
        gpu: Slot::default(),
        active: None,
        moving: false,
        waiting: Vec::new(),
        checkpoint: None,
        experiment: None,
        attack: None,
        starting: false,
        timing: None,
    }));
    follow_page(lab);
    follow_experiment(lab);
    follow_attack(lab);
    follow_wanted(lab);
    follow_settings(lab);
    window_event_listener_untyped("visibilitychange", move |_| visibility(lab));
}

/// Only what is looked at computes.
fn follow_page(lab: Lab) {
    Effect::new(move |before: Option<Page>| {
        let page = lab.page.get();
        if needs_engine(page) {
            wake(lab);
        }
        if before == Some(Page::Train) && page != Page::Train && lab.train.running.get_untracked() {
            STOPPED_PAGE.set(true);
            send(Command::Pause);
        }
        if before == Some(Page::Attack) && page != Page::Attack {
            if attack_runs(lab) {
                send(Command::AttackPause);
            }
            if survey_runs(lab) {
                send(Command::SurveyRun(false));
            }
        }
        if page == Page::Train && STOPPED_PAGE.replace(false) {
            run(lab);
        }
        page
    });
}

fn follow_experiment(lab: Lab) {
    Effect::new(move |before: Option<Option<Experiment>>| {
        let before = before.flatten();
        let wanted = match lab.page.get() {
            Page::Train => true,
            Page::Attack => lab.attack_spec.with(|spec| matches!(spec.victim, Victim::TrainingA | Victim::TrainingB)),
            Page::Geometry | Page::Theory | Page::Methods => false,
        };
        let experiment = lab.experiment.get();
        if !wanted || before.as_ref() == Some(&experiment) {
            return before;
        }
        want_data(lab, experiment.data, true);
        settle(0, before.is_none(), move || {
            send(Command::Configure(lab.experiment.get_untracked()));
            takeover::network_changed(lab);
        });
        Some(experiment)
    });
}

/// Whether nothing but the image that is looked at differs.
fn same_race(a: &AttackSpec, b: &AttackSpec) -> bool {
    let mut a = a.clone();
    a.focus = b.focus;
    a == *b
}

fn want_data(lab: Lab, data: DataId, train: bool) {
    if data == DataId::Own {
        store::want_own(lab);
    } else {
        store::want_data(lab, data, train);
    }
}

fn follow_attack(lab: Lab) {
    Effect::new(move |before: Option<Option<AttackSpec>>| {
        let before = before.flatten();
        if lab.page.get() != Page::Attack {
            return before;
        }
        store::want_models(lab);
        let spec = lab.attack_spec.get();
        want_data(lab, spec.data, false);
        if spec.victim == Victim::Own {
            store::want_own_network(lab);
        }
        if let Victim::Bundled(name) = &spec.victim {
            lab.attack.models.with(|models| match models.iter().find(|card| card.name == *name) {
                Some(card) => store::want_model(lab, card),
                None if models.is_empty() => {}
                None => {
                    let names = models.iter().map(|card| card.name.clone()).collect::<Vec<_>>().join(", ");
                    lab.report(wording_with(lab, "engine.no_model", &[("name", name.clone()), ("names", names)]));
                }
            });
        }
        match &before {
            Some(old) if *old == spec => {}
            // Another image of the same race.
            Some(old) if same_race(old, &spec) => {
                send(Command::AttackFocus(spec.focus));
                with_link(|link| link.attack = Some(spec.clone()));
            }
            _ => settle(1, before.is_none(), move || {
                send(Command::AttackConfigure(lab.attack_spec.get_untracked()));
            }),
        }
        Some(spec)
    });
}

/// Networks that are compared, and their test images.
fn follow_wanted(lab: Lab) {
    Effect::new(move |_| {
        let wanted = lab.attack.wanted.get();
        lab.attack.models.with(|models| {
            for card in models.iter().filter(|card| wanted.contains(&card.name)) {
                store::want_model(lab, card);
                store::want_unseen(lab, card.data);
            }
        });
    });
}

fn follow_settings(lab: Lab) {
    Effect::new(move |before: Option<DeviceChoice>| {
        let choice = lab.device_choice.get();
        if before.is_some_and(|before| before != choice) {
            takeover::chosen(lab, choice);
        }
        choice
    });
    Effect::new(move |before: Option<f32>| {
        let speed = lab.speed.get();
        if before.is_some_and(|before| before != speed) {
            if lab.train.running.get_untracked() {
                run(lab);
            }
            if attack_runs(lab) {
                send(Command::AttackRun { calls_per_second: speed });
            }
        }
        speed
    });
}

/// Runs `change` at once, or when nothing else has changed for a while. `which`: 0 experiment, 1 attack.
fn settle(which: usize, at_once: bool, change: impl FnOnce() + 'static) {
    let wait = if at_once { Duration::ZERO } else { SETTLE };
    let timer = set_timeout_with_handle(change, wait).ok();
    let earlier =
        SETTLING.with_borrow_mut(|timers| timers.get_mut(which).and_then(|slot| std::mem::replace(slot, timer)));
    if let Some(earlier) = earlier {
        earlier.clear();
    }
}

/// A tab that nobody sees should not heat the machine, unless it is on a projector.
fn visibility(lab: Lab) {
    if document().hidden() {
        if lab.present.get_untracked() {
            return;
        }
        if lab.train.running.get_untracked() {
            STOPPED_HIDDEN.set(Some(Stopped::Training));
            send(Command::Pause);
        } else if attack_runs(lab) {
            STOPPED_HIDDEN.set(Some(Stopped::Attack));
            send(Command::AttackPause);
        }
    } else {
        match STOPPED_HIDDEN.take() {
            Some(Stopped::Training) => run(lab),
            Some(Stopped::Attack) => send(Command::AttackRun { calls_per_second: lab.speed.get_untracked() }),
            None => {}
        }
    }
}

fn attack_runs(lab: Lab) -> bool {
    lab.attack.now.with_untracked(|now| now.as_ref().is_some_and(|now| now.running))
}

fn run(lab: Lab) {
    send(Command::Run { steps_per_second: lab.speed.get_untracked() });
}
