//! The plane's layers, from the ground up: strip and Ω, trails, the number, the marks, the drawn corners, labels.

use leptos::prelude::*;

use super::frame::Frame;
use super::geo::Geo;
use super::labels::Placed;
use super::marks::{Shape, arrow, markers, outline_path, trail};
use super::strip::Strip;
use super::words::short;
use crate::app::tr_with;
use crate::optim::plane::PlaneStep;
use crate::plot::{fixed, path};

/// The strip, Ω on it, and the two lines.
pub fn ground_layers(geo: Geo, frame: Memo<Frame>, strip: Memo<Option<Strip>>) -> AnyView {
    let of_strip = move |read: fn(&Strip) -> &String| {
        move || strip.with(|strip| strip.as_ref().map(|strip| read(strip).clone()).unwrap_or_default())
    };
    let outline = Memo::new(move |_| frame.with(|frame| geo.of_runs(|runs| outline_path(frame, &runs.omega))));
    view! {
        <path class="band" data-q="gap" d=of_strip(|strip| &strip.area) />
        <path class="omega" d=move || outline.get() />
        <path class="ln fw thin" data-q="gap" d=of_strip(|strip| &strip.through_x) />
        <path class="ln fw support" data-q="v" d=of_strip(|strip| &strip.through_v) />
    }
    .into_any()
}

/// Trails and markers of the three methods, done and still to come.
pub fn run_layers(geo: Geo, frame: Memo<Frame>) -> AnyView {
    let span = Memo::new(move |_| geo.state.with(|state| (state.t as usize, state.total as usize)));
    let fw = move |from_t: bool| {
        move || {
            let (t, total) = span.get();
            let (from, to) = if from_t { (t, total) } else { (0, t) };
            frame.with(|frame| geo.of_runs(|runs| trail(frame, &runs.frank_wolfe, from, to)))
        }
    };
    let discs = move || {
        let t = span.get().0;
        frame.with(|frame| geo.of_runs(|runs| markers(frame, &runs.frank_wolfe, t.saturating_sub(1), Shape::Disc, 4.0)))
    };
    let pg = Memo::new(move |_| geo.state.with(|state| state.projected_gradient));
    let gd = Memo::new(move |_| geo.state.with(|state| state.gradient_descent));
    let other = move |shown: Memo<bool>, descent: bool, part: u8| {
        move || {
            if !shown.get() {
                return String::new();
            }
            let (t, total) = span.get();
            frame.with(|frame| {
                geo.of_runs(|runs| {
                    let (steps, shape) = if descent {
                        (&runs.gradient_descent, Shape::Triangle)
                    } else {
                        (&runs.projected_gradient, Shape::Square)
                    };
                    match part {
                        0 => trail(frame, steps, t, total),
                        1 => trail(frame, steps, 0, t),
                        _ => markers(frame, steps, t, shape, 3.5),
                    }
                })
            })
        }
    };
    let toward = move || frame.with(|frame| geo.of_now(|step| path([frame.px(step.x), frame.px(step.v)])));
    let slope = move || frame.with(|frame| geo.of_now(|step| arrow(frame, step).map(path).unwrap_or_default()));
    view! {
        <path class="ln sgd ahead" d=other(gd, true, 0) />
        <path class="ln sgd" d=other(gd, true, 1) />
        <path class="f sgd" d=other(gd, true, 2) />
        <path class="ln pg ahead" d=other(pg, false, 0) />
        <path class="ln pg" d=other(pg, false, 1) />
        <path class="f pg" d=other(pg, false, 2) />
        <path class="ln fw thin ahead" d=fw(true) />
        <path class="ln fw toward" data-q="x" d=toward />
        <path class="ln fw thick" d=fw(false) />
        <path class="f fw" d=discs />
        <path class="slope" data-q="g" marker-end="url(#plane-arrow)" d=slope />
    }
    .into_any()
}

/// The measuring bar and the number.
pub fn gap_number(geo: Geo, strip: Memo<Option<Strip>>, small: Memo<bool>) -> AnyView {
    let bar = move || strip.with(|strip| strip.as_ref().map(|strip| strip.bar.clone()).unwrap_or_default());
    let text = move || {
        strip.with(|strip| {
            let strip = strip.as_ref()?;
            let gap = tr_with("geometry.label.gap", &[("gap", short(geo.of_now(|step| step.gap.max(0.0))))]);
            let values = [("width", fixed(strip.width, 2)), ("slope", fixed(strip.slope, 2))];
            let product = (!small.get()).then(|| tr_with("geometry.label.product", &values));
            let (x, y) = strip.text;
            let halo = if strip.inside { "big fw b" } else { "big fw b halo" };
            let note = if strip.inside { "note" } else { "note halo" };
            Some(
                view! {
                    <text class=halo x=x y=y text-anchor=strip.anchor>
                        {gap}
                    </text>
                    {product
                        .map(|product| {
                            view! {
                                <text class=note x=x y={y + 17.0} text-anchor=strip.anchor>
                                    {product}
                                </text>
                            }
                        })}
                }
                .into_any(),
            )
        })
    };
    view! {
        <g class="gap-number" data-q="gap">
            <path class="ln fw" d=bar />
            {text}
        </g>
    }
    .into_any()
}

/// x_t, the corner and the next point.
pub fn mark_layers(geo: Geo, frame: Memo<Frame>) -> AnyView {
    let at = move |read: fn(&PlaneStep) -> [f64; 2]| {
        move || {
            let (x, y) = frame.with(|frame| frame.px(geo.of_now(read)));
            format!("translate({x:.1} {y:.1})")
        }
    };
    view! {
        <circle class="f fw" data-q="x" r="6.5" transform=at(|step| step.x) />
        <path class="vertex" data-q="v" d="M0 -9l9 9-9 9-9-9z" transform=at(|step| step.v) />
        <circle class="next" data-q="x" r="4.5" transform=at(|step| step.next) />
    }
    .into_any()
}

/// x*.
pub fn answer_cross(geo: Geo, frame: Memo<Frame>) -> AnyView {
    let place = move || {
        let (x, y) = frame.with(|frame| frame.px(geo.of_runs(|runs| runs.answer)));
        format!("translate({x:.1} {y:.1})")
    };
    view! { <path class="answer" d="M-5 -5l10 10m0-10l-10 10" transform=place /> }.into_any()
}

/// The corners as they were drawn: the hull is Ω, the points may lie inside it.
pub fn sketch_layer(geo: Geo, frame: Memo<Frame>) -> AnyView {
    let drawn = move || {
        let points = geo.sketch.get().unwrap_or_default();
        frame.with(|frame| path(points.into_iter().map(|point| frame.px(point))))
    };
    let points = move || {
        let points = geo.sketch.get().unwrap_or_default();
        frame.with(|frame| {
            points.into_iter().map(|point| frame.px(point)).fold(String::new(), |mut d, (x, y)| {
                d.push_str(&format!("M{:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z", x - 4.0));
                d
            })
        })
    };
    view! {
        <path class="sketch" d=drawn />
        <path class="f ink" d=points />
    }
    .into_any()
}

/// One label.
pub fn label_view(placed: &Placed) -> AnyView {
    let Placed { label, x, y, anchor } = placed.clone();
    let (before, after) = match label.text.split_once("{v}") {
        Some((before, after)) => (before.to_string(), Some(after.to_string())),
        None => (label.text, None),
    };
    let symbol = after.map(|after| {
        view! {
            <tspan class="sym">"v"</tspan>
            {after}
        }
    });
    let sub = (!label.sub.is_empty()).then(|| view! { <tspan class="sb">{label.sub}</tspan> });
    view! {
        <text class=label.class x=x y=y text-anchor=anchor data-q=label.quantity>
            {before}
            {symbol}
            {sub}
        </text>
    }
    .into_any()
}
