//! The plane's methods, one step at a time: gradient descent, projected gradient and Frank–Wolfe with its step
//! rules, classic or with away and pairwise steps. Small enough to follow by eye, and the reference the tests hold
//! the theory against.
//!
//! Every step reports the same words as training does: gradient, vertex, direction, gap, step size, next point.

use super::active_set::{CornerSteps, Variant, exact_step, short_step};
use super::objective::{Objective, product};
use super::plane_noise::Noise;
use crate::sets::{ConstraintSet, SetError, dot};
use fwlab_tex::tex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// How far a Frank–Wolfe step goes towards the vertex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepRule {
    /// min(1, G/(L‖d‖²)), the minimiser of the quadratic upper bound (Demyanov, Rubinov 1970). Needs L.
    #[default]
    ShortStep,
    /// 2/(t+2) (Jaggi 2013). Needs nothing; f may rise on the way.
    OpenLoop,
    /// The best γ in [0, 1] (exact on quadratics).
    LineSearch,
    /// Short step with L found by trial (Pedregosa, Negiar, Askari, Jaggi 2020).
    Backtracking,
    /// (2 + ln(t+1))/(t + 2 + ln(t+1)), an open loop that grows more patient (FrankWolfe.jl, ℓ = −1).
    LogAdaptive,
    /// The same γ always.
    Constant,
    /// 1/√(t+1), for functions that are not convex.
    NonConvex,
}

/// One row of the table of step rules.
pub struct StepRuleEntry {
    /// Stable key: URL, text keys (`rule.<key>.name`).
    pub key: &'static str,
    /// γₜ in LaTeX.
    pub formula: &'static str,
    /// The rule itself.
    pub rule: StepRule,
}

/// Every step rule, in menu order.
pub static STEP_RULES: &[StepRuleEntry] = &[
    StepRuleEntry {
        key: "short-step",
        formula: tex!(r"\gamma_t=\min\left(1,\frac{G_t}{L\|d_t\|^2}\right)"),
        rule: StepRule::ShortStep,
    },
    StepRuleEntry { key: "open-loop", formula: tex!(r"\gamma_t=\frac{2}{t+2}"), rule: StepRule::OpenLoop },
    StepRuleEntry {
        key: "line-search",
        formula: tex!(r"\gamma_t=\operatorname{argmin}_{\gamma\in[0,1]}f(x_t+\gamma d_t)"),
        rule: StepRule::LineSearch,
    },
    StepRuleEntry {
        key: "backtracking",
        formula: tex!(r"\gamma_t=\min\left(1,\frac{G_t}{L_t\|d_t\|^2}\right)"),
        rule: StepRule::Backtracking,
    },
    StepRuleEntry {
        key: "log-adaptive",
        formula: tex!(r"\gamma_t=\frac{2+\ln(t+1)}{t+2+\ln(t+1)}"),
        rule: StepRule::LogAdaptive,
    },
    StepRuleEntry { key: "constant", formula: tex!(r"\gamma_t=\gamma"), rule: StepRule::Constant },
    StepRuleEntry { key: "non-convex", formula: tex!(r"\gamma_t=\frac{1}{\sqrt{t+1}}"), rule: StepRule::NonConvex },
];

/// A step rule's key that is not in [`STEP_RULES`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no step rule called “{0}”; the known ones are {known}", known = known_rules())]
pub struct UnknownRule(pub String);

fn known_rules() -> String {
    STEP_RULES.iter().map(|entry| entry.key).collect::<Vec<_>>().join(", ")
}

impl StepRule {
    /// Looks a rule up by its key.
    ///
    /// # Errors
    /// [`UnknownRule`], naming the known keys.
    pub fn parse(key: &str) -> Result<Self, UnknownRule> {
        STEP_RULES
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| entry.rule)
            .ok_or_else(|| UnknownRule(key.to_owned()))
    }

    /// Its key.
    pub fn key(self) -> &'static str {
        STEP_RULES.iter().find(|entry| entry.rule == self).map_or("", |entry| entry.key)
    }

    /// γₜ of the rules that look at nothing but t (from 0); `None` for those that look at f.
    pub fn scheduled(self, t: usize, constant: f64) -> Option<f64> {
        let t = t as f64;
        match self {
            Self::OpenLoop => Some(2.0 / (t + 2.0)),
            Self::LogAdaptive => {
                let patience = 2.0 + (t + 1.0).ln();
                Some(patience / (t + patience))
            }
            Self::Constant => Some(constant),
            Self::NonConvex => Some(1.0 / (t + 1.0).sqrt()),
            Self::ShortStep | Self::LineSearch | Self::Backtracking => None,
        }
    }
}

impl Serialize for StepRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}
impl<'de> Deserialize<'de> for StepRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        Self::parse(&key).map_err(serde::de::Error::custom)
    }
}

/// What moves the point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaneMethod {
    /// x − γ∇f(x), ignoring Ω. `rate` γ > 0; 1/L if not given.
    GradientDescent { rate: Option<f64> },
    /// The same, then back to the nearest point of Ω.
    ProjectedGradient { rate: Option<f64> },
    /// x + γ(v − x), or what `variant` makes of it. `constant` in [0, 1] is read by [`StepRule::Constant`] only. Rules
    /// that look at nothing but t are cut off where an away or pairwise step must end; no rate is known for them.
    FrankWolfe {
        rule: StepRule,
        constant: f64,
        #[serde(default)]
        variant: Variant,
    },
}

/// One finished step and everything a figure may want to draw of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaneStep {
    /// Number of steps before this one.
    pub t: usize,
    /// Where it started.
    pub x: [f64; 2],
    /// ∇f(x), or what stands in for it.
    pub g: [f64; 2],
    /// The oracle's vertex at g, whatever the method: the gap is measured with it.
    pub v: [f64; 2],
    /// Direction of the move: v − x for Frank–Wolfe (x − a away, v − a pairwise), −g for the gradient methods.
    pub d: [f64; 2],
    /// G = ⟨g, x − v⟩: ≥ 0 while x is in Ω.
    pub gap: f64,
    /// The same with ∇f(x), the gap that theorems bound; `gap` itself unless g is noisy. A noisy gap is larger on
    /// average: its corner fits the noise as well.
    pub full_gap: f64,
    /// Step size along d. Projected gradient projects x + γd.
    pub gamma: f64,
    /// f(x).
    pub value: f64,
    /// Where it ended.
    pub next: [f64; 2],
    /// The kind of move this step was: away-step Frank–Wolfe makes classic ones too.
    pub kind: Variant,
    /// a, the corner that an away or pairwise move takes weight from.
    pub away: Option<[f64; 2]>,
    /// Whether it took all of that weight (drop step).
    pub dropped: bool,
}

/// G = ⟨g, x − v⟩, v the oracle's answer to g. Zero exactly where no feasible direction descends; on convex f at
/// least f(x) − min f (Frank, Wolfe 1956; Jaggi 2013).
pub fn frank_wolfe_gap(g: &[f64], x: &[f64], v: &[f64]) -> f64 {
    dot(g, x) - dot(g, v)
}

/// A start in Ω on the way from `x` to the set's centre; `x` itself if it is in Ω. Frank–Wolfe must start inside.
pub fn feasible_start(set: &dyn ConstraintSet, x: [f64; 2]) -> [f64; 2] {
    let out = set.gauge(&x);
    if out <= 1.0 {
        return x;
    }
    let centre = set.centre(2);
    let at = |i: usize| centre.get(i).copied().unwrap_or(0.0);
    [at(0) + (x[0] - at(0)) / out, at(1) + (x[1] - at(1)) / out]
}

/// The boundary of Ω as the oracle sees it: its answers to `directions` (≥ 3) evenly spread ones, anticlockwise,
/// repeats left out. Exact for polygons; on round sets the points gather where the boundary bends.
///
/// # Errors
/// None that a built set can cause; the oracle's type asks for it.
pub fn outline(set: &dyn ConstraintSet, directions: usize) -> Result<Vec<[f64; 2]>, SetError> {
    let mut points: Vec<[f64; 2]> = Vec::new();
    for i in 0..directions.max(3) {
        // A quarter of a step off the axes, where ties and zeros would be answered by convention.
        let angle = std::f64::consts::TAU * (i as f64 + 0.25) / directions.max(3) as f64;
        let g = [-angle.cos(), -angle.sin()];
        let mut v = [0.0; 2];
        set.lmo(&g, &[0.0; 2], &mut v)?;
        if points.last() != Some(&v) {
            points.push(v);
        }
    }
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    Ok(points)
}

/// What backtracking remembers from the step before.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Trial {
    /// L of the accepted step.
    smoothness: f64,
    /// f before that step.
    value: f64,
}

/// A method at a point. Cheap to clone: a snapshot is a copy.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaneStepper {
    method: PlaneMethod,
    x: [f64; 2],
    t: usize,
    trial: Option<Trial>,
    /// What away and pairwise steps remember.
    corners: Option<CornerSteps>,
}

impl PlaneStepper {
    /// `method` at `start`; for Frank–Wolfe `start` must be in Ω, see [`feasible_start`].
    pub fn new(method: PlaneMethod, start: [f64; 2]) -> Self {
        let corners = match method {
            PlaneMethod::FrankWolfe { variant, .. } if variant != Variant::Classic => {
                Some(CornerSteps::new(variant, &start))
            }
            _ => None,
        };
        Self { method, x: start, t: 0, trial: None, corners }
    }

    /// Where it is.
    pub fn x(&self) -> [f64; 2] {
        self.x
    }

    /// Steps made.
    pub fn t(&self) -> usize {
        self.t
    }

    /// The corners x is made of, if the method remembers them.
    pub fn corners(&self) -> Option<&CornerSteps> {
        self.corners.as_ref()
    }

    /// Makes one step.
    ///
    /// # Errors
    /// [`SetError::NotFinite`] if the gradient is no longer finite (gradient descent can diverge);
    /// [`SetError::Parameter`] for a rate that is not positive or a constant outside [0, 1]. The point stays.
    pub fn step(&mut self, f: &dyn Objective, set: &dyn ConstraintSet) -> Result<PlaneStep, SetError> {
        self.noisy_step(f, set, None)
    }

    /// Makes one step that sees the batch's gradient in place of ∇f(x); rules that look at f see its exact values.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn noisy_step(
        &mut self,
        f: &dyn Objective,
        set: &dyn ConstraintSet,
        noise: Option<&Noise>,
    ) -> Result<PlaneStep, SetError> {
        let x = self.x;
        let (value, slope) = (f.value(x), f.gradient(x));
        let g = noise.map_or(slope, |noise| noise.gradient(slope, self.t));
        let v = answer(set, g, x)?;
        let gap = frank_wolfe_gap(&g, &x, &v);
        let full_gap = if g == slope { gap } else { frank_wolfe_gap(&slope, &x, &answer(set, slope, x)?) };
        let (d, kind, t) = ([v[0] - x[0], v[1] - x[1]], Variant::Classic, self.t);
        let (gamma, next, away, dropped) = (0.0, x, None, false);
        let mut step = PlaneStep { t, x, g, v, d, gap, full_gap, gamma, value, next, kind, away, dropped };
        match self.method {
            PlaneMethod::GradientDescent { rate } | PlaneMethod::ProjectedGradient { rate } => {
                step.gamma = checked_rate(rate.unwrap_or_else(|| 1.0 / f.smoothness()))?;
                step.d = [-g[0], -g[1]];
                step.next = along(x, step.d, step.gamma);
            }
            PlaneMethod::FrankWolfe { rule, constant, .. } => {
                self.frank_wolfe(rule, checked_constant(constant)?, f, &mut step);
            }
        }
        if let PlaneMethod::ProjectedGradient { .. } = self.method {
            set.project(&mut step.next);
        }
        self.x = step.next;
        self.t += 1;
        Ok(step)
    }

    /// Fills in how a Frank–Wolfe step goes on from its gap.
    fn frank_wolfe(&mut self, rule: StepRule, constant: f64, f: &dyn Objective, step: &mut PlaneStep) {
        let go = self.corners.as_ref().map(|corners| corners.propose(&step.g, &step.v));
        let (mut slope, mut most) = (step.gap, 1.0);
        if let Some(go) = &go {
            (slope, most) = (go.slope, go.most);
            step.d = in_plane(&go.direction);
            step.kind = go.kind;
            step.away = go.away.as_deref().map(in_plane);
        }
        let at = At { x: step.x, d: step.d, slope, most, value: step.value, g: step.g };
        step.gamma = match rule.scheduled(self.t, constant) {
            Some(gamma) => gamma.min(most),
            None if step.gap <= 0.0 => 0.0,
            None => self.searched(rule, f, &at),
        };
        step.next = match (self.corners.as_mut(), &go) {
            (Some(corners), Some(go)) => {
                step.dropped = corners.take(go, step.gamma).dropped;
                in_plane(corners.x())
            }
            // Ending exactly on the vertex keeps a full step free of rounding.
            _ if step.gamma == 1.0 => step.v,
            _ => along(step.x, step.d, step.gamma),
        };
    }

    /// γ of the rules that look at f; `at.slope` > 0, so d is not 0.
    fn searched(&mut self, rule: StepRule, f: &dyn Objective, at: &At) -> f64 {
        match rule {
            StepRule::LineSearch => line_search(f, at),
            StepRule::Backtracking => self.backtrack(f, at),
            _ => at.short_step(f.smoothness()),
        }
    }

    /// Pedregosa et al. (2020), algorithm 2, as their library chop runs it: guess L from the last decrease, keep
    /// it within [0.9, 1] of the last one, double it until f falls as much as L promises.
    fn backtrack(&mut self, f: &dyn Objective, at: &At) -> f64 {
        let mut smoothness = match self.trial {
            None => first_guess(f, at),
            Some(last) => {
                // A rise makes the guess negative and so 0.9 L; a standstill makes it infinite and so L.
                let guess = at.slope * at.slope / (2.0 * (last.value - at.value) * product(at.d, at.d));
                guess.clamp(0.9 * last.smoothness, last.smoothness)
            }
        };
        let mut gamma = at.short_step(smoothness);
        for _ in 0..100 {
            let promised = if gamma < at.most {
                -0.5 * gamma * at.slope
            } else {
                -gamma * at.slope + 0.5 * gamma * gamma * smoothness * product(at.d, at.d)
            };
            let change = f.value(along(at.x, at.d, gamma)) - at.value;
            if change <= promised + f64::from(f32::EPSILON) {
                break;
            }
            smoothness *= 2.0;
            gamma = at.short_step(smoothness);
        }
        self.trial = Some(Trial { smoothness, value: at.value });
        gamma
    }
}

/// The oracle's answer to g at x.
fn answer(set: &dyn ConstraintSet, g: [f64; 2], x: [f64; 2]) -> Result<[f64; 2], SetError> {
    let mut v = [0.0; 2];
    set.lmo(&g, &x, &mut v).map(|()| v)
}

/// A point, what is known there, and the direction to search.
struct At {
    x: [f64; 2],
    d: [f64; 2],
    /// −⟨g, d⟩; the gap, where d leads to the oracle's corner.
    slope: f64,
    /// The largest γ that stays in Ω.
    most: f64,
    value: f64,
    g: [f64; 2],
}

impl At {
    fn short_step(&self, smoothness: f64) -> f64 {
        short_step(self.slope, product(self.d, self.d), smoothness, self.most)
    }
}

/// The first two entries.
fn in_plane(x: &[f64]) -> [f64; 2] {
    [x.first().copied().unwrap_or(0.0), x.get(1).copied().unwrap_or(0.0)]
}

/// x + γd.
fn along(x: [f64; 2], d: [f64; 2], gamma: f64) -> [f64; 2] {
    [x[0] + gamma * d[0], x[1] + gamma * d[1]]
}

/// The first L of backtracking: 10⁻³, times ten until a gradient step of length 1/L does not raise f.
fn first_guess(f: &dyn Objective, at: &At) -> f64 {
    let mut smoothness = 1e-3;
    // 10⁹ is far above any L; only a noisy gradient that points uphill gets there, and later steps come back from it.
    for _ in 0..12 {
        if f.value(along(at.x, at.g, -1.0 / smoothness)) <= at.value {
            break;
        }
        smoothness *= 10.0;
    }
    smoothness
}

/// The best γ in [0, γ_max]: in closed form on a quadratic; else the best of 33 samples, refined by golden section.
fn line_search(f: &dyn Objective, at: &At) -> f64 {
    if let Some(curvature) = f.curvature(at.d) {
        return exact_step(at.slope, curvature, at.most);
    }
    let value = |gamma: f64| f.value(along(at.x, at.d, gamma));
    let (mut best, mut lowest) = (0.0, at.value);
    for i in 1..=32 {
        let gamma = at.most * f64::from(i) / 32.0;
        let here = value(gamma);
        if here < lowest {
            (best, lowest) = (gamma, here);
        }
    }
    let apart = at.most / 32.0;
    let (mut low, mut high) = ((best - apart).max(0.0), (best + apart).min(at.most));
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (value(left), value(right));
    for _ in 0..40 {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = value(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = value(right);
        }
    }
    let refined = 0.5 * (low + high);
    if value(refined) < lowest { refined } else { best }
}

fn checked_rate(rate: f64) -> Result<f64, SetError> {
    if rate.is_finite() && rate > 0.0 {
        Ok(rate)
    } else {
        Err(SetError::Parameter { what: "the learning rate", range: "a positive number".into(), found: rate })
    }
}

fn checked_constant(constant: f64) -> Result<f64, SetError> {
    if (0.0..=1.0).contains(&constant) {
        Ok(constant)
    } else {
        Err(SetError::Parameter { what: "the step size", range: "between 0 and 1".into(), found: constant })
    }
}
