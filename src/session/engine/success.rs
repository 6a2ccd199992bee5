//! Attacks where only success counts: an image that is broken costs nothing any more.
//!
//! At every checkpoint the images are judged, in 8 bits as always; what is misclassified then (or taken for the chosen
//! class) is broken, whatever the
//! attack would make of it later. When fewer than half of a batch are left, the others leave it: rows know nothing of
//! each other, and random starts belong to the image, so the result is that of the whole batch. Halving keeps the price
//! of copying below that of one gradient call in all.

use super::EngineError;
use super::judge::{answers, handed_in};
use super::readback::read;
use crate::attack::{self, Attack, AttackEntry, AttackSettings, Target, checkpoints_of_runs};
use crate::session::is_broken;

/// What became of a batch under one attack.
#[derive(Debug, Clone, PartialEq)]
pub struct Successes {
    /// Misclassified before any attack; these are not attacked.
    pub wrong_already: Vec<bool>,
    /// Misclassified in 8 bits at some checkpoint, or taken for the chosen class.
    pub broken: Vec<bool>,
    /// The 8-bit image that was broken, or the last one; the clean one where it was wrong already.
    pub levels: Vec<Vec<u8>>,
    /// Gradients of one image that were computed.
    pub gradients: u64,
}

/// The same with the images it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Attacked {
    /// Key of the attack.
    pub attack: &'static str,
    /// Positions in the original test split, and what the images show.
    pub images: Vec<u32>,
    pub labels: Vec<u8>,
    pub found: Successes,
}

/// Runs an attack on `target`, whose images have these `labels`. With `compact` broken images leave the batch; without,
/// they stay and are ignored, which gives the same answer and is there to be compared with.
///
/// # Errors
/// [`EngineError::Attack`] if the attack and the target do not fit, or the network answers with what is no number.
pub async fn successes(
    target: &Target,
    labels: &[u8],
    entry: &'static AttackEntry,
    settings: &AttackSettings,
    compact: bool,
) -> Result<Successes, EngineError> {
    let images = target.clean.images.clone();
    let clean = read(images.clone()).await?;
    let probabilities = read(target.network.probabilities(images)).await?;
    attack::check_finite(&probabilities)?;
    let first = answers(&probabilities, target.network.architecture.classes);
    let wrong: Vec<bool> = first.iter().zip(labels).map(|(answer, label)| answer != label).collect();
    let mut tally = Tally::new(target, labels, &clean, wrong);
    tally.aim = settings.target;
    let rows: Vec<usize> = (0..labels.len()).filter(|&row| !compact || tally.is_open(row)).collect();
    if !(0..labels.len()).any(|row| tally.is_open(row)) {
        return Ok(tally.found);
    }
    let mut field = Field::start(target.select(&rows), rows, entry, settings)?;
    tally.found.gradients += field.rows.len() as u64;
    let checks = checkpoints_of_runs(settings.budget, if entry.restarts { settings.restarts } else { 1 });
    for call in 1..=settings.budget {
        field.attack.step(&field.target);
        tally.found.gradients += field.rows.len() as u64;
        if checks.contains(&call) || call == settings.budget {
            field.judge(&mut tally).await?;
            if compact && !field.narrow(&tally) {
                break;
            }
        }
    }
    Ok(tally.found)
}

/// What is known of all images.
struct Tally<'a> {
    labels: &'a [u8],
    /// The class that alone counts.
    aim: Option<usize>,
    clean: &'a [f32],
    n: usize,
    found: Successes,
}

impl<'a> Tally<'a> {
    fn new(target: &Target, labels: &'a [u8], clean: &'a [f32], wrong: Vec<bool>) -> Self {
        let n = target.clean.images.dims()[1].max(1);
        let level = |value: &f32| (255.0 * value).round().clamp(0.0, 255.0) as u8;
        let levels = clean.chunks(n).map(|image| image.iter().map(level).collect()).collect();
        let broken = vec![false; wrong.len()];
        Self { labels, aim: None, clean, n, found: Successes { wrong_already: wrong, broken, levels, gradients: 0 } }
    }

    /// Right at first, and not broken yet.
    fn is_open(&self, row: usize) -> bool {
        let is = |flags: &[bool]| flags.get(row).copied().unwrap_or(true);
        !is(&self.found.wrong_already) && !is(&self.found.broken)
    }

    fn clean_of(&self, row: usize) -> &[f32] {
        self.clean.get(row * self.n..(row + 1) * self.n).unwrap_or_default()
    }

    fn note(&mut self, row: usize, answer: u8, levels: &[u8]) {
        if !self.is_open(row) {
            return;
        }
        if let Some(kept) = self.found.levels.get_mut(row) {
            *kept = levels.to_vec();
        }
        if let (Some(broken), Some(label)) = (self.found.broken.get_mut(row), self.labels.get(row)) {
            *broken = is_broken(usize::from(answer), usize::from(*label), self.aim);
        }
    }
}

/// The images that are still attacked.
struct Field {
    target: Target,
    attack: Box<dyn Attack>,
    /// Which image each row is.
    rows: Vec<usize>,
}

impl Field {
    fn start(
        target: Target,
        rows: Vec<usize>,
        entry: &'static AttackEntry,
        settings: &AttackSettings,
    ) -> Result<Self, EngineError> {
        let attack = attack::start(entry, &target, settings)?;
        Ok(Self { target, attack, rows })
    }

    async fn judge(&self, tally: &mut Tally<'_>) -> Result<(), EngineError> {
        let values = read(self.attack.result(&self.target)).await?;
        attack::check_finite(&values)?;
        let clean: Vec<f32> = self.rows.iter().flat_map(|&row| tally.clean_of(row)).copied().collect();
        let (judged, _) = handed_in(&self.target, self.attack.as_ref(), &values, &clean).await?;
        let answers = answers(&judged.probabilities, self.target.network.architecture.classes);
        for ((&row, answer), levels) in self.rows.iter().zip(answers).zip(judged.levels.chunks(tally.n)) {
            tally.note(row, answer, levels);
        }
        Ok(())
    }

    /// Lets the broken images go if fewer than half are left; whether there is anything left to do.
    fn narrow(&mut self, tally: &Tally<'_>) -> bool {
        let open = |place: &usize| self.rows.get(*place).is_some_and(|&row| tally.is_open(row));
        let places: Vec<usize> = (0..self.rows.len()).filter(open).collect();
        if 2 * places.len() < self.rows.len() && !places.is_empty() {
            self.attack.keep(&self.target.row_index(&places));
            self.target = self.target.select(&places);
            self.rows = places.iter().filter_map(|&place| self.rows.get(place).copied()).collect();
        }
        !places.is_empty()
    }
}
