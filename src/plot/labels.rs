//! Text beside curves: labels that do not overlap, and tick numbers as short as they can be.

use super::{integer, scientific};

/// Moves label places apart until neighbours are at least `gap` from each other and all lie within `range`,
/// changing the places as little as possible in the sense of least squares. Order is kept; equal places keep
/// the order they came in. If the range is too short for all of them, they share it evenly.
///
/// With z_i = y_i − i·gap over the sorted places this is isotonic regression, solved exactly by pooling
/// adjacent violators (Ayer, Brunk, Ewing, Reid, Silverman 1955); clamping keeps it optimal.
pub fn spread(places: &[f64], gap: f64, range: (f64, f64)) -> Vec<f64> {
    let count = places.len();
    if count == 0 {
        return Vec::new();
    }
    let room = (range.1 - range.0).max(0.0);
    let gap = if count > 1 { gap.min(room / (count - 1) as f64) } else { 0.0 };
    let value = |i: usize| places.get(i).copied().filter(|y| y.is_finite()).unwrap_or(range.1);
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| value(a).total_cmp(&value(b)));

    // Blocks of pooled labels: mean of z and size.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (rank, &i) in order.iter().enumerate() {
        let mut block = (value(i) - rank as f64 * gap, 1);
        while let Some(&(mean, size)) = blocks.last() {
            if mean <= block.0 {
                break;
            }
            blocks.pop();
            let total = size + block.1;
            block = ((mean * size as f64 + block.0 * block.1 as f64) / total as f64, total);
        }
        blocks.push(block);
    }
    let highest = range.1 - (count - 1) as f64 * gap;
    let pooled = blocks.iter().flat_map(|&(mean, size)| std::iter::repeat_n(mean, size));
    let mut moved = vec![range.0; count];
    for (rank, (&i, z)) in order.iter().zip(pooled).enumerate() {
        if let Some(place) = moved.get_mut(i) {
            *place = z.min(highest).max(range.0) + rank as f64 * gap;
        }
    }
    moved
}

/// A tick value as it stands at an axis: no trailing zeros, thousands grouped, powers of ten far from one.
pub fn tick(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { "–".into() };
    }
    if !(1e-4..1e6).contains(&size) {
        return scientific(value);
    }
    let sign = if value < 0.0 { "−" } else { "" };
    if size >= 1000.0 {
        return format!("{sign}{}", integer(size.round() as u64));
    }
    let text = format!("{size:.5}");
    format!("{sign}{}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_far_apart_stay() {
        assert_eq!(spread(&[80.0, 10.0, 40.0], 14.0, (0.0, 100.0)), [80.0, 10.0, 40.0]);
    }

    #[test]
    fn labels_that_touch_move_apart_evenly() {
        assert_eq!(spread(&[50.0, 50.0], 14.0, (0.0, 100.0)), [43.0, 57.0]);
        let three = spread(&[51.0, 50.0, 49.0], 10.0, (0.0, 100.0));
        assert_eq!(three, [60.0, 50.0, 40.0]);
    }

    #[test]
    fn labels_stay_in_range_and_share_what_there_is() {
        assert_eq!(spread(&[99.0, 99.0], 14.0, (0.0, 100.0)), [86.0, 100.0]);
        assert_eq!(spread(&[-5.0], 14.0, (0.0, 100.0)), [0.0]);
        assert_eq!(spread(&[5.0, 6.0, 7.0], 14.0, (0.0, 20.0)), [0.0, 10.0, 20.0]);
        assert!(spread(&[], 14.0, (0.0, 1.0)).is_empty());
    }

    #[test]
    fn neighbours_keep_their_distance_whatever_comes_in() {
        let places: Vec<f64> = (0u32..9).map(|i| f64::from(i * i * 7 % 11) * 8.0).chain([f64::NAN]).collect();
        let mut moved = spread(&places, 12.0, (0.0, 200.0));
        moved.sort_by(f64::total_cmp);
        assert!(moved.windows(2).all(|pair| pair[1] - pair[0] >= 12.0 - 1e-9), "{moved:?}");
        assert!(moved[0] >= 0.0 && moved[9] <= 200.0 + 1e-9);
    }

    #[test]
    fn ticks_are_short() {
        let texts: Vec<String> = [0.5, 0.001, 2.0, 1500.0, 0.0, -2.5, 1e-6].map(tick).into();
        assert_eq!(texts, ["0.5", "0.001", "2", "1,500", "0", "−2.5", "1.0×10⁻⁶"]);
    }
}
