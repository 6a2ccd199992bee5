//! How far to trust the race: signs that an attack failed for a reason other than a robust network, each with what to
//! do. The model are the flags of AutoAttack (Croce, Hein 2020). Judged from what the engine says anyway.

use leptos::prelude::*;

use super::desk::{Desk, attack_name};
use super::outcome::{Outcome, Tally, Verdicts};
use crate::app::tr_with;
use crate::plot::fixed;
use crate::session::{AttackNow, LossId};

/// How far a change may be beyond ε, in 1/255, before it is called outside: rounding errors of single precision.
const SLACK: f64 = 1e-3;
/// By how much two answers to the same image may differ: a device may add up in another order.
const STEADY: f32 = 1e-3;

/// One sign.
#[derive(Debug, Clone, PartialEq)]
pub enum Flag {
    /// On so many images the loss has no gradient where this attack begins.
    ZeroGradient(String, u32),
    /// The network tells so many classes apart: too few for DLR, or for its targeted form.
    NoDlr(u32),
    /// Two answers to the same clean images differ by so much.
    Unsteady(f32),
    /// So many images were broken until they were rounded.
    LostIn8Bits(usize),
    /// A simpler attack broke more images than a stronger one: names and images broken.
    Simpler { simple: String, strong: String, more: usize, fewer: usize },
    /// An image of this attack lies outside the ball.
    Outside(String),
}

/// How strong an attack is held to be; attacks with a loss or a purpose of their own do not compare.
fn strength(key: &str) -> Option<u8> {
    match key {
        "fgsm" => Some(0),
        "pgd" | "fw-momentum" => Some(1),
        "auto-fw" | "apgd" => Some(2),
        _ => None,
    }
}

/// The signs in a race.
pub fn flags(now: &AttackNow, verdicts: &Verdicts) -> Vec<Flag> {
    let mut found = Vec::new();
    if now.unsteady > STEADY {
        found.push(Flag::Unsteady(now.unsteady));
    }
    if now.classes < LossId::TargetedDlr.classes_needed() {
        found.push(Flag::NoDlr(now.classes));
    }
    for attack in &now.attacks {
        if attack.zero_gradients > 0 {
            found.push(Flag::ZeroGradient(attack.key.clone(), attack.zero_gradients));
        }
        if attack.distance.iter().any(|distance| f64::from(*distance) > now.epsilon + SLACK) {
            found.push(Flag::Outside(attack.key.clone()));
        }
    }
    let lost = verdicts.worst.iter().filter(|outcome| **outcome == Outcome::LostIn8Bits).count();
    if lost > 0 {
        found.push(Flag::LostIn8Bits(lost));
    }
    // A weaker attack may well lead on the way.
    if now.call >= now.budget {
        found.extend(simpler(verdicts));
    }
    found
}

/// The pair in which a simpler attack is ahead by most.
fn simpler(verdicts: &Verdicts) -> Option<Flag> {
    let broken = |outcomes: &[Outcome]| Tally::of(outcomes).broken;
    let ranked: Vec<(u8, &str, usize)> = verdicts
        .attacks
        .iter()
        .filter_map(|verdict| Some((strength(&verdict.key)?, verdict.key.as_str(), broken(&verdict.outcomes))))
        .collect();
    let pairs = ranked.iter().flat_map(|simple| ranked.iter().map(move |strong| (simple, strong)));
    let ahead = pairs.filter(|(simple, strong)| simple.0 < strong.0 && simple.2 > strong.2);
    ahead.max_by_key(|(simple, strong)| simple.2 - strong.2).map(|(simple, strong)| Flag::Simpler {
        simple: simple.1.into(),
        strong: strong.1.into(),
        more: simple.2,
        fewer: strong.2,
    })
}

/// The line under the race: a sentence a sign, nothing if there is none.
pub fn trust_line(desk: Desk) -> AnyView {
    let text = Memo::new(move |_| {
        let found = desk.verdicts.with(|verdicts| desk.race(|now| flags(now, verdicts))).unwrap_or_default();
        found.iter().map(sentence).collect::<Vec<_>>().join("\n")
    });
    view! {
        <p class="trust p2" role="status">
            {move || text.get()}
        </p>
    }
    .into_any()
}

fn sentence(flag: &Flag) -> String {
    let name = |key: &str| [("name", attack_name(key))];
    match flag {
        Flag::ZeroGradient(key, count) => {
            tr_with("attack.trust.zero_gradient", &[("name", attack_name(key)), ("n", count.to_string())])
        }
        Flag::NoDlr(classes) => {
            let key = if *classes < LossId::Dlr.classes_needed() { "no_dlr" } else { "no_targeted" };
            tr_with(&format!("attack.trust.{key}"), &[("n", classes.to_string())])
        }
        Flag::Unsteady(by) => tr_with("attack.trust.unsteady", &[("by", fixed(f64::from(*by), 3))]),
        Flag::Outside(key) => tr_with("attack.trust.outside", &name(key)),
        Flag::LostIn8Bits(count) => tr_with("attack.trust.lost", &[("n", count.to_string())]),
        Flag::Simpler { simple, strong, more, fewer } => {
            let values = [
                ("simple", attack_name(simple)),
                ("strong", attack_name(strong)),
                ("more", more.to_string()),
                ("fewer", fewer.to_string()),
            ];
            tr_with("attack.trust.simpler", &values)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Verdict;
    use super::*;
    use crate::session::{AttackState, NormId};

    fn verdicts(rows: &[(&str, &[Outcome])]) -> Verdicts {
        let verdict = |(key, outcomes): &(&str, &[Outcome])| Verdict {
            key: (*key).into(),
            outcomes: outcomes.to_vec(),
            answers: vec![],
        };
        Verdicts { attacks: rows.iter().map(verdict).collect(), ..Verdicts::default() }
    }

    #[test]
    fn a_simpler_attack_ahead_of_a_stronger_one_is_a_sign() {
        use Outcome::{Broken, Held};
        let odd = verdicts(&[("apgd", &[Held, Broken]), ("fgsm", &[Broken, Broken]), ("pgd", &[Held, Held])]);
        let expected = Flag::Simpler { simple: "fgsm".into(), strong: "pgd".into(), more: 2, fewer: 0 };
        assert_eq!(simpler(&odd), Some(expected));
        let usual = verdicts(&[("apgd", &[Broken, Broken]), ("fgsm", &[Broken, Held]), ("auto-fw", &[Held, Held])]);
        assert!(simpler(&usual).is_some(), "FGSM is ahead of Auto-FW");
        assert_eq!(simpler(&verdicts(&[("apgd", &[Broken]), ("pgd", &[Broken]), ("carlini-wagner", &[Held])])), None);
    }

    fn race(classes: u32, unsteady: f32, zero_gradients: u32) -> AttackNow {
        let attack = AttackState {
            key: "apgd".into(),
            best_loss: vec![],
            mean_best_loss: vec![],
            gap: vec![],
            kept: vec![],
            step_size: vec![],
            halvings: vec![],
            adversarial: vec![],
            probabilities: vec![],
            linf: vec![],
            distance: vec![4.5],
            nearest: vec![],
            loss: LossId::CrossEntropy,
            broken_before_rounding: vec![],
            robust_accuracy: 0.0,
            success: vec![],
            zero_gradients,
        };
        AttackNow {
            call: 1,
            budget: 5,
            running: true,
            shape: [1, 1, 1],
            classes,
            epsilon: 4.0,
            norm: NormId::Linf,
            p: 2.0,
            images: vec![],
            labels: vec![],
            clean: vec![],
            clean_probabilities: vec![],
            checkpoints: vec![],
            attacks: vec![attack],
            focus: 0,
            unsteady,
            target: None,
        }
    }

    #[test]
    fn what_the_engine_measures_becomes_a_sign() {
        let found = flags(&race(2, 0.25, 3), &Verdicts::default());
        let apgd = || "apgd".to_string();
        let expected = [Flag::Unsteady(0.25), Flag::NoDlr(2), Flag::ZeroGradient(apgd(), 3), Flag::Outside(apgd())];
        assert_eq!(found, expected);
        assert_eq!(flags(&race(10, 1e-7, 0), &Verdicts::default()), [Flag::Outside(apgd())]);
    }
}
