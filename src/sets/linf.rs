//! L∞ ball {maxᵢ|xᵢ| ≤ r}: a box, so the oracle sees only the signs of the gradient and moves every entry.
//!
//! Oracle vᵢ = −r if gᵢ > 0, else +r (gᵢ = 0 gives +r: the answer must be a corner); projection clamps.

use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_radius, scan};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "linf",
    shape: &[ShapeParameter::Radius],
    source: "Jaggi 2013",
    #[cfg(feature = "engine")]
    rows: Some(|shape, _| Ok(Box::new(Linf::new(shape)?))),
    for_layers: true,
    supports: |_| true,
    in_plane: true,
    radius_for_diameter: |diameter, n, _| diameter / (2.0 * (n.max(1) as f64).sqrt()),
};

pub(super) const ORACLE_FORMULA: &str = tex!(r"v_t=-\tau\,\operatorname{sign}(g_t)");
pub(super) const SET_FORMULA: &str = tex!(r"\|x\|_\infty\le\tau");

pub(super) fn build(shape: &SetShape, _: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(Linf::new(shape)?))
}

#[derive(Debug, Clone)]
struct Linf {
    radius: f64,
}

impl Linf {
    fn new(shape: &SetShape) -> Result<Self, SetError> {
        Ok(Self { radius: checked_radius(shape.radius)? })
    }

    fn width(&self, n: usize) -> f64 {
        2.0 * self.radius * (n as f64).sqrt()
    }
}

impl ConstraintSet for Linf {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        // No branch, which would be guessed wrong half the time; 0 − 0 is +0.
        let sum = scan::map(g, v, |value| self.radius.copysign(0.0 - value));
        if scan::all_zero(g, sum)? {
            v.copy_from_slice(x);
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        for value in x {
            *value = value.clamp(-self.radius, self.radius);
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        x.iter().fold(0.0_f64, |largest, value| largest.max(value.abs())) / self.radius
    }

    fn diameter(&self, n: usize) -> f64 {
        self.width(n)
    }
}

#[cfg(feature = "engine")]
mod row_form {
    use super::Linf;
    use crate::sets::rows::{RowSet, Rows, keep_where_zero};

    impl RowSet for Linf {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            let vertex = g.full_like(self.radius).mask_fill(g.clone().greater_elem(0.0), -self.radius);
            keep_where_zero(g, x, vertex)
        }

        fn project(&self, x: Rows) -> Rows {
            x.clamp(-self.radius, self.radius)
        }

        fn gauge(&self, x: Rows) -> Rows {
            x.abs().max_dim(1).div_scalar(self.radius)
        }

        fn diameter(&self, n: usize) -> f64 {
            self.width(n)
        }
    }
}
