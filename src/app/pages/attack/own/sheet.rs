//! A sheet of pixels and what a pen does to it. Places are in pixels of the sheet, from its upper left corner. Pure.

/// Red, green, blue.
pub type Colour = [u8; 3];

/// A picture that is drawn on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub width: u32,
    pub height: u32,
    pixels: Vec<Colour>,
}

impl Sheet {
    /// An empty sheet.
    pub fn new(width: u32, height: u32, paper: Colour) -> Self {
        Self { width, height, pixels: vec![paper; (width * height) as usize] }
    }

    /// A sheet with a picture of RGBA, row by row; alpha is not read. `None` if it does not have this size.
    pub fn of(width: u32, height: u32, rgba: &[u8]) -> Option<Self> {
        let (pixels, rest) = rgba.as_chunks::<4>();
        let fits = rest.is_empty() && pixels.len() == (width * height) as usize;
        fits.then(|| Self { width, height, pixels: pixels.iter().map(|&[r, g, b, _]| [r, g, b]).collect() })
    }

    /// RGBA, row by row.
    pub fn rgba(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect()
    }

    /// A dot of this diameter: every pixel whose centre it covers, and in any case the one under its own centre.
    pub fn dot(&mut self, (x, y): (f64, f64), size: f64, colour: Colour) {
        let (width, reach) = (self.width as usize, size / 2.0);
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let (column, row) = ((i % width.max(1)) as f64, (i / width.max(1)) as f64);
            let covered = (column + 0.5 - x).hypot(row + 0.5 - y) <= reach;
            if covered || (column == x.floor() && row == y.floor()) {
                *pixel = colour;
            }
        }
    }

    /// Dots along a line, two a pixel.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), size: f64, colour: Colour) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        // A pointer may be far outside, a sheet is small.
        let dots = (2.0 * dx.abs().max(dy.abs())).ceil().clamp(1.0, 1000.0) as u32;
        for dot in 0..=dots {
            let part = f64::from(dot) / f64::from(dots);
            self.dot((from.0 + part * dx, from.1 + part * dy), size, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAPER: Colour = [255; 3];
    const INK: Colour = [1, 2, 3];

    fn inked(sheet: &Sheet) -> Vec<usize> {
        sheet.pixels.iter().enumerate().filter(|(_, pixel)| **pixel == INK).map(|(i, _)| i).collect()
    }

    #[test]
    fn a_dot_covers_the_pixels_under_it() {
        let mut sheet = Sheet::new(4, 3, PAPER);
        sheet.dot((1.9, 1.1), 1.0, INK);
        assert_eq!(inked(&sheet), [5], "the pixel it is on, however near the edge");
        sheet.dot((2.0, 1.0), 2.0, INK);
        assert_eq!(inked(&sheet), [1, 2, 5, 6]);
        sheet.dot((-3.0, 9.0), 1.0, INK);
        assert_eq!(inked(&sheet).len(), 4, "outside there is nothing to draw on");
    }

    #[test]
    fn a_line_has_no_gaps_and_is_erased_with_paper() {
        let mut sheet = Sheet::new(5, 5, PAPER);
        sheet.line((0.5, 0.5), (4.5, 4.5), 1.0, INK);
        assert!((0..5).all(|i| sheet.pixels[6 * i] == INK));
        sheet.line((4.5, 4.5), (0.5, 0.5), 3.0, PAPER);
        assert_eq!(inked(&sheet), [0; 0]);
    }

    #[test]
    fn pictures_come_back_as_they_went_in() {
        let rgba = [1, 2, 3, 255, 4, 5, 6, 255];
        let sheet = Sheet::of(2, 1, &rgba);
        assert_eq!(sheet.map(|sheet| sheet.rgba()), Some(rgba.to_vec()));
        assert_eq!((Sheet::of(2, 2, &rgba), Sheet::of(2, 1, &rgba[1..])), (None, None));
        let mut empty = Sheet::new(0, 0, PAPER);
        empty.line((0.0, 0.0), (1.0, 1.0), 2.0, INK);
        assert!(empty.rgba().is_empty());
    }
}
