//! Where the attacks of a race have been: the points of all images at every gradient call, or, where that would take
//! too much room, those of the image that is looked at alone. A value of [0, 1] is kept in 16 bits, to 1/257 of a level.

use std::ops::Range;

/// Values that are kept at most, 2 bytes each.
const MOST: usize = 40 << 20;

/// A value in 16 bits.
const FULL: f32 = 65_535.0;

/// Points by lane (an attack of the race) and gradient call.
pub(super) struct Iterates {
    /// Values of an image.
    n: usize,
    images: usize,
    /// All images are kept, not only the one looked at.
    all: bool,
    focus: usize,
    /// `lanes[lane][call]`: points of the images in [`Iterates::wanted`]; empty where nothing was kept.
    lanes: Vec<Vec<Vec<u16>>>,
}

impl Iterates {
    /// Room for `calls` points each of `lanes` attacks on `images` images of `n` values.
    pub fn new(lanes: usize, calls: usize, images: usize, n: usize) -> Self {
        let all = lanes.saturating_mul(calls).saturating_mul(images).saturating_mul(n) <= MOST;
        Self { n, images, all, focus: 0, lanes: vec![Vec::new(); lanes] }
    }

    /// The image whose points [`Iterates::at`] gives. If only one is kept, those of another one are forgotten.
    pub fn look_at(&mut self, image: usize) {
        let image = image.min(self.images.saturating_sub(1));
        if !self.all && image != self.focus {
            self.lanes.iter_mut().for_each(Vec::clear);
        }
        self.focus = image;
    }

    /// The images whose points [`Iterates::push`] takes.
    pub fn wanted(&self) -> Range<usize> {
        if self.all { 0..self.images } else { self.focus..(self.focus + 1).min(self.images) }
    }

    /// Keeps the points of a lane after a gradient call, of the wanted images one behind the other; in place of those
    /// kept there before. A lane that does not exist keeps nothing.
    pub fn push(&mut self, lane: usize, call: u32, points: &[f32]) {
        let Some(calls) = self.lanes.get_mut(lane) else { return };
        let call = call as usize;
        if calls.len() <= call {
            calls.resize(call + 1, Vec::new());
        }
        if let Some(place) = calls.get_mut(call) {
            *place = points.iter().map(|value| (value.clamp(0.0, 1.0) * FULL).round() as u16).collect();
        }
    }

    /// The point of the image looked at after a gradient call, in [0, 1]; `None` if it was not kept.
    pub fn at(&self, lane: usize, call: u32) -> Option<Vec<f32>> {
        let points = self.lanes.get(lane)?.get(call as usize)?;
        let first = if self.all { self.focus * self.n } else { 0 };
        let point = points.get(first..first + self.n)?;
        (!point.is_empty()).then(|| point.iter().map(|&value| f32::from(value) / FULL).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of two images of three values, told apart by lane and call.
    fn points(lane: usize, call: u32) -> Vec<f32> {
        (0..6).map(|i| (i as f32 + 10.0 * lane as f32 + 20.0 * call as f32) / 255.0).collect()
    }

    fn close(found: Option<Vec<f32>>, wanted: &[f32]) -> bool {
        found.is_some_and(|found| {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= 0.5 / FULL + 1e-7)
        })
    }

    #[test]
    fn every_image_comes_back_at_every_call() {
        let mut iterates = Iterates::new(2, 4, 2, 3);
        assert_eq!(iterates.wanted(), 0..2);
        for call in 0..4 {
            (0..2).for_each(|lane| iterates.push(lane, call, &points(lane, call)));
        }
        for image in [1, 0] {
            iterates.look_at(image);
            for call in 0..4 {
                for lane in 0..2 {
                    assert!(close(iterates.at(lane, call), &points(lane, call)[3 * image..3 * image + 3]));
                }
            }
        }
        assert_eq!((iterates.at(0, 4), iterates.at(2, 0)), (None, None));
        iterates.look_at(9);
        assert!(close(iterates.at(0, 0), &points(0, 0)[3..]), "the last image stands for one that is not there");
    }

    #[test]
    fn where_room_is_short_only_the_image_looked_at_is_kept() {
        let mut iterates = Iterates::new(1, MOST, 2, 3);
        iterates.look_at(1);
        assert_eq!(iterates.wanted(), 1..2);
        iterates.push(0, 0, &points(0, 0)[3..]);
        iterates.push(0, 2, &points(0, 2)[3..]);
        iterates.look_at(1);
        assert!(close(iterates.at(0, 2), &points(0, 2)[3..]));
        assert_eq!(iterates.at(0, 1), None, "a call that was left out");
        iterates.look_at(0);
        assert_eq!((iterates.at(0, 2), iterates.wanted()), (None, 0..1));
    }

    #[test]
    fn what_is_no_number_or_outside_the_range_does_no_harm() {
        let mut iterates = Iterates::new(1, 1, 1, 3);
        iterates.push(0, 0, &[f32::NAN, -1.0, 2.0]);
        assert_eq!(iterates.at(0, 0), Some(vec![0.0, 0.0, 1.0]));
        assert_eq!(Iterates::new(0, 0, 0, 0).at(0, 0), None);
    }
}
