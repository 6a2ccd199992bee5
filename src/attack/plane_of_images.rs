//! A plane of images: through a clean image and two attacked ones. A point (a, b) of it is the image x0 + a·u + b·v,
//! with u and v orthonormal (Gram–Schmidt) and u pointing to the first attacked image, so that lengths in the plane are
//! L2 lengths of changes, in units of the range [0, 1] of a pixel.
//!
//! What the ε-ball and the box [0, 1]ⁿ cut out of the plane are convex polygons. Box and L∞ ball: exactly, the
//! intersection of 2n half-planes each. The other balls: a norm is homogeneous, so on the ray at angle θ the ball ends
//! at exactly ε/‖cos θ·u + sin θ·v‖; their rim is drawn through such points, and what the box cuts off is exact again. The
//! Wasserstein ball is not drawn: what a change costs there is no norm of it.

use std::f64::consts::TAU;

use crate::plot::convex;
use crate::random::Random;
use crate::sets::{NormId, ThreatModel};

/// A second image whose direction differs by less than this (sine of the angle) spans no plane worth looking at.
const COLLINEAR: f64 = 0.05;
/// Rounding that is forgiven at the walls of ball and box, in units of [0, 1]: a 4000th of a level.
const SLACK: f64 = 1e-6;
/// Points on the rim of a ball that is not a polygon: where it is round the polygon lies within 10⁻⁵ of it, at corners
/// within 0.4 %. Fewer where every point costs singular values: within 4·10⁻⁴ and 3 %.
const RIM: usize = 720;
const NUCLEAR_RIM: usize = 120;
/// Room round what must be seen, as a share of its size.
const MARGIN: f64 = 1.12;
/// Levels from black and from white within which a seeded direction keeps away from a pixel.
const SHY: f64 = 16.0;
/// Seeded directions are streams of the host generator from here on, one an axis.
const DIRECTION_STREAM: u64 = 1 << 43;

/// The plane.
#[derive(Debug, Clone)]
pub struct PlaneOfImages {
    /// x0, in [0, 1].
    clean: Vec<f64>,
    /// u and v.
    axes: [Vec<f64>; 2],
    /// Whether an axis is a seeded direction instead of the way to an image.
    seeded: [bool; 2],
}

impl PlaneOfImages {
    /// The plane through three images of 8 bits. Where an image is missing, is the clean one, or lies (nearly) on the
    /// line of the first, a direction of random signs drawn from `seed` takes its place; it leaves pixels alone that are
    /// black or white, and moves those that nearly are the less, so that the box does not end there at once.
    pub fn through(clean: &[u8], images: [Option<&[u8]>; 2], seed: u64) -> Self {
        let x0: Vec<f64> = clean.iter().map(|&level| f64::from(level) / 255.0).collect();
        let way = |image: Option<&[u8]>| -> Vec<f64> {
            let image = image.unwrap_or(clean);
            image.iter().zip(&x0).map(|(&level, x0)| f64::from(level) / 255.0 - x0).collect()
        };
        let free: Vec<f64> =
            clean.iter().map(|&level| (f64::from(level.min(u8::MAX - level)) / SHY).min(1.0)).collect();
        let (first, second) = (unit(way(images[0])), way(images[1]));
        let seeded_first = first.is_none();
        let u = first.or_else(|| direction(&free, None, seed)).unwrap_or_else(|| basis(x0.len(), 0));
        let length = norm(&second);
        let rest = across(second, &u, None);
        let tells = norm(&rest) > COLLINEAR * length;
        let found = if tells { unit(rest) } else { direction(&free, Some(&u), seed) };
        // A plane of one or two pixels.
        let v = found.or_else(|| unit(across(basis(x0.len(), 1), &u, None)));
        let v = v.unwrap_or_else(|| vec![0.0; x0.len()]);
        Self { clean: x0, axes: [u, v], seeded: [seeded_first, !tells] }
    }

    /// u and v, orthonormal.
    pub fn axes(&self) -> &[Vec<f64>; 2] {
        &self.axes
    }

    /// Whether each axis is a seeded direction.
    pub fn seeded(&self) -> [bool; 2] {
        self.seeded
    }

    /// The image at a point, not clamped.
    pub fn image(&self, at: [f64; 2]) -> Vec<f64> {
        self.pixels().map(|(x0, u, v)| x0 + at[0] * u + at[1] * v).collect()
    }

    /// Whether the values are those of an image: all in [0, 1], up to rounding.
    pub fn is_image(values: &[f64]) -> bool {
        values.iter().all(|value| (-SLACK..=1.0 + SLACK).contains(value))
    }

    /// The nearest point of the plane to an image with pixels in [0, 1], and how far away (L2) it is.
    pub fn nearest(&self, image: &[f32]) -> ([f64; 2], f64) {
        let (mut at, mut squared) = ([0.0; 2], 0.0);
        for (x, (x0, u, v)) in image.iter().zip(self.pixels()) {
            let change = f64::from(*x) - x0;
            at = [at[0] + change * u, at[1] + change * v];
            squared += change * change;
        }
        let inside: f64 = at[0] * at[0] + at[1] * at[1];
        (at, (squared - inside).max(0.0).sqrt())
    }

    /// The box inside a window: where points are images.
    pub fn box_outline(&self, window: &Window) -> Vec<[f64; 2]> {
        self.cut(window.corners(), |x0| [x0, 1.0 - x0])
    }

    /// Ball ∩ box. Empty for ε = 0, where it is the clean image alone, and for the Wasserstein ball.
    pub fn ball_outline(&self, threat: &ThreatModel) -> Vec<[f64; 2]> {
        let epsilon = threat.epsilon;
        if epsilon <= 0.0 || threat.norm == NormId::Wasserstein {
            return Vec::new();
        }
        if threat.norm == NormId::Linf {
            // No point of the ball is farther away than its corners.
            let half = 1.01 * epsilon * (self.clean.len() as f64).sqrt();
            let around = Window { centre: [0.0; 2], half };
            return self.cut(around.corners(), |x0| [x0.min(epsilon), (1.0 - x0).min(epsilon)]);
        }
        let count = if threat.norm == NormId::Nuclear { NUCLEAR_RIM } else { RIM };
        let rim = (0..count / 2).map(|i| {
            let (sine, cosine) = (TAU * i as f64 / count as f64).sin_cos();
            let ray = self.pixels().map(|(_, u, v)| cosine * u + sine * v);
            let far = epsilon / threat.length(ray).max(f64::MIN_POSITIVE);
            [far * cosine, far * sine]
        });
        let mut rim: Vec<[f64; 2]> = rim.collect();
        // A norm is the same both ways.
        let opposite: Vec<[f64; 2]> = rim.iter().map(|[a, b]| [-a, -b]).collect();
        rim.extend(opposite);
        self.cut(rim, |x0| [x0, 1.0 - x0])
    }

    /// What is left of a polygon where every pixel may go down and up by so much as `room` says of its clean value.
    fn cut(&self, mut polygon: Vec<[f64; 2]>, room: impl Fn(f64) -> [f64; 2]) -> Vec<[f64; 2]> {
        for (x0, u, v) in self.pixels() {
            let [down, up] = room(x0);
            convex::clip(&mut polygon, [u, v], up + SLACK);
            convex::clip(&mut polygon, [-u, -v], down + SLACK);
        }
        convex::tidy(&mut polygon);
        polygon
    }

    /// x0, u and v, pixel by pixel.
    fn pixels(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        let [u, v] = &self.axes;
        self.clean.iter().zip(u).zip(v).map(|((x0, u), v)| (*x0, *u, *v))
    }
}

/// A square part of the plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    pub centre: [f64; 2],
    /// Half its side.
    pub half: f64,
}

impl Window {
    /// The smallest square that holds all points, and a little room round it; of half side `least` at least.
    pub fn around(points: impl IntoIterator<Item = [f64; 2]>, least: f64) -> Self {
        let (mut low, mut high) = ([0.0_f64; 2], [0.0_f64; 2]);
        for at in points {
            low = [low[0].min(at[0]), low[1].min(at[1])];
            high = [high[0].max(at[0]), high[1].max(at[1])];
        }
        let half = 0.5 * (high[0] - low[0]).max(high[1] - low[1]) * MARGIN;
        Self { centre: [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])], half: half.max(least) }
    }

    /// Whether a point lies inside a window `times` as wide.
    pub fn reaches(&self, at: [f64; 2], times: f64) -> bool {
        let far = times * self.half;
        (at[0] - self.centre[0]).abs() <= far && (at[1] - self.centre[1]).abs() <= far
    }

    /// The middle of a cell of a `side` × `side` grid, row by row from the top (the largest b), from the left.
    pub fn cell(&self, cell: usize, side: usize) -> [f64; 2] {
        let side = side.max(1);
        let share = |i: usize| (2.0 * i as f64 + 1.0) / side as f64 - 1.0;
        [self.centre[0] + self.half * share(cell % side), self.centre[1] - self.half * share(cell / side)]
    }

    fn corners(&self) -> Vec<[f64; 2]> {
        let [a, b] = self.centre;
        [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
            .map(|[right, up]| [a + right * self.half, b + up * self.half])
            .into()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Length 1; `None` for what has no direction.
fn unit(mut a: Vec<f64>) -> Option<Vec<f64>> {
    let length = norm(&a);
    a.iter_mut().for_each(|value| *value /= length);
    (length > 1e-9).then_some(a)
}

fn basis(n: usize, i: usize) -> Vec<f64> {
    (0..n).map(|j| f64::from(u8::from(i == j))).collect()
}

/// `a` without its part along `u`, twice, which leaves nothing but rounding (Giraud et al. 2005). With `free`, pixels
/// pay for it in that proportion, so that those with a 0 there stay as they are.
fn across(mut a: Vec<f64>, u: &[f64], free: Option<&[f64]>) -> Vec<f64> {
    let masked: Vec<f64> = match free {
        Some(free) => u.iter().zip(free).map(|(u, free)| u * free).collect(),
        None => u.to_vec(),
    };
    let length = dot(&masked, u);
    if length > 1e-12 {
        for _ in 0..2 {
            let share = dot(&a, u) / length;
            a.iter_mut().zip(&masked).for_each(|(a, u)| *a -= share * u);
        }
    }
    a
}

/// A direction of random signs, as large as pixels are `free`, orthogonal to `u` if there is one. If none is free, all
/// are taken.
fn direction(free: &[f64], u: Option<&[f64]>, seed: u64) -> Option<Vec<f64>> {
    let mut random = Random::new(seed, DIRECTION_STREAM + u64::from(u.is_some()));
    let signs: Vec<f64> = free.iter().map(|_| if random.uniform() < 0.5 { -1.0 } else { 1.0 }).collect();
    let masked: Vec<f64> = signs.iter().zip(free).map(|(sign, free)| sign * free).collect();
    let turned = |a: Vec<f64>, free: Option<&[f64]>| match u {
        Some(u) => unit(across(a, u, free)),
        None => unit(a),
    };
    turned(masked, Some(free)).or_else(|| turned(signs, None))
}
