//! Everything that can be dragged can be typed: a line of small number fields under the plane. A value out of range
//! is adjusted and the lab says so.

use leptos::prelude::*;

use super::geo::{Geo, Grip, use_geo};
use super::state::{Landscape, PLANE, param};
use crate::app::url::note_text;
use crate::app::{tr, tr_with, use_lab};
use crate::number;
use crate::optim::plane::StepRule;
use crate::plot::fixed;
use crate::session::params::{Kind, Note, Value};

/// Takes what was typed for `key`; says what was not taken literally.
fn commit(geo: Geo, key: &'static str, text: &str) {
    let lab = use_lab();
    debug_assert!(PLANE.iter().any(|row| row.key == key));
    let mut next = geo.state.get_untracked();
    if let Some(note) = param(key).read(&mut next, text) {
        tell(lab, vec![note]);
    }
    geo.phase.set(None);
    geo.state.set(next);
}

/// More notes than this are not said one by one.
const MOST_SAID: usize = 4;

/// Says what was not taken literally.
pub fn tell(lab: crate::app::Lab, notes: Vec<Note>) {
    if !notes.is_empty() {
        for note in notes.iter().take(MOST_SAID) {
            lab.say(note_text(lab, note));
        }
        lab.notes.update(|all| all.extend(notes));
    }
}

/// A value as a number field wants it: a point, a hyphen, no grouping.
fn shown(geo: Geo, key: &'static str) -> String {
    let row = param(key);
    let decimals = match row.kind {
        Kind::Number { decimals, .. } => decimals,
        _ => 0,
    };
    match geo.state.with(|state| (row.get)(state)) {
        Value::Number(value) => fixed(value, decimals).replace('−', "-"),
        Value::Text(text) => text,
    }
}

/// A small number field. Its owner gives it a visible name; `label` is its full name.
fn number(geo: Geo, key: &'static str, grip: Option<Grip>) -> AnyView {
    let row = param(key);
    let (min, max, step) = match row.kind {
        Kind::Number { min, max, step, .. } => (min, max, step),
        Kind::Integer { min, max, .. } => (min, max, 1.0),
        Kind::Choice(_) | Kind::Text => (0.0, 0.0, 1.0),
    };
    view! {
        <input
            type="number"
            inputmode="decimal"
            class="digits"
            data-param=key
            min=min
            max=max
            step=step
            aria-label=move || tr(row.text)
            prop:value=move || shown(geo, key)
            on:focus=move |_| {
                if let Some(grip) = grip {
                    geo.last.set(grip);
                }
            }
            on:change=move |event| {
                commit(geo, key, &event_target_value(&event));
                // What was adjusted to the value that held already changes no signal: write it back.
                event_target::<web_sys::HtmlInputElement>(&event).set_value(&untrack(|| shown(geo, key)));
            }
        />
    }
    .into_any()
}

/// A named pair of fields, `start x₀ ( … , … )`.
fn point(geo: Geo, name: &'static str, keys: [&'static str; 2], grip: Grip) -> AnyView {
    view! {
        <span class="entry">
            <span aria-hidden="true">{move || tr(name)}</span>
            {keys.map(|key| number(geo, key, Some(grip))).into_iter().collect_view()}
        </span>
    }
    .into_any()
}

fn single(geo: Geo, name: &'static str, key: &'static str, grip: Option<Grip>) -> AnyView {
    view! {
        <span class="entry">
            <span aria-hidden="true">{move || tr(name)}</span>
            {number(geo, key, grip)}
        </span>
    }
    .into_any()
}

/// The fields of the noise, in a line of their own.
const NOISE: [(&str, &str); 4] = [
    ("geometry.fields.sigma", "sigma"),
    ("geometry.fields.batch", "b"),
    ("geometry.fields.growth", "grow"),
    ("geometry.fields.seed", "seed"),
];

/// The line of fields.
#[component]
pub fn Fields() -> impl IntoView {
    let geo = use_geo();
    let quadratic = Memo::new(move |_| geo.state.with(|state| state.terrain.landscape == Landscape::Quadratic));
    let noisy = Memo::new(move |_| geo.state.with(|state| !state.noise.is_off()));
    let constant = Memo::new(move |_| geo.state.with(|state| state.rule == StepRule::Constant));
    view! {
        <div class="entries" role="group" aria-label=move || tr("geometry.fields.label")>
            {point(geo, "geometry.label.start", ["x", "y"], Grip::Start)}
            {point(geo, "geometry.label.lowest", ["cx", "cy"], Grip::Optimum)}
            {move || quadratic.get().then(|| single(geo, "geometry.fields.angle", "angle", Some(Grip::Axes)))}
            {move || constant.get().then(|| single(geo, "geometry.fields.gamma", "gamma", None))}
            {single(geo, "geometry.fields.total", "T", None)}
            {move || {
                noisy.get().then(|| NOISE.map(|(name, key)| single(geo, name, key, None)).into_iter().collect_view().into_any())
            }}
        </div>
    }
    .into_any()
}

/// The corners of the hand-drawn polygon: draw anew, add, pick one and type it.
#[component]
pub fn Corners() -> impl IntoView {
    let geo = use_geo();
    let count = Memo::new(move |_| geo.state.with(|state| state.shape.corners.len()));
    let picked = Memo::new(move |_| match geo.last.get() {
        Grip::Corner(i) => i.min(count.get().saturating_sub(1)),
        _ => 0,
    });
    let drawing = Memo::new(move |_| geo.sketch.with(Option::is_some));
    let draw = move |_| {
        if drawing.get_untracked() {
            geo.sketch.set(None);
        } else {
            geo.sketch.set(Some(Vec::new()));
            geo.last.set(Grip::Corner(0));
        }
    };
    let list = move || {
        (0..count.get())
            .map(|i| {
                view! {
                    <button
                        type="button"
                        class="corner"
                        aria-pressed=move || (picked.get() == i).to_string()
                        aria-label=move || Grip::Corner(i).label()
                        on:click=move |_| geo.last.set(Grip::Corner(i))
                    >
                        {i + 1}
                    </button>
                }
            })
            .collect_view()
    };
    view! {
        <section class="corners">
            <div class="corner-head">
                <h2>{move || tr("geometry.corners.title")}</h2>
                <button
                    type="button"
                    class="plain"
                    data-act="draw-polygon"
                    aria-pressed=move || drawing.get().to_string()
                    on:click=draw
                >
                    {move || tr(if drawing.get() { "geometry.corners.done" } else { "geometry.corners.draw" })}
                </button>
            </div>
            {move || drawing.get().then(|| view! { <p class="field-help">{tr("geometry.corners.hint")}</p> })}
            <div class="corner-list" role="group" aria-label=move || tr("geometry.corners.title")>
                {list}
                <button
                    type="button"
                    class="corner"
                    data-act="add-corner"
                    aria-label=move || tr("geometry.corners.add")
                    title=move || tr("geometry.corners.add")
                    on:click=move |_| geo.add_corner()
                >
                    "+"
                </button>
            </div>
            <div class="entry">
                {coordinate(geo, picked, 0)} {coordinate(geo, picked, 1)}
                <button
                    type="button"
                    class="plain"
                    data-act="remove-corner"
                    disabled=move || count.get() <= 3
                    on:click=move |_| geo.remove_corner(picked.get_untracked())
                >
                    {move || tr("geometry.corners.remove")}
                </button>
            </div>
        </section>
    }
    .into_any()
}

/// One coordinate of the picked corner.
fn coordinate(geo: Geo, picked: Memo<usize>, axis: usize) -> AnyView {
    let value = move || {
        let i = picked.get();
        geo.state.with(|state| state.shape.corners.get(i).map_or(0.0, |corner| corner[axis]))
    };
    let shown = move || fixed(value(), 2).replace('−', "-");
    let label = move || {
        let name = Grip::Corner(picked.get()).label();
        tr_with(if axis == 0 { "geometry.corners.x" } else { "geometry.corners.y" }, &[("name", name)])
    };
    view! {
        <input
            type="number"
            inputmode="decimal"
            class="digits"
            min="-3"
            max="3"
            step="0.01"
            aria-label=label
            prop:value=shown
            on:change=move |event| {
                let i = picked.get_untracked();
                if let Some(typed) = number::parse(&event_target_value(&event))
                    && let Some(mut corner) = untrack(|| geo.grip_at(Grip::Corner(i)))
                    && let Some(place) = corner.get_mut(axis)
                {
                    *place = typed;
                    geo.move_grip(Grip::Corner(i), corner);
                }
                event_target::<web_sys::HtmlInputElement>(&event).set_value(&untrack(shown));
            }
        />
    }
    .into_any()
}
