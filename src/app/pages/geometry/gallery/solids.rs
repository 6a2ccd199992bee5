//! Every set as a body in three dimensions. A body is what its oracle answers: polytopes are the hull of the answers,
//! round bodies are asked again for every line that is drawn of them. Pure geometry.

use std::cmp::Ordering;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, SQRT_2, TAU};

use super::hull::{Edge, Face, Point, cross, edges, faces, minus, plus, unit};
use crate::plot::path;
use crate::sets::{ConstraintSet, SetId, SetShape, ShapeParameter, dot, norm};

/// Directions in which a new body's oracle is asked.
const DIRECTIONS: u32 = 400;
/// A polytope has this many corners at most; a body with more answers is round.
const MOST_CORNERS: usize = 24;
/// Corners as low as the lowest but for this share of the body's reach count as lowest too: 1°, what a hand can aim.
const TIE: f64 = 0.02;
/// Half the opening of the bundle of slopes that finds a round body's flat places, in radians.
const CONE: f64 = 0.03;
/// How long a flat place of a round body must be, as a share of its reach.
const FLAT: f64 = 0.3;

/// Where the dimensions of a picture come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// The set in R³.
    Own,
    /// A set of the plane, lying in space.
    Plane,
    /// The set in R⁴, where it lies in a hyperplane Σxᵢ = const: that hyperplane.
    Sum,
    /// Symmetric matrices [[a, b], [b, c]] at ((a − c)/√2, √2·b, (a + c)/√2), so that a length is a Frobenius norm.
    Matrices,
    /// R³ with the groups {1, 2} and {3}: the cut through {1, 2}, {3, 4} at x₄ = 0.
    Groups,
    /// A shadow of the 3×3 doubly stochastic matrices, which have four dimensions.
    Birkhoff,
}

/// The table of pictures: where a set is drawn. Sets that are not in it are drawn as they are in R³.
pub fn space_of(set: SetId) -> Space {
    match set.key() {
        "polygon" => Space::Plane,
        "probability-simplex" | "permutahedron" => Space::Sum,
        "nuclear" | "spectral" => Space::Matrices,
        "group-lasso" => Space::Groups,
        "birkhoff" => Space::Birkhoff,
        _ => Space::Own,
    }
}

impl Space {
    /// The picture's dimensions as orthonormal vectors of the set's own Rⁿ: three of them, or two for a flat picture.
    fn axes(self, flat: bool) -> Vec<Vec<f64>> {
        let e = |n: usize, i: usize| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
        let half = FRAC_1_SQRT_2;
        match (self, flat) {
            (Self::Own, false) => (0..3).map(|i| e(3, i)).collect(),
            (Self::Own, true) => (0..2).map(|i| e(3, i)).collect(),
            (Self::Plane, _) => (0..2).map(|i| e(2, i)).collect(),
            (Self::Sum, flat) => helmert(if flat { 3 } else { 4 }),
            (Self::Matrices, false) => {
                vec![vec![half, 0.0, 0.0, -half], vec![0.0, half, half, 0.0], vec![half, 0.0, 0.0, half]]
            }
            // Diagonal matrices.
            (Self::Matrices, true) => vec![e(4, 0), e(4, 3)],
            (Self::Groups, false) => (0..3).map(|i| e(4, i)).collect(),
            (Self::Groups, true) => vec![e(4, 0), e(4, 2)],
            (Self::Birkhoff, flat) => shadow(flat),
        }
    }

    /// What stands at the ends of its axes, as far as they mean something.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Own | Self::Groups => &["x₁", "x₂", "x₃"],
            Self::Plane => &["x₁", "x₂"],
            Self::Matrices => &["(a − c)/√2", "√2 b", "(a + c)/√2"],
            Self::Sum | Self::Birkhoff => &[],
        }
    }

    /// The numbers worth telling of a point of Rⁿ: a, b, c of a matrix; the columns of a permutation's ones.
    pub fn told(self, numbers: &[f64]) -> Vec<f64> {
        match (self, numbers) {
            (Self::Matrices, [a, b, _, c]) => vec![*a, *b, *c],
            (Self::Groups, [first @ .., _]) => first.to_vec(),
            (Self::Birkhoff, entries) => {
                let column = |row: &[f64]| row.iter().position(|entry| *entry > 0.5).unwrap_or(0) as f64 + 1.0;
                entries.chunks(3).map(column).collect()
            }
            (_, all) => all.to_vec(),
        }
    }
}

/// Orthonormal directions of the hyperplane Σxᵢ = const of Rⁿ (Helmert): k ones, then −k, over their length.
fn helmert(n: usize) -> Vec<Vec<f64>> {
    let row = |k: usize| {
        let length = ((k * (k + 1)) as f64).sqrt();
        let entry = |i: usize| match i.cmp(&k) {
            Ordering::Less => 1.0 / length,
            Ordering::Equal => -(k as f64) / length,
            Ordering::Greater => 0.0,
        };
        (0..n).map(entry).collect()
    };
    (1..n).map(row).collect()
}

/// Orthonormal directions of the 3×3 matrices onto which the doubly stochastic ones cast their shadow.
///
/// Less their mean, the three even permutations make a regular triangle and the three odd ones another: an even and an
/// odd one agree in exactly one place, so the triangles are orthogonal and need four dimensions. In space one axis mixes
/// both so that all six stay corners; in the flat picture one triangle is turned by half a turn over the other.
fn shadow(flat: bool) -> Vec<Vec<f64>> {
    // Entry (i, j) is a one of the even permutation j − i and of the odd one i + j (mod 3).
    let triangle = |odd: bool, phase: f64| -> Vec<f64> {
        let number = |i: usize, j: usize| if odd { (i + j) % 3 } else { (3 + j - i) % 3 };
        let entry = |at: usize| SQRT_2 / 3.0 * (TAU / 3.0 * number(at / 3, at % 3) as f64 - phase).cos();
        (0..9).map(entry).collect()
    };
    let (even_x, even_y) = (triangle(false, 0.0), triangle(false, FRAC_PI_2));
    let (odd_x, odd_y) = (triangle(true, 0.0), triangle(true, FRAC_PI_2));
    let mixed = |a: f64, one: &[f64], b: f64, other: &[f64]| -> Vec<f64> {
        one.iter().zip(other).map(|(x, y)| a * x + b * y).collect()
    };
    if flat {
        let half = FRAC_1_SQRT_2;
        vec![mixed(half, &even_x, -half, &odd_x), mixed(half, &even_y, -half, &odd_y)]
    } else {
        let (sin, cos) = 40.0_f64.to_radians().sin_cos();
        vec![mixed(cos, &even_x, sin, &odd_y), even_y, odd_x]
    }
}

/// A set seen through a few of its dimensions.
#[derive(Debug)]
struct Oracle {
    set: Box<dyn ConstraintSet>,
    axes: Vec<Vec<f64>>,
}

impl Oracle {
    /// The set as it is drawn in space, or in a flat picture; `None` if it cannot be built there.
    fn new(set: SetId, shape: &SetShape, flat: bool) -> Option<Self> {
        let axes = space_of(set).axes(flat);
        let n = axes.first()?.len();
        Some(Self { set: set.entry().build(shape, n).ok()?, axes })
    }

    /// The point of the set furthest along `d`: the answer to the slope −d.
    fn numbers(&self, d: &[f64]) -> Vec<f64> {
        let n = self.axes.first().map_or(0, Vec::len);
        let mut g = vec![0.0; n];
        for (axis, along) in self.axes.iter().zip(d) {
            for (entry, part) in g.iter_mut().zip(axis) {
                *entry -= along * part;
            }
        }
        let (here, mut v) = (vec![0.0; n], vec![0.0; n]);
        // Only a slope that is not finite is refused; directions are.
        let answered = self.set.lmo(&g, &here, &mut v);
        if answered.is_ok() { v } else { here }
    }

    /// Where a point of the set stands in the picture.
    fn place<const DIMENSIONS: usize>(&self, numbers: &[f64]) -> [f64; DIMENSIONS] {
        std::array::from_fn(|i| self.axes.get(i).map_or(0.0, |axis| dot(axis, numbers)))
    }
}

/// The unit vector that is turned by the first angle round the upright axis and raised by the second, in degrees.
pub fn direction([turn, rise]: [f64; 2]) -> Point {
    let ((sin_turn, cos_turn), (sin_rise, cos_rise)) = (turn.to_radians().sin_cos(), rise.to_radians().sin_cos());
    [cos_rise * cos_turn, cos_rise * sin_turn, sin_rise]
}

/// The angles of a unit vector, in degrees: turn from −180 to 180, rise from −90 to 90.
pub fn angles(d: Point) -> [f64; 2] {
    [d[1].atan2(d[0]).to_degrees(), d[2].clamp(-1.0, 1.0).asin().to_degrees()]
}

/// The shape a set is drawn with: of the numbers on screen those that give it its form, at radius 1 and K = 2.
pub fn drawn_shape(set: SetId, shape: &SetShape) -> SetShape {
    let reads = |parameter| set.entry().shape.contains(&parameter);
    let group = if space_of(set) == Space::Groups { 2 } else { 0 };
    let mut drawn = SetShape { k: 2, group, ..SetShape::default() };
    if reads(ShapeParameter::Exponent) {
        drawn.p = shape.p;
    }
    if reads(ShapeParameter::Aspect) {
        drawn.aspect = shape.aspect;
    }
    if reads(ShapeParameter::Corners) {
        drawn.corners = shape.corners.clone();
    }
    drawn
}

/// What a body is bounded by.
#[derive(Debug)]
pub enum Body {
    Polytope { corners: Vec<Point>, faces: Vec<Face>, edges: Vec<Edge> },
    Round,
}

/// A set as a body.
#[derive(Debug)]
pub struct Solid {
    pub space: Space,
    oracle: Oracle,
    pub body: Body,
    /// Its middle, and the largest distance from there.
    pub centre: Point,
    pub reach: f64,
}

/// What the oracle's answer is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A corner of a polytope, alone.
    Corner,
    /// A point of a round boundary, alone.
    Point,
    /// Every point of an edge is as low.
    Edge,
    /// Every point of a face is as low.
    Face,
}

impl Answer {
    /// Text key `gallery.answer.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Corner => "corner",
            Self::Point => "point",
            Self::Edge => "edge",
            Self::Face => "face",
        }
    }
}

/// Where the supporting plane touches.
#[derive(Debug, Clone, PartialEq)]
pub struct Touch {
    /// The oracle's answer, in the numbers that the set is made of and in space.
    pub numbers: Vec<f64>,
    pub at: Point,
    pub answer: Answer,
    /// The edge whose points are all as low; empty if there is none.
    pub edge: Vec<Point>,
    /// Of the faces at the answer the one that looks most along −g, and its normal; empty if there is none.
    pub face: Vec<Point>,
    pub normal: Point,
}

impl Solid {
    /// The body of a set; `None` if it has none in space.
    pub fn new(set: SetId, shape: &SetShape) -> Option<Self> {
        let (space, oracle) = (space_of(set), Oracle::new(set, shape, false)?);
        let mut solid = Self { space, oracle, body: Body::Round, centre: [0.0; 3], reach: 1.0 };
        let answers: Vec<Point> = spread(DIRECTIONS).map(|d| solid.answer(d)).collect();
        if answers.iter().flatten().any(|value| !value.is_finite()) {
            return None;
        }
        match distinct(&answers) {
            Some(corners) => {
                let share = 1.0 / corners.len() as f64;
                solid.centre = corners.iter().fold([0.0; 3], |sum, corner| plus(sum, share, *corner));
                let faces = faces(&corners);
                if faces.is_empty() {
                    return None;
                }
                let edges = edges(&faces);
                solid.body = Body::Polytope { corners, faces, edges };
            }
            None => {
                // Half-way between the supporting planes across each axis.
                let height = |d: Point| dot(&d, &solid.answer(d));
                let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
                solid.centre = axes.map(|d: Point| 0.5 * (height(d) - height(d.map(|value| -value))));
            }
        }
        solid.reach = answers.iter().map(|p| norm(&minus(*p, solid.centre))).fold(0.0, f64::max);
        (solid.reach > 0.0).then_some(solid)
    }

    /// The point furthest along `d`: the boundary point whose outward normal is `d`.
    pub fn answer(&self, d: Point) -> Point {
        self.oracle.place(&self.oracle.numbers(&d))
    }

    /// What the oracle answers where downhill is `d` (a unit vector), and what else is as low.
    pub fn touch(&self, d: Point) -> Touch {
        let numbers = self.oracle.numbers(&d);
        let at = self.oracle.place(&numbers);
        let touch = Touch { numbers, at, answer: Answer::Point, edge: Vec::new(), face: Vec::new(), normal: d };
        match &self.body {
            Body::Polytope { corners, faces, .. } => self.touch_polytope(touch, d, corners, faces),
            Body::Round => self.touch_round(touch, d),
        }
    }

    fn touch_polytope(&self, mut touch: Touch, d: Point, corners: &[Point], faces: &[Face]) -> Touch {
        let lowest = dot(&d, &touch.at) - TIE * self.reach;
        let as_low = |corner: &Point| dot(&d, corner) >= lowest;
        let low: Vec<Point> = corners.iter().copied().filter(as_low).collect();
        touch.answer = match low.len() {
            0 | 1 => Answer::Corner,
            2 => Answer::Edge,
            _ => Answer::Face,
        };
        if touch.answer == Answer::Edge {
            touch.edge = low;
        }
        let here = |index: &usize| {
            corners.get(*index).is_some_and(|corner| norm(&minus(*corner, touch.at)) < 1e-6 * self.reach)
        };
        // Where all of a face is as low, it is the face whatever point of it was answered.
        let whole = touch.answer == Answer::Face;
        let at_answer = faces.iter().filter(|face| whole || face.corners.iter().any(here));
        if let Some(face) = at_answer.max_by(|a, b| dot(&a.normal, &d).total_cmp(&dot(&b.normal, &d))) {
            touch.face = face.corners.iter().filter_map(|index| corners.get(*index).copied()).collect();
            touch.normal = face.normal;
        }
        touch
    }

    /// A round body is asked all round the slope: where its boundary is flat the answers lie far apart.
    fn touch_round(&self, mut touch: Touch, d: Point) -> Touch {
        let (first, second) = across(d);
        let ring = (0..24).map(|i| {
            let (sin, cos) = (TAU * (f64::from(i) + 0.5) / 24.0).sin_cos();
            self.answer(unit(plus(plus(d, CONE * cos, first), CONE * sin, second)))
        });
        let ring: Vec<Point> = ring.collect();
        let from = |a: Point| move |p: &&Point| norm(&minus(**p, a));
        let furthest = |a: Point| {
            let away = from(a);
            ring.iter().max_by(|p, q| away(p).total_cmp(&away(q))).copied().unwrap_or(a)
        };
        let one_end = furthest(touch.at);
        let other_end = furthest(one_end);
        let length = norm(&minus(other_end, one_end));
        if length < FLAT * self.reach {
            return touch;
        }
        let along = unit(minus(other_end, one_end));
        let width = ring.iter().map(|p| norm(&cross(minus(*p, one_end), along))).fold(0.0, f64::max);
        if width < FLAT * self.reach {
            touch.answer = Answer::Edge;
            touch.edge = vec![one_end, other_end];
        } else {
            touch.answer = Answer::Face;
            touch.face = ring;
        }
        touch
    }
}

/// Two unit vectors across `d` and each other, the first one level.
pub fn across(d: Point) -> (Point, Point) {
    let upright = if d[2].abs() > 0.999 { [1.0, 0.0, 0.0] } else { [0.0, 0.0, 1.0] };
    let first = unit(cross(upright, d));
    (first, cross(d, first))
}

/// Directions spread evenly over the sphere (a Fibonacci spiral): none along an axis, where oracles answer by convention.
fn spread(count: u32) -> impl Iterator<Item = Point> {
    let golden = TAU * (0.5 * (5.0_f64.sqrt() - 1.0));
    (0..count).map(move |i| {
        let z = 1.0 - (2.0 * f64::from(i) + 1.0) / f64::from(count);
        // Never along an axis: a box asked with a slope of 0 answers where it was asked, which is no corner.
        let (sin, cos) = (golden * (f64::from(i) + 0.5)).sin_cos();
        let level = (1.0 - z * z).sqrt();
        [level * cos, level * sin, z]
    })
}

/// The different ones of these points; `None` if they are more than a polytope has.
fn distinct(points: &[Point]) -> Option<Vec<Point>> {
    let size = points.iter().map(|p| norm(p)).fold(0.0, f64::max);
    let mut found: Vec<Point> = Vec::new();
    for point in points {
        if !found.iter().any(|known| norm(&minus(*known, *point)) <= 1e-7 * size) {
            found.push(*point);
        }
        if found.len() > MOST_CORNERS {
            return None;
        }
    }
    Some(found)
}

/// Side of the flat picture and of the set in it, in pixels.
const SIDE: f64 = 26.0;
const DRAWN: f64 = 22.0;

/// The flat picture of a set that encloses no area in the plane, as an SVG path: the first case that does. Sums in R³,
/// diagonal matrices, one entry of each group; of the permutation matrices the shadow with all edges between them.
pub fn flat_picture(set: SetId) -> String {
    let Some(oracle) = Oracle::new(set, &drawn_shape(set, &SetShape::default()), true) else { return String::new() };
    let ask = |i: u32| {
        let (sin, cos) = (TAU * (f64::from(i) + 0.25) / 360.0).sin_cos();
        oracle.place::<2>(&oracle.numbers(&[cos, sin]))
    };
    let mut corners: Vec<[f64; 2]> = (0..360).map(ask).collect();
    let near = |a: &[f64; 2], b: &[f64; 2]| (a[0] - b[0]).abs() + (a[1] - b[1]).abs() < 1e-9;
    corners.dedup_by(|a, b| near(a, b));
    if space_of(set) == Space::Birkhoff {
        // Every two permutation matrices of this size are neighbours.
        let pairs = corners.iter().enumerate().flat_map(|(i, a)| corners.iter().take(i).flat_map(move |b| [*a, *b]));
        return fitted(&pairs.collect::<Vec<_>>(), 2);
    }
    fitted(&corners, corners.len())
}

/// Points as a path that fills the picture: pieces of `piece` points, each closed.
fn fitted(points: &[[f64; 2]], piece: usize) -> String {
    let range = |axis: usize| {
        points.iter().fold((f64::MAX, f64::MIN), |(low, high), point| (low.min(point[axis]), high.max(point[axis])))
    };
    let ((left, right), (low, high)) = (range(0), range(1));
    let scale = DRAWN / (right - left).max(high - low).max(f64::MIN_POSITIVE);
    let place = |point: &[f64; 2]| {
        let (x, y) = (point[0] - 0.5 * (left + right), point[1] - 0.5 * (low + high));
        (0.5 * SIDE + scale * x, 0.5 * SIDE - scale * y)
    };
    points.chunks(piece.max(1)).map(|points| path(points.iter().map(place)) + "Z").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solid(key: &str) -> Solid {
        let set = SetId::parse(key).unwrap();
        Solid::new(set, &drawn_shape(set, &SetShape::default())).unwrap()
    }

    /// Corners, faces, edges; `None` for a round body.
    fn counts(key: &str) -> Option<(usize, usize, usize)> {
        match &solid(key).body {
            Body::Polytope { corners, faces, edges } => Some((corners.len(), faces.len(), edges.len())),
            Body::Round => None,
        }
    }

    #[test]
    fn sets_have_the_bodies_that_they_are() {
        assert_eq!(counts("l1"), Some((6, 8, 12)));
        assert_eq!(counts("linf"), Some((8, 6, 12)));
        assert_eq!(counts("box"), Some((8, 6, 12)));
        assert_eq!(counts("k-sparse"), Some((12, 14, 24)));
        assert_eq!(counts("k-norm"), Some((14, 12, 24)));
        assert_eq!(counts("simplex"), Some((4, 4, 6)));
        assert_eq!(counts("probability-simplex"), Some((4, 4, 6)));
        assert_eq!(counts("permutahedron"), Some((24, 14, 36)));
        assert_eq!(counts("birkhoff").map(|(corners, ..)| corners), Some(6));
        for round in ["l2", "lp", "k-support", "group-lasso", "nuclear", "spectral"] {
            assert_eq!(counts(round), None, "{round}");
        }
    }

    #[test]
    fn every_set_has_a_body_whose_answers_lie_furthest() {
        let shape = SetShape { corners: vec![[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], ..SetShape::default() };
        for set in SetId::all() {
            let body = Solid::new(set, &drawn_shape(set, &shape)).unwrap_or_else(|| panic!("{set:?} has no body"));
            for d in spread(50) {
                let far = dot(&d, &body.answer(d));
                assert!(spread(50).all(|other| far > dot(&d, &body.answer(other)) - 1e-9), "{set:?} along {d:?}");
            }
            // In the plane the set says itself how it looks.
            assert!(set.entry().in_plane || flat_picture(set).matches('L').count() >= 2, "{set:?}");
        }
    }

    #[test]
    fn pictures_keep_lengths() {
        let all = [Space::Own, Space::Plane, Space::Sum, Space::Matrices, Space::Groups, Space::Birkhoff];
        for (space, flat) in all.into_iter().flat_map(|space| [(space, false), (space, true)]) {
            let axes = space.axes(flat);
            for (i, a) in axes.iter().enumerate() {
                for (j, b) in axes.iter().enumerate() {
                    let expected = if i == j { 1.0 } else { 0.0 };
                    assert!((dot(a, b) - expected).abs() < 1e-12, "{space:?}");
                }
            }
        }
        let order = |numbers: [f64; 4]| norm(&solid("permutahedron").oracle.place::<3>(&numbers));
        assert!((order([2.0, 4.0, 1.0, 3.0]) - 5.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn nuclear_is_a_cylinder_and_spectral_a_double_cone() {
        let (cylinder, cone) = (solid("nuclear"), solid("spectral"));
        for d in spread(200) {
            // Along the axis the trace, across it the difference of the eigenvalues (t ± s)/√2.
            let (s, t) = (d[0].hypot(d[1]), d[2]);
            let values = [(t + s) * FRAC_1_SQRT_2, (t - s) * FRAC_1_SQRT_2].map(f64::abs);
            let [x, y, z] = cylinder.answer(d);
            assert!((x.hypot(y) - FRAC_1_SQRT_2).abs() < 1e-9 && (z.abs() - FRAC_1_SQRT_2).abs() < 1e-9);
            assert!((dot(&d, &[x, y, z]) - values[0].max(values[1])).abs() < 1e-9);
            let [x, y, z] = cone.answer(d);
            assert!((x.hypot(y) + z.abs() - SQRT_2).abs() < 1e-9);
            assert!((dot(&d, &[x, y, z]) - values[0] - values[1]).abs() < 1e-9);
        }
        assert_eq!(cylinder.touch([0.0, 0.0, 1.0]).answer, Answer::Face);
        assert_eq!(cylinder.touch([1.0, 0.0, 0.0]).answer, Answer::Edge);
        assert_eq!(cylinder.touch(direction([20.0, 30.0])).answer, Answer::Point);
    }

    #[test]
    fn a_touch_says_what_else_is_as_low() {
        let cube = solid("linf");
        assert_eq!(cube.touch(direction([30.0, 30.0])).answer, Answer::Corner);
        let edge = cube.touch(direction([45.0, 0.5]));
        assert_eq!((edge.answer, edge.edge.len()), (Answer::Edge, 2));
        let face = cube.touch(direction([0.3, 0.3]));
        assert_eq!((face.answer, face.face.len(), face.normal), (Answer::Face, 4, [1.0, 0.0, 0.0]));
        // The face most along −g holds the answer.
        let corner = cube.touch(direction([10.0, 20.0]));
        assert_eq!(corner.normal, [1.0, 0.0, 0.0]);
        assert!(corner.face.contains(&corner.at));
    }

    #[test]
    fn numbers_are_told_as_the_set_has_them() {
        let d = direction([20.0, 50.0]);
        let told = |key: &str| {
            let solid = solid(key);
            solid.space.told(&solid.touch(d).numbers)
        };
        let mut columns = told("birkhoff");
        columns.sort_unstable_by(f64::total_cmp);
        assert_eq!(columns, [1.0, 2.0, 3.0]);
        let mut order = told("permutahedron");
        order.sort_unstable_by(f64::total_cmp);
        assert_eq!(order, [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(told("nuclear").len(), 3);
        let group = told("group-lasso");
        assert!(group[..2] == [0.0, 0.0] && (group[2] - 1.0).abs() < 1e-12, "{group:?}");
    }

    #[test]
    fn angles_and_directions_invert() {
        let back = angles(direction([-120.0, 35.0]));
        assert!((back[0] + 120.0).abs() < 1e-9 && (back[1] - 35.0).abs() < 1e-9);
        for d in spread(20) {
            let (a, b) = across(d);
            assert!(dot(&a, &d).abs() < 1e-12 && dot(&a, &b).abs() < 1e-12 && (norm(&b) - 1.0).abs() < 1e-12);
        }
    }
}
