//! Where attacks begin: random points of the ball. Every image and every restart draws from its own stream of the
//! host generator, so that CPU and GPU begin alike.

use std::f64::consts::TAU;

use burn::tensor::{Tensor, TensorData};

use super::{AttackSettings, Target};
use crate::random::Random;
use crate::sets::NormId;

/// A random start as Auto-PGD's code takes it: ε·t/‖t‖∞ with t uniform in [−1, 1]ⁿ (L∞), ε·t/‖t‖₂ with t normal (L2),
/// then clamped to the box; t normal and projected (L1).
pub(super) fn random_point(target: &Target, settings: &AttackSettings) -> Tensor<2> {
    let clean = target.clean.images.clone();
    let epsilon = target.ball.epsilon();
    let noise = match target.ball.threat().norm {
        NormId::Linf => uniform(&clean, epsilon, settings),
        NormId::L2 => normal(&clean, Some(epsilon), settings),
        NormId::L1 | NormId::Lp => normal(&clean, None, settings),
    };
    target.ball.project_then_clamp(clean.add(noise))
}

/// A random point inside without any projection: u of the way from the clean image to the oracle's answer to a normal
/// direction, u uniform in [0, 1).
pub(super) fn random_inside(target: &Target, settings: &AttackSettings) -> Tensor<2> {
    let clean = target.clean.images.clone();
    let vertex = target.vertex(normal(&clean, None, settings), clean.clone());
    let shares: Vec<f32> =
        (0..target.clean.rows()).map(|row| stream(settings, row, 1 << 41).uniform() as f32).collect();
    let share = Tensor::from_data(TensorData::new(shares, [target.clean.rows(), 1]), &clean.device());
    clean.clone().add(vertex.sub(clean).mul(share))
}

fn stream(settings: &AttackSettings, row: usize, purpose: u64) -> Random {
    Random::new(settings.seed, purpose + (u64::from(settings.restart) << 48) + row as u64)
}

/// ε·t/‖t‖∞ with t uniform in [−1, 1]ⁿ, a row an image.
fn uniform(like: &Tensor<2>, epsilon: f64, settings: &AttackSettings) -> Tensor<2> {
    let [rows, n] = like.dims();
    let mut values = Vec::with_capacity(rows * n);
    for row in 0..rows {
        let mut random = stream(settings, row, 1 << 40);
        let t: Vec<f64> = (0..n).map(|_| random.symmetric(1.0)).collect();
        let largest = t.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
        values.extend(t.iter().map(|v| (epsilon * v / largest) as f32));
    }
    Tensor::from_data(TensorData::new(values, [rows, n]), &like.device())
}

/// Independent standard normals (Box, Muller 1958), a row an image; of L2 length `length`, if there is one.
fn normal(like: &Tensor<2>, length: Option<f64>, settings: &AttackSettings) -> Tensor<2> {
    let [rows, n] = like.dims();
    let mut values = Vec::with_capacity(rows * n);
    for row in 0..rows {
        let mut random = stream(settings, row, 1 << 40);
        let t: Vec<f64> = (0..n)
            .map(|_| {
                let size = (-2.0 * (1.0 - random.uniform()).ln()).sqrt();
                size * (TAU * random.uniform()).cos()
            })
            .collect();
        let scale = length.map_or(1.0, |length| length / crate::sets::norm(&t).max(f64::MIN_POSITIVE));
        values.extend(t.iter().map(|v| (scale * v) as f32));
    }
    Tensor::from_data(TensorData::new(values, [rows, n]), &like.device())
}
