//! Convex polygons as lists of their corners, either way round. Fewer than three corners hold nothing.

/// Corners nearer to each other than this share of the polygon's extent are one.
const SAME: f64 = 1e-9;

/// Cuts off what lies beyond a line: keeps ⟨`normal`, x⟩ ≤ `offset` (Sutherland, Hodgman 1974).
pub fn clip(polygon: &mut Vec<[f64; 2]>, normal: [f64; 2], offset: f64) {
    let height = |at: &[f64; 2]| normal[0] * at[0] + normal[1] * at[1] - offset;
    // Most of many lines cut nothing.
    if polygon.iter().all(|corner| height(corner) <= 0.0) {
        return;
    }
    let mut kept = Vec::with_capacity(polygon.len() + 1);
    for (corner, next) in sides(polygon) {
        let (here, there) = (height(corner), height(next));
        if here <= 0.0 {
            kept.push(*corner);
        }
        if (here < 0.0 && there > 0.0) || (here > 0.0 && there < 0.0) {
            let share = here / (here - there);
            kept.push([corner[0] + share * (next[0] - corner[0]), corner[1] + share * (next[1] - corner[1])]);
        }
    }
    *polygon = kept;
}

/// Leaves of corners that are one by rounding only the first.
pub fn tidy(polygon: &mut Vec<[f64; 2]>) {
    let extent = polygon.iter().flatten().fold(0.0_f64, |most, value| most.max(value.abs()));
    let same = |a: &[f64; 2], b: &[f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]) <= SAME * extent;
    polygon.dedup_by(|a, b| same(a, b));
    while polygon.len() > 1 && matches!((polygon.first(), polygon.last()), (Some(a), Some(b)) if same(a, b)) {
        polygon.pop();
    }
}

/// Whether a point lies inside or on the rim.
pub fn contains(polygon: &[[f64; 2]], at: [f64; 2]) -> bool {
    if polygon.len() < 3 {
        return false;
    }
    let (mut left, mut right) = (false, false);
    for (from, to) in sides(polygon) {
        let turn = (to[0] - from[0]) * (at[1] - from[1]) - (to[1] - from[1]) * (at[0] - from[0]);
        left |= turn > 0.0;
        right |= turn < 0.0;
    }
    !(left && right)
}

/// The part of the line through `from` and `to` that lies inside, as shares of the way between them; `None` if the
/// line misses the polygon.
pub fn chord(polygon: &[[f64; 2]], from: [f64; 2], to: [f64; 2]) -> Option<[f64; 2]> {
    let way = [to[0] - from[0], to[1] - from[1]];
    let side = |at: &[f64; 2]| way[0] * (at[1] - from[1]) - way[1] * (at[0] - from[0]);
    let squared = way[0] * way[0] + way[1] * way[1];
    let share = |at: [f64; 2]| (way[0] * (at[0] - from[0]) + way[1] * (at[1] - from[1])) / squared;
    let mut met: Option<[f64; 2]> = None;
    for (corner, next) in sides(polygon) {
        let (here, there) = (side(corner), side(next));
        if (here > 0.0) == (there > 0.0) {
            continue;
        }
        let part = here / (here - there);
        let at = share([corner[0] + part * (next[0] - corner[0]), corner[1] + part * (next[1] - corner[1])]);
        met = Some(met.map_or([at, at], |[low, high]| [low.min(at), high.max(at)]));
    }
    met.filter(|[low, high]| high > low)
}

/// Each corner with the next one.
fn sides(polygon: &[[f64; 2]]) -> impl Iterator<Item = (&[f64; 2], &[f64; 2])> {
    polygon.iter().zip(polygon.iter().cycle().skip(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> Vec<[f64; 2]> {
        vec![[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
    }

    #[test]
    fn a_line_cuts_a_corner_off() {
        let mut polygon = square();
        clip(&mut polygon, [1.0, 1.0], 5.0);
        assert_eq!(polygon, square(), "a line that misses it changes nothing");
        clip(&mut polygon, [1.0, 1.0], 1.0);
        assert_eq!(polygon.len(), 5);
        assert!(contains(&polygon, [0.4, 0.5]) && !contains(&polygon, [0.6, 0.5]));
        clip(&mut polygon, [-1.0, 0.0], -3.0);
        assert!(polygon.is_empty() && !contains(&polygon, [0.0, 0.0]));
    }

    #[test]
    fn corners_that_are_one_by_rounding_are_put_together() {
        let mut polygon = vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1e-15], [1.0, 1.0], [1e-15, 0.0]];
        tidy(&mut polygon);
        assert_eq!(polygon, [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]);
    }

    #[test]
    fn a_chord_is_what_lies_inside() {
        let middle = chord(&square(), [-2.0, 0.0], [2.0, 0.0]).unwrap();
        assert!((middle[0] - 0.25).abs() < 1e-12 && (middle[1] - 0.75).abs() < 1e-12);
        assert_eq!(chord(&square(), [-2.0, 3.0], [2.0, 3.0]), None);
    }
}
