//! What the plots of this page share: the axis of gradient calls with its checkpoints.

use crate::app::figure::axes::Area;
use crate::app::figure::marks::Mark;
use crate::plot::integer;

/// Ticks and numbers of calls at height `y`.
pub fn calls_axis(marks: &mut Vec<Mark>, area: &Area, budget: u32, y: f64, unit: f64) {
    let x = area.calls(budget);
    for call in x.ticks(5).into_iter().filter(|call| call.fract() == 0.0) {
        let at = x.at(call);
        marks.push(Mark::Line { class: "edge", from: (at, y), to: (at, y + 4.0) });
        let text = integer(call.max(0.0) as u64);
        marks.push(Mark::text("ax", (at, y + 4.0 + 11.0 * unit), "middle", text));
    }
}

/// Dotted lines where step sizes may be halved.
pub fn checkpoint_guides(marks: &mut Vec<Mark>, area: &Area, budget: u32, checkpoints: &[u32], bottom: f64) {
    let x = area.calls(budget);
    for at in checkpoints.iter().map(|call| x.at(f64::from(*call))) {
        marks.push(Mark::Line { class: "guide checkpoint", from: (at, area.top), to: (at, bottom) });
    }
}

/// Whether there is room for a sign between neighbouring checkpoints.
pub fn roomy(area: &Area, budget: u32, checkpoints: &[u32], room: f64) -> bool {
    let x = area.calls(budget);
    let places: Vec<f64> = checkpoints.iter().map(|call| x.at(f64::from(*call))).collect();
    places.windows(2).all(|pair| matches!(pair, [left, right] if right - left >= room))
}

/// A family's marker at a place.
pub fn marker_at(family: &str, (x, y): (f64, f64)) -> Mark {
    if family == "pg" {
        Mark::Path { class: format!("f {family}"), d: format!("M{:.1} {:.1}h8v8h-8Z", x - 4.0, y - 4.0) }
    } else {
        Mark::Disc { class: format!("f {family}"), at: (x, y), r: 4.0 }
    }
}
