//! Convex polygon in the plane, drawn by hand: the convex hull of the given corners.
//!
//! Oracle: the hull's corner lowest along the gradient (lowest index on ties; the hull starts at its leftmost
//! corner and goes round anticlockwise). Projection: the nearest point of the nearest side. The gauge is
//! measured from the centroid, which is always inside. Hull by Andrew's monotone chain (1979).

use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, dot, settle_trivial};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "polygon",
    shape: &[ShapeParameter::Corners],
    source: "Andrew 1979 (hull)",
    #[cfg(feature = "engine")]
    rows: None,
    for_layers: false,
    supports: |n| n == 2,
    in_plane: true,
    // A polygon has corners instead of a radius; this is the radius of a disc as wide.
    radius_for_diameter: |diameter, _, _| diameter / 2.0,
};

pub(super) const ORACLE_FORMULA: &str = tex!(r"v_t=a_{i^*},\;i^*=\operatorname{argmin}_i\langle g_t,a_i\rangle");
pub(super) const SET_FORMULA: &str = tex!(r"\operatorname{conv}\{a_1,\dots,a_m\}");

pub(super) fn build(shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(Polygon::new(shape, n)?))
}

#[derive(Debug, Clone)]
struct Polygon {
    /// Corners of the hull, anticlockwise.
    hull: Vec<[f64; 2]>,
    /// Sides as (outward unit normal, its value on the side): inside is ⟨normal, x⟩ ≤ value.
    sides: Vec<([f64; 2], f64)>,
    centroid: [f64; 2],
}

fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

/// Twice the signed area of the triangle a, b, c: positive if they turn left.
fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    let ([ux, uy], [vx, vy]) = (minus(b, a), minus(c, a));
    ux * vy - uy * vx
}

/// The plane point of a slice; entries that are missing are 0.
fn point(x: &[f64]) -> [f64; 2] {
    [x.first().copied().unwrap_or(0.0), x.get(1).copied().unwrap_or(0.0)]
}

/// One half of the hull over points in order: drops every point that does not turn left by more than rounding.
fn chain(points: impl Iterator<Item = [f64; 2]>, flat: f64) -> Vec<[f64; 2]> {
    let mut chain: Vec<[f64; 2]> = Vec::new();
    for next in points {
        while let [.., a, b] = chain[..] {
            if turn(a, b, next) > flat {
                break;
            }
            chain.pop();
        }
        chain.push(next);
    }
    // The last point starts the other half.
    chain.pop();
    chain
}

impl Polygon {
    fn new(shape: &SetShape, n: usize) -> Result<Self, SetError> {
        if n != 2 {
            return Err(SetError::Parameter { what: "the dimension of a polygon", range: "2".into(), found: n as f64 });
        }
        let wrong = shape.corners.iter().flatten().find(|value| !value.is_finite());
        if let Some(&found) = wrong {
            return Err(SetError::Parameter { what: "a polygon's corner", range: "a finite point".into(), found });
        }
        let mut points = shape.corners.clone();
        points.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        points.dedup();
        let width = match (points.first(), points.last()) {
            (Some(&first), Some(&last)) => {
                let across = points.iter().fold((f64::MAX, f64::MIN), |(low, high), p| (low.min(p[1]), high.max(p[1])));
                (last[0] - first[0]).max(across.1 - across.0)
            }
            _ => 0.0,
        };
        let flat = 1e-12 * width * width;
        let mut hull = chain(points.iter().copied(), flat);
        hull.extend(chain(points.iter().rev().copied(), flat));
        if hull.len() < 3 {
            return Err(SetError::Polygon(hull.len()));
        }
        let next = hull.iter().cycle().skip(1);
        let sides = hull.iter().zip(next).map(|(a, b)| {
            let [dx, dy] = minus(*b, *a);
            let length = dx.hypot(dy);
            let normal = [dy / length, -dx / length];
            (normal, dot(&normal, a))
        });
        let sides = sides.collect();
        let centroid = centroid(&hull);
        Ok(Self { hull, sides, centroid })
    }

    /// Sides as pairs of corners.
    fn segments(&self) -> impl Iterator<Item = ([f64; 2], [f64; 2])> + '_ {
        self.hull.iter().copied().zip(self.hull.iter().cycle().skip(1).copied())
    }

    fn inside(&self, x: [f64; 2]) -> bool {
        self.sides.iter().all(|(normal, value)| dot(normal, &x) <= *value)
    }
}

/// Centre of area: the triangles of a fan from the first corner, weighted by their areas.
fn centroid(hull: &[[f64; 2]]) -> [f64; 2] {
    let origin = hull.first().copied().unwrap_or_default();
    let (mut area, mut sum) = (0.0, [0.0, 0.0]);
    for pair in hull.windows(2).skip(1) {
        if let [b, c] = pair {
            let weight = turn(origin, *b, *c);
            let ([bx, by], [cx, cy]) = (minus(*b, origin), minus(*c, origin));
            area += weight;
            sum = [sum[0] + weight * (bx + cx) / 3.0, sum[1] + weight * (by + cy) / 3.0];
        }
    }
    [origin[0] + sum[0] / area, origin[1] + sum[1] / area]
}

/// The point of the segment ab nearest to x.
fn nearest_on(a: [f64; 2], b: [f64; 2], x: [f64; 2]) -> [f64; 2] {
    let along = minus(b, a);
    let share = (dot(&minus(x, a), &along) / dot(&along, &along)).clamp(0.0, 1.0);
    [a[0] + share * along[0], a[1] + share * along[1]]
}

impl ConstraintSet for Polygon {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if settle_trivial(g, x, v)? {
            return Ok(());
        }
        // Only the direction counts; dividing by the largest entry keeps the products finite.
        let [gx, gy] = point(g);
        let largest = gx.abs().max(gy.abs());
        let direction = [gx / largest, gy / largest];
        let mut best = f64::INFINITY;
        for corner in &self.hull {
            let value = dot(&direction, corner);
            if value < best {
                best = value;
                v.copy_from_slice(corner);
            }
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let here = point(x);
        if self.inside(here) {
            return;
        }
        let mut best = f64::INFINITY;
        for (a, b) in self.segments() {
            let candidate = nearest_on(a, b, here);
            let away = minus(here, candidate);
            let distance = dot(&away, &away);
            if distance < best {
                best = distance;
                x.copy_from_slice(&candidate);
            }
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        let away = minus(point(x), self.centroid);
        self.sides
            .iter()
            .fold(0.0_f64, |most, (normal, value)| most.max(dot(normal, &away) / (value - dot(normal, &self.centroid))))
    }

    fn diameter(&self, _n: usize) -> f64 {
        let mut widest = 0.0_f64;
        for a in &self.hull {
            for b in &self.hull {
                let [dx, dy] = minus(*a, *b);
                widest = widest.max(dx.hypot(dy));
            }
        }
        widest
    }

    fn centre(&self, _n: usize) -> Vec<f64> {
        self.centroid.to_vec()
    }
}
