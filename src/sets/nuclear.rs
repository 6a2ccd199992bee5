//! Nuclear-norm ball {‖X‖_* ≤ τ}, the sum of the singular values of the entries as a matrix (a layer: out × in·kh·kw):
//! its corners have rank 1, so Frank–Wolfe leads towards weights of low rank.
//!
//! Oracle V = −τ u₁w₁ᵀ with the leading singular vectors of the gradient (Jaggi, Sulovský 2010); projection by
//! projecting the singular values on the L1 ball. The projection needs all of them, the oracle only the first: the
//! classical case for Frank–Wolfe. A matrix of one row or one column makes it the L2 ball.
//!
//! On slices the projection uses an exact decomposition, and so does the oracle of a small matrix; that of a large one
//! finds the first singular pair alone, its value to rounding (see `svd::leading`). On layers the first question squares
//! GGᵀ 14 times, 2¹⁴ power iterations, and returns a feasible V with ⟨G, V⟩ ≤ −(1 − 6·10⁻⁵)τσ₁ (see `matrix::rows::leading`). Along a run the oracle keeps
//! w₁ of its last answer and makes four power iterations from there (`matrix::rows::leading_from`): V stays feasible
//! and ⟨G, V⟩ ≥ −τσ₁, so a gap computed from it is a lower bound of the true gap. The gap that is shown asks anew, and
//! is short by at most 6·10⁻⁵τσ₁. The projection finds its threshold by Newton's
//! method with a matrix sign a step and agrees with the exact one to about 10⁻⁶ of the projected point's norm.

use super::matrix::{columns, shorter_side};
use super::svd::{Svd, leading};
use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_radius, settle_trivial};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "nuclear",
    shape: &[ShapeParameter::Radius],
    source: "Jaggi, Sulovský 2010; Jaggi 2013",
    #[cfg(feature = "engine")]
    rows: Some(|shape, n| Ok(Box::new(Nuclear::new(shape, n)?))),
    for_layers: true,
    supports: |_| true,
    in_plane: false,
    radius_for_diameter: |diameter, _, _| diameter / 2.0,
};

pub(super) const ORACLE_FORMULA: &str =
    tex!(r"v_t=-\tau\,u_1 w_1^{\top}\;\text{of}\;G_t=\sum_i\sigma_i\,u_i w_i^{\top}");
pub(super) const SET_FORMULA: &str = tex!(r"\|X\|_*=\sum_i\sigma_i(X)\le\tau");

pub(super) fn build(shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(Nuclear::new(shape, n)?))
}

/// With more singular values than this the oracle does not look for all of them.
const MANY: usize = 64;

#[derive(Debug, Clone)]
struct Nuclear {
    radius: f64,
    columns: usize,
}

impl Nuclear {
    fn new(shape: &SetShape, n: usize) -> Result<Self, SetError> {
        Ok(Self { radius: checked_radius(shape.radius)?, columns: columns(shape, n)? })
    }
}

impl ConstraintSet for Nuclear {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if settle_trivial(g, x, v)? {
            return Ok(());
        }
        if shorter_side(g.len(), self.columns) <= MANY {
            Svd::of(g, self.columns).compose(v, |i, _| if i == 0 { -self.radius } else { 0.0 });
            return Ok(());
        }
        let (left, right) = leading(g, self.columns);
        for (row, left) in v.chunks_exact_mut(self.columns).zip(&left) {
            row.iter_mut().zip(&right).for_each(|(entry, right)| *entry = -self.radius * left * right);
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let svd = Svd::of(x, self.columns);
        let sigmas = svd.sigmas();
        if sigmas.iter().sum::<f64>() <= self.radius {
            return;
        }
        let threshold = super::simplex::threshold(&sigmas, self.radius);
        svd.compose(x, |_, sigma| (sigma - threshold).max(0.0));
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        Svd::of(x, self.columns).sigmas().iter().sum::<f64>() / self.radius
    }

    fn diameter(&self, _n: usize) -> f64 {
        2.0 * self.radius
    }
}

#[cfg(feature = "engine")]
mod row_form {
    use super::Nuclear;
    use burn::tensor::Tensor;

    use crate::sets::matrix::rows::{Matrices, Split, flat, inner, leading, leading_from, matrices, polar, unit};
    use crate::sets::rows::{RowSet, Rows, keep_where_zero};

    /// Newton steps for the threshold: it climbs to the exact one in as many steps as there are kinds of singular
    /// values at worst, in six on every spectrum tried.
    const NEWTON_STEPS: usize = 8;

    impl Nuclear {
        /// −τuwᵀ, and `x` where there is no gradient.
        fn corner(&self, g: Rows, x: Rows, left: Matrices, right: Matrices) -> Rows {
            let vertex = left.matmul(right.transpose()).mul_scalar(-self.radius);
            keep_where_zero(g, x, flat(vertex, self.columns))
        }
    }

    impl RowSet for Nuclear {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            self.lmo_near(g, x, &mut None)
        }

        /// `trace`: w, the singular vector on the longer side. A matrix of one row needs none.
        fn lmo_near(&self, g: Rows, x: Rows, trace: &mut Option<Rows>) -> Rows {
            let a = matrices(g.clone(), self.columns);
            let [rows, m, c] = a.dims();
            let last = trace.take().filter(|last| m > 1 && last.dims() == [rows, c]);
            let (left, right) = match last {
                Some(last) => leading_from(a, last.reshape([rows, c, 1])),
                None => {
                    let left = leading(a.clone());
                    let right = unit(a.transpose().matmul(left.clone()));
                    (left, right)
                }
            };
            *trace = (m > 1).then(|| right.clone().reshape([rows, c]));
            self.corner(g, x, left, right)
        }

        fn project(&self, x: Rows) -> Rows {
            let inside = RowSet::gauge(self, x.clone()).lower_equal_elem(1.0).expand(x.dims());
            let split = Split::new(matrices(x.clone(), self.columns));
            let [rows, _] = x.dims();
            let mut level = Tensor::<3>::zeros([rows, 1, 1], &x.device());
            for _ in 0..NEWTON_STEPS {
                let above = split.above(&level);
                let step = above.sum.sub_scalar(self.radius).div(above.count.clamp_min(0.5));
                level = level.add(step).clamp_min(0.0);
            }
            let near = flat(split.above(&level).part, self.columns);
            // The rounding of a far-away point must not leave the ball.
            let excess = RowSet::gauge(self, near.clone()).clamp_min(1.0);
            near.div(excess).mask_where(inside, x)
        }

        /// ⟨X, U Wᵀ⟩/τ; low by less than m·10⁻⁶/4 of it.
        fn gauge(&self, x: Rows) -> Rows {
            let [rows, _] = x.dims();
            let a = matrices(x, self.columns);
            inner(a.clone(), polar(a)).reshape([rows, 1]).div_scalar(self.radius)
        }

        fn diameter(&self, _n: usize) -> f64 {
            2.0 * self.radius
        }
    }
}
