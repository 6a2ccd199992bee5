//! Why the two nearly tie: before its first halving, Auto-PGD in L∞ is Frank–Wolfe with γ = 0.75 and a heavy ball. Both
//! are computed here, each as its authors write it, for an image of two pixels and a loss that is a hill; a slider walks
//! along them.

use fwlab_tex::tex;
use leptos::html;
use leptos::prelude::*;

use crate::app::figure::axes::EndLabel;
use crate::app::figure::marks::{Mark, svg};
use crate::app::figure::{Figure, Table, use_width};
use crate::app::math::Tex;
use crate::app::{Lab, tr, tr_with};
use crate::plot::{Scale, cell, path, scientific};
use crate::theory::heavy_ball::{Ball, Hill, Paths, Point};

/// The image and its ball, which the box of images cuts at the top right.
const BALL: Ball = Ball { centre: [0.9, 0.88], epsilon: 0.15 };
const HILL: Hill = Hill { top: [0.95, 0.82], curvature: [6.0, 40.0], angle: 0.5 };
const START: Point = [0.82, 0.94];
/// Budget of Auto-PGD, and steps that can be looked at.
const BUDGET: usize = 50;
const SHOWN: usize = 20;
/// Side of the picture in pixels, at most.
const SIDE: f64 = 380.0;
/// Levels of the loss that are drawn.
const LEVELS: [f64; 5] = [0.98, 0.9, 0.75, 0.5, 0.2];

const PUBLISHED: &str = tex!(
    r"x^{+}=P\left(x+a(z-x)+(1-a)(x-x^{-})\right),\quad z=P\left(x+\pg{2\varepsilon\,\operatorname{sign}g}\right)"
);
const FRANK_WOLFE: &str = tex!(r"x^{+}=P\left(x+\fw{0.75}(v-x)+0.25(x-x^{-})\right),\quad v=\operatorname{lmo}(-g)");

/// The figure.
pub fn coincide(lab: Lab) -> AnyView {
    let paths = StoredValue::new(Paths::run(&HILL, &BALL, START, BUDGET));
    let together = paths.with_value(Paths::together);
    let step = RwSignal::new(together.min(SHOWN));
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let unit = Memo::new(move |_| if lab.present.get() { 1.125 } else { 1.0 });
    let side = move || width.get().min(SIDE * unit.get());
    let drawn = Memo::new(move |_| {
        let side = side();
        if side < 60.0 {
            String::new()
        } else {
            paths.with_value(|paths| svg(&marks(paths, step.get(), side, unit.get())))
        }
    });
    let said = move || paths.with_value(|paths| said(paths, step.get()));
    view! {
        <Figure
            name="coincide"
            class="coincide"
            title=Signal::derive(|| tr("versus.coincide.title"))
            note=Signal::derive(|| tr("versus.coincide.note"))
            summary=Signal::derive(said)
            table=Callback::new(move |()| untrack(|| paths.with_value(table)))
        >
            <p class="tell">{move || tr("versus.coincide.lead")}</p>
            <p class="equation">
                <span class="pg">{move || tr("versus.attack.apgd_ce")}</span>
                " "
                <Tex mathml=Signal::stored(PUBLISHED.to_string()) />
            </p>
            <p class="equation">
                <span class="fw">{move || tr("versus.coincide.heavy")}</span>
                " "
                <Tex mathml=Signal::stored(FRANK_WOLFE.to_string()) />
            </p>
            <div class="two-paths" node_ref=node>
                <svg aria-hidden="true" width=move || format!("{:.0}", side()) height=move || format!("{:.0}", side())>
                    <g inner_html=move || drawn.get()></g>
                </svg>
            </div>
            <label class="steps">
                <span>{move || tr("versus.coincide.step")}</span>
                <input
                    type="range"
                    min="0"
                    max=SHOWN.to_string()
                    step="1"
                    data-param="coincide"
                    prop:value=move || step.get().to_string()
                    aria-valuetext=said
                    on:input=move |event| step.set(event_target_value(&event).parse().unwrap_or(0))
                />
                <b>{move || step.get()}</b>
            </label>
            <p class="tell strong" role="status" data-apart=move || paths.with_value(|p| cell(apart(p, step.get())))>
                {said}
            </p>
        </Figure>
    }
    .into_any()
}

/// The largest difference of a pixel at any step so far.
fn apart(paths: &Paths, step: usize) -> f64 {
    (0..=step).map(|step| paths.apart(step)).fold(0.0, f64::max)
}

fn said(paths: &Paths, step: usize) -> String {
    let first = paths.halvings.first().copied().unwrap_or(BUDGET);
    let values =
        [("t", step.to_string()), ("first", first.to_string()), ("apart", scientific(255.0 * apart(paths, step)))];
    tr_with(if step < first { "versus.coincide.same" } else { "versus.coincide.parted" }, &values)
}

fn marks(paths: &Paths, step: usize, side: f64, unit: f64) -> Vec<Mark> {
    let margin = 6.0 * unit;
    let reach = 1.25 * BALL.epsilon;
    let scale = |pixel: usize, range: (f64, f64)| {
        let centre = if pixel == 0 { BALL.centre[0] } else { BALL.centre[1] };
        Scale::linear((centre - reach, centre + reach), range)
    };
    let (x, y) = (scale(0, (margin, side - margin)), scale(1, (side - margin, margin)));
    let at = |point: &Point| (x.at(point[0]), y.at(point[1]));
    let mut marks = Vec::new();
    for level in LEVELS {
        marks.push(Mark::path("contour", path(ellipse(level).iter().map(at))));
    }
    let ((left, right), (low, high)) = (BALL.range(0), BALL.range(1));
    let corners = [[left, low], [right, low], [right, high], [left, high], [left, low]];
    marks.push(Mark::path("wall", path(corners.iter().map(at))));
    // What the box takes away of the ball.
    let (e, [cx, cy]) = (BALL.epsilon, BALL.centre);
    let whole = [[cx - e, cy - e], [cx + e, cy - e], [cx + e, cy + e], [cx - e, cy + e], [cx - e, cy - e]];
    marks.push(Mark::path("guide", path(whole.iter().map(at))));
    let count = step + 1;
    let way = |points: &[Point]| points.iter().take(count).map(at).collect::<Vec<_>>();
    let (published, heavy) = (way(&paths.apgd), way(&paths.heavy_ball));
    marks.push(Mark::path("ln fw", path(heavy.iter().copied())));
    marks.push(Mark::path("ln pg", path(published.iter().copied())));
    for (px, py) in &heavy {
        marks.push(Mark::Disc { class: "f fw".into(), at: (*px, *py), r: 3.5 * unit });
    }
    let half = 6.5 * unit;
    for (px, py) in &published {
        let d = format!("M{:.1} {:.1}h{half2:.1}v{half2:.1}h-{half2:.1}z", px - half, py - half, half2 = 2.0 * half);
        marks.push(Mark::path("st pg", d));
    }
    let named = |place: Option<&(f64, f64)>, class: &str, strong: String, up: f64| {
        let at = place.copied()?;
        Some(EndLabel { class: class.into(), at: (at.0, at.1 + up), strong, text: String::new() })
    };
    let names = [
        named(published.last(), "pg", tr("versus.attack.apgd_ce"), -10.0 * unit),
        named(heavy.last(), "fw", tr("versus.coincide.short"), 20.0 * unit),
    ];
    for label in names.into_iter().flatten() {
        let near_right = label.at.0 > side * 0.6;
        let (anchor, aside) = if near_right { ("end", -9.0) } else { ("start", 9.0) };
        marks.push(Mark::Text {
            class: format!("end halo {}", label.class),
            at: (label.at.0 + aside, label.at.1),
            anchor,
            strong: label.strong,
            text: label.text,
        });
    }
    marks
}

/// Where the loss has a value below 1: an ellipse round the top.
fn ellipse(level: f64) -> Vec<Point> {
    let radius = |curvature: f64| (2.0 * (1.0 - level) / curvature).sqrt();
    let (a, b) = (radius(HILL.curvature[0]), radius(HILL.curvature[1]));
    let (sin, cos) = HILL.angle.sin_cos();
    let point = |i: i32| {
        let (s, c) = (f64::from(i) * std::f64::consts::TAU / 72.0).sin_cos();
        [HILL.top[0] + a * c * cos - b * s * sin, HILL.top[1] + a * c * sin + b * s * cos]
    };
    (0..=72).map(point).collect()
}

/// A row a step.
fn table(paths: &Paths) -> Table {
    let columns = ["step", "apgd_1", "apgd_2", "fw_1", "fw_2", "apart", "halved"];
    let columns = columns.map(|key| tr(&format!("versus.coincide.table.{key}"))).into();
    let row = |step: usize| {
        let pixels = |points: &[Point]| points.get(step).map_or([f64::NAN; 2], |point| *point);
        let [a, b] = pixels(&paths.apgd);
        let [c, d] = pixels(&paths.heavy_ball);
        let halved = u8::from(paths.halvings.contains(&step)).to_string();
        vec![step.to_string(), cell(a), cell(b), cell(c), cell(d), cell(paths.apart(step)), halved]
    };
    Table { columns, rows: (0..=SHOWN).map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixed;

    #[test]
    fn the_picture_shows_what_it_claims() {
        let paths = Paths::run(&HILL, &BALL, START, BUDGET);
        let first = paths.halvings.first().copied().unwrap_or(0);
        assert!(first == 11 && first < SHOWN, "halved after the first checkpoint: {first}");
        assert_eq!(apart(&paths, first - 1), 0.0);
        assert!(apart(&paths, SHOWN) > 0.01, "afterwards they part");
        let ends: std::collections::BTreeSet<String> = paths.apgd.iter().take(first).map(|p| fixed(p[0], 2)).collect();
        assert!(ends.len() > 4, "the path is worth looking at: {ends:?}");
        for level in LEVELS {
            for point in ellipse(level) {
                assert!((HILL.value(point) - level).abs() < 1e-9);
            }
        }
    }
}
