//! What the atoms say in words and as a table.

use super::super::desk::Desk;
use crate::app::figure::Table;
use crate::app::{tr, tr_with};
use crate::plot::{cell, fixed, integer};
use crate::session::AtomsNow;

/// A share of 1 as percent with one decimal, whole percent from 10 on.
pub fn share(value: f64) -> String {
    let percent = 100.0 * value;
    format!("{} %", fixed(percent, if percent.abs() < 9.95 { 1 } else { 0 }))
}

/// A signed number with two decimals.
pub fn signed(value: f32) -> String {
    let text = fixed(f64::from(value), 2);
    if value > 0.0 { format!("+{text}") } else { text }
}

/// `12 vertices`, `1 vertex`.
pub fn counted(now: &AtomsNow, count: u32) -> String {
    let form = if count == 1 { "one" } else { "many" };
    tr_with(&format!("atoms.count.{}.{form}", now.kind.key()), &[("n", integer(u64::from(count)))])
}

/// What becomes of the answer when the heaviest atoms are kept or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Wrong before the attack.
    WrongBefore,
    /// All atoms together do not change the answer.
    None,
    /// The `enough` heaviest make `wrong` of it; without the `too_many` heaviest it is right again.
    Broken { enough: usize, wrong: u8, too_many: usize },
}

/// Reads it off the answers; `None` before there are any.
pub fn effect(now: &AtomsNow) -> Option<Effect> {
    let (clean, all) = (*now.kept_answer.first()?, *now.kept_answer.last()?);
    if clean != now.label {
        return Some(Effect::WrongBefore);
    }
    if all == now.label {
        return Some(Effect::None);
    }
    let (enough, wrong) = now.kept_answer.iter().enumerate().find(|(_, answer)| **answer != now.label)?;
    let too_many = now.removed_answer.iter().position(|answer| *answer == now.label)? + 1;
    Some(Effect::Broken { enough, wrong: *wrong, too_many })
}

/// What is seen, in one or two sentences with the numbers of the moment.
pub fn said(desk: &Desk, now: &AtomsNow) -> String {
    if now.atoms.is_empty() {
        return tr("atoms.none.no_step");
    }
    let values = [
        ("carry", integer(u64::from(now.carry))),
        ("all", counted(now, now.distinct)),
        ("clean", share(f64::from(now.clean_weight))),
    ];
    let weights = tr_with(&format!("atoms.said.{}", now.kind.key()), &values);
    let class = desk.class(usize::from(now.label));
    let effect = match effect(now) {
        None => return weights,
        Some(Effect::WrongBefore) => tr_with("atoms.said.wrong_before", &[("class", class)]),
        Some(Effect::None) => tr_with("atoms.said.nothing", &[("class", class)]),
        Some(Effect::Broken { enough, wrong, too_many }) => {
            let wrong = [("k", enough.to_string()), ("class", desk.class(usize::from(wrong)))];
            let first = tr_with(if enough == 1 { "atoms.said.enough_one" } else { "atoms.said.enough" }, &wrong);
            let key = match too_many {
                all if all == now.atoms.len() => "atoms.said.without_all",
                1 => "atoms.said.without_one",
                _ => "atoms.said.without",
            };
            format!("{first}{}", tr_with(key, &[("m", too_many.to_string()), ("class", class)]))
        }
    };
    format!("{weights}{effect}")
}

/// An atom in one sentence.
pub fn told(desk: &Desk, now: &AtomsNow, index: usize) -> String {
    let Some(atom) = now.atoms.get(index) else { return String::new() };
    let values = [
        ("n", (index + 1).to_string()),
        ("rest", counted(now, atom.members)),
        ("w", share(f64::from(atom.weight))),
        ("call", atom.first_call.to_string()),
        ("calls", atom.calls.to_string()),
        ("without", signed(atom.without)),
        ("alone", signed(atom.alone)),
        ("class", desk.class(usize::from(atom.answer_without))),
    ];
    let kind = if atom.members > 1 { "rest" } else { now.kind.key() };
    format!("{}{}", tr_with(&format!("atoms.tile.{kind}"), &values), tr_with("atoms.tile.worth", &values))
}

/// A row an atom, heaviest first.
pub fn table(desk: &Desk, now: &AtomsNow, on: &[bool]) -> Table {
    let keys = [
        "rank", "call", "calls", "members", "weight", "largest", "without", "alone", "answer", "kept", "removed", "on",
    ];
    let at = |values: &[f32], index: usize| values.get(index).map_or_else(String::new, |v| cell(f64::from(*v)));
    let rows = now.atoms.iter().enumerate().map(|(index, atom)| {
        vec![
            (index + 1).to_string(),
            atom.first_call.to_string(),
            atom.calls.to_string(),
            atom.members.to_string(),
            cell(f64::from(atom.weight)),
            cell(f64::from(atom.largest)),
            cell(f64::from(atom.without)),
            cell(f64::from(atom.alone)),
            desk.class(usize::from(atom.answer_without)),
            at(&now.kept, index + 1),
            at(&now.removed, index),
            u8::from(on.get(index) == Some(&true)).to_string(),
        ]
    });
    Table { columns: keys.map(|key| tr(&format!("atoms.table.{key}"))).into(), rows: rows.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{AtomKind, AtomsState};

    fn now(kept: &[u8], removed: &[u8]) -> AtomsNow {
        AtomsNow {
            serial: 1,
            lane: 0,
            key: String::new(),
            image: 0,
            call: 3,
            state: AtomsState::Here,
            kind: AtomKind::Vertices,
            shape: [1, 1, 1],
            label: 0,
            clean_weight: 0.0,
            distinct: 2,
            carry: 1,
            difference: 0.0,
            atoms: vec![],
            kept: vec![],
            kept_answer: kept.into(),
            removed: vec![],
            removed_answer: removed.into(),
            margin: 0.0,
            clean_margin: 0.0,
        }
    }

    #[test]
    fn the_effect_is_read_off_the_answers() {
        assert_eq!(effect(&now(&[], &[])), None);
        assert_eq!(effect(&now(&[1, 1, 1], &[1, 1])), Some(Effect::WrongBefore));
        assert_eq!(effect(&now(&[0, 1, 0], &[0, 0])), Some(Effect::None));
        let broken = Effect::Broken { enough: 2, wrong: 3, too_many: 2 };
        assert_eq!(effect(&now(&[0, 0, 3], &[3, 0])), Some(broken));
    }

    #[test]
    fn shares_and_signs_are_written_alike() {
        assert_eq!((share(0.0412), share(0.5)), ("4.1 %".into(), "50 %".into()));
        assert_eq!((signed(0.5), signed(-0.5), signed(0.0)), ("+0.50".into(), "−0.50".into(), "0.00".into()));
    }
}
