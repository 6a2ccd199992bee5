//! Why Auto-FW and Auto-PGD nearly tie in L∞: before its first halving, Auto-PGD *is* Frank–Wolfe with γ = 0.75 and a
//! heavy ball of 0.25. With η = 2ε the point z = P(x + η·sign g) lies beyond the ball in every coordinate, so that P puts
//! it on the vertex the linear oracle answers with, and x⁺ = P(x + a(z − x) + (1 − a)(x − x₋₁)) is a step towards that
//! vertex.
//!
//! Here both are written down as their authors do, each by itself, for two pixels and a loss that is a hill, so that one
//! can look at the two paths: Auto-PGD as its published code behaves (Croce and Hein 2020), with its halvings; the other
//! one with a constant γ and without any rule.

/// Two pixels.
pub type Point = [f64; 2];

/// Weight of the new point, γ of the Frank–Wolfe step.
const NEW: f64 = 0.75;
/// Share of rising steps at or below which progress counts as oscillation.
const RHO: f64 = 0.75;

/// ℓ(x) = 1 − ½(x − top)ᵀA(x − top), with A = R diag(flat, steep) Rᵀ and R a turn by `angle`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hill {
    pub top: Point,
    /// Curvatures along its two axes, positive.
    pub curvature: [f64; 2],
    /// Radians by which the first axis is turned from the horizontal.
    pub angle: f64,
}

impl Hill {
    /// Components of x − top along the axes.
    fn along(&self, x: Point) -> Point {
        let (sin, cos) = self.angle.sin_cos();
        let [dx, dy] = [x[0] - self.top[0], x[1] - self.top[1]];
        [cos * dx + sin * dy, cos * dy - sin * dx]
    }

    /// ℓ(x).
    pub fn value(&self, x: Point) -> f64 {
        let [u, v] = self.along(x);
        1.0 - 0.5 * (self.curvature[0] * u * u + self.curvature[1] * v * v)
    }

    /// ∇ℓ(x).
    pub fn gradient(&self, x: Point) -> Point {
        let [u, v] = self.along(x);
        let (sin, cos) = self.angle.sin_cos();
        let [a, b] = [-self.curvature[0] * u, -self.curvature[1] * v];
        [cos * a - sin * b, sin * a + cos * b]
    }
}

/// The L∞ ball round an image of two pixels, cut by the box [0, 1]².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ball {
    pub centre: Point,
    pub epsilon: f64,
}

impl Ball {
    /// Lowest and highest value of a pixel.
    pub fn range(&self, pixel: usize) -> (f64, f64) {
        let centre = if pixel == 0 { self.centre[0] } else { self.centre[1] };
        ((centre - self.epsilon).max(0.0), (centre + self.epsilon).min(1.0))
    }

    /// P.
    fn project(&self, [x, y]: Point) -> Point {
        let (x_range, y_range) = (self.range(0), self.range(1));
        [x.clamp(x_range.0, x_range.1), y.clamp(y_range.0, y_range.1)]
    }

    /// The vertex of argmax⟨g, v⟩; where there is no slope, the pixel stays, as it does under sign(0) = 0.
    fn vertex(&self, g: Point, x: Point) -> Point {
        let pixel = |i: usize, g: f64, x: f64| {
            let (low, high) = self.range(i);
            if g > 0.0 {
                high
            } else if g < 0.0 {
                low
            } else {
                x
            }
        };
        [pixel(0, g[0], x[0]), pixel(1, g[1], x[1])]
    }
}

/// Two paths from the same start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Paths {
    /// Auto-PGD, an entry a step with the start first.
    pub apgd: Vec<Point>,
    /// Frank–Wolfe with γ = 0.75 (1 at the first step) and a heavy ball.
    pub heavy_ball: Vec<Point>,
    /// Steps after which Auto-PGD thinks of halving, and those after which it does.
    pub checkpoints: Vec<usize>,
    pub halvings: Vec<usize>,
}

impl Paths {
    /// Both paths for `steps` steps, from the point of the ball that is nearest to `start`.
    pub fn run(hill: &Hill, ball: &Ball, start: Point, steps: usize) -> Self {
        let start = ball.project(start);
        let mut paths = Self { heavy_ball: frank_wolfe(hill, ball, start, steps), ..Self::default() };
        paths.auto_pgd(hill, ball, start, steps);
        paths
    }

    /// The largest difference of a pixel between the two after `step` steps; NaN beyond the end.
    pub fn apart(&self, step: usize) -> f64 {
        let pair = self.apgd.get(step).zip(self.heavy_ball.get(step));
        pair.map_or(f64::NAN, |(a, b)| (a[0] - b[0]).abs().max((a[1] - b[1]).abs()))
    }

    /// The last step before the two may differ: that of the first halving, or of the end.
    pub fn together(&self) -> usize {
        // After the halving step itself the point is put back to its best.
        self.halvings.first().map_or(self.apgd.len().saturating_sub(1), |step| step.saturating_sub(1))
    }

    fn auto_pgd(&mut self, hill: &Hill, ball: &Ball, start: Point, steps: usize) {
        let (mut x, mut before) = (start, start);
        let (mut best, mut best_value) = (start, hill.value(start));
        let mut eta = 2.0 * ball.epsilon;
        // Published: the first step is compared with a loss of 0, and the first checkpoint counts as after a halving.
        let (mut last, mut best_at_checkpoint, mut reduced) = (0.0, best_value, true);
        let share = |percent: usize| (steps * percent / 100).max(1);
        let (mut interval, mut since, mut rises) = (share(22), 0_usize, 0_usize);
        self.apgd.push(x);
        for step in 1..=steps {
            let g = hill.gradient(x);
            let sign = |g: f64| if g == 0.0 { 0.0 } else { g.signum() };
            let z = ball.project([x[0] + eta * sign(g[0]), x[1] + eta * sign(g[1])]);
            let a = if step == 1 { 1.0 } else { NEW };
            let next = ball.project(moved(x, z, before, a));
            before = x;
            x = next;
            let value = hill.value(x);
            rises += usize::from(value > last);
            last = value;
            if value > best_value {
                (best, best_value) = (x, value);
            }
            since += 1;
            if since == interval {
                self.checkpoints.push(step);
                let oscillates = rises as f64 <= RHO * interval as f64;
                let stalls = !reduced && best_at_checkpoint >= best_value;
                reduced = oscillates || stalls;
                if reduced {
                    self.halvings.push(step);
                    eta /= 2.0;
                    x = best;
                }
                best_at_checkpoint = best_value;
                interval = interval.saturating_sub(share(3)).max(share(6));
                (since, rises) = (0, 0);
            }
            self.apgd.push(x);
        }
    }
}

fn frank_wolfe(hill: &Hill, ball: &Ball, start: Point, steps: usize) -> Vec<Point> {
    let (mut x, mut before) = (start, start);
    let mut path = vec![x];
    for step in 1..=steps {
        let vertex = ball.vertex(hill.gradient(x), x);
        let gamma = if step == 1 { 1.0 } else { NEW };
        let next = ball.project(moved(x, vertex, before, gamma));
        before = x;
        x = next;
        path.push(x);
    }
    path
}

/// x + a(z − x) + (1 − a)(x − before).
fn moved(x: Point, z: Point, before: Point, a: f64) -> Point {
    let pixel = |x: f64, z: f64, before: f64| x + a * (z - x) + (1.0 - a) * (x - before);
    [pixel(x[0], z[0], before[0]), pixel(x[1], z[1], before[1])]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ball() -> Ball {
        // The box cuts the ball at its right.
        Ball { centre: [0.95, 0.5], epsilon: 0.1 }
    }

    #[test]
    fn until_the_first_halving_the_paths_are_one() {
        let mut seen = 0;
        for turn in 0..24 {
            let angle = f64::from(turn) * 0.27;
            let top = [0.9 + 0.2 * angle.cos(), 0.5 + 0.14 * angle.sin()];
            let hill = Hill { top, curvature: [1.0, 30.0], angle };
            let paths = Paths::run(&hill, &ball(), [0.9, 0.47], 50);
            let together = paths.together();
            assert!(together >= 10, "the first checkpoint is after 11 steps: {together}");
            assert!((0..=together).all(|step| paths.apart(step) == 0.0), "angle {angle}");
            let after = (together + 1..=50).map(|step| paths.apart(step)).fold(0.0, f64::max);
            seen += usize::from(after > 1e-3);
        }
        assert!(seen > 0, "somewhere they part afterwards");
    }

    #[test]
    fn no_point_leaves_ball_and_box_and_the_gradient_is_that_of_the_hill() {
        let hill = Hill { top: [1.2, 0.52], curvature: [2.0, 9.0], angle: 0.6 };
        let paths = Paths::run(&hill, &ball(), [2.0, 0.5], 30);
        for [x, y] in paths.apgd.iter().chain(&paths.heavy_ball) {
            assert!((0.85 - 1e-12..=1.0).contains(x) && (0.4 - 1e-12..=0.6 + 1e-12).contains(y));
        }
        let (x, h) = ([0.91, 0.44], 1e-6);
        let slope = |i: usize| {
            let mut ends = [x, x];
            ends[0][i] += h;
            ends[1][i] -= h;
            (hill.value(ends[0]) - hill.value(ends[1])) / (2.0 * h)
        };
        let g = hill.gradient(x);
        assert!((g[0] - slope(0)).abs() < 1e-6 && (g[1] - slope(1)).abs() < 1e-6);
    }

    #[test]
    fn checkpoints_are_those_of_the_published_code() {
        let hill = Hill { top: [0.95, 0.5], curvature: [1.0, 4.0], angle: 0.3 };
        assert_eq!(Paths::run(&hill, &ball(), [0.9, 0.45], 50).checkpoints, [11, 21, 30, 38, 45]);
    }
}
