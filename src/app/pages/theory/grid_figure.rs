//! The slides' table as an experiment: four learning rates times two batch rules, eight runs at once on a problem whose
//! constants are all known. Each cell shows the mean gap it measured, the bound that was known before, what the slides
//! claim, and which of the three terms stops the bound for good. A cell is a button: it chooses the schedule that the
//! rest of the page is about.

use fwlab_tex::tex;
use leptos::html;
use leptos::prelude::*;

use super::bounds_along::{along, bound_at};
use super::calculator::term_key;
use super::desk::{Desk, after};
use super::plot::{Curve, Frame, decades, spaced};
use super::words::short;
use crate::app::figure::axes::Area;
use crate::app::figure::marks::svg;
use crate::app::figure::{Figure, Table, use_width};
use crate::app::math::Tex;
use crate::app::{tr, tr_with};
use crate::optim::schedule::{BatchRule, RateRule};
use crate::plot::{Scale, cell as csv_cell, integer};
use crate::theory::grid::{CELLS, Cell, limit};

/// Points of a measured curve.
const POINTS: usize = 90;
/// Height of a panel's drawing, and of the ticks under the last ones.
const HEIGHT: f64 = 62.0;
const TICKS: f64 = 16.0;
/// What the frame of a cell takes from its column.
const PADDING: f64 = 14.0;
/// Decades at most.
const MOST: i32 = 5;

/// Keys of a cell's two rules: text keys `theory.rate.<key>`, `theory.batch.<key>`.
pub fn rule_keys(cell: Cell) -> (&'static str, &'static str) {
    let rate = RateRule::ALL.iter().find(|row| row.0 == cell.rate).map_or("", |row| row.1);
    let batch = BatchRule::ALL.iter().find(|row| row.0 == cell.batch).map_or("", |row| row.1);
    (rate, batch)
}

/// `constant-growing`: both of them.
pub fn cell_key(cell: Cell) -> String {
    let (rate, batch) = rule_keys(cell);
    format!("{rate}-{batch}")
}

/// The measured mean and the bound of a cell.
fn curves(desk: &Desk, cell: Cell, bound: &[(f64, f64)]) -> Vec<Curve> {
    let measured = desk.of(cell, |trace| {
        let places = spaced(trace.means.len(), POINTS).into_iter();
        places.filter_map(|place| Some(((place + 1) as f64, *trace.means.get(place)?))).collect::<Vec<_>>()
    });
    let named = |curve: Curve| {
        let value = curve.last().map_or(f64::NAN, |point| point.1);
        curve.named("", short(value))
    };
    vec![
        named(Curve::new("ln bound", Some("sum"), bound.to_vec())),
        named(Curve::new("ln fw thick", Some("gap"), measured.unwrap_or_default())),
    ]
}

/// What stops the bound of a cell as T grows, in words.
pub fn stops(desk: &Desk, cell: Cell) -> String {
    desk.state.with(|state| {
        let left = limit(&desk.truth.get(), &state.schedule(cell), state.total, state.horizon).unwrap_or_default();
        let part = |term| {
            let value = left.part(term);
            let number = if value.is_infinite() { "∞".into() } else { short(value) };
            (value > 0.0).then(|| format!("{} {number}", tr(&format!("theory.term.{}", term_key(term)))))
        };
        let parts: Vec<String> = cell.stops(state.horizon).into_iter().filter_map(part).collect();
        if parts.is_empty() {
            tr("theory.grid.free")
        } else {
            tr_with("theory.grid.stops", &[("parts", parts.join(" + "))])
        }
    })
}

/// The figure.
#[component]
pub fn GridFigure(desk: Desk) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    // All bounds at once: they change with the settings only, not while the runs go on.
    let bounds = Memo::new(move |_| {
        let constants = desk.truth.get();
        desk.state.with(|state| {
            let line = |cell: &Cell| along(*cell, &state.schedule(*cell), &constants, state.total);
            CELLS.iter().map(line).collect::<Vec<_>>()
        })
    });
    // One range of values for all cells, so that they can be compared.
    let range = Memo::new(move |_| {
        let mut all = Vec::new();
        bounds.with(|bounds| {
            for (cell, bound) in CELLS.iter().zip(bounds) {
                all.extend(curves(&desk, *cell, bound));
            }
        });
        decades(&all, MOST)
    });
    let panels = CELLS
        .iter()
        .enumerate()
        .map(|(place, cell)| {
            let drawn = Memo::new(move |_| {
                let bound = bounds.with(|bounds| bounds.get(place).cloned().unwrap_or_default());
                let curves = curves(&desk, *cell, &bound);
                panel(&desk, &curves, width.get() - PADDING, range.get(), place + 2 >= CELLS.len())
            });
            cell_view(desk, *cell, place, drawn)
        })
        .collect_view();
    view! {
        <Figure
            name="grid"
            class="p1"
            title=Signal::derive(|| tr("theory.grid.title"))
            note=Signal::derive(move || note(&desk))
            summary=Signal::derive(move || summary(&desk))
            table=Callback::new(move |()| untrack(|| table(&desk)))
        >
            <div class="grid" role="group" aria-label=move || tr("theory.grid.label")>
                {batch_heading(BatchRule::Constant, node)} {batch_heading(BatchRule::Growing, NodeRef::new())} {panels}
            </div>
        </Figure>
    }
    .into_any()
}

/// The name of a column, which is as wide as its cells.
fn batch_heading(rule: BatchRule, node: NodeRef<html::Div>) -> AnyView {
    let key = BatchRule::ALL.iter().find(|row| row.0 == rule).map_or("", |row| row.1);
    view! {
        <div class="batch-rule" node_ref=node>
            <b>{move || tr(&format!("theory.batch.{key}"))}</b>
            <Tex mathml=rule.formula().to_string() />
        </div>
    }
    .into_any()
}

/// One cell; before each pair the name of their rate.
fn cell_view(desk: Desk, cell: Cell, place: usize, drawn: Memo<String>) -> AnyView {
    let heading = place.is_multiple_of(2).then(|| {
        let key = rule_keys(cell).0;
        let formula = match cell.rate {
            RateRule::Harmonic => tex!(r"\gamma_t=\frac{1}{t+1}"),
            RateRule::Power => tex!(r"\gamma_t=\frac{1}{(t+1)^a}"),
            other => other.formula(),
        };
        view! {
            <div class="rate-rule">
                <b>{move || tr(&format!("theory.rate.{key}"))}</b>
                <Tex mathml=formula.to_string() />
            </div>
        }
        .into_any()
    });
    let chosen = Memo::new(move |_| desk.cell.get() == cell);
    let last = place + 2 >= CELLS.len();
    let height = move || (HEIGHT + if last { TICKS } else { 0.0 }) * desk.unit.get();
    view! {
        {heading}
        <button
            type="button"
            class="cell"
            data-cell=cell_key(cell)
            aria-pressed=move || chosen.get().to_string()
            aria-label=move || words(&desk, cell)
            on:click=move |_| desk.choose(cell)
        >
            <span class="claim">{orders(cell)}</span>
            <svg aria-hidden="true" width="100%" height=move || format!("{:.0}", height())>
                <g inner_html=move || drawn.get()></g>
            </svg>
            <span class="stop">{move || stops(&desk, cell)}</span>
        </button>
    }
    .into_any()
}

/// What the slides claim, and what holds where that is something else.
fn orders(cell: Cell) -> AnyView {
    let number = cell.theorem().map(|theorem| theorem.number());
    let claimed = cell.claimed();
    let holds = (claimed != Some(cell.proven())).then(|| cell.proven());
    view! {
        <b>{number}</b>
        {claimed.map(|order| view! { <Tex mathml=order.to_string() /> }.into_any())}
        {holds
            .map(|order| {
                view! {
                    <em>{move || tr(if claimed.is_some() { "theory.grid.holds" } else { "theory.grid.unclaimed" })}</em>
                    <Tex mathml=order.to_string() />
                }
                    .into_any()
            })}
    }
    .into_any()
}

/// The drawing of a cell.
fn panel(desk: &Desk, curves: &[Curve], width: f64, range: (i32, i32), ticks: bool) -> String {
    if width < 60.0 {
        return String::new();
    }
    let unit = desk.unit.get();
    let total = desk.state.with(|state| state.total);
    let area = Area { left: 34.0 * unit, right: width - 50.0 * unit, top: 5.0, bottom: HEIGHT * unit - 4.0 };
    let x = Scale::log((1.0, f64::from(total.max(2))), (area.left, area.right));
    let frame = Frame::new(area, x, range);
    let mut marks = Vec::new();
    frame.values(&mut marks);
    if ticks {
        let texts = [1, total].map(|t| (f64::from(t), integer(u64::from(t))));
        frame.places(&mut marks, &texts, unit);
    }
    frame.curves(&mut marks, curves);
    frame.names(&mut marks, curves, unit);
    svg(&marks)
}

/// The mean gap measured so far, and the bound on it after all steps.
fn numbers(desk: &Desk, cell: Cell) -> (f64, f64) {
    let measured = desk.of(cell, |trace| trace.means.last().copied()).flatten().unwrap_or(f64::NAN);
    let truth = desk.truth.get();
    let bound = desk.state.with(|state| bound_at(cell, &state.schedule(cell), &truth, state.total, state.total));
    (measured, bound)
}

/// A cell in one sentence.
fn words(desk: &Desk, cell: Cell) -> String {
    let (measured, bound) = numbers(desk, cell);
    let (rate, batch) = rule_keys(cell);
    let values = [
        ("rate", tr(&format!("theory.rate.{rate}"))),
        ("batch", tr(&format!("theory.batch.{batch}"))),
        ("mean", short(measured)),
        ("bound", short(bound)),
        ("stop", stops(desk, cell)),
    ];
    tr_with("theory.grid.cell", &values)
}

fn note(desk: &Desk) -> String {
    let at = after(desk.done.get());
    let capped = desk.state.with(|state| state.capped);
    if capped { format!("{at}, {}", tr("theory.grid.capped")) } else { at }
}

/// How many of the eight bounds nothing stops.
fn summary(desk: &Desk) -> String {
    let horizon = desk.state.with(|state| state.horizon);
    let free = CELLS.iter().filter(|cell| cell.stops(horizon).is_empty()).count();
    tr_with("theory.grid.summary", &[("at", after(desk.done.get())), ("n", free.to_string())])
}

fn table(desk: &Desk) -> Table {
    let columns =
        ["cell", "T", "mean", "smallest", "bound", "stop"].map(|key| tr(&format!("theory.column.{key}"))).into();
    let row = |cell: &Cell| {
        let smallest = desk.of(*cell, |trace| trace.smallest.last().copied()).flatten().unwrap_or(f64::NAN);
        let (mean, bound) = numbers(desk, *cell);
        let mut row = vec![cell_key(*cell), desk.done.get().to_string()];
        row.extend([mean, smallest, bound].map(csv_cell));
        row.push(stops(desk, *cell));
        row
    };
    Table { columns, rows: CELLS.iter().map(row).collect() }
}
