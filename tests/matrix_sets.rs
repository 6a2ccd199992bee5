//! Nuclear, spectral and group-lasso balls: golden values, matrices whose decomposition is known by construction,
//! random feasible points, the one-oracle test of a projection; and the row form against the slice form within the
//! accuracy that each file states.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fwlab::random::Random;
use fwlab::sets::{ConstraintSet, SetError, SetId, SetShape, dot, norm};

type Set = Box<dyn ConstraintSet>;

const KEYS: [&str; 3] = ["nuclear", "spectral", "group-lasso"];
/// Rows and columns: the matrices that layers have (out × in·kh·kw), both ways round, and a bias.
const SHAPES: [(usize, usize); 8] = [(1, 1), (1, 6), (6, 1), (2, 2), (4, 4), (3, 7), (8, 3), (8, 27)];

fn shape(radius: f64, columns: usize) -> SetShape {
    SetShape { radius, columns, ..SetShape::default() }
}

fn build(key: &str, shape: &SetShape, n: usize) -> Set {
    SetId::parse(key).unwrap().entry().build(shape, n).unwrap()
}

/// Visits the three sets on every shape, at radius 1.5.
fn each(mut visit: impl FnMut(&str, (usize, usize), &dyn ConstraintSet)) {
    for key in KEYS {
        for (rows, columns) in SHAPES {
            let set = build(key, &shape(1.5, columns), rows * columns);
            visit(&format!("{key} {rows}×{columns}"), (rows, columns), set.as_ref());
        }
    }
}

fn random_vector(random: &mut Random, n: usize, limit: f64) -> Vec<f64> {
    (0..n).map(|_| random.symmetric(limit)).collect()
}

fn oracle(set: &dyn ConstraintSet, g: &[f64]) -> Vec<f64> {
    let mut v = vec![f64::NAN; g.len()];
    set.lmo(g, &vec![0.0; g.len()], &mut v).unwrap();
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

fn scaled(x: &[f64], factor: f64) -> Vec<f64> {
    x.iter().map(|value| factor * value).collect()
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= tolerance);
    assert!(close, "{what}: found {found:?}, expected {expected:?}");
}

/// `count` orthonormal vectors in Rⁿ by Gram–Schmidt, twice for accuracy.
fn orthonormal(random: &mut Random, count: usize, n: usize) -> Vec<Vec<f64>> {
    let mut vectors: Vec<Vec<f64>> = Vec::new();
    for _ in 0..count {
        let mut vector = random_vector(random, n, 1.0);
        for _ in 0..2 {
            for other in &vectors {
                let share = dot(&vector, other);
                vector = minus(&vector, &scaled(other, share));
            }
            vector = scaled(&vector, 1.0 / norm(&vector));
        }
        vectors.push(vector);
    }
    vectors
}

/// A matrix put together from its decomposition.
struct Known {
    left: Vec<Vec<f64>>,
    right: Vec<Vec<f64>>,
    sigma: Vec<f64>,
}

impl Known {
    fn new(random: &mut Random, (rows, columns): (usize, usize), sigma: &[f64]) -> Self {
        let left = orthonormal(random, sigma.len(), rows);
        Self { left, right: orthonormal(random, sigma.len(), columns), sigma: sigma.to_vec() }
    }

    /// Distinct singular values, m of them, largest first.
    fn random(random: &mut Random, shape: (usize, usize)) -> Self {
        let m = shape.0.min(shape.1);
        let sigma: Vec<f64> = (0..m).map(|i| (m - i) as f64 + 0.5 * random.uniform()).collect();
        Self::new(random, shape, &sigma)
    }

    /// Σ s(i, σᵢ) uᵢ wᵢᵀ.
    fn with(&self, scale: impl Fn(usize, f64) -> f64) -> Vec<f64> {
        let (rows, columns) = (self.left[0].len(), self.right[0].len());
        let mut a = vec![0.0; rows * columns];
        for (i, sigma) in self.sigma.iter().enumerate() {
            for (row, left) in a.chunks_exact_mut(columns).zip(&self.left[i]) {
                row.iter_mut().zip(&self.right[i]).for_each(|(entry, right)| *entry += scale(i, *sigma) * left * right);
            }
        }
        a
    }

    fn matrix(&self) -> Vec<f64> {
        self.with(|_, sigma| sigma)
    }
}

// ── Golden values ────────────────────────────────────────────────────────────────────────────────────────

const M: [f64; 9] = [4.0, 1.0, 3.0, 2.0, 0.0, 5.0, 3.0, 2.0, 2.0];

#[test]
fn golden_oracles() {
    let nuclear = build("nuclear", &shape(1.5, 3), 9);
    let v = oracle(nuclear.as_ref(), &M);
    assert!((dot(&M, &v) + 12.020_825_5).abs() < 1e-7, "{}", dot(&M, &v));
    let first = [-0.601_243, -0.183_187, -0.690_904, -0.600_745, -0.183_035, -0.690_331, -0.458_190, -0.139_601];
    assert_close(&v[..8], &first, 1e-6, "nuclear");

    let spectral = build("spectral", &shape(1.5, 3), 9);
    let v = oracle(spectral.as_ref(), &M);
    assert!((dot(&M, &v) + 17.221_372_365).abs() < 1e-8, "{}", dot(&M, &v));
    let first = [-1.436_051, 0.415_440, -0.123_152, 0.184_371, 0.200_030, -1.475_126, -0.392_128, -1.427_375];
    assert_close(&v[..8], &first, 1e-6, "spectral");

    let g = [3.0, -1.0, 0.5, -2.0];
    let grouped = |group: usize| {
        let set = build("group-lasso", &SetShape { group, ..shape(1.5, 0) }, 4);
        oracle(set.as_ref(), &g)
    };
    assert_close(&grouped(2), &[-1.423_024_947, 0.474_341_649, 0.0, 0.0], 1e-9, "pairs");
    assert!((dot(&g, &grouped(2)) + 1.5 * 10.0_f64.sqrt()).abs() < 1e-12);
    assert_close(&grouped(1), &[-1.5, 0.0, 0.0, 0.0], 0.0, "groups of one: L1");
    let l2 = oracle(build("l2", &shape(1.5, 0), 4).as_ref(), &g);
    assert_close(&l2, &[-1.192_079, 0.397_360, -0.198_680, 0.794_719], 1e-6, "L2");
    assert_close(&grouped(4), &l2, 1e-15, "one group: L2");
    for key in ["nuclear", "spectral"] {
        for columns in [1, 4] {
            let v = oracle(build(key, &shape(1.5, columns), 4).as_ref(), &g);
            assert_close(&v, &l2, 1e-15, &format!("{key}, one row or column: L2"));
        }
    }
}

#[test]
fn golden_projections() {
    let x = [2.0, -1.0, 0.5, 0.2];
    let diagonal = |d: [f64; 4]| -> Vec<f64> { (0..16).map(|i| if i % 5 == 0 { d[i / 5] } else { 0.0 }).collect() };
    let l1 = [1.25, -0.25, 0.0, 0.0];
    let of = |key: &str, columns: usize, x: &[f64]| projected(build(key, &shape(1.5, columns), x.len()).as_ref(), x);
    assert_close(&of("nuclear", 4, &diagonal(x)), &diagonal(l1), 1e-12, "nuclear");
    assert_close(&of("spectral", 4, &diagonal(x)), &diagonal([1.5, -1.0, 0.5, 0.2]), 1e-12, "spectral");
    assert_close(&of("group-lasso", 1, &x), &l1, 1e-12, "groups of one");
    // Lengths 5, 1, 0 become 1.5, 0, 0.
    let grouped = of("group-lasso", 2, &[3.0, 4.0, 0.0, 1.0, 0.0, 0.0]);
    assert_close(&grouped, &[0.9, 1.2, 0.0, 0.0, 0.0, 0.0], 1e-12, "pairs");

    let nuclear = projected(build("nuclear", &shape(9.0, 3), 9).as_ref(), &M);
    let expected = [
        3.210_964_11,
        1.204_561_45,
        2.922_144_9,
        2.098_627_16,
        0.120_412_08,
        4.172_577_32,
        2.761_506_96,
        1.224_969_36,
        1.871_769_27,
    ];
    assert_close(&nuclear, &expected, 1e-7, "nuclear, M");
    let expected = [
        1.172_931_73,
        -0.006_456_11,
        0.243_687_92,
        -0.113_022_1,
        -0.310_930_99,
        1.442_440_82,
        0.643_850_21,
        1.036_106_2,
        0.127_250_59,
    ];
    assert_close(&of("spectral", 3, &M), &expected, 1e-7, "spectral, M");
}

// ── Against known decompositions ─────────────────────────────────────────────────────────────────────────

#[test]
fn matrix_balls_have_their_closed_forms() {
    let mut random = Random::new(40, 0);
    for shape_of in SHAPES {
        let (n, m) = (shape_of.0 * shape_of.1, shape_of.0.min(shape_of.1));
        let nuclear = build("nuclear", &shape(1.5, shape_of.1), n);
        let spectral = build("spectral", &shape(1.5, shape_of.1), n);
        for _ in 0..20 {
            let known = Known::random(&mut random, shape_of);
            let (a, total) = (known.matrix(), known.sigma.iter().sum::<f64>());
            let what = format!("{shape_of:?}");
            let expected = known.with(|i, _| if i == 0 { -1.5 } else { 0.0 });
            assert_close(&oracle(nuclear.as_ref(), &a), &expected, 1e-11, &what);
            assert_close(&oracle(spectral.as_ref(), &a), &known.with(|_, _| -1.5), 1e-11, &what);
            assert!((nuclear.gauge(&a) - total / 1.5).abs() < 1e-11 * total);
            assert!((spectral.gauge(&a) - known.sigma[0] / 1.5).abs() < 1e-11 * total);
            let clipped = known.with(|_, sigma| sigma.min(1.5));
            assert_close(&projected(spectral.as_ref(), &a), &clipped, 1e-11, &what);
            // The L1 projection of the singular values by bisection, independent of the sort in the product.
            let (mut low, mut high) = (0.0, known.sigma[0]);
            for _ in 0..100 {
                let middle = 0.5 * (low + high);
                let sum: f64 = known.sigma.iter().map(|sigma| (sigma - middle).max(0.0)).sum();
                if sum > 1.5 { low = middle } else { high = middle }
            }
            if total > 1.5 {
                let cut = known.with(|_, sigma| (sigma - high).max(0.0));
                assert_close(&projected(nuclear.as_ref(), &a), &cut, 1e-11, &what);
            }
        }
        assert!((nuclear.diameter(n) - 3.0).abs() < 1e-12);
        assert!((spectral.diameter(n) - 3.0 * (m as f64).sqrt()).abs() < 1e-12);
    }
}

#[test]
fn a_gradient_of_low_rank_or_with_ties_still_has_its_value() {
    let mut random = Random::new(41, 0);
    for shape_of in [(4, 4), (3, 7), (8, 3), (8, 27)] {
        let n = shape_of.0 * shape_of.1;
        for sigma in [vec![2.0], vec![2.0, 2.0], vec![3.0, 3.0, 1.0], vec![5.0, 1e-3, 1e-3]] {
            let a = Known::new(&mut random, shape_of, &sigma).matrix();
            for (key, dual) in [("nuclear", sigma[0]), ("spectral", sigma.iter().sum())] {
                let set = build(key, &shape(1.5, shape_of.1), n);
                let v = oracle(set.as_ref(), &a);
                assert!((dot(&a, &v) + 1.5 * dual).abs() < 1e-11, "{key} {sigma:?}");
                assert!((set.gauge(&v) - 1.0).abs() < 1e-11, "{key} {sigma:?}");
            }
        }
    }
}

// ── Against random points ────────────────────────────────────────────────────────────────────────────────

#[test]
fn no_feasible_point_is_lower_than_the_oracles() {
    let mut random = Random::new(42, 0);
    each(|name, (rows, columns), set| {
        let n = rows * columns;
        let g = random_vector(&mut random, n, 3.0);
        let v = oracle(set, &g);
        let value = dot(&g, &v);
        assert!((set.gauge(&v) - 1.0).abs() < 1e-12, "{name}: gauge {}", set.gauge(&v));
        for round in 0..2000 {
            // Everywhere; near the oracle's answer; and among other answers.
            let point = match round % 3 {
                0 => random_vector(&mut random, n, 1.0),
                1 => v.iter().map(|value| value + random.symmetric(0.1)).collect(),
                _ => oracle(set, &random_vector(&mut random, n, 1.0)),
            };
            let point = scaled(&point, 1.0 / set.gauge(&point));
            assert!(set.contains(&point, 1e-12), "{name}: was built inside");
            assert!(dot(&g, &point) >= value - 1e-11, "{name}: {point:?} is lower than the oracle's");
        }
    });
}

#[test]
fn one_oracle_call_verifies_each_projection() {
    let mut random = Random::new(43, 0);
    each(|name, (rows, columns), set| {
        let n = rows * columns;
        for round in 0..60 {
            let x = random_vector(&mut random, n, [0.1, 1.0, 8.0][round % 3]);
            let y = projected(set, &x);
            assert!(set.contains(&y, 1e-12), "{name}: gauge {}", set.gauge(&y));
            let v = oracle(set, &minus(&y, &x));
            let away = minus(&x, &y);
            assert!(dot(&away, &v) <= dot(&away, &y) + 1e-10, "{name}: P{x:?} = {y:?}");
            assert_close(&projected(set, &y), &y, 1e-12, &format!("{name}: twice"));
            let other = random_vector(&mut random, n, 8.0);
            let moved = norm(&minus(&y, &projected(set, &other)));
            assert!(moved <= norm(&minus(&x, &other)) * (1.0 + 1e-12) + 1e-12, "{name} expands");
            if set.gauge(&x) < 1.0 - 1e-9 {
                assert_eq!(y, x, "{name}: inside, yet moved");
            }
        }
    });
}

#[test]
fn the_diameter_is_reached_by_opposite_answers_and_by_no_wider_pair() {
    let mut random = Random::new(44, 0);
    each(|name, (rows, columns), set| {
        let n = rows * columns;
        let answers: Vec<Vec<f64>> = (0..20).map(|_| oracle(set, &random_vector(&mut random, n, 1.0))).collect();
        for a in &answers {
            assert!((2.0 * norm(a) - set.diameter(n)).abs() < 1e-11, "{name}");
            for b in &answers {
                assert!(norm(&minus(a, b)) <= set.diameter(n) + 1e-11, "{name}");
            }
        }
    });
    for key in KEYS {
        for n in [2, 9, 100] {
            let radius = (SetId::parse(key).unwrap().entry().radius_for_diameter)(3.0, n, 1);
            assert!((build(key, &shape(radius, 0), n).diameter(n) - 3.0).abs() < 1e-12, "{key} n={n}");
        }
    }
}

// ── Conventions ──────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_zero_gradient_stays_and_what_is_no_number_is_refused() {
    each(|name, (rows, columns), set| {
        let n = rows * columns;
        let x: Vec<f64> = (0..n).map(|i| 0.001 * (i + 1) as f64).collect();
        let mut v = vec![f64::NAN; n];
        set.lmo(&vec![0.0; n], &x, &mut v).unwrap();
        assert_eq!(v, x, "{name}");
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut g = vec![1.0; n];
            g[n - 1] = bad;
            assert_eq!(set.lmo(&g, &x, &mut v), Err(SetError::NotFinite), "{name} {bad}");
        }
        assert_eq!(set.gauge(&vec![0.0; n]), 0.0, "{name}");
        assert_eq!(projected(set, &vec![0.0; n]), vec![0.0; n], "{name}");
    });
}

#[test]
fn only_the_direction_of_the_gradient_counts_and_the_radius_only_scales() {
    let mut random = Random::new(45, 0);
    for key in KEYS {
        for (rows, columns) in SHAPES {
            let (n, name) = (rows * columns, format!("{key} {rows}×{columns}"));
            let unit = build(key, &shape(1.0, columns), n);
            // Known singular values keep the leading pair apart from the next.
            let g = Known::random(&mut random, (rows, columns)).matrix();
            let (v, x) = (oracle(unit.as_ref(), &g), random_vector(&mut random, n, 3.0));
            for factor in [1e-310, 1e-250, 1e-9, 7.0, 1e250] {
                let tolerance = if factor < 1e-300 { 1e-7 } else { 1e-9 };
                assert_close(&oracle(unit.as_ref(), &scaled(&g, factor)), &v, tolerance, &name);
            }
            for radius in [1e-6, 1e-3, 1.0, 1e3, 1e6] {
                let set = build(key, &shape(radius, columns), n);
                let back = |y: Vec<f64>| scaled(&y, 1.0 / radius);
                assert_close(&back(oracle(set.as_ref(), &g)), &v, 1e-11, &name);
                let near = back(projected(set.as_ref(), &scaled(&x, radius)));
                assert_close(&near, &projected(unit.as_ref(), &x), 1e-11, &name);
                let (found, expected) = (set.gauge(&scaled(&x, radius)), unit.gauge(&x));
                assert!((found - expected).abs() < 1e-11 * (1.0 + expected), "{name}");
                assert!((set.diameter(n) / radius - unit.diameter(n)).abs() < 1e-11, "{name}");
            }
        }
    }
}

#[test]
fn equal_groups_take_the_first() {
    let set = build("group-lasso", &shape(1.0, 3), 9);
    // Lengths 3, 3, 3, whose squares need not be summed in the same order.
    let v = oracle(set.as_ref(), &[1.0, 2.0, 2.0, 2.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
    assert_close(&v, &[-1.0 / 3.0, -2.0 / 3.0, -2.0 / 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 1e-15, "first");
    let v = oracle(set.as_ref(), &[0.0, 0.0, 0.0, 0.1, 0.2, 0.2, 0.2, 0.2, 0.1]);
    assert_close(&v[3..6], &[-1.0 / 3.0, -2.0 / 3.0, -2.0 / 3.0], 1e-15, "second");
}

#[test]
fn columns_and_groups_are_guessed_or_refused() {
    let refused = |key: &str, shape: SetShape, n: usize| match SetId::parse(key).unwrap().entry().build(&shape, n) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{key} took {shape:?}"),
    };
    for key in KEYS {
        for columns in [4, 7, 12] {
            let error = refused(key, shape(1.0, columns), 6);
            assert!(error.contains("divisor of the number of entries, 6"), "{error}");
        }
        for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(refused(key, shape(radius, 2), 6).contains("radius"), "{key}");
        }
    }
    assert!(refused("group-lasso", SetShape { group: 4, ..shape(1.0, 3) }, 6).contains("entries a group"));
    // 9 entries are 3 × 3, 6 are one row.
    assert!((build("spectral", &shape(1.0, 0), 9).diameter(9) - 2.0 * 3.0_f64.sqrt()).abs() < 1e-12);
    assert!((build("spectral", &shape(1.0, 0), 6).diameter(6) - 2.0).abs() < 1e-12);
    let first_row = oracle(build("group-lasso", &shape(1.0, 0), 9).as_ref(), &[1.0; 9]);
    assert!(first_row[2] < 0.0 && first_row[3] == 0.0);
}

// ── Rows ─────────────────────────────────────────────────────────────────────────────────────────────────

#[cfg(feature = "cpu")]
mod rows {
    use super::*;
    use burn::tensor::{Device, Tensor, TensorData};
    use fwlab::sets::RowSet;

    type Rows = Tensor<2>;

    /// Layers of the networks, both ways round, square ones and biases.
    const LAYERS: [(usize, usize); 9] =
        [(1, 1), (1, 16), (16, 1), (2, 2), (8, 8), (10, 128), (16, 27), (32, 90), (40, 5)];
    /// Share by which the leading singular value may be missed.
    const SHORT: f64 = 6e-5;

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

    fn narrow(row: &[f64]) -> Vec<f32> {
        row.iter().map(|value| *value as f32).collect()
    }

    fn both(key: &str, shape: &SetShape, n: usize) -> (Set, Box<dyn RowSet>) {
        let entry = SetId::parse(key).unwrap().entry();
        assert!(entry.for_layers);
        (entry.build(shape, n).unwrap(), entry.rows.unwrap()(shape, n).unwrap())
    }

    /// Matrices of all sorts: random, of low rank, tied, graded, whole numbers, zero, tiny, huge.
    fn matrices(random: &mut Random, shape: (usize, usize)) -> Vec<Vec<f32>> {
        let (n, m) = (shape.0 * shape.1, shape.0.min(shape.1));
        let mut made = Vec::new();
        for limit in [3.0, 1e-22, 1e6] {
            made.push(narrow(&random_vector(random, n, limit)));
        }
        let half = vec![1.0; m.div_ceil(2)];
        let graded: Vec<f64> = (0..m).map(|i| 10.0_f64.powf(-8.0 * i as f64 / m as f64)).collect();
        let flat: Vec<f64> = (0..m).map(|i| if i == 0 { 1.0 } else { 1e-4 }).collect();
        for sigma in [vec![2.0], half, vec![1.0; m], graded, flat] {
            made.push(narrow(&Known::new(random, shape, &sigma).matrix()));
        }
        made.push((0..n).map(|_| random.below(3) as f32 - 1.0).collect());
        made.extend([vec![1.0; n], vec![-0.25; n], vec![0.0; n]]);
        made
    }

    /// The three sets in both forms on every layer, groups being rows of the matrix.
    fn each_pair(mut visit: impl FnMut(&str, (usize, usize), &dyn ConstraintSet, &dyn RowSet)) {
        for key in KEYS {
            for (rows, columns) in LAYERS {
                let (slices, row_form) = both(key, &shape(1.5, columns), rows * columns);
                visit(&format!("{key} {rows}×{columns}"), (rows, columns), slices.as_ref(), row_form.as_ref());
            }
        }
    }

    #[test]
    fn the_row_oracle_is_feasible_and_as_low_as_stated() {
        let mut random = Random::new(50, 0);
        each_pair(|name, shape, slices, rows| {
            let n = shape.0 * shape.1;
            let g = matrices(&mut random, shape);
            let x: Vec<Vec<f32>> = g.iter().map(|_| narrow(&random_vector(&mut random, n, 0.01))).collect();
            let found = floats(rows.lmo(tensor(&g), tensor(&x)));
            let short = if name.starts_with("nuclear") { SHORT + 1e-6 } else { 1e-6 + n as f64 * 1e-9 };
            for ((row, g), x) in found.chunks(n).zip(&g).zip(&x) {
                if g.iter().all(|value| *value == 0.0) {
                    assert_eq!(row, x, "{name}: no gradient, yet moved");
                    continue;
                }
                let (row, g) = (wide(row), wide(g));
                assert!(slices.gauge(&row) <= 1.0 + 2e-6, "{name}: gauge {}", slices.gauge(&row));
                let lowest = dot(&g, &oracle(slices, &g));
                assert!(dot(&g, &row) <= lowest * (1.0 - short), "{name}: {} above {lowest}", dot(&g, &row));
            }
        });
    }

    /// Along gradients that change by a share of their size a step, the oracle that begins where it stood stays in the
    /// ball, is never lower than the lowest, and falls short of it by no more than one step moves the singular values
    /// (Weyl: |Δσ| ≤ ‖ΔG‖₂, which here is about the share of σ₁ by which the entries move): where the two largest cross,
    /// the oracle still follows the one that was largest.
    #[test]
    fn an_oracle_that_begins_where_it_stood_follows_a_gradient_that_moves() {
        let mut random = Random::new(56, 0);
        for shape_of in [(8, 9), (16, 27), (27, 16), (10, 128), (1, 16)] {
            let n = shape_of.0 * shape_of.1;
            let (slices, rows) = both("nuclear", &shape(1.5, shape_of.1), n);
            for (moves, most) in [(0.0, SHORT), (0.01, 0.01), (0.1, 0.1)] {
                let mut g = random_vector(&mut random, n, 1.0);
                let mut trace = None;
                for t in 0..30 {
                    g.iter_mut().for_each(|value| *value += random.symmetric(moves));
                    let v = wide(&floats(rows.lmo_near(tensor(&[narrow(&g)]), tensor(&[vec![0.0; n]]), &mut trace)));
                    let (value, lowest) = (dot(&g, &v), dot(&g, &oracle(slices.as_ref(), &g)));
                    let short = 1.0 - value / lowest;
                    assert!((-2e-6..=most + 1e-6).contains(&short), "{shape_of:?} {moves} t={t}: short by {short}");
                    assert!(slices.gauge(&v) <= 1.0 + 2e-6);
                }
                assert_eq!(trace.is_some(), shape_of.0.min(shape_of.1) > 1, "{shape_of:?}");
            }
        }
    }

    #[test]
    fn a_start_that_is_wrong_or_orthogonal_is_overcome() {
        let rows = both("nuclear", &shape(1.0, 3), 6).1;
        let g = tensor(&[vec![3.0, 0.0, 0.0, 0.0, 1.0, 0.0]]);
        let nowhere = tensor(&[vec![0.0; 6]]);
        // The second singular vector; after a zero gradient it is still there.
        let mut trace = Some(tensor(&[vec![0.0, 1.0, 0.0]]));
        assert_eq!(floats(rows.lmo_near(nowhere.clone(), g.clone(), &mut trace)), floats(g.clone()));
        assert_eq!(floats(trace.clone().unwrap()), [0.0, 1.0, 0.0]);
        for _ in 0..4 {
            rows.lmo_near(g.clone(), nowhere.clone(), &mut trace);
        }
        let first = wide(&floats(rows.lmo_near(g.clone(), nowhere.clone(), &mut trace)));
        assert_close(&first, &[-1.0, 0.0, 0.0, 0.0, 0.0, 0.0], 1e-3, "the first singular vector");
        // A vector of another length is none.
        let mut trace = Some(tensor(&[vec![1.0, 0.0]]));
        let anew = wide(&floats(rows.lmo_near(g.clone(), nowhere.clone(), &mut trace)));
        assert_close(&anew, &[-1.0, 0.0, 0.0, 0.0, 0.0, 0.0], 1e-3, "anew");
    }

    #[test]
    fn where_the_oracle_is_unique_both_forms_agree_entry_by_entry() {
        let mut random = Random::new(51, 0);
        each_pair(|name, shape, slices, rows| {
            // Singular values a whole step apart determine the answer.
            let g: Vec<Vec<f32>> = (0..4).map(|_| narrow(&Known::random(&mut random, shape).matrix())).collect();
            let n = shape.0 * shape.1;
            let found = floats(rows.lmo(tensor(&g), tensor(&g)));
            for (row, g) in found.chunks(n).zip(&g) {
                assert_close(&wide(row), &oracle(slices, &wide(g)), 2e-5, name);
            }
        });
    }

    #[test]
    fn both_forms_have_the_same_projection_and_gauge() {
        let mut random = Random::new(52, 0);
        each_pair(|name, shape, slices, rows| {
            let n = shape.0 * shape.1;
            let mut x = matrices(&mut random, shape);
            x.retain(|row| row.iter().all(|value| value.abs() < 1e3));
            for limit in [1e-3, 0.1, 30.0] {
                x.push(narrow(&random_vector(&mut random, n, limit)));
            }
            let found = floats(rows.project(tensor(&x)));
            let gauges = floats(rows.gauge(tensor(&x)));
            let blind = if name.starts_with("spectral") { SHORT } else { 0.0 };
            for ((row, gauge), x) in found.chunks(n).zip(gauges).zip(&x) {
                let (y, exact) = (wide(row), projected(slices, &wide(x)));
                let off = norm(&minus(&y, &exact));
                assert!(off <= 5e-6 * (1.5 + norm(&wide(x))) + blind * 1.5, "{name}: P off by {off}");
                let expected = slices.gauge(&wide(x));
                // 10⁻¹² is nothing, and its square is lost in f32.
                let tolerance = (blind + 5e-6) * expected + 1e-12;
                assert!((f64::from(gauge) - expected).abs() <= tolerance, "{name}: gauge {gauge} for {expected}");
                let outside = slices.gauge(&y) - 1.0;
                assert!(outside <= 1e-5 + blind, "{name}: projects outside by {outside}");
                if expected < 0.999 {
                    assert_eq!(row, x, "{name}: inside, yet moved");
                }
            }
            assert!((rows.diameter(n) - slices.diameter(n)).abs() < 1e-12, "{name}");
        });
    }

    #[test]
    fn group_rows_break_ties_as_the_slice_does() {
        let mut random = Random::new(53, 0);
        for (n, group) in [(6, 1), (12, 3), (144, 9), (64, 16), (20, 20)] {
            let shape = SetShape { group, ..shape(1.5, 0) };
            let (slices, rows) = both("group-lasso", &shape, n);
            let g: Vec<Vec<f32>> = (0..50).map(|_| (0..n).map(|_| random.below(5) as f32 - 2.0).collect()).collect();
            let found = floats(rows.lmo(tensor(&g), tensor(&g)));
            for (row, g) in found.chunks(n).zip(&g) {
                let mut expected = vec![0.0; n];
                slices.lmo(&wide(g), &wide(g), &mut expected).unwrap();
                assert_close(&wide(row), &expected, 1.5e-6, &format!("n={n} group={group}"));
            }
            let found = floats(rows.project(tensor(&g)));
            for (row, g) in found.chunks(n).zip(&g) {
                assert_close(&wide(row), &projected(slices.as_ref(), &wide(g)), 6e-6, &format!("n={n} group={group}"));
            }
        }
    }

    #[test]
    fn radii_from_1e_6_to_1e6_only_scale() {
        let mut random = Random::new(54, 0);
        for key in KEYS {
            for radius in [1e-6, 1e-3, 1e3, 1e6] {
                let (slices, rows) = both(key, &shape(radius, 12), 96);
                let g = narrow(&random_vector(&mut random, 96, 1.0));
                let x = narrow(&random_vector(&mut random, 96, 2.0 * radius));
                let v = wide(&floats(rows.lmo(tensor(std::slice::from_ref(&g)), tensor(std::slice::from_ref(&x)))));
                let gauge = slices.gauge(&v);
                assert!((gauge - 1.0).abs() < 2e-6, "{key} {radius}: {gauge}");
                let y = wide(&floats(rows.project(tensor(std::slice::from_ref(&x)))));
                let exact = projected(slices.as_ref(), &wide(&x));
                assert_close(&y, &exact, 1e-4 * radius, &format!("{key} {radius}"));
            }
        }
    }

    /// Frank–Wolfe on ½‖X − B‖² over each ball: never outside, and as near as its rate promises.
    #[test]
    fn frank_wolfe_on_rows_stays_inside_and_arrives() {
        let mut random = Random::new(55, 0);
        for key in KEYS {
            let (n, steps) = (8 * 12, 400);
            let (slices, rows) = both(key, &shape(1.0, 12), n);
            let target = narrow(&Known::new(&mut random, (8, 12), &[2.0, 1.0, 0.5]).matrix());
            let b = tensor(std::slice::from_ref(&target));
            let mut x = b.zeros_like();
            for t in 0..steps {
                let g = x.clone().sub(b.clone());
                let v = rows.lmo(g, x.clone());
                let gamma = 2.0 / (t as f64 + 2.0);
                x = x.mul_scalar(1.0 - gamma).add(v.mul_scalar(gamma));
            }
            let x = wide(&floats(x));
            assert!(slices.gauge(&x) <= 1.0 + 1e-5, "{key}: {}", slices.gauge(&x));
            let half = |x: &[f64]| 0.5 * dot(&minus(x, &wide(&target)), &minus(x, &wide(&target)));
            let behind = half(&x) - half(&projected(slices.as_ref(), &wide(&target)));
            let promised = 2.0 * slices.diameter(n).powi(2) / (steps as f64 + 2.0);
            assert!((-1e-5..=promised).contains(&behind), "{key}: {behind} behind, {promised} promised");
        }
    }
}
