//! What an attacker may do: change an image by at most ε in some norm. The numbers only, without tensors, for
//! everybody who names a threat model; the set itself is `image_ball`.

use serde::{Deserialize, Serialize};

use super::SetError;

/// The norm in which a change of an image is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormId {
    /// Largest change of a value.
    Linf,
    /// Euclidean length of the change.
    L2,
    /// Sum of all changes: few pixels may change much.
    L1,
    /// (Σ|δᵢ|ᵖ)^(1/p), 1 < p < ∞.
    Lp,
}

impl NormId {
    /// Key; text key `norm.<key>`.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Linf, "linf"), (Self::L2, "l2"), (Self::L1, "l1"), (Self::Lp, "lp")];

    /// Its stable key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Linf => "linf",
            Self::L2 => "l2",
            Self::L1 => "l1",
            Self::Lp => "lp",
        }
    }
}

/// {δ : ‖δ‖ ≤ ε}: how far each image may go. Pixels and ε are in units of the whole range [0, 1], so that 8/255 is
/// 0.0314…, in every norm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThreatModel {
    pub norm: NormId,
    /// Exponent of the Lp norm, in (1, ∞); the other norms do not read it.
    pub p: f64,
    pub epsilon: f64,
}

impl ThreatModel {
    /// No value may change by more than `epsilon`.
    pub fn linf(epsilon: f64) -> Self {
        Self { norm: NormId::Linf, p: 2.0, epsilon }
    }

    /// At most `epsilon` in one of the norms that need no exponent.
    pub fn of(norm: NormId, epsilon: f64) -> Self {
        Self { norm, p: 2.0, epsilon }
    }

    /// The exponent of the norm: ∞ for L∞.
    pub fn exponent(&self) -> f64 {
        match self.norm {
            NormId::Linf => f64::INFINITY,
            NormId::L2 => 2.0,
            NormId::L1 => 1.0,
            NormId::Lp => self.p,
        }
    }

    /// Whether it makes sense for images of `n` values.
    ///
    /// # Errors
    /// [`SetError::Parameter`] if ε is negative, not finite or larger than the norm of any change of an image
    /// (n^(1/p)), or the exponent of Lp is not in (1, ∞).
    pub fn check(&self, n: usize) -> Result<(), SetError> {
        let p = self.exponent();
        if self.norm == NormId::Lp && !(p > 1.0 && p.is_finite()) {
            let range = "greater than 1 and finite".into();
            return Err(SetError::Parameter { what: "the exponent p", range, found: p });
        }
        let most = (n as f64).powf(1.0 / p);
        if self.epsilon >= 0.0 && self.epsilon <= most {
            return Ok(());
        }
        let range = format!("between 0 and {most:.1}, the norm of the largest change an image allows");
        Err(SetError::Parameter { what: "ε (as a share of the range of a pixel)", range, found: self.epsilon })
    }

    /// ‖δ‖ in this norm.
    pub fn length(&self, change: impl Iterator<Item = f64>) -> f64 {
        match self.norm {
            NormId::Linf => change.fold(0.0, |largest, value| largest.max(value.abs())),
            NormId::L1 => change.map(f64::abs).sum(),
            NormId::L2 => change.map(|value| value * value).sum::<f64>().sqrt(),
            NormId::Lp => change.map(|value| value.abs().powf(self.p)).sum::<f64>().powf(1.0 / self.p),
        }
    }
}
