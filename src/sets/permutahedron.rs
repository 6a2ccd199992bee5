//! Permutahedron: the convex hull of all orders of the numbers τ, 2τ, …, nτ, that is {Σxᵢ = Σwᵢ, the K largest entries
//! sum to at most the K largest of w} with w = τ(1, …, n) (Rado 1952). It ranks: its n! corners are the rankings.
//!
//! Oracle by sorting: the largest gᵢ gets the smallest number (rearrangement inequality; the lower index first on
//! ties). Projection by isotonic regression: with z sorted downwards, y = z − q, where q is the nearest falling
//! sequence to z − w↓, found by pooling neighbours that rise (Negrinho, Martins 2014; Lim, Wright 2016). Both cost one
//! sort. Diameter ‖w − reversed w‖ = τ√(n(n² − 1)/3).
//!
//! Not for layers: a network's weights are no ranking, and sorting is not for GPUs in the browser. In the plane it is
//! a segment.

use super::{
    ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_entries, checked_radius, off_plane,
    settle_trivial,
};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "permutahedron",
    shape: &[ShapeParameter::Radius],
    source: "Rado 1952; projection Lim, Wright 2016",
    #[cfg(feature = "engine")]
    rows: None,
    for_layers: false,
    supports: |n| n >= 2,
    in_plane: false,
    radius_for_diameter: |diameter, n, _| diameter / width(n),
};

pub(super) const ORACLE_FORMULA: &str =
    tex!(r"v_t=\tau\,(\pi(1),\dots,\pi(n)),\;\pi(i)<\pi(j)\;\text{if}\;g_{t,i}>g_{t,j}");
pub(super) const SET_FORMULA: &str = tex!(r"\operatorname{conv}\{\tau\pi:\pi\in S_n\}");

pub(super) fn build(shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    checked_entries(n)?;
    Ok(Box::new(Permutahedron { scale: checked_radius(shape.radius)? }))
}

#[derive(Debug, Clone)]
struct Permutahedron {
    /// τ, the step between neighbours.
    scale: f64,
}

/// The diameter at τ = 1.
fn width(n: usize) -> f64 {
    let n = n as f64;
    (n * (n * n - 1.0) / 3.0).sqrt()
}

/// Indices by falling value, the lower index first on ties (−0 equals 0).
fn falling(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    // A stable sort.
    order.sort_by(|a, b| (b.1 + 0.0).total_cmp(&(a.1 + 0.0)));
    order.into_iter().map(|(index, _)| index).collect()
}

/// The falling sequence nearest to `values`: neighbours that rise are pooled into their mean.
fn falling_regression(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for value in values {
        let (mut mean, mut count) = (value, 1);
        while let Some(&(before, size)) = blocks.last() {
            if before >= mean {
                break;
            }
            blocks.pop();
            mean = (before * size as f64 + mean * count as f64) / (size + count) as f64;
            count += size;
        }
        blocks.push((mean, count));
    }
    blocks.into_iter().flat_map(|(mean, count)| std::iter::repeat_n(mean, count)).collect()
}

impl Permutahedron {
    /// The mean of every point's entries.
    fn middle(&self, n: usize) -> f64 {
        self.scale * (n + 1) as f64 / 2.0
    }
}

impl ConstraintSet for Permutahedron {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if settle_trivial(g, x, v)? {
            return Ok(());
        }
        for (rank, index) in falling(g).into_iter().enumerate() {
            if let Some(entry) = v.get_mut(index) {
                *entry = self.scale * (rank + 1) as f64;
            }
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let order = falling(x);
        let n = order.len();
        let sorted = |&index: &usize| x.get(index).copied().unwrap_or(0.0);
        let over = order.iter().map(sorted).enumerate().map(|(rank, value)| value - self.scale * (n - rank) as f64);
        let pooled = falling_regression(over);
        for (index, q) in order.into_iter().zip(pooled) {
            if let Some(value) = x.get_mut(index) {
                *value -= q;
            }
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        let n = x.len();
        let middle = self.middle(n);
        let mut sum = 0.0;
        let mut most = 0.0_f64;
        for (rank, index) in falling(x).into_iter().enumerate() {
            sum += x.get(index).copied().unwrap_or(0.0) - middle;
            let k = rank + 1;
            if k < n {
                // The K largest of w lie τK(n − K)/2 above K times the middle.
                most = most.max(sum / (0.5 * self.scale * (k * (n - k)) as f64));
            }
        }
        most.max(off_plane(sum, middle * n as f64))
    }

    fn diameter(&self, n: usize) -> f64 {
        self.scale * width(n)
    }

    fn centre(&self, n: usize) -> Vec<f64> {
        vec![self.middle(n); n]
    }
}
