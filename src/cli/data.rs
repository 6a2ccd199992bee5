//! `fwlab data`: builds the image shards from the original files, and proves that shards equal them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::CliError;
use crate::data::build;

#[derive(Debug, Subcommand)]
pub(super) enum DataTask {
    /// Build the shards and their manifest
    Build(Folders),
    /// Prove that the shards hold the originals' pixels
    Verify(Folders),
}

#[derive(Debug, Args)]
pub(super) struct Folders {
    /// Folder with data_batch_1.png … test_batch.png and the label files
    #[arg(long)]
    cifar10: PathBuf,
    /// Folder with the four IDX files (.gz)
    #[arg(long)]
    fashion_mnist: PathBuf,
    /// Folder of the shards
    #[arg(long, default_value = "www/data")]
    out: PathBuf,
}

pub(super) fn data(task: &DataTask) -> Result<(), CliError> {
    let report = match task {
        DataTask::Build(of) => build::build(&of.cifar10, &of.fashion_mnist, &of.out),
        DataTask::Verify(of) => build::verify(&of.cifar10, &of.fashion_mnist, &of.out),
    };
    let report = report.map_err(|e| CliError::Engine(e.to_string()))?;
    for set in &report.datasets {
        println!("{}: {} + {} images, {} shards, {} bytes", set.name, set.train, set.test, set.shards, set.bytes);
    }
    match report.changed.as_slice() {
        [] => println!("identical"),
        changed => println!("changed: {}", changed.join(", ")),
    }
    Ok(())
}
