//! The sets as cards: flat and in space, how each is written, and what its corners are. All bodies turn with the large
//! one, and all answer the same slope.

use leptos::prelude::*;

use super::super::run::Shared;
use super::solids::{Solid, flat_picture};
use super::view::{View, body, diamond};
use super::{Desk, name};
use crate::app::controls::set_outline;
use crate::app::figure::marks::svg;
use crate::app::math::Tex;
use crate::app::tr;
use crate::sets::SetId;

/// Side of the picture in space, in pixels; it holds no text, so it may scale.
const SIDE: f64 = 64.0;

/// All of them.
pub fn cards(desk: Desk) -> AnyView {
    let cards = SetId::all().map(|set| card(desk, set)).collect_view();
    view! {
        <div class="gallery-cards" role="group" aria-label=move || tr("gallery.cards")>
            {cards}
        </div>
    }
    .into_any()
}

fn card(desk: Desk, set: SetId) -> AnyView {
    let key = set.key();
    let solid = desk.solid(move || set);
    let picture =
        Memo::new(move |_| solid.with(|solid| solid.as_ref().map(|solid| small(desk, solid))).unwrap_or_default());
    let flat = if set.entry().in_plane { set_outline(set) } else { flat_picture(set) };
    let chosen = move || desk.shown.get() == set;
    let pick = move |_| {
        desk.shown.set(set);
        if set.entry().in_plane {
            desk.geo.phase.set(None);
            desk.geo.sketch.set(None);
            desk.geo.state.update(|state| state.set = set);
        }
    };
    let help = if set.entry().in_plane { "gallery.pick" } else { "gallery.pick_body" };
    view! {
        <button
            type="button"
            class="gallery-card"
            class:on=chosen
            data-card=key
            aria-pressed=move || chosen().to_string()
            title=move || tr(help)
            on:click=pick
        >
            <span class="pictures" aria-hidden="true">
                <svg class="flat" viewBox="0 0 26 26">
                    <path d=flat></path>
                </svg>
                <svg class="deep" viewBox=format!("0 0 {SIDE} {SIDE}")>
                    <g inner_html=move || picture.get()></g>
                </svg>
            </span>
            <b>{move || name(set)}</b>
            <Tex mathml=Signal::derive(move || set.entry().set_formula().to_string()) />
            <small>{move || tr(&format!("gallery.{key}.corners"))}</small>
        </button>
    }
    .into_any()
}

/// A body with the oracle's answer, small.
fn small(desk: Desk, solid: &Shared<Solid>) -> String {
    let from = desk.pose.with(|pose| pose.view);
    let view = View::new(solid, from, (1.3 * SIDE, 1.3 * SIDE)).moved_to((SIDE, SIDE));
    let touch = desk.touch(solid);
    let mut marks = body(solid, &view, &touch, true);
    marks.push(diamond(view.px(touch.at), 4.0));
    svg(&marks)
}
