//! Two questions asked of every device before it is trusted: does it compute the same numbers, and how fast is
//! a bare training step?

use burn::tensor::{Device, Tensor};

use super::networks::architecture;
use super::readback::{read, read_all};
use super::{Clock, EngineError};
use crate::data::ImageShape;
use crate::nn::{Architecture, Batch, Network, cross_entropy};
use crate::random::Random;
use crate::session::{Activation, NetworkId, Probe};

/// Images of the probe; of a benchmark step.
const PROBE_IMAGES: usize = 8;
const BENCHMARK_IMAGES: usize = 64;

/// Forward and backward on made-up images with a made-up network, both from the host generator.
pub(super) async fn probe(device: &Device) -> Result<Probe, EngineError> {
    let architecture = small();
    let batch = made_up(&architecture, PROBE_IMAGES, device);
    let network = Network::new(architecture.clone(), architecture.initial(7), device);
    let logits = network.logits(batch.images.clone());
    let loss = cross_entropy(logits.clone(), batch.targets.clone()).mean_dim(0);
    let alone = network.loss_and_gradient(&batch).gradient;
    let (with_input, pixels) = network.both_gradients(&batch);
    let flat = |rows: Vec<Tensor<2>>| Tensor::cat(rows, 1);
    let mut parts = read_all(vec![logits, loss, flat(alone), flat(with_input), pixels]).await?.into_iter();
    let mut next = || parts.next().unwrap_or_default();
    Ok(Probe {
        logits: next(),
        loss: next().first().copied().unwrap_or(f32::NAN),
        weight_gradient: next(),
        weight_gradient_with_input: next(),
        input_gradient: next(),
    })
}

/// Milliseconds of each of `steps` plain SGD steps, batch 64, after one step of warming up.
pub(super) async fn benchmark(
    architecture: Option<Architecture>,
    steps: u32,
    device: &Device,
    clock: Clock,
) -> Result<Vec<f32>, EngineError> {
    let architecture = architecture.unwrap_or_else(small);
    let batch = made_up(&architecture, BENCHMARK_IMAGES, device);
    let mut network = Network::new(architecture.clone(), architecture.initial(7), device);
    let mut times = Vec::new();
    for step in 0..=steps.min(100) {
        let began = clock();
        let found = network.loss_and_gradient(&batch);
        for (parameter, gradient) in network.parameters.iter_mut().zip(found.gradient) {
            *parameter = parameter.clone().sub(gradient.mul_scalar(0.01));
        }
        // The clock stops when the numbers are there, weights included.
        let mut waited = vec![found.loss];
        waited.extend(network.parameters.iter().map(|parameter| parameter.clone().sum_dim(1)));
        read(Tensor::cat(waited, 1)).await?;
        if step > 0 {
            times.push((clock() - began) as f32);
        }
    }
    Ok(times)
}

fn small() -> Architecture {
    architecture(NetworkId::Small, Activation::Relu, ImageShape { channels: 3, height: 32, width: 32 }, 10)
}

fn made_up(architecture: &Architecture, count: usize, device: &Device) -> Batch {
    let mut random = Random::new(11, 3);
    let n: usize = architecture.input.iter().product();
    let pixels = (0..count * n).map(|_| random.uniform() as f32).collect();
    let labels: Vec<u8> = (0..count).map(|i| (i % architecture.classes) as u8).collect();
    Batch::new(pixels, &labels, architecture.classes, device)
}
