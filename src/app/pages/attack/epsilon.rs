//! The ε gauge: how far the attacks have gone, measured on the 8-bit image, against the wall at ε. Its axis is that
//! of the slider above it, 0 to 32/255.

use leptos::html;
use leptos::prelude::*;

use super::desk::{Desk, attack_name, family, of_255};
use super::draw::marker_at;
use super::tables;
use crate::app::figure::marks::{Mark, svg};
use crate::app::figure::{Figure, use_width};
use crate::app::{tr, tr_with};
use crate::plot::{Scale, path};

/// Largest ε of the slider, in units of 1/255.
const LARGEST: f64 = 32.0;
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

/// Largest change of the image shown under each attack: key and levels.
pub fn measured(desk: &Desk) -> Vec<(String, f64)> {
    let image = desk.focus.get();
    desk.race(|now| {
        let change = |linf: &[f32]| linf.get(image).map_or(f64::NAN, |levels| f64::from(*levels));
        now.attacks.iter().map(|attack| (attack.key.clone(), change(&attack.linf))).collect()
    })
    .unwrap_or_default()
}

fn marks(desk: &Desk, width: f64, height: f64) -> Vec<Mark> {
    if width < 40.0 {
        return Vec::new();
    }
    let x = Scale::linear((0.0, LARGEST), (INSET, width - INSET));
    let wall = x.at(desk.lab.attack_spec.with(|spec| spec.epsilon));
    let (top, bottom) = (2.0, height - 2.0);
    let mut inside = path([(x.at(0.0), top), (wall, top), (wall, bottom), (x.at(0.0), bottom)]);
    inside.push('Z');
    let mut marks = vec![
        Mark::Path { class: "inside".into(), d: inside },
        Mark::Line { class: "edge", from: (x.at(0.0), top), to: (x.at(0.0), bottom) },
        Mark::Line { class: "wall", from: (wall, 0.0), to: (wall, height) },
    ];
    for (row, (key, levels)) in measured(desk).into_iter().enumerate().filter(|(_, (_, levels))| levels.is_finite()) {
        let y = 4.0 + ROW * (row as f64 + 0.5);
        let family = family(&key);
        let end = x.at(levels);
        marks.push(Mark::Path { class: format!("ln {family}"), d: path([(x.at(0.0), y), (end, y)]) });
        marks.push(marker_at(family, (end, y)));
        // The number stands where there is room: behind the wall, or before the marker.
        let (at, anchor) = if wall < width * 0.6 { (wall + 9.0, "start") } else { (end - 9.0, "end") };
        let text = format!(" {}", of_255(levels));
        marks.push(Mark::Text {
            class: format!("tiny halo {family}"),
            at: (at, y + 4.0),
            anchor,
            strong: attack_name(&key),
            text,
        });
    }
    marks
}

fn summary(desk: &Desk) -> String {
    let parts: Vec<String> = measured(desk)
        .into_iter()
        .map(|(key, levels)| tr_with("attack.epsilon.part", &[("name", attack_name(&key)), ("c", of_255(levels))]))
        .collect();
    let wall = of_255(desk.lab.attack_spec.with(|spec| spec.epsilon));
    if parts.is_empty() {
        tr_with("attack.epsilon.empty", &[("eps", wall)])
    } else {
        tr_with("attack.epsilon.summary", &[("eps", wall), ("parts", parts.join(", "))])
    }
}
