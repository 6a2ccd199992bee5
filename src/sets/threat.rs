//! What an attacker may do: change an image by at most ε in some norm. The numbers only, without tensors, for
//! everybody who names a threat model; the set itself is `image_ball`.

use serde::{Deserialize, Serialize};

use super::svd::Svd;
use super::{SetError, transport};

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
    /// Sum of the singular values of the change, one height × width matrix a channel.
    Nuclear,
    /// No norm: what it costs to move the light of the image, see [`transport`].
    Wasserstein,
}

/// How far the oracle of ball ∩ box can be trusted; text key `oracle.<key>.note`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oracle {
    /// The best point of ball ∩ box; the gap is the gap.
    Exact,
    /// The best point of the ball, clamped to the box and scaled back into the ball: inside, but not the best. The gap is
    /// that of the ball alone, an upper bound.
    Clamped,
    /// The best plan up to an entropy; light that would overfill a pixel stays where it was. The gap leaves the box out,
    /// and the entropy makes it a little too small.
    Entropic,
}

impl Oracle {
    /// Its stable key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Clamped => "clamped",
            Self::Entropic => "entropic",
        }
    }
}

impl NormId {
    /// Key; text key `norm.<key>`.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Linf, "linf"),
        (Self::L2, "l2"),
        (Self::L1, "l1"),
        (Self::Lp, "lp"),
        (Self::Nuclear, "nuclear"),
        (Self::Wasserstein, "wasserstein"),
    ];

    /// Its stable key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Linf => "linf",
            Self::L2 => "l2",
            Self::L1 => "l1",
            Self::Lp => "lp",
            Self::Nuclear => "nuclear",
            Self::Wasserstein => "wasserstein",
        }
    }

    /// What its oracle is worth.
    pub fn oracle(self) -> Oracle {
        match self {
            Self::Linf | Self::L2 | Self::L1 | Self::Lp => Oracle::Exact,
            Self::Nuclear => Oracle::Clamped,
            Self::Wasserstein => Oracle::Entropic,
        }
    }
}

/// {δ : ‖δ‖ ≤ ε}: how far each image may go (in the Wasserstein ball: what moving its light may cost). Pixels and ε are in units of the whole range [0, 1], so that 8/255 is
/// 0.0314…, in every norm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThreatModel {
    pub norm: NormId,
    /// Exponent of the Lp norm, in (1, ∞); the other norms do not read it.
    pub p: f64,
    pub epsilon: f64,
    /// Channels, height and width, where an image is more than a row of values: the nuclear norm and the Wasserstein
    /// ball ask for them. An attack's target fills them in; all 0 is one channel of one row.
    pub shape: [usize; 3],
}

impl ThreatModel {
    /// No value may change by more than `epsilon`.
    pub fn linf(epsilon: f64) -> Self {
        Self::of(NormId::Linf, epsilon)
    }

    /// At most `epsilon` in one of the norms that need no exponent.
    pub fn of(norm: NormId, epsilon: f64) -> Self {
        Self { norm, p: 2.0, epsilon, shape: [0; 3] }
    }

    /// Channels, height and width of an image of `n` values.
    pub fn picture(&self, n: usize) -> [usize; 3] {
        if self.shape.iter().product::<usize>() == n { self.shape } else { [1, 1, n] }
    }

    /// The exponent p of an Lp ball around this ball: ∞ for L∞; the nuclear norm is at least the L2 norm; light that
    /// moves changes an image by at most twice its sum in L1.
    pub fn exponent(&self) -> f64 {
        match self.norm {
            NormId::Linf => f64::INFINITY,
            NormId::L2 | NormId::Nuclear => 2.0,
            NormId::L1 | NormId::Wasserstein => 1.0,
            NormId::Lp => self.p,
        }
    }

    /// Whether it makes sense for images of `n` values.
    ///
    /// # Errors
    /// [`SetError::Parameter`] if ε is negative, not finite or larger than the norm of any change of an image
    /// (n^(1/p); for the others see [`Self::most`]), or the exponent of Lp is not in (1, ∞).
    pub fn check(&self, n: usize) -> Result<(), SetError> {
        let p = self.exponent();
        if self.norm == NormId::Lp && !(p > 1.0 && p.is_finite()) {
            let range = "greater than 1 and finite".into();
            return Err(SetError::Parameter { what: "the exponent p", range, found: p });
        }
        let most = self.most(n);
        if self.epsilon >= 0.0 && self.epsilon <= most {
            return Ok(());
        }
        let range = format!("between 0 and {most:.1}, the norm of the largest change an image allows");
        Err(SetError::Parameter { what: "ε (as a share of the range of a pixel)", range, found: self.epsilon })
    }

    /// The largest ε that means anything for images of `n` values.
    pub fn most(&self, n: usize) -> f64 {
        let [channels, height, width] = self.picture(n);
        match self.norm {
            // √(rank) times the L2 norm, channel by channel.
            NormId::Nuclear => channels as f64 * ((height * width * height.min(width)) as f64).sqrt(),
            NormId::Wasserstein => transport::MOST,
            _ => (n as f64).powf(1.0 / self.exponent()),
        }
    }

    /// ‖δ‖ in this norm; NaN for the Wasserstein ball, where the same change may have cost more or less (see
    /// [`transport::Plan`]).
    pub fn length(&self, change: impl Iterator<Item = f64>) -> f64 {
        match self.norm {
            NormId::Linf => change.fold(0.0, |largest, value| largest.max(value.abs())),
            NormId::L1 => change.map(f64::abs).sum(),
            NormId::L2 => change.map(|value| value * value).sum::<f64>().sqrt(),
            NormId::Lp => change.map(|value| value.abs().powf(self.p)).sum::<f64>().powf(1.0 / self.p),
            NormId::Nuclear => {
                let change: Vec<f64> = change.collect();
                let [_, height, width] = self.picture(change.len());
                let sum = |channel: &[f64]| Svd::of(channel, width.max(1)).sigmas().iter().sum::<f64>();
                change.chunks((height * width).max(1)).map(sum).sum()
            }
            NormId::Wasserstein => f64::NAN,
        }
    }
}
