//! FW-SD: every row w of weights moves by Frank–Wolfe in its L1 ball of radius δ, the intercepts y by steepest descent:
//! w ← w − α(w − ŵ), α = min(1, ⟨g, w − ŵ⟩/(8Lδ²)); y ← y − g_y/(2L) (Grigas, Lobos, Vermeersch 2019).
//!
//! Differs from SFW by moving every row with a step of its own, found from the slope, and by parameters that no set holds.
//! L is the problem's. 8Lδ² is 2L times the squared diameter: half the short step.

use super::estimator::{At, GradientEstimator};
use super::frank_wolfe::move_towards;
use super::fw_sd_in_face::away;
use super::methods::{BatchPlan, FiniteSumMethod, Method, Moved, Needs, Setup, StepSize, Turn};
use super::minibatch::DISTINCT;
use super::{FiniteSumError, Meter, RowBalls, Space};
use crate::random::Random;
use crate::sets::{SetError, dot};
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "fw-sd",
    source: "Grigas, Lobos, Vermeersch 2019",
    formula: tex!(r"w\leftarrow w+\alpha(v-w),\;\alpha=\min\left(1,\frac{\langle g,w-v\rangle}{8L\delta^2}\right)"),
    needs: Needs::Rows,
    step: StepSize::OpenLoop,
    batch: BatchPlan::Constant(250),
    build: |setup| rows(setup, false, "fw-sd"),
};

/// The method on the rows of a run.
pub(super) fn rows(setup: &Setup, in_face: bool, key: &'static str) -> Result<Box<dyn Method>, FiniteSumError> {
    match setup.space {
        Space::Rows(balls) if balls.layout() == setup.problem.layout() => {
            Ok(Box::new(FwSd::new(Box::new(DISTINCT), balls.clone(), in_face)))
        }
        Space::Rows(_) | Space::Set(_) => Err(FiniteSumError::NeedsRows(key)),
    }
}

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
        let moved = if self.in_face && turn.t % 2 == 1 {
            away(&self.balls, self.reach(meter), meter, &g, x)
        } else {
            self.towards(meter, &g, x)?
        };
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
