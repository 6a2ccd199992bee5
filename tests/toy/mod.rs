//! The made-up network and images that attacks are tested on.

use burn::tensor::{Device, Tensor};
use fwlab::attack::Target;
use fwlab::nn::{Architecture, Batch, Layout, Network, Nonlinearity};
use fwlab::random::Random;
use fwlab::sets::ThreatModel;

/// Values of one image: 1 × 8 × 8.
pub const N: usize = 64;

pub fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    pollster::block_on(tensor.clone().into_data_async()).unwrap().try_into_vec::<f32>().unwrap()
}

/// What the network answers.
pub fn classes_of(network: &Network, images: Tensor<2>) -> Vec<u8> {
    let classes = network.architecture.classes;
    let largest = |row: &[f32]| (0..classes).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as u8;
    values(&network.logits(images)).chunks(classes).map(largest).collect()
}

/// Made-up images at whole 8-bit levels, some pixels black or white, and a made-up network; labels as it answers.
pub fn target_of(rows: usize, classes: usize, threat: ThreatModel) -> (Target, Vec<u8>) {
    let device = Device::flex();
    let architecture = Architecture {
        input: [1, 8, 8],
        channels: vec![4],
        layout: Layout::Plain,
        classes,
        nonlinearity: Nonlinearity::Relu,
    };
    let mut random = Random::new(2, 4);
    let pixels: Vec<f32> = (0..rows * N)
        .map(|i| match i % 9 {
            0 => 0.0,
            4 => 1.0,
            _ => random.below(256) as f32 / 255.0,
        })
        .collect();
    let weights = architecture.initial(3).into_iter().map(|row| row.into_iter().map(|v| 3.0 * v).collect()).collect();
    let network = Network::new(architecture, weights, &device);
    let images = Tensor::<1>::from_floats(pixels.as_slice(), &device).reshape([rows, N]);
    let labels = classes_of(&network, images);
    let clean = Batch::new(pixels, &labels, classes, &device);
    (Target::within(network, clean, &labels, threat).unwrap(), labels)
}
