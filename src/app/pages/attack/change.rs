//! The change as a picture. Signed levels (1 = 1/255) are painted with the diverging colours; the three colours of a
//! pixel are shown as their mean, or as planes beside each other, because a coloured sum of signed values says
//! nothing.

use crate::plot::diverging;

/// Size and number of planes of an image: channels, height, width.
pub type Shape = [u32; 3];

/// How the channels are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// One picture: the mean over the channels.
    Mean,
    /// Four pictures: red, green, blue, mean.
    Apart,
}

/// RGBA pixels with their size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub rgba: Vec<u8>,
}

/// The pixels of image `index` among planar images one behind the other; empty if it is not there.
pub fn image_of(pixels: &[u8], index: usize, shape: Shape) -> &[u8] {
    let size = shape.iter().map(|n| *n as usize).product::<usize>();
    pixels.get(index * size..(index + 1) * size).filter(|image| !image.is_empty()).unwrap_or_default()
}

/// Attacked minus clean, in levels, planar.
pub fn levels(clean: &[u8], attacked: &[u8]) -> Vec<f32> {
    clean.iter().zip(attacked).map(|(clean, attacked)| f32::from(*attacked) - f32::from(*clean)).collect()
}

/// Euclidean length of a change in units of the image range (levels/255).
pub fn length(levels: &[f32]) -> f64 {
    levels.iter().map(|level| (f64::from(*level) / 255.0).powi(2)).sum::<f64>().sqrt()
}

/// Largest absolute change in levels.
pub fn largest_change(levels: &[f32]) -> f32 {
    levels.iter().fold(0.0, |largest, level| largest.max(level.abs()))
}

/// Paints a change; `full` levels get the full colour. Empty if there is no change to paint yet.
pub fn paint(levels: &[f32], shape: Shape, channels: Channels, full: f64, dark: bool) -> Picture {
    let [count, height, width] = shape.map(|n| n as usize);
    let plane = height * width;
    if plane == 0 || levels.len() < count.max(1) * plane {
        return Picture::default();
    }
    let full = (full as f32).max(f32::MIN_POSITIVE);
    let at = |channel: usize, pixel: usize| levels.get(channel * plane + pixel).copied().unwrap_or(0.0);
    let mean = |pixel: usize| (0..count).map(|channel| at(channel, pixel)).sum::<f32>() / count as f32;
    if channels == Channels::Mean || count < 3 {
        let rgba = (0..plane).flat_map(|pixel| diverging(mean(pixel) / full, dark)).collect();
        return Picture { width: width as u32, height: height as u32, rgba };
    }
    let value = |row: usize, column: usize| {
        let pixel = (row % height) * width + column % width;
        match (row < height, column < width) {
            (true, true) => at(0, pixel),
            (true, false) => at(1, pixel),
            (false, true) => at(2, pixel),
            (false, false) => mean(pixel),
        }
    };
    let rgba = (0..2 * height)
        .flat_map(|row| (0..2 * width).map(move |column| (row, column)))
        .flat_map(|(row, column)| diverging(value(row, column) / full, dark))
        .collect();
    Picture { width: 2 * width as u32, height: 2 * height as u32, rgba }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_measured_in_levels() {
        let change = levels(&[10, 20, 255], &[12, 20, 251]);
        assert_eq!(change, [2.0, 0.0, -4.0]);
        assert_eq!(largest_change(&change), 4.0);
        assert!((length(&change) - 20f64.sqrt() / 255.0).abs() < 1e-12);
    }

    #[test]
    fn zero_vanishes_and_full_levels_are_opaque() {
        let picture = paint(&[0.0, 4.0, -8.0], [1, 1, 3], Channels::Mean, 4.0, false);
        assert_eq!((picture.width, picture.height), (3, 1));
        let alpha: Vec<u8> = picture.rgba.iter().skip(3).step_by(4).copied().collect();
        assert_eq!(alpha, [0, 255, 255]);
        assert_ne!(picture.rgba[4..7], picture.rgba[8..11]);
    }

    #[test]
    fn planes_stand_apart_with_their_mean() {
        let picture = paint(&[3.0, -3.0, 0.0], [3, 1, 1], Channels::Apart, 3.0, false);
        assert_eq!((picture.width, picture.height), (2, 2));
        let alpha: Vec<u8> = picture.rgba.iter().skip(3).step_by(4).copied().collect();
        assert_eq!(alpha, [255, 255, 0, 0]);
        assert_eq!(paint(&[1.0], [3, 1, 1], Channels::Apart, 3.0, false), Picture::default());
    }

    #[test]
    fn images_are_cut_out_or_absent() {
        assert_eq!(image_of(&[1, 2, 3, 4], 1, [1, 1, 2]), [3, 4]);
        assert!(image_of(&[1, 2, 3], 1, [1, 1, 2]).is_empty());
        assert!(image_of(&[], 0, [0, 0, 0]).is_empty());
    }
}
