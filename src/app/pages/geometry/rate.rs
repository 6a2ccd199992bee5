//! Where the answer x* lies decides how fast the gap may fall. The place is read off x* and the slope that is left
//! there; what is proven for it, for the step rule and the kind of steps, stands beside what was measured.
//!
//! Inside Ω: a constant share a step (Guélat, Marcotte 1986). On a face: 1/t, and for short steps or line search not
//! noticeably faster, because x must zig-zag between corners (Canon, Cullum 1968). At a corner: the oracle soon names
//! x* itself. On a rim that bends: a constant share a step if the slope there is not 0 (Levitin, Polyak 1966), else
//! f(x) − f(x*) falls like 1/t² (Garber, Hazan 2015) and the smallest gap with it. Away and pairwise steps: a constant
//! share everywhere on a polytope (Lacoste-Julien, Jaggi 2015).

use super::race_figure::{Speed, measure};
use super::run::{Omega, Runs};
use super::words::short;
use crate::app::{tr, tr_with};
use crate::optim::active_set::Variant;
use crate::optim::objective::Objective;
use crate::optim::plane::StepRule;
use crate::optim::plane_noise::Noise;
use crate::plot::fixed;

/// Lengths and slopes below this share of Ω's size and of f's steepness are 0.
const NONE: f64 = 1e-6;
/// Half the angle in radians between the two questions that find out how much the rim bends.
const PROBE: f64 = 1e-3;
/// A rim whose radius of curvature is beyond this many times Ω's reach counts as flat.
const FLAT: f64 = 10.0;

/// Where x* lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Inside,
    Face,
    Corner,
    /// On a rim that bends, with a slope left.
    Rim,
    /// On the rim, without.
    Level,
    /// On a rim that does not bend there.
    Flat,
}

impl Spot {
    /// Of the answer `x` with ∇f(x) = `g`; `steep` is the largest slope that Ω's size and L allow.
    fn of(omega: &Omega, x: [f64; 2], g: [f64; 2], steep: f64) -> Self {
        let size = g[0].hypot(g[1]);
        let level = size <= NONE * steep;
        if omega.set.gauge(&x) < 1.0 - NONE {
            Self::Inside
        } else if !omega.round {
            let away = |corner: &[f64; 2]| [corner[0] - x[0], corner[1] - x[1]];
            let near = |d: &[f64; 2]| d[0].hypot(d[1]) <= NONE * omega.reach;
            let (here, others): (Vec<_>, Vec<_>) = omega.outline.iter().map(away).partition(near);
            // f must rise along both sides, or the answer is no more than a point of a face.
            let rises = others.iter().all(|d| g[0] * d[0] + g[1] * d[1] > NONE * size * omega.reach);
            if !here.is_empty() && !level && rises { Self::Corner } else { Self::Face }
        } else if level {
            Self::Level
        } else {
            let (sin, cos) = PROBE.sin_cos();
            let turned = |sin: f64| omega.lowest_along([cos * g[0] - sin * g[1], sin * g[0] + cos * g[1]]);
            let bent = match (turned(sin), turned(-sin)) {
                (Some(a), Some(b)) => (a[0] - b[0]).hypot(a[1] - b[1]) / (2.0 * PROBE) <= FLAT * omega.reach,
                _ => false,
            };
            if bent { Self::Rim } else { Self::Flat }
        }
    }

    /// Text key `geometry.spot.<key>`.
    fn key(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Face => "face",
            Self::Corner => "corner",
            Self::Rim => "rim",
            Self::Level => "level",
            Self::Flat => "flat",
        }
    }
}

/// How a gap falls by proof, the guide's shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fall {
    /// Like t to minus this power.
    Power(f64),
    /// By a constant share a step.
    Linear,
    /// To 0 in finitely many steps.
    Finite,
    /// Down to a level and no further.
    Stays,
    /// Nothing is proven.
    Unknown,
}

/// What is proven; text key `geometry.rate.<key>`.
type Proven = (&'static str, Fall);

/// What a rule and its steps can reach where x* lies at `spot`, f convex and the gradient exact.
fn exact(spot: Spot, rule: StepRule, variant: Variant) -> Proven {
    let looks = rule.scheduled(0, 0.0).is_none();
    match (rule, spot) {
        _ if variant != Variant::Classic && looks => ("steps", Fall::Linear),
        _ if variant != Variant::Classic => ("unknown", Fall::Unknown),
        (StepRule::Constant, Spot::Corner) => ("corner_constant", Fall::Linear),
        (StepRule::Constant, _) => ("constant", Fall::Stays),
        (StepRule::NonConvex, _) => ("root", Fall::Power(0.5)),
        (_, Spot::Inside) if looks => ("inside", Fall::Linear),
        (_, Spot::Face) if looks => ("face", Fall::Power(1.0)),
        (_, Spot::Corner) if looks => ("corner", Fall::Finite),
        (_, Spot::Rim) if looks => ("rim", Fall::Linear),
        (_, Spot::Level) if looks => ("level", Fall::Power(2.0)),
        (_, Spot::Flat) if looks => ("flat", Fall::Power(1.0)),
        (_, Spot::Corner) => ("corner_open", Fall::Power(2.0)),
        (StepRule::OpenLoop, Spot::Rim) => ("rim_open", Fall::Power(2.0)),
        (StepRule::LogAdaptive, _) => ("log", Fall::Power(1.0)),
        _ => ("open", Fall::Power(1.0)),
    }
}

/// With noise: a batch of one size leaves its level. One that grows like t^a leaves t^(−a/2), which the schedules of
/// the open loop follow down to their own rate (Hazan, Luo 2016: a = 2 for 1/t).
fn noisy(growth: f64, rule: StepRule, variant: Variant, convex: bool) -> Proven {
    let least = growth / 2.0;
    match rule {
        _ if growth <= 0.0 => ("noise", Fall::Stays),
        _ if variant != Variant::Classic || !convex => ("unknown", Fall::Unknown),
        StepRule::OpenLoop | StepRule::LogAdaptive => ("growing", Fall::Power(least.min(1.0))),
        StepRule::NonConvex => ("growing", Fall::Power(least.min(0.5))),
        StepRule::Constant => ("constant", Fall::Stays),
        _ => ("unknown", Fall::Unknown),
    }
}

fn proven(f: &dyn Objective, noise: Option<Noise>, spot: Spot, rule: StepRule, variant: Variant) -> Proven {
    let convex = f.curvature([1.0, 0.0]).is_some();
    let looks = rule.scheduled(0, 0.0).is_none();
    match noise {
        Some(noise) => noisy(noise.growth, rule, variant, convex),
        None if convex => exact(spot, rule, variant),
        None if variant == Variant::Classic && (looks || rule == StepRule::NonConvex) => ("smallest", Fall::Power(0.5)),
        None if rule == StepRule::Constant && variant == Variant::Classic => ("constant", Fall::Stays),
        None => ("unknown", Fall::Unknown),
    }
}

/// What is proven of the gap without noise, where `x` is the answer of f over Ω.
pub fn predicted(omega: &Omega, f: &dyn Objective, x: [f64; 2], rule: StepRule, variant: Variant) -> Fall {
    let spot = Spot::of(omega, x, f.gradient(x), f.smoothness() * omega.reach);
    let variant = if omega.round { Variant::Classic } else { variant };
    proven(f, None, spot, rule, variant).1
}

/// What the gap figure says about the rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// Where x* lies, what is proven, what is measured.
    pub line: String,
    pub fall: Fall,
    /// Measured on the run.
    speed: Speed,
    /// Dσ/√b and ½LD²γ: what noise and a constant γ leave; 0 where they leave nothing.
    noise: f64,
    rest: f64,
}

impl Rate {
    /// Of a run.
    pub fn of(runs: &Runs) -> Self {
        let (diameter, smoothness) = (2.0 * runs.omega.reach, runs.f.smoothness());
        let spot = Spot::of(&runs.omega, runs.answer, runs.f.gradient(runs.answer), smoothness * runs.omega.reach);
        let (key, fall) = proven(runs.f.as_ref(), runs.noise, spot, runs.rule, runs.variant);
        // A gap that noise has made 0 by chance is not the end.
        let least = if runs.noise.is_some() { 1e-9 } else { 0.0 };
        let gaps: Vec<f64> = runs.frank_wolfe.iter().map(|step| step.full_gap.max(least)).collect();
        let speed = measure(&gaps);
        let rest = match runs.rule {
            StepRule::Constant => 0.5 * smoothness * diameter * diameter * runs.constant,
            _ => 0.0,
        };
        let noise = runs.noise.filter(|noise| noise.growth <= 0.0).map_or(0.0, |noise| noise.floor(diameter, 0));
        let power = if let Fall::Power(power) = fall { fixed(power, 2) } else { String::new() };
        let values = [("noise", short(noise)), ("rest", short(rest)), ("power", power)];
        let place = tr(&format!("geometry.spot.{}", spot.key()));
        let rate = tr_with(&format!("geometry.rate.{key}"), &values);
        let line = tr_with("geometry.where", &[("place", place), ("rate", rate), ("speed", speed.words())]);
        Self { line, fall, speed, noise, rest }
    }

    /// The factor a step of a guide that falls by a constant share: the measured one, or else one half.
    pub fn factor(&self) -> f64 {
        if let Speed::Linear(factor) = self.speed { factor } else { 0.5 }
    }

    /// The level that noise and a constant γ leave, if they leave any.
    pub fn level(&self) -> Option<f64> {
        Some(self.noise + self.rest).filter(|level| self.fall == Fall::Stays && *level > 0.0)
    }

    /// The guide's name.
    pub fn guide(&self) -> String {
        match self.fall {
            Fall::Power(power) => tr_with("geometry.race.power", &[("slope", fixed(-power, 2))]),
            Fall::Linear => Speed::Linear(self.factor()).words(),
            Fall::Stays if self.rest <= 0.0 => "Dσ/√b".into(),
            Fall::Stays if self.noise <= 0.0 => "½LD²γ".into(),
            Fall::Stays => "Dσ/√b + ½LD²γ".into(),
            Fall::Finite | Fall::Unknown => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::{Landscape, Terrain};
    use super::*;
    use crate::sets::{SetId, SetShape};

    fn spot(set: &str, optimum: [f64; 2]) -> Spot {
        let omega = Omega::build(SetId::parse(set).unwrap(), &SetShape::default()).unwrap();
        let terrain = Terrain { landscape: Landscape::Quadratic, optimum, stretch: 4.0, angle: 0.0 };
        let f = terrain.build();
        let x = crate::optim::objective::minimiser(f.as_ref(), omega.set.as_ref());
        Spot::of(&omega, x, f.gradient(x), f.smoothness() * omega.reach)
    }

    #[test]
    fn the_place_is_read_off_the_answer() {
        assert_eq!(spot("l1", [0.2, 0.1]), Spot::Inside);
        assert_eq!(spot("l1", [0.8, 0.6]), Spot::Face);
        assert_eq!(spot("l1", [0.1, 1.9]), Spot::Corner);
        // Just at the corner without slope, and on a side without: no better than a face.
        assert_eq!(spot("l1", [0.0, 1.0]), Spot::Face);
        assert_eq!(spot("linf", [1.4, 0.3]), Spot::Face);
        assert_eq!(spot("l2", [0.2, 0.1]), Spot::Inside);
        assert_eq!(spot("l2", [1.2, 0.7]), Spot::Rim);
        assert_eq!(spot("l2", [0.6, 0.8]), Spot::Level);
        // The ball of exponent 3 does not bend where it meets an axis.
        assert_eq!(spot("lp", [1.9, 0.0]), Spot::Flat);
        assert_eq!(spot("lp", [1.2, 1.1]), Spot::Rim);
    }

    #[test]
    fn every_pair_has_its_rate() {
        let away = exact(Spot::Face, StepRule::ShortStep, Variant::Away);
        assert_eq!(away, ("steps", Fall::Linear));
        assert_eq!(exact(Spot::Face, StepRule::LineSearch, Variant::Classic).1, Fall::Power(1.0));
        assert_eq!(exact(Spot::Corner, StepRule::ShortStep, Variant::Classic).1, Fall::Finite);
        assert_eq!(exact(Spot::Rim, StepRule::OpenLoop, Variant::Classic).1, Fall::Power(2.0));
        assert_eq!(exact(Spot::Inside, StepRule::Constant, Variant::Classic).1, Fall::Stays);
        assert_eq!(noisy(0.0, StepRule::OpenLoop, Variant::Classic, true).1, Fall::Stays);
        assert_eq!(noisy(2.0, StepRule::OpenLoop, Variant::Classic, true).1, Fall::Power(1.0));
        assert_eq!(noisy(1.0, StepRule::OpenLoop, Variant::Classic, true).1, Fall::Power(0.5));
    }
}
