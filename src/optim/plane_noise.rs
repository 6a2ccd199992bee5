//! The stochastic gradient of the plane: g + ξ in place of g = ∇f(x), where ξ is the mean error of a batch.
//!
//! One sample misses g by a Gaussian with E‖ξ‖² = σ², the same in every direction; the mean of b samples by one with
//! E‖ξ‖² = σ²/b. This is the assumption that the theorems on stochastic Frank–Wolfe make (Reddi, Sra, Póczos, Smola
//! 2016; Hazan, Luo 2016). Because the mean of Gaussians is a Gaussian, one draw stands for a batch of any size, and
//! the samples behind it are drawn afterwards, given their mean.
//!
//! Why σ/√b stands in the bounds: with v the oracle's answer to g + ξ and v* the one to g,
//!   ⟨g, v − x⟩ ≤ ⟨g, v* − x⟩ + ⟨ξ, v* − v⟩ ≤ −G + D‖ξ‖,
//! so by the descent lemma a step γ lowers f by at least γG − γD‖ξ‖ − ½Lγ²D². With the same γ and the same b, the
//! average gap of a long run is at most Dσ/√b + ½LD²γ ([`Noise::floor`]), and nothing in it falls.

use crate::random::Random;

/// How noisy the gradient is. Every draw depends on the seed and on t alone: another σ or another b scales the same
/// noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// σ ≥ 0, the root of one sample's mean squared error. 0: the exact gradient.
    pub sigma: f64,
    /// Samples of the first batch, ≥ 1.
    pub batch: u32,
    /// a ≥ 0: step t draws ⌈batch·(t + 1)^a⌉ samples, so 0 keeps the batch as it is.
    pub growth: f64,
    pub seed: u64,
}

/// Largest batch that growth leads to; beyond, the mean is exact for every purpose.
const MOST_SAMPLES: f64 = 1e9;
/// What is drawn at one step, told apart in the generator's stream.
const BATCH: u64 = 0;
const SAMPLES: u64 = 1;
const OTHERS: u64 = 2;

impl Noise {
    /// Whether there is none.
    pub fn is_off(&self) -> bool {
        self.sigma <= 0.0
    }

    /// Samples of step t's batch.
    pub fn batch_at(&self, t: usize) -> f64 {
        let growing = f64::from(self.batch.max(1)) * (t as f64 + 1.0).powf(self.growth);
        // Whole powers may miss their whole number by rounding.
        (growing - 1e-9).ceil().clamp(1.0, MOST_SAMPLES)
    }

    /// σ/√b at step t: the noise ball's radius, √E‖ξ‖².
    pub fn radius(&self, t: usize) -> f64 {
        self.sigma / self.batch_at(t).sqrt()
    }

    /// The batch's gradient at step t, where ∇f is `slope`; `slope` itself, to the last bit, if there is no noise.
    pub fn gradient(&self, slope: [f64; 2], t: usize) -> [f64; 2] {
        if self.is_off() {
            return slope;
        }
        let [x, y] = self.error(t);
        [slope[0] + x, slope[1] + y]
    }

    /// ξ, what step t's batch misses ∇f by.
    pub fn error(&self, t: usize) -> [f64; 2] {
        self.draw(t, BATCH)
    }

    /// ξ of another batch that could have been drawn at step t.
    pub fn another(&self, t: usize, draw: u32) -> [f64; 2] {
        self.draw(t, OTHERS + u64::from(draw))
    }

    fn draw(&self, t: usize, what: u64) -> [f64; 2] {
        gaussian(&mut self.random(t, what), self.radius(t))
    }

    /// What the first samples of step t's batch miss ∇f by, at most `most` of them. The mean of the whole batch is
    /// [`Self::error`]; a batch that is shown whole has exactly this mean.
    pub fn samples(&self, t: usize, most: usize) -> Vec<[f64; 2]> {
        let batch = self.batch_at(t);
        let shown = batch.min(most as f64) as usize;
        let mut random = self.random(t, SAMPLES);
        let mut samples: Vec<[f64; 2]> = (0..shown).map(|_| gaussian(&mut random, self.sigma)).collect();
        let rest = (batch - shown as f64).max(0.0);
        let unseen = gaussian(&mut random, self.sigma * rest.sqrt());
        // Gaussians less their own mean are independent of it: any mean may be put in its place.
        let mean = |i: usize| (samples.iter().map(|sample| sample[i]).sum::<f64>() + unseen[i]) / batch;
        let (own, asked) = ([mean(0), mean(1)], self.error(t));
        for sample in &mut samples {
            *sample = [sample[0] - own[0] + asked[0], sample[1] - own[1] + asked[1]];
        }
        samples
    }

    /// Dσ/√b: what the noise of step t's batch adds to the bound on the average gap over a set of this diameter.
    pub fn floor(&self, diameter: f64, t: usize) -> f64 {
        diameter * self.radius(t)
    }

    fn random(&self, t: usize, what: u64) -> Random {
        Random::new(self.seed, ((t as u64) << 16) | what)
    }
}

/// A Gaussian of the plane with mean 0 and E‖ξ‖² = `spread`², by Box and Muller.
fn gaussian(random: &mut Random, spread: f64) -> [f64; 2] {
    // 1 − u is never 0. The mean of the squared length 2·(−ln) is 2: half of spread² for each coordinate.
    let length = spread * (-(1.0 - random.uniform()).ln()).sqrt();
    let (sin, cos) = (std::f64::consts::TAU * random.uniform()).sin_cos();
    [length * cos, length * sin]
}
