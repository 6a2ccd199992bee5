//! The race: the best loss of the image shown against gradient calls, the same for every attack; the checkpoints at
//! which step sizes may be halved, and the halvings themselves. Thin: the mean over all images right at first.

use leptos::prelude::*;

use super::desk::{AUTO_FW, Desk, attack_name, family};
use super::draw::{calls_axis, checkpoint_guides, marker_at, roomy};
use super::tables;
use crate::app::figure::Figure;
use crate::app::figure::axes::{Area, EndLabel, end_labels, value_axis};
use crate::app::figure::chart::{Chart, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::{tr, tr_with};
use crate::plot::{Scale, fixed, labels, path, scientific};
use crate::session::{AttackNow, AttackState};

/// Pixels of an attack's row of halvings, and of the axis below them, at normal text size.
const ROW: f64 = 14.0;
const AXIS: f64 = 20.0;

/// The figure.
#[component]
pub fn RaceFigure(desk: Desk) -> impl IntoView {
    let mean = RwSignal::new(false);
    let height = Signal::derive(move || if desk.narrow() { 280.0 } else { 222.0 + 0.5 * desk.spare() });
    let drawing = Drawing {
        marks: Callback::new(move |width| marks(&desk, width, height.get(), mean.get())),
        read: Callback::new(move |call| read(&desk, call, mean.get())),
        why: Signal::derive(move || tr("attack.race.why")),
        label: Signal::derive(move || tr("attack.race.cursor")),
        quantity: Some("x"),
    };
    view! {
        <Figure
            name="race"
            class="race p2"
            title=Signal::derive(move || tr("attack.race.title"))
            summary=Signal::derive(move || summary(&desk))
            note=Signal::derive(move || tr("attack.race.note"))
            table=Callback::new(move |()| tables::race(&desk))
        >
            <Chart course=desk.course() drawing height />
            <button
                type="button"
                class="mean"
                data-act="mean"
                aria-pressed=move || mean.get().to_string()
                title=move || tr("attack.race.mean_help")
                on:click=move |_| mean.update(|on| *on = !*on)
            >
                <i class="sq" aria-hidden="true"></i>
                {move || tr("attack.race.mean")}
            </button>
        </Figure>
    }
    .into_any()
}

/// One attack as it is drawn.
struct Curve {
    name: String,
    family: &'static str,
    best: Vec<f32>,
    mean: Vec<f32>,
    halvings: Vec<u32>,
}

fn curves(now: &AttackNow) -> Vec<Curve> {
    let curve = |attack: &AttackState| Curve {
        name: attack_name(&attack.key),
        family: family(&attack.key),
        best: attack.best_loss.clone(),
        mean: attack.mean_best_loss.clone(),
        halvings: attack.halvings.clone(),
    };
    now.attacks.iter().map(curve).collect()
}

fn marks(desk: &Desk, width: f64, height: f64, with_mean: bool) -> Vec<Mark> {
    let (unit, budget) = (desk.unit.get(), desk.budget.get());
    let (all, checkpoints) = desk.race(|now| (curves(now), now.checkpoints.clone())).unwrap_or_default();
    let rows = desk.racing.with(|keys| keys.len().max(1));
    let area = Area::new(width, 8.0, height - (AXIS + 6.0 + ROW * rows as f64) * unit, unit);
    let x = area.calls(budget);
    let y = Scale::linear((0.0, highest(&all, with_mean)), (area.bottom, area.top));

    let mut marks = Vec::new();
    value_axis(&mut marks, &area, &y, &y.ticks(5), &labels::tick);
    checkpoint_guides(&mut marks, &area, budget, &checkpoints, height - AXIS * unit);
    halvings(&mut marks, &area, &all, &checkpoints, (budget, unit));
    calls_axis(&mut marks, &area, budget, height - AXIS * unit, unit);

    let line =
        |losses: &[f32]| path((0u32..).zip(losses).map(|(call, loss)| (x.at(f64::from(call)), y.at(f64::from(*loss)))));
    let mut ends = Vec::new();
    // The first attack last, so that it lies on top.
    for (index, curve) in all.iter().enumerate().rev() {
        if with_mean {
            marks.push(Mark::Path { class: format!("ln thin faint {}", curve.family), d: line(&curve.mean) });
        }
        let weight = if index == 0 { "thick " } else { "" };
        marks.push(Mark::Path { class: format!("ln {weight}{}", curve.family), d: line(&curve.best) });
        let Some(loss) = curve.best.last().map(|loss| f64::from(*loss)).filter(|loss| loss.is_finite()) else {
            continue;
        };
        let at = (x.at(curve.best.len().saturating_sub(1) as f64), y.at(loss));
        marks.push(marker_at(curve.family, at));
        let text = format!(" {}", fixed(loss, 2));
        ends.push(EndLabel { class: curve.family.into(), at, strong: curve.name.clone(), text });
    }
    // Upper label first where curves end together.
    ends.reverse();
    end_labels(&mut marks, &area, ends, unit);
    marks
}

/// A little more than the largest loss drawn, so that the axis moves seldom.
fn highest(all: &[Curve], with_mean: bool) -> f64 {
    let mean = |curve: &Curve| if with_mean { curve.mean.last().copied() } else { None };
    let ends = all.iter().flat_map(|curve| [curve.best.last().copied(), mean(curve)]).flatten();
    let largest = ends.filter(|loss| loss.is_finite()).map(f64::from).fold(0.0, f64::max);
    if largest > 0.0 { (largest * 1.08 * 2.0).ceil() / 2.0 } else { 2.5 }
}

/// A row an attack: at each checkpoint a tick, and ½ (or a thick tick, where there is no room) if the step was halved.
fn halvings(marks: &mut Vec<Mark>, area: &Area, all: &[Curve], checkpoints: &[u32], (budget, unit): (u32, f64)) {
    let x = area.calls(budget);
    let signs = roomy(area, budget, checkpoints, 11.0 * unit);
    for (row, curve) in all.iter().enumerate() {
        let middle = area.bottom + 6.0 + ROW * unit * (row as f64 + 0.5);
        marks.push(marker_at(curve.family, (area.left - 12.0, middle)));
        for call in checkpoints {
            let at = x.at(f64::from(*call));
            let halved = curve.halvings.contains(call);
            if halved && signs {
                marks.push(Mark::Text {
                    class: format!("note halo {}", curve.family),
                    at: (at, middle + 4.5),
                    anchor: "middle",
                    strong: "½".into(),
                    text: String::new(),
                });
            } else {
                let weight = if halved { "hot " } else { "" };
                let half = if halved { 5.0 } else { 3.0 };
                let d = path([(at, middle - half), (at, middle + half)]);
                marks.push(Mark::Path { class: format!("st {weight}{}", curve.family), d });
            }
        }
    }
    if !all.is_empty() {
        let at = (area.right + 8.0, area.bottom + 6.0 + ROW * unit * 0.5 + 4.0);
        marks.push(Mark::text("ax", at, "start", tr("attack.race.halved")));
    }
}

/// The values at a call.
fn read(desk: &Desk, call: u32, with_mean: bool) -> String {
    let parts = desk.race(|now| {
        let part = |curve: Curve| {
            let at = |losses: &[f32]| losses.get(call as usize).map_or(f64::NAN, |loss| f64::from(*loss));
            let value = format!("{} {}", curve.name, fixed(at(&curve.best), 3));
            if with_mean {
                let mean = tr_with("attack.race.read_mean", &[("mean", fixed(at(&curve.mean), 3))]);
                format!("{value} ({mean})")
            } else {
                value
            }
        };
        curves(now).into_iter().map(part).collect::<Vec<_>>()
    });
    // The gap is read along: its curve has the same axis and the same cursor.
    let gap = desk.attack(AUTO_FW, |_, state| state.gap.get(call as usize).map(|gap| f64::from(*gap))).flatten();
    let gap = gap.map(|gap| format!("{} {}", tr("attack.gap.word"), scientific(gap)));
    std::iter::once(call_text(call)).chain(parts.unwrap_or_default()).chain(gap).collect::<Vec<_>>().join(", ")
}

/// `call 12`, the beginning of every reading.
pub fn call_text(call: u32) -> String {
    tr_with("attack.call", &[("t", call.to_string())])
}

fn summary(desk: &Desk) -> String {
    let waiting = desk.waiting.get();
    if !waiting.is_empty() {
        return tr_with("attack.race.waiting", &[("wait", waiting)]);
    }
    let said = desk.race(|now| {
        let part = |curve: Curve| {
            let loss = curve.best.last().map_or(f64::NAN, |loss| f64::from(*loss));
            let values = [("name", curve.name), ("loss", fixed(loss, 2)), ("n", curve.halvings.len().to_string())];
            tr_with("attack.race.part", &values)
        };
        (now.call, curves(now).into_iter().map(part).collect::<Vec<_>>().join("; "))
    });
    let (call, parts) = said.unwrap_or_default();
    tr_with("attack.race.summary", &[("t", call.to_string()), ("parts", parts)])
}
