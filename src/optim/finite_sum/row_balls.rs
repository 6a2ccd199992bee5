//! Where a run may move: one set for all parameters, or an L1 ball for every row of weights with the intercepts left
//! free, which is what FW-SD is made for (Grigas, Lobos, Vermeersch 2019).

use super::FiniteSumError;
use super::problem::Layout;
use crate::sets::{ConstraintSet, SetError, SetId, SetShape};
use std::sync::Arc;

/// {W : ‖wₖ‖₁ ≤ δ for every row k} × R^free. Compact only if nothing is free.
#[derive(Debug, Clone)]
pub struct RowBalls {
    layout: Layout,
    radius: f64,
    ball: Arc<dyn ConstraintSet>,
}

impl RowBalls {
    /// A ball of `radius` δ > 0 for every row of `layout` (width ≥ 1).
    ///
    /// # Errors
    /// [`FiniteSumError::Set`] for a radius that is not positive, [`FiniteSumError::Setting`] for rows of no width.
    pub fn new(layout: Layout, radius: f64) -> Result<Self, FiniteSumError> {
        if layout.width == 0 {
            return Err(FiniteSumError::Setting { what: "the width of a row", range: "≥ 1", found: 0.0 });
        }
        let shape = SetShape { radius, ..SetShape::default() };
        let ball = SetId::l1().entry().build(&shape, layout.width)?;
        Ok(Self { layout, radius, ball: Arc::from(ball) })
    }

    /// How its rows lie.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// δ.
    pub fn radius(&self) -> f64 {
        self.radius
    }

    /// Number of constrained parameters; the rest is free.
    pub fn constrained(&self) -> usize {
        self.layout.rows * self.layout.width
    }
}

impl ConstraintSet for RowBalls {
    /// A corner a row; free parameters keep their value.
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if g.iter().any(|value| !value.is_finite()) {
            return Err(SetError::NotFinite);
        }
        v.copy_from_slice(x);
        let width = self.layout.width;
        let rows = g.chunks_exact(width).zip(x.chunks_exact(width)).zip(v.chunks_exact_mut(width));
        for ((g, x), v) in rows.take(self.layout.rows) {
            self.ball.lmo(g, x, v)?;
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        for row in x.chunks_exact_mut(self.layout.width).take(self.layout.rows) {
            self.ball.project(row);
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        let rows = x.chunks_exact(self.layout.width).take(self.layout.rows);
        rows.map(|row| self.ball.gauge(row)).fold(0.0, f64::max)
    }

    /// Of the constrained part.
    fn diameter(&self, _n: usize) -> f64 {
        self.ball.diameter(self.layout.width) * (self.layout.rows as f64).sqrt()
    }
}

/// Where a run may move.
#[derive(Debug, Clone)]
pub enum Space {
    /// All parameters in one compact set.
    Set(Arc<dyn ConstraintSet>),
    /// Rows in L1 balls, intercepts free.
    Rows(RowBalls),
}

impl Space {
    /// As a set.
    pub fn set(&self) -> &dyn ConstraintSet {
        match self {
            Self::Set(set) => set.as_ref(),
            Self::Rows(balls) => balls,
        }
    }

    /// How many of `dim` parameters are constrained; they come first.
    pub fn constrained(&self, dim: usize) -> usize {
        match self {
            Self::Set(_) => dim,
            Self::Rows(balls) => balls.constrained().min(dim),
        }
    }
}
