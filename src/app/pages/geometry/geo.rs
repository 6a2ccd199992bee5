//! What the parts of the page share: the state, what follows from it, and everything that moves it.

use leptos::prelude::*;

use super::cloud::Cloud;
use super::run::{Omega, Runs, Shared};
use super::state::{GeometryState, Landscape, MOST_CORNERS, PLANE, encloses, param, tidy, tidy_point};
use crate::app::use_lab;
use crate::optim::plane::PlaneStep;
use crate::session::params::Kind;
use crate::sets::ShapeParameter;

/// The sub-steps of one Frank–Wolfe step, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Slope,
    /// f taken for a plane from x_t on.
    Model,
    Corner,
    Gap,
    Move,
}

impl Phase {
    pub const ALL: [Self; 5] = [Self::Slope, Self::Model, Self::Corner, Self::Gap, Self::Move];

    /// Text keys `geometry.phase.<key>` and, as a sentence, `geometry.told.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Slope => "slope",
            Self::Model => "model",
            Self::Corner => "corner",
            Self::Gap => "gap",
            Self::Move => "move",
        }
    }

    /// The quantity it is about, as marks and formulas carry it in `data-q`.
    pub fn quantity(self) -> &'static str {
        match self {
            Self::Slope => "g",
            Self::Model => "m",
            Self::Corner => "v",
            Self::Gap => "gap",
            Self::Move => "x",
        }
    }

    /// Its place among the five, from 0.
    pub fn place(self) -> usize {
        self as usize
    }

    /// The one after it.
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self.place() + 1).copied()
    }
}

/// What can be dragged in the plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grip {
    Start,
    Optimum,
    /// Tip of the long axis of f: turns and stretches.
    Axes,
    Radius,
    /// A corner of the hand-drawn polygon.
    Corner(usize),
}

/// Length of the axis that the grip shows at stretch 1; it grows with the cube root, so that 50 still fits.
const AXIS: f64 = 0.34;

/// The page's signals. `Copy`: pass it anywhere.
#[derive(Clone, Copy)]
pub struct Geo {
    pub state: RwSignal<GeometryState>,
    /// The sub-step that is told; `None` = the whole picture.
    pub phase: RwSignal<Option<Phase>>,
    pub playing: RwSignal<bool>,
    /// Counts the turns of slow motion on and off: on while it is odd.
    pub slow: RwSignal<u32>,
    /// What is being dragged.
    pub drag: RwSignal<Option<Grip>>,
    /// What was moved last: a click in the plane moves it again.
    pub last: RwSignal<Grip>,
    /// Corners of a polygon that is being drawn; `None` = not drawing.
    pub sketch: RwSignal<Option<Vec<[f64; 2]>>>,
    /// On which side of the optimum the axis grip stands: ±1.
    pub side: RwSignal<f64>,
    pub omega: Memo<Option<Shared<Omega>>>,
    pub runs: Memo<Option<Shared<Runs>>>,
    /// The step from x_t.
    pub now: Memo<Option<PlaneStep>>,
    /// What else the batch of that step could have been; `None` without noise.
    pub cloud: Memo<Option<Shared<Cloud>>>,
}

/// The page's signals, inside its components.
pub fn use_geo() -> Geo {
    expect_context::<Geo>()
}

impl Geo {
    /// Builds the chain state → Ω → runs → now; each link is computed only when what it reads has changed.
    pub fn new(state: GeometryState) -> Self {
        let lab = use_lab();
        let state = RwSignal::new(state);
        let shape = Memo::new(move |_| state.with(|s| (s.set, s.shape.clone())));
        let omega = Memo::new(move |last: Option<&Option<Shared<Omega>>>| {
            let (set, shape) = shape.get();
            match Omega::build(set, &shape) {
                Ok(omega) => Some(Shared::new(omega)),
                Err(error) => {
                    // Checked states build; should one not, the last picture stays and the reason is told.
                    lab.report(error.to_string());
                    last.cloned().flatten()
                }
            }
        });
        let asked = Memo::new(move |_| state.with(|s| (s.terrain, s.start, s.rule, s.variant, s.constant, s.noise)));
        let runs = Memo::new(move |_| {
            let _ = asked.get();
            let omega = omega.get()?;
            Some(Shared::new(state.with_untracked(|s| Runs::new(omega, s, milliseconds))))
        });
        let t = Memo::new(move |_| state.with(|s| s.t));
        let now = Memo::new(move |_| {
            let t = t.get();
            runs.with(|runs| runs.as_ref().and_then(|runs| runs.at(t)))
        });
        let cloud = Memo::new(move |_| {
            let step = now.get()?;
            runs.with(|runs| Some(Shared::new(Cloud::new(runs.as_ref()?, &step)?)))
        });
        Self {
            state,
            phase: RwSignal::new(None),
            playing: RwSignal::new(false),
            slow: RwSignal::new(0),
            drag: RwSignal::new(None),
            last: RwSignal::new(Grip::Start),
            sketch: RwSignal::new(None),
            side: RwSignal::new(1.0),
            omega,
            runs,
            now,
            cloud,
        }
    }

    /// The step shown.
    pub fn t(&self) -> u32 {
        self.state.with(|state| state.t)
    }

    /// Something of the runs, or its default while there are none.
    pub fn of_runs<U: Default>(&self, read: impl FnOnce(&Runs) -> U) -> U {
        self.runs.with(|runs| runs.as_ref().map(|runs| read(runs)).unwrap_or_default())
    }

    /// Something of the present step, or its default.
    pub fn of_now<U: Default>(&self, read: impl FnOnce(&PlaneStep) -> U) -> U {
        self.now.with(|now| now.as_ref().map(read).unwrap_or_default())
    }

    // ---- grips

    /// The grips there are now.
    pub fn grips(&self) -> Vec<Grip> {
        self.state.with(|state| {
            let shape = state.set.entry().shape;
            let mut grips = vec![Grip::Optimum];
            if state.terrain.landscape == Landscape::Quadratic {
                grips.push(Grip::Axes);
            }
            if shape.contains(&ShapeParameter::Radius) {
                grips.push(Grip::Radius);
            }
            if shape.contains(&ShapeParameter::Corners) {
                grips.extend((0..state.shape.corners.len()).map(Grip::Corner));
            }
            // Last, so that it lies on top.
            grips.push(Grip::Start);
            grips
        })
    }

    /// Where a grip is.
    pub fn grip_at(&self, grip: Grip) -> Option<[f64; 2]> {
        match grip {
            Grip::Start => self.runs.with(|runs| runs.as_ref().map(|runs| runs.start)),
            Grip::Optimum => Some(self.state.with(|state| state.terrain.optimum)),
            Grip::Axes => {
                let (terrain, side) = (self.state.with(|state| state.terrain), self.side.get());
                let length = side * AXIS * terrain.stretch.cbrt();
                let (sin, cos) = terrain.angle.to_radians().sin_cos();
                Some([terrain.optimum[0] + length * cos, terrain.optimum[1] + length * sin])
            }
            Grip::Radius => self.omega.with(|omega| omega.as_ref().and_then(|omega| radius_point(omega))),
            Grip::Corner(i) => self.state.with(|state| state.shape.corners.get(i).copied()),
        }
    }

    /// Moves a grip to a point, as far as ranges allow.
    pub fn move_grip(&self, grip: Grip, to: [f64; 2]) {
        let to = tidy_point(to);
        match grip {
            Grip::Start => {
                let Some(omega) = self.omega.get_untracked() else { return };
                self.state.update(|state| state.start = tidy_point(omega.nearest(to)));
            }
            Grip::Optimum => self.state.update(|state| state.terrain.optimum = to),
            Grip::Axes => {
                let c = self.state.with_untracked(|state| state.terrain.optimum);
                let (dx, dy) = (to[0] - c[0], to[1] - c[1]);
                let length = dx.hypot(dy);
                if length < 0.02 {
                    return;
                }
                let degrees = dy.atan2(dx).to_degrees();
                self.side.set(if (0.0..180.0).contains(&degrees) { 1.0 } else { -1.0 });
                let stretch = (length / AXIS).powi(3);
                self.state.update(|state| {
                    state.terrain.angle = degrees.rem_euclid(180.0).round();
                    state.terrain.stretch = (within("stretch", stretch) * 10.0).round() / 10.0;
                });
            }
            Grip::Radius => {
                let Some(rim) = self.omega.with_untracked(|omega| omega.as_ref().and_then(|omega| radius_point(omega)))
                else {
                    return;
                };
                // Every set with a radius grows in proportion to it, seen from the origin.
                let part = (to[0] * rim[0] + to[1] * rim[1]) / (rim[0] * rim[0] + rim[1] * rim[1]);
                self.state.update(|state| state.shape.radius = tidy(within("r", state.shape.radius * part)));
            }
            Grip::Corner(i) => {
                let mut corners = self.state.with_untracked(|state| state.shape.corners.clone());
                if let Some(corner) = corners.get_mut(i) {
                    *corner = to;
                    self.set_corners(corners);
                }
            }
        }
        self.last.set(grip);
        self.phase.set(None);
    }

    /// Moves a grip by keyboard: `dx`, `dy` in arrow presses, right and up positive.
    pub fn nudge(&self, grip: Grip, dx: f64, dy: f64) {
        match grip {
            Grip::Start | Grip::Optimum | Grip::Corner(_) => {
                let Some([x, y]) = untrack(|| self.grip_at(grip)) else { return };
                self.move_grip(grip, [x + 0.01 * dx, y + 0.01 * dy]);
            }
            Grip::Axes => {
                self.state.update(|state| {
                    state.terrain.angle = (state.terrain.angle - dx).rem_euclid(180.0);
                    state.terrain.stretch = tidy(within("stretch", state.terrain.stretch + 0.1 * dy));
                });
                self.last.set(grip);
            }
            Grip::Radius => {
                let more = 0.01 * (dx + dy);
                self.state.update(|state| state.shape.radius = tidy(within("r", state.shape.radius + more)));
                self.last.set(grip);
            }
        }
    }

    // ---- the polygon

    /// Takes new corners if they enclose an area; whether they did.
    pub fn set_corners(&self, corners: Vec<[f64; 2]>) -> bool {
        let fits = encloses(&corners) && corners.len() <= MOST_CORNERS;
        if fits {
            self.state.update(|state| state.shape.corners = corners);
        }
        fits
    }

    /// Adds a corner beyond the middle of the longest side.
    pub fn add_corner(&self) {
        let mut corners = self.state.with_untracked(|state| state.shape.corners.clone());
        let ends = |i: usize| Some((*corners.get(i)?, *corners.get((i + 1) % corners.len())?));
        let length = |i: usize| ends(i).map_or(0.0, |(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]));
        let Some(longest) = (0..corners.len()).max_by(|a, b| length(*a).total_cmp(&length(*b))) else { return };
        let Some((a, b)) = ends(longest) else { return };
        let count = corners.len() as f64;
        let middle = corners.iter().fold([0.0; 2], |sum, p| [sum[0] + p[0] / count, sum[1] + p[1] / count]);
        let beyond = |i: usize| {
            let half = 0.5 * (a[i] + b[i]);
            half + 0.25 * (half - middle[i])
        };
        corners.insert(longest + 1, tidy_point([beyond(0), beyond(1)]));
        if self.set_corners(corners) {
            self.last.set(Grip::Corner(longest + 1));
        }
    }

    /// Takes a corner away; three always stay.
    pub fn remove_corner(&self, i: usize) {
        let mut corners = self.state.with_untracked(|state| state.shape.corners.clone());
        if i < corners.len() && corners.len() > 3 {
            corners.remove(i);
            if self.set_corners(corners) {
                self.last.set(Grip::Corner(i.saturating_sub(1)));
            }
        }
    }

    /// Adds a point to the polygon being drawn; as soon as the points enclose an area, Ω is their hull.
    pub fn sketch_point(&self, point: [f64; 2]) {
        let point = tidy_point(point);
        let mut full = false;
        self.sketch.update(|sketch| {
            if let Some(points) = sketch
                && points.len() < MOST_CORNERS
            {
                points.push(point);
                full = points.len() == MOST_CORNERS;
            }
        });
        if let Some(points) = self.sketch.get_untracked() {
            self.set_corners(points);
        }
        if full {
            self.sketch.set(None);
        }
    }
}

/// The boundary point that carries the radius grip: straight below the origin, or on the first axis for a set
/// whose lowest point is the origin itself.
fn radius_point(omega: &Omega) -> Option<[f64; 2]> {
    if omega.centre == [0.0, 0.0] {
        let gauge = omega.set.gauge(&[0.0, -1.0]);
        (gauge > 0.0).then(|| [0.0, -1.0 / gauge])
    } else {
        omega.lowest_along([-1.0, 0.0])
    }
}

/// `value` within the range that the table gives `key`.
fn within(key: &str, value: f64) -> f64 {
    debug_assert!(PLANE.iter().any(|row| row.key == key));
    match param(key).kind {
        Kind::Number { min, max, .. } | Kind::Integer { min, max, .. } if value.is_finite() => value.clamp(min, max),
        Kind::Number { min, .. } | Kind::Integer { min, .. } => min,
        _ => value,
    }
}

/// The page's clock in milliseconds.
pub fn milliseconds() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}
