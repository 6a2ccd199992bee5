//! How an attack's result is judged, for whoever attacks: rounded to 8 bits inside the ball, and classified again. What
//! is shown, saved and counted is this image and no other.

use burn::tensor::{Tensor, TensorData};

use super::EngineError;
use super::readback::read;
use crate::attack::{Attack, Target};
use crate::sets::image_ball::{round_plans, round_within};

/// Images in 8 bits.
pub(super) struct Judged {
    /// Levels 0 to 255, image after image.
    pub levels: Vec<u8>,
    /// `images × classes`.
    pub probabilities: Vec<f32>,
}

/// `values` (in [0, 1], one or more images) rounded so that they stay inside balls like those of `target` round the
/// `clean` ones, and what the network takes them for.
pub(super) async fn in_8_bits(target: &Target, values: &[f32], clean: &[f32]) -> Result<Judged, EngineError> {
    let n = target.clean.images.dims()[1];
    classified(target, round_within(values, clean, n, &target.ball.threat())).await
}

/// The same for what an attack hands in, `values`. Where light has moved, its plans are rounded instead, so that none is
/// made or lost; then also what that costs, an image each (else nothing).
pub(super) async fn handed_in(
    target: &Target,
    attack: &dyn Attack,
    values: &[f32],
    clean: &[f32],
) -> Result<(Judged, Vec<f32>), EngineError> {
    let Some(plans) = attack.ascent().result_plan() else {
        return Ok((in_8_bits(target, values, clean).await?, Vec::new()));
    };
    let n = target.clean.images.dims()[1];
    let rounded = round_plans(&read(plans).await?, clean, n, &target.ball.threat());
    let costs = rounded.iter().map(|image| image.cost as f32).collect();
    let levels = rounded.into_iter().flat_map(|image| image.levels).collect();
    Ok((classified(target, levels).await?, costs))
}

async fn classified(target: &Target, levels: Vec<u8>) -> Result<Judged, EngineError> {
    let n = target.clean.images.dims()[1];
    let rows = levels.len().checked_div(n).unwrap_or(0);
    let again: Vec<f32> = levels.iter().map(|&level| f32::from(level) / 255.0).collect();
    let again = Tensor::from_data(TensorData::new(again, [rows, n]), &target.clean.images.device());
    let probabilities = read(target.network.probabilities(again)).await?;
    Ok(Judged { levels, probabilities })
}

/// What the network takes each image for: the class of the largest probability, the first of equals.
pub(super) fn answers(probabilities: &[f32], classes: usize) -> Vec<u8> {
    probabilities.chunks(classes.max(1)).map(largest).collect()
}

/// Index of the largest entry (the first of equals).
pub(super) fn largest(row: &[f32]) -> u8 {
    let mut best = 0;
    for (i, value) in row.iter().enumerate() {
        if *value > row.get(best).copied().unwrap_or(f32::NEG_INFINITY) {
            best = i;
        }
    }
    best as u8
}
