//! Group-lasso ball {Σ_g ‖x_g‖₂ ≤ τ}: the entries come in groups of equal size (a filter, or a kernel of it), and a
//! corner uses a single group. Frank–Wolfe leads towards networks in which whole filters are 0.
//!
//! Oracle v = −τ g_j/‖g_j‖ on the gradient's longest group j (the first on ties; lengths that differ by rounding tie),
//! 0 in all others. Projection shrinks the groups' lengths as the L1 ball does its entries (Yuan, Lin 2006; van den
//! Berg, Schmidt, Friedlander, Murphy 2008). A single group makes it the L2 ball, groups of one entry the L1 ball.

use super::matrix::columns;
use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_radius, norm, scan, settle_trivial};
use fwlab_tex::tex;

/// Squared lengths nearer to each other than this share count as equal.
const TIED: f64 = 1e-12;
/// Groups of fewer entries are added up one by one: several groups are then under way at once.
const FEW: usize = 32;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "group-lasso",
    shape: &[ShapeParameter::Radius, ShapeParameter::Group],
    source: "Yuan, Lin 2006; Jaggi 2013",
    #[cfg(feature = "engine")]
    rows: Some(|shape, n| Ok(Box::new(GroupLasso::new(shape, n)?))),
    for_layers: true,
    supports: |_| true,
    in_plane: false,
    radius_for_diameter: |diameter, _, _| diameter / 2.0,
};

pub(super) const ORACLE_FORMULA: &str = tex!(
    r"v_{t,j}=-\tau\,\frac{g_{t,j}}{\|g_{t,j}\|_2}\;\text{for}\;j=\operatorname{argmax}_i\|g_{t,i}\|_2,\;\text{else}\;0"
);
pub(super) const SET_FORMULA: &str = tex!(r"\sum_j\|x_j\|_2\le\tau");

pub(super) fn build(shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(GroupLasso::new(shape, n)?))
}

#[derive(Debug, Clone)]
struct GroupLasso {
    radius: f64,
    /// Entries a group.
    group: usize,
}

impl GroupLasso {
    fn new(shape: &SetShape, n: usize) -> Result<Self, SetError> {
        let radius = checked_radius(shape.radius)?;
        match shape.group {
            0 => Ok(Self { radius, group: columns(shape, n)? }),
            group if n > 0 && n.is_multiple_of(group) => Ok(Self { radius, group }),
            group => {
                let range = format!("a divisor of the number of entries, {n}");
                Err(SetError::Parameter { what: "the number of entries a group", range, found: group as f64 })
            }
        }
    }

    /// Index and squared length of the longest group; one that is no number wins.
    fn longest(&self, g: &[f64], square: impl Fn(&[f64]) -> f64) -> (usize, f64) {
        let (mut best, mut bar) = ((0, 0.0), 0.0);
        for (i, group) in g.chunks_exact(self.group).enumerate() {
            let square = square(group);
            if square > bar || square.is_nan() {
                best = (i, square);
                bar = square * (1.0 + TIED);
                if bar.is_nan() {
                    break;
                }
            }
        }
        best
    }

    fn lengths(&self, x: &[f64]) -> Vec<f64> {
        x.chunks_exact(self.group).map(norm).collect()
    }
}

impl ConstraintSet for GroupLasso {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        let mut scale = 1.0;
        let one_by_one = |group: &[f64]| group.iter().map(|value| value * value).sum::<f64>();
        let mut best = if self.group < FEW { self.longest(g, one_by_one) } else { self.longest(g, scan::squares) };
        if !scan::SAFE.contains(&best.1) {
            if settle_trivial(g, x, v)? {
                return Ok(());
            }
            // 2¹⁰⁰⁰ at most: the inverse of a subnormal number would overflow.
            let largest = g.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
            scale = (1.0 / largest).min(2.0_f64.powi(1000));
            best = self.longest(g, |group| group.iter().map(|value| (value * scale) * (value * scale)).sum());
        }
        v.fill(0.0);
        let factor = -self.radius / best.1.sqrt();
        let chosen = v.chunks_exact_mut(self.group).zip(g.chunks_exact(self.group)).nth(best.0);
        for (vertex, value) in chosen.into_iter().flat_map(|(v, g)| v.iter_mut().zip(g)) {
            *vertex = factor * (value * scale);
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let lengths = self.lengths(x);
        if lengths.iter().sum::<f64>() <= self.radius {
            return;
        }
        let threshold = super::simplex::threshold(&lengths, self.radius);
        for (group, length) in x.chunks_exact_mut(self.group).zip(lengths) {
            let factor = if length > threshold { (length - threshold) / length } else { 0.0 };
            group.iter_mut().for_each(|value| *value *= factor);
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        self.lengths(x).iter().sum::<f64>() / self.radius
    }

    fn diameter(&self, _n: usize) -> f64 {
        2.0 * self.radius
    }
}

#[cfg(feature = "engine")]
mod row_form {
    use super::GroupLasso;
    use burn::tensor::Tensor;

    use crate::sets::rows::{RowSet, Rows, first_argmax_one_hot, keep_where_zero, simplex_threshold};

    /// Squared lengths nearer to each other than this share count as equal: the rounding of an f32 sum.
    const TIED: f64 = 1e-6;

    impl GroupLasso {
        /// `[rows, groups, entries]`.
        fn groups(&self, x: Rows) -> Tensor<3> {
            let [rows, n] = x.dims();
            x.reshape([rows, n / self.group, self.group])
        }

        /// Squared length of each group, `[rows, groups]`.
        fn squares(&self, x: Rows) -> Rows {
            let [rows, n] = x.dims();
            self.groups(x.square()).sum_dim(2).reshape([rows, n / self.group])
        }

        /// Each group of `x` times its entry of `factor` `[rows, groups]`.
        fn times(&self, x: Rows, factor: Rows) -> Rows {
            let dims = x.dims();
            let [rows, groups] = factor.dims();
            self.groups(x).mul(factor.reshape([rows, groups, 1])).reshape(dims)
        }
    }

    impl RowSet for GroupLasso {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            // The floor only matters in rows that are all zero, which `keep_where_zero` overwrites.
            let largest = g.clone().abs().max_dim(1).clamp_min(f32::MIN_POSITIVE);
            let direction = g.clone().div(largest);
            let squares = self.squares(direction.clone());
            let top = squares.clone().max_dim(1);
            let bar = top.clone().mul_scalar(1.0 - TIED).expand(squares.dims());
            let hot = first_argmax_one_hot(squares.clone().greater_equal(bar).float());
            let length = squares.mul(hot.clone()).sum_dim(1).sqrt().clamp_min(f32::MIN_POSITIVE);
            let vertex = self.times(direction.div(length), hot).mul_scalar(-self.radius);
            keep_where_zero(g, x, vertex)
        }

        fn project(&self, x: Rows) -> Rows {
            let lengths = self.squares(x.clone()).sqrt();
            let threshold = simplex_threshold(lengths.clone(), self.radius).expand(lengths.dims());
            // 1 − λ/max(length, λ): exactly 1 in rows inside, where λ is 0.
            let longer = lengths.max_pair(threshold.clone()).clamp_min(f32::MIN_POSITIVE);
            let factor = threshold.div(longer).neg().add_scalar(1.0);
            self.times(x, factor)
        }

        fn gauge(&self, x: Rows) -> Rows {
            self.squares(x).sqrt().sum_dim(1).div_scalar(self.radius)
        }

        fn diameter(&self, _n: usize) -> f64 {
            2.0 * self.radius
        }
    }
}
