//! Who may race: the attacks that are defined for the chosen norm, each once, and the losses for which the network has
//! classes enough. Pure functions; the panel says the reasons in words.

use super::desk::AUTO_FW;
use crate::session::{AttackSpec, LossId, attack_norms};

/// What had to leave a description so that it can be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// Attacks that are not defined for the norm.
    pub norm: Vec<String>,
    /// The loss, if the network has too few classes for it.
    pub loss: Option<LossId>,
}

/// The description as it can be run, and what left it; `None` if it can be run as it is. `classes` is how many classes
/// the network tells apart, if that is known. A race without anybody is run by Auto-FW, which knows every norm.
pub fn repaired(spec: &AttackSpec, classes: Option<u32>) -> Option<(AttackSpec, Left)> {
    let fits = |key: &String| attack_norms(key).contains(&spec.norm);
    let (mut attacks, norm): (Vec<String>, Vec<String>) = spec.attacks.iter().cloned().partition(fits);
    // A file may name one twice.
    let mut seen = Vec::new();
    attacks.retain(|key| {
        let new = !seen.contains(key);
        seen.push(key.clone());
        new
    });
    if attacks.is_empty() {
        attacks.push(AUTO_FW.into());
    }
    let loss = Some(spec.loss).filter(|loss| too_few(*loss, classes));
    let used = if loss.is_some() { LossId::CrossEntropy } else { spec.loss };
    let fixed = AttackSpec { attacks, loss: used, ..spec.clone() };
    (fixed != *spec).then_some((fixed, Left { norm, loss }))
}

/// Whether a loss needs more classes than there are.
pub fn too_few(loss: LossId, classes: Option<u32>) -> bool {
    classes.is_some_and(|classes| classes < loss.classes_needed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{ATTACK_KEYS, NormId};

    fn spec(norm: NormId, attacks: &[&str]) -> AttackSpec {
        AttackSpec { norm, attacks: attacks.iter().map(|key| (*key).into()).collect(), ..AttackSpec::default() }
    }

    #[test]
    fn what_can_be_run_stays() {
        assert_eq!(repaired(&AttackSpec::default(), Some(10)), None);
        assert_eq!(repaired(&spec(NormId::L2, &["carlini-wagner", "apgd"]), None), None);
    }

    #[test]
    fn attacks_without_the_norm_leave_and_somebody_stays() {
        let (fixed, left) = repaired(&spec(NormId::Lp, &["apgd", "fgsm"]), None).unwrap_or_default();
        assert_eq!((fixed.attacks, left.norm), (vec!["fgsm".to_string()], vec!["apgd".to_string()]));
        let (fixed, _) = repaired(&spec(NormId::L1, &["margin-linf"]), None).unwrap_or_default();
        assert_eq!(fixed.attacks, ["auto-fw"]);
    }

    #[test]
    fn all_that_fit_race_each_once_and_a_loss_needs_its_classes() {
        let all: Vec<&str> = ATTACK_KEYS.iter().map(|row| row.0).collect();
        let (fixed, left) = repaired(&spec(NormId::Linf, &all), None).unwrap_or_default();
        let fitting = all.iter().filter(|key| attack_norms(key).contains(&NormId::Linf)).count();
        assert!(fitting > 4);
        assert_eq!((fixed.attacks.len(), left.norm.len()), (fitting, all.len() - fitting));
        let (fixed, left) = repaired(&spec(NormId::L2, &["pgd", "apgd", "pgd"]), None).unwrap_or_default();
        assert_eq!((fixed.attacks, left), (vec!["pgd".to_string(), "apgd".to_string()], Left::default()));
        let two = AttackSpec { loss: LossId::Dlr, ..AttackSpec::default() };
        let (fixed, left) = repaired(&two, Some(2)).unwrap_or_default();
        assert_eq!((fixed.loss, left.loss), (LossId::CrossEntropy, Some(LossId::Dlr)));
        assert_eq!(repaired(&two, Some(3)), None);
    }
}
