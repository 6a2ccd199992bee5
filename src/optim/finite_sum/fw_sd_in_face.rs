//! FW-SD with in-face steps: every second step moves away from a vertex a, w ← w − β(a − w) with
//! β = min(βmax, ⟨g, a − w⟩/(8Lδ²)) (Grigas, Lobos, Vermeersch 2019).
//!
//! Differs from FW-SD at odd t only. On the boundary a is a vertex of the row's own face, so support and signs never
//! grow there. The released code chooses that vertex at another coordinate than βmax; here both belong to the same one.

use super::fw_sd::rows;
use super::methods::{BatchPlan, FiniteSumMethod, Moved, Needs, StepSize};
use super::{Meter, RowBalls};
use crate::sets::dot;
use fwlab_tex::tex;

/// Its row of the table.
pub(super) const ENTRY: FiniteSumMethod = FiniteSumMethod {
    key: "fw-sd-in-face",
    source: "Grigas, Lobos, Vermeersch 2019",
    formula: tex!(r"w\leftarrow w-\beta(a-w)"),
    needs: Needs::Rows,
    step: StepSize::OpenLoop,
    batch: BatchPlan::Constant(250),
    build: |setup| rows(setup, true, "fw-sd-in-face"),
};

/// A row this close to the boundary, relative to δ, is on it.
const ON_BOUNDARY: f64 = 1e-6;

/// One away step of every row; the largest β and Σ⟨g, a − w⟩. `reach` is 8Lδ².
pub(super) fn away(balls: &RowBalls, reach: f64, meter: &mut Meter, g: &[f64], x: &mut [f64]) -> Moved {
    meter.count_lmo();
    let width = balls.layout().width;
    let mut moved = Moved { gamma: 0.0, gap_estimate: 0.0 };
    let rows = x.chunks_exact_mut(width).zip(g.chunks_exact(width));
    for (w, g) in rows.take(balls.layout().rows) {
        let Some(away) = away_vertex(w, g, balls.radius()) else { continue };
        let gain = away.entry * g.get(away.at).copied().unwrap_or(0.0) - dot(g, w);
        moved.gap_estimate += gain.max(0.0);
        let beta = (gain / reach).clamp(0.0, away.most);
        moved.gamma = moved.gamma.max(beta);
        away.apply(w, beta);
    }
    moved
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
