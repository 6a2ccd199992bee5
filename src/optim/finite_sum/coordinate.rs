//! Coordinates: mⱼ ← ∂f/∂xⱼ(xₜ) for k coordinates j drawn without repetition, the others stay as they were (the
//! coordinate estimate of Nazykov et al. 2024). JAGUAR (Veprikov, Bogdanov, Minashkin, Beznosikov 2024) has the same
//! memory but measures each slope by two function values.
//!
//! No samples are drawn: each partial derivative is that of the whole sum. m starts as ∇f(x₀). Biased: in expectation
//! m moves the share k/dim of the way to ∇f(xₜ). On a linear predictor a partial derivative needs the same inner
//! products as a gradient, so it saves less time than it saves in the count.

use super::estimator::{At, GradientEstimator};
use super::methods::{BatchPlan, FiniteSumMethod, Needs, StepSize};
use super::{FiniteSumError, Meter, frank_wolfe};
use crate::random::Random;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "coordinate",
    source: "Veprikov et al. 2024; Nazykov et al. 2024",
    formula: tex!(r"g_{t,j}=\partial_j f(x_t)\;(j\in J_t),\;\text{else}\;g_{t-1,j}"),
    needs: Needs::FiniteSum,
    step: StepSize::RootTotal,
    batch: BatchPlan::All,
    build: |setup| frank_wolfe::on(Coordinate::new(setup.settings.coordinates)),
};

/// A gradient refreshed a few coordinates at a time.
#[derive(Debug)]
pub struct Coordinate {
    coordinates: usize,
    memory: Vec<f64>,
}

impl Coordinate {
    /// Refreshes `coordinates` ≥ 1 a step.
    pub fn new(coordinates: usize) -> Self {
        Self { coordinates: coordinates.max(1), memory: Vec::new() }
    }
}

impl GradientEstimator for Coordinate {
    fn estimate(
        &mut self,
        meter: &mut Meter,
        at: At,
        random: &mut Random,
        out: &mut [f64],
    ) -> Result<(), FiniteSumError> {
        if at.t == 0 {
            meter.full_gradient(at.x, out);
            self.memory = out.to_vec();
            return Ok(());
        }
        for j in random.distinct(self.coordinates, meter.dim()) {
            let partial = meter.partial(j, at.x);
            if let Some(memory) = self.memory.get_mut(j) {
                *memory = partial;
            }
        }
        out.copy_from_slice(&self.memory);
        Ok(())
    }

    fn state_len(&self) -> usize {
        self.memory.len()
    }
}
