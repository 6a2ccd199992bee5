//! The decision map: what the network answers on a plane of images through the clean image that is looked at and what
//! two attacks made of it, where the ε-ball ends in that plane, and the shadows of all attacks' ways on it.
//!
//! The race is not touched: a map holds its own copy of what it needs. One unit of work is a few points of a grid, so
//! other work and messages go on in between; the grid is measured coarse first, then finer. Where the plane leaves the
//! box [0, 1]ⁿ there are no images, so nothing is asked there. Nothing is rounded to 8 bits on the map; the probe says
//! what rounding does to the image at one point.

use burn::tensor::{Device, Tensor, TensorData};

use super::readback::read;
use super::{Clock, EngineError};
use crate::attack::check_finite;
use crate::attack::plane_of_images::{PlaneOfImages, Window};
use crate::nn::Network;
use crate::plot::convex;
use crate::session::{MapNow, MapPath, MapProbe, MapSpec};
use crate::sets::ThreatModel;
use crate::sets::image_ball::round_within;

/// Points along a side, level by level; each divides the last one.
const LEVELS: [usize; 3] = [12, 24, SIDE];
const SIDE: usize = 48;
/// Points of a unit of work.
const CHUNK: usize = 32;
/// Milliseconds between reports.
const REPORT_EVERY: f64 = 120.0;
/// A shadow that is farther out than this many times the window does not make it wider.
const FAR: f64 = 1.6;
/// Half side of the window where there is nothing to be seen but the image, as a share of √n.
const LEAST: f64 = 1e-3;
/// Rounding that is forgiven at the wall of the ball, as a share of ε.
const AT_WALL: f64 = 1e-5;

/// What a map is made of: the image that is looked at, and every attack's way from it.
pub(super) struct Scene {
    pub network: Network,
    /// The clean image in 8 bits, and its class.
    pub clean: Vec<u8>,
    pub label: u8,
    pub threat: ThreatModel,
    pub seed: u64,
    pub call: u32,
    /// Number of the image in the grid.
    pub image: u32,
    pub ways: Vec<Way>,
}

/// One attack's way.
pub(super) struct Way {
    pub key: &'static str,
    /// Gradient call of the first point.
    pub first: u32,
    /// Points in [0, 1], one a call.
    pub points: Vec<Vec<f32>>,
    /// The 8-bit image that the attack hands in.
    pub result: Vec<u8>,
}

/// A map in progress, or done: it can be probed either way.
pub(super) struct DecisionMap {
    network: Network,
    /// Clean values in [0, 1].
    clean: Vec<f32>,
    threat: ThreatModel,
    plane: PlaneOfImages,
    window: Window,
    image_box: Vec<[f64; 2]>,
    /// What has been said last.
    now: MapNow,
    level: usize,
    /// The next point of the level.
    next: usize,
    last_report: f64,
}

impl DecisionMap {
    /// Begins.
    pub fn new(scene: Scene, spec: MapSpec) -> Self {
        let result =
            |key: &String| scene.ways.iter().find(|way| way.key == key.as_str()).map(|way| way.result.as_slice());
        let plane = PlaneOfImages::through(&scene.clean, spec.attacks.each_ref().map(result), scene.seed);
        let ball = plane.ball_outline(&scene.threat);
        let paths: Vec<MapPath> = scene.ways.iter().map(|way| shadow(&plane, way)).collect();
        let window = window(&plane, &ball, &paths);
        let image_box = plane.box_outline(&window);
        let cells = 0..SIDE * SIDE;
        let blank = |cell| if convex::contains(&image_box, window.cell(cell, SIDE)) { UNKNOWN } else { NO_IMAGE };
        let now = MapNow {
            spec,
            seeded: plane.seeded(),
            call: scene.call,
            image: scene.image,
            label: scene.label,
            centre: single(window.centre),
            half: window.half as f32,
            done: 0,
            of: LEVELS.iter().map(|side| (side * side) as u32).sum(),
            side: SIDE as u32,
            classes: cells.map(blank).collect(),
            confidence: vec![0; SIDE * SIDE],
            ball: ball.iter().copied().map(single).collect(),
            image_box: image_box.iter().copied().map(single).collect(),
            paths,
        };
        let clean = scene.clean.iter().map(|&level| f32::from(level) / 255.0).collect();
        let (network, threat) = (scene.network, scene.threat);
        Self {
            network,
            clean,
            threat,
            plane,
            window,
            image_box,
            now,
            level: 0,
            next: 0,
            last_report: f64::NEG_INFINITY,
        }
    }

    /// Whether every point is measured.
    pub fn is_done(&self) -> bool {
        self.level >= LEVELS.len()
    }

    /// What is known by now.
    pub fn tell(&self) -> MapNow {
        self.now.clone()
    }

    /// A few points more; what is known by now, if it is time to say so.
    ///
    /// # Errors
    /// [`EngineError::Attack`] if the network answers with what is no number.
    pub async fn advance(&mut self, device: &Device, clock: Clock) -> Result<Option<MapNow>, EngineError> {
        let Some(&side) = LEVELS.get(self.level) else { return Ok(None) };
        let (mut cells, mut pixels) = (Vec::with_capacity(CHUNK), Vec::new());
        while cells.len() < CHUNK && self.next < side * side {
            let at = self.window.cell(self.next, side);
            if convex::contains(&self.image_box, at) {
                cells.push(self.next);
                pixels.extend(self.plane.image(at).iter().map(|&value| value as f32));
            }
            self.next += 1;
            self.now.done += 1;
        }
        if !cells.is_empty() {
            let probabilities = answers(&self.network, pixels, cells.len(), device).await?;
            let classes = self.network.architecture.classes.max(1);
            for (cell, row) in cells.into_iter().zip(probabilities.chunks(classes)) {
                self.fill(cell, side, row);
            }
        }
        if self.next >= side * side {
            (self.level, self.next) = (self.level + 1, 0);
        }
        let now = clock();
        if !self.is_done() && now - self.last_report < REPORT_EVERY {
            return Ok(None);
        }
        self.last_report = now;
        Ok(Some(self.tell()))
    }

    /// Writes an answer into the cells that a point of a level stands for.
    fn fill(&mut self, cell: usize, side: usize, row: &[f32]) {
        let best = (0..row.len()).fold(0, |best, i| if row.get(i) > row.get(best) { i } else { best });
        let confidence = (row.get(best).copied().unwrap_or(0.0) * 255.0).round().clamp(0.0, 255.0) as u8;
        let block = SIDE / side;
        let (left, top) = (cell % side * block, cell / side * block);
        for fine in (top..top + block).flat_map(|y| (left..left + block).map(move |x| y * SIDE + x)) {
            if let (Some(class), Some(sure)) = (self.now.classes.get_mut(fine), self.now.confidence.get_mut(fine))
                && *class != NO_IMAGE
            {
                (*class, *sure) = (best as u8, confidence);
            }
        }
    }

    /// The image at a point, and the network's answers to it as it is and in 8 bits.
    ///
    /// # Errors
    /// [`EngineError::Attack`] if the network answers with what is no number.
    pub async fn probe(&self, at: [f32; 2], device: &Device) -> Result<MapProbe, EngineError> {
        let point = self.plane.image(at.map(f64::from));
        let change = point.iter().zip(&self.clean).map(|(x, x0)| x - f64::from(*x0));
        let length = self.threat.length(change);
        let in_ball = length <= self.threat.epsilon * (1.0 + AT_WALL);
        let mut probe = MapProbe {
            at,
            distance: (length * 255.0) as f32,
            in_ball,
            exact: Vec::new(),
            pixels: Vec::new(),
            probabilities: Vec::new(),
        };
        if !PlaneOfImages::is_image(&point) {
            probe.in_ball = false;
            return Ok(probe);
        }
        let values: Vec<f32> = point.iter().map(|&value| value as f32).collect();
        let level = |value: &f64| (value * 255.0).round().clamp(0.0, 255.0) as u8;
        probe.pixels = if in_ball {
            round_within(&values, &self.clean, values.len(), &self.threat)
        } else {
            point.iter().map(level).collect()
        };
        let rounded = probe.pixels.iter().map(|&level| f32::from(level) / 255.0);
        let both = values.iter().copied().chain(rounded).collect();
        let mut exact = answers(&self.network, both, 2, device).await?;
        probe.probabilities = exact.split_off(exact.len() / 2);
        probe.exact = exact;
        Ok(probe)
    }
}

const NO_IMAGE: u8 = MapNow::NO_IMAGE;
const UNKNOWN: u8 = MapNow::UNKNOWN;

/// The network's probabilities on `rows` images one behind the other.
async fn answers(network: &Network, pixels: Vec<f32>, rows: usize, device: &Device) -> Result<Vec<f32>, EngineError> {
    let n = pixels.len().checked_div(rows).unwrap_or(0);
    let images = Tensor::from_data(TensorData::new(pixels, [rows, n]), device);
    let probabilities = read(network.probabilities(images)).await?;
    check_finite(&probabilities)?;
    Ok(probabilities)
}

/// A way's nearest points in the plane.
fn shadow(plane: &PlaneOfImages, way: &Way) -> MapPath {
    let (points, away) = way
        .points
        .iter()
        .map(|point| {
            let (at, away) = plane.nearest(point);
            (single(at), away as f32)
        })
        .unzip();
    let result: Vec<f32> = way.result.iter().map(|&level| f32::from(level) / 255.0).collect();
    let (result, result_away) = plane.nearest(&result);
    MapPath {
        key: way.key.into(),
        first: way.first,
        points,
        away,
        result: single(result),
        result_away: result_away as f32,
    }
}

/// What is shown: ball ∩ box and the attacked images, and the ways as far as they keep near.
fn window(plane: &PlaneOfImages, ball: &[[f64; 2]], paths: &[MapPath]) -> Window {
    let least = LEAST * (plane.axes()[0].len() as f64).sqrt();
    let results = paths.iter().map(|path| path.result.map(f64::from));
    let seen: Vec<[f64; 2]> = ball.iter().copied().chain(results).collect();
    let first = Window::around(seen.iter().copied(), least);
    let steps = paths.iter().flat_map(|path| &path.points).map(|at| at.map(f64::from));
    Window::around(seen.iter().copied().chain(steps.filter(|at| first.reaches(*at, FAR))), least)
}

fn single(at: [f64; 2]) -> [f32; 2] {
    at.map(|value| value as f32)
}
