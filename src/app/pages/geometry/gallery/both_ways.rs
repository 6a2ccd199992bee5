//! Projection against oracle: the same move both ways. From one x and one slope g, projected gradient leaves Ω for
//! x − g/L and comes back to the nearest point; Frank–Wolfe asks the oracle for the corner v and goes a part γ of the
//! way there, γ = min(1, ⟨g, x − v⟩/(L‖v − x‖²)), the short step (Dem'yanov, Rubinov 1970). Both use the same L.
//!
//! x is the page's x₀, and g is as long as ∇f there; its direction can be turned.

use leptos::html;
use leptos::prelude::*;

use super::super::frame::Frame;
use super::super::layers::arrow_head;
use super::super::marks::outline_path;
use super::super::run::Runs;
use super::super::words::pair;
use super::{Desk, Pose, name, tidy};
use crate::app::controls::ParamField;
use crate::app::figure::marks::{Mark, svg};
use crate::app::figure::{Figure, Table, use_width};
use crate::app::{tr, tr_with};
use crate::plot::{cell, fixed, path};
use crate::session::params::{Kind, Param, Value};
use crate::sets::SetId;

/// Height of a picture, pixels between two, and the width below which they stand one under the other.
const HEIGHT: f64 = 260.0;
const BETWEEN: f64 = 24.0;
const NARROW: f64 = 520.0;

/// The direction of −g, in degrees from the first axis.
static TURN: Param<Pose> = Param {
    key: "both-turn",
    text: "gallery.both_turn",
    kind: Kind::Number { min: -180.0, max: 180.0, step: 1.0, log: false, decimals: 0 },
    get: |pose| Value::Number(pose.downhill[0]),
    set: |pose, value| {
        pose.downhill[0] = value.number();
        Ok(())
    },
};

/// One move of each method from the same point.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ways {
    x: [f64; 2],
    /// x − g/L and the nearest point of Ω.
    stepped: [f64; 2],
    projected: [f64; 2],
    /// v, γ and x + γ(v − x).
    corner: [f64; 2],
    gamma: f64,
    moved: [f64; 2],
}

impl Ways {
    /// From x₀ of the runs, −g pointing `turn` degrees from the first axis; `None` if the oracle has no answer.
    fn of(runs: &Runs, turn: f64) -> Option<Self> {
        let (x, smoothness) = (runs.start, runs.f.smoothness());
        let [gx, gy] = runs.f.gradient(x);
        let size = gx.hypot(gy);
        let (sin, cos) = turn.to_radians().sin_cos();
        let g = [-size * cos, -size * sin];
        let stepped = [0, 1].map(|i| x[i] - g[i] / smoothness);
        let corner = runs.omega.lowest_along(g)?;
        let way = [corner[0] - x[0], corner[1] - x[1]];
        let gap = -(g[0] * way[0] + g[1] * way[1]);
        let curved = smoothness * (way[0] * way[0] + way[1] * way[1]);
        let gamma = if curved > 0.0 { (gap / curved).clamp(0.0, 1.0) } else { 0.0 };
        let moved = [0, 1].map(|i| x[i] + gamma * way[i]);
        Some(Self { x, stepped, projected: runs.omega.nearest(stepped), corner, gamma, moved })
    }
}

/// The direction of −∇f at x₀, in degrees, or the first one behind it along which the step leaves Ω: where it stays
/// inside there is nothing to project.
fn own_turn(runs: &Runs) -> f64 {
    let [gx, gy] = runs.f.gradient(runs.start);
    let own = (-gy).atan2(-gx).to_degrees();
    let mut turns = (0..12).map(|i| {
        let [turn, _] = tidy([own + 30.0 * f64::from(i), 0.0]);
        turn.round()
    });
    let leaves = |turn: &f64| {
        Ways::of(runs, *turn).is_some_and(|ways| {
            let [a, b] = [ways.stepped, ways.projected];
            (a[0] - b[0]).hypot(a[1] - b[1]) > 0.05
        })
    };
    turns.find(leaves).unwrap_or(own.round())
}

/// Ω and all that either picture may show, whatever the direction: so that it stands still while g turns.
fn frame(runs: &Runs, width: f64) -> Frame {
    let x = runs.start;
    let [gx, gy] = runs.f.gradient(x);
    let reach = gx.hypot(gy) / runs.f.smoothness();
    let mut points = runs.omega.outline.clone();
    points.extend([[reach, 0.0], [-reach, 0.0], [0.0, reach], [0.0, -reach]].map(|[a, b]| [x[0] + a, x[1] + b]));
    Frame::around(width, HEIGHT, &points)
}

/// A label beside a point, on the side of it that has more room, or that looks away from `from` if there is room; `up`
/// over it.
fn label(frame: &Frame, class: &str, at: [f64; 2], from: Option<[f64; 2]>, up: bool, text: String) -> Mark {
    let (x, y) = frame.px(at);
    let away =
        from.map(|from| frame.px(from).0).filter(|from| if x < *from { x > 110.0 } else { x < frame.width - 110.0 });
    let left = away.map_or(x > 0.5 * frame.width, |from| x < from);
    let (x, anchor) = if left { (x - 9.0, "end") } else { (x + 9.0, "start") };
    Mark::text(format!("{class} halo"), (x, if up { y - 8.0 } else { y + 16.0 }), anchor, text)
}

/// One of the two pictures: Ω, x, the way to the point that is asked for, and the move that results.
fn picture(frame: &Frame, runs: &Runs, ways: &Ways, oracle: bool) -> String {
    let (family, asked, next) = match oracle {
        true => ("fw", ways.corner, ways.moved),
        false => ("pg", ways.stepped, ways.projected),
    };
    let [x, asked_px, next_px] = [ways.x, asked, next].map(|point| frame.px(point));
    let mut marks = vec![Mark::path("omega thin", outline_path(frame, &runs.omega))];
    // −g, as far as a step of plain gradient descent: on both pictures the same.
    let tip = frame.px(ways.stepped);
    marks.push(Mark::path("ln ink", path([x, tip])));
    marks.push(Mark::path("f ink", arrow_head(x, tip)));
    // Back from there to Ω, or on to the corner.
    let from = if oracle { x } else { asked_px };
    let to = if oracle { asked_px } else { next_px };
    marks.push(Mark::Line { class: "guide", from, to });
    marks.push(Mark::path(format!("ln {family} thick"), path([x, next_px])));
    marks.push(Mark::Disc { class: "f ink".into(), at: x, r: 3.5 });
    marks.push(Mark::Disc { class: format!("st {family} both-asked"), at: asked_px, r: 5.0 });
    let (nx, ny) = next_px;
    // A disc for Frank–Wolfe, a square for projected gradient.
    marks.push(match oracle {
        true => Mark::Disc { class: "f fw".into(), at: next_px, r: 4.5 },
        false => Mark::path("f pg", format!("M{:.1} {:.1}h9v9h-9Z", nx - 4.5, ny - 4.5)),
    });
    let names = match oracle {
        true => ["gallery.both_corner", "gallery.both_moved"],
        false => ["gallery.both_stepped", "gallery.both_projected"],
    };
    // The upper one of two points has its label over it, the lower one under it.
    let asked_up = asked_px.1 <= next_px.1;
    marks.push(label(frame, "", ways.x, Some(next), x.1 <= next_px.1, "x".into()));
    marks.push(label(frame, family, asked, None, asked_up, tr(names[0])));
    marks.push(label(frame, family, next, Some(ways.x), !asked_up, tr(names[1])));
    svg(&marks)
}

/// Both pictures as one SVG element.
fn pictures(runs: &Runs, ways: &Ways, width: f64) -> String {
    let stacked = width < NARROW;
    let one = if stacked { width } else { 0.5 * (width - BETWEEN) };
    let frame = frame(runs, one);
    let (right, down) = if stacked { (0.0, HEIGHT + BETWEEN) } else { (one + BETWEEN, 0.0) };
    format!(
        r#"<svg width="{width}" height="{}" aria-hidden="true"><g>{}</g><g transform="translate({right:.1} {down:.1})">{}</g></svg>"#,
        HEIGHT + down,
        picture(&frame, runs, ways, false),
        picture(&frame, runs, ways, true)
    )
}

/// Both moves in words.
fn words(set: SetId, ways: &Ways) -> String {
    let length = |to: [f64; 2]| fixed((to[0] - ways.x[0]).hypot(to[1] - ways.x[1]), 2);
    let values = [
        ("set", name(set)),
        ("stepped", pair(ways.stepped)),
        ("projected", pair(ways.projected)),
        ("far", length(ways.projected)),
        ("corner", pair(ways.corner)),
        ("gamma", fixed(ways.gamma, 2)),
        ("moved", pair(ways.moved)),
        ("long", length(ways.moved)),
    ];
    tr_with("gallery.both_words", &values)
}

/// The figure.
pub fn both_ways_figure(desk: Desk) -> AnyView {
    let geo = desk.geo;
    let turn = untrack(|| geo.of_runs(own_turn));
    let pose = RwSignal::new(Pose { downhill: [turn, 0.0], ..Pose::default() });
    let turned = move || pose.with(|pose| pose.downhill[0]);
    let holder = NodeRef::<html::Div>::new();
    let width = use_width(holder);
    let drawn = Memo::new(move |_| {
        let (width, turn) = (width.get(), turned());
        if width <= 0.0 {
            return String::new();
        }
        geo.of_runs(|runs| Ways::of(runs, turn).map(|ways| pictures(runs, &ways, width)).unwrap_or_default())
    });
    let told = Memo::new(move |_| {
        let (set, turn) = (geo.state.with(|state| state.set), turned());
        geo.of_runs(|runs| Ways::of(runs, turn).map(|ways| words(set, &ways)).unwrap_or_default())
    });
    let value: Signal<Pose> = pose.into();
    let change = Callback::new(move |next: Pose| pose.set(next));
    view! {
        <Figure
            name="both-ways"
            class="both-figure"
            title=Signal::derive(|| tr("gallery.both_title"))
            note=Signal::derive(|| tr("gallery.both_note"))
            summary=told
            table=Callback::new(move |()| untrack(|| geo.of_runs(|runs| table(Ways::of(runs, turned())))))
        >
            <div class="both-turn">
                <ParamField param=&TURN value=value on_change=change />
            </div>
            <div class="both-ways" node_ref=holder inner_html=move || drawn.get()></div>
            <p class="both-told">{move || told.get()}</p>
        </Figure>
    }
    .into_any()
}

/// A row for each way: the point that is asked for, and where the move ends.
fn table(ways: Option<Ways>) -> Table {
    let columns = ["way", "asked_x", "asked_y", "next_x", "next_y", "moved"];
    let row = |ways: &Ways, way: &str, asked: [f64; 2], next: [f64; 2]| {
        let mut row = vec![tr(way)];
        let moved = (next[0] - ways.x[0]).hypot(next[1] - ways.x[1]);
        row.extend([asked[0], asked[1], next[0], next[1], moved].map(cell));
        row
    };
    let rows = ways.iter().flat_map(|ways| {
        [
            row(ways, "gallery.cost_projection", ways.stepped, ways.projected),
            row(ways, "gallery.cost_oracle", ways.corner, ways.moved),
        ]
    });
    Table { rows: rows.collect(), columns: columns.map(|key| tr(&format!("gallery.column.{key}"))).into() }
}

#[cfg(test)]
mod tests {
    use super::super::super::run::{Omega, Shared};
    use super::super::super::state::GeometryState;
    use super::*;

    #[test]
    fn both_moves_stay_in_the_set_and_start_at_the_same_point() {
        let state = GeometryState::default();
        let omega = Shared::new(Omega::build(state.set, &state.shape).unwrap());
        let runs = Runs::new(omega, &state, || 0.0);
        for turn in [-170.0, -35.0, 0.0, own_turn(&runs), 120.0] {
            let ways = Ways::of(&runs, turn).unwrap();
            for point in [ways.projected, ways.corner, ways.moved] {
                assert!(runs.omega.set.contains(&point, 1e-9), "{turn}: {ways:?}");
            }
            assert_eq!(ways.x, runs.start);
            assert!((0.0..=1.0).contains(&ways.gamma), "{ways:?}");
        }
    }
}
