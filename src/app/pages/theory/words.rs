//! Numbers of the page in words.

use crate::plot::{fixed, scientific, small};

/// A value: two decimals while it is large, three or four while it is small, then a power of ten.
pub fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 99.5 => scientific(value),
        size if size >= 0.95 => fixed(value, 2),
        size if size >= 0.095 => fixed(value, 3),
        _ => small(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(24.17), "24.17");
        assert_eq!(short(0.1340), "0.134");
        assert_eq!(short(0.0134), "0.0134");
        assert_eq!(short(1.27e28), "1.3×10²⁸");
        assert_eq!(short(f64::INFINITY), "–");
    }
}
