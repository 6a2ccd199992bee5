//! What happens in the plane, computed once a change: the set, a thousand steps of every method, the answer they
//! are measured from. Moving through the steps afterwards only selects.

use std::ops::Deref;
use std::sync::Arc;

use leptos::prelude::Memo;

use super::state::{GeometryState, HORIZON, Terrain};
use crate::optim::active_set::Variant;
use crate::optim::objective::{Objective, minimiser};
use crate::optim::plane::{PlaneMethod, PlaneStep, PlaneStepper, StepRule, feasible_start, outline};
use crate::optim::plane_noise::Noise;
use crate::sets::{ConstraintSet, SetError, SetId, SetShape};

/// A shared result that counts as new whenever it was computed anew.
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    pub fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}
impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// The feasible set Ω of the plane.
pub struct Omega {
    pub set: Box<dyn ConstraintSet>,
    /// Its boundary as the oracle answers it, anticlockwise.
    pub outline: Vec<[f64; 2]>,
    pub centre: [f64; 2],
    /// Half its diameter.
    pub reach: f64,
    /// Whether its boundary bends everywhere, so that every boundary point is a corner.
    pub round: bool,
}

/// Directions in which the oracle is asked for the outline.
const DIRECTIONS: usize = 240;
/// A polygon of the plane has fewer corners than this, a round set answers with more.
const MOST_POLYGON_CORNERS: usize = 40;

impl Omega {
    /// Builds the set and asks its oracle all the way round.
    ///
    /// # Errors
    /// What the set says about its shape; checked states cause none.
    pub fn build(id: SetId, shape: &SetShape) -> Result<Self, SetError> {
        let set = id.entry().build_in_plane(shape)?;
        let outline = outline(set.as_ref(), DIRECTIONS)?;
        let centre = set.centre(2);
        let centre = [centre.first().copied().unwrap_or(0.0), centre.get(1).copied().unwrap_or(0.0)];
        let reach = 0.5 * set.diameter(2);
        let round = outline.len() > MOST_POLYGON_CORNERS;
        Ok(Self { set, outline, centre, reach, round })
    }

    /// The oracle's answer to the slope `g`; `None` if `g` is not finite.
    pub fn lowest_along(&self, g: [f64; 2]) -> Option<[f64; 2]> {
        let mut v = [0.0; 2];
        self.set.lmo(&g, &self.centre, &mut v).ok().map(|()| v)
    }

    /// Frank–Wolfe as it runs here: away and pairwise steps need corners, so a round set has the classic one only.
    pub fn frank_wolfe(&self, rule: StepRule, constant: f64, variant: Variant) -> PlaneMethod {
        PlaneMethod::FrankWolfe { rule, constant, variant: if self.round { Variant::Classic } else { variant } }
    }

    /// The nearest point of Ω.
    pub fn nearest(&self, mut x: [f64; 2]) -> [f64; 2] {
        self.set.project(&mut x);
        x
    }
}

/// Every method's run from the same start.
pub struct Runs {
    pub omega: Shared<Omega>,
    pub f: Box<dyn Objective>,
    pub terrain: Terrain,
    /// How Frank–Wolfe stepped, as it ran.
    pub rule: StepRule,
    pub variant: Variant,
    pub constant: f64,
    /// What was added to every gradient.
    pub noise: Option<Noise>,
    /// x₀, in Ω.
    pub start: [f64; 2],
    /// x*, the lowest point of f over Ω, and its value.
    pub answer: [f64; 2],
    pub lowest: f64,
    /// Entry t describes x_t and the step from it.
    pub frank_wolfe: Vec<PlaneStep>,
    pub projected_gradient: Vec<PlaneStep>,
    pub gradient_descent: Vec<PlaneStep>,
    /// Measured milliseconds a Frank–Wolfe step.
    pub ms_per_step: f64,
}

impl Runs {
    /// Runs all methods for [`HORIZON`] steps.
    pub fn new(omega: Shared<Omega>, state: &GeometryState, clock: impl Fn() -> f64) -> Self {
        let f = state.terrain.build();
        let set = omega.set.as_ref();
        let start = feasible_start(set, state.start);
        let answer = minimiser(f.as_ref(), set);
        let lowest = f.value(answer);
        let noise = state.noisy();
        let run = |method| follow(method, start, f.as_ref(), set, noise.as_ref(), HORIZON + 1);
        let begun = clock();
        let frank_wolfe = run(omega.frank_wolfe(state.rule, state.constant, state.variant));
        let ms_per_step = (clock() - begun) / frank_wolfe.len().max(1) as f64;
        let projected_gradient = run(PlaneMethod::ProjectedGradient { rate: None });
        let gradient_descent = run(PlaneMethod::GradientDescent { rate: None });
        let variant = if omega.round { Variant::Classic } else { state.variant };
        Self {
            rule: state.rule,
            variant,
            constant: state.constant,
            noise,
            start,
            answer,
            lowest,
            frank_wolfe,
            projected_gradient,
            gradient_descent,
            ms_per_step,
            terrain: state.terrain,
            omega,
            f,
        }
    }

    /// The Frank–Wolfe step from x_t.
    pub fn at(&self, t: u32) -> Option<PlaneStep> {
        self.frank_wolfe.get(t as usize).copied()
    }

    /// f(x) − f(x*), never below 0 by rounding.
    pub fn error(&self, step: &PlaneStep) -> f64 {
        (step.value - self.lowest).max(0.0)
    }
}

/// The first `count` steps of a method; fewer if it diverges.
pub fn follow(
    method: PlaneMethod,
    start: [f64; 2],
    f: &dyn Objective,
    set: &dyn ConstraintSet,
    noise: Option<&Noise>,
    count: usize,
) -> Vec<PlaneStep> {
    let mut stepper = PlaneStepper::new(method, start);
    let mut steps = Vec::with_capacity(count);
    while steps.len() < count
        && let Ok(step) = stepper.noisy_step(f, set, noise)
    {
        steps.push(step);
    }
    steps
}

/// The full gap of one way to make steps, t = 0 … [`HORIZON`].
pub struct Course {
    pub rule: StepRule,
    pub variant: Variant,
    pub gaps: Vec<f64>,
}

/// Several courses, or none while there is no set.
pub type Courses = Memo<Option<Shared<Vec<Course>>>>;

/// What the courses of a race have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Track {
    pub terrain: Terrain,
    /// x₀ as asked.
    pub start: [f64; 2],
    pub constant: f64,
    pub noise: Option<Noise>,
}

impl Track {
    /// What of the state a course depends on, besides Ω, rule and variant.
    pub fn of(state: &GeometryState) -> Self {
        Self { terrain: state.terrain, start: state.start, constant: state.constant, noise: state.noisy() }
    }
}

/// Runs Frank–Wolfe once for each rule and variant.
pub fn courses(omega: &Omega, track: &Track, entries: impl Iterator<Item = (StepRule, Variant)>) -> Vec<Course> {
    let f = track.terrain.build();
    let start = feasible_start(omega.set.as_ref(), track.start);
    let run = |(rule, variant)| {
        let mut stepper = PlaneStepper::new(omega.frank_wolfe(rule, track.constant, variant), start);
        let mut gaps = Vec::with_capacity(HORIZON + 1);
        while gaps.len() <= HORIZON
            && let Ok(step) = stepper.noisy_step(f.as_ref(), omega.set.as_ref(), track.noise.as_ref())
        {
            // Rounding may leave a gap a hair below zero.
            gaps.push(step.full_gap.max(0.0));
        }
        Course { rule, variant, gaps }
    };
    entries.map(run).collect()
}
