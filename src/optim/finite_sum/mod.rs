//! Stochastic Frank–Wolfe where its structure exists: sums f(x) = (1/n)Σfᵢ(x) over given features, in `f64`.
//!
//! Every method here is: estimate gₜ ≈ ∇f(xₜ), ask the oracle for vₜ, move to xₜ + γₜ(vₜ − xₜ). Most differ in the
//! estimate only (one file each, [`estimator::GradientEstimator`]); the adaptive ones, FW-SD and the submodular SCG also
//! move their own way ([`methods::Method`]). Whatever a method asks passes through a [`meter::Meter`], so its cost is counted, not
//! claimed. Looping is the caller's: [`runner::Runner::step`] makes one step.
//!
//! One method a file, with its row; what several share stands apart (`frank_wolfe.rs` and `adaptive.rs` move,
//! `minibatch.rs`, `svrg.rs` and `dual_average.rs` estimate). Adding one: a file such as `storm.rs` and its name in
//! [`methods::FINITE_SUM_METHODS`].

mod adacsfw;
pub mod adaptive;
mod adasfw;
mod adasvrf;
pub mod coordinate;
mod coverage;
pub mod delayed;
pub mod dual_average;
pub mod estimator;
pub mod frank_wolfe;
pub mod frozen;
mod fw;
pub mod fw_sd;
mod fw_sd_in_face;
pub mod heavy_ball;
mod l_svrg;
pub mod least_squares;
pub mod logistic;
pub mod meter;
pub mod methods;
pub mod minibatch;
mod negiar;
pub mod problem;
pub mod row_balls;
pub mod runner;
pub mod saga;
pub mod sarah;
mod scg;
mod scg_submodular;
mod sfw;
mod sfw_reddi;
mod sigmoid;
pub mod softmax;
pub mod storm;
mod svfw;
mod svrf;
pub mod svrg;
mod table;
pub mod zeroth_order;

pub use coverage::Coverage;
pub use frozen::{FrozenError, FrozenFeatures};
pub use least_squares::LeastSquares;
pub use logistic::Logistic;
pub use meter::{Cost, Meter};
pub use methods::{FINITE_SUM_METHODS, FiniteSumMethod, Settings, StepSize};
pub use problem::{Features, FiniteSum, Layout, LinearPredictor};
pub use row_balls::{RowBalls, Space};
pub use runner::{Gap, Runner, Step};
pub use sigmoid::Sigmoid;
pub use softmax::Softmax;

use crate::sets::SetError;
use thiserror::Error;

/// What can go wrong when a problem or a run is set up, or in a step.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FiniteSumError {
    #[error("there is no finite-sum method called “{0}”; the known ones are {known}", known = methods::known_keys())]
    UnknownMethod(String),
    #[error("{what} must be {range}, found {found}")]
    Setting { what: &'static str, range: &'static str, found: f64 },
    #[error("features must be finite, {width} numbers for each of at least one sample; found {found}: check the table")]
    Features { width: usize, found: usize },
    #[error("every sample needs one label: found {labels} labels for {samples} samples")]
    Labels { samples: usize, labels: usize },
    #[error("the label of sample {sample} must be {range}, found {found}")]
    Label { sample: usize, range: &'static str, found: f64 },
    #[error("{0} needs samples of the form fᵢ(aᵢᵀx); choose a linear problem or another method")]
    NotLinear(&'static str),
    #[error("{0} needs a sum whose 1 − f is monotone and DR-submodular; choose coverage or another method")]
    NotSubmodular(&'static str),
    #[error("{0} adds vertices up from 0; choose a set that holds 0 and start there")]
    Origin(&'static str),
    #[error("{0} moves rows in L1 balls; choose row balls that fit the problem's rows")]
    NeedsRows(&'static str),
    #[error(
        "{method} moves constrained parameters only, and here {free} are free; leave intercepts out or choose FW-SD"
    )]
    FreeParameters { method: &'static str, free: usize },
    #[error("the start must be a point of the set with {dim} coordinates; choose its centre or project it first")]
    Start { dim: usize },
    #[error(transparent)]
    Set(#[from] SetError),
}
