//! k-support ball conv{‖v‖₀ ≤ K, ‖v‖₂ ≤ r}: the tightest convex set around sparse vectors of bounded length (Argyriou,
//! Foygel, Srebro 2012). K = 1 is the L1 ball, K = n the L2 ball.
//!
//! Oracle v = −r·top_K(g)/‖top_K(g)‖₂, where top_K keeps the K largest |gᵢ| (lowest index on ties).
//! Gauge: the K largest split into those that stand alone and a rest that is measured by its sum (the paper's
//! proposition 2.1).
//!
//! Projection. With ‖x‖² = min{Σ xᵢ²/θᵢ : 0 < θᵢ ≤ 1, Σθᵢ ≤ K} (McDonald, Pontil, Stamos 2016) the nearest point y of
//! the unit ball to u ≥ 0 has θᵢ = clip((uᵢ − β)/c, 0, 1) and, with the level b = β + c from which θ is 1,
//!   yᵢ = max(min(uᵢ·c/b, uᵢ − β), 0),   Σ clip(uᵢ − β, 0, c) = Kc,   (c/b)²·(Kb² + Σ max(uᵢ² − b², 0)) = 1.
//! The last one gives c for any b, so b alone is sought; the second one's left side less its right falls as b grows
//! (where it can vanish, dc/db ≤ c/b ≤ 1). No sort, one bisection.

use super::{
    ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, bisect, checked_count, checked_radius, settle_trivial,
};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "k-support",
    shape: &[ShapeParameter::Radius, ShapeParameter::Sparsity],
    source: "Argyriou, Foygel, Srebro 2012",
    #[cfg(feature = "engine")]
    rows: Some(|shape, n| Ok(Box::new(KSupport::new(shape, n)?))),
    for_layers: true,
    supports: |n| n >= 1,
    // In the plane K is 1 or 2, and the set is an L1, L2 or L∞ ball, which are there already.
    in_plane: false,
    radius_for_diameter: |diameter, _, _| diameter / 2.0,
};

pub(super) const ORACLE_FORMULA: &str =
    tex!(r"v_t=-\tau\,\frac{\operatorname{top}_K(g_t)}{\|\operatorname{top}_K(g_t)\|_2}");
pub(super) const SET_FORMULA: &str = tex!(r"\operatorname{conv}\{x:\|x\|_0\le K,\;\|x\|_2\le\tau\}");

pub(super) fn build(shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(KSupport::new(shape, n)?))
}

#[derive(Debug, Clone)]
struct KSupport {
    radius: f64,
    k: usize,
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()))
}

impl KSupport {
    fn new(shape: &SetShape, n: usize) -> Result<Self, SetError> {
        Ok(Self { radius: checked_radius(shape.radius)?, k: checked_count(shape.k, n)? })
    }

    /// (c, c/b) that put the projection on the unit sphere if its level is `b` > 0.
    fn slope(&self, u: &[f64], b: f64) -> (f64, f64) {
        let excess: f64 = u.iter().map(|value| (value * value - b * b).max(0.0)).sum();
        let share = 1.0 / (self.k as f64 * b * b + excess).sqrt();
        (b * share, share)
    }
}

impl ConstraintSet for KSupport {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if settle_trivial(g, x, v)? {
            return Ok(());
        }
        let size = |i: &usize| g.get(*i).map_or(0.0, |value| value.abs());
        let mut order: Vec<usize> = (0..g.len()).collect();
        if self.k < order.len() {
            // Magnitude downwards, then index upwards: a strict order, so the first K are determined.
            order.select_nth_unstable_by(self.k - 1, |i, j| size(j).total_cmp(&size(i)).then(i.cmp(j)));
            order.truncate(self.k);
        }
        let largest = largest(g);
        let length = order.iter().map(|i| (size(i) / largest).powi(2)).sum::<f64>().sqrt();
        v.fill(0.0);
        for i in order {
            if let (Some(vertex), Some(value)) = (v.get_mut(i), g.get(i))
                && *value != 0.0
            {
                *vertex = -self.radius * (value / largest / length);
            }
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let outside = ConstraintSet::gauge(self, x);
        if outside.is_nan() || outside <= 1.0 {
            return;
        }
        if x.iter().filter(|value| **value != 0.0).count() <= self.k {
            // All of it counts as sparse: the norm is ‖x‖₂.
            for value in x {
                *value /= outside;
            }
            return;
        }
        let u: Vec<f64> = x.iter().map(|value| value.abs() / self.radius).collect();
        let k = self.k as f64;
        let b = bisect(largest(&u) + 1.0, &|b| {
            let (c, _) = self.slope(&u, b);
            // At b = 0 every non-zero entry counts fully, and there are more than K.
            b == 0.0 || u.iter().map(|value| (value - (b - c)).clamp(0.0, c)).sum::<f64>() > k * c
        });
        let (c, share) = self.slope(&u, b);
        for (value, size) in x.iter_mut().zip(&u) {
            *value = value.signum() * self.radius * (size * share).min(size - (b - c)).max(0.0);
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        let largest = largest(x);
        if largest == 0.0 {
            return 0.0;
        }
        let mut u: Vec<f64> = x.iter().map(|value| value.abs() / largest).collect();
        u.sort_unstable_by(|a, b| b.total_cmp(a));
        // What stands alone leaves the rest; summed from the smallest up, so that nothing cancels.
        let mut rest = 0.0_f64;
        let mut rests: Vec<f64> = u
            .iter()
            .rev()
            .map(|value| {
                rest += value;
                rest
            })
            .collect();
        rests.reverse();
        let (mut squares, mut alone) = (0.0_f64, 0_usize);
        for (value, rest) in u.iter().zip(&rests).take(self.k - 1) {
            if value * (self.k - alone) as f64 <= *rest {
                break;
            }
            squares += value * value;
            alone += 1;
        }
        let rest = rests.get(alone).copied().unwrap_or(0.0);
        (squares + rest * rest / (self.k - alone) as f64).sqrt() * largest / self.radius
    }

    fn diameter(&self, _n: usize) -> f64 {
        2.0 * self.radius
    }
}

#[cfg(feature = "engine")]
mod row_form {
    use super::KSupport;
    use crate::sets::rows::{RowSet, Rows, bisect, keep_where_zero, top_k_mask};

    /// A level below this share of the largest entry is a level of 0; far below f32 resolution of the sums.
    const LOWEST: f64 = 1e-12;

    /// Row-wise largest entry of u ≥ 0, never 0. `[rows, 1]`.
    fn largest(u: &Rows) -> Rows {
        u.clone().max_dim(1).clamp_min(f32::MIN_POSITIVE)
    }

    impl KSupport {
        /// (c, c/b) of a level b > 0, both `[rows, 1]`.
        fn slopes(&self, u: &Rows, b: Rows) -> (Rows, Rows) {
            let square = b.clone().square();
            let excess = u.clone().square().sub(square.clone()).clamp_min(0.0).sum_dim(1);
            let share = square.mul_scalar(self.k as f64).add(excess).clamp_min(f32::MIN_POSITIVE).sqrt().recip();
            (b.mul(share.clone()), share)
        }
    }

    impl RowSet for KSupport {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            let [_, n] = g.dims();
            let size = g.clone().abs();
            let scaled = g.clone().div(largest(&size));
            let kept = if self.k < n { scaled.mul(top_k_mask(size, self.k)) } else { scaled };
            let length = kept.clone().square().sum_dim(1).sqrt().clamp_min(f32::MIN_POSITIVE);
            keep_where_zero(g, x, kept.div(length).mul_scalar(-self.radius))
        }

        /// Some four hundred small kernels.
        fn project(&self, x: Rows) -> Rows {
            let dims = x.dims();
            let inside = RowSet::gauge(self, x.clone()).lower_equal_elem(1.0).expand(dims);
            let u = x.clone().abs().div_scalar(self.radius);
            let most = largest(&u);
            let lowest = most.clone().mul_scalar(LOWEST);
            let b = bisect(most.add_scalar(1.0), |b| {
                let b = b.max_pair(lowest.clone());
                let (c, _) = self.slopes(&u, b.clone());
                let part = u.clone().sub(b.sub(c.clone())).clamp_min(0.0).min_pair(c.clone().expand(dims));
                part.sum_dim(1).greater(c.mul_scalar(self.k as f64))
            });
            let b = b.max_pair(lowest);
            let (c, share) = self.slopes(&u, b.clone());
            let size = u.clone().mul(share).min_pair(u.sub(b.sub(c))).clamp_min(0.0);
            let y = x.clone().sign().mul(size).mul_scalar(self.radius);
            // The sums' rounding must not leave the point outside.
            let excess = RowSet::gauge(self, y.clone()).clamp_min(1.0);
            y.div(excess).mask_where(inside, x)
        }

        /// ‖x‖² = max over t of Σ (uᵢ·max(uᵢ, t) + t·min(uᵢ, t)) − Kt², largest where Σ min(uᵢ, t) = Kt: an error of t
        /// hardly counts.
        fn gauge(&self, x: Rows) -> Rows {
            let dims = x.dims();
            let k = self.k as f64;
            let size = x.abs();
            let most = largest(&size);
            let u = size.div(most.clone());
            let capped = |t: Rows| u.clone().min_pair(t.expand(dims)).sum_dim(1);
            let t = bisect(u.clone().sum_dim(1).div_scalar(k), |t| {
                let t = t.clamp_min(LOWEST);
                capped(t.clone()).greater(t.mul_scalar(k))
            });
            let alone = u.clone().mul(u.clone().max_pair(t.clone().expand(dims))).sum_dim(1);
            let slack = capped(t.clone()).sub(t.clone().mul_scalar(k)).mul(t);
            alone.add(slack).clamp_min(0.0).sqrt().mul(most).div_scalar(self.radius)
        }

        fn diameter(&self, _n: usize) -> f64 {
            2.0 * self.radius
        }
    }
}
