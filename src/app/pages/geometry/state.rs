//! What the geometry page shows, in one checked value, and its table of parameters: the table is the URL codec,
//! the fields and the limits of every handle, so nothing can be dragged or typed out of range.

use crate::number;
use crate::optim::active_set::{VARIANTS, Variant};
use crate::optim::objective::{Objective, Quadratic, Ripple};
use crate::optim::plane::{STEP_RULES, StepRule};
use crate::optim::plane_noise::Noise;
use crate::session::params::{Grammar, Kind, Param, Refusal, Value};
use crate::sets::{SetId, SetShape};

/// Steps computed of every method; the displayed step is one of them.
pub const HORIZON: usize = 1000;
/// Largest |coordinate| of a start, an optimum or a corner.
pub const REACH: f64 = 3.0;
/// Most corners of a hand-drawn polygon.
pub const MOST_CORNERS: usize = 12;

/// The two kinds of objective of the plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landscape {
    /// Convex, everything known.
    Quadratic,
    /// Not convex: a bowl with waves.
    Ripple,
}

impl Landscape {
    /// Value, key; text key `geometry.landscape.<key>`.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Quadratic, "quadratic"), (Self::Ripple, "ripple")];

    /// Its key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Quadratic => "quadratic",
            Self::Ripple => "ripple",
        }
    }
}

/// The objective f as numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terrain {
    pub landscape: Landscape,
    /// c, the lowest point of f in the whole plane.
    pub optimum: [f64; 2],
    /// Condition number κ of the quadratic, ≥ 1.
    pub stretch: f64,
    /// Direction of its long axis in degrees, 0 to 180.
    pub angle: f64,
}

impl Terrain {
    /// The function itself.
    pub fn build(&self) -> Box<dyn Objective> {
        match self.landscape {
            Landscape::Quadratic => Box::new(self.quadratic()),
            Landscape::Ripple => Box::new(Ripple::at(self.optimum)),
        }
    }

    fn quadratic(&self) -> Quadratic {
        Quadratic { centre: self.optimum, stretch: self.stretch, angle: self.angle.to_radians() }
    }
}

/// Everything the page's URL says.
#[derive(Debug, Clone, PartialEq)]
pub struct GeometryState {
    pub set: SetId,
    pub shape: SetShape,
    pub terrain: Terrain,
    /// x₀ as asked; Frank–Wolfe starts at the nearest point towards the centre that lies in Ω.
    pub start: [f64; 2],
    pub rule: StepRule,
    /// As asked; a set without corners runs the classic one.
    pub variant: Variant,
    /// γ of the constant rule, in [0, 1].
    pub constant: f64,
    /// What is added to every gradient; off at σ = 0.
    pub noise: Noise,
    pub projected_gradient: bool,
    pub gradient_descent: bool,
    /// Whether the race of the step rules stands where the three cases stand.
    pub race: bool,
    /// Steps on the transport, 10 to [`HORIZON`].
    pub total: u32,
    /// Step shown, 0 to `total`.
    pub t: u32,
}

impl Default for GeometryState {
    fn default() -> Self {
        Self {
            set: SetId::l1(),
            shape: SetShape {
                corners: vec![[-0.95, -0.35], [-0.15, -0.95], [0.9, -0.5], [0.85, 0.5], [-0.4, 0.9]],
                ..SetShape::default()
            },
            terrain: Terrain { landscape: Landscape::Quadratic, optimum: [1.0, 0.8], stretch: 4.0, angle: 52.0 },
            start: [-0.62, -0.2],
            rule: StepRule::default(),
            variant: Variant::default(),
            constant: 0.1,
            noise: Noise { sigma: 0.0, batch: 4, growth: 0.0, seed: 1 },
            projected_gradient: true,
            gradient_descent: false,
            race: false,
            total: 40,
            t: 2,
        }
    }
}

impl GeometryState {
    /// The noise, if there is any.
    pub fn noisy(&self) -> Option<Noise> {
        Some(self.noise).filter(|noise| !noise.is_off())
    }
}

/// Rounded to what a pointer can mean, so that links stay short.
pub fn tidy(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// A point within reach, rounded.
pub fn tidy_point(point: [f64; 2]) -> [f64; 2] {
    point.map(|value| if value.is_finite() { tidy(value.clamp(-REACH, REACH)) } else { 0.0 })
}

/// A row for a number field.
macro_rules! field {
    ($key:literal, $text:literal, $kind:expr, |$state:ident| $place:expr, $type:ty) => {
        Param {
            key: $key,
            text: $text,
            kind: $kind,
            get: |$state| Value::Number($place as f64),
            set: |$state, value| {
                $place = value.number() as $type;
                Ok(())
            },
        }
    };
}

/// A row for something that is on or off.
macro_rules! switch {
    ($key:literal, $text:literal, |$state:ident| $place:expr) => {
        Param {
            key: $key,
            text: $text,
            kind: Kind::Choice(|| vec!["0", "1"]),
            get: |$state| Value::Text(if $place { "1".into() } else { "0".into() }),
            set: |$state, value| {
                $place = value.text() == "1";
                Ok(())
            },
        }
    };
}

const fn place() -> Kind {
    Kind::Number { min: -REACH, max: REACH, step: 0.01, log: false, decimals: 2 }
}
const fn real(min: f64, max: f64, step: f64, decimals: usize) -> Kind {
    Kind::Number { min, max, step, log: false, decimals }
}

/// The page's parameters.
pub static PLANE: &[Param<GeometryState>] = &[
    Param {
        key: "set",
        text: "geometry.param.set",
        kind: Kind::Choice(|| SetId::in_plane().map(SetId::key).collect()),
        get: |state| Value::Text(state.set.key().into()),
        set: |state, value| {
            state.set = SetId::parse(value.text()).map_err(|error| error.to_string())?;
            Ok(())
        },
    },
    field!("r", "geometry.param.radius", real(0.2, 2.0, 0.01, 2), |state| state.shape.radius, f64),
    field!("p", "geometry.param.p", real(1.1, 8.0, 0.1, 1), |state| state.shape.p, f64),
    field!("k", "geometry.param.k", Kind::Integer { min: 1.0, max: 2.0, log: false }, |state| state.shape.k, usize),
    field!("aspect", "geometry.param.aspect", real(0.2, 2.0, 0.05, 2), |state| state.shape.aspect, f64),
    Param {
        key: "corners",
        text: "geometry.param.corners",
        kind: Kind::Text,
        get: |state| Value::Text(corners_to_text(&state.shape.corners)),
        set: |state, value| {
            let corners = corners_from_text(value.text()).filter(|corners| encloses(corners));
            state.shape.corners = corners.ok_or(Refusal::Grammar(Grammar::Corners))?;
            Ok(())
        },
    },
    Param {
        key: "f",
        text: "geometry.param.landscape",
        kind: Kind::Choice(|| Landscape::ALL.iter().map(|row| row.1).collect()),
        get: |state| Value::Text(state.terrain.landscape.key().into()),
        set: |state, value| match Landscape::ALL.iter().find(|row| row.1 == value.text()) {
            Some(row) => {
                state.terrain.landscape = row.0;
                Ok(())
            }
            None => Err("quadratic or ripple".into()),
        },
    },
    field!("cx", "geometry.param.optimum_x", place(), |state| state.terrain.optimum[0], f64),
    field!("cy", "geometry.param.optimum_y", place(), |state| state.terrain.optimum[1], f64),
    field!("stretch", "geometry.param.stretch", real(1.0, 50.0, 0.1, 1), |state| state.terrain.stretch, f64),
    field!("angle", "geometry.param.angle", real(0.0, 180.0, 1.0, 0), |state| state.terrain.angle, f64),
    field!("x", "geometry.param.start_x", place(), |state| state.start[0], f64),
    field!("y", "geometry.param.start_y", place(), |state| state.start[1], f64),
    Param {
        key: "rule",
        text: "geometry.param.rule",
        kind: Kind::Choice(|| STEP_RULES.iter().map(|row| row.key).collect()),
        get: |state| Value::Text(state.rule.key().into()),
        set: |state, value| {
            state.rule = StepRule::parse(value.text()).map_err(|error| error.to_string())?;
            Ok(())
        },
    },
    Param {
        key: "variant",
        text: "geometry.param.variant",
        kind: Kind::Choice(|| VARIANTS.iter().map(|row| row.key).collect()),
        get: |state| Value::Text(state.variant.key().into()),
        set: |state, value| match Variant::parse(value.text()) {
            Some(variant) => {
                state.variant = variant;
                Ok(())
            }
            None => Err("classic, away or pairwise".into()),
        },
    },
    field!("gamma", "geometry.param.constant", real(0.01, 1.0, 0.01, 2), |state| state.constant, f64),
    field!("sigma", "geometry.param.sigma", real(0.0, 4.0, 0.05, 2), |state| state.noise.sigma, f64),
    field!(
        "b",
        "geometry.param.batch",
        Kind::Integer { min: 1.0, max: 4096.0, log: true },
        |state| state.noise.batch,
        u32
    ),
    field!("grow", "geometry.param.growth", real(0.0, 2.0, 0.1, 1), |state| state.noise.growth, f64),
    field!(
        "seed",
        "geometry.param.seed",
        Kind::Integer { min: 0.0, max: 9999.0, log: false },
        |state| state.noise.seed,
        u64
    ),
    switch!("pg", "geometry.param.pg", |state| state.projected_gradient),
    switch!("gd", "geometry.param.gd", |state| state.gradient_descent),
    switch!("race", "geometry.param.race", |state| state.race),
    Param {
        key: "T",
        text: "geometry.param.total",
        kind: Kind::Integer { min: 10.0, max: 1000.0, log: true },
        get: |state| Value::Number(f64::from(state.total)),
        set: |state, value| {
            state.total = value.number() as u32;
            state.t = state.t.min(state.total);
            Ok(())
        },
    },
    // After T, because it may not go beyond it.
    Param {
        key: "t",
        text: "geometry.param.t",
        kind: Kind::Integer { min: 0.0, max: 1000.0, log: false },
        get: |state| Value::Number(f64::from(state.t)),
        set: |state, value| {
            state.t = (value.number() as u32).min(state.total);
            Ok(())
        },
    },
];

/// The row of `key`; the first row for a key that is not in the table, which no caller has.
pub fn param(key: &str) -> &'static Param<GeometryState> {
    PLANE.iter().find(|row| row.key == key).unwrap_or(&PLANE[0])
}

/// Whether these corners make a polygon.
pub fn encloses(corners: &[[f64; 2]]) -> bool {
    let shape = SetShape { corners: corners.to_vec(), ..SetShape::default() };
    SetId::parse("polygon").is_ok_and(|id| id.entry().build_in_plane(&shape).is_ok())
}

/// `-0.9,-0.4;0.2,-0.9;…`
fn corners_to_text(corners: &[[f64; 2]]) -> String {
    corners.iter().map(|[x, y]| format!("{x},{y}")).collect::<Vec<_>>().join(";")
}

/// At least three corners and at most [`MOST_CORNERS`], all within ±[`REACH`].
fn corners_from_text(text: &str) -> Option<Vec<[f64; 2]>> {
    let one = |entry: &str| {
        let (x, y) = entry.split_once(',')?;
        let point = [number::parse(x)?, number::parse(y)?];
        point.iter().all(|value| value.abs() <= REACH).then_some(point)
    };
    let corners: Option<Vec<[f64; 2]>> = text.split(';').filter(|entry| !entry.is_empty()).map(one).collect();
    corners.filter(|corners| (3..=MOST_CORNERS).contains(&corners.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::params::{emit, parse};

    #[test]
    fn every_state_survives_its_link() {
        let mut state = GeometryState::default();
        assert!(emit(PLANE, &state).is_empty());
        state.set = SetId::k_sparse();
        state.shape.corners = vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.5]];
        state.terrain.landscape = Landscape::Ripple;
        state.start = [0.25, -1.0];
        state.rule = StepRule::OpenLoop;
        state.variant = Variant::Pairwise;
        state.gradient_descent = true;
        state.noise = Noise { sigma: 0.75, batch: 16, growth: 1.5, seed: 7 };
        state.race = true;
        state.t = 0;
        let (read, notes) = parse(PLANE, &emit(PLANE, &state));
        assert_eq!(read, state);
        assert_eq!(notes, []);
    }

    #[test]
    fn nonsense_is_refused_and_excess_adjusted() {
        let pairs = [("r", "99"), ("corners", "0,0;1,1;2,2"), ("set", "torus"), ("t", "400")];
        let pairs: Vec<_> = pairs.map(|(key, value)| (key.to_string(), value.to_string())).into();
        let (state, notes) = parse(PLANE, &pairs);
        assert_eq!(state.shape.radius, 2.0);
        assert_eq!(state.set, SetId::l1());
        assert_eq!(state.t, state.total);
        assert_eq!(notes.len(), 3);
    }
}
