//! What an attack may do: each image may move by ε per pixel and must stay an image. Row i's set is
//! {‖x − x0ᵢ‖∞ ≤ ε} ∩ [0, 1]ⁿ around its own clean image x0ᵢ.
//!
//! Both constraints act pixel by pixel, so "oracle, then clamp" is exact here (it is not for L2 or L1 balls):
//! v = clamp(x0 − ε·sign(g), 0, 1). Where gᵢ = 0 the pixel keeps its clean value x0ᵢ.
//!
//! Pixels are in [0, 1]; ε is too (8/255 = 0.0314…), except where a name says `_over_255`.

use super::SetError;
use super::rows::{Rows, keep_where_zero};

/// The ε-ball (L∞) around each row of `centre`, cut with the image box [0, 1]ⁿ.
#[derive(Debug, Clone)]
pub struct ImageBall {
    centre: Rows,
    epsilon: f64,
    /// max(x0 − ε, 0): the darkest each pixel may be.
    lower: Rows,
    /// min(x0 + ε, 1): the brightest.
    upper: Rows,
}

impl ImageBall {
    /// Around clean images `centre` `[rows, n]`, pixels in [0, 1]; `epsilon` ≥ 0 in the same unit.
    ///
    /// # Errors
    /// [`SetError::Parameter`] if `epsilon` is negative or not finite.
    pub fn new(centre: Rows, epsilon: f64) -> Result<Self, SetError> {
        if epsilon.is_finite() && epsilon >= 0.0 {
            let lower = centre.clone().sub_scalar(epsilon).clamp_min(0.0);
            let upper = centre.clone().add_scalar(epsilon).clamp_max(1.0);
            Ok(Self { centre, epsilon, lower, upper })
        } else {
            Err(SetError::Parameter { what: "ε", range: "zero or a positive number".into(), found: epsilon })
        }
    }

    /// The clean images. `[rows, n]`.
    pub fn centre(&self) -> Rows {
        self.centre.clone()
    }

    /// The largest change of a pixel, in [0, 1] units.
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// Row-wise point of argmin⟨g, v⟩: exact. To *raise* a loss pass minus its gradient. A row of `g` that is all
    /// zero returns its row of `x` (no move, gap 0). `[rows, n]`.
    pub fn lmo(&self, g: Rows, x: Rows) -> Rows {
        let vertex = self
            .centre()
            .mask_where(g.clone().greater_elem(0.0), self.lower.clone())
            .mask_where(g.clone().lower_elem(0.0), self.upper.clone());
        keep_where_zero(g, x, vertex)
    }

    /// Row-wise Euclidean projection: exact, as both constraints act pixel by pixel. `[rows, n]`.
    pub fn project(&self, x: Rows) -> Rows {
        x.max_pair(self.lower.clone()).min_pair(self.upper.clone())
    }

    /// Row-wise ‖x − x0‖∞/ε; where x leaves [0, 1] at least 1 plus the excess. At ε = 0 it is 0 for x = x0 and
    /// huge elsewhere. `[rows, 1]`.
    pub fn gauge(&self, x: Rows) -> Rows {
        let moved = x.clone().sub(self.centre()).abs().max_dim(1).div_scalar(self.epsilon.max(1e-12));
        let excess = x.clone().sub(x.clamp(0.0, 1.0)).abs().max_dim(1);
        let outside = excess.clone().greater_elem(0.0).float();
        moved.max_pair(outside.add(excess))
    }

    /// Row-wise exact L2 diameter ‖min(x0 + ε, 1) − max(x0 − ε, 0)‖₂ ≤ 2ε√n. `[rows, 1]`.
    pub fn diameter(&self) -> Rows {
        self.upper.clone().sub(self.lower.clone()).square().sum_dim(1).sqrt()
    }
}

/// The 8-bit image that will be shown, saved and evaluated: per pixel the level k/255 nearest to `x` among those
/// in [0, 1] and within `epsilon_over_255` levels of the clean pixel `x0`, which is itself a level (k0/255).
///
/// Levels are whole numbers, so only ⌊ε⌋ of them count: at ε = 7.5 a pixel may move by 7. Rounding noise up to
/// 10⁻⁶ of a level in `epsilon_over_255` is forgiven (8/255·255 means 8). A pixel that is not a number, or an ε
/// below 0, keeps the clean level.
pub fn round_to_8_bits(x: &[f32], x0: &[f32], epsilon_over_255: f64) -> Vec<u8> {
    let budget = if epsilon_over_255 > 0.0 { (epsilon_over_255 + 1e-6).floor().min(255.0) } else { 0.0 };
    x.iter()
        .zip(x0)
        .map(|(&pixel, &clean)| {
            let clean = (f64::from(clean) * 255.0).round().clamp(0.0, 255.0);
            let level = if pixel.is_nan() { clean } else { (f64::from(pixel) * 255.0).round() };
            level.clamp((clean - budget).max(0.0), (clean + budget).min(255.0)) as u8
        })
        .collect()
}
