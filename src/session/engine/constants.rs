//! The constants that the theorems about stochastic Frank–Wolfe ask for (Sato and Iiduka 2025, assumptions A1 to A4),
//! estimated on run A: along its path, from the snapshots that a run leaves behind, and at its present weights.
//!
//! The training is not touched. A copy of the run is put where the run has been, asks there for the gradient on the
//! reference images, and takes the step again that the run took there: same batch, same memory, same rate. One unit of
//! work is one group of images, so training and messages go on in between.
//!
//! - D is exact: D² = Σ D_ℓ², one set for every tensor.
//! - σ at a point: the reference images, shuffled, in groups of b. Two groups differ by E‖g₁ − g₂‖² = 2S²/b with S² the
//!   variance of one image's gradient, n − 1 below; that is exact for groups drawn without replacement. σ² = S²(n − 1)/n.
//! - L from below: the largest ‖∇f(x) − ∇f(y)‖/‖x − y‖ over pairs of points in Ω: those of the path, each with where its
//!   step led, and those that power iteration finds near the last one.
//! - ‖eₜ‖, the error of the direction that was followed, and ‖dₜ‖, how far away the oracle's vertex lay, of the steps
//!   that begin at the points: what ★ needs.
//!
//! f is the mean loss of the reference images throughout.

use burn::tensor::{Device, Tensor};

use super::EngineError;
use super::checkpoint::RunState;
use super::measure::add;
use super::readback::read_all;
use super::run::{FEASIBLE, Run};
use super::trainer::{pool_at, training_batch};
use crate::data::Images;
use crate::nn::Batch;
use crate::optim::cost::StepCost;
use crate::optim::{Block, Proposal};
use crate::random::Random;
use crate::session::{ConstantId, ConstantsNow, DataId, Experiment, Knowledge, KnownConstant, PathPoint};
use crate::sets::joint_diameter;
use crate::theory::row::Estimate;

/// Points of the path at most, the first and the last one included.
const POINTS: usize = 12;
/// Steps of power iteration.
const ROUNDS: u32 = 6;
/// Groups into which the reference images are cut to estimate σ, if they are many enough.
const GROUPS: usize = 32;
/// Images of a chunk: a larger one would keep others waiting.
const CHUNK: usize = 128;
/// How far from the last point power iteration looks, as a share of ‖θ‖.
const NEAR: f64 = 0.01;
/// Points closer than this share of ‖θ‖ are one: the gradients of `f32` differ by rounding alone.
const APART: f64 = 1e-4;
/// The shuffles of the reference images are streams of the host generator from here on, one a step.
const SHUFFLE_STREAM: u64 = 3 << 32;

/// An estimation in progress.
pub(super) struct Estimation {
    experiment: Experiment,
    classes: usize,
    /// Training images there are, and how many of them, the first ones, are the reference.
    images: usize,
    reference: usize,
    run: Run,
    /// Points of the path that are not done yet, the next one last.
    ahead: Vec<(u32, RunState)>,
    task: Task,
    sum: Sum,
    places: Vec<Place>,
    /// Which of them is the point of the path that came last.
    base: usize,
    path: Vec<PathPoint>,
    smoothness: f64,
    secants: u32,
    /// The largest loss met, and how many were.
    upper: f64,
    values: u32,
    done: u32,
    of: u32,
}

/// What the gradient under way is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// A point of the path: everything there, then its step again.
    Point {
        t: u32,
    },
    /// Where that step led.
    After,
    /// A round of power iteration.
    Near {
        round: u32,
    },
    Done,
}

/// A point of Ω and ∇f there, all tensors one after the other.
struct Place {
    theta: Vec<f32>,
    gradient: Vec<f32>,
}

impl Estimation {
    /// Begins. `run` is a copy of its own; `path` holds the states of the run by step, the present one last; the first
    /// `reference` of the `images` training images are those on which f is measured.
    pub fn new(
        experiment: &Experiment,
        classes: usize,
        [images, reference]: [usize; 2],
        run: Run,
        path: Vec<(u32, RunState)>,
    ) -> Self {
        let mut ahead = thinned(path, POINTS);
        let total = experiment.steps;
        let steps = ahead.iter().filter(|(t, _)| *t < total).count();
        let of = (ahead.len() + steps) as u32 + ROUNDS;
        ahead.reverse();
        let first = ahead.last().map(|(t, _)| *t);
        let mut estimation = Self {
            experiment: experiment.clone(),
            classes,
            images,
            reference,
            run,
            ahead,
            task: Task::Done,
            sum: Sum::default(),
            places: Vec::new(),
            base: 0,
            path: Vec::new(),
            smoothness: 0.0,
            secants: 0,
            upper: 0.0,
            values: 0,
            done: 0,
            of,
        };
        if let Some(t) = first {
            estimation.turn_to(t);
        }
        estimation
    }

    /// The data it works on.
    pub fn data(&self) -> DataId {
        self.experiment.data
    }

    /// Whether everything has been measured.
    pub fn is_done(&self) -> bool {
        self.task == Task::Done
    }

    /// Whether the images of the next unit are among the first `train` training images, which have arrived.
    pub fn has_data(&self, train: usize) -> bool {
        let pool = match self.task {
            Task::Point { t } => pool_at(t, self.images),
            _ => 0,
        };
        train >= self.reference.max(pool)
    }

    /// One more group of images; what is known by now, if it has become more.
    pub async fn advance(&mut self, train: &Images, device: &Device) -> Result<Option<ConstantsNow>, EngineError> {
        if self.is_done() {
            return Ok(None);
        }
        if self.sum.done == 0
            && matches!(self.task, Task::Point { .. })
            && let Some((_, state)) = self.ahead.last()
        {
            self.run.restore(state, device)?;
        }
        if !self.sum.advance(&self.run, train, self.classes, device)? {
            return Ok(None);
        }
        let sum = std::mem::take(&mut self.sum);
        match self.task {
            Task::Point { t } => self.point(t, sum, train, device).await?,
            Task::After => {
                self.place(sum).await?;
                self.go_on(device)?;
            }
            Task::Near { round } => {
                self.place(sum).await?;
                self.look_near(round + 1, device)?;
            }
            Task::Done => {}
        }
        self.done = if self.is_done() { self.of } else { self.done + 1 };
        Ok(Some(self.tell()))
    }

    /// What is known by now.
    pub fn tell(&self) -> ConstantsNow {
        let t = self.ahead.first().map(|(t, _)| *t).or(self.path.last().map(|point| point.t)).unwrap_or(0);
        ConstantsNow {
            t,
            reference_images: self.reference as u32,
            done: self.done,
            of: self.of,
            values: self.constants(),
            path: self.path.clone(),
        }
    }

    fn constants(&self) -> Vec<KnownConstant> {
        let diameter = joint_diameter(self.run.blocks.iter().map(|block| block.diameter));
        let measured: Vec<&PathPoint> = self.path.iter().filter(|point| point.pairs > 0).collect();
        let pairs: u32 = measured.iter().map(|point| point.pairs).sum();
        let largest = measured.iter().max_by(|a, b| a.variance.total_cmp(&b.variance));
        let (sigma, sigma_error) = largest.map_or((f64::NAN, 0.0), |point| root(point.variance, point.variance_error));
        let count = measured.len() as f64;
        let mean = measured.iter().map(|point| point.variance).sum::<f64>() / count;
        let mean_error = measured.iter().map(|point| point.variance_error.powi(2)).sum::<f64>().sqrt() / count;
        let (sigma_mean, mean_error) = root(mean, mean_error);
        let start = self.path.first().map_or(f64::NAN, |point| point.value);
        let unless_none = |value: f64, count: u32| if count > 0 { value } else { f64::NAN };
        let known = |id, value, error, kind, samples| KnownConstant { id, value, error, kind, samples };
        vec![
            known(ConstantId::Diameter, diameter, 0.0, Knowledge::Exact, self.run.blocks.len() as u32),
            known(ConstantId::Sigma, sigma, sigma_error, Knowledge::Estimate, pairs),
            known(ConstantId::SigmaMean, sigma_mean, mean_error, Knowledge::Estimate, pairs),
            known(
                ConstantId::Smoothness,
                unless_none(self.smoothness, self.secants),
                0.0,
                Knowledge::LowerEstimate,
                self.secants,
            ),
            known(
                ConstantId::UpperValue,
                unless_none(self.upper, self.values),
                0.0,
                Knowledge::LowerEstimate,
                self.values,
            ),
            known(ConstantId::LowestValue, 0.0, 0.0, Knowledge::Bound, 0),
            known(ConstantId::GapInValue, start, 0.0, Knowledge::Bound, u32::from(!self.path.is_empty())),
        ]
    }

    /// The next point of the path; after the last one, power iteration.
    fn go_on(&mut self, device: &Device) -> Result<(), EngineError> {
        match self.ahead.last().map(|(t, _)| *t) {
            Some(t) => self.turn_to(t),
            None => self.look_near(0, device)?,
        }
        Ok(())
    }

    /// The reference images, shuffled for the point at `t` and cut into groups.
    fn turn_to(&mut self, t: u32) {
        let mut random = Random::new(self.experiment.seed, SHUFFLE_STREAM + u64::from(t));
        let order = random.distinct(self.reference, self.reference);
        let group = (self.reference / GROUPS).clamp(1, CHUNK);
        self.sum = Sum { order, group, compares: true, ..Sum::default() };
        self.task = Task::Point { t };
    }

    /// The reference images in chunks.
    fn all_images(&self) -> Sum {
        Sum { order: (0..self.reference).collect(), group: CHUNK, ..Sum::default() }
    }

    /// A point of the path is measured: takes its numbers down, then its step again.
    async fn point(&mut self, t: u32, sum: Sum, train: &Images, device: &Device) -> Result<(), EngineError> {
        let (group, pairs, blocks) = (sum.group as f64, sum.distances.len(), self.run.blocks.len());
        let mut tensors: Vec<Tensor<2>> = sum.loss.clone().into_iter().chain(sum.distances.clone()).collect();
        tensors.extend(self.run.blocks.iter().zip(&sum.gradient).map(|(block, gradient)| block.gap(gradient)));
        tensors.extend(self.run.blocks.iter().map(Block::gauge));
        tensors.extend(sum.gradient);
        tensors.extend(self.run.blocks.iter().map(|block| block.theta.clone()));
        let steps = t < self.experiment.steps;
        let mut oracle_answers = false;
        if steps {
            let again = self.step_again(t, train, device)?;
            oracle_answers = again.moved.len() == blocks;
            tensors.extend(again.direction.into_iter().chain(again.gamma).chain(again.moved));
        }
        let mut parts = read_all(tensors).await?.into_iter();
        let mut next = |count: usize| parts.by_ref().take(count).flatten().collect::<Vec<f32>>();

        let value = next(1).first().map_or(f64::NAN, |loss| f64::from(*loss));
        let images = self.reference as f64;
        // From n − 1 below to n: the variance of one image drawn from the n.
        let scale = 0.5 * group * (images - 1.0) / images;
        let samples: Vec<f64> = next(pairs).iter().map(|squared| scale * f64::from(*squared)).collect();
        let variance = Estimate::of(&samples).unwrap_or(Estimate { mean: f64::NAN, error: 0.0 });
        let gaps = next(blocks);
        let inside = next(blocks).iter().all(|gauge| *gauge <= FEASIBLE);
        let gap = if inside { gaps.iter().map(|gap| f64::from(*gap)).sum::<f64>() } else { f64::NAN };
        let gradient = next(blocks);
        let theta = next(blocks);
        let mut point = PathPoint {
            t,
            value,
            gap,
            variance: variance.mean,
            variance_error: variance.error,
            pairs: pairs as u32,
            error: f64::NAN,
            moved: f64::NAN,
            gamma: [f64::NAN; 2],
        };
        if steps {
            point.error = distance(&next(blocks), &gradient);
            let gammas: Vec<f64> = next(blocks).iter().map(|gamma| f64::from(*gamma)).collect();
            point.gamma =
                [gammas.iter().copied().fold(f64::INFINITY, f64::min), gammas.iter().copied().fold(0.0, f64::max)];
            if oracle_answers {
                point.moved = next(blocks).iter().map(|squared| f64::from(*squared)).sum::<f64>().sqrt();
            }
        }
        self.path.push(point);
        self.met(value, Place { theta, gradient });
        self.base = self.places.len() - 1;
        self.ahead.pop();
        if steps {
            self.task = Task::After;
            self.sum = self.all_images();
        } else {
            self.go_on(device)?;
        }
        Ok(())
    }

    /// Takes the step from `t` as the run took it; the copy then stands where it led.
    fn step_again(&mut self, t: u32, train: &Images, device: &Device) -> Result<Again, EngineError> {
        let total = self.experiment.steps;
        let pool = pool_at(t, self.images);
        let (size, _) = self.run.spec.batch.at(t, total, pool);
        let batch = training_batch(&self.experiment, train, t, [size, pool], self.classes, device)?;
        let mut cost = StepCost::default();
        let found = self.run.gradient(&batch, t, &mut cost)?;
        let momentum = self.run.spec.momentum;
        let direction = self.run.blocks.iter().zip(&found.gradient).map(|(block, g)| block.averaged(g, momentum));
        let direction = direction.collect();
        let learning_rate = f64::from(self.run.spec.learning_rate.at(t, total) as f32);
        let proposals = self.run.propose(&found.gradient, t, learning_rate, &mut cost);
        let gamma = proposals.iter().map(|proposal| proposal.gamma.clone()).collect();
        let squared = |(proposal, block): (&Proposal, &Block)| {
            let vertex = proposal.vertex.clone()?;
            Some(vertex.sub(block.theta.clone()).square().sum_dim(1))
        };
        let moved = proposals.iter().zip(&self.run.blocks).filter_map(squared).collect();
        self.run.apply(found, proposals, &mut cost);
        Ok(Again { direction, gamma, moved })
    }

    /// A gradient elsewhere is measured: where a step led, or near the last point.
    async fn place(&mut self, sum: Sum) -> Result<(), EngineError> {
        let blocks = self.run.blocks.len();
        let mut tensors: Vec<Tensor<2>> = sum.loss.into_iter().chain(sum.gradient).collect();
        tensors.extend(self.run.blocks.iter().map(|block| block.theta.clone()));
        let mut parts = read_all(tensors).await?.into_iter();
        let mut next = |count: usize| parts.by_ref().take(count).flatten().collect::<Vec<f32>>();
        let value = next(1).first().map_or(f64::NAN, |loss| f64::from(*loss));
        let gradient = next(blocks);
        let place = Place { gradient, theta: next(blocks) };
        // Power iteration leaves the path: its losses say nothing about f̄.
        let value = if self.task == Task::After { value } else { f64::NAN };
        self.met(value, place);
        Ok(())
    }

    /// Compares a new place with all known ones.
    fn met(&mut self, value: f64, place: Place) {
        if value.is_finite() {
            self.upper = self.upper.max(value);
            self.values += 1;
        }
        for known in &self.places {
            if let Some(secant) = secant(known, &place) {
                self.smoothness = self.smoothness.max(secant);
                self.secants += 1;
            }
        }
        self.places.push(place);
    }

    /// Puts the copy a little away from the last point of the path, in the direction in which the gradient changed
    /// most so far, and inside Ω. Ends after the last round, or if there is no such direction.
    fn look_near(&mut self, round: u32, device: &Device) -> Result<(), EngineError> {
        self.task = Task::Done;
        let (Some(base), Some(last)) = (self.places.get(self.base), self.places.last()) else { return Ok(()) };
        if round >= ROUNDS {
            return Ok(());
        }
        let direction: Vec<f32> = if round == 0 {
            base.gradient.clone()
        } else {
            last.gradient.iter().zip(&base.gradient).map(|(new, old)| new - old).collect()
        };
        let step = NEAR * length(&base.theta) / length(&direction);
        if !step.is_finite() {
            return Ok(());
        }
        let moved = base.theta.iter().zip(&direction).map(|(theta, u)| theta + (step * f64::from(*u)) as f32);
        let moved: Vec<f32> = moved.collect();
        let mut rest = moved.as_slice();
        let mut theta = Vec::with_capacity(self.run.blocks.len());
        for block in &self.run.blocks {
            let (row, after) = rest.split_at_checked(block.theta.dims()[1]).unwrap_or((rest, &[]));
            theta.push(row.to_vec());
            rest = after;
        }
        self.run.restore(&RunState { theta, ..RunState::default() }, device)?;
        self.run.blocks.iter_mut().for_each(Block::shift_inside);
        self.sum = self.all_images();
        self.task = Task::Near { round };
        Ok(())
    }
}

/// What a step that is taken again shows, a row a block: the direction m that was followed, γ, and ‖v − θ‖² if the
/// method asked the oracle.
struct Again {
    direction: Vec<Tensor<2>>,
    gamma: Vec<Tensor<2>>,
    moved: Vec<Tensor<2>>,
}

/// ∇f over some images, group by group.
#[derive(Default)]
struct Sum {
    order: Vec<usize>,
    /// Images of a group.
    group: usize,
    /// Whether the groups are compared two by two.
    compares: bool,
    done: usize,
    loss: Option<Tensor<2>>,
    gradient: Vec<Tensor<2>>,
    /// The gradient of a group that waits for its partner.
    partner: Option<Vec<Tensor<2>>>,
    /// ‖g₁ − g₂‖² of each pair, `[1, 1]`.
    distances: Vec<Tensor<2>>,
}

impl Sum {
    /// One more group; `true` when all are done.
    fn advance(&mut self, run: &Run, train: &Images, classes: usize, device: &Device) -> Result<bool, EngineError> {
        let to = (self.done + self.group.max(1)).min(self.order.len());
        let indices = self.order.get(self.done..to).unwrap_or_default();
        let (pixels, labels) = train.batch_f32(indices)?;
        let batch = Batch::new(pixels, &labels, classes, device);
        let found = run.network().loss_and_gradient(&batch);
        let weight = indices.len() as f64 / self.order.len() as f64;
        // A last group that is smaller has no partner.
        if self.compares && indices.len() == self.group {
            match self.partner.take() {
                Some(partner) => self.distances.extend(squared_distance(&partner, &found.gradient)),
                None => self.partner = Some(found.gradient.clone()),
            }
        }
        add(&mut self.loss, found.loss.mul_scalar(weight));
        let scaled = found.gradient.into_iter().map(|gradient| gradient.mul_scalar(weight));
        self.gradient = if self.gradient.is_empty() {
            scaled.collect()
        } else {
            std::mem::take(&mut self.gradient).into_iter().zip(scaled).map(|(sum, more)| sum.add(more)).collect()
        };
        self.done = to;
        Ok(self.done >= self.order.len())
    }
}

/// ‖a − b‖² over all blocks, `[1, 1]`.
fn squared_distance(a: &[Tensor<2>], b: &[Tensor<2>]) -> Option<Tensor<2>> {
    let squares = a.iter().zip(b).map(|(a, b)| a.clone().sub(b.clone()).square().sum_dim(1));
    squares.reduce(|sum, square| sum.add(square))
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>().sqrt()
}

fn length(a: &[f32]) -> f64 {
    a.iter().map(|a| f64::from(*a).powi(2)).sum::<f64>().sqrt()
}

/// √x and its standard error from those of x: d√x = dx/(2√x).
fn root(square: f64, error: f64) -> (f64, f64) {
    let root = square.sqrt();
    (root, if root > 0.0 { error / (2.0 * root) } else { 0.0 })
}

/// ‖∇f(x) − ∇f(y)‖/‖x − y‖, unless rounding decides it.
fn secant(x: &Place, y: &Place) -> Option<f64> {
    let apart = distance(&x.theta, &y.theta);
    let quotient = distance(&x.gradient, &y.gradient) / apart;
    (apart > APART * length(&x.theta) && quotient.is_finite()).then_some(quotient)
}

/// At most `most` of the items, evenly chosen by rank, with the first and the last.
fn thinned<T>(items: Vec<T>, most: usize) -> Vec<T> {
    let last = items.len().saturating_sub(1);
    if items.len() <= most || most < 2 {
        return items;
    }
    let mut wanted = (0..most).map(|i| i * last / (most - 1)).peekable();
    let mut kept = Vec::with_capacity(most);
    for (rank, item) in items.into_iter().enumerate() {
        if wanted.next_if_eq(&rank).is_some() {
            kept.push(item);
        }
    }
    kept
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::data::ImageShape;
    use crate::nn::{Architecture, Layout, Nonlinearity};
    use crate::session::{RunId, RunSpec};

    fn pictures(count: usize, shape: ImageShape) -> Images {
        let mut random = Random::new(11, 0);
        let pixels = (0..count * shape.values()).map(|_| random.below(256) as u8).collect();
        let labels = (0..count).map(|i| (i % 3) as u8).collect();
        Images { shape, pixels, labels, original: (0..count as u32).collect() }
    }

    #[test]
    fn the_smoothness_of_a_softmax_regression_is_never_overestimated() {
        let shape = ImageShape::new(1, 4, 4).unwrap();
        let images = pictures(20, shape);
        let architecture = Architecture {
            input: [1, 4, 4],
            channels: vec![],
            layout: Layout::Plain,
            classes: 3,
            nonlinearity: Nonlinearity::Gelu,
        };
        let device = Device::flex();
        let experiment = Experiment { steps: 10, ..Experiment::default() };
        let run = Run::new(RunId::A, RunSpec::default(), &architecture, 3, &device).unwrap();
        let state = pollster::block_on(run.state()).unwrap();
        let mut estimation = Estimation::new(&experiment, 3, [20, 20], run, vec![(0, state)]);
        while !estimation.is_done() {
            pollster::block_on(estimation.advance(&images, &device)).unwrap();
        }
        let told = estimation.tell();
        assert_eq!((told.done, told.t), (told.of, 0));
        // Cross-entropy bends at most by ½ in the logits; these are linear in the weights with the pixels, which the
        // network centres and scales, and a 1 for the bias.
        let squares = |image: &[u8]| image.iter().map(|p| (f64::from(*p) / 255.0 - 0.5).powi(2) * 16.0).sum::<f64>();
        let known = images.pixels.chunks(16).map(|image| 0.5 * (squares(image) + 1.0)).sum::<f64>() / 20.0;
        let found = told.values.iter().find(|value| value.id == ConstantId::Smoothness).unwrap();
        assert!(found.samples >= 20, "{found:?}");
        assert!(found.value <= 1.001 * known, "{} above the true {known}", found.value);
        // Power iteration finds more than a random direction would.
        assert!(found.value > 0.05 * known, "{} of {known}", found.value);
    }

    #[test]
    fn thinning_keeps_both_ends() {
        assert_eq!(thinned(vec![1, 2, 3], 12), [1, 2, 3]);
        let kept = thinned((0..100).collect(), 12);
        assert_eq!((kept.len(), kept.first(), kept.last()), (12, Some(&0), Some(&99)));
    }
}
