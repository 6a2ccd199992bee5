//! Row form of the sets: every row of a tensor `[rows, n]` is a point, so one kernel serves a layer's weights
//! (one row) and a batch of images (a row each). No `sort`, `topk` or `argsort`: GPUs in the browser lack them,
//! so thresholds are found by bisection.

use burn::tensor::Tensor;

/// A batch of points `[rows, n]`, f32.
pub type Rows = Tensor<2>;

/// A convex compact set on rows. All rows share the set; per-row centres belong to [`super::image_ball`].
pub trait RowSet: Send + Sync + std::fmt::Debug {
    /// Row-wise vertex of argmin⟨g, v⟩; a row of `g` that is all zero returns its row of `x`. `[rows, n]`.
    fn lmo(&self, g: Rows, x: Rows) -> Rows;
    /// The same for questions that follow each other along a run. Oracles that come nearer to the vertex from where
    /// they stood at the last question put that into `trace` (`[rows, m]`, `None` at first); others leave it alone.
    fn lmo_near(&self, g: Rows, x: Rows, _trace: &mut Option<Rows>) -> Rows {
        self.lmo(g, x)
    }
    /// Row-wise Euclidean projection. `[rows, n]`.
    fn project(&self, x: Rows) -> Rows;
    /// Row-wise gauge, ≤ 1 inside. `[rows, 1]`.
    fn gauge(&self, x: Rows) -> Rows;
    /// L2 diameter of the set in Rⁿ.
    fn diameter(&self, n: usize) -> f64;
}

/// Whether two columns are equal in every row, where that can be known at once: on the CPU. A GPU would have to be waited
/// for, which a browser forbids; there it is `false`, and whoever asks goes on for as many rounds as it allows itself.
pub(crate) fn known_equal(a: &Rows, b: &Rows) -> bool {
    #[cfg(feature = "cpu")]
    if a.device() == burn::tensor::Device::flex() {
        let equal = a.clone().equal(b.clone()).all().try_into_data();
        return equal.is_ok_and(|data| data.iter::<bool>().all(|equal| equal));
    }
    let _ = (a, b);
    false
}

/// 1 at the first largest entry of each row, 0 elsewhere. `[rows, n]`.
pub(crate) fn first_argmax_one_hot(magnitude: Rows) -> Rows {
    let [_, n] = magnitude.dims();
    let device = magnitude.device();
    let index = magnitude.argmax(1);
    let positions = Tensor::<1, burn::tensor::Int>::arange(0..n as i64, &device).reshape([1, n]);
    positions.equal(index).float()
}

/// `x` in the rows where `g` is all zero (no move, gap 0), `vertex` elsewhere.
pub(crate) fn keep_where_zero(g: Rows, x: Rows, vertex: Rows) -> Rows {
    let dims = vertex.dims();
    let still = g.abs().max_dim(1).equal_elem(0.0).expand(dims);
    vertex.mask_where(still, x)
}

/// Row-wise λ ≥ 0 with Σ max(uᵢ − λ, 0) = `total`, for u ≥ 0; 0 where Σu ≤ `total` already. `[rows, 1]`.
pub(crate) fn simplex_threshold(u: Rows, total: f64) -> Rows {
    let upper = u.clone().max_dim(1);
    bisect(upper, |lambda| u.clone().sub(lambda).clamp_min(0.0).sum_dim(1).greater_elem(total))
}

/// Row-wise bisection on [0, `upper`] for the smallest λ at which `too_small(λ)` no longer holds. 40 halvings:
/// below f32 resolution from any start. If it does not hold at 0, the answer is 0.
pub(crate) fn bisect(upper: Rows, too_small: impl Fn(Rows) -> Tensor<2, burn::tensor::Bool>) -> Rows {
    let zero = upper.zeros_like();
    let mut low = zero.clone();
    let mut high = upper;
    let needed = too_small(zero.clone());
    for _ in 0..40 {
        let middle = low.clone().add(high.clone()).mul_scalar(0.5);
        let up = too_small(middle.clone());
        low = low.mask_where(up.clone(), middle.clone());
        high = middle.mask_where(up, high);
    }
    zero.mask_where(needed, high)
}

/// Entries of a row nearer to each other than this share of its largest one count as equal: what 40 halvings of the
/// threshold leave undecided, with a margin. Far below f32 resolution of the oracle's value.
pub(crate) const UNDECIDED: f64 = 4.0 / (1u64 << 40) as f64;

/// Row-wise smallest λ ≥ 0 with at most `k` entries of u ≥ 0 above it: the (k+1)-th largest entry. `[rows, 1]`.
pub(crate) fn level_of_top(u: Rows, k: usize) -> Rows {
    let dims = u.dims();
    let upper = u.clone().max_dim(1);
    bisect(upper, |lambda| u.clone().greater(lambda.expand(dims)).float().sum_dim(1).greater_elem(k as f64))
}

/// 1 at the `k` largest entries of each row of u ≥ 0, ties to the lowest index, 0 elsewhere. `[rows, n]`.
///
/// No sort: a bisected λ with at most `k` entries above it settles all but the ties at λ; those are counted from the
/// left until the `k` places are taken. (`cumsum` exists on the CPU and on GPUs, where it reads n²/2 entries a row,
/// in parallel: fine for the layers of a small network.)
pub(crate) fn top_k_mask(u: Rows, k: usize) -> Rows {
    let dims = u.dims();
    let upper = u.clone().max_dim(1);
    let lambda = level_of_top(u.clone(), k);
    let above = u.clone().greater(lambda.clone().expand(dims)).float();
    let left = above.clone().sum_dim(1).neg().add_scalar(k as f64);
    let floor = lambda.sub(upper.mul_scalar(UNDECIDED)).expand(dims);
    let tied = u.greater_equal(floor).float().sub(above.clone());
    let taken = tied.clone().cumsum(1).lower_equal(left.expand(dims)).float();
    above.add(tied.mul(taken))
}
