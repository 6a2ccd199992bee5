//! What the map is drawn of: cells as light as the answer is sure, hatching where there are no images, the lines between
//! classes, ball ∩ box, the shadows of the attacks' ways, and names. Plain functions from a map to pixels and marks.

use leptos::prelude::*;

use super::regions::{borders, regions};
use crate::app::figure::marks::Mark;
use crate::app::pages::attack::desk::{Desk, short_name, size as length};
use crate::app::pages::attack::draw::Look;
use crate::app::tr_with;
use crate::plot::{Scale, convex, labels, path};
use crate::session::MapNow;

/// Opacity of ink over a cell whose answer is worth nothing.
const DARKEST: f32 = 0.62;
/// Opacity of every other cell that is not measured yet.
const PENDING: u8 = 16;
/// Pixels between hatching lines.
const HATCH: f64 = 9.0;
/// A region of fewer cells has its name in the list beside the map only.
const NAMED: usize = 5;

/// Where the square shows what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    centre: [f64; 2],
    half: f64,
    /// Side in pixels.
    size: f64,
}

impl Frame {
    /// A map `size` pixels wide.
    pub fn new(map: &MapNow, size: f64) -> Self {
        Self { centre: map.centre.map(f64::from), half: f64::from(map.half).max(1e-9), size: size.max(1.0) }
    }

    /// The pixel of a point.
    pub fn px(&self, at: [f32; 2]) -> (f64, f64) {
        let [a, b] = at.map(f64::from);
        let share = |value: f64, middle: f64| (value - middle) / (2.0 * self.half);
        ((0.5 + share(a, self.centre[0])) * self.size, (0.5 - share(b, self.centre[1])) * self.size)
    }

    /// The point at a pixel, or the one nearest to it that is shown.
    pub fn point(&self, (x, y): (f64, f64)) -> [f32; 2] {
        let value = |pixel: f64| (2.0 * (pixel / self.size).clamp(0.0, 1.0) - 1.0) * self.half;
        [(self.centre[0] + value(x)) as f32, (self.centre[1] - value(y)) as f32]
    }

    /// A point moved by so many cells of the map to the right and up, not beyond its edge.
    pub fn moved(&self, at: [f32; 2], [right, up]: [f64; 2], side: u32) -> [f32; 2] {
        let cell = self.size / f64::from(side.max(1));
        let (x, y) = self.px(at);
        self.point((x + right * cell, y - up * cell))
    }

    fn shows(&self, (x, y): (f64, f64)) -> bool {
        let range = -0.5..=self.size + 0.5;
        range.contains(&x) && range.contains(&y)
    }

    /// A polygon's outline.
    fn outline(&self, polygon: &[[f32; 2]]) -> String {
        let mut d = path(polygon.iter().map(|at| self.px(*at)));
        if !d.is_empty() {
            d.push('Z');
        }
        d
    }
}

/// The cells as RGBA: ink, the thicker the less sure the answer.
pub fn cells(map: &MapNow, dark: bool) -> Vec<u8> {
    let [red, green, blue] = if dark { [0xec, 0xee, 0xf1] } else { [0x16, 0x18, 0x1d] };
    let side = map.side.max(1) as usize;
    let thickness = |(cell, (class, sure)): (usize, (&u8, &u8))| match *class {
        MapNow::NO_IMAGE => 0,
        MapNow::UNKNOWN => PENDING * ((cell % side + cell / side) % 2) as u8,
        _ => (DARKEST * f32::from(u8::MAX - sure)) as u8,
    };
    let cells = map.classes.iter().zip(&map.confidence).enumerate();
    cells.flat_map(|cell| [red, green, blue, thickness(cell)]).collect()
}

/// Everything over the cells; `looked` is the call that is looked back at.
pub fn marks(desk: &Desk, map: &MapNow, size: f64, looked: Option<u32>) -> Vec<Mark> {
    let (frame, unit) = (Frame::new(map, size), desk.unit.get());
    let mut marks = vec![
        Mark::path("hairline", hatching(&frame, map)),
        Mark::path("map-box", frame.outline(&map.image_box)),
        Mark::path("map-border", border_path(&frame, map)),
        Mark::path("map-ball", frame.outline(&map.ball)),
    ];
    for path in map.paths.iter().rev() {
        way(&mut marks, &frame, &path.key, &path.points);
        let seen = looked.and_then(|call| path.points.get(call.checked_sub(path.first)? as usize));
        if let Some(at) = seen.map(|at| frame.px(*at)).filter(|at| frame.shows(*at)) {
            marks.push(Mark::Disc { class: format!("map-then st {}", Look::of(&path.key).family), at, r: 7.0 * unit });
        }
    }
    let mut taken = Taken { boxes: Vec::new(), unit, size };
    points(&mut marks, &frame, map, &mut taken);
    ball_name(&mut marks, desk, &frame, map, &mut taken);
    names(&mut marks, desk, &frame, map, &mut taken);
    measure(&mut marks, &frame, unit);
    marks
}

/// A way as a line with a dot a step.
fn way(marks: &mut Vec<Mark>, frame: &Frame, key: &str, points: &[[f32; 2]]) {
    let look = Look::of(key);
    let places = points.iter().map(|at| frame.px(*at));
    // What leaves the square breaks the line.
    let shown = |at: (f64, f64)| if frame.shows(at) { at } else { (f64::NAN, f64::NAN) };
    marks.push(Mark::path(format!("{} map-way", look.line()), path(places.clone().map(shown))));
    let dots: String = places.filter(|at| frame.shows(*at)).map(|(x, y)| format!("M{x:.1} {y:.1}h0")).collect();
    marks.push(Mark::path(format!("map-steps st {}", look.family), dots));
}

/// The clean image and what each attack hands in, with their names.
fn points(marks: &mut Vec<Mark>, frame: &Frame, map: &MapNow, taken: &mut Taken) {
    for path in map.paths.iter().rev() {
        let at = frame.px(path.result);
        if frame.shows(at) {
            marks.push(Look::of(&path.key).at(at));
        }
    }
    let clean = frame.px([0.0; 2]);
    marks.push(Mark::Disc { class: "ring".into(), at: clean, r: 5.0 });
    let mut named = vec![(clean, String::new(), crate::app::tr("map.clean"))];
    let attacks = map
        .paths
        .iter()
        .map(|path| (frame.px(path.result), Look::of(&path.key).family.to_string(), short_name(&path.key)));
    named.extend(attacks.filter(|(at, ..)| frame.shows(*at)));
    for ((x, y), family, name) in named {
        let lines = [4.0, -12.0, 20.0, -26.0, 34.0].map(|down| y + down * taken.unit);
        let right = x + 9.0 + taken.width(&name) < frame.size;
        let (x, anchor) = if right { (x + 9.0, "start") } else { (x - 9.0, "end") };
        // One below the other where attacks end at one place.
        let Some(y) = lines.into_iter().find(|y| taken.take((x, *y), anchor, &name)) else { continue };
        let class = format!("halo lab {family}");
        marks.push(Mark::Text { class, at: (x, y), anchor, strong: name, text: String::new() });
    }
}

/// What the thick line is, over its highest corner.
fn ball_name(marks: &mut Vec<Mark>, desk: &Desk, frame: &Frame, map: &MapNow, taken: &mut Taken) {
    let corners = map.ball.iter().map(|at| frame.px(*at));
    let Some((x, y)) = corners.min_by(|a, b| a.1.total_cmp(&b.1)) else { return };
    let text = tr_with("map.ball", &[("eps", length(desk.norm(), desk.epsilon()))]);
    let half = taken.width(&text) / 2.0 + 4.0;
    let x = x.clamp(half.min(frame.size / 2.0), (frame.size - half).max(frame.size / 2.0));
    let lines = [y - 7.0, y + 17.0 * taken.unit, y - 21.0];
    let Some(y) = lines.into_iter().find(|y| *y > 12.0 * taken.unit && taken.take((x, *y), "middle", &text)) else {
        return;
    };
    marks.push(Mark::text("halo", (x, y), "middle", text));
}

/// The classes, each in its regions; the true one is ticked.
fn names(marks: &mut Vec<Mark>, desk: &Desk, frame: &Frame, map: &MapNow, taken: &mut Taken) {
    let cell = frame.size / f64::from(map.side.max(1));
    for region in regions(map).into_iter().filter(|region| region.cells >= NAMED) {
        let name = class_name(desk, region.class, map.label);
        let half = taken.width(&name) / 2.0 + 3.0;
        let x = (region.at.0 * cell).clamp(half.min(frame.size / 2.0), (frame.size - half).max(frame.size / 2.0));
        let y = (region.at.1 * cell + 5.0).clamp(14.0 * taken.unit, frame.size - 6.0);
        let lines = [0.0, -16.0, 16.0, -32.0, 32.0].map(|down| y + down * taken.unit);
        // Beside other words, but not so far that it seems to belong to another region.
        let reach = (region.room as f64 * cell).max(17.0 * taken.unit);
        let free = |at: &f64| (at - y).abs() <= reach && taken.take((x, *at), "middle", &name);
        let Some(y) = lines.into_iter().find(free) else { continue };
        let class = if region.room > 2 { "halo lab" } else { "halo" };
        marks.push(Mark::text(format!("{class} map-class"), (x, y), "middle", name));
    }
}

/// The name of a class; the true one is ticked.
pub fn class_name(desk: &Desk, class: u8, label: u8) -> String {
    let name = desk.class(usize::from(class));
    if class == label { format!("{name} ✓") } else { name }
}

/// How long a round L2 length is on the map.
fn measure(marks: &mut Vec<Mark>, frame: &Frame, unit: f64) {
    let lengths = Scale::linear((0.0, 2.0 * frame.half), (0.0, frame.size));
    let Some(long) = lengths.ticks(6).into_iter().find(|tick| *tick > 0.0) else { return };
    let (y, end) = (frame.size - 9.0, 9.0 + lengths.at(long));
    marks.push(Mark::path("ln ink", format!("M9 {y:.1}v-5v5H{end:.1}v-5")));
    marks.push(Mark::text("halo", (end + 6.0 * unit, y), "start", format!("L2 {}", labels::tick(long))));
}

/// Diagonal lines where the plane has left the box.
fn hatching(frame: &Frame, map: &MapNow) -> String {
    let inside: Vec<[f64; 2]> = map.image_box.iter().map(|at| frame.px(*at)).map(|(x, y)| [x, y]).collect();
    let size = frame.size;
    let count = (2.0 * size / HATCH) as usize;
    let mut d = String::new();
    for sum in (1..=count).map(|i| i as f64 * HATCH) {
        // From the left or lower edge up to the top or right one.
        let (from, to) = ([(sum - size).max(0.0), sum.min(size)], [sum.min(size), (sum - size).max(0.0)]);
        let at = |share: f64| (from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1]));
        let [left, right] = convex::chord(&inside, from, to).unwrap_or([1.0, 1.0]);
        for [begin, end] in [[0.0, left.clamp(0.0, 1.0)], [right.clamp(0.0, 1.0), 1.0]] {
            // A little of rounding is no line.
            if end - begin > 0.01 {
                d.push_str(&path([at(begin), at(end)]));
            }
        }
    }
    d
}

fn border_path(frame: &Frame, map: &MapNow) -> String {
    let cell = frame.size / f64::from(map.side.max(1));
    let lines = borders(map).into_iter();
    lines.map(|line| path(line.map(|(x, y)| (x * cell, y * cell)))).collect()
}

/// Where words stand already.
struct Taken {
    /// Left, right, top and bottom.
    boxes: Vec<[f64; 4]>,
    unit: f64,
    size: f64,
}

impl Taken {
    /// About how wide a word is.
    fn width(&self, text: &str) -> f64 {
        text.chars().map(|c| if c.is_ascii() { 7.2 } else { 13.0 }).sum::<f64>() * self.unit
    }

    /// Takes the place of a word if it is free and inside the square.
    fn take(&mut self, (x, y): (f64, f64), anchor: &str, text: &str) -> bool {
        let width = self.width(text);
        let left = match anchor {
            "start" => x,
            "end" => x - width,
            _ => x - width / 2.0,
        };
        let own = [left, left + width, y - 11.0 * self.unit, y + 3.0 * self.unit];
        let apart = |other: &[f64; 4]| own[0] > other[1] || other[0] > own[1] || own[2] > other[3] || other[2] > own[3];
        let free = own[2] >= -2.0 && own[3] <= self.size + 2.0 && self.boxes.iter().all(apart);
        if free {
            self.boxes.push(own);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_and_points_are_each_others_inverse() {
        let frame = Frame { centre: [0.25, -0.5], half: 2.0, size: 480.0 };
        assert_eq!(frame.px([0.25, -0.5]), (240.0, 240.0));
        assert_eq!(frame.px([2.25, 1.5]), (480.0, 0.0));
        assert_eq!(frame.point((0.0, 480.0)), [-1.75, -2.5]);
        assert_eq!(frame.point((-50.0, 999.0)), [-1.75, -2.5], "what is not shown is not reached");
        assert_eq!(frame.moved([0.25, -0.5], [1.0, -1.0], 48), frame.point((250.0, 250.0)));
    }

    #[test]
    fn words_keep_apart() {
        let mut taken = Taken { boxes: Vec::new(), unit: 1.0, size: 300.0 };
        assert!(taken.take((50.0, 50.0), "start", "cat"));
        assert!(!taken.take((55.0, 45.0), "start", "dog"));
        assert!(taken.take((50.0, 70.0), "start", "dog"));
        assert!(!taken.take((50.0, 2.0), "start", "above the edge"));
    }
}
