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

/// Shapes worth trying for a set at a radius.
fn shapes(entry: &SetEntry, radius: f64) -> Vec<SetShape> {
    match entry.key {
        "lp" => [1.05, 1.5, 2.0, 3.0, 9.0].into_iter().map(|p| SetShape { p, ..shape(radius) }).collect(),
        "k-sparse" => [1, 2].into_iter().map(|k| SetShape { k, ..shape(radius) }).collect(),
        _ => vec![shape(radius)],
    }
}

fn dimensions(entry: &SetEntry) -> &'static [usize] {
    if entry.key == "polygon" { &[2] } else { &[2, 3, 6] }
}

/// Visits every set of the table, in several shapes and dimensions, at radius 1.5.
fn each(mut visit: impl FnMut(&str, usize, &dyn ConstraintSet)) {
    for entry in SETS {
        for &n in dimensions(entry) {
            for shape in shapes(entry, 1.5) {
                let name = format!("{} n={n} p={} k={}", entry.key, shape.p, shape.k);
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

/// centre + share·(direction up to the boundary).
fn towards(set: &dyn ConstraintSet, direction: &[f64], share: f64) -> Vec<f64> {
    let centre = set.centre(direction.len());
    let point: Vec<f64> = centre.iter().zip(direction).map(|(c, d)| c + d).collect();
    let reach = set.gauge(&point).max(1e-300);
    centre.iter().zip(direction).map(|(c, d)| c + share * d / reach).collect()
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
        "polygon" => Some(shape(1.5).corners.iter().map(|corner| corner.to_vec()).collect()),
        _ => None,
    }
}

#[test]
fn no_corner_is_lower_than_the_oracles() {
    let mut random = Random::new(1, 0);
    for entry in SETS {
        for &n in dimensions(entry) {
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

    let some_zero = [1.0, 0.0, -1.0];
    assert_eq!(at("l1", &some_zero, &x), [-1.5, 0.0, 0.0]);
    assert_eq!(at("linf", &some_zero, &x), [-1.5, 1.5, 1.5]);
    assert_eq!(at("box", &some_zero, &x), [-1.5, 0.2, 1.5]);
    assert_eq!(at("k-sparse", &[0.0, 0.0, 1.0], &x), [0.0, 0.0, -1.5]);
    assert_eq!(at("simplex", &[0.0, 1.0, 2.0], &x), [0.0; 3]);
    for key in ["l2", "lp"] {
        assert_eq!(at(key, &some_zero, &x)[1], 0.0, "{key}");
    }
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
        assert!(
            refused("k-sparse", SetShape { k, ..shape(1.0) }, 3).contains("between 1 and the number of entries, 3")
        );
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
        assert!(!entry.oracle_tex.is_empty() && !entry.set_tex.is_empty() && !entry.source.is_empty());
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
fn k_of_1_is_l1_and_k_of_n_is_linf() {
    let mut random = Random::new(6, 0);
    for (k, twin) in [(1, "l1"), (5, "linf")] {
        let sparse = build("k-sparse", &SetShape { k, ..shape(1.5) }, 5);
        let twin = build(twin, &shape(1.5), 5);
        assert!((sparse.diameter(5) - twin.diameter(5)).abs() < 1e-12);
        for _ in 0..100 {
            let (g, x) = (random_vector(&mut random, 5, 2.0), random_vector(&mut random, 5, 4.0));
            assert_eq!(oracle(sparse.as_ref(), &g), oracle(twin.as_ref(), &g));
            assert_close(&projected(sparse.as_ref(), &x), &projected(twin.as_ref(), &x), 1e-9, "k-sparse twin");
            assert!((sparse.gauge(&x) - twin.gauge(&x)).abs() < 1e-12);
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
        for n in [2, 9, 100] {
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
        for entry in SETS.iter().filter(|entry| entry.key != "polygon") {
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
        for entry in SETS {
            for shape in shapes(entry, 1.5) {
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
        for entry in SETS {
            for shape in shapes(entry, 1.5) {
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
    for entry in SETS {
        for shape in shapes(entry, 1.5) {
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
        if n == 2 {
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
        if name.starts_with("lp") { 1e-5 } else { 1.5e-6 }
    }

    /// The set in both forms, in several shapes, for each n.
    fn each_pair(mut visit: impl FnMut(&str, usize, &dyn ConstraintSet, &dyn RowSet)) {
        for entry in SETS {
            assert_eq!(entry.rows.is_some(), entry.for_layers, "{}", entry.key);
            let Some(rows) = entry.rows else { continue };
            for n in [2, 5, 64, 257] {
                let mut tried = shapes(entry, 1.5);
                if entry.key == "k-sparse" {
                    tried = [1, 2, n / 3 + 1, n - 1, n].into_iter().map(|k| SetShape { k, ..shape(1.5) }).collect();
                }
                for shape in tried {
                    let name = format!("{} n={n} p={} k={}", entry.key, shape.p, shape.k);
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
