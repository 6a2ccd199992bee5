//! `fwlab`: the engine on the command line. The same experiment files, events and weights as the page.

mod attack;
mod collect;
mod compare;
mod data;
mod device;
mod expand;
mod features;
mod files;
mod journal;
mod models;
mod originals;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use thiserror::Error;

/// Train small CNNs with stochastic Frank–Wolfe and attack them with Auto-Frank–Wolfe.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run an experiment file, as the page exports it
    Run(run::RunArguments),
    /// Write one experiment file for every cell of a sweep
    Expand(expand::ExpandArguments),
    /// Merge the event files of a sweep into one table; ends with 2 if a run is missing or broken
    Collect(collect::CollectArguments),
    /// Attack saved weights; one JSON line an image
    Attack(attack::AttackArguments),
    /// Compare attacks on the same images with the same number of gradients: a table, and JSON
    Compare(compare::CompareArguments),
    /// List the networks of a folder in its manifest.json, as the page reads it, and measure how robust they are
    Models(models::ModelsArguments),
    /// Write what a network sees in test images as a table of frozen features, for the page's softmax head
    Features(features::FeaturesArguments),
    /// Build or verify the image shards in www/data
    #[command(subcommand)]
    Data(data::DataTask),
}

/// Exit code of `collect` when not every run is whole; what there is has been written.
const INCOMPLETE: u8 = 2;

/// Where to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeviceName {
    Cpu,
    Gpu,
}

/// What can go wrong on the command line.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    #[error("{path} cannot be read or written: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{path} is not an experiment: {reason}")]
    Experiment { path: PathBuf, reason: String },
    #[error("{path} is not a sweep: {reason}")]
    Sweep { path: PathBuf, reason: String },
    #[error(
        "{path} belongs to a run that was cut off; add --resume to go on with it, \
         or delete {path}.checkpoint to begin again"
    )]
    Unfinished { path: PathBuf },
    #[error(
        "{path} was written by another experiment, other start weights or other images; \
         delete it and {path}.checkpoint (if there is one) to begin again"
    )]
    Changed { path: PathBuf },
    #[error("{path} lacks steps that {path}.checkpoint builds on; delete both to begin again")]
    Short { path: PathBuf },
    #[error("{path} is not a checkpoint of this version of fwlab; delete it to begin again")]
    Checkpoint { path: PathBuf },
    #[error("{0}")]
    Engine(String),
    #[error("this fwlab was built without a GPU; build it with `cargo install --path . --features cli,gpu`")]
    NoGpu,
    #[cfg_attr(not(feature = "gpu"), expect(dead_code))]
    #[error("no GPU could be opened: {0}; use --device cpu")]
    Adapter(String),
}

/// Runs the command line; problems end in one sentence on the standard error and exit code 1.
pub fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Task::Run(arguments) => pollster::block_on(run::run(&arguments)),
        Task::Expand(arguments) => expand::expand(&arguments),
        Task::Collect(arguments) => match collect::collect(&arguments) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::from(INCOMPLETE),
            Err(error) => Err(error),
        },
        Task::Attack(arguments) => pollster::block_on(attack::attack(&arguments)),
        Task::Compare(arguments) => pollster::block_on(compare::compare(&arguments)),
        Task::Models(arguments) => pollster::block_on(models::list(&arguments)),
        Task::Features(arguments) => pollster::block_on(features::features(&arguments)),
        Task::Data(task) => data::data(&task),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fwlab: {error}");
            ExitCode::FAILURE
        }
    }
}
