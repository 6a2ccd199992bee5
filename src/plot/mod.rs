//! Numbers to positions: scales, ticks, number formats, decimation, colours. Pure functions; drawing is the
//! page's business.

mod colour;
pub mod convex;
mod csv;
mod decimate;
mod format;
pub mod labels;
mod scale;
pub mod series;
mod slider;

pub use colour::{diverging, magnitude};
pub use csv::csv;
pub use decimate::{Band, decimate};
pub use format::{cell, fixed, integer, power_of_ten, scientific, si, small};
pub use scale::{Scale, path, power_of_two_above, power_of_two_below};
pub use slider::{Slider, entry_text, plain_number};
