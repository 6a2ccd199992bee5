//! The state machine that runs experiments: the same in the web worker and on the command line.
//!
//! [`Engine::handle`] takes a command, [`Engine::work`] does one unit of work (one training step, one attack call,
//! one chunk of a measurement) and [`Engine::drain`] hands over what there is to say. The caller owns the loop, so
//! pausing is simply not calling `work`, and a message never waits for longer than one unit.

mod atoms;
mod checkpoint;
mod constants;
mod cost;
mod decision_map;
mod error;
mod iterates;
mod judge;
mod measure;
mod networks;
mod outbox;
mod pace;
mod probe;
mod race;
mod readback;
mod run;
mod shelf;
mod success;
mod survey;
mod trainer;

use burn::tensor::Device;

use self::constants::Estimation;
use self::decision_map::DecisionMap;
pub use self::error::{EngineError, Needed};
pub use self::networks::architecture;
pub use self::outbox::Outbox;
use self::pace::Pace;
use self::race::Race;
use self::shelf::Shelf;
pub use self::success::{Attacked, Successes, successes};
use self::survey::Survey;
use self::trainer::Trainer;
use super::{AttackSpec, Command, DataId, DeviceKind, Event, Experiment, Meter, Problem, StopReason, SurveySpec};
use crate::data::Images;
use crate::told::Tell;

/// What the caller should do next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// Call [`Engine::work`] again soon.
    Busy,
    /// Nothing to do before this time (milliseconds of the engine's clock).
    Until(f64),
    /// Nothing to do until a command arrives.
    Idle,
}

/// Milliseconds from any fixed origin.
pub type Clock = fn() -> f64;

/// One device, its data, at most one training and one race of attacks.
pub struct Engine {
    device: Device,
    kind: DeviceKind,
    clock: Clock,
    shelf: Shelf,
    trainer: Option<Trainer>,
    race: Option<Race>,
    estimation: Option<Estimation>,
    /// Whether the estimation has the next turn: it and a training that runs take turns.
    estimation_next: bool,
    map: Option<DecisionMap>,
    /// Whether the map has the next turn, in the same way.
    map_next: bool,
    survey: Option<Survey>,
    /// Whether the survey goes on by itself.
    surveying: bool,
    /// Set up as soon as its data are known.
    waiting: Option<Experiment>,
    waiting_attack: Option<AttackSpec>,
    waiting_survey: Option<SurveySpec>,
    training: Pace,
    attacking: Pace,
    last_attack_meter: f64,
    outbox: Vec<Event>,
}

impl Engine {
    /// An engine on `device`; says [`Event::Ready`].
    pub fn new(device: Device, kind: DeviceKind, adapter: String, clock: Clock) -> Self {
        let simd = cfg!(any(target_feature = "simd128", target_arch = "x86_64", target_arch = "aarch64"));
        Self {
            device,
            kind,
            clock,
            shelf: Shelf::default(),
            trainer: None,
            race: None,
            estimation: None,
            estimation_next: false,
            map: None,
            map_next: false,
            survey: None,
            surveying: false,
            waiting: None,
            waiting_attack: None,
            waiting_survey: None,
            training: Pace::default(),
            attacking: Pace::default(),
            last_attack_meter: f64::NEG_INFINITY,
            outbox: vec![Event::Ready { device: kind, adapter, simd }],
        }
    }

    /// Everything there is to say since the last call.
    pub fn drain(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.outbox)
    }

    /// The attacks of `spec` where only success counts, one after the other: broken images leave their batch.
    ///
    /// # Errors
    /// [`EngineError`] as for a race of them.
    pub async fn successes(&self, spec: AttackSpec) -> Result<Vec<Attacked>, EngineError> {
        Race::new(spec, &self.shelf, self.trainer.as_ref(), &self.device).await?.successes().await
    }

    /// Whether training goes on by itself.
    pub fn is_training(&self) -> bool {
        self.training.running
    }

    /// Replaces the training images of a data set by others of it, such as all there are instead of the shipped part.
    ///
    /// # Errors
    /// [`EngineError`] if the set is not known or its images have another shape.
    pub fn put_training_images(&mut self, data: DataId, images: Images) -> Result<(), EngineError> {
        self.shelf.put_training_images(data, images)
    }

    /// Carries out a command. Problems become events; the engine stays usable.
    pub async fn handle(&mut self, command: Command) {
        if let Err(error) = self.carry_out(command).await {
            self.problem(&error).await;
        }
    }

    /// Does one unit of work if there is any.
    pub async fn work(&mut self) -> Next {
        let result = match self.next_unit() {
            Unit::Train => self.train().await,
            Unit::Attack => self.attack().await,
            Unit::Estimate => self.estimate().await,
            Unit::Map => self.measure_map().await,
            Unit::Survey => self.survey().await,
            Unit::None(next) => return next,
        };
        match result {
            Ok(next) => next,
            Err(error) => {
                self.problem(&error).await;
                Next::Busy
            }
        }
    }

    fn next_unit(&self) -> Unit {
        let now = (self.clock)();
        let measuring = self.trainer.as_ref().is_some_and(Trainer::is_measuring);
        if self.race.is_some() && self.attacking.due(now) {
            return Unit::Attack;
        }
        let training = measuring || (self.trainer.is_some() && self.training.due(now));
        let mapping = self.map.as_ref().is_some_and(|map| !map.is_done());
        if mapping && (self.map_next || !training) {
            return Unit::Map;
        }
        if self.estimation.is_some() && (self.estimation_next || !training) {
            return Unit::Estimate;
        }
        if training {
            return Unit::Train;
        }
        if self.surveying && self.survey.is_some() {
            return Unit::Survey;
        }
        let times = [self.attacking.wait(self.race.is_some()), self.training.wait(self.trainer.is_some())];
        Unit::None(times.into_iter().flatten().reduce(f64::min).map_or(Next::Idle, Next::Until))
    }

    async fn train(&mut self) -> Result<Next, EngineError> {
        self.estimation_next = true;
        self.map_next = true;
        let Some(trainer) = &mut self.trainer else { return Ok(Next::Idle) };
        let clock = self.clock;
        if !trainer.is_measuring() && trainer.is_done() {
            self.training.running = false;
            trainer.flush(clock, &mut self.outbox).await?;
            self.outbox.push(Event::State { t: trainer.t(), running: false, reason: StopReason::Steps });
            // Other work may wait.
            return Ok(Next::Busy);
        }
        if !trainer.has_data(&self.shelf) {
            // A shard is still on its way.
            return Ok(Next::Until(clock() + 50.0));
        }
        if trainer.is_measuring() {
            trainer.measure_some(&self.shelf, &mut self.outbox).await?;
            return Ok(Next::Busy);
        }
        let began = clock();
        trainer.step(&self.shelf)?;
        trainer.flush_if_due(clock, began, self.kind, &mut self.outbox).await?;
        trainer.look_if_due(clock, &self.shelf, &mut self.outbox).await?;
        self.training.done(clock());
        let meter = self.meter();
        self.outbox.extend(meter);
        Ok(Next::Busy)
    }

    async fn attack(&mut self) -> Result<Next, EngineError> {
        let Some(race) = &mut self.race else { return Ok(Next::Idle) };
        race.call(self.clock, &mut self.outbox).await?;
        if race.is_done() {
            self.attacking.running = false;
        }
        let now = (self.clock)();
        self.attacking.done(now);
        if now - self.last_attack_meter > 250.0 || !self.attacking.running {
            self.last_attack_meter = now;
            let meter = self.attack_meter();
            self.outbox.push(meter);
        }
        Ok(Next::Busy)
    }

    /// One more group of images for the theorems' constants.
    async fn estimate(&mut self) -> Result<Next, EngineError> {
        self.estimation_next = false;
        // Taken out: a problem ends it.
        let Some(mut estimation) = self.estimation.take() else { return Ok(Next::Idle) };
        let set = self.shelf.set(estimation.data())?;
        let here = estimation.has_data(set.train.len());
        if here && let Some(known) = estimation.advance(&set.train, &self.device).await? {
            self.outbox.push(Event::Constants(known));
        }
        if !estimation.is_done() {
            self.estimation = Some(estimation);
        }
        // Else a shard is still on its way.
        Ok(if here { Next::Busy } else { Next::Until((self.clock)() + 50.0) })
    }

    /// One gradient call of the survey.
    async fn survey(&mut self) -> Result<Next, EngineError> {
        let Some(survey) = &mut self.survey else { return Ok(Next::Idle) };
        let part = match survey.advance(&self.shelf, &self.device).await {
            Ok(part) => part,
            // Images are still on their way.
            Err(EngineError::Missing(_)) => return Ok(Next::Until((self.clock)() + 50.0)),
            Err(error) => {
                self.surveying = false;
                let told = survey.tell(false, Vec::new());
                self.outbox.push(Event::Survey(told));
                return Err(error);
            }
        };
        self.surveying = !survey.is_done();
        if let Some(part) = part {
            self.outbox.push(Event::Survey(survey.tell(self.surveying, vec![part])));
        }
        Ok(Next::Busy)
    }

    /// A few points more of the decision map.
    async fn measure_map(&mut self) -> Result<Next, EngineError> {
        self.map_next = false;
        // Taken out: a problem ends it.
        let Some(mut map) = self.map.take() else { return Ok(Next::Idle) };
        let known = map.advance(&self.device, self.clock).await?;
        self.outbox.extend(known.map(Event::DecisionMap));
        self.map = Some(map);
        Ok(Next::Busy)
    }

    /// How fast the race goes, with what is known of a training that rests meanwhile.
    fn attack_meter(&self) -> Event {
        Event::Meter(Meter {
            ms_per_step: 0.0,
            images_per_second: 0.0,
            gradient_evaluations: self.trainer.as_ref().map_or(0.0, Trainer::gradient_evaluations),
            ms_per_call: self.race.as_ref().map_or(0.0, Race::ms_per_call),
        })
    }

    /// At most four times a second.
    fn meter(&mut self) -> Option<Event> {
        let now = (self.clock)();
        let trainer = self.trainer.as_mut()?;
        let (ms_per_step, images_per_second) = trainer.speed(now)?;
        Some(Event::Meter(Meter {
            ms_per_step,
            images_per_second,
            gradient_evaluations: trainer.gradient_evaluations(),
            ms_per_call: self.race.as_ref().map_or(0.0, Race::ms_per_call),
        }))
    }

    async fn carry_out(&mut self, command: Command) -> Result<(), EngineError> {
        match command {
            Command::Manifest(json) => {
                self.shelf.manifest(&json)?;
                self.set_up_waiting().await?;
            }
            Command::Shard { file, bytes } => {
                let event = self.shelf.shard(&file, &bytes)?;
                self.outbox.push(event);
                self.set_up_waiting().await?;
            }
            Command::OwnFiles(files) => {
                let event = self.shelf.own_files(&files)?;
                self.outbox.push(event);
            }
            Command::OwnImage { width, height, rgba, label } => self.shelf.own_image(width, height, rgba, label),
            Command::Model { name, bytes } => {
                let event = self.shelf.model(name, &bytes)?;
                self.outbox.push(event);
                self.set_up_waiting().await?;
            }
            Command::OwnNetwork { place, name, bytes } => {
                let read = self.shelf.own_network(&name, &bytes).map_err(|error| told(&error));
                let taken = read.is_ok();
                self.outbox.push(Event::OwnNetwork { place, read });
                if taken {
                    self.set_up_waiting().await?;
                }
            }
            Command::Configure(experiment) => {
                self.waiting = Some(experiment);
                self.set_up_waiting().await?;
            }
            Command::Run { steps_per_second } => self.run(steps_per_second),
            Command::Pause => self.pause(StopReason::User).await?,
            Command::Step => self.step_once(false).await?,
            Command::SubStep => self.step_once(true).await?,
            Command::Seek { t } => self.seek(t).await?,
            Command::Checkpoint => {
                let trainer = self.trainer.as_mut().ok_or(EngineError::Missing(Needed::Experiment))?;
                trainer.flush(self.clock, &mut self.outbox).await?;
                let bytes = trainer.checkpoint().await?;
                self.outbox.push(Event::Checkpoint { t: trainer.t(), bytes });
            }
            Command::Restore(bytes) => self.restore(&bytes)?,
            Command::StartFrom(bytes) => {
                let trainer = self.trainer.as_mut().ok_or(EngineError::Missing(Needed::Experiment))?;
                trainer.start_from(&bytes, &self.device)?;
                self.estimation = None;
            }
            Command::ExportWeights(run) => {
                let trainer = self.trainer.as_ref().ok_or(EngineError::Missing(Needed::Experiment))?;
                let (name, bytes) = trainer.weights(run).await?;
                self.outbox.push(Event::Weights { run, name, bytes });
            }
            Command::AttackConfigure(spec) => {
                self.attacking.running = false;
                self.waiting_attack = Some(spec);
                self.set_up_waiting().await?;
            }
            Command::AttackRun { calls_per_second } => {
                let now = (self.clock)();
                self.attacking.start(now, calls_per_second);
            }
            Command::AttackPause => {
                self.attacking.running = false;
                if let Some(race) = &mut self.race {
                    race.report(false, &mut self.outbox).await?;
                }
            }
            Command::AttackStep => {
                self.attacking.running = false;
                if let Some(race) = &mut self.race {
                    race.call(self.clock, &mut self.outbox).await?;
                    race.report(false, &mut self.outbox).await?;
                }
            }
            Command::AttackFocus(image) => {
                if let Some(race) = &mut self.race {
                    race.focus(image);
                    race.report(self.attacking.running, &mut self.outbox).await?;
                    race.look_again(&mut self.outbox).await?;
                }
            }
            Command::AttackSeek { call } => {
                let ran = std::mem::replace(&mut self.attacking.running, false);
                if let Some(race) = &mut self.race {
                    if ran {
                        race.report(false, &mut self.outbox).await?;
                    }
                    race.seek(call, &mut self.outbox).await?;
                }
            }
            Command::Atoms { lane } => {
                if let Some(race) = &mut self.race {
                    race.atoms(lane, &mut self.outbox).await?;
                }
            }
            Command::AtomsSwitch { serial, on } => {
                if let Some(race) = &mut self.race {
                    race.switch_atoms(serial, &on, &mut self.outbox).await?;
                }
            }
            Command::Survey(spec) => {
                self.survey = None;
                self.waiting_survey = Some(spec);
                self.set_up_waiting().await?;
            }
            Command::SurveyRun(on) => {
                self.surveying = on;
                if let Some(survey) = &self.survey {
                    self.outbox.push(Event::Survey(survey.tell(on, Vec::new())));
                }
            }
            Command::Benchmark { steps } => {
                let architecture = self.trainer.as_ref().map(|trainer| trainer.architecture().clone());
                let milliseconds = probe::benchmark(architecture, steps, &self.device, self.clock).await?;
                self.outbox.push(Event::Benchmark { steps, milliseconds });
            }
            Command::Probe => {
                let probe = probe::probe(&self.device).await?;
                self.outbox.push(Event::Probe(probe));
            }
            Command::Constants => {
                let trainer = self.trainer.as_ref().ok_or(EngineError::Missing(Needed::Experiment))?;
                let estimation = trainer.estimation().await?;
                self.outbox.push(Event::Constants(estimation.tell()));
                self.estimation = Some(estimation);
            }
            Command::DecisionMap(spec) => {
                self.map = None;
                // Without a race there is nothing to look at, and nothing to complain of: it is being set up.
                if let (Some(spec), Some(race)) = (spec, &mut self.race) {
                    let map = DecisionMap::new(race.scene().await?, spec);
                    self.outbox.push(Event::DecisionMap(map.tell()));
                    self.map = Some(map);
                }
            }
            Command::MapProbe(at) => {
                if let Some(map) = &self.map {
                    let probe = map.probe(at, &self.device).await?;
                    self.outbox.push(Event::MapProbe(probe));
                }
            }
            Command::Cost { set, side, oracle } => {
                let found = cost::cost(&set, side, oracle, self.clock);
                // Answered in any case: somebody waits.
                let milliseconds = found.as_ref().copied().unwrap_or(f64::NAN);
                self.outbox.push(Event::Cost { set, side, oracle, milliseconds });
                found?;
            }
        }
        Ok(())
    }

    /// Sets up what was waiting for its data, if they are there.
    async fn set_up_waiting(&mut self) -> Result<(), EngineError> {
        if let Some(experiment) = self.waiting.take() {
            if self.shelf.knows(experiment.data) {
                let trainer = Trainer::new(experiment, &self.shelf, &self.device)?;
                let keep_running = self.training.running;
                self.outbox.push(trainer.configured());
                self.outbox.push(Event::Snapshots(vec![]));
                let reason = StopReason::None;
                self.outbox.push(Event::State { t: 0, running: keep_running, reason });
                self.trainer = Some(trainer);
                self.estimation = None;
            } else {
                self.waiting = Some(experiment);
            }
        }
        if let Some(spec) = self.waiting_attack.take() {
            match Race::new(spec.clone(), &self.shelf, self.trainer.as_ref(), &self.device).await {
                Ok(mut race) => {
                    race.report(self.attacking.running, &mut self.outbox).await?;
                    self.race = Some(race);
                    self.map = None;
                }
                Err(EngineError::Missing(_)) => self.waiting_attack = Some(spec),
                Err(error) => return Err(error),
            }
        }
        if let Some(spec) = self.waiting_survey.take() {
            match Survey::new(spec.clone(), &self.shelf, self.trainer.as_ref(), &self.device) {
                Ok(survey) => {
                    self.outbox.push(Event::Survey(survey.tell(true, Vec::new())));
                    self.survey = Some(survey);
                    self.surveying = true;
                }
                Err(EngineError::Missing(_)) => self.waiting_survey = Some(spec),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn run(&mut self, steps_per_second: f32) {
        let now = (self.clock)();
        self.training.start(now, steps_per_second);
        let t = self.trainer.as_ref().map_or(0, Trainer::t);
        self.outbox.push(Event::State { t, running: true, reason: StopReason::None });
    }

    async fn pause(&mut self, reason: StopReason) -> Result<(), EngineError> {
        self.training.running = false;
        if let Some(trainer) = &mut self.trainer {
            trainer.flush(self.clock, &mut self.outbox).await?;
            self.outbox.push(Event::State { t: trainer.t(), running: false, reason });
        }
        Ok(())
    }

    async fn step_once(&mut self, sub_step: bool) -> Result<(), EngineError> {
        self.training.running = false;
        let Some(trainer) = &mut self.trainer else { return Ok(()) };
        if trainer.is_done() || !trainer.has_data(&self.shelf) {
            return Ok(());
        }
        if sub_step {
            let event = Event::SubStepped(trainer.sub_step(&self.shelf).await?);
            self.outbox.push(event);
        } else {
            trainer.step(&self.shelf)?;
        }
        trainer.flush(self.clock, &mut self.outbox).await?;
        trainer.look(&self.shelf, &mut self.outbox).await?;
        self.outbox.push(Event::State { t: trainer.t(), running: false, reason: StopReason::User });
        Ok(())
    }

    async fn seek(&mut self, t: u32) -> Result<(), EngineError> {
        self.pause(StopReason::User).await?;
        let Some(trainer) = &mut self.trainer else { return Ok(()) };
        trainer.seek(t, &self.device)?;
        trainer.look(&self.shelf, &mut self.outbox).await?;
        self.outbox.push(Event::State { t: trainer.t(), running: false, reason: StopReason::User });
        Ok(())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        let checkpoint = checkpoint::Checkpoint::read(bytes)?;
        let mut trainer = Trainer::new(checkpoint.experiment.clone(), &self.shelf, &self.device)?;
        trainer.restore(checkpoint, &self.device)?;
        let t = trainer.t();
        self.waiting = None;
        self.outbox.push(trainer.configured());
        self.outbox.push(Event::State { t, running: self.training.running, reason: StopReason::None });
        self.trainer = Some(trainer);
        self.estimation = None;
        Ok(())
    }

    /// Pauses, reports, and goes back to the last state that was sound.
    async fn problem(&mut self, error: &EngineError) {
        if matches!(error, EngineError::NotFinite { .. } | EngineError::ReadBack(_)) {
            self.training.running = false;
            self.attacking.running = false;
        }
        if let (EngineError::NotFinite { t }, Some(trainer)) = (error, &mut self.trainer)
            && trainer.go_back_before(*t, &self.device).is_ok()
        {
            let t = trainer.t();
            self.outbox.push(Event::Snapshots(trainer.snapshots()));
            // Whoever keeps checkpoints against a crash may hold one of the state that is given up.
            if let Ok(bytes) = trainer.checkpoint().await {
                self.outbox.push(Event::Checkpoint { t, bytes });
            }
            self.outbox.push(Event::State { t, running: false, reason: StopReason::Problem });
        }
        self.outbox.push(Event::Problem(told(error)));
    }
}

/// An error, as the page hears of it.
fn told(error: &EngineError) -> Problem {
    Problem { kind: error.kind(), detail: error.to_string(), told: Some(error.told()) }
}

enum Unit {
    Train,
    Attack,
    Estimate,
    Survey,
    Map,
    None(Next),
}
