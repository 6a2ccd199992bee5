//! Which layer is far from done, and what its weights look like: the full gap of every layer over time as a heat
//! strip on a logarithmic colour scale, and the sizes of one layer's weights, largest first.

use leptos::html;
use leptos::prelude::*;

use super::bench::{Bench, layer_name};
use super::tables;
use crate::app::figure::axes::{self, Area, EndLabel};
use crate::app::figure::marks::{self, Mark};
use crate::app::figure::{Figure, use_width};
use crate::app::{tr, tr_with};
use crate::plot::{Scale, fixed, integer, labels, magnitude, path, scientific, series};
use crate::session::RunId;

/// Height of a heat row and of the gap below it, in pixels at normal text size.
const ROW: f64 = 15.0;
const ROW_GAP: f64 = 2.0;
/// Height of the line of words under the other two plots, and of the caption between the two parts of this one.
const WORDS: f64 = 32.0;
const CAPTION: f64 = 26.0;
/// Ranks at which sorted weights are drawn.
const RANKS: usize = 140;

/// The figure.
#[component]
pub fn LayersFigure(bench: Bench) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let heat_height = Memo::new(move |_| (bench.names.get().len() as f64 * (ROW + ROW_GAP) + 20.0) * bench.unit.get());
    // The same total as the two plots beside it: captions, heat strip, sorted weights.
    let sorted_height = Memo::new(move |_| (bench.plot_height() + WORDS - CAPTION - heat_height.get()).max(74.0));
    let heat = Memo::new(move |_| if width.get() < 60.0 { Vec::new() } else { heat_marks(&bench, width.get()) });
    let sorted =
        Memo::new(
            move |_| {
                if width.get() < 60.0 { Vec::new() } else { sorted_marks(&bench, width.get(), sorted_height.get()) }
            },
        );
    let svg = move |height: Memo<f64>, drawn: Memo<Vec<Mark>>| {
        view! {
            <svg
                aria-hidden="true"
                width=move || format!("{:.0}", width.get())
                height=move || format!("{:.0}", height.get())
            >
                <g inner_html=move || drawn.with(|marks| marks::svg(marks))></g>
            </svg>
        }
        .into_any()
    };
    view! {
        <Figure
            name="layers"
            class="p4 layers"
            title=Signal::derive(move || tr("train.layers.title"))
            summary=Signal::derive(move || summary(&bench))
            note=Signal::derive(move || tr("train.layers.note"))
            table=Callback::new(move |()| tables::layers(&bench))
        >
            <div class="plot" node_ref=node>
                {svg(heat_height, heat)}
                <p class="sorted-of">
                    <b>{move || tr("train.layers.sorted")}</b>
                    <LayerSelect bench />
                </p>
                {svg(sorted_height, sorted)}
            </div>
        </Figure>
    }
    .into_any()
}

/// Picks the layer whose weights are sorted.
#[component]
fn LayerSelect(bench: Bench) -> impl IntoView {
    view! {
        <select
            aria-label=move || tr("train.layers.choose")
            prop:value=move || bench.layer.get().min(bench.names.get().len() - 1).to_string()
            on:change=move |event| {
                if let Ok(index) = event_target_value(&event).parse() {
                    bench.layer.set(index);
                }
            }
        >
            {move || {
                bench
                    .names
                    .get()
                    .iter()
                    .enumerate()
                    .map(|(index, name)| {
                        view! {
                            <option value=index.to_string() selected=move || bench.layer.get() == index>
                                {layer_name(name)}
                            </option>
                        }
                    })
                    .collect_view()
            }}
        </select>
    }
}

/// Full gaps of the run looked at: (step, gap per layer).
fn gaps(bench: &Bench) -> Vec<(u32, Vec<f32>)> {
    let run = bench.shown.get();
    bench.track(run);
    bench.log(run).with_untracked(|log| log.evaluations.iter().map(|row| (row.t, row.full_gap.clone())).collect())
}

/// Lowest and highest logarithm of all gaps, at least a factor of ten apart.
fn range(gaps: &[(u32, Vec<f32>)]) -> (f64, f64) {
    let logs = gaps.iter().flat_map(|(_, row)| row).filter(|gap| gap.is_finite() && **gap > 0.0);
    let (low, high) = logs
        .map(|gap| f64::from(*gap).log10())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    if low > high { (0.0, 1.0) } else { (low.min(high - 1.0), high) }
}

fn heat_marks(bench: &Bench, width: f64) -> Vec<Mark> {
    let unit = bench.unit.get();
    let names = bench.names.get();
    let gaps = gaps(bench);
    let (low, high) = range(&gaps);
    let row = (ROW + ROW_GAP) * unit;
    let area = Area { left: 50.0 * unit, right: width - 44.0 * unit, top: 2.0, bottom: 2.0 + row * names.len() as f64 };
    let last = bench.total.get();
    let x = area.time(last);
    let mut marks = Vec::new();
    axes::time_axis(&mut marks, &area, last, unit);

    // Cells narrower than three pixels are left out: the colour of a cell is that of its first measurement.
    let mut columns: Vec<(f64, &[f32])> = Vec::new();
    for (t, row) in &gaps {
        let left = x.at(series::log_step(*t));
        if columns.last().is_none_or(|(before, _)| left - before >= 3.0) {
            columns.push((left, row.as_slice()));
        }
    }
    let now = bench.lab.train.t.get();
    let end = x.at(series::log_step(now)).min(area.right);
    for (index, name) in names.iter().enumerate() {
        let top = area.top + index as f64 * row;
        marks.push(Mark::text("ax", (area.left - 7.0, top + 12.0 * unit), "end", layer_name(name)));
        marks.push(Mark::Line {
            class: "hairline",
            from: (area.left, top + row - 1.0),
            to: (area.right, top + row - 1.0),
        });
        for (place, (left, values)) in columns.iter().enumerate() {
            let right = columns.get(place + 1).map_or(end, |next| next.0).max(left + 3.0);
            if let Some(gap) = values.get(index).filter(|gap| gap.is_finite() && **gap > 0.0) {
                let [r, g, b] = magnitude((f64::from(*gap).log10() - low) / (high - low));
                marks.push(Mark::Rect {
                    fill: format!("#{r:02x}{g:02x}{b:02x}"),
                    at: (*left, top),
                    // A little overlap, so that no seam shows.
                    size: (right - left + 0.4, ROW * unit),
                });
            }
        }
        if let Some((_, values)) = gaps.last() {
            let value = values.get(index).map_or(f64::NAN, |gap| f64::from(*gap));
            let text = if value.is_finite() { scientific(value) } else { tr("train.layers.outside") };
            marks.push(Mark::text("ax strong", (area.right + 7.0, top + 12.0 * unit), "start", text));
        }
    }
    marks
}

/// The sorted weights of one run: its class, name and (share of ranks, |w|).
struct Sorted {
    class: String,
    family: &'static str,
    name: String,
    points: Vec<(usize, f32)>,
}

fn sorted_marks(bench: &Bench, width: f64, height: f64) -> Vec<Mark> {
    let unit = bench.unit.get();
    let layer = bench.layer.get().min(bench.names.get().len() - 1);
    let all: Vec<Sorted> = bench
        .looks
        .get()
        .into_iter()
        .inspect(|look| bench.track_weights(look.run))
        .map(|look| Sorted {
            points: bench.log(look.run).with_untracked(|log| {
                let weights = log.layers_now.as_ref().and_then(|now| now.weights.get(layer));
                weights.map(|weights| series::sorted_magnitudes(weights, RANKS)).unwrap_or_default()
            }),
            class: look.class,
            family: look.family,
            name: look.name,
        })
        .collect();
    let largest = all.iter().filter_map(|run| run.points.first()).map(|point| f64::from(point.1)).fold(0.0, f64::max);
    let top = if largest > 0.0 { largest * 1.3 } else { 1.0 };
    let area = Area { left: 50.0 * unit, right: width - 70.0 * unit, top: 4.0, bottom: height - 16.0 * unit };
    let count = all.iter().filter_map(|run| run.points.last()).map(|point| point.0).max().unwrap_or(0);
    let x = Scale::linear((0.0, count.max(1) as f64), (area.left, area.right));
    // Four decades: what lies below is drawn at the bottom, as good as zero.
    let y = Scale::log((top * 1e-4, top), area.upwards());

    let mut marks = Vec::new();
    axes::value_axis(&mut marks, &area, &y, &y.ticks(4), &labels::tick);
    let base = area.bottom + 12.0 * unit;
    if area.right - area.left > 150.0 * unit {
        marks.push(Mark::text("ax", (area.left, base), "start", tr("train.layers.largest")));
    }
    if count > 0 {
        let text = tr_with("train.layers.smallest", &[("n", integer(count as u64 + 1))]);
        marks.push(Mark::text("ax", (area.right, base), "end", text));
    }
    let mut ends = Vec::new();
    for run in all.iter().rev() {
        let place = |&(rank, size): &(usize, f32)| (x.at(rank as f64), y.at(f64::from(size)));
        marks.push(Mark::Path { class: format!("ln thick {}", run.class), d: path(run.points.iter().map(place)) });
        // The very last weights are often exactly zero; the label stands at the height of the last tenth.
        if let Some(near_end) = run.points.get(run.points.len() * 9 / 10) {
            let at = (area.right, place(near_end).1);
            ends.push(EndLabel { class: run.family.into(), at, strong: run.name.clone(), text: String::new() });
        }
    }
    let k = bench.layers_of(RunId::A).with(|layers| layers.get(layer).map_or(0, |layer| layer.k));
    if k > 0 && (k as usize) < count {
        let at = x.at(f64::from(k));
        marks.push(Mark::Line { class: "edge dots", from: (at, area.top), to: (at, area.bottom) });
        let text = format!("K = {}", integer(u64::from(k)));
        marks.push(Mark::text("halo", (at + 5.0, area.top + 10.0 * unit), "start", text));
    }
    axes::end_labels(&mut marks, &area, ends, unit);
    marks
}

fn summary(bench: &Bench) -> String {
    let waiting = bench.waiting.get();
    let gaps = gaps(bench);
    let Some((t, row)) = gaps.last().filter(|_| waiting.is_empty()) else {
        return tr_with("train.layers.summary_empty", &[("wait", waiting)]);
    };
    let largest = row.iter().enumerate().filter(|(_, gap)| gap.is_finite()).max_by(|a, b| a.1.total_cmp(b.1));
    let name = largest.and_then(|(index, _)| bench.names.get().get(index)).map(|name| layer_name(name));
    match (largest, name) {
        (Some((_, gap)), Some(name)) => tr_with(
            "train.layers.summary",
            &[
                ("name", name),
                ("gap", scientific(f64::from(*gap))),
                ("share", fixed(100.0 * f64::from(*gap) / super::bench::total(row), 0)),
                ("t", t.to_string()),
            ],
        ),
        _ => tr("train.layers.summary_outside"),
    }
}
