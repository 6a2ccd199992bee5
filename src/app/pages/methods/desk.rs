//! What the figures of the page share: the state, the race, and everything that moves them. The methods run here, a few
//! milliseconds of every animation frame, so that the page answers while they go on ([`Runs`]).

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::frozen;
use super::race::{Advance, Lane, Point, Race};
use super::state::{METHODS, MethodsState, Problem};
use crate::app::lab::Lab;
use crate::app::pages::link::follow_link;
use crate::app::pages::transport::{Moves, Runs};
use crate::app::url::note_text;
use crate::app::{tr, tr_with, use_lab, wording};
use crate::optim::finite_sum::{FiniteSumMethod, FrozenFeatures};
use crate::session::params::parse;

/// The page's signals. `Copy`: pass it anywhere.
#[derive(Clone, Copy)]
pub struct Desk {
    pub lab: Lab,
    pub state: RwSignal<MethodsState>,
    race: StoredValue<Option<Race>>,
    /// The table of frozen features, once it is here, and whether it is on its way.
    table: StoredValue<Option<Arc<FrozenFeatures>>>,
    asked: StoredValue<bool>,
    runs: Runs,
    /// Steps done and drawn.
    pub done: RwSignal<u32>,
    /// Where the pointer reads, in units of the horizontal axis.
    pub cursor: RwSignal<Option<u32>>,
    /// Text and margins grow with the root size in stage mode: 1 or 1.125.
    pub unit: Memo<f64>,
}

impl Desk {
    /// Creates the signals, reads the link and sets the race going; call once, inside the page. `query` holds the page's
    /// `key=value` pairs.
    pub fn open(query: RwSignal<Vec<(String, String)>>) -> Self {
        let lab = use_lab();
        let runs = Runs::new(lab);
        let desk = Self {
            lab,
            state: RwSignal::new(query.with_untracked(|pairs| read_link(lab, pairs))),
            race: StoredValue::new(None),
            table: StoredValue::new(None),
            asked: StoredValue::new(false),
            runs,
            done: runs.done,
            cursor: RwSignal::new(None),
            unit: Memo::new(move |_| if lab.present.get() { 1.125 } else { 1.0 }),
        };
        desk.connect();
        desk.follow_setup();
        follow_link(METHODS, desk.state, query, || false, move |pairs| read_link(lab, pairs));
        desk
    }

    /// What the race is made from; a change of anything else leaves it as it is.
    fn follow_setup(self) {
        let setup = Memo::new(move |_| {
            self.state.with(|state| MethodsState {
                focus: MethodsState::default().focus,
                across: MethodsState::default().across,
                shown: MethodsState::default().shown,
                ..state.clone()
            })
        });
        Effect::new(move |_| {
            // Read, not only tracked: what nobody reads is never worked out, and never heard of again.
            setup.with(|_| ());
            self.begin();
            self.runs.go();
        });
    }

    /// All methods back at the start, paused.
    fn begin(self) {
        self.cursor.set(None);
        let state = self.state.get_untracked();
        let table = self.table.get_value();
        if state.problem == Problem::Frozen && table.is_none() {
            self.race.set_value(None);
            self.fetch();
        } else {
            match Race::new(&state, table.as_deref()) {
                Ok(race) => self.race.set_value(Some(race)),
                Err(error) => {
                    self.lab.report(error.to_string());
                    self.race.set_value(None);
                }
            }
        }
        self.runs.reset();
    }

    /// Fetches the table of frozen features, then begins. If it is not there, the synthetic head takes its place, and the
    /// page says so.
    fn fetch(self) {
        if self.asked.get_value() {
            return;
        }
        self.asked.set_value(true);
        spawn_local(async move {
            let table = frozen::fetch().await;
            // The page may have been left, or another problem chosen meanwhile.
            let Some(problem) = self.state.try_with_untracked(|state| state.problem) else { return };
            self.asked.set_value(false);
            match table {
                Some(table) => {
                    self.table.set_value(Some(Arc::new(table)));
                    if problem == Problem::Frozen {
                        self.begin();
                        self.runs.go();
                    }
                }
                None if problem == Problem::Frozen => {
                    self.lab.say(wording(self.lab, "methods.frozen.missing"));
                    self.state.update(|state| state.problem = Problem::Softmax);
                }
                None => {}
            }
        });
    }

    /// Steps that all have made.
    fn steps(self) -> u32 {
        self.race.with_value(|race| race.as_ref().map_or(0, Race::t))
    }

    /// One method's part of a step.
    fn advance(self) -> Advance {
        let mut advance = Advance { whole: true, going: false, trouble: None };
        self.race.update_value(|race| {
            if let Some(race) = race {
                advance = race.advance();
            }
        });
        if let Some(error) = &advance.trouble {
            self.lab.report(error.to_string());
        }
        advance
    }

    /// Reads the race; follows it as it goes on.
    pub fn race<T>(&self, read: impl FnOnce(&Race) -> T) -> Option<T> {
        self.done.track();
        self.race.with_value(|race| race.as_ref().map(read))
    }

    /// The same, no faster than numbers can be read.
    pub fn calmly<T>(&self, read: impl FnOnce(&Race) -> T) -> Option<T> {
        self.runs.calm.track();
        self.race.with_value(|race| race.as_ref().map(read))
    }

    /// Reads a method's lane, if it is in the race; follows it no faster than numbers can be read.
    pub fn lane<T>(&self, key: &str, read: impl FnOnce(&Race, &Lane) -> T) -> Option<T> {
        let find = |race: &Race| {
            let lane = race.lanes.iter().find(|lane| lane.entry.key == key);
            lane.map(|lane| read(race, lane))
        };
        self.calmly(find).flatten()
    }

    /// A method at the step that is read, where the transport was moved to, else after all that are done; and the number
    /// of parameters.
    pub fn of(&self, key: &str) -> Option<(Point, usize)> {
        let at = self.runs.held.get().unwrap_or_else(|| self.runs.calm.get());
        self.lane(key, |race, lane| lane.at(at).map(|point| (*point, race.dim()))).flatten()
    }

    /// Changes the state, to the nearest one that can run.
    pub fn change(&self, asked: MethodsState) {
        let mut next = asked.clone();
        let set_before = self.state.with_untracked(|state| state.set);
        if next.problem == Problem::Coverage && next.set != set_before {
            // It has one set only, so another set means another problem.
            next.problem = Problem::Logistic;
        }
        let next = next.settled();
        self.say_changes(&asked, &next);
        self.state.set(next);
    }

    /// Takes a method into the race or out of it; problem and set follow what it needs, and the page says so.
    pub fn toggle(&self, entry: &'static FiniteSumMethod) {
        let before = self.state.get_untracked();
        if before.race.contains(&entry.key) {
            self.state.set(before.without(entry));
            return;
        }
        let next = before.with(entry);
        if !next.race.contains(&entry.key) {
            self.lab.say(tr("methods.full"));
            return;
        }
        self.say_changes(&before, &next);
        self.state.set(next);
    }

    /// Runs a method alone.
    pub fn only(&self, entry: &'static FiniteSumMethod) {
        let before = self.state.get_untracked();
        self.state.set(before.only(entry));
    }

    /// Tells about a method.
    pub fn focus(&self, key: &'static str) {
        self.state.update(|state| state.focus = key);
    }

    /// Says what had to change for a race to be possible.
    fn say_changes(&self, before: &MethodsState, after: &MethodsState) {
        let lost = before.race.iter().filter(|key| !after.race.contains(key));
        let lost: Vec<String> = lost.map(|key| tr(&format!("finite-sum.{key}.name"))).collect();
        if before.problem != after.problem {
            let key = Problem::ALL.iter().find(|row| row.0 == after.problem).map_or("", |row| row.1);
            let name = tr(&format!("methods.param.problem.{key}"));
            self.lab.say(tr_with("methods.changed.problem", &[("name", name)]));
        }
        if (before.set, before.radius) != (after.set, after.radius) {
            let polytope = after.problem == Problem::Coverage;
            self.lab.say(tr(if polytope { "methods.changed.polytope" } else { "methods.changed.set" }));
        }
        if !lost.is_empty() {
            self.lab.say(tr_with("methods.changed.race", &[("names", lost.join(", "))]));
        }
    }

    /// Tells the transport bar what it moves.
    fn connect(self) {
        self.runs.connect(Moves {
            begin: Callback::new(move |()| self.begin()),
            // A method may take a millisecond and more: the clock is looked at after each.
            piece: Callback::new(move |()| self.advance().going),
            step: Callback::new(move |()| while !self.advance().whole {}),
            steps: Callback::new(move |()| self.steps()),
            pieces: Callback::new(move |()| {
                self.race.with_value(|race| race.as_ref().map_or(1, |race| race.lanes.len().max(1) as u32))
            }),
            rounds: 1,
            total: Signal::derive(move || self.state.with(|state| state.total)),
            note: Signal::derive(move || {
                let n = self.state.with(|state| state.race.len());
                tr_with("methods.transport", &[("n", n.to_string())])
            }),
        });
    }
}

/// The state that a link describes; what it could not be taken for is said.
fn read_link(lab: Lab, pairs: &[(String, String)]) -> MethodsState {
    let (asked, notes) = parse(METHODS, pairs);
    let state = asked.clone().settled();
    // Untracked: the page must not be built anew when the language changes.
    untrack(|| {
        for note in notes.iter().take(4) {
            lab.say(note_text(lab, note));
        }
        let known = |key: &str| METHODS.iter().any(|row| row.key == key);
        let unknown = pairs.iter().filter(|(key, _)| !known(key)).take(4);
        let unknown: Vec<String> = unknown.map(|(key, _)| key.chars().take(20).collect()).collect();
        if !unknown.is_empty() {
            lab.say(tr_with("note.unknown", &[("keys", unknown.join(", "))]));
        }
        if (state.problem, state.set, &state.race) != (asked.problem, asked.set, &asked.race) {
            lab.say(tr("methods.changed.link"));
        }
    });
    lab.notes.update(|all| all.extend(notes));
    state
}
