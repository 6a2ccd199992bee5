//! K-sparse polytope: the convex hull of {v ∈ {0, ±τ}ⁿ, ‖v‖₀ = K} = {‖x‖∞ ≤ τ} ∩ {‖x‖₁ ≤ Kτ}. Its corners have
//! K non-zeros, so Frank–Wolfe leads towards sparse weights. K = 1 is the L1 ball, K = n the L∞ ball.
//!
//! Oracle vᵢ = −τ·sign(gᵢ) on the K largest |gᵢ|, 0 elsewhere; ties go to the lowest index; a zero inside the
//! top K stays 0 (as good as ±τ there, though not a corner). Projection yᵢ = sign(xᵢ)·clip(|xᵢ| − λ, 0, τ).
//! Pokutta, Spiegel, Zimmer (2020) train networks with it.

use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_count, checked_radius, top};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "k-sparse",
    shape: &[ShapeParameter::Radius, ShapeParameter::Sparsity],
    source: "Pokutta, Spiegel, Zimmer 2020",
    #[cfg(feature = "engine")]
    rows: Some(|shape, n| Ok(Box::new(KSparse::new(shape, n)?))),
    for_layers: true,
    supports: |_| true,
    in_plane: true,
    radius_for_diameter: |diameter, n, k| diameter / (2.0 * (k.clamp(1, n.max(1)) as f64).sqrt()),
};

pub(super) const ORACLE_FORMULA: &str =
    tex!(r"v_{t,i}=-\tau\,\operatorname{sign}(g_{t,i})\;\text{if}\;i\in\operatorname{top}_K|g_t|,\;\text{else}\;0");
pub(super) const SET_FORMULA: &str = tex!(r"\|x\|_\infty\le\tau,\;\|x\|_1\le K\tau");

pub(super) fn build(shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(KSparse::new(shape, n)?))
}

#[derive(Debug, Clone)]
struct KSparse {
    radius: f64,
    k: usize,
}

impl KSparse {
    fn new(shape: &SetShape, n: usize) -> Result<Self, SetError> {
        Ok(Self { radius: checked_radius(shape.radius)?, k: checked_count(shape.k, n)? })
    }

    /// Kτ, the largest sum of magnitudes.
    fn total(&self) -> f64 {
        self.radius * self.k as f64
    }

    fn width(&self) -> f64 {
        2.0 * self.radius * (self.k as f64).sqrt()
    }

    /// Σ clip(uᵢ − λ, 0, τ): falls, piecewise straight, as λ grows.
    fn clipped_sum(&self, u: &[f64], lambda: f64) -> f64 {
        u.iter().map(|value| (value - lambda).clamp(0.0, self.radius)).sum()
    }

    /// The smallest λ ≥ 0 with Σ clip(uᵢ − λ, 0, τ) ≤ Kτ. Exact: bisects over the sorted corners of the sum, then
    /// follows the straight piece.
    fn threshold(&self, u: &[f64]) -> f64 {
        let total = self.total();
        if self.clipped_sum(u, 0.0) <= total {
            return 0.0;
        }
        let mut corners: Vec<f64> =
            u.iter().flat_map(|value| [*value, value - self.radius]).filter(|corner| *corner > 0.0).collect();
        corners.sort_unstable_by(f64::total_cmp);
        let first_low = corners.partition_point(|corner| self.clipped_sum(u, *corner) > total);
        let left = if first_low == 0 { 0.0 } else { corners.get(first_low - 1).copied().unwrap_or(0.0) };
        let right = corners.get(first_low).copied().unwrap_or(left);
        let (high, low) = (self.clipped_sum(u, left), self.clipped_sum(u, right));
        if high > low { left + (right - left) * (high - total) / (high - low) } else { right }
    }
}

impl ConstraintSet for KSparse {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if top::write_signs(g, self.k, self.radius, v)? {
            v.copy_from_slice(x);
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let magnitudes: Vec<f64> = x.iter().map(|value| value.abs()).collect();
        let lambda = self.threshold(&magnitudes);
        for value in x {
            *value = value.signum() * (value.abs() - lambda).clamp(0.0, self.radius);
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        let (largest, sum) =
            x.iter().fold((0.0_f64, 0.0), |(largest, sum), value| (largest.max(value.abs()), sum + value.abs()));
        (largest / self.radius).max(sum / self.total())
    }

    fn diameter(&self, _n: usize) -> f64 {
        self.width()
    }
}

#[cfg(feature = "engine")]
mod row_form {
    use super::KSparse;
    use crate::sets::rows::{RowSet, Rows, bisect, keep_where_zero, top_k_mask};

    impl RowSet for KSparse {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            let [_, n] = g.dims();
            // sign(0) = 0 keeps zeros inside the top K at zero.
            let signs = g.clone().sign().mul_scalar(-self.radius);
            let vertex = if self.k < n { signs.mul(top_k_mask(g.clone().abs(), self.k)) } else { signs };
            keep_where_zero(g, x, vertex)
        }

        fn project(&self, x: Rows) -> Rows {
            let u = x.clone().abs();
            let clipped = |lambda: Rows| u.clone().sub(lambda).clamp(0.0, self.radius);
            let lambda = bisect(u.clone().max_dim(1), |lambda| clipped(lambda).sum_dim(1).greater_elem(self.total()));
            x.sign().mul(clipped(lambda))
        }

        fn gauge(&self, x: Rows) -> Rows {
            let u = x.abs();
            let largest = u.clone().max_dim(1).div_scalar(self.radius);
            largest.max_pair(u.sum_dim(1).div_scalar(self.total()))
        }

        fn diameter(&self, _n: usize) -> f64 {
            self.width()
        }
    }
}
