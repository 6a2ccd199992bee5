//! The numbers every bound is made of (assumptions A1–A3 of Sato and Iiduka 2025).

/// What a bound knows about the problem. All finite; all but the two values ≥ 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constants {
    /// Δ = f(θ₀) − f*.
    pub gap_in_value: f64,
    /// f̄, an upper bound of E f(θₜ) over t. The slides never define it; this is our reading.
    pub upper_value: f64,
    /// f*, a lower bound of f on Ω. The slides take a *local* optimum, for which the bounds can be false.
    pub lowest_value: f64,
    /// L: ‖∇f(x) − ∇f(y)‖ ≤ L‖x − y‖ on Ω. Assumption A3 on the slides lost this letter.
    pub smoothness: f64,
    /// D, the Euclidean diameter of Ω.
    pub diameter: f64,
    /// σ: E‖g − ∇f‖² ≤ σ² for the gradient g of one sample.
    pub sigma: f64,
}

impl Constants {
    /// 2·max{f̄, |f*|}, which the slides put where f̄ − f* suffices.
    pub fn twice_largest_value(&self) -> f64 {
        2.0 * self.upper_value.max(self.lowest_value.abs())
    }
}
