//! Random changes of training images that leave their class alone: mirrored left to right, and shifted by a few pixels
//! (He et al. 2016, section 4.2: padded by 4 black pixels on each side, then cut to size).

use super::images::ImageShape;
use crate::random::Random;

/// Largest shift to each side, in pixels.
pub const SHIFT: usize = 4;

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Augmentation {
    /// Every image is mirrored with probability ½.
    Flip,
    /// And shifted by up to [`SHIFT`] pixels in both directions.
    FlipAndShift,
}

/// Changes images of `shape` (one after the other, planar), each by its own draw from `random`.
pub fn augment(pixels: &mut [f32], shape: ImageShape, what: Augmentation, random: &mut Random) {
    let (plane, width) = (shape.plane().max(1), shape.width.max(1));
    for image in pixels.chunks_exact_mut(shape.values().max(1)) {
        if random.below(2) == 1 {
            image.chunks_exact_mut(width).for_each(<[f32]>::reverse);
        }
        if what == Augmentation::FlipAndShift {
            let [down, right] = [0, 1].map(|_| random.below(2 * SHIFT + 1));
            image.chunks_exact_mut(plane).for_each(|channel| shift(channel, width, [down, right]));
        }
    }
}

/// Cuts a channel out of itself with [`SHIFT`] rows and columns of 0 around it; `[down, right]` is where the cut begins.
fn shift(channel: &mut [f32], width: usize, [down, right]: [usize; 2]) {
    let old = channel.to_vec();
    let rows: Vec<&[f32]> = old.chunks_exact(width).collect();
    for (y, row) in channel.chunks_exact_mut(width).enumerate() {
        let from = (y + down).checked_sub(SHIFT).and_then(|from| rows.get(from));
        for (x, value) in row.iter_mut().enumerate() {
            let column = (x + right).checked_sub(SHIFT);
            *value = from.zip(column).and_then(|(from, column)| from.get(column)).copied().unwrap_or(0.0);
        }
    }
}
