//! Thousands of steps on a few hundred pixels: one smallest, largest and mean value a pixel column.

/// What happened within one pixel column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    pub x: f64,
    pub low: f64,
    pub high: f64,
    pub mean: f64,
}

/// Groups `(x, y)` points, sorted by x, by the pixel column `column(x)`. Non-finite values are left out.
pub fn decimate(points: impl IntoIterator<Item = (f64, f64)>, column: impl Fn(f64) -> f64) -> Vec<Band> {
    let mut bands: Vec<(i64, Band, usize)> = Vec::new();
    for (x, y) in points {
        if !y.is_finite() {
            continue;
        }
        let pixel = column(x);
        let key = pixel.round() as i64;
        match bands.last_mut() {
            Some((last, band, count)) if *last == key => {
                band.low = band.low.min(y);
                band.high = band.high.max(y);
                band.mean += y;
                *count += 1;
            }
            _ => bands.push((key, Band { x: pixel, low: y, high: y, mean: y }, 1)),
        }
    }
    bands.into_iter().map(|(_, band, count)| Band { mean: band.mean / count as f64, ..band }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_extremes() {
        let bands = decimate([(0.0, 1.0), (0.2, 5.0), (1.0, 2.0), (1.1, f64::NAN)], |x| x);
        assert_eq!(bands.len(), 2);
        assert_eq!(bands[0], Band { x: 0.0, low: 1.0, high: 5.0, mean: 3.0 });
        assert_eq!(bands[1].mean, 2.0);
    }
}
