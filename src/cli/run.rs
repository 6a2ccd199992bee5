//! `fwlab run`: trains what an experiment file says.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{CliError, DeviceName, device, files};
use crate::session::engine::{Engine, Next};
use crate::session::params::{Note, check_experiment};
use crate::session::{Command, Event, Experiment, RunId};

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// Experiment file (JSON), as the page exports it
    experiment: PathBuf,
    /// Where to compute
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceName,
    /// Start from these weights (safetensors) instead of the seed's
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Save the weights of run A here (safetensors)
    #[arg(long)]
    save: Option<PathBuf>,
    /// Save the weights of run B here (safetensors)
    #[arg(long)]
    save_b: Option<PathBuf>,
    /// Write every event here, one JSON object a line
    #[arg(long)]
    events: Option<PathBuf>,
    /// Folder with manifest.json and the image shards
    #[arg(long, default_value = "www/data")]
    data: PathBuf,
    /// Own CIFAR batches or IDX pairs, for an experiment on the data set “own”
    #[arg(long = "own")]
    own: Vec<PathBuf>,
}

pub(super) async fn run(arguments: &RunArguments) -> Result<(), CliError> {
    let path = arguments.experiment.clone();
    let parsed: Experiment = serde_json::from_slice(&files::read(&path)?)
        .map_err(|e| CliError::Experiment { path: path.clone(), reason: e.to_string() })?;
    let (experiment, notes) = check_experiment(&parsed);
    for note in notes {
        eprintln!("{}", explain(&note));
    }
    let mut engine = device::engine(arguments.device).await?;
    files::load_data(&mut engine, experiment.data, &arguments.data, &arguments.own).await?;
    engine.handle(Command::Configure(experiment.clone())).await;
    if let Some(weights) = &arguments.weights {
        engine.handle(Command::StartFrom(files::read(weights)?)).await;
    }
    engine.handle(Command::Run { steps_per_second: 0.0 }).await;
    let mut log = match &arguments.events {
        Some(path) => {
            let file = std::fs::File::create(path).map_err(|source| CliError::File { path: path.clone(), source })?;
            Some(std::io::BufWriter::new(file))
        }
        None => None,
    };
    let mut failed = follow(&mut engine, &mut log, arguments)?;
    while failed.is_none() {
        let next = engine.work().await;
        failed = follow(&mut engine, &mut log, arguments)?;
        if next == Next::Idle && !engine.is_training() {
            break;
        }
    }
    if let Some(detail) = failed {
        return Err(CliError::Engine(detail));
    }
    for (run, path) in [(RunId::A, &arguments.save), (RunId::B, &arguments.save_b)] {
        let Some(path) = path else { continue };
        engine.handle(Command::ExportWeights(run)).await;
        for event in engine.drain() {
            match event {
                Event::Weights { bytes, .. } => files::write(path, &bytes)?,
                Event::Problem(problem) => return Err(CliError::Engine(problem.detail)),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Writes events to the log and the measurements to the terminal. Returns the first problem.
fn follow(
    engine: &mut Engine,
    log: &mut Option<std::io::BufWriter<std::fs::File>>,
    arguments: &RunArguments,
) -> Result<Option<String>, CliError> {
    let mut problem = None;
    for event in engine.drain() {
        if let Some(file) = log {
            // Snapshots repeat what a rerun reproduces; weights have their own file.
            if !matches!(event, Event::Checkpoint { .. } | Event::Samples(_) | Event::Layers(_)) {
                let path = arguments.events.clone().unwrap_or_default();
                let line = serde_json::to_string(&event).map_err(|e| CliError::Engine(e.to_string()))?;
                writeln!(file, "{line}").map_err(|source| CliError::File { path, source })?;
            }
        }
        match event {
            Event::Evaluated(found) => {
                let gap: f32 = found.full_gap.iter().sum();
                println!(
                    "{:?} t {:>6}  loss {:.4}  gap {:.4}  test accuracy {:.2} % of {}",
                    found.run,
                    found.t,
                    found.reference_loss,
                    gap,
                    100.0 * found.test_accuracy,
                    found.test_images
                );
            }
            Event::Problem(found) => problem = Some(found.detail),
            _ => {}
        }
    }
    Ok(problem)
}

fn explain(note: &Note) -> String {
    match note {
        Note::Adjusted { key, asked, used } => format!("{key} = {asked} is out of range; {used} is used"),
        Note::Refused { key, asked, reason } => format!("{key} = {asked} was not understood; expected {reason}"),
    }
}
