//! FW-SD: every row w of weights moves by Frank–Wolfe in its L1 ball of radius δ, the intercepts y by steepest descent:
//! w ← w − α(w − ŵ), α = min(1, ⟨g, w − ŵ⟩/(8Lδ²)); y ← y − g_y/(2L) (Grigas, Lobos, Vermeersch 2019).
//!
//! In-face variant: every second step moves away from a vertex a instead, w ← w − β(a − w) with
//! β = min(βmax, ⟨g, a − w⟩/(8Lδ²)); on the boundary a is a vertex of the row's own face, so support and signs never
//! grow. The released code chooses that vertex at another coordinate than βmax; here both belong to the same one.
//! L is the problem's. 8Lδ² is 2L times the squared diameter: half the short step.

use super::estimator::{At, GradientEstimator};
use super::frank_wolfe::move_towards;
use super::methods::{Method, Moved, Turn};
use super::{FiniteSumError, Meter, RowBalls};
use crate::random::Random;
use crate::sets::{SetError, dot};

/// A row this close to the boundary, relative to δ, is on it.
const ON_BOUNDARY: f64 = 1e-6;

/// Frank–Wolfe on rows, steepest descent on the rest.
#[derive(Debug)]
pub struct FwSd {
    estimator: Box<dyn GradientEstimator>,
    balls: RowBalls,
    in_face: bool,
}

impl FwSd {
    /// Rows in `balls`; away steps at odd t if `in_face`.
    pub fn new(estimator: Box<dyn GradientEstimator>, balls: RowBalls, in_face: bool) -> Self {
        Self { estimator, balls, in_face }
    }

    /// One Frank–Wolfe step of every row; the largest α and the estimated gap.
    fn towards(&self, meter: &mut Meter, g: &[f64], x: &mut [f64]) -> Result<Moved, FiniteSumError> {
        let mut v = vec![0.0; x.len()];
        meter.lmo(g, x, &mut v)?;
        let (width, reach) = (self.balls.layout().width, self.reach(meter));
        let mut moved = Moved { gamma: 0.0, gap_estimate: 0.0 };
        let rows = x.chunks_exact_mut(width).zip(g.chunks_exact(width)).zip(v.chunks_exact(width));
        for ((w, g), v) in rows.take(self.balls.layout().rows) {
            let gap = dot(g, w) - dot(g, v);
            moved.gap_estimate += gap;
            if gap > 0.0 {
                let alpha = (gap / reach).min(1.0);
                moved.gamma = moved.gamma.max(alpha);
                move_towards(w, v, alpha);
            }
        }
        Ok(moved)
    }

    /// One away step of every row; the largest β and Σ⟨g, a − w⟩.
    fn away(&self, meter: &mut Meter, g: &[f64], x: &mut [f64]) -> Moved {
        meter.count_lmo();
        let (width, reach) = (self.balls.layout().width, self.reach(meter));
        let mut moved = Moved { gamma: 0.0, gap_estimate: 0.0 };
        let rows = x.chunks_exact_mut(width).zip(g.chunks_exact(width));
        for (w, g) in rows.take(self.balls.layout().rows) {
            let Some(away) = away_vertex(w, g, self.balls.radius()) else { continue };
            let gain = away.entry * g.get(away.at).copied().unwrap_or(0.0) - dot(g, w);
            moved.gap_estimate += gain.max(0.0);
            let beta = (gain / reach).clamp(0.0, away.most);
            moved.gamma = moved.gamma.max(beta);
            away.apply(w, beta);
        }
        moved
    }

    /// 8Lδ².
    fn reach(&self, meter: &Meter) -> f64 {
        8.0 * meter.smoothness() * self.balls.radius() * self.balls.radius()
    }
}

impl Method for FwSd {
    fn step(
        &mut self,
        meter: &mut Meter,
        turn: Turn,
        x: &mut [f64],
        random: &mut Random,
    ) -> Result<Moved, FiniteSumError> {
        let mut g = vec![0.0; x.len()];
        self.estimator.estimate(meter, At { x, t: turn.t, batch: turn.batch }, random, &mut g)?;
        if g.iter().any(|value| !value.is_finite()) {
            return Err(SetError::NotFinite.into());
        }
        let moved = if self.in_face && turn.t % 2 == 1 { self.away(meter, &g, x) } else { self.towards(meter, &g, x)? };
        let rate = 0.5 / meter.smoothness();
        for (y, g) in x.iter_mut().zip(&g).skip(self.balls.constrained()) {
            *y -= rate * g;
        }
        Ok(moved)
    }

    fn state_len(&self) -> usize {
        self.estimator.state_len()
    }
}

/// The vertex ±δeᵢ that a row moves away from.
#[derive(Debug)]
struct Away {
    /// i.
    at: usize,
    /// ±δ.
    entry: f64,
    /// βmax, where the row meets the boundary or, on it, loses coordinate i.
    most: f64,
    /// Whether βmax loses coordinate i.
    drops: bool,
}

impl Away {
    /// w ← w − β(a − w).
    fn apply(&self, w: &mut [f64], beta: f64) {
        for value in w.iter_mut() {
            *value *= 1.0 + beta;
        }
        if let Some(value) = w.get_mut(self.at) {
            *value = if self.drops && beta == self.most { 0.0 } else { *value - beta * self.entry };
        }
    }
}

/// The worst vertex for g, of the whole ball if w is inside, else of its face; `None` if w cannot move away from it.
fn away_vertex(w: &[f64], g: &[f64], radius: f64) -> Option<Away> {
    let length: f64 = w.iter().map(|value| value.abs()).sum();
    let inside = length < radius * (1.0 - ON_BOUNDARY);
    let mut best: Option<(usize, f64)> = None;
    for (i, (w, g)) in w.iter().zip(g).enumerate() {
        let worth = if inside { g.abs() } else { w.signum() * g };
        if (inside || *w != 0.0) && best.is_none_or(|(_, most)| worth > most) {
            best = Some((i, worth));
        }
    }
    let (at, worth) = best?;
    let here = w.get(at).copied()?;
    if inside {
        let sign = g.get(at)?.signum();
        let most = (radius - length + here.abs() + here * sign) / (length + radius - here.abs() - here * sign);
        return (worth > 0.0).then_some(Away { at, entry: radius * sign, most, drops: false });
    }
    let most = here.abs() / (radius - here.abs());
    (here.abs() < radius).then_some(Away { at, entry: radius * here.signum(), most, drops: true })
}
