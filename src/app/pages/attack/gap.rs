//! The Frank–Wolfe gap of Auto-FW on the image shown, ⟨∇ℓ(x), v − x⟩: the largest first-order gain still to be had
//! inside the ball. It costs nothing, because the oracle was asked anyway. It is no certificate: the loss of a
//! network is not concave.

use leptos::prelude::*;

use super::desk::{AUTO_FW, Desk, attack_name};
use super::draw::{calls_axis, checkpoint_guides, marker_at};
use super::race::call_text;
use super::tables;
use crate::app::figure::Figure;
use crate::app::figure::axes::{Area, EndLabel, end_labels, value_axis};
use crate::app::figure::chart::{Chart, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::{tr, tr_with};
use crate::plot::{Scale, labels, path, power_of_two_above, power_of_two_below, scientific};

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
            <Chart course=desk.course() drawing height />
        </Figure>
    }
    .into_any()
}

/// The gap at each call; only what a logarithm can show.
fn gaps(desk: &Desk) -> Vec<f64> {
    let positive = |gap: &f32| if *gap > 0.0 && gap.is_finite() { f64::from(*gap) } else { f64::NAN };
    desk.attack(AUTO_FW, |_, state| state.gap.iter().map(positive).collect()).unwrap_or_default()
}

/// The last gap, on the linear scale: 0 is a value.
pub fn last_gap(desk: &Desk) -> f64 {
    desk.attack(AUTO_FW, |_, state| state.gap.last().map(|gap| f64::from(*gap))).flatten().unwrap_or(f64::NAN)
}

fn domain(gaps: &[f64]) -> (f64, f64) {
    let finite = gaps.iter().copied().filter(|gap| gap.is_finite());
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
    let gaps = gaps(desk);
    let checkpoints = desk.race(|now| now.checkpoints.clone()).unwrap_or_default();
    let area = Area::new(width, 6.0, height - AXIS * unit, unit);
    let x = area.calls(budget);
    let y = Scale::log(domain(&gaps), (area.bottom - 2.0, area.top));

    let mut marks = Vec::new();
    value_axis(&mut marks, &area, &y, &y.ticks(4), &labels::tick);
    checkpoint_guides(&mut marks, &area, budget, &checkpoints, area.bottom);
    calls_axis(&mut marks, &area, budget, area.bottom, unit);
    let axis = (area.right + 14.0, area.bottom + 4.0 + 11.0 * unit);
    marks.push(Mark::text("ax", axis, "start", tr("attack.gap.axis")));

    let points = (0u32..).zip(&gaps).map(|(call, gap)| (x.at(f64::from(call)), y.at(*gap)));
    marks.push(Mark::Path { class: "ln fw".into(), d: path(points) });
    let last = (0u32..).zip(&gaps).filter(|(_, gap)| gap.is_finite()).last();
    if let Some((call, gap)) = last {
        let at = (x.at(f64::from(call)), y.at(*gap));
        marks.push(marker_at("fw", at));
        let label =
            EndLabel { class: "fw".into(), at, strong: tr("attack.gap.word"), text: format!(" {}", scientific(*gap)) };
        end_labels(&mut marks, &area, vec![label], unit);
    } else if desk.waiting.with(String::is_empty) {
        // No oracle in the race, no gap.
        let at = ((area.left + area.right) / 2.0, height * 0.45);
        let text = tr_with("attack.gap.none", &[("name", attack_name(AUTO_FW))]);
        marks.push(Mark::text("wait halo", at, "middle", text));
    }
    marks
}

fn read(desk: &Desk, call: u32) -> String {
    let gap = gaps(desk).get(call as usize).copied().unwrap_or(f64::NAN);
    format!("{}, {} {}", call_text(call), tr("attack.gap.word"), scientific(gap))
}

fn summary(desk: &Desk) -> String {
    let gaps = gaps(desk);
    let (Some(first), Some(_)) = (gaps.first(), gaps.last()) else {
        let waiting = desk.waiting.get();
        let why =
            if waiting.is_empty() { tr_with("attack.gap.none", &[("name", attack_name(AUTO_FW))]) } else { waiting };
        return tr_with("attack.gap.waiting", &[("wait", why)]);
    };
    let values =
        [("t", (gaps.len() - 1).to_string()), ("gap", scientific(last_gap(desk))), ("first", scientific(*first))];
    tr_with("attack.gap.summary", &values)
}
