//! One remembered gradient a sample and their mean: what SAGA and per-sample dual averaging share. On a linear
//! predictor a row is C numbers instead of dim.

use super::Meter;

/// Rows hold ∇fᵢ at the point where i was last drawn, in its shortest form.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<f64>,
    width: usize,
    mean: Vec<f64>,
}

impl Table {
    /// Nothing remembered: every row 0.
    pub(super) fn zero(meter: &Meter) -> Self {
        let width = meter.compact_len();
        Self { rows: vec![0.0; meter.n() * width], width, mean: vec![0.0; meter.dim()] }
    }

    /// Every row at x: n gradients.
    pub(super) fn filled(meter: &mut Meter, x: &[f64]) -> Self {
        let mut table = Self::zero(meter);
        for i in 0..meter.n() {
            table.refresh(meter, i, x);
        }
        table
    }

    /// (1/n)Σ rows, as a gradient.
    pub(super) fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Numbers remembered.
    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.mean.len()
    }

    /// out += factor·(∇fᵢ(x) − row i): one gradient.
    pub(super) fn add_change(&self, meter: &mut Meter, i: usize, x: &[f64], factor: f64, out: &mut [f64]) {
        let change = self.change(meter, i, x);
        meter.add_compact(i, &change, factor, out);
    }

    /// Row i ← ∇fᵢ(x): one gradient.
    pub(super) fn refresh(&mut self, meter: &mut Meter, i: usize, x: &[f64]) {
        let change = self.change(meter, i, x);
        for (row, change) in self.rows.iter_mut().skip(i * self.width).zip(&change) {
            *row += change;
        }
        meter.add_compact(i, &change, 1.0 / meter.n() as f64, &mut self.mean);
    }

    /// ∇fᵢ(x) − row i in its shortest form.
    fn change(&self, meter: &mut Meter, i: usize, x: &[f64]) -> Vec<f64> {
        let mut change = vec![0.0; self.width];
        meter.compact_gradient_of(i, x, &mut change);
        for (change, row) in change.iter_mut().zip(self.rows.iter().skip(i * self.width)) {
            *change -= row;
        }
        change
    }
}
