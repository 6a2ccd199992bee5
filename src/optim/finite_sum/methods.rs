//! The table of finite-sum methods, their settings, step sizes and batch sizes.
//!
//! Left alone, a method runs with its own paper's step and batch sizes; [`Settings`] can override both.

use super::delayed::{Delay, MOST_DELAY};
use super::problem::FiniteSum;
use super::row_balls::Space;
use super::{FiniteSumError, Meter};
use super::{
    adacsfw, adasfw, adasvrf, coordinate, delayed, fw, fw_sd, fw_sd_in_face, heavy_ball, l_svrg, negiar, saga, sarah,
    scg, scg_submodular, sfw, sfw_reddi, storm, svfw, svrf, zeroth_order,
};
use crate::optim::schedule::{BatchSize, LearningRate};
use crate::random::Random;
use fwlab_tex::tex;
use serde::{Deserialize, Serialize};

/// What a method is told about the present step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    /// Steps made before.
    pub t: u32,
    /// bₜ, 1 … n.
    pub batch: usize,
    /// γₜ of the schedule, in [0, 1]; the adaptive methods' cap, FW-SD ignores it.
    pub gamma: f64,
}

/// What a method says about a step it made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moved {
    /// The step size, the largest one if there were several.
    pub gamma: f64,
    /// ⟨gₜ, x − v⟩ with the estimate, which is not the gap: it leans upwards, by up to Dσ/√b for a minibatch.
    pub gap_estimate: f64,
}

/// Moves a point of the set to the next one.
pub trait Method: Send + Sync + std::fmt::Debug {
    /// One step from `x`. On an error `x` stays.
    ///
    /// # Errors
    /// [`FiniteSumError::Set`] if the estimate is no longer finite.
    fn step(
        &mut self,
        meter: &mut Meter,
        turn: Turn,
        x: &mut [f64],
        random: &mut Random,
    ) -> Result<Moved, FiniteSumError>;
    /// Numbers (as f64) kept from one step to the next, beside x.
    fn state_len(&self) -> usize;
}

/// γₜ as a function of t and of what is known of the problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepSize {
    /// The learning rate of the settings, at most 1.
    Scheduled,
    /// 2/(t+2) (Jaggi 2013).
    OpenLoop,
    /// 2/(t+8) (Mokhtari, Hassani, Karbasi 2020).
    Patient,
    /// 1/√T for a run of T steps.
    RootTotal,
    /// √(2Δ/(TLD²)) (Reddi, Sra, Póczos, Smola 2016, theorem 2 with β = 1).
    Horizon,
    /// √(Δ/(TLD²)), the same authors' for SVFW.
    HalfHorizon,
    /// 1/T, the share of one of T vertices that are added up (Mokhtari, Hassani, Karbasi 2020, submodular).
    Share,
}

impl StepSize {
    /// The rule as a formula (MathML).
    pub fn formula(self) -> &'static str {
        match self {
            Self::Scheduled => tex!(r"\gamma_t=\mathrm{lr}_t"),
            Self::OpenLoop => tex!(r"\gamma_t=\frac{2}{t+2}"),
            Self::Patient => tex!(r"\gamma_t=\frac{2}{t+8}"),
            Self::RootTotal => tex!(r"\gamma_t=\frac{1}{\sqrt{T}}"),
            Self::Horizon => tex!(r"\gamma_t=\sqrt{\frac{2\Delta}{TLD^2}}"),
            Self::HalfHorizon => tex!(r"\gamma_t=\sqrt{\frac{\Delta}{TLD^2}}"),
            Self::Share => tex!(r"\gamma_t=\frac{1}{T}"),
        }
    }

    /// The factor of Δ/(TLD²), for the rules that need to know the problem.
    pub fn horizon_factor(self) -> Option<f64> {
        match self {
            Self::Horizon => Some(2.0),
            Self::HalfHorizon => Some(1.0),
            Self::Scheduled | Self::OpenLoop | Self::Patient | Self::RootTotal | Self::Share => None,
        }
    }
}

/// √(factor·Δ/(T·L·D²)), at most 1. Δ = f(x₀) − min f ≥ 0.
pub fn horizon_rate(factor: f64, delta: f64, total: u32, smoothness: f64, diameter: f64) -> f64 {
    let flat = f64::from(total.max(1)) * smoothness * diameter * diameter;
    if flat > 0.0 { (factor * delta.max(0.0) / flat).sqrt().min(1.0) } else { 1.0 }
}

/// bₜ where the settings do not say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchPlan {
    /// All n samples.
    All,
    /// Always b samples.
    Constant(usize),
    /// T samples, capped at n: what the theory of SFW asks for.
    Total,
    /// ⌈n^⅓⌉ samples.
    CubeRoot,
    /// ⌈n^⅓⌉² samples.
    CubeRootSquared,
    /// ⌈√n⌉ samples.
    Root,
    /// (t+2)² samples, capped at n: the order that AdaSFW's theorem asks for.
    Square,
}

impl BatchPlan {
    /// bₜ, 1 … n, in step `t` of a run of `total` steps on `n` samples, and whether n capped it.
    pub fn at(self, t: u32, total: u32, n: usize) -> (usize, bool) {
        let wanted = match self {
            Self::All => n,
            Self::Constant(b) => b,
            Self::Total => total as usize,
            Self::CubeRoot => cube_root(n),
            Self::CubeRootSquared => cube_root(n) * cube_root(n),
            Self::Root => root(n),
            Self::Square => (t as usize).saturating_add(2).saturating_pow(2),
        };
        (wanted.clamp(1, n.max(1)), wanted > n)
    }
}

/// ⌈n^⅓⌉.
pub(super) fn cube_root(n: usize) -> usize {
    // A cube's root may come out a hair too large.
    ((n as f64).cbrt() - 1e-9).ceil() as usize
}

/// ⌈√n⌉.
pub(super) fn root(n: usize) -> usize {
    ((n as f64).sqrt() - 1e-9).ceil() as usize
}

/// The numbers of a run. Each method reads only what its file names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub seed: u64,
    /// T ≥ 1, the steps that schedules plan for; a run may go on.
    pub total: u32,
    /// x₀ in Ω; its centre if not given.
    pub start: Option<Vec<f64>>,
    /// γₜ, the method's own if not given.
    pub step: Option<StepSize>,
    /// Read by [`StepSize::Scheduled`].
    pub rate: LearningRate,
    /// bₜ, the method's own if not given.
    pub batch: Option<BatchSize>,
    /// ρ in (0, 1] of the heavy ball.
    pub rho: f64,
    /// Of AsySFW, at most [`MOST_DELAY`].
    pub delay: Delay,
    /// K, oracle calls a step of the adaptive methods.
    pub inner: u32,
    /// η > 0 of the adaptive methods.
    pub eta: f64,
    /// δ > 0 of the adaptive methods.
    pub offset: f64,
    /// Whether γₜ caps their inner steps (the paper) or 1 does (its code).
    pub capped: bool,
    /// k ≥ 1 of the coordinate estimate.
    pub coordinates: usize,
    /// k ≥ 1 of the zeroth-order estimate.
    pub directions: usize,
    /// μ > 0 of the zeroth-order estimate.
    pub smoothing: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            total: 400,
            start: None,
            step: None,
            rate: LearningRate::default(),
            batch: None,
            rho: 0.1,
            delay: Delay::Fixed(4),
            inner: 5,
            eta: 1.0,
            offset: 1e-8,
            capped: true,
            coordinates: 1,
            directions: 4,
            smoothing: 1e-4,
        }
    }
}

impl Settings {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`FiniteSumError::Setting`], naming the first number out of range.
    pub fn check(&self) -> Result<(), FiniteSumError> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let rules: [(bool, &'static str, &'static str, f64); 8] = [
            (self.total > 0, "the number of steps", "≥ 1", f64::from(self.total)),
            (positive(self.rho) && self.rho <= 1.0, "the weight ρ", "above 0 and at most 1", self.rho),
            (self.delay.most() <= MOST_DELAY, "the delay", "at most 16", self.delay.most() as f64),
            (positive(self.eta), "the rate η", "a positive number", self.eta),
            (positive(self.offset), "the offset δ", "a positive number", self.offset),
            (positive(self.smoothing), "the smoothing μ", "a positive number", self.smoothing),
            (self.coordinates > 0, "the number of coordinates", "≥ 1", self.coordinates as f64),
            (self.directions > 0, "the number of directions", "≥ 1", self.directions as f64),
        ];
        match rules.into_iter().find(|(kept, ..)| !kept) {
            Some((_, what, range, found)) => Err(FiniteSumError::Setting { what, range, found }),
            None => Ok(()),
        }
    }
}

/// What a method asks of the problem beside gradients of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Any finite sum.
    FiniteSum,
    /// A linear predictor fᵢ(aᵢᵀx): given or frozen features.
    LinearPredictor,
    /// Rows in L1 balls.
    Rows,
    /// A sum whose 1 − f is monotone and DR-submodular, on a set that holds 0.
    Submodular,
}

/// What a method is built from.
pub struct Setup<'a> {
    pub problem: &'a dyn FiniteSum,
    pub space: &'a Space,
    pub settings: &'a Settings,
}

/// Builds a method for a run.
pub(super) type Build = fn(&Setup) -> Result<Box<dyn Method>, FiniteSumError>;

/// One row of the table.
pub struct FiniteSumMethod {
    /// Stable key: URL, files, text keys (`finite-sum.<key>.name`, `finite-sum.<key>.note`).
    pub key: &'static str,
    /// Author, year.
    pub source: &'static str,
    /// What is its own: the estimate or the move (MathML).
    pub formula: &'static str,
    pub needs: Needs,
    /// Its own γₜ; FW-SD finds its step sizes itself.
    pub step: StepSize,
    /// Its own bₜ.
    pub batch: BatchPlan,
    pub(super) build: Build,
}

impl std::fmt::Debug for FiniteSumMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key)
    }
}

impl FiniteSumMethod {
    /// Looks a method up by its key.
    ///
    /// # Errors
    /// [`FiniteSumError::UnknownMethod`], naming the known keys.
    pub fn parse(key: &str) -> Result<&'static Self, FiniteSumError> {
        FINITE_SUM_METHODS
            .iter()
            .find(|entry| entry.key == key)
            .ok_or_else(|| FiniteSumError::UnknownMethod(key.to_owned()))
    }

    /// Builds it for a run.
    ///
    /// # Errors
    /// What its structure lacks: see [`Needs`]; free parameters that it would never move.
    pub fn build(&self, setup: &Setup) -> Result<Box<dyn Method>, FiniteSumError> {
        let free = setup.problem.dim() - setup.space.constrained(setup.problem.dim());
        match self.needs {
            Needs::LinearPredictor if setup.problem.linear().is_none() => Err(FiniteSumError::NotLinear(self.key)),
            Needs::Submodular if !setup.problem.submodular() => Err(FiniteSumError::NotSubmodular(self.key)),
            Needs::FiniteSum | Needs::LinearPredictor | Needs::Submodular if free > 0 => {
                Err(FiniteSumError::FreeParameters { method: self.key, free })
            }
            _ => (self.build)(setup),
        }
    }
}

pub(super) fn known_keys() -> String {
    FINITE_SUM_METHODS.iter().map(|entry| entry.key).collect::<Vec<_>>().join(", ")
}

/// Every finite-sum method, in menu order; one row a file.
pub static FINITE_SUM_METHODS: &[FiniteSumMethod] = &[
    fw::ENTRY,
    sfw::ENTRY,
    sfw_reddi::ENTRY,
    svfw::ENTRY,
    svrf::ENTRY,
    saga::ENTRY,
    delayed::ENTRY,
    fw_sd::ENTRY,
    fw_sd_in_face::ENTRY,
    negiar::ENTRY,
    scg::ENTRY,
    scg_submodular::ENTRY,
    heavy_ball::ENTRY,
    storm::ENTRY,
    sarah::ENTRY,
    l_svrg::ENTRY,
    coordinate::ENTRY,
    zeroth_order::ENTRY,
    adasfw::ENTRY,
    adasvrf::ENTRY,
    adacsfw::ENTRY,
];
