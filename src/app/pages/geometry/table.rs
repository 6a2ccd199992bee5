//! The data behind the two figures: one row a step.

use leptos::prelude::*;

use super::geo::Geo;
use crate::app::figure::Table;
use crate::app::tr;
use crate::optim::plane::PlaneStep;
use crate::plot::cell;

/// Every step on the transport: where each method is, slope, corner, gap and step size; with away and pairwise steps
/// also the corner that lost weight, and how many have been dropped.
pub fn plane_table(geo: Geo) -> Table {
    let total = geo.state.with(|state| state.total as usize);
    let names = ["x", "y", "slope_x", "slope_y", "corner_x", "corner_y", "gap", "full_gap", "gamma", "f"];
    let others = ["pg_x", "pg_y", "gd_x", "gd_y"];
    let corners = ["away_x", "away_y", "drops"];
    let columns = std::iter::once("t").chain(names).chain(others).chain(corners).map(column).collect();
    let rows = geo.of_runs(|runs| {
        let place = |steps: &[PlaneStep], t: usize| {
            let x = steps.get(t).map_or([f64::NAN; 2], |step| step.x);
            x.map(cell)
        };
        let mut drops = 0;
        let row = |step: &PlaneStep| {
            let PlaneStep { x, g, v, gap, gamma, value, full_gap, .. } = *step;
            let mut row = vec![step.t.to_string()];
            row.extend([x[0], x[1], g[0], g[1], v[0], v[1], gap, full_gap, gamma, value].map(cell));
            row.extend(place(&runs.projected_gradient, step.t));
            row.extend(place(&runs.gradient_descent, step.t));
            row.extend(step.away.unwrap_or([f64::NAN; 2]).map(cell));
            // Like x, what there is before the step.
            row.push(drops.to_string());
            drops += usize::from(step.dropped);
            row
        };
        runs.frank_wolfe.iter().take(total + 1).map(row).collect()
    });
    Table { columns, rows }
}

/// The full gap and the true error of every computed step, the same of projected gradient, and the batch's gap.
pub fn gap_table(geo: Geo) -> Table {
    let columns = ["t", "gap", "error", "pg_gap", "pg_error", "batch_gap"].map(column).into();
    let rows = geo.of_runs(|runs| {
        let row = |step: &PlaneStep| {
            let other = runs.projected_gradient.get(step.t);
            let mut row = vec![step.t.to_string(), cell(step.full_gap), cell(runs.error(step))];
            row.push(other.map_or_else(String::new, |other| cell(other.full_gap)));
            row.push(other.map_or_else(String::new, |other| cell(runs.error(other))));
            row.push(cell(step.gap));
            row
        };
        runs.frank_wolfe.iter().map(row).collect()
    });
    Table { columns, rows }
}

/// The heading of a column.
fn column(key: &str) -> String {
    if key == "t" { "t".into() } else { tr(&format!("geometry.column.{key}")) }
}
