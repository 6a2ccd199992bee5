//! Probability simplex {x ≥ 0, Σxᵢ = τ}: shares of a whole, such as the weights of an average. It has no interior; in
//! the plane it is a segment, which is why the geometry page offers [`super::simplex`] instead.
//!
//! Oracle v = τ·eᵢ, i = argmin gⱼ (lowest index on ties). Projection max(xᵢ − λ, 0), λ from the sum (Held 1974;
//! Duchi, Shalev-Shwartz, Singer, Chandra 2008). The gauge is measured from the centre (τ/n, …, τ/n).
//!
//! Not for layers: weights need both signs, and a start outside is scaled towards the origin, which is not inside.

use super::{
    ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_entries, checked_radius, off_plane, scan,
};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "probability-simplex",
    shape: &[ShapeParameter::Radius],
    source: "Jaggi 2013; projection Held 1974, Duchi et al. 2008",
    #[cfg(feature = "engine")]
    rows: Some(|shape, n| Ok(Box::new(ProbabilitySimplex::new(shape, n)?))),
    for_layers: false,
    supports: |n| n >= 2,
    in_plane: false,
    radius_for_diameter: |diameter, _, _| diameter / std::f64::consts::SQRT_2,
};

pub(super) const ORACLE_FORMULA: &str = tex!(r"v_t=\tau\,e_{i^*},\;i^*=\operatorname{argmin}_i g_{t,i}");
pub(super) const SET_FORMULA: &str = tex!(r"x\ge 0,\;\textstyle\sum_i x_i=\tau");

pub(super) fn build(shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(ProbabilitySimplex::new(shape, n)?))
}

#[derive(Debug, Clone)]
struct ProbabilitySimplex {
    /// τ, the sum.
    scale: f64,
}

impl ProbabilitySimplex {
    fn new(shape: &SetShape, n: usize) -> Result<Self, SetError> {
        checked_entries(n)?;
        Ok(Self { scale: checked_radius(shape.radius)? })
    }

    fn width(&self) -> f64 {
        self.scale * std::f64::consts::SQRT_2
    }
}

impl ConstraintSet for ProbabilitySimplex {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        let Some((i, _)) = scan::first_largest(g, |value| -value)? else {
            v.copy_from_slice(x);
            return Ok(());
        };
        v.fill(0.0);
        if let Some(entry) = v.get_mut(i) {
            *entry = self.scale;
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        // A common shift changes nothing; from the largest entry down, rounding cannot swallow τ.
        let top = x.iter().fold(f64::NEG_INFINITY, |top, value| top.max(*value));
        for value in x.iter_mut() {
            *value -= top;
        }
        let lambda = super::simplex::threshold(x, self.scale);
        for value in x {
            *value = (*value - lambda).max(0.0);
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        let n = x.len() as f64;
        let sides = x.iter().fold(0.0_f64, |most, value| most.max(1.0 - value * n / self.scale));
        sides.max(off_plane(x.iter().sum::<f64>() - self.scale, self.scale))
    }

    fn diameter(&self, _n: usize) -> f64 {
        self.width()
    }

    fn centre(&self, n: usize) -> Vec<f64> {
        vec![self.scale / n as f64; n]
    }
}

#[cfg(feature = "engine")]
mod row_form {
    use super::ProbabilitySimplex;
    use crate::sets::rows::{RowSet, Rows, first_argmax_one_hot, keep_where_zero, simplex_threshold};

    /// Share of τ that the sum of a row in f32 may miss by rounding.
    const ROUNDING: f64 = 1e-6;

    impl RowSet for ProbabilitySimplex {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            let vertex = first_argmax_one_hot(g.clone().neg()).mul_scalar(self.scale);
            keep_where_zero(g, x, vertex)
        }

        fn project(&self, x: Rows) -> Rows {
            // Shifted so that the largest entry is τ: the threshold then lies in [0, τ], and what is below 0 is cut.
            let top = x.clone().max_dim(1);
            let shifted = x.sub(top).add_scalar(self.scale).clamp_min(0.0);
            let threshold = simplex_threshold(shifted.clone(), self.scale);
            let y = shifted.sub(threshold).clamp_min(0.0);
            // Many small entries share the threshold's rounding; it must not add up in their sum.
            let sum = y.clone().sum_dim(1);
            y.mul_scalar(self.scale).div(sum)
        }

        fn gauge(&self, x: Rows) -> Rows {
            let [_, n] = x.dims();
            let sides = x.clone().min_dim(1).mul_scalar(-(n as f64) / self.scale).add_scalar(1.0).clamp_min(0.0);
            let residual = x.sum_dim(1).sub_scalar(self.scale).div_scalar(self.scale).abs();
            let missed = residual.clone().greater_elem(ROUNDING).float();
            sides.max_pair(missed.mul(residual.add_scalar(1.0)))
        }

        fn diameter(&self, _n: usize) -> f64 {
            self.width()
        }
    }
}
