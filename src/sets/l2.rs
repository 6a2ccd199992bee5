//! L2 ball {‖x‖₂ ≤ r}: round, so the oracle answers with the point straight against the gradient.
//!
//! Oracle v = −r·g/‖g‖₂; projection scales the point back. Where squaring would overflow or vanish, the largest |gᵢ|
//! is divided out first.

use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_radius, norm, scan, settle_trivial};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "l2",
    shape: &[ShapeParameter::Radius],
    source: "Jaggi 2013",
    #[cfg(feature = "engine")]
    rows: Some(|shape, _| Ok(Box::new(L2::new(shape)?))),
    for_layers: true,
    supports: |_| true,
    in_plane: true,
    radius_for_diameter: |diameter, _, _| diameter / 2.0,
};

pub(super) const ORACLE_FORMULA: &str = tex!(r"v_t=-\tau\,\frac{g_t}{\|g_t\|_2}");
pub(super) const SET_FORMULA: &str = tex!(r"\|x\|_2\le\tau");

pub(super) fn build(shape: &SetShape, _: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(L2::new(shape)?))
}

#[derive(Debug, Clone)]
struct L2 {
    radius: f64,
}

impl L2 {
    fn new(shape: &SetShape) -> Result<Self, SetError> {
        Ok(Self { radius: checked_radius(shape.radius)? })
    }
}

impl ConstraintSet for L2 {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        let squares = scan::squares(g);
        if scan::SAFE.contains(&squares) {
            let scale = -self.radius / squares.sqrt();
            for (vertex, value) in v.iter_mut().zip(g) {
                *vertex = value * scale;
            }
            return Ok(());
        }
        if settle_trivial(g, x, v)? {
            return Ok(());
        }
        let largest = g.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        for (vertex, value) in v.iter_mut().zip(g) {
            *vertex = value / largest;
        }
        let scale = -self.radius / norm(v);
        for vertex in v {
            *vertex *= scale;
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let length = norm(x);
        if length > self.radius {
            let scale = self.radius / length;
            for value in x {
                *value *= scale;
            }
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        norm(x) / self.radius
    }

    fn diameter(&self, _n: usize) -> f64 {
        2.0 * self.radius
    }
}

#[cfg(feature = "engine")]
mod row_form {
    use super::L2;
    use crate::sets::rows::{RowSet, Rows, keep_where_zero};

    fn lengths(x: Rows) -> Rows {
        x.square().sum_dim(1).sqrt()
    }

    impl RowSet for L2 {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            // The floor only matters in rows that are all zero, which `keep_where_zero` overwrites.
            let largest = g.clone().abs().max_dim(1).clamp_min(f32::MIN_POSITIVE);
            let direction = g.clone().div(largest);
            let length = lengths(direction.clone()).clamp_min(f32::MIN_POSITIVE);
            let vertex = direction.div(length).mul_scalar(-self.radius);
            keep_where_zero(g, x, vertex)
        }

        fn project(&self, x: Rows) -> Rows {
            // Rows inside are divided by exactly 1.
            let excess = RowSet::gauge(self, x.clone()).clamp_min(1.0);
            x.div(excess)
        }

        fn gauge(&self, x: Rows) -> Rows {
            lengths(x).div_scalar(self.radius)
        }

        fn diameter(&self, _n: usize) -> f64 {
            2.0 * self.radius
        }
    }
}
