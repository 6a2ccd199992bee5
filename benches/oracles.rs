//! What an oracle costs on ten million entries, as a ratio to one pass that reads the gradient and writes the vertex:
//! the least that any of them could cost. Both write into memory that has been written before, and all take turns in
//! one process, so that a busy machine slows them alike.
//!
//! `cargo bench --bench oracles`; fails if one of them costs more than two passes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use fwlab::random::Random;
use fwlab::sets::{ConstraintSet, SetId, SetShape};

/// Entries: 10⁷ less 64, so that 3 × 3 kernels and filters of 32 such kernels divide it.
const N: usize = 9 * 32 * 34_722;
/// Turns; the median of each oracle's times counts.
const TURNS: usize = 15;
/// How many passes an oracle may cost.
const LIMIT: f64 = 2.0;

/// The sets of the table: what they are called, key and shape.
fn oracles() -> Vec<(&'static str, Box<dyn ConstraintSet>)> {
    let plain = SetShape { radius: 1.5, ..SetShape::default() };
    let sparse = |k: usize| SetShape { k, ..plain.clone() };
    let groups = |group: usize| SetShape { group, ..plain.clone() };
    let rows = [
        ("L1 ball", "l1", plain.clone()),
        ("L2 ball", "l2", plain.clone()),
        ("L∞ ball", "linf", plain.clone()),
        ("unit simplex", "simplex", plain.clone()),
        ("probability simplex", "probability-simplex", plain.clone()),
        ("K-sparse, K = 10", "k-sparse", sparse(10)),
        ("K-sparse, K = 1 %", "k-sparse", sparse(N / 100)),
        ("K-sparse, K = 15 %", "k-sparse", sparse(N * 15 / 100)),
        ("groups: 3 × 3 kernels", "group-lasso", groups(9)),
        ("groups: filters of 288", "group-lasso", groups(288)),
    ];
    rows.map(|(name, key, shape)| (name, SetId::parse(key).unwrap().entry().build(&shape, N).unwrap())).into()
}

/// The pass to compare with.
fn one_pass(g: &[f64], v: &mut [f64]) {
    for (vertex, value) in v.iter_mut().zip(g) {
        *vertex = -1.5 * value;
    }
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() -> ExitCode {
    let mut random = Random::new(1, 0);
    // About normal: entries of a gradient are rarely large.
    let g: Vec<f64> = (0..N).map(|_| (0..3).map(|_| random.symmetric(1.0)).sum()).collect();
    let x = vec![0.0; N];
    let mut v = vec![1.0; N];

    let oracles = oracles();
    let mut passes = Vec::new();
    let mut times = vec![Vec::new(); oracles.len()];
    for _ in 0..TURNS {
        passes.push(milliseconds(|| one_pass(black_box(&g), black_box(&mut v))));
        for ((_, set), times) in oracles.iter().zip(&mut times) {
            times.push(milliseconds(|| set.lmo(black_box(&g), &x, black_box(&mut v)).unwrap()));
        }
    }

    let pass = median(&mut passes);
    println!("oracles on {N} entries (f64), median of {TURNS} turns, limit {LIMIT} ×");
    println!("{:24} {:>8} {:>8}", "", "ms", "passes");
    println!("{:24} {pass:8.2} {:8.2}", "one pass", 1.0);
    let mut over = 0;
    for ((name, _), times) in oracles.iter().zip(&mut times) {
        let time = median(times);
        let ratio = time / pass;
        let mark = if ratio > LIMIT { "over the limit" } else { "" };
        over += usize::from(ratio > LIMIT);
        println!("{name:24} {time:8.2} {ratio:8.2} {mark}");
    }
    println!("{} of {} within the limit", oracles.len() - over, oracles.len());
    if over == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
