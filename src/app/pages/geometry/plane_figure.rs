//! The plane: Ω, the level lines of f, the trails, the oracle's corner and the gap as a strip; everything dotted can
//! be dragged. Drawn in layers, each recomputed only when what it shows has changed.

use leptos::prelude::*;
use leptos::{ev, html, svg};

use super::cloud::DRAWS;
use super::contours::{Grid, here_path, level_path};
use super::frame::Frame;
use super::geo::{Geo, Grip, Phase, use_geo};
use super::grips::grip_view;
use super::labels::Placed;
use super::layers::{cross, ground, label_texts, points, sketch};
use super::marks::{Names, Scene, labels};
use super::player::slow;
use super::pointers::Pointers;
use super::run::Shared;
use super::state::Landscape;
use super::strip::Strip;
use super::table::plane_table;
use super::words::{pair, short};
use crate::app::figure::marks::svg;
use crate::app::figure::{Figure, use_width};
use crate::app::lab::Page;
use crate::app::shell::mark_ready;
use crate::app::{tr, tr_with, use_lab};
use crate::optim::active_set::Variant;
use crate::plot::{fixed, integer};

/// Windows narrower than this carry fewer labels.
const SMALL: f64 = 440.0;

/// The size of the browser's window, followed.
fn use_window() -> Signal<(f64, f64)> {
    let measure = || {
        let read = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|v| v.as_f64()).unwrap_or(0.0);
        web_sys::window().map_or((0.0, 0.0), |window| (read(window.inner_width()), read(window.inner_height())))
    };
    let size = RwSignal::new(measure());
    let resized = window_event_listener(ev::resize, move |_| size.set(measure()));
    on_cleanup(move || resized.remove());
    size.into()
}

/// The plane's height for its width: as tall as fits between the question and the formulas.
fn height_for(width: f64, (window_width, window_height): (f64, f64), present: bool, noisy: bool) -> f64 {
    if window_width < 960.0 {
        return (0.82 * width).round();
    }
    // The fields of the noise are a line more.
    let fields = if noisy { 30.0 } else { 0.0 };
    let others = fields + if present { 258.0 } else { 296.0 };
    (0.78 * width).min((window_height - others).max(340.0)).round()
}

/// The figure.
#[component]
pub fn PlaneFigure() -> impl IntoView {
    let geo = use_geo();
    let lab = use_lab();
    let holder = NodeRef::<html::Div>::new();
    let width = use_width(holder);
    let window = use_window();
    let size = Memo::new(move |_| {
        let (width, noisy) = (width.get().floor(), geo.state.with(|state| !state.noise.is_off()));
        (width, height_for(width, window.get(), lab.present.get(), noisy))
    });
    // While something is dragged the window on the plane stands still.
    let zoom = Memo::new(move |last: Option<&f64>| {
        if let (Some(_), Some(last)) = (geo.drag.get(), last) {
            return *last;
        }
        let (width, height) = size.get();
        let axes = geo.grip_at(Grip::Axes);
        geo.of_runs(|runs| {
            let optimum = runs.terrain.optimum;
            let grips = [runs.start, optimum, axes.unwrap_or(optimum)];
            let points = runs.omega.outline.iter().copied().chain(grips);
            Some(Frame::zoom_for(width, height, points))
        })
        .unwrap_or(1.0)
    });
    let frame = Memo::new(move |_| {
        let (width, height) = size.get();
        Frame::new(width.max(1.0), height.max(1.0), zoom.get())
    });
    let drawn = Memo::new(move |_| size.get().0 > 0.0 && geo.runs.with(Option::is_some));
    Effect::new(move |done: Option<bool>| {
        let now = drawn.get();
        if now && done != Some(true) {
            request_animation_frame(|| mark_ready(Page::Geometry));
        }
        now || done == Some(true)
    });
    let table = Callback::new(move |()| untrack(|| plane_table(geo)));
    view! {
        <Figure
            name="plane"
            class="plane-figure"
            title=Signal::derive(move || title(geo))
            note=Signal::derive(move || note(geo))
            summary=Signal::derive(move || summary(geo))
            table=table
        >
            <div class="plane-box" node_ref=holder>
                {move || drawn.get().then(|| drawing(geo, frame))}
                <button
                    type="button"
                    class="plain slow"
                    data-act="slow"
                    aria-pressed=move || (geo.slow.get() % 2 == 1).to_string()
                    title=move || tr("geometry.slow.help")
                    on:click=move |_| slow(geo)
                >
                    {move || tr("geometry.slow")}
                </button>
            </div>
        </Figure>
    }
    .into_any()
}

/// What the figure is about: the sub-step that is told, or the oracle.
fn title(geo: Geo) -> String {
    geo.phase.get().map_or_else(
        || tr("geometry.plane.title"),
        |phase| format!("{} {}", phase.place() + 1, tr(&format!("geometry.phase.{}", phase.key()))),
    )
}

/// The sentence behind it.
fn note(geo: Geo) -> String {
    if let Some(phase) = geo.phase.get() {
        return told(geo, phase);
    }
    geo.cloud.with(|cloud| {
        let Some(cloud) = cloud else { return tr("geometry.plane.note") };
        let (agreed, round) = geo.of_runs(|runs| (cloud.agreed(runs), runs.omega.round));
        let values = [("draws", DRAWS.to_string()), ("agreed", agreed.to_string()), ("b", integer(cloud.batch as u64))];
        tr_with(if round { "geometry.cloud.round" } else { "geometry.cloud.corners" }, &values)
    })
}

/// A sub-step in one sentence.
pub fn told(geo: Geo, phase: Phase) -> String {
    let Some(step) = geo.now.get() else { return String::new() };
    // Away and pairwise moves go elsewhere than to the oracle's corner.
    let key = match (phase, step.kind) {
        (Phase::Move, Variant::Away | Variant::Pairwise) => step.kind.key(),
        _ => phase.key(),
    };
    let slope = step.g[0].hypot(step.g[1]);
    let gamma = fixed(step.gamma, if step.gamma < 0.095 { 4 } else { 2 });
    let values = [
        ("g", pair(step.g)),
        ("slope", short(slope)),
        ("v", pair(step.v)),
        ("gap", short(step.gap.max(0.0))),
        ("gamma", gamma),
    ];
    tr_with(&format!("geometry.told.{key}"), &values)
}

/// One sentence with what the plane shows now.
pub fn summary(geo: Geo) -> String {
    let (t, optimum) = geo.state.with(|state| (state.t, state.terrain.optimum));
    let start = geo.of_runs(|runs| runs.start);
    geo.of_now(|step| {
        let values = [
            ("set", set_name(geo)),
            ("t", t.to_string()),
            ("x", pair(step.x)),
            ("v", pair(step.v)),
            ("gap", short(step.gap.max(0.0))),
            ("start", pair(start)),
            ("c", pair(optimum)),
        ];
        tr_with("geometry.plane.summary", &values)
    })
}

/// Ω in words, `L1 ball, radius 1.00`.
fn set_name(geo: Geo) -> String {
    geo.state.with(|state| {
        let name = tr(&format!("set.{}.name", state.set.key()));
        if state.set.entry().shape.contains(&crate::sets::ShapeParameter::Radius) {
            tr_with("geometry.label.set", &[("name", name), ("radius", fixed(state.shape.radius, 2))])
        } else {
            name
        }
    })
}

/// The SVG.
fn drawing(geo: Geo, frame: Memo<Frame>) -> AnyView {
    let canvas = NodeRef::<svg::Svg>::new();
    let small = Memo::new(move |_| frame.with(|frame| frame.width < SMALL));
    let terrain = Memo::new(move |_| geo.state.with(|state| state.terrain));
    let grid = Memo::new(move |_| {
        let terrain = terrain.get();
        (terrain.landscape == Landscape::Ripple)
            .then(|| Shared::new(frame.with(|frame| Grid::sample(frame, terrain.build().as_ref()))))
    });
    let levels =
        Memo::new(move |_| frame.with(|frame| grid.with(|grid| level_path(frame, &terrain.get(), grid.as_deref()))));
    let here = Memo::new(move |_| {
        let value = geo.of_now(|step| step.value);
        frame.with(|frame| grid.with(|grid| here_path(frame, &terrain.get(), grid.as_deref(), value)))
    });
    let strip = Memo::new(move |_| {
        let (step, small) = (geo.now.get()?, small.get());
        frame.with(|frame| {
            geo.of_runs(|runs| {
                let marks = [runs.start, runs.answer, runs.terrain.optimum, step.x, step.v, step.next];
                Strip::new(frame, &step, &marks.map(|point| frame.px(point)), small)
            })
        })
    });
    // What is drawn below the handles: f, Ω and the runs; the number and the points. Above them: x* and the labels.
    let ground = Memo::new(move |_| {
        let marks = frame.with(|frame| {
            geo.cloud.with(|cloud| {
                let cloud = cloud.as_deref();
                strip.with(|strip| {
                    geo.of_runs(|runs| geo.of_now(|now| ground(geo, frame, strip.as_ref(), cloud, runs, now)))
                })
            })
        });
        format!(
            r#"<path class="level" d="{}"/><path class="level here" d="{}"/>{}"#,
            levels.get(),
            here.get(),
            svg(&marks)
        )
    });
    let points = Memo::new(move |_| {
        frame.with(|frame| {
            let marks = strip.with(|strip| geo.of_now(|now| points(frame, strip.as_ref(), now, small.get())));
            let sketch = geo.sketch.with(|corners| corners.as_ref().map(|corners| sketch(frame, corners)));
            svg(&marks) + &svg(&sketch.unwrap_or_default())
        })
    });
    let answer = Memo::new(move |_| frame.with(|frame| svg(&[cross(frame.px(geo.of_runs(|runs| runs.answer)), 5.0)])));
    let labels = Memo::new(move |_| label_texts(&place_labels(geo, frame, strip, small.get())));
    let events = Pointers::new(geo, frame, canvas);
    // Made anew only when there are others: a grip that is moved keeps the focus.
    let grips = Memo::new(move |_| geo.grips());
    view! {
        <svg
            class="plane"
            class:drawing=move || geo.sketch.with(Option::is_some)
            class:dragging=move || geo.drag.with(Option::is_some)
            width=move || frame.with(|frame| frame.width)
            height=move || frame.with(|frame| frame.height)
            data-now=move || geo.phase.get().map(|phase| phase.quantity())
            role="group"
            aria-label=move || tr("geometry.plane.label")
            node_ref=canvas
            on:pointerdown=move |event| events.down(&event)
            on:pointermove=move |event| events.moved(&event)
            on:pointerup=move |_| events.up()
            on:pointercancel=move |_| events.up()
            on:click=move |event| events.click(&event)
        >
            <defs>
                <clipPath id="plane-window">
                    <rect
                        width=move || frame.with(|frame| frame.width)
                        height=move || frame.with(|frame| frame.height)
                    />
                </clipPath>
            </defs>
            <rect
                class="ground"
                width=move || frame.with(|frame| frame.width)
                height=move || frame.with(|frame| frame.height)
            />
            <g clip-path="url(#plane-window)" inner_html=move || ground.get()></g>
            <g class="marks" inner_html=move || points.get()></g>
            {move || grips.get().into_iter().map(|grip| grip_view(geo, grip, frame)).collect_view()}
            <g class="marks" inner_html=move || answer.get() + &labels.get()></g>
        </svg>
    }
    .into_any()
}

fn place_labels(geo: Geo, frame: Memo<Frame>, strip: Memo<Option<Strip>>, small: bool) -> Vec<Placed> {
    let grips = geo.grips();
    let at = |grip: Grip| grips.contains(&grip).then(|| geo.grip_at(grip)).flatten();
    let (axes, radius) = (at(Grip::Axes), at(Grip::Radius));
    let (projected, descent, stretch) =
        geo.state.with(|state| (state.projected_gradient, state.gradient_descent, state.terrain.stretch));
    let round = geo.of_runs(|runs| runs.omega.round);
    let corner = match (round, small) {
        (_, true) => "geometry.label.corner_short",
        (true, false) => "geometry.label.point",
        (false, false) => "geometry.label.corner",
    };
    let names = Names {
        start: tr("geometry.label.start"),
        lowest: tr("geometry.label.lowest"),
        answer: tr("geometry.label.answer"),
        corner: tr(corner),
        next: tr("geometry.label.next"),
        projected: tr("geometry.method.pg"),
        descent: tr("geometry.method.gd"),
        set: set_name(geo),
        axes: tr_with("geometry.label.axes", &[("stretch", fixed(stretch, 1))]),
    };
    frame.with(|frame| {
        strip.with(|strip| {
            geo.runs.with(|runs| {
                geo.now.with(|now| match (runs, now) {
                    (Some(runs), Some(step)) => {
                        let strip = strip.as_ref();
                        geo.cloud.with(|cloud| {
                            let cloud = cloud.as_deref();
                            let scene =
                                Scene { frame, runs, step, strip, cloud, axes, radius, projected, descent, small };
                            labels(&scene, names)
                        })
                    }
                    _ => Vec::new(),
                })
            })
        })
    })
}
