//! Constraint sets to choose from, each shown as what it is: its outline is drawn by asking its oracle round the
//! circle, so a new set has its picture without anybody drawing one.

use std::f64::consts::{SQRT_2, TAU};

use leptos::prelude::*;

use crate::app::tr;
use crate::plot;
use crate::sets::{SetId, SetShape};

/// Directions asked; enough for a round ball to look round.
const DIRECTIONS: u32 = 128;
/// Side of the picture and of the set in it.
const SIDE: f64 = 26.0;
const DRAWN: f64 = 22.0;

/// A row of sets, the chosen one framed.
#[component]
pub fn SetChips(sets: Vec<SetId>, #[prop(into)] selected: Signal<SetId>, on_pick: Callback<SetId>) -> impl IntoView {
    let chips = sets
        .into_iter()
        .map(|set| {
            let key = set.key();
            let chosen = move || selected.get() == set;
            view! {
                <button
                    type="button"
                    data-set=key
                    aria-pressed=move || chosen().to_string()
                    title=move || tr(&format!("set.{key}.note"))
                    on:click=move |_| on_pick.run(set)
                >
                    <svg viewBox="0 0 26 26" aria-hidden="true">
                        <path d=outline(set)></path>
                    </svg>
                    {move || tr(&format!("set.{key}.name"))}
                </button>
            }
        })
        .collect_view();
    view! { <div class="set-chips">{chips}</div> }.into_any()
}

/// The outline of a set in the plane as an SVG path, filling the picture; empty if the set cannot say.
pub fn outline(set: SetId) -> String {
    let corners = corners(set).unwrap_or_default();
    let range = |axis: usize| {
        corners.iter().fold((f64::MAX, f64::MIN), |(low, high), corner| (low.min(corner[axis]), high.max(corner[axis])))
    };
    let ((left, right), (low, high)) = (range(0), range(1));
    let scale = DRAWN / (right - left).max(high - low).max(f64::MIN_POSITIVE);
    let place = |corner: &[f64; 2]| {
        (SIDE / 2.0 + (corner[0] - (left + right) / 2.0) * scale, SIDE / 2.0 - (corner[1] - (low + high) / 2.0) * scale)
    };
    let mut path = plot::path(corners.iter().map(place));
    if !path.is_empty() {
        path.push('Z');
    }
    path
}

/// The corners that the oracle answers with, in order round the set, each once.
fn corners(set: SetId) -> Option<Vec<[f64; 2]>> {
    if set == SetId::k_sparse() {
        // In the plane K = 1 is the L1 ball and K = 2 the L∞ ball. Seen from more dimensions the set lies between
        // them, {‖x‖∞ ≤ τ, ‖x‖₁ ≤ Kτ}: the picture takes K = √2, a regular octagon.
        let k = SQRT_2;
        let corner = |(x, y): (f64, f64)| [x, y];
        let quarter = [(1.0, k - 1.0), (k - 1.0, 1.0), (1.0 - k, 1.0), (-1.0, k - 1.0)];
        return Some(quarter.into_iter().chain(quarter.map(|(x, y)| (-x, -y))).map(corner).collect());
    }
    if set.key() == "k-norm" {
        // Its polar, for the same K: an octagon with corners on the axes and on the diagonals.
        let corner = |i: u32| {
            let (sin, cos) = (f64::from(i) * TAU / 8.0).sin_cos();
            [cos, sin]
        };
        return Some((0..8).map(corner).collect());
    }
    let shape = SetShape {
        corners: vec![[-0.9, -0.3], [-0.2, -0.95], [0.85, -0.5], [0.7, 0.6], [-0.4, 0.9]],
        ..SetShape::default()
    };
    // What is not offered in the plane looks there like a set that is: the K-support ball for K = 1 is the L1 ball, and
    // norms of matrices and groups are the L2 norm of a row.
    let seen = match set {
        set if set.entry().in_plane => set,
        set if set.key() == "k-support" => SetId::l1(),
        _ => SetId::l2(),
    };
    let set = seen.entry().build_in_plane(&shape).ok()?;
    let mut corners: Vec<[f64; 2]> = Vec::new();
    for step in 0..DIRECTIONS {
        // Half a step off the axes, where answers are not unique.
        let (sin, cos) = ((f64::from(step) + 0.5) / f64::from(DIRECTIONS) * TAU).sin_cos();
        let mut corner = [0.0; 2];
        set.lmo(&[-cos, -sin], &[0.0; 2], &mut corner).ok()?;
        let near = |other: &[f64; 2]| (other[0] - corner[0]).abs() + (other[1] - corner[1]).abs() < 1e-9;
        if !corners.last().is_some_and(near) {
            corners.push(corner);
        }
    }
    Some(corners)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_an_outline_inside_its_picture() {
        for set in SetId::in_plane() {
            let corners = corners(set).unwrap_or_default();
            assert!(corners.len() >= 3, "{set:?}: {corners:?}");
            assert!(outline(set).starts_with('M') && outline(set).ends_with('Z'), "{set:?}");
        }
        assert_eq!(corners(SetId::l1()).map(|corners| corners.len() <= 5), Some(true));
    }
}
