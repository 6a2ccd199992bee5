//! Sliders and number entries: which values a slider stops at, how a number is written into its field, how a
//! typed one is read. Pure, so that it is tested without a browser.
//!
//! A slider over several powers of ten stops at round values spaced by ratio (1, 1.1, 1.2, … 9, 10, 11, …): each
//! arrow press changes the value by about a tenth, and every stop is a number one would type.

/// Mantissas of the round values in tens: neighbours differ by 6 to 15 %.
const ROUND: [u32; 24] =
    [10, 11, 12, 13, 15, 16, 18, 20, 22, 25, 28, 30, 32, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 90];

/// The stops of a slider, numbered from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Slider {
    stops: Stops,
}

#[derive(Debug, Clone, PartialEq)]
enum Stops {
    Even { min: f64, max: f64, step: f64 },
    Listed(Vec<f64>),
}

impl Slider {
    /// Stops at min, min + step, …, max. A step that is not positive becomes a hundredth of the range.
    pub fn even(min: f64, max: f64, step: f64) -> Self {
        let step = if step > 0.0 { step } else { (max - min) / 100.0 };
        Self { stops: Stops::Even { min, max, step } }
    }

    /// Stops at round values spaced by ratio, from `min` > 0 to `max`; `whole` keeps integers only and adds the
    /// powers of two, in which batch sizes are usually given.
    pub fn ratio(min: f64, max: f64, whole: bool) -> Self {
        let mut stops = vec![min];
        let inside = |value: &f64| *value > min && *value < max;
        let first = min.max(f64::MIN_POSITIVE).log10().floor() as i32;
        let last = max.max(f64::MIN_POSITIVE).log10().floor() as i32;
        for exponent in first..=last {
            // An exact integer divided or multiplied by an exact power of ten: the nearest double of the decimal.
            let power = exponent - 1;
            let scale = 10f64.powi(power.abs());
            let round = ROUND.map(f64::from).map(|m| if power < 0 { m / scale } else { m * scale });
            stops.extend(round.into_iter().filter(inside));
        }
        if whole {
            stops.extend((0..31).map(|e| f64::from(1u32 << e)).filter(inside));
            stops.iter_mut().for_each(|value| *value = value.round());
        }
        stops.push(max);
        stops.sort_by(f64::total_cmp);
        stops.dedup();
        Self { stops: Stops::Listed(stops) }
    }

    /// Number of the last stop.
    pub fn last(&self) -> usize {
        match &self.stops {
            Stops::Even { min, max, step } => ((max - min) / step).round().clamp(1.0, 1e6) as usize,
            Stops::Listed(stops) => stops.len().saturating_sub(1),
        }
    }

    /// The value at a stop; beyond the last one, the largest.
    pub fn value(&self, stop: usize) -> f64 {
        match &self.stops {
            // Rounded to a millionth: 0.30000000000000004 is not a number anybody means.
            Stops::Even { min, max, step } => (((min + stop as f64 * step) * 1e6).round() / 1e6).clamp(*min, *max),
            Stops::Listed(stops) => stops.get(stop).or(stops.last()).copied().unwrap_or(0.0),
        }
    }

    /// The stop nearest to a value: by difference, or by ratio where the stops are spaced by ratio.
    pub fn stop(&self, value: f64) -> usize {
        match &self.stops {
            Stops::Even { min, step, .. } => (((value - min) / step).round().max(0.0) as usize).min(self.last()),
            Stops::Listed(stops) => {
                let place = |value: f64| value.max(f64::MIN_POSITIVE).ln();
                let target = place(value);
                let distance = |stop: &f64| (place(*stop) - target).abs();
                let nearest = stops.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
                nearest.map_or(0, |(index, _)| index)
            }
        }
    }
}

/// `value` as it stands in its field: fixed decimals, or two significant digits for values spaced by ratio; in
/// full where that would hide something.
pub fn entry_text(value: f64, decimals: usize, ratio: bool) -> String {
    let places = if ratio && value > 0.0 {
        let wanted = 1 - value.log10().floor() as i32;
        wanted.clamp(0, decimals as i32) as usize
    } else {
        decimals
    };
    let short = format!("{value:.places$}");
    if crate::number::parse(&short) == Some(value) { short } else { format!("{value}") }
}

/// A typed number with the digits and signs a computer reads: full-width forms and the true minus become plain,
/// grouping commas and spaces go.
pub fn plain_number(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，' | '、'))
        .map(|c| match c {
            '．' | '。' => '.',
            '−' | '－' | 'ー' => '-',
            '＋' => '+',
            '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stop_is_its_own() {
        let sliders = [
            Slider::even(0.0, 0.99, 0.01),
            Slider::even(0.0, 32.0, 0.25),
            Slider::ratio(1e-4, 2.0, false),
            Slider::ratio(0.1, 300.0, false),
            Slider::ratio(1.0, 1024.0, true),
            Slider::ratio(10.0, 20_000.0, true),
        ];
        for slider in sliders {
            for stop in 0..=slider.last() {
                assert_eq!(slider.stop(slider.value(stop)), stop, "{slider:?}");
                assert!(stop == 0 || slider.value(stop) > slider.value(stop - 1), "{slider:?} at {stop}");
            }
        }
    }

    #[test]
    fn stops_are_round_and_reach_both_ends() {
        let rate = Slider::ratio(1e-4, 2.0, false);
        assert_eq!((rate.value(0), rate.value(1), rate.value(rate.last())), (1e-4, 1.1e-4, 2.0));
        assert_eq!(rate.value(rate.stop(0.3)), 0.3);
        let batch = Slider::ratio(1.0, 1024.0, true);
        assert_eq!((batch.value(0), batch.value(1), batch.value(batch.last())), (1.0, 2.0, 1024.0));
        assert_eq!(batch.value(batch.stop(64.0)), 64.0);
        let momentum = Slider::even(0.0, 0.99, 0.01);
        assert_eq!((momentum.last(), momentum.value(30)), (99, 0.3));
    }

    #[test]
    fn values_beyond_the_ends_stay_at_them() {
        let slider = Slider::ratio(0.1, 300.0, false);
        assert_eq!((slider.stop(0.0), slider.stop(1e9)), (0, slider.last()));
        assert_eq!(slider.value(usize::MAX), 300.0);
        assert_eq!(Slider::even(0.0, 1.0, 0.1).stop(f64::NAN), 0);
    }

    #[test]
    fn ratio_stops_are_evenly_spaced_in_ratio() {
        let slider = Slider::ratio(0.1, 300.0, false);
        for stop in 1..=slider.last() {
            let ratio = slider.value(stop) / slider.value(stop - 1);
            assert!((1.05..1.16).contains(&ratio), "{ratio} at {}", slider.value(stop));
        }
    }

    #[test]
    fn entries_are_short_and_hide_nothing() {
        assert_eq!(entry_text(0.3, 4, true), "0.30");
        assert_eq!(entry_text(0.0012, 4, true), "0.0012");
        assert_eq!(entry_text(3.0, 2, true), "3.0");
        assert_eq!(entry_text(64.0, 0, true), "64");
        assert_eq!(entry_text(0.123456, 4, true), "0.123456");
        assert_eq!(entry_text(4.0, 2, false), "4.00");
    }

    #[test]
    fn typed_numbers_are_read_in_either_script() {
        assert_eq!(plain_number(" ０．２５ "), "0.25");
        assert_eq!(plain_number("−1,500"), "-1500");
        assert_eq!(plain_number("many"), "many");
    }
}
