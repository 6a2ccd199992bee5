//! The race: the best loss of the image shown against gradient calls, the same for every attack; the checkpoints at
//! which step sizes may be halved, and the halvings themselves. Thin: the mean over all images right at first.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::desk::{Desk, attack_name, halves, loss_name, short_name};
use super::draw::{LABELS, Look, calls_axis, checkpoint_guides, roomy};
use super::gap;
use super::tables;
use crate::app::figure::Figure;
use crate::app::figure::axes::{Area, EndLabel, end_labels, value_axis};
use crate::app::figure::chart::{Chart, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::{tr, tr_with};
use crate::plot::{Scale, fixed, labels, path};
use crate::session::{AttackNow, AttackState, Command, LossId};

/// Pixels of an attack's row of halvings, and of the axis below them, at normal text size.
const ROW: f64 = 14.0;
const AXIS: f64 = 20.0;

/// The figure.
#[component]
pub fn RaceFigure(desk: Desk) -> impl IntoView {
    let mean = desk.lab.attack.mean;
    let height = Signal::derive(move || if desk.narrow() { 280.0 } else { 222.0 + 0.5 * desk.spare() });
    let drawing = Drawing {
        marks: Callback::new(move |width| marks(&desk, width, height.get(), mean.get())),
        read: Callback::new(move |call| read(&desk, call, mean.get())),
        why: Signal::derive(move || why(&desk)),
        label: Signal::derive(move || tr("attack.race.cursor")),
        quantity: Some("x"),
    };
    view! {
        <Figure
            name="race"
            class="race p2"
            title=Signal::derive(move || tr("attack.race.title"))
            summary=Signal::derive(move || summary(&desk))
            note=Signal::derive(move || note(&desk))
            table=Callback::new(move |()| tables::race(&desk))
        >
            <Chart course=desk.course() drawing height more_room=LABELS />
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

/// A press on a curve, or Enter, looks back at the call that is being read there.
pub fn look_back(desk: &Desk, event: &web_sys::Event) {
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let on_plot = element.is_some_and(|element| element.closest(".plot").is_ok_and(|plot| plot.is_some()));
    if let Some(call) = desk.cursor.get_untracked().filter(|_| on_plot) {
        desk.lab.send.run(Command::AttackSeek { call });
    }
}

/// One attack as it is drawn.
struct Curve {
    key: String,
    look: Look,
    best: Vec<f32>,
    mean: Vec<f32>,
    halvings: Vec<u32>,
}

/// The losses that are raised, each once: an attack may have one of its own.
fn losses(desk: &Desk) -> Vec<LossId> {
    let raised = desk.race(|now| now.attacks.iter().map(|attack| attack.loss).collect());
    let mut losses: Vec<LossId> = raised.unwrap_or_else(|| vec![desk.lab.attack_spec.with(|spec| spec.loss)]);
    let mut seen = Vec::new();
    losses.retain(|loss| {
        let new = !seen.contains(loss);
        seen.push(*loss);
        new
    });
    losses
}

fn note(desk: &Desk) -> String {
    match losses(desk).as_slice() {
        [loss] => tr_with("attack.race.note", &[("loss", loss_name(*loss))]),
        // Their names stand in the table: here they would not fit.
        _ => tr("attack.race.note_own"),
    }
}

/// How to read the figure.
fn why(desk: &Desk) -> String {
    if losses(desk).len() > 1 {
        tr("attack.race.losses")
    } else if desk.racing.with(|keys| keys.iter().any(|key| halves(key))) {
        tr("attack.race.why")
    } else {
        String::new()
    }
}

fn curves(now: &AttackNow) -> Vec<Curve> {
    let curve = |attack: &AttackState| Curve {
        key: attack.key.clone(),
        look: Look::of(&attack.key),
        best: attack.best_loss.clone(),
        mean: attack.mean_best_loss.clone(),
        halvings: attack.halvings.clone(),
    };
    now.attacks.iter().map(curve).collect()
}

fn marks(desk: &Desk, width: f64, height: f64, with_mean: bool) -> Vec<Mark> {
    let (unit, budget) = (desk.unit.get(), desk.budget.get());
    let (all, checkpoints) = desk.race(|now| (curves(now), now.checkpoints.clone())).unwrap_or_default();
    let rows = desk.racing.with(|keys| keys.iter().filter(|key| halves(key)).count());
    let area = Area::new(width, 8.0, height - (AXIS + 6.0 + ROW * rows as f64) * unit, unit).with_room(LABELS * unit);
    let x = area.calls(budget);
    let y = Scale::linear(domain(&all, with_mean), (area.bottom, area.top));

    let mut marks = Vec::new();
    value_axis(&mut marks, &area, &y, &y.ticks(5), &labels::tick);
    if rows > 0 {
        checkpoint_guides(&mut marks, &area, budget, &checkpoints, height - AXIS * unit);
        halvings(&mut marks, &area, &all, &checkpoints, (budget, unit));
    }
    calls_axis(&mut marks, &area, budget, height - AXIS * unit, unit);

    let line =
        |losses: &[f32]| path((0u32..).zip(losses).map(|(call, loss)| (x.at(f64::from(call)), y.at(f64::from(*loss)))));
    let mut ends = Vec::new();
    // The first attack last, so that it lies on top.
    for (index, curve) in all.iter().enumerate().rev() {
        if with_mean {
            marks.push(Mark::Path { class: format!("{} thin faint", curve.look.line()), d: line(&curve.mean) });
        }
        let weight = if index == 0 { " thick" } else { "" };
        marks.push(Mark::Path { class: format!("{}{weight}", curve.look.line()), d: line(&curve.best) });
        let Some(loss) = curve.best.last().map(|loss| f64::from(*loss)).filter(|loss| loss.is_finite()) else {
            continue;
        };
        let at = (x.at(curve.best.len().saturating_sub(1) as f64), y.at(loss));
        marks.push(curve.look.at(at));
        let text = format!(" {}", fixed(loss, 2));
        ends.push(EndLabel { class: curve.look.family.into(), at, strong: short_name(&curve.key), text });
    }
    // Upper label first where curves end together.
    ends.reverse();
    end_labels(&mut marks, &area, ends, unit);
    marks
}

/// From 0, or below the first value of a loss that is negative where the network is right, to a little more than the
/// largest value drawn, so that the axis moves seldom.
fn domain(all: &[Curve], with_mean: bool) -> (f64, f64) {
    let first = |curve: &Curve| if with_mean { curve.mean.first().copied() } else { None };
    let firsts = all.iter().flat_map(|curve| [curve.best.first().copied(), first(curve)]).flatten();
    let low = firsts.filter(|loss| loss.is_finite()).map(f64::from).fold(0.0, f64::min);
    let low = (low * 2.0).floor() / 2.0;
    let mean = |curve: &Curve| if with_mean { curve.mean.last().copied() } else { None };
    let ends = all.iter().flat_map(|curve| [curve.best.last().copied(), mean(curve)]).flatten();
    let largest = ends.filter(|loss| loss.is_finite()).map(f64::from).fold(0.0, f64::max);
    let usual = if low < 0.0 { 0.0 } else { 2.5 };
    (low, if largest > 0.0 { (largest * 1.08 * 2.0).ceil() / 2.0 } else { usual })
}

/// A row an attack that may halve its step: at each checkpoint a tick, and ½ (or a thick tick, where there is no room)
/// if the step was halved.
fn halvings(marks: &mut Vec<Mark>, area: &Area, all: &[Curve], checkpoints: &[u32], (budget, unit): (u32, f64)) {
    let x = area.calls(budget);
    let signs = roomy(area, budget, checkpoints, 11.0 * unit);
    for (row, curve) in all.iter().filter(|curve| halves(&curve.key)).enumerate() {
        let middle = area.bottom + 6.0 + ROW * unit * (row as f64 + 0.5);
        marks.push(curve.look.at((area.left - 12.0, middle)));
        for call in checkpoints {
            let at = x.at(f64::from(*call));
            let halved = curve.halvings.contains(call);
            if halved && signs {
                marks.push(Mark::Text {
                    class: format!("note halo {}", curve.look.family),
                    at: (at, middle + 4.5),
                    anchor: "middle",
                    strong: "½".into(),
                    text: String::new(),
                });
            } else {
                let weight = if halved { "hot " } else { "" };
                let half = if halved { 5.0 } else { 3.0 };
                let d = path([(at, middle - half), (at, middle + half)]);
                marks.push(Mark::Path { class: format!("st {weight}{}", curve.look.family), d });
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
            let value = format!("{} {}", short_name(&curve.key), fixed(at(&curve.best), 3));
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
    let words = std::iter::once(call_text(call)).chain(parts.unwrap_or_default()).chain(gap::reading(desk, call));
    words.collect::<Vec<_>>().join(", ")
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
            let halvings = curve.halvings.len().to_string();
            let values = [("name", attack_name(&curve.key)), ("loss", fixed(loss, 2)), ("n", halvings)];
            tr_with(if halves(&curve.key) { "attack.race.part" } else { "attack.race.part_steady" }, &values)
        };
        (now.call, curves(now).into_iter().map(part).collect::<Vec<_>>().join("; "))
    });
    let (call, parts) = said.unwrap_or_default();
    tr_with("attack.race.summary", &[("t", call.to_string()), ("parts", parts)])
}
