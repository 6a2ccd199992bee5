//! How a point moves: one file a method, one step at a time; loops live in [`crate::session`].
//!
//! In the plane (`plane`, `f64`) and on layers (rows of tensors) the names are the same: a *gradient*, the
//! oracle's *vertex*, the *gap* ⟨g, x − v⟩, a *move* x + γ(v − x).

pub mod active_set;
pub mod cost;
pub mod finite_sum;
pub mod objective;
pub mod plane;
pub mod plane_noise;
pub mod schedule;

#[cfg(feature = "engine")]
mod adam;
#[cfg(feature = "engine")]
pub mod adasfw;
#[cfg(feature = "engine")]
mod block;
#[cfg(feature = "engine")]
mod projected_sgd;
#[cfg(feature = "engine")]
mod sfw;
#[cfg(feature = "engine")]
mod sgd;

#[cfg(feature = "engine")]
pub use block::{Block, Memory, Proposal, StepInput};

use fwlab_tex::tex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// How a learning rate becomes a step size γ of Frank–Wolfe (Pokutta, Spiegel, Zimmer 2020). SGD ignores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rescale {
    /// γ = lr
    None,
    /// γ = lr/diameter
    Diameter,
    /// γ = lr·‖m‖/‖v−θ‖, so the move has length lr·‖m‖
    Gradient,
    /// γ = 2·lr·‖m‖/diameter: the same without measuring ‖v−θ‖ (Zimmer, Spiegel, Pokutta 2022)
    FastGradient,
}

impl Rescale {
    /// Key; text key `rescale.<key>`.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::None, "none"),
        (Self::Diameter, "diameter"),
        (Self::Gradient, "gradient"),
        (Self::FastGradient, "fast-gradient"),
    ];

    /// The step size as a formula (MathML).
    pub fn formula(self) -> &'static str {
        match self {
            Self::None => tex!(r"\gamma_\ell=\mathrm{lr}"),
            Self::Diameter => tex!(r"\gamma_\ell=\mathrm{lr}/D_\ell"),
            Self::Gradient => tex!(r"\gamma_\ell=\mathrm{lr}\,\|m_\ell\|/\|v_\ell-\theta_\ell\|"),
            Self::FastGradient => tex!(r"\gamma_\ell=2\,\mathrm{lr}\,\|m_\ell\|/D_\ell"),
        }
    }
}

/// What can go wrong in a step.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum OptimError {
    #[error("there is no method called “{0}”; the known ones are {known}", known = known_keys())]
    UnknownMethod(String),
    #[error(transparent)]
    Set(#[from] crate::sets::SetError),
}

/// Computes where one block of weights wants to go, given its gradient; what it asks of the set is counted.
#[cfg(feature = "engine")]
pub type Propose = fn(&Block, &burn::tensor::Tensor<2>, &StepInput, &mut cost::StepCost) -> Proposal;

/// One row of the table of training methods.
pub struct MethodEntry {
    /// Stable key: URL, files, text keys (`method.<key>.name`, `method.<key>.note`).
    pub key: &'static str,
    /// The move, in LaTeX.
    pub move_formula: &'static str,
    /// Colour family: `fw`, `pg`, `sgd`, `adam`.
    pub family: &'static str,
    /// Whether every iterate stays inside the sets.
    pub feasible: bool,
    /// Whether it asks the oracle (so that its vertex can be shown).
    pub uses_oracle: bool,
    /// Whether [`Rescale`] says how its learning rate becomes a step.
    pub rescales: bool,
    /// γ at which it usually learns; the menu goes from one method's to the other's.
    pub usual_rate: f64,
    /// Author, year, algorithm.
    pub source: &'static str,
    /// Computes where one block of weights wants to go.
    #[cfg(feature = "engine")]
    pub propose: Propose,
}

/// Every training method of the lab, in menu order.
pub static METHODS: &[MethodEntry] = &[SFW, ADASFW, PROJECTED_SGD, SGD, ADAM];

const SFW: MethodEntry = MethodEntry {
    key: "sfw",
    move_formula: tex!(r"\theta_\ell\leftarrow\theta_\ell+\gamma_\ell(v_\ell-\theta_\ell)"),
    family: "fw",
    feasible: true,
    uses_oracle: true,
    rescales: true,
    usual_rate: 0.3,
    source: "Sato, Iiduka 2025; Pokutta, Spiegel, Zimmer 2020",
    #[cfg(feature = "engine")]
    propose: sfw::propose,
};
const ADASFW: MethodEntry = MethodEntry {
    key: "adasfw",
    move_formula: tex!(
        r"\theta_\ell\leftarrow\mathrm{FW}_2(\langle m_\ell,y-\theta_\ell\rangle+\|y-\theta_\ell\|_{H_\ell}^2/2\gamma)"
    ),
    family: "fw",
    feasible: true,
    uses_oracle: true,
    rescales: false,
    usual_rate: 0.01,
    source: "Combettes, Spiegel, Pokutta 2021",
    #[cfg(feature = "engine")]
    propose: adasfw::propose,
};
const PROJECTED_SGD: MethodEntry = MethodEntry {
    key: "projected-sgd",
    move_formula: tex!(r"\theta_\ell\leftarrow P_{\Omega_\ell}(\theta_\ell-\gamma\,m_\ell)"),
    family: "pg",
    feasible: true,
    uses_oracle: false,
    rescales: false,
    usual_rate: 0.3,
    source: "textbook",
    #[cfg(feature = "engine")]
    propose: projected_sgd::propose,
};
const SGD: MethodEntry = MethodEntry {
    key: "sgd",
    move_formula: tex!(r"\theta_\ell\leftarrow\theta_\ell-\gamma\,m_\ell"),
    family: "sgd",
    feasible: false,
    uses_oracle: false,
    rescales: false,
    usual_rate: 0.3,
    source: "Robbins, Monro 1951",
    #[cfg(feature = "engine")]
    propose: sgd::propose,
};
const ADAM: MethodEntry = MethodEntry {
    key: "adam",
    move_formula: tex!(r"\theta_\ell\leftarrow\theta_\ell-\gamma\,\hat{m}_\ell/(\sqrt{\hat{s}_\ell}+\varepsilon)"),
    family: "adam",
    feasible: false,
    uses_oracle: false,
    rescales: false,
    usual_rate: 0.001,
    source: "Kingma, Ba 2015",
    #[cfg(feature = "engine")]
    propose: adam::propose,
};

/// A training method named by its key; always one of [`METHODS`].
#[derive(Clone, Copy)]
pub struct MethodId(&'static MethodEntry);

impl MethodId {
    /// Looks a method up by its key.
    ///
    /// # Errors
    /// [`OptimError::UnknownMethod`], naming the known keys.
    pub fn parse(key: &str) -> Result<Self, OptimError> {
        METHODS.iter().find(|entry| entry.key == key).map(Self).ok_or_else(|| OptimError::UnknownMethod(key.into()))
    }
    /// Stochastic Frank–Wolfe.
    pub fn sfw() -> Self {
        Self(&SFW)
    }
    /// Plain SGD, the usual opponent.
    pub fn sgd() -> Self {
        Self(&SGD)
    }
    /// Its row in the table.
    pub fn entry(self) -> &'static MethodEntry {
        self.0
    }
    /// Its key.
    pub fn key(self) -> &'static str {
        self.0.key
    }
    /// All methods, in menu order.
    pub fn all() -> impl Iterator<Item = Self> {
        METHODS.iter().map(Self)
    }
}

impl PartialEq for MethodId {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}
impl Eq for MethodId {}
impl std::fmt::Debug for MethodId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.key)
    }
}
impl Serialize for MethodId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.key)
    }
}
impl<'de> Deserialize<'de> for MethodId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        Self::parse(&key).map_err(serde::de::Error::custom)
    }
}

fn known_keys() -> String {
    METHODS.iter().map(|entry| entry.key).collect::<Vec<_>>().join(", ")
}
