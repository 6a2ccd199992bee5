//! “What does a linear oracle see?” Frank–Wolfe in the plane, beside projected gradient and gradient descent.
//!
//! No engine: everything is computed here in `f64` within a few milliseconds a change, so the page is alive before
//! anything else has loaded. The state is one checked value ([`state::GeometryState`]); what follows from it is a
//! chain of memos ([`geo::Geo`]): Ω → a thousand steps of every method → the step shown.

mod cases;
mod cases_figure;
mod cloud;
mod contours;
mod fields;
mod formula;
mod frame;
mod gallery;
mod gap_figure;
mod geo;
mod grips;
mod labels;
mod layers;
mod marks;
mod plane_figure;
mod player;
mod pointers;
mod race_figure;
mod rate;
mod rules;
mod run;
pub mod state;
mod strip;
mod table;
mod words;

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

use self::cases_figure::CasesFigure;
use self::fields::{Corners, Fields, tell};
use self::formula::FormulaStrip;
pub use self::gallery::gallery;
use self::gallery::{GalleryFigure, gallery_button};
use self::gap_figure::GapFigure;
use self::geo::Geo;
use self::plane_figure::{PlaneFigure, summary, told};
use self::race_figure::{RaceFigure, rule_courses};
use self::rules::StepRules;
use self::run::Courses;
use self::state::{GeometryState, Landscape, PLANE, param};
use crate::app::controls::{Choice, ParamField, SetChips, Toggle, folded_on_phone};
use crate::app::figure::Room;
use crate::app::pages::link::follow_link;
use crate::app::pages::tabs::tabs;
use crate::app::parts;
use crate::app::{tr, tr_with, use_lab};
use crate::optim::active_set::{VARIANTS, Variant};
use crate::session::params::parse;
use crate::sets::{SetId, ShapeParameter};

/// Quiet time before the plane is read out anew.
const HUSH: Duration = Duration::from_millis(1200);

/// The page.
#[component]
pub fn GeometryPage() -> impl IntoView {
    let lab = use_lab();
    let state = lab.plane_query.with_untracked(|pairs| read_link(pairs));
    let geo = Geo::new(state);
    provide_context(geo);
    player::connect(geo);
    let busy = move || geo.playing.get() || geo.drag.get().is_some();
    follow_link(PLANE, geo.state, lab.plane_query, busy, move |pairs| {
        geo.playing.set(false);
        geo.phase.set(None);
        geo.sketch.set(None);
        read_link(pairs)
    });
    let courses = rule_courses(geo);
    provide_context(courses);
    let leave = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            geo.phase.set(None);
            geo.sketch.set(None);
        }
    };
    view! {
        <div class="geometry-page" on:keydown=leave>
            {tabs(
                "geometry.tabs",
                &["geometry.tab.plane", "geometry.tab.gap", "geometry.tab.cases", "geometry.tab.race"],
            )}
            <div class="work">
                {rail(geo, courses)}
                <div class="stage">
                    <div class="g-figs">
                        <div class="p1">
                            <PlaneFigure />
                            <Fields />
                        </div>
                        <div class="g-right" class:racing=move || geo.state.with(|state| state.race)>
                            <GapFigure />
                            <CasesFigure />
                            <Room class="p4" fetch=|_| Box::pin(parts::race()) />
                        </div>
                    </div>
                    <div class="p1">
                        <FormulaStrip />
                    </div>
                </div>
            </div>
            <GalleryFigure />
            {spoken(geo)}
        </div>
    }
    .into_any()
}

/// The race, a part of the page that is fetched when it unfolds. Inside the geometry page's context.
pub fn race() -> AnyView {
    let courses = use_context::<Courses>().unwrap_or_else(|| rule_courses(geo::use_geo()));
    view! { <RaceFigure rules=courses /> }.into_any()
}

/// The state that a link describes; what it could not be taken for is said.
fn read_link(pairs: &[(String, String)]) -> GeometryState {
    let lab = use_lab();
    let (state, notes) = parse(PLANE, pairs);
    tell(lab, notes);
    let known = |key: &str| PLANE.iter().any(|row| row.key == key);
    let unknown: Vec<String> =
        pairs.iter().filter(|(key, _)| !known(key)).take(4).map(|(key, _)| key.chars().take(20).collect()).collect();
    if !unknown.is_empty() {
        // Untracked: the page must not be built anew when the language changes.
        lab.say(untrack(|| tr_with("note.unknown", &[("keys", unknown.join(", "))])));
    }
    state
}

/// The controls.
fn rail(geo: Geo, courses: Courses) -> AnyView {
    let state = geo.state;
    let change = Callback::new(move |next: GeometryState| {
        geo.phase.set(None);
        state.set(next);
    });
    let value: Signal<GeometryState> = state.into();
    let shaped_by = move |parameter: ShapeParameter| {
        Memo::new(move |_| state.with(|state| state.set.entry().shape.contains(&parameter)))
    };
    let field = move |key: &'static str| view! { <ParamField param=param(key) value=value on_change=change /> };
    let shape_field = move |parameter: ShapeParameter, key: &'static str| {
        let shown = shaped_by(parameter);
        move || shown.get().then(|| field(key).into_any())
    };
    let has_corners = shaped_by(ShapeParameter::Corners);
    let quadratic = Memo::new(move |_| state.with(|state| state.terrain.landscape == Landscape::Quadratic));
    let landscapes: Vec<_> = Landscape::ALL
        .map(|(_, key)| (key.to_string(), Signal::derive(move || tr(&format!("geometry.landscape.{key}")))))
        .into();
    let pick_landscape = Callback::new(move |key: String| {
        let mut next = state.get_untracked();
        if param("f").read(&mut next, &key).is_none() {
            change.run(next);
        }
    });
    let pick_set = Callback::new(move |set: SetId| {
        geo.phase.set(None);
        geo.sketch.set(None);
        state.update(|state| state.set = set);
    });
    let folder = folded_on_phone();
    view! {
        <aside class="rail" aria-label=move || tr("geometry.controls")>
            <details open node_ref=folder>
                <summary>{move || tr("geometry.controls")}</summary>
                <section>
                    <div class="corner-head">
                        <h2>{move || tr("geometry.param.set")}</h2>
                        {gallery_button()}
                    </div>
                    <SetChips
                        sets=SetId::in_plane().collect()
                        selected=Signal::derive(move || state.with(|state| state.set))
                        on_pick=pick_set
                    />
                </section>
                <section class="shape">
                    {shape_field(ShapeParameter::Radius, "r")}
                    <div class="compact">
                        {shape_field(ShapeParameter::Exponent, "p")}
                        {shape_field(ShapeParameter::Sparsity, "k")}
                        {shape_field(ShapeParameter::Aspect, "aspect")}
                    </div>
                    {move || has_corners.get().then(|| view! { <Corners /> })}
                </section>
                <section class="terrain">
                    <Choice
                        label=Signal::derive(|| tr("geometry.param.landscape"))
                        options=landscapes
                        selected=Signal::derive(move || state.with(|state| state.terrain.landscape.key().to_string()))
                        on_pick=pick_landscape
                    />
                    {move || quadratic.get().then(|| field("stretch").into_any())}
                </section>
                {variants(geo)}
                <StepRules courses=courses />
                <section class="show">
                    <h2>{move || tr("geometry.show")}</h2>
                    <Toggle
                        label=Signal::derive(|| tr("geometry.method.pg"))
                        on=Signal::derive(move || state.with(|state| state.projected_gradient))
                        on_toggle=Callback::new(move |on| state.update(|state| state.projected_gradient = on))
                    />
                    <Toggle
                        label=Signal::derive(|| tr("geometry.method.gd"))
                        on=Signal::derive(move || state.with(|state| state.gradient_descent))
                        on_toggle=Callback::new(move |on| state.update(|state| state.gradient_descent = on))
                    />
                </section>
            </details>
        </aside>
    }
    .into_any()
}

/// Classic, away or pairwise steps. The last two need a polytope: elsewhere the choice is closed, and says why.
fn variants(geo: Geo) -> AnyView {
    let round = Memo::new(move |_| geo.omega.with(|omega| omega.as_ref().is_some_and(|omega| omega.round)));
    let options: Vec<_> = VARIANTS
        .iter()
        .map(|row| (row.key.to_string(), Signal::derive(move || tr(&format!("geometry.variant.{}", row.key)))))
        .collect();
    let selected = Signal::derive(move || {
        let asked = geo.state.with(|state| state.variant);
        let runs = if round.get() { Variant::Classic } else { asked };
        runs.key().to_string()
    });
    let pick = Callback::new(move |key: String| {
        if let Some(variant) = Variant::parse(&key) {
            geo.phase.set(None);
            geo.state.update(|state| state.variant = variant);
        }
    });
    view! {
        <section class="variant">
            <fieldset
                data-param="variant"
                disabled=move || round.get()
                title=move || tr("geometry.param.variant.help")
            >
                <Choice
                    label=Signal::derive(|| tr("geometry.param.variant"))
                    options=options
                    selected=selected
                    on_pick=pick
                />
                {move || round.get().then(|| view! { <p class="field-help">{tr("geometry.variant.round")}</p> })}
            </fieldset>
        </section>
    }
    .into_any()
}

/// The plane in one sentence for screen readers, once things have come to rest.
fn spoken(geo: Geo) -> AnyView {
    let sentence = RwSignal::new(String::new());
    let mut say = debounce(HUSH, move |text: String| {
        sentence.try_set(text);
    });
    // Silent at first: the figure's own label is read then.
    Effect::new(move |seen: Option<bool>| {
        let text = geo.phase.get().map_or_else(|| summary(geo), |phase| told(geo, phase));
        if seen == Some(true) && !geo.playing.get() && geo.drag.get().is_none() {
            say(text);
        }
        true
    });
    view! {
        <p class="vh" aria-live="polite">
            {move || sentence.get()}
        </p>
    }
    .into_any()
}
