//! What stands around a noisy gradient: the ball of radius σ/√b that the batch's mean scatters in, the samples behind
//! it, and the corners that other batches would have made the oracle choose.

use super::frame::Frame;
use super::run::Runs;
use crate::app::figure::marks::Mark;
use crate::optim::plane::PlaneStep;
use crate::plot::path;

/// Other batches that are drawn for the corners.
pub const DRAWS: u32 = 100;
/// Samples of the batch that are shown.
const SAMPLES: usize = 24;
/// Pixels from x_t to the far side of the ball.
const LENGTH: f64 = 104.0;
/// Slopes count as at least this long, so that the picture does not grow without end as ∇f vanishes.
const SLIGHT: f64 = 0.5;

/// The noise of one step.
pub struct Cloud {
    /// ∇f(x_t), which the method does not see.
    pub slope: [f64; 2],
    /// σ/√b, and b.
    pub radius: f64,
    pub batch: f64,
    /// Gradients of single samples; the batch's is their mean.
    samples: Vec<[f64; 2]>,
    /// What the oracle answers to other batches, each answer with their number.
    votes: Vec<([f64; 2], u32)>,
    /// Pixels a unit of slope.
    pub unit: f64,
}

impl Cloud {
    /// The noise of the step from x_t; `None` if there is none.
    pub fn new(runs: &Runs, step: &PlaneStep) -> Option<Self> {
        let noise = runs.noise?;
        let slope = runs.f.gradient(step.x);
        let with = |error: [f64; 2]| [slope[0] + error[0], slope[1] + error[1]];
        let samples = noise.samples(step.t, SAMPLES).into_iter().map(with).collect();
        let mut votes: Vec<([f64; 2], u32)> = Vec::new();
        for draw in 0..DRAWS {
            let Some(v) = runs.omega.lowest_along(with(noise.another(step.t, draw))) else { continue };
            match votes.iter_mut().find(|(corner, _)| *corner == v) {
                Some((_, count)) => *count += 1,
                None => votes.push((v, 1)),
            }
        }
        let radius = noise.radius(step.t);
        let unit = LENGTH / (slope[0].hypot(slope[1]) + radius).max(SLIGHT);
        Some(Self { slope, radius, batch: noise.batch_at(step.t), samples, votes, unit })
    }

    /// How many of the other batches lead to the corner that ∇f itself leads to.
    pub fn agreed(&self, runs: &Runs) -> u32 {
        let best = runs.omega.lowest_along(self.slope);
        self.votes.iter().find(|(corner, _)| Some(*corner) == best).map_or(0, |(_, count)| *count)
    }

    /// The pixel where an arrow −g from x_t ends.
    pub fn tip(&self, frame: &Frame, x: [f64; 2], g: [f64; 2]) -> (f64, f64) {
        let (px, py) = frame.px(x);
        (px - self.unit * g[0], py + self.unit * g[1])
    }

    /// Votes below everything else; then the samples, −∇f and the ball round its tip.
    pub fn marks(&self, frame: &Frame, x: [f64; 2]) -> Vec<Mark> {
        let from = frame.px(x);
        let vote = |(corner, count): &([f64; 2], u32)| {
            let share = f64::from(*count) / f64::from(DRAWS);
            Mark::Disc { class: "f fw vote".into(), at: frame.px(*corner), r: 4.0 + 18.0 * share.sqrt() }
        };
        let arrow = |g: &[f64; 2]| path([from, self.tip(frame, x, *g)]);
        let samples: String = self.samples.iter().map(arrow).collect();
        let ball =
            Mark::Disc { class: "noise-ball".into(), at: self.tip(frame, x, self.slope), r: self.unit * self.radius };
        vec![
            Mark::Of { quantity: "v", marks: self.votes.iter().map(vote).collect() },
            Mark::Of {
                quantity: "g",
                marks: vec![Mark::path("sample", samples), ball, Mark::path("true-slope", arrow(&self.slope))],
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::run::{Omega, Runs, Shared};
    use super::super::state::GeometryState;
    use super::*;

    fn cloud(sigma: f64, batch: u32) -> Option<(Runs, Cloud)> {
        let mut state = GeometryState::default();
        state.noise.sigma = sigma;
        state.noise.batch = batch;
        let omega = Shared::new(Omega::build(state.set, &state.shape).unwrap());
        let runs = Runs::new(omega, &state, || 0.0);
        let step = PlaneStep { x: [0.25, -0.05], ..runs.at(2)? };
        let cloud = Cloud::new(&runs, &step)?;
        Some((runs, cloud))
    }

    #[test]
    fn larger_batches_agree_with_the_true_gradient() {
        assert!(cloud(0.0, 4).is_none());
        let (runs, small) = cloud(4.0, 1).unwrap();
        let (_, large) = cloud(4.0, 4096).unwrap();
        assert_eq!(small.votes.iter().map(|vote| vote.1).sum::<u32>(), DRAWS);
        assert!(small.votes.len() >= 3 && small.agreed(&runs) < 70, "{:?}", small.votes);
        assert!(large.agreed(&runs) >= 95, "{:?}", large.votes);
        assert!((small.radius - 4.0).abs() < 1e-12 && (large.radius - 0.0625).abs() < 1e-12);
    }
}
