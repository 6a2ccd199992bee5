//! Three small pictures of the plane, each with its measured number of steps. A click moves f there.

use leptos::prelude::*;

use super::cases::{Case, MOST_STEPS, Setting, TARGET, cases, place_of};
use super::contours::{Grid, level_path};
use super::frame::Frame;
use super::geo::{Geo, use_geo};
use super::layers::cross;
use super::marks::outline_path;
use super::race_figure::Speed;
use super::rate::Fall;
use super::state::{Landscape, tidy_point};
use super::words::pair;
use crate::app::figure::marks::{Mark, svg};
use crate::app::figure::{Figure, Table};
use crate::app::{tr, tr_with};
use crate::plot::{cell, fixed, integer, path};

/// The pictures hold no text, so they may scale.
const WIDTH: f64 = 128.0;
const HEIGHT: f64 = 96.0;

/// The figure.
#[component]
pub fn CasesFigure() -> impl IntoView {
    let geo = use_geo();
    // Everything but the optimum, which the cases choose themselves.
    let asked = Memo::new(move |_| {
        geo.state.with(|s| {
            let t = &s.terrain;
            (t.landscape, t.stretch, t.angle, s.start, s.rule, s.variant, s.constant)
        })
    });
    let all = Memo::new(move |_| {
        let _ = asked.get();
        geo.omega
            .with(|omega| {
                let omega = omega.as_ref()?;
                geo.state.with_untracked(|s| {
                    let (terrain, start, rule, variant) = (s.terrain, s.start, s.rule, s.variant);
                    Some(cases(&Setting { omega, terrain, start, rule, variant, constant: s.constant }))
                })
            })
            .unwrap_or_default()
    });
    let here = Memo::new(move |_| geo.of_runs(|runs| Some(place_of(&runs.omega, runs.answer, runs.terrain.optimum))));
    let summary = Signal::derive(move || {
        let one = |case: &Case| {
            let values = [("place", tr(&format!("geometry.case.{}", case.place.key()))), ("steps", steps_text(case))];
            tr_with("geometry.cases.one", &values)
        };
        all.with(|all| all.iter().map(one).collect::<Vec<_>>().join(", "))
    });
    view! {
        <Figure
            name="cases"
            class="p3"
            title=Signal::derive(|| tr("geometry.cases.title"))
            note=Signal::derive(|| tr("geometry.cases.note"))
            summary=summary
            table=Callback::new(move |()| untrack(|| all.with(|all| table(all))))
        >
            <div class="cases">
                {move || {
                    all.get().into_iter().map(|case| case_view(geo, case, here)).collect_view()
                }}
            </div>
        </Figure>
    }
    .into_any()
}

fn steps_text(case: &Case) -> String {
    match case.steps {
        Some(steps) => integer(steps as u64),
        None => format!("> {}", integer(MOST_STEPS as u64)),
    }
}

/// The rate that is proven.
fn proven_text(fall: Fall) -> String {
    let key = match fall {
        Fall::Power(power) if power < 1.0 => return "1/√t".into(),
        Fall::Power(power) if power < 2.0 => return "1/t".into(),
        Fall::Power(_) => return "1/t²".into(),
        Fall::Linear => "linear",
        Fall::Finite => "finite",
        Fall::Stays => "stays",
        Fall::Unknown => "unproven",
    };
    tr(&format!("geometry.case.{key}"))
}

/// The rate that was measured: a power of t, a factor a step, or the step at which the gap is gone.
fn measured_text(speed: Speed) -> String {
    match speed {
        Speed::Power(slope) => tr_with("geometry.case.slope", &[("slope", fixed(slope, 2))]),
        Speed::Linear(factor) => format!("×{}", fixed(factor, 2)),
        Speed::Done(_) => speed.words(),
    }
}

/// Both in a line.
fn rate_text(proven: Fall, measured: Speed) -> String {
    let values = [("proven", proven_text(proven)), ("measured", measured_text(measured))];
    tr_with("geometry.case.rate", &values)
}

fn case_view(geo: Geo, case: Case, here: Memo<Option<super::cases::Place>>) -> AnyView {
    let place = case.place;
    let chosen = move || here.get() == Some(place);
    let frame = geo.omega.with_untracked(|omega| {
        let points = omega.as_ref().map(|omega| omega.outline.clone()).unwrap_or_default();
        Frame::around(WIDTH, HEIGHT, &points)
    });
    let grid =
        (case.terrain.landscape == Landscape::Ripple).then(|| Grid::sample(&frame, case.terrain.build().as_ref()));
    let levels = level_path(&frame, &case.terrain, grid.as_ref());
    let outline =
        geo.omega.with_untracked(|omega| omega.as_ref().map(|omega| outline_path(&frame, omega)).unwrap_or_default());
    let inside = svg(&[
        Mark::path("level", levels),
        Mark::path("omega thin", outline),
        Mark::path("ln fw", path(case.trail.iter().map(|point| frame.px(*point)))),
    ]);
    let start = case.trail.first().map_or((-9.0, -9.0), |point| frame.px(*point));
    let over = svg(&[cross(frame.px(case.answer), 4.0), Mark::Disc { class: "f fw".into(), at: start, r: 3.5 }]);
    let steps = steps_text(&case);
    let answer = pair(case.answer);
    let (proven, measured) = (case.proven, case.measured);
    let optimum = case.terrain.optimum;
    let window = format!("case-{}", place.key());
    view! {
        <button
            type="button"
            class="case"
            class:on=chosen
            data-case=place.key()
            aria-pressed=move || chosen().to_string()
            on:click=move |_| {
                geo.phase.set(None);
                geo.state.update(|state| state.terrain.optimum = tidy_point(optimum));
            }
        >
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true">
                <clipPath id=window.clone()>
                    <rect width=WIDTH height=HEIGHT />
                </clipPath>
                <g clip-path=format!("url(#{window})") inner_html=inside></g>
                <g inner_html=over></g>
            </svg>
            <span>{move || tr(&format!("geometry.case.{}", place.key()))}</span>
            <b>{steps}</b>
            <em>{move || tr_with("geometry.case.answer", &[("x", answer.clone())])}</em>
            <em class="rate">{move || rate_text(proven, measured)}</em>
        </button>
    }
    .into_any()
}

fn table(all: &[Case]) -> Table {
    let columns = ["place", "optimum_x", "optimum_y", "answer_x", "answer_y", "proven", "measured", "steps"];
    let row = |case: &Case| {
        let mut row = vec![tr(&format!("geometry.case.{}", case.place.key()))];
        let ([cx, cy], [x, y]) = (case.terrain.optimum, case.answer);
        row.extend([cx, cy, x, y].map(cell));
        row.extend([proven_text(case.proven), measured_text(case.measured)]);
        row.push(case.steps.map_or_else(String::new, |steps| steps.to_string()));
        row
    };
    let mut columns: Vec<String> = columns.map(|key| tr(&format!("geometry.column.{key}"))).into();
    // The last heading names the gap that was asked for.
    if let Some(last) = columns.last_mut() {
        last.push_str(&format!(" ({TARGET})"));
    }
    Table { columns, rows: all.iter().map(row).collect() }
}
