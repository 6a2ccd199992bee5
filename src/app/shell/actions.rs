//! What the buttons and the keys do. The transport acts on the page that is open.

use js_sys::Math;
use leptos::prelude::*;

use super::Shell;
use crate::app::lab::{Page, PlaneTransport};
use crate::app::{Lab, url, wording};
use crate::optim::MethodId;
use crate::session::*;

/// Whether the page that is open is running.
pub fn is_playing(lab: Lab) -> bool {
    match lab.page.get() {
        Page::Geometry | Page::Theory | Page::Methods => {
            plane(lab).and_then(|plane| plane.playing.try_get()).unwrap_or(false)
        }
        Page::Train => lab.train.running.get(),
        Page::Attack => lab.attack.now.with(|now| now.as_ref().is_some_and(|now| now.running)),
    }
}

/// The handlers of a page that computes by itself, while it is mounted.
pub fn plane(lab: Lab) -> Option<PlaneTransport> {
    lab.plane_transport.get()
}

fn plane_now(lab: Lab) -> Option<PlaneTransport> {
    lab.plane_transport.get_untracked()
}

pub fn play(lab: Lab) {
    let speed = lab.speed.get_untracked();
    match lab.page.get_untracked() {
        Page::Geometry | Page::Theory | Page::Methods => {
            if let Some(plane) = plane_now(lab) {
                plane.play.try_run(());
            }
        }
        Page::Train if lab.train.running.get_untracked() => lab.send.run(Command::Pause),
        Page::Train => {
            say_if_waiting(lab);
            let planned = lab.experiment.with_untracked(|experiment| experiment.steps);
            if lab.train.t.get_untracked() >= planned && lab.train.reason.get_untracked() == StopReason::Steps {
                // It is done: play again from the start.
                lab.send.run(Command::Configure(lab.experiment.get_untracked()));
            }
            lab.send.run(Command::Run { steps_per_second: speed });
        }
        Page::Attack => {
            let (running, done) = lab
                .attack
                .now
                .with_untracked(|now| now.as_ref().map_or((false, false), |now| (now.running, now.call >= now.budget)));
            if running {
                lab.send.run(Command::AttackPause);
                return;
            }
            say_if_waiting(lab);
            if done {
                lab.send.run(Command::AttackConfigure(lab.attack_spec.get_untracked()));
            }
            lab.send.run(Command::AttackRun { calls_per_second: speed });
        }
    }
}

/// One step: on the plane one of its four parts, in training a whole one, in an attack one gradient call.
pub fn step(lab: Lab) {
    match lab.page.get_untracked() {
        Page::Geometry | Page::Theory | Page::Methods => {
            if let Some(plane) = plane_now(lab) {
                plane.step.try_run(());
            }
        }
        Page::Train => {
            pause(lab);
            lab.send.run(Command::Step);
        }
        Page::Attack => lab.send.run(Command::AttackStep),
    }
}

/// The next part of a step. Only training tells whole steps from their parts here.
pub fn sub_step(lab: Lab) {
    if lab.page.get_untracked() == Page::Train {
        pause(lab);
        lab.send.run(Command::SubStep);
    } else {
        step(lab);
    }
}

fn pause(lab: Lab) {
    if lab.train.running.get_untracked() {
        lab.send.run(Command::Pause);
    }
}

/// Back to the start, same seed.
pub fn reset(lab: Lab) {
    match lab.page.get_untracked() {
        Page::Geometry | Page::Theory | Page::Methods => {
            if let Some(plane) = plane_now(lab) {
                plane.reset.try_run(());
            }
        }
        Page::Train => {
            lab.send.run(Command::Pause);
            lab.send.run(Command::Configure(lab.experiment.get_untracked()));
        }
        Page::Attack => {
            lab.send.run(Command::AttackPause);
            lab.send.run(Command::AttackConfigure(lab.attack_spec.get_untracked()));
        }
    }
}

/// Another seed; what runs goes on with it. The link (`engine_link`) sees the change and sets it up.
pub fn new_seed(lab: Lab) {
    let seed = (Math::random() * 1e6).floor() as u64;
    match lab.page.get_untracked() {
        Page::Geometry | Page::Theory | Page::Methods => {}
        Page::Train => lab.experiment.update(|experiment| experiment.seed = seed),
        Page::Attack => lab.attack_spec.update(|spec| spec.seed = seed),
    }
}

/// To a step: in training, the snapshot at or before it; in an attack, a look at what was then.
pub fn seek(lab: Lab, t: u32) {
    match lab.page.get_untracked() {
        Page::Geometry | Page::Theory | Page::Methods => {
            if let Some(plane) = plane_now(lab) {
                plane.seek.try_run(t);
            }
        }
        Page::Train => lab.send.run(Command::Seek { t }),
        Page::Attack => lab.send.run(Command::AttackSeek { call: t }),
    }
}

/// The next slower (−1) or faster (+1) speed.
pub fn change_speed(lab: Lab, by: isize) {
    let present = lab.speed.get_untracked();
    let place = url::SPEEDS.iter().position(|(_, speed)| *speed == present).unwrap_or(url::SPEEDS.len() - 1);
    if let Some((_, speed)) = place.checked_add_signed(by).and_then(|place| url::SPEEDS.get(place)) {
        lab.speed.set(*speed);
    }
}

/// A second run in lock-step on the same batches, or none.
pub fn compare(lab: Lab) {
    if lab.page.get_untracked() == Page::Train {
        lab.experiment.update(|experiment| {
            experiment.b = if experiment.b.is_some() {
                None
            } else {
                let mut opponent = experiment.a.clone();
                opponent.switch_to(MethodId::sgd());
                Some(opponent)
            };
        });
    }
}

pub fn present(lab: Lab) {
    lab.present.update(|present| *present = !*present);
}

/// Copies the link, and opens the dialog that says so and offers the rest.
pub fn share(lab: Lab, shell: Shell) {
    super::share::copy(lab, url::address(lab), "share.copied");
    shell.share.set(true);
}

/// Says that the engine is still on its way, so that a press of play is not taken for lost.
fn say_if_waiting(lab: Lab) {
    if lab.devices.with_untracked(|devices| devices.active.is_none()) {
        lab.say(wording(lab, "engine.waiting"));
    }
}
