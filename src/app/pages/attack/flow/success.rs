//! Success against gradient calls: how many of the images that were right at first were broken by then, before
//! rounding. It has the axis and the cursor of the race and of the gap.

use leptos::prelude::*;

use crate::app::figure::axes::{Area, EndLabel, end_labels, value_axis};
use crate::app::figure::chart::{Chart, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::figure::{Figure, Table};
use crate::app::pages::attack::desk::{Desk, attack_name, percent, short_name};
use crate::app::pages::attack::draw::{LABELS, Look, calls_axis, checkpoint_guides};
use crate::app::pages::attack::race::{call_text, look_back};
use crate::app::{tr, tr_with};
use crate::plot::{Scale, labels, path};

const HEIGHT: f64 = 240.0;
/// Pixels of the axis at normal text size.
const AXIS: f64 = 20.0;

/// The figure.
#[component]
pub fn SuccessFigure(desk: Desk) -> impl IntoView {
    let drawing = Drawing {
        marks: Callback::new(move |width| marks(&desk, width)),
        read: Callback::new(move |call| read(&desk, call)),
        why: Signal::derive(move || tr("flow.success.why")),
        label: Signal::derive(move || tr("flow.success.cursor")),
        quantity: None,
    };
    view! {
        <Figure
            name="success"
            class="success"
            title=Signal::derive(move || tr("flow.success.title"))
            summary=Signal::derive(move || summary(&desk))
            note=Signal::derive(move || tr("flow.success.note"))
            table=Callback::new(move |()| table(&desk))
        >
            <div
                on:click=move |event| look_back(&desk, &event)
                on:keydown=move |event| {
                    if event.key() == "Enter" {
                        look_back(&desk, &event);
                    }
                }
            >
                <Chart course=desk.course() drawing height=Signal::stored(HEIGHT) more_room=LABELS />
            </div>
        </Figure>
    }
    .into_any()
}

/// Shares in percent by attack, an entry a call.
fn measured(desk: &Desk) -> Vec<(String, Vec<f64>)> {
    let shares = |all: &[f32]| all.iter().map(|share| 100.0 * f64::from(*share)).collect();
    desk.race(|now| now.attacks.iter().map(|attack| (attack.key.clone(), shares(&attack.success))).collect())
        .unwrap_or_default()
}

fn marks(desk: &Desk, width: f64) -> Vec<Mark> {
    let (unit, budget) = (desk.unit.get(), desk.budget.get());
    let checkpoints = desk.race(|now| now.checkpoints.clone()).unwrap_or_default();
    let area = Area::new(width, 8.0, HEIGHT - AXIS * unit, unit).with_room(LABELS * unit);
    let (x, y) = (area.calls(budget), Scale::linear((0.0, 100.0), area.upwards()));
    let mut marks = Vec::new();
    value_axis(&mut marks, &area, &y, &y.ticks(5), &labels::tick);
    checkpoint_guides(&mut marks, &area, budget, &checkpoints, area.bottom);
    calls_axis(&mut marks, &area, budget, area.bottom, unit);
    let mut ends = Vec::new();
    // The first attack last, so that it lies on top.
    for (key, shares) in measured(desk).iter().rev() {
        let look = Look::of(key);
        // A step at each call: between two of them nothing is counted.
        let mut points = Vec::with_capacity(2 * shares.len());
        for (call, share) in shares.iter().enumerate() {
            if let Some((_, level)) = points.last().copied() {
                points.push((x.at(call as f64), level));
            }
            points.push((x.at(call as f64), y.at(*share)));
        }
        let Some(at) = points.last().copied().filter(|at: &(f64, f64)| at.1.is_finite()) else { continue };
        let text = format!(" {}", percent(shares.last().copied().unwrap_or(f64::NAN)));
        marks.push(Mark::path(look.line(), path(points)));
        marks.push(look.at(at));
        ends.push(EndLabel { class: look.family.into(), at, strong: short_name(key), text });
    }
    ends.reverse();
    end_labels(&mut marks, &area, ends, unit);
    marks
}

fn read(desk: &Desk, call: u32) -> String {
    let part = |(key, shares): (String, Vec<f64>)| {
        let share = shares.get(call as usize).copied().unwrap_or(f64::NAN);
        format!("{} {}", short_name(&key), percent(share))
    };
    std::iter::once(call_text(call)).chain(measured(desk).into_iter().map(part)).collect::<Vec<_>>().join(", ")
}

fn summary(desk: &Desk) -> String {
    let waiting = desk.waiting.get();
    if !waiting.is_empty() {
        return tr_with("flow.waiting", &[("wait", waiting)]);
    }
    let part = |(key, shares): (String, Vec<f64>)| {
        let share = percent(shares.last().copied().unwrap_or(f64::NAN));
        tr_with("flow.success.part", &[("name", attack_name(&key)), ("p", share)])
    };
    let parts = measured(desk).into_iter().map(part).collect::<Vec<_>>().join("; ");
    let calls = desk.race(|now| now.call).unwrap_or(0);
    tr_with("flow.success.summary", &[("t", calls.to_string()), ("parts", parts)])
}

fn table(desk: &Desk) -> Table {
    let all = measured(desk);
    let name = |(key, _): &(String, Vec<f64>)| tr_with("flow.success.column", &[("name", attack_name(key))]);
    let columns = std::iter::once(tr("flow.success.call")).chain(all.iter().map(name)).collect();
    let calls = all.iter().map(|(_, shares)| shares.len()).max().unwrap_or(0);
    let cell = |shares: &[f64], call: usize| {
        shares.get(call).filter(|share| share.is_finite()).map(ToString::to_string).unwrap_or_default()
    };
    let row = |call: usize| {
        let shares = all.iter().map(|(_, shares)| cell(shares, call));
        std::iter::once(call.to_string()).chain(shares).collect()
    };
    Table { columns, rows: (0..calls).map(row).collect() }
}
