//! `fwlab compare`: attacks on the same images with the same number of gradient calls, counted pair by pair. JSON goes
//! to the standard output, a line a network; a table to be read to the standard error.
//!
//! The engine counts, by the same survey that the page asks for, so both count the same on the CPU.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::CliError;
use super::attack::Setting;
use crate::session::engine::{Engine, Next};
use crate::session::{
    AttackSpec, BATCH, Cell, Command, Contender, Event, SLIDES, Share, Subject, SurveyId, SurveyResults, SurveySpec,
    Victim,
};
use crate::statistics::SIGNIFICANT;

#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    #[command(flatten)]
    setting: Setting,
    /// Attacks by key, each with its own settings behind colons: apgd:loss=dlr, auto-fw:gamma0=1, pgd:restarts=5
    #[arg(long, value_delimiter = ',', default_value = SLIDES)]
    attacks: Vec<String>,
}

/// All that was counted on one network.
#[derive(Serialize)]
struct Comparison {
    weights: String,
    norm: &'static str,
    /// In the unit of the option: 1/255 for linf, [0, 1] for the others.
    epsilon: f64,
    /// Gradient calls per attack and image.
    budget: u32,
    images: u32,
    clean: Counted,
    attacks: Vec<Row>,
    /// Right under every one of the attacks.
    worst_case: Counted,
    pairs: Vec<PairRow>,
}

/// How many images are right, with the 95 % interval of the share (Wilson 1927).
#[derive(Serialize)]
struct Counted {
    right: u32,
    share: f64,
    interval: [f64; 2],
}

impl From<Share> for Counted {
    fn from(share: Share) -> Self {
        let (low, high) = share.interval;
        Self { right: share.count, share: f64::from(share.count) / f64::from(share.of.max(1)), interval: [low, high] }
    }
}

#[derive(Serialize)]
struct Row {
    attack: String,
    /// Why it could not be run on this network.
    #[serde(skip_serializing_if = "String::is_empty")]
    refused: String,
    robust: Counted,
    /// Best loss, mean over the images that were right at first; in units of the attack's loss.
    mean_best_loss: f64,
    /// How often an image's step was halved, mean over the images that were right at first.
    mean_halvings: f64,
    /// Images broken only until they were rounded to 8 bits; they count as right.
    lost_in_8_bits: u32,
    /// Images without a gradient where the attack began.
    zero_gradients: u32,
    /// Images that left the ball.
    outside: u32,
    /// On all networks together.
    seconds: f64,
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
    let common = setting.spec()?;
    let networks = setting.networks(common.data)?;
    let spec = survey(arguments, &common, &networks)?;
    let mut engine = setting.engine(common.data).await?;
    let (results, seconds) = run(&mut engine, &spec).await?;
    for (subject, (_, path)) in networks.iter().enumerate() {
        print(&counted(path, &arguments.attacks, &spec, (&results, &seconds), subject))?;
    }
    eprintln!("Intervals are Wilson's at 95 %; p is McNemar's exact test, and above {SIGNIFICANT} says nothing");
    Ok(())
}

/// `apgd:loss=dlr` as an attack of its own.
fn contender(text: &str, common: &AttackSpec) -> Result<Contender, CliError> {
    let contender = Contender::parse(text, common).map_err(|part| {
        let known = "loss=ce, gamma0=0.75 and restarts=1";
        CliError::Engine(format!("“{part}” in “{text}” is no setting of an attack; settings look like {known}"))
    })?;
    crate::attack::find(&contender.attack).map_err(|e| CliError::Engine(e.to_string()))?;
    Ok(contender)
}

fn survey(
    arguments: &CompareArguments,
    common: &AttackSpec,
    networks: &[(String, PathBuf)],
) -> Result<SurveySpec, CliError> {
    let (first_image, images) = arguments.setting.range();
    let subject = |(name, _): &(String, PathBuf)| Subject { victim: Victim::Bundled(name.clone()), data: common.data };
    Ok(SurveySpec {
        id: SurveyId::Comparison,
        common: AttackSpec { first_image, ..common.clone() },
        subjects: networks.iter().map(subject).collect(),
        sizes: vec![common.size()],
        contenders: arguments.attacks.iter().map(|text| contender(text, common)).collect::<Result<_, CliError>>()?,
        images,
        batch: BATCH,
    })
}

/// Lets the engine count; the seconds are those of each attack.
async fn run(engine: &mut Engine, spec: &SurveySpec) -> Result<(SurveyResults, Vec<f64>), CliError> {
    let mut results = SurveyResults::new(spec.clone());
    let mut seconds = vec![0.0; spec.contenders.len()];
    engine.handle(Command::Survey(spec.clone())).await;
    let mut began = Instant::now();
    loop {
        let next = engine.work().await;
        for event in engine.drain() {
            match event {
                Event::Survey(now) => {
                    let attacks = now.parts.iter().map(|part| part.contender as usize);
                    for attack in attacks {
                        if let Some(sum) = seconds.get_mut(attack) {
                            *sum += began.elapsed().as_secs_f64();
                        }
                        began = Instant::now();
                    }
                    results.add(now);
                }
                Event::Problem(problem) => return Err(CliError::Engine(problem.detail)),
                _ => {}
            }
        }
        if next == Next::Idle {
            break;
        }
    }
    if results.clean(0).of == 0 {
        return Err(CliError::Engine(format!("there are no test images from {} on", spec.common.first_image)));
    }
    Ok((results, seconds))
}

fn counted(
    path: &Path,
    names: &[String],
    spec: &SurveySpec,
    (results, seconds): (&SurveyResults, &[f64]),
    subject: usize,
) -> Comparison {
    let row = |(attack, name): (usize, &String)| {
        let none = Cell::default();
        let cell = results.cell(subject, 0, attack).unwrap_or(&none);
        Row {
            attack: name.clone(),
            refused: cell.refused.clone(),
            robust: results.robust(subject, 0, attack).into(),
            mean_best_loss: cell.mean_best_loss().last().copied().unwrap_or(0.0),
            mean_halvings: if cell.right_at_first() == 0 { 0.0 } else { cell.mean_halvings() },
            lost_in_8_bits: cell.lost_in_8_bits(),
            zero_gradients: cell.zero_gradients,
            outside: cell.outside,
            seconds: seconds.get(attack).copied().unwrap_or(0.0),
        }
    };
    let clean = results.clean(subject);
    Comparison {
        weights: path.display().to_string(),
        norm: spec.common.norm.key(),
        epsilon: spec.common.size(),
        budget: spec.common.budget,
        images: clean.of,
        clean: clean.into(),
        attacks: names.iter().enumerate().map(row).collect(),
        worst_case: results.worst(subject, 0).into(),
        pairs: pairs(names, results, subject),
    }
}

fn pairs(names: &[String], results: &SurveyResults, subject: usize) -> Vec<PairRow> {
    let mut all = Vec::new();
    for (i, a) in names.iter().enumerate() {
        for (j, b) in names.iter().enumerate().skip(i + 1) {
            let Some(pairs) = results.pairs(subject, 0, [i, j]) else { continue };
            all.push(PairRow {
                a: a.clone(),
                b: b.clone(),
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
    let weights = &comparison.weights;
    eprintln!("{weights}: {images} images, {norm} ε = {epsilon}{unit}, {budget} gradient calls an attack");
    let width = comparison.attacks.iter().map(|row| row.attack.chars().count()).max().unwrap_or(0).max(10);
    let line = |name: &str, share: &Counted, rest: String| {
        let [low, high] = share.interval.map(|end| 100.0 * end);
        eprintln!("{name:width$}  {:6.2} %  [{low:6.2}, {high:6.2}]{rest}", 100.0 * share.share);
    };
    line("clean", &comparison.clean, String::new());
    for row in &comparison.attacks {
        if !row.refused.is_empty() {
            eprintln!("{:width$}  not run: {}", row.attack, row.refused);
            continue;
        }
        let rest =
            format!("  loss {:8.4}  halved {:4.2}  {:7.1} s", row.mean_best_loss, row.mean_halvings, row.seconds);
        line(&row.attack, &row.robust, rest);
    }
    line("worst case", &comparison.worst_case, String::new());
    for pair in &comparison.pairs {
        let (a, b) = (&pair.a, &pair.b);
        let verdict = if pair.distinguishable { "" } else { ", not distinguishable at this number of images" };
        let (only_a, only_b, p) = (pair.only_a_breaks, pair.only_b_breaks, pair.p);
        eprintln!("{a} alone breaks {only_a}, {b} alone {only_b}: p = {p:.4}{verdict}");
    }
    Ok(())
}
