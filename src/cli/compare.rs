//! `fwlab compare`: attacks on the same images with the same number of gradient calls, counted pair by pair. JSON goes
//! to the standard output, a table to be read to the standard error.

use std::collections::BTreeSet;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::CliError;
use super::attack::{Setting, largest, one_of, race};
use crate::attack::compare::{Pairs, SIGNIFICANT, wilson};
use crate::session::engine::Engine;
use crate::session::{AttackNow, AttackSpec, LossId};

#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    #[command(flatten)]
    setting: Setting,
    /// Attacks by key, each with its own settings behind colons: apgd:loss=dlr, auto-fw:gamma0=1, pgd:restarts=5
    #[arg(long, value_delimiter = ',', default_value = "fgsm,pgd,apgd,apgd:loss=dlr,auto-fw,auto-fw:gamma0=1")]
    attacks: Vec<String>,
}

/// All that was counted.
#[derive(Serialize)]
struct Comparison {
    weights: String,
    norm: &'static str,
    /// In the unit of the option: 1/255 for linf, [0, 1] for the others.
    epsilon: f64,
    /// Gradient calls per attack and image.
    budget: u32,
    images: u32,
    clean: Share,
    attacks: Vec<Row>,
    /// Right under every one of the attacks.
    worst_case: Share,
    pairs: Vec<PairRow>,
}

/// How many images are right, with the 95 % interval of the share (Wilson 1927).
#[derive(Serialize)]
struct Share {
    right: u32,
    share: f64,
    interval: [f64; 2],
}

#[derive(Serialize)]
struct Row {
    attack: String,
    robust: Share,
    /// Best loss, mean over the images that were right at first; in units of the attack's loss.
    mean_best_loss: f64,
    seconds: f64,
    #[serde(skip)]
    broken: Vec<bool>,
}

#[derive(Serialize)]
struct PairRow {
    a: String,
    b: String,
    both_broken: u32,
    only_a_breaks: u32,
    only_b_breaks: u32,
    neither_breaks: u32,
    /// McNemar's exact test, two-sided.
    p: f64,
    distinguishable: bool,
}

pub(super) async fn compare(arguments: &CompareArguments) -> Result<(), CliError> {
    let setting = &arguments.setting;
    let spec = setting.spec()?;
    let specs =
        arguments.attacks.iter().map(|text| one_attack(text, &spec)).collect::<Result<Vec<AttackSpec>, CliError>>()?;
    let mut engine = setting.engine(spec.data).await?;
    let mut clean_right = Vec::new();
    let mut rows = Vec::new();
    for (name, spec) in arguments.attacks.iter().zip(&specs) {
        let began = Instant::now();
        let counted = count(&mut engine, setting, spec).await?;
        rows.push(Row {
            attack: name.clone(),
            robust: share_of(&counted.broken),
            mean_best_loss: counted.mean_best_loss(),
            seconds: began.elapsed().as_secs_f64(),
            broken: counted.broken,
        });
        clean_right = counted.clean_right;
    }
    let wrong: Vec<bool> = clean_right.iter().map(|right| !right).collect();
    let worst: Vec<bool> =
        (0..wrong.len()).map(|i| rows.iter().any(|row| row.broken.get(i).copied().unwrap_or(false))).collect();
    let comparison = Comparison {
        weights: setting.weights().display().to_string(),
        norm: spec.norm.key(),
        epsilon: spec.size(),
        budget: spec.budget,
        images: wrong.len() as u32,
        clean: share_of(&wrong),
        pairs: pairs(&rows),
        attacks: rows,
        worst_case: share_of(&worst),
    };
    print(&comparison)
}

/// `apgd:loss=dlr` as an attack on its own.
fn one_attack(text: &str, spec: &AttackSpec) -> Result<AttackSpec, CliError> {
    let mut parts = text.split(':');
    let key = parts.next().unwrap_or_default().to_string();
    let mut spec = AttackSpec { attacks: vec![key], ..spec.clone() };
    let refused = |part: &str| {
        let known = "loss=ce, gamma0=0.75 and restarts=1";
        CliError::Engine(format!("“{part}” in “{text}” is no setting of an attack; settings look like {known}"))
    };
    for part in parts {
        let (name, value) = part.split_once('=').ok_or_else(|| refused(part))?;
        let number = || value.parse::<f64>().ok().filter(|value| *value > 0.0).ok_or_else(|| refused(part));
        match name {
            "loss" => spec.loss = one_of("loss", value, &LossId::ALL)?,
            "gamma0" => spec.gamma0 = number()?.min(1.0),
            "restarts" => spec.restarts = number()?.max(1.0) as u32,
            _ => return Err(refused(part)),
        }
    }
    Ok(spec)
}

/// What became of each image under one attack.
#[derive(Default)]
struct Counted {
    seen: BTreeSet<u32>,
    clean_right: Vec<bool>,
    /// Wrong after the attack, or before.
    broken: Vec<bool>,
    losses: Vec<(f64, f64)>,
}

impl Counted {
    fn add(&mut self, now: &AttackNow) {
        let Some(state) = now.attacks.first() else { return };
        let classes = now.classes.max(1) as usize;
        let rows = now.clean_probabilities.chunks(classes).zip(state.probabilities.chunks(classes));
        let mut right_here = 0.0;
        for ((&image, &label), (clean, after)) in now.images.iter().zip(&now.labels).zip(rows) {
            let label = usize::from(label);
            let right = largest(clean) == label;
            right_here += f64::from(u8::from(right));
            // The last group is moved back where the test split ends.
            if self.seen.insert(image) {
                self.clean_right.push(right);
                self.broken.push(!right || largest(after) != label);
            }
        }
        if let Some(loss) = state.mean_best_loss.last().filter(|loss| loss.is_finite()) {
            self.losses.push((f64::from(*loss), right_here));
        }
    }

    fn mean_best_loss(&self) -> f64 {
        let weight: f64 = self.losses.iter().map(|(_, weight)| weight).sum();
        if weight == 0.0 {
            return 0.0;
        }
        self.losses.iter().map(|(loss, weight)| loss * weight).sum::<f64>() / weight
    }
}

async fn count(engine: &mut Engine, setting: &Setting, spec: &AttackSpec) -> Result<Counted, CliError> {
    let mut counted = Counted::default();
    for group in setting.groups(spec) {
        counted.add(&race(engine, group).await?);
    }
    Ok(counted)
}

fn share_of(broken: &[bool]) -> Share {
    let n = broken.len() as u32;
    let right = broken.iter().filter(|broken| !**broken).count() as u32;
    let (low, high) = wilson(right, n);
    Share { right, share: f64::from(right) / f64::from(n.max(1)), interval: [low, high] }
}

fn pairs(rows: &[Row]) -> Vec<PairRow> {
    let mut all = Vec::new();
    for (i, a) in rows.iter().enumerate() {
        for b in rows.iter().skip(i + 1) {
            let pairs = Pairs::count(&a.broken, &b.broken);
            all.push(PairRow {
                a: a.attack.clone(),
                b: b.attack.clone(),
                both_broken: pairs.both,
                only_a_breaks: pairs.only_a,
                only_b_breaks: pairs.only_b,
                neither_breaks: pairs.neither,
                p: pairs.p_value(),
                distinguishable: pairs.distinguishable(),
            });
        }
    }
    all
}

fn print(comparison: &Comparison) -> Result<(), CliError> {
    let json = serde_json::to_string(comparison).map_err(|e| CliError::Engine(e.to_string()))?;
    println!("{json}");
    let unit = if comparison.norm == "linf" { "/255" } else { "" };
    let (norm, epsilon, images, budget) = (comparison.norm, comparison.epsilon, comparison.images, comparison.budget);
    eprintln!("{images} images, {norm} ε = {epsilon}{unit}, {budget} gradient calls an attack");
    let width = comparison.attacks.iter().map(|row| row.attack.chars().count()).max().unwrap_or(0).max(10);
    let line = |name: &str, share: &Share, rest: String| {
        let [low, high] = share.interval.map(|end| 100.0 * end);
        eprintln!("{name:width$}  {:6.2} %  [{low:6.2}, {high:6.2}]{rest}", 100.0 * share.share);
    };
    line("clean", &comparison.clean, String::new());
    for row in &comparison.attacks {
        line(&row.attack, &row.robust, format!("  loss {:8.4}  {:7.1} s", row.mean_best_loss, row.seconds));
    }
    line("worst case", &comparison.worst_case, String::new());
    for pair in &comparison.pairs {
        let (a, b) = (&pair.a, &pair.b);
        let verdict = if pair.distinguishable { "" } else { ", not distinguishable at this number of images" };
        let (only_a, only_b, p) = (pair.only_a_breaks, pair.only_b_breaks, pair.p);
        eprintln!("{a} alone breaks {only_a}, {b} alone {only_b}: p = {p:.4}{verdict}");
    }
    eprintln!("Intervals are Wilson's at 95 %; p is McNemar's exact test, and above {SIGNIFICANT} says nothing");
    Ok(())
}
