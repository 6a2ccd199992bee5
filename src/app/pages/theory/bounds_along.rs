//! Bounds as curves: along one run, and over ever longer runs.

use super::plot::{Curve, spaced};
use super::state::TheoryState;
use crate::theory::bounds::{apriori, printed, printed_at};
use crate::theory::grid::{Cell, Horizon};
use crate::theory::{Constants, Schedule, Terms};

/// Points of a bound's curve.
const POINTS: usize = 48;
/// Shortest and longest run of the curves over T.
pub const SPAN: (f64, f64) = (10.0, 1e6);

/// The bound known before a run of `total` steps, after the first `at` of them: the slides' where they print one, else
/// ours.
pub fn terms_at(cell: Cell, schedule: &Schedule, constants: &Constants, total: u32, at: u32) -> Option<Terms> {
    let printed = cell.theorem().and_then(|theorem| printed_at(theorem, constants, schedule, total, at));
    printed.or_else(|| apriori(constants, schedule, total, at))
}

/// Its sum. NaN where there is none.
pub fn bound_at(cell: Cell, schedule: &Schedule, constants: &Constants, total: u32, at: u32) -> f64 {
    terms_at(cell, schedule, constants, total, at).map_or(f64::NAN, |terms| terms.total())
}

/// The same over the whole run.
pub fn along(cell: Cell, schedule: &Schedule, constants: &Constants, total: u32) -> Vec<(f64, f64)> {
    let places = spaced(total as usize, POINTS).into_iter().map(|place| place as u32 + 1);
    places.map(|at| (f64::from(at), bound_at(cell, schedule, constants, total, at))).collect()
}

/// The schedule of `cell` for a run of `total` steps, continued from the one that `state` plans.
pub fn continued(state: &TheoryState, cell: Cell, total: u32) -> Schedule {
    let mut schedule = state.schedule(cell);
    if state.horizon == Horizon::Lengths {
        let stages = |length: u32| ((f64::from(total) / f64::from(length)).round() as u32).max(1);
        schedule.learning_rate.stages = stages(schedule.rate_stage(state.total));
        schedule.batch.stages = stages(schedule.batch_stage(state.total));
    }
    schedule
}

/// The bound of `cell` for runs of T steps, part by part.
pub fn over_t(state: &TheoryState, constants: &Constants, cell: Cell) -> Vec<(f64, Terms)> {
    let (low, high) = (SPAN.0.ln(), SPAN.1.ln());
    let place = |i: usize| (low + (high - low) * i as f64 / (POINTS - 1) as f64).exp().round();
    let bound = |steps: f64| {
        let total = steps as u32;
        let schedule = continued(state, cell, total);
        let terms = cell.theorem().and_then(|theorem| printed(theorem, constants, &schedule, total));
        terms.or_else(|| apriori(constants, &schedule, total, total)).map(|terms| (steps, terms))
    };
    (0..POINTS).map(place).filter_map(bound).collect()
}

/// The three terms and their sum as curves; names are the caller's.
pub fn term_curves(points: &[(f64, Terms)], names: &[String; 4]) -> Vec<Curve> {
    let curve = |class, quantity, read: &dyn Fn(&Terms) -> f64, name: &String| {
        let line = points.iter().map(|(steps, terms)| (*steps, read(terms))).collect();
        Curve::new(class, Some(quantity), line).named("", name.clone())
    };
    let [value, noise, step, sum] = names;
    vec![
        curve("ln part value", "value", &|terms| terms.value, value),
        curve("ln part noise", "noise", &|terms| terms.noise, noise),
        curve("ln part step", "step", &|terms| terms.step, step),
        curve("ln ink", "sum", &Terms::total, sum),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::grid::CELLS;

    #[test]
    fn a_bound_along_a_run_ends_where_the_calculator_stands() {
        let state = TheoryState::default();
        for cell in CELLS {
            let schedule = state.schedule(cell);
            let line = along(cell, &schedule, &state.constants, state.total);
            let mut planned = state.clone();
            planned.learning_rate.rule = cell.rate;
            planned.batch.rule = cell.batch;
            let promise = super::super::calculator::Promise::new(&planned, &state.constants).shown().total();
            let last = line.last().map_or(f64::NAN, |point| point.1);
            assert!((last / promise - 1.0).abs() < 1e-12, "{cell:?}: {last} {promise}");
        }
    }

    #[test]
    fn only_the_cell_without_stops_falls_for_ever() {
        let state = TheoryState::default();
        for cell in CELLS {
            let points = over_t(&state, &state.constants, cell);
            let total = |i: usize| points.get(i).map_or(f64::NAN, |point| point.1.total());
            let falls = total(POINTS - 1) < 0.1 * total(POINTS / 2);
            assert_eq!(falls, cell.stops(Horizon::Lengths).is_empty(), "{cell:?}");
        }
    }
}
