//! The gap as a picture: the strip between the line through x_t and the supporting line through the corner, both
//! across the slope g. Its width times ‖g‖ is the Frank–Wolfe gap.

use super::frame::Frame;
use super::labels::Area;
use crate::optim::plane::PlaneStep;
use crate::plot::path;

/// The strip in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    /// Closed path of the area, and the two lines that bound it.
    pub area: String,
    pub through_x: String,
    pub through_v: String,
    /// Level lines of the linear model all over the window, and the one through x_t on its way to v, in parts.
    pub model: String,
    pub slide: Vec<String>,
    /// The measuring bar across it, its two end ticks included.
    pub bar: String,
    /// Where the number stands, and its `text-anchor`.
    pub text: (f64, f64),
    pub anchor: &'static str,
    /// What bar and number cover.
    pub taken: Vec<Area>,
    /// Width in units of the plane and ‖g‖: their product is the gap.
    pub width: f64,
    pub slope: f64,
    /// Whether the number stands on the strip's colour.
    pub inside: bool,
}

/// Pixels between two level lines of the linear model.
const MODEL_APART: f64 = 34.0;
/// Places of the line on its way from x_t to v.
const SLIDES: u32 = 5;

/// Room of the number with the line under it.
const NUMBER: (f64, f64) = (150.0, 38.0);

impl Strip {
    /// The strip of a step; `None` where the slope vanishes and there is no direction. `crowd` are points the
    /// number keeps away from; `small` windows have no second line.
    pub fn new(frame: &Frame, step: &PlaneStep, crowd: &[(f64, f64)], small: bool) -> Option<Self> {
        let slope = step.g[0].hypot(step.g[1]);
        if !(slope.is_finite() && slope > 1e-12) {
            return None;
        }
        let width = (step.gap / slope).max(0.0);
        // Pixel directions: downhill across the strip, and along it.
        let down = (-step.g[0] / slope, step.g[1] / slope);
        let along = (-down.1, down.0);
        let (x, v) = (frame.px(step.x), frame.px(step.v));
        let pixels = width * frame.scale;
        let far = frame.across();
        let shift = |(px, py): (f64, f64), (dx, dy): (f64, f64), s: f64| (px + s * dx, py + s * dy);
        let line = |p| [shift(p, along, -far), shift(p, along, far)];
        let (low, high) = (line(x), line(v));
        let beyond = (far / MODEL_APART).ceil() as i32;
        let model: String =
            (-beyond..=beyond).map(|i| path(line(shift(x, down, f64::from(i) * MODEL_APART)))).collect();
        let slide: Vec<String> =
            (0..SLIDES).map(|i| path(line(shift(x, down, pixels * f64::from(i) / f64::from(SLIDES))))).collect();
        let mut area = path([low[0], low[1], high[1], high[0]]);
        area.push('Z');

        let (room, tall) = if small { (140.0, 24.0) } else { NUMBER };
        let mut best: Option<(f64, Self)> = None;
        for i in -40..=40 {
            let a = shift(x, along, f64::from(i) * 12.0);
            let b = shift(a, down, pixels);
            if !(frame.holds(a, 10.0) && frame.holds(b, 10.0)) {
                continue;
            }
            let middle = (0.5 * (a.0 + b.0), 0.5 * (a.1 + b.1));
            for (anchor, side) in [("start", 1.0), ("end", -1.0)] {
                // Keep clear of a slanted bar: further off the flatter it lies.
                let off = 10.0 + 0.5 * tall * (down.0.abs() / down.1.abs().max(0.35)).min(2.0);
                let text = (middle.0 + side * off, middle.1);
                let left = if side > 0.0 { text.0 } else { text.0 - room };
                let number = Area { left, top: text.1 - 0.5 * tall, width: room, height: tall };
                let bar = Area {
                    left: a.0.min(b.0) - 4.0,
                    top: a.1.min(b.1) - 4.0,
                    width: (a.0 - b.0).abs() + 8.0,
                    height: (a.1 - b.1).abs() + 8.0,
                };
                let near = crowd
                    .iter()
                    .map(|p| number.overlap(&Area::around(*p, 24.0)) * 3.0 + bar.overlap(&Area::around(*p, 14.0)))
                    .sum::<f64>();
                // Taste: within the window, off the marks, towards the left edge.
                let cost = near
                    + 6.0 * number.outside(frame)
                    + 0.8 * number.left.max(0.0)
                    + if side < 0.0 { 60.0 } else { 0.0 };
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    let tick = |p| path([shift(p, along, -6.0), shift(p, along, 6.0)]);
                    let strip = Self {
                        area: area.clone(),
                        through_x: path(low),
                        through_v: path(high),
                        model: model.clone(),
                        slide: slide.clone(),
                        bar: format!("{}{}{}", path([a, b]), tick(a), tick(b)),
                        text: (text.0, text.1 + if small { 6.0 } else { 0.0 }),
                        anchor,
                        taken: vec![number, bar],
                        width,
                        slope,
                        inside: pixels > 1.2 * tall,
                    };
                    best = Some((cost, strip));
                }
            }
        }
        // The strip is out of sight or wider than the window: lines and colour still say so.
        let fallback = || Self {
            area: area.clone(),
            through_x: path(low),
            through_v: path(high),
            model: model.clone(),
            slide: slide.clone(),
            bar: String::new(),
            text: (12.0, 24.0),
            anchor: "start",
            taken: vec![Area { left: 8.0, top: 4.0, width: room, height: tall }],
            width,
            slope,
            inside: false,
        };
        Some(best.map_or_else(fallback, |(_, strip)| strip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::active_set::Variant;

    #[test]
    fn the_strip_is_as_wide_as_the_gap_says() {
        let (x, v, g) = ([0.4, -0.1], [0.0, 1.0], [-0.3, -1.0]);
        let gap = g[0] * (x[0] - v[0]) + g[1] * (x[1] - v[1]);
        let (d, next, kind) = ([-0.4, 1.1], [0.3, 0.1], Variant::Classic);
        let (t, full_gap, gamma, value, away, dropped) = (0, gap, 0.2, 1.0, None, false);
        let step = PlaneStep { t, x, g, v, d, gap, full_gap, gamma, value, next, kind, away, dropped };
        let frame = Frame::new(560.0, 420.0, 1.0);
        let strip = Strip::new(&frame, &step, &[], false).unwrap();
        assert!((strip.width * strip.slope - gap).abs() < 1e-12);
        assert_eq!(strip.slide.len(), SLIDES as usize);
        let flat = PlaneStep { g: [0.0, 0.0], ..step };
        assert_eq!(Strip::new(&frame, &flat, &[], false), None);
    }
}
