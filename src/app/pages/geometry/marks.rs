//! What is drawn of the runs: trails, markers, the arrow of the slope; and the labels that name it all. Pure: a
//! frame and runs in, SVG paths and placed labels out.

use super::cloud::Cloud;
use super::frame::Frame;
use super::labels::{Area, BELOW_FIRST, LEFT_FIRST, Label, OVER_FIRST, Placed, RIGHT_FIRST, UNDER_FIRST, place};
use super::run::{Omega, Runs};
use super::strip::Strip;
use crate::optim::plane::PlaneStep;
use crate::plot::{fixed, path};

/// Iterates that get a marker of their own; beyond, the line alone is clearer.
const MARKERS: usize = 40;

/// The feasible set, closed.
pub fn outline_path(frame: &Frame, omega: &Omega) -> String {
    let mut d = path(omega.outline.iter().map(|point| frame.px(*point)));
    d.push('Z');
    d
}

/// The line through x_from … x_to.
pub fn trail(frame: &Frame, steps: &[PlaneStep], from: usize, to: usize) -> String {
    let to = (to + 1).min(steps.len());
    // Far outside the window a line is a line: browsers dislike huge coordinates.
    let far = 4.0 * frame.across();
    let clamp = |(x, y): (f64, f64)| (x.clamp(-far, far), y.clamp(-far, far));
    path(steps.get(from..to).unwrap_or_default().iter().map(|step| clamp(frame.px(step.x))))
}

/// The shape of a marker: a method keeps its own everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Disc,
    Square,
    Triangle,
}

/// Markers at x_1 … x_to, `r` their half width.
pub fn markers(frame: &Frame, steps: &[PlaneStep], to: usize, shape: Shape, r: f64) -> String {
    let mut d = String::new();
    for step in steps.iter().skip(1).take(to.min(MARKERS)) {
        let (x, y) = frame.px(step.x);
        if !frame.holds((x, y), -20.0) {
            continue;
        }
        let two = 2.0 * r;
        d.push_str(&match shape {
            Shape::Disc => format!("M{:.1} {y:.1}a{r} {r} 0 1 0 {two} 0a{r} {r} 0 1 0 -{two} 0Z", x - r),
            Shape::Square => format!("M{:.1} {:.1}h{two}v{two}h-{two}Z", x - r, y - r),
            Shape::Triangle => format!("M{x:.1} {:.1}l{r} {:.1}h-{two}Z", y - r * 1.15, 2.0 * r),
        });
    }
    d
}

/// The arrow −g from x_t: its length grows with ‖g‖ and stays in sight; a noisy one is as long as its cloud says.
/// `None` where there is no slope.
pub fn arrow(frame: &Frame, step: &PlaneStep, cloud: Option<&Cloud>) -> Option<[(f64, f64); 2]> {
    let slope = step.g[0].hypot(step.g[1]);
    if !(slope.is_finite() && slope > 1e-9) {
        return None;
    }
    let (x, y) = frame.px(step.x);
    if let Some(cloud) = cloud {
        return Some([(x, y), cloud.tip(frame, step.x, step.g)]);
    }
    let length = 24.0 + 66.0 * slope / (slope + 1.5);
    Some([(x, y), (x - step.g[0] / slope * length, y + step.g[1] / slope * length)])
}

/// The texts of the labels, in the user's language.
#[derive(Debug, Clone, PartialEq)]
pub struct Names {
    pub start: String,
    pub lowest: String,
    pub answer: String,
    /// With `{v}` where the symbol stands.
    pub corner: String,
    pub next: String,
    pub projected: String,
    pub descent: String,
    pub set: String,
    pub axes: String,
}

/// Everything the labels depend on.
pub struct Scene<'a> {
    pub frame: &'a Frame,
    pub runs: &'a Runs,
    pub step: &'a PlaneStep,
    pub strip: Option<&'a Strip>,
    pub cloud: Option<&'a Cloud>,
    /// The axis grip and the radius grip, where they are.
    pub axes: Option<[f64; 2]>,
    pub radius: Option<[f64; 2]>,
    pub projected: bool,
    pub descent: bool,
    /// Narrow windows carry fewer labels.
    pub small: bool,
}

fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// All labels of the plane, placed.
pub fn labels(scene: &Scene, names: Names) -> Vec<Placed> {
    let Scene { frame, runs, step, .. } = *scene;
    let (x, v, next) = (frame.px(step.x), frame.px(step.v), frame.px(step.next));
    let (start, answer, lowest) = (frame.px(runs.start), frame.px(runs.answer), frame.px(runs.terrain.optimum));
    let label = |text: String, class: &'static str, size: f64, at, clear, places| Label {
        text,
        sub: "",
        class,
        quantity: None,
        size,
        at,
        clear,
        places,
    };
    let mut all = Vec::new();
    let moving = step.gap > 1e-12;
    all.push(Label { sub: "t", quantity: Some("x"), ..label("x".into(), "sym halo b", 17.0, x, 12.0, UNDER_FIRST) });
    if moving {
        all.push(Label { quantity: Some("v"), ..label(names.corner, "lab halo fw b", 13.0, v, 15.0, OVER_FIRST) });
    }
    if let Some(a) = step.away {
        let at = frame.px(a);
        all.push(Label { quantity: Some("x"), ..label("a".into(), "sym halo fw", 17.0, at, 12.0, UNDER_FIRST) });
    }
    if apart(answer, lowest) < 6.0 {
        all.push(label(format!("{} = {}", names.lowest, names.answer), "lab halo b", 13.0, lowest, 16.0, RIGHT_FIRST));
    } else {
        all.push(label(names.answer, "lab halo b", 13.0, answer, 13.0, RIGHT_FIRST));
        if frame.holds(lowest, 0.0) {
            all.push(label(names.lowest, "lab halo", 13.0, lowest, 16.0, RIGHT_FIRST));
        }
    }
    if apart(start, x) > 10.0 {
        all.push(label(names.start, "lab halo", 13.0, start, 14.0, BELOW_FIRST));
    }
    if let Some([_, tip]) = arrow(frame, step, scene.cloud)
        && moving
    {
        all.push(Label { quantity: Some("g"), ..label("−g".into(), "sym halo", 17.0, tip, 9.0, RIGHT_FIRST) });
    }
    if let Some(cloud) = scene.cloud {
        let (at, clear) = (cloud.tip(frame, step.x, cloud.slope), cloud.unit * cloud.radius + 5.0);
        let text = format!("σ/√b = {}", fixed(cloud.radius, 2));
        all.push(Label { quantity: Some("g"), ..label(text, "halo note", 12.0, at, clear, RIGHT_FIRST) });
    }
    if moving && apart(next, x) > 16.0 && !scene.small {
        all.push(Label { quantity: Some("x"), ..label(names.next, "halo note", 12.0, next, 9.0, LEFT_FIRST) });
    }
    let second = |steps: &[PlaneStep]| steps.get(1).map(|step| frame.px(step.x)).filter(|p| apart(*p, start) > 12.0);
    if scene.projected
        && let Some(at) = second(&runs.projected_gradient)
    {
        all.push(label(names.projected, "halo pg", 12.0, at, 9.0, UNDER_FIRST));
    }
    if scene.descent
        && let Some(at) = second(&runs.gradient_descent)
    {
        all.push(label(names.descent, "halo sgd", 12.0, at, 9.0, OVER_FIRST));
    }
    let low = runs.omega.outline.iter().map(|point| frame.px(*point)).max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some(at) = scene.radius.map(|point| frame.px(point)).or(low) {
        all.push(label(names.set, "lab halo", 13.0, at, 16.0, RIGHT_FIRST));
    }
    if let Some(at) = scene.axes.map(|point| frame.px(point)).filter(|at| frame.holds(*at, 0.0) && !scene.small) {
        all.push(label(names.axes, "halo note", 12.0, at, 15.0, RIGHT_FIRST));
    }

    let mut taken: Vec<Area> = scene.strip.map(|strip| strip.taken.clone()).unwrap_or_default();
    taken.extend([start, lowest].map(|at| Area::around(at, 11.0)));
    taken.extend([x, v, next, answer].map(|at| Area::around(at, 8.0)));
    taken.extend(step.away.map(|a| Area::around(frame.px(a), 8.0)));
    taken.extend(scene.axes.iter().chain(&scene.radius).map(|point| Area::around(frame.px(*point), 11.0)));
    if let Some([from, to]) = arrow(frame, step, scene.cloud) {
        // The arrow's body, as a few squares.
        taken.extend((1..=4).map(|i| {
            let part = f64::from(i) / 4.0;
            Area::around((from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1)), 5.0)
        }));
    }
    place(all, taken, frame)
}
