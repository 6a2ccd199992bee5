//! `fwlab run`: trains what an experiment file says. A killed run goes on from its last checkpoint and ends as
//! an unbroken one does, on the CPU to the last bit.

use std::path::{Path, PathBuf};

use clap::Args;

use super::journal::{Begin, Journal, Keep};
use super::{CliError, DeviceName, device, files, originals};
use crate::data::shard::sha256_hex;
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
    /// Write every event here, one JSON object a line; a checkpoint lies beside it until the run is done
    #[arg(long)]
    events: Option<PathBuf>,
    /// Go on from the checkpoint beside the events, if there is one; do nothing if the run is whole
    #[arg(long, requires = "events")]
    resume: bool,
    /// Steps between checkpoints, 0 = none
    #[arg(long, default_value_t = 100)]
    checkpoint_every: u32,
    /// Folder with manifest.json and the image shards
    #[arg(long, default_value = "www/data")]
    data: PathBuf,
    /// Folder of the original data sets (cifar10, fashion-mnist) that `make data` downloads, for experiments on more
    /// training images than are shipped
    #[arg(long)]
    originals: Option<PathBuf>,
    /// Own CIFAR batches or IDX pairs, for an experiment on the data set “own”
    #[arg(long = "own")]
    own: Vec<PathBuf>,
}

pub(super) async fn run(arguments: &RunArguments) -> Result<(), CliError> {
    let (experiment, notes) = read_experiment(&arguments.experiment)?;
    for note in notes {
        eprintln!("{}", explain(&note));
    }
    let mut journal = None;
    if let Some(path) = &arguments.events {
        let begin = Begin { inputs: inputs(arguments, &experiment)?, experiment: experiment.clone() };
        let saved = [&arguments.save, &arguments.save_b].into_iter().flatten().all(|path| path.exists());
        let keep = Keep { resume: arguments.resume, every: arguments.checkpoint_every, saved };
        journal = Journal::open(path, &begin, keep)?;
        if journal.is_none() {
            println!("{} is whole already", path.display());
            return Ok(());
        }
    }
    let mut engine = device::engine(arguments.device).await?;
    files::load_data(&mut engine, experiment.data, &arguments.data, &arguments.own).await?;
    if let Some(folder) = wanted_originals(arguments, &experiment)? {
        originals::give(&mut engine, &experiment, folder)?;
    }
    set_up(&mut engine, experiment, arguments, journal.as_mut()).await?;
    train(&mut engine, &mut journal).await?;
    if let Some(journal) = &mut journal {
        journal.end()?;
    }
    save_weights(&mut engine, arguments).await?;
    journal.map_or(Ok(()), Journal::close)
}

/// Reads an experiment file; the notes say what was out of range.
pub(super) fn read_experiment(path: &Path) -> Result<(Experiment, Vec<Note>), CliError> {
    let parsed: Experiment = serde_json::from_slice(&files::read(path)?)
        .map_err(|e| CliError::Experiment { path: path.into(), reason: e.to_string() })?;
    Ok(check_experiment(&parsed))
}

/// The folder of the originals, if the experiment needs it.
fn wanted_originals<'a>(arguments: &'a RunArguments, experiment: &Experiment) -> Result<Option<&'a Path>, CliError> {
    if !originals::wanted(experiment, &arguments.data)? {
        return Ok(None);
    }
    if arguments.originals.is_none() {
        eprintln!(
            "the experiment asks for {} training images, fewer are shipped; give the originals with --originals",
            experiment.train_images
        );
    }
    Ok(arguments.originals.as_deref())
}

/// SHA-256 of all that decides the numbers of a run.
fn inputs(arguments: &RunArguments, experiment: &Experiment) -> Result<String, CliError> {
    let mut hashes = serde_json::to_string(experiment).map_err(|e| CliError::Engine(e.to_string()))?;
    if arguments.originals.is_some() && originals::wanted(experiment, &arguments.data)? {
        hashes.push_str("originals");
    }
    for path in arguments.weights.iter().chain(&arguments.own) {
        hashes.push_str(&sha256_hex(&files::read(path)?));
    }
    Ok(sha256_hex(hashes.as_bytes()))
}

/// Sets the experiment up at its start, or where the killed run had got to.
async fn set_up(
    engine: &mut Engine,
    experiment: Experiment,
    arguments: &RunArguments,
    journal: Option<&mut Journal>,
) -> Result<(), CliError> {
    let mut start = None;
    if let Some(journal) = journal {
        start = journal.start.take();
        journal.begin();
    }
    if let Some(checkpoint) = start {
        engine.handle(Command::Restore(checkpoint)).await;
        return Ok(());
    }
    engine.handle(Command::Configure(experiment)).await;
    if let Some(weights) = &arguments.weights {
        engine.handle(Command::StartFrom(files::read(weights)?)).await;
    }
    Ok(())
}

/// Trains to the end.
async fn train(engine: &mut Engine, journal: &mut Option<Journal>) -> Result<(), CliError> {
    engine.handle(Command::Run { steps_per_second: 0.0 }).await;
    follow(engine, journal)?;
    loop {
        let next = engine.work().await;
        follow(engine, journal)?;
        if journal.as_ref().is_some_and(Journal::wants_checkpoint) {
            engine.handle(Command::Checkpoint).await;
            follow(engine, journal)?;
        }
        if next == Next::Idle {
            let waits =
                "the images of this experiment are missing; give their folder with --data, own files with --own";
            return if engine.is_training() { Err(CliError::Engine(waits.into())) } else { Ok(()) };
        }
    }
}

async fn save_weights(engine: &mut Engine, arguments: &RunArguments) -> Result<(), CliError> {
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

/// Writes events to the journal and the measurements to the terminal. The first problem ends the run.
fn follow(engine: &mut Engine, journal: &mut Option<Journal>) -> Result<(), CliError> {
    let mut problem = None;
    for event in engine.drain() {
        match &event {
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
            Event::Problem(found) if problem.is_none() => problem = Some(found.detail.clone()),
            _ => {}
        }
        if let Some(journal) = journal {
            journal.record(event)?;
        }
    }
    if let Some(journal) = journal {
        journal.flush()?;
    }
    problem.map_or(Ok(()), |detail| Err(CliError::Engine(detail)))
}

fn explain(note: &Note) -> String {
    match note {
        Note::Adjusted { key, asked, used } => format!("{key} = {asked} is out of range; {used} is used"),
        Note::Refused { key, asked, reason } => format!("{key} = {asked} was not understood; expected {reason}"),
    }
}
