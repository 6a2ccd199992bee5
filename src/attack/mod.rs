//! Attacks: maximise a fixed network's loss over an ε-ball of images. The same oracle, gap and move as in
//! training, with the sign turned round; every row is one image with its own ball.
//!
//! Adding an attack: one file beside `auto_fw.rs` and one row in [`ATTACKS`]. Menus, URL keys, tests and the
//! race follow.

mod apgd;
mod ascent;
pub mod atoms;
mod auto_fw;
mod carlini_wagner;
mod fgsm;
mod frank_wolfe;
mod fw_momentum;
mod halving;
mod inner;
mod loss;
mod margin_linf;
mod pgd;
pub mod plane_of_images;
mod restarts;
mod sinkhorn;
mod start;
mod steepest;
pub mod twins;

pub use ascent::{Ascent, Plans, Target};
pub use halving::{Halving, checkpoints};
pub use inner::{Inner, moved};
pub use loss::{Loss, Objective};
pub use restarts::checkpoints_of_runs;

use burn::tensor::{Int, Tensor};
use thiserror::Error;

use crate::sets::NormId;
use crate::told::{tell, text};

/// What can go wrong before an attack starts, or while it runs.
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
    #[error("{attack} is not defined for the norm {norm}, only for {known}; choose one of these or another attack")]
    Norm { attack: &'static str, norm: &'static str, known: String },
    #[error(
        "the loss {loss} needs at least {needed} classes, the network tells {found} apart; choose cross-entropy (ce)"
    )]
    Classes { loss: &'static str, needed: usize, found: usize },
    #[error("{runs} starts need a budget of at least {needed} gradient calls, found {found}; take fewer restarts")]
    Budget { runs: u32, needed: u32, found: u32 },
    #[error("the network tells {classes} classes apart, so there is no class {found}; choose one below {classes}")]
    TargetClass { classes: usize, found: usize },
    #[error("the image is labelled {label} already; choose another target")]
    Labelled { label: u8 },
    #[error(
        "the network answers with values that are not numbers, so it cannot be attacked; train it again with a lower learning rate or choose another one"
    )]
    NotFinite,
    #[error(transparent)]
    Set(#[from] crate::sets::SetError),
}

tell!(AttackError {
    Self::Unknown(key) => "error.attack.unknown" { key = text(key), known = text(&known_keys()) },
    Self::NoImages => "error.attack.no_images",
    Self::Shape { expected, found } => "error.attack.shape" { expected = text(expected), found = text(found) },
    Self::Label { classes, label } => "error.attack.label" { classes = text(classes), label = text(label) },
    Self::Norm { attack, norm, known } => "error.attack.norm" {
        attack = text(attack), norm = text(norm), known = text(known)
    },
    Self::Classes { loss, needed, found } => "error.attack.classes" {
        loss = text(loss), needed = text(needed), found = text(found)
    },
    Self::Budget { runs, needed, found } => "error.attack.budget" {
        runs = text(runs), needed = text(needed), found = text(found)
    },
    Self::TargetClass { classes, found } => "error.attack.target_class" {
        classes = text(classes), found = text(found)
    },
    Self::Labelled { label } => "error.attack.labelled" { label = text(label) },
    Self::NotFinite => "error.attack.not_finite",
} through Set);

/// What every attack is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttackSettings {
    /// Gradient calls N after the one at the start, of all restarts together.
    pub budget: u32,
    /// First step size of Auto-FW, in (0, 1].
    pub gamma0: f64,
    pub seed: u64,
    /// What is raised, where the attack leaves a choice.
    pub loss: Loss,
    /// Number of runs that share the budget; attacks without random starts make one.
    pub restarts: u32,
    /// Which of the runs this is, from 0: each has its own random start.
    pub restart: u32,
    /// Number of the first image among all there are: random starts belong to the image, not to its place in the
    /// batch, so that batches of any size give the same results.
    pub first_image: u32,
    /// The class that the network is to say, below the number of classes; `None`: any wrong one will do. Surveys and the
    /// attacks inside training have none. Images of that class are left out by whoever picks the images.
    pub target: Option<usize>,
}

impl Default for AttackSettings {
    fn default() -> Self {
        Self {
            budget: 50,
            gamma0: 0.75,
            seed: 1,
            loss: Loss::CrossEntropy,
            restarts: 1,
            restart: 0,
            first_image: 0,
            target: None,
        }
    }
}

/// An attack in progress: `step()` makes one move and spends one gradient call; looping is the session's.
pub trait Attack {
    /// One move of every image.
    fn step(&mut self, target: &Target);
    /// Where the images are and the best seen so far.
    fn ascent(&self) -> &Ascent;
    /// Frank–Wolfe gap ⟨∇ℓ(x), v − x⟩ at the present points, `[rows, 1]`; `None` if the method has no oracle.
    fn gap(&self, _target: &Target) -> Option<Tensor<2>> {
        None
    }
    /// Present step sizes and halvings.
    fn halving(&self) -> &Halving;
    /// The last call as a move towards a point of the ball, for those who keep count of the convex combination; `None`
    /// if nothing moved, and if the method has no oracle.
    fn taken(&self) -> Option<&atoms::Taken> {
        None
    }
    /// Where the oracle of ball ∩ box is not exact: how much of what the ball alone would gain its last answer keeps
    /// (⟨m, v − x0⟩ over that of the relaxed answer, at most 1). `[rows, 1]`.
    fn kept(&self, _target: &Target) -> Option<Tensor<2>> {
        None
    }
    /// Goes on with the rows named only, in that order; the target must be narrowed alike ([`Target::select`]).
    fn keep(&mut self, rows: &Tensor<1, Int>);
    /// The images the attack hands in, inside the ball. `[rows, n]`.
    fn result(&self, _target: &Target) -> Tensor<2> {
        self.ascent().result()
    }
    /// 1 where some image inside the ball was misclassified, or taken for the chosen class. `[rows, 1]`.
    fn broken(&self, _target: &Target) -> Tensor<2> {
        self.ascent().broken.clone()
    }
    /// What an attack that looks for the smallest change has found, whatever ε; `None` for the others.
    fn nearest(&self) -> Option<Nearest> {
        None
    }
}

/// The nearest misclassified image found, one row an image.
#[derive(Debug, Clone)]
pub struct Nearest {
    /// `[rows, n]`; the clean image where none was found.
    pub x: Tensor<2>,
    /// L2 length of the change, in [0, 1] units; `f32::MAX` where none was found. `[rows, 1]`.
    pub length: Tensor<2>,
}

/// Which loss an attack raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossUse {
    /// The one of [`AttackSettings`], targeted ones included.
    Chosen,
    /// Its own.
    Always(Loss),
}

/// Every norm of the lab.
pub const ALL_NORMS: &[NormId] =
    &[NormId::Linf, NormId::L2, NormId::L1, NormId::Lp, NormId::Nuclear, NormId::Wasserstein];

/// One row of the table of attacks.
pub struct AttackEntry {
    /// Stable key: URL, files, text keys (`attack.<key>.name`, `attack.<key>.note`).
    pub key: &'static str,
    /// Colour family: `fw`, `pg` or `adam`.
    pub family: &'static str,
    /// Author, year, algorithm.
    pub source: &'static str,
    /// The norms it is defined for.
    pub norms: &'static [NormId],
    /// The loss it raises.
    pub loss: LossUse,
    /// Whether it has random starts, so that it can begin anew.
    pub restarts: bool,
    /// Whether every iterate stays inside the ball; an attack that looks for the smallest change hands in a point of
    /// the ball all the same.
    pub stays_inside: bool,
    /// Starts one run: places the images and spends the first gradient call. Norm and loss are taken as they are;
    /// [`start`] checks them.
    pub start: fn(&Target, &AttackSettings) -> Box<dyn Attack>,
}

impl AttackEntry {
    /// The loss it raises under these settings.
    pub fn loss_under(&self, settings: &AttackSettings) -> Loss {
        match self.loss {
            LossUse::Chosen => settings.loss,
            LossUse::Always(loss) => loss,
        }
    }
}

/// Every attack of the lab, in menu order.
pub static ATTACKS: &[AttackEntry] = &[
    auto_fw::ENTRY,
    apgd::ENTRY,
    pgd::ENTRY,
    fgsm::ENTRY,
    fw_momentum::ENTRY,
    margin_linf::ENTRY,
    carlini_wagner::ENTRY,
    sinkhorn::ENTRY,
];

/// Looks an attack up by its key.
///
/// # Errors
/// [`AttackError::Unknown`], naming the known keys.
pub fn find(key: &str) -> Result<&'static AttackEntry, AttackError> {
    ATTACKS.iter().find(|entry| entry.key == key).ok_or_else(|| AttackError::Unknown(key.into()))
}

/// Starts an attack with its restarts.
///
/// # Errors
/// [`AttackError`] if the attack is not defined for the target's norm, its loss not for so few classes, the budget is
/// too small for the restarts, or there is no such class to aim at.
pub fn start(
    entry: &'static AttackEntry,
    target: &Target,
    settings: &AttackSettings,
) -> Result<Box<dyn Attack>, AttackError> {
    let norm = target.ball.threat().norm;
    if !entry.norms.contains(&norm) {
        let known = entry.norms.iter().map(|norm| norm.key()).collect::<Vec<_>>().join(", ");
        return Err(AttackError::Norm { attack: entry.key, norm: norm.key(), known });
    }
    let classes = target.network.architecture.classes;
    entry.loss_under(settings).check(classes)?;
    if let Some(found) = settings.target.filter(|class| *class >= classes) {
        return Err(AttackError::TargetClass { classes, found });
    }
    if settings.restarts > 1 && entry.restarts {
        return Ok(Box::new(restarts::Restarts::start(entry, target, settings)?));
    }
    Ok((entry.start)(target, settings))
}

/// Refuses what a network answers (logits, probabilities, losses) if it is not all numbers.
///
/// # Errors
/// [`AttackError::NotFinite`].
pub fn check_finite(answers: &[f32]) -> Result<(), AttackError> {
    if answers.iter().all(|value| value.is_finite()) { Ok(()) } else { Err(AttackError::NotFinite) }
}

fn known_keys() -> String {
    ATTACKS.iter().map(|entry| entry.key).collect::<Vec<_>>().join(", ")
}
