//! The ε gauge: how far the attacks have gone in the chosen norm, measured on the 8-bit image, against the wall at ε.
//! Its axis is that of the slider above it.

use leptos::html;
use leptos::prelude::*;

use super::desk::{Desk, amount, attack_name, epsilon_key, in_unit, short_name, size};
use super::draw::Look;
use super::tables;
use crate::app::figure::marks::{Mark, svg};
use crate::app::figure::{Figure, use_width};
use crate::app::{tr, tr_with};
use crate::plot::{Scale, path};
use crate::session::NormId;
use crate::session::params::{ATTACK, Kind};

/// Half the slider's grip: its axis begins there.
const INSET: f64 = 7.0;
/// Height of an attack's row, pixels.
const ROW: f64 = 13.0;

/// The figure.
#[component]
pub fn EpsilonFigure(desk: Desk) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let height = move || 8.0 + ROW * desk.racing.with(|keys| keys.len().max(1)) as f64;
    let drawn = Memo::new(move |_| marks(&desk, width.get(), height()));
    view! {
        <Figure
            name="epsilon"
            class="gauge"
            title=Signal::derive(move || tr("attack.epsilon.title"))
            summary=Signal::derive(move || summary(&desk))
            table=Callback::new(move |()| tables::epsilon(&desk))
        >
            <div class="plot" node_ref=node>
                <svg
                    aria-hidden="true"
                    width=move || format!("{:.0}", width.get())
                    height=move || format!("{:.0}", height())
                >
                    <g inner_html=move || drawn.with(|marks| svg(marks))></g>
                </svg>
            </div>
        </Figure>
    }
    .into_any()
}

/// Change of the image shown under each attack in the chosen norm: key, and units of 1/255. Nothing while the race
/// that is shown is still one in another norm.
pub fn measured(desk: &Desk) -> Vec<(String, f64)> {
    if desk.norm() != chosen_norm(desk) {
        return Vec::new();
    }
    let change = |key: String| {
        let distance = desk.distance(&key);
        (key, distance)
    };
    desk.racing.get().into_iter().map(change).filter(|(_, distance)| distance.is_finite()).collect()
}

/// Norm and exponent as they are set.
fn chosen_norm(desk: &Desk) -> (NormId, f64) {
    desk.lab.attack_spec.with(|spec| (spec.norm, spec.p))
}

/// Right end of the slider of a norm's ε.
fn largest(norm: NormId) -> f64 {
    let row = ATTACK.iter().find(|row| row.key == epsilon_key(norm));
    row.map_or(1.0, |row| if let Kind::Number { max, .. } = row.kind { max } else { 1.0 })
}

fn marks(desk: &Desk, width: f64, height: f64) -> Vec<Mark> {
    if width < 40.0 {
        return Vec::new();
    }
    let (norm, _) = chosen_norm(desk);
    let x = Scale::linear((0.0, largest(norm)), (INSET, width - INSET));
    let wall = x.at(desk.lab.attack_spec.with(|spec| spec.size()));
    let (top, bottom) = (2.0, height - 2.0);
    let mut inside = path([(x.at(0.0), top), (wall, top), (wall, bottom), (x.at(0.0), bottom)]);
    inside.push('Z');
    let mut marks = vec![
        Mark::Path { class: "inside".into(), d: inside },
        Mark::Line { class: "edge", from: (x.at(0.0), top), to: (x.at(0.0), bottom) },
        Mark::Line { class: "wall", from: (wall, 0.0), to: (wall, height) },
    ];
    for (row, (key, levels)) in measured(desk).into_iter().enumerate() {
        let y = 4.0 + ROW * (row as f64 + 0.5);
        let look = Look::of(&key);
        let end = x.at(in_unit(norm, levels));
        marks.push(Mark::Path { class: look.line(), d: path([(x.at(0.0), y), (end, y)]) });
        marks.push(look.at((end, y)));
        // The number stands where there is room: behind the wall, or before the marker.
        let (at, anchor) = if wall < width * 0.55 { (wall + 9.0, "start") } else { (end - 9.0, "end") };
        let text = format!(" {}", amount(norm, levels));
        let class = format!("tiny halo {}", look.family);
        marks.push(Mark::Text { class, at: (at, y + 4.0), anchor, strong: short_name(&key), text });
    }
    marks
}

fn summary(desk: &Desk) -> String {
    let norm = chosen_norm(desk);
    let part = |(key, levels): (String, f64)| {
        tr_with("attack.epsilon.part", &[("name", attack_name(&key)), ("c", amount(norm.0, levels))])
    };
    let parts: Vec<String> = measured(desk).into_iter().map(part).collect();
    let wall = size(norm, desk.lab.attack_spec.with(|spec| spec.size_over_255()));
    if parts.is_empty() {
        tr_with("attack.epsilon.empty", &[("eps", wall)])
    } else {
        tr_with("attack.epsilon.summary", &[("eps", wall), ("parts", parts.join(", "))])
    }
}
