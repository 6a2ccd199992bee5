//! The frame of a plot: where it lies, its hairlines and tick texts, and the labels at the ends of its curves.

use super::marks::Mark;
use crate::plot::{Scale, labels, series};

/// A rectangle of pixels inside an SVG.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// Room at the right for the labels of the curves, in pixels at normal text size.
pub const LABEL_ROOM: f64 = 92.0;

impl Area {
    /// The part of a figure `width` pixels wide between `top` and `bottom`, with room for numbers at the left and labels at
    /// the right. Margins grow with `unit`.
    pub fn new(width: f64, top: f64, bottom: f64, unit: f64) -> Self {
        let left = 36.0 * unit;
        Self { left, right: (width - LABEL_ROOM * unit).max(left + 40.0), top, bottom: bottom.max(top + 10.0) }
    }

    /// The same with so many pixels more room at the right, for longer labels.
    pub fn with_room(self, more: f64) -> Self {
        Self { right: (self.right - more).max(self.left + 40.0), ..self }
    }

    /// The logarithmic time axis from step 0 to `last`.
    pub fn time(&self, last: u32) -> Scale {
        Scale::log((series::STEP_ZERO, f64::from(last.max(2))), (self.left, self.right))
    }

    /// The axis of gradient calls from 0 to `budget`.
    pub fn calls(&self, budget: u32) -> Scale {
        Scale::linear((0.0, f64::from(budget.max(1))), (self.left, self.right))
    }

    /// Vertical pixels, values growing upwards.
    pub fn upwards(&self) -> (f64, f64) {
        (self.bottom, self.top)
    }
}

/// Hairlines and numbers of a value axis.
pub fn value_axis(marks: &mut Vec<Mark>, area: &Area, y: &Scale, ticks: &[f64], text: &dyn Fn(f64) -> String) {
    for &value in ticks {
        let at = y.at(value);
        marks.push(Mark::Line { class: "hairline", from: (area.left, at), to: (area.right, at) });
        marks.push(Mark::text("ax", (area.left - 7.0, at + 4.0), "end", text(value)));
    }
}

/// What a plot runs over, and how its cursor moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Steps of a run, logarithmic.
    Steps,
    /// Gradient calls of an attack, linear.
    Calls,
}

impl Axis {
    /// The pixel of a place on the axis.
    pub fn at(self, area: &Area, total: u32, place: u32) -> f64 {
        match self {
            Self::Steps => area.time(total).at(series::log_step(place)),
            Self::Calls => area.calls(total).at(f64::from(place)),
        }
    }

    /// The place at a pixel.
    pub fn place(self, area: &Area, total: u32, x: f64) -> u32 {
        match self {
            Self::Steps => series::step_at(area.time(total).invert(x)),
            Self::Calls => area.calls(total).invert(x).round().max(0.0) as u32,
        }
    }

    /// Where a key leads from `place`; `None` for other keys.
    pub fn moved(self, key: &str, place: u32, last: u32) -> Option<u32> {
        // A twentieth of the step count is a short way on a logarithmic axis, and one step near its left end.
        let (near, back, on) = match self {
            Self::Steps => ((place / 20).max(1), place / 2, place.saturating_mul(2).max(1)),
            Self::Calls => (1, place.saturating_sub(10), place.saturating_add(10)),
        };
        let next = match key {
            "ArrowLeft" | "ArrowDown" => place.saturating_sub(near),
            "ArrowRight" | "ArrowUp" => place.saturating_add(near),
            "PageDown" => back,
            "PageUp" => on,
            "Home" => 0,
            "End" => last,
            _ => return None,
        };
        Some(next.min(last))
    }
}

/// Ticks and numbers of the time axis below `area`.
pub fn time_axis(marks: &mut Vec<Mark>, area: &Area, last: u32, unit: f64) {
    let x = area.time(last);
    for t in series::step_ticks(last.max(2)) {
        let at = x.at(series::log_step(t));
        marks.push(Mark::Line { class: "edge", from: (at, area.bottom), to: (at, area.bottom + 4.0) });
        let text = labels::tick(f64::from(t));
        marks.push(Mark::text("ax", (at, area.bottom + 4.0 + 12.0 * unit), "middle", text));
    }
}

/// A label at the end of a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct EndLabel {
    pub class: String,
    /// Where the curve ends.
    pub at: (f64, f64),
    pub strong: String,
    pub text: String,
}

/// Writes labels beside the ends of their curves, moved apart so that none covers another.
pub fn end_labels(marks: &mut Vec<Mark>, area: &Area, labels: Vec<EndLabel>, unit: f64) {
    let places: Vec<f64> = labels.iter().map(|label| label.at.1).collect();
    let moved = labels::spread(&places, 14.0 * unit, (area.top + 4.0, area.bottom));
    // One column: the curves run in lock-step, so the rightmost end is where all of them end.
    let ends = labels.iter().map(|label| label.at.0).filter(|x| x.is_finite());
    let x = ends.fold(area.left, f64::max).min(area.right) + 8.0;
    for (label, y) in labels.into_iter().zip(moved) {
        marks.push(Mark::Text {
            class: format!("end halo {}", label.class),
            at: (x, y + 4.0),
            anchor: "start",
            strong: label.strong,
            text: label.text,
        });
    }
}
