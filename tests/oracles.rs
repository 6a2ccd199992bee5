//! Oracles on many entries, where they work in lanes, blocks and samples: against the plain definition.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fwlab::random::Random;
use fwlab::sets::{ConstraintSet, SetError, SetId, SetShape, norm};

const TAU: f64 = 1.5;

fn build(key: &str, shape: SetShape, n: usize) -> Box<dyn ConstraintSet> {
    SetId::parse(key).unwrap().entry().build(&SetShape { radius: TAU, ..shape }, n).unwrap()
}

fn oracle(key: &str, shape: SetShape, g: &[f64]) -> Vec<f64> {
    let mut v = vec![f64::NAN; g.len()];
    build(key, shape, g.len()).lmo(g, &vec![0.0; g.len()], &mut v).unwrap();
    v
}

fn plain() -> SetShape {
    SetShape::default()
}

/// Gradients of all sorts: random, few levels (ties), mostly zero, of very different size, sorted.
fn gradients(random: &mut Random, n: usize) -> Vec<Vec<f64>> {
    let mut each = |entry: &dyn Fn(&mut Random) -> f64| -> Vec<f64> { (0..n).map(|_| entry(random)).collect() };
    let mut all = vec![
        each(&|random| random.symmetric(3.0)),
        each(&|random| random.below(7) as f64 - 3.0),
        each(&|random| if random.below(100) == 0 { random.symmetric(1.0) } else { 0.0 }),
        each(&|random| random.symmetric(30.0).exp() * random.symmetric(1.0).signum()),
        vec![-2.0; n],
    ];
    let mut sorted = all[0].clone();
    sorted.sort_unstable_by(f64::total_cmp);
    all.push(sorted);
    all.retain(|g| g.iter().any(|value| *value != 0.0));
    all
}

/// −τ·sign on the K largest, ties to the lowest index, by a full sort.
fn top(g: &[f64], k: usize) -> Vec<f64> {
    let mut order: Vec<usize> = (0..g.len()).collect();
    order.sort_by(|i, j| g[*j].abs().total_cmp(&g[*i].abs()).then(i.cmp(j)));
    let mut v = vec![0.0; g.len()];
    for &i in order.iter().take(k).filter(|i| g[**i] != 0.0) {
        v[i] = -TAU * g[i].signum();
    }
    v
}

#[test]
fn k_sparse_without_a_sort_is_k_sparse_with_one() {
    let mut random = Random::new(1, 0);
    // Around the lanes, and on both sides of the length from which a sample is taken.
    for n in [1, 2, 7, 8, 9, 100, 2049, 131_071, 131_072, 150_001] {
        for g in gradients(&mut random, n) {
            let mut counts = vec![1, 2, n / 100, n / 7, n / 2, n - 1, n];
            counts.retain(|k| (1..=n).contains(k));
            counts.dedup();
            for k in counts {
                let found = oracle("k-sparse", SetShape { k, ..plain() }, &g);
                assert!(found == top(&g, k), "n={n} K={k}, g begins {:?}", &g[..n.min(5)]);
            }
        }
    }
}

#[test]
fn a_sample_that_misleads_costs_time_and_not_the_answer() {
    // Small exactly where the oracle looks, large everywhere else.
    let n = 140_000;
    let mut random = Random::new(2, 0);
    let mut g: Vec<f64> = (0..n).map(|_| 5.0 + random.symmetric(1.0)).collect();
    let mut looked = Random::new(0, n as u64);
    for _ in 0..1 << 15 {
        g[looked.below(n)] *= 1e-3;
    }
    for k in [1, n / 50, n / 2, n - 10] {
        assert!(oracle("k-sparse", SetShape { k, ..plain() }, &g) == top(&g, k), "K={k}");
    }
}

#[test]
fn one_coordinate_is_the_first_of_the_largest() {
    let mut random = Random::new(3, 0);
    for n in [1, 7, 8, 9, 2047, 2048, 2049, 10_000] {
        for g in gradients(&mut random, n) {
            assert!(oracle("l1", plain(), &g) == top(&g, 1), "l1 n={n}");
            let lowest = (0..n).min_by(|i, j| g[*i].total_cmp(&g[*j]).then(i.cmp(j))).unwrap();
            let mut corner = vec![0.0; n];
            if g[lowest] < 0.0 {
                corner[lowest] = TAU;
            }
            assert!(oracle("simplex", plain(), &g) == corner, "simplex n={n}");
            if n >= 2 {
                // −0 and 0 tie, which a total order tells apart.
                let first = g.iter().position(|value| *value == g[lowest]).unwrap();
                corner.fill(0.0);
                corner[first] = TAU;
                assert!(oracle("probability-simplex", plain(), &g) == corner, "probability simplex n={n}");
            }
        }
    }
}

#[test]
fn round_and_square_balls_agree_with_their_formulas() {
    let mut random = Random::new(4, 0);
    for n in [1, 7, 8, 9, 1000] {
        for g in gradients(&mut random, n) {
            let signs: Vec<f64> = g.iter().map(|value| if *value > 0.0 { -TAU } else { TAU }).collect();
            assert!(oracle("linf", plain(), &g) == signs, "linf n={n}");
            let largest = g.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
            for scale in [1.0, 1e-160 / largest, 1e160 / largest, 1e-300 / largest] {
                let scaled: Vec<f64> = g.iter().map(|value| value * scale).collect();
                let (round, whole) =
                    (oracle("l2", plain(), &scaled), norm(&g.iter().map(|v| v / largest).collect::<Vec<_>>()));
                for (found, value) in round.iter().zip(&g) {
                    assert!((found + TAU * value / largest / whole).abs() < 1e-12, "l2 n={n} scale {scale}");
                }
            }
        }
    }
}

#[test]
fn the_longest_group_is_found_by_either_way_of_adding_up() {
    let mut random = Random::new(5, 0);
    for group in [1, 2, 9, 31, 32, 33, 100] {
        let n = group * 50;
        for g in gradients(&mut random, n) {
            let v = oracle("group-lasso", SetShape { group, ..plain() }, &g);
            let length = |i: usize| norm(&g[i * group..(i + 1) * group]);
            let longest = (0..50).map(length).fold(0.0, f64::max);
            let chosen = (0..50).find(|&i| length(i) >= longest * (1.0 - 1e-9)).unwrap();
            for (i, (found, value)) in v.iter().zip(&g).enumerate() {
                let expected = if i / group == chosen { -TAU * value / longest } else { 0.0 };
                assert!((found - expected).abs() < 1e-9, "groups of {group}: entry {i}");
            }
        }
    }
}

#[test]
fn what_is_no_number_is_found_wherever_it_hides() {
    let n = 140_000;
    let keys = ["l1", "l2", "linf", "simplex", "probability-simplex", "k-sparse", "group-lasso"];
    for key in keys {
        let set = build(key, SetShape { k: 700, group: 7, ..plain() }, n);
        let (x, mut v) = (vec![0.25; n], vec![0.0; n]);
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for place in [0, 9, 2048, n / 2, n - 1] {
                let mut g = vec![0.5; n];
                g[place] = bad;
                assert_eq!(set.lmo(&g, &x, &mut v), Err(SetError::NotFinite), "{key}: {bad} at {place}");
            }
        }
        // All zero: no move. Finite entries that add up to ∞ are numbers all the same.
        set.lmo(&vec![-0.0; n], &x, &mut v).unwrap();
        assert!(v == x, "{key} moves without a gradient");
        set.lmo(&vec![1e308; n], &x, &mut v).unwrap();
        assert!(v.iter().all(|value| value.is_finite()) && v != x, "{key} at 1e308");
    }
}
