//! The estimate of Négiar et al. and of AdaCSFW, per-sample dual averaging: for i ∈ S: αᵢ ← (1/n)fᵢ′(aᵢᵀxₜ), r = Σᵢαᵢaᵢ; the oracle is asked with r (Négiar,
//! Dresdner, Tsai, El Ghaoui, Locatello, Freund, Pedregosa 2020). Constant batch, γₜ = 2/(t+2).
//!
//! Needs a linear predictor fᵢ(aᵢᵀx): the memory is n·C numbers and r. Biased: r starts at 0 and a sample counts with
//! the derivative it had when last drawn. ⟨r, x − v⟩ approaches the gap as the αᵢ become fresh. One sample is drawn
//! with replacement; larger batches walk through shuffled epochs, the last batch of an epoch may be smaller.

use super::estimator::{At, GradientEstimator};
use super::table::Table;
use super::{FiniteSumError, Meter};
use crate::random::Random;

/// The mean of the derivatives last seen.
#[derive(Debug, Default)]
pub struct DualAverage {
    table: Option<Table>,
    /// What is left of the present epoch, drawn from its end. Indices: not counted as memory.
    epoch: Vec<usize>,
}

impl DualAverage {
    fn batch(&mut self, count: usize, n: usize, random: &mut Random) -> Vec<usize> {
        if count >= n {
            return (0..n).collect();
        }
        if count <= 1 {
            return vec![random.below(n)];
        }
        if self.epoch.is_empty() {
            self.epoch = random.distinct(n, n);
        }
        self.epoch.split_off(self.epoch.len().saturating_sub(count))
    }
}

impl GradientEstimator for DualAverage {
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError> {
        let batch = self.batch(at.batch, meter.n(), random);
        let table = self.table.get_or_insert_with(|| Table::zero(meter));
        for &i in &batch {
            table.refresh(meter, i, at.x);
        }
        out.copy_from_slice(table.mean());
        Ok(())
    }

    fn state_len(&self) -> usize {
        self.table.as_ref().map_or(0, Table::len)
    }
}
