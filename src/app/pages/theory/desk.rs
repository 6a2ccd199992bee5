//! What the figures of the page share: the state, the eight runs, and everything that moves them. The runs are computed
//! here, a few milliseconds of every animation frame, so that the page answers while they go on ([`Runs`]).

use leptos::prelude::*;

use super::calculator::Promise;
use super::state::{THEORY, TheoryState};
use crate::app::lab::Lab;
use crate::app::pages::link::follow_link;
use crate::app::pages::transport::{Moves, Runs};
use crate::app::url::note_text;
use crate::app::{tr, tr_with, use_lab};
use crate::plot::integer;
use crate::session::params::parse;
use crate::theory::grid::{CELLS, Cell};
use crate::theory::quadratic::{NoisyQuadratic, Run};
use crate::theory::{Constants, Row, Schedule};

/// Steps of all eight between two looks at the clock.
const ROUNDS: u32 = 8;

/// The run of a cell, as far as it has come.
pub struct Trace {
    pub cell: Cell,
    pub schedule: Schedule,
    run: Run,
    pub rows: Vec<Row>,
    /// A_T and the smallest gap after each row.
    pub means: Vec<f64>,
    pub smallest: Vec<f64>,
}

impl Trace {
    fn new(cell: Cell, problem: &NoisyQuadratic, state: &TheoryState) -> Self {
        let schedule = state.schedule(cell);
        let run = Run::new(problem, &schedule, state.total, state.seed);
        Self { cell, schedule, run, rows: Vec::new(), means: Vec::new(), smallest: Vec::new() }
    }

    fn push(&mut self, row: Row) {
        let before = self.rows.len() as f64;
        let mean = self.means.last().copied().unwrap_or(0.0);
        self.means.push(mean + (row.gap - mean) / (before + 1.0));
        self.smallest.push(self.smallest.last().copied().unwrap_or(f64::INFINITY).min(row.gap));
        self.rows.push(row);
    }
}

/// The page's signals. `Copy`: pass it anywhere.
#[derive(Clone, Copy)]
pub struct Desk {
    pub lab: Lab,
    pub state: RwSignal<TheoryState>,
    /// The chosen cell of the table.
    pub cell: Memo<Cell>,
    /// Constants of the problem that runs, all known.
    pub truth: Memo<Constants>,
    /// Those of the calculator: the same, but for what is typed.
    pub constants: Memo<Constants>,
    /// What is known before the chosen run.
    pub promise: Memo<Promise>,
    /// One run a cell, in the order of [`CELLS`].
    traces: StoredValue<Vec<Trace>>,
    runs: Runs,
    /// Steps done and drawn.
    pub done: RwSignal<u32>,
    /// Where the pointer reads.
    pub cursor: RwSignal<Option<u32>>,
    /// The quantity that stays while the others fade.
    pub pinned: RwSignal<Option<&'static str>>,
    /// Text and margins grow with the root size in stage mode: 1 or 1.125.
    pub unit: Memo<f64>,
}

impl Desk {
    /// Creates the signals, reads the link and sets the runs going; call once, inside the page. `query` holds the page's
    /// `key=value` pairs.
    pub fn open(query: RwSignal<Vec<(String, String)>>) -> Self {
        let lab = use_lab();
        let state = RwSignal::new(query.with_untracked(|pairs| read_link(lab, pairs)));
        let truth = Memo::new(move |last: Option<&Constants>| {
            let recipe = state.with(TheoryState::recipe);
            match NoisyQuadratic::new(&recipe) {
                Ok(problem) => *problem.constants(),
                Err(error) => {
                    // The table keeps to what can be built; should it not, the last constants stay and it is told.
                    lab.report(error.to_string());
                    last.copied().unwrap_or(TheoryState::default().constants)
                }
            }
        });
        let constants = Memo::new(move |_| {
            let truth = truth.get();
            state.with(|state| if state.typed { state.constants } else { truth })
        });
        let runs = Runs::new(lab);
        let desk = Self {
            lab,
            state,
            cell: Memo::new(move |_| state.with(TheoryState::cell)),
            truth,
            constants,
            promise: Memo::new(move |_| state.with(|state| Promise::new(state, &constants.get()))),
            traces: StoredValue::new(Vec::new()),
            runs,
            done: runs.done,
            cursor: RwSignal::new(None),
            pinned: RwSignal::new(None),
            unit: Memo::new(move |_| if lab.present.get() { 1.125 } else { 1.0 }),
        };
        desk.connect();
        desk.follow_setup();
        follow_link(THEORY, desk.state, query, || false, move |pairs| read_link(lab, pairs));
        desk
    }

    /// What the traces are made from; a change of anything else leaves them as they are.
    fn follow_setup(self) {
        let setup = Memo::new(move |_| {
            self.state.with(|state| {
                // One cell stands for all: which one is chosen changes no run.
                let schedule = state.schedule(CELLS.last().copied().unwrap_or(state.cell()));
                (schedule, state.recipe(), state.total, state.seed)
            })
        });
        Effect::new(move |_| {
            // Read, not only tracked: what nobody reads is never worked out, and never heard of again.
            setup.with(|_| ());
            self.begin();
            self.runs.go();
        });
    }

    /// All runs back to their start, paused.
    fn begin(self) {
        let state = self.state.get_untracked();
        let traces = match NoisyQuadratic::new(&state.recipe()) {
            Ok(problem) => CELLS.iter().map(|cell| Trace::new(*cell, &problem, &state)).collect(),
            Err(_) => Vec::new(),
        };
        self.traces.set_value(traces);
        self.runs.reset();
    }

    /// Steps that all runs have taken.
    fn steps(self) -> u32 {
        self.traces.with_value(|traces| traces.first().map_or(0, |trace| trace.run.t()))
    }

    /// One step of every run. False once they have ended.
    fn round(self) -> bool {
        let mut going = false;
        self.traces.update_value(|traces| {
            for trace in traces {
                match trace.run.step() {
                    Ok(Some(row)) => {
                        trace.push(row);
                        going = !trace.run.done();
                    }
                    Ok(None) => {}
                    Err(error) => self.lab.report(error.to_string()),
                }
            }
        });
        going
    }

    /// The number of steps that is read: under the pointer, where the transport was moved to, else all that are done.
    pub fn at(&self) -> u32 {
        self.read_at(self.done)
    }

    /// The same for numbers in formulas, which change no faster than they can be read.
    pub fn calm_at(&self) -> u32 {
        self.read_at(self.runs.calm)
    }

    fn read_at(&self, done: RwSignal<u32>) -> u32 {
        let done = done.get();
        self.cursor.get().or(self.runs.held.get()).unwrap_or(done).clamp(1, done.max(1))
    }

    /// Reads the run of a cell; follows it as it grows.
    pub fn of<T>(&self, cell: Cell, read: impl FnOnce(&Trace) -> T) -> Option<T> {
        self.done.track();
        self.find(cell, read)
    }

    /// The same, no faster than numbers can be read.
    pub fn calmly<T>(&self, cell: Cell, read: impl FnOnce(&Trace) -> T) -> Option<T> {
        self.runs.calm.track();
        self.find(cell, read)
    }

    fn find<T>(&self, cell: Cell, read: impl FnOnce(&Trace) -> T) -> Option<T> {
        self.traces.with_value(|traces| traces.iter().find(|trace| trace.cell == cell).map(read))
    }

    /// Reads the run of the chosen cell.
    pub fn chosen<T>(&self, read: impl FnOnce(&Trace) -> T) -> Option<T> {
        self.of(self.cell.get(), read)
    }

    /// The same, no faster than numbers can be read.
    pub fn calm<T>(&self, read: impl FnOnce(&Trace) -> T) -> Option<T> {
        self.calmly(self.cell.get(), read)
    }

    /// Chooses a cell of the table.
    pub fn choose(&self, cell: Cell) {
        self.state.update(|state| {
            state.learning_rate.rule = cell.rate;
            state.batch.rule = cell.batch;
        });
    }

    /// Keeps a quantity and fades the others, or lets go of it.
    pub fn pin(&self, quantity: &'static str) {
        self.pinned.update(|pinned| *pinned = if *pinned == Some(quantity) { None } else { Some(quantity) });
    }

    /// Tells the transport bar what it moves.
    fn connect(self) {
        self.runs.connect(Moves {
            begin: Callback::new(move |()| self.begin()),
            piece: Callback::new(move |()| self.round()),
            step: Callback::new(move |()| {
                self.round();
            }),
            steps: Callback::new(move |()| self.steps()),
            pieces: Callback::new(|()| 1),
            rounds: ROUNDS,
            total: Signal::derive(move || self.state.with(|state| state.total)),
            note: Signal::derive(|| tr("theory.transport")),
        });
    }
}

/// The state that a link describes; what it could not be taken for is said.
fn read_link(lab: Lab, pairs: &[(String, String)]) -> TheoryState {
    let (state, notes) = parse(THEORY, pairs);
    // Untracked: the page must not be built anew when the language changes.
    untrack(|| {
        for note in notes.iter().take(4) {
            lab.say(note_text(lab, note));
        }
        let known = |key: &str| THEORY.iter().any(|row| row.key == key);
        let unknown = pairs.iter().filter(|(key, _)| !known(key)).take(4);
        let unknown: Vec<String> = unknown.map(|(key, _)| key.chars().take(20).collect()).collect();
        if !unknown.is_empty() {
            lab.say(tr_with("note.unknown", &[("keys", unknown.join(", "))]));
        }
    });
    lab.notes.update(|all| all.extend(notes));
    state
}

/// “T = 1,000”.
pub fn after(steps: u32) -> String {
    tr_with("theory.after", &[("T", integer(u64::from(steps)))])
}
