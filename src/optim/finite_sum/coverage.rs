//! Probabilistic coverage: fᵢ(x) = Π_{j∈Sᵢ}(1 − xⱼ), the chance that item i stays uncovered if set j is taken with
//! chance xⱼ and Sᵢ are the sets that hold it. 1 − f is the multilinear extension of the covered share, which is monotone
//! and DR-submodular on [0, 1]ᵐ: ∂f/∂xⱼ ≤ 0 and ∂²f/∂xⱼ∂xₖ ≥ 0 (Calinescu, Chekuri, Pál, Vondrák 2011).
//!
//! On the K-sparse polytope of radius 1 the oracle takes K of the sets, since no entry of ∇f is positive. f is no linear
//! predictor and not convex. There it is never below 0, and a negative chance only makes it larger.

use super::FiniteSumError;
use super::problem::{Features, FiniteSum};
use crate::random::Random;

/// Items to cover and the sets that hold them.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// Sᵢ, each set once.
    holders: Vec<Vec<usize>>,
    sets: usize,
    smoothness: f64,
}

impl Coverage {
    /// For every item the sets that hold it, each below `sets`. An item that none holds stays uncovered.
    ///
    /// # Errors
    /// [`FiniteSumError::Setting`] if there is no item or no set, [`FiniteSumError::Label`] for a set that is none.
    pub fn new(mut holders: Vec<Vec<usize>>, sets: usize) -> Result<Self, FiniteSumError> {
        if holders.is_empty() || sets == 0 {
            let (what, range) = ("the number of items and sets", "≥ 1");
            return Err(FiniteSumError::Setting { what, range, found: 0.0 });
        }
        let mut held = vec![0.0; holders.len() * sets];
        for (sample, (holders, held)) in holders.iter_mut().zip(held.chunks_exact_mut(sets)).enumerate() {
            holders.sort_unstable();
            holders.dedup();
            for set in holders.iter() {
                let range = "below the number of sets";
                let entry = held.get_mut(*set);
                *entry.ok_or(FiniteSumError::Label { sample, range, found: *set as f64 })? = 1.0;
            }
        }
        // The second derivatives of fᵢ on [0, 1]ᵐ lie between 0 and 1, and are 0 beyond Sᵢ × Sᵢ.
        let smoothness = Features::new(held, sets)?.curvature_bound();
        Ok(Self { holders, sets, smoothness })
    }

    /// A problem to play with: each set holds an item with a chance of its own, 2 % to 25 %.
    ///
    /// # Errors
    /// [`FiniteSumError::Setting`] if `n` or `sets` is 0.
    pub fn random(n: usize, sets: usize, seed: u64) -> Result<Self, FiniteSumError> {
        let mut random = Random::new(seed, 0xC07E6);
        let chances: Vec<f64> = (0..sets).map(|_| 0.02 + 0.23 * random.uniform()).collect();
        let holders = |_| -> Vec<usize> {
            (0..sets).zip(&chances).filter(|(_, chance)| random.uniform() < **chance).map(|(set, _)| set).collect()
        };
        Self::new((0..n).map(holders).collect(), sets)
    }

    /// Sᵢ.
    fn holders(&self, i: usize) -> &[usize] {
        self.holders.get(i).map(Vec::as_slice).unwrap_or_default()
    }

    /// Π(1 − xₗ) over Sᵢ without `but`.
    fn missed(&self, i: usize, but: Option<usize>, x: &[f64]) -> f64 {
        let others = self.holders(i).iter().filter(|set| Some(**set) != but);
        others.map(|set| 1.0 - x.get(*set).copied().unwrap_or(0.0)).product()
    }
}

impl FiniteSum for Coverage {
    fn n(&self) -> usize {
        self.holders.len()
    }

    fn dim(&self) -> usize {
        self.sets
    }

    fn value_of(&self, i: usize, x: &[f64]) -> f64 {
        self.missed(i, None, x)
    }

    fn add_gradient_of(&self, i: usize, x: &[f64], factor: f64, out: &mut [f64]) {
        for set in self.holders(i) {
            if let Some(out) = out.get_mut(*set) {
                *out -= factor * self.missed(i, Some(*set), x);
            }
        }
    }

    /// On [0, 1]ᵐ.
    fn smoothness(&self) -> f64 {
        self.smoothness
    }

    fn convex(&self) -> bool {
        false
    }

    fn submodular(&self) -> bool {
        true
    }
}
