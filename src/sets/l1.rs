//! L1 ball {‖x‖₁ ≤ r}: corners at ±r on the axes, so the oracle answers with one coordinate.
//!
//! Oracle v = −r·sign(gᵢ)·eᵢ, i = argmax|gⱼ| (lowest index on ties). Projection by soft-thresholding
//! (Duchi, Shalev-Shwartz, Singer, Chandra 2008).

use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_radius, scan};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "l1",
    shape: &[ShapeParameter::Radius],
    source: "Jaggi 2013; projection Duchi et al. 2008",
    #[cfg(feature = "engine")]
    rows: Some(|shape, _| Ok(Box::new(L1 { radius: checked_radius(shape.radius)? }))),
    for_layers: true,
    supports: |_| true,
    in_plane: true,
    radius_for_diameter: |diameter, _, _| diameter / 2.0,
};

pub(super) const ORACLE_FORMULA: &str = tex!(r"v_t=-\tau\,\operatorname{sign}(g_{i^*})\,e_{i^*}");
pub(super) const SET_FORMULA: &str = tex!(r"\|x\|_1\le\tau");

pub(super) fn build(shape: &SetShape, _: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(L1 { radius: checked_radius(shape.radius)? }))
}

#[derive(Debug, Clone)]
struct L1 {
    radius: f64,
}

impl ConstraintSet for L1 {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        let Some((i, largest)) = scan::first_largest(g, f64::abs)? else {
            v.copy_from_slice(x);
            return Ok(());
        };
        v.fill(0.0);
        if let Some(entry) = v.get_mut(i) {
            *entry = -self.radius * largest.signum();
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        if x.iter().map(|value| value.abs()).sum::<f64>() <= self.radius {
            return;
        }
        let magnitudes: Vec<f64> = x.iter().map(|value| value.abs()).collect();
        let threshold = super::simplex::threshold(&magnitudes, self.radius);
        for value in x {
            *value = value.signum() * (value.abs() - threshold).max(0.0);
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        x.iter().map(|value| value.abs()).sum::<f64>() / self.radius
    }

    fn diameter(&self, _n: usize) -> f64 {
        2.0 * self.radius
    }
}

#[cfg(feature = "engine")]
mod row_form {
    use super::L1;
    use crate::sets::rows::{RowSet, Rows, first_argmax_one_hot, simplex_threshold};

    impl RowSet for L1 {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            let hot = first_argmax_one_hot(g.clone().abs());
            let vertex = g.clone().sign().mul(hot).mul_scalar(-self.radius);
            crate::sets::rows::keep_where_zero(g, x, vertex)
        }

        fn project(&self, x: Rows) -> Rows {
            // A threshold of 0 leaves points inside untouched.
            let threshold = simplex_threshold(x.clone().abs(), self.radius);
            x.clone().sign().mul(x.abs().sub(threshold).clamp_min(0.0))
        }

        fn gauge(&self, x: Rows) -> Rows {
            x.abs().sum_dim(1).div_scalar(self.radius)
        }

        fn diameter(&self, _n: usize) -> f64 {
            2.0 * self.radius
        }
    }
}
