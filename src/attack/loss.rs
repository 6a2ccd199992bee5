//! What an attack raises. Z are the logits of an image, y its label, π the classes by falling logit.
//!
//! - Cross-entropy: log Σ exp Z − Z_y.
//! - Margin (Carlini, Wagner 2017): max_{i≠y} Zᵢ − Z_y; above 0 exactly where the image is misclassified.
//! - Difference of logits ratio (Croce, Hein 2020): margin/(Z_π1 − Z_π3 + 10⁻¹²). Unlike cross-entropy it does not
//!   change with the scale of the logits, so that a network cannot hide its gradient behind large ones.
//! - The same towards a class t: (Z_t − Z_y)/(Z_π1 − (Z_π3 + Z_π4)/2 + 10⁻¹²). An image counts as broken by whatever
//!   wrong class it gets, as in AutoAttack.
//!
//! Where the user chooses the class t ([`AttackSettings::target`]), an image counts as broken only when the network says
//! t, and what is raised leads there:
//!
//! - Cross-entropy: Z_t − log Σ exp Z, the log-probability of t.
//! - Margin: Z_t − max_{i≠t} Zᵢ (Carlini, Wagner 2017, f₆ with its sign turned round); above 0 exactly where the network
//!   says t.
//! - Both ratios: the targeted one above, towards t in every run. With three classes Z_π4 stands for Z_π3.

use burn::tensor::{Int, Tensor, TensorData};

use super::ascent::keep_rows;
use super::{AttackError, AttackSettings, Target};
use crate::nn::cross_entropy;
use crate::sets::first_argmax_one_hot;

/// Below every logit.
const LOWEST: f32 = -3e38;
/// Keeps the ratio from dividing by 0.
const TINY: f64 = 1e-12;
/// Number of classes a targeted attack tries in turn, one a restart.
const MOST_AIMS: usize = 9;

/// The losses of the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    CrossEntropy,
    Margin,
    Dlr,
    TargetedDlr,
}

impl Loss {
    /// Value and stable key; text key `attack_loss.<key>`.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::CrossEntropy, "ce"), (Self::Margin, "margin"), (Self::Dlr, "dlr"), (Self::TargetedDlr, "targeted-dlr")];

    /// Its stable key.
    pub fn key(self) -> &'static str {
        match self {
            Self::CrossEntropy => "ce",
            Self::Margin => "margin",
            Self::Dlr => "dlr",
            Self::TargetedDlr => "targeted-dlr",
        }
    }

    /// The fewest classes it is defined for.
    pub fn classes_needed(self) -> usize {
        match self {
            Self::CrossEntropy | Self::Margin => 2,
            Self::Dlr => 3,
            Self::TargetedDlr => 4,
        }
    }

    /// Whether it is defined for a network with `classes` classes.
    ///
    /// # Errors
    /// [`AttackError::Classes`].
    pub fn check(self, classes: usize) -> Result<(), AttackError> {
        let needed = self.classes_needed();
        if classes >= needed {
            return Ok(());
        }
        Err(AttackError::Classes { loss: self.key(), needed, found: classes })
    }
}

/// A loss, and the class it aims at where it is a targeted one.
#[derive(Debug, Clone)]
pub struct Objective {
    pub loss: Loss,
    /// One-hot `[rows, classes]`.
    aim: Option<Tensor<2>>,
    /// Whether the class aimed at was chosen: then no other one counts as success.
    chosen: bool,
}

impl Objective {
    /// The loss for these images. A targeted one aims, in the first run, at the likeliest wrong class of each clean
    /// image (one more forward pass), in every further `restart` at the next.
    pub fn new(loss: Loss, target: &Target, restart: u32) -> Self {
        let aim = (loss == Loss::TargetedDlr).then(|| {
            let logits = target.network.logits(target.clean.images.clone());
            let classes = logits.dims()[1];
            let rank = restart as usize % MOST_AIMS.min(classes.saturating_sub(1)).max(1);
            let wrong = without(logits, &target.clean.targets);
            nth_largest(wrong, rank)
        });
        Self { loss, aim, chosen: false }
    }

    /// `loss` under these settings: towards their class in every row where they name one, else as [`Self::new`].
    pub fn under(settings: &AttackSettings, loss: Loss, target: &Target) -> Self {
        let Some(class) = settings.target else { return Self::new(loss, target, settings.restart) };
        let [rows, classes] = target.clean.targets.dims();
        let hot = (0..rows * classes).map(|i| f32::from(u8::from(i % classes == class))).collect::<Vec<_>>();
        let aim = Tensor::from_data(TensorData::new(hot, [rows, classes]), &target.clean.targets.device());
        Self { loss, aim: Some(aim), chosen: true }
    }

    /// The class that alone counts as success, one-hot `[rows, classes]`; `None` where any wrong one does.
    pub(super) fn goal(&self) -> Option<Tensor<2>> {
        self.aim.clone().filter(|_| self.chosen)
    }

    /// Only the rows named, in that order.
    pub(super) fn keep(&mut self, rows: &Tensor<1, Int>) {
        self.aim.iter_mut().for_each(|aim| keep_rows(aim, rows));
    }

    /// Towards given classes, one-hot `[rows, classes]`.
    pub fn towards(aim: Tensor<2>) -> Self {
        Self { loss: Loss::TargetedDlr, aim: Some(aim), chosen: false }
    }

    /// The loss of each image `[rows, 1]` from its logits and one-hot label `[rows, classes]`.
    pub fn value(&self, logits: Tensor<2>, labels: Tensor<2>) -> Tensor<2> {
        match (self.loss, self.goal()) {
            (Loss::CrossEntropy, Some(goal)) => {
                let goal = constant(&logits, goal);
                cross_entropy(logits, goal).neg()
            }
            (Loss::Margin, Some(goal)) => margin(logits, goal).neg(),
            (Loss::CrossEntropy, None) => {
                let labels = constant(&logits, labels);
                cross_entropy(logits, labels)
            }
            (Loss::Margin, None) => margin(logits, labels),
            (Loss::Dlr, None) => {
                let [first, _, third, _] = largest_four(&logits);
                let scale = pick(&logits, first).sub(pick(&logits, third)).add_scalar(TINY);
                margin(logits, labels).div(scale)
            }
            (Loss::Dlr | Loss::TargetedDlr, _) => {
                let aim = self.aim.clone().unwrap_or_else(|| labels.clone());
                let [first, _, third, fourth] = largest_four(&logits);
                let middle = pick(&logits, third).add(pick(&logits, fourth)).mul_scalar(0.5);
                let scale = pick(&logits, first).sub(middle).add_scalar(TINY);
                pick(&logits, aim).sub(pick(&logits, labels)).div(scale)
            }
        }
    }
}

/// max_{i≠y} Zᵢ − Z_y. `[rows, 1]`.
fn margin(logits: Tensor<2>, labels: Tensor<2>) -> Tensor<2> {
    let rival = first_argmax_one_hot(without(logits.clone().inner(), &labels));
    pick(&logits, rival).sub(pick(&logits, labels))
}

/// One-hot of the first four classes by falling logit; of the last there is, where there are fewer.
fn largest_four(logits: &Tensor<2>) -> [Tensor<2>; 4] {
    let plain = logits.clone().inner();
    let last = plain.dims()[1].saturating_sub(1);
    [0, 1, 2, 3].map(|rank: usize| nth_largest(plain.clone(), rank.min(last)))
}

/// One-hot of the largest entry but `rank`, by striking out the larger ones: GPUs in the browser cannot sort.
fn nth_largest(mut values: Tensor<2>, rank: usize) -> Tensor<2> {
    for _ in 0..rank {
        let hot = first_argmax_one_hot(values.clone());
        values = without(values, &hot);
    }
    first_argmax_one_hot(values)
}

/// `values` with the entries marked by `hot` below all others.
fn without(values: Tensor<2>, hot: &Tensor<2>) -> Tensor<2> {
    values.mask_fill(hot.clone().greater_elem(0.5), LOWEST)
}

/// The entry of each row that `hot` marks. `[rows, 1]`.
fn pick(logits: &Tensor<2>, hot: Tensor<2>) -> Tensor<2> {
    let hot = constant(logits, hot);
    logits.clone().mul(hot).sum_dim(1)
}

/// `value` as a constant beside `like`, which may be on its way to a gradient.
fn constant(like: &Tensor<2>, value: Tensor<2>) -> Tensor<2> {
    if like.is_autodiff() { value.autodiff() } else { value }
}
