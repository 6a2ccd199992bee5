//! A body seen from somewhere: parallel projection, what lies in front and what is hidden, the marks of it all. Bodies
//! are convex, so a place is seen exactly if its outward normal points this way: nothing needs sorting.

use super::hull::{Edge, Face, Point, cross, minus, plus, unit};
use super::solids::{Answer, Body, Solid, Touch, across, direction};
use crate::app::figure::marks::Mark;
use crate::plot::path;
use crate::sets::dot;

/// Share of half a window that a body's reach fills.
const FILL: f64 = 0.74;
/// Length of the arrow −g and of the axes over a body's reach.
const ARROW: f64 = 1.27;
/// Half the side of the supporting plane's piece that is drawn, over the body's reach.
const PLANE: f64 = 0.42;
/// Level lines of round bodies. No angle is one where an oracle of the table may answer with more than one point.
const PARALLELS: [f64; 4] = [-60.0, -20.0, 20.0, 60.0];
const MERIDIANS: u32 = 8;
/// Radius of the handle at the arrow's tip; the arrow ends at its ring.
const RING: f64 = 11.0;

/// A point of view.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub width: f64,
    pub height: f64,
    pub right: Point,
    pub up: Point,
    /// Towards the eye.
    pub toward: Point,
    /// Pixels a unit, and the point in the middle.
    scale: f64,
    middle: Point,
    /// The body's reach in units.
    reach: f64,
    /// Flat bodies are seen from both sides.
    flat: bool,
}

impl View {
    /// The body from the direction with these angles (degrees), in the middle of a window.
    pub fn new(solid: &Solid, from: [f64; 2], (width, height): (f64, f64)) -> Self {
        let toward = direction(from);
        let (sin, cos) = from[0].to_radians().sin_cos();
        let right = [-sin, cos, 0.0];
        let flat = matches!(&solid.body, Body::Polytope { faces, .. } if faces.len() == 1);
        let scale = FILL * 0.5 * width.min(height) / solid.reach;
        Self {
            width,
            height,
            right,
            up: cross(toward, right),
            toward,
            scale,
            middle: solid.centre,
            reach: solid.reach,
            flat,
        }
    }

    /// The same at another size of window, not scaled: small pictures have no arrow that needs room.
    pub fn moved_to(self, (width, height): (f64, f64)) -> Self {
        Self { width, height, ..self }
    }

    /// Pixels of a point.
    pub fn px(&self, point: Point) -> (f64, f64) {
        let from = minus(point, self.middle);
        (0.5 * self.width + self.scale * dot(&from, &self.right), 0.5 * self.height - self.scale * dot(&from, &self.up))
    }

    /// Whether a place with this outward normal is seen.
    pub fn sees(&self, normal: Point) -> bool {
        self.flat || dot(&normal, &self.toward) > 1e-9
    }

    /// Where the arrow's tip is.
    pub fn tip(&self, downhill: Point) -> Point {
        plus(self.middle, ARROW * self.reach, downhill)
    }

    /// The direction of an arrow whose tip is at a pixel, on the near or far half of the sphere of tips. Beyond the sphere
    /// it lies across the line of sight.
    pub fn downhill_at(&self, (x, y): (f64, f64), near: bool) -> Point {
        let length = ARROW * self.reach * self.scale;
        let (a, b) = ((x - 0.5 * self.width) / length, (0.5 * self.height - y) / length);
        let deep = (1.0 - a * a - b * b).max(0.0).sqrt();
        let level = plus(self.right.map(|value| a * value), b, self.up);
        unit(plus(level, if near { deep } else { -deep }, self.toward))
    }
}

/// A closed path.
fn closed(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut d = path(points);
    if !d.is_empty() {
        d.push('Z');
    }
    d
}

/// The lines and areas of a body as paths.
#[derive(Default)]
struct Lines {
    /// Faces that are seen, from the brightest to the darkest.
    shades: [String; 4],
    /// Edges and outline that are seen, and hidden edges.
    near: String,
    far: String,
    /// Level lines on the near and the far side of a round body.
    mesh: String,
    far_mesh: String,
}

fn polytope(view: &View, corners: &[Point], faces: &[Face], edges: &[Edge]) -> Lines {
    let mut lines = Lines::default();
    let at = |index: &usize| corners.get(*index).map(|corner| view.px(*corner));
    // The light comes from above the reader's left shoulder.
    let light = unit(plus(plus(view.toward, 0.7, view.up), -0.45, view.right));
    for face in faces.iter().filter(|face| view.sees(face.normal)) {
        let lit = dot(&face.normal, &light).abs();
        let shade = [0.88, 0.68, 0.42].iter().filter(|step| lit < **step).count();
        if let Some(d) = lines.shades.get_mut(shade) {
            d.push_str(&closed(face.corners.iter().filter_map(at)));
        }
    }
    for edge in edges {
        let seen = edge.faces.iter().filter_map(|face| faces.get(*face)).any(|face| view.sees(face.normal));
        let d = if seen { &mut lines.near } else { &mut lines.far };
        d.push_str(&path(edge.ends.iter().filter_map(at)));
    }
    lines
}

fn round(solid: &Solid, view: &View, small: bool) -> Lines {
    let mut lines = Lines::default();
    let count = if small { 48 } else { 120 };
    // The outline of a convex body is made of the points furthest along the directions across the line of sight.
    let outline = (0..count).map(|i| {
        let (sin, cos) = (std::f64::consts::TAU * (f64::from(i) + 0.5) / f64::from(count)).sin_cos();
        view.px(solid.answer(plus(view.right.map(|value| cos * value), sin, view.up)))
    });
    lines.near = closed(outline);
    lines.shades[1].clone_from(&lines.near);
    let (parallels, steps) = if small { (PARALLELS.get(1..3).unwrap_or_default(), 32) } else { (&PARALLELS[..], 72) };
    for rise in parallels {
        let around = (0..=steps).map(|i| direction([(f64::from(i) + 0.5) * 360.0 / f64::from(steps), *rise]));
        level_line(solid, view, around, &mut lines);
    }
    let meridians = if small { 0 } else { MERIDIANS };
    for i in 0..meridians {
        let turn = 360.0 * (f64::from(i) + 0.5) / f64::from(MERIDIANS);
        let upwards = (0..44).map(|j| direction([turn, 180.0 * (f64::from(j) + 0.5) / 44.0 - 90.0]));
        level_line(solid, view, upwards, &mut lines);
    }
    lines
}

/// The line on the boundary through the points with these normals, cut where it passes behind the body.
fn level_line(solid: &Solid, view: &View, normals: impl Iterator<Item = Point>, lines: &mut Lines) {
    let mut last: Option<(Point, (f64, f64))> = None;
    let mut pen: Option<bool> = None;
    for normal in normals {
        let at = view.px(solid.answer(normal));
        if let Some((before, from)) = last
            && (at.0 - from.0).abs() + (at.1 - from.1).abs() > 0.05
        {
            let seen = view.sees(plus(before, 1.0, normal));
            let d = if seen { &mut lines.mesh } else { &mut lines.far_mesh };
            if pen != Some(seen) {
                d.push_str(&path([from]));
            }
            d.push_str(&format!("L{:.1} {:.1}", at.0, at.1));
            pen = Some(seen);
        }
        last = Some((normal, at));
    }
}

/// The body with its active face: hidden lines below, then the faces, then what is seen.
pub fn body(solid: &Solid, view: &View, touch: &Touch, small: bool) -> Vec<Mark> {
    let lines = match &solid.body {
        Body::Polytope { corners, faces, edges } => polytope(view, corners, faces, edges),
        Body::Round => round(solid, view, small),
    };
    let Lines { shades, near, far, mesh, far_mesh } = lines;
    let tint = match touch.answer {
        Answer::Face => "active all",
        _ => "active",
    };
    let face = Mark::path(tint, closed(touch.face.iter().map(|point| view.px(*point))));
    let edge = Mark::path("ln fw active-edge", path(touch.edge.iter().map(|point| view.px(*point))));
    let in_front = view.sees(touch.normal);
    let (behind, before) = if in_front { (None, Some(face)) } else { (Some(face), None) };
    let mut marks = vec![Mark::path("mesh far", far_mesh), Mark::path("far-edge", far)];
    marks.extend(behind);
    let names = ["side s1", "side s2", "side s3", "side s4"];
    marks.extend(names.into_iter().zip(shades).map(|(class, d)| Mark::path(class, d)));
    marks.extend(before);
    marks.push(Mark::path("mesh", mesh));
    marks.push(Mark::path("near-edge", near));
    marks.push(edge);
    // Most bodies have only some of these.
    marks.retain(|mark| !matches!(mark, Mark::Path { d, .. } if d.is_empty()));
    marks
}

/// The oracle's answer, `half` pixels wide on each side.
pub fn diamond((x, y): (f64, f64), half: f64) -> Mark {
    Mark::path("vertex", format!("M{x:.1} {:.1}l{half} {half}-{half} {half}-{half}-{half}z", y - half))
}

/// The ends of the axes: where each begins and ends.
pub fn axes(solid: &Solid, view: &View) -> Vec<[(f64, f64); 2]> {
    let along = |axis: usize| {
        let tip: Point = std::array::from_fn(|i| if i == axis { ARROW * solid.reach } else { 0.0 });
        [view.px([0.0; 3]), view.px(tip)]
    };
    (0..solid.space.names().len()).map(along).collect()
}

/// All that the large picture shows below the handle: axes, body, supporting plane, arrow, answer.
pub fn scene(solid: &Solid, view: &View, touch: &Touch, downhill: Point) -> Vec<Mark> {
    let mut marks: Vec<Mark> =
        axes(solid, view).into_iter().map(|[from, to]| Mark::Line { class: "guide", from, to }).collect();
    let (first, second) = across(downhill);
    let corner = |a: f64, b: f64| {
        let half = PLANE * view.reach;
        view.px(plus(plus(touch.at, a * half, first), b * half, second))
    };
    let plane = Mark::path(
        "support-plane",
        closed([corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)]),
    );
    let plane = Mark::Of { quantity: "gap", marks: vec![plane] };
    let in_front = dot(&downhill, &view.toward) > 0.0;
    let (behind, before) = if in_front { (None, Some(plane)) } else { (Some(plane), None) };
    marks.extend(behind);
    marks.extend(body(solid, view, touch, false));
    marks.extend(before);
    marks.extend(arrow(view.px(view.middle), view.px(view.tip(downhill))));
    marks.push(diamond(view.px(touch.at), 9.0).of("v"));
    marks
}

/// The arrow −g from the middle to the ring round its tip; none where it points along the line of sight.
fn arrow(from: (f64, f64), tip: (f64, f64)) -> Option<Mark> {
    let length = (tip.0 - from.0).hypot(tip.1 - from.1);
    if length < RING + 12.0 {
        return None;
    }
    let (ux, uy) = ((tip.0 - from.0) / length, (tip.1 - from.1) / length);
    let end = (tip.0 - RING * ux, tip.1 - RING * uy);
    let place = |back: f64, aside: f64| (end.0 - back * ux - aside * uy, end.1 - back * uy + aside * ux);
    let body = Mark::path("slope", path([from, place(8.0, 0.0)]));
    let head = Mark::path("f ink", closed([end, place(13.0, 5.6), place(13.0, -5.6)]));
    Some(Mark::Of { quantity: "g", marks: vec![body, head] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::figure::marks::svg;
    use crate::sets::{SetId, SetShape};

    fn cube() -> Solid {
        Solid::new(SetId::parse("linf").unwrap(), &SetShape::default()).unwrap()
    }

    fn pieces(d: &str) -> usize {
        d.matches('M').count()
    }

    #[test]
    fn a_cube_shows_three_faces_and_hides_three_edges() {
        let solid = cube();
        let view = View::new(&solid, [30.0, 20.0], (200.0, 200.0));
        let Body::Polytope { corners, faces, edges } = &solid.body else { panic!("a polytope") };
        let lines = polytope(&view, corners, faces, edges);
        assert_eq!(lines.shades.iter().map(|d| pieces(d)).sum::<usize>(), 3);
        assert_eq!((pieces(&lines.near), pieces(&lines.far)), (9, 3));
        for corner in corners {
            let (x, y) = view.px(*corner);
            assert!((x - 100.0).hypot(y - 100.0) <= 100.0 * FILL + 1e-9, "inside the window");
        }
    }

    #[test]
    fn a_ball_is_seen_as_a_disc_and_half_its_lines_are_hidden() {
        let solid = Solid::new(SetId::l2(), &SetShape::default()).unwrap();
        let view = View::new(&solid, [0.0, 30.0], (200.0, 200.0));
        let lines = round(&solid, &view, false);
        let numbers: Vec<f64> =
            lines.near.split(['M', 'L', 'Z', ' ']).filter_map(|number| number.parse().ok()).collect();
        for p in numbers.chunks(2) {
            let radius = (p[0] - 100.0).hypot(p[1] - 100.0);
            assert!((radius - 100.0 * FILL).abs() < 0.2, "{p:?}: {radius}");
        }
        assert!(!lines.mesh.is_empty() && !lines.far_mesh.is_empty());
    }

    #[test]
    fn the_arrow_can_be_dragged_where_it_is() {
        let solid = cube();
        let view = View::new(&solid, [40.0, 25.0], (300.0, 200.0));
        for angles in [[10.0, 5.0], [80.0, -40.0], [-150.0, 20.0]] {
            let d = direction(angles);
            let near = dot(&d, &view.toward) > 0.0;
            let back = view.downhill_at(view.px(view.tip(d)), near);
            assert!(dot(&back, &d) > 1.0 - 1e-9, "{angles:?}");
        }
        let beyond = view.downhill_at((299.0, 100.0), true);
        assert!((dot(&beyond, &view.right) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_scene_marks_the_answer() {
        let solid = cube();
        let view = View::new(&solid, [30.0, 20.0], (200.0, 200.0));
        let d = direction([10.0, 20.0]);
        let touch = solid.touch(d);
        let text = svg(&scene(&solid, &view, &touch, d));
        for class in ["vertex", "active", "support-plane", "slope", "far-edge", "near-edge"] {
            assert!(text.contains(class), "{class}");
        }
        assert!(!text.contains("NaN"));
    }
}
