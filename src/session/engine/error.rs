//! What can go wrong inside the engine.

use thiserror::Error;

use crate::attack::AttackError;
use crate::data::{DataError, DropError, PictureError};
use crate::nn::WeightsError;
use crate::session::{ProblemKind, ProtocolError, RunId};
use crate::sets::SetError;
use crate::told::{inner, tell, text};

/// What can go wrong inside the engine; becomes an [`Event::Problem`](crate::session::Event::Problem).
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EngineError {
    #[error("numbers could not be read back from the device: {0}")]
    ReadBack(String),
    /// The weights after step `t` are of no use; loss and gradient of the next step are the first to show it.
    #[error("loss or gradient is no longer a number after step {t}; lower the learning rate, or choose a smaller set")]
    NotFinite { t: u32 },
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Dropped(#[from] DropError),
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error("{0} is not part of any data set; reload the page")]
    UnknownFile(String),
    #[error("{0} has not arrived yet")]
    Missing(Needed),
    #[error(transparent)]
    Set(#[from] SetError),
    #[error(transparent)]
    Attack(#[from] AttackError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(
        "the weights belong to a network with {channels:?} channels on {input:?} input, the experiment has {own_channels:?} on {own_input:?}"
    )]
    OtherNetwork { channels: Vec<usize>, input: [usize; 3], own_channels: Vec<usize>, own_input: [usize; 3] },
    #[error("the checkpoint could not be read: {0}")]
    Checkpoint(ProtocolError),
    #[error("the checkpoint belongs to another network")]
    OtherCheckpoint,
    #[error("there is no run {0:?} in this experiment; turn the comparison on")]
    NoRun(RunId),
}

/// What an order needs and the engine has not been given.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Needed {
    #[error("a network in training")]
    Training,
    #[error("test image {0}")]
    TestImage(usize),
    #[error("the list of data sets")]
    List,
    #[error("the data set {0}")]
    Set(&'static str),
    #[error("the network {0}")]
    Network(String),
    #[error("an experiment")]
    Experiment,
    #[error("a network of your own")]
    OwnNetwork,
}

impl EngineError {
    pub(super) fn kind(&self) -> ProblemKind {
        match self {
            Self::ReadBack(_) => ProblemKind::DeviceLost,
            Self::NotFinite { .. } => ProblemKind::NotFinite,
            Self::Missing(_) => ProblemKind::MissingData,
            Self::Data(_)
            | Self::Dropped(_)
            | Self::Picture(_)
            | Self::UnknownFile(_)
            | Self::Weights(_)
            | Self::OtherNetwork { .. } => ProblemKind::BadFile,
            Self::Set(_) | Self::Attack(_) | Self::Checkpoint(_) | Self::OtherCheckpoint | Self::NoRun(_) => {
                ProblemKind::BadMessage
            }
        }
    }
}

tell!(EngineError {
    Self::ReadBack(reason) => "error.engine.read_back" { reason = text(reason) },
    Self::NotFinite { t } => "error.engine.not_finite" { t = text(t) },
    Self::UnknownFile(file) => "error.engine.unknown_file" { file = text(file) },
    Self::Missing(what) => "error.engine.missing" { what = inner(what) },
    Self::OtherNetwork { channels, input, own_channels, own_input } => "error.engine.other_network" {
        channels = text(&format!("{channels:?}")),
        input = text(&format!("{input:?}")),
        own_channels = text(&format!("{own_channels:?}")),
        own_input = text(&format!("{own_input:?}"))
    },
    Self::Checkpoint(error) => "error.engine.checkpoint" { reason = inner(error) },
    Self::OtherCheckpoint => "error.engine.other_checkpoint",
    Self::NoRun(run) => "error.engine.no_run" { run = text(&format!("{run:?}")) },
} through Data, Dropped, Picture, Set, Attack, Weights);

tell!(Needed {
    Self::Training => "error.needed.training",
    Self::TestImage(number) => "error.needed.test_image" { number = text(number) },
    Self::List => "error.needed.list",
    Self::Set(key) => "error.needed.set" { key = text(key) },
    Self::Network(name) => "error.needed.network" { name = text(name) },
    Self::Experiment => "error.needed.experiment",
    Self::OwnNetwork => "error.needed.own_network",
});
