//! A measurement on images that never change, done in chunks so that nobody waits long: full gap and loss on
//! the reference subset, loss and accuracy on test images.

use burn::tensor::{Device, Tensor};

use super::EngineError;
use super::readback::read_all;
use super::run::{FEASIBLE, Run};
use crate::data::Images;
use crate::nn::Batch;
use crate::session::{Evaluation, RunId};

/// Images a chunk.
const CHUNK: usize = 128;

/// A measurement in progress.
pub(super) struct Measurement {
    pub run: RunId,
    t: u32,
    reference: usize,
    test: usize,
    done: usize,
    gradient: Vec<Tensor<2>>,
    reference_loss: Option<Tensor<2>>,
    test_loss: Option<Tensor<2>>,
    test_accuracy: Option<Tensor<2>>,
}

impl Measurement {
    pub fn new(run: RunId, t: u32, reference: usize, test: usize) -> Self {
        Self {
            run,
            t,
            reference,
            test,
            done: 0,
            gradient: Vec::new(),
            reference_loss: None,
            test_loss: None,
            test_accuracy: None,
        }
    }

    /// Whether all its images have arrived.
    pub fn has_data(&self, train: usize, test: usize) -> bool {
        train >= self.reference && test >= self.test
    }

    /// Measures one more chunk; `true` when all are done.
    pub fn advance(
        &mut self,
        run: &Run,
        train: &Images,
        test: &Images,
        classes: usize,
        device: &Device,
    ) -> Result<bool, EngineError> {
        let (images, from, to) = if self.done < self.reference {
            (train, self.done, (self.done + CHUNK).min(self.reference))
        } else {
            let from = self.done - self.reference;
            (test, from, (from + CHUNK).min(self.test))
        };
        let indices: Vec<usize> = (from..to).collect();
        let (pixels, labels) = images.batch_f32(&indices)?;
        let batch = Batch::new(pixels, &labels, classes, device);
        let count = to - from;
        if self.done < self.reference {
            let weight = count as f64 / self.reference as f64;
            let found = run.network().loss_and_gradient(&batch);
            add(&mut self.reference_loss, found.loss.mul_scalar(weight));
            let scaled = found.gradient.into_iter().map(|gradient| gradient.mul_scalar(weight));
            if self.gradient.is_empty() {
                self.gradient = scaled.collect();
            } else {
                let old = std::mem::take(&mut self.gradient);
                self.gradient = old.into_iter().zip(scaled).map(|(sum, more)| sum.add(more)).collect();
            }
        } else {
            let weight = count as f64 / self.test as f64;
            let (loss, accuracy) = run.network().evaluate(&batch);
            add(&mut self.test_loss, loss.mul_scalar(weight));
            add(&mut self.test_accuracy, accuracy.mul_scalar(weight));
        }
        self.done += count;
        Ok(self.done >= self.reference + self.test)
    }

    /// Reads the result back.
    pub async fn finish(self, run: &Run) -> Result<Evaluation, EngineError> {
        let zero = |tensor: Option<Tensor<2>>| {
            tensor.unwrap_or_else(|| {
                run.blocks.first().map_or_else(
                    || Tensor::zeros([1, 1], &Device::default()),
                    |block| block.theta.clone().sum_dim(1).zeros_like(),
                )
            })
        };
        let mut tensors = vec![zero(self.reference_loss), zero(self.test_loss), zero(self.test_accuracy)];
        for (block, gradient) in run.blocks.iter().zip(&self.gradient) {
            tensors.push(block.gap(gradient));
            tensors.push(block.gauge());
        }
        let numbers: Vec<f32> = read_all(tensors).await?.into_iter().flatten().collect();
        let mut full_gap = vec![0.0_f32; run.layers.len()];
        for (i, pair) in numbers.get(3..).unwrap_or_default().chunks_exact(2).enumerate() {
            let &[gap, gauge] = pair else { continue };
            if let Some(sum) = full_gap.get_mut(i / 2) {
                *sum += if gauge > FEASIBLE { f32::NAN } else { gap };
            }
        }
        let number = |i: usize| numbers.get(i).copied().unwrap_or(f32::NAN);
        Ok(Evaluation {
            run: self.run,
            t: self.t,
            reference_images: self.reference as u32,
            reference_loss: number(0),
            full_gap,
            test_images: self.test as u32,
            test_loss: number(1),
            test_accuracy: number(2),
        })
    }
}

/// Adds to a sum that may not have begun.
pub(super) fn add(sum: &mut Option<Tensor<2>>, more: Tensor<2>) {
    *sum = Some(match sum.take() {
        Some(old) => old.add(more),
        None => more,
    });
}
