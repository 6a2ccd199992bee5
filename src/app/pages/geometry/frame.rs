//! The window on the plane: which part of it is seen, and how points become pixels and back.

/// A window of `width` × `height` pixels. The second axis points up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub width: f64,
    pub height: f64,
    /// Pixels per unit.
    pub scale: f64,
    /// The point in the middle of the window.
    pub middle: [f64; 2],
}

/// Half the height of the plane seen at zoom 1.
const HALF_HEIGHT: f64 = 1.43;
/// Zooms to choose from: few, so that the picture stands still while something is dragged.
const ZOOMS: [f64; 7] = [0.5, 0.75, 1.0, 1.4, 2.0, 2.8, 4.0];

impl Frame {
    /// The window at a zoom; larger zooms see more.
    pub fn new(width: f64, height: f64, zoom: f64) -> Self {
        let scale = height / (2.0 * HALF_HEIGHT * zoom);
        Self { width, height, scale, middle: [0.08 * zoom, 0.17 * zoom] }
    }

    /// A small window that shows some points with a margin round them.
    pub fn around(width: f64, height: f64, points: &[[f64; 2]]) -> Self {
        let range = |axis: usize| {
            points.iter().fold((f64::MAX, f64::MIN), |(low, high), point| (low.min(point[axis]), high.max(point[axis])))
        };
        let ((left, right), (low, high)) = (range(0), range(1));
        if !(left < right && low < high) {
            return Self::new(width, height, 1.0);
        }
        let scale = (0.72 * width / (right - left)).min(0.82 * height / (high - low));
        Self { width, height, scale, middle: [0.5 * (left + right), 0.5 * (low + high)] }
    }

    /// The smallest zoom at which all points are seen with some air.
    pub fn zoom_for(width: f64, height: f64, points: impl Iterator<Item = [f64; 2]> + Clone) -> f64 {
        let air = 16.0;
        let fits = |zoom: &f64| {
            let frame = Self::new(width, height, *zoom);
            points.clone().all(|point| {
                let (x, y) = frame.px(point);
                x >= air && x <= width - air && y >= air && y <= height - air
            })
        };
        ZOOMS.into_iter().find(fits).unwrap_or(4.0)
    }

    /// Pixels of a point.
    pub fn px(&self, point: [f64; 2]) -> (f64, f64) {
        (
            0.5 * self.width + (point[0] - self.middle[0]) * self.scale,
            0.5 * self.height - (point[1] - self.middle[1]) * self.scale,
        )
    }

    /// The point at a pixel.
    pub fn point(&self, x: f64, y: f64) -> [f64; 2] {
        [self.middle[0] + (x - 0.5 * self.width) / self.scale, self.middle[1] - (y - 0.5 * self.height) / self.scale]
    }

    /// Whether a pixel lies in the window, `air` pixels away from its edges.
    pub fn holds(&self, (x, y): (f64, f64), air: f64) -> bool {
        x >= air && x <= self.width - air && y >= air && y <= self.height - air
    }

    /// Length that crosses the whole window in any direction, in pixels.
    pub fn across(&self) -> f64 {
        self.width + self.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_and_points_invert() {
        let frame = Frame::new(560.0, 420.0, 1.4);
        let (x, y) = frame.px([0.3, -0.7]);
        let back = frame.point(x, y);
        assert!((back[0] - 0.3).abs() < 1e-12 && (back[1] + 0.7).abs() < 1e-12);
    }

    #[test]
    fn the_zoom_shows_everything() {
        let points = [[2.9, 0.0], [0.0, -2.9]];
        let zoom = Frame::zoom_for(560.0, 420.0, points.into_iter());
        assert!(points.iter().all(|point| {
            let f = Frame::new(560.0, 420.0, zoom);
            f.holds(f.px(*point), 16.0)
        }));
        assert_eq!(Frame::zoom_for(560.0, 420.0, [[0.0, 0.0]].into_iter()), 0.5);
    }
}
