//! Forward and backward. Nothing here knows which device it runs on, and nothing reads a tensor back.

use burn::tensor::activation::{gelu, log_softmax, relu, softmax};
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData};

use super::architecture::{Architecture, Layout, Nonlinearity};

/// Pixels in [0, 1] are centred and scaled inside the network: (x − ½)/¼.
const CENTRE: f32 = 0.5;
const SCALE: f32 = 4.0;

/// Images and what they show, on a device.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[rows, channels·height·width]`, in [0, 1].
    pub images: Tensor<2>,
    /// One-hot labels `[rows, classes]`.
    pub targets: Tensor<2>,
}

impl Batch {
    /// Uploads `pixels` (rows × n, in [0, 1]) and `labels`.
    pub fn new(pixels: Vec<f32>, labels: &[u8], classes: usize, device: &Device) -> Self {
        let rows = labels.len();
        let n = pixels.len().checked_div(rows).unwrap_or(0);
        let mut one_hot = vec![0.0_f32; rows * classes];
        for (row, &label) in labels.iter().enumerate() {
            if let Some(entry) = one_hot.get_mut(row * classes + usize::from(label)) {
                *entry = 1.0;
            }
        }
        Self {
            images: Tensor::from_data(TensorData::new(pixels, [rows, n]), device),
            targets: Tensor::from_data(TensorData::new(one_hot, [rows, classes]), device),
        }
    }

    /// Number of images.
    pub fn rows(&self) -> usize {
        self.images.dims()[0]
    }
}

/// What one forward and backward pass yields. Scalars stay on the device, as `[1, 1]`.
pub struct LossAndGradient {
    /// Mean cross-entropy, nats.
    pub loss: Tensor<2>,
    /// Share of correct predictions.
    pub accuracy: Tensor<2>,
    /// Gradient of the mean loss for every parameter, `[1, n]` each.
    pub gradient: Vec<Tensor<2>>,
}

/// A network: its shape and its parameters, one row each.
#[derive(Debug, Clone)]
pub struct Network {
    pub architecture: Architecture,
    pub parameters: Vec<Tensor<2>>,
}

impl Network {
    /// Puts parameter values on a device.
    pub fn new(architecture: Architecture, values: Vec<Vec<f32>>, device: &Device) -> Self {
        let parameters = values
            .into_iter()
            .map(|row| {
                let n = row.len();
                Tensor::from_data(TensorData::new(row, [1, n]), device)
            })
            .collect();
        Self { architecture, parameters }
    }

    /// Logits `[rows, classes]` of `images` `[rows, n]`.
    pub fn logits(&self, images: Tensor<2>) -> Tensor<2> {
        forward(&self.architecture, &self.parameters, images)
    }

    /// Class probabilities `[rows, classes]`.
    pub fn probabilities(&self, images: Tensor<2>) -> Tensor<2> {
        softmax(self.logits(images), 1)
    }

    /// Loss, accuracy and the gradient for all parameters.
    pub fn loss_and_gradient(&self, batch: &Batch) -> LossAndGradient {
        let leaves: Vec<Tensor<2>> = self.parameters.iter().map(|p| p.clone().autodiff().require_grad()).collect();
        let logits = forward(&self.architecture, &leaves, batch.images.clone().autodiff());
        let accuracy = correct(&logits.clone().inner(), &batch.targets).mean_dim(0);
        let loss = cross_entropy(logits, batch.targets.clone().autodiff()).mean_dim(0);
        let mut gradients = loss.backward();
        let gradient = leaves
            .iter()
            .map(|leaf| leaf.grad_remove(&mut gradients).unwrap_or_else(|| leaf.clone().inner().zeros_like()))
            .collect();
        LossAndGradient { loss: loss.inner(), accuracy, gradient }
    }

    /// Per-image cross-entropy `[rows, 1]`, correctness `[rows, 1]` (1 or 0) and gradient for the pixels `[rows, n]`.
    pub fn image_gradient(&self, batch: &Batch) -> (Tensor<2>, Tensor<2>, Tensor<2>) {
        self.image_gradient_of(batch, &|logits, labels| cross_entropy(logits, labels.autodiff()))
    }

    /// The same for any loss: a column `[rows, 1]` made of the logits and the one-hot labels. One forward and one
    /// backward pass for the whole batch.
    pub fn image_gradient_of(
        &self,
        batch: &Batch,
        loss: &dyn Fn(Tensor<2>, Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>, Tensor<2>) {
        let images = batch.images.clone().autodiff().require_grad();
        let logits = forward(&self.architecture, &self.parameters, images.clone());
        let correct = correct(&logits.clone().inner(), &batch.targets);
        let loss = loss(logits, batch.targets.clone());
        // Rows are independent, so the gradient of the sum holds every image's own gradient.
        let mut gradients = loss.clone().sum_dim(0).backward();
        let gradient = images.grad_remove(&mut gradients).unwrap_or_else(|| batch.images.zeros_like());
        (loss.inner(), correct, gradient)
    }

    /// Gradient of the mean loss for all parameters and for the pixels, in one pass (used by the probe).
    pub fn both_gradients(&self, batch: &Batch) -> (Vec<Tensor<2>>, Tensor<2>) {
        let leaves: Vec<Tensor<2>> = self.parameters.iter().map(|p| p.clone().autodiff().require_grad()).collect();
        let images = batch.images.clone().autodiff().require_grad();
        let logits = forward(&self.architecture, &leaves, images.clone());
        let mut gradients = cross_entropy(logits, batch.targets.clone().autodiff()).mean_dim(0).backward();
        let weights = leaves
            .iter()
            .map(|leaf| leaf.grad_remove(&mut gradients).unwrap_or_else(|| leaf.clone().inner().zeros_like()))
            .collect();
        let pixels = images.grad_remove(&mut gradients).unwrap_or_else(|| batch.images.zeros_like());
        (weights, pixels)
    }

    /// Mean loss and accuracy, `[1, 1]` each, without gradients.
    pub fn evaluate(&self, batch: &Batch) -> (Tensor<2>, Tensor<2>) {
        let logits = self.logits(batch.images.clone());
        let accuracy = correct(&logits, &batch.targets).mean_dim(0);
        (cross_entropy(logits, batch.targets.clone()).mean_dim(0), accuracy)
    }
}

/// Cross-entropy of each row, `[rows, 1]`: log Σ exp Z − Z_y.
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<2> {
    log_softmax(logits, 1).mul(targets).sum_dim(1).neg()
}

/// 1 where the true class has the largest logit, `[rows, 1]`.
fn correct(logits: &Tensor<2>, targets: &Tensor<2>) -> Tensor<2> {
    let own = logits.clone().mul(targets.clone()).sum_dim(1);
    own.greater_equal(logits.clone().max_dim(1)).float()
}

fn forward(architecture: &Architecture, parameters: &[Tensor<2>], images: Tensor<2>) -> Tensor<2> {
    let [channels, height, width] = architecture.input;
    let rows = images.dims()[0];
    let mut x: Tensor<4> = images.sub_scalar(CENTRE).mul_scalar(SCALE).reshape([rows, channels, height, width]);
    let mut layers = parameters.chunks_exact(2);
    let nonlinearity = architecture.nonlinearity;
    for &outputs in &architecture.channels {
        match architecture.layout {
            Layout::Plain => x = activate_and_pool(convolve(x, outputs, layers.next()), nonlinearity),
            Layout::Double => {
                x = activate(convolve(x, outputs, layers.next()), nonlinearity);
                x = activate_and_pool(convolve(x, outputs, layers.next()), nonlinearity);
            }
            Layout::Residual => {
                x = activate_and_pool(convolve(x, outputs, layers.next()), nonlinearity);
                let inner = activate(convolve(x.clone(), outputs, layers.next()), nonlinearity);
                x = x.add(convolve(inner, outputs, layers.next()));
            }
        }
    }
    let [_, channels, height, width] = x.dims();
    let features = channels * height * width;
    let flat: Tensor<2> = x.reshape([rows, features]);
    match layers.next() {
        Some([weight, bias]) => {
            let weight = weight.clone().reshape([architecture.classes, features]);
            flat.matmul(weight.transpose()).add(bias.clone())
        }
        _ => flat,
    }
}

/// A 3×3 convolution that keeps height and width; `layer` holds its weight and its bias as rows.
fn convolve(x: Tensor<4>, outputs: usize, layer: Option<&[Tensor<2>]>) -> Tensor<4> {
    let Some([weight, bias]) = layer else { return x };
    let weight = weight.clone().reshape([outputs, x.dims()[1], 3, 3]);
    let bias = bias.clone().reshape([outputs]);
    conv2d(x, weight, Some(bias), ConvOptions::new([1, 1], [1, 1], [1, 1], 1))
}

fn activate(x: Tensor<4>, nonlinearity: Nonlinearity) -> Tensor<4> {
    match nonlinearity {
        Nonlinearity::Relu => relu(x),
        Nonlinearity::Gelu => gelu(x),
    }
}

/// Activation, then 2×2 max pooling. For ReLU the other way round: max and a monotone activation commute, and there is a
/// quarter of the work left. GELU is not monotone below −0.75, so it keeps the usual order.
fn activate_and_pool(x: Tensor<4>, nonlinearity: Nonlinearity) -> Tensor<4> {
    let pool = |x| max_pool2d(x, MaxPoolOptions::new([2, 2]));
    match nonlinearity {
        Nonlinearity::Relu => relu(pool(x)),
        Nonlinearity::Gelu => pool(gelu(x)),
    }
}
