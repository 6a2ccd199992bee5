//! Spectral-norm ball {σ₁(X) ≤ τ}, the largest singular value of the entries as a matrix (a layer: out × in·kh·kw): no
//! input is stretched by more than τ. Its oracle gives every direction of the gradient the same weight.
//!
//! Oracle V = −τ U Wᵀ, the polar factor of the gradient G = U Σ Wᵀ; directions that G lacks stay 0, as good as any
//! other completion there, though not a corner. Projection clips the singular values at τ. Orthogonalised momentum
//! (Muon; Jordan et al. 2024) is Frank–Wolfe on this ball, with weight decay in place of the pull towards V (Sfyraki,
//! Wang 2025). A matrix of one row or one column makes it the L2 ball.
//!
//! On slices both use an exact decomposition. On layers the polar factor comes from 19 steps of Newton–Schulz (see
//! `matrix::rows::polar`): feasible up to rounding, ⟨G, V⟩ exact to m·10⁻⁶/4 of it at worst for m singular values,
//! to rounding on all but contrived spectra. The projection agrees with the exact one to about 10⁻⁶ of the norm of
//! the projected point. The largest singular value (gauge) may be found short by a share of 6·10⁻⁵ at most.

use super::matrix::{columns, shorter_side};
use super::svd::Svd;
use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_radius, settle_trivial};
use fwlab_tex::tex;

/// Singular values of the gradient below this share of the largest are rounding, not directions.
const ROUNDING: f64 = 1e-13;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "spectral",
    shape: &[ShapeParameter::Radius],
    source: "Jordan et al. 2024; polar factor Chen, Chow 2014",
    #[cfg(feature = "engine")]
    rows: Some(|shape, n| Ok(Box::new(Spectral::new(shape, n)?))),
    for_layers: true,
    supports: |_| true,
    in_plane: false,
    radius_for_diameter: |diameter, n, _| match columns(&SetShape::default(), n) {
        Ok(columns) => diameter / (2.0 * (shorter_side(n, columns) as f64).sqrt()),
        Err(_) => diameter / 2.0,
    },
};

pub(super) const ORACLE_FORMULA: &str = tex!(r"v_t=-\tau\,U W^{\top}\;\text{of}\;G_t=U\Sigma W^{\top}");
pub(super) const SET_FORMULA: &str = tex!(r"\|X\|_2=\sigma_1(X)\le\tau");

pub(super) fn build(shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(Spectral::new(shape, n)?))
}

#[derive(Debug, Clone)]
struct Spectral {
    radius: f64,
    columns: usize,
}

impl Spectral {
    fn new(shape: &SetShape, n: usize) -> Result<Self, SetError> {
        Ok(Self { radius: checked_radius(shape.radius)?, columns: columns(shape, n)? })
    }

    /// 2τ√min(rows, columns), between V and −V.
    fn width(&self, n: usize) -> f64 {
        2.0 * self.radius * (shorter_side(n, self.columns) as f64).sqrt()
    }
}

impl ConstraintSet for Spectral {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if settle_trivial(g, x, v)? {
            return Ok(());
        }
        let svd = Svd::of(g, self.columns);
        let floor = ROUNDING * svd.sigmas().first().copied().unwrap_or(0.0);
        svd.compose(v, |_, sigma| if sigma > floor { -self.radius } else { 0.0 });
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let svd = Svd::of(x, self.columns);
        if svd.sigmas().first().is_some_and(|largest| *largest > self.radius) {
            svd.compose(x, |_, sigma| sigma.min(self.radius));
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        Svd::of(x, self.columns).sigmas().first().copied().unwrap_or(0.0) / self.radius
    }

    fn diameter(&self, n: usize) -> f64 {
        self.width(n)
    }
}

#[cfg(feature = "engine")]
mod row_form {
    use super::Spectral;
    use burn::tensor::Tensor;

    use crate::sets::matrix::rows::{Split, flat, inner, leading, matrices, polar};
    use crate::sets::rows::{RowSet, Rows, keep_where_zero};

    impl RowSet for Spectral {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            let vertex = polar(matrices(g.clone(), self.columns)).mul_scalar(-self.radius);
            keep_where_zero(g, x, flat(vertex, self.columns))
        }

        fn project(&self, x: Rows) -> Rows {
            let inside = RowSet::gauge(self, x.clone()).lower_equal_elem(1.0).expand(x.dims());
            let [rows, _] = x.dims();
            let level = Tensor::<3>::full([rows, 1, 1], self.radius, &x.device());
            let a = matrices(x.clone(), self.columns);
            let near = flat(a.clone().sub(Split::new(a).above(&level).part), self.columns);
            // The rounding of a far-away point must not leave the ball.
            let excess = RowSet::gauge(self, near.clone()).clamp_min(1.0);
            near.div(excess).mask_where(inside, x)
        }

        /// ‖Xᵀu‖/τ for the leading u.
        fn gauge(&self, x: Rows) -> Rows {
            let [rows, _] = x.dims();
            let a = matrices(x, self.columns);
            let stretched = a.clone().transpose().matmul(leading(a));
            inner(stretched.clone(), stretched).sqrt().reshape([rows, 1]).div_scalar(self.radius)
        }

        fn diameter(&self, n: usize) -> f64 {
            self.width(n)
        }
    }
}
