//! Curves on two logarithmic axes, the only kind of plot here: what falls like a power of T is a straight line.

use crate::app::figure::axes::{Area, EndLabel, end_labels};
use crate::app::figure::marks::Mark;
use crate::plot::{Scale, path, power_of_ten};

/// The names of the bounds are longer than those of methods: pixels more for them, at normal text size.
pub const BOUND_NAMES: f64 = 30.0;

/// A curve with its name at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    pub class: &'static str,
    /// What it shows (`data-q`), if that is a quantity of the formulas.
    pub quantity: Option<&'static str>,
    /// Places from left to right and values; what no logarithm can show leaves a hole.
    pub points: Vec<(f64, f64)>,
    /// Bold and regular part of its name; both empty = none.
    pub strong: String,
    pub name: String,
}

impl Curve {
    /// A curve without a name.
    pub fn new(class: &'static str, quantity: Option<&'static str>, points: Vec<(f64, f64)>) -> Self {
        Self { class, quantity, points, strong: String::new(), name: String::new() }
    }

    /// With its name.
    pub fn named(self, strong: impl Into<String>, name: impl Into<String>) -> Self {
        Self { strong: strong.into(), name: name.into(), ..self }
    }

    /// The last point that a logarithm can show.
    pub fn last(&self) -> Option<(f64, f64)> {
        self.points.iter().rev().find(|point| shows(point.1)).copied()
    }
}

fn shows(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

/// Whole decades that hold the curves: at least one, at most `most`, counted from the top.
pub fn decades(curves: &[Curve], most: i32) -> (i32, i32) {
    let values = curves.iter().flat_map(|curve| &curve.points).map(|point| point.1).filter(|value| shows(*value));
    let (low, high) = values.fold((f64::MAX, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)));
    if high == 0.0 {
        return (-2, 1);
    }
    let top = high.log10().ceil() as i32;
    let bottom = low.log10().floor() as i32;
    (bottom.clamp(top - most, top - 1), top)
}

/// The two axes of a plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub area: Area,
    pub x: Scale,
    pub y: Scale,
    /// Lowest and highest decade shown.
    pub decades: (i32, i32),
}

impl Frame {
    pub fn new(area: Area, x: Scale, decades: (i32, i32)) -> Self {
        let domain = (10f64.powi(decades.0), 10f64.powi(decades.1));
        Self { area, x, y: Scale::log(domain, area.upwards()), decades }
    }

    /// Hairlines at powers of ten, with their numbers.
    pub fn values(&self, marks: &mut Vec<Mark>) {
        let (low, top) = self.decades;
        let room = (self.area.bottom - self.area.top) / f64::from((top - low).max(1));
        let stride = (18.0 / room).ceil().max(1.0) as usize;
        for exponent in (low..=top).rev().step_by(stride) {
            let y = self.y.at(10f64.powi(exponent));
            marks.push(Mark::Line { class: "hairline", from: (self.area.left, y), to: (self.area.right, y) });
            marks.push(Mark::text("ax", (self.area.left - 7.0, y + 4.0), "end", power_of_ten(exponent)));
        }
    }

    /// Ticks and their texts below, such as `(1000, "10³")`; a text that would touch the one before it is left out.
    pub fn places(&self, marks: &mut Vec<Mark>, ticks: &[(f64, String)], unit: f64) {
        let Area { bottom, .. } = self.area;
        let mut free = f64::NEG_INFINITY;
        for (value, text) in ticks {
            let x = self.x.at(*value);
            marks.push(Mark::Line { class: "edge", from: (x, bottom), to: (x, bottom + 4.0) });
            if x >= free {
                marks.push(Mark::text("ax", (x, bottom + 4.0 + 12.0 * unit), "middle", text.clone()));
                free = x + 30.0 * unit;
            }
        }
    }

    /// The curves, first ones below; each ends where it leaves through the floor.
    pub fn curves(&self, marks: &mut Vec<Mark>, curves: &[Curve]) {
        let floor = 10f64.powi(self.decades.0);
        for curve in curves {
            let mut above = false;
            let points = curve.points.iter().map(|&(x, value)| {
                let before = std::mem::replace(&mut above, shows(value) && value >= floor);
                let place = self.x.at(x);
                match (above, before) {
                    (true, _) => (place, self.y.at(value)),
                    (false, true) => (place, self.area.bottom),
                    (false, false) => (f64::NAN, f64::NAN),
                }
            });
            let line = Mark::path(curve.class, path(points));
            marks.push(match curve.quantity {
                Some(quantity) => line.of(quantity),
                None => line,
            });
        }
    }

    /// Their names, moved apart.
    pub fn names(&self, marks: &mut Vec<Mark>, curves: &[Curve], unit: f64) {
        let label = |curve: &Curve| {
            let (x, value) = curve.last()?;
            let at = (self.x.at(x), self.y.at(value).clamp(self.area.top, self.area.bottom));
            let named = !(curve.strong.is_empty() && curve.name.is_empty());
            let family = if curve.class.contains("fw") { "fw" } else { "ink" };
            named.then(|| EndLabel { class: family.into(), at, strong: curve.strong.clone(), text: curve.name.clone() })
        };
        end_labels(marks, &self.area, curves.iter().filter_map(label).collect(), unit);
    }
}

/// About `count` indices of 0..`length`, spaced by ratio, the last one included.
pub fn spaced(length: usize, count: usize) -> Vec<usize> {
    if length == 0 {
        return Vec::new();
    }
    let ratio = (length as f64).ln() / count.max(1) as f64;
    let mut places: Vec<usize> = (0..=count).map(|i| (ratio * i as f64).exp().round() as usize - 1).collect();
    places.iter_mut().for_each(|place| *place = (*place).min(length - 1));
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_dense_at_the_left_and_reach_the_end() {
        assert_eq!(spaced(0, 10), Vec::<usize>::new());
        assert_eq!(spaced(1, 10), [0]);
        let places = spaced(1000, 100);
        assert_eq!((places[0], places[1], places.last()), (0, 1, Some(&999)));
        assert!(places.len() <= 101 && places.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn decades_hold_the_curves_and_no_more_than_asked() {
        let curve = |values: &[f64]| Curve::new("", None, values.iter().map(|value| (1.0, *value)).collect());
        assert_eq!(decades(&[curve(&[0.02, 3.0])], 6), (-2, 1));
        assert_eq!(decades(&[curve(&[1e-12, 0.5, f64::NAN, -1.0])], 6), (-6, 0));
        assert_eq!(decades(&[curve(&[])], 6), (-2, 1));
        assert_eq!(decades(&[curve(&[1.0])], 6), (-1, 0));
    }

    #[test]
    fn a_curve_ends_at_the_floor() {
        let area = Area { left: 0.0, right: 100.0, top: 0.0, bottom: 100.0 };
        let frame = Frame::new(area, Scale::linear((0.0, 4.0), (0.0, 100.0)), (-2, 0));
        let points = vec![(0.0, 1.0), (1.0, 0.1), (2.0, 1e-9), (3.0, 0.0), (4.0, 0.1)];
        let mut marks = Vec::new();
        frame.curves(&mut marks, &[Curve::new("ln", None, points)]);
        let expected = "M0.0 0.0L25.0 50.0L50.0 100.0M100.0 50.0";
        assert_eq!(marks, [Mark::path("ln", expected)]);
    }
}
