//! Colours of data. Signed values: orange ← paper → blue, zero exactly paper. Magnitudes: cividis, which reads
//! the same with any colour vision and in grey.

/// RGBA of a signed value in [−1, 1]: hue by sign, opacity by size, so that zero vanishes in both themes.
pub fn diverging(value: f32, dark: bool) -> [u8; 4] {
    let value = if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 };
    let [r, g, b] = match (value < 0.0, dark) {
        (true, false) => [0xb3, 0x58, 0x06],
        (true, true) => [0xe0, 0x8a, 0x3c],
        (false, false) => [0x21, 0x66, 0xac],
        (false, true) => [0x5b, 0x9b, 0xd8],
    };
    [r, g, b, (value.abs() * 255.0).round() as u8]
}

/// RGB of a magnitude in [0, 1] (cividis; Nuñez, Anderton, Renslow 2018).
pub fn magnitude(value: f64) -> [u8; 3] {
    const STOPS: [[f64; 3]; 6] = [
        [0.0, 34.0, 78.0],
        [53.0, 69.0, 108.0],
        [102.0, 105.0, 112.0],
        [148.0, 142.0, 119.0],
        [200.0, 184.0, 102.0],
        [253.0, 231.0, 55.0],
    ];
    let place = if value.is_finite() { value.clamp(0.0, 1.0) * 5.0 } else { 0.0 };
    let left = (place.floor() as usize).min(4);
    let part = place - left as f64;
    [0, 1, 2].map(|c| (STOPS[left][c] * (1.0 - part) + STOPS[left + 1][c] * part).round() as u8)
}
