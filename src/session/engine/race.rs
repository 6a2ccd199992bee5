//! A race of attacks: the same images, the same budget, call by call in lock-step.

use burn::tensor::{Device, Tensor, TensorData};

use super::atoms::{self, Asked, Ledger, Shown, Sight};
use super::decision_map::{Scene, Way};
use super::iterates::Iterates;
use super::judge::{Judged, handed_in, in_8_bits, largest};
use super::readback::{read, read_all};
use super::shelf::{Model, Shelf};
use super::success::{Attacked, successes};
use super::trainer::Trainer;
use super::{Clock, EngineError, Needed};
use crate::attack::{self, Attack, AttackSettings, Loss, Target, checkpoints_of_runs};
use crate::data::{Images, UNKNOWN_LABEL};
use crate::nn::{Batch, Network};
use crate::session::{
    AtomsState, AttackMoment, AttackNow, AttackSpec, AttackState, Event, LaneMoment, LossId, RunId, Victim, is_broken,
};

/// Milliseconds between reports while running.
const REPORT_EVERY: f64 = 200.0;

/// A race in progress.
pub(super) struct Race {
    spec: AttackSpec,
    target: Target,
    settings: AttackSettings,
    runners: Vec<Runner>,
    call: u32,
    iterates: Iterates,
    /// The call that is looked at, if it is not the present one.
    looking: Option<u32>,
    /// How often atoms were told, and those of the last time.
    atoms_told: u32,
    atoms_shown: Option<Shown>,
    images: Images,
    clean_values: Vec<f32>,
    clean_probabilities: Vec<f32>,
    /// Largest difference between two answers to the clean images.
    unsteady: f32,
    clean_right: Vec<bool>,
    clean_sent: bool,
    last_report: f64,
    call_times: Vec<f64>,
}

struct Runner {
    key: &'static str,
    loss: Loss,
    attack: Box<dyn Attack>,
    ledger: Ledger,
    /// Numbers and points of calls that have not been read back.
    pending: Vec<[Tensor<2>; 2]>,
    /// One entry a call: best loss, gap, step size, halved, broken; each `rows` numbers.
    history: Vec<Call>,
    /// Images right at first whose loss had a gradient of exactly 0 where the attack began.
    zero_gradients: u32,
}

struct Call {
    best_loss: Vec<f32>,
    gap: Option<Vec<f32>>,
    kept: Option<Vec<f32>>,
    step_size: Vec<f32>,
    halved: Vec<f32>,
    broken: Vec<f32>,
}

impl Race {
    /// Places the images and spends the first gradient call of every attack.
    ///
    /// # Errors
    /// [`EngineError::Missing`] while data or network are still on their way; [`EngineError::Attack`] if images,
    /// network, norm, loss, chosen class and attacks do not fit each other, or the network answers with what is no
    /// number.
    pub async fn new(
        spec: AttackSpec,
        shelf: &Shelf,
        trainer: Option<&Trainer>,
        device: &Device,
    ) -> Result<Self, EngineError> {
        let network = victim(&spec.victim, shelf, trainer, device)?;
        let (images, first_image, places) = choose_images(&spec, shelf, &network)?;
        let count = images.len();
        let classes = network.architecture.classes;
        let all: Vec<usize> = (0..count).collect();
        let (clean_values, mut labels) = images.batch_f32(&all)?;
        let n = clean_values.len().checked_div(count).unwrap_or(0);
        let expected: usize = network.architecture.input.iter().product();
        if n != expected {
            return Err(attack::AttackError::Shape { expected, found: n }.into());
        }
        let clean = Tensor::from_data(TensorData::new(clean_values.clone(), [count, n]), device);
        let clean_probabilities = read(network.probabilities(clean.clone())).await?;
        attack::check_finite(&clean_probabilities)?;
        // A network that throws dice would answer differently the second time.
        let again = read(network.probabilities(clean)).await?;
        let unsteady = clean_probabilities.iter().zip(&again).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let predicted: Vec<u8> = clean_probabilities.chunks(classes.max(1)).map(largest).collect();
        // A picture without a label is taken for what the network takes it for.
        for (label, predicted) in labels.iter_mut().zip(&predicted) {
            if *label == UNKNOWN_LABEL {
                *label = *predicted;
            }
        }
        if let Some(label) = spec.target.filter(|target| labels.contains(target)) {
            return Err(attack::AttackError::Labelled { label }.into());
        }
        let clean_right: Vec<bool> =
            labels.iter().zip(&predicted).map(|(label, predicted)| label == predicted).collect();
        let batch = Batch::new(clean_values.clone(), &labels, classes, device);
        let mut target = Target::within(network, batch, &labels, spec.threat())?;
        target.images = places;
        let settings = AttackSettings {
            budget: spec.budget,
            gamma0: spec.gamma0,
            seed: spec.seed,
            loss: loss(spec.loss),
            restarts: spec.restarts,
            restart: 0,
            first_image,
            target: spec.target.map(usize::from),
        };
        let mut iterates = Iterates::new(spec.attacks.len(), spec.budget as usize + 1, count, n);
        iterates.look_at(spec.focus as usize);
        let mut runners = spec
            .attacks
            .iter()
            .map(|key| {
                let ledger = Ledger::new(count, n, spec.budget, (spec.focus as usize).min(count.saturating_sub(1)));
                Runner::start(attack::find(key)?, &target, &settings, &iterates, ledger)
            })
            .collect::<Result<Vec<_>, _>>()?;
        for runner in &mut runners {
            runner.count_zero_gradients(&clean_right).await?;
        }
        Ok(Self {
            spec,
            target,
            settings,
            runners,
            call: 0,
            iterates,
            looking: None,
            atoms_told: 0,
            atoms_shown: None,
            images: Images { labels, ..images },
            clean_values,
            clean_probabilities,
            unsteady,
            clean_right,
            clean_sent: false,
            last_report: 0.0,
            call_times: Vec::new(),
        })
    }

    /// Its attacks from the start, where only success counts.
    pub async fn successes(&self) -> Result<Vec<Attacked>, EngineError> {
        let labels = &self.images.labels;
        let mut all = Vec::with_capacity(self.spec.attacks.len());
        for key in &self.spec.attacks {
            let entry = attack::find(key)?;
            let found = successes(&self.target, labels, entry, &self.settings, true).await?;
            let images = self.images.original.clone();
            all.push(Attacked { attack: entry.key, images, labels: labels.clone(), found });
        }
        Ok(all)
    }

    pub fn is_done(&self) -> bool {
        self.call >= self.spec.budget
    }

    pub fn focus(&mut self, image: u32) {
        self.spec.focus = image;
        self.iterates.look_at(image as usize);
    }

    /// Median milliseconds of one gradient call of one attack on all images.
    pub fn ms_per_call(&self) -> f32 {
        let mut times = self.call_times.clone();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(0.0) as f32
    }

    /// One gradient call of every attack; reports now and then, and at the end.
    pub async fn call(&mut self, clock: Clock, out: &mut Vec<Event>) -> Result<(), EngineError> {
        self.look_at_present(out);
        if self.is_done() {
            return self.report(false, out).await;
        }
        let began = clock();
        for (lane, runner) in self.runners.iter_mut().enumerate() {
            runner.attack.step(&self.target);
            runner.note(&self.target, &self.iterates);
            runner.ledger.note(self.call + 1, runner.attack.as_ref());
            // Reading the row back is what makes the time honest on a device that works ahead.
            runner.read_back(lane, &mut self.iterates).await?;
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
        let focus = self.focused();
        let mut attacks = Vec::with_capacity(self.runners.len());
        for (lane, runner) in self.runners.iter_mut().enumerate() {
            runner.read_back(lane, &mut self.iterates).await?;
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
            unsteady: self.unsteady,
            target: self.spec.target,
            checkpoints: checkpoints_of_runs(self.spec.budget, self.spec.restarts),
            attacks,
            focus: focus as u32,
        }));
        Ok(())
    }

    /// Number of the image shown large.
    fn focused(&self) -> usize {
        (self.spec.focus as usize).min(self.images.len().saturating_sub(1))
    }

    /// Looks at the image as it was after `call` gradient calls; at the present one if there were no more.
    pub async fn seek(&mut self, call: u32, out: &mut Vec<Event>) -> Result<(), EngineError> {
        self.looking = Some(call).filter(|call| *call < self.call);
        let moment = self.moment().await?;
        out.push(Event::AttackMoment(moment));
        Ok(())
    }

    /// Says the past that is looked at once more, if it is one: of another image.
    pub async fn look_again(&mut self, out: &mut Vec<Event>) -> Result<(), EngineError> {
        match self.looking {
            Some(call) => self.seek(call, out).await,
            None => Ok(()),
        }
    }

    /// What the focused image of an attack is made of; nothing where there is no such attack.
    pub async fn atoms(&mut self, lane: u32, out: &mut Vec<Event>) -> Result<(), EngineError> {
        let Some(runner) = self.runners.get(lane as usize) else { return Ok(()) };
        let sight = self.sight(self.focused());
        let asked = Asked { serial: self.atoms_told + 1, lane, key: runner.key, call: self.call };
        let state = match runner.history.last() {
            Some(call) if call.gap.is_none() => AtomsState::NoOracle,
            _ if self.call > 0 && !runner.ledger.moved() => AtomsState::NoOracle,
            _ if !runner.ledger.has(sight.image) => AtomsState::NotKept,
            _ => AtomsState::Here,
        };
        if state != AtomsState::Here {
            out.push(Event::Atoms(atoms::nothing(&sight, &asked, state)));
            return Ok(());
        }
        let handed_in = read(runner.attack.result(&self.target).narrow(0, sight.image, 1)).await?;
        let (now, sum, shown) = atoms::tell(&sight, &runner.ledger, &asked, &handed_in).await?;
        self.atoms_told = asked.serial;
        self.atoms_shown = Some(shown);
        out.extend([Event::Atoms(now), Event::AtomsSum(sum)]);
        Ok(())
    }

    /// The image of the answer `serial` with some of its atoms; nothing if there is a newer answer.
    pub async fn switch_atoms(&self, serial: u32, on: &[bool], out: &mut Vec<Event>) -> Result<(), EngineError> {
        if let Some(shown) = self.atoms_shown.as_ref().filter(|shown| shown.serial == serial) {
            out.push(Event::AtomsSum(shown.switched(&self.sight(shown.image), on).await?));
        }
        Ok(())
    }

    fn sight(&self, image: usize) -> Sight<'_> {
        let n = self.clean_values.len().checked_div(self.images.len()).unwrap_or(0);
        let shape = self.images.shape;
        Sight {
            network: &self.target.network,
            device: self.target.clean.images.device(),
            threat: self.target.ball.threat(),
            shape: [shape.channels as u32, shape.height as u32, shape.width as u32],
            image,
            label: self.images.labels.get(image).copied().unwrap_or(0),
            clean: self.clean_values.get(image * n..(image + 1) * n).unwrap_or_default(),
        }
    }

    fn look_at_present(&mut self, out: &mut Vec<Event>) {
        if self.looking.take().is_some() {
            out.push(Event::AttackMoment(None));
        }
    }

    /// The image at the call that is looked at, rounded to 8 bits and classified as [`Race::report`] does.
    async fn moment(&self) -> Result<Option<AttackMoment>, EngineError> {
        let Some(call) = self.looking else { return Ok(None) };
        let image = self.focused();
        let threat = self.target.ball.threat();
        let n = self.clean_values.len().checked_div(self.images.len()).unwrap_or(0);
        let own = image * n..(image + 1) * n;
        let clean = self.clean_values.get(own.clone()).unwrap_or_default();
        let levels = self.images.pixels.get(own).unwrap_or_default();
        let mut lanes = Vec::with_capacity(self.runners.len());
        for (lane, runner) in self.runners.iter().enumerate() {
            let Some(point) = self.iterates.at(lane, call) else { continue };
            let Judged { levels: pixels, probabilities } = in_8_bits(&self.target, &point, clean).await?;
            let change = pixels.iter().zip(levels).map(|(a, c)| f64::from(*a) - f64::from(*c));
            let distance = threat.length(change) as f32;
            lanes.push(LaneMoment { key: runner.key.into(), pixels, probabilities, distance });
        }
        Ok(Some(AttackMoment { call, image: image as u32, lanes }))
    }

    /// What a decision map of the focused image is made of.
    pub async fn scene(&mut self) -> Result<Scene, EngineError> {
        for (lane, runner) in self.runners.iter_mut().enumerate() {
            runner.read_back(lane, &mut self.iterates).await?;
        }
        let image = self.focused();
        let n = self.clean_values.len().checked_div(self.images.len()).unwrap_or(0);
        let own = image * n..(image + 1) * n;
        let mut ways = Vec::with_capacity(self.runners.len());
        for (lane, runner) in self.runners.iter().enumerate() {
            let values = read(runner.attack.result(&self.target)).await?;
            let (judged, _) = handed_in(&self.target, runner.attack.as_ref(), &values, &self.clean_values).await?;
            let result = judged.levels.get(own.clone()).unwrap_or_default().to_vec();
            let kept = (0..=self.call).filter_map(|call| Some((call, self.iterates.at(lane, call)?)));
            let (calls, points): (Vec<u32>, Vec<Vec<f32>>) = kept.unzip();
            let first = calls.first().copied().unwrap_or(self.call);
            ways.push(Way { key: runner.key, first, points, result });
        }
        Ok(Scene {
            network: self.target.network.clone(),
            clean: self.images.pixels.get(own).unwrap_or_default().to_vec(),
            label: self.images.labels.get(image).copied().unwrap_or_default(),
            threat: self.target.ball.threat(),
            seed: self.spec.seed,
            call: self.call,
            image: image as u32,
            ways,
        })
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
        let (judged, costs) = handed_in(&self.target, attack.as_ref(), &values, &self.clean_values).await?;
        let Judged { levels: adversarial, probabilities } = judged;
        let classes = self.target.network.architecture.classes.max(1);
        let survivors = probabilities
            .chunks(classes)
            .zip(&self.images.labels)
            .zip(&self.clean_right)
            .filter(|((row, label), right)| **right && !is_broken(largest(row), **label, self.spec.target))
            .count();
        let pairs = || adversarial.chunks(n.max(1)).zip(self.images.pixels.chunks(n.max(1)));
        let levels = |(a, c): (&u8, &u8)| f64::from(*a) - f64::from(*c);
        let largest_of = |most: f64, change: f64| most.max(change.abs());
        let linf = pairs().map(|(a, c)| a.iter().zip(c).map(levels).fold(0.0, largest_of) as f32).collect();
        let distance = if costs.is_empty() {
            pairs().map(|(a, c)| threat.length(a.iter().zip(c).map(levels)) as f32).collect()
        } else {
            costs.iter().map(|cost| 255.0 * cost).collect()
        };
        let at = |numbers: &Vec<f32>| numbers.get(focus).copied().unwrap_or(f32::NAN);
        let history = &runner.history;
        Ok(AttackState {
            key: runner.key.into(),
            best_loss: history.iter().map(|call| at(&call.best_loss)).collect(),
            mean_best_loss: history.iter().map(|call| self.mean_over_right(&call.best_loss)).collect(),
            gap: history.iter().filter_map(|call| call.gap.as_ref().map(at)).collect(),
            kept: history.iter().filter_map(|call| call.kept.as_ref().map(at)).collect(),
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
            zero_gradients: runner.zero_gradients,
            success: history.iter().map(|call| self.mean_over_right(&call.broken)).collect(),
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
        iterates: &Iterates,
        mut ledger: Ledger,
    ) -> Result<Self, attack::AttackError> {
        let attack = attack::start(entry, target, settings)?;
        let loss = entry.loss_under(settings);
        ledger.note(0, attack.as_ref());
        let mut runner =
            Self { key: entry.key, loss, attack, ledger, pending: Vec::new(), history: Vec::new(), zero_gradients: 0 };
        runner.note(target, iterates);
        Ok(runner)
    }

    /// Looks, at the start, for images right at first whose loss has no gradient: no attack gets away from there.
    async fn count_zero_gradients(&mut self, right: &[bool]) -> Result<(), EngineError> {
        let largest = read(self.attack.ascent().gradient.clone().abs().max_dim(1)).await?;
        self.zero_gradients =
            largest.iter().zip(right).filter(|(largest, right)| **right && **largest == 0.0).count() as u32;
        Ok(())
    }

    /// Keeps this call's points and numbers for the next read: best loss, step size, halved, broken, and the gap if
    /// there is one.
    fn note(&mut self, target: &Target, iterates: &Iterates) {
        let (ascent, halving) = (self.attack.ascent(), self.attack.halving());
        let halved = halving.just_halved.clone().unwrap_or_else(|| halving.step_size.zeros_like());
        let broken = self.attack.broken(target);
        let mut columns = vec![ascent.best_loss.clone(), halving.step_size.clone(), halved, broken];
        columns.extend(self.attack.gap(target));
        columns.extend(self.attack.kept(target));
        let wanted = iterates.wanted();
        let points = ascent.x.clone().narrow(0, wanted.start, wanted.len());
        self.pending.push([Tensor::cat(columns, 1), points]);
    }

    async fn read_back(&mut self, lane: usize, iterates: &mut Iterates) -> Result<(), EngineError> {
        for [table, points] in std::mem::take(&mut self.pending) {
            let width = table.dims()[1];
            let mut parts = read_all(vec![table, points]).await?.into_iter();
            let numbers = parts.next().unwrap_or_default();
            attack::check_finite(&numbers)?;
            iterates.push(lane, self.history.len() as u32, &parts.next().unwrap_or_default());
            let column = |j: usize| numbers.iter().skip(j).step_by(width.max(1)).copied().collect::<Vec<_>>();
            self.history.push(Call {
                best_loss: column(0),
                step_size: column(1),
                halved: column(2),
                broken: column(3),
                gap: (width > 4).then(|| column(4)),
                kept: (width > 5).then(|| column(5)),
            });
        }
        Ok(())
    }
}

/// The loss behind a key of the protocol.
pub(super) fn loss(id: LossId) -> Loss {
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

/// The network that is to be broken, as it is now.
pub(super) fn victim(
    victim: &Victim,
    shelf: &Shelf,
    trainer: Option<&Trainer>,
    device: &Device,
) -> Result<Network, EngineError> {
    let training = |id| {
        let trainer = trainer.ok_or(EngineError::Missing(Needed::Training))?;
        trainer.run(id).map(super::run::Run::network)
    };
    match victim {
        Victim::TrainingA => training(RunId::A),
        Victim::TrainingB => training(RunId::B),
        Victim::Bundled(name) => Ok(network(shelf.bundled(name)?, device)),
        Victim::Own => Ok(network(shelf.own()?, device)),
    }
}

fn network(model: &Model, device: &Device) -> Network {
    Network::new(model.architecture.clone(), model.values.clone(), device)
}

/// The images, the number of the first among all there are, and how far behind it each of them is. Those that have the
/// chosen class already are left out.
fn choose_images(spec: &AttackSpec, shelf: &Shelf, network: &Network) -> Result<(Images, u32, Vec<u32>), EngineError> {
    let [channels, height, width] = network.architecture.input;
    let shape = crate::data::ImageShape { channels, height, width };
    if spec.data == crate::session::DataId::Own
        && let Some(picture) = shelf.picture(shape)
    {
        let (mut images, label) = picture?;
        images.labels.fill(label);
        let places = (0..images.len() as u32).collect();
        return Ok((images, 0, places));
    }
    let set = shelf.set(spec.data)?;
    let available = set.test.len();
    let wanted = spec.images.clamp(1, 64) as usize;
    let first = (spec.first_image as usize).min(set.test_expected.saturating_sub(wanted));
    if first + wanted > available && available < set.test_expected {
        return Err(EngineError::Missing(Needed::TestImage(first + wanted)));
    }
    let has_it = |index: usize| spec.target.filter(|target| set.test.labels.get(index) == Some(target));
    let range = first..(first + wanted).min(available);
    let indices: Vec<usize> = range.clone().filter(|index| has_it(*index).is_none()).collect();
    if let (true, Some(label)) = (indices.is_empty(), range.clone().find_map(has_it)) {
        return Err(attack::AttackError::Labelled { label }.into());
    }
    let places = indices.iter().map(|index| (index - first) as u32).collect();
    Ok((set.test.select(&indices)?, first as u32, places))
}
