//! Runs that a page computes itself: how far they are, the loop that moves them a few milliseconds of every frame
//! ([`Pace`]), and their handlers for the transport bar.

use std::time::Duration;

use leptos::prelude::*;

use super::slices::Pace;
use crate::app::lab::{Lab, PlaneTransport};

/// What only the page knows of its runs.
#[derive(Clone, Copy)]
pub struct Moves {
    /// All back to the start; calls [`Runs::reset`].
    pub begin: Callback<()>,
    /// One piece of a step. False once there is no more to do.
    pub piece: Callback<(), bool>,
    /// One step of all.
    pub step: Callback<()>,
    /// Steps that all have made.
    pub steps: Callback<(), u32>,
    /// Pieces that make a step of all.
    pub pieces: Callback<(), u32>,
    /// Pieces between two looks at the clock.
    pub rounds: u32,
    /// T
    pub total: Signal<u32>,
    /// Text beside the clock.
    pub note: Signal<String>,
}

/// How far the runs are. `Copy`: pass it anywhere.
#[derive(Clone, Copy)]
pub struct Runs {
    lab: Lab,
    moves: StoredValue<Option<Moves>>,
    /// Steps done and drawn.
    pub done: RwSignal<u32>,
    /// The same for numbers and small figures, which must stand long enough to be read.
    pub calm: RwSignal<u32>,
    /// Where the transport was moved to.
    pub held: RwSignal<Option<u32>>,
    playing: RwSignal<bool>,
    /// Milliseconds a step of all takes.
    pace: RwSignal<f64>,
    /// Number of the loop that may go on: a new one ends the one before.
    turn: StoredValue<u32>,
}

impl Runs {
    /// Nothing done yet; call once, inside the page.
    pub fn new(lab: Lab) -> Self {
        Self {
            lab,
            moves: StoredValue::new(None),
            done: RwSignal::new(0),
            calm: RwSignal::new(0),
            held: RwSignal::new(None),
            playing: RwSignal::new(false),
            pace: RwSignal::new(0.0),
            turn: StoredValue::new(0),
        }
    }

    /// Hands the handlers to the transport bar; takes them back when the page closes.
    pub fn connect(self, moves: Moves) {
        self.moves.set_value(Some(moves));
        let lab = self.lab;
        let play = move |()| {
            if self.playing.get_untracked() {
                self.rest();
                return;
            }
            if moves.steps.run(()) >= moves.total.get_untracked() {
                moves.begin.run(());
            }
            self.go();
        };
        let step = move |()| {
            self.held.set(None);
            moves.step.run(());
            self.rest();
        };
        let seek = move |t: u32| {
            self.rest();
            self.held.set(Some(self.done.get_untracked().min(t)));
        };
        lab.plane_transport.set(Some(PlaneTransport {
            playing: self.playing.into(),
            t: Signal::derive(move || self.held.get().unwrap_or_else(|| self.done.get())),
            total: moves.total,
            note: moves.note,
            ms_per_step: self.pace.into(),
            play: Callback::new(play),
            step: Callback::new(step),
            reset: moves.begin,
            seek: Callback::new(seek),
        }));
        on_cleanup(move || lab.plane_transport.set(None));
    }

    /// Back to the start, paused.
    pub fn reset(self) {
        self.playing.set(false);
        self.held.set(None);
        self.turn.update_value(|turn| *turn += 1);
        self.done.set(0);
        self.calm.set(0);
    }

    /// Goes on from where the runs stand.
    pub fn go(self) {
        self.held.set(None);
        self.playing.set(true);
        self.tick(self.turn.get_value(), Pace::begin());
    }

    /// Pauses, and shows where the runs stand, not where they were drawn last.
    fn rest(self) {
        self.playing.set(false);
        self.show(self.done);
        self.show(self.calm);
    }

    /// Writes how far the runs have come.
    fn show(self, steps: RwSignal<u32>) {
        // The page may have closed meanwhile.
        let moves = self.moves.try_get_value().flatten();
        if let Some(made) = moves.and_then(|moves| moves.steps.try_run(())) {
            steps.set(made);
        }
    }

    /// One animation frame of running.
    fn tick(self, turn: u32, pace: Pace) {
        request_animation_frame(move || {
            // Nothing to ask when the page has closed meanwhile.
            if self.playing.try_get_untracked() != Some(true) || self.turn.try_get_value() != Some(turn) {
                return;
            }
            let Some(moves) = self.moves.get_value() else { return };
            let pieces = moves.pieces.run(());
            let speed = self.lab.speed.get_untracked() * pieces as f32;
            let slice = pace.frame(speed, moves.rounds, &mut || moves.piece.run(()));
            if slice.taken >= moves.rounds {
                self.pace.set(slice.spent / f64::from(slice.taken) * f64::from(pieces));
            }
            // Tasks of their own: steps, drawing and layout in one would be a long one.
            if slice.shows {
                set_timeout(move || self.show(self.done), Duration::ZERO);
            }
            if slice.tells {
                set_timeout(move || self.show(self.calm), Duration::ZERO);
            }
            if slice.going {
                self.tick(turn, slice.next);
            } else {
                self.playing.set(false);
            }
        });
    }
}
