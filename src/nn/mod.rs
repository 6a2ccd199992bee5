//! The networks: a few stages of 3×3 convolutions with activation and 2×2 max pooling, and one linear layer.
//!
//! Every parameter is one row `[1, n]`, the form in which sets and methods see it; the network reshapes. Images
//! enter in [0, 1] and are normalised inside, so that ε always means what it says.

mod architecture;
mod foreign;
mod network;
mod weights;

pub use architecture::{Architecture, Layout, Nonlinearity, Parameter, Start};
pub use foreign::recognise;
pub use network::{Batch, LossAndGradient, Network, cross_entropy};
pub use weights::{Loaded, MOST_BYTES, WeightsError, load, save};
