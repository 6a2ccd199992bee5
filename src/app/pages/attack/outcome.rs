//! What became of each image: wrong from the start, held, broken, or broken only until it was rounded to 8 bits.
//! Where a class was chosen, broken means taken for that class. Pure functions of what the engine says. Everything is
//! judged on the 8-bit images, because those are what is shown.

use crate::session::{AttackNow, AttackState, is_broken};

/// What became of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Misclassified before anybody touched it; counted separately.
    CleanWrong,
    /// Still classified correctly.
    Held,
    /// Misclassified before rounding, correct again on the 8-bit image: it counts as held.
    LostIn8Bits,
    /// Misclassified on the 8-bit image.
    Broken,
}

impl Outcome {
    /// Stable key: `data-result`, tables, text key `attack.outcome.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Self::CleanWrong => "clean-wrong",
            Self::Held => "held",
            Self::LostIn8Bits => "lost-in-8-bits",
            Self::Broken => "broken",
        }
    }

    /// A sign that reads without colour.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::CleanWrong => "–",
            Self::Held => "✓",
            Self::LostIn8Bits => "≈",
            Self::Broken => "✗",
        }
    }
}

/// The results of one attack, an entry an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Key of the attack.
    pub key: String,
    pub outcomes: Vec<Outcome>,
    /// What the network takes the attacked 8-bit image for.
    pub answers: Vec<usize>,
}

/// The results of all attacks on all images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts {
    pub labels: Vec<usize>,
    /// What the network takes each clean image for.
    pub clean: Vec<usize>,
    pub attacks: Vec<Verdict>,
    /// The worst over all attacks: broken if any of them broke it.
    pub worst: Vec<Outcome>,
}

/// How many images ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub wrong: usize,
    pub broken: usize,
    /// Held, including those lost in 8 bits.
    pub survive: usize,
}

impl Tally {
    pub fn of(outcomes: &[Outcome]) -> Self {
        let count = |wanted: &[Outcome]| outcomes.iter().filter(|outcome| wanted.contains(outcome)).count();
        Self {
            wrong: count(&[Outcome::CleanWrong]),
            broken: count(&[Outcome::Broken]),
            survive: count(&[Outcome::Held, Outcome::LostIn8Bits]),
        }
    }

    pub fn total(&self) -> usize {
        self.wrong + self.broken + self.survive
    }

    /// Robust accuracy in percent: the share of all images that is right after the attack. NaN without images.
    pub fn robust(&self) -> f64 {
        percent(self.survive, self.total())
    }

    /// Clean accuracy in percent. NaN without images.
    pub fn clean(&self) -> f64 {
        percent(self.survive + self.broken, self.total())
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { f64::NAN } else { 100.0 * part as f64 / whole as f64 }
}

/// Judges every image under every attack.
pub fn judge(now: &AttackNow) -> Verdicts {
    let classes = now.classes.max(1) as usize;
    let labels: Vec<usize> = now.labels.iter().map(|label| usize::from(*label)).collect();
    let clean: Vec<usize> = now.clean_probabilities.chunks(classes).map(largest).collect();
    let target = now.target.map(usize::from);
    let attacks: Vec<Verdict> =
        now.attacks.iter().map(|attack| verdict(attack, &labels, &clean, classes, target)).collect();
    let worst = (0..labels.len())
        .map(|image| {
            let all = || attacks.iter().filter_map(|attack| attack.outcomes.get(image).copied());
            let right = labels.get(image) == clean.get(image);
            let held = if right { Outcome::Held } else { Outcome::CleanWrong };
            [Outcome::Broken, Outcome::LostIn8Bits].into_iter().find(|bad| all().any(|o| o == *bad)).unwrap_or(held)
        })
        .collect();
    Verdicts { labels, clean, attacks, worst }
}

fn verdict(attack: &AttackState, labels: &[usize], clean: &[usize], classes: usize, target: Option<usize>) -> Verdict {
    let answers: Vec<usize> = attack.probabilities.chunks(classes).map(largest).collect();
    let outcomes = labels
        .iter()
        .enumerate()
        .map(|(image, label)| {
            let crossed = attack.broken_before_rounding.get(image).is_some_and(|broken| *broken != 0);
            match answers.get(image) {
                _ if clean.get(image) != Some(label) => Outcome::CleanWrong,
                Some(answer) if is_broken(*answer, *label, target) => Outcome::Broken,
                _ if crossed => Outcome::LostIn8Bits,
                _ => Outcome::Held,
            }
        })
        .collect();
    Verdict { key: attack.key.clone(), outcomes, answers }
}

/// Index of the largest entry, the first of equals: the network's answer.
pub fn largest(row: &[f32]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (i, value) in row.iter().enumerate() {
        if *value > best.1 {
            best = (i, *value);
        }
    }
    best.0
}

/// The `count` classes worth showing: those likeliest before or after, in the order of `before`.
pub fn likeliest(before: &[f32], after: &[f32], count: usize) -> Vec<usize> {
    let at = |row: &[f32], class: usize| row.get(class).copied().unwrap_or(0.0);
    let mut classes: Vec<usize> = (0..before.len()).collect();
    classes.sort_by(|a, b| {
        let size = |class: usize| at(before, class).max(at(after, class));
        size(*b).total_cmp(&size(*a))
    });
    classes.truncate(count);
    classes.sort_by(|a, b| at(before, *b).total_cmp(&at(before, *a)));
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{LossId, NormId};

    fn state(key: &str, probabilities: &[f32], broken: &[u8]) -> AttackState {
        AttackState {
            key: key.into(),
            best_loss: vec![],
            mean_best_loss: vec![],
            gap: vec![],
            kept: vec![],
            step_size: vec![],
            halvings: vec![],
            adversarial: vec![],
            probabilities: probabilities.into(),
            linf: vec![],
            distance: vec![],
            nearest: vec![],
            loss: LossId::CrossEntropy,
            broken_before_rounding: broken.into(),
            robust_accuracy: 0.0,
            success: vec![],
            zero_gradients: 0,
        }
    }

    fn race() -> AttackNow {
        // Four images, two classes: wrong at first; held; lost in 8 bits under one attack; broken under the other.
        let right = [0.9, 0.1];
        let wrong = [0.2, 0.8];
        let rows = |rows: [[f32; 2]; 4]| rows.concat();
        AttackNow {
            call: 3,
            budget: 5,
            running: true,
            shape: [1, 1, 1],
            classes: 2,
            epsilon: 4.0,
            norm: NormId::Linf,
            p: 2.0,
            images: vec![10, 11, 12, 13],
            labels: vec![0, 0, 0, 0],
            clean: vec![],
            clean_probabilities: rows([wrong, right, right, right]),
            checkpoints: vec![],
            attacks: vec![
                state("auto-fw", &rows([wrong, right, right, right]), &[1, 0, 1, 0]),
                state("apgd", &rows([wrong, right, right, wrong]), &[1, 0, 0, 1]),
            ],
            focus: 0,
            unsteady: 0.0,
            target: None,
        }
    }

    #[test]
    fn images_are_judged_on_8_bits_and_the_worst_counts() {
        let verdicts = judge(&race());
        use Outcome::{Broken, CleanWrong, Held, LostIn8Bits};
        assert_eq!(verdicts.attacks[0].outcomes, [CleanWrong, Held, LostIn8Bits, Held]);
        assert_eq!(verdicts.attacks[1].outcomes, [CleanWrong, Held, Held, Broken]);
        assert_eq!(verdicts.worst, [CleanWrong, Held, LostIn8Bits, Broken]);
        let tally = Tally::of(&verdicts.worst);
        assert_eq!((tally.wrong, tally.broken, tally.survive, tally.total()), (1, 1, 2, 4));
        assert_eq!((tally.clean(), tally.robust()), (75.0, 50.0));
        assert!(Tally::default().robust().is_nan());
    }

    #[test]
    fn towards_a_class_only_that_class_counts() {
        let towards = |class| judge(&AttackNow { target: Some(class), ..race() }).worst;
        assert_eq!(towards(1), judge(&race()).worst);
        assert_eq!(towards(2)[3], Outcome::LostIn8Bits, "the network says 1, not 2");
    }

    #[test]
    fn a_race_without_numbers_is_judged_without_harm() {
        let empty = AttackNow { clean_probabilities: vec![], attacks: vec![state("apgd", &[], &[])], ..race() };
        assert_eq!(judge(&empty).worst, [Outcome::CleanWrong; 4]);
    }

    #[test]
    fn classes_that_matter_before_or_after_are_shown() {
        assert_eq!(likeliest(&[0.1, 0.7, 0.15, 0.05], &[0.0, 0.1, 0.0, 0.9], 3), [1, 2, 3]);
        assert!(likeliest(&[], &[], 4).is_empty());
        assert_eq!(largest(&[0.1, 0.5, 0.5]), 1);
    }
}
