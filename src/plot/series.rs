//! Series over training steps: means that do not hide, best values, places on a logarithmic time axis.

/// Where step `t` stands on a logarithmic axis. Step 0 has no logarithm; it gets a place of its own, half a
/// factor left of step 1, and the axis labels it 0.
pub fn log_step(t: u32) -> f64 {
    if t == 0 { STEP_ZERO } else { f64::from(t) }
}

/// The place of step 0, see [`log_step`].
pub const STEP_ZERO: f64 = 0.5;

/// The step at a place on that axis.
pub fn step_at(place: f64) -> u32 {
    if place < (STEP_ZERO).sqrt() || !place.is_finite() { 0 } else { place.round().max(1.0) as u32 }
}

/// Ticks of that axis up to `last`: 0, the powers of ten below, and `last` itself; a power of ten that would
/// touch `last` is left out.
pub fn step_ticks(last: u32) -> Vec<u32> {
    let mut ticks = vec![0, 1];
    let mut power: u32 = 10;
    while power < last {
        if f64::from(last) / f64::from(power) > 2.5 {
            ticks.push(power);
        }
        match power.checked_mul(10) {
            Some(next) => power = next,
            None => break,
        }
    }
    if last > 1 {
        ticks.push(last);
    }
    ticks
}

/// Mean of the values at steps in ((1−share)·t, t], for every point `(t, y)`, sorted by t. On a logarithmic
/// axis that window has the same width in pixels everywhere. Values that are not finite are left out of it.
pub fn trailing_mean(points: &[(f64, f64)], share: f64) -> Vec<(f64, f64)> {
    let mut first = 0;
    let (mut sum, mut count) = (0.0, 0usize);
    let mut means = Vec::with_capacity(points.len());
    for &(t, y) in points {
        if y.is_finite() {
            sum += y;
            count += 1;
        }
        while let Some(&(start, old)) = points.get(first) {
            if start > (1.0 - share) * t || start >= t {
                break;
            }
            if old.is_finite() {
                sum -= old;
                count -= 1;
            }
            first += 1;
        }
        // An empty window starts afresh, so that rounding errors do not pile up.
        if count == 0 {
            sum = 0.0;
        }
        means.push((t, if count == 0 { f64::NAN } else { sum / count as f64 }));
    }
    means
}

/// Mean over all steps so far of a quantity measured now and then: each measurement stands for the steps up to
/// the next one. This is the left side (1/T)·Σ G(θₜ) of the convergence theorems, as well as it can be known.
pub fn mean_so_far(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut before: Option<(f64, f64)> = None;
    let mut means = Vec::with_capacity(points.len());
    for &(t, y) in points.iter().filter(|(_, y)| y.is_finite()) {
        if let Some((last_t, last_y)) = before {
            let steps = (t - last_t).max(0.0);
            sum += last_y * steps;
            weight += steps;
        }
        means.push((t, (sum + y) / (weight + 1.0)));
        before = Some((t, y));
    }
    means
}

/// Smallest value so far, finite points only.
pub fn best_so_far(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut best = f64::INFINITY;
    let finite = points.iter().filter(|(_, y)| y.is_finite());
    finite
        .map(|&(t, y)| {
            best = best.min(y);
            (t, best)
        })
        .collect()
}

/// Corners of a staircase that keeps each value until the next point.
pub fn staircase(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::with_capacity(2 * points.len());
    for &(x, y) in points {
        if let Some(&(_, last)) = corners.last()
            && last != y
        {
            corners.push((x, last));
        }
        corners.push((x, y));
    }
    corners
}

/// |w| from largest to smallest at about `count` ranks, first and last included: `(rank, |w|)`, ranks from 0.
/// Non-finite weights count as 0.
pub fn sorted_magnitudes(weights: &[f32], count: usize) -> Vec<(usize, f32)> {
    let mut sizes: Vec<f32> = weights.iter().map(|w| if w.is_finite() { w.abs() } else { 0.0 }).collect();
    sizes.sort_unstable_by(|a, b| b.total_cmp(a));
    let last = sizes.len().saturating_sub(1);
    let count = count.max(2).min(sizes.len());
    let rank = |i: usize| if count < 2 { 0 } else { (i * last + (count - 1) / 2) / (count - 1) };
    (0..count).map(rank).filter_map(|rank| sizes.get(rank).map(|size| (rank, *size))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_zero_has_a_place_of_its_own() {
        for t in [0, 1, 2, 7, 1500] {
            assert_eq!(step_at(log_step(t)), t);
        }
        assert_eq!(step_at(f64::NAN), 0);
        assert_eq!(step_ticks(1500), [0, 1, 10, 100, 1500]);
        assert_eq!(step_ticks(200), [0, 1, 10, 200]);
        assert_eq!(step_ticks(1), [0, 1]);
        assert!(step_ticks(u32::MAX).len() < 14);
    }

    #[test]
    fn a_trailing_mean_widens_with_time_and_skips_nan() {
        let points: Vec<(f64, f64)> = (1..=100).map(|t| (f64::from(t), f64::from(t))).collect();
        let means = trailing_mean(&points, 0.1);
        assert_eq!(means[0], (1.0, 1.0));
        // Window (90, 100]: 91 … 100.
        assert!((means[99].1 - 95.5).abs() < 1e-9);
        let gaps = trailing_mean(&[(1.0, f64::NAN), (2.0, 4.0), (3.0, f64::NAN)], 0.9);
        assert!(gaps[0].1.is_nan());
        assert_eq!(gaps[1].1, 4.0);
        assert_eq!(gaps[2].1, 4.0);
    }

    #[test]
    fn a_mean_so_far_weighs_by_steps() {
        // 4 at steps 0 … 9, 1 at step 10: (40 + 1)/11.
        let means = mean_so_far(&[(0.0, 4.0), (5.0, f64::NAN), (10.0, 1.0)]);
        assert_eq!(means, [(0.0, 4.0), (10.0, 41.0 / 11.0)]);
    }

    #[test]
    fn best_values_only_fall() {
        let best = best_so_far(&[(0.0, 3.0), (1.0, 5.0), (2.0, f64::NAN), (3.0, 1.0)]);
        assert_eq!(best, [(0.0, 3.0), (1.0, 3.0), (3.0, 1.0)]);
        assert_eq!(staircase(&best), [(0.0, 3.0), (1.0, 3.0), (3.0, 3.0), (3.0, 1.0)]);
    }

    #[test]
    fn sorted_weights_keep_both_ends() {
        let sorted = sorted_magnitudes(&[0.5, -3.0, 0.0, 1.0, -2.0], 3);
        assert_eq!(sorted, [(0, 3.0), (2, 1.0), (4, 0.0)]);
        assert_eq!(sorted_magnitudes(&[1.0, f32::NAN], 10), [(0, 1.0), (1, 0.0)]);
        assert!(sorted_magnitudes(&[], 10).is_empty());
        assert_eq!(sorted_magnitudes(&[2.0], 10), [(0, 2.0)]);
    }
}
