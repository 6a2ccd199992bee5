//! Numbers out of texts.

/// The number that `text` says in decimal digits, rounded to the nearest `f64`; spaces around it do not matter.
/// Never NaN, and infinite only where the digits are beyond every `f64`.
///
/// In a browser it asks the browser, whose answer is the same: the table that Rust reads decimals with is 10 KB that do
/// not compress.
pub fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    let decimal = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    let number = if !text.is_empty() && text.bytes().all(decimal) { read(text) } else { f64::NAN };
    (!number.is_nan()).then_some(number)
}

#[cfg(all(feature = "browser", target_arch = "wasm32"))]
fn read(text: &str) -> f64 {
    wasm_bindgen::JsValue::from_str(text).unchecked_into_f64()
}

#[cfg(not(all(feature = "browser", target_arch = "wasm32")))]
fn read(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn decimals_are_read_and_nothing_else_is() {
        assert_eq!(parse("0.1"), Some(0.1));
        assert_eq!(parse(" -2e-3 "), Some(-0.002));
        assert_eq!(parse("+7."), Some(7.0));
        assert_eq!(parse("1e999"), Some(f64::INFINITY));
        for text in ["", " ", "-", "e", "1e", "nan", "inf", "0x10", "1 2", "1,5"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
