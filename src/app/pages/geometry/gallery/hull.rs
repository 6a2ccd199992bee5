//! The faces and edges of a convex polytope from its corners. With two dozen corners every plane through three of them
//! can be tried: it carries a face if all corners lie on one side of it.

use crate::sets::{dot, norm};

/// A point or a direction in space.
pub type Point = [f64; 3];

/// a − b.
pub fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// a + s·b.
pub fn plus(a: Point, s: f64, b: Point) -> Point {
    [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]]
}

/// a × b.
pub fn cross(a: Point, b: Point) -> Point {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The direction of `a`; `a` itself if it has none.
pub fn unit(a: Point) -> Point {
    let length = norm(&a);
    if length > 0.0 { a.map(|value| value / length) } else { a }
}

/// A face: its unit normal, outwards, and its corners in order round it, as numbers in the list of corners.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    pub normal: Point,
    pub corners: Vec<usize>,
}

/// An edge: its two corners, and the faces on its sides (one face twice at the rim of a flat body).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    pub ends: [usize; 2],
    pub faces: [usize; 2],
}

/// The faces of the hull of `corners`, every one of which must be a corner of it. A flat body has one face, seen from
/// both sides.
pub fn faces(corners: &[Point]) -> Vec<Face> {
    let mut faces: Vec<Face> = Vec::new();
    let origin = corners.first().copied().unwrap_or_default();
    let size = corners.iter().map(|corner| norm(&minus(*corner, origin))).fold(0.0, f64::max);
    for (i, a) in corners.iter().enumerate() {
        for (j, b) in corners.iter().enumerate().skip(i + 1) {
            for c in corners.iter().skip(j + 1) {
                let normal = cross(minus(*b, *a), minus(*c, *a));
                // Three corners in a line span no plane.
                if norm(&normal) <= 1e-9 * size * size {
                    continue;
                }
                if let Some(face) = face_on(corners, *a, unit(normal), 1e-9 * size)
                    && !faces.iter().any(|known| same_corners(known, &face))
                {
                    faces.push(face);
                }
            }
        }
    }
    faces
}

/// The face in the plane through `a` across `normal`, if it carries one; nearer than `flat` counts as in the plane.
fn face_on(corners: &[Point], a: Point, normal: Point, flat: f64) -> Option<Face> {
    let height = |corner: &Point| dot(&normal, &minus(*corner, a));
    let (low, high) = corners.iter().map(height).fold((0.0_f64, 0.0_f64), |(l, h), x| (l.min(x), h.max(x)));
    if low < -flat && high > flat {
        return None;
    }
    let on: Vec<(usize, Point)> =
        corners.iter().copied().enumerate().filter(|(_, corner)| height(corner).abs() <= flat).collect();
    let normal = if high > flat { normal.map(|value| -value) } else { normal };
    Some(Face { normal, corners: in_order(&on, normal) })
}

/// Numbered corners of one plane in order round their middle.
fn in_order(corners: &[(usize, Point)], normal: Point) -> Vec<usize> {
    let share = 1.0 / corners.len().max(1) as f64;
    let middle = corners.iter().fold([0.0; 3], |sum, (_, corner)| plus(sum, share, *corner));
    let first = corners.first().map_or([0.0; 3], |(_, corner)| unit(minus(*corner, middle)));
    let second = cross(normal, first);
    let angle = |corner: &Point| {
        let from = minus(*corner, middle);
        dot(&from, &second).atan2(dot(&from, &first))
    };
    let mut by_angle: Vec<(f64, usize)> = corners.iter().map(|(index, corner)| (angle(corner), *index)).collect();
    by_angle.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    by_angle.into_iter().map(|(_, index)| index).collect()
}

fn same_corners(a: &Face, b: &Face) -> bool {
    a.corners.len() == b.corners.len() && a.corners.iter().all(|corner| b.corners.contains(corner))
}

/// The edges between faces, each once.
pub fn edges(faces: &[Face]) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for (index, face) in faces.iter().enumerate() {
        for (a, b) in face.corners.iter().zip(face.corners.iter().cycle().skip(1)) {
            let ends = [*a.min(b), *a.max(b)];
            match edges.iter_mut().find(|edge| edge.ends == ends) {
                Some(edge) => edge.faces[1] = index,
                None => edges.push(Edge { ends, faces: [index, index] }),
            }
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All points with coordinates −1, 0, 1 of which `zeros` are 0.
    fn signs(zeros: usize) -> Vec<Point> {
        let of = |i: i32| [i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1].map(f64::from);
        (0..27).map(of).filter(|p| p.iter().filter(|value| **value == 0.0).count() == zeros).collect()
    }

    /// How many faces there are with 3, 4, 6 corners; how many edges.
    fn census(corners: &[Point]) -> [usize; 4] {
        let faces = faces(corners);
        let edges = edges(&faces);
        assert_eq!(corners.len() + faces.len(), edges.len() + 2, "Euler");
        for face in &faces {
            for corner in corners {
                assert!(dot(&face.normal, &minus(*corner, corners[face.corners[0]])) < 1e-9, "outwards");
            }
        }
        let with = |count: usize| faces.iter().filter(|face| face.corners.len() == count).count();
        [with(3), with(4), with(6), edges.len()]
    }

    #[test]
    fn known_solids_have_their_faces() {
        // Octahedron, cube, cuboctahedron.
        assert_eq!(census(&signs(2)), [8, 0, 0, 12]);
        assert_eq!(census(&signs(0)), [0, 6, 0, 12]);
        assert_eq!(census(&signs(1)), [8, 6, 0, 24]);
        // Rhombic dodecahedron: the corners of an octahedron and of a cube half as wide.
        let mut corners = signs(2);
        corners.extend(signs(0).iter().map(|corner| corner.map(|value| value / 2.0)));
        assert_eq!(census(&corners), [0, 12, 0, 24]);
        // Half of a unit box: the unit simplex.
        assert_eq!(census(&[[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), [4, 0, 0, 6]);
    }

    #[test]
    fn corners_go_round_their_face() {
        let corners = signs(0);
        for face in faces(&corners) {
            for (a, b) in face.corners.iter().zip(face.corners.iter().cycle().skip(1)) {
                assert_eq!(norm(&minus(corners[*a], corners[*b])), 2.0, "a side, not a diagonal");
            }
        }
    }

    #[test]
    fn a_flat_body_has_one_face_and_a_line_none() {
        let square = [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        let faces_of_square = faces(&square);
        assert_eq!(faces_of_square.len(), 1);
        assert_eq!(faces_of_square[0].corners.len(), 4);
        assert!(edges(&faces_of_square).iter().all(|edge| edge.faces == [0, 0]));
        assert_eq!(faces(&square[..2]), []);
    }
}
