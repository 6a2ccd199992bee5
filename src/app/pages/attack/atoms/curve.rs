//! The probability of the true class against the number of atoms: kept, heaviest first, and taken away, heaviest first.
//! Where the network is wrong the marker is filled.

use leptos::prelude::*;

use super::Sight;
use super::words::share;
use crate::app::figure::axes::{Area, Axis, EndLabel, end_labels, value_axis};
use crate::app::figure::chart::{Chart, Course, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::{tr, tr_with};
use crate::plot::{Scale, fixed, integer, path};
use crate::session::AtomsNow;

/// Pixels of the axis at normal text size.
const AXIS: f64 = 20.0;
/// Height of the plot.
const HEIGHT: f64 = 150.0;

pub(super) fn curve(sight: Sight) -> AnyView {
    let desk = sight.desk;
    let height = Signal::derive(move || HEIGHT * desk.unit.get());
    let count = Signal::derive(move || sight.read(|now| now.atoms.len() as u32).unwrap_or(0));
    let course = Course {
        axis: Axis::Calls,
        total: count,
        last: count,
        cursor: sight.cursor,
        waiting: Signal::derive(move || if count.get() == 0 { tr("atoms.curve.waiting") } else { String::new() }),
        unit: desk.unit.into(),
    };
    let drawing = Drawing {
        marks: Callback::new(move |width| marks(sight, width, height.get())),
        read: Callback::new(move |k| sight.read(|now| read(sight, now, k as usize)).unwrap_or_default()),
        why: Signal::derive(move || tr("atoms.curve.why")),
        label: Signal::derive(move || tr("atoms.curve.label")),
        quantity: None,
    };
    view! { <Chart course drawing height /> }.into_any()
}

/// One of the two curves: probability and answer for 0, 1, … atoms.
struct Values {
    line: &'static str,
    name: &'static str,
    points: Vec<(usize, f64, bool)>,
}

/// Kept, and taken away; the latter begins with all atoms.
fn curves(now: &AtomsNow) -> [Values; 2] {
    let point = |k: usize, value: &f32, answer: &u8| (k, f64::from(*value), *answer != now.label);
    let kept = now.kept.iter().zip(&now.kept_answer).enumerate().map(|(k, (value, answer))| point(k, value, answer));
    let with_all = now.kept.last().zip(now.kept_answer.last()).map(|(value, answer)| point(0, value, answer));
    let removed = now.removed.iter().zip(&now.removed_answer).zip(1..);
    let removed = removed.map(|((value, answer), k)| point(k, value, answer));
    [
        Values { line: "ln fw", name: "atoms.curve.kept", points: kept.collect() },
        Values {
            line: "ln ink without",
            name: "atoms.curve.removed",
            points: with_all.into_iter().chain(removed).collect(),
        },
    ]
}

fn marks(sight: Sight, width: f64, height: f64) -> Vec<Mark> {
    let unit = sight.desk.unit.get();
    let area = Area::new(width, 8.0, height - AXIS * unit, unit);
    let y = Scale::linear((0.0, 1.0), area.upwards());
    let mut marks = Vec::new();
    value_axis(&mut marks, &area, &y, &[0.0, 0.5, 1.0], &|value| format!("{} %", fixed(100.0 * value, 0)));
    let prefix = sight.prefix.get();
    let drawn = sight.read(|now| {
        let x = area.calls(now.atoms.len() as u32);
        let mut ends = Vec::new();
        if let Some(k) = prefix {
            let at = x.at(k as f64);
            marks.push(Mark::Line { class: "guide", from: (at, area.top), to: (at, area.bottom) });
        }
        for course in curves(now).into_iter().rev() {
            let points = course.points.iter().map(|(k, value, wrong)| ((x.at(*k as f64), y.at(*value)), *wrong));
            let points: Vec<((f64, f64), bool)> = points.collect();
            marks.push(Mark::path(course.line, path(points.iter().map(|(at, _)| *at))));
            let colour = if course.line.contains("fw") { "fw" } else { "ink" };
            marks.extend(points.iter().map(|(at, wrong)| {
                let look = if *wrong { "wrong" } else { "right" };
                Mark::Disc { class: format!("{look} {colour}"), at: *at, r: 2.6 * unit }
            }));
            if let Some((at, _)) = points.last() {
                ends.push(EndLabel { class: colour.into(), at: *at, strong: tr(course.name), text: String::new() });
            }
        }
        ends.reverse();
        end_labels(&mut marks, &area, ends, unit);
        for k in x.ticks(6).into_iter().filter(|k| k.fract() == 0.0 && *k >= 0.0) {
            let at = x.at(k);
            marks.push(Mark::Line { class: "edge", from: (at, area.bottom), to: (at, area.bottom + 4.0) });
            marks.push(Mark::text("ax", (at, area.bottom + 4.0 + 11.0 * unit), "middle", integer(k as u64)));
        }
        let at = (area.right + 14.0, area.bottom + 4.0 + 11.0 * unit);
        marks.push(Mark::text("ax", at, "start", tr("atoms.curve.axis")));
    });
    drawn.map_or_else(Vec::new, |()| marks)
}

/// The values at a number of atoms, as one line.
fn read(sight: Sight, now: &AtomsNow, k: usize) -> String {
    let [kept, removed] = curves(now);
    let at = |course: &Values| {
        let value = course.points.get(k).map_or(f64::NAN, |point| point.1);
        if value.is_finite() { share(value) } else { "–".into() }
    };
    let answer = |answers: Option<&u8>| answers.map_or_else(String::new, |class| sight.desk.class(usize::from(*class)));
    let without = if k == 0 { now.kept_answer.last() } else { now.removed_answer.get(k - 1) };
    let values = [
        ("k", k.to_string()),
        ("class", sight.desk.class(usize::from(now.label))),
        ("kept", at(&kept)),
        ("kept_answer", answer(now.kept_answer.get(k))),
        ("removed", at(&removed)),
        ("removed_answer", answer(without)),
    ];
    tr_with("atoms.curve.read", &values)
}
