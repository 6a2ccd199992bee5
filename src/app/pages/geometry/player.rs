//! Play, step, reset, seek: the shared transport bar acts here while the page is open.

use std::time::Duration;

use leptos::prelude::*;

use super::geo::{Geo, Phase, milliseconds};
use crate::app::lab::PlaneTransport;
use crate::app::{tr, tr_with, use_lab};

/// Steps a second at most: one an animation frame.
const FASTEST: f64 = 60.0;
/// Up to this many steps a second the sub-steps are played one by one.
const NARRATED: f64 = 1.0;
/// How long slow motion shows a sub-step.
const READING: Duration = Duration::from_millis(3200);

/// Hands the page's handlers to the transport bar; takes them back when the page closes.
pub fn connect(geo: Geo) {
    let lab = use_lab();
    let playing = geo.playing;
    let note = Signal::derive(move || {
        geo.phase.get().map_or_else(String::new, |phase| {
            let name = tr(&format!("geometry.phase.{}", phase.key()));
            tr_with("geometry.transport", &[("name", name), ("i", (phase.place() + 1).to_string())])
        })
    });
    let play = move |()| {
        if playing.get_untracked() {
            playing.set(false);
            return;
        }
        if geo.state.with_untracked(|state| state.t >= state.total) {
            geo.state.update(|state| state.t = 0);
        }
        geo.phase.set(None);
        playing.set(true);
        tick(geo, lab.speed, milliseconds(), 0.0);
    };
    lab.plane_transport.set(Some(PlaneTransport {
        playing: playing.into(),
        t: Signal::derive(move || geo.t()),
        total: Signal::derive(move || geo.state.with(|state| state.total)),
        note,
        ms_per_step: Signal::derive(move || geo.of_runs(|runs| runs.ms_per_step)),
        play: Callback::new(play),
        step: Callback::new(move |()| {
            playing.set(false);
            next_phase(geo);
        }),
        reset: Callback::new(move |()| seek(geo, 0)),
        seek: Callback::new(move |t| seek(geo, t)),
    }));
    on_cleanup(move || lab.plane_transport.set(None));
}

/// Shows step `t` as a whole picture and pauses.
pub fn seek(geo: Geo, t: u32) {
    geo.playing.set(false);
    geo.phase.set(None);
    geo.state.update(|state| state.t = t.min(state.total));
}

/// Slow motion on or off: one step from x_t, every sub-step long enough to read its sentence.
pub fn slow(geo: Geo) {
    let turn = geo.slow.get_untracked() + 1;
    geo.slow.set(turn);
    if turn % 2 == 1 {
        geo.playing.set(false);
        geo.phase.set(Some(Phase::Slope));
        hold(geo, turn, Phase::Slope);
    }
}

/// Shows a sub-step for a while, then the next one. Whatever else changes the sub-step ends the slow motion.
fn hold(geo: Geo, turn: u32, phase: Phase) {
    let on = move || {
        // Nothing to ask when the page has closed meanwhile.
        if geo.slow.try_get_untracked() != Some(turn) {
            return;
        }
        if geo.phase.get_untracked() == Some(phase) && !geo.playing.get_untracked() {
            geo.phase.set(phase.next());
            if let Some(next) = phase.next() {
                return hold(geo, turn, next);
            }
            advance(geo, 1);
        }
        geo.slow.set(turn + 1);
    };
    set_timeout(on, READING);
}

/// Slope, model, corner, gap, move, and on to the next point. False at the end.
fn next_phase(geo: Geo) -> bool {
    let next = match geo.phase.get_untracked() {
        None => Some(Phase::Slope),
        Some(Phase::Move) => advance(geo, 1).then_some(Phase::Slope),
        Some(phase) => phase.next(),
    };
    geo.phase.set(next);
    next.is_some()
}

/// Goes on by whole steps; false if the end was there already.
fn advance(geo: Geo, steps: u32) -> bool {
    let (t, total) = geo.state.with_untracked(|state| (state.t, state.total));
    if t >= total {
        return false;
    }
    geo.state.update(|state| state.t = (t + steps).min(total));
    true
}

/// One animation frame of playing. `debt` counts steps (or sub-steps) that are due.
fn tick(geo: Geo, speed: RwSignal<f32>, last: f64, debt: f64) {
    request_animation_frame(move || {
        // Nothing to ask when the page has closed meanwhile.
        if geo.playing.try_get_untracked() != Some(true) {
            return;
        }
        let now = milliseconds();
        let asked = f64::from(speed.get_untracked());
        let rate = if asked > 0.0 { asked.min(FASTEST) } else { FASTEST };
        let narrated = rate <= NARRATED;
        // A page that slept in the background does not race to catch up.
        let seconds = ((now - last) / 1000.0).clamp(0.0, 0.25);
        let due = debt + seconds * rate * if narrated { Phase::ALL.len() as f64 } else { 1.0 };
        let whole = due.floor();
        if whole >= 1.0 {
            let going = if narrated {
                next_phase(geo)
            } else {
                geo.phase.set(None);
                advance(geo, whole as u32)
            };
            let ended = geo.state.with_untracked(|state| state.t >= state.total) && !narrated;
            if !going || ended {
                geo.playing.set(false);
                return;
            }
        }
        tick(geo, speed, now, due - whole);
    });
}
