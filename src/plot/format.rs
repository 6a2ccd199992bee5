//! Numbers as text: fixed decimals, so that live values do not jitter; a true minus sign; grouped thousands.

/// `value` with `decimals` decimals and a true minus; a dash for what is not a number.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let text = format!("{value:.decimals$}");
    let negative_zero = text.starts_with('-') && text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    if negative_zero { text.replacen('-', "", 1) } else { text.replacen('-', "−", 1) }
}

/// An integer with thousands separated by commas.
pub fn integer(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits with a power of ten where fixed notation would be long: `1.2×10⁻⁴`.
pub fn scientific(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let exponent = value.abs().log10().floor() as i32;
    match exponent {
        -2..=-1 => fixed(value, 3),
        0 => fixed(value, 2),
        1 => fixed(value, 1),
        2..=5 => fixed(value, 0),
        _ => format!("{}×10{}", fixed(value / 10f64.powi(exponent), 1), superscript(exponent)),
    }
}

/// A value below a tenth: four decimals as long as they say something, then a power of ten; 0 where it is rounding.
pub fn small(value: f64) -> String {
    match value.abs() {
        size if size < 1e-14 => "0".into(),
        size if (0.000_95..0.095).contains(&size) => fixed(value, 4),
        _ => scientific(value),
    }
}

/// Large counts in short: `12.3 k`, `4.5 M`.
pub fn si(value: f64) -> String {
    match value.abs() {
        v if v >= 1e9 => format!("{} G", fixed(value / 1e9, 2)),
        v if v >= 1e6 => format!("{} M", fixed(value / 1e6, 2)),
        v if v >= 1e4 => format!("{} k", fixed(value / 1e3, 1)),
        _ => fixed(value, 0),
    }
}

/// A power of ten: `10⁻⁴`.
pub fn power_of_ten(exponent: i32) -> String {
    format!("10{}", superscript(exponent))
}

/// A number as a table cell: plain, with a full stop and a hyphen, as short as it reads back.
pub fn cell(value: f64) -> String {
    if value.is_finite() { format!("{value}") } else { String::new() }
}

fn superscript(value: i32) -> String {
    value
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            other => other.to_digit(10).and_then(|d| char::from_u32(0x2070 + d)).unwrap_or(other),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(-1.5, 1), "−1.5");
        assert_eq!(fixed(f64::NAN, 1), "–");
        assert_eq!(integer(1_234_567), "1,234,567");
        assert_eq!(scientific(1.234e-5), "1.2×10⁻⁵");
        assert_eq!([power_of_ten(-4), power_of_ten(0), power_of_ten(12)], ["10⁻⁴", "10⁰", "10¹²"]);
        assert_eq!(cell(f64::NAN), "");
        assert_eq!(scientific(0.0123), "0.012");
        assert_eq!(si(12_345.0), "12.3 k");
    }
}
