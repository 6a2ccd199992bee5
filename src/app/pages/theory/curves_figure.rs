//! The chosen cell, large: the mean gap that was measured, and what was known about it. The printed theorem is known
//! before the run; ★★ uses the run's own losses and holds on average; ★ uses its own errors too and holds on every
//! path. Here every constant is exact, so ★ may never lie below the measured mean, the other two only by bad luck.

use leptos::prelude::*;

use super::bounds_along::{along, bound_at};
use super::desk::{Desk, after};
use super::grid_figure::{cell_key, rule_keys};
use super::plot::{BOUND_NAMES, Curve, Frame, decades, spaced};
use super::words::short;
use crate::app::figure::axes::{Area, Axis};
use crate::app::figure::chart::{Chart, Course, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::figure::{Figure, Table};
use crate::app::{tr, tr_with};
use crate::plot::{cell, integer, series};
use crate::theory::Terms;
use crate::theory::bounds::{apriori, pathwise, printed_at, summed, weighted};
use crate::theory::row::weighted_gaps;

/// Points of a measured curve, and rows of its table.
const POINTS: usize = 160;
const ROWS: usize = 400;
/// Decades at most.
const MOST: i32 = 5;

/// Everything known of the chosen run after each of some steps.
struct Known {
    /// Indices of the rows that are told.
    places: Vec<usize>,
    means: Vec<f64>,
    smallest: Vec<f64>,
    summed: Vec<Terms>,
    pathwise: Vec<Terms>,
}

impl Known {
    fn of(desk: &Desk, count: usize) -> Option<Self> {
        let truth = desk.truth.get();
        desk.chosen(|trace| {
            let places = spaced(trace.rows.len(), count);
            let pick = |values: &[f64]| places.iter().filter_map(|place| values.get(*place).copied()).collect();
            let pick_terms =
                |values: Vec<Terms>| places.iter().filter_map(|place| values.get(*place).copied()).collect();
            Self {
                means: pick(&trace.means),
                smallest: pick(&trace.smallest),
                summed: pick_terms(summed(&truth, &trace.rows)),
                pathwise: pick_terms(pathwise(&truth, &trace.rows)),
                places,
            }
        })
    }

    /// Values with their number of steps.
    fn placed(&self, values: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
        self.places.iter().map(|place| (*place + 1) as f64).zip(values).collect()
    }
}

fn curves(desk: &Desk) -> Vec<Curve> {
    let Some(known) = Known::of(desk, POINTS) else { return Vec::new() };
    let chosen = desk.cell.get();
    let printed = {
        let truth = desk.truth.get();
        desk.state.with(|state| along(chosen, &state.schedule(chosen), &truth, state.total))
    };
    let named = |curve: Curve, strong: String, key: &str| {
        let value = curve.last().map_or(f64::NAN, |point| point.1);
        curve.named(strong, format!("{} {}", tr(&format!("theory.curve.{key}")), short(value)))
    };
    let number = chosen.theorem().filter(|_| desk.promise.with(|promise| promise.printed.is_some()));
    let number = number.map_or_else(String::new, |theorem| format!("{} ", theorem.number()));
    let key = if number.is_empty() { "ours" } else { "printed" };
    let totals = |terms: &[Terms]| known.placed(terms.iter().map(Terms::total));
    vec![
        named(Curve::new("ln bound", Some("sum"), printed), number, key),
        named(Curve::new("ln summed", Some("sum"), totals(&known.summed)), "★★ ".into(), "summed"),
        named(Curve::new("ln pathwise", Some("sum"), totals(&known.pathwise)), "★ ".into(), "pathwise"),
        named(
            Curve::new("ln fw thin", Some("gap"), known.placed(known.smallest.iter().copied())),
            String::new(),
            "smallest",
        ),
        named(Curve::new("ln fw thick", Some("gap"), known.placed(known.means.iter().copied())), String::new(), "mean"),
    ]
}

fn marks(desk: &Desk, width: f64, height: f64) -> Vec<Mark> {
    let unit = desk.unit.get();
    let total = desk.state.with(|state| state.total);
    let curves = curves(desk);
    let area = Area::new(width, 6.0, height - 20.0 * unit, unit).with_room(BOUND_NAMES * unit);
    let frame = Frame::new(area, area.time(total), decades(&curves, MOST));
    let mut marks = Vec::new();
    frame.values(&mut marks);
    let ticks = series::step_ticks(total).into_iter().filter(|t| *t > 0);
    let ticks: Vec<_> = ticks.map(|t| (f64::from(t), integer(u64::from(t)))).collect();
    frame.places(&mut marks, &ticks, unit);
    frame.curves(&mut marks, &curves);
    frame.names(&mut marks, &curves, unit);
    marks
}

/// The values after `steps` steps, as one line.
fn read(desk: &Desk, steps: u32) -> String {
    let truth = desk.truth.get();
    let steps = steps.clamp(1, desk.done.get().max(1));
    let chosen = desk.cell.get();
    let bound = desk.state.with(|state| bound_at(chosen, &state.schedule(chosen), &truth, state.total, steps));
    let numbers = desk.chosen(|trace| {
        let rows = trace.rows.get(..steps as usize).unwrap_or_default();
        let last = |terms: Vec<Terms>| terms.last().map_or(f64::NAN, Terms::total);
        let at = |values: &[f64]| values.get(steps as usize - 1).copied().unwrap_or(f64::NAN);
        [at(&trace.means), at(&trace.smallest), last(summed(&truth, rows)), last(pathwise(&truth, rows))]
    });
    let [mean, smallest, summed, pathwise] = numbers.unwrap_or([f64::NAN; 4]).map(short);
    let values = [
        ("at", after(steps)),
        ("mean", mean),
        ("smallest", smallest),
        ("bound", short(bound)),
        ("summed", summed),
        ("pathwise", pathwise),
    ];
    tr_with("theory.curves.read", &values)
}

/// The figure.
#[component]
pub fn CurvesFigure(desk: Desk) -> impl IntoView {
    let height = Signal::derive(move || 258.0 * desk.unit.get());
    let course = Course {
        axis: Axis::Steps,
        total: Signal::derive(move || desk.state.with(|state| state.total)),
        last: desk.done.into(),
        cursor: desk.cursor,
        waiting: Signal::derive(String::new),
        unit: desk.unit.into(),
    };
    let drawing = Drawing {
        marks: Callback::new(move |width| marks(&desk, width, height.get())),
        read: Callback::new(move |steps| read(&desk, steps)),
        why: Signal::derive(|| tr("theory.curves.why")),
        label: Signal::derive(|| tr("theory.curves.cursor")),
        quantity: None,
    };
    view! {
        <Figure
            name="curves"
            class="p2"
            title=Signal::derive(|| tr("theory.curves.title"))
            note=Signal::derive(move || name(&desk))
            summary=Signal::derive(move || summary(&desk))
            table=Callback::new(move |()| untrack(|| table(&desk)))
        >
            <Chart course drawing height more_room=BOUND_NAMES />
        </Figure>
    }
    .into_any()
}

/// The chosen rules in words.
fn name(desk: &Desk) -> String {
    let chosen = desk.cell.get();
    let (rate, batch) = rule_keys(chosen);
    tr_with(
        "theory.curves.cell",
        &[("rate", tr(&format!("theory.rate.{rate}"))), ("batch", tr(&format!("theory.batch.{batch}")))],
    )
}

fn summary(desk: &Desk) -> String {
    format!("{}: {}", name(desk), read(desk, desk.at()))
}

fn table(desk: &Desk) -> Table {
    let keys = [
        "cell",
        "T",
        "gamma",
        "batch",
        "gap",
        "mean",
        "smallest",
        "batch_gap",
        "error",
        "printed",
        "ours",
        "summed",
        "pathwise",
        "weighted",
        "weighted_gap",
    ];
    let columns = keys.map(|key| tr(&format!("theory.column.{key}"))).into();
    let chosen = desk.cell.get();
    let truth = desk.truth.get();
    let total = desk.state.with(|state| state.total);
    let rows = desk.chosen(|trace| {
        let terms = [summed(&truth, &trace.rows), pathwise(&truth, &trace.rows), weighted(&truth, &trace.rows)];
        let gaps = weighted_gaps(&trace.rows);
        let row = |place: usize| {
            let row = trace.rows.get(place)?;
            let at = place as u32 + 1;
            let of = |values: &[f64]| cell(values.get(place).copied().unwrap_or(f64::NAN));
            let printed = chosen.theorem().and_then(|theorem| printed_at(theorem, &truth, &trace.schedule, total, at));
            let ours = apriori(&truth, &trace.schedule, total, at);
            let sum = |terms: Option<Terms>| terms.map_or_else(String::new, |terms| cell(terms.total()));
            let mut cells =
                vec![cell_key(chosen), at.to_string(), cell(row.gamma), row.batch.to_string(), cell(row.gap)];
            cells.extend([of(&trace.means), of(&trace.smallest), cell(row.gap_batch), cell(row.error)]);
            cells.extend([sum(printed), sum(ours)]);
            cells.extend(terms.iter().map(|terms| sum(terms.get(place).copied())));
            cells.push(of(&gaps));
            Some(cells)
        };
        spaced(trace.rows.len(), ROWS).into_iter().filter_map(row).collect()
    });
    Table { columns, rows: rows.unwrap_or_default() }
}
