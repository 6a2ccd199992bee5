//! The weights of a layer as a picture: one tile a filter, orange below zero, blue above, zero the paper itself,
//! so that sparsity is seen as emptiness. Pure: weights in, pixels out.

use crate::plot::diverging;

/// A picture of `width` × `height` pixels, RGBA.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tiles {
    pub width: u32,
    pub height: u32,
    pub rgba: Vec<u8>,
}

/// Width over height that a picture should have, to fill its place in the strip.
const ASPECT: f64 = 2.35;
/// At most so many rows of a linear layer are shown (CIFAR-100 has 100).
const CLASS_ROWS: usize = 16;

/// A grid of equal cells, a value for every pixel of every cell.
struct Grid {
    columns: usize,
    rows: usize,
    cell: (usize, usize),
    /// Empty pixels between cells, horizontally and vertically.
    gap: (usize, usize),
}

/// The picture of a layer's weights. `shape` is (out, in, kh, kw) or (out, in), row-major; `channels` is the number
/// of channels that enter a linear layer (its inputs are that many equal squares). Weights that do not fill the
/// shape give an empty picture.
///
/// - First convolution (at most three input channels): one tile a filter, the mean over the input channels.
/// - Later convolutions: a column a filter, a row an input channel; the first half of them.
/// - Linear: a row a class, a tile an input channel.
pub fn tiles(weights: &[f32], shape: &[u32], channels: usize, dark: bool) -> Tiles {
    let shape: Vec<usize> = shape.iter().map(|size| *size as usize).collect();
    if weights.is_empty() || shape.iter().product::<usize>() != weights.len() {
        return Tiles::default();
    }
    let scale = scale(weights);
    let weight = |index: usize| weights.get(index).copied().unwrap_or(0.0) / scale;
    match *shape.as_slice() {
        [outputs, inputs, height, width] if inputs <= 3 => {
            let columns = ((outputs as f64 * ASPECT).sqrt().round() as usize).clamp(1, outputs);
            let grid = Grid { columns, rows: outputs.div_ceil(columns), cell: (height, width), gap: (1, 1) };
            grid.paint(dark, &|row, column, y, x| {
                let filter = row * columns + column;
                let one = |input: usize| weight(((filter * inputs + input) * height + y) * width + x);
                if filter < outputs { (0..inputs).map(one).sum::<f32>() / inputs as f32 } else { 0.0 }
            })
        }
        [outputs, inputs, height, width] => {
            let rows = inputs.min((outputs / 2).max(1));
            let grid = Grid { columns: outputs, rows, cell: (height, width), gap: (0, 0) };
            grid.paint(dark, &|row, column, y, x| weight(((column * inputs + row) * height + y) * width + x))
        }
        [classes, inputs] => {
            let channels = if channels > 0 && inputs % channels == 0 { channels } else { 1 };
            let area = inputs / channels;
            let side = (area as f64).sqrt().round() as usize;
            let cell = if side * side == area { (side, side) } else { (1, area) };
            let grid = Grid { columns: channels, rows: classes.min(CLASS_ROWS), cell, gap: (0, 1) };
            grid.paint(dark, &|row, column, y, x| weight(row * inputs + column * area + y * cell.1 + x))
        }
        _ => Tiles::default(),
    }
}

/// The size that gets full colour: the 99th percentile of |w|, so that one outlier does not pale all others, but
/// no less than a quarter of the largest.
fn scale(weights: &[f32]) -> f32 {
    let mut sizes: Vec<f32> = weights.iter().filter(|w| w.is_finite()).map(|w| w.abs()).collect();
    let rank = sizes.len().saturating_sub(1) * 99 / 100;
    if sizes.is_empty() {
        return 1.0;
    }
    let largest = sizes.iter().copied().fold(0.0, f32::max);
    let (_, percentile, _) = sizes.select_nth_unstable_by(rank, f32::total_cmp);
    let scale = percentile.max(largest / 4.0);
    if scale > 0.0 { scale } else { 1.0 }
}

impl Grid {
    /// Colours `value(row, column, y, x)` of every pixel; gaps stay transparent.
    fn paint(&self, dark: bool, value: &dyn Fn(usize, usize, usize, usize) -> f32) -> Tiles {
        let (height, width) = self.cell;
        let total_width = self.columns * (width + self.gap.0) - self.gap.0;
        let total_height = self.rows * (height + self.gap.1) - self.gap.1;
        let mut rgba = vec![0; total_width * total_height * 4];
        for (index, pixel) in rgba.chunks_exact_mut(4).enumerate() {
            let (py, px) = (index / total_width, index % total_width);
            let (row, y) = (py / (height + self.gap.1), py % (height + self.gap.1));
            let (column, x) = (px / (width + self.gap.0), px % (width + self.gap.0));
            if y < height && x < width {
                pixel.copy_from_slice(&diverging(value(row, column, y, x), dark));
            }
        }
        Tiles { width: total_width as u32, height: total_height as u32, rgba }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_layer_is_a_grid_of_means_with_gaps() {
        let mut weights = vec![0.0; 8 * 3 * 3 * 3];
        weights[0] = 3.0;
        weights[9] = -3.0;
        weights[1] = 3.0;
        let tiles = tiles(&weights, &[8, 3, 3, 3], 0, false);
        assert_eq!((tiles.width, tiles.height), (15, 7));
        assert_eq!(tiles.rgba.len(), 15 * 7 * 4);
        assert_eq!(tiles.rgba[3], 0, "3 − 3 + 0 is paper");
        assert!(tiles.rgba[7] > 80, "one of three channels is a third of full colour");
        assert_eq!(tiles.rgba[3 * 4 + 3], 0, "between tiles is paper");
    }

    #[test]
    fn later_layers_are_matrices() {
        let conv = tiles(&vec![1.0; 16 * 8 * 9], &[16, 8, 3, 3], 0, true);
        assert_eq!((conv.width, conv.height), (48, 24));
        let linear = tiles(&vec![1.0; 10 * 512], &[10, 512], 32, true);
        assert_eq!((linear.width, linear.height), (128, 49));
        let odd = tiles(&[1.0; 14], &[2, 7], 0, true);
        assert_eq!((odd.width, odd.height), (7, 3));
    }

    #[test]
    fn what_does_not_fit_is_empty() {
        assert_eq!(tiles(&[1.0], &[2, 2], 0, false), Tiles::default());
        assert_eq!(tiles(&[], &[], 0, false), Tiles::default());
        assert_eq!(tiles(&[f32::NAN; 4], &[2, 2], 0, false).rgba[3], 0);
    }
}
