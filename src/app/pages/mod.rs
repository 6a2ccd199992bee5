//! The pages: each asks a question and answers it with live figures.

pub mod attack;
pub mod geometry;
mod link;
pub mod methods;
mod slices;
mod tabs;
pub mod theory;
pub mod train;
mod transport;
