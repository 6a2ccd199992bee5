//! Constraint sets against golden values, brute force, random points and their own definitions; and the row
//! form against the slice form. Every check runs over the whole table, so a new set is tested by being in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fwlab::optim::plane::{feasible_start, outline};
use fwlab::random::Random;
use fwlab::sets::{ConstraintSet, SETS, SetEntry, SetError, SetId, SetShape, dot, norm};
use proptest::prelude::*;

type Set = Box<dyn ConstraintSet>;

/// A shape that suits every set: K = 2 and a lopsided pentagon with a corner inside its hull.
fn shape(radius: f64) -> SetShape {
    let corners = vec![[-1.0, -0.4], [0.1, -1.1], [0.0, 0.1], [1.2, -0.2], [0.7, 0.9], [-0.6, 0.8]];
    SetShape { radius, k: 2, corners, ..SetShape::default() }
}

fn build(key: &str, shape: &SetShape, n: usize) -> Set {
    SetId::parse(key).unwrap().entry().build(shape, n).unwrap()
}

/// Sets that see their entries as a matrix, or as groups that are its rows.
const MATRICES: [&str; 3] = ["nuclear", "spectral", "group-lasso"];

/// Shapes worth trying for a set of `n` entries at a radius.
fn shapes(entry: &SetEntry, radius: f64, n: usize) -> Vec<SetShape> {
    match entry.key {
        "lp" => [1.05, 1.5, 2.0, 3.0, 9.0].into_iter().map(|p| SetShape { p, ..shape(radius) }).collect(),
        "k-sparse" | "k-norm" | "k-support" => {
            let mut counts = vec![1, 2, n / 3 + 1, n - 1, n];
            counts.sort_unstable();
            counts.dedup();
            counts.into_iter().filter(|k| (1..=n).contains(k)).map(|k| SetShape { k, ..shape(radius) }).collect()
        }
        key if MATRICES.contains(&key) => (1..=n)
            .filter(|columns| n.is_multiple_of(*columns))
            .map(|columns| SetShape { columns, ..shape(radius) })
            .collect(),
        _ => vec![shape(radius)],
    }
}

/// Small dimensions in which the set exists.
fn dimensions(entry: &SetEntry) -> Vec<usize> {
    let tried: &[usize] = if (entry.supports)(3) { &[2, 3, 6] } else { &[2, 4, 9] };
    tried.iter().copied().filter(|&n| (entry.supports)(n)).collect()
}

/// What messages call a set.
fn name_of(entry: &SetEntry, shape: &SetShape, n: usize) -> String {
    format!("{} n={n} p={} k={} columns={}", entry.key, shape.p, shape.k, shape.columns)
}

/// Visits every set of the table, in several shapes and dimensions, at radius 1.5.
fn each(mut visit: impl FnMut(&str, usize, &dyn ConstraintSet)) {
    for entry in SETS {
        for n in dimensions(entry) {
            for shape in shapes(entry, 1.5, n) {
                let name = name_of(entry, &shape, n);
                visit(&name, n, entry.build(&shape, n).unwrap().as_ref());
            }
        }
    }
}

fn random_vector(random: &mut Random, n: usize, limit: f64) -> Vec<f64> {
    (0..n).map(|_| random.symmetric(limit)).collect()
}

/// The oracle's answer from the set's centre.
fn oracle(set: &dyn ConstraintSet, g: &[f64]) -> Vec<f64> {
    let mut v = vec![f64::NAN; g.len()];
    set.lmo(g, &set.centre(g.len()), &mut v).unwrap();
    v
}

fn projected(set: &dyn ConstraintSet, x: &[f64]) -> Vec<f64> {
    let mut y = x.to_vec();
    set.project(&mut y);
    y
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Whether the set lies in a plane of its own, so that almost no direction stays in it.
fn is_flat(set: &dyn ConstraintSet, n: usize) -> bool {
    let mut beside = set.centre(n);
    beside[0] += 1e-3;
    set.gauge(&beside) > 1.0
}

/// centre + share·(direction up to the boundary); on flat sets, of the direction's part within its plane, which is
/// where the projection takes a short step.
fn towards(set: &dyn ConstraintSet, direction: &[f64], share: f64) -> Vec<f64> {
    let n = direction.len();
    let centre = set.centre(n);
    let mut along = direction.to_vec();
    if is_flat(set, n) {
        let near: Vec<f64> = centre.iter().zip(direction).map(|(c, d)| c + 1e-3 * d).collect();
        along = minus(&projected(set, &near), &centre);
        // Almost along the normal: what is left is rounding, and would be blown up below.
        if norm(&along) < 1e-5 {
            return centre;
        }
    }
    let point: Vec<f64> = centre.iter().zip(&along).map(|(c, d)| c + d).collect();
    let reach = set.gauge(&point).max(1e-300);
    centre.iter().zip(&along).map(|(c, d)| c + share * d / reach).collect()
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= tolerance);
    assert!(close, "{what}: found {found:?}, expected {expected:?}");
}

// ── Golden values ────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn golden_oracles() {
    let g = [3.0, -1.0, 0.5, -2.0];
    let rows: &[(&str, f64, [f64; 4], f64)] = &[
        ("l1", 3.0, [-1.5, 0.0, 0.0, 0.0], -4.5),
        ("l2", 3.0, [-1.192079, 0.397360, -0.198680, 0.794719], -5.662376),
        ("linf", 3.0, [-1.5, 1.5, -1.5, 1.5], -9.75),
        ("lp", 3.0, [-1.232007, 0.711299, -0.502965, 1.005929], -6.670661),
        ("lp", 1.5, [-1.235365, 0.137263, -0.034316, 0.549051], -4.958617),
        ("k-sparse", 3.0, [-1.5, 0.0, 0.0, 1.5], -7.5),
        ("simplex", 3.0, [0.0, 0.0, 0.0, 1.5], -3.0),
        ("probability-simplex", 3.0, [0.0, 0.0, 0.0, 1.5], -3.0),
        ("k-norm", 3.0, [-0.75, 0.75, -0.75, 0.75], -4.875),
        ("k-support", 3.0, [-1.248075, 0.0, 0.0, 0.832050], -5.408327),
        ("permutahedron", 3.0, [1.5, 4.5, 3.0, 6.0], -10.5),
    ];
    for (key, p, vertex, value) in rows {
        let set = build(key, &SetShape { p: *p, ..shape(1.5) }, 4);
        let found = oracle(set.as_ref(), &g);
        assert_close(&found, vertex, 1e-6, key);
        assert!((dot(&g, &found) - value).abs() < 1e-6, "{key} p={p}: {}", dot(&g, &found));
    }
    let rectangle = build("box", &SetShape { aspect: 0.5, ..shape(1.5) }, 4);
    assert_close(&oracle(rectangle.as_ref(), &g), &[-1.5, 0.75, -1.5, 0.75], 0.0, "box");
    let simplex = build("simplex", &shape(1.5), 3);
    assert_close(&oracle(simplex.as_ref(), &[3.0, 1.0, 0.5]), &[0.0; 3], 0.0, "simplex, all uphill");
    let shares = build("probability-simplex", &shape(1.5), 3);
    assert_close(&oracle(shares.as_ref(), &[3.0, 1.0, 0.5]), &[0.0, 0.0, 1.5], 0.0, "no way to the origin");
    let even = [1.0, -1.0, 0.9, -0.8];
    let k_norm = build("k-norm", &shape(1.5), 4);
    assert!((dot(&even, &oracle(k_norm.as_ref(), &even)) + 2.775).abs() < 1e-12);
    assert_close(&oracle(k_norm.as_ref(), &[3.0, -1.0, 0.0, 0.5]), &[-1.5, 0.0, 0.0, 0.0], 0.0, "K-norm on an axis");

    let ranks = build("permutahedron", &shape(1.0), 4);
    assert_eq!(oracle(ranks.as_ref(), &g), [1.0, 3.0, 2.0, 4.0]);
    let costs = [4.0, 1.0, 3.0, 2.0, 0.0, 5.0, 3.0, 2.0, 2.0];
    let birkhoff = build("birkhoff", &shape(1.0), 9);
    let chosen = oracle(birkhoff.as_ref(), &costs);
    assert_eq!(chosen, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    assert!((dot(&costs, &chosen) - 5.0).abs() < 1e-12);
    let nuclear = build("nuclear", &shape(1.5), 9);
    assert!((dot(&costs, &oracle(nuclear.as_ref(), &costs)) + 12.020_825_5).abs() < 1e-6);
}

#[test]
fn golden_projections() {
    let x = [2.0, -1.0, 0.5, 0.2];
    let l1 = build("l1", &shape(1.5), 4);
    let y = projected(l1.as_ref(), &x);
    assert_close(&y, &[1.25, -0.25, 0.0, 0.0], 1e-12, "l1");
    // One oracle call proves a projection; here both sides are 1.125.
    let away = minus(&x, &y);
    let v = oracle(l1.as_ref(), &minus(&y, &x));
    assert!((dot(&away, &v) - 1.125).abs() < 1e-12 && (dot(&away, &y) - 1.125).abs() < 1e-12);

    let simplex = build("simplex", &shape(1.0), 4);
    assert_close(&projected(simplex.as_ref(), &x), &[1.0, 0.0, 0.0, 0.0], 1e-12, "simplex");
    let inside = [0.2, -0.3, 0.1, 0.0];
    assert_close(&projected(simplex.as_ref(), &inside), &[0.2, 0.0, 0.1, 0.0], 0.0, "simplex, clip only");
    let sparse = build("k-sparse", &shape(0.8), 4);
    assert_close(&projected(sparse.as_ref(), &x), &[0.8, -0.65, 0.15, 0.0], 1e-12, "k-sparse");
    let k_norm = build("k-norm", &shape(1.5), 4);
    assert_close(&projected(k_norm.as_ref(), &x), &[7.0 / 6.0, -1.0 / 3.0, 1.0 / 3.0, 0.2], 1e-12, "k-norm");
    let shares = build("probability-simplex", &shape(1.0), 4);
    assert_close(&projected(shares.as_ref(), &x), &[1.0, 0.0, 0.0, 0.0], 1e-12, "probability simplex");
    // From below every entry rises by the same until the sum is right: λ = −7/30.
    let below = [0.2, -0.3, 0.1, 0.0];
    let risen = [13.0 / 30.0, 0.0, 10.0 / 30.0, 7.0 / 30.0];
    assert_close(&projected(shares.as_ref(), &below), &risen, 1e-12, "probability simplex from below");
    let ranks = build("permutahedron", &shape(1.0), 4);
    assert_close(&projected(ranks.as_ref(), &[5.0, 1.0, 0.0, 0.2]), &[4.0, 2.6, 1.6, 1.8], 1e-12, "permutahedron");
    let support = build("k-support", &shape(1.5), 4);
    assert!((support.gauge(&x) - 1.749_920_633_120_891_4).abs() < 1e-12);
    let y = projected(support.as_ref(), &x);
    assert_close(
        &y,
        &[1.310_076_780_750_456_4, -0.615_273_468_971_714_4, 0.115_273_468_971_714_46, 0.0],
        1e-9,
        "k-support",
    );
}

// ── Oracles against brute force ──────────────────────────────────────────────────────────────────────────

/// Every corner of a polytope at radius 1.5 by enumeration; `None` for round sets.
fn corners(key: &str, k: usize, n: usize) -> Option<Vec<Vec<f64>>> {
    let patterns = (0..3_usize.pow(n as u32))
        .map(|code| -> Vec<f64> { (0..n).map(|i| (code / 3_usize.pow(i as u32) % 3) as f64 - 1.0).collect() });
    let support = |pattern: &Vec<f64>| pattern.iter().filter(|entry| **entry != 0.0).count();
    let scaled = |pattern: Vec<f64>| -> Vec<f64> { pattern.into_iter().map(|entry| 1.5 * entry).collect() };
    match key {
        "l1" => Some(patterns.filter(|pattern| support(pattern) == 1).map(scaled).collect()),
        "linf" => Some(patterns.filter(|pattern| support(pattern) == n).map(scaled).collect()),
        "k-sparse" => Some(patterns.filter(|pattern| support(pattern) == k).map(scaled).collect()),
        "simplex" => {
            let positive = |pattern: &Vec<f64>| pattern.iter().all(|entry| *entry >= 0.0) && support(pattern) <= 1;
            Some(patterns.filter(positive).map(scaled).collect())
        }
        "box" => {
            let stretch = |pattern: Vec<f64>| -> Vec<f64> {
                let half = [1.5, 1.5 * SetShape::default().aspect];
                pattern.into_iter().enumerate().map(|(i, entry)| entry * half[i % 2]).collect()
            };
            Some(patterns.filter(|pattern| support(pattern) == n).map(stretch).collect())
        }
        "k-norm" => {
            let scaled = move |pattern: Vec<f64>| -> Vec<f64> {
                let size = if support(&pattern) == 1 && n > 1 { 1.5 } else { 1.5 / k as f64 };
                pattern.into_iter().map(|entry| size * entry).collect()
            };
            Some(patterns.filter(|pattern| [1, n].contains(&support(pattern))).map(scaled).collect())
        }
        "probability-simplex" => {
            let positive = |pattern: &Vec<f64>| pattern.iter().all(|entry| *entry >= 0.0) && support(pattern) == 1;
            Some(patterns.filter(positive).map(scaled).collect())
        }
        "permutahedron" => {
            let ranks =
                |order: Vec<usize>| -> Vec<f64> { order.into_iter().map(|rank| 1.5 * (rank + 1) as f64).collect() };
            Some(permutations(n).into_iter().map(ranks).collect())
        }
        "birkhoff" => {
            let m = n.isqrt();
            let matrix = |order: Vec<usize>| -> Vec<f64> {
                let row = |column: usize| (0..m).map(move |j| if j == column { 1.5 } else { 0.0 });
                order.into_iter().flat_map(row).collect()
            };
            Some(permutations(m).into_iter().map(matrix).collect())
        }
        "polygon" => Some(shape(1.5).corners.iter().map(|corner| corner.to_vec()).collect()),
        _ => None,
    }
}

/// All orders of 0..n.
fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let grown = |order: Vec<usize>| {
        (0..n).map(move |place| {
            let mut longer = order.clone();
            longer.insert(place, n - 1);
            longer
        })
    };
    permutations(n - 1).into_iter().flat_map(grown).collect()
}

#[test]
fn no_corner_is_lower_than_the_oracles() {
    let mut random = Random::new(1, 0);
    for entry in SETS {
        // The Birkhoff polytope skips most of these; 3 × 3 is among them.
        for n in (2..=6).chain([9]).filter(|&n| (entry.supports)(n) && (n < 9 || entry.key == "birkhoff")) {
            for k in 1..=n {
                let Some(corners) = corners(entry.key, k, n) else { continue };
                let set = entry.build(&SetShape { k, ..shape(1.5) }, n).unwrap();
                for _ in 0..40 {
                    let g = random_vector(&mut random, n, 3.0);
                    let value = dot(&g, &oracle(set.as_ref(), &g));
                    let lowest = corners.iter().map(|v| dot(&g, v)).fold(f64::INFINITY, f64::min);
                    assert!((value - lowest).abs() < 1e-12, "{} n={n} k={k}: {value} against {lowest}", entry.key);
                }
            }
        }
    }
}

#[test]
fn no_feasible_point_is_lower_than_the_oracles() {
    let mut random = Random::new(2, 0);
    each(|name, n, set| {
        for _ in 0..20 {
            let g = random_vector(&mut random, n, 3.0);
            let value = dot(&g, &oracle(set, &g));
            for _ in 0..500 {
                let direction = random_vector(&mut random, n, 1.0);
                let point = towards(set, &direction, random.uniform().sqrt());
                assert!(set.contains(&point, 1e-9), "{name}: {point:?} was built inside");
                assert!(dot(&g, &point) >= value - 1e-9, "{name}: {point:?} is lower than the oracle's");
            }
        }
    });
}

#[test]
fn the_oracles_value_is_the_dual_norm() {
    let mut random = Random::new(3, 0);
    for _ in 0..200 {
        let g = random_vector(&mut random, 5, 4.0);
        let dual = |q: f64| g.iter().map(|value| value.abs().powf(q)).sum::<f64>().powf(1.0 / q);
        let largest = g.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let value = |key: &str, p: f64| dot(&g, &oracle(build(key, &SetShape { p, ..shape(1.5) }, 5).as_ref(), &g));
        assert!((value("l1", 3.0) + 1.5 * largest).abs() < 1e-9);
        assert!((value("l2", 3.0) + 1.5 * norm(&g)).abs() < 1e-9);
        assert!((value("linf", 3.0) + 1.5 * dual(1.0)).abs() < 1e-9);
        for k in 1..=5 {
            let value = |key: &str| dot(&g, &oracle(build(key, &SetShape { k, ..shape(1.5) }, 5).as_ref(), &g));
            let mut sizes: Vec<f64> = g.iter().map(|value| value.abs()).collect();
            sizes.sort_by(|a, b| b.total_cmp(a));
            let top = &sizes[..k];
            assert!((value("k-sparse") + 1.5 * top.iter().sum::<f64>()).abs() < 1e-9, "k = {k}");
            assert!((value("k-norm") + 1.5 * largest.max(dual(1.0) / k as f64)).abs() < 1e-9, "k = {k}");
            assert!((value("k-support") + 1.5 * norm(top)).abs() < 1e-9, "k = {k}");
        }
        for p in [1.2, 1.5, 2.0, 3.0, 8.0] {
            assert!((value("lp", p) + 1.5 * dual(p / (p - 1.0))).abs() < 1e-9, "p = {p}");
        }
    }
}

#[test]
fn the_oracle_answers_on_the_boundary_and_sees_only_the_direction() {
    let mut random = Random::new(4, 0);
    each(|name, n, set| {
        for _ in 0..50 {
            let g = random_vector(&mut random, n, 1.0);
            let v = oracle(set, &g);
            assert!((set.gauge(&v) - 1.0).abs() < 1e-9, "{name}: gauge {}", set.gauge(&v));
            for scale in [1e-250, 1e-9, 7.0, 1e250] {
                let scaled: Vec<f64> = g.iter().map(|value| scale * value).collect();
                assert_close(&oracle(set, &scaled), &v, 1e-9, &format!("{name} scaled by {scale}"));
            }
        }
    });
}

// ── Conventions ──────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn ties_take_the_lowest_index_and_zeros_are_settled() {
    let at = |key: &str, g: &[f64], x: &[f64]| {
        let mut v = vec![f64::NAN; g.len()];
        build(key, &shape(1.5), g.len()).lmo(g, x, &mut v).unwrap();
        v
    };
    let x = [0.1, 0.2, 0.3];
    let tied = [2.0, -2.0, 2.0];
    assert_eq!(at("l1", &tied, &x), [-1.5, 0.0, 0.0]);
    assert_eq!(at("k-sparse", &tied, &x), [-1.5, 1.5, 0.0]);
    assert_eq!(at("k-sparse", &[1.0, 2.0, 1.0], &x), [-1.5, -1.5, 0.0]);
    assert_eq!(at("simplex", &[-1.0, -1.0, 0.0], &x), [1.5, 0.0, 0.0]);
    assert_eq!(at("probability-simplex", &[2.0, 1.0, 1.0], &x), [0.0, 1.5, 0.0]);
    assert_eq!(at("permutahedron", &[1.0, 2.0, 1.0], &x), [3.0, 1.5, 4.5]);
    assert_eq!(at("permutahedron", &[0.0, 1.0, -0.0], &x), [3.0, 1.5, 4.5]);
    assert_eq!(at("birkhoff", &[1.0; 9], &[0.0; 9]), [1.5, 0.0, 0.0, 0.0, 1.5, 0.0, 0.0, 0.0, 1.5]);
    // K‖g‖∞ = ‖g‖₁: the axis wins.
    assert_eq!(at("k-norm", &[1.0, -1.0, 0.0], &x), [-1.5, 0.0, 0.0]);
    assert_eq!(at("k-norm", &tied, &x), [-0.75, 0.75, -0.75]);
    assert_eq!(at("k-support", &[2.0, 0.0, 0.0], &x), [-1.5, 0.0, 0.0]);
    let edge = 1.5 / 2.0_f64.sqrt();
    assert_close(&at("k-support", &tied, &x), &[-edge, edge, 0.0], 1e-15, "k-support");

    let some_zero = [1.0, 0.0, -1.0];
    assert_eq!(at("l1", &some_zero, &x), [-1.5, 0.0, 0.0]);
    assert_eq!(at("linf", &some_zero, &x), [-1.5, 1.5, 1.5]);
    assert_eq!(at("box", &some_zero, &x), [-1.5, 0.2, 1.5]);
    assert_eq!(at("k-sparse", &[0.0, 0.0, 1.0], &x), [0.0, 0.0, -1.5]);
    assert_eq!(at("simplex", &[0.0, 1.0, 2.0], &x), [0.0; 3]);
    for key in ["l2", "lp", "k-support"] {
        assert_eq!(at(key, &some_zero, &x)[1], 0.0, "{key}");
    }
    assert_eq!(at("k-norm", &[1.0, 1.0, 1.0, 0.0], &[0.0; 4]), [-0.75, -0.75, -0.75, 0.75]);
    // −0 is a zero like any other.
    assert_eq!(at("linf", &[1.0, -0.0, -1.0], &x), [-1.5, 1.5, 1.5]);
}

#[test]
fn a_zero_gradient_stays_and_what_is_no_number_is_refused() {
    each(|name, n, set| {
        let x: Vec<f64> = (0..n).map(|i| 0.01 * (i + 1) as f64).collect();
        let mut v = vec![f64::NAN; n];
        set.lmo(&vec![0.0; n], &x, &mut v).unwrap();
        assert_eq!(v, x, "{name}");
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut g = vec![1.0; n];
            g[n - 1] = bad;
            assert_eq!(set.lmo(&g, &x, &mut v), Err(SetError::NotFinite), "{name} {bad}");
        }
    });
}

#[test]
fn parameters_out_of_range_are_refused_with_a_reason() {
    for entry in SETS.iter().filter(|entry| entry.key != "polygon") {
        for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(entry.build(&shape(radius), 4), Err(SetError::Parameter { .. })), "{}", entry.key);
        }
    }
    let refused = |key: &str, shape: SetShape, n: usize| match SetId::parse(key).unwrap().entry().build(&shape, n) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{key} took {shape:?}"),
    };
    for p in [1.0, 0.5, -2.0, f64::NAN, f64::INFINITY] {
        assert!(refused("lp", SetShape { p, ..shape(1.0) }, 3).contains("exponent"));
    }
    for k in [0, 4] {
        for key in ["k-sparse", "k-norm", "k-support"] {
            assert!(refused(key, SetShape { k, ..shape(1.0) }, 3).contains("between 1 and the number of entries, 3"));
        }
    }
    for n in [1, 2, 8] {
        assert!(refused("birkhoff", shape(1.0), n).contains("square"));
    }
    assert!(refused("birkhoff", SetShape { columns: 2, ..shape(1.0) }, 9).contains("square"));
    for key in ["probability-simplex", "permutahedron"] {
        assert!(refused(key, shape(1.0), 1).contains("at least 2"));
    }
    for entry in SETS {
        for n in 1..20 {
            assert_eq!(
                entry.build(&SetShape { k: 1, ..shape(1.0) }, n).is_ok(),
                (entry.supports)(n),
                "{} {n}",
                entry.key
            );
        }
    }
    for aspect in [0.0, -1.0, f64::NAN] {
        assert!(refused("box", SetShape { aspect, ..shape(1.0) }, 2).contains("aspect"));
    }
    let corners = |corners: &[[f64; 2]]| SetShape { corners: corners.to_vec(), ..shape(1.0) };
    let few = [[0.0, 0.0], [1.0, 1.0]];
    let flat = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [0.5, 0.5]];
    for wrong in [&[] as &[[f64; 2]], &few, &flat] {
        assert!(refused("polygon", corners(wrong), 2).contains("enclose an area"));
    }
    assert!(refused("polygon", corners(&[[0.0, 0.0], [1.0, f64::NAN], [0.0, 1.0]]), 2).contains("finite"));
    assert!(refused("polygon", shape(1.0), 3).contains("dimension"));
}

#[test]
fn keys_are_unique_and_survive_a_round_trip() {
    for (i, entry) in SETS.iter().enumerate() {
        assert!(SETS[..i].iter().all(|other| other.key != entry.key), "{} twice", entry.key);
        assert!(!entry.oracle_formula().is_empty() && !entry.set_formula().is_empty() && !entry.source.is_empty());
        let id = SetId::parse(entry.key).unwrap();
        let text = serde_json::to_string(&id).unwrap();
        assert_eq!(text, format!("\"{}\"", entry.key));
        assert_eq!(serde_json::from_str::<SetId>(&text).unwrap(), id);
    }
    let error = SetId::parse("l0").unwrap_err().to_string();
    assert!(error.contains("l0") && error.contains("k-sparse"), "{error}");
    assert!(serde_json::from_str::<SetId>("\"l0\"").is_err());
}

// ── Projections ──────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn one_oracle_call_verifies_each_projection() {
    let mut random = Random::new(5, 0);
    each(|name, n, set| {
        for round in 0..300 {
            let x = random_vector(&mut random, n, if round % 2 == 0 { 1.0 } else { 8.0 });
            let y = projected(set, &x);
            assert!(set.contains(&y, 1e-9), "{name}: P{x:?} = {y:?} has gauge {}", set.gauge(&y));
            // y = P(x) exactly if no vertex lies further along x − y than y does.
            let away = minus(&x, &y);
            let v = oracle(set, &minus(&y, &x));
            assert!(dot(&away, &v) <= dot(&away, &y) + 1e-9, "{name}: P{x:?} = {y:?}");
            assert_close(&projected(set, &y), &y, 1e-12, &format!("{name}: twice"));
            let other = random_vector(&mut random, n, 8.0);
            let moved = norm(&minus(&y, &projected(set, &other)));
            assert!(moved <= norm(&minus(&x, &other)) * (1.0 + 1e-9) + 1e-12, "{name} expands");
            if set.gauge(&x) < 1.0 - 1e-9 {
                assert_eq!(y, x, "{name}: inside, yet moved");
            }
        }
    });
}

// ── Size ─────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn at_k_of_1_and_of_n_the_sets_are_plain_balls() {
    let mut random = Random::new(6, 0);
    let twins = [
        ("k-sparse", 1, "l1"),
        ("k-sparse", 5, "linf"),
        ("k-norm", 1, "linf"),
        ("k-norm", 5, "l1"),
        ("k-support", 1, "l1"),
        ("k-support", 5, "l2"),
    ];
    for (key, k, twin) in twins {
        let set = build(key, &SetShape { k, ..shape(1.5) }, 5);
        let what = format!("{key} k={k} against {twin}");
        let twin = build(twin, &shape(1.5), 5);
        assert!((set.diameter(5) - twin.diameter(5)).abs() < 1e-12, "{what}");
        for _ in 0..100 {
            let (g, x) = (random_vector(&mut random, 5, 2.0), random_vector(&mut random, 5, 4.0));
            assert_close(&oracle(set.as_ref(), &g), &oracle(twin.as_ref(), &g), 1e-12, &what);
            assert_close(&projected(set.as_ref(), &x), &projected(twin.as_ref(), &x), 1e-9, &what);
            assert!((set.gauge(&x) - twin.gauge(&x)).abs() < 1e-12, "{what}");
        }
    }
}

#[test]
fn k_norm_and_k_sparse_are_polar_to_each_other() {
    let mut random = Random::new(9, 0);
    for k in 1..=6 {
        let at = |key: &str| build(key, &SetShape { k, ..shape(1.0) }, 6);
        let (k_norm, k_sparse) = (at("k-norm"), at("k-sparse"));
        for _ in 0..100 {
            let g = random_vector(&mut random, 6, 3.0);
            let support = |set: &dyn ConstraintSet| -dot(&g, &oracle(set, &g));
            assert!((support(k_sparse.as_ref()) - k_norm.gauge(&g)).abs() < 1e-12, "k={k}");
            assert!((support(k_norm.as_ref()) - k_sparse.gauge(&g)).abs() < 1e-12, "k={k}");
        }
    }
}

#[test]
fn the_gauge_is_the_largest_product_with_the_polar_set() {
    // ‖x‖ = max ⟨g, x⟩ over the g whose support value is 1: never exceeded, and met by the right g.
    let mut random = Random::new(10, 0);
    for key in ["k-norm", "k-support"] {
        for (n, k) in [(2, 1), (3, 2), (6, 2), (6, 4)] {
            let set = build(key, &SetShape { k, ..shape(1.0) }, n);
            for _ in 0..50 {
                let x = random_vector(&mut random, n, 2.0);
                let ratio = |g: &[f64]| -dot(g, &x) / dot(g, &oracle(set.as_ref(), g));
                for _ in 0..200 {
                    assert!(ratio(&random_vector(&mut random, n, 1.0)) <= set.gauge(&x) + 1e-9, "{key} n={n} k={k}");
                }
                // The step back from a point slightly outside is normal to the ball.
                let outside: Vec<f64> = x.iter().map(|value| value * 1.001 / set.gauge(&x)).collect();
                let normal = minus(&projected(set.as_ref(), &outside), &outside);
                assert!((ratio(&normal) + set.gauge(&x)).abs() < 0.02 * set.gauge(&x), "{key} n={n} k={k}");
            }
        }
    }
}

#[test]
fn flat_sets_know_their_plane() {
    for (key, n) in [("probability-simplex", 3), ("permutahedron", 3), ("birkhoff", 9)] {
        let set = build(key, &shape(1.5), n);
        assert!(is_flat(set.as_ref(), n) && !SetId::parse(key).unwrap().entry().in_plane, "{key}");
        let centre = set.centre(n);
        assert!(set.gauge(&centre) < 1e-12 && set.contains(&centre, 0.0), "{key}");
        let mut beside = centre.clone();
        beside[1] += 1e-4;
        assert!(!set.contains(&beside, 1e-6), "{key}");
        assert_close(&projected(set.as_ref(), &centre), &centre, 1e-12, key);
    }
    // One entry below 0 is outside although the sums are right.
    let square = build("birkhoff", &shape(1.0), 4);
    assert!((square.gauge(&[1.25, -0.25, -0.25, 1.25]) - 1.5).abs() < 1e-12);
    let ranks = build("permutahedron", &shape(1.0), 3);
    assert!((ranks.gauge(&[3.5, 2.0, 0.5]) - 1.5).abs() < 1e-12);
}

#[test]
fn larger_assignments_match_their_prices() {
    // Too many permutations to try: a matrix whose best one is known, hidden behind prices of rows and columns.
    let mut random = Random::new(11, 0);
    for m in [2, 5, 8, 20] {
        for _ in 0..20 {
            let order = random.distinct(m, m);
            let (rows, columns) = (random_vector(&mut random, m, 5.0), random_vector(&mut random, m, 5.0));
            let mut costs = vec![0.0; m * m];
            for (i, (row, best)) in rows.iter().zip(&order).enumerate() {
                for (j, column) in columns.iter().enumerate() {
                    let above = if *best == j { 0.0 } else { 0.01 + random.uniform() };
                    costs[i * m + j] = row + column + above;
                }
            }
            let set = build("birkhoff", &shape(1.5), m * m);
            let v = oracle(set.as_ref(), &costs);
            for (i, column) in order.iter().enumerate() {
                assert_eq!(v[i * m + column], 1.5, "m={m} row {i}");
            }
            assert_eq!(v.iter().filter(|entry| **entry != 0.0).count(), m);
        }
    }
}

#[test]
fn the_diameter_is_the_widest_pair_of_vertices() {
    let mut random = Random::new(7, 0);
    each(|name, n, set| {
        let mut gradients = vec![vec![1.0; n], vec![-1.0; n]];
        for i in 0..n {
            for sign in [-1.0, 1.0] {
                let mut axis = vec![1e-12; n];
                axis[i] = sign;
                gradients.push(axis);
            }
        }
        gradients.extend((0..60).map(|_| random_vector(&mut random, n, 1.0)));
        // Opposite ends of a symmetric set belong to opposite gradients.
        let opposite: Vec<Vec<f64>> = gradients.iter().map(|g| g.iter().map(|value| -value).collect()).collect();
        gradients.extend(opposite);
        let vertices: Vec<Vec<f64>> = gradients.iter().map(|g| oracle(set, g)).collect();
        let mut widest = 0.0_f64;
        for a in &vertices {
            for b in &vertices {
                widest = widest.max(norm(&minus(a, b)));
            }
        }
        let diameter = set.diameter(n);
        assert!(widest <= diameter * (1.0 + 1e-9), "{name}: {widest} is wider than {diameter}");
        assert!(widest >= diameter * (1.0 - 1e-6), "{name}: {diameter} is never reached, only {widest}");
    });
}

#[test]
fn the_diameter_below_p_2_is_that_of_the_axes() {
    let set = build("lp", &SetShape { p: 1.5, ..shape(1.0) }, 10);
    assert!((set.diameter(10) - 2.0).abs() < 1e-12);
}

#[test]
fn radii_of_equal_diameter() {
    for entry in SETS.iter().filter(|entry| entry.key != "polygon") {
        for n in [2, 9, 100].into_iter().filter(|&n| (entry.supports)(n)) {
            for k in [1, 2] {
                let radius = (entry.radius_for_diameter)(3.0, n, k);
                let set = entry.build(&SetShape { radius, k, ..SetShape::default() }, n).unwrap();
                assert!((set.diameter(n) - 3.0).abs() < 1e-9, "{} n={n} k={k}", entry.key);
            }
        }
    }
}

proptest! {
    /// From 10⁻⁶ to 10⁶ the radius only scales.
    #[test]
    fn the_radius_only_scales(
        exponent in -6.0..6.0_f64,
        g in prop::collection::vec(-3.0..3.0_f64, 4),
        x in prop::collection::vec(-3.0..3.0_f64, 4),
    ) {
        let radius = 10.0_f64.powf(exponent);
        for entry in SETS.iter().filter(|entry| (entry.supports)(4)) {
            let (unit, set) = (entry.build(&shape(1.0), 4).unwrap(), entry.build(&shape(radius), 4).unwrap());
            let scaled = |x: &[f64]| -> Vec<f64> { x.iter().map(|value| radius * value).collect() };
            let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-9 * radius);
            let (mut v, mut wide) = ([0.0; 4], [0.0; 4]);
            unit.lmo(&g, &[0.0; 4], &mut v).unwrap();
            set.lmo(&g, &[0.0; 4], &mut wide).unwrap();
            prop_assert!(close(&wide, &scaled(&v)), "{} oracle", entry.key);
            let (near, far) = (projected(unit.as_ref(), &x), projected(set.as_ref(), &scaled(&x)));
            prop_assert!(close(&far, &scaled(&near)), "{} projection", entry.key);
            prop_assert!((set.gauge(&scaled(&x)) - unit.gauge(&x)).abs() <= 1e-9 * (1.0 + unit.gauge(&x)));
            prop_assert!((set.diameter(4) - radius * unit.diameter(4)).abs() <= 1e-9 * radius);
        }
    }

    /// Whatever the gradient, the oracle answers a feasible point or an error, and never panics.
    #[test]
    fn any_gradient_is_answered_or_refused(g in prop::collection::vec(any::<f64>(), 2)) {
        for entry in SETS.iter().filter(|entry| (entry.supports)(2)) {
            for shape in shapes(entry, 1.5, 2) {
                let set = entry.build(&shape, 2).unwrap();
                let mut v = set.centre(2);
                let start = v.clone();
                match set.lmo(&g, &start, &mut v) {
                    Ok(()) => prop_assert!(set.contains(&v, 1e-9), "{} {v:?}", entry.key),
                    Err(error) => prop_assert_eq!(error, SetError::NotFinite),
                }
            }
        }
    }

    /// Projections of far-away points land inside.
    #[test]
    fn any_point_is_projected_inside(x in prop::collection::vec(-1.0..1.0_f64, 2), exponent in -100.0..8.0_f64) {
        let x: Vec<f64> = x.iter().map(|value| value * 10.0_f64.powf(exponent)).collect();
        for entry in SETS.iter().filter(|entry| (entry.supports)(2)) {
            for shape in shapes(entry, 1.5, 2) {
                let set = entry.build(&shape, 2).unwrap();
                let y = projected(set.as_ref(), &x);
                prop_assert!(set.contains(&y, 1e-6), "{} p={}: P{:?} = {:?}", entry.key, shape.p, x, y);
            }
        }
    }
}

// ── In the plane ─────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn outlines_go_round_on_the_boundary() {
    for entry in SetId::in_plane().map(SetId::entry) {
        for shape in shapes(entry, 1.5, 2) {
            let set = entry.build(&shape, 2).unwrap();
            let points = outline(set.as_ref(), 360).unwrap();
            let centre = set.centre(2);
            let mut turned = 0.0;
            for (i, point) in points.iter().enumerate() {
                assert!((set.gauge(point) - 1.0).abs() < 1e-9, "{}: {point:?}", entry.key);
                let (a, b) = (minus(point, &centre), minus(&points[(i + 1) % points.len()], &centre));
                let angle = (a[0] * b[1] - a[1] * b[0]).atan2(dot(&a, &b));
                assert!(angle >= -1e-9, "{}: the outline turns back at {point:?}", entry.key);
                turned += angle;
            }
            assert!((turned - std::f64::consts::TAU).abs() < 1e-6, "{}: turned by {turned}", entry.key);
        }
    }
    let count = |key: &str| outline(build(key, &shape(1.5), 2).as_ref(), 360).unwrap().len();
    assert_eq!([count("l1"), count("linf"), count("simplex"), count("box"), count("polygon")], [4, 4, 3, 4, 5]);
}

#[test]
fn a_start_outside_is_pulled_to_the_boundary() {
    let mut random = Random::new(8, 0);
    each(|name, n, set| {
        // A flat set cannot be reached by scaling.
        if n == 2 && !is_flat(set, n) {
            for _ in 0..100 {
                let x = [random.symmetric(4.0), random.symmetric(4.0)];
                let start = feasible_start(set, x);
                assert!(set.contains(&start, 1e-12), "{name}");
                assert!(start == x || (set.gauge(&start) - 1.0).abs() < 1e-9, "{name}");
            }
        }
    });
}

// ── Rows ─────────────────────────────────────────────────────────────────────────────────────────────────

#[cfg(feature = "cpu")]
mod rows {
    use super::*;
    use burn::tensor::{Device, Tensor, TensorData};
    use fwlab::sets::RowSet;
    use fwlab::sets::image_ball::{ImageBall, round_to_8_bits};

    type Rows = Tensor<2>;

    fn tensor(rows: &[Vec<f32>]) -> Rows {
        let n = rows.first().map_or(0, Vec::len);
        Tensor::from_data(TensorData::new(rows.concat(), [rows.len(), n]), &Device::flex())
    }

    fn floats(tensor: Rows) -> Vec<f32> {
        tensor.into_data().try_to_vec::<f32>().unwrap()
    }

    fn wide(row: &[f32]) -> Vec<f64> {
        row.iter().map(|value| f64::from(*value)).collect()
    }

    fn random_row(random: &mut Random, n: usize, limit: f64) -> Vec<f32> {
        (0..n).map(|_| random.symmetric(limit) as f32).collect()
    }

    /// Rows of all sorts: random, tied, with zeros, all zero, tiny, huge.
    fn gradients(random: &mut Random, n: usize) -> Vec<Vec<f32>> {
        let whole = |random: &mut Random, most: usize| -> Vec<f32> {
            (0..n).map(|_| random.below(2 * most + 1) as f32 - most as f32).collect()
        };
        vec![
            random_row(random, n, 3.0),
            whole(random, 3),
            whole(random, 1),
            vec![0.0; n],
            vec![1.0; n],
            vec![-0.25; n],
            random_row(random, n, 1e-22),
            random_row(random, n, 1e6),
            (0..n).map(|i| if i == n / 2 { -1.0 } else { 0.0 }).collect(),
        ]
    }

    /// 10⁻⁶ of the radius; powers up to 20 (p = 1.05) multiply the rounding of f32.
    fn tolerance(name: &str) -> f64 {
        // The others shrink sums or lengths far larger than the radius.
        if ["lp", "k-norm", "k-support", "group-lasso"].iter().any(|key| name.starts_with(key)) { 1e-5 } else { 1.5e-6 }
    }

    /// Whether singular values decide: their row form has its own tolerances, and tests beside it.
    fn is_spectral(name: &str) -> bool {
        name.starts_with("nuclear") || name.starts_with("spectral")
    }

    /// The set in both forms, in several shapes, for each n.
    fn each_pair(mut visit: impl FnMut(&str, usize, &dyn ConstraintSet, &dyn RowSet)) {
        for entry in SETS {
            assert!(entry.rows.is_some() || !entry.for_layers, "{}", entry.key);
            let Some(rows) = entry.rows else { continue };
            for n in [2, 5, 64, 257].into_iter().filter(|&n| (entry.supports)(n)) {
                for shape in shapes(entry, 1.5, n) {
                    let name = name_of(entry, &shape, n);
                    if is_spectral(&name) {
                        continue;
                    }
                    let (slices, rows) = (entry.build(&shape, n).unwrap(), rows(&shape, n).unwrap());
                    visit(&name, n, slices.as_ref(), rows.as_ref());
                }
            }
        }
    }

    #[test]
    fn both_forms_have_the_same_oracle() {
        let mut random = Random::new(20, 0);
        each_pair(|name, n, slices, rows| {
            for _ in 0..3 {
                let g = gradients(&mut random, n);
                let x: Vec<Vec<f32>> = g.iter().map(|_| random_row(&mut random, n, 0.01)).collect();
                let found = floats(rows.lmo(tensor(&g), tensor(&x)));
                for (row, (g, x)) in found.chunks(n).zip(g.iter().zip(&x)) {
                    let mut expected = vec![0.0; n];
                    slices.lmo(&wide(g), &wide(x), &mut expected).unwrap();
                    assert_close(&wide(row), &expected, tolerance(name), name);
                }
            }
        });
    }

    #[test]
    fn both_forms_have_the_same_projection_and_gauge() {
        let mut random = Random::new(21, 0);
        each_pair(|name, n, slices, rows| {
            let mut x: Vec<Vec<f32>> =
                [1e-3, 0.5, 2.0, 30.0].into_iter().map(|limit| random_row(&mut random, n, limit)).collect();
            x.push(vec![0.0; n]);
            x.push(vec![2.0; n]);
            let found = floats(rows.project(tensor(&x)));
            let gauges = floats(rows.gauge(tensor(&x)));
            for ((row, gauge), x) in found.chunks(n).zip(gauges).zip(&x) {
                let expected = projected(slices, &wide(x));
                assert_close(&wide(row), &expected, 4.0 * tolerance(name), name);
                let expected = slices.gauge(&wide(x));
                assert!((f64::from(gauge) - expected).abs() <= 3e-6 * (1.0 + expected), "{name} gauge {gauge}");
                assert!(slices.gauge(&wide(row)) <= 1.0 + 1e-5, "{name} projects outside");
                if expected < 0.999 {
                    assert_eq!(row, x, "{name}: inside, yet moved");
                }
            }
            assert!((rows.diameter(n) - slices.diameter(n)).abs() < 1e-12, "{name}");
        });
    }

    /// Equal singular values leave the oracle a choice, so its value is compared, not its answer.
    #[test]
    fn rows_of_matrix_balls_come_close_to_the_slices() {
        let mut random = Random::new(24, 0);
        for key in ["nuclear", "spectral"] {
            for (n, columns) in [(4, 2), (6, 3), (6, 2), (60, 12), (64, 8), (257, 1)] {
                let shape = SetShape { columns, ..shape(1.5) };
                let slices = build(key, &shape, n);
                let rows = SetId::parse(key).unwrap().entry().rows.unwrap()(&shape, n).unwrap();
                let g = gradients(&mut random, n);
                let x: Vec<Vec<f32>> = [0.01, 0.5, 5.0].map(|limit| random_row(&mut random, n, limit)).to_vec();
                let still = vec![random_row(&mut random, n, 0.01); g.len()];
                let v = floats(rows.lmo(tensor(&g), tensor(&still)));
                for ((v, g), still) in v.chunks(n).zip(&g).zip(&still) {
                    if g.iter().all(|value| *value == 0.0) {
                        assert_eq!(v, still, "{key}");
                        continue;
                    }
                    let (v, g) = (wide(v), wide(g));
                    let best = dot(&g, &oracle(slices.as_ref(), &g));
                    assert!((dot(&g, &v) - best).abs() <= 1e-4 * best.abs(), "{key} n={n}: {best}");
                    assert!(slices.gauge(&v) <= 1.0 + 1e-5, "{key} n={n}");
                }
                let (y, gauges) = (floats(rows.project(tensor(&x))), floats(rows.gauge(tensor(&x))));
                for ((y, gauge), x) in y.chunks(n).zip(gauges).zip(&x) {
                    let x = wide(x);
                    let size = norm(&x);
                    assert_close(&wide(y), &projected(slices.as_ref(), &x), 1e-5 * (1.0 + size), key);
                    let expected = slices.gauge(&x);
                    assert!((f64::from(gauge) - expected).abs() <= 1e-4 * expected, "{key} n={n} gauge {gauge}");
                    assert!(slices.gauge(&wide(y)) <= 1.0 + 1e-4, "{key} n={n} projects outside");
                }
                assert!((rows.diameter(n) - slices.diameter(n)).abs() < 1e-12, "{key}");
            }
        }
    }

    #[test]
    fn a_k_sparse_row_breaks_ties_as_the_slice_does() {
        let mut random = Random::new(22, 0);
        for n in [3, 16, 100] {
            for k in 1..=n.min(20) {
                let shape = SetShape { k, ..shape(1.0) };
                let slices = build("k-sparse", &shape, n);
                let rows = SetId::k_sparse().entry().rows.unwrap()(&shape, n).unwrap();
                // Few different magnitudes, 14 decades apart: every threshold is a tie, and some are tiny.
                let level = [0.0_f32, 1e-8, 1e-3, 1e-3, 1.0, 1e6];
                let g: Vec<Vec<f32>> = (0..4)
                    .map(|_| {
                        let entry = |random: &mut Random| {
                            let sign = if random.below(2) == 0 { -1.0 } else { 1.0 };
                            sign * level[random.below(level.len())]
                        };
                        (0..n).map(|_| entry(&mut random)).collect()
                    })
                    .collect();
                let found = floats(rows.lmo(tensor(&g), tensor(&g)));
                for (row, g) in found.chunks(n).zip(&g) {
                    let mut expected = vec![0.0; n];
                    slices.lmo(&wide(g), &wide(g), &mut expected).unwrap();
                    // 10⁻⁸ beside 10⁶ is below what the bisection resolves; all else must agree entry by entry.
                    let top = g.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
                    let resolved = |value: f32| f64::from(value.abs()) > 1e-11 * f64::from(top);
                    for ((found, expected), g) in row.iter().zip(&expected).zip(g) {
                        assert!(!resolved(*g) || f64::from(*found) == *expected, "n={n} k={k}: {row:?} {expected:?}");
                    }
                    assert!(row.iter().filter(|value| **value != 0.0).count() <= k);
                }
            }
        }
    }

    // ── Image balls ──

    fn ball(centre: &[f32], epsilon: f64) -> ImageBall {
        ImageBall::new(tensor(&[centre.to_vec()]), epsilon).unwrap()
    }

    #[test]
    fn image_ball_goldens() {
        let (x0, g) = ([0.9_f32, 0.2, 0.5, 0.05], [3.0_f32, -1.0, 2.0, -4.0]);
        for (epsilon, vertex, rise) in [(0.3, [1.0, 0.0, 0.8, 0.0], 1.3), (0.5, [1.0, 0.0, 1.0, 0.0], 1.7)] {
            let ball = ball(&x0, epsilon);
            // Upwards along g is the oracle of −g.
            let up = tensor(&[g.to_vec()]).neg();
            let v = wide(&floats(ball.lmo(up, ball.centre())));
            assert_close(&v, &vertex, 1e-6, "image ball");
            assert!((dot(&wide(&g), &minus(&v, &wide(&x0))) - rise).abs() < 1e-5);
        }
    }

    #[test]
    fn an_image_ball_keeps_clean_pixels_where_the_gradient_is_zero() {
        let centre = [0.5_f32, 0.25, 0.75];
        let ball = ball(&centre, 0.1);
        let x = tensor(&[vec![0.45, 0.3, 0.8]]);
        let v = floats(ball.lmo(tensor(&[vec![1.0, 0.0, -1.0]]), x.clone()));
        assert_close(&wide(&v), &[0.4, 0.25, 0.85], 1e-6, "one zero");
        assert_eq!(floats(ball.lmo(tensor(&[vec![0.0; 3]]), x.clone())), floats(x));
    }

    #[test]
    fn image_balls_hold_their_own_rows() {
        let mut random = Random::new(23, 0);
        let n = 40;
        let pixels = |random: &mut Random| -> Vec<f32> { (0..n).map(|_| random.uniform() as f32).collect() };
        let x0: Vec<Vec<f32>> = (0..5).map(|_| pixels(&mut random)).collect();
        for epsilon in [0.0, 1.0 / 255.0, 8.0 / 255.0, 0.4, 1.0] {
            let ball = ImageBall::new(tensor(&x0), epsilon).unwrap();
            let g: Vec<Vec<f32>> = x0.iter().map(|_| random_row(&mut random, n, 2.0)).collect();
            let far: Vec<Vec<f32>> = x0.iter().map(|_| random_row(&mut random, n, 2.0)).collect();
            let v = floats(ball.lmo(tensor(&g), ball.centre()));
            let y = floats(ball.project(tensor(&far)));
            for (((v, y), (g, far)), x0) in v.chunks(n).zip(y.chunks(n)).zip(g.iter().zip(&far)).zip(&x0) {
                for (((v, y), (g, far)), x0) in v.iter().zip(y).zip(g.iter().zip(far)).zip(x0) {
                    let (low, high) = ((f64::from(*x0) - epsilon).max(0.0), (f64::from(*x0) + epsilon).min(1.0));
                    let best = if *g > 0.0 { low } else { high };
                    assert!((f64::from(*v) - best).abs() < 1e-6);
                    assert!((f64::from(*y) - f64::from(*far).clamp(low, high)).abs() < 1e-6);
                }
            }
            let all = |gauges: Vec<f32>| gauges.iter().all(|gauge| *gauge <= 1.0 + 1e-5);
            if epsilon > 0.0 {
                assert!(all(floats(ball.gauge(tensor(&v.chunks(n).map(<[f32]>::to_vec).collect::<Vec<_>>())))));
                assert!(floats(ball.gauge(tensor(&far))).iter().all(|gauge| *gauge > 1.0));
            }
            assert!(floats(ball.gauge(ball.centre())).iter().all(|gauge| *gauge == 0.0));
            // A second projection changes nothing, to the last bit.
            let once = ball.project(tensor(&far));
            assert_eq!(floats(ball.project(once.clone())), floats(once));
            let widths = floats(ball.diameter());
            assert!(widths.iter().all(|width| f64::from(*width) <= 2.0 * epsilon * (n as f64).sqrt() + 1e-5));
        }
        assert!(matches!(ImageBall::new(tensor(&x0), -0.1), Err(SetError::Parameter { .. })));
        assert!(matches!(ImageBall::new(tensor(&x0), f64::NAN), Err(SetError::Parameter { .. })));
        let point = ball(&[0.5], 0.0);
        assert!(floats(point.gauge(tensor(&[vec![0.5001]])))[0] > 1e3);
        // The exact diameter sees the box: from 0.9 only 0.1 is left upwards.
        assert!((floats(ball(&[0.9], 0.3).diameter())[0] - 0.4).abs() < 1e-6);
    }

    #[test]
    fn rounding_to_8_bits_never_leaves_the_ball() {
        for quarter in 0..=32 * 4 {
            let epsilon = f64::from(quarter) / 4.0;
            for level in (0..=255).step_by(15).chain([1, 2, 127, 128, 253, 254]) {
                let clean = level as f32 / 255.0;
                for step in -44..=44 {
                    // From 1.1 ε below to 1.1 ε above, and a bit more than half a level.
                    let pixel = clean + (f64::from(step) / 40.0 * (epsilon + 0.6) / 255.0) as f32;
                    let found = f64::from(round_to_8_bits(&[pixel], &[clean], epsilon)[0]);
                    let within = |k: &i32| f64::from((k - level).abs()) <= epsilon;
                    assert!(within(&(found as i32)), "ε={epsilon}: {level} became {found}");
                    let distance = |k: f64| (k - f64::from(pixel) * 255.0).abs();
                    let nearest = (0..=255).filter(within).map(|k| distance(f64::from(k))).fold(f64::MAX, f64::min);
                    assert!(distance(found) <= nearest + 1e-4, "ε={epsilon} pixel={pixel}: {found}");
                }
            }
        }
    }

    #[test]
    fn rounding_forgives_noise_in_epsilon_and_survives_nonsense() {
        let clean = [100.0_f32 / 255.0];
        let high = [1.0_f32];
        assert_eq!(round_to_8_bits(&high, &clean, f64::from(8.0_f32 / 255.0) * 255.0), [108]);
        assert_eq!(round_to_8_bits(&high, &clean, 7.999_999_9), [108]);
        assert_eq!(round_to_8_bits(&high, &clean, 7.9), [107]);
        assert_eq!(round_to_8_bits(&high, &clean, 0.0), [100]);
        assert_eq!(round_to_8_bits(&high, &clean, -3.0), [100]);
        assert_eq!(round_to_8_bits(&high, &clean, f64::NAN), [100]);
        assert_eq!(round_to_8_bits(&[f32::NAN], &clean, 8.0), [100]);
        assert_eq!(round_to_8_bits(&[f32::NEG_INFINITY], &[0.0], 8.0), [0]);
        assert_eq!(round_to_8_bits(&[2.0], &[1.0], 300.0), [255]);
        assert!(round_to_8_bits(&[], &[], 8.0).is_empty());
    }
}
