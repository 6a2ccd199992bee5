//! The gallery: every set of the table, flat and in space, and what its oracle answers to one and the same slope. A
//! press on a set shows it large and, if it has an area in the plane, makes it Ω above.
//!
//! [`hull`], [`solids`], [`view`]: pure geometry and marks; [`stage`]: the large picture; [`cards`]: the sets; [`cost`]:
//! what oracle and projection take, measured; [`both_ways`]: one move of each. Nothing is computed, and nothing of it is
//! in the document, before the gallery comes near the window.

mod both_ways;
mod cards;
mod cost;
mod hull;
mod solids;
mod stage;
mod view;

use leptos::prelude::*;

use self::both_ways::both_ways_figure;
use self::cards::cards;
use self::cost::cost_figure;
use self::solids::{Body, Solid, Space, Touch, direction, drawn_shape};
use self::stage::stage;
use super::geo::{Geo, use_geo};
use super::run::Shared;
use crate::app::figure::{Figure, Room, Table};
use crate::app::{parts, tr, tr_with};
use crate::plot::{cell, fixed};
use crate::session::params::{Kind, Param, Value};
use crate::sets::SetId;

/// Id of the section, for the button that leads to it.
const SECTION: &str = "all-sets";

/// Where the eye stands and where −g points, in degrees: turned round the upright axis, raised from level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    view: [f64; 2],
    downhill: [f64; 2],
}

impl Default for Pose {
    fn default() -> Self {
        // No face is seen from its side, every set has one answer, and it lies in front.
        Self { view: [32.0, 20.0], downhill: [84.0, 33.0] }
    }
}

impl Pose {
    /// Looks from there; turns go round, rises end at the poles.
    fn look_from(&mut self, angles: [f64; 2]) {
        self.view = tidy(angles);
    }

    /// Lets −g point there.
    fn aim(&mut self, angles: [f64; 2]) {
        self.downhill = tidy(angles);
    }
}

/// Angles within their ranges, to a tenth of a degree.
fn tidy([turn, rise]: [f64; 2]) -> [f64; 2] {
    let turn = (turn + 180.0).rem_euclid(360.0) - 180.0;
    [turn, rise.clamp(-90.0, 90.0)].map(|angle| (angle * 10.0).round() / 10.0)
}

/// A row for an angle.
macro_rules! angle {
    ($key:literal, $text:literal, $most:literal, |$pose:ident| $place:expr) => {
        Param {
            key: $key,
            text: $text,
            kind: Kind::Number { min: -$most, max: $most, step: 1.0, log: false, decimals: 0 },
            get: |$pose| Value::Number($place),
            set: |$pose, value| {
                $place = value.number();
                Ok(())
            },
        }
    };
}

/// The four angles: all that can be dragged can be typed.
static ANGLES: [Param<Pose>; 4] = [
    angle!("downhill-turn", "gallery.downhill_turn", 180.0, |pose| pose.downhill[0]),
    angle!("downhill-rise", "gallery.downhill_rise", 90.0, |pose| pose.downhill[1]),
    angle!("view-turn", "gallery.view_turn", 180.0, |pose| pose.view[0]),
    angle!("view-rise", "gallery.view_rise", 90.0, |pose| pose.view[1]),
];

/// What the parts of the gallery share.
#[derive(Clone, Copy)]
pub struct Desk {
    geo: Geo,
    pose: RwSignal<Pose>,
    /// The set that is shown large.
    shown: RwSignal<SetId>,
}

impl Desk {
    /// A set's body, computed anew when the numbers that give it its form change.
    fn solid(self, set: impl Fn() -> SetId + Send + Sync + 'static) -> Memo<Option<Shared<Solid>>> {
        let asked = Memo::new(move |_| {
            let set = set();
            (set, self.geo.state.with(|state| drawn_shape(set, &state.shape)))
        });
        Memo::new(move |_| asked.with(|(set, shape)| Solid::new(*set, shape)).map(Shared::new))
    }

    /// What a body's oracle answers now.
    fn touch(self, solid: &Solid) -> Touch {
        solid.touch(direction(self.pose.with(|pose| pose.downhill)))
    }
}

/// A set's name.
fn name(set: SetId) -> String {
    tr(&format!("set.{}.name", set.key()))
}

/// The oracle's answer as the set writes it: `v = (0.00, 1.00, 0.00)`.
fn written(solid: &Solid, touch: &Touch) -> String {
    let numbers = solid.space.told(&touch.numbers);
    // Shares, orders and permutations are whole numbers at τ = 1.
    let (space, decimals) = match solid.space {
        Space::Matrices => ("matrix", 2),
        Space::Birkhoff => ("permutation", 0),
        Space::Sum => ("vector", 0),
        Space::Own | Space::Plane | Space::Groups => ("vector", 2),
    };
    let numbers: Vec<String> = numbers.iter().map(|number| fixed(*number, decimals)).collect();
    tr_with(&format!("gallery.written.{space}"), &[("numbers", numbers.join(", "))])
}

/// Room for the gallery below the figures; built when it comes near the window.
#[component]
pub fn GalleryFigure() -> impl IntoView {
    view! {
        <section id=SECTION class="gallery" aria-label=move || tr("gallery.title")>
            <Room class="gallery-room" fetch=|lab| Box::pin(parts::gallery(lab)) />
        </section>
    }
    .into_any()
}

/// The button that leads to the gallery, for the head of the list of sets.
pub fn gallery_button() -> AnyView {
    let go = move |_| {
        let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
        if let Some(section) = document.get_element_by_id(SECTION) {
            section.scroll_into_view();
        }
    };
    view! {
        <button type="button" class="plain to-gallery" data-to=SECTION on:click=go>
            {move || tr("gallery.all")}
        </button>
    }
    .into_any()
}

/// The gallery itself; a part of the page that is fetched when it comes near. Inside the geometry page's context.
pub fn gallery() -> AnyView {
    let geo = use_geo();
    let omega = Memo::new(move |_| geo.state.with(|state| state.set));
    let desk = Desk { geo, pose: RwSignal::new(Pose::default()), shown: RwSignal::new(omega.get_untracked()) };
    Effect::new(move |_| desk.shown.set(omega.get()));
    let solid = desk.solid(move || desk.shown.get());
    let summary = Signal::derive(move || {
        let name = name(desk.shown.get());
        let words = solid.with(|solid| solid.as_ref().map(|solid| stage::answer(desk, solid))).unwrap_or_default();
        tr_with("gallery.summary", &[("set", name), ("answer", words)])
    });
    view! {
        <Figure
            name="gallery"
            class="gallery-figure"
            title=Signal::derive(|| tr("gallery.title"))
            note=Signal::derive(|| tr("gallery.note"))
            summary=summary
            table=Callback::new(move |()| untrack(|| table(desk)))
        >
            <div class="gallery-figs">{stage(desk, solid)} {cards(desk)}</div>
        </Figure>
        {both_ways_figure(desk)}
        {cost_figure()}
    }
    .into_any()
}

/// Every set: its body in numbers, and what its oracle answers to the slope on screen.
fn table(desk: Desk) -> Table {
    let columns = ["set", "body", "corners", "faces", "answer", "part", "value"];
    let downhill = desk.pose.with(|pose| direction(pose.downhill));
    let row = |set: SetId| {
        let mut row = vec![name(set), tr(&format!("gallery.{}.body", set.key()))];
        let Some(solid) = desk.geo.state.with(|state| Solid::new(set, &drawn_shape(set, &state.shape))) else {
            row.resize(columns.len(), String::new());
            return row;
        };
        row.extend(match &solid.body {
            Body::Polytope { corners, faces, .. } => [corners.len().to_string(), faces.len().to_string()],
            Body::Round => [String::new(), String::new()],
        });
        let touch = solid.touch(downhill);
        let value = -crate::sets::dot(&downhill, &touch.at);
        let part = tr(&format!("gallery.part.{}", touch.answer.key()));
        row.extend([written(&solid, &touch), part, cell(value)]);
        row
    };
    Table {
        columns: columns.map(|key| tr(&format!("gallery.column.{key}"))).into(),
        rows: SetId::all().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_go_round_and_rises_end() {
        assert_eq!(tidy([190.0, 95.0]), [-170.0, 90.0]);
        assert_eq!(tidy([-190.04, -12.34]), [170.0, -12.3]);
    }

    #[test]
    fn every_angle_can_be_typed() {
        let mut pose = Pose::default();
        for param in &ANGLES {
            assert_eq!(param.read(&mut pose, "33"), None, "{}", param.key);
            assert_eq!((param.get)(&pose), Value::Number(33.0), "{}", param.key);
        }
        assert_eq!(pose, Pose { view: [33.0, 33.0], downhill: [33.0, 33.0] });
        assert!(ANGLES[1].read(&mut pose, "91").is_some());
    }
}
