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

    /// The logarithmic time axis from step 0 to `last`.
    pub fn time(&self, last: u32) -> Scale {
        Scale::log((series::STEP_ZERO, f64::from(last.max(2))), (self.left, self.right))
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
