//! Lp ball {‖x‖ₚ ≤ r}, 1 < p < ∞: between diamond and box, with a smooth boundary.
//!
//! Oracle vᵢ = −r·sign(gᵢ)·|gᵢ|^(q−1)/‖g‖_q^(q−1) with 1/p + 1/q = 1 (equality in Hölder's inequality).
//! Projection: the point y with y + μ·y^(p−1) = |x| (entry-wise, signs restored) and ‖y‖ₚ = r. The outer
//! unknown μ ≥ 0 is bracketed, the inner equation solved by Newton steps that cannot overshoot.
//! Diameter 2r·n^max(0, 1/2 − 1/p): below p = 2 the axes are the widest direction, so it stays 2r.

use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_radius, settle_trivial};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "lp",
    shape: &[ShapeParameter::Radius, ShapeParameter::Exponent],
    source: "Jaggi 2013; Hölder's inequality",
    #[cfg(feature = "engine")]
    rows: Some(|shape, _| Ok(Box::new(Lp::new(shape)?))),
    for_layers: true,
    supports: |_| true,
    in_plane: true,
    // At the exponent of a new shape; the diameter is proportional to the radius at any other.
    radius_for_diameter: |diameter, n, _| Lp::new(&SetShape::default()).map_or(0.0, |unit| diameter / unit.width(n)),
};

pub(super) const ORACLE_FORMULA: &str = tex!(
    r"v_{t,i}=-\tau\,\operatorname{sign}(g_{t,i})\,\frac{|g_{t,i}|^{q-1}}{\|g_t\|_q^{q-1}},\;\frac{1}{p}+\frac{1}{q}=1"
);
pub(super) const SET_FORMULA: &str = tex!(r"\|x\|_p\le\tau");

pub(super) fn build(shape: &SetShape, _: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(Lp::new(shape)?))
}

#[derive(Debug, Clone)]
struct Lp {
    radius: f64,
    p: f64,
}

impl Lp {
    fn new(shape: &SetShape) -> Result<Self, SetError> {
        let radius = checked_radius(shape.radius)?;
        if shape.p.is_finite() && shape.p > 1.0 {
            Ok(Self { radius, p: shape.p })
        } else {
            let range = "greater than 1 and finite".into();
            Err(SetError::Parameter { what: "the exponent p", range, found: shape.p })
        }
    }

    /// The exponent of the dual norm, p/(p−1).
    fn q(&self) -> f64 {
        self.p / (self.p - 1.0)
    }

    fn width(&self, n: usize) -> f64 {
        2.0 * self.radius * (n as f64).powf((0.5 - 1.0 / self.p).max(0.0))
    }

    /// How [`balance`] is to be called for multiplier μ: (A, B, e, exponent that turns w into y).
    ///
    /// y + μy^(p−1) = a. For p ≥ 2 this is convex in w = y; for p < 2 it is convex in w = y^(p−1).
    fn convex_form(&self, mu: f64) -> (f64, f64, f64, f64) {
        let e = self.p - 1.0;
        if e >= 1.0 { (1.0, mu, e, 1.0) } else { (mu, 1.0, 1.0 / e, 1.0 / e) }
    }
}

/// The w ≥ 0 with A·w + B·wᵉ = a, where e ≥ 1, A, B ≥ 0 and not both 0. The left side is convex and increasing,
/// so Newton's steps from the right fall monotonically onto w; they start within a factor of two in value.
fn balance(a: f64, (linear, power, e): (f64, f64, f64)) -> f64 {
    if a == 0.0 {
        return 0.0;
    }
    let mut w = (a / linear).min((a / power).powf(1.0 / e));
    for _ in 0..60 {
        let slope = power * w.powf(e - 1.0);
        let step = (linear * w + slope * w - a) / (linear + e * slope);
        let next = w - step;
        // Written so that it also ends on NaN.
        if !(next > 0.0 && next < w * (1.0 - 4.0 * f64::EPSILON)) {
            break;
        }
        w = next;
    }
    w
}

impl ConstraintSet for Lp {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if settle_trivial(g, x, v)? {
            return Ok(());
        }
        let q = self.q();
        let largest = g.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let total: f64 = g.iter().map(|value| (value.abs() / largest).powf(q)).sum();
        let length = total.powf(1.0 / q);
        for (vertex, value) in v.iter_mut().zip(g) {
            let size = (value.abs() / largest / length).powf(q - 1.0);
            *vertex = if *value == 0.0 { 0.0 } else { -self.radius * value.signum() * size };
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let outside = ConstraintSet::gauge(self, x);
        if outside.is_nan() || outside <= 1.0 {
            return;
        }
        let p = self.p;
        let a: Vec<f64> = x.iter().map(|value| value.abs() / self.radius).collect();
        let mut y = a.clone();
        // y ≤ (a/μ)^(1/(p−1)) gives ‖y‖ₚ ≤ 1 once μ ≥ ‖a‖_q.
        let largest = a.iter().fold(0.0_f64, |largest, value| largest.max(*value));
        let q = self.q();
        let (mut low, mut high) =
            (0.0, largest * a.iter().map(|value| (value / largest).powf(q)).sum::<f64>().powf(1.0 / q));
        let mut mu = 0.0;
        for _ in 0..200 {
            let (linear, power, e, back) = self.convex_form(mu);
            let (mut length, mut slope) = (0.0, 0.0);
            for (entry, size) in y.iter_mut().zip(&a) {
                let w = balance(*size, (linear, power, e));
                *entry = if back == 1.0 { w } else { w.powf(back) };
                if *entry > 0.0 {
                    let lower = entry.powf(p - 1.0);
                    length += lower * *entry;
                    // dy/dμ = −y^(p−1) / (1 + μ(p−1)y^(p−2))
                    slope -= lower * lower / (1.0 + mu * (p - 1.0) * lower / *entry);
                }
            }
            // length = ‖y‖ₚᵖ, slope = (d length/dμ)/p.
            if length > 1.0 {
                low = mu
            } else {
                high = mu
            }
            if (length - 1.0).abs() <= 1e-15 * p || high - low <= f64::EPSILON * high {
                break;
            }
            // Newton on 1/‖y‖ₚ − 1, which is nearly straight in μ; bisection where it leaves the bracket.
            let norm = length.powf(1.0 / p);
            let newton = mu - (norm - 1.0) * length / slope;
            mu = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        }
        let length = y.iter().map(|entry| entry.powf(p)).sum::<f64>().powf(1.0 / p).max(1.0);
        for (value, entry) in x.iter_mut().zip(&y) {
            *value = value.signum() * self.radius * entry / length;
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        let largest = x.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        if largest == 0.0 {
            return 0.0;
        }
        let total: f64 = x.iter().map(|value| (value.abs() / largest).powf(self.p)).sum();
        total.powf(1.0 / self.p) * largest / self.radius
    }

    fn diameter(&self, n: usize) -> f64 {
        self.width(n)
    }
}

#[cfg(feature = "engine")]
pub(super) mod row_form {
    use super::Lp;
    use crate::sets::rows::{RowSet, Rows, bisect, keep_where_zero};

    /// Keeps a division from meeting zero; below anything that matters after the largest entry is divided out.
    const FLOOR: f32 = 1e-30;

    /// uᵉ for u ≥ 0, e ≥ 0. GPUs leave 0⁰ undefined.
    fn power_of(u: Rows, e: f64) -> Rows {
        if e == 0.0 { u.ones_like() } else { u.powf_scalar(e) }
    }

    /// ‖u‖ₑ of rows u ≥ 0, the largest entry divided out. `[rows, 1]`.
    pub(in crate::sets) fn lengths(u: Rows, e: f64) -> Rows {
        let largest = u.clone().max_dim(1);
        let scaled = u.div(largest.clone().clamp_min(f32::MIN_POSITIVE));
        scaled.powf_scalar(e).sum_dim(1).powf_scalar(1.0 / e).mul(largest)
    }

    /// Entry-wise y with y + μ·y^(p−1) = a: eight Newton steps from the right, enough for f32.
    pub(in crate::sets) fn shrunk(p: f64, a: &Rows, mu: Rows) -> Rows {
        let e = p - 1.0;
        let one = mu.ones_like();
        let (linear, power, e, back) = if e >= 1.0 { (one, mu, e, 1.0) } else { (mu, one, 1.0 / e, 1.0 / e) };
        let by_power = a.clone().div(power.clone().clamp_min(FLOOR)).powf_scalar(1.0 / e);
        let mut w = a.clone().div(linear.clone().clamp_min(FLOOR)).min_pair(by_power);
        for _ in 0..8 {
            let slope = power_of(w.clone(), e - 1.0).mul(power.clone());
            let excess = w.clone().mul(linear.clone().add(slope.clone())).sub(a.clone());
            let step = excess.div(slope.mul_scalar(e).add(linear.clone()).clamp_min(FLOOR));
            w = w.sub(step).clamp_min(0.0);
        }
        if back == 1.0 { w } else { w.powf_scalar(back) }
    }

    impl RowSet for Lp {
        fn lmo(&self, g: Rows, x: Rows) -> Rows {
            let q = self.q();
            let size = g.clone().abs();
            let length = lengths(size.clone(), q).clamp_min(f32::MIN_POSITIVE);
            let vertex = size.div(length).powf_scalar(q - 1.0).mul(g.clone().sign()).mul_scalar(-self.radius);
            keep_where_zero(g, x, vertex)
        }

        /// Some two thousand small kernels (40 halvings of 8 Newton steps): a projection to compare with, not one
        /// to train with. The oracle needs two passes.
        fn project(&self, x: Rows) -> Rows {
            let outside = RowSet::gauge(self, x.clone()).greater_elem(1.0);
            let a = x.clone().abs().div_scalar(self.radius);
            let upper = lengths(a.clone(), self.q());
            let mu = bisect(upper, |mu| lengths(shrunk(self.p, &a, mu), self.p).greater_elem(1.0));
            let y = shrunk(self.p, &a, mu).mul(x.clone().sign()).mul_scalar(self.radius);
            let outside = outside.expand(x.dims());
            x.mask_where(outside, y)
        }

        fn gauge(&self, x: Rows) -> Rows {
            lengths(x.abs(), self.p).div_scalar(self.radius)
        }

        fn diameter(&self, n: usize) -> f64 {
            self.width(n)
        }
    }
}
