//! How the attacks got there: the best loss against gradient calls, mean over the images that were right at first, for
//! one network. Only attacks on the same loss share an axis.

use leptos::prelude::*;

use super::super::draw::{Look, calls_axis};
use super::{attack_label, subject_name};
use crate::app::controls::Choice;
use crate::app::figure::axes::{Area, Axis, EndLabel, end_labels, value_axis};
use crate::app::figure::chart::{Chart, Course, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::figure::{Figure, Table};
use crate::app::{Lab, tr, tr_with};
use crate::plot::{Scale, cell, fixed, labels, path};
use crate::session::{Contender, LossId, SurveyResults};

/// Names with γ₀ are longer than those of attacks alone: pixels more for them, at normal text size.
const LABELS: f64 = 64.0;
/// Height of the plot in pixels, at normal text size.
const HEIGHT: f64 = 260.0;

/// A curve: place of the attack in the survey, its look, its values from call 0 on.
struct Curve {
    attack: usize,
    look: Look,
    values: Vec<f64>,
}

/// Those that raise the cross-entropy.
fn curves(results: &SurveyResults, subject: usize) -> Vec<Curve> {
    let contenders = results.spec.as_ref().map(|spec| spec.contenders.as_slice()).unwrap_or_default();
    let curve = |(attack, contender): (usize, &Contender)| {
        let values =
            results.cell(subject, 0, attack).filter(|_| contender.loss == LossId::CrossEntropy)?.mean_best_loss();
        (!values.is_empty()).then(|| Curve { attack, look: Look::of(&contender.attack), values })
    };
    contenders.iter().enumerate().filter_map(curve).collect()
}

/// The figure.
pub fn losses(lab: Lab) -> AnyView {
    let results = lab.attack.comparison;
    let (subject, cursor) = (RwSignal::new(0_usize), RwSignal::new(None));
    let unit = Memo::new(move |_| if lab.present.get() { 1.125 } else { 1.0 });
    let total =
        Memo::new(move |_| results.with(|results| results.spec.as_ref().map_or(20, |spec| spec.common.budget)).max(1));
    let shown = move || {
        let count = results.with(|results| results.spec.as_ref().map_or(0, |spec| spec.subjects.len()));
        subject.get().min(count.saturating_sub(1))
    };
    let empty = move || results.with(|results| curves(results, shown()).is_empty());
    let course = Course {
        axis: Axis::Calls,
        total: total.into(),
        last: total.into(),
        cursor,
        waiting: Signal::derive(move || if empty() { tr("versus.losses.waiting") } else { String::new() }),
        unit: unit.into(),
    };
    let drawing = Drawing {
        marks: Callback::new(move |width| {
            results.with(|results| marks(&curves(results, shown()), total.get(), width, unit.get()))
        }),
        read: Callback::new(move |call| results.with(|results| read(&curves(results, shown()), call))),
        why: Signal::derive(|| tr("versus.losses.why")),
        label: Signal::derive(|| tr("versus.losses.cursor")),
        quantity: None,
    };
    // The menu is made anew only when the networks are others.
    let names = Memo::new(move |_| {
        results.with(|results| {
            let subjects = results.spec.as_ref().map(|spec| spec.subjects.as_slice()).unwrap_or_default();
            subjects.iter().map(|subject| subject_name(&lab, subject)).collect::<Vec<_>>()
        })
    });
    let menu = move || {
        let options: Vec<(String, Signal<String>)> =
            names.get().into_iter().enumerate().map(|(at, name)| (at.to_string(), Signal::stored(name))).collect();
        (!options.is_empty()).then(|| {
            view! {
                <div class="study-choices">
                    <Choice
                        label=Signal::derive(|| tr("versus.losses.network"))
                        options
                        selected=Signal::derive(move || shown().to_string())
                        on_pick=Callback::new(move |key: String| subject.set(key.parse().unwrap_or(0)))
                    />
                </div>
            }
            .into_any()
        })
    };
    view! {
        <Figure
            name="versus-losses"
            title=Signal::derive(|| tr("versus.losses.title"))
            note=Signal::derive(|| tr("versus.losses.note"))
            summary=Signal::derive(move || {
                if empty() { tr("versus.losses.waiting") } else { results.with(|r| read(&curves(r, shown()), total.get())) }
            })
            table=Callback::new(move |()| untrack(|| results.with(|results| table(&curves(results, shown())))))
        >
            {menu}
            <Chart course drawing height=Signal::derive(move || HEIGHT * unit.get()) more_room=LABELS />
        </Figure>
    }
    .into_any()
}

fn marks(all: &[Curve], total: u32, width: f64, unit: f64) -> Vec<Mark> {
    let area = Area::new(width, 8.0, (HEIGHT - 20.0) * unit, unit).with_room(LABELS * unit);
    let x = area.calls(total);
    let finite = || all.iter().flat_map(|curve| curve.values.iter().copied()).filter(|value| value.is_finite());
    let y = Scale::linear((finite().fold(0.0, f64::min), finite().fold(0.5, f64::max) * 1.05), area.upwards());
    let mut marks = Vec::new();
    value_axis(&mut marks, &area, &y, &y.ticks(5), &labels::tick);
    calls_axis(&mut marks, &area, total, area.bottom, unit);
    let mut ends = Vec::new();
    for curve in all.iter().rev() {
        let places = (0_u32..).zip(&curve.values).map(|(call, loss)| (x.at(f64::from(call)), y.at(*loss)));
        // The two step sizes of Auto-FW are the same attack: the second one is drawn thin.
        let thin = if curve.attack == 5 { " thin" } else { "" };
        marks.push(Mark::path(format!("{}{thin}", curve.look.line()), path(places.clone())));
        let Some((at, loss)) = places.last().zip(curve.values.last()) else { continue };
        marks.push(curve.look.at(at));
        let text = format!(" {}", fixed(*loss, 2));
        ends.push(EndLabel { class: curve.look.family.into(), at, strong: attack_label(curve.attack), text });
    }
    ends.reverse();
    end_labels(&mut marks, &area, ends, unit);
    marks
}

fn read(all: &[Curve], call: u32) -> String {
    let value = |curve: &Curve| curve.values.get(call as usize).or(curve.values.last()).copied().unwrap_or(f64::NAN);
    let parts: Vec<String> =
        all.iter().map(|curve| format!("{} {}", attack_label(curve.attack), fixed(value(curve), 3))).collect();
    tr_with("versus.losses.read", &[("t", call.to_string()), ("parts", parts.join(", "))])
}

fn table(all: &[Curve]) -> Table {
    let mut columns = vec![tr("versus.losses.call")];
    columns.extend(all.iter().map(|curve| attack_label(curve.attack)));
    let calls = all.iter().map(|curve| curve.values.len()).max().unwrap_or(0);
    let value = |curve: &Curve, call: usize| {
        curve.values.get(call).or(curve.values.last()).map_or_else(String::new, |v| cell(*v))
    };
    let row =
        |call: usize| std::iter::once(call.to_string()).chain(all.iter().map(|curve| value(curve, call))).collect();
    Table { columns, rows: (0..calls).map(row).collect() }
}
