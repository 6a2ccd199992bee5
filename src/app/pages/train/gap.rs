//! The Frank–Wolfe gap, summed over the layers: how far a linear look at the loss says there still is to go.
//! Two gaps are kept apart. The *full* gap is measured on fixed images; theorems bound it. The *batch* gap uses
//! the gradient of one batch: its corner also fits that batch's noise, so on average it is too large.

use leptos::prelude::*;

use super::bench::{Bench, Look, reading_head, total};
use super::loss::{WINDOW, at_or_before, band};
use super::tables;
use crate::app::figure::Figure;
use crate::app::figure::axes::{self, Area, EndLabel};
use crate::app::figure::chart::{Chart, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::{tr, tr_with};
use crate::plot::{Scale, decimate, integer, labels, path, power_of_two_above, power_of_two_below, scientific, series};
use crate::session::RunSpec;

/// The figure.
#[component]
pub fn GapFigure(bench: Bench) -> impl IntoView {
    let height = Signal::derive(move || bench.plot_height());
    let drawing = Drawing {
        marks: Callback::new(move |width| marks(&bench, width, height.get())),
        read: Callback::new(move |t| read(&bench, t)),
        why: Signal::derive(move || tr("train.gap.why")),
        label: Signal::derive(move || tr("train.gap.cursor")),
        quantity: None,
    };
    let note = Signal::derive(move || {
        let images = bench.lab.experiment.with(|experiment| experiment.reference_images);
        let key = if is_lower(&bench) { "train.gap.note_lower" } else { "train.gap.note" };
        tr_with(key, &[("n", integer(u64::from(images)))])
    });
    view! {
        <Figure
            name="gap"
            class="p3"
            title=Signal::derive(move || tr("train.gap.title"))
            summary=Signal::derive(move || {
                let said = summary(&bench);
                if is_lower(&bench) { format!("{said}. {}", tr("set.gap.lower")) } else { said }
            })
            note=note
            table=Callback::new(move |()| tables::gap(&bench))
        >
            <Chart course=bench.course() drawing height />
        </Figure>
    }
    .into_any()
}

/// Whether a layer's oracle is inexact, so that the gap shown is a lower bound of the true one.
fn is_lower(bench: &Bench) -> bool {
    bench.lab.experiment.with(|experiment| {
        let of = |run: &RunSpec| {
            experiment.network.layers().iter().any(|layer| run.set_of(layer).set.entry().gap_is_lower())
        };
        of(&experiment.a) || experiment.b.as_ref().is_some_and(of)
    })
}

/// The points of one run, places on the time axis and values; only values a logarithm can show.
struct Curves {
    look: Look,
    batch: Vec<(f64, f64)>,
    batch_mean: Vec<(f64, f64)>,
    full: Vec<(f64, f64)>,
    mean: Vec<(f64, f64)>,
    best: Vec<(f64, f64)>,
    /// The last measurement lay outside its set, where there is no gap.
    outside: bool,
}

fn curves(bench: &Bench, look: Look) -> Curves {
    bench.track(look.run);
    bench.log(look.run).with_untracked(|log| {
        let batch: Vec<_> = log.steps.iter().map(|row| (series::log_step(row.t), positive(total(&row.gap)))).collect();
        // Averages are over steps, so they are taken in steps and placed on the axis afterwards.
        let measured: Vec<_> = log.evaluations.iter().map(|row| (f64::from(row.t), total(&row.full_gap))).collect();
        let placed = |points: Vec<(f64, f64)>| -> Vec<(f64, f64)> {
            points.into_iter().map(|(t, y)| (t.max(series::STEP_ZERO), positive(y))).collect()
        };
        Curves {
            batch_mean: series::trailing_mean(&batch, WINDOW),
            batch,
            mean: placed(series::mean_so_far(&measured)),
            best: placed(series::best_so_far(&measured)),
            outside: measured.last().is_some_and(|point| point.1.is_nan()),
            full: placed(measured),
            look,
        }
    })
}

fn positive(value: f64) -> f64 {
    if value > 0.0 && value.is_finite() { value } else { f64::NAN }
}

/// From below the smallest to above the largest value drawn, in factors of two so that the axis keeps still.
fn domain(all: &[Curves]) -> (f64, f64) {
    let points = all.iter().flat_map(|run| run.full.iter().chain(&run.batch_mean));
    let values = points.map(|point| point.1).filter(|y| y.is_finite());
    let (low, high) = values.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), y| (low.min(y), high.max(y)));
    if low > high {
        return (1.0, 100.0);
    }
    let high = power_of_two_above(high * 1.5);
    (power_of_two_below(low * 0.8).min(high / 8.0), high)
}

fn marks(bench: &Bench, width: f64, height: f64) -> Vec<Mark> {
    let unit = bench.unit.get();
    let last = bench.total.get();
    let area = Area::new(width, 6.0, height - 20.0 * unit, unit);
    let all: Vec<Curves> = bench.looks.get().into_iter().map(|look| curves(bench, look)).collect();
    let x = area.time(last);
    let y = Scale::log(domain(&all), area.upwards());

    let mut marks = Vec::new();
    axes::value_axis(&mut marks, &area, &y, &y.ticks(6), &labels::tick);
    axes::time_axis(&mut marks, &area, last, unit);
    let mut ends = Vec::new();
    // A last, so that it lies on top.
    for (index, run) in all.iter().enumerate().rev() {
        run.draw(&mut marks, &x, &y, &area);
        run.label(&mut ends, index == 0, &x, &y, &area);
    }
    axes::end_labels(&mut marks, &area, ends, unit);
    marks
}

impl Curves {
    fn draw(&self, marks: &mut Vec<Mark>, x: &Scale, y: &Scale, area: &Area) {
        let (family, class) = (self.look.family, &self.look.class);
        let line = |points: &[(f64, f64)]| path(points.iter().map(|&(t, value)| (x.at(t), y.at(value))));
        band(marks, family, &self.batch, x, y, area);
        let columns = decimate(self.batch_mean.iter().copied(), |t| x.at(t));
        let mean = columns.iter().map(|band| (band.x, y.at(band.mean).max(area.top - 4.0)));
        marks.push(Mark::Path { class: format!("ln thin faint {class}"), d: path(mean) });
        marks.push(Mark::Path { class: format!("ln dotted {class}"), d: line(&self.mean) });
        marks.push(Mark::Path { class: format!("ln {class}"), d: line(&series::staircase(&self.best)) });
        marks.push(Mark::Path { class: format!("ln thin {class}"), d: line(&self.full) });
        let dots = self.full.iter().filter(|point| point.1.is_finite());
        marks.extend(dots.map(|&(t, value)| Mark::Disc {
            class: format!("f {family}"),
            at: (x.at(t), y.at(value)),
            r: 2.4,
        }));
    }

    /// Labels of every curve for the first run, of the full gap only for the second.
    fn label(&self, ends: &mut Vec<EndLabel>, all: bool, x: &Scale, y: &Scale, area: &Area) {
        let mut push = |points: &[(f64, f64)], strong: String, name: String| {
            if let Some(&(t, value)) = points.iter().rev().find(|point| point.1.is_finite()) {
                let at = (x.at(t), y.at(value).clamp(area.top, area.bottom));
                let text = format!("{name} {}", scientific(value));
                ends.push(EndLabel { class: self.look.family.into(), at, strong, text });
            }
        };
        if all {
            push(&self.batch_mean, String::new(), tr("train.gap.batch"));
            push(&self.mean, String::new(), tr("train.gap.mean"));
            push(&self.best, String::new(), tr("train.gap.best"));
        }
        if self.outside {
            // Drawn at the top: the run has left the figure, not reached zero.
            let end = self.full.last().map_or(area.left, |point| x.at(point.0));
            let text = format!(" {}", tr("train.gap.outside"));
            ends.push(EndLabel {
                class: self.look.family.into(),
                at: (end, area.top + 2.0),
                strong: self.look.name.clone(),
                text,
            });
        } else {
            push(&self.full, self.look.name.clone(), String::new());
        }
    }
}

/// The values at step `t`.
fn read(bench: &Bench, t: u32) -> String {
    let parts = bench.looks.get().into_iter().map(|look| {
        bench.track(look.run);
        bench.log(look.run).with_untracked(|log| {
            let batch = at_or_before(&log.steps, t, |row| row.t).map_or(f64::NAN, |row| total(&row.gap));
            let full = at_or_before(&log.evaluations, t, |row| row.t).map_or(f64::NAN, |row| total(&row.full_gap));
            let values = [("name", look.name.clone()), ("full", scientific(full)), ("batch", scientific(batch))];
            if full.is_nan() && batch.is_nan() && !look.feasible {
                tr_with("train.gap.read_outside", &values)
            } else {
                tr_with("train.gap.read", &values)
            }
        })
    });
    std::iter::once(reading_head(t)).chain(parts).collect::<Vec<_>>().join(", ")
}

fn summary(bench: &Bench) -> String {
    let waiting = bench.waiting.get();
    if !waiting.is_empty() {
        return tr_with("train.gap.summary_empty", &[("wait", waiting)]);
    }
    let parts = bench.looks.get().into_iter().map(|look| {
        let run = curves(bench, look);
        let last = |points: &[(f64, f64)]| points.last().map_or(f64::NAN, |point| point.1);
        let values = [
            ("name", run.look.name.clone()),
            ("full", scientific(last(&run.full))),
            ("best", scientific(last(&run.best))),
            ("batch", scientific(last(&run.batch_mean))),
        ];
        if run.outside { tr_with("train.gap.summary_outside", &values) } else { tr_with("train.gap.summary", &values) }
    });
    parts.collect::<Vec<_>>().join("; ")
}
