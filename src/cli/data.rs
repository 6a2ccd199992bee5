//! `fwlab data`: builds the image shards from the original files, and proves that shards equal them.

use std::path::PathBuf;

use clap::Subcommand;

use super::CliError;
use crate::data::build;

#[derive(Debug, Subcommand)]
pub(super) enum DataTask {
    /// Build the shards and their manifest
    Build {
        /// Folder with data_batch_1.png … test_batch.png and the label files
        #[arg(long)]
        cifar10: PathBuf,
        /// Folder with the four IDX files (.gz)
        #[arg(long)]
        fashion_mnist: PathBuf,
        /// Where to write
        #[arg(long, default_value = "www/data")]
        out: PathBuf,
    },
    /// Prove that the shards hold the originals' pixels
    Verify {
        #[arg(long)]
        cifar10: PathBuf,
        #[arg(long)]
        fashion_mnist: PathBuf,
        #[arg(long, default_value = "www/data")]
        out: PathBuf,
    },
}

pub(super) fn data(task: &DataTask) -> Result<(), CliError> {
    let report = match task {
        DataTask::Build { cifar10, fashion_mnist, out } => build::build(cifar10, fashion_mnist, out),
        DataTask::Verify { cifar10, fashion_mnist, out } => build::verify(cifar10, fashion_mnist, out),
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
