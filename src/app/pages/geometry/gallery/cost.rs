//! Projection against oracle by cost: one call of each, timed now by the engine in its worker, on every set that exists
//! in Rⁿ, from a handful of numbers to a million. Nothing runs before the button is pressed; then the engine is asked for
//! one size of one set at a time. A line ends where the next call would take too long, and says how long.

use leptos::html;
use leptos::prelude::*;

use super::name;
use crate::app::figure::marks::{Mark, escape, svg};
use crate::app::figure::{Figure, Table, use_width};
use crate::app::lab::EngineState;
use crate::app::{Lab, engine_gate, tr, tr_with, use_lab};
use crate::plot::{Scale, cell, fixed, integer, path};
use crate::session::Command;
use crate::sets::SetId;

/// Sides of the square matrices that the vectors are for the sets that need one: n = 9, 100, 1,024 … 1,000,000.
const SIDES: [usize; 6] = [3, 10, 32, 100, 316, 1000];
/// No call is asked for that might take longer than this, in milliseconds. The page waits for none of them, and in the
/// worker only the next command does: a training that runs rests meanwhile, and "Stop" does not end a call.
const LONGEST: f64 = 20e3;
/// Added to the growth seen last, as a power of n, before a call is foretold: it may still steepen.
const CAUTION: f64 = 0.1;
/// Growth assumed before any is seen.
const FIRST_GROWTH: f64 = 1.5;
/// The shortest time that is drawn, in milliseconds; no clock here tells shorter ones apart.
const SHORTEST: f64 = 1e-5;
/// The axes: n, and milliseconds a call.
const NUMBERS: (f64, f64) = (6.0, 1.6e6);
const TIMES: (f64, f64) = (SHORTEST, 2.0 * LONGEST);
/// Height of a panel, least width and room between two, in pixels.
const HEIGHT: f64 = 112.0;
const NARROWEST: f64 = 140.0;
const BETWEEN: f64 = 16.0;

/// Entries of size `i`.
fn numbers(i: usize) -> usize {
    SIDES.get(i).map_or(0, |side| side * side)
}

/// The sets that are timed: those of every size.
fn sets() -> impl Iterator<Item = SetId> {
    SetId::all().filter(|set| SIDES.iter().all(|side| (set.entry().supports)(side * side)))
}

/// What is known of the oracle or of the projection of a set.
#[derive(Debug, Clone, Default, PartialEq)]
struct Line {
    /// Milliseconds a call, from the smallest size up.
    times: Vec<f64>,
    /// How long the next size was foretold to take where it was too long; NaN where it could not be timed.
    not_run: Option<f64>,
}

/// What is known of a set.
#[derive(Debug, Clone, Default, PartialEq)]
struct Times {
    oracle: Line,
    projection: Line,
}

impl Times {
    fn of(&self, oracle: bool) -> &Line {
        if oracle { &self.oracle } else { &self.projection }
    }

    fn line(&mut self, oracle: bool) -> &mut Line {
        if oracle { &mut self.oracle } else { &mut self.projection }
    }

    /// How many times as long as the oracle the projection takes, at the largest size that both have reached.
    fn ratio(&self) -> Option<(usize, f64)> {
        let (oracle, projection) = (&self.oracle.times, &self.projection.times);
        let last = oracle.len().min(projection.len()).checked_sub(1)?;
        Some((numbers(last), projection.get(last)? / oracle.get(last)?))
    }
}

/// What the next call may take, from those before it; `None` before the first.
fn foretold(times: &[f64]) -> Option<f64> {
    let last = times.len().checked_sub(1)?;
    let (now, size) = (*times.get(last)?, |i: usize| numbers(i).max(1) as f64);
    let growth = match last.checked_sub(1).and_then(|i| times.get(i)) {
        Some(before) => (now / before).ln() / (size(last) / size(last - 1)).ln(),
        None => FIRST_GROWTH,
    };
    Some(now * (size(last + 1) / size(last)).powf(growth.max(1.0) + CAUTION))
}

/// A question to the engine: the place of the set among those that are timed, its oracle or its projection, the side.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Question {
    at: usize,
    oracle: bool,
    side: usize,
}

/// What is to be timed next, `None` at the end. Writes down which lines end before it, and why.
fn next(all: &mut Vec<Times>) -> Option<Question> {
    for at in 0..sets().count() {
        if all.len() == at {
            all.push(Times::default());
        }
        for oracle in [true, false] {
            let line = all.get_mut(at)?.line(oracle);
            let Some(side) = SIDES.get(line.times.len()).filter(|_| line.not_run.is_none()) else { continue };
            line.not_run = foretold(&line.times).filter(|time| *time > LONGEST);
            if line.not_run.is_none() {
                return Some(Question { at, oracle, side: *side });
            }
        }
    }
    None
}

/// The measurement. `Copy`.
#[derive(Clone, Copy)]
struct Bench {
    lab: Lab,
    times: RwSignal<Vec<Times>>,
    /// What the engine was asked; nothing while it rests.
    asked: RwSignal<Option<Question>>,
}

impl Bench {
    fn runs(self) -> bool {
        self.asked.with(Option::is_some)
    }

    /// Starts anew, or asks no further.
    fn press(self) {
        if self.asked.get_untracked().is_some() {
            return self.asked.set(None);
        }
        self.times.set(Vec::new());
        // It may not be here yet, or may not have been fetched at the first try.
        engine_gate::open(self.lab);
        self.go_on();
    }

    /// Asks the engine; while there is none, the question waits for it.
    fn go_on(self) {
        let question = self.times.try_update(next).flatten();
        self.asked.set(question);
        let Some(Question { at, oracle, side }) = question else { return };
        if let Some(set) = sets().nth(at) {
            engine_gate::send(Command::Cost { set: set.key().into(), side: side as u32, oracle });
        }
    }

    /// Takes an answer in, if it is that to the last question.
    fn hear(self, (set, side, oracle, milliseconds): (String, u32, bool, f64)) {
        let Some(asked) = self.asked.get_untracked() else { return };
        let here = sets().nth(asked.at).is_some_and(|here| here.key() == set);
        if !here || asked.side != side as usize || asked.oracle != oracle {
            return;
        }
        self.times.update(|all| {
            let Some(line) = all.get_mut(asked.at).map(|times| times.line(oracle)) else { return };
            if milliseconds.is_finite() {
                line.times.push(milliseconds.max(SHORTEST));
            } else {
                line.not_run = Some(f64::NAN);
            }
        });
        self.go_on();
    }

    /// Why nothing comes: there is no engine yet, or none that works.
    fn waiting(self) -> Option<String> {
        self.lab.devices.with(|devices| match (devices.active, &devices.cpu) {
            (Some(_), _) => None,
            (None, EngineState::Failed { message }) => Some(message.clone()),
            (None, _) => Some(tr("engine.waiting")),
        })
    }
}

// ---- the panels

/// A panel: both lines on the axes that all panels share, or the axes with their names.
fn panel(times: Option<&Times>, width: f64) -> String {
    let (left, floor) = (34.0, HEIGHT - 16.0);
    let (x, y) = (Scale::log(NUMBERS, (left, width - 2.0)), Scale::log(TIMES, (floor, 4.0)));
    let mut marks = Vec::new();
    for (value, unit) in [(1e-3, "1 µs"), (1.0, "1 ms"), (1e4, "10 s")] {
        marks.push(Mark::Line { class: "hairline", from: (left, y.at(value)), to: (width, y.at(value)) });
        marks.push(Mark::text("", (left - 4.0, y.at(value) + 4.0), "end", unit));
    }
    marks.push(Mark::Line { class: "edge", from: (left, floor), to: (width, floor) });
    for (value, text) in [(1e2, "10²"), (1e4, "10⁴"), (1e6, "10⁶")] {
        marks.push(Mark::Line { class: "edge", from: (x.at(value), floor), to: (x.at(value), floor + 3.0) });
        marks.push(Mark::text("", (x.at(value), HEIGHT - 2.0), "middle", text));
    }
    for (family, oracle) in [("pg", false), ("fw", true)] {
        let Some(Line { times, .. }) = times.map(|times| times.of(oracle)) else { continue };
        let at = |(i, time): (usize, &f64)| (x.at(numbers(i) as f64), y.at(*time));
        let points: Vec<(f64, f64)> = times.iter().enumerate().map(at).collect();
        // A disc for the oracle, a square for the projection.
        let marker = |(px, py): &(f64, f64)| match oracle {
            true => format!("M{:.1} {py:.1}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z", px - 3.0),
            false => format!("M{:.1} {:.1}h6v6h-6Z", px - 3.0, py - 3.0),
        };
        let markers: String = points.iter().map(marker).collect();
        marks.push(Mark::path(format!("ln {family}"), path(points)));
        marks.push(Mark::path(format!("f {family}"), markers));
    }
    svg(&marks)
}

/// All panels as HTML: name, what is proven, what was measured.
fn panels(all: &[Times], width: f64) -> String {
    let one = |(i, set): (usize, SetId)| {
        let times = all.get(i);
        let said: String = times.map(told).unwrap_or_default().iter().map(|text| span(text)).collect();
        format!(
            r#"<div data-cost="{}"><b>{}</b><small>{}</small><svg width="{width}" height="{HEIGHT}" aria-hidden="true">{}</svg>{said}</div>"#,
            set.key(),
            escape(&name(set)),
            escape(&tr(&format!("gallery.cost.{}", set.key()))),
            panel(times, width),
        )
    };
    sets().enumerate().map(one).collect()
}

fn span(text: &str) -> String {
    format!("<span>{}</span>", escape(text))
}

/// `×12 at n = 10,000`, and what was not run.
fn told(times: &Times) -> Vec<String> {
    let ratio = times.ratio().map(|(n, ratio)| {
        let decimals = if ratio < 9.5 { 1 } else { 0 };
        tr_with("gallery.cost_ratio", &[("ratio", fixed(ratio, decimals)), ("n", integer(n as u64))])
    });
    let left_out = [("gallery.cost_oracle", &times.oracle), ("gallery.cost_projection", &times.projection)];
    let left_out = left_out.into_iter().filter_map(|(what, line)| {
        let time = line.not_run.filter(|time| time.is_finite())?;
        let n = integer(numbers(line.times.len()) as u64);
        Some(tr_with("gallery.cost_not_run", &[("what", tr(what)), ("n", n), ("time", duration(time))]))
    });
    ratio.into_iter().chain(left_out).collect()
}

/// Seconds, or minutes where there are many.
fn duration(milliseconds: f64) -> String {
    let seconds = milliseconds / 1e3;
    let (key, n) = if seconds < 90.0 { ("gallery.seconds", seconds) } else { ("gallery.minutes", seconds / 60.0) };
    tr_with(key, &[("n", fixed(n, 0))])
}

/// The figure.
pub fn cost_figure() -> AnyView {
    let lab = use_lab();
    let bench = Bench { lab, times: RwSignal::new(Vec::new()), asked: RwSignal::new(None) };
    Effect::new(move |_| {
        if let Some(answer) = lab.cost.get() {
            bench.hear(answer);
        }
    });
    let holder = NodeRef::<html::Div>::new();
    let width = use_width(holder);
    let drawn = Memo::new(move |_| {
        let all = width.get();
        // As many as the grid of geometry.css has.
        let columns = ((all + BETWEEN) / (NARROWEST + BETWEEN)).floor().max(1.0);
        let one = ((all + BETWEEN) / columns - BETWEEN).floor();
        if all > 0.0 { bench.times.with(|times| panels(times, one)) } else { String::new() }
    });
    let count = sets().count();
    let summary = Signal::derive(move || {
        bench.times.with(|times| {
            if times.is_empty() {
                return tr("gallery.cost_empty");
            }
            let one = |(set, times): (SetId, &Times)| format!("{}: {}", name(set), told(times).join(", "));
            sets().zip(times).map(one).collect::<Vec<_>>().join("; ")
        })
    });
    // The set alone: every size of it would be read out.
    let at = Memo::new(move |_| bench.asked.with(|asked| asked.as_ref().map(|asked| asked.at)));
    let status = move || {
        let at = at.get()?;
        bench.waiting().or_else(|| {
            let values = [("set", name(sets().nth(at)?)), ("i", (at + 1).to_string()), ("count", count.to_string())];
            Some(tr_with("gallery.cost_running", &values))
        })
    };
    view! {
        <Figure
            name="cost"
            class="cost-figure"
            title=Signal::derive(|| tr("gallery.cost_title"))
            note=Signal::derive(|| tr("gallery.cost_note"))
            summary=summary
            table=Callback::new(move |()| untrack(|| bench.times.with(|times| table(times))))
        >
            <p class="cost-head">
                <button
                    type="button"
                    class="plain"
                    data-act="measure-cost"
                    aria-pressed=move || bench.runs().to_string()
                    on:click=move |_| bench.press()
                >
                    {move || tr(if bench.runs() { "gallery.cost_stop" } else { "gallery.cost_start" })}
                </button>
                <span class="c-fw">{move || tr("gallery.cost_oracle")}</span>
                <span class="c-pg">{move || tr("gallery.cost_projection")}</span>
                <span role="status">{status}</span>
            </p>
            <div class="costs" node_ref=holder inner_html=move || drawn.get()></div>
        </Figure>
    }
    .into_any()
}

/// Every time that was measured.
fn table(all: &[Times]) -> Table {
    let rows = |(set, times): (SetId, &Times)| {
        let (name, cost) = (name(set), tr(&format!("gallery.cost.{}", set.key())));
        let reached = times.oracle.times.len().max(times.projection.times.len());
        let of = |times: &[f64], i: usize| times.get(i).copied().map_or_else(String::new, cell);
        let row = |i: usize| {
            let (oracle, projection) = (of(&times.oracle.times, i), of(&times.projection.times, i));
            vec![name.clone(), cost.clone(), numbers(i).to_string(), oracle, projection]
        };
        (0..reached).map(row).collect::<Vec<_>>()
    };
    let columns = ["set", "cost", "n", "oracle_ms", "projection_ms"];
    Table {
        columns: columns.map(|key| tr(&format!("gallery.column.{key}"))).into(),
        rows: sets().zip(all).flat_map(rows).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_calls_are_foretold() {
        assert_eq!(foretold(&[]), None);
        // The time grows like n: the next size, 10.24 times as many, takes a little more than that.
        let next = foretold(&[0.009, 0.1]).unwrap();
        assert!(next > 1.024 && next < 3.0, "{next}");
        // Like n²: foretold steeper.
        let steep = foretold(&[0.0081, 1.0]).unwrap();
        assert!(steep > 104.0, "{steep}");
    }

    fn line(times: &[f64]) -> Line {
        Line { times: times.to_vec(), not_run: None }
    }

    #[test]
    fn the_ratio_is_taken_where_both_have_arrived() {
        let times = Times { oracle: line(&[1.0, 2.0, 4.0]), projection: line(&[2.0, 10.0]) };
        assert_eq!(times.ratio(), Some((100, 5.0)));
        assert_eq!(Times::default().ratio(), None);
    }

    #[test]
    fn every_size_of_every_set_is_asked_for_once() {
        let keys: Vec<&str> = sets().map(SetId::key).collect();
        assert!(keys.contains(&"l1") && keys.contains(&"birkhoff") && !keys.contains(&"polygon"));
        let mut all = Vec::new();
        let mut asked = 0;
        while let Some(question) = next(&mut all) {
            let line = all[question.at].line(question.oracle);
            assert_eq!(question.side, SIDES[line.times.len()]);
            line.times.push(question.side as f64);
            asked += 1;
        }
        assert_eq!(asked, 2 * keys.len() * SIDES.len());
        assert!(all.iter().all(|times| times.oracle.not_run.is_none() && times.projection.not_run.is_none()));
    }

    #[test]
    fn a_line_ends_where_the_next_call_is_too_long_or_failed() {
        // Grows like n²: the next call would take minutes, and the projection has its turn.
        let mut all = vec![Times { oracle: line(&[0.0081, 1.0, 100.0, 9e3]), ..Times::default() }];
        assert_eq!(next(&mut all), Some(Question { at: 0, oracle: false, side: 3 }));
        assert!(all[0].oracle.not_run.unwrap() > 60e3, "{all:?}");
        all[0].projection.not_run = Some(f64::NAN);
        assert_eq!(next(&mut all), Some(Question { at: 1, oracle: true, side: 3 }));
        assert_eq!(all[0].projection.times.len(), 0);
    }

    #[test]
    fn a_panel_draws_both_lines() {
        let times = Times { oracle: line(&[1e-4, 1e-3]), projection: line(&[1e-3, 1e4]) };
        let text = panel(Some(&times), 160.0);
        assert!(text.contains("ln fw") && text.contains("f pg") && !text.contains("NaN"), "{text}");
    }
}
