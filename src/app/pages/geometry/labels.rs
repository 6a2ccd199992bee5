//! Where labels go: each tries the places around its mark in order of taste and takes the one that covers least.
//! Pure geometry, a dozen labels at a time.

use super::frame::Frame;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Area {
    /// A square of half width `reach` around a point.
    pub fn around((x, y): (f64, f64), reach: f64) -> Self {
        Self { left: x - reach, top: y - reach, width: 2.0 * reach, height: 2.0 * reach }
    }

    /// How much of this area another covers, in square pixels.
    pub fn overlap(&self, other: &Self) -> f64 {
        let length = |a: f64, a_size: f64, b: f64, b_size: f64| ((a + a_size).min(b + b_size) - a.max(b)).max(0.0);
        length(self.left, self.width, other.left, other.width) * length(self.top, self.height, other.top, other.height)
    }

    /// How much of it lies outside the window, in square pixels.
    pub fn outside(&self, frame: &Frame) -> f64 {
        let window = Self { left: 2.0, top: 2.0, width: frame.width - 4.0, height: frame.height - 4.0 };
        self.width * self.height - self.overlap(&window)
    }
}

/// What a label is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Text; `{v}` stands for the italic symbol v.
    pub text: String,
    /// A subscript after it, as in x_t.
    pub sub: &'static str,
    /// SVG classes.
    pub class: &'static str,
    /// The quantity it names (`data-q`), or nothing.
    pub quantity: Option<&'static str>,
    /// Font size in pixels, for the room it takes.
    pub size: f64,
    /// The mark it belongs to, and how far to stay off it.
    pub at: (f64, f64),
    pub clear: f64,
    /// Places in order of taste.
    pub places: &'static [Place],
}

/// A side of the mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Right,
    Left,
    Above,
    Below,
    RightAbove,
    RightBelow,
    LeftAbove,
    LeftBelow,
}
use Place::*;

/// Everything, starting right.
pub const RIGHT_FIRST: &[Place] = &[Right, RightAbove, RightBelow, Left, Above, Below, LeftAbove, LeftBelow];
/// Everything, starting below.
pub const BELOW_FIRST: &[Place] = &[Below, LeftBelow, RightBelow, Above, Left, Right, LeftAbove, RightAbove];
/// Everything, starting right below.
pub const UNDER_FIRST: &[Place] = &[RightBelow, Below, LeftBelow, Right, Left, RightAbove, Above, LeftAbove];
/// Everything, starting left.
pub const LEFT_FIRST: &[Place] = &[Left, LeftAbove, LeftBelow, Right, Above, Below, RightAbove, RightBelow];
/// Everything, starting right above.
pub const OVER_FIRST: &[Place] = &[RightAbove, Above, Right, LeftAbove, Left, RightBelow, Below, LeftBelow];

/// A label with its place: baseline point and `text-anchor`.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub label: Label,
    pub x: f64,
    pub y: f64,
    pub anchor: &'static str,
}

/// Estimated width of a text: full-width characters count one em, others a little over half.
pub fn text_width(text: &str, size: f64) -> f64 {
    let em = |c: char| if (c as u32) >= 0x2e80 { 1.0 } else { 0.56 };
    text.chars().filter(|c| !matches!(c, '{' | '}')).map(em).sum::<f64>() * size
}

fn candidate(label: &Label, place: Place) -> (Area, f64, f64, &'static str) {
    let (width, height) = (text_width(&label.text, label.size) + 8.0 * label.sub.len() as f64, label.size * 1.25);
    let ((x, y), clear) = (label.at, label.clear);
    let diagonal = clear * 0.75;
    let (left, top, anchor) = match place {
        Right => (x + clear, y - 0.5 * height, "start"),
        Left => (x - clear - width, y - 0.5 * height, "end"),
        Above => (x - 0.5 * width, y - clear - height, "middle"),
        Below => (x - 0.5 * width, y + clear, "middle"),
        RightAbove => (x + diagonal, y - diagonal - height * 0.8, "start"),
        RightBelow => (x + diagonal, y + diagonal - height * 0.2, "start"),
        LeftAbove => (x - diagonal - width, y - diagonal - height * 0.8, "end"),
        LeftBelow => (x - diagonal - width, y + diagonal - height * 0.2, "end"),
    };
    let baseline_x = match anchor {
        "start" => left,
        "end" => left + width,
        _ => x,
    };
    (Area { left, top, width, height }, baseline_x, top + 0.78 * height, anchor)
}

/// Places the labels in order; earlier ones have the choice. `taken` is what may not be covered.
pub fn place(labels: Vec<Label>, mut taken: Vec<Area>, frame: &Frame) -> Vec<Placed> {
    let mut placed = Vec::with_capacity(labels.len());
    for label in labels {
        let mut best: Option<(f64, Area, f64, f64, &'static str)> = None;
        for (rank, place) in label.places.iter().enumerate() {
            let (area, x, y, anchor) = candidate(&label, *place);
            let covered: f64 = taken.iter().map(|other| area.overlap(other)).sum();
            let cost = covered + 4.0 * area.outside(frame) + 9.0 * rank as f64;
            if best.is_none_or(|(least, ..)| cost < least) {
                best = Some((cost, area, x, y, anchor));
            }
        }
        if let Some((_, area, x, y, anchor)) = best {
            taken.push(area);
            placed.push(Placed { label, x, y, anchor });
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(at: (f64, f64)) -> Label {
        Label {
            text: "answer".into(),
            sub: "",
            class: "",
            quantity: None,
            size: 13.0,
            at,
            clear: 12.0,
            places: RIGHT_FIRST,
        }
    }

    #[test]
    fn labels_avoid_each_other_and_stay_inside() {
        let frame = Frame::new(300.0, 200.0, 1.0);
        let placed = place(vec![label((100.0, 100.0)), label((104.0, 100.0)), label((290.0, 100.0))], vec![], &frame);
        assert_eq!(placed[0].anchor, "start");
        assert_ne!((placed[1].y, placed[1].anchor), (placed[0].y, placed[0].anchor));
        assert_eq!(placed[2].anchor, "end");
    }
}
