//! How far to trust the race: signs that an attack failed for a reason other than a robust network, each with what to
//! do. The model are the flags of AutoAttack (Croce, Hein 2020). Judged from what the engine says anyway.

use leptos::prelude::*;

use super::desk::{Desk, attack_name};
use super::outcome::{Outcome, Tally, Verdicts};
use crate::app::tr_with;
use crate::session::AttackNow;

/// How far a change may be beyond ε, in 1/255, before it is called outside: rounding errors of single precision.
const SLACK: f64 = 1e-3;

/// One sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flag {
    /// The gap of this attack is exactly 0 at the clean image: the loss has no gradient there.
    ZeroGradient(String),
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
    for attack in &now.attacks {
        if now.epsilon > 0.0 && attack.gap.first() == Some(&0.0) {
            found.push(Flag::ZeroGradient(attack.key.clone()));
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
        Flag::ZeroGradient(key) => tr_with("attack.trust.zero_gradient", &name(key)),
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
}
