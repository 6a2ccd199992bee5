//! What the plots of this page share: how each attack looks, and the axis of gradient calls with its checkpoints.

use leptos::prelude::*;

use super::desk::ATTACKS;
use crate::app::figure::axes::Area;
use crate::app::figure::marks::Mark;
use crate::plot::integer;

/// What the longest name with its number needs beside the usual room for labels, in pixels at normal text size.
pub const LABELS: f64 = 16.0;

/// How an attack is drawn: the colour of its family, and within the family dashes and a marker of its own, so that
/// relatives are told apart without any colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub family: &'static str,
    /// Which of its family it is in menu order, from 0.
    rank: usize,
}

impl Look {
    /// The look of an attack; grey context for one this page does not know.
    pub fn of(key: &str) -> Self {
        let Some((_, family)) = ATTACKS.iter().find(|(known, _)| *known == key) else {
            return Self { family: "ref", rank: 0 };
        };
        let before = ATTACKS.iter().take_while(|(known, _)| *known != key);
        Self { family, rank: before.filter(|(_, other)| other == family).count() }
    }

    /// Classes of its curve.
    pub fn line(self) -> String {
        format!("ln {} r{}", self.family, self.rank)
    }

    /// Classes of its marker.
    pub fn fill(self) -> String {
        format!("f {}", self.family)
    }

    /// Its marker as a relative path, to stand behind an `M`: about 5 pixels in radius.
    fn marker(self) -> &'static str {
        match (self.family, self.rank) {
            ("pg", 0) => "m-4.5-4.5h9v9h-9z",
            // The inner outline runs the other way round, which leaves a hole.
            ("pg", 1) => "m-4.5-4.5h9v9h-9zm2.2 2.2v4.6h4.6v-4.6z",
            ("pg", 2) => "m0-5.4l5.5 10h-11z",
            ("pg", 3) => "m-1.6-5h3.2v3.4h3.4v3.2h-3.4v3.4h-3.2v-3.4h-3.4v-3.2h3.4z",
            ("pg", _) => "m-3.2-5.2l3.2 3.2l3.2-3.2l2 2l-3.2 3.2l3.2 3.2l-2 2l-3.2-3.2l-3.2 3.2l-2-2l3.2-3.2l-3.2-3.2z",
            ("adam", 0) => "m0-6l6 6l-6 6l-6-6z",
            ("adam", _) => "m0-6l6 6l-6 6l-6-6zm0 3.2l-2.8 2.8l2.8 2.8l2.8-2.8z",
            (_, 0) => "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
            (_, 1) => "m-4.8 0a4.8 4.8 0 1 0 9.6 0a4.8 4.8 0 1 0-9.6 0zm2.3 0a2.5 2.5 0 1 1 5 0a2.5 2.5 0 1 1-5 0z",
            _ => "m-5.4 2.7a5.4 5.4 0 0 1 10.8 0z",
        }
    }

    /// Its marker at a place.
    pub fn at(self, (x, y): (f64, f64)) -> Mark {
        Mark::Path { class: self.fill(), d: format!("M{x:.1} {y:.1}{}", self.marker()) }
    }
}

/// The marker of an attack beside its name.
pub fn sign(key: &str) -> AnyView {
    let look = Look::of(key);
    view! {
        <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
            <path class=look.fill() d=format!("M0 0{}", look.marker()) />
        </svg>
    }
    .into_any()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_of_one_family_differ_in_dashes_and_marker() {
        let looks: Vec<Look> = ATTACKS.iter().map(|(key, _)| Look::of(key)).collect();
        for (i, look) in looks.iter().enumerate() {
            for other in looks.iter().skip(i + 1) {
                assert_ne!(look.line(), other.line());
                assert_ne!(look.marker(), other.marker());
            }
        }
        assert_eq!(Look::of("nothing").family, "ref");
        // One more in each family would have a marker of its own as well.
        let ranks = [("fw", 3), ("pg", 5), ("adam", 2)];
        let all =
            ranks.into_iter().flat_map(|(family, most)| (0..most).map(move |rank| Look { family, rank }.marker()));
        assert_eq!(all.collect::<std::collections::BTreeSet<_>>().len(), 10);
    }
}
