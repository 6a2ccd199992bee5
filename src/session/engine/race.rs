//! A race of attacks: the same images, the same budget, call by call in lock-step.

use burn::tensor::{Device, Tensor, TensorData};

use super::readback::{read, read_all};
use super::shelf::Shelf;
use super::trainer::Trainer;
use super::{Clock, EngineError};
use crate::attack::{self, Attack, AttackSettings, Loss, Target, checkpoints_of_runs};
use crate::data::{Images, UNKNOWN_LABEL};
use crate::nn::{Batch, Network};
use crate::session::{AttackNow, AttackSpec, AttackState, Event, LossId, RunId, Victim};
use crate::sets::image_ball::round_within;

/// Milliseconds between reports while running.
const REPORT_EVERY: f64 = 200.0;

/// A race in progress.
pub(super) struct Race {
    spec: AttackSpec,
    target: Target,
    runners: Vec<Runner>,
    call: u32,
    images: Images,
    clean_values: Vec<f32>,
    clean_probabilities: Vec<f32>,
    clean_right: Vec<bool>,
    clean_sent: bool,
    last_report: f64,
    call_times: Vec<f64>,
}

struct Runner {
    key: &'static str,
    loss: Loss,
    attack: Box<dyn Attack>,
    pending: Vec<Tensor<2>>,
    /// One entry a call: best loss, gap, step size, halved; each `rows` numbers.
    history: Vec<Call>,
}

struct Call {
    best_loss: Vec<f32>,
    gap: Option<Vec<f32>>,
    step_size: Vec<f32>,
    halved: Vec<f32>,
}

impl Race {
    /// Places the images and spends the first gradient call of every attack.
    ///
    /// # Errors
    /// [`EngineError::Missing`] while data or network are still on their way; [`EngineError::Attack`] if images,
    /// network, norm, loss and attacks do not fit each other, or the network answers with what is no number.
    pub async fn new(
        spec: AttackSpec,
        shelf: &Shelf,
        trainer: Option<&Trainer>,
        device: &Device,
    ) -> Result<Self, EngineError> {
        let network = victim(&spec.victim, shelf, trainer, device)?;
        let images = choose_images(&spec, shelf, &network)?;
        let count = images.len();
        let classes = network.architecture.classes;
        let all: Vec<usize> = (0..count).collect();
        let (clean_values, mut labels) = images.batch_f32(&all)?;
        let n = clean_values.len().checked_div(count).unwrap_or(0);
        let clean = Tensor::from_data(TensorData::new(clean_values.clone(), [count, n]), device);
        let clean_probabilities = read(network.probabilities(clean)).await?;
        attack::check_finite(&clean_probabilities)?;
        let predicted: Vec<u8> = clean_probabilities.chunks(classes.max(1)).map(largest).collect();
        // A picture without a label is taken for what the network takes it for.
        for (label, predicted) in labels.iter_mut().zip(&predicted) {
            if *label == UNKNOWN_LABEL {
                *label = *predicted;
            }
        }
        let clean_right = labels.iter().zip(&predicted).map(|(label, predicted)| label == predicted).collect();
        let batch = Batch::new(clean_values.clone(), &labels, classes, device);
        let target = Target::within(network, batch, &labels, spec.threat())?;
        let settings = AttackSettings {
            budget: spec.budget,
            gamma0: spec.gamma0,
            seed: spec.seed,
            loss: loss(spec.loss),
            restarts: spec.restarts,
            restart: 0,
        };
        let runners = spec
            .attacks
            .iter()
            .map(|key| Runner::start(attack::find(key)?, &target, &settings))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            spec,
            target,
            runners,
            call: 0,
            images: Images { labels, ..images },
            clean_values,
            clean_probabilities,
            clean_right,
            clean_sent: false,
            last_report: 0.0,
            call_times: Vec::new(),
        })
    }

    pub fn is_done(&self) -> bool {
        self.call >= self.spec.budget
    }

    pub fn focus(&mut self, image: u32) {
        self.spec.focus = image;
    }

    /// Median milliseconds of one gradient call of one attack on all images.
    pub fn ms_per_call(&self) -> f32 {
        let mut times = self.call_times.clone();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(0.0) as f32
    }

    /// One gradient call of every attack; reports now and then, and at the end.
    pub async fn call(&mut self, clock: Clock, out: &mut Vec<Event>) -> Result<(), EngineError> {
        if self.is_done() {
            return self.report(false, out).await;
        }
        let began = clock();
        for runner in &mut self.runners {
            runner.attack.step(&self.target);
            runner.note(&self.target);
            // Reading the row back is what makes the time honest on a device that works ahead.
            runner.read_back().await?;
        }
        self.call += 1;
        let now = clock();
        self.call_times.push((now - began) / self.runners.len().max(1) as f64);
        if self.is_done() || now - self.last_report > REPORT_EVERY {
            self.report(!self.is_done(), out).await?;
            self.last_report = clock();
        }
        Ok(())
    }

    /// Says where the race stands; the images are rounded to 8 bits and classified again for it.
    pub async fn report(&mut self, running: bool, out: &mut Vec<Event>) -> Result<(), EngineError> {
        let focus = (self.spec.focus as usize).min(self.images.len().saturating_sub(1));
        let mut attacks = Vec::with_capacity(self.runners.len());
        for runner in &mut self.runners {
            runner.read_back().await?;
        }
        for runner in &self.runners {
            attacks.push(self.state_of(runner, focus).await?);
        }
        let clean = if self.clean_sent { Vec::new() } else { self.images.pixels.clone() };
        self.clean_sent = true;
        let shape = self.images.shape;
        out.push(Event::Attack(AttackNow {
            call: self.call,
            budget: self.spec.budget,
            running,
            shape: [shape.channels as u32, shape.height as u32, shape.width as u32],
            classes: self.target.network.architecture.classes as u32,
            epsilon: self.spec.size_over_255(),
            norm: self.spec.norm,
            p: self.spec.p,
            images: self.images.original.clone(),
            labels: self.images.labels.clone(),
            clean,
            clean_probabilities: self.clean_probabilities.clone(),
            checkpoints: checkpoints_of_runs(self.spec.budget, self.spec.restarts),
            attacks,
            focus: focus as u32,
        }));
        Ok(())
    }

    async fn state_of(&self, runner: &Runner, focus: usize) -> Result<AttackState, EngineError> {
        let attack = &runner.attack;
        let nearest = attack.nearest().map(|nearest| nearest.length);
        let wanted = [attack.result(&self.target), attack.broken(&self.target)].into_iter().chain(nearest);
        let mut parts = read_all(wanted.collect()).await?.into_iter();
        let values = parts.next().unwrap_or_default();
        let broken = parts.next().unwrap_or_default();
        let nearest = parts.next().unwrap_or_default();
        let count = self.images.len();
        let n = values.len().checked_div(count).unwrap_or(0);
        let threat = self.target.ball.threat();
        let adversarial = round_within(&values, &self.clean_values, n, &threat);
        let rounded: Vec<f32> = adversarial.iter().map(|&v| f32::from(v) / 255.0).collect();
        let device = self.target.clean.images.device();
        let again = Tensor::from_data(TensorData::new(rounded, [count, n]), &device);
        let probabilities = read(self.target.network.probabilities(again)).await?;
        let classes = self.target.network.architecture.classes.max(1);
        let survivors = probabilities
            .chunks(classes)
            .zip(&self.images.labels)
            .zip(&self.clean_right)
            .filter(|((row, label), right)| **right && largest(row) == **label)
            .count();
        let pairs = || adversarial.chunks(n.max(1)).zip(self.images.pixels.chunks(n.max(1)));
        let levels = |(a, c): (&u8, &u8)| f64::from(a.abs_diff(*c));
        let linf = pairs().map(|(a, c)| a.iter().zip(c).map(levels).fold(0.0, f64::max) as f32).collect();
        let distance = pairs().map(|(a, c)| threat.length(a.iter().zip(c).map(levels)) as f32).collect();
        let at = |numbers: &Vec<f32>| numbers.get(focus).copied().unwrap_or(f32::NAN);
        let history = &runner.history;
        Ok(AttackState {
            key: runner.key.into(),
            best_loss: history.iter().map(|call| at(&call.best_loss)).collect(),
            mean_best_loss: history.iter().map(|call| self.mean_over_right(&call.best_loss)).collect(),
            gap: history.iter().filter_map(|call| call.gap.as_ref().map(at)).collect(),
            step_size: history.iter().map(|call| at(&call.step_size)).collect(),
            halvings: (0_u32..).zip(history).filter(|(_, call)| at(&call.halved) > 0.5).map(|(i, _)| i).collect(),
            adversarial,
            probabilities,
            linf,
            distance,
            nearest: nearest.iter().map(|&length| if length < f32::MAX { length } else { f32::NAN }).collect(),
            loss: loss_id(runner.loss),
            broken_before_rounding: broken.iter().map(|b| u8::from(*b > 0.5)).collect(),
            robust_accuracy: survivors as f32 / count.max(1) as f32,
        })
    }

    fn mean_over_right(&self, numbers: &[f32]) -> f32 {
        let right: Vec<f32> =
            numbers.iter().zip(&self.clean_right).filter(|(_, right)| **right).map(|(n, _)| *n).collect();
        if right.is_empty() { f32::NAN } else { right.iter().sum::<f32>() / right.len() as f32 }
    }
}

impl Runner {
    fn start(
        entry: &'static attack::AttackEntry,
        target: &Target,
        settings: &AttackSettings,
    ) -> Result<Self, attack::AttackError> {
        let attack = attack::start(entry, target, settings)?;
        let loss = entry.loss_under(settings);
        let mut runner = Self { key: entry.key, loss, attack, pending: Vec::new(), history: Vec::new() };
        runner.note(target);
        Ok(runner)
    }

    /// Keeps this call's numbers for the next read: best loss, step size, halved, and the gap if there is one.
    fn note(&mut self, target: &Target) {
        let (ascent, halving) = (self.attack.ascent(), self.attack.halving());
        let halved = halving.just_halved.clone().unwrap_or_else(|| halving.step_size.zeros_like());
        let mut columns = vec![ascent.best_loss.clone(), halving.step_size.clone(), halved];
        columns.extend(self.attack.gap(target));
        self.pending.push(Tensor::cat(columns, 1));
    }

    async fn read_back(&mut self) -> Result<(), EngineError> {
        for table in std::mem::take(&mut self.pending) {
            let width = table.dims()[1];
            let numbers = read(table).await?;
            attack::check_finite(&numbers)?;
            let column = |j: usize| numbers.iter().skip(j).step_by(width.max(1)).copied().collect::<Vec<_>>();
            self.history.push(Call {
                best_loss: column(0),
                step_size: column(1),
                halved: column(2),
                gap: (width > 3).then(|| column(3)),
            });
        }
        Ok(())
    }
}

/// The loss behind a key of the protocol.
fn loss(id: LossId) -> Loss {
    match id {
        LossId::CrossEntropy => Loss::CrossEntropy,
        LossId::Margin => Loss::Margin,
        LossId::Dlr => Loss::Dlr,
        LossId::TargetedDlr => Loss::TargetedDlr,
    }
}

fn loss_id(loss: Loss) -> LossId {
    match loss {
        Loss::CrossEntropy => LossId::CrossEntropy,
        Loss::Margin => LossId::Margin,
        Loss::Dlr => LossId::Dlr,
        Loss::TargetedDlr => LossId::TargetedDlr,
    }
}

fn victim(victim: &Victim, shelf: &Shelf, trainer: Option<&Trainer>, device: &Device) -> Result<Network, EngineError> {
    let training = |id| {
        let trainer = trainer.ok_or_else(|| EngineError::Missing("a network in training".into()))?;
        trainer.run(id).map(super::run::Run::network)
    };
    match victim {
        Victim::TrainingA => training(RunId::A),
        Victim::TrainingB => training(RunId::B),
        Victim::Bundled(name) => {
            let model = shelf.bundled(name)?;
            Ok(Network::new(model.architecture.clone(), model.values.clone(), device))
        }
    }
}

fn choose_images(spec: &AttackSpec, shelf: &Shelf, network: &Network) -> Result<Images, EngineError> {
    let [channels, height, width] = network.architecture.input;
    let shape = crate::data::ImageShape { channels, height, width };
    if spec.data == crate::session::DataId::Own
        && let Some(picture) = shelf.picture(shape)
    {
        let (mut images, label) = picture?;
        images.labels.fill(label);
        return Ok(images);
    }
    let set = shelf.set(spec.data)?;
    let available = set.test.len();
    let wanted = spec.images.clamp(1, 64) as usize;
    let first = (spec.first_image as usize).min(set.test_expected.saturating_sub(wanted));
    if first + wanted > available && available < set.test_expected {
        return Err(EngineError::Missing(format!("test image {}", first + wanted)));
    }
    let indices: Vec<usize> = (first..(first + wanted).min(available)).collect();
    Ok(set.test.select(&indices)?)
}

/// Index of the largest entry (the first of equals).
fn largest(row: &[f32]) -> u8 {
    let mut best = 0;
    for (i, value) in row.iter().enumerate() {
        if *value > row.get(best).copied().unwrap_or(f32::NEG_INFINITY) {
            best = i;
        }
    }
    best as u8
}
