//! Numbers of the plane in words: points with two decimals, gaps as short as they are telling.

use crate::plot::{fixed, small};

/// A point, `(0.36, −0.13)`.
pub fn pair(point: [f64; 2]) -> String {
    format!("({}, {})", fixed(point[0], 2), fixed(point[1], 2))
}

/// A gap or an error: two decimals while it is large, four while it is small, then a power of ten.
pub fn short(value: f64) -> String {
    if value.is_finite() && value.abs() >= 0.095 { fixed(value, 2) } else { small(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_short() {
        assert_eq!(short(0.994), "0.99");
        assert_eq!(short(0.002_63), "0.0026");
        assert_eq!(short(1e-17), "0");
        assert_eq!(short(f64::NAN), "–");
        assert_eq!(pair([0.361, -0.004]), "(0.36, 0.00)");
    }
}
