//! What the image that is looked at is made of: its convex combination of the oracle's answers, what each of them is
//! worth to the network, and the image with some of them switched off.
//!
//! Everything is judged on 8-bit images, as everywhere on the page: the point that an attack hands in with all its
//! atoms is the picture that the race shows.

use burn::tensor::{Device, Tensor, TensorData};

use super::EngineError;
use super::readback::{read, read_all};
use crate::attack::atoms::{self, Atom, Course, Move, Vertex, Weights};
use crate::attack::{self, Attack};
use crate::nn::Network;
use crate::session::{AtomKind, AtomRow, AtomsNow, AtomsState, AtomsSum};
use crate::sets::image_ball::round_within;
use crate::sets::{NormId, ThreatModel};

/// Tiles at most; lighter atoms are shown as one.
const TILES: usize = 40;
/// Values of the oracle's answers that an attack keeps at most (32 MB); beyond that only those of the focused image.
const MOST: usize = 8 << 20;
/// Images classified at once.
const AT_ONCE: usize = 64;

/// What an attack's moves were, for its convex combinations. Stays on the device until somebody asks.
pub(super) struct Ledger {
    /// The only image whose vertices are kept, if there is no room for those of all.
    only: Option<usize>,
    calls: Vec<Noted>,
}

struct Noted {
    call: u32,
    fresh: bool,
    /// γ, better, returned, best loss, broken, best point broken, `[rows, 6]`.
    columns: Tensor<2>,
    /// `None` at call 0 only.
    vertex: Option<Tensor<2>>,
}

/// A noted call of one row.
struct Row {
    gamma: f32,
    better: bool,
    returned: bool,
    best_loss: f32,
    broken: bool,
    best_broken: bool,
}

impl Ledger {
    /// Room for `budget` moves of `rows` images with `n` values each.
    pub fn new(rows: usize, n: usize, budget: u32, focus: usize) -> Self {
        let all = rows.saturating_mul(n).saturating_mul(budget as usize) <= MOST;
        Self { only: (!all).then_some(focus), calls: Vec::new() }
    }

    /// Takes down what the attack did in this call; nothing if it rested or has no oracle.
    pub fn note(&mut self, call: u32, attack: &dyn Attack) {
        let (ascent, taken) = (attack.ascent(), attack.taken());
        if taken.is_none() && !self.calls.is_empty() {
            return;
        }
        let none = ascent.best_loss.zeros_like();
        let of = |column: Option<&Tensor<2>>| column.unwrap_or(&none).clone();
        let columns = vec![
            of(taken.map(|taken| &taken.gamma)),
            of(taken.map(|taken| &taken.better)),
            of(taken.map(|taken| &taken.returned)),
            ascent.best_loss.clone(),
            ascent.broken.clone(),
            ascent.best_broken.clone(),
        ];
        let vertex = taken.map(|taken| match self.only {
            Some(row) => taken.vertex.clone().narrow(0, row, 1),
            None => taken.vertex.clone(),
        });
        let fresh = taken.is_some_and(|taken| taken.fresh);
        self.calls.push(Noted { call, fresh, columns: Tensor::cat(columns, 1), vertex });
    }

    /// Whether the attack has moved towards any oracle's answer.
    pub fn moved(&self) -> bool {
        self.calls.len() > 1
    }

    /// Whether the vertices of this image were kept.
    pub fn has(&self, row: usize) -> bool {
        self.only.is_none_or(|only| only == row)
    }

    /// The oracle's answers for one image, and the weights of the point that the attack hands in.
    async fn of(&self, row: usize) -> Result<(Vec<Vertex>, Weights), EngineError> {
        let columns: Vec<_> = self.calls.iter().map(|noted| noted.columns.clone().narrow(0, row, 1)).collect();
        let place = if self.only.is_some() { 0 } else { row };
        let moved = || self.calls.iter().filter_map(|noted| Some((noted, noted.vertex.clone()?)));
        let vertices: Vec<_> = moved().map(|(_, vertex)| vertex.narrow(0, place, 1)).collect();
        // Before the first step there is nothing to put together.
        if vertices.is_empty() {
            return Ok((Vec::new(), Weights::clean()));
        }
        let rows: Vec<Row> = read_all(columns).await?.iter().map(|values| Row::of(values)).collect();
        let pixels = read_all(vertices).await?;
        let vertices = moved().zip(pixels).map(|((noted, _), pixels)| Vertex { call: noted.call, pixels }).collect();
        Ok((vertices, self.handed_in(&rows)))
    }

    fn handed_in(&self, rows: &[Row]) -> Weights {
        let mut course = Course::start();
        for ((noted, row), before) in self.calls.iter().zip(rows).skip(1).zip(rows) {
            course.note(&Move {
                gamma: f64::from(row.gamma),
                fresh: noted.fresh,
                better: row.better,
                returned: row.returned,
                best: row.best_loss > before.best_loss,
                first_broken: row.broken && !before.broken,
            });
        }
        // As in Ascent::result.
        let rescued = rows.last().is_some_and(|row| row.broken && !row.best_broken);
        if rescued { course.first_broken } else { course.best }
    }
}

impl Row {
    fn of(values: &[f32]) -> Self {
        let at = |i: usize| values.get(i).copied().unwrap_or(0.0);
        let flag = |i: usize| at(i) > 0.5;
        Self {
            gamma: at(0),
            better: flag(1),
            returned: flag(2),
            best_loss: at(3),
            broken: flag(4),
            best_broken: flag(5),
        }
    }
}

/// The image that is looked at, and who judges it.
pub(super) struct Sight<'a> {
    pub network: &'a Network,
    pub device: Device,
    pub threat: ThreatModel,
    pub shape: [u32; 3],
    /// Place of the image in the race, and its class.
    pub image: usize,
    pub label: u8,
    /// The clean image, n values in [0, 1].
    pub clean: &'a [f32],
}

/// An image in 8 bits, and what the network says to it.
struct Answer {
    pixels: Vec<u8>,
    probabilities: Vec<f32>,
    answer: u8,
    /// Logit of the true class minus the largest other one: below 0 the answer is wrong.
    margin: f32,
}

impl Sight<'_> {
    async fn judge(&self, points: &[Vec<f32>]) -> Result<Vec<Answer>, EngineError> {
        let n = self.clean.len().max(1);
        let classes = self.network.architecture.classes.max(1);
        let mut answers = Vec::with_capacity(points.len());
        for chunk in points.chunks(AT_ONCE) {
            let pixels = round_within(&chunk.concat(), &self.clean.repeat(chunk.len()), n, &self.threat);
            let values: Vec<f32> = pixels.iter().map(|&level| f32::from(level) / 255.0).collect();
            let images = Tensor::from_data(TensorData::new(values, [chunk.len(), n]), &self.device);
            let logits = read(self.network.logits(images)).await?;
            attack::check_finite(&logits)?;
            answers.extend(
                logits.chunks(classes).zip(pixels.chunks(n)).map(|(logits, pixels)| self.answer(logits, pixels)),
            );
        }
        Ok(answers)
    }

    fn answer(&self, logits: &[f32], pixels: &[u8]) -> Answer {
        let label = usize::from(self.label);
        let highest = |skip: Option<usize>| {
            let rest = logits.iter().enumerate().filter(|(class, _)| Some(*class) != skip);
            // The first of equals, as everywhere.
            rest.fold((0, f32::NEG_INFINITY), |best, (class, &z)| if z > best.1 { (class, z) } else { best })
        };
        let (answer, top) = highest(None);
        let powers: Vec<f64> = logits.iter().map(|&z| f64::from(z - top).exp()).collect();
        let sum: f64 = powers.iter().sum();
        Answer {
            pixels: pixels.to_vec(),
            probabilities: powers.iter().map(|power| (power / sum) as f32).collect(),
            answer: answer as u8,
            margin: logits.get(label).copied().unwrap_or(f32::NAN) - highest(Some(label)).1,
        }
    }
}

/// The atoms that were told last: those that [`Shown::switched`] switches.
pub(super) struct Shown {
    /// See [`Asked::serial`].
    pub serial: u32,
    /// Place of the image in the race.
    pub image: usize,
    atoms: Vec<Atom>,
}

/// Whose atoms are asked for.
pub(super) struct Asked {
    /// Number of the answer: what is switched later refers to it.
    pub serial: u32,
    pub lane: u32,
    pub key: &'static str,
    pub call: u32,
}

impl Shown {
    /// The image with only these atoms; those without an entry are off.
    pub async fn switched(&self, sight: &Sight<'_>, on: &[bool]) -> Result<AtomsSum, EngineError> {
        let point = atoms::with(sight.clean, &self.atoms, |index| on.get(index) == Some(&true));
        let answer = sight.judge(&[point]).await?.pop();
        let on = (0..self.atoms.len()).map(|index| on.get(index) == Some(&true)).collect();
        Ok(sum(self.serial, on, sight.label, answer))
    }
}

fn sum(serial: u32, on: Vec<bool>, label: u8, answer: Option<Answer>) -> AtomsSum {
    let (pixels, probabilities, margin) =
        answer.map_or((Vec::new(), Vec::new(), f32::NAN), |a| (a.pixels, a.probabilities, a.margin));
    let true_probability = probabilities.get(usize::from(label)).copied().unwrap_or(f32::NAN);
    AtomsSum { serial, on, pixels, probabilities, true_probability, margin }
}

/// The answer where there are no atoms to tell of, and why.
pub(super) fn nothing(sight: &Sight<'_>, asked: &Asked, state: AtomsState) -> AtomsNow {
    AtomsNow {
        serial: asked.serial,
        lane: asked.lane,
        key: asked.key.into(),
        image: sight.image as u32,
        call: asked.call,
        state,
        kind: AtomKind::Vertices,
        shape: sight.shape,
        label: sight.label,
        clean_weight: 1.0,
        distinct: 0,
        carry: 0,
        difference: 0.0,
        atoms: Vec::new(),
        kept: Vec::new(),
        kept_answer: Vec::new(),
        removed: Vec::new(),
        removed_answer: Vec::new(),
        margin: f32::NAN,
        clean_margin: f32::NAN,
    }
}

/// The atoms of the image looked at, what each is worth, and the image with all of them. `handed_in` is the point the
/// attack hands in, to tell how well it was put together again.
pub(super) async fn tell(
    sight: &Sight<'_>,
    ledger: &Ledger,
    asked: &Asked,
    handed_in: &[f32],
) -> Result<(AtomsNow, AtomsSum, Shown), EngineError> {
    let (vertices, weights) = ledger.of(sight.image).await?;
    let kind = if sight.threat.norm == NormId::L1 { AtomKind::Pixels } else { AtomKind::Vertices };
    let all = match kind {
        AtomKind::Vertices => atoms::by_vertex(sight.clean, &vertices, &weights),
        AtomKind::Pixels => {
            let planes = sight.shape[0] as usize;
            atoms::by_pixel(sight.clean, &vertices, &weights, planes, sight.threat.epsilon)
        }
    };
    let carried: f64 = all.iter().map(|atom| atom.weight).sum();
    let (distinct, carry) = (all.len() as u32, atoms::carrying(&all, 0.9) as u32);
    let atoms = atoms::at_most(all, TILES);
    let count = atoms.len();
    let with = |on: &dyn Fn(usize) -> bool| atoms::with(sight.clean, &atoms, on);
    let whole = with(&|_| true);
    let apart = whole.iter().zip(handed_in).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    // The k heaviest, from none to all; all but the k heaviest; all but one; one alone.
    let mut points: Vec<Vec<f32>> = (0..=count).map(|k| with(&|index| index < k)).collect();
    points.extend((1..=count).map(|k| with(&|index| index >= k)));
    points.extend((1..count).map(|one| with(&|index| index != one)));
    points.extend((1..count).map(|one| with(&|index| index == one)));
    let mut answers = sight.judge(&points).await?;
    let last = answers.get(count).map_or(f32::NAN, |answer| answer.margin);
    let first = answers.first().map_or(f32::NAN, |answer| answer.margin);
    let label = usize::from(sight.label);
    let chance = |answer: &Answer| answer.probabilities.get(label).copied().unwrap_or(f32::NAN);
    let at = |place: usize| answers.get(place);
    // The heaviest alone and all but the heaviest are among the first ones already.
    let without = |index: usize| if index == 0 { at(count + 1) } else { at(2 * count + index) };
    let alone = |index: usize| if index == 0 { at(1) } else { at(3 * count - 1 + index) };
    let row = |(index, atom): (usize, &Atom)| {
        // A pixel's term says it all; a vertex is worth looking at before it is weighed.
        let unit = if kind == AtomKind::Pixels { 1.0 } else { atom.weight };
        let (tile, largest) = tile(&atom.term, unit, sight.shape);
        AtomRow {
            weight: atom.weight as f32,
            first_call: atom.first_call,
            calls: atom.calls,
            members: atom.members,
            tile,
            largest,
            without: without(index).map_or(f32::NAN, |answer| answer.margin - last),
            alone: alone(index).map_or(f32::NAN, |answer| answer.margin - first),
            answer_without: without(index).map_or(0, |answer| answer.answer),
        }
    };
    let rows = atoms.iter().enumerate().map(row).collect();
    let part = |range: std::ops::Range<usize>| answers.get(range).unwrap_or_default();
    let (kept, removed) = (part(0..count + 1), part(count + 1..2 * count + 1));
    let now = AtomsNow {
        state: AtomsState::Here,
        kind,
        clean_weight: (1.0 - carried) as f32,
        distinct,
        carry,
        difference: apart,
        atoms: rows,
        kept: kept.iter().map(chance).collect(),
        kept_answer: kept.iter().map(|answer| answer.answer).collect(),
        removed: removed.iter().map(chance).collect(),
        removed_answer: removed.iter().map(|answer| answer.answer).collect(),
        margin: last,
        clean_margin: first,
        ..nothing(sight, asked, AtomsState::Here)
    };
    let whole = (count < answers.len()).then(|| answers.swap_remove(count));
    let sum = sum(asked.serial, vec![true; count], sight.label, whole);
    Ok((now, sum, Shown { serial: asked.serial, image: sight.image, atoms }))
}

/// The change `term / weight` as a small picture: the mean over its colours, in signed bytes, its largest entry being
/// ±127; and the size of that entry in levels of 1/255.
fn tile(term: &[f32], weight: f64, shape: [u32; 3]) -> (Vec<u8>, f32) {
    let [planes, height, width] = shape.map(|n| n as usize);
    let plane = height * width;
    let mean = |pixel: usize| {
        let colours = (0..planes).filter_map(|channel| term.get(channel * plane + pixel));
        colours.sum::<f32>() / planes.max(1) as f32
    };
    let means: Vec<f32> = (0..plane).map(mean).collect();
    let most = means.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    let scale = if most > 0.0 { 127.0 / most } else { 0.0 };
    let bytes = means.iter().map(|value| (value * scale).round().clamp(-127.0, 127.0) as i8 as u8).collect();
    (bytes, (f64::from(most) * 255.0 / weight.max(f64::MIN_POSITIVE)) as f32)
}

#[cfg(test)]
mod tests {
    use super::tile;

    #[test]
    fn a_tile_is_the_mean_over_the_colours_in_signed_bytes() {
        // Two planes of two pixels.
        let (bytes, largest) = tile(&[0.02, -0.01, 0.02, 0.0], 0.5, [2, 1, 2]);
        assert_eq!(bytes, [127, (-32_i8) as u8]);
        assert!((largest - 0.04 * 255.0).abs() < 1e-3);
        assert_eq!(tile(&[], 1.0, [0, 0, 0]).0, Vec::<u8>::new());
        assert_eq!(tile(&[0.0], 1.0, [1, 1, 1]), (vec![0], 0.0));
    }
}
