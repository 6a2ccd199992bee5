//! The race itself, without a page: a sum, a set, and several methods that make one step each, in lock-step. What a
//! method asks for is what its meter counted; measuring gap and value costs it nothing.

use std::sync::Arc;

use super::reference::Reference;
use super::state::{MethodsState, Problem};
use crate::optim::finite_sum::{
    Cost, Coverage, FiniteSum, FiniteSumError, FiniteSumMethod, FrozenFeatures, LeastSquares, Logistic, RowBalls,
    Runner, Settings, Sigmoid, Softmax, Space, Step,
};
use crate::sets::SetShape;

/// Features of the three vector problems.
const FEATURES: usize = 20;
/// Sets that cover; K = 5 of them are taken.
const COVER: usize = 40;
/// Classes and features of the softmax head.
const CLASSES: usize = 5;
const HEAD_FEATURES: usize = 8;
/// Where least squares has its lowest point, and how far its targets lie off.
const PLANTED: [f64; 5] = [1.5, -1.0, 0.5, -0.25, 0.25];
const NOISE: f64 = 0.5;
/// All steps are measured up to this one, then one every 6 %.
const EACH: u32 = 16;
const SPACING: f64 = 1.06;

/// A method after some of its steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub t: u32,
    /// What was asked for so far.
    pub cost: Cost,
    /// The full gap of what is constrained, and the smallest so far.
    pub gap: f64,
    pub best: f64,
    /// ‖∇f‖ of what is not.
    pub free: f64,
    /// f(x).
    pub value: f64,
    /// Numbers kept from step to step, beside x.
    pub memory: usize,
}

/// A method in the race.
#[derive(Debug)]
pub struct Lane {
    pub entry: &'static FiniteSumMethod,
    runner: Runner,
    /// From the start on, t ascending.
    pub points: Vec<Point>,
    /// Its last step.
    pub last: Option<Step>,
    ended: bool,
}

impl Lane {
    fn new(
        key: &str,
        problem: &Arc<dyn FiniteSum>,
        space: &Space,
        settings: &Settings,
    ) -> Result<Self, FiniteSumError> {
        let entry = FiniteSumMethod::parse(key)?;
        let runner = Runner::new(entry, problem.clone(), space.clone(), settings.clone())?;
        let mut lane = Self { entry, runner, points: Vec::new(), last: None, ended: false };
        lane.measure()?;
        Ok(lane)
    }

    fn measure(&mut self) -> Result<(), FiniteSumError> {
        let gap = self.runner.gap()?;
        let best = self.points.last().map_or(f64::INFINITY, |point| point.best);
        self.points.push(Point {
            t: self.runner.t(),
            cost: self.runner.cost(),
            gap: gap.constrained,
            best: best.min(gap.constrained),
            free: gap.free,
            value: self.runner.value(),
            memory: self.last.map_or(0, |step| step.memory),
        });
        Ok(())
    }

    fn step(&mut self, measured: bool) -> Result<(), FiniteSumError> {
        self.last = Some(self.runner.step()?);
        if measured { self.measure() } else { Ok(()) }
    }

    /// The last point at or before step `t`.
    pub fn at(&self, t: u32) -> Option<&Point> {
        let after = self.points.partition_point(|point| point.t <= t);
        self.points.get(..after)?.last()
    }
}

/// Several methods on one problem.
#[derive(Debug)]
pub struct Race {
    pub lanes: Vec<Lane>,
    /// What is known of f*.
    pub reference: Reference,
    problem: Arc<dyn FiniteSum>,
    space: Space,
    /// Steps that all have made.
    t: u32,
    total: u32,
    /// Whose turn it is in the next step.
    turn: usize,
    /// The next step to be measured.
    next: u32,
}

/// What one method's part of a step left behind.
#[derive(Debug)]
pub struct Advance {
    /// All have made the step.
    pub whole: bool,
    /// There is more to do.
    pub going: bool,
    /// Why the method stays where it is from now on; the others go on.
    pub trouble: Option<FiniteSumError>,
}

impl Race {
    /// All methods at the start. `frozen` is the table of [`Problem::Frozen`].
    ///
    /// # Errors
    /// What a method, the set or the problem refuses; a table that is needed and not there.
    pub fn new(state: &MethodsState, frozen: Option<&FrozenFeatures>) -> Result<Self, FiniteSumError> {
        let problem = problem(state, frozen)?;
        let space = space(state, problem.as_ref())?;
        let settings = Settings { seed: state.seed, total: state.total, ..Settings::default() };
        let lanes =
            state.race.iter().map(|key| Lane::new(key, &problem, &space, &settings)).collect::<Result<Vec<_>, _>>()?;
        let reference = Reference::new(problem.as_ref(), &space);
        Ok(Self { lanes, reference, problem, space, t: 0, total: state.total, turn: 0, next: 1 })
    }

    /// Steps that all have made.
    pub fn t(&self) -> u32 {
        self.t
    }

    /// Number of samples.
    pub fn n(&self) -> usize {
        self.problem.n()
    }

    /// Number of parameters.
    pub fn dim(&self) -> usize {
        self.problem.dim()
    }

    /// One method's part of the next step, so that a page need not wait for all of them.
    pub fn advance(&mut self) -> Advance {
        if self.t >= self.total {
            return Advance { whole: true, going: false, trouble: None };
        }
        let t = self.t + 1;
        let measured = t >= self.next || t == self.total;
        if self.turn == 0 {
            self.reference.step(self.problem.as_ref(), &self.space);
        }
        let mut trouble = None;
        if let Some(lane) = self.lanes.get_mut(self.turn).filter(|lane| !lane.ended)
            && let Err(error) = lane.step(measured)
        {
            lane.ended = true;
            trouble = Some(error);
        }
        self.turn += 1;
        let whole = self.turn >= self.lanes.len();
        if whole {
            self.turn = 0;
            self.t = t;
            if measured {
                let spaced = if t < EACH { 0.0 } else { f64::from(t) * SPACING };
                self.next = (spaced.ceil() as u32).max(t + 1);
            }
        }
        let going = self.t < self.total && self.lanes.iter().any(|lane| !lane.ended);
        Advance { whole, going, trouble }
    }

    /// The smallest value that anybody has found, and how far above f* it may lie: 0 where that is nobody's to know
    /// ([`Problem::convex`]).
    pub fn lowest(&self) -> (f64, f64) {
        let bound = if self.problem.convex() { self.reference.bound() } else { f64::INFINITY };
        let measured = self.lanes.iter().flat_map(|lane| &lane.points).map(|point| point.value);
        let lowest = measured.fold(self.reference.value(), f64::min);
        (lowest, (lowest - bound).max(0.0))
    }
}

/// The sum: drawn from the seed, or the first rows of the table.
fn problem(state: &MethodsState, frozen: Option<&FrozenFeatures>) -> Result<Arc<dyn FiniteSum>, FiniteSumError> {
    let (n, seed) = (state.samples as usize, state.seed);
    let problem: Arc<dyn FiniteSum> = match state.problem {
        Problem::Logistic => Arc::new(Logistic::planted(n, FEATURES, seed)?),
        Problem::LeastSquares => {
            let mut optimum = [0.0; FEATURES];
            optimum.iter_mut().zip(PLANTED).for_each(|(entry, planted)| *entry = planted);
            // Every sample comes twice, with opposite noise.
            Arc::new(LeastSquares::planted(n.div_ceil(2), &optimum, NOISE, seed)?)
        }
        Problem::Frozen => {
            let missing = FiniteSumError::Features { width: 1, found: 0 };
            Arc::new(frozen.ok_or(missing)?.head(n)?)
        }
        Problem::Softmax => Arc::new(Softmax::planted(n, HEAD_FEATURES, CLASSES, false, seed)?),
        Problem::SoftmaxFree => Arc::new(Softmax::planted(n, HEAD_FEATURES, CLASSES, true, seed)?),
        Problem::Sigmoid => Arc::new(Sigmoid::planted(n, FEATURES, seed)?),
        Problem::Coverage => Arc::new(Coverage::random(n, COVER, seed)?),
    };
    Ok(problem)
}

/// Where the methods may move.
fn space(state: &MethodsState, problem: &dyn FiniteSum) -> Result<Space, FiniteSumError> {
    let (layout, dim) = (problem.layout(), problem.dim());
    let Some(set) = state.set else { return Ok(Space::Rows(RowBalls::new(layout, state.radius)?)) };
    let shape = SetShape { radius: state.radius, k: (dim / 8).max(1), columns: layout.width, ..SetShape::default() };
    Ok(Space::Set(Arc::from(set.entry().build(&shape, dim)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::finite_sum::FINITE_SUM_METHODS;
    use crate::sets::SetId;

    /// A small table in place of the shipped one.
    fn table() -> Option<FrozenFeatures> {
        let activations: Vec<f32> = (0..60 * 5).map(|i| (i * 37 % 101) as f32).collect();
        FrozenFeatures::from_activations(&activations, 5, (0..60).map(|i| i % 3).collect(), 3).ok()
    }

    #[test]
    fn every_method_races_on_every_problem_it_can_run_on() {
        for (problem, _) in Problem::ALL {
            for method in FINITE_SUM_METHODS {
                let state = MethodsState { problem, samples: 40, total: 30, ..MethodsState::default() }.only(method);
                let mut race =
                    Race::new(&state, table().as_ref()).unwrap_or_else(|error| panic!("{method:?}: {error}"));
                while race.advance().going {}
                let point = race.lanes[0].points.last().copied();
                let point = point.unwrap_or_else(|| panic!("{method:?} was not measured"));
                assert_eq!(point.t, 30, "{method:?}");
                assert!(point.gap.is_finite() && point.cost.lmos >= 30, "{method:?}: {point:?}");
            }
        }
    }

    #[test]
    fn every_set_holds_every_problem() {
        for set in SetId::for_layers().map(Some).chain([None]) {
            for (problem, _) in Problem::ALL {
                let state = MethodsState { problem, set, samples: 30, total: 60, ..MethodsState::default() }.settled();
                let mut race = Race::new(&state, table().as_ref()).unwrap_or_else(|error| panic!("{state:?}: {error}"));
                while race.advance().going {}
                assert!(race.lanes.iter().all(|lane| lane.last.is_some() && lane.points.len() > 20), "{state:?}");
            }
        }
    }

    #[test]
    fn the_frozen_head_takes_the_rows_there_are_and_needs_its_table() {
        let state = MethodsState { problem: Problem::Frozen, ..MethodsState::default() };
        let race = Race::new(&state, table().as_ref()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((race.n(), race.dim()), (60, 15));
        assert!(Race::new(&state, None).is_err());
    }

    #[test]
    fn on_a_sum_that_is_not_convex_only_the_lowest_value_found_is_known() {
        for (problem, _) in Problem::ALL {
            let state = MethodsState { problem, samples: 60, total: 40, ..MethodsState::default() }.settled();
            let mut race = Race::new(&state, table().as_ref()).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(race.problem.convex(), problem.convex(), "{problem:?}");
            while race.advance().going {}
            let (lowest, doubt) = race.lowest();
            let found = race.lanes.iter().flat_map(|lane| &lane.points).all(|point| point.value >= lowest);
            assert!(found && lowest <= race.reference.value(), "{problem:?}");
            if !problem.convex() {
                assert_eq!((doubt, race.reference.bound()), (0.0, 0.0), "{problem:?}");
            }
        }
    }

    #[test]
    fn the_oracle_takes_five_of_the_forty_sets() {
        let state = MethodsState { problem: Problem::Coverage, ..MethodsState::default() };
        let state = state.only(FiniteSumMethod::parse("scg-submodular").unwrap_or_else(|error| panic!("{error}")));
        let mut race = Race::new(&state, None).unwrap_or_else(|error| panic!("{error}"));
        while race.advance().going {}
        let runner = &race.lanes[0].runner;
        assert!(runner.x().iter().all(|x| (-1e-9..=1.0 + 1e-9).contains(x)), "chances");
        assert!(runner.x().iter().sum::<f64>() <= 5.0 + 1e-9 && runner.x().len() == 40);
        assert!(runner.value() < 0.45, "{} of the items stay uncovered", runner.value());
    }

    #[test]
    fn frank_wolfe_comes_near_the_lowest_value_and_the_bound_stays_below() {
        let mut race = Race::new(&MethodsState::default(), None).unwrap_or_else(|error| panic!("{error}"));
        while race.advance().going {}
        let (lowest, doubt) = race.lowest();
        assert!(doubt < 1e-6, "{doubt}");
        let full = race.lanes[0].points.last().map_or(f64::NAN, |point| point.value);
        assert!(full - lowest < 5e-3 && full >= race.reference.bound(), "{full} above {lowest}");
        assert_eq!(race.lanes[0].at(0).map(|point| point.t), Some(0));
        assert_eq!(race.lanes[0].at(5).map(|point| point.t), Some(5));
        // n samples a step, one call of the oracle.
        let cost = race.lanes[0].at(10).map(|point| point.cost).unwrap_or_default();
        assert_eq!((cost.gradients, cost.lmos), (4000, 10));
    }
}
