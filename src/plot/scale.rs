//! Linear and logarithmic axes.

/// A map from values to pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    from: (f64, f64),
    to: (f64, f64),
    log: bool,
}

impl Scale {
    /// Linear from `domain` to `pixels`; an empty domain is widened by one.
    pub fn linear(domain: (f64, f64), pixels: (f64, f64)) -> Self {
        let from = if domain.0 == domain.1 { (domain.0, domain.1 + 1.0) } else { domain };
        Self { from, to: pixels, log: false }
    }

    /// Logarithmic; the domain is cut off below at the smallest positive double.
    pub fn log(domain: (f64, f64), pixels: (f64, f64)) -> Self {
        let low = domain.0.max(f64::MIN_POSITIVE);
        let high = domain.1.max(low);
        Self { from: if low == high { (low, low * 10.0) } else { (low, high) }, to: pixels, log: true }
    }

    /// The pixel of `value`; not clamped. A non-positive value on a log axis lands at the low end.
    pub fn at(&self, value: f64) -> f64 {
        let place = if self.log {
            (value.max(self.from.0).ln() - self.from.0.ln()) / (self.from.1.ln() - self.from.0.ln())
        } else {
            (value - self.from.0) / (self.from.1 - self.from.0)
        };
        self.to.0 + place * (self.to.1 - self.to.0)
    }

    /// The value at a pixel.
    pub fn invert(&self, pixel: f64) -> f64 {
        let place = (pixel - self.to.0) / (self.to.1 - self.to.0);
        if self.log {
            (self.from.0.ln() + place * (self.from.1.ln() - self.from.0.ln())).exp()
        } else {
            self.from.0 + place * (self.from.1 - self.from.0)
        }
    }

    /// Its domain.
    pub fn domain(&self) -> (f64, f64) {
        self.from
    }

    /// Round values for ticks: powers of ten (with 2 and 5 where the range is short) or 1-2-5 steps, about `count`.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        if self.log { log_ticks(self.from, count) } else { linear_ticks(self.from, count) }
    }
}

/// The smallest power of two that is not below `value`: an axis that ends there keeps still while its data grow.
pub fn power_of_two_above(value: f64) -> f64 {
    2f64.powi(value.log2().ceil() as i32)
}

/// The largest power of two that is not above `value`.
pub fn power_of_two_below(value: f64) -> f64 {
    2f64.powi(value.log2().floor() as i32)
}

fn linear_ticks((low, high): (f64, f64), count: usize) -> Vec<f64> {
    let (low, high) = if low <= high { (low, high) } else { (high, low) };
    let rough = (high - low) / count.max(1) as f64;
    if !(rough.is_finite() && rough > 0.0) {
        return vec![low];
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough * 0.999).unwrap_or(rough);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last.min(first + 50)).map(|i| i as f64 * step).collect()
}

fn log_ticks((low, high): (f64, f64), count: usize) -> Vec<f64> {
    let first = low.log10().floor() as i32;
    let last = high.log10().ceil() as i32;
    let within = |value: &f64| *value >= low * 0.999 && *value <= high * 1.001;
    let decades: Vec<f64> = (first..=last).map(|e| 10f64.powi(e)).filter(within).collect();
    if decades.len() > count {
        let every = decades.len().div_ceil(count.max(1));
        return decades.into_iter().step_by(every).collect();
    }
    if decades.len() >= 3 {
        return decades;
    }
    (first - 1..=last).flat_map(|e| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(e))).filter(within).collect()
}

/// An SVG path through the points; non-finite ones break the line.
pub fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut d = String::new();
    let mut pen_up = true;
    for (x, y) in points {
        if !(x.is_finite() && y.is_finite()) {
            pen_up = true;
            continue;
        }
        d.push(if pen_up { 'M' } else { 'L' });
        d.push_str(&format!("{x:.1} {y:.1}"));
        pen_up = false;
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_invert() {
        for scale in [Scale::linear((-2.0, 3.0), (10.0, 90.0)), Scale::log((1e-3, 1e2), (0.0, 200.0))] {
            for value in [0.01, 0.5, 2.5] {
                assert!((scale.invert(scale.at(value)) - value).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(Scale::linear((0.0, 1.0), (0.0, 1.0)).ticks(5), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(Scale::log((1.0, 1000.0), (0.0, 1.0)).ticks(5), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(Scale::log((1.0, 20.0), (0.0, 1.0)).ticks(6), [1.0, 2.0, 5.0, 10.0, 20.0]);
    }

    #[test]
    fn a_path_breaks_at_nan() {
        assert_eq!(path([(0.0, 1.0), (1.0, f64::NAN), (2.0, 3.0), (3.0, 4.0)]), "M0.0 1.0M2.0 3.0L3.0 4.0");
    }
}
