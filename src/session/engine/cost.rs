//! What one call of a set's oracle or projection takes here: the slice form, on entries that are always the same, timed
//! by the engine's clock. It runs in the worker, so the page is free meanwhile, and nothing waits but the next command.

use super::{Clock, EngineError};
use crate::random::Random;
use crate::sets::{SetError, SetId, SetShape};

/// The largest side of a matrix that is timed.
const MOST_SIDE: u32 = 1000;
/// Short calls are repeated until they have taken this long together, in milliseconds.
const ENOUGH: f64 = 3.0;
/// Calls of one measurement at most, for a clock that stands still.
const MOST_CALLS: u32 = 1 << 20;
/// Entries of the gradient, and of the point that is projected, lie between ± this: far outside a set of radius 1.
const RANGE: f64 = 2.0;

/// Milliseconds of one call of the oracle or the projection of the set `key` at `side`² entries, which are a square
/// matrix to the sets that need one. The set has radius 1; K is a tenth of the entries.
///
/// # Errors
/// [`EngineError::Set`] if there is no such set, or none of this size.
pub(super) fn cost(key: &str, side: u32, oracle: bool, clock: Clock) -> Result<f64, EngineError> {
    let id = SetId::parse(key)?;
    if !(1..=MOST_SIDE).contains(&side) {
        let most = MOST_SIDE * MOST_SIDE;
        let range = format!("between 1 and {most}");
        let found = f64::from(side) * f64::from(side);
        return Err(SetError::Parameter { what: "the number of entries", range, found }.into());
    }
    let n = (side * side) as usize;
    let set = id.entry().build(&SetShape { k: (n / 10).max(1), ..SetShape::default() }, n)?;
    let mut random = Random::new(1, 0);
    let numbers: Vec<f64> = (0..n).map(|_| random.symmetric(RANGE)).collect();
    let mut out = vec![0.0; n];
    if !oracle {
        let mut project = || {
            out.copy_from_slice(&numbers);
            set.project(&mut out);
        };
        return Ok(time(&mut project, clock));
    }
    let x = set.centre(n);
    let mut failed = None;
    let milliseconds = time(&mut || failed = set.lmo(&numbers, &x, &mut out).err(), clock);
    failed.map_or(Ok(milliseconds), |error| Err(error.into()))
}

/// Milliseconds of one call; a short one is repeated, and its first time does not count: it fills the caches.
fn time(call: &mut dyn FnMut(), clock: Clock) -> f64 {
    let first = spent(call, 1, clock);
    if first >= ENOUGH {
        return first;
    }
    let mut calls = 1;
    loop {
        let all = spent(call, calls, clock);
        if all >= ENOUGH || calls >= MOST_CALLS {
            return all / f64::from(calls);
        }
        calls *= 2;
    }
}

/// Milliseconds of some calls.
fn spent(call: &mut dyn FnMut(), calls: u32, clock: Clock) -> f64 {
    let begun = clock();
    for _ in 0..calls {
        call();
    }
    clock() - begun
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::OnceLock;
    use std::time::Instant;

    fn clock() -> f64 {
        static BEGUN: OnceLock<Instant> = OnceLock::new();
        BEGUN.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
    }

    #[test]
    fn every_set_of_many_sizes_is_timed() {
        for set in SetId::all().filter(|set| (set.entry().supports)(9) && (set.entry().supports)(100)) {
            for (side, oracle) in [(3, true), (3, false), (10, true), (10, false)] {
                let milliseconds = cost(set.key(), side, oracle, clock).unwrap();
                let what = format!("{} at side {side}, oracle {oracle}: {milliseconds} ms", set.key());
                assert!(milliseconds > 0.0 && milliseconds < 1e4, "{what}");
            }
        }
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        for (key, side) in [("potato", 3), ("", 3), ("l1", 0), ("l1", 1001), ("l2", u32::MAX), ("polygon", 3)] {
            for oracle in [true, false] {
                assert!(matches!(cost(key, side, oracle, clock), Err(EngineError::Set(_))), "{key}, side {side}");
            }
        }
    }

    #[test]
    fn a_clock_that_stands_still_ends_the_measurement() {
        assert_eq!(time(&mut || {}, || 0.0), 0.0);
    }
}
