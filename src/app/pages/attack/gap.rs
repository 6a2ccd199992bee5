//! The Frank–Wolfe gap on the image shown, ⟨∇ℓ(x), v − x⟩, of every attack in the race that asks an oracle: the largest
//! first-order gain still to be had inside the ball. It costs nothing, because the oracle was asked anyway. It is no
//! certificate: the loss of a network is not concave. Where the oracle leaves the image range out, a line below says so.

use leptos::prelude::*;

use super::desk::{Desk, attack_name, short_name};
use super::draw::{LABELS, Look, calls_axis, checkpoint_guides};
use super::race::call_text;
use super::tables;
use crate::app::figure::Figure;
use crate::app::figure::axes::{Area, EndLabel, end_labels, value_axis};
use crate::app::figure::chart::{Chart, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::{tr, tr_with};
use crate::plot::{Scale, fixed, labels, path, power_of_two_above, power_of_two_below, scientific};
use crate::session::AttackState;
use crate::sets::Oracle;

/// Pixels of the axis at normal text size.
const AXIS: f64 = 20.0;

/// The figure.
#[component]
pub fn GapFigure(desk: Desk) -> impl IntoView {
    let height = Signal::derive(move || if desk.narrow() { 170.0 } else { 108.0 + 0.3 * desk.spare() });
    let drawing = Drawing {
        marks: Callback::new(move |width| marks(&desk, width, height.get())),
        read: Callback::new(move |call| read(&desk, call)),
        why: Signal::stored(String::new()),
        label: Signal::derive(move || tr("attack.gap.cursor")),
        quantity: Some("gap"),
    };
    view! {
        <Figure
            name="attack-gap"
            class="attack-gap p2"
            title=Signal::derive(move || tr("attack.gap.title"))
            summary=Signal::derive(move || summary(&desk))
            note=Signal::derive(move || tr("attack.gap.note"))
            table=Callback::new(move |()| tables::gap(&desk))
        >
            <Chart course=desk.course() drawing height more_room=LABELS />
            <p class="oracle-note" data-oracle=move || desk.norm().0.oracle().key()>
                {move || oracle(&desk)}
            </p>
        </Figure>
    }
    .into_any()
}

/// The gaps of every attack that has some, by key, an entry a call.
pub fn measured(desk: &Desk) -> Vec<(String, Vec<f32>)> {
    numbers(desk, |attack| &attack.gap)
}

/// The same of the shares that are kept ([`AttackState::kept`]).
pub fn kept(desk: &Desk) -> Vec<(String, Vec<f32>)> {
    numbers(desk, |attack| &attack.kept)
}

fn numbers(desk: &Desk, of: fn(&AttackState) -> &Vec<f32>) -> Vec<(String, Vec<f32>)> {
    desk.race(|now| {
        let all = now.attacks.iter().map(|attack| (attack.key.clone(), of(attack).clone()));
        all.filter(|(_, numbers)| !numbers.is_empty()).collect()
    })
    .unwrap_or_default()
}

/// A gap as far as a logarithm can show it.
fn shown(gap: f32) -> f64 {
    if gap > 0.0 && gap.is_finite() { f64::from(gap) } else { f64::NAN }
}

/// The last gap of an attack, on the linear scale: 0 is a value. NaN if it has none.
pub fn last_gap(desk: &Desk, key: &str) -> f64 {
    desk.attack(key, |_, state| state.gap.last().map(|gap| f64::from(*gap))).flatten().unwrap_or(f64::NAN)
}

/// The gaps at a call, named where there are several.
pub fn reading(desk: &Desk, call: u32) -> Vec<String> {
    let all = measured(desk);
    let word = tr("attack.gap.word");
    let part = |(key, gaps): &(String, Vec<f32>)| {
        let gap = scientific(gaps.get(call as usize).map_or(f64::NAN, |gap| f64::from(*gap)));
        if all.len() > 1 { format!("{word} {} {gap}", short_name(key)) } else { format!("{word} {gap}") }
    };
    all.iter().map(part).collect()
}

/// What the oracle's answer and its gap are worth where it is not exact for ball and image range together, and how much
/// of the ball's own gain the last answer keeps; empty where it is exact.
fn oracle(desk: &Desk) -> String {
    let oracle = desk.norm().0.oracle();
    if oracle == Oracle::Exact {
        return String::new();
    }
    let note = tr(&format!("oracle.{}.note", oracle.key()));
    let leader = desk.leader();
    let kept = desk.attack(&leader, |_, state| state.kept.last().copied()).flatten();
    match kept.filter(|kept| kept.is_finite()) {
        Some(kept) => {
            let share = fixed(100.0 * f64::from(kept.min(1.0)), 0);
            tr_with("oracle.kept", &[("note", note), ("name", attack_name(&leader)), ("p", share)])
        }
        None => note,
    }
}

fn domain(all: &[(String, Vec<f32>)]) -> (f64, f64) {
    let finite = all.iter().flat_map(|(_, gaps)| gaps.iter().copied().map(shown)).filter(|gap| gap.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), gap| (low.min(gap), high.max(gap)));
    if low > high {
        return (0.1, 10.0);
    }
    // In factors of two, so that the axis keeps still.
    let high = power_of_two_above(high * 1.2);
    (power_of_two_below(low * 0.85).min(high / 4.0), high)
}

fn marks(desk: &Desk, width: f64, height: f64) -> Vec<Mark> {
    let (unit, budget) = (desk.unit.get(), desk.budget.get());
    let all = measured(desk);
    let checkpoints = desk.race(|now| now.checkpoints.clone()).unwrap_or_default();
    let area = Area::new(width, 6.0, height - AXIS * unit, unit).with_room(LABELS * unit);
    let x = area.calls(budget);
    let y = Scale::log(domain(&all), (area.bottom - 2.0, area.top));

    let mut marks = Vec::new();
    value_axis(&mut marks, &area, &y, &y.ticks(4), &labels::tick);
    checkpoint_guides(&mut marks, &area, budget, &checkpoints, area.bottom);
    calls_axis(&mut marks, &area, budget, area.bottom, unit);
    let axis = (area.right + 14.0, area.bottom + 4.0 + 11.0 * unit);
    marks.push(Mark::text("ax", axis, "start", tr("attack.gap.axis")));

    let mut ends = Vec::new();
    // The first attack last, so that it lies on top.
    for (key, gaps) in all.iter().rev() {
        let look = Look::of(key);
        let points = (0u32..).zip(gaps).map(|(call, gap)| (x.at(f64::from(call)), y.at(shown(*gap))));
        marks.push(Mark::Path { class: look.line(), d: path(points) });
        let known = gaps.iter().rposition(|gap| shown(*gap).is_finite());
        if let Some((call, gap)) = known.and_then(|call| Some((call, shown(*gaps.get(call)?)))) {
            let at = (x.at(call as f64), y.at(gap));
            marks.push(look.at(at));
            let strong = if all.len() > 1 { short_name(key) } else { tr("attack.gap.word") };
            ends.push(EndLabel { class: look.family.into(), at, strong, text: format!(" {}", scientific(gap)) });
        }
    }
    // No oracle in the race, no gap.
    if all.is_empty() && desk.waiting.with(String::is_empty) {
        let at = ((area.left + area.right) / 2.0, height * 0.45);
        marks.push(Mark::text("wait halo", at, "middle", tr("attack.gap.none")));
    }
    ends.reverse();
    end_labels(&mut marks, &area, ends, unit);
    marks
}

fn read(desk: &Desk, call: u32) -> String {
    std::iter::once(call_text(call)).chain(reading(desk, call)).collect::<Vec<_>>().join(", ")
}

fn summary(desk: &Desk) -> String {
    let all = measured(desk);
    if all.is_empty() {
        let waiting = desk.waiting.get();
        let why = if waiting.is_empty() { tr("attack.gap.none") } else { waiting };
        return tr_with("attack.gap.waiting", &[("wait", why)]);
    }
    let part = |(key, gaps): &(String, Vec<f32>)| {
        let value = |gap: Option<&f32>| scientific(gap.map_or(f64::NAN, |gap| f64::from(*gap)));
        let values = [("name", attack_name(key)), ("gap", value(gaps.last())), ("first", value(gaps.first()))];
        tr_with("attack.gap.part", &values)
    };
    let parts = all.iter().map(part).collect::<Vec<_>>().join("; ");
    let calls = desk.race(|now| now.call).unwrap_or(0);
    tr_with("attack.gap.summary", &[("t", calls.to_string()), ("parts", parts)])
}
