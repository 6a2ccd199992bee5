//! What all attacks share: the target, and the bookkeeping of the best point of every image. Tensors only;
//! nothing is read back until the session asks.

use burn::tensor::{Bool, Int, Tensor, TensorData};

use super::{AttackError, Objective};
use crate::nn::{Batch, Network};
use crate::sets::ThreatModel;
use crate::sets::image_ball::{Answer, ImageBall};

/// A fixed network, clean images with their labels, and a ball around each.
pub struct Target {
    pub network: Network,
    /// The clean images are the centres of the balls.
    pub clean: Batch,
    pub ball: ImageBall,
    /// The number of each row among those of the whole batch: random starts go by it, so that leaving rows out changes
    /// nothing for the others.
    pub images: Vec<u32>,
}

impl Target {
    /// The L∞ ball of `epsilon` in units of 1/255, 0 to 255.
    ///
    /// # Errors
    /// As [`Target::within`].
    pub fn new(network: Network, clean: Batch, labels: &[u8], epsilon: f64) -> Result<Self, AttackError> {
        Self::within(network, clean, labels, ThreatModel::linf(epsilon / 255.0))
    }

    /// Checks that network and images fit and that the threat model makes sense.
    ///
    /// # Errors
    /// [`AttackError`]: no image, images or labels that the network does not know, ε or p out of range.
    pub fn within(network: Network, clean: Batch, labels: &[u8], threat: ThreatModel) -> Result<Self, AttackError> {
        let expected = network.architecture.input.iter().product();
        let found = clean.images.dims()[1];
        if clean.rows() == 0 {
            return Err(AttackError::NoImages);
        }
        if expected != found {
            return Err(AttackError::Shape { expected, found });
        }
        let classes = network.architecture.classes;
        if let Some(&label) = labels.iter().find(|&&label| usize::from(label) >= classes) {
            return Err(AttackError::Label { classes, label });
        }
        let threat = ThreatModel { shape: network.architecture.input, ..threat };
        let ball = ImageBall::within(clean.images.clone(), threat)?;
        let images = (0..clean.rows() as u32).collect();
        Ok(Self { network, clean, ball, images })
    }

    /// The target of the rows named, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let index = self.row_index(rows);
        let pick = |x: &Tensor<2>| x.clone().select(0, index.clone());
        let clean = Batch { images: pick(&self.clean.images), targets: pick(&self.clean.targets) };
        let images = rows.iter().filter_map(|&row| self.images.get(row).copied()).collect();
        Self { network: self.network.clone(), clean, ball: self.ball.select(&index), images }
    }

    /// Row numbers as a tensor beside the images.
    pub fn row_index(&self, rows: &[usize]) -> Tensor<1, Int> {
        let rows: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
        Tensor::from_ints(rows.as_slice(), &self.clean.images.device())
    }

    /// The oracle of the ascent: the vertex of argmax⟨g, v⟩ over the ball, which is `lmo(−g)`.
    pub fn vertex(&self, gradient: Tensor<2>, x: Tensor<2>) -> Tensor<2> {
        self.ball.lmo(gradient.neg(), x)
    }

    /// The same with all that is known of it; `plan` is that of `x`.
    pub fn answer(&self, gradient: Tensor<2>, x: Tensor<2>, plan: Option<&Tensor<2>>) -> Answer {
        self.ball.answer(gradient.neg(), x, plan)
    }
}

/// The state of an ascent, one row an image.
#[derive(Clone)]
pub struct Ascent {
    /// What is raised.
    objective: Objective,
    /// Present points x, `[rows, n]`.
    pub x: Tensor<2>,
    /// ℓ(x), `[rows, 1]`.
    pub loss: Tensor<2>,
    /// ∇ℓ(x), `[rows, n]`.
    pub gradient: Tensor<2>,
    /// Points of highest loss so far, their losses and gradients.
    pub best_x: Tensor<2>,
    pub best_loss: Tensor<2>,
    pub best_gradient: Tensor<2>,
    /// First misclassified point of each image (clean where there is none yet). Here and below “misclassified” means
    /// taken for the chosen class, where there is one ([`super::AttackSettings::target`]).
    pub first_broken_x: Tensor<2>,
    /// 1 where some point so far was misclassified, `[rows, 1]`.
    pub broken: Tensor<2>,
    /// 1 where the best point is misclassified, `[rows, 1]`.
    pub best_broken: Tensor<2>,
    /// Transport plans, in the Wasserstein ball.
    pub plans: Option<Plans>,
}

/// Where the light of each image went, a plan for each point that [`Ascent`] keeps; see `image_ball`.
#[derive(Clone)]
pub struct Plans {
    pub x: Tensor<2>,
    pub best: Tensor<2>,
    pub first_broken: Tensor<2>,
}

impl Plans {
    fn all(plan: Tensor<2>) -> Self {
        Self { x: plan.clone(), best: plan.clone(), first_broken: plan }
    }

    /// Takes those of `other` where it is better, or the first that is broken. Both masks are `[rows, 1]`.
    fn absorb(&mut self, other: &Self, better: &Tensor<2, Bool>, first: &Tensor<2, Bool>) {
        let dims = self.x.dims();
        let wide = |mask: &Tensor<2, Bool>| mask.clone().expand(dims);
        self.best = self.best.clone().mask_where(wide(better), other.best.clone());
        self.first_broken = self.first_broken.clone().mask_where(wide(first), other.first_broken.clone());
        self.x = other.x.clone();
    }
}

impl Ascent {
    /// Starts at `x`; spends one gradient call.
    pub fn start(target: &Target, x: Tensor<2>, objective: Objective) -> Self {
        let (loss, broken, gradient) = evaluate(target, &x, &objective);
        Self {
            objective,
            best_x: x.clone(),
            best_loss: loss.clone(),
            best_gradient: gradient.clone(),
            first_broken_x: x.clone(),
            best_broken: broken.clone(),
            broken,
            plans: None,
            x,
            loss,
            gradient,
        }
    }

    /// The same with a transport plan of every row of `x`.
    pub fn start_with_plan(target: &Target, x: Tensor<2>, plan: Option<Tensor<2>>, objective: Objective) -> Self {
        Self { plans: plan.map(Plans::all), ..Self::start(target, x, objective) }
    }

    /// Goes to `x`, evaluates there (one gradient call) and keeps the best.
    pub fn move_to(&mut self, target: &Target, x: Tensor<2>) {
        let _ = self.moved(target, x);
    }

    /// The same where the plan of `x` is known.
    pub fn move_with_plan(&mut self, target: &Target, x: Tensor<2>, plan: Option<Tensor<2>>) {
        let (better, first) = self.moved(target, x);
        if let (Some(plans), Some(plan)) = (&mut self.plans, plan) {
            plans.absorb(&Plans::all(plan), &better, &first);
        }
    }

    /// Goes to `x`; says which rows are better than all before, and which are misclassified for the first time.
    fn moved(&mut self, target: &Target, x: Tensor<2>) -> (Tensor<2, Bool>, Tensor<2, Bool>) {
        let (loss, wrong, gradient) = evaluate(target, &x, &self.objective);
        let n = x.dims()[1];
        let rows = x.dims()[0];
        let better = loss.clone().greater(self.best_loss.clone());
        let wide = better.clone().expand([rows, n]);
        self.best_x = self.best_x.clone().mask_where(wide.clone(), x.clone());
        self.best_gradient = self.best_gradient.clone().mask_where(wide, gradient.clone());
        self.best_loss = self.best_loss.clone().mask_where(better.clone(), loss.clone());
        self.best_broken = self.best_broken.clone().mask_where(better.clone(), wrong.clone());
        let first = wrong.clone().greater(self.broken.clone());
        self.first_broken_x = self.first_broken_x.clone().mask_where(first.clone().expand([rows, n]), x.clone());
        self.broken = self.broken.clone().max_pair(wrong);
        self.x = x;
        self.loss = loss;
        self.gradient = gradient;
        (better, first)
    }

    /// Puts the rows where `mask` holds back to their best point.
    pub fn return_to_best(&mut self, mask: Tensor<2, Bool>) {
        if let Some(plans) = &mut self.plans {
            let wide = mask.clone().expand(plans.x.dims());
            plans.x = plans.x.clone().mask_where(wide, plans.best.clone());
        }
        let dims = self.x.dims();
        let wide = mask.clone().expand(dims);
        self.x = self.x.clone().mask_where(wide.clone(), self.best_x.clone());
        self.gradient = self.gradient.clone().mask_where(wide, self.best_gradient.clone());
        self.loss = self.loss.clone().mask_where(mask, self.best_loss.clone());
    }

    /// Goes where `other` is, and keeps the best of both. Spends nothing.
    pub fn absorb(&mut self, other: &Self) {
        let dims = self.x.dims();
        let better = other.best_loss.clone().greater(self.best_loss.clone());
        let wide = better.clone().expand(dims);
        self.best_x = self.best_x.clone().mask_where(wide.clone(), other.best_x.clone());
        self.best_gradient = self.best_gradient.clone().mask_where(wide, other.best_gradient.clone());
        self.best_loss = self.best_loss.clone().mask_where(better.clone(), other.best_loss.clone());
        self.best_broken = self.best_broken.clone().mask_where(better.clone(), other.best_broken.clone());
        let first = other.broken.clone().greater(self.broken.clone());
        if let (Some(plans), Some(others)) = (&mut self.plans, &other.plans) {
            plans.absorb(others, &better, &first);
        }
        let first = first.expand(dims);
        self.first_broken_x = self.first_broken_x.clone().mask_where(first, other.first_broken_x.clone());
        self.broken = self.broken.clone().max_pair(other.broken.clone());
        self.x = other.x.clone();
        self.loss = other.loss.clone();
        self.gradient = other.gradient.clone();
    }

    /// The image an attack hands in: the point of highest loss if it is misclassified, else the first
    /// misclassified one, else the point of highest loss.
    pub fn result(&self) -> Tensor<2> {
        let dims = self.x.dims();
        let rescue = self.broken.clone().greater(self.best_broken.clone()).expand(dims);
        self.best_x.clone().mask_where(rescue, self.first_broken_x.clone())
    }

    /// The plan of [`Self::result`], where there are plans.
    pub fn result_plan(&self) -> Option<Tensor<2>> {
        let plans = self.plans.as_ref()?;
        let rescue = self.broken.clone().greater(self.best_broken.clone()).expand(plans.x.dims());
        Some(plans.best.clone().mask_where(rescue, plans.first_broken.clone()))
    }

    /// Only the rows named, in that order.
    pub fn keep(&mut self, rows: &Tensor<1, Int>) {
        let fields = [
            &mut self.x,
            &mut self.loss,
            &mut self.gradient,
            &mut self.best_x,
            &mut self.best_loss,
            &mut self.best_gradient,
            &mut self.first_broken_x,
            &mut self.broken,
            &mut self.best_broken,
        ];
        let plans = self.plans.iter_mut().flat_map(|plans| [&mut plans.x, &mut plans.best, &mut plans.first_broken]);
        fields.into_iter().chain(plans).for_each(|field| keep_rows(field, rows));
        self.objective.keep(rows);
    }
}

/// Loss, whether that counts as broken, and gradient.
fn evaluate(target: &Target, x: &Tensor<2>, objective: &Objective) -> (Tensor<2>, Tensor<2>, Tensor<2>) {
    let (labels, goal) = (target.clean.targets.clone(), objective.goal());
    let chosen = goal.is_some();
    let batch = Batch { images: x.clone(), targets: goal.unwrap_or_else(|| labels.clone()) };
    let value = |logits: Tensor<2>, _: Tensor<2>| objective.value(logits, labels.clone());
    let (loss, met, gradient) = target.network.image_gradient_of(&batch, &value);
    let broken = if chosen { met } else { met.ones_like().sub(met) };
    (loss, broken, gradient)
}

/// A constant column `[rows, 1]` beside `like`.
pub(super) fn column(like: &Tensor<2>, value: f64) -> Tensor<2> {
    let rows = like.dims()[0];
    Tensor::from_data(TensorData::new(vec![value as f32; rows], [rows, 1]), &like.device())
}

/// Only the rows named, in that order.
pub(super) fn keep_rows(values: &mut Tensor<2>, rows: &Tensor<1, Int>) {
    *values = values.clone().select(0, rows.clone());
}
