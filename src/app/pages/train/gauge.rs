//! How near the boundary of its set a layer is: its gauge on a line, the wall at 1, hatching beyond it. Both runs
//! have a marker; one beyond the scale sits at the edge with its number. All places are percentages, so nothing
//! needs to be measured.

use leptos::prelude::*;

use super::bench::{Bench, Look, layer_name};
use crate::app::figure::marks::marker;
use crate::app::tr_with;
use crate::plot::{fixed, labels};
use crate::session::RunId;

/// Where the wall stands, and the right-most marker, in percent of the width.
const WALL: f64 = 45.0;
const EDGE: f64 = 96.0;
/// Least distance of two numbers, in percent.
const APART: f64 = 22.0;

/// Gauge of layer `index` of a run: after its last step, or as last looked at.
pub fn gauge_of(bench: &Bench, run: RunId, index: usize) -> f64 {
    bench.track(run);
    bench.log(run).with(|log| {
        let stepped = log.steps.last().and_then(|row| row.gauge.get(index));
        let looked = log.layers_now.as_ref().and_then(|now| now.gauge.get(index));
        stepped.or(looked).map_or(f64::NAN, |gauge| f64::from(*gauge))
    })
}

/// A number of the gauge: two decimals, fewer where it is far beyond.
fn number(gauge: f64) -> String {
    fixed(gauge, if gauge < 10.0 { 2 } else { 0 })
}

/// A run on the line: its look, gauge, place and place of its number.
#[derive(Debug, Clone, PartialEq)]
struct Placed {
    look: Look,
    gauge: f64,
    at: f64,
    number_at: f64,
}

fn placed(bench: &Bench, index: usize) -> Vec<Placed> {
    let all: Vec<(Look, f64)> = bench
        .looks
        .get()
        .into_iter()
        .map(|look| {
            let gauge = gauge_of(bench, look.run, index);
            (look, gauge)
        })
        .filter(|(_, gauge)| gauge.is_finite())
        .collect();
    let places: Vec<f64> = all.iter().map(|(_, gauge)| (gauge * WALL).clamp(1.5, EDGE)).collect();
    let numbers = labels::spread(&places, APART, (8.0, 92.0));
    let apart = all.into_iter().zip(places).zip(numbers);
    apart.map(|(((look, gauge), at), number_at)| Placed { look, gauge, at, number_at }).collect()
}

/// The gauge of layer `index`.
#[component]
pub fn Gauge(bench: Bench, index: usize) -> impl IntoView {
    let runs = Memo::new(move |_| placed(&bench, index));
    let label = move || {
        let name = bench.names.get().get(index).map(|name| layer_name(name)).unwrap_or_default();
        let parts = runs.with(|runs| {
            let one = |run: &Placed| format!("{} {}", run.look.name, number(run.gauge));
            runs.iter().map(one).collect::<Vec<_>>().join(", ")
        });
        tr_with("train.gauge.label", &[("layer", name), ("values", parts)])
    };
    let percent = |at: f64| format!("{at:.1}%");
    let mark = move |run: Placed| {
        let marker_class =
            if run.look.alt { format!("st hollow {}", run.look.family) } else { format!("f {}", run.look.family) };
        let track = run.look.feasible.then(|| {
            view! {
                <line
                    class=format!("st track {}", run.look.family)
                    x1="0"
                    x2=percent(run.at)
                    y1="10"
                    y2="10"
                />
            }
        });
        // A nested svg moves its marker to a percentage, which a transform cannot.
        view! {
            {track}
            <svg x=percent(run.at) y="10" overflow="visible">
                <path class=marker_class d=marker(run.look.family) />
            </svg>
            <text class=format!("{} b", run.look.family) x=percent(run.number_at) y="34" text-anchor="middle">
                {number(run.gauge)}
            </text>
        }
        .into_any()
    };
    view! {
        <svg class="gauge" role="img" aria-label=label>
            <rect x="45%" y="2" width="55%" height="16" fill="url(#hatch)" />
            <line class="edge" x1="0" x2="45%" y1="10" y2="10" />
            // B first, so that A lies on top.
            {move || runs.get().into_iter().rev().map(mark).collect_view()}
            <line class="wall" x1="45%" x2="45%" y1="-1" y2="21" />
        </svg>
    }
    .into_any()
}
