//! A problem on which every constant of the theorems is known: ½(x − c)ᵀA(x − c) on a ball, its gradient disturbed by
//! Gaussian noise of known size. Here no bound may ever be violated.
//!
//! The mean of b Gaussian samples is Gaussian itself, so one draw a step is exact for any batch. With finitely many
//! images the draw is shrunk by √((n − b)/(n − 1)), as a mean of b different images would be. Noise depends on (seed,
//! step) only: two schedules with one seed meet the same luck.

use std::f64::consts::TAU;
use std::sync::Arc;

use super::row::Row;
use super::schedule::noise_left;
use super::{Constants, Schedule};
use crate::random::Random;
use crate::sets::{ConstraintSet, SetError, SetId, SetShape, dot, norm};

/// The ball that Ω is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ball {
    L1,
    L2,
}

impl Ball {
    /// Key of the set in [`crate::sets::SETS`].
    pub const ALL: [(Self, &'static str); 2] = [(Self::L1, "l1"), (Self::L2, "l2")];

    fn set(self) -> SetId {
        match self {
            Self::L1 => SetId::l1(),
            Self::L2 => SetId::l2(),
        }
    }
}

/// What shapes a noisy quadratic.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// n, 1 to 1,000.
    pub dimensions: usize,
    pub ball: Ball,
    /// Radius of the ball, > 0; D is twice it.
    pub radius: f64,
    /// L > 0, the largest eigenvalue of A.
    pub smoothness: f64,
    /// κ, 1 to 1,000: the smallest eigenvalue is L/κ, the others lie between in equal ratios.
    pub condition: f64,
    /// How far out c lies, in radii, 0.01 to 100: below 1 the optimum is inside, above 1 on the boundary.
    pub reach: f64,
    /// σ ≥ 0: E‖noise of one sample‖² = σ², the same in all directions.
    pub sigma: f64,
    /// Seed of A's axes and of c's direction; the noise of a run has its own.
    pub seed: u64,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            dimensions: 20,
            ball: Ball::L2,
            radius: 1.0,
            smoothness: 1.0,
            condition: 10.0,
            reach: 0.7,
            sigma: 1.0,
            seed: 0,
        }
    }
}

impl Recipe {
    /// Refuses what makes no problem, naming the first such number.
    fn check(&self) -> Result<(), SetError> {
        let numbers = [
            ("the number of dimensions", self.dimensions as f64, 1.0, 1000.0),
            ("the radius", self.radius, 1e-6, 1e6),
            ("the smoothness L", self.smoothness, 1e-6, 1e6),
            ("the condition number", self.condition, 1.0, 1000.0),
            ("the distance of the centre", self.reach, 0.01, 100.0),
            ("the noise σ", self.sigma, 0.0, 1e6),
        ];
        match numbers.into_iter().find(|(_, found, low, high)| !(*low..=*high).contains(found)) {
            Some((what, found, low, high)) => {
                Err(SetError::Parameter { what, range: format!("between {low} and {high}"), found })
            }
            None => Ok(()),
        }
    }
}

/// f alone: A = HΛH with a mirror H = I − 2uuᵀ, so a product with A costs 6n instead of n².
#[derive(Debug, Clone)]
struct Bowl {
    eigenvalues: Vec<f64>,
    /// u, of length 1.
    mirror: Vec<f64>,
    /// c, where f = 0.
    centre: Vec<f64>,
}

impl Bowl {
    fn new(recipe: &Recipe, set: &dyn ConstraintSet) -> Self {
        let n = recipe.dimensions;
        let mut random = Random::new(recipe.seed, u64::MAX);
        let mut mirror = vec![0.0; n];
        fill_gaussian(&mut mirror, &mut random);
        let length = norm(&mirror).max(f64::MIN_POSITIVE);
        scale(&mut mirror, 1.0 / length);
        let mut centre = vec![0.0; n];
        fill_gaussian(&mut centre, &mut random);
        let gauge = set.gauge(&centre).max(f64::MIN_POSITIVE);
        scale(&mut centre, recipe.reach / gauge);
        let last = (n.max(2) - 1) as f64;
        let eigenvalue = |i: usize| recipe.smoothness * recipe.condition.powf(-(i as f64) / last);
        Self { eigenvalues: (0..n).map(eigenvalue).collect(), mirror, centre }
    }

    /// Writes ∇f(x) to `slope` and returns f(x).
    fn slope(&self, x: &[f64], slope: &mut [f64]) -> f64 {
        for ((slope, x), centre) in slope.iter_mut().zip(x).zip(&self.centre) {
            *slope = x - centre;
        }
        self.reflect(slope);
        for (entry, eigenvalue) in slope.iter_mut().zip(&self.eigenvalues) {
            *entry *= eigenvalue;
        }
        self.reflect(slope);
        let product: f64 = slope.iter().zip(x).zip(&self.centre).map(|((slope, x), centre)| slope * (x - centre)).sum();
        0.5 * product
    }

    fn reflect(&self, x: &mut [f64]) {
        let twice = 2.0 * dot(&self.mirror, x);
        for (entry, mirror) in x.iter_mut().zip(&self.mirror) {
            *entry -= twice * mirror;
        }
    }

    fn value(&self, x: &[f64]) -> f64 {
        self.slope(x, &mut vec![0.0; x.len()])
    }
}

/// The problem: f, Ω, where runs start, where they should end, and every constant the theorems ask for.
#[derive(Debug, Clone)]
pub struct NoisyQuadratic {
    set: Arc<dyn ConstraintSet>,
    bowl: Bowl,
    start: Vec<f64>,
    optimum: Vec<f64>,
    constants: Constants,
}

impl NoisyQuadratic {
    /// Builds it. Runs start in the corner where f looks highest from the ball's centre.
    ///
    /// # Errors
    /// The first of the recipe's numbers that is out of its range.
    pub fn new(recipe: &Recipe) -> Result<Self, SetError> {
        recipe.check()?;
        let n = recipe.dimensions;
        let shape = SetShape { radius: recipe.radius, ..SetShape::default() };
        let set: Arc<dyn ConstraintSet> = Arc::from(recipe.ball.set().entry().build(&shape, n)?);
        let bowl = Bowl::new(recipe, set.as_ref());
        let start = highest_corner(&bowl, set.as_ref())?;
        let (optimum, lowest_value) = lowest(&bowl, set.as_ref(), recipe.smoothness)?;
        let constants = Constants {
            gap_in_value: bowl.value(&start) - lowest_value,
            upper_value: upper_value(&bowl, recipe),
            lowest_value,
            smoothness: recipe.smoothness,
            diameter: set.diameter(n),
            sigma: recipe.sigma,
        };
        Ok(Self { set, bowl, start, optimum, constants })
    }

    /// Every constant, exact but for f* (a proven lower bound, 10⁻¹² below f(x*)) and f̄ (an upper bound of f on Ω).
    pub fn constants(&self) -> &Constants {
        &self.constants
    }

    /// x*, the lowest point of f on Ω.
    pub fn optimum(&self) -> &[f64] {
        &self.optimum
    }

    /// θ₀
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// Ω
    pub fn set(&self) -> &dyn ConstraintSet {
        self.set.as_ref()
    }

    /// f(x)
    pub fn value(&self, x: &[f64]) -> f64 {
        self.bowl.value(x)
    }

    /// ‖∇f(x)‖
    pub fn slope_length(&self, x: &[f64]) -> f64 {
        let mut slope = vec![0.0; x.len()];
        self.bowl.slope(x, &mut slope);
        norm(&slope)
    }

    /// G(x), the Frank–Wolfe gap.
    ///
    /// # Errors
    /// [`SetError::NotFinite`] if `x` is not finite.
    pub fn gap(&self, x: &[f64]) -> Result<f64, SetError> {
        gap(&self.bowl, self.set.as_ref(), x)
    }

    /// A whole run, one row a step.
    ///
    /// # Errors
    /// [`SetError::NotFinite`] if the schedule's rates are not finite.
    pub fn run(&self, schedule: &Schedule, total: u32, seed: u64) -> Result<Vec<Row>, SetError> {
        Run::new(self, schedule, total, seed).advance(total)
    }
}

/// A run in progress: a page takes a few hundred steps a frame.
#[derive(Debug, Clone)]
pub struct Run {
    problem: NoisyQuadratic,
    schedule: Schedule,
    total: u32,
    seed: u64,
    t: u32,
    position: Vec<f64>,
    /// f and ∇f at `position`.
    value: f64,
    slope: Vec<f64>,
    /// The batch's gradient and the oracle's vertex: kept to spare the step two allocations.
    guess: Vec<f64>,
    vertex: Vec<f64>,
}

impl Run {
    /// A run of `total` steps from the problem's start.
    pub fn new(problem: &NoisyQuadratic, schedule: &Schedule, total: u32, seed: u64) -> Self {
        let position = problem.start.clone();
        let mut slope = vec![0.0; position.len()];
        let value = problem.bowl.slope(&position, &mut slope);
        let (guess, vertex) = (slope.clone(), slope.clone());
        let (problem, schedule) = (problem.clone(), schedule.clone());
        Self { problem, schedule, total, seed, t: 0, position, value, slope, guess, vertex }
    }

    /// Steps taken.
    pub fn t(&self) -> u32 {
        self.t
    }

    /// Whether all steps are taken.
    pub fn done(&self) -> bool {
        self.t >= self.total
    }

    /// θₜ
    pub fn position(&self) -> &[f64] {
        &self.position
    }

    /// One step of Algorithm 2 of Sato and Iiduka (2025); `None` after the last.
    ///
    /// # Errors
    /// [`SetError::NotFinite`] if the schedule's rates are not finite.
    pub fn step(&mut self) -> Result<Option<Row>, SetError> {
        if self.done() {
            return Ok(None);
        }
        let gamma = self.schedule.rate_at(self.t, self.total);
        let (batch, capped) = self.schedule.batch_at(self.t, self.total);
        let noise = self.problem.constants.sigma * noise_left(f64::from(batch), self.schedule.images);
        let set = self.problem.set.as_ref();
        set.lmo(&self.slope, &self.position, &mut self.vertex)?;
        let gap = towards(&self.slope, &self.position, &self.vertex);
        let error = guess_slope(&mut self.guess, &self.slope, noise, self.seed, self.t);
        set.lmo(&self.guess, &self.position, &mut self.vertex)?;
        let gap_batch = towards(&self.guess, &self.position, &self.vertex);
        let moved = go(&mut self.position, &self.vertex, gamma);
        let value = self.value;
        self.value = self.problem.bowl.slope(&self.position, &mut self.slope);
        let next_value = self.value;
        let t = self.t;
        self.t += 1;
        Ok(Some(Row { t, steps: 1, gamma, batch, capped, noise, value, next_value, gap, gap_batch, error, moved }))
    }

    /// Up to `steps` more rows.
    ///
    /// # Errors
    /// See [`Run::step`].
    pub fn advance(&mut self, steps: u32) -> Result<Vec<Row>, SetError> {
        let mut rows = Vec::with_capacity(steps.min(self.total - self.t) as usize);
        for _ in 0..steps {
            let Some(row) = self.step()? else { break };
            rows.push(row);
        }
        Ok(rows)
    }
}

/// ⟨g, x − v⟩
fn towards(g: &[f64], x: &[f64], v: &[f64]) -> f64 {
    g.iter().zip(x).zip(v).map(|((g, x), v)| g * (x - v)).sum()
}

/// Writes the slope plus the noise of step `t` to `guess`; returns the noise's length.
fn guess_slope(guess: &mut [f64], slope: &[f64], noise: f64, seed: u64, t: u32) -> f64 {
    fill_gaussian(guess, &mut Random::new(seed, u64::from(t)));
    scale(guess, noise / (slope.len() as f64).sqrt());
    let error = norm(guess);
    for (guess, slope) in guess.iter_mut().zip(slope) {
        *guess += slope;
    }
    error
}

/// x ← (1 − γ)x + γv; returns ‖v − x‖ from before.
fn go(x: &mut [f64], vertex: &[f64], gamma: f64) -> f64 {
    let mut squared = 0.0;
    for (x, v) in x.iter_mut().zip(vertex) {
        squared += (v - *x) * (v - *x);
        *x = (1.0 - gamma) * *x + gamma * v;
    }
    squared.sqrt()
}

fn gap(bowl: &Bowl, set: &dyn ConstraintSet, x: &[f64]) -> Result<f64, SetError> {
    let (mut slope, mut vertex) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    bowl.slope(x, &mut slope);
    set.lmo(&slope, x, &mut vertex)?;
    Ok(towards(&slope, x, &vertex))
}

/// The corner that lies farthest up the slope at the ball's centre.
fn highest_corner(bowl: &Bowl, set: &dyn ConstraintSet) -> Result<Vec<f64>, SetError> {
    let middle = vec![0.0; bowl.centre.len()];
    let (mut up, mut corner) = (middle.clone(), middle.clone());
    bowl.slope(&middle, &mut up);
    scale(&mut up, -1.0);
    set.lmo(&up, &middle, &mut corner)?;
    Ok(corner)
}

/// An upper bound of f on Ω: the highest corner of the L1 ball (f is convex), ½L(r + ‖c‖)² on the L2 ball.
fn upper_value(bowl: &Bowl, recipe: &Recipe) -> f64 {
    if recipe.ball == Ball::L2 {
        return 0.5 * recipe.smoothness * (recipe.radius + norm(&bowl.centre)).powi(2);
    }
    let mut corner = vec![0.0; recipe.dimensions];
    let mut highest = 0.0_f64;
    for i in 0..recipe.dimensions {
        for end in [-recipe.radius, recipe.radius] {
            corner.fill(0.0);
            if let Some(entry) = corner.get_mut(i) {
                *entry = end;
            }
            highest = highest.max(bowl.value(&corner));
        }
    }
    highest
}

/// x* and a lower bound of f on Ω: accelerated projected gradient, restarted when it overshoots (Beck, Teboulle 2009;
/// O'Donoghue, Candès 2015), until the gap, which bounds the error of a convex f, is 10⁻¹² of LD².
fn lowest(bowl: &Bowl, set: &dyn ConstraintSet, smoothness: f64) -> Result<(Vec<f64>, f64), SetError> {
    let n = bowl.centre.len();
    let tolerance = 1e-12 * smoothness * set.diameter(n).powi(2);
    let mut x = vec![0.0; n];
    let (mut ahead, mut next, mut slope) = (x.clone(), x.clone(), x.clone());
    let mut weight = 1.0_f64;
    for _ in 0..20_000 {
        bowl.slope(&ahead, &mut slope);
        for ((next, ahead), slope) in next.iter_mut().zip(&ahead).zip(&slope) {
            *next = ahead - slope / smoothness;
        }
        set.project(&mut next);
        // The step from `ahead` and the way x went disagree: momentum has overshot.
        let back: f64 = ahead.iter().zip(&next).zip(&x).map(|((ahead, next), x)| (ahead - next) * (next - x)).sum();
        let next_weight = if back > 0.0 { 1.0 } else { 0.5 * (1.0 + (1.0 + 4.0 * weight * weight).sqrt()) };
        let momentum = if back > 0.0 { 0.0 } else { (weight - 1.0) / next_weight };
        for ((ahead, next), x) in ahead.iter_mut().zip(&next).zip(&x) {
            *ahead = next + momentum * (next - x);
        }
        std::mem::swap(&mut x, &mut next);
        weight = next_weight;
        if gap(bowl, set, &x)? <= tolerance {
            break;
        }
    }
    let lowest = bowl.value(&x) - gap(bowl, set, &x)?.max(0.0);
    Ok((x, lowest.max(0.0)))
}

fn scale(x: &mut [f64], factor: f64) {
    for entry in x {
        *entry *= factor;
    }
}

/// Independent standard normals (Box, Muller 1958).
fn fill_gaussian(x: &mut [f64], random: &mut Random) {
    for pair in x.chunks_mut(2) {
        let length = (-2.0 * (1.0 - random.uniform()).ln()).sqrt();
        let (sin, cos) = (TAU * random.uniform()).sin_cos();
        for (entry, part) in pair.iter_mut().zip([cos, sin]) {
            *entry = length * part;
        }
    }
}
