//! What the methods page computes with, in one checked value, and its table of parameters, which is the URL codec and
//! most of the controls. What a method needs is part of the check: [`MethodsState::settled`] keeps problem, set and
//! race such that every method of the race can run.

use crate::optim::finite_sum::methods::Needs;
use crate::optim::finite_sum::{FINITE_SUM_METHODS, FiniteSumMethod};
use crate::session::params::{Kind, Param, Refusal, Value, choice, field};
use crate::sets::SetId;

/// Longest race.
pub const LONGEST: u32 = 10_000;
/// Most methods in a race: more curves cannot be told apart.
pub const MOST: usize = 6;

/// The sums that are minimised, on synthetic data but for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// ln(1 + exp(−y aᵀx)).
    Logistic,
    /// ½(aᵀx − b)².
    LeastSquares,
    /// Softmax head over given features.
    Softmax,
    /// The same with intercepts that no set holds.
    SoftmaxFree,
    /// Softmax head over the features that a bundled network finds in real images.
    Frozen,
    /// 1/(1 + exp(y aᵀx)), not convex.
    Sigmoid,
    /// Π(1 − xⱼ): what stays uncovered, not convex. Its x are chances, on the K-sparse polytope of radius 1 at most.
    Coverage,
}

impl Problem {
    /// Key; text key `methods.param.problem.<key>`.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Logistic, "logistic"),
        (Self::LeastSquares, "least-squares"),
        (Self::Frozen, "frozen"),
        (Self::Softmax, "softmax"),
        (Self::SoftmaxFree, "softmax-free"),
        (Self::Sigmoid, "sigmoid"),
        (Self::Coverage, "coverage"),
    ];

    /// Whether rates for convex sums hold.
    pub fn convex(self) -> bool {
        !matches!(self, Self::Sigmoid | Self::Coverage)
    }
}

/// What the horizontal axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Across {
    Steps,
    /// Gradients of one sample; a value counts as one, a partial derivative as a dim-th.
    Samples,
    /// Calls of the linear oracle.
    Oracle,
}

impl Across {
    /// Key; text key `methods.across.<key>`.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Steps, "steps"), (Self::Samples, "samples"), (Self::Oracle, "oracle")];
}

/// What the vertical axis shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Gap,
    /// The smallest gap so far.
    Best,
    /// f − f*; above the lowest value found where f is not convex.
    Error,
    /// f itself.
    Value,
}

impl Shown {
    /// Key; text key `methods.shown.<key>`.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Gap, "gap"), (Self::Best, "best"), (Self::Error, "error"), (Self::Value, "value")];
}

/// Everything the page's URL says.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodsState {
    pub problem: Problem,
    /// Where all parameters live; `None`: every row of weights in an L1 ball of its own.
    pub set: Option<SetId>,
    pub radius: f64,
    /// n, the number of samples.
    pub samples: u32,
    /// T, the number of steps that schedules plan for.
    pub total: u32,
    /// Of synthetic data and of the draws.
    pub seed: u64,
    /// Keys of the methods that race, 1 to [`MOST`], each once, in menu order.
    pub race: Vec<&'static str>,
    /// Key of the one that is told about.
    pub focus: &'static str,
    pub across: Across,
    pub shown: Shown,
}

impl Default for MethodsState {
    fn default() -> Self {
        Self {
            problem: Problem::Logistic,
            set: Some(SetId::l1()),
            radius: 2.0,
            samples: 400,
            total: 1000,
            seed: 1,
            race: vec!["fw", "sfw", "negiar", "scg"],
            focus: "negiar",
            across: Across::Samples,
            shown: Shown::Best,
        }
    }
}

impl MethodsState {
    /// Whether a method can run on this problem and set.
    pub fn runs(&self, entry: &FiniteSumMethod) -> bool {
        match entry.needs {
            Needs::Rows => self.set.is_none(),
            Needs::Submodular => self.problem == Problem::Coverage,
            Needs::LinearPredictor if self.problem == Problem::Coverage => false,
            Needs::FiniteSum | Needs::LinearPredictor => self.problem != Problem::SoftmaxFree,
        }
    }

    /// On a set that its problem can do with.
    fn placed(mut self) -> Self {
        match self.problem {
            // Any other set would hold the intercepts too.
            Problem::SoftmaxFree => self.set = None,
            // Elsewhere x would be no chances.
            Problem::Coverage => {
                self.set = SetId::parse("k-sparse").ok();
                self.radius = self.radius.min(1.0);
            }
            _ => {}
        }
        self
    }

    /// The nearest state in which every method of the race can run and the one in focus is in the race.
    pub fn settled(self) -> Self {
        let mut next = self.placed();
        let race = |wanted: &dyn Fn(&FiniteSumMethod) -> bool| -> Vec<&'static str> {
            let entries = FINITE_SUM_METHODS.iter().filter(|entry| next.runs(entry) && wanted(entry));
            entries.map(|entry| entry.key).take(MOST).collect()
        };
        let mut kept = race(&|entry| next.race.contains(&entry.key));
        if kept.is_empty() {
            let made_for_it = |entry: &FiniteSumMethod| matches!(entry.needs, Needs::Rows | Needs::Submodular);
            kept = race(&|entry| made_for_it(entry) || Self::default().race.contains(&entry.key));
        }
        next.race = kept;
        if !next.race.contains(&next.focus) {
            next.focus = next.race.first().copied().unwrap_or(next.focus);
        }
        next
    }

    /// With a method in the race; where it cannot run, problem or set change to what it needs. A full race stays as it
    /// is.
    pub fn with(&self, entry: &'static FiniteSumMethod) -> Self {
        let mut next = self.clone();
        match (entry.needs, next.problem) {
            (Needs::Submodular, _) => next.problem = Problem::Coverage,
            (Needs::Rows | Needs::LinearPredictor, Problem::Coverage)
            | (Needs::FiniteSum | Needs::LinearPredictor, Problem::SoftmaxFree) => next.problem = Problem::Softmax,
            _ => {}
        }
        if entry.needs == Needs::Rows {
            next.set = None;
        }
        let mut next = next.placed();
        if !next.race.contains(&entry.key) {
            next.race.push(entry.key);
        }
        next.focus = entry.key;
        let runs = |key: &&'static str| FiniteSumMethod::parse(key).is_ok_and(|entry| next.runs(entry));
        if next.race.iter().filter(|key| runs(key)).count() > MOST { self.clone() } else { next.settled() }
    }

    /// Without it; the last one stays.
    pub fn without(&self, entry: &FiniteSumMethod) -> Self {
        let mut next = self.clone();
        if next.race.len() > 1 {
            next.race.retain(|key| *key != entry.key);
        }
        next.settled()
    }

    /// With it alone.
    pub fn only(&self, entry: &'static FiniteSumMethod) -> Self {
        Self { race: vec![entry.key], ..self.clone() }.with(entry)
    }
}

/// The keys of a race as they stand in a link, `fw,sfw`.
fn read_race(text: &str) -> Result<Vec<&'static str>, Refusal> {
    let asked: Vec<&str> = text.split(',').collect();
    if asked.iter().any(|key| !all_methods().contains(key)) {
        return Err(Refusal::SomeOf(all_methods()));
    }
    let keys: Vec<&'static str> = all_methods().into_iter().filter(|key| asked.contains(key)).collect();
    if keys.len() > MOST { Err(Refusal::AtMost(MOST, all_methods())) } else { Ok(keys) }
}

/// The keys of all methods, in menu order.
fn all_methods() -> Vec<&'static str> {
    FINITE_SUM_METHODS.iter().map(|entry| entry.key).collect()
}

/// How the set of rows is called in a link.
pub const ROWS: &str = "rows";

/// The keys of all sets of the page: those that hold a layer's weights, and rows in L1 balls.
pub fn set_keys() -> Vec<&'static str> {
    SetId::for_layers().map(SetId::key).chain([ROWS]).collect()
}

/// The key of a state's set.
pub fn set_key(state: &MethodsState) -> &'static str {
    state.set.map_or(ROWS, SetId::key)
}

/// The page's parameters.
pub static METHODS: &[Param<MethodsState>] = &[
    choice!("problem", "methods.param.problem", Problem, problem),
    Param {
        key: "set",
        text: "methods.param.set",
        kind: Kind::Choice(set_keys),
        get: |state| Value::Text(set_key(state).into()),
        set: |state, value| {
            state.set = SetId::parse(value.text()).ok();
            Ok(())
        },
    },
    field!(
        "r",
        "methods.param.radius",
        Kind::Number { min: 0.1, max: 20.0, step: 0.0, log: true, decimals: 2 },
        radius as f64
    ),
    field!("n", "methods.param.samples", Kind::Integer { min: 20.0, max: 1000.0, log: true }, samples as u32),
    field!("T", "methods.param.total", Kind::Integer { min: 10.0, max: LONGEST as f64, log: true }, total as u32),
    field!("seed", "param.seed", Kind::Integer { min: 0.0, max: 4_294_967_295.0, log: false }, seed as u64),
    Param {
        key: "race",
        text: "methods.race",
        kind: Kind::Text,
        get: |state| Value::Text(state.race.join(",")),
        set: |state, value| {
            state.race = read_race(value.text())?;
            Ok(())
        },
    },
    Param {
        key: "focus",
        text: "methods.focus",
        kind: Kind::Text,
        get: |state| Value::Text(state.focus.into()),
        set: |state, value| {
            let found = all_methods().into_iter().find(|key| *key == value.text());
            state.focus = found.ok_or_else(|| Refusal::OneOf(all_methods()))?;
            Ok(())
        },
    },
    choice!("x", "methods.across", Across, across),
    choice!("y", "methods.shown", Shown, shown),
];

/// The row of `key`; the first row for a key that is not in the table, which no caller has.
pub fn param(key: &str) -> &'static Param<MethodsState> {
    METHODS.iter().find(|row| row.key == key).unwrap_or(&METHODS[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::params::{Note, emit, parse};

    fn entry(key: &str) -> &'static FiniteSumMethod {
        FINITE_SUM_METHODS.iter().find(|entry| entry.key == key).unwrap_or(&FINITE_SUM_METHODS[0])
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[test]
    fn every_state_survives_its_link() {
        let state = MethodsState::default();
        assert!(emit(METHODS, &state).is_empty());
        assert_eq!(state.clone().settled(), state);
        let state = MethodsState {
            problem: Problem::Softmax,
            set: None,
            radius: 0.5,
            samples: 90,
            total: LONGEST,
            seed: 7,
            race: vec!["fw-sd", "fw-sd-in-face", "storm"],
            focus: "storm",
            across: Across::Oracle,
            shown: Shown::Error,
        };
        let (read, notes) = parse(METHODS, &emit(METHODS, &state));
        assert_eq!((read.settled(), notes), (state, Vec::new()));
    }

    #[test]
    fn every_method_runs_where_it_is_put() {
        for state in [
            MethodsState::default(),
            MethodsState { problem: Problem::SoftmaxFree, ..MethodsState::default() }.settled(),
            MethodsState { problem: Problem::Coverage, ..MethodsState::default() }.settled(),
        ] {
            for method in FINITE_SUM_METHODS {
                let next = state.with(method);
                assert!(next.race.contains(&method.key) && next.runs(method), "{method:?}: {next:?}");
                assert!(next.race.iter().all(|key| next.runs(entry(key))) && next.race.len() <= MOST, "{next:?}");
                assert_eq!((next.focus, next.only(method).race), (method.key, vec![method.key]));
            }
        }
    }

    #[test]
    fn a_full_race_takes_nobody() {
        let mut state = MethodsState::default();
        for key in ["svfw", "svrf"] {
            state = state.with(entry(key));
        }
        assert_eq!(state.race.len(), MOST);
        assert_eq!(state.with(entry("storm")), state);
        assert_eq!(state.with(entry("fw-sd")), state);
        assert_eq!(state.without(entry("fw")).with(entry("storm")).race.len(), MOST);
    }

    #[test]
    fn intercepts_leave_the_methods_that_move_them() {
        let state = MethodsState { problem: Problem::SoftmaxFree, ..MethodsState::default() }.settled();
        assert_eq!((state.set, state.race), (None, vec!["fw-sd", "fw-sd-in-face"]));
    }

    #[test]
    fn coverage_has_its_polytope_and_leaves_out_linear_methods() {
        let state = MethodsState { problem: Problem::Coverage, ..MethodsState::default() }.settled();
        assert_eq!((state.set.map(SetId::key), state.radius), (Some("k-sparse"), 1.0));
        assert_eq!(state.race, ["fw", "sfw", "scg"], "of these only the constant batch needs a linear predictor");
        // From anywhere the method that is made for it brings it along, and nobody who cannot run there stays.
        let rows = MethodsState { set: None, race: vec!["fw-sd", "negiar"], ..MethodsState::default() };
        let next = rows.with(entry("scg-submodular"));
        assert_eq!((next.problem, next.race), (Problem::Coverage, vec!["scg-submodular"]));
        assert_eq!(state.with(entry("negiar")).problem, Problem::Softmax);
    }

    #[test]
    fn a_race_is_read_or_refused() {
        assert_eq!(read_race("sfw,fw,sfw"), Ok(vec!["fw", "sfw"]));
        let (state, notes) = parse(METHODS, &pairs(&[("race", "fw,newton"), ("focus", "?"), ("n", "1e9")]));
        assert_eq!((state.race, state.samples), (MethodsState::default().race, 1000));
        // In words that the page has in its language.
        let told = |note: &&Note| matches!(note, Note::Refused { reason: Refusal::SomeOf(_) | Refusal::OneOf(_), .. });
        assert_eq!(notes.iter().filter(told).count(), 2);
        assert!(matches!(read_race("fw,sfw,svfw,svrf,storm,sarah,scg"), Err(Refusal::AtMost(MOST, _))));
    }
}
