//! Adversarial training (Madry et al. 2018, eq. 2.1): min_θ (1/n) Σ max_{‖δ‖ ≤ ε} ℓ(f_θ(xᵢ + δ), yᵢ).
//!
//! The inner maximum is approached by a few moves of an attack on the present weights, the outer step is taken on the
//! images it hands over and on no others. Inner attacks: projected gradients with a random start (Madry et al. 2018) and
//! Frank–Wolfe, which needs no projection (Tsiligkaridis, Roberts 2022). Two things are ours: Frank–Wolfe's step γ is
//! constant, and ε may grow linearly over the first steps, without which small networks tend to answer with one class
//! whatever they see.
//!
//! Cost: s + 1 gradients an image for s inner moves.

use crate::attack::{AttackError, AttackSettings, Inner, Target, moved};
use crate::nn::{Batch, Network};
use crate::optim::cost::StepCost;
use crate::random::Random;
use crate::sets::ThreatModel;

/// Random starts are streams of the host generator from here on, one a step.
const START_STREAM: u64 = 5 << 32;

/// How the images of a batch are moved before a step sees them.
#[derive(Debug, Clone, PartialEq)]
pub struct Adversarial {
    pub inner: Inner,
    /// Norm and ε once the warm-up is over, in units of [0, 1].
    pub threat: ThreatModel,
    /// Moves of the inner attack s, 1 or more.
    pub moves: u32,
    /// Whether it begins at a random point of the ball rather than at the clean image.
    pub random_start: bool,
    /// Steps over which ε grows linearly; 0 = none.
    pub warm_up: u32,
    pub seed: u64,
}

impl Adversarial {
    /// ε of the step at `t`, in units of [0, 1].
    pub fn epsilon_at(&self, t: u32) -> f64 {
        let share = (f64::from(t) + 1.0) / f64::from(self.warm_up.max(1));
        self.threat.epsilon * share.min(1.0)
    }

    /// The batch as the step at `t` shall see it: the same labels, every image inside its ball ∩ [0, 1]ⁿ. With ε = 0 it
    /// is the batch itself and costs nothing.
    ///
    /// # Errors
    /// [`AttackError`] if images and network do not fit, or the threat model makes no sense for them.
    pub fn batch(&self, network: Network, batch: &Batch, t: u32, cost: &mut StepCost) -> Result<Batch, AttackError> {
        let threat = ThreatModel { epsilon: self.epsilon_at(t), ..self.threat };
        if threat.epsilon == 0.0 {
            return Ok(batch.clone());
        }
        // Labels were checked when the images were read.
        let target = Target::within(network, batch.clone(), &[], threat)?;
        let seed = Random::new(self.seed, START_STREAM + u64::from(t)).next_u64();
        let settings = AttackSettings { budget: self.moves.max(1), seed, ..AttackSettings::default() };
        let images = moved(self.inner, &target, &settings, self.random_start);
        cost.gradients += settings.budget * batch.rows() as u32;
        Ok(Batch { images, targets: batch.targets.clone() })
    }
}
