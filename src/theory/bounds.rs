//! Upper bounds on the Frank–Wolfe gap: the theorems as printed on the slides of Sato and Iiduka (2025), Theorem 2 of
//! Reddi, Sra, Póczos and Smola (2016), and our own, from which they all follow.
//!
//! With eₜ the error of the batch's gradient and dₜ = vₜ − θₜ, one step of an L-smooth f obeys, on every path,
//!
//! γₜG(θₜ) ≤ f(θₜ) − f(θₜ₊₁) + γₜD‖eₜ‖ + ½Lγₜ²‖dₜ‖².  (★)
//!
//! Divided by γₜ, averaged over t < T, with E‖eₜ‖ ≤ σ/√bₜ and ‖dₜ‖ ≤ D:
//!
//! A_T ≤ (1/T) Σ (E fₜ − E fₜ₊₁)/γₜ + (D/T) Σ σ/√bₜ + (LD²/2T) Σ γₜ.  (★★)
//!
//! Summed without the division: Σ γₜ E G(θₜ) / Σ γₜ ≤ (Δ + Dσ Σ γₜ/√bₜ + ½LD² Σ γₜ²)/Σ γₜ.  (★★★)
//!
//! What the slides leave out, and how it is read here:
//! - f̄ is undefined: an upper bound of E f(θₜ). They write 2·max{f̄, |f*|} where f̄ − f* suffices.
//! - θ* is called a local optimum; f* must be a lower bound of f on Ω, or the bounds can be false.
//! - γ_∞ is undefined: the sum of all rates, Kγ(1 − η^P)/(1 − η). Theorem 3.5(ii) lost the line under γ: it is the
//!   last rate, γη^(P−1), as in 3.4(ii).
//! - The sum Σ 1/√bₜ of a growing batch drops the factor 1 − λ^(−Q/2), which is < 1: valid, not tight.
//! - Theorem 3.3 has an order in a table but no formula.

use super::row::Row;
use super::{Constants, Schedule};
use crate::optim::schedule::{BatchRule, BatchSize, LearningRate, RateRule};
use fwlab_tex::tex;

/// The theorems: 3.1 to 3.5 of the slides, and Theorem 2 of Reddi et al. (2016).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theorem {
    /// Constant rate, constant batch.
    T31,
    /// Constant rate, growing batch.
    T32,
    /// γₜ = 1/(t+1), constant batch: no formula on the slides, only an order.
    T33,
    /// γₜ = (t+1)⁻ᵃ, constant batch.
    T34i,
    /// Step decay, constant batch.
    T34ii,
    /// γₜ = (t+1)⁻ᵃ, growing batch.
    T35i,
    /// Step decay, growing batch.
    T35ii,
    /// γ = √(2Δ/(TLD²β)), b = T.
    Reddi,
}

impl Theorem {
    /// All of them, in the slides' order.
    pub const ALL: [Self; 8] =
        [Self::T31, Self::T32, Self::T33, Self::T34i, Self::T34ii, Self::T35i, Self::T35ii, Self::Reddi];

    /// Key; text key `theorem.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Self::T31 => "3-1",
            Self::T32 => "3-2",
            Self::T33 => "3-3",
            Self::T34i => "3-4-i",
            Self::T34ii => "3-4-ii",
            Self::T35i => "3-5-i",
            Self::T35ii => "3-5-ii",
            Self::Reddi => "reddi",
        }
    }

    /// The number it carries in its source.
    pub fn number(self) -> &'static str {
        match self {
            Self::T31 => "3.1",
            Self::T32 => "3.2",
            Self::T33 => "3.3",
            Self::T34i => "3.4(i)",
            Self::T34ii => "3.4(ii)",
            Self::T35i => "3.5(i)",
            Self::T35ii => "3.5(ii)",
            Self::Reddi => "2",
        }
    }

    /// The whole bound as printed (MathML); of 3.3 its order, which is all there is.
    pub fn formula(self) -> &'static str {
        match self {
            Self::T31 => tex!(r"\frac{\Delta}{\gamma T}+\frac{D\sigma}{\sqrt{b}}+\frac{LD^2\gamma}{2}"),
            Self::T32 => tex!(
                r"\frac{\Delta}{\gamma T}+\frac{D\sigma}{T}\cdot\frac{E\sqrt{\lambda}}{\sqrt{b}(\sqrt{\lambda}-1)}+\frac{LD^2\gamma}{2}"
            ),
            Self::T33 => tex!(r"O\left(\frac{1}{\sqrt{b}}\right)"),
            Self::T34i => {
                tex!(r"\frac{2\max\{\bar{f},|f^*|\}}{T^{1-a}}+\frac{D\sigma}{\sqrt{b}}+\frac{LD^2}{2(1-a)T^a}")
            }
            Self::T34ii => tex!(
                r"\frac{2\max\{\bar{f},|f^*|\}}{T\underline{\gamma}}+\frac{D\sigma}{\sqrt{b}}+\frac{\gamma_\infty LD^2}{2T}"
            ),
            Self::T35i => tex!(
                r"\frac{2\max\{\bar{f},|f^*|\}}{T^{1-a}}+\frac{D\sigma}{T}\cdot\frac{E\sqrt{\lambda}}{\sqrt{b}(\sqrt{\lambda}-1)}+\frac{LD^2}{2(1-a)T^a}"
            ),
            Self::T35ii => tex!(
                r"\frac{2\max\{\bar{f},|f^*|\}}{T\underline{\gamma}}+\frac{D\sigma}{T}\cdot\frac{E\sqrt{\lambda}}{\sqrt{b}(\sqrt{\lambda}-1)}+\frac{\gamma_\infty LD^2}{2T}"
            ),
            Self::Reddi => tex!(r"\frac{D}{\sqrt{T}}\left(G+\sqrt{\frac{2L\Delta}{\beta}}(1+\beta)\right)"),
        }
    }

    /// Its three terms (MathML) in the order value, noise, step; of 3.3 those of our own bound.
    pub fn term_formulas(self) -> [&'static str; 3] {
        [self.value_formula(), self.noise_formula(), self.step_formula()]
    }

    fn value_formula(self) -> &'static str {
        match self {
            Self::T31 | Self::T32 => tex!(r"\frac{\Delta}{\gamma T}"),
            Self::T33 => tex!(r"\bar{f}-f^*"),
            Self::T34i | Self::T35i => tex!(r"\frac{2\max\{\bar{f},|f^*|\}}{T^{1-a}}"),
            Self::T34ii | Self::T35ii => tex!(r"\frac{2\max\{\bar{f},|f^*|\}}{T\underline{\gamma}}"),
            Self::Reddi => tex!(r"\frac{D}{\sqrt{T}}\sqrt{2L\Delta\beta}"),
        }
    }

    fn noise_formula(self) -> &'static str {
        match self {
            Self::T31 | Self::T33 | Self::T34i | Self::T34ii => tex!(r"\frac{D\sigma}{\sqrt{b}}"),
            Self::T32 | Self::T35i | Self::T35ii => {
                tex!(r"\frac{D\sigma}{T}\cdot\frac{E\sqrt{\lambda}}{\sqrt{b}(\sqrt{\lambda}-1)}")
            }
            Self::Reddi => tex!(r"\frac{DG}{\sqrt{T}}"),
        }
    }

    fn step_formula(self) -> &'static str {
        match self {
            Self::T31 | Self::T32 => tex!(r"\frac{LD^2\gamma}{2}"),
            Self::T33 => tex!(r"\frac{LD^2(1+\ln T)}{2T}"),
            Self::T34i | Self::T35i => tex!(r"\frac{LD^2}{2(1-a)T^a}"),
            Self::T34ii | Self::T35ii => tex!(r"\frac{\gamma_\infty LD^2}{2T}"),
            Self::Reddi => tex!(r"\frac{D}{\sqrt{T}}\sqrt{\frac{2L\Delta}{\beta}}"),
        }
    }

    /// The order the source claims for it (MathML).
    pub fn claimed(self) -> &'static str {
        match self {
            Self::T31 => tex!(r"O\left(\frac{1}{T}+\frac{1}{\sqrt{b}}+\gamma\right)"),
            Self::T32 => tex!(r"O\left(\frac{1}{T}+\gamma\right)"),
            Self::T33 => tex!(r"O\left(\frac{1}{\sqrt{b}}\right)"),
            Self::T34i => tex!(r"O\left(\frac{1}{T^{\min\{1-a,a\}}}+\frac{1}{\sqrt{b}}\right)"),
            Self::T34ii => tex!(r"O\left(\frac{1}{T}+\frac{1}{\sqrt{b}}\right)"),
            Self::T35i => tex!(r"O\left(\frac{1}{T^{\min\{1-a,a\}}}\right)"),
            Self::T35ii => tex!(r"O\left(\frac{1}{T}\right)"),
            Self::Reddi => tex!(r"O\left(\frac{1}{\sqrt{T}}\right)"),
        }
    }

    /// The theorem that speaks about a pair of rules; the slides have none for 1/(t+1) with a growing batch.
    pub fn of(rate: RateRule, batch: BatchRule) -> Option<Self> {
        Self::ALL.into_iter().find(|theorem| theorem.rules() == Some((rate, batch)))
    }

    /// The rules it speaks about; `None` for Reddi's, which fixes γ and b itself ([`reddi`]).
    pub fn rules(self) -> Option<(RateRule, BatchRule)> {
        match self {
            Self::T31 => Some((RateRule::Constant, BatchRule::Constant)),
            Self::T32 => Some((RateRule::Constant, BatchRule::Growing)),
            Self::T33 => Some((RateRule::Harmonic, BatchRule::Constant)),
            Self::T34i => Some((RateRule::Power, BatchRule::Constant)),
            Self::T34ii => Some((RateRule::StepDecay, BatchRule::Constant)),
            Self::T35i => Some((RateRule::Power, BatchRule::Growing)),
            Self::T35ii => Some((RateRule::StepDecay, BatchRule::Growing)),
            Self::Reddi => None,
        }
    }
}

/// The three parts of every bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// How far f had to fall.
    Value,
    /// What the batches' gradients got wrong.
    Noise,
    /// What the curvature costs a step of finite length.
    Step,
}

impl Term {
    /// Key; text key `term.<key>`.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Value, "value"), (Self::Noise, "noise"), (Self::Step, "step")];
}

/// A bound, part by part.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Terms {
    pub value: f64,
    pub noise: f64,
    pub step: f64,
}

impl Terms {
    /// The bound.
    pub fn total(&self) -> f64 {
        self.value + self.noise + self.step
    }

    /// One of its parts.
    pub fn part(&self, term: Term) -> f64 {
        match term {
            Term::Value => self.value,
            Term::Noise => self.noise,
            Term::Step => self.step,
        }
    }

    /// The part that stops the bound from falling further.
    pub fn largest(&self) -> Term {
        if self.value >= self.noise && self.value >= self.step {
            Term::Value
        } else if self.noise >= self.step {
            Term::Noise
        } else {
            Term::Step
        }
    }

    fn scaled(&self, factor: f64) -> Self {
        Self { value: self.value * factor, noise: self.noise * factor, step: self.step * factor }
    }

    fn add(&mut self, other: &Self) {
        self.value += other.value;
        self.noise += other.noise;
        self.step += other.step;
    }

    /// Nothing to show if a part is not a number (0/0 from a rate of zero); ∞ is an answer.
    fn checked(self) -> Option<Self> {
        (!self.total().is_nan()).then_some(self)
    }
}

/// The theorem's bound on A_T for a run of `total` steps, as printed. Reads the numbers of `schedule` (γ, a, η, P, b, λ,
/// Q) but the theorem's own rules. A γ other than the slides' 1 multiplies the rates of 3.4(i) and 3.5(i).
///
/// With [`Schedule::images`] the noise is that of bₜ different images: the printed term times √((n − b)/(n − 1)), and
/// for a growing batch the sum over the stages, because the printed sum knows no cap.
///
/// `None` for 3.3, which has no formula, for `total` = 0 and for a ≥ 1.
pub fn printed(theorem: Theorem, constants: &Constants, schedule: &Schedule, total: u32) -> Option<Terms> {
    printed_at(theorem, constants, schedule, total, total)
}

/// The same after the first `at` steps of a run planned for `total`: K and E are those of the plan, P and Q the stages
/// begun so far. This is the curve to draw over *one* run; [`printed`] at many totals is one run for each total.
/// Reddi's theorem says nothing about `at` < `total`.
pub fn printed_at(theorem: Theorem, constants: &Constants, schedule: &Schedule, total: u32, at: u32) -> Option<Terms> {
    if at == 0 || at > total {
        return None;
    }
    let Some((rate, batch)) = theorem.rules() else {
        return if at == total { reddi(constants, constants.sigma, 1.0, total).bound.checked() } else { None };
    };
    let schedule = schedule.with_rules(rate, batch);
    let (value, step) = printed_value_and_step(constants, &schedule, total, at)?;
    let noise = constants.diameter * constants.sigma * printed_noise(&schedule, total, at);
    Terms { value, noise, step }.checked()
}

fn printed_value_and_step(constants: &Constants, schedule: &Schedule, total: u32, at: u32) -> Option<(f64, f64)> {
    let LearningRate { rule, gamma, a, eta, .. } = schedule.learning_rate;
    let steps = f64::from(at);
    let largest = constants.twice_largest_value();
    let curvature = 0.5 * constants.smoothness * constants.diameter * constants.diameter;
    match rule {
        RateRule::Constant => Some((constants.gap_in_value / (gamma * steps), curvature * gamma)),
        RateRule::Harmonic => None,
        RateRule::Power if a >= 1.0 => None,
        RateRule::Power => {
            Some((largest / (gamma * steps.powf(1.0 - a)), curvature * gamma / ((1.0 - a) * steps.powf(a))))
        }
        RateRule::StepDecay => {
            let length = schedule.rate_stage(total);
            let stages = at.div_ceil(length);
            let last = gamma * eta.powi(stages as i32 - 1);
            let sum = f64::from(length) * gamma * geometric_sum(eta, stages);
            Some((largest / (steps * last), curvature * sum / steps))
        }
    }
}

/// The noise term over Dσ.
fn printed_noise(schedule: &Schedule, total: u32, at: u32) -> f64 {
    if schedule.batch.rule == BatchRule::Constant {
        return schedule.noise_at(0, total);
    }
    if schedule.images.is_some() {
        return mean_noise(schedule, total, at);
    }
    let root = schedule.batch.lambda.sqrt();
    let stage = f64::from(schedule.batch_stage(total));
    stage * root / (f64::from(at) * f64::from(schedule.batch.b).sqrt() * (root - 1.0))
}

/// Our bound on A_T for any schedule with rates that never grow, known before the run: ★★ with (f̄ − f*)/(γ_{T−1}T) for
/// its first sum (summation by parts; Δ/(γT) if the rate is constant), the exact noise and the exact rates. It is never
/// above the printed one. `at` as in [`printed_at`].
pub fn apriori(constants: &Constants, schedule: &Schedule, total: u32, at: u32) -> Option<Terms> {
    if at == 0 || at > total {
        return None;
    }
    let steps = f64::from(at);
    let fall = match schedule.learning_rate.rule {
        RateRule::Constant => constants.gap_in_value,
        _ => constants.upper_value - constants.lowest_value,
    };
    let value = fall / (schedule.rate_at(at - 1, total) * steps);
    let noise = constants.diameter * constants.sigma * mean_noise(schedule, total, at);
    let curvature = 0.5 * constants.smoothness * constants.diameter * constants.diameter;
    Terms { value, noise, step: curvature * rate_sum(schedule, total, at) / steps }.checked()
}

/// What Reddi, Sra, Póczos and Smola (2016, Theorem 2) prescribe and promise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reddi {
    /// γ = √(2Δ/(TLD²β))
    pub gamma: f64,
    /// b = T
    pub batch: u32,
    /// Theirs; the value and step parts are twice those of 3.1 with the same γ and b.
    pub bound: Terms,
}

/// Theorem 2 of Reddi et al. (2016). `lipschitz` is their G; it enters the proof only as a bound of the noise of one
/// sample, so σ may stand in its place. `beta` > 0 is free; the bound is lowest at β = 1.
pub fn reddi(constants: &Constants, lipschitz: f64, beta: f64, total: u32) -> Reddi {
    let Constants { gap_in_value: fall, smoothness, diameter, .. } = *constants;
    let steps = f64::from(total);
    let scale = diameter / steps.sqrt();
    let root = (2.0 * smoothness * fall / beta).sqrt();
    Reddi {
        gamma: (2.0 * fall / (steps * smoothness * diameter * diameter * beta)).sqrt(),
        batch: total,
        bound: Terms { value: scale * root * beta, noise: scale * lipschitz, step: scale * root },
    }
}

/// The schedule that Theorem 2 of Reddi et al. prescribes; γ is kept ≤ 1, b is capped at `images`.
pub fn reddi_schedule(constants: &Constants, beta: f64, total: u32, images: Option<u32>) -> Schedule {
    let plan = reddi(constants, constants.sigma, beta, total);
    Schedule {
        learning_rate: LearningRate { rule: RateRule::Constant, gamma: plan.gamma.min(1.0), ..LearningRate::default() },
        batch: BatchSize { rule: BatchRule::Constant, b: plan.batch, ..BatchSize::default() },
        images,
    }
}

/// ★★ over what a run measured, after each row: measured f, γₜ and noise. Bounds A_T on average over runs, not on each.
pub fn summed(constants: &Constants, rows: &[Row]) -> Vec<Terms> {
    let Constants { smoothness, diameter, .. } = *constants;
    means(rows, |row| {
        let steps = f64::from(row.steps);
        Terms {
            value: fallen(row),
            noise: steps * diameter * row.noise,
            step: 0.5 * steps * smoothness * diameter * diameter * row.gamma,
        }
    })
}

/// ★ over what a run measured, after each row: bounds that run's own A_T, whatever its luck. If a row stands for several
/// steps, its ‖eₜ‖ and ‖dₜ‖ stand for theirs and it is an estimate.
pub fn pathwise(constants: &Constants, rows: &[Row]) -> Vec<Terms> {
    let Constants { smoothness, diameter, .. } = *constants;
    means(rows, |row| {
        let steps = f64::from(row.steps);
        Terms {
            value: fallen(row),
            noise: steps * diameter * row.error,
            step: 0.5 * steps * smoothness * row.gamma * row.moved * row.moved,
        }
    })
}

/// The right side of ★ minus its left side at one step: never negative but for rounding.
pub fn slack(constants: &Constants, row: &Row) -> f64 {
    let noise = row.gamma * constants.diameter * row.error;
    let length = row.gamma * row.moved;
    row.value - row.next_value + noise + 0.5 * constants.smoothness * length * length - row.gamma * row.gap
}

/// ★★★ after each row: bounds Σγₜ E G(θₜ)/Σγₜ and with it the smallest E G(θₜ), for every schedule.
pub fn weighted(constants: &Constants, rows: &[Row]) -> Vec<Terms> {
    let Constants { gap_in_value, smoothness, diameter, .. } = *constants;
    let (mut sums, mut rates) = (Terms { value: gap_in_value, ..Terms::default() }, 0.0);
    let next = |row: &Row| {
        let weight = f64::from(row.steps) * row.gamma;
        rates += weight;
        sums.noise += diameter * weight * row.noise;
        sums.step += 0.5 * smoothness * diameter * diameter * weight * row.gamma;
        sums.scaled(1.0 / rates)
    };
    rows.iter().map(next).collect()
}

/// ★★★ known before the run, after `at` of `total` steps.
pub fn weighted_apriori(constants: &Constants, schedule: &Schedule, total: u32, at: u32) -> Option<Terms> {
    if at == 0 || at > total {
        return None;
    }
    let Constants { gap_in_value, smoothness, diameter, sigma, .. } = *constants;
    let (mut sums, mut rates) = (Terms { value: gap_in_value, ..Terms::default() }, 0.0);
    for t in 0..at {
        let rate = schedule.rate_at(t, total);
        rates += rate;
        sums.noise += diameter * sigma * rate * schedule.noise_at(t, total);
        sums.step += 0.5 * smoothness * diameter * diameter * rate * rate;
    }
    sums.scaled(1.0 / rates).checked()
}

/// Σ over the steps a row stands for of (fₜ − fₜ₊₁)/γₜ: it telescopes, γₜ being the same for all of them.
fn fallen(row: &Row) -> f64 {
    (row.value - row.next_value) / row.gamma
}

/// Sums of `parts` over the rows so far, divided by the steps so far.
fn means(rows: &[Row], parts: impl Fn(&Row) -> Terms) -> Vec<Terms> {
    let (mut sums, mut steps) = (Terms::default(), 0.0);
    let next = |row: &Row| {
        sums.add(&parts(row));
        steps += f64::from(row.steps);
        sums.scaled(1.0 / steps)
    };
    rows.iter().map(next).collect()
}

/// (1/T) Σ √(E‖eₜ‖²)/σ over the first `at` steps, stage by stage.
pub fn mean_noise(schedule: &Schedule, total: u32, at: u32) -> f64 {
    if schedule.batch.rule == BatchRule::Constant {
        return schedule.noise_at(0, total);
    }
    let length = schedule.batch_stage(total);
    let (mut sum, mut from) = (0.0, 0);
    while from < at {
        let steps = length.min(at - from);
        sum += f64::from(steps) * schedule.noise_at(from, total);
        from += steps;
    }
    sum / f64::from(at)
}

/// Σγₜ over the first `at` steps.
pub fn rate_sum(schedule: &Schedule, total: u32, at: u32) -> f64 {
    let LearningRate { rule, gamma, a, eta, .. } = schedule.learning_rate;
    match rule {
        RateRule::Constant => gamma * f64::from(at),
        RateRule::Harmonic => gamma * power_sum(1.0, at),
        RateRule::Power => gamma * power_sum(a, at),
        RateRule::StepDecay => {
            let length = schedule.rate_stage(total);
            let (full, rest) = (at / length, at % length);
            gamma * (f64::from(length) * geometric_sum(eta, full) + f64::from(rest) * eta.powi(full as i32))
        }
    }
}

/// Steps that [`power_sum`] adds up one by one.
const SUMMED: u32 = 4096;

/// Σ_{k=1}^{n} k⁻ᵃ. Beyond 4,096 terms the integral over [4096½, n + ½], which exceeds the sum by less than 10⁻⁷ for a ≥ ½.
pub fn power_sum(a: f64, n: u32) -> f64 {
    let head: f64 = (1..=n.min(SUMMED)).map(|k| f64::from(k).powf(-a)).sum();
    if n <= SUMMED {
        return head;
    }
    let (from, to) = (f64::from(SUMMED) + 0.5, f64::from(n) + 0.5);
    let tail = if a == 1.0 { (to / from).ln() } else { (to.powf(1.0 - a) - from.powf(1.0 - a)) / (1.0 - a) };
    head + tail
}

/// 1 + η + … + η^(stages−1).
fn geometric_sum(eta: f64, stages: u32) -> f64 {
    if eta == 1.0 { f64::from(stages) } else { (1.0 - eta.powi(stages as i32)) / (1.0 - eta) }
}
