//! Attacks: maximise a fixed network's loss over an ε-ball of images. The same oracle, gap and move as in
//! training, with the sign turned round; every row is one image with its own ball.
//!
//! Adding an attack: one file beside `auto_fw.rs` and one row in [`ATTACKS`]. Menus, URL keys, tests and the
//! race follow.

mod apgd;
mod ascent;
mod auto_fw;
mod halving;

pub use ascent::{Ascent, Target};
pub use halving::{Halving, checkpoints};

use thiserror::Error;

/// What can go wrong before an attack starts.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum AttackError {
    #[error("there is no attack called “{0}”; the known ones are {known}", known = known_keys())]
    Unknown(String),
    #[error("an attack needs at least one image; choose a smaller first image")]
    NoImages,
    #[error(
        "the network takes {expected} values an image, the images have {found}; choose a network made for this data set"
    )]
    Shape { expected: usize, found: usize },
    #[error(
        "the network tells {classes} classes apart, but an image is labelled {label}; choose a network made for this data set"
    )]
    Label { classes: usize, label: u8 },
    #[error(transparent)]
    Set(#[from] crate::sets::SetError),
}

/// What every attack is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttackSettings {
    /// Gradient calls N after the one at the start.
    pub budget: u32,
    /// First step size of Auto-FW, in (0, 1].
    pub gamma0: f64,
    pub seed: u64,
}

/// An attack in progress: `step()` makes one move and spends one gradient call; looping is the session's.
pub trait Attack {
    /// One move of every image.
    fn step(&mut self, target: &Target);
    /// Where the images are and the best seen so far.
    fn ascent(&self) -> &Ascent;
    /// Frank–Wolfe gap ⟨∇ℓ(x), v − x⟩ at the present points, `[rows, 1]`; `None` if the method has no oracle.
    fn gap(&self, target: &Target) -> Option<burn::tensor::Tensor<2>>;
    /// Present step sizes and halvings.
    fn halving(&self) -> &Halving;
}

/// One row of the table of attacks.
pub struct AttackEntry {
    /// Stable key: URL, files, text keys (`attack.<key>.name`, `attack.<key>.note`).
    pub key: &'static str,
    /// Colour family: `fw` or `pg`.
    pub family: &'static str,
    /// Author, year, algorithm.
    pub source: &'static str,
    /// Starts the attack: places the images and spends the first gradient call.
    pub start: fn(&Target, &AttackSettings) -> Box<dyn Attack>,
}

/// Every attack of the lab, in menu order.
pub static ATTACKS: &[AttackEntry] = &[auto_fw::ENTRY, apgd::ENTRY];

/// Looks an attack up by its key.
///
/// # Errors
/// [`AttackError::Unknown`], naming the known keys.
pub fn find(key: &str) -> Result<&'static AttackEntry, AttackError> {
    ATTACKS.iter().find(|entry| entry.key == key).ok_or_else(|| AttackError::Unknown(key.into()))
}

fn known_keys() -> String {
    ATTACKS.iter().map(|entry| entry.key).collect::<Vec<_>>().join(", ")
}
