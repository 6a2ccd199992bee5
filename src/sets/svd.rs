//! Singular value decomposition of a dense matrix, `f64`, for the slice form of the matrix balls.
//!
//! One-sided Jacobi (Hestenes 1958): rotate pairs of rows until all are orthogonal; their lengths are the singular
//! values, to high relative accuracy (Demmel, Veselić 1992). The longer row of a pair is put first, which saves sweeps
//! (de Rijk 1989). Cost O(m²c) a sweep for m ≤ c, about ten sweeps.
//!
//! The leading pair alone, of a large matrix: [`leading`], O(mc) a step.

use super::{dot, norm};
use crate::random::Random;

/// Pairs of rows this close to orthogonal (cosine) are left alone.
const ORTHOGONAL: f64 = 1e-14;
/// Sweeps before giving up on the last digits; convergence is quadratic, so this is never reached in practice.
const MOST_SWEEPS: usize = 40;

/// Entries that are worked on side by side.
const LANES: usize = 4;

/// A = Σ σᵢ uᵢ wᵢᵀ, σ₁ ≥ σ₂ ≥ … ≥ 0, of a row-major matrix.
#[derive(Debug, Clone)]
pub(super) struct Svd {
    columns: usize,
    triples: Vec<Triple>,
}

/// One singular value with its vectors. They have length 1 and u's largest entry is positive; the vector on the
/// longer side of the matrix is 0 where σ = 0.
#[derive(Debug, Clone)]
struct Triple {
    sigma: f64,
    left: Vec<f64>,
    right: Vec<f64>,
}

/// A row on its way to being orthogonal to the others, and the row of the rotation that makes it so.
struct Line {
    part: Vec<f64>,
    turn: Vec<f64>,
}

impl Svd {
    /// Decomposes finite `a`, row-major with `columns` ≥ 1 entries a row.
    pub fn of(a: &[f64], columns: usize) -> Self {
        // The largest entry is divided out first, so that squaring neither overflows nor vanishes.
        let largest = a.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        if largest == 0.0 {
            return Self { columns, triples: Vec::new() };
        }
        let rows = a.len() / columns;
        let tall = rows > columns;
        let mut lines = lines(a, columns, tall, largest);
        for _ in 0..MOST_SWEEPS {
            if !sweep(&mut lines) {
                break;
            }
        }
        let mut triples: Vec<Triple> = lines.into_iter().map(|line| line.into_triple(largest, tall)).collect();
        triples.sort_by(|a, b| b.sigma.total_cmp(&a.sigma));
        Self { columns, triples }
    }

    /// σ₁ ≥ σ₂ ≥ …; empty for the zero matrix.
    pub fn sigmas(&self) -> Vec<f64> {
        self.triples.iter().map(|triple| triple.sigma).collect()
    }

    /// Writes Σ s(i, σᵢ) uᵢ wᵢᵀ to `out`, i from 0.
    pub fn compose(&self, out: &mut [f64], scale: impl Fn(usize, f64) -> f64) {
        out.fill(0.0);
        for (i, triple) in self.triples.iter().enumerate() {
            let scale = scale(i, triple.sigma);
            if scale == 0.0 {
                continue;
            }
            for (row, left) in out.chunks_exact_mut(self.columns).zip(&triple.left) {
                for (entry, right) in row.iter_mut().zip(&triple.right) {
                    *entry += scale * left * right;
                }
            }
        }
    }
}

/// The rows of `a`, or its columns if it is tall, over `largest`; each with a row of the identity.
fn lines(a: &[f64], columns: usize, tall: bool, largest: f64) -> Vec<Line> {
    let parts: Vec<Vec<f64>> = if tall {
        (0..columns).map(|j| a.iter().skip(j).step_by(columns).map(|value| value / largest).collect()).collect()
    } else {
        a.chunks_exact(columns).map(|row| row.iter().map(|value| value / largest).collect()).collect()
    };
    let count = parts.len();
    let unit = |i: usize| (0..count).map(|j| if i == j { 1.0 } else { 0.0 }).collect();
    parts.into_iter().enumerate().map(|(i, part)| Line { part, turn: unit(i) }).collect()
}

/// Makes each pair of lines orthogonal in turn; whether any had to move.
fn sweep(lines: &mut [Line]) -> bool {
    let mut moved = false;
    for j in 1..lines.len() {
        let (head, tail) = lines.split_at_mut(j);
        let Some(second) = tail.first_mut() else { continue };
        for first in head {
            let [mut a, mut b, mixed] = products(&first.part, &second.part);
            if b > a {
                std::mem::swap(first, second);
                std::mem::swap(&mut a, &mut b);
            }
            if mixed.abs() <= ORTHOGONAL * (a * b).sqrt() {
                continue;
            }
            moved = true;
            // The smaller of the two angles that annul the product.
            let zeta = (b - a) / (2.0 * mixed);
            let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
            let cosine = 1.0 / tangent.hypot(1.0);
            rotate(&mut first.part, &mut second.part, cosine, cosine * tangent);
            rotate(&mut first.turn, &mut second.turn, cosine, cosine * tangent);
        }
    }
    moved
}

/// ⟨a, a⟩, ⟨b, b⟩ and ⟨a, b⟩ in one pass, in lanes that a compiler turns into SIMD.
fn products(a: &[f64], b: &[f64]) -> [f64; 3] {
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let (mut aa, mut bb, mut ab) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for (((a, b), aa), (bb, ab)) in a.iter().zip(b).zip(&mut aa).zip(bb.iter_mut().zip(&mut ab)) {
            *aa += a * a;
            *bb += b * b;
            *ab += a * b;
        }
    }
    let sum = |lanes: [f64; LANES]| lanes.iter().sum::<f64>();
    [sum(aa) + dot(a_rest, a_rest), sum(bb) + dot(b_rest, b_rest), sum(ab) + dot(a_rest, b_rest)]
}

fn rotate(a: &mut [f64], b: &mut [f64], cosine: f64, sine: f64) {
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

/// Lanczos steps between two restarts of [`leading`].
const STEPS: usize = 24;
/// Restarts at most; between singular values that nearly agree it does not matter which vector is found.
const MOST_RESTARTS: usize = 60;
/// ‖Aᵀu − σw‖ at which it ends, as a share of σ. The error of σ itself is of the order of its square.
const SETTLED: f64 = 1e-10;

/// The leading singular vectors (u, w) of finite `a` ≠ 0, row-major with `columns` entries a row: bidiagonalisation by
/// Lanczos steps (Golub, Kahan 1965), each vector made orthogonal to all before it, restarted from the best pair.
pub(super) fn leading(a: &[f64], columns: usize) -> (Vec<f64>, Vec<f64>) {
    let largest = a.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let a: Vec<f64> = a.iter().map(|value| value / largest).collect();
    // Always the same beginning; the first product brings it into the row space.
    let mut random = Random::new(1, 0);
    let mut left: Vec<f64> = (0..a.len() / columns).map(|_| random.symmetric(1.0)).collect();
    let mut right = transposed_times(&a, columns, &left);
    straighten(&mut right, &[]);
    for _ in 0..MOST_RESTARTS {
        let settled;
        (left, right, settled) = lanczos(&a, columns, right);
        if settled {
            break;
        }
    }
    (left, right)
}

/// Up to [`STEPS`] steps from the unit vector `right`: the best pair of unit vectors, and whether it is good enough.
fn lanczos(a: &[f64], columns: usize, right: Vec<f64>) -> (Vec<f64>, Vec<f64>, bool) {
    let (mut lefts, mut rights) = (Vec::<Vec<f64>>::new(), vec![right]);
    // The two diagonals of UᵀAW.
    let (mut diagonal, mut above) = (Vec::new(), Vec::new());
    while lefts.len() < STEPS
        && let Some(right) = rights.get(lefts.len())
    {
        let mut next: Vec<f64> = a.chunks_exact(columns).map(|row| products(row, right)[2]).collect();
        diagonal.push(straighten(&mut next, &lefts));
        let mut other = transposed_times(a, columns, &next);
        lefts.push(next);
        let length = straighten(&mut other, &rights);
        above.push(length);
        // What is found so far is all there is in reach.
        if length <= f64::EPSILON * diagonal.first().copied().unwrap_or(0.0) {
            break;
        }
        rights.push(other);
    }
    let steps = lefts.len();
    let mut small = vec![0.0; steps * steps];
    for (i, (row, (own, next))) in small.chunks_exact_mut(steps.max(1)).zip(diagonal.iter().zip(&above)).enumerate() {
        for (entry, value) in row.iter_mut().skip(i).zip([own, next]) {
            *entry = *value;
        }
    }
    let svd = Svd::of(&small, steps);
    let Some(best) = svd.triples.first() else {
        return (lefts.pop().unwrap_or_default(), rights.pop().unwrap_or_default(), true);
    };
    let residual = above.last().copied().unwrap_or(0.0) * best.left.last().copied().unwrap_or(0.0).abs();
    let pair = (combined(&lefts, &best.left), combined(&rights, &best.right));
    (pair.0, pair.1, residual <= SETTLED * best.sigma)
}

/// Aᵀu.
fn transposed_times(a: &[f64], columns: usize, left: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; columns];
    for (row, factor) in a.chunks_exact(columns).zip(left) {
        out.iter_mut().zip(row).for_each(|(out, value)| *out += factor * value);
    }
    out
}

/// Takes all that lies along the unit vectors `others` out of a vector and makes it one; its length before that.
fn straighten(vector: &mut [f64], others: &[Vec<f64>]) -> f64 {
    for other in others {
        let share = products(vector, other)[2];
        vector.iter_mut().zip(other).for_each(|(value, other)| *value -= share * other);
    }
    let length = norm(vector);
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    length
}

/// Σ factorᵢ·vectorᵢ, of length 1.
fn combined(vectors: &[Vec<f64>], factors: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for (vector, factor) in vectors.iter().zip(factors) {
        out.iter_mut().zip(vector).for_each(|(out, value)| *out += factor * value);
    }
    straighten(&mut out, &[]);
    out
}

impl Line {
    fn into_triple(self, largest: f64, tall: bool) -> Triple {
        let length = norm(&self.part);
        let mut part = self.part;
        if length > 0.0 {
            part.iter_mut().for_each(|value| *value /= length);
        }
        let (mut left, mut right) = if tall { (part, self.turn) } else { (self.turn, part) };
        let top = left.iter().fold(0.0_f64, |top, value| if value.abs() > top.abs() { *value } else { top });
        if top < 0.0 {
            left.iter_mut().chain(&mut right).for_each(|value| *value = -*value);
        }
        Triple { sigma: length * largest, left, right }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::random::Random;

    fn random_matrix(random: &mut Random, n: usize) -> Vec<f64> {
        (0..n).map(|_| random.symmetric(3.0)).collect()
    }

    /// Σ over the shorter side: of rank at most `rank`.
    fn of_rank(random: &mut Random, rows: usize, columns: usize, rank: usize) -> Vec<f64> {
        let mut a = vec![0.0; rows * columns];
        for _ in 0..rank {
            let (left, right) = (random_matrix(random, rows), random_matrix(random, columns));
            for (row, left) in a.chunks_exact_mut(columns).zip(&left) {
                row.iter_mut().zip(&right).for_each(|(entry, right)| *entry += left * right);
            }
        }
        a
    }

    fn check(a: &[f64], columns: usize, full_rank: bool) {
        let svd = Svd::of(a, columns);
        let scale = norm(a).max(f64::MIN_POSITIVE);
        let mut again = vec![f64::NAN; a.len()];
        svd.compose(&mut again, |_, sigma| sigma);
        let off = a.iter().zip(&again).fold(0.0_f64, |off, (a, b)| off.max((a - b).abs()));
        assert!(off <= 1e-13 * scale, "{columns} columns: off by {off}");
        assert!(svd.sigmas().windows(2).all(|pair| pair[0] >= pair[1] && pair[1] >= 0.0));
        for (i, a) in svd.triples.iter().enumerate() {
            let top = a.left.iter().fold(0.0_f64, |top, value| if value.abs() > top.abs() { *value } else { top });
            assert!(top >= 0.0);
            for b in &svd.triples[i..] {
                let expected = if std::ptr::eq(a, b) { 1.0 } else { 0.0 };
                // Where σ vanishes, the rounding of the long side has no direction.
                if full_rank || b.sigma > 1e-9 * scale {
                    assert!((dot(&a.left, &b.left) - expected).abs() < 1e-12);
                    assert!((dot(&a.right, &b.right) - expected).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn random_matrices_come_back_from_orthogonal_vectors() {
        let mut random = Random::new(30, 0);
        for (rows, columns) in [(1, 1), (1, 7), (7, 1), (2, 2), (3, 5), (5, 3), (8, 8), (16, 27), (40, 10)] {
            for _ in 0..10 {
                check(&random_matrix(&mut random, rows * columns), columns, true);
                check(&of_rank(&mut random, rows, columns, 2), columns, rows.min(columns) <= 2);
            }
            check(&vec![1.0; rows * columns], columns, rows.min(columns) == 1);
            check(&vec![0.0; rows * columns], columns, false);
        }
    }

    /// ⟨u, Aw⟩.
    fn stretched(a: &[f64], columns: usize, (left, right): &(Vec<f64>, Vec<f64>)) -> f64 {
        a.chunks_exact(columns).zip(left).map(|(row, left)| left * dot(row, right)).sum()
    }

    #[test]
    fn the_leading_pair_alone_agrees_with_the_whole() {
        let mut random = Random::new(31, 0);
        for (rows, columns) in [(1, 1), (1, 9), (9, 1), (3, 5), (30, 30), (70, 80), (90, 66)] {
            let full = random_matrix(&mut random, rows * columns);
            let short = of_rank(&mut random, rows, columns, 2);
            // All singular values are equal.
            let mut identity = vec![0.0; rows * columns];
            identity.iter_mut().step_by(columns + 1).take(rows.min(columns)).for_each(|entry| *entry = -1e3);
            for a in [full, short, identity] {
                let expected = *Svd::of(&a, columns).sigmas().first().unwrap();
                let pair = leading(&a, columns);
                assert!((norm(&pair.0) - 1.0).abs() < 1e-12 && (norm(&pair.1) - 1.0).abs() < 1e-12);
                let found = stretched(&a, columns, &pair);
                assert!((found / expected - 1.0).abs() < 1e-12, "{rows} × {columns}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn known_singular_values() {
        let close = |found: Vec<f64>, expected: &[f64]| {
            assert_eq!(found.len(), expected.len());
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12 * (1.0 + b)), "{found:?}");
        };
        close(Svd::of(&[3.0, 0.0, 4.0, 5.0], 2).sigmas(), &[45.0_f64.sqrt(), 5.0_f64.sqrt()]);
        close(Svd::of(&[0.0, -2.0, 1.0, 0.0, 0.0, 0.0], 3).sigmas(), &[5.0_f64.sqrt(), 0.0]);
        // Graded by 10¹², and at the ends of what f64 holds.
        close(Svd::of(&[1e6, 0.0, 0.0, 1e-6], 2).sigmas(), &[1e6, 1e-6]);
        let huge = Svd::of(&[3e250, 0.0, 4e250, 5e250], 2).sigmas();
        assert!((huge.first().unwrap() / 1e250 - 45.0_f64.sqrt()).abs() < 1e-12);
    }
}
