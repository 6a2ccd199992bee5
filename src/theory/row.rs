//! What one step of a run measured: the raw material of every measured bound.

/// One step of Frank–Wolfe, or a checkpoint that stands for several steps (networks are measured now and then).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Row {
    /// The step, from 0.
    pub t: u32,
    /// How many steps the row stands for: 1 if every step is measured.
    pub steps: u32,
    /// γₜ
    pub gamma: f64,
    /// bₜ
    pub batch: u32,
    /// Whether bₜ is all the images there are, though the rule asked for more.
    pub capped: bool,
    /// √(E‖eₜ‖²) that theory allows here: σₜ/√bₜ, with its correction if the images are finite.
    pub noise: f64,
    /// f(θₜ)
    pub value: f64,
    /// f(θₜ₊₁), or f at the next checkpoint.
    pub next_value: f64,
    /// G(θₜ) = max ⟨∇f(θₜ), θₜ − v⟩: what the theorems bound.
    pub gap: f64,
    /// The same with the batch's gradient: larger on average, by up to Dσ/√b. No theorem bounds it.
    pub gap_batch: f64,
    /// ‖eₜ‖, eₜ the batch's gradient minus ∇f(θₜ).
    pub error: f64,
    /// ‖dₜ‖ = ‖vₜ − θₜ‖, before it is scaled by γₜ.
    pub moved: f64,
}

/// The mean gap A_T after each row: the left side of every bound on the mean.
pub fn mean_gaps(rows: &[Row]) -> Vec<f64> {
    let (mut sum, mut steps) = (0.0, 0.0);
    let mean = |row: &Row| {
        let weight = f64::from(row.steps);
        sum += weight * row.gap;
        steps += weight;
        sum / steps
    };
    rows.iter().map(mean).collect()
}

/// The smallest gap up to each row: the left side of ★★★.
pub fn smallest_gaps(rows: &[Row]) -> Vec<f64> {
    let mut smallest = f64::INFINITY;
    let least = |row: &Row| {
        smallest = smallest.min(row.gap);
        smallest
    };
    rows.iter().map(least).collect()
}

/// Σγₜ G(θₜ)/Σγₜ up to each row: what ★★★ bounds more tightly than the smallest gap.
pub fn weighted_gaps(rows: &[Row]) -> Vec<f64> {
    let (mut sum, mut rates) = (0.0, 0.0);
    let mean = |row: &Row| {
        let weight = f64::from(row.steps) * row.gamma;
        sum += weight * row.gap;
        rates += weight;
        sum / rates
    };
    rows.iter().map(mean).collect()
}

/// A mean over independent runs and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub mean: f64,
    /// Standard error of the mean; 0 for fewer than two runs.
    pub error: f64,
}

impl Estimate {
    /// From one number a run; `None` without runs.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let count = samples.len() as f64;
        if samples.is_empty() {
            return None;
        }
        let mean = samples.iter().sum::<f64>() / count;
        let squares: f64 = samples.iter().map(|sample| (sample - mean).powi(2)).sum();
        let error = if count < 2.0 { 0.0 } else { (squares / (count - 1.0) / count).sqrt() };
        Some(Self { mean, error })
    }

    /// Four standard errors above the mean. The expectation lies below it but for 1 case in 30,000, so a bound above it
    /// holds, rather than merely not being refuted.
    pub fn surely_below(&self) -> f64 {
        self.mean + 4.0 * self.error
    }
}
