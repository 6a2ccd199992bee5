//! The data of the figures of this page, as their tables and CSV files have them: plain numbers, one row a call, a
//! class or an image.

use leptos::prelude::*;

use super::desk::{Desk, attack_name, in_unit, loss_name, norm_name};
use super::epsilon::measured;
use super::gap;
use super::outcome::Tally;
use super::score::{tally_of, worst};
use crate::app::figure::Table;
use crate::app::{tr, tr_with};
use crate::plot::fixed;
use crate::session::{LossId, NormId};

fn columns(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| tr(key)).collect()
}

/// A number for machines; an empty cell where there is none.
fn number(value: f64) -> String {
    if value.is_finite() { format!("{value}") } else { String::new() }
}

fn entry(values: &[f32], index: usize) -> String {
    values
        .get(index)
        .map_or_else(String::new, |value| if value.is_finite() { value.to_string() } else { String::new() })
}

/// Probabilities of the image shown, a row a class.
pub fn triptych(desk: &Desk) -> Table {
    let (before, after) = desk.probabilities();
    let name = desk.shown.with(|key| attack_name(key));
    let columns = vec![
        tr("attack.table.class"),
        tr("attack.table.clean_probability"),
        tr_with("attack.table.probability", &[("name", name)]),
    ];
    let row = |class: usize| vec![desk.class(class), entry(&before, class), entry(&after, class)];
    Table { columns, rows: (0..before.len()).map(row).collect() }
}

/// Losses, steps and halvings, a row a call.
pub fn race(desk: &Desk) -> Table {
    let mut columns = vec![tr("attack.table.call")];
    let data = desk.race(|now| (now.attacks.clone(), now.checkpoints.clone())).unwrap_or_default();
    let (attacks, checkpoints) = data;
    for attack in &attacks {
        let name = || {
            let name = attack_name(&attack.key);
            let other = attack.loss != LossId::CrossEntropy;
            [("name", if other { format!("{name} ({})", loss_name(attack.loss)) } else { name })]
        };
        let keys = ["attack.table.best", "attack.table.mean", "attack.table.step", "attack.table.halved"];
        columns.extend(keys.map(|key| tr_with(key, &name())));
    }
    columns.push(tr("attack.table.checkpoint"));
    let calls = attacks.iter().map(|attack| attack.best_loss.len()).max().unwrap_or(0);
    let flag = |calls: &[u32], call: usize| u8::from(calls.iter().any(|at| *at as usize == call)).to_string();
    let row = |call: usize| {
        let mut row = vec![call.to_string()];
        for attack in &attacks {
            row.extend([
                entry(&attack.best_loss, call),
                entry(&attack.mean_best_loss, call),
                entry(&attack.step_size, call),
                flag(&attack.halvings, call),
            ]);
        }
        row.push(flag(&checkpoints, call));
        row
    };
    Table { columns, rows: (0..calls).map(row).collect() }
}

/// The Frank–Wolfe gap, a row a call.
pub fn gap(desk: &Desk) -> Table {
    let all = gap::measured(desk);
    let mut columns = columns(&["attack.table.call"]);
    let heads = |what: &str, all: &[(String, Vec<f32>)]| -> Vec<String> {
        all.iter().map(|(key, _)| tr_with(what, &[("name", attack_name(key))])).collect()
    };
    columns.extend(heads("attack.table.gap", &all));
    // Where the oracle is not exact.
    let kept = gap::kept(desk);
    columns.extend(heads("attack.table.kept", &kept));
    let calls = all.iter().map(|(_, gaps)| gaps.len()).max().unwrap_or(0);
    let row = |call: usize| {
        let gaps = all.iter().chain(&kept).map(|(_, numbers)| entry(numbers, call));
        std::iter::once(call.to_string()).chain(gaps).collect()
    };
    Table { columns, rows: (0..calls).map(row).collect() }
}

/// `what` in the unit of a norm: its own text for L∞, with the norm's name for the others.
fn heading(what: &str, norm: (NormId, f64)) -> String {
    if norm.0 == NormId::Linf { tr(what) } else { tr_with(&format!("{what}_in"), &[("norm", norm_name(norm))]) }
}

/// Change of the image shown in the chosen norm, a row an attack.
pub fn epsilon(desk: &Desk) -> Table {
    let (norm, epsilon) = desk.lab.attack_spec.with(|spec| ((spec.norm, spec.p), spec.size()));
    let columns =
        vec![tr("attack.table.attack"), heading("attack.table.change", norm), heading("attack.table.epsilon", norm)];
    let row = |(key, levels): (String, f64)| vec![attack_name(&key), number(in_unit(norm.0, levels)), number(epsilon)];
    Table { columns, rows: measured(desk).into_iter().map(row).collect() }
}

/// Every image under every attack, a row each.
pub fn grid(desk: &Desk) -> Table {
    let keys = [
        "attack.table.image",
        "attack.table.class",
        "attack.table.clean_answer",
        "attack.table.attack",
        "attack.table.answer",
        "attack.table.result",
    ];
    let norm = desk.norm();
    // In the norm of the race; the largest change as well, where that is another number.
    let mut columns = columns(&keys);
    columns.push(heading("attack.table.change", norm));
    let both = norm.0 != NormId::Linf;
    if both {
        columns.push(tr("attack.table.change"));
    }
    let mut rows = Vec::new();
    let numbers = desk.race(|now| {
        let change = now.attacks.iter().map(|attack| (attack.distance.clone(), attack.linf.clone()));
        (now.images.clone(), change.collect::<Vec<_>>())
    });
    let (images, change) = numbers.unwrap_or_default();
    desk.verdicts.with(|verdicts| {
        for (verdict, (distance, linf)) in verdicts.attacks.iter().zip(&change) {
            for (index, outcome) in verdict.outcomes.iter().enumerate() {
                let class = |all: &[usize]| all.get(index).map(|class| desk.class(*class)).unwrap_or_default();
                let length = distance.get(index).map_or(f64::NAN, |levels| f64::from(*levels));
                let mut row = vec![
                    images.get(index).map(ToString::to_string).unwrap_or_default(),
                    class(&verdicts.labels),
                    class(&verdicts.clean),
                    attack_name(&verdict.key),
                    class(&verdict.answers),
                    tr(&format!("attack.outcome.{}", outcome.key())),
                    number(in_unit(norm.0, length)),
                ];
                if both {
                    row.push(entry(linf, index));
                }
                rows.push(row);
            }
        }
    });
    Table { columns, rows }
}

/// Robust accuracy, a row an attack and one for the worst.
pub fn score(desk: &Desk) -> Table {
    let keys = [
        "attack.table.attack",
        "attack.table.wrong",
        "attack.table.broken",
        "attack.table.survive",
        "attack.table.clean_accuracy",
        "attack.table.robust",
    ];
    let row = |name: String, tally: Tally| {
        vec![
            name,
            tally.wrong.to_string(),
            tally.broken.to_string(),
            tally.survive.to_string(),
            fixed(tally.clean(), 2),
            fixed(tally.robust(), 2),
        ]
    };
    let attacks = desk.racing.get().into_iter().map(|key| row(attack_name(&key), tally_of(desk, &key)));
    let all = std::iter::once(row(tr("attack.score.worst"), worst(desk)));
    Table { columns: columns(&keys), rows: attacks.chain(all).collect() }
}
