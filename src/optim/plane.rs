//! The plane's methods, one step at a time: gradient descent, projected gradient and Frank–Wolfe with its step
//! rules. Small enough to follow by eye, and the reference the tests hold the theory against.
//!
//! Every step reports the same words as training does: gradient, vertex, direction, gap, step size, next point.

use super::objective::{Objective, product};
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
    /// x + γ(v − x). `constant` in [0, 1] is read by [`StepRule::Constant`] only.
    FrankWolfe { rule: StepRule, constant: f64 },
}

/// One finished step and everything a figure may want to draw of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaneStep {
    /// Number of steps before this one.
    pub t: usize,
    /// Where it started.
    pub x: [f64; 2],
    /// ∇f(x).
    pub g: [f64; 2],
    /// The oracle's vertex at g, whatever the method: the gap is measured with it.
    pub v: [f64; 2],
    /// Direction of the move: v − x for Frank–Wolfe, −g for the gradient methods.
    pub d: [f64; 2],
    /// G = ⟨g, x − v⟩: ≥ 0 while x is in Ω.
    pub gap: f64,
    /// Step size along d. Projected gradient projects x + γd.
    pub gamma: f64,
    /// f(x).
    pub value: f64,
    /// Where it ended.
    pub next: [f64; 2],
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
}

impl PlaneStepper {
    /// `method` at `start`; for Frank–Wolfe `start` must be in Ω, see [`feasible_start`].
    pub fn new(method: PlaneMethod, start: [f64; 2]) -> Self {
        Self { method, x: start, t: 0, trial: None }
    }

    /// Where it is.
    pub fn x(&self) -> [f64; 2] {
        self.x
    }

    /// Steps made.
    pub fn t(&self) -> usize {
        self.t
    }

    /// Makes one step.
    ///
    /// # Errors
    /// [`SetError::NotFinite`] if the gradient is no longer finite (gradient descent can diverge);
    /// [`SetError::Parameter`] for a rate that is not positive or a constant outside [0, 1]. The point stays.
    pub fn step(&mut self, f: &dyn Objective, set: &dyn ConstraintSet) -> Result<PlaneStep, SetError> {
        let x = self.x;
        let (value, g) = (f.value(x), f.gradient(x));
        let mut v = [0.0; 2];
        set.lmo(&g, &x, &mut v)?;
        let gap = frank_wolfe_gap(&g, &x, &v);
        let (d, gamma) = match self.method {
            PlaneMethod::GradientDescent { rate } | PlaneMethod::ProjectedGradient { rate } => {
                ([-g[0], -g[1]], checked_rate(rate.unwrap_or_else(|| 1.0 / f.smoothness()))?)
            }
            PlaneMethod::FrankWolfe { rule, constant } => {
                let d = [v[0] - x[0], v[1] - x[1]];
                let at = At { x, d, gap, value, g };
                let gamma = match rule.scheduled(self.t, checked_constant(constant)?) {
                    Some(gamma) => gamma,
                    None if gap <= 0.0 => 0.0,
                    None => self.searched(rule, f, &at),
                };
                (d, gamma)
            }
        };
        let mut next = match self.method {
            // Ending exactly on the vertex keeps a full step free of rounding.
            PlaneMethod::FrankWolfe { .. } if gamma == 1.0 => v,
            _ => along(x, d, gamma),
        };
        if let PlaneMethod::ProjectedGradient { .. } = self.method {
            set.project(&mut next);
        }
        let step = PlaneStep { t: self.t, x, g, v, d, gap, gamma, value, next };
        self.x = next;
        self.t += 1;
        Ok(step)
    }

    /// γ of the rules that look at f; `at.gap` > 0, so d is not 0.
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
                let guess = at.gap * at.gap / (2.0 * (last.value - at.value) * product(at.d, at.d));
                guess.clamp(0.9 * last.smoothness, last.smoothness)
            }
        };
        let mut gamma = at.short_step(smoothness);
        for _ in 0..100 {
            let promised = if gamma < 1.0 {
                -0.5 * gamma * at.gap
            } else {
                -gamma * at.gap + 0.5 * gamma * gamma * smoothness * product(at.d, at.d)
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

/// A point, what is known there, and the direction to search.
struct At {
    x: [f64; 2],
    d: [f64; 2],
    gap: f64,
    value: f64,
    g: [f64; 2],
}

impl At {
    /// min(1, G/(L‖d‖²)).
    fn short_step(&self, smoothness: f64) -> f64 {
        (self.gap / (smoothness * product(self.d, self.d))).min(1.0)
    }
}

/// x + γd.
fn along(x: [f64; 2], d: [f64; 2], gamma: f64) -> [f64; 2] {
    [x[0] + gamma * d[0], x[1] + gamma * d[1]]
}

/// The first L of backtracking: 10⁻³, times ten until a gradient step of length 1/L does not raise f.
fn first_guess(f: &dyn Objective, at: &At) -> f64 {
    let mut smoothness = 1e-3;
    for _ in 0..60 {
        if f.value(along(at.x, at.g, -1.0 / smoothness)) <= at.value {
            break;
        }
        smoothness *= 10.0;
    }
    smoothness
}

/// The best γ in [0, 1]: in closed form on a quadratic; else the best of 33 samples, refined by golden section.
fn line_search(f: &dyn Objective, at: &At) -> f64 {
    if let Some(curvature) = f.curvature(at.d) {
        return if curvature > 0.0 { (at.gap / curvature).min(1.0) } else { 1.0 };
    }
    let value = |gamma: f64| f.value(along(at.x, at.d, gamma));
    let (mut best, mut lowest) = (0.0, at.value);
    for i in 1..=32 {
        let gamma = f64::from(i) / 32.0;
        let here = value(gamma);
        if here < lowest {
            (best, lowest) = (gamma, here);
        }
    }
    let (mut low, mut high) = ((best - 1.0 / 32.0).max(0.0), (best + 1.0 / 32.0).min(1.0));
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
