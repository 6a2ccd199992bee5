//! What to run, what is said, and the machine that runs it.
//!
//! [`Experiment`] and [`AttackSpec`] describe; [`params`] holds every range and drives URL, controls, help and
//! fuzz tests; [`Command`] goes to the engine and [`Event`] comes back; [`engine`] is the state machine,
//! the same in the worker and on the command line.

mod experiment;
pub mod link;
pub mod params;
mod protocol;
mod survey;

#[cfg(feature = "engine")]
pub mod engine;

pub use experiment::*;
pub use protocol::*;
pub use survey::*;
