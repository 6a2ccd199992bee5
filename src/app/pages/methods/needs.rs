//! What a method asks for beside its oracle, found out by asking it: a short trial run on a small sum, counted by the
//! meter. A method that joins the table is sorted by what it does, not by what somebody wrote about it.

use std::sync::Arc;

use crate::optim::finite_sum::methods::Needs;
use crate::optim::finite_sum::{
    FINITE_SUM_METHODS, FiniteSum, FiniteSumError, FiniteSumMethod, Logistic, Runner, Settings, Space,
};
use crate::optim::schedule::{BatchRule, BatchSize};
use crate::sets::{SetId, SetShape};

/// Samples and steps of the trial. No method that remembers a few points only has so much memory.
const SAMPLES: usize = 64;
const FEATURES: usize = 3;
const STEPS: u32 = 40;

/// What a method asks for, from little to much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Gradients of a few samples a step.
    Samples,
    /// The full gradient, every step or now and then.
    Full,
    /// Gradients of samples, and a memory of every sample.
    Memory,
    /// A linear predictor, whose samples are remembered by a number each.
    Linear,
    /// Rows of weights in L1 balls.
    Rows,
    /// Partial derivatives.
    Partials,
    /// Values only.
    Values,
    /// A sum with a monotone submodular 1 − f.
    Submodular,
}

impl Asks {
    /// Key; text key `methods.asks.<key>`.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Samples, "samples"),
        (Self::Full, "full"),
        (Self::Memory, "memory"),
        (Self::Linear, "linear"),
        (Self::Rows, "rows"),
        (Self::Partials, "partials"),
        (Self::Values, "values"),
        (Self::Submodular, "submodular"),
    ];
}

/// The methods of each kind, in menu order, kinds that nobody has left out.
pub fn kinds() -> Vec<(&'static str, Vec<&'static FiniteSumMethod>)> {
    let asked: Vec<Asks> = FINITE_SUM_METHODS.iter().map(asks).collect();
    let of = |kind: Asks| FINITE_SUM_METHODS.iter().zip(&asked).filter(move |pair| *pair.1 == kind).map(|pair| pair.0);
    Asks::ALL
        .iter()
        .map(|(kind, key)| (*key, of(*kind).collect::<Vec<_>>()))
        .filter(|kind| !kind.1.is_empty())
        .collect()
}

/// What a method asks for.
pub fn asks(entry: &'static FiniteSumMethod) -> Asks {
    match entry.needs {
        Needs::Rows => Asks::Rows,
        Needs::LinearPredictor => Asks::Linear,
        Needs::Submodular => Asks::Submodular,
        // Whoever fails the trial is not believed to be modest.
        Needs::FiniteSum => trial(entry).unwrap_or(Asks::Full),
    }
}

fn trial(entry: &'static FiniteSumMethod) -> Result<Asks, FiniteSumError> {
    let problem: Arc<dyn FiniteSum> = Arc::new(Logistic::planted(SAMPLES, FEATURES, 1)?);
    let set = SetId::l1().entry().build(&SetShape::default(), FEATURES)?;
    // A small batch: whoever still asks for n samples wants the full gradient.
    let batch = Some(BatchSize { rule: BatchRule::Constant, b: 2, ..BatchSize::default() });
    let settings = Settings { total: STEPS, batch, ..Settings::default() };
    let mut runner = Runner::new(entry, problem, Space::Set(Arc::from(set)), settings)?;
    let (mut most, mut memory) = (0, 0);
    for _ in 0..STEPS {
        let step = runner.step()?;
        most = most.max(step.cost.gradients);
        memory = memory.max(step.memory);
    }
    let cost = runner.cost();
    Ok(if cost.partials > 0 {
        Asks::Partials
    } else if cost.gradients == 0 {
        Asks::Values
    } else if memory >= SAMPLES {
        Asks::Memory
    } else if most >= SAMPLES as u64 {
        Asks::Full
    } else {
        Asks::Samples
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trial_finds_what_the_papers_say() {
        let keys = |wanted: &str| -> Vec<&str> {
            let kind = kinds().into_iter().find(|kind| kind.0 == wanted);
            kind.map(|kind| kind.1.iter().map(|entry| entry.key).collect()).unwrap_or_default()
        };
        assert_eq!(keys("samples"), ["sfw", "sfw-reddi", "asysfw", "scg", "heavy-ball", "storm", "adasfw"]);
        assert_eq!(keys("full"), ["fw", "svfw", "svrf", "sarah", "l-svrg", "adasvrf"]);
        assert_eq!(keys("memory"), ["saga-fw"]);
        assert_eq!(keys("linear"), ["negiar", "adacsfw"]);
        assert_eq!(keys("rows"), ["fw-sd", "fw-sd-in-face"]);
        assert_eq!((keys("partials"), keys("values")), (vec!["coordinate"], vec!["zeroth-order"]));
        assert_eq!(keys("submodular"), ["scg-submodular"]);
    }
}
