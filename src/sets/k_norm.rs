//! K-norm ball {sum of the K largest |xᵢ| ≤ τ} = conv(τB₁ ∪ (τ/K)B∞): the polar of the K-sparse polytope. K = 1 is
//! the L∞ ball, K = n the L1 ball.
//!
//! Oracle: of the corners −τ·sign(gᵢ)eᵢ (i = argmax|gⱼ|, lowest index on ties) and −(τ/K)·sign(g) the lower one; a tie
//! takes the first, gᵢ = 0 gives +τ/K in the second. Pokutta, Spiegel, Zimmer (2020).
//!
//! Projection: Moreau's decomposition leaves yᵢ = sign(xᵢ)(|xᵢ| − clip(|xᵢ| − λ, 0, μ)), a floor λ ≥ 0 and a cut μ
//! (Wu, Ding, Sun, Toh 2014, Moreau–Yosida regularization of the vector k-norm). For λ > 0 the two conditions
//!   Σ clip(|xᵢ| − λ, 0, μ) = Kμ   and   Kλ + Σ max(|xᵢ| − λ − μ, 0) = τ
//! add up to Kμ = Σ max(|xᵢ| − λ, 0) + Kλ − τ, so λ alone is sought: the left side of the second does not fall as λ
//! grows, because s(2K − c) ≤ c(2K − c) ≤ K² for the counts s ≤ c of entries above λ + μ and above λ. No sort.

use super::{
    ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, bisect, checked_count, checked_radius, settle_trivial,
};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "k-norm",
    shape: &[ShapeParameter::Radius, ShapeParameter::Sparsity],
    source: "Pokutta, Spiegel, Zimmer 2020; projection Wu, Ding, Sun, Toh 2014",
    #[cfg(feature = "engine")]
    rows: Some(|shape, n| Ok(Box::new(KNorm::new(shape, n)?))),
    for_layers: true,
    supports: |n| n >= 1,
    // In the plane K is 1 or 2, and the set is an L1, L2 or L∞ ball, which are there already.
    in_plane: false,
    radius_for_diameter: |diameter, n, k| diameter / (2.0 * widest(n, k)),
};

pub(super) const ORACLE_FORMULA: &str = tex!(
    r"v_t=-\tau\,\operatorname{sign}(g_{i^*})\,e_{i^*}\;\text{if}\;K\|g_t\|_\infty\ge\|g_t\|_1,\;\text{else}\;-\tfrac{\tau}{K}\operatorname{sign}(g_t)"
);
pub(super) const SET_FORMULA: &str = tex!(r"\textstyle\sum_{i\in\operatorname{top}_K|x|}|x_i|\le\tau");

pub(super) fn build(shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(KNorm::new(shape, n)?))
}

#[derive(Debug, Clone)]
struct KNorm {
    /// τ, the largest sum of K magnitudes.
    radius: f64,
    k: usize,
}

/// Half the diameter at τ = 1: a corner on an axis or one of the box.
fn widest(n: usize, k: usize) -> f64 {
    ((n as f64).sqrt() / k.clamp(1, n.max(1)) as f64).max(1.0)
}

/// Σ max(uᵢ − `level`, 0).
fn above(u: &[f64], level: f64) -> f64 {
    u.iter().map(|value| (value - level).max(0.0)).sum()
}

impl KNorm {
    fn new(shape: &SetShape, n: usize) -> Result<Self, SetError> {
        Ok(Self { radius: checked_radius(shape.radius)?, k: checked_count(shape.k, n)? })
    }

    /// K as a number.
    fn count(&self) -> f64 {
        self.k as f64
    }

    /// The floor λ and the cut μ of the projection of magnitudes `u` outside the ball.
    fn levels(&self, u: &[f64]) -> (f64, f64) {
        let cut = |floor: f64| (above(u, floor) + self.count() * floor - self.radius) / self.count();
        let floor = bisect(self.radius / self.count(), &|floor| {
            self.count() * floor + above(u, floor + cut(floor)) < self.radius
        });
        // At λ = 0 the first condition is an inequality, and the second one alone sets μ.
        (floor, if floor > 0.0 { cut(floor) } else { super::simplex::threshold(u, self.radius) })
    }
}

impl ConstraintSet for KNorm {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if settle_trivial(g, x, v)? {
            return Ok(());
        }
        let mut best = (0, 0.0_f64);
        for (i, value) in g.iter().enumerate() {
            if value.abs() > best.1.abs() {
                best = (i, *value);
            }
        }
        // A power of two keeps sums of huge entries finite and ties exact.
        let shrink = if best.1.abs() > 1e290 { 2.0_f64.powi(-64) } else { 1.0 };
        let sum: f64 = g.iter().map(|value| value.abs() * shrink).sum();
        if self.count() * (best.1.abs() * shrink) >= sum {
            v.fill(0.0);
            if let Some(entry) = v.get_mut(best.0) {
                *entry = -self.radius * best.1.signum();
            }
        } else {
            let side = self.radius / self.count();
            for (vertex, value) in v.iter_mut().zip(g) {
                *vertex = if *value > 0.0 { -side } else { side };
            }
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let outside = ConstraintSet::gauge(self, x);
        if outside.is_nan() || outside <= 1.0 {
            return;
        }
        let u: Vec<f64> = x.iter().map(|value| value.abs()).collect();
        let (floor, cut) = self.levels(&u);
        for value in x {
            let size = value.abs();
            *value = value.signum() * (size - (size - floor).clamp(0.0, cut.max(0.0)));
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        let mut u: Vec<f64> = x.iter().map(|value| value.abs()).collect();
        if self.k < u.len() {
            u.select_nth_unstable_by(self.k - 1, |a, b| b.total_cmp(a));
        }
        u.iter().take(self.k).sum::<f64>() / self.radius
    }

    fn diameter(&self, n: usize) -> f64 {
        2.0 * self.radius * widest(n, self.k)
    }
}

#[cfg(feature = "engine")]
mod row_form {
    use super::{KNorm, widest};
    use crate::sets::rows::{
        RowSet, Rows, bisect, first_argmax_one_hot, keep_where_zero, level_of_top, simplex_threshold,
    };

    /// Row-wise Σ max(uᵢ − level, 0). `[rows, 1]`.
    fn above(u: &Rows, level: Rows) -> Rows {
        u.clone().sub(level).clamp_min(0.0).sum_dim(1)
    }

    impl KNorm {
        /// μ of a floor λ > 0. `[rows, 1]`.
        fn cut(&self, u: &Rows, floor: Rows) -> Rows {
            above(u, floor.clone()).div_scalar(self.count()).add(floor).sub_scalar(self.radius / self.count())
        }
    }

    impl RowSet for KNorm {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            let dims = g.dims();
            let size = g.clone().abs();
            let largest = size.clone().max_dim(1).mul_scalar(self.count());
            let single = size.clone().sum_dim(1).lower_equal(largest).expand(dims);
            let axis = g.clone().sign().mul(first_argmax_one_hot(size)).mul_scalar(-self.radius);
            let side = self.radius / self.count();
            let vertex = g.full_like(side).mask_fill(g.clone().greater_elem(0.0), -side).mask_where(single, axis);
            keep_where_zero(g, x, vertex)
        }

        /// Some five hundred small kernels.
        fn project(&self, x: Rows) -> Rows {
            let dims = x.dims();
            let gauge = RowSet::gauge(self, x.clone());
            let inside = gauge.clone().lower_equal_elem(1.0).expand(dims);
            let u = x.clone().abs();
            let floor = bisect(gauge.full_like(self.radius / self.count()), |floor| {
                let top = floor.clone().add(self.cut(&u, floor.clone()));
                above(&u, top).add(floor.mul_scalar(self.count())).lower_elem(self.radius)
            });
            let raised = floor.clone().greater_elem(0.0);
            let cut = simplex_threshold(u.clone(), self.radius).mask_where(raised, self.cut(&u, floor.clone()));
            let taken = u.clone().sub(floor).clamp_min(0.0).min_pair(cut.expand(dims));
            let y = x.clone().sign().mul(u.sub(taken));
            // The sums' rounding must not leave the point outside.
            let excess = RowSet::gauge(self, y.clone()).clamp_min(1.0);
            y.div(excess).mask_where(inside, x)
        }

        /// The sum of the K largest is Kλ + Σ max(|xᵢ| − λ, 0) for the (K+1)-th largest λ; an error of λ cancels.
        fn gauge(&self, x: Rows) -> Rows {
            let [_, n] = x.dims();
            let u = x.abs();
            if self.k >= n {
                return u.sum_dim(1).div_scalar(self.radius);
            }
            let level = level_of_top(u.clone(), self.k);
            above(&u, level.clone()).add(level.mul_scalar(self.count())).div_scalar(self.radius)
        }

        fn diameter(&self, n: usize) -> f64 {
            2.0 * self.radius * widest(n, self.k)
        }
    }
}
