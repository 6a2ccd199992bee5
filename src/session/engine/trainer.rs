//! Training: both runs of an experiment in lock-step on the same batches, with measurements and snapshots.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor};

use super::checkpoint::{Checkpoint, RunState};
use super::constants::Estimation;
use super::measure::Measurement;
use super::networks::{architecture, augmentation};
use super::readback::{read, read_all};
use super::run::Run;
use super::shelf::Shelf;
use super::{Clock, EngineError};
use crate::data::Images;
use crate::data::augment::augment;
use crate::nn::{Architecture, Batch, LossAndGradient, load, save};
use crate::optim::cost::StepCost;
use crate::optim::{Block, Proposal};
use crate::random::Random;
use crate::session::{
    DefenseSpec, DeviceKind, Event, Experiment, InnerId, LayersNow, NetworkId, RunId, RunSpec, Samples, StepRow,
    SubStep,
};

/// Training images to begin with: one shard. The pool opens by as many again every [`POOL_EVERY`] steps. A
/// fixed rule rather than "what has arrived": the same experiment draws the same batches on any connection.
const POOL: usize = 250;
const POOL_EVERY: usize = 5;
/// Test images of a measurement on the way; the last one takes all there are.
const TEST_IMAGES: usize = 500;
/// Images in the strip.
const SAMPLES: usize = 12;
/// Milliseconds between looks at weights and samples.
const LOOK_EVERY: f64 = 700.0;
/// Milliseconds between messages with step rows.
const FLUSH_EVERY: f64 = 100.0;
/// Batch draws are streams of the host generator from here on, one a step.
const BATCH_STREAM: u64 = 1 << 32;
/// So are the random changes of their images.
const AUGMENT_STREAM: u64 = 7 << 32;

pub(super) struct Trainer {
    experiment: Experiment,
    architecture: Architecture,
    device: Device,
    runs: Vec<Run>,
    t: u32,
    phase: Phase,
    rows: Vec<Pending>,
    measuring: Vec<Measurement>,
    snapshots: BTreeMap<u32, Vec<RunState>>,
    /// Weights that were loaded to start from, if they are not the seed's.
    start: Option<RunState>,
    gradient_evaluations: f64,
    train_images: usize,
    /// Latest measurement of each run: step and test accuracy.
    measured: Vec<(RunId, u32, f32)>,
    meter: SpeedMeter,
    last_look: f64,
}

/// Where a step stands: sub-steps stop in between.
enum Phase {
    Between,
    Gradient(Vec<Found>),
    Oracle(Vec<(Found, Vec<Proposal>)>),
}

struct Found {
    head: RowHead,
    found: LossAndGradient,
}

/// What is known of a step row without reading the device.
#[derive(Clone, Copy)]
struct RowHead {
    run: RunId,
    t: u32,
    batch: u32,
    batch_capped: bool,
    learning_rate: f32,
    cost: StepCost,
}

struct Pending {
    head: RowHead,
    numbers: Tensor<2>,
}

#[derive(Default)]
struct SpeedMeter {
    busy: f64,
    images: f64,
    steps: u32,
    recent: Vec<(f64, f64)>,
    last_flush: f64,
    last_report: f64,
}

impl Trainer {
    pub fn new(experiment: Experiment, shelf: &Shelf, device: &Device) -> Result<Self, EngineError> {
        let set = shelf.set(experiment.data)?;
        let architecture = architecture(experiment.network, experiment.activation, set.shape, set.classes.len());
        let wanted = experiment.train_images as usize;
        let train_images = if wanted == 0 { set.train_expected } else { wanted.min(set.train_expected) };
        let specs = [(RunId::A, Some(&experiment.a)), (RunId::B, experiment.b.as_ref())];
        let runs = specs
            .into_iter()
            .filter_map(|(id, spec)| spec.map(|spec| (id, spec.clone())))
            .map(|(id, spec)| Run::new(id, spec, &architecture, experiment.seed, device))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            experiment,
            architecture,
            device: device.clone(),
            runs,
            t: 0,
            phase: Phase::Between,
            rows: Vec::new(),
            measuring: Vec::new(),
            snapshots: BTreeMap::new(),
            start: None,
            gradient_evaluations: 0.0,
            train_images,
            measured: Vec::new(),
            meter: SpeedMeter::default(),
            last_look: f64::NEG_INFINITY,
        })
    }

    pub fn t(&self) -> u32 {
        self.t
    }

    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    pub fn gradient_evaluations(&self) -> f64 {
        self.gradient_evaluations
    }

    pub fn is_done(&self) -> bool {
        self.t >= self.experiment.steps
    }

    pub fn is_measuring(&self) -> bool {
        !self.measuring.is_empty()
    }

    /// A run's network and what is to be attacked.
    pub fn run(&self, id: RunId) -> Result<&Run, EngineError> {
        self.runs.iter().find(|run| run.id == id).ok_or(EngineError::NoRun(id))
    }

    pub fn configured(&self) -> Event {
        let layers = |id| self.run(id).map(|run| run.layers.clone()).unwrap_or_default();
        Event::Configured {
            t: self.t,
            layers: layers(RunId::A),
            layers_b: layers(RunId::B),
            parameters: self.architecture.parameters().iter().map(|p| p.len() as u32).sum(),
            train_images: self.train_images as u32,
        }
    }

    /// Training images the step at `t` may draw from.
    fn pool(&self, shelf_total: usize) -> usize {
        pool_at(self.t, self.train_images.min(shelf_total))
    }

    /// Whether the images of the next unit of work have arrived.
    pub fn has_data(&self, shelf: &Shelf) -> bool {
        let Ok(set) = shelf.set(self.experiment.data) else { return false };
        match self.measuring.first() {
            Some(measurement) => measurement.has_data(set.train.len(), set.test.len()),
            None => set.train.len() >= self.pool(set.train_expected),
        }
    }

    fn reference(&self) -> usize {
        (self.experiment.reference_images as usize).min(self.train_images)
    }

    /// Measurements come early and then at fixed intervals, and at the end.
    fn measures_after(&self, t: u32) -> bool {
        matches!(t, 1 | 5 | 10 | 20)
            || t.is_multiple_of(self.experiment.evaluate_every.max(1))
            || t >= self.experiment.steps
    }

    /// One whole step of every run (or what is left of one).
    pub fn step(&mut self, shelf: &Shelf) -> Result<(), EngineError> {
        loop {
            let moved = matches!(self.phase, Phase::Oracle(_));
            self.advance(shelf)?;
            if moved {
                return Ok(());
            }
        }
    }

    /// The next of gradient, oracle, move; reports what it did.
    pub async fn sub_step(&mut self, shelf: &Shelf) -> Result<SubStep, EngineError> {
        let t = self.t;
        self.advance(shelf)?;
        match &self.phase {
            Phase::Gradient(found) => {
                let Some(first) = found.first() else { return Err(EngineError::NoRun(RunId::A)) };
                let mut tensors = vec![first.found.loss.clone()];
                tensors.extend(first.found.gradient.iter().map(|g| g.clone().square().sum_dim(1)));
                let numbers: Vec<f32> = read_all(tensors).await?.into_iter().flatten().collect();
                let squares = numbers.get(1..).unwrap_or_default();
                let norms = squares.chunks(2).map(|pair| pair.iter().sum::<f32>().sqrt()).collect();
                Ok(SubStep::Gradient { t, norms, loss: numbers.first().copied().unwrap_or(f32::NAN) })
            }
            Phase::Oracle(proposals) => {
                let (Some((found, proposals)), Some(run)) = (proposals.first(), self.runs.first()) else {
                    return Err(EngineError::NoRun(RunId::A));
                };
                let mut tensors = Vec::new();
                for ((proposal, block), gradient) in proposals.iter().zip(&run.blocks).zip(&found.found.gradient) {
                    let vertex = proposal.vertex.clone().unwrap_or_else(|| proposal.next.clone());
                    tensors.push(vertex.not_equal_elem(0.0).float().sum_dim(1));
                    tensors.push(block.gap(gradient));
                }
                let numbers: Vec<f32> = read_all(tensors).await?.into_iter().flatten().collect();
                let layers = numbers.chunks(4);
                let nonzeros = layers.clone().map(|l| l.iter().step_by(2).sum::<f32>() as u32).collect();
                let gap = layers.map(|l| l.iter().skip(1).step_by(2).sum()).collect();
                Ok(SubStep::Oracle { t, nonzeros, gap })
            }
            Phase::Between => {
                let last = self.rows.iter().rev().find(|row| row.head.run == RunId::A);
                let numbers = match last {
                    Some(row) => read(row.numbers.clone()).await?,
                    None => Vec::new(),
                };
                let parts = self.run(RunId::A)?.parts(&numbers);
                Ok(SubStep::Move { t: self.t, gamma: parts.gamma, gauge: parts.gauge })
            }
        }
    }

    fn advance(&mut self, shelf: &Shelf) -> Result<(), EngineError> {
        match std::mem::replace(&mut self.phase, Phase::Between) {
            Phase::Between => {
                let found = self.gradients(shelf)?;
                self.phase = Phase::Gradient(found);
            }
            Phase::Gradient(found) => {
                let t = self.t;
                let proposals = found
                    .into_iter()
                    .zip(&self.runs)
                    .map(|(mut found, run)| {
                        let learning_rate = f64::from(found.head.learning_rate);
                        let proposals = run.propose(&found.found.gradient, t, learning_rate, &mut found.head.cost);
                        (found, proposals)
                    })
                    .collect();
                self.phase = Phase::Oracle(proposals);
            }
            Phase::Oracle(proposals) => {
                for ((found, proposals), run) in proposals.into_iter().zip(&mut self.runs) {
                    let Found { mut head, found } = found;
                    head.t += 1;
                    let numbers = run.apply(found, proposals, &mut head.cost);
                    self.rows.push(Pending { head, numbers });
                }
                self.t += 1;
                self.meter.steps += 1;
                if self.measures_after(self.t) {
                    self.plan_measurement(shelf)?;
                }
            }
        }
        Ok(())
    }

    fn gradients(&mut self, shelf: &Shelf) -> Result<Vec<Found>, EngineError> {
        let set = shelf.set(self.experiment.data)?;
        let pool = self.pool(set.train_expected);
        let (t, total) = (self.t, self.experiment.steps);
        let mut found = Vec::new();
        let mut shared: Option<(usize, Batch)> = None;
        for run in &self.runs {
            let (size, batch_capped) = run.spec.batch.at(t, total, pool);
            // A smaller batch is the beginning of a larger one, so runs of equal size share it.
            let batch = match &shared {
                Some((same, batch)) if *same == size => batch.clone(),
                _ => {
                    let classes = self.architecture.classes;
                    training_batch(&self.experiment, &set.train, t, [size, pool], classes, &self.device)?
                }
            };
            shared = Some((size, batch.clone()));
            let learning_rate = run.spec.learning_rate.at(t, total) as f32;
            let mut cost = StepCost::default();
            let gradient = run.gradient(&batch, t, &mut cost)?;
            self.gradient_evaluations += f64::from(cost.gradients);
            let head = RowHead { run: run.id, t, batch: size as u32, batch_capped, learning_rate, cost };
            found.push(Found { head, found: gradient });
            self.meter.images += size as f64;
        }
        Ok(found)
    }

    fn plan_measurement(&mut self, shelf: &Shelf) -> Result<(), EngineError> {
        let all = shelf.set(self.experiment.data)?.test_expected;
        let test = if self.is_done() { all } else { TEST_IMAGES.min(all) };
        let (t, reference) = (self.t, self.reference());
        self.measuring = self.runs.iter().map(|run| Measurement::new(run.id, t, reference, test)).collect();
        Ok(())
    }

    /// One more chunk of the measurement under way; at its end, a snapshot.
    pub async fn measure_some(&mut self, shelf: &Shelf, out: &mut Vec<Event>) -> Result<(), EngineError> {
        let set = shelf.set(self.experiment.data)?;
        let classes = self.architecture.classes;
        let Some(measurement) = self.measuring.first_mut() else { return Ok(()) };
        let id = measurement.run;
        let run = self.runs.iter().find(|run| run.id == id).ok_or(EngineError::NoRun(id))?;
        if !measurement.advance(run, &set.train, &set.test, classes, &self.device)? {
            return Ok(());
        }
        let measurement = self.measuring.remove(0);
        let found = measurement.finish(run).await?;
        if !(found.reference_loss.is_finite() && found.test_loss.is_finite()) {
            // Before there is a snapshot of it.
            return Err(EngineError::NotFinite { t: self.t });
        }
        self.measured.retain(|(run, ..)| *run != id);
        self.measured.push((id, found.t, found.test_accuracy));
        out.push(Event::Evaluated(found));
        if self.measuring.is_empty() {
            self.snapshot(out).await?;
            self.look(shelf, out).await?;
        }
        Ok(())
    }

    /// States of all runs, all of them numbers.
    async fn states(&self) -> Result<Vec<RunState>, EngineError> {
        let mut states = Vec::new();
        for run in &self.runs {
            states.push(run.state().await?);
        }
        if states.iter().all(RunState::is_finite) { Ok(states) } else { Err(EngineError::NotFinite { t: self.t }) }
    }

    /// Steps at which there are snapshots.
    pub fn snapshots(&self) -> Vec<u32> {
        self.snapshots.keys().copied().collect()
    }

    async fn snapshot(&mut self, out: &mut Vec<Event>) -> Result<(), EngineError> {
        let states = self.states().await?;
        self.snapshots.insert(self.t, states);
        out.push(Event::Snapshots(self.snapshots()));
        out.push(Event::Checkpoint { t: self.t, bytes: self.checkpoint().await? });
        Ok(())
    }

    /// Reads pending rows back and sends them, if it is time to.
    pub async fn flush_if_due(
        &mut self,
        clock: Clock,
        began: f64,
        kind: DeviceKind,
        out: &mut Vec<Event>,
    ) -> Result<(), EngineError> {
        // The CPU has its numbers at hand; a GPU works on while we go ahead.
        let now = clock();
        self.meter.busy += now - began;
        let due = kind == DeviceKind::Cpu || now - self.meter.last_flush > FLUSH_EVERY;
        if due || self.is_measuring() || self.is_done() {
            self.flush(clock, out).await?;
        }
        Ok(())
    }

    /// Reads pending rows back and sends them.
    pub async fn flush(&mut self, clock: Clock, out: &mut Vec<Event>) -> Result<(), EngineError> {
        let pending = std::mem::take(&mut self.rows);
        if pending.is_empty() {
            return Ok(());
        }
        let began = clock();
        let width = pending.iter().map(|row| row.numbers.dims()[1]).max().unwrap_or(0);
        let numbers = read(Tensor::cat(pending.iter().map(|row| row.numbers.clone()).collect(), 0)).await?;
        let mut rows = Vec::with_capacity(pending.len());
        for (row, numbers) in pending.iter().zip(numbers.chunks(width.max(1))) {
            let parts = self.run(row.head.run)?.parts(numbers);
            if !parts.finite {
                // Measured at the weights that the step began with.
                return Err(EngineError::NotFinite { t: row.head.t.saturating_sub(1) });
            }
            rows.push(StepRow {
                run: row.head.run,
                t: row.head.t,
                loss: parts.loss,
                accuracy: parts.accuracy,
                batch: row.head.batch,
                batch_capped: row.head.batch_capped,
                learning_rate: row.head.learning_rate,
                gap: parts.gap,
                gamma: parts.gamma,
                gauge: parts.gauge,
                cost: row.head.cost,
            });
        }
        out.push(Event::Steps(rows));
        let now = clock();
        self.meter.busy += now - began;
        self.meter.close(now);
        Ok(())
    }

    /// Milliseconds a step and images a second, at most four times a second.
    pub fn speed(&mut self, now: f64) -> Option<(f32, f32)> {
        self.meter.report(now)
    }

    /// Sends weights and sample probabilities, at most every [`LOOK_EVERY`] milliseconds.
    pub async fn look_if_due(&mut self, clock: Clock, shelf: &Shelf, out: &mut Vec<Event>) -> Result<(), EngineError> {
        let now = clock();
        if now - self.last_look > LOOK_EVERY {
            self.last_look = now;
            self.look(shelf, out).await?;
        }
        Ok(())
    }

    /// Sends weights to look at and what the network says to a few test images.
    pub async fn look(&mut self, shelf: &Shelf, out: &mut Vec<Event>) -> Result<(), EngineError> {
        let set = shelf.set(self.experiment.data)?;
        let count = SAMPLES.min(set.test.len());
        let indices: Vec<usize> = (0..count).collect();
        let (pixels, labels) = set.test.batch_f32(&indices)?;
        let batch = Batch::new(pixels, &labels, self.architecture.classes, &self.device);
        let shape = [set.shape.channels as u32, set.shape.height as u32, set.shape.width as u32];
        for run in &self.runs {
            let mut tensors: Vec<Tensor<2>> = run.blocks.iter().step_by(2).map(|block| block.theta.clone()).collect();
            let layers = tensors.len();
            tensors.extend(run.blocks.iter().step_by(2).map(|block| block.gauge()));
            if count > 0 {
                tensors.push(run.network().probabilities(batch.images.clone()));
            }
            let mut weights = read_all(tensors).await?;
            let mut rest = weights.split_off(layers.min(weights.len()));
            let probabilities = if count > 0 { rest.pop().unwrap_or_default() } else { Vec::new() };
            out.push(Event::Layers(LayersNow {
                run: run.id,
                t: self.t,
                gauge: rest.into_iter().flatten().collect(),
                sparsity: weights.iter().map(|layer| small_share(layer)).collect(),
                weights,
            }));
            if count > 0 {
                out.push(Event::Samples(Samples {
                    run: run.id,
                    t: self.t,
                    shape,
                    pixels: set.test.pixels.get(..count * set.shape.values()).unwrap_or_default().to_vec(),
                    labels: labels.clone(),
                    probabilities,
                }));
            }
        }
        Ok(())
    }

    pub async fn checkpoint(&self) -> Result<Vec<u8>, EngineError> {
        let runs = match self.snapshots.get(&self.t) {
            Some(states) => states.clone(),
            None => self.states().await?,
        };
        Checkpoint {
            experiment: self.experiment.clone(),
            t: self.t,
            gradient_evaluations: self.gradient_evaluations,
            runs,
        }
        .write()
    }

    pub fn restore(&mut self, checkpoint: Checkpoint, device: &Device) -> Result<(), EngineError> {
        for (run, state) in self.runs.iter_mut().zip(&checkpoint.runs) {
            run.restore(state, device)?;
        }
        self.t = checkpoint.t;
        self.gradient_evaluations = checkpoint.gradient_evaluations;
        self.snapshots.insert(self.t, checkpoint.runs);
        Ok(())
    }

    /// Puts the weights of a file into every run, shifted inside its sets.
    pub fn start_from(&mut self, bytes: &[u8], device: &Device) -> Result<(), EngineError> {
        let (architecture, theta, _) = load(bytes)?;
        if architecture != self.architecture {
            return Err(EngineError::OtherNetwork {
                channels: architecture.channels,
                input: architecture.input,
                own_channels: self.architecture.channels.clone(),
                own_input: self.architecture.input,
            });
        }
        let state = RunState { theta, ..RunState::default() };
        for run in &mut self.runs {
            run.restore(&state, device)?;
            run.blocks.iter_mut().for_each(Block::shift_inside);
        }
        self.start = Some(state);
        Ok(())
    }

    /// A copy of a run, at its start.
    fn at_start(&self, run: &Run) -> Result<Run, EngineError> {
        let seed = self.experiment.seed;
        let mut fresh = Run::new(run.id, run.spec.clone(), &self.architecture, seed, &self.device)?;
        if let Some(start) = &self.start {
            fresh.restore(start, &self.device)?;
            fresh.blocks.iter_mut().for_each(Block::shift_inside);
        }
        Ok(fresh)
    }

    /// Begins to estimate the theorems' constants along run A; the training stays as it is.
    pub async fn estimation(&self) -> Result<Estimation, EngineError> {
        let place = self.runs.iter().position(|run| run.id == RunId::A).ok_or(EngineError::NoRun(RunId::A))?;
        let run = self.run(RunId::A)?;
        let copy = self.at_start(run)?;
        let mut path = BTreeMap::from([(0, copy.state().await?)]);
        let known = self.snapshots.range(..=self.t);
        path.extend(known.filter_map(|(t, states)| Some((*t, states.get(place)?.clone()))));
        path.insert(self.t, run.state().await?);
        let sizes = [self.train_images, self.reference()];
        Ok(Estimation::new(&self.experiment, self.architecture.classes, sizes, copy, path.into_iter().collect()))
    }

    /// Back to the snapshot at or before `t`; to the start if there is none.
    pub fn seek(&mut self, t: u32, device: &Device) -> Result<(), EngineError> {
        self.phase = Phase::Between;
        self.rows.clear();
        self.measuring.clear();
        match self.snapshots.range(..=t).next_back() {
            Some((&at, states)) => {
                let states = states.clone();
                for (run, state) in self.runs.iter_mut().zip(&states) {
                    run.restore(state, device)?;
                }
                self.t = at;
            }
            None => {
                self.runs = self.runs.iter().map(|run| self.at_start(run)).collect::<Result<_, _>>()?;
                self.t = 0;
            }
        }
        Ok(())
    }

    /// Back to the last snapshot before step `t`; those from there on are given up.
    pub fn go_back_before(&mut self, t: u32, device: &Device) -> Result<(), EngineError> {
        self.snapshots.retain(|at, _| *at < t);
        self.seek(t, device)
    }

    /// A run's weights as a safetensors file, with its name.
    pub async fn weights(&self, id: RunId) -> Result<(String, Vec<u8>), EngineError> {
        let run = self.run(id)?;
        let state = run.state().await?;
        let (data, method) = (self.experiment.data.key(), run.spec.method.key());
        let name = format!("{data}-{method}-t{}", self.t);
        let mut extra = vec![
            ("title".to_string(), title(&self.experiment, &run.spec)),
            ("data".to_string(), data.to_string()),
            ("steps".to_string(), self.t.to_string()),
            ("seed".to_string(), self.experiment.seed.to_string()),
        ];
        extra.extend(against(&run.spec).map(|against| ("adversarial".to_string(), against)));
        if self.experiment.train_images > 0 {
            extra.push(("train_images".to_string(), self.train_images.to_string()));
        }
        // Only a measurement of these very weights belongs in their header.
        if let Some((.., accuracy)) = self.measured.iter().find(|(run, t, _)| *run == id && *t == self.t) {
            extra.push(("test_accuracy".to_string(), accuracy.to_string()));
        }
        Ok((name, save(&self.architecture, &state.theta, &extra)?))
    }
}

/// Training images the step at `t` may draw from, of `images` that are used.
pub(super) fn pool_at(t: u32, images: usize) -> usize {
    (POOL + t as usize / POOL_EVERY * POOL).min(images)
}

/// The batch of the step at `t`: so many images out of the first `pool`, changed at random if the experiment says so.
pub(super) fn training_batch(
    experiment: &Experiment,
    train: &Images,
    t: u32,
    [size, pool]: [usize; 2],
    classes: usize,
    device: &Device,
) -> Result<Batch, EngineError> {
    let draw = |stream| Random::new(experiment.seed, stream + u64::from(t));
    let (mut pixels, labels) = train.batch_f32(&draw(BATCH_STREAM).distinct(size, pool))?;
    if let Some(what) = augmentation(experiment.augment) {
        augment(&mut pixels, train.shape, what, &mut draw(AUGMENT_STREAM));
    }
    Ok(Batch::new(pixels, &labels, classes, device))
}

/// A run in a few words.
fn title(experiment: &Experiment, spec: &RunSpec) -> String {
    let mut words = vec![experiment.data.key().to_string(), spec.method.key().to_string()];
    if spec.method.entry().feasible {
        words.push(spec.set.set.key().into());
    }
    if experiment.network != NetworkId::Small {
        words.extend(NetworkId::ALL.iter().find(|row| row.0 == experiment.network).map(|row| row.1.to_string()));
    }
    words.extend(against(spec));
    words.join(", ")
}

/// What a run was trained against: the inner attack and its ε.
fn against(spec: &RunSpec) -> Option<String> {
    let DefenseSpec { inner, epsilon, .. } = spec.defense;
    let row = InnerId::ALL.iter().find(|row| row.0 == inner && inner != InnerId::None)?;
    Some(format!("{} {epsilon}/255", row.1))
}

impl SpeedMeter {
    /// A batch of steps has been read back.
    fn close(&mut self, now: f64) {
        if self.steps > 0 {
            self.recent.push((self.busy / f64::from(self.steps), self.images / f64::from(self.steps)));
            if self.recent.len() > 15 {
                self.recent.remove(0);
            }
        }
        (self.busy, self.images, self.steps, self.last_flush) = (0.0, 0.0, 0, now);
    }

    fn report(&mut self, now: f64) -> Option<(f32, f32)> {
        if self.recent.is_empty() || now - self.last_report < 250.0 {
            return None;
        }
        self.last_report = now;
        let mut times: Vec<f64> = self.recent.iter().map(|(ms, _)| *ms).collect();
        times.sort_by(f64::total_cmp);
        let median = times.get(times.len() / 2).copied().unwrap_or(0.0);
        let images = self.recent.iter().map(|(_, images)| images).sum::<f64>() / self.recent.len() as f64;
        Some((median as f32, (images * 1000.0 / median.max(1e-6)) as f32))
    }
}

/// Share of entries below 1 % of the largest.
fn small_share(weights: &[f32]) -> f32 {
    let largest = weights.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
    let small = weights.iter().filter(|w| w.abs() < 0.01 * largest).count();
    if weights.is_empty() { 0.0 } else { small as f32 / weights.len() as f32 }
}
