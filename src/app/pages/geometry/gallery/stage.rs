//! The large picture: a body to turn round, −g as an arrow to turn by its tip, and what the oracle answers. All of it
//! can be done by pointer, by arrow keys, and by typing angles.

use leptos::prelude::*;
use leptos::{ev, html, svg};
use wasm_bindgen::JsCast;

use super::super::frame::Frame;
use super::super::labels::{Area, Label, OVER_FIRST, Placed, RIGHT_FIRST, place};
use super::super::layers::label_texts;
use super::super::run::Shared;
use super::hull::Point;
use super::solids::{Answer, Solid, angles, direction};
use super::view::{View, axes, scene};
use super::{ANGLES, Desk, Pose, name, written};
use crate::app::controls::ParamField;
use crate::app::figure::marks::svg;
use crate::app::figure::use_width;
use crate::app::math::Tex;
use crate::app::{tr, tr_with};
use crate::plot::fixed;
use crate::sets::dot;

/// Degrees an arrow press, and a pixel of dragging.
const PRESS: f64 = 2.0;
const PIXEL: f64 = 0.4;
/// Height of the picture: a share of its width, at most this many pixels.
const SHAPE: f64 = 0.74;
const TALLEST: f64 = 420.0;

/// What the pointer is doing.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Drag {
    /// Turning the body: where it went down, and the view then.
    Orbit { from: (f64, f64), view: [f64; 2] },
    /// Turning −g: from the pointer to the tip, and whether the tip points towards the reader.
    Tip { offset: (f64, f64), near: bool },
}

/// What the oracle answers now, in words.
pub fn answer(desk: Desk, solid: &Solid) -> String {
    let touch = desk.touch(solid);
    tr_with(&format!("gallery.answer.{}", touch.answer.key()), &[("v", written(solid, &touch))])
}

/// The picture with what belongs to it.
pub fn stage(desk: Desk, solid: Memo<Option<Shared<Solid>>>) -> AnyView {
    let holder = NodeRef::<html::Div>::new();
    let width = use_width(holder);
    let size = Memo::new(move |_| {
        let width = width.get().floor();
        (width, (SHAPE * width).min(TALLEST).round())
    });
    let view = Memo::new(move |_| {
        let (size, from) = (size.get(), desk.pose.with(|pose| pose.view));
        solid.with(|solid| solid.as_ref().filter(|_| size.0 > 0.0).map(|solid| View::new(solid, from, size)))
    });
    let drawn = Memo::new(move |_| view.with(Option::is_some));
    let key = move || desk.shown.get().key();
    let words =
        Memo::new(move |_| solid.with(|solid| solid.as_ref().map(|solid| answer(desk, solid))).unwrap_or_default());
    // The face that the arrow can be turned onto: none on a round body.
    let face = Memo::new(move |_| {
        solid.with(|solid| {
            let touch = desk.touch(solid.as_ref()?);
            (touch.answer != Answer::Face && !touch.face.is_empty()).then(|| facing(touch.normal, desk))
        })
    });
    let onto = move |_| {
        if let Some(normal) = face.get_untracked() {
            desk.pose.update(|pose| pose.aim(angles(normal)));
        }
    };
    let pose: Signal<Pose> = desk.pose.into();
    let fields = ANGLES
        .iter()
        .map(|param| {
            let change = Callback::new(move |pose: Pose| desk.pose.set(pose));
            view! { <ParamField param=param value=pose on_change=change /> }.into_any()
        })
        .collect_view();
    view! {
        <div class="gallery-stage">
            <p class="gallery-name">
                <b>{move || name(desk.shown.get())}</b>
                <span>{move || tr(&format!("gallery.{}.body", key()))}</span>
                <Tex mathml=Signal::derive(move || desk.shown.get().entry().set_formula().to_string()) />
            </p>
            <div class="gallery-holder" node_ref=holder>
                {move || drawn.get().then(|| drawing(desk, solid, view))}
            </div>
            <p class="gallery-answer">
                <span>{move || words.get()}</span>
                <button
                    type="button"
                    class="plain"
                    data-face="onto"
                    disabled=move || face.with(Option::is_none)
                    on:click=onto
                >
                    {move || tr("gallery.onto")}
                </button>
            </p>
            <div class="gallery-angles">{fields}</div>
        </div>
    }
    .into_any()
}

/// A face's normal on the side of −g: a flat body has one face, whose normal may point either way.
fn facing(normal: Point, desk: Desk) -> Point {
    let downhill = direction(desk.pose.with(|pose| pose.downhill));
    if dot(&normal, &downhill) < 0.0 { normal.map(|value| -value) } else { normal }
}

/// The drawing: what is seen, the ground that turns the view, the handle that turns −g, the labels.
fn drawing(desk: Desk, solid: Memo<Option<Shared<Solid>>>, view: Memo<Option<View>>) -> AnyView {
    let canvas = NodeRef::<svg::Svg>::new();
    let drag = RwSignal::new(None::<Drag>);
    let downhill = move || direction(desk.pose.with(|pose| pose.downhill));
    let marks = Memo::new(move |_| {
        let d = downhill();
        let drawn = |view: &View| {
            solid.with(|solid| solid.as_ref().map(|solid| svg(&scene(solid, view, &desk.touch(solid), d))))
        };
        view.with(|view| view.as_ref().and_then(drawn)).unwrap_or_default()
    });
    let labels = Memo::new(move |_| {
        let placed = |view: &View| {
            solid.with(|solid| solid.as_ref().map(|solid| label_texts(&labels(desk, solid, view, downhill()))))
        };
        view.with(|view| view.as_ref().and_then(placed)).unwrap_or_default()
    });
    let tip = move || view.with(|view| view.as_ref().map_or((-99.0, -99.0), |view| view.px(view.tip(downhill()))));

    let pixel = move |event: &web_sys::MouseEvent| {
        canvas.get_untracked().map_or((0.0, 0.0), |canvas| {
            let rect = canvas.get_bounding_client_rect();
            (f64::from(event.client_x()) - rect.left(), f64::from(event.client_y()) - rect.top())
        })
    };
    let down = move |event: ev::PointerEvent| {
        if event.button() != 0 || !event.is_primary() {
            return;
        }
        if let Some(canvas) = canvas.get_untracked() {
            // Fails only for a pointer that is gone already.
            let _ = canvas.set_pointer_capture(event.pointer_id());
        }
        let (x, y) = pixel(&event);
        let (tip_x, tip_y) = untrack(tip);
        let begun = if on_tip(&event) {
            let near = view
                .with_untracked(|view| view.as_ref().is_none_or(|view| dot(&untrack(downhill), &view.toward) >= 0.0));
            Drag::Tip { offset: (tip_x - x, tip_y - y), near }
        } else {
            Drag::Orbit { from: (x, y), view: desk.pose.with_untracked(|pose| pose.view) }
        };
        drag.set(Some(begun));
    };
    let moved = move |event: ev::PointerEvent| {
        let (x, y) = pixel(&event);
        match drag.get_untracked() {
            Some(Drag::Orbit { from, view: [turn, rise] }) => {
                let angles = [turn - PIXEL * (x - from.0), rise + PIXEL * (y - from.1)];
                desk.pose.update(|pose| pose.look_from(angles));
            }
            Some(Drag::Tip { offset, near }) => {
                let at = (x + offset.0, y + offset.1);
                let aimed = view.with_untracked(|view| view.as_ref().map(|view| view.downhill_at(at, near)));
                if let Some(aimed) = aimed {
                    desk.pose.update(|pose| pose.aim(angles(aimed)));
                }
            }
            None => {}
        }
    };
    // The body turns the way the arrow points, as under a finger; −g by its own angles.
    let orbit_key = move |event: ev::KeyboardEvent| {
        if let Some([right, up]) = arrow_key(&event) {
            desk.pose.update(|pose| pose.look_from([pose.view[0] - right, pose.view[1] - up]));
        }
    };
    let tip_key = move |event: ev::KeyboardEvent| {
        if let Some([right, up]) = arrow_key(&event) {
            desk.pose.update(|pose| pose.aim([pose.downhill[0] + right, pose.downhill[1] + up]));
        }
    };
    let spoken =
        move |[turn, rise]: [f64; 2]| tr_with("gallery.angles", &[("turn", fixed(turn, 0)), ("rise", fixed(rise, 0))]);
    let held = move || matches!(drag.get(), Some(Drag::Tip { .. }));
    let at_tip = move || {
        let (x, y) = tip();
        format!("translate({x:.1} {y:.1})")
    };
    let size = move |side: fn(&View) -> f64| view.with(|view| view.as_ref().map_or(1.0, side));
    view! {
        <svg
            class="gallery-svg"
            class:dragging=move || drag.with(Option::is_some)
            width=move || size(|view| view.width)
            height=move || size(|view| view.height)
            role="group"
            aria-label=move || tr("gallery.stage")
            node_ref=canvas
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=move |_| drag.set(None)
            on:pointercancel=move |_| drag.set(None)
        >
            <rect
                class="ground"
                width="100%"
                height="100%"
                tabindex="0"
                role="slider"
                data-orbit="view"
                aria-label=move || tr("gallery.orbit")
                aria-valuemin="-180"
                aria-valuemax="180"
                aria-valuenow=move || desk.pose.with(|pose| pose.view[0]).to_string()
                aria-valuetext=move || spoken(desk.pose.with(|pose| pose.view))
                on:keydown=orbit_key
            />
            <g class="marks" inner_html=move || marks.get()></g>
            <g
                class="handle c-ink"
                class:held=held
                tabindex="0"
                role="slider"
                data-handle="downhill"
                aria-label=move || tr("gallery.tip")
                aria-valuemin="-180"
                aria-valuemax="180"
                aria-valuenow=move || desk.pose.with(|pose| pose.downhill[0]).to_string()
                aria-valuetext=move || spoken(desk.pose.with(|pose| pose.downhill))
                transform=at_tip
                on:keydown=tip_key
            >
                <circle class="hit" r="15" />
                <circle class="ring-dots" r="11" />
                <circle class="core" r="3" />
            </g>
            <g class="marks" inner_html=move || labels.get()></g>
        </svg>
    }
    .into_any()
}

/// Whether the pointer is on the arrow's tip.
fn on_tip(event: &ev::PointerEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    element.is_some_and(|element| element.closest("[data-handle]").ok().flatten().is_some())
}

/// Degrees to the right and up that an arrow key asks for, with Shift ten times as many; the key is then taken.
fn arrow_key(event: &ev::KeyboardEvent) -> Option<[f64; 2]> {
    let far = if event.shift_key() { 10.0 * PRESS } else { PRESS };
    let way = match event.key().as_str() {
        "ArrowLeft" => [-far, 0.0],
        "ArrowRight" => [far, 0.0],
        "ArrowUp" => [0.0, far],
        "ArrowDown" => [0.0, -far],
        _ => return None,
    };
    // Neither the page nor the transport may take the key as well.
    event.prevent_default();
    event.stop_propagation();
    Some(way)
}

/// The labels, placed: the answer, −g, the axes.
fn labels(desk: Desk, solid: &Solid, view: &View, downhill: Point) -> Vec<Placed> {
    let (touch, tip) = (desk.touch(solid), view.px(view.tip(downhill)));
    let at = view.px(touch.at);
    let label = |text: String, class: &'static str, size: f64, at, clear| Label {
        text,
        sub: "",
        class,
        quantity: None,
        size,
        at,
        clear,
        places: RIGHT_FIRST,
    };
    let answer = label(tr("geometry.label.corner_short"), "lab halo fw b", 13.0, at, 14.0);
    let mut all = vec![
        Label { quantity: Some("v"), places: OVER_FIRST, ..answer },
        Label { quantity: Some("g"), ..label("−g".into(), "sym halo", 17.0, tip, 14.0) },
    ];
    let names = solid.space.names().iter();
    all.extend(
        axes(solid, view)
            .into_iter()
            .zip(names)
            .map(|([_, end], name)| label((*name).into(), "ax halo", 12.0, end, 5.0)),
    );
    let taken = vec![Area::around(at, 10.0), Area::around(tip, 12.0)];
    // Only its size is read.
    place(all, taken, &Frame::new(view.width, view.height, 1.0))
}
