//! The K largest magnitudes of many entries, without a sort and in about one pass: a sample says between which two
//! magnitudes the K-th largest lies, one pass settles everything above and below them, and only what lies between (one
//! entry in a hundred) is selected from. After Floyd, Rivest (1975).

use super::{SetError, scan};
use crate::random::Random;

/// Entries the sample takes; fewer than four times as many are all selected from.
const SAMPLE: usize = 1 << 16;
/// Entries that are worked on side by side.
const LANES: usize = 8;
/// Where fewer than one entry in so many is among the largest, most [`LANES`] entries hold none and are passed over.
const RARE: usize = 50;
/// Σ|gᵢ| in parts; more of them would not fit into the registers beside the rest.
type Sums = [f64; 4];
/// Standard deviations of a sampled rank that the K-th entry may be off. Should it be further off than that (1 in 80),
/// the pass is repeated with the next; the last one takes in everything.
const SPREADS: [f64; 3] = [2.5, 12.0, f64::INFINITY];

/// Writes −`radius`·sign(gᵢ) on the K largest |gᵢ| (ties to the lowest index; a zero stays 0) and 0 elsewhere.
/// Returns whether the gradient is all zero; `v` then says nothing.
///
/// # Errors
/// [`SetError::NotFinite`] if an entry is NaN or ±∞.
pub(super) fn write_signs(g: &[f64], k: usize, radius: f64, v: &mut [f64]) -> Result<bool, SetError> {
    for spread in SPREADS {
        let mut split = Split::new(bracket(g, k, spread), radius);
        if k < g.len() / RARE {
            split.all::<true>(g, v);
        } else {
            split.all::<false>(g, v);
        }
        if scan::all_zero(g, split.sums.iter().sum())? {
            return Ok(true);
        }
        if split.settle(k, v) {
            break;
        }
    }
    Ok(false)
}

/// Two magnitudes between which the `k`-th largest is expected.
fn bracket(g: &[f64], k: usize, spread: f64) -> (f64, f64) {
    if g.len() < 4 * SAMPLE || spread.is_infinite() {
        return (0.0, f64::INFINITY);
    }
    // Always the same entries, so that the same gradient always costs the same.
    let mut random = Random::new(0, g.len() as u64);
    let draw = |_| g.get(random.below(g.len())).map_or(0, |value| order(*value));
    let mut sample: Vec<u64> = (0..SAMPLE).map(draw).collect();
    let share = k as f64 / g.len() as f64;
    let rank = share * SAMPLE as f64;
    let margin = spread * (rank * (1.0 - share)).sqrt() + spread;
    let mut ranked = |rank: f64| {
        if rank < 0.0 {
            f64::INFINITY
        } else if rank >= SAMPLE as f64 {
            0.0
        } else {
            f64::from_bits(*sample.select_nth_unstable(SAMPLE - 1 - rank as usize).1)
        }
    };
    let high = ranked(rank - margin);
    (ranked(rank + margin), high)
}

/// A magnitude as a whole number, which sorts alike and faster.
fn order(value: f64) -> u64 {
    value.abs().to_bits()
}

/// Entries told apart by a bracket.
struct Split {
    low: f64,
    high: f64,
    /// τ.
    size: f64,
    /// Entries above the bracket: they are among the largest.
    above: u64,
    sums: Sums,
    /// Index and value of what lies within, in order.
    within: Vec<(usize, f64)>,
}

impl Split {
    fn new((low, high): (f64, f64), size: f64) -> Self {
        Self { low, high, size, above: 0, sums: Sums::default(), within: Vec::new() }
    }

    /// The pass. `FEW`: hardly anything reaches the bracket. (Two functions, so that each has registers enough.)
    #[inline(never)]
    fn all<const FEW: bool>(&mut self, g: &[f64], v: &mut [f64]) {
        let (from, from_rest) = g.as_chunks::<LANES>();
        let (to, to_rest) = v.as_chunks_mut::<LANES>();
        // In local variables, which stay in registers.
        let (low, high, size) = (self.low, self.high, self.size);
        let (mut sums, mut above) = (Sums::default(), 0);
        for (i, (from, to)) in from.iter().zip(to).enumerate() {
            if FEW && !reaches(from, low) {
                *to = [0.0; LANES];
                add_few(from, &mut sums);
                continue;
            }
            write_few(from, to, high, size, &mut sums);
            let larger = count(from, |value| value > high);
            above += larger;
            if count(from, |value| value >= low) > larger {
                self.keep(i * LANES, from);
            }
        }
        write_few(from_rest, to_rest, high, size, &mut sums);
        self.above = above + count(from_rest, |value| value > high);
        self.sums = sums;
        self.keep(from.len() * LANES, from_rest);
    }

    /// Notes which of a few entries lie within the bracket.
    #[inline(never)]
    fn keep(&mut self, first: usize, g: &[f64]) {
        let within = |value: &f64| (value.abs() >= self.low) & (value.abs() <= self.high);
        let mut places = g.iter().enumerate().fold(0_u32, |bits, (i, value)| bits | u32::from(within(value)) << i);
        while places != 0 {
            let i = places.trailing_zeros() as usize;
            self.within.extend(g.get(i).map(|value| (first + i, *value)));
            places &= places - 1;
        }
    }

    /// Gives the places that are left to the largest entries within the bracket; `false` if the K-th is not there.
    fn settle(&self, k: usize, v: &mut [f64]) -> bool {
        let above = self.above as usize;
        // All of them may lie above, and nothing within.
        if above == k {
            return true;
        }
        if above > k || above + self.within.len() < k {
            return false;
        }
        let left = k - above;
        let mut sizes: Vec<u64> = self.within.iter().map(|(_, value)| order(*value)).collect();
        let last = sizes.len() - left;
        let (_, level, larger) = sizes.select_nth_unstable(last);
        let mut tied = left - larger.iter().filter(|size| *size > level).count();
        let level = f64::from_bits(*level);
        for (i, value) in &self.within {
            let size = value.abs();
            let chosen = size > level || (size == level && tied > 0);
            if !chosen {
                continue;
            }
            tied -= usize::from(size == level);
            if let (true, Some(entry)) = (size > 0.0, v.get_mut(*i)) {
                *entry = self.size.copysign(-value);
            }
        }
        true
    }
}

/// Writes `size`, with the sign turned against the gradient's, where a magnitude is above `high`, and 0 elsewhere. No
/// branch depends on an entry: it would be guessed wrong half the time.
#[inline(always)]
fn write_few(g: &[f64], v: &mut [f64], high: f64, size: f64, sums: &mut Sums) {
    for (entry, value) in v.iter_mut().zip(g) {
        let kept = if value.abs() > high { u64::MAX } else { 0 };
        *entry = f64::from_bits(size.copysign(-value).to_bits() & kept);
    }
    add_few(g, sums);
}

/// Adds magnitudes up in parts.
#[inline(always)]
fn add_few(g: &[f64], sums: &mut Sums) {
    for (i, value) in g.iter().enumerate() {
        if let Some(sum) = sums.get_mut(i % 4) {
            *sum += value.abs();
        }
    }
}

/// Whether any magnitude is at least `low`, without a branch an entry.
#[inline(always)]
fn reaches(g: &[f64; LANES], low: f64) -> bool {
    g.iter().fold(0, |any, value| any | if value.abs() >= low { u64::MAX } else { 0 }) != 0
}

/// How many magnitudes are as asked.
#[inline(always)]
fn count(g: &[f64], asked: impl Fn(f64) -> bool) -> u64 {
    g.iter().map(|value| u64::from(asked(value.abs()))).sum()
}
