//! The gap over the steps, both logarithmic: a certificate above the true error, with a guide that falls as is proven
//! for the place where the answer lies, and below it that place and that rate in words. With noise the full gap is the
//! thick line, what the batch itself reports the thin one. The cursor is the transport's t: drag it, or use the arrow
//! keys.

use leptos::prelude::*;
use leptos::{ev, html, svg};

use super::frame::Frame;
use super::geo::{Geo, use_geo};
use super::labels::{Label, OVER_FIRST, RIGHT_FIRST, place};
use super::layers::label_texts;
use super::player::seek;
use super::rate::{Fall, Rate};
use super::run::Runs;
use super::state::HORIZON;
use super::table::gap_table;
use super::words::short;
use crate::app::figure::marks::{Mark, svg};
use crate::app::figure::{Figure, use_width};
use crate::app::{tr, tr_with};
use crate::optim::plane::PlaneStep;
use crate::plot::{Band, Scale, decimate, integer, path, power_of_ten};

/// Everything that is drawn of the runs, for one size.
#[derive(Debug, Clone, PartialEq)]
struct Chart {
    width: f64,
    height: f64,
    steps: Scale,
    values: Scale,
    /// What stays while the cursor moves, as SVG: axes and curves below the cursor, names above it.
    below: String,
    above: String,
}

/// Margins: values on the left, names of the curves on the right, steps below.
const LEFT: f64 = 42.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;
/// Most decades shown; what falls below is done for the eye.
const DECADES: i32 = 8;

/// The decades to show: from above the largest gap, and the guide's level, down to below the last gap, five to eight of
/// them.
fn decades(runs: &Runs, level: f64) -> (i32, i32) {
    let log = |value: f64| value.max(1e-16).log10();
    let all = || runs.frank_wolfe.iter().map(|step| step.full_gap).filter(|gap| gap.is_finite());
    let top = log(all().fold(level.max(1e-12), f64::max)).ceil() as i32;
    let least = all().fold(f64::MAX, f64::min);
    let low = log(least).floor() as i32;
    (low.clamp(top - DECADES, top - 5), top)
}

/// A curve within the window: it ends where it leaves through the floor.
pub(super) fn curve(
    points: impl Iterator<Item = (f64, f64)>,
    floor: f64,
    at: impl Fn(f64, f64) -> (f64, f64),
) -> Vec<(f64, f64)> {
    let mut line: Vec<(f64, f64)> = Vec::new();
    let mut above = false;
    for (x, value) in points {
        if value > floor {
            line.push(at(x, value));
            above = true;
        } else {
            line.push(if above { at(x, floor) } else { (f64::NAN, f64::NAN) });
            above = false;
        }
    }
    line
}

impl Chart {
    fn new(runs: &Runs, rate: &Rate, width: f64, words: &Words, with_projected: bool) -> Self {
        let height = (0.5 * width).clamp(172.0, 214.0);
        let right = width - if width < 330.0 { 70.0 } else { 92.0 };
        let floor_y = height - BOTTOM;
        let (low, top) = decades(runs, rate.level().unwrap_or(0.0));
        let floor = 10f64.powi(low);
        let steps = Scale::log((1.0, HORIZON as f64), (LEFT, right));
        let values = Scale::log((floor, 10f64.powi(top)), (floor_y, TOP));
        let at = |x: f64, value: f64| (steps.at(x), values.at(value));
        let place_of = |t: usize| (t + 1) as f64;

        let mut below = Vec::new();
        let stride = if top - low > 6 { 2 } else { 1 };
        for e in (low..=top).rev().step_by(stride) {
            let y = values.at(10f64.powi(e));
            below.push(Mark::Line { class: "hairline", from: (LEFT, y), to: (right, y) });
            below.push(Mark::text("", (LEFT - 7.0, y + 4.0), "end", power_of_ten(e)));
        }
        for t in [1.0, 10.0, 100.0, 1000.0] {
            let (x, text) = (steps.at(t), integer(t as u64));
            let text = if t < 1000.0 { text } else { format!("{text} {}", words.steps) };
            below.push(Mark::Line { class: "edge", from: (x, floor_y), to: (x, floor_y + 4.0) });
            below.push(Mark::text("", (x, floor_y + 18.0), "middle", text));
        }

        let shown = || runs.frank_wolfe.iter().take(HORIZON);
        let bands = decimate(shown().map(|step| (place_of(step.t), step.full_gap)), |x| steps.at(x));
        let gap = curve(bands.iter().map(|band| (band.x, band.mean)), floor, |x, value| (x, values.at(value)));
        let error = curve(shown().map(|step| (place_of(step.t), runs.error(step))), floor, at);
        let others = runs.projected_gradient.iter().take(HORIZON);
        let projected = curve(others.map(|step| (place_of(step.t), step.full_gap)), floor, at);
        let batch = match runs.noise {
            Some(_) => curve(shown().map(|step| (place_of(step.t), step.gap)), floor, at),
            None => Vec::new(),
        };

        let guide: Vec<(f64, f64)> =
            guide(runs, rate, (floor, 10f64.powi(top))).into_iter().map(|(x, value)| at(x, value)).collect();

        let frame = Frame { width, height, scale: 1.0, middle: [0.0; 2] };
        let mut labels = Vec::new();
        let mut name = |text: &str, class: &'static str, size, at: Option<(f64, f64)>, clear, places| {
            if let Some(at) = at {
                let quantity = (class == "lab fw b halo").then_some("gap");
                let text = text.to_string();
                labels.push(Label { text, sub: "", class, quantity, size, at, clear, places });
            }
        };
        name(&words.gap, "lab fw b halo", 13.0, last(&gap), 6.0, RIGHT_FIRST);
        name(&words.batch, "fw halo note-size", 12.0, last(&batch), 6.0, RIGHT_FIRST);
        name(&words.error, "fw halo note-size", 12.0, last(&error), 6.0, RIGHT_FIRST);
        if with_projected {
            name(&words.projected, "pg halo", 12.0, last(&projected), 8.0, RIGHT_FIRST);
        }
        let middle = guide.get(guide.len() / 2).copied();
        name(&rate.guide(), "halo note-size", 12.0, middle, 8.0, OVER_FIRST);
        let labels = place(labels, Vec::new(), &frame);

        below.push(Mark::path("guide", path(guide)));
        if with_projected {
            below.push(Mark::path("ln pg", path(projected)));
        }
        below.push(Mark::path("ln fw thin error", path(error)));
        below.push(Mark::path("ln fw thin batch", path(batch)));
        below.push(Mark::path("band", band_path(&bands, &values, floor)));
        below.push(Mark::path("ln fw gap-line", path(gap)).of("gap"));
        Self { width, height, steps, values, below: svg(&below), above: label_texts(&labels) }
    }
}

/// What the curves are called.
struct Words {
    gap: String,
    batch: String,
    error: String,
    projected: String,
    steps: String,
}

/// Points of a guide.
const GUIDE_POINTS: u32 = 24;

/// The proven fall as (step, value), a little above the gap and between `floor` and `ceiling`; a level where it is.
/// Empty where there is nothing to show.
fn guide(runs: &Runs, rate: &Rate, (floor, ceiling): (f64, f64)) -> Vec<(f64, f64)> {
    let (end, factor) = (HORIZON as f64, rate.factor());
    let shape = |place: f64| match rate.fall {
        Fall::Power(power) => place.powf(-power),
        Fall::Linear => factor.powf(place - 1.0),
        Fall::Finite | Fall::Unknown | Fall::Stays => 1.0,
    };
    let height = match rate.fall {
        Fall::Finite | Fall::Unknown => return Vec::new(),
        Fall::Stays => rate.level().unwrap_or(0.0),
        // Where the shape has fallen out of sight it says nothing about the gap.
        Fall::Power(_) | Fall::Linear => {
            let over = |step: &PlaneStep| step.full_gap / shape(step.t as f64 + 1.0);
            let seen = runs.frank_wolfe.iter().take(HORIZON).filter(|step| step.full_gap > floor);
            2.5 * seen.map(over).fold(floor, f64::max)
        }
    };
    let places = (0..=GUIDE_POINTS).map(|i| end.powf(f64::from(i) / f64::from(GUIDE_POINTS)));
    let points = places.map(|place| (place, height * shape(place)));
    points.filter(|(_, value)| (floor..=ceiling).contains(value)).collect()
}

/// The last visible point of a curve.
fn last(line: &[(f64, f64)]) -> Option<(f64, f64)> {
    line.iter().rev().find(|point| point.0.is_finite()).copied()
}

/// The area between the lowest and the highest gap of each pixel column, where there are several.
fn band_path(bands: &[Band], values: &Scale, floor: f64) -> String {
    let first = bands.iter().position(|band| band.high > band.low).map_or(bands.len(), |i| i.saturating_sub(1));
    let wide = bands.get(first..).unwrap_or_default();
    if wide.len() < 2 {
        return String::new();
    }
    let high = wide.iter().map(|band| (band.x, values.at(band.high.max(floor))));
    let low = wide.iter().rev().map(|band| (band.x, values.at(band.low.max(floor))));
    let mut d = path(high.chain(low));
    d.push('Z');
    d
}

/// The figure.
#[component]
pub fn GapFigure() -> impl IntoView {
    let geo = use_geo();
    let holder = NodeRef::<html::Div>::new();
    let width = use_width(holder);
    let with_projected = Memo::new(move |_| geo.state.with(|state| state.projected_gradient));
    let rate = Memo::new(move |_| geo.runs.with(|runs| runs.as_ref().map(|runs| Rate::of(runs))));
    let chart = Memo::new(move |_| {
        let width = width.get().floor();
        let [gap, batch, error, projected, steps] =
            ["gap", "batch", "error", "projected", "steps"].map(|key| tr(&format!("geometry.gap.{key}")));
        let words = Words { gap, batch, error, projected, steps };
        let shown = with_projected.get();
        geo.runs.with(|runs| {
            let runs = runs.as_ref().filter(|_| width > 0.0)?;
            rate.with(|rate| Some(Chart::new(runs, rate.as_ref()?, width, &words, shown)))
        })
    });
    let line = move || rate.with(|rate| rate.as_ref().map(|rate| rate.line.clone()).unwrap_or_default());
    view! {
        <Figure
            name="gap"
            class="p2"
            title=Signal::derive(|| tr("geometry.gap.title"))
            note=Signal::derive(move || note(geo))
            summary=Signal::derive(move || summary(geo))
            table=Callback::new(move |()| untrack(|| gap_table(geo)))
        >
            <div class="gap-box" node_ref=holder>
                {move || chart.get().map(|chart| drawing(geo, chart))}
            </div>
            <p class="where">{line}</p>
        </Figure>
    }
    .into_any()
}

/// On a convex f the gap bounds the error; on another it does not, and the caption says so.
fn note(geo: Geo) -> String {
    let (convex, noisy) = geo.of_runs(|runs| (runs.f.curvature([1.0, 0.0]).is_some(), runs.noise.is_some()));
    tr(if noisy {
        "geometry.gap.note_noisy"
    } else if convex {
        "geometry.gap.note"
    } else {
        "geometry.gap.note_non_convex"
    })
}

fn summary(geo: Geo) -> String {
    let t = geo.t();
    geo.of_runs(|runs| {
        let gap_at = |t: usize| runs.frank_wolfe.get(t).map_or(f64::NAN, |step| step.full_gap.max(0.0));
        let error = runs.at(t).map_or(f64::NAN, |step| runs.error(&step));
        let values = [
            ("t", t.to_string()),
            ("gap", short(gap_at(t as usize))),
            ("error", short(error)),
            ("end", short(gap_at(HORIZON))),
            ("horizon", integer(HORIZON as u64)),
        ];
        tr_with("geometry.gap.summary", &values)
    })
}

/// Totals the transport can have when the cursor is moved beyond the present one.
const TOTALS: [u32; 4] = [40, 100, 400, 1000];

/// Goes to step `t`, lengthening the transport if need be.
fn go_to(geo: Geo, t: f64) {
    let t = t.round().clamp(0.0, HORIZON as f64) as u32;
    geo.state.update(|state| {
        if t > state.total {
            state.total = TOTALS.into_iter().find(|total| *total >= t).unwrap_or(HORIZON as u32);
        }
    });
    seek(geo, t);
}

fn drawing(geo: Geo, chart: Chart) -> AnyView {
    let Chart { width, height, steps, values, .. } = chart;
    let canvas = NodeRef::<svg::Svg>::new();
    let floor_y = height - BOTTOM;
    let right = steps.at(HORIZON as f64);
    let now_x = move || steps.at((f64::from(geo.t()) + 1.0).min(HORIZON as f64));
    let now_y = move || values.at(geo.of_now(|step| step.full_gap)).min(floor_y);
    let go = move |event: &web_sys::PointerEvent| {
        if let Some(canvas) = canvas.get_untracked() {
            let x = f64::from(event.client_x()) - canvas.get_bounding_client_rect().left();
            go_to(geo, steps.invert(x.clamp(LEFT, right)) - 1.0);
        }
    };
    let down = move |event: ev::PointerEvent| {
        if event.button() == 0 && event.is_primary() {
            if let Some(canvas) = canvas.get_untracked() {
                let _ = canvas.set_pointer_capture(event.pointer_id());
            }
            go(&event);
        }
    };
    let moved = move |event: ev::PointerEvent| {
        if event.buttons() == 1 {
            go(&event);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let t = f64::from(geo.state.with_untracked(|state| state.t));
        let far = if event.shift_key() { 10.0 } else { 1.0 };
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => t - far,
            "ArrowRight" | "ArrowUp" => t + far,
            "Home" => 0.0,
            "End" => f64::from(geo.state.with_untracked(|state| state.total)),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        go_to(geo, to);
    };
    let cursor = move || {
        let (x, y) = (now_x(), now_y());
        let (text_x, anchor) = if x > LEFT + 44.0 { (x - 6.0, "end") } else { (x + 6.0, "start") };
        let word = Mark::text("halo note-size", (text_x, floor_y - 8.0), anchor, tr("geometry.gap.now"));
        let line = Mark::Line { class: "edge", from: (x, TOP), to: (x, floor_y) };
        let now = Mark::Disc { class: "f fw".into(), at: (x, y), r: 5.0 }.of("gap");
        svg(&[line, now, word])
    };
    view! {
        <svg
            class="gap-chart"
            width=width
            height=height
            role="slider"
            tabindex="0"
            aria-label=move || tr("geometry.gap.cursor")
            aria-valuemin="0"
            aria-valuemax=HORIZON.to_string()
            aria-valuenow=move || geo.t().to_string()
            aria-valuetext=move || summary(geo)
            node_ref=canvas
            on:pointerdown=down
            on:pointermove=moved
            on:keydown=on_key
        >
            <rect class="ground" width=width height=height />
            <g inner_html=chart.below></g>
            <g inner_html=cursor></g>
            <g inner_html=chart.above></g>
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_ends_at_the_floor() {
        let line = curve([(1.0, 1.0), (2.0, 1e-9), (3.0, 1e-9)].into_iter(), 1e-4, |x, value| (x, value));
        assert_eq!(line[1], (2.0, 1e-4));
        assert!(line[2].0.is_nan());
    }
}
