//! SVRG: gₜ = (1/b)Σ_{i∈S}(∇fᵢ(xₜ) − ∇fᵢ(x̃)) + ∇f(x̃) with a snapshot x̃ now and then (Johnson, Zhang 2013).
//!
//! The estimate of SVFW, SVRF and L-SVRG, which differ in when a snapshot is taken. Unbiased, and exact at the snapshot,
//! which is the present point. Batches are drawn with replacement. A snapshot step uses ∇f(x̃) alone: the rest is 0.

use super::estimator::{At, Draw, GradientEstimator};
use super::{FiniteSumError, Meter};
use crate::random::Random;

/// When a snapshot is taken. All take one at t = 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshots {
    /// At t = 0, m, 2m, …, m ≥ 1.
    Every(u32),
    /// At t = 0, 1, 3, 7, 15, ….
    Doubling,
    /// With probability b/n.
    Coin,
}

/// A variance-reduced estimate around a snapshot.
#[derive(Debug)]
pub struct Svrg {
    snapshots: Snapshots,
    point: Vec<f64>,
    gradient: Vec<f64>,
}

impl Svrg {
    /// With its rule for snapshots.
    pub fn new(snapshots: Snapshots) -> Self {
        Self { snapshots, point: Vec::new(), gradient: Vec::new() }
    }

    fn due(&self, at: At, n: usize, random: &mut Random) -> bool {
        match self.snapshots {
            Snapshots::Every(m) => at.t.is_multiple_of(m.max(1)),
            Snapshots::Doubling => (u64::from(at.t) + 1).is_power_of_two(),
            // The coin falls at t = 0 too, so that later draws do not depend on it.
            Snapshots::Coin => random.uniform() * (n as f64) < at.batch as f64 || at.t == 0,
        }
    }
}

impl GradientEstimator for Svrg {
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError> {
        if self.due(at, meter.n(), random) {
            meter.full_gradient(at.x, out);
            self.point = at.x.to_vec();
            self.gradient = out.to_vec();
            return Ok(());
        }
        let batch = Draw::Replaced.batch(at.batch, meter.n(), random);
        let factor = 1.0 / batch.len() as f64;
        out.fill(0.0);
        for &i in &batch {
            meter.add_gradient_of(i, at.x, factor, out);
            meter.add_gradient_of(i, &self.point, -factor, out);
        }
        for (out, full) in out.iter_mut().zip(&self.gradient) {
            *out += full;
        }
        Ok(())
    }

    fn state_len(&self) -> usize {
        self.point.len() + self.gradient.len()
    }
}
