//! `fwlab attack`: one JSON line an image and attack.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, DeviceName, device, files};
use crate::session::engine::Next;
use crate::session::{AttackNow, AttackSpec, Command, DataId, Event, Victim};

#[derive(Debug, Args)]
pub(super) struct AttackArguments {
    /// Weights of the network to break (safetensors)
    weights: PathBuf,
    /// Data set: cifar10 or fashion-mnist
    #[arg(long, default_value = "cifar10")]
    set: String,
    /// ε in units of 1/255, 0 to 32
    #[arg(long, default_value_t = 4.0)]
    epsilon: f64,
    /// Gradient calls per attack
    #[arg(long, default_value_t = 50)]
    budget: u32,
    /// First test image
    #[arg(long, default_value_t = 0)]
    first: u32,
    /// Number of test images; done in groups of 64
    #[arg(long, default_value_t = 64)]
    images: u32,
    /// First step size of Auto-FW
    #[arg(long, default_value_t = 0.75)]
    gamma0: f64,
    /// Seed of random starts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Attacks, by key
    #[arg(long, value_delimiter = ',', default_value = "auto-fw,apgd")]
    attacks: Vec<String>,
    /// Where to compute
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceName,
    /// Folder with manifest.json and the image shards
    #[arg(long, default_value = "www/data")]
    data: PathBuf,
}

/// A line of the output.
#[derive(serde::Serialize)]
struct Line<'a> {
    attack: &'a str,
    /// Position in the original test split.
    image: u32,
    label: u8,
    clean_prediction: usize,
    /// Prediction on the 8-bit result.
    prediction: usize,
    /// `wrong-already`, `broken` or `survives`.
    outcome: &'static str,
    /// Largest change of the 8-bit result, in 1/255.
    linf: f32,
}

pub(super) async fn attack(arguments: &AttackArguments) -> Result<(), CliError> {
    let known = DataId::ALL.iter().find(|(id, key)| *key == arguments.set && *id != DataId::Own);
    let Some((data, _)) = known else {
        return Err(CliError::Engine(format!("there is no data set {}; use cifar10 or fashion-mnist", arguments.set)));
    };
    if !(0.0..=32.0).contains(&arguments.epsilon) {
        return Err(CliError::Engine(format!("ε must be between 0 and 32 (in 1/255), found {}", arguments.epsilon)));
    }
    let mut engine = device::engine(arguments.device).await?;
    files::load_data(&mut engine, *data, &arguments.data, &[]).await?;
    let bytes = files::read(&arguments.weights)?;
    engine.handle(Command::Model { name: "given".into(), bytes }).await;
    files::problems(engine.drain())?;
    let mut first = arguments.first;
    let end = arguments.first.saturating_add(arguments.images);
    while first < end {
        let count = (end - first).min(64);
        let spec = AttackSpec {
            victim: Victim::Bundled("given".into()),
            data: *data,
            first_image: first,
            images: count,
            epsilon: arguments.epsilon,
            budget: arguments.budget.max(1),
            gamma0: arguments.gamma0.clamp(0.01, 1.0),
            attacks: arguments.attacks.clone(),
            seed: arguments.seed.wrapping_add(u64::from(first)),
            ..AttackSpec::default()
        };
        engine.handle(Command::AttackConfigure(spec)).await;
        engine.handle(Command::AttackRun { calls_per_second: 0.0 }).await;
        let mut last = None;
        loop {
            let next = engine.work().await;
            for event in engine.drain() {
                match event {
                    Event::Attack(now) => last = Some(now),
                    Event::Problem(problem) => return Err(CliError::Engine(problem.detail)),
                    _ => {}
                }
            }
            if next == Next::Idle {
                break;
            }
        }
        match &last {
            Some(now) => print(now)?,
            None => return Err(CliError::Engine(format!("there is no test image {first}"))),
        }
        first += count;
    }
    Ok(())
}

fn print(now: &AttackNow) -> Result<(), CliError> {
    let classes = now.classes.max(1) as usize;
    for state in &now.attacks {
        let rows = now.clean_probabilities.chunks(classes).zip(state.probabilities.chunks(classes));
        let about = now.images.iter().zip(&now.labels).zip(&state.linf);
        for (((&image, &label), &linf), (clean, after)) in about.zip(rows) {
            let (clean_prediction, prediction) = (largest(clean), largest(after));
            let outcome = match (clean_prediction == usize::from(label), prediction == usize::from(label)) {
                (false, _) => "wrong-already",
                (true, true) => "survives",
                (true, false) => "broken",
            };
            let line = Line { attack: &state.key, image, label, clean_prediction, prediction, outcome, linf };
            println!("{}", serde_json::to_string(&line).map_err(|e| CliError::Engine(e.to_string()))?);
        }
    }
    Ok(())
}

fn largest(row: &[f32]) -> usize {
    row.iter().enumerate().fold((0, f32::NEG_INFINITY), |best, (i, &v)| if v > best.1 { (i, v) } else { best }).0
}
