//! Attacks on many images, counted, a little between any two turns: one gradient call of one attack on one batch is a
//! unit of work. Order, random starts and the judgement in 8 bits are the same for the page and the command line,
//! because this is both of them; a random start belongs to its image, so the size of a batch changes no count.
//!
//! For the robustness curve only success counts: as in [`super::success`], the images are judged at every checkpoint,
//! and when fewer than half of a batch are left the broken ones leave it. What is compared keeps all of its images,
//! because their losses are compared as well.

use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};

use super::judge::{answers, handed_in};
use super::race::{loss, victim};
use super::readback::{read, read_all};
use super::shelf::Shelf;
use super::trainer::Trainer;
use super::{EngineError, Needed};
use crate::attack::{self, Attack, AttackError, AttackSettings, Target, checkpoints_of_runs};
use crate::data::Dataset;
use crate::nn::{Batch, Network};
use crate::session::{Contender, DataId, Fate, Place, SurveyId, SurveyNow, SurveyPart, SurveySpec};

/// How far an image may be beyond ε, in 1/255, before it counts as outside: rounding errors of single precision.
const SLACK: f64 = 1e-3;

/// A survey in progress.
pub(super) struct Survey {
    spec: SurveySpec,
    networks: Vec<Network>,
    turn: usize,
    field: Option<Field>,
    bout: Option<Bout>,
}

/// A batch of images in front of one network.
struct Field {
    subject: usize,
    from: u32,
    values: Vec<f32>,
    labels: Vec<u8>,
    batch: Batch,
    right: Vec<bool>,
    /// 1 where the network is right at first. `[rows, 1]`.
    right_rows: Tensor<2>,
}

/// One attack on a field.
struct Bout {
    target: Target,
    attack: Box<dyn Attack>,
    /// Gradient calls there have been, and those that are left.
    call: u32,
    left: u32,
    /// Calls after which broken images may leave; none where all of them stay.
    checks: Vec<u32>,
    /// Which image of the field each row is, and 1 where it was right at first, `[rows, 1]`.
    rows: Vec<usize>,
    right_rows: Tensor<2>,
    /// What is known of each image of the field, and whether it lies outside its ball.
    fates: Vec<Fate>,
    strayed: Vec<bool>,
    zero_gradients: u32,
    best_loss: Vec<f32>,
    halvings: f32,
}

impl Survey {
    /// Sets a survey up; networks are taken as they are now.
    ///
    /// # Errors
    /// [`EngineError::Missing`] while a network or its data are still on their way.
    pub fn new(
        spec: SurveySpec,
        shelf: &Shelf,
        trainer: Option<&Trainer>,
        device: &Device,
    ) -> Result<Self, EngineError> {
        let mut networks = Vec::with_capacity(spec.subjects.len());
        for subject in &spec.subjects {
            shelf.set(subject.data)?;
            networks.push(victim(&subject.victim, shelf, trainer, device)?);
        }
        Ok(Self { spec, networks, turn: 0, field: None, bout: None })
    }

    pub fn is_done(&self) -> bool {
        self.spec.place(self.turn).is_none()
    }

    /// How far it is.
    pub fn tell(&self, running: bool, parts: Vec<SurveyPart>) -> SurveyNow {
        let running = running && !self.is_done();
        SurveyNow { id: self.spec.id, running, done: self.turn as u32, of: self.spec.pieces(), parts }
    }

    /// One unit of work; a piece if one is done with it.
    ///
    /// # Errors
    /// [`EngineError::Missing`] while images are on their way: nothing has changed then. [`EngineError::Attack`] if
    /// images and network do not fit, or the network answers with what is no number.
    pub async fn advance(&mut self, shelf: &Shelf, device: &Device) -> Result<Option<SurveyPart>, EngineError> {
        let Some(place) = self.spec.place(self.turn) else { return Ok(None) };
        let Some(network) = self.networks.get(place.subject) else { return Ok(None) };
        let range = range(&self.spec, &place, shelf)?;
        if range.is_empty() {
            // This network's data end before the survey does.
            self.turn += 1;
            return Ok(Some(piece(&place)));
        }
        if self.field.as_ref().is_none_or(|field| (field.subject, field.from) != (place.subject, place.from)) {
            let set = shelf.set(data_of(&self.spec, &place))?;
            self.field = Some(Field::new(&place, network, set, range, device).await?);
            return Ok(None);
        }
        let Some(field) = &self.field else { return Ok(None) };
        match &mut self.bout {
            None => match Bout::start(&self.spec, &place, network, field) {
                Ok(mut bout) => {
                    bout.note(true).await?;
                    self.bout = Some(bout);
                    Ok(None)
                }
                // The others go on without it.
                Err(error @ (AttackError::Norm { .. } | AttackError::Classes { .. })) => {
                    self.turn += 1;
                    Ok(Some(SurveyPart { refused: error.to_string(), ..piece(&place) }))
                }
                Err(error) => Err(error.into()),
            },
            Some(bout) if bout.left > 0 => {
                bout.left -= 1;
                bout.attack.step(&bout.target);
                bout.note(false).await?;
                bout.let_go(field).await?;
                Ok(None)
            }
            Some(bout) => {
                let part = bout.finish(&place, field).await?;
                self.bout = None;
                self.turn += 1;
                Ok(Some(part))
            }
        }
    }
}

/// An empty piece.
fn piece(place: &Place) -> SurveyPart {
    SurveyPart {
        subject: place.subject as u32,
        size: place.size as u32,
        contender: place.contender as u32,
        from: place.from,
        fates: Vec::new(),
        best_loss: Vec::new(),
        halvings: 0,
        zero_gradients: 0,
        outside: 0,
        refused: String::new(),
    }
}

fn data_of(spec: &SurveySpec, place: &Place) -> DataId {
    spec.subjects.get(place.subject).map_or(DataId::Cifar10, |subject| subject.data)
}

/// The test images of a batch.
fn range(spec: &SurveySpec, place: &Place, shelf: &Shelf) -> Result<Range<usize>, EngineError> {
    let set = shelf.set(data_of(spec, place))?;
    let first = spec.common.first_image.saturating_add(place.from) as usize;
    let end = (first + place.count as usize).min(set.test_expected);
    if first < end && end > set.test.len() {
        return Err(EngineError::Missing(Needed::TestImage(end)));
    }
    Ok(first..end)
}

impl Field {
    async fn new(
        place: &Place,
        network: &Network,
        set: &Dataset,
        range: Range<usize>,
        device: &Device,
    ) -> Result<Self, EngineError> {
        let (values, labels) = set.test.batch_f32(&range.collect::<Vec<_>>())?;
        let (rows, classes) = (labels.len(), network.architecture.classes);
        let n = set.shape.values();
        let expected: usize = network.architecture.input.iter().product();
        if n != expected {
            return Err(AttackError::Shape { expected, found: n }.into());
        }
        let clean = Tensor::from_data(TensorData::new(values.clone(), [rows, n]), device);
        let probabilities = read(network.probabilities(clean)).await?;
        attack::check_finite(&probabilities)?;
        let right: Vec<bool> =
            answers(&probabilities, classes).iter().zip(&labels).map(|(answer, label)| answer == label).collect();
        let column: Vec<f32> = right.iter().map(|right| f32::from(u8::from(*right))).collect();
        let right_rows = Tensor::from_data(TensorData::new(column, [rows, 1]), device);
        let batch = Batch::new(values.clone(), &labels, classes, device);
        Ok(Self { subject: place.subject, from: place.from, values, labels, batch, right, right_rows })
    }

    /// Which images an attack begins with, and whether none of them is worth attacking. Where images `leave`, those that
    /// are wrong already do so at once; a batch is never empty.
    fn attacked(&self, leave: bool) -> (Vec<usize>, bool) {
        let right = |row: &usize| self.right.get(*row).copied().unwrap_or(false);
        let rows: Vec<usize> = (0..self.labels.len()).filter(|row| !leave || right(row)).collect();
        if rows.is_empty() { ((0..self.labels.len()).collect(), true) } else { (rows, false) }
    }
}

impl Bout {
    fn start(spec: &SurveySpec, place: &Place, network: &Network, field: &Field) -> Result<Self, AttackError> {
        let common = &spec.common;
        let contender =
            spec.contenders.get(place.contender).cloned().unwrap_or_else(|| Contender::plain("auto-fw", common));
        let mut sized = common.clone();
        sized.set_size(spec.sizes.get(place.size).copied().unwrap_or(common.size()));
        let entry = attack::find(&contender.attack)?;
        let settings = AttackSettings {
            budget: common.budget,
            gamma0: contender.gamma0,
            seed: common.seed,
            loss: loss(contender.loss),
            restarts: contender.restarts,
            restart: 0,
            first_image: common.first_image.saturating_add(place.from),
            target: None,
        };
        let target = Target::within(network.clone(), field.batch.clone(), &field.labels, sized.threat())?;
        let leave = spec.id == SurveyId::Curve;
        let runs = if entry.restarts { contender.restarts } else { 1 };
        let checks = if leave { checkpoints_of_runs(common.budget, runs) } else { Vec::new() };
        let (rows, nobody) = field.attacked(leave);
        let (target, right_rows) = if rows.len() < field.labels.len() {
            let index = target.row_index(&rows);
            (target.select(&rows), field.right_rows.clone().select(0, index))
        } else {
            (target, field.right_rows.clone())
        };
        let attack = attack::start(entry, &target, &settings)?;
        let left = match entry.key {
            _ if nobody => 0,
            // It rests after its only step.
            "fgsm" => 1.min(common.budget),
            _ => common.budget,
        };
        let fates = field.right.iter().map(|right| if *right { Fate::Held } else { Fate::WrongAlready }).collect();
        let strayed = vec![false; field.labels.len()];
        Ok(Self {
            target,
            attack,
            call: 0,
            left,
            checks,
            rows,
            right_rows,
            fates,
            strayed,
            zero_gradients: 0,
            best_loss: Vec::new(),
            halvings: 0.0,
        })
    }

    /// Reads this call's sums over the images right at first; at the start also where there is no gradient. Reading
    /// every call keeps a device from working far ahead of the messages.
    async fn note(&mut self, at_start: bool) -> Result<(), EngineError> {
        let (ascent, halving) = (self.attack.ascent(), self.attack.halving());
        let sum = |rows: Tensor<2>| rows.mul(self.right_rows.clone()).sum_dim(0);
        let counted = if at_start {
            let largest = ascent.gradient.clone().abs().max_dim(1);
            Some(largest.lower_equal_elem(0.0).float())
        } else {
            halving.just_halved.clone()
        };
        let wanted: Vec<Tensor<2>> = [ascent.best_loss.clone()].into_iter().chain(counted).map(sum).collect();
        let numbers = read(Tensor::cat(wanted, 1)).await?;
        attack::check_finite(&numbers)?;
        self.best_loss.extend(numbers.first());
        let second = numbers.get(1).copied().unwrap_or(0.0);
        if at_start {
            self.zero_gradients = second.round() as u32;
        } else {
            self.halvings += second;
        }
        Ok(())
    }

    /// Counts the call. At a checkpoint the images are judged; if fewer than half are left, the others leave.
    async fn let_go(&mut self, field: &Field) -> Result<(), EngineError> {
        self.call += 1;
        if self.left == 0 || !self.checks.contains(&self.call) {
            return Ok(());
        }
        self.judge(field).await?;
        let fate = |place: &usize| self.rows.get(*place).and_then(|row| self.fates.get(*row));
        let open = |place: &usize| fate(place).is_some_and(|fate| fate.survives());
        let places: Vec<usize> = (0..self.rows.len()).filter(open).collect();
        if places.is_empty() {
            self.left = 0;
        } else if 2 * places.len() < self.rows.len() {
            let index = self.target.row_index(&places);
            self.attack.keep(&index);
            self.target = self.target.select(&places);
            self.right_rows = self.right_rows.clone().select(0, index);
            self.rows = places.iter().filter_map(|&place| self.rows.get(place).copied()).collect();
        }
        Ok(())
    }

    /// Judges the images that are still attacked; what is broken stays broken.
    async fn judge(&mut self, field: &Field) -> Result<(), EngineError> {
        let wanted = vec![self.attack.result(&self.target), self.attack.broken(&self.target)];
        let mut parts = read_all(wanted).await?.into_iter();
        let values = parts.next().unwrap_or_default();
        let broken_before = parts.next().unwrap_or_default();
        let n = self.target.clean.images.dims()[1].max(1);
        let own = |row: &usize| field.values.get(row * n..(row + 1) * n);
        let clean: Vec<f32> = self.rows.iter().filter_map(own).flatten().copied().collect();
        let (judged, costs) = handed_in(&self.target, self.attack.as_ref(), &values, &clean).await?;
        let after = answers(&judged.probabilities, self.target.network.architecture.classes);
        let strayed = self.outside(&judged.levels, &costs, &clean);
        for (((&row, answer), before), outside) in self.rows.iter().zip(after).zip(broken_before).zip(strayed) {
            if let Some(strayed) = self.strayed.get_mut(row) {
                *strayed = outside;
            }
            if let (Some(fate), Some(label)) = (self.fates.get_mut(row), field.labels.get(row))
                && fate.survives()
            {
                *fate = match answer == *label {
                    false => Fate::Broken,
                    true if before > 0.5 => Fate::LostIn8Bits,
                    true => Fate::Held,
                };
            }
        }
        Ok(())
    }

    async fn finish(&mut self, place: &Place, field: &Field) -> Result<SurveyPart, EngineError> {
        self.judge(field).await?;
        // Sums over some of the images would say nothing.
        let all_stayed = self.checks.is_empty();
        Ok(SurveyPart {
            fates: std::mem::take(&mut self.fates),
            best_loss: if all_stayed { std::mem::take(&mut self.best_loss) } else { Vec::new() },
            halvings: if all_stayed { self.halvings.round() as u32 } else { 0 },
            zero_gradients: self.zero_gradients,
            outside: self.strayed.iter().filter(|strayed| **strayed).count() as u32,
            ..piece(place)
        })
    }

    /// Which of the 8-bit images lie outside their ball; where light has moved, `costs` say how far.
    fn outside(&self, levels: &[u8], costs: &[f32], clean: &[f32]) -> Vec<bool> {
        let n = self.target.clean.images.dims()[1].max(1);
        let threat = self.target.ball.threat();
        let most = threat.epsilon * 255.0 + SLACK;
        let change = |(level, clean): (&u8, &f32)| f64::from(*level) - (255.0 * f64::from(*clean)).round();
        let length = |(levels, clean): (&[u8], &[f32])| threat.length(levels.iter().zip(clean).map(change));
        let lengths: Vec<f64> = if costs.is_empty() {
            levels.chunks(n).zip(clean.chunks(n)).map(length).collect()
        } else {
            costs.iter().map(|cost| 255.0 * f64::from(*cost)).collect()
        };
        lengths.iter().map(|length| *length > most).collect()
    }
}
