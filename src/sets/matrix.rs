//! What the two balls of matrix norms share: where a row-major matrix starts a new row, and, for layers, its polar
//! factor and its leading singular vector by matrix products alone (no sort, no read-back).

use super::{SetError, SetShape};

/// Columns of `n` entries as a row-major matrix: what the shape says; else √n if that is whole; else all in one row.
///
/// # Errors
/// [`SetError::Parameter`] if the columns do not divide `n`.
pub(super) fn columns(shape: &SetShape, n: usize) -> Result<usize, SetError> {
    match shape.columns {
        0 => {
            let root = n.isqrt();
            Ok(if root * root == n { root.max(1) } else { n })
        }
        columns if n.is_multiple_of(columns) && n > 0 => Ok(columns),
        columns => {
            let range = format!("a divisor of the number of entries, {n}");
            Err(SetError::Parameter { what: "the number of matrix columns", range, found: columns as f64 })
        }
    }
}

/// min(rows, columns), the most singular values above 0.
pub(super) fn shorter_side(n: usize, columns: usize) -> usize {
    columns.min(n / columns.max(1)).max(1)
}

#[cfg(feature = "engine")]
pub(super) mod rows {
    use burn::tensor::{Int, Tensor, TensorData};

    use crate::random::Random;
    use crate::sets::rows::{Rows, first_argmax_one_hot};

    /// A batch of matrices `[rows, m, c]`.
    pub type Matrices = Tensor<3>;

    /// Singular values below this share of ‖A‖_F need not reach 1 in the polar factor: the resolution of f32.
    const LEAST: f64 = 1e-6;
    /// The polar factor's singular values above [`LEAST`] end this close to 1.
    const CLOSE: f64 = 1e-7;
    /// No step aims lower: it would take σ = 1 down to where f32 has no digits left.
    const LOWEST_AIM: f64 = 0.1;
    /// 2¹⁴ power iterations.
    const SQUARINGS: usize = 14;
    /// Power iterations from a singular vector that is nearly right.
    const WARM: usize = 4;
    /// Share of random directions mixed into such a vector: none is orthogonal to what it has to find.
    const MIXED_IN: f64 = 1e-3;
    /// Seed of those directions, the same for every question.
    const SEED: u64 = 1;

    /// Every row as a matrix, turned so that it is no taller than wide.
    pub fn matrices(x: Rows, columns: usize) -> Matrices {
        let [rows, n] = x.dims();
        let height = n / columns;
        let upright = x.reshape([rows, height, columns]);
        if height > columns { upright.transpose() } else { upright }
    }

    /// Undoes [`matrices`].
    pub fn flat(a: Matrices, columns: usize) -> Rows {
        let [rows, height, width] = a.dims();
        let upright = if width == columns { a } else { a.transpose() };
        upright.reshape([rows, height * width])
    }

    /// ⟨A, B⟩, `[rows, 1, 1]`.
    pub fn inner(a: Matrices, b: Matrices) -> Matrices {
        a.mul(b).sum_dim(2).sum_dim(1)
    }

    /// A over its largest entry; 0 stays 0.
    fn scaled(a: Matrices) -> Matrices {
        let largest = a.clone().abs().max_dim(2).max_dim(1).clamp_min(f32::MIN_POSITIVE);
        a.div(largest)
    }

    /// A/‖A‖_F; 0 stays 0.
    pub fn unit(a: Matrices) -> Matrices {
        let a = scaled(a);
        let length = inner(a.clone(), a.clone()).sqrt().clamp_min(f32::MIN_POSITIVE);
        a.div(length)
    }

    /// U Wᵀ of A = U Σ Wᵀ, m ≤ c; of a symmetric matrix, its sign.
    ///
    /// Newton–Schulz with the scaling of Chen and Chow (2014), the cubic member of the family of Amsel, Persson,
    /// Musco, Gower (2025): X ← (3/2)αX − (1/2)α³XXᵀX, α² = 3/(1 + ℓ + ℓ²), where ℓ follows the singular value that
    /// started at [`LEAST`]. Every step maps [0, 1] into [0, 1], so no singular value passes 1 but by rounding
    /// (under 10⁻⁶). Those that start above [`LEAST`] end at 1 within [`CLOSE`], after 19 steps; smaller ones end in
    /// between, which lowers ⟨A, U Wᵀ⟩ by less than m·10⁻⁶/4 of it.
    pub fn polar(a: Matrices) -> Matrices {
        let mut x = unit(a);
        if x.dims()[1] == 1 {
            return x;
        }
        let mut least = LEAST;
        while least < 1.0 - CLOSE {
            let aim = least.max(LOWEST_AIM);
            let alpha = (3.0 / (1.0 + aim + aim * aim)).sqrt();
            let (first, third) = (1.5 * alpha, 0.5 * alpha.powi(3));
            let cube = x.clone().matmul(x.clone().transpose()).matmul(x.clone());
            x = x.mul_scalar(first).sub(cube.mul_scalar(third));
            least = first * least - third * least.powi(3);
        }
        x
    }

    /// Unit vectors u `[rows, m, 1]` with ‖Aᵀu‖ ≥ σ₁·m^(−1/65536): at least (1 − 6·10⁻⁵)σ₁ for m ≤ 50, whatever the
    /// other singular values, and mostly exact in f32.
    ///
    /// Power iteration by squaring: P = (AAᵀ)^(2^k), k = [`SQUARINGS`], costs k products of m × m matrices, needs no
    /// start and keeps no state. Its longest column Peᵢ has (P²)ᵢᵢ ≥ σ₁^(4·2^k)/m, and by Jensen's inequality the
    /// Rayleigh quotient of that column is at least the 2^(k+1)-th root of this.
    pub fn leading(a: Matrices) -> Matrices {
        let a = unit(a);
        let mut power = a.clone().matmul(a.transpose());
        let [rows, m, _] = power.dims();
        let squarings = if m == 1 { 0 } else { SQUARINGS };
        for _ in 0..squarings {
            power = scaled(power);
            power = power.clone().matmul(power);
        }
        let power = scaled(power);
        let lengths = power.clone().square().sum_dim(1).reshape([rows, m]);
        let hot = first_argmax_one_hot(lengths).reshape([rows, m, 1]);
        unit(power.matmul(hot))
    }

    /// σ₁'s vectors u `[rows, m, 1]` and w `[rows, c, 1]` by [`WARM`] power iterations w ← AᵀAw from `last`, the w of a
    /// matrix not far from this one. ‖Aᵀu‖ ≤ σ₁ whatever `last` is; how near it comes depends on how far σ₂ lies below
    /// and on how far A has moved. Where A is 0, w stays what it was and u is 0.
    pub fn leading_from(a: Matrices, last: Matrices) -> (Matrices, Matrices) {
        let a = unit(a);
        let [_, _, c] = a.dims();
        let mut random = Random::new(SEED, c as u64);
        let share = MIXED_IN / (c as f64).sqrt();
        let mixed: Vec<f32> = (0..c).map(|_| random.symmetric(share) as f32).collect();
        let mixed: Matrices = Tensor::from_data(TensorData::new(mixed, [1, c, 1]), &a.device());
        let mut right = last.clone().add(mixed);
        // ‖A‖_F = 1, so an iteration shrinks w by at most m: f32 holds them all without lengths in between.
        for _ in 1..WARM {
            right = a.clone().transpose().matmul(a.clone().matmul(right));
        }
        let left = unit(a.clone().matmul(right));
        let right = unit(a.transpose().matmul(left.clone()));
        let nothing = inner(right.clone(), right.clone()).equal_elem(0.0).expand(right.dims());
        (left, right.mask_where(nothing, last))
    }

    /// A = H Q, polar factor Q = U Wᵀ and size H = U Σ Uᵀ: enough to cut singular values off at a level without
    /// knowing them.
    pub struct Split {
        matrix: Matrices,
        factor: Matrices,
        size: Matrices,
        identity: Matrices,
    }

    /// What of a matrix lies above a level λ.
    pub struct Above {
        /// U max(Σ − λ, 0) Wᵀ.
        pub part: Matrices,
        /// Σ max(σᵢ − λ, 0), `[rows, 1, 1]`.
        pub sum: Matrices,
        /// How many σᵢ > λ, `[rows, 1, 1]`; a σᵢ equal to λ up to rounding may count in part.
        pub count: Matrices,
    }

    impl Split {
        pub fn new(matrix: Matrices) -> Self {
            let factor = polar(matrix.clone());
            let size = matrix.clone().matmul(factor.clone().transpose());
            let size = size.clone().add(size.transpose()).mul_scalar(0.5);
            let m = size.dims()[1];
            let positions = Tensor::<1, Int>::arange(0..m as i64, &size.device());
            let (down, right) = (positions.clone().reshape([m, 1]), positions.reshape([1, m]));
            let identity = down.expand([m, m]).equal(right.expand([m, m])).float().reshape([1, m, m]);
            Self { matrix, factor, size, identity }
        }

        /// Cuts at `level` `[rows, 1, 1]`. With S the sign of H − λI, (I + S)/2 projects onto the vectors of the σᵢ
        /// above λ. Where σᵢ ≈ λ the sign is in between, but σᵢ − λ is as small as rounding.
        pub fn above(&self, level: &Matrices) -> Above {
            let dims = self.size.dims();
            let identity = self.identity.clone().expand(dims);
            let excess = self.size.clone().sub(identity.clone().mul(level.clone()));
            let share = polar(excess.clone()).add(identity.clone()).mul_scalar(0.5);
            let beyond = self.matrix.clone().sub(self.factor.clone().mul(level.clone()));
            Above {
                part: share.clone().matmul(beyond),
                sum: inner(excess, share.clone()),
                count: inner(share, identity),
            }
        }
    }
}
