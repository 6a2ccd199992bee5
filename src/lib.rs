//! **Frank–Wolfe Lab**: training and attacking a small CNN are one problem, solved by one method.
//!
//! Training minimises the loss over a set of weights; attacking maximises it over a ball of images. Both
//! move by asking a *linear minimisation oracle* for a corner and walking towards it.
//!
//! - [`sets`]: what is allowed. One file a constraint set: oracle, projection, diameter, gauge.
//! - [`optim`]: how a point moves. One file a method; schedules; the Frank–Wolfe gap.
//! - [`nn`]: the networks, their loss, their weights in and out.
//! - [`data`]: image sets, decoded and checked.
//! - [`theory`]: what is proved of the gap, as numbers.
//! - [`attack`]: small changes that break a network, made of `sets`, `optim` and `nn`.
//! - [`defense`]: training that expects an attack, made of `attack` and `optim`.
//! - [`session`]: what to run ([`session::Experiment`]), what is said ([`session::Command`],
//!   [`session::Event`]) and the state machine that runs it.
//! - [`number`], [`random`]: numbers out of texts and out of seeds; [`statistics`]: how far to trust counts.
//! - [`told`]: errors that can be said in another language.
//! - [`plot`]: scales, ticks, palettes: numbers to positions, nothing else.
//! - [`app`]: the page. Holds no tensors.
//! - [`cli`]: the same engine on the command line.
//!
//! Arrows go one way: `{app, cli} → session → defense → {attack, theory} → optim → {sets, nn, data}`. A test holds them
//! there.

#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "engine")]
pub mod attack;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "engine")]
pub mod data;
#[cfg(feature = "engine")]
pub mod defense;
#[cfg(feature = "engine")]
pub mod nn;
pub mod number;
pub mod optim;
pub mod plot;
pub mod random;
pub mod session;
pub mod sets;
pub mod statistics;
pub mod theory;
pub mod told;
