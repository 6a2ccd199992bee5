//! Where attacks begin: random points of the ball. Every image and every restart draws from its own stream of the
//! host generator, so that CPU and GPU begin alike.

use std::f64::consts::TAU;

use burn::tensor::{Tensor, TensorData};

use super::{AttackSettings, Target};
use crate::random::Random;
use crate::sets::NormId;
use crate::sets::image_ball::Answer;

/// A random start as Auto-PGD's code takes it: ε·t/‖t‖∞ with t uniform in [−1, 1]ⁿ (L∞), ε·t/‖t‖₂ with t normal (L2),
/// then clamped to the box; t normal and projected (L1).
pub(super) fn random_point(target: &Target, settings: &AttackSettings) -> Tensor<2> {
    let clean = target.clean.images.clone();
    let epsilon = target.ball.epsilon();
    let noise = match target.ball.threat().norm {
        NormId::Linf => uniform(&clean, epsilon, settings, target),
        NormId::L2 => normal(&clean, Some(epsilon), settings, target),
        _ => normal(&clean, None, settings, target),
    };
    target.ball.project_then_clamp(clean.add(noise))
}

/// Where to go from the clean image to be at a random point inside without any projection: the oracle's answer to a
/// normal direction `[rows, n]`, and u, the part of the way, uniform in [0, 1) `[rows, 1]`.
pub(super) fn random_inside(target: &Target, settings: &AttackSettings) -> (Answer, Tensor<2>) {
    let clean = target.clean.images.clone();
    let answer = target.answer(normal(&clean, None, settings, target), clean.clone(), None);
    let shares: Vec<f32> =
        target.images.iter().map(|&image| stream(settings, image, 1 << 41).uniform() as f32).collect();
    (answer, Tensor::from_data(TensorData::new(shares, [target.clean.rows(), 1]), &clean.device()))
}

fn stream(settings: &AttackSettings, image: u32, purpose: u64) -> Random {
    let image = u64::from(settings.first_image) + u64::from(image);
    Random::new(settings.seed, purpose + (u64::from(settings.restart) << 48) + image)
}

/// ε·t/‖t‖∞ with t uniform in [−1, 1]ⁿ, a row an image.
fn uniform(like: &Tensor<2>, epsilon: f64, settings: &AttackSettings, target: &Target) -> Tensor<2> {
    let [rows, n] = like.dims();
    let mut values = Vec::with_capacity(rows * n);
    for &image in &target.images {
        let mut random = stream(settings, image, 1 << 40);
        let t: Vec<f64> = (0..n).map(|_| random.symmetric(1.0)).collect();
        let largest = t.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
        values.extend(t.iter().map(|v| (epsilon * v / largest) as f32));
    }
    Tensor::from_data(TensorData::new(values, [rows, n]), &like.device())
}

/// Independent standard normals (Box, Muller 1958), a row an image; of L2 length `length`, if there is one.
fn normal(like: &Tensor<2>, length: Option<f64>, settings: &AttackSettings, target: &Target) -> Tensor<2> {
    let [rows, n] = like.dims();
    let mut values = Vec::with_capacity(rows * n);
    for &image in &target.images {
        let mut random = stream(settings, image, 1 << 40);
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
