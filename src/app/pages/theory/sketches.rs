//! The small figures beside the article: each shows the idea of its section with the numbers of the page.

use leptos::html;
use leptos::prelude::*;

use super::bounds_along::{SPAN, over_t, term_curves};
use super::desk::Desk;
use super::plot::{Curve, Frame, decades, spaced};
use super::words::short;
use crate::app::figure::axes::{Area, LABEL_ROOM};
use crate::app::figure::marks::{Mark, svg};
use crate::app::figure::{Figure, Table, use_width};
use crate::app::{tr, tr_with};
use crate::optim::schedule::{BatchRule, RateRule};
use crate::plot::{Scale, cell as csv_cell, integer, power_of_ten, series};
use crate::theory::bounds::pathwise;
use crate::theory::grid::Cell;
use crate::theory::{Row, Term, Terms};

/// Height of a small figure and of its tick texts, pixels at normal text size.
const HEIGHT: f64 = 190.0;
const BELOW: f64 = 20.0;
/// Points of a measured curve, and decades at most.
const POINTS: usize = 110;
const MOST: i32 = 6;

/// What a small figure shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sketch {
    /// Gap and true error of the chosen run.
    Certificate,
    /// The size of the noise, and how much too large it makes the batch's gap.
    Noise,
    /// The three terms of ★, measured along the chosen run.
    Parts,
    /// The bound of a cell over ever longer runs.
    OverT(RateRule, BatchRule),
    /// The batch that was asked for, and the one there is.
    Cap,
    /// ★★★ and the smallest gap of the chosen run.
    Weighted,
}

impl Sketch {
    /// Stable name of the figure; text keys `theory.sketch.<key>.title`, `.note`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Noise => "noise",
            Self::Parts => "parts",
            Self::OverT(RateRule::Constant, BatchRule::Constant) => "over-t-constant",
            Self::OverT(RateRule::Constant, BatchRule::Growing) => "over-t-growing",
            Self::OverT(_, BatchRule::Constant) => "over-t-decaying",
            Self::OverT(_, BatchRule::Growing) => "over-t-both",
            Self::Cap => "cap",
            Self::Weighted => "weighted",
        }
    }

    fn curves(self, desk: &Desk) -> Vec<Curve> {
        match self {
            Self::Certificate => certificate(desk),
            Self::Noise => noise(desk),
            Self::Parts => parts(desk),
            Self::OverT(rate, batch) => {
                let constants = desk.constants.get();
                let cell = Cell { rate, batch };
                let points = desk.state.with(|state| over_t(state, &constants, cell));
                let mut curves = named_terms(&points);
                curves.extend(measured(desk, cell));
                curves
            }
            Self::Cap => cap(desk),
            Self::Weighted => weighted(desk),
        }
    }

    /// The horizontal axis: first and last place.
    fn span(self, desk: &Desk) -> (f64, f64) {
        match self {
            Self::OverT(..) => SPAN,
            _ => (1.0, f64::from(desk.state.with(|state| state.total).max(2))),
        }
    }
}

/// A curve of the chosen run: its number of steps and a number of each row.
fn along_run(desk: &Desk, read: impl Fn(&[Row], usize) -> f64) -> Vec<(f64, f64)> {
    let points = desk.calm(|trace| {
        let places = spaced(trace.rows.len(), POINTS).into_iter();
        places.map(|place| ((place + 1) as f64, read(&trace.rows, place))).collect()
    });
    points.unwrap_or_default()
}

/// A running mean of a number of each row.
fn mean_along(desk: &Desk, read: impl Fn(&Row) -> f64) -> Vec<(f64, f64)> {
    let means = desk.calm(|trace| {
        let mut sum = 0.0;
        let mean = |(place, row): (usize, &Row)| {
            sum += read(row);
            sum / (place + 1) as f64
        };
        trace.rows.iter().enumerate().map(mean).collect::<Vec<_>>()
    });
    let means = means.unwrap_or_default();
    spaced(means.len(), POINTS).into_iter().filter_map(|place| Some(((place + 1) as f64, *means.get(place)?))).collect()
}

/// A curve with the text `theory.curve.<key>` and its last value as name.
fn named(class: &'static str, quantity: &'static str, points: Vec<(f64, f64)>, key: &str) -> Curve {
    let curve = Curve::new(class, Some(quantity), points);
    let value = curve.last().map_or(f64::NAN, |point| point.1);
    curve.named("", format!("{} {}", tr(&format!("theory.curve.{key}")), short(value)))
}

fn certificate(desk: &Desk) -> Vec<Curve> {
    let lowest = desk.truth.get().lowest_value;
    let row = |rows: &[Row], place: usize, read: &dyn Fn(&Row) -> f64| rows.get(place).map_or(f64::NAN, read);
    let error = along_run(desk, |rows, place| row(rows, place, &|row| row.value - lowest));
    let gap = along_run(desk, |rows, place| row(rows, place, &|row| row.gap));
    vec![named("ln fw thin", "value", error, "error"), named("ln fw thick", "gap", gap, "gap")]
}

fn noise(desk: &Desk) -> Vec<Curve> {
    let diameter = desk.truth.get().diameter;
    vec![
        named("ln bound", "noise", mean_along(desk, |row| diameter * row.noise), "bias_bound"),
        named("ln fw thin", "gap", mean_along(desk, |row| row.gap_batch - row.gap), "bias"),
        named("ln summed", "noise", mean_along(desk, |row| row.noise), "noise_bound"),
        named("ln fw thick", "noise", mean_along(desk, |row| row.error), "noise"),
    ]
}

/// The mean gap of a cell's run, which its bound is about.
fn measured(desk: &Desk, cell: Cell) -> Option<Curve> {
    let points = desk.calmly(cell, |trace| {
        let places = spaced(trace.means.len(), POINTS).into_iter();
        let point = |place: usize| Some(((place + 1) as f64, *trace.means.get(place)?));
        places.filter_map(point).filter(|point| point.0 >= SPAN.0).collect::<Vec<_>>()
    });
    points.map(|points| named("ln fw thick", "gap", points, "mean"))
}

fn weighted(desk: &Desk) -> Vec<Curve> {
    let truth = desk.truth.get();
    let points = desk.calm(|trace| {
        let terms = crate::theory::bounds::weighted(&truth, &trace.rows);
        let places = spaced(terms.len(), POINTS).into_iter();
        places.filter_map(|place| Some(((place + 1) as f64, *terms.get(place)?))).collect::<Vec<_>>()
    });
    let smallest = desk.calm(|trace| {
        let places = spaced(trace.smallest.len(), POINTS).into_iter();
        places.filter_map(|place| Some(((place + 1) as f64, *trace.smallest.get(place)?))).collect()
    });
    let mut curves = named_terms(&points.unwrap_or_default());
    curves.push(named("ln fw thick", "gap", smallest.unwrap_or_default(), "smallest"));
    curves
}

fn parts(desk: &Desk) -> Vec<Curve> {
    let truth = desk.truth.get();
    let points = desk.calm(|trace| {
        let terms = pathwise(&truth, &trace.rows);
        let places = spaced(terms.len(), POINTS).into_iter();
        places.filter_map(|place| Some(((place + 1) as f64, *terms.get(place)?))).collect::<Vec<_>>()
    });
    let mut curves = named_terms(&points.unwrap_or_default());
    curves.push(named("ln fw thick", "gap", mean_along(desk, |row| row.gap), "mean"));
    curves
}

/// The three terms and their sum, each with its name and last value.
fn named_terms(points: &[(f64, Terms)]) -> Vec<Curve> {
    let last = points.last().map(|point| point.1).unwrap_or_default();
    let name = |key: &str, value: f64| format!("{} {}", tr(&format!("theory.term.{key}")), short(value));
    let [value, noise, step] = Term::ALL.map(|(term, key)| name(key, last.part(term)));
    term_curves(points, &[value, noise, step, name("sum", last.total())])
}

fn cap(desk: &Desk) -> Vec<Curve> {
    let (schedule, total, images) = desk.state.with(|state| {
        let cell = Cell { rate: state.learning_rate.rule, batch: BatchRule::Growing };
        (state.schedule(cell), state.total, state.images)
    });
    let line = |images: Option<u32>| {
        let planned = crate::theory::Schedule { images, ..schedule.clone() };
        // A staircase: before and after each change of the batch.
        let (mut points, mut before) = (Vec::new(), None);
        for t in 0..total {
            let batch = f64::from(planned.batch_at(t, total).0);
            if before != Some(batch) || t + 1 == total {
                points.extend(before.map(|before| (f64::from(t + 1), before)));
                points.push((f64::from(t + 1), batch));
            }
            before = Some(batch);
        }
        points
    };
    let all = vec![(1.0, f64::from(images)), (f64::from(total), f64::from(images))];
    vec![
        named("ln summed", "cap", all, "images"),
        named("ln bound", "noise", line(None), "asked"),
        named("ln ink", "noise", line(Some(images)), "batch"),
    ]
}

fn marks(desk: &Desk, sketch: Sketch, curves: &[Curve], width: f64) -> Vec<Mark> {
    let unit = desk.unit.get();
    let area = Area {
        left: 36.0 * unit,
        right: (width - (LABEL_ROOM + 14.0) * unit).max(100.0),
        top: 6.0,
        bottom: (HEIGHT - BELOW) * unit,
    };
    let span = sketch.span(desk);
    let frame = Frame::new(area, Scale::log(span, (area.left, area.right)), decades(curves, MOST));
    let mut marks = Vec::new();
    frame.values(&mut marks);
    let ticks: Vec<(f64, String)> = match sketch {
        Sketch::OverT(..) => [1, 2, 3, 4, 5, 6].map(|e| (10f64.powi(e), power_of_ten(e))).into(),
        _ => {
            let ticks = series::step_ticks(span.1 as u32).into_iter().filter(|t| *t > 0);
            ticks.map(|t| (f64::from(t), integer(u64::from(t)))).collect()
        }
    };
    frame.places(&mut marks, &ticks, unit);
    frame.curves(&mut marks, curves);
    frame.names(&mut marks, curves, unit);
    marks
}

/// The figure.
pub fn sketch(desk: Desk, sketch: Sketch) -> AnyView {
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let curves = Memo::new(move |_| sketch.curves(&desk));
    let drawn = Memo::new(move |_| {
        let width = width.get();
        if width < 60.0 { String::new() } else { curves.with(|curves| svg(&marks(&desk, sketch, curves, width))) }
    });
    let text = move |part: &'static str| Signal::derive(move || tr(&format!("theory.sketch.{}.{part}", sketch.key())));
    let title = text("title");
    view! {
        <Figure
            name=sketch.key()
            class="sketch"
            title=title
            note=text("note")
            summary=Signal::derive(move || summary(title, curves))
            table=Callback::new(move |()| untrack(|| table(curves)))
        >
            <div class="sketch-box" node_ref=node>
                <svg
                    aria-hidden="true"
                    width=move || format!("{:.0}", width.get())
                    height=move || format!("{:.0}", HEIGHT * desk.unit.get())
                >
                    <g inner_html=move || drawn.get()></g>
                </svg>
            </div>
        </Figure>
    }
    .into_any()
}

/// Title, then every curve with its last value.
fn summary(title: Signal<String>, curves: Memo<Vec<Curve>>) -> String {
    let parts = curves.with(|curves| curves.iter().map(|curve| curve.name.clone()).collect::<Vec<_>>().join(", "));
    tr_with("theory.sketch.summary", &[("title", title.get()), ("parts", parts)])
}

/// The points of every curve, one below the other.
fn table(curves: Memo<Vec<Curve>>) -> Table {
    let columns = ["curve", "T", "value"].map(|key| tr(&format!("theory.column.{key}"))).into();
    let mut rows = Vec::new();
    for curve in curves.get() {
        // The name ends with the last value.
        let name = curve.name.rsplit_once(' ').map_or(curve.name.as_str(), |(name, _)| name);
        rows.extend(curve.points.iter().map(|&(at, value)| vec![name.to_string(), csv_cell(at), csv_cell(value)]));
    }
    Table { columns, rows }
}
