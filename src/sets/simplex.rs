//! Unit simplex {x ≥ 0, Σxᵢ ≤ τ}: in the plane a triangle with one corner at the origin.
//!
//! Oracle v = τ·eᵢ with i = argmin gⱼ (lowest index on ties) if gᵢ < 0, else the origin. Projection clips the
//! negative entries and, if the sum is still above τ, subtracts one common threshold (Duchi, Shalev-Shwartz,
//! Singer, Chandra 2008). The L1 ball shares that threshold.
//!
//! The origin is a corner here, so the gauge is measured from the centroid (τ/(n+1), …, τ/(n+1)).

use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_radius, scan};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "simplex",
    shape: &[ShapeParameter::Radius],
    source: "Jaggi 2013; projection Duchi et al. 2008",
    #[cfg(feature = "engine")]
    rows: None,
    for_layers: false,
    supports: |_| true,
    in_plane: true,
    radius_for_diameter: |diameter, n, _| if n < 2 { diameter } else { diameter / std::f64::consts::SQRT_2 },
};

pub(super) const ORACLE_FORMULA: &str = tex!(r"v_t=\tau\,e_{i^*}\;\text{if}\;g_{i^*}=\min_i g_i<0,\;\text{else}\;0");
pub(super) const SET_FORMULA: &str = tex!(r"x\ge 0,\;\textstyle\sum_i x_i\le\tau");

pub(super) fn build(shape: &SetShape, _: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(Simplex { scale: checked_radius(shape.radius)? }))
}

#[derive(Debug, Clone)]
struct Simplex {
    /// τ, the largest sum.
    scale: f64,
}

/// The λ with Σ max(uᵢ − λ, 0) = `total` (> 0): exact, by one sort. Negative if Σuᵢ < `total` and u ≥ 0.
/// Held (1974); Duchi et al. (2008), fig. 1.
pub(super) fn threshold(u: &[f64], total: f64) -> f64 {
    let mut sorted = u.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    let mut lambda = 0.0;
    for (index, value) in sorted.iter().enumerate() {
        let candidate = (sum + value - total) / (index + 1) as f64;
        // The largest entry always counts, also where rounding swallows `total`.
        if index > 0 && *value <= candidate {
            break;
        }
        sum += value;
        lambda = candidate;
    }
    lambda
}

impl Simplex {
    fn centroid(&self, n: usize) -> f64 {
        self.scale / (n + 1) as f64
    }
}

impl ConstraintSet for Simplex {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        let Some((i, lowest)) = scan::first_largest(g, |value| -value)? else {
            v.copy_from_slice(x);
            return Ok(());
        };
        v.fill(0.0);
        if lowest < 0.0
            && let Some(entry) = v.get_mut(i)
        {
            *entry = self.scale;
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let sum: f64 = x.iter().map(|value| value.max(0.0)).sum();
        let lambda = if sum > self.scale { threshold(x, self.scale) } else { 0.0 };
        for value in x {
            *value = (*value - lambda).max(0.0);
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        let c = self.centroid(x.len());
        let sides = x.iter().fold(0.0_f64, |most, value| most.max(1.0 - value / c));
        let sum: f64 = x.iter().sum();
        sides.max(sum / c - x.len() as f64)
    }

    fn diameter(&self, n: usize) -> f64 {
        if n < 2 { self.scale } else { self.scale * std::f64::consts::SQRT_2 }
    }

    fn centre(&self, n: usize) -> Vec<f64> {
        vec![self.centroid(n); n]
    }
}
