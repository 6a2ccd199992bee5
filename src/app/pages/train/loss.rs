//! Loss and test accuracy: every batch as a light band, the mean of the last tenth of the steps as a line, the
//! loss on fixed images as dots; below it, on an axis of its own, the accuracy on the test images.

use leptos::prelude::*;

use super::bench::{Bench, Look, reading_head};
use super::tables;
use crate::app::figure::Figure;
use crate::app::figure::axes::{self, Area, EndLabel};
use crate::app::figure::chart::{Chart, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::lab::RunLog;
use crate::app::{tr, tr_with};
use crate::plot::{Scale, decimate, fixed, labels, path, series};

/// Share of the steps so far that the line averages over: the last tenth.
pub const WINDOW: f64 = 0.1;
/// Height of the accuracy strip and the room above it, in pixels at normal text size.
const STRIP: f64 = 38.0;
const BETWEEN: f64 = 12.0;

/// The figure.
#[component]
pub fn LossFigure(bench: Bench) -> impl IntoView {
    let height = Signal::derive(move || bench.plot_height());
    let drawing = Drawing {
        marks: Callback::new(move |width| marks(&bench, width, height.get())),
        read: Callback::new(move |t| read(&bench, t)),
        why: Signal::derive(move || tr("train.loss.why")),
        label: Signal::derive(move || tr("train.loss.cursor")),
        quantity: None,
    };
    view! {
        <Figure
            name="loss"
            class="p2"
            title=Signal::derive(move || tr("train.loss.title"))
            summary=Signal::derive(move || summary(&bench))
            table=Callback::new(move |()| tables::loss(&bench))
        >
            <Chart course=bench.course() drawing height>
                <p class="accs" title=move || tr("train.loss.accuracy")>
                    {move || bench.looks.with(|looks| looks.len() < 2).then(|| tr("train.loss.accuracy"))}
                    {move || {
                        bench
                            .looks
                            .get()
                            .into_iter()
                            .map(|look| {
                                let run = look.run;
                                let accuracy = move || {
                                    bench.track(run);
                                    fixed(bench.log(run).with_untracked(|log| 100.0 * last_accuracy(log)), 1)
                                };
                                view! {
                                    <span class=format!("c-{}", look.family)>
                                        {look.name} " " <b data-test-acc=look.family>{accuracy}</b> " %"
                                    </span>
                                }
                            })
                            .collect_view()
                    }}
                </p>
            </Chart>
        </Figure>
    }
    .into_any()
}

/// Test accuracy of the last measurement, 0 to 1; NaN before the first.
fn last_accuracy(log: &RunLog) -> f64 {
    log.evaluations.last().map_or(f64::NAN, |row| f64::from(row.test_accuracy))
}

/// The points of one run, taken out of its log once per drawing.
struct Curves {
    look: Look,
    batch: Vec<(f64, f64)>,
    mean: Vec<(f64, f64)>,
    fixed: Vec<(f64, f64)>,
    accuracy: Vec<(f64, f64)>,
}

fn curves(bench: &Bench, look: Look) -> Curves {
    bench.track(look.run);
    bench.log(look.run).with_untracked(|log| {
        let batch: Vec<_> = log.steps.iter().map(|row| (series::log_step(row.t), f64::from(row.loss))).collect();
        let measured = || log.evaluations.iter().map(|row| (series::log_step(row.t), row));
        Curves {
            look,
            mean: series::trailing_mean(&batch, WINDOW),
            fixed: measured().map(|(t, row)| (t, f64::from(row.reference_loss))).collect(),
            accuracy: measured().map(|(t, row)| (t, f64::from(row.test_accuracy))).collect(),
            batch,
        }
    })
}

/// From the lowest to the highest mean of all runs, with room; the loss of guessing among ten before any step.
fn domain(all: &[Curves]) -> (f64, f64) {
    let values = all.iter().flat_map(|run| run.mean.iter().chain(&run.fixed)).map(|point| point.1);
    let (low, high) = values
        .filter(|y| y.is_finite())
        .fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), y| (low.min(y), high.max(y)));
    if low > high {
        return (0.0, 2.5);
    }
    let high = (high * 1.08).max(low + 0.1);
    // Rounded, so that the axis does not creep from message to message.
    (((low * 0.85) / 0.25).floor() * 0.25, (high / 0.25).ceil() * 0.25)
}

fn marks(bench: &Bench, width: f64, height: f64) -> Vec<Mark> {
    let unit = bench.unit.get();
    let total = bench.total.get();
    let bottom = height - 20.0 * unit;
    let strip = Area::new(width, bottom - STRIP * unit, bottom, unit);
    let area = Area::new(width, 6.0, strip.top - BETWEEN * unit, unit);
    let all: Vec<Curves> = bench.looks.get().into_iter().map(|look| curves(bench, look)).collect();
    let x = area.time(total);
    let y = Scale::linear(domain(&all), area.upwards());
    let share = Scale::linear((0.0, 1.0), strip.upwards());

    let mut marks = Vec::new();
    axes::value_axis(&mut marks, &area, &y, &y.ticks(4), &labels::tick);
    axes::value_axis(&mut marks, &strip, &share, &[0.0, 0.5, 1.0], &|value| fixed(100.0 * value, 0));
    axes::time_axis(&mut marks, &strip, total, unit);
    marks.push(Mark::text("ax halo", (strip.left + 4.0, strip.top + 5.0), "start", tr("train.loss.strip")));
    let mut loss_ends = Vec::new();
    let mut accuracy_ends = Vec::new();
    // A last, so that it lies on top.
    for run in all.iter().rev() {
        band(&mut marks, run.look.family, &run.batch, &x, &y, &area);
        let place = |&(t, value): &(f64, f64)| (x.at(t), y.at(value).clamp(area.top - 4.0, area.bottom));
        let columns = decimate(run.mean.iter().copied(), |t| x.at(t));
        let line = columns.iter().map(|band| (band.x, y.at(band.mean).max(area.top - 4.0)));
        marks.push(Mark::Path { class: format!("ln thick {}", run.look.class), d: path(line) });
        let dots = run.fixed.iter().filter(|point| point.1.is_finite()).map(place);
        marks.extend(dots.map(|at| Mark::Disc { class: format!("f {}", run.look.family), at, r: 2.2 }));
        let at_share = |&(t, value): &(f64, f64)| (x.at(t), share.at(value));
        let line = path(run.accuracy.iter().map(at_share));
        marks.push(Mark::Path { class: format!("ln {}", run.look.class), d: line });
        let dots = run.accuracy.iter().map(at_share).filter(|at| at.1.is_finite());
        marks.extend(dots.map(|at| Mark::Disc { class: format!("f {}", run.look.family), at, r: 1.8 }));

        let label = |at: (f64, f64), text: String| EndLabel {
            class: run.look.family.into(),
            at,
            strong: run.look.name.clone(),
            text: format!(" {text}"),
        };
        if let Some(last) = run.mean.iter().rev().find(|point| point.1.is_finite()) {
            loss_ends.push(label(place(last), fixed(last.1, 2)));
        } else if let Some(last) = run.fixed.last() {
            loss_ends.push(label(place(last), fixed(last.1, 2)));
        }
        if let Some(last) = run.accuracy.last().filter(|point| point.1.is_finite()) {
            accuracy_ends.push(label(at_share(last), format!("{} %", fixed(100.0 * last.1, 0))));
        }
    }
    axes::end_labels(&mut marks, &area, loss_ends, unit);
    axes::end_labels(&mut marks, &strip, accuracy_ends, unit);
    marks
}

/// What every single batch measured: from the smallest to the largest value of each pixel column.
pub fn band(marks: &mut Vec<Mark>, family: &str, points: &[(f64, f64)], x: &Scale, y: &Scale, area: &Area) {
    let columns = decimate(points.iter().copied(), |t| x.at(t));
    let place = |value: f64| y.at(value).clamp(area.top - 4.0, area.bottom);
    let above = columns.iter().map(|band| (band.x, place(band.high)));
    let below = columns.iter().rev().map(|band| (band.x, place(band.low)));
    let mut d = path(above.chain(below));
    if !d.is_empty() {
        d.push('Z');
    }
    marks.push(Mark::Path { class: format!("band {family}"), d });
}

/// The values at step `t`.
fn read(bench: &Bench, t: u32) -> String {
    let parts = bench.looks.get().into_iter().map(|look| {
        bench.track(look.run);
        bench.log(look.run).with_untracked(|log| {
            let loss = at_or_before(&log.steps, t, |row| row.t).map_or(f64::NAN, |row| f64::from(row.loss));
            let accuracy =
                at_or_before(&log.evaluations, t, |row| row.t).map_or(f64::NAN, |row| f64::from(row.test_accuracy));
            tr_with(
                "train.loss.read",
                &[("name", look.name.clone()), ("loss", fixed(loss, 3)), ("accuracy", fixed(100.0 * accuracy, 1))],
            )
        })
    });
    std::iter::once(reading_head(t)).chain(parts).collect::<Vec<_>>().join(", ")
}

/// The last row at or before step `t`; rows are sorted by time.
pub fn at_or_before<R>(rows: &[R], t: u32, time: impl Fn(&R) -> u32) -> Option<&R> {
    let end = rows.partition_point(|row| time(row) <= t);
    end.checked_sub(1).and_then(|last| rows.get(last))
}

fn summary(bench: &Bench) -> String {
    let waiting = bench.waiting.get();
    if !waiting.is_empty() {
        return tr_with("train.loss.summary_empty", &[("wait", waiting)]);
    }
    let parts = bench.looks.get().into_iter().map(|look| {
        bench.track(look.run);
        bench.log(look.run).with_untracked(|log| {
            let loss = log.evaluations.last().map_or(f64::NAN, |row| f64::from(row.reference_loss));
            tr_with(
                "train.loss.summary",
                &[
                    ("name", look.name.clone()),
                    ("loss", fixed(loss, 2)),
                    ("accuracy", fixed(100.0 * last_accuracy(log), 1)),
                    ("t", log.evaluations.last().map_or(0, |row| row.t).to_string()),
                ],
            )
        })
    });
    parts.collect::<Vec<_>>().join("; ")
}
