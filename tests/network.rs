//! The network against finite differences, and its weights through a file.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use burn::tensor::{Device, Tensor};
use fwlab::nn::{Architecture, Batch, Layout, Network, Nonlinearity, WeightsError, load, save};
use fwlab::random::Random;

fn tiny(nonlinearity: Nonlinearity) -> Architecture {
    Architecture { input: [2, 8, 8], channels: vec![3, 4], layout: Layout::Plain, classes: 3, nonlinearity }
}

fn batch(architecture: &Architecture, rows: usize, device: &Device) -> (Vec<f32>, Vec<u8>, Batch) {
    let mut random = Random::new(5, 9);
    let n: usize = architecture.input.iter().product();
    let pixels: Vec<f32> = (0..rows * n).map(|_| random.uniform() as f32).collect();
    let labels: Vec<u8> = (0..rows).map(|i| (i % architecture.classes) as u8).collect();
    let batch = Batch::new(pixels.clone(), &labels, architecture.classes, device);
    (pixels, labels, batch)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    pollster::block_on(tensor.into_data_async()).unwrap().try_into_vec::<f32>().unwrap()
}

fn loss(architecture: &Architecture, weights: &[Vec<f32>], batch: &Batch, device: &Device) -> f64 {
    let network = Network::new(architecture.clone(), weights.to_vec(), device);
    f64::from(values(network.evaluate(batch).0)[0])
}

#[test]
fn gradients_agree_with_finite_differences() {
    let device = Device::flex();
    let architecture = tiny(Nonlinearity::Gelu);
    let (pixels, labels, batch_) = batch(&architecture, 4, &device);
    let weights = architecture.initial(3);
    let network = Network::new(architecture.clone(), weights.clone(), &device);
    let found = network.loss_and_gradient(&batch_);
    let h = 5e-3_f32;
    for (p, gradient) in found.gradient.into_iter().enumerate() {
        let gradient = values(gradient);
        for i in (0..gradient.len()).step_by(gradient.len().div_ceil(6)) {
            let at = |change: f32| {
                let mut moved = weights.clone();
                moved[p][i] += change;
                loss(&architecture, &moved, &batch_, &device)
            };
            let slope = (at(h) - at(-h)) / f64::from(2.0 * h);
            assert!(
                (slope - f64::from(gradient[i])).abs() < 2e-3,
                "parameter {p}[{i}]: {slope} against {}",
                gradient[i]
            );
        }
    }
    let (_, _, gradient) = network.image_gradient(&batch_);
    let gradient = values(gradient);
    for i in (0..gradient.len()).step_by(37) {
        let at = |change: f32| {
            let mut moved = pixels.clone();
            moved[i] += change;
            let moved = Batch::new(moved, &labels, architecture.classes, &device);
            // `image_gradient` holds each image's own gradient, the mean divides by their number.
            4.0 * loss(&architecture, &weights, &moved, &device)
        };
        let slope = (at(h) - at(-h)) / f64::from(2.0 * h);
        assert!((slope - f64::from(gradient[i])).abs() < 1e-2, "pixel {i}: {slope} against {}", gradient[i]);
    }
}

#[test]
fn asking_for_the_pixels_gradient_does_not_change_that_of_the_weights() {
    let device = Device::flex();
    let architecture = tiny(Nonlinearity::Relu);
    let (_, _, batch) = batch(&architecture, 5, &device);
    let network = Network::new(architecture.clone(), architecture.initial(1), &device);
    let alone = network.loss_and_gradient(&batch).gradient;
    let (both, pixels) = network.both_gradients(&batch);
    for (a, b) in alone.into_iter().zip(both) {
        for (a, b) in values(a).iter().zip(values(b)) {
            assert!((a - b).abs() <= 1e-6 * (1.0 + a.abs()));
        }
    }
    let own = values(network.image_gradient(&batch).2);
    for (a, b) in values(pixels).iter().zip(own) {
        assert!((5.0 * a - b).abs() <= 1e-5 * (1.0 + b.abs()));
    }
}

#[test]
fn weights_survive_a_file_to_the_last_bit() {
    let architecture = tiny(Nonlinearity::Relu);
    let weights = architecture.initial(8);
    let bytes = save(&architecture, &weights, &[("title".into(), "a test".into())]).unwrap();
    let (again, read, header) = load(&bytes).unwrap();
    assert_eq!(again, architecture);
    assert_eq!(read, weights);
    assert_eq!(header["title"], "a test");
}

#[test]
fn a_file_that_is_no_network_is_refused_with_a_reason() {
    assert!(matches!(load(b"hello"), Err(WeightsError::Format(_))));
    let architecture = tiny(Nonlinearity::Relu);
    let mut bytes = save(&architecture, &architecture.initial(1), &[]).unwrap();
    bytes.truncate(bytes.len() / 2);
    assert!(load(&bytes).is_err());
}

#[test]
fn initial_weights_follow_their_law() {
    let architecture = Architecture {
        input: [3, 32, 32],
        channels: vec![16, 32, 32],
        layout: Layout::Plain,
        classes: 10,
        nonlinearity: Nonlinearity::Relu,
    };
    let weights = architecture.initial(1);
    assert_eq!(weights, architecture.initial(1), "same seed, same weights");
    assert_ne!(weights, architecture.initial(2));
    for (parameter, values) in architecture.parameters().iter().zip(&weights) {
        assert_eq!(values.len(), parameter.len());
        let norm = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        if parameter.len() > 100 {
            let expected = parameter.expected_initial_norm();
            assert!((norm / expected - 1.0).abs() < 0.1, "{}: {norm} against {expected}", parameter.name);
        }
    }
}
