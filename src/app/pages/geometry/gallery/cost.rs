//! Projection against oracle by cost: one call of each, timed here and now on every set that exists in Rⁿ, from a
//! handful of numbers to a million. Nothing runs before the button is pressed; then one size of one set at a time, with
//! a break for the page after each. A line ends where the next call might hold the page up.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::super::geo::milliseconds;
use super::name;
use crate::app::figure::marks::{Mark, escape, svg};
use crate::app::figure::{Figure, Table, use_width};
use crate::app::{tr, tr_with};
use crate::plot::{Scale, cell, fixed, integer, path};
use crate::random::Random;
use crate::sets::{ConstraintSet, SetId, SetShape};

/// Sides of the square matrices that the vectors are for the sets that need one: n = 9, 100, 1,024 … 1,000,000.
const SIDES: [usize; 6] = [3, 10, 32, 100, 316, 1000];
/// No call is started that might take longer than this, in milliseconds.
const LONGEST: f64 = 30.0;
/// Short calls are repeated until they have taken this long together, in milliseconds.
const ENOUGH: f64 = 3.0;
/// Added to the growth seen last, as a power of n, before a call is foretold: it may still steepen.
const CAUTION: f64 = 0.35;
/// Growth assumed before any is seen.
const FIRST_GROWTH: f64 = 1.5;
/// The axes: n, and milliseconds a call.
const NUMBERS: (f64, f64) = (6.0, 1.6e6);
const TIMES: (f64, f64) = (1e-5, 1e2);
/// Height of a panel, least width and room between two, in pixels.
const HEIGHT: f64 = 92.0;
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

/// Milliseconds a call, from the smallest size up to the last that was tried.
#[derive(Debug, Clone, Default, PartialEq)]
struct Times {
    oracle: Vec<f64>,
    projection: Vec<f64>,
}

impl Times {
    fn of(&self, oracle: bool) -> &Vec<f64> {
        if oracle { &self.oracle } else { &self.projection }
    }

    /// How many times as long as the oracle the projection takes, at the largest size that both have reached.
    fn ratio(&self) -> Option<(usize, f64)> {
        let last = self.oracle.len().min(self.projection.len()).checked_sub(1)?;
        Some((numbers(last), self.projection.get(last)? / self.oracle.get(last)?))
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

/// Milliseconds of some calls.
fn spent(call: &mut dyn FnMut(), times: u32) -> f64 {
    let begun = milliseconds();
    for _ in 0..times {
        call();
    }
    milliseconds() - begun
}

/// Milliseconds of one call; a short one is repeated.
fn time(call: &mut dyn FnMut()) -> f64 {
    let first = spent(call, 1);
    if first >= ENOUGH {
        return first;
    }
    let mut times = 1;
    loop {
        let all = spent(call, times);
        if all >= ENOUGH || times >= 1 << 20 {
            return all / f64::from(times);
        }
        times *= 2;
    }
}

/// Times the oracle or the projection of a set at `numbers`, a gradient or a point outside.
fn timed(set: SetId, numbers: &[f64], oracle: bool) -> Option<f64> {
    let shape = SetShape { k: (numbers.len() / 10).max(1), ..SetShape::default() };
    let set: Box<dyn ConstraintSet> = set.entry().build(&shape, numbers.len()).ok()?;
    let mut out = vec![0.0; numbers.len()];
    let mut failed = false;
    let milliseconds = if oracle {
        let x = set.centre(numbers.len());
        time(&mut || failed |= set.lmo(numbers, &x, &mut out).is_err())
    } else {
        time(&mut || {
            out.copy_from_slice(numbers);
            set.project(&mut out);
        })
    };
    (!failed).then_some(milliseconds)
}

/// The measurement. `Copy`.
#[derive(Clone, Copy)]
struct Bench {
    times: RwSignal<Vec<Times>>,
    /// Counts the presses of the button: it runs while this is odd.
    turn: RwSignal<u32>,
}

impl Bench {
    fn runs(self) -> bool {
        self.turn.get() % 2 == 1
    }

    /// Starts anew, or stops.
    fn press(self) {
        let turn = self.turn.get_untracked() + 1;
        self.turn.set(turn);
        if turn % 2 == 1 {
            self.times.set(Vec::new());
            let mut random = Random::new(1, 0);
            let most = numbers(SIDES.len() - 1);
            let numbers: Arc<[f64]> = (0..most).map(|_| random.symmetric(2.0)).collect();
            self.go_on(turn, 0, Times::default(), true, numbers);
        }
    }

    /// After a break: the next size of the `at`-th set's oracle, or of its projection; then the next set.
    fn go_on(self, turn: u32, at: usize, mut times: Times, oracle: bool, numbers: Arc<[f64]>) {
        let step = move || {
            // Nothing to ask when the page has closed meanwhile.
            if self.turn.try_get_untracked() != Some(turn) {
                return;
            }
            let Some(set) = sets().nth(at) else { return self.turn.set(turn + 1) };
            let done = times.of(oracle);
            let affordable = foretold(done).is_none_or(|next| next <= LONGEST);
            let side = SIDES.get(done.len()).filter(|_| affordable);
            let found = side.and_then(|side| timed(set, numbers.get(..side * side)?, oracle));
            match (found, oracle) {
                (Some(found), true) => times.oracle.push(found),
                (Some(found), false) => times.projection.push(found),
                (None, true) => return self.go_on(turn, at, times, false, numbers),
                (None, false) => {
                    self.times.update(|all| all.push(times));
                    return self.go_on(turn, at + 1, Times::default(), true, numbers);
                }
            }
            self.go_on(turn, at, times, oracle, numbers);
        };
        set_timeout(step, std::time::Duration::ZERO);
    }
}

// ---- the panels

/// A panel: both lines on the axes that all panels share, or the axes with their names.
fn panel(times: Option<&Times>, width: f64) -> String {
    let (left, floor) = (30.0, HEIGHT - 16.0);
    let (x, y) = (Scale::log(NUMBERS, (left, width - 2.0)), Scale::log(TIMES, (floor, 4.0)));
    let mut marks = Vec::new();
    for (value, unit) in [(1e-3, "1 µs"), (1.0, "1 ms")] {
        marks.push(Mark::Line { class: "hairline", from: (left, y.at(value)), to: (width, y.at(value)) });
        marks.push(Mark::text("", (left - 4.0, y.at(value) + 4.0), "end", unit));
    }
    marks.push(Mark::Line { class: "edge", from: (left, floor), to: (width, floor) });
    for (value, text) in [(1e2, "10²"), (1e4, "10⁴"), (1e6, "10⁶")] {
        marks.push(Mark::Line { class: "edge", from: (x.at(value), floor), to: (x.at(value), floor + 3.0) });
        marks.push(Mark::text("", (x.at(value), HEIGHT - 2.0), "middle", text));
    }
    for (family, oracle) in [("pg", false), ("fw", true)] {
        let Some(times) = times.map(|times| times.of(oracle)) else { continue };
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
        let measured = times.map(ratio_text).unwrap_or_default();
        format!(
            r#"<div data-cost="{}"><b>{}</b><small>{}</small><svg width="{width}" height="{HEIGHT}" aria-hidden="true">{}</svg><span>{}</span></div>"#,
            set.key(),
            escape(&name(set)),
            escape(&tr(&format!("gallery.cost.{}", set.key()))),
            panel(times, width),
            escape(&measured),
        )
    };
    sets().enumerate().map(one).collect()
}

/// `projection 12 × the oracle at n = 10,000`.
fn ratio_text(times: &Times) -> String {
    let Some((n, ratio)) = times.ratio() else { return String::new() };
    let decimals = if ratio < 9.5 { 1 } else { 0 };
    tr_with("gallery.cost_ratio", &[("ratio", fixed(ratio, decimals)), ("n", integer(n as u64))])
}

/// The figure.
pub fn cost_figure() -> AnyView {
    let bench = Bench { times: RwSignal::new(Vec::new()), turn: RwSignal::new(0) };
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
            let one = |(set, times): (SetId, &Times)| format!("{}: {}", name(set), ratio_text(times));
            sets().zip(times).map(one).collect::<Vec<_>>().join("; ")
        })
    });
    let status = move || {
        let done = bench.times.with(Vec::len);
        let next = sets().nth(done).filter(|_| bench.runs());
        next.map(|set| {
            let values = [("set", name(set)), ("i", (done + 1).to_string()), ("count", count.to_string())];
            tr_with("gallery.cost_running", &values)
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
        let reached = times.oracle.len().max(times.projection.len());
        let of = |times: &[f64], i: usize| times.get(i).copied().map_or_else(String::new, cell);
        let row = |i: usize| {
            let (oracle, projection) = (of(&times.oracle, i), of(&times.projection, i));
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

    #[test]
    fn the_ratio_is_taken_where_both_have_arrived() {
        let times = Times { oracle: vec![1.0, 2.0, 4.0], projection: vec![2.0, 10.0] };
        assert_eq!(times.ratio(), Some((100, 5.0)));
        assert_eq!(Times::default().ratio(), None);
    }

    #[test]
    fn every_set_of_many_sizes_is_timed() {
        let keys: Vec<&str> = sets().map(SetId::key).collect();
        assert!(keys.contains(&"l1") && keys.contains(&"birkhoff") && !keys.contains(&"polygon"));
        let text = panel(Some(&Times { oracle: vec![1e-4, 1e-3], projection: vec![1e-3] }), 160.0);
        assert!(text.contains("ln fw") && text.contains("f pg") && !text.contains("NaN"), "{text}");
    }
}
