//! Where the answer lies sets the speed: the same set, start and rule with f moved so that the answer is inside Ω, on
//! a face, or at a corner; each case really run until its gap is small.
//!
//! With the answer inside, the gap falls by a constant share a step (Guélat, Marcotte 1986); on a face Frank–Wolfe
//! keeps jumping between corners and the gap falls like 1/t; at a corner the oracle names the answer itself. A round
//! set has no faces: there the slope that is left at the answer decides (Levitin, Polyak 1966).

use super::race_figure::{Speed, measure};
use super::rate::{Fall, predicted};
use super::run::{Omega, follow};
use super::state::{HORIZON, Landscape, REACH, Terrain};
use crate::optim::active_set::Variant;
use crate::optim::objective::minimiser;
use crate::optim::plane::{PlaneStepper, StepRule, feasible_start};

/// The gap to be reached.
pub const TARGET: f64 = 1e-3;
/// Steps after which a case counts as not reached.
pub const MOST_STEPS: usize = 5000;
/// Points of the trail that are drawn.
const TRAIL: usize = 48;

/// Where an answer lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Inside,
    Face,
    Corner,
    /// On the rim of a round set, f's lowest point just outside.
    RimNear,
    /// The same, f's lowest point far away, so that the slope stays large.
    RimFar,
}

impl Place {
    /// Text key `geometry.case.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Face => "face",
            Self::Corner => "corner",
            Self::RimNear => "rim_near",
            Self::RimFar => "rim_far",
        }
    }
}

/// One case, run.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub place: Place,
    pub terrain: Terrain,
    pub answer: [f64; 2],
    /// Steps until the gap is at most [`TARGET`]; `None` if it takes more than [`MOST_STEPS`].
    pub steps: Option<usize>,
    /// How the gap falls by proof, and how it fell in the first [`HORIZON`] steps.
    pub proven: Fall,
    pub(super) measured: Speed,
    pub trail: Vec<[f64; 2]>,
}

/// What the cases are made for; the optimum of `terrain` is not read.
pub struct Setting<'a> {
    pub omega: &'a Omega,
    pub terrain: Terrain,
    pub start: [f64; 2],
    pub rule: StepRule,
    pub variant: Variant,
    pub constant: f64,
}

fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn unit(a: [f64; 2]) -> [f64; 2] {
    let length = a[0].hypot(a[1]);
    if length > 0.0 { [a[0] / length, a[1] / length] } else { [1.0, 0.0] }
}

/// The three cases of a setting.
pub fn cases(setting: &Setting) -> Vec<Case> {
    let omega = setting.omega;
    let reach = omega.reach;
    let places = if omega.round { round_places(omega) } else { polygon_places(omega) };
    let Some([(first, face, face_normal), (second, corner, corner_normal)]) = places else { return Vec::new() };
    let centre = omega.centre;
    let inside = [0, 1].map(|i| centre[i] + 0.34 * (face[i] - centre[i]));
    let (near, far) = if omega.round { (0.57, 1.8) } else { (0.57, 1.3) };
    [
        (Place::Inside, inside),
        (first, beyond(setting, face, face_normal, near * reach)),
        (second, beyond(setting, corner, corner_normal, far * reach)),
    ]
    .into_iter()
    .map(|(place, optimum)| run(setting, place, optimum))
    .collect()
}

/// The optimum at `distance` from `x` for which f slopes down along `normal` there: then x is the answer.
fn beyond(setting: &Setting, x: [f64; 2], normal: [f64; 2], distance: f64) -> [f64; 2] {
    // c = x + A⁻¹n·s. The ripple's bowl is round, so that A⁻¹ only scales.
    let way = match setting.terrain.landscape {
        Landscape::Ripple => normal,
        Landscape::Quadratic => {
            let (sin, cos) = setting.terrain.angle.to_radians().sin_cos();
            let along = cos * normal[0] + sin * normal[1];
            let across = (cos * normal[1] - sin * normal[0]) / setting.terrain.stretch.max(1.0);
            unit([cos * along - sin * across, sin * along + cos * across])
        }
    };
    // As far as asked, or as far as f can be moved.
    let at = |part: f64| [0, 1].map(|i| x[i] + part * distance * way[i]);
    let reachable = |point: &[f64; 2]| point.iter().all(|value| value.abs() <= REACH);
    [1.0, 0.75, 0.5, 0.35, 0.25].map(at).into_iter().find(reachable).unwrap_or_else(|| at(0.1))
}

type Spot = (Place, [f64; 2], [f64; 2]);

/// A point on the side that faces right above, and the topmost corner, each with an outward normal.
fn polygon_places(omega: &Omega) -> Option<[Spot; 2]> {
    let corners = &omega.outline;
    let count = corners.len();
    let normal = |i: usize| {
        let side = minus(*corners.get((i + 1) % count)?, *corners.get(i)?);
        // The outline runs anticlockwise: outside is on the right.
        Some(unit([side[1], -side[0]]))
    };
    let toward = |n: [f64; 2], [x, y]: [f64; 2]| n[0] * x + n[1] * y;
    let side = (0..count).max_by(|a, b| {
        let facing = |i: usize| normal(i).map_or(f64::MIN, |n| toward(n, [1.0, 0.8]));
        facing(*a).total_cmp(&facing(*b))
    })?;
    let (a, b) = (*corners.get(side)?, *corners.get((side + 1) % count)?);
    let face = [0, 1].map(|i| 0.63 * a[i] + 0.37 * b[i]);
    let top = (0..count).max_by(|a, b| {
        let height = |i: usize| corners.get(i).map_or(f64::MIN, |corner| toward(*corner, [0.3, 1.0]));
        height(*a).total_cmp(&height(*b))
    })?;
    let (before, after) = (normal((top + count - 1) % count)?, normal(top)?);
    let middle = unit([before[0] + after[0], before[1] + after[1]]);
    Some([(Place::Face, face, normal(side)?), (Place::Corner, *corners.get(top)?, middle)])
}

/// Two points of a round set's rim; the direction asked is the normal.
fn round_places(omega: &Omega) -> Option<[Spot; 2]> {
    let spot = |place, way: [f64; 2]| {
        let normal = unit(way);
        omega.lowest_along([-normal[0], -normal[1]]).map(|point| (place, point, normal))
    };
    Some([spot(Place::RimNear, [1.0, 0.6])?, spot(Place::RimFar, [0.3, 1.0])?])
}

fn run(setting: &Setting, place: Place, optimum: [f64; 2]) -> Case {
    let terrain = Terrain { optimum, ..setting.terrain };
    let f = terrain.build();
    let set = setting.omega.set.as_ref();
    let method = setting.omega.frank_wolfe(setting.rule, setting.constant, setting.variant);
    let start = feasible_start(set, setting.start);
    let mut stepper = PlaneStepper::new(method, start);
    let (mut steps, mut gaps) = (None, Vec::with_capacity(HORIZON + 1));
    for t in 0..=MOST_STEPS {
        let Ok(step) = stepper.step(f.as_ref(), set) else { break };
        if t <= HORIZON {
            gaps.push(step.gap.max(0.0));
        }
        if step.gap <= TARGET && steps.is_none() {
            steps = Some(t);
        }
        if t >= HORIZON && steps.is_some() {
            break;
        }
    }
    let trail = follow(method, start, f.as_ref(), set, None, TRAIL).iter().map(|step| step.x).collect();
    let answer = minimiser(f.as_ref(), set);
    let proven = predicted(setting.omega, f.as_ref(), answer, setting.rule, setting.variant);
    Case { place, terrain, answer, steps, proven, measured: measure(&gaps), trail }
}

/// Where the answer of the present run lies.
pub fn place_of(omega: &Omega, answer: [f64; 2], optimum: [f64; 2]) -> Place {
    let tolerance = 1e-4 * omega.reach;
    let apart = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    if omega.set.gauge(&answer) < 1.0 - 1e-4 || apart(answer, optimum) < 1e-9 {
        Place::Inside
    } else if omega.round {
        if apart(answer, optimum) < 1.1 * omega.reach { Place::RimNear } else { Place::RimFar }
    } else if omega.outline.iter().any(|corner| apart(*corner, answer) < tolerance) {
        Place::Corner
    } else {
        Place::Face
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sets::{SetId, SetShape};

    fn setting_for<R>(set: SetId, variant: Variant, read: impl FnOnce(Vec<Case>) -> R) -> R {
        let omega = Omega::build(set, &SetShape::default()).unwrap();
        let terrain = Terrain { landscape: Landscape::Quadratic, optimum: [0.0; 2], stretch: 4.0, angle: 52.0 };
        let (start, rule) = ([-0.62, -0.2], StepRule::ShortStep);
        read(cases(&Setting { omega: &omega, terrain, start, rule, variant, constant: 0.1 }))
    }

    #[test]
    fn on_the_diamond_the_place_sets_the_speed() {
        setting_for(SetId::l1(), Variant::Classic, |cases| {
            let steps: Vec<usize> = cases.iter().filter_map(|case| case.steps).collect();
            assert_eq!(
                cases.iter().map(|case| case.place).collect::<Vec<_>>(),
                [Place::Inside, Place::Face, Place::Corner]
            );
            assert!(steps[2] < 10 && steps[0] < 200 && steps[1] > 300, "{steps:?}");
            let proven: Vec<Fall> = cases.iter().map(|case| case.proven).collect();
            assert_eq!(proven, [Fall::Linear, Fall::Power(1.0), Fall::Finite]);
            assert!(matches!(cases[0].measured, Speed::Linear(factor) if factor < 1.0), "{:?}", cases[0].measured);
            assert!(matches!(cases[1].measured, Speed::Power(slope) if slope < -0.5), "{:?}", cases[1].measured);
            assert!((cases[1].answer[0] - 0.63).abs() < 1e-6 && (cases[2].answer[1] - 1.0).abs() < 1e-6);
        });
    }

    #[test]
    fn with_corners_the_face_is_as_fast_as_the_rest() {
        for variant in [Variant::Away, Variant::Pairwise] {
            setting_for(SetId::l1(), variant, |cases| {
                assert!(cases[1].steps.is_some_and(|steps| steps < 100), "{variant:?}: {:?}", cases[1].steps);
            });
        }
    }

    #[test]
    fn a_round_set_has_a_rim_instead() {
        setting_for(SetId::l2(), Variant::Away, |cases| {
            assert_eq!(cases[1].place, Place::RimNear);
            assert_eq!(cases[2].place, Place::RimFar);
            assert!(cases.iter().all(|case| case.steps.is_some()));
        });
    }
}
