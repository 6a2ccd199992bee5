//! L∞ APGD before its first halving, and Frank–Wolfe with a heavy ball, side by side.
//!
//! With η = 2ε the projected step of APGD always crosses the whole ball: z = P(x + 2ε·sign ∇ℓ) is the corner v that the
//! oracle names (a pixel without gradient stays in APGD, where the oracle takes the clean one). Its move
//! x⁺ = P(x + ¾(z − x) + ¼(x − x₋₁)) is therefore Frank–Wolfe with γ = ¾ and a heavy ball of ¼; the very first move,
//! without either factor, is Frank–Wolfe with γ = 1. Here the second is computed by its own rule, from the oracle and
//! from gradients at its *own* points, and nothing is taken from the first but the random start.

use burn::tensor::Tensor;

use super::{AttackError, AttackSettings, Objective, Target, checkpoints, find, start};
use crate::nn::Batch;
use crate::sets::NormId;

/// Weight of the vertex against the heavy ball, after the first move.
const GAMMA: f64 = 0.75;

/// Two ways from the same start, a point a move, the start first; `[rows, n]` each.
pub struct Twins {
    pub apgd: Vec<Tensor<2>>,
    pub frank_wolfe: Vec<Tensor<2>>,
    /// The corner that the oracle named for each move, and how far the twins are apart after it in each row, as the
    /// largest difference of a pixel: `[rows, n]` and `[rows, 1]`.
    pub vertices: Vec<Tensor<2>>,
    pub apart: Vec<Tensor<2>>,
    /// Moves until the first checkpoint, where APGD may halve its step and go back: the points before this one are the
    /// same.
    pub same_until: u32,
}

/// The two ways over `moves` moves of attacks with a budget of `settings.budget`.
///
/// # Errors
/// [`AttackError::Norm`] outside L∞, and as [`start`].
pub fn twins(target: &Target, settings: &AttackSettings, moves: u32) -> Result<Twins, AttackError> {
    let norm = target.ball.threat().norm;
    if norm != NormId::Linf {
        return Err(AttackError::Norm { attack: "apgd", norm: norm.key(), known: NormId::Linf.key().into() });
    }
    let settings = AttackSettings { restarts: 1, restart: 0, ..*settings };
    let mut apgd = start(find("apgd")?, target, &settings)?;
    let begin = apgd.ascent().x.clone();
    let mut other = HeavyBall { x: begin.clone(), before: begin.clone(), moves: 0 };
    let objective = Objective::under(&settings, settings.loss, target);
    let same_until = checkpoints(settings.budget).first().copied().unwrap_or(settings.budget);
    let (apgd_points, points) = (vec![begin.clone()], vec![begin]);
    let mut found =
        Twins { apgd: apgd_points, frank_wolfe: points, vertices: Vec::new(), apart: Vec::new(), same_until };
    for _ in 0..moves {
        apgd.step(target);
        found.vertices.push(other.step(target, &objective));
        let (a, b) = (apgd.ascent().x.clone(), other.x.clone());
        found.apart.push(a.clone().sub(b.clone()).abs().max_dim(1));
        found.apgd.push(a);
        found.frank_wolfe.push(b);
    }
    Ok(found)
}

/// x⁺ = P(x + γ(v − x) + (1 − γ)(x − x₋₁)), v = lmo(−∇ℓ(x)).
struct HeavyBall {
    x: Tensor<2>,
    before: Tensor<2>,
    moves: u32,
}

impl HeavyBall {
    /// One move; the corner it went towards.
    fn step(&mut self, target: &Target, objective: &Objective) -> Tensor<2> {
        let batch = Batch { images: self.x.clone(), targets: target.clean.targets.clone() };
        let value = |logits, labels| objective.value(logits, labels);
        let (_, _, gradient) = target.network.image_gradient_of(&batch, &value);
        let x = self.x.clone();
        let corner = target.vertex(gradient.clone(), x.clone());
        // A pixel without gradient stays, as in APGD.
        let vertex = corner.mask_where(gradient.equal_elem(0.0), x.clone());
        let gamma = if self.moves == 0 { 1.0 } else { GAMMA };
        let heavy = x.clone().sub(self.before.clone()).mul_scalar(1.0 - gamma);
        let next = x.clone().add(vertex.clone().sub(x.clone()).mul_scalar(gamma)).add(heavy);
        self.x = target.ball.project(next);
        self.before = x;
        self.moves += 1;
        vertex
    }
}
