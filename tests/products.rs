//! Products of sets, one a block of entries: against brute force over all combinations of corners, one oracle call, and
//! the sums that a network's layers rely on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fwlab::random::Random;
use fwlab::sets::{ConstraintSet, Product, SETS, SetError, SetId, SetShape, dot, joint_diameter, norm};

fn build(key: &str, radius: f64, n: usize) -> Box<dyn ConstraintSet> {
    let shape = SetShape { radius, k: 2, ..SetShape::default() };
    SetId::parse(key).unwrap().entry().build(&shape, n).unwrap()
}

/// Key, radius and entries of each block.
type Recipe = &'static [(&'static str, f64, usize)];

const RECIPES: &[Recipe] = &[
    &[("l1", 1.5, 3)],
    &[("l1", 1.5, 2), ("linf", 0.5, 3)],
    &[("k-sparse", 1.0, 3), ("probability-simplex", 2.0, 2), ("l1", 0.1, 1)],
    &[("simplex", 3.0, 2), ("linf", 1.0, 1), ("k-sparse", 0.25, 2)],
    &[("permutahedron", 1.0, 3), ("l1", 4.0, 2)],
];

fn product(recipe: Recipe) -> Product {
    Product::new(recipe.iter().map(|&(key, radius, n)| (build(key, radius, n), n)).collect()).unwrap()
}

fn random_vector(random: &mut Random, n: usize, limit: f64) -> Vec<f64> {
    (0..n).map(|_| random.symmetric(limit)).collect()
}

fn oracle(set: &dyn ConstraintSet, g: &[f64], x: &[f64]) -> Vec<f64> {
    let mut v = vec![f64::NAN; g.len()];
    set.lmo(g, x, &mut v).unwrap();
    v
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// A point inside: the centre, moved at random and projected back.
fn inside(random: &mut Random, product: &Product) -> Vec<f64> {
    let mut x = random_vector(random, product.dim(), 3.0);
    product.project(&mut x);
    x
}

/// The corners of a block, as the oracle gives them to many gradients.
fn corners(random: &mut Random, set: &dyn ConstraintSet, n: usize) -> Vec<Vec<f64>> {
    let mut found: Vec<Vec<f64>> = Vec::new();
    for _ in 0..400 {
        let corner = oracle(set, &random_vector(random, n, 1.0), &vec![0.0; n]);
        if !found.contains(&corner) {
            found.push(corner);
        }
    }
    found
}

#[test]
fn no_combination_of_corners_is_lower_than_the_oracles() {
    let mut random = Random::new(1, 0);
    for recipe in RECIPES {
        let product = product(recipe);
        let mut points = vec![Vec::new()];
        for &(key, radius, n) in *recipe {
            let corners = corners(&mut random, build(key, radius, n).as_ref(), n);
            let longer = |point: &Vec<f64>| -> Vec<Vec<f64>> {
                corners.iter().map(|corner| [point.as_slice(), corner].concat()).collect()
            };
            points = points.iter().flat_map(longer).collect();
        }
        for point in &points {
            assert!(product.contains(point, 1e-12), "{recipe:?}: {point:?}");
        }
        for _ in 0..50 {
            let g = random_vector(&mut random, product.dim(), 3.0);
            let v = oracle(&product, &g, &product.centre(product.dim()));
            let lowest = points.iter().map(|point| dot(&g, point)).fold(f64::INFINITY, f64::min);
            assert!((dot(&g, &v) - lowest).abs() < 1e-12, "{recipe:?}: {v:?}");
            assert!(points.contains(&v), "{recipe:?}: {v:?} is no combination of corners");
        }
    }
}

#[test]
fn the_widest_pair_of_corners_is_the_diameter() {
    let mut random = Random::new(2, 0);
    for recipe in RECIPES {
        let product = product(recipe);
        let n = product.dim();
        // Opposite corners belong to opposite gradients, so pairs of opposite gradients are enough.
        let mut widest = 0.0_f64;
        for _ in 0..4000 {
            let g = random_vector(&mut random, n, 1.0);
            let opposite: Vec<f64> = g.iter().map(|value| -value).collect();
            let x = vec![0.0; n];
            widest = widest.max(norm(&minus(&oracle(&product, &g, &x), &oracle(&product, &opposite, &x))));
        }
        let diameter = product.diameter(n);
        assert!(widest <= diameter * (1.0 + 1e-12), "{recipe:?}: {widest} is wider than {diameter}");
        assert!(widest >= diameter * (1.0 - 1e-9), "{recipe:?}: {diameter} is never reached, only {widest}");
    }
    assert_eq!(joint_diameter([3.0, 4.0]), 5.0);
    assert_eq!(joint_diameter([]), 0.0);
}

#[test]
fn gaps_of_blocks_add_up() {
    let mut random = Random::new(3, 0);
    for recipe in RECIPES {
        let product = product(recipe);
        for _ in 0..200 {
            let (g, x) = (random_vector(&mut random, product.dim(), 2.0), inside(&mut random, &product));
            let gaps = product.gaps(&g, &x).unwrap();
            assert_eq!(gaps.len(), recipe.len());
            let whole = dot(&g, &minus(&x, &oracle(&product, &g, &x)));
            assert!((gaps.iter().sum::<f64>() - whole).abs() < 1e-11, "{recipe:?}: {gaps:?} against {whole}");
            assert!(gaps.iter().all(|gap| *gap >= -1e-9), "{recipe:?}: {gaps:?}");
        }
    }
}

#[test]
fn one_oracle_call_verifies_each_projection() {
    let mut random = Random::new(4, 0);
    for recipe in RECIPES {
        let product = product(recipe);
        for _ in 0..200 {
            let x = random_vector(&mut random, product.dim(), 6.0);
            let mut y = x.clone();
            product.project(&mut y);
            assert!(product.contains(&y, 1e-9), "{recipe:?}: gauge {}", product.gauge(&y));
            let away = minus(&x, &y);
            let v = oracle(&product, &minus(&y, &x), &y);
            assert!(dot(&away, &v) <= dot(&away, &y) + 1e-9, "{recipe:?}: P{x:?} = {y:?}");
        }
    }
}

#[test]
fn a_point_is_as_far_out_as_its_worst_block() {
    let mut random = Random::new(5, 0);
    for recipe in RECIPES {
        let product = product(recipe);
        let centre = product.centre(product.dim());
        assert!(product.gauge(&centre) < 1e-12, "{recipe:?}");
        let x = random_vector(&mut random, product.dim(), 2.0);
        let mut at = 0;
        let mut worst = 0.0_f64;
        for &(key, radius, n) in *recipe {
            worst = worst.max(build(key, radius, n).gauge(&x[at..at + n]));
            at += n;
        }
        assert_eq!(product.gauge(&x), worst, "{recipe:?}");
    }
}

#[test]
fn a_block_whose_gradient_is_zero_stays() {
    let product = product(&[("l1", 1.0, 2), ("linf", 1.0, 2)]);
    let x = [0.25, -0.5, 0.25, 0.5];
    assert_eq!(oracle(&product, &[0.0, 0.0, 1.0, -1.0], &x), [0.25, -0.5, -1.0, 1.0]);
    assert_eq!(product.gaps(&[0.0, 0.0, 1.0, -1.0], &x).unwrap(), [0.0, 1.75]);
    assert_eq!(oracle(&product, &[0.0; 4], &x), x);
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    assert!(matches!(Product::new(Vec::new()), Err(SetError::Parameter { .. })));
    assert!(matches!(Product::new(vec![(build("l2", 1.0, 2), 0)]), Err(SetError::Parameter { .. })));
    let product = product(&[("l1", 1.0, 2), ("l2", 1.0, 2)]);
    let mut v = [0.0; 4];
    assert!(matches!(product.lmo(&[1.0; 3], &[0.0; 3], &mut v), Err(SetError::Parameter { .. })));
    assert!(matches!(product.gaps(&[1.0; 4], &[0.0; 5]), Err(SetError::Parameter { .. })));
    for bad in [f64::NAN, f64::INFINITY] {
        assert_eq!(product.lmo(&[1.0, 1.0, 1.0, bad], &[0.0; 4], &mut v), Err(SetError::NotFinite));
        assert_eq!(product.gaps(&[bad, 1.0, 1.0, 1.0], &[0.0; 4]), Err(SetError::NotFinite));
    }
}

#[test]
fn every_set_of_the_table_can_be_a_block() {
    let mut random = Random::new(6, 0);
    let corners = vec![[-1.0, -0.4], [0.1, -1.1], [1.2, -0.2], [-0.6, 0.8]];
    let shape = SetShape { k: 2, corners, ..SetShape::default() };
    let mut blocks = Vec::new();
    for entry in SETS {
        let n = [2, 4].into_iter().find(|&n| (entry.supports)(n)).unwrap();
        blocks.push((entry.build(&shape, n).unwrap(), n));
    }
    let product = Product::new(blocks).unwrap();
    let (g, x) = (random_vector(&mut random, product.dim(), 1.0), inside(&mut random, &product));
    assert!(product.contains(&oracle(&product, &g, &x), 1e-9));
    assert_eq!(product.gaps(&g, &x).unwrap().len(), SETS.len());
}
