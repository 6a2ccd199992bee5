//! The plane's layers, from the ground up: strip and Ω, trails, the number, the marks, the drawn corners, labels. Each
//! is a list of marks that follows what it reads.

use leptos::prelude::*;

use super::cloud::Cloud;
use super::frame::Frame;
use super::geo::Geo;
use super::labels::Placed;
use super::marks::{Shape, arrow, markers, outline_path, trail};
use super::run::Runs;
use super::strip::Strip;
use super::words::short;
use crate::app::figure::marks::{Mark, escape};
use crate::app::tr_with;
use crate::optim::active_set::Variant;
use crate::optim::plane::PlaneStep;
use crate::plot::{fixed, path};

/// The strip, Ω on it, the two lines, and the trails of the three methods, done and still to come. The linear model's
/// level lines and the line that slides are seen while they are told of.
pub fn ground(
    geo: Geo,
    frame: &Frame,
    strip: Option<&Strip>,
    cloud: Option<&Cloud>,
    runs: &Runs,
    now: &PlaneStep,
) -> Vec<Mark> {
    let line = |class: &str, d: &String| Mark::path(class, d.as_str());
    let mut marks = Vec::new();
    if let Some(strip) = strip {
        marks.push(line("band", &strip.area).of("gap"));
    }
    marks.push(Mark::path("omega", outline_path(frame, &runs.omega)));
    if let Some(strip) = strip {
        marks.push(line("model", &strip.model).of("m"));
        let place = |(i, d): (usize, &String)| line(&format!("ln fw slide n{i}"), d);
        marks.push(Mark::Of { quantity: "v", marks: strip.slide.iter().enumerate().map(place).collect() });
        marks.push(line("ln fw thin", &strip.through_x).of("gap"));
        marks.push(line("ln fw support", &strip.through_v).of("v"));
    }
    let (t, total, descent, projected) = geo
        .state
        .with(|state| (state.t as usize, state.total as usize, state.gradient_descent, state.projected_gradient));
    let mut other = |class: &str, steps: &[PlaneStep], shape| {
        marks.push(Mark::path(format!("ln {class} ahead"), trail(frame, steps, t, total)));
        marks.push(Mark::path(format!("ln {class}"), trail(frame, steps, 0, t)));
        marks.push(Mark::path(format!("f {class}"), markers(frame, steps, t, shape, 3.5)));
    };
    if descent {
        other("sgd", &runs.gradient_descent, Shape::Triangle);
    }
    if projected {
        other("pg", &runs.projected_gradient, Shape::Square);
    }
    let steps = &runs.frank_wolfe;
    marks.push(Mark::path("ln fw thin ahead", trail(frame, steps, t, total)));
    marks.push(Mark::path("ln fw toward", way(frame, now)).of("x"));
    marks.push(Mark::path("ln fw thick", trail(frame, steps, 0, t)));
    marks.push(Mark::path("f fw", markers(frame, steps, t.saturating_sub(1), Shape::Disc, 4.0)));
    if let Some(cloud) = cloud {
        marks.extend(cloud.marks(frame, now.x));
    }
    if let Some([from, tip]) = arrow(frame, now, cloud) {
        let body = Mark::path("slope", path([from, tip]));
        marks.push(Mark::Of { quantity: "g", marks: vec![body, Mark::path("f ink", arrow_head(from, tip))] });
    }
    marks
}

/// The line a step moves along: to the oracle's corner, off the own one, or as the two lie to each other.
fn way(frame: &Frame, now: &PlaneStep) -> String {
    let line = |from: [f64; 2], to: [f64; 2]| path([frame.px(from), frame.px(to)]);
    match (now.kind, now.away) {
        (Variant::Away, Some(a)) => line(a, now.next),
        (Variant::Pairwise, Some(a)) => line(a, now.v) + &line(now.x, now.next),
        _ => line(now.x, now.v),
    }
}

/// The head of an arrow, 14 pixels long.
pub fn arrow_head(from: (f64, f64), tip: (f64, f64)) -> String {
    let length = (tip.0 - from.0).hypot(tip.1 - from.1).max(1e-9);
    let (ux, uy) = ((tip.0 - from.0) / length, (tip.1 - from.1) / length);
    let corner = |along: f64, across: f64| (tip.0 + along * ux - across * uy, tip.1 + along * uy + across * ux);
    path([corner(1.4, 0.0), corner(-12.6, 5.9), corner(-12.6, -5.9)]) + "Z"
}

/// The measuring bar and the number; x_t, the corner and the next point.
pub fn points(frame: &Frame, strip: Option<&Strip>, now: &PlaneStep, small: bool) -> Vec<Mark> {
    let mut marks = Vec::new();
    if let Some(strip) = strip {
        let gap = tr_with("geometry.label.gap", &[("gap", short(now.gap.max(0.0)))]);
        let halo = if strip.inside { "" } else { " halo" };
        let (x, y) = strip.text;
        let mut number = vec![
            Mark::path("ln fw", strip.bar.as_str()),
            Mark::text(format!("big fw b{halo}"), (x, y), strip.anchor, gap),
        ];
        if !small {
            let values = [("width", fixed(strip.width, 2)), ("slope", fixed(strip.slope, 2))];
            let product = tr_with("geometry.label.product", &values);
            number.push(Mark::text(format!("note{halo}"), (x, y + 17.0), strip.anchor, product));
        }
        marks.push(Mark::Of { quantity: "gap", marks: number });
    }
    let disc = |class: &str, point: [f64; 2], r: f64| Mark::Disc { class: class.into(), at: frame.px(point), r };
    marks.push(disc("f fw", now.x, 6.5).of("x"));
    if let Some(a) = now.away {
        let (x, y) = frame.px(a);
        marks.push(Mark::path("vertex leave", format!("M{x:.1} {:.1}l7 7-7 7-7-7z", y - 7.0)).of("x"));
    }
    let (x, y) = frame.px(now.v);
    marks.push(Mark::path("vertex", format!("M{x:.1} {:.1}l9 9-9 9-9-9z", y - 9.0)).of("v"));
    marks.push(disc("next", now.next, 4.5).of("x"));
    marks
}

/// The corners as they are being drawn: the hull is Ω, the points may lie inside it.
pub fn sketch(frame: &Frame, corners: &[[f64; 2]]) -> Vec<Mark> {
    let places = || corners.iter().map(|point| frame.px(*point));
    let discs = places().map(|at| Mark::Disc { class: "f ink".into(), at, r: 4.0 });
    std::iter::once(Mark::path("sketch", path(places()))).chain(discs).collect()
}

/// A cross at x*, `half` wide on each side.
pub fn cross((x, y): (f64, f64), half: f64) -> Mark {
    let all = 2.0 * half;
    Mark::path("answer", format!("M{:.1} {:.1}l{all} {all}m0-{all}l-{all} {all}", x - half, y - half))
}

/// The labels as SVG: symbols stand in italics, so a label is more than a mark's text.
pub fn label_texts(placed: &[Placed]) -> String {
    placed.iter().map(label_text).collect()
}

fn label_text(placed: &Placed) -> String {
    let Placed { label, x, y, anchor } = placed;
    let quantity = label.quantity.map(|quantity| format!(r#" data-q="{quantity}""#)).unwrap_or_default();
    let sub = if label.sub.is_empty() { String::new() } else { format!(r#"<tspan class="sb">{}</tspan>"#, label.sub) };
    let text = escape(&label.text).replace("{v}", r#"<tspan class="sym">v</tspan>"#);
    format!(
        r#"<text class="{}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}"{quantity}>{text}{sub}</text>"#,
        label.class
    )
}
