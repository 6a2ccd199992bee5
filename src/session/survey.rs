//! A survey: attacks on many images of one or more networks, within one or more ε, counted. What is asked for
//! ([`SurveySpec`]), what comes back piece by piece ([`SurveyNow`]), and how the pieces add up ([`SurveyResults`]). Page
//! and command line ask the same engine and add up with the same code, so they count the same.

use serde::{Deserialize, Serialize};

use super::{AttackSpec, DataId, LossId, Victim};
use crate::number;
use crate::statistics::{Pairs, wilson};

/// The attacks of the slides' table, and what surrounds them, as `attack:setting=value` behind commas.
pub const SLIDES: &str = "fgsm,pgd,apgd,apgd:loss=dlr,auto-fw,auto-fw:gamma0=1";
/// Images of one forward and backward pass: few, so that nobody waits long for a turn.
pub const BATCH: u32 = 32;

/// Which of the page's figures asks. A new survey ends the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SurveyId {
    /// Accuracy against ε. Only success counts: images that are broken leave.
    Curve,
    /// Networks against attacks.
    Comparison,
}

/// A network, and the data whose test images it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    pub victim: Victim,
    pub data: DataId,
}

/// An attack with its own settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// Key in the table of attacks.
    pub attack: String,
    pub loss: LossId,
    pub gamma0: f64,
    pub restarts: u32,
}

impl Contender {
    /// An attack under the settings of `common`.
    pub fn plain(attack: &str, common: &AttackSpec) -> Self {
        Self { attack: attack.into(), loss: common.loss, gamma0: common.gamma0, restarts: common.restarts }
    }

    /// Reads `apgd:loss=dlr`; what is not named is as in `common`.
    ///
    /// # Errors
    /// The part that is no setting of an attack.
    pub fn parse(text: &str, common: &AttackSpec) -> Result<Self, String> {
        let mut parts = text.split(':');
        let mut contender = Self::plain(parts.next().unwrap_or_default(), common);
        for part in parts {
            let refused = || part.to_string();
            let (name, value) = part.split_once('=').ok_or_else(refused)?;
            let positive = || number::parse(value).filter(|value| *value > 0.0).ok_or_else(refused);
            match name {
                "loss" => contender.loss = LossId::ALL.iter().find(|row| row.1 == value).ok_or_else(refused)?.0,
                "gamma0" => contender.gamma0 = positive()?.min(1.0),
                "restarts" => contender.restarts = positive()?.max(1.0) as u32,
                _ => return Err(part.into()),
            }
        }
        Ok(contender)
    }

    /// The six of the slides' table: usual settings but for what they name.
    pub fn slides() -> Vec<Self> {
        let common = AttackSpec::default();
        SLIDES.split(',').filter_map(|text| Self::parse(text, &common).ok()).collect()
    }
}

/// What a survey attacks, how, and how far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurveySpec {
    pub id: SurveyId,
    /// Norm, exponent, budget, seed and first image; the other fields are not read.
    pub common: AttackSpec,
    pub subjects: Vec<Subject>,
    /// ε's in the unit of [`AttackSpec::size`].
    pub sizes: Vec<f64>,
    pub contenders: Vec<Contender>,
    /// Test images of each network, from the first one on; as many as there are, if there are fewer.
    pub images: u32,
    /// Images of one forward and backward pass, 1 to 64. It changes no count.
    pub batch: u32,
}

impl SurveySpec {
    /// Attacks on networks.
    pub fn cells(&self) -> usize {
        self.subjects.len() * self.sizes.len() * self.contenders.len()
    }

    /// What is done in turn `turn`, and in this order: batch by batch, so that everything that is compared has always
    /// seen the same images; in each batch network by network, ε by ε, attack by attack. `None` after the last one.
    pub fn place(&self, turn: usize) -> Option<Place> {
        let (cells, attacks, sizes) = (self.cells(), self.contenders.len(), self.sizes.len());
        let (block, cell) = (turn.checked_div(cells)?, turn.checked_rem(cells)?);
        let batch = self.batch.clamp(1, 64);
        let from = (block as u32).checked_mul(batch).filter(|from| *from < self.images)?;
        Some(Place {
            subject: cell / (sizes * attacks),
            size: cell / attacks % sizes,
            contender: cell % attacks,
            from,
            count: batch.min(self.images - from),
        })
    }

    /// Pieces in all.
    pub fn pieces(&self) -> u32 {
        self.images.div_ceil(self.batch.clamp(1, 64)) * self.cells() as u32
    }
}

/// One attack on one batch of images of one network within one ε; positions in the lists of the survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub subject: usize,
    pub size: usize,
    pub contender: usize,
    /// The first image, counted from the survey's first.
    pub from: u32,
    pub count: u32,
}

/// What became of an image, judged in 8 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// Misclassified before anybody touched it.
    WrongAlready,
    Held,
    /// Broken until it was rounded: it counts as held.
    LostIn8Bits,
    Broken,
}

impl Fate {
    /// Right after the attack.
    pub fn survives(self) -> bool {
        matches!(self, Self::Held | Self::LostIn8Bits)
    }
}

/// One attack on one batch: a piece of a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurveyPart {
    pub subject: u32,
    pub size: u32,
    pub contender: u32,
    /// The first image, counted from the survey's first.
    pub from: u32,
    /// An entry an image.
    pub fates: Vec<Fate>,
    /// After each gradient call: the best losses of the images right at first, all together. Empty, and no halvings are
    /// counted, where only success counts.
    pub best_loss: Vec<f32>,
    /// How often steps were halved, over the images right at first.
    pub halvings: u32,
    /// Images right at first whose loss had a gradient of exactly 0 where the attack began.
    pub zero_gradients: u32,
    /// Images that left the ball by more than rounding errors.
    pub outside: u32,
    /// Why the attack could not be run on this network; empty if it was.
    pub refused: String,
}

/// News of a survey. The first one has no parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurveyNow {
    pub id: SurveyId,
    pub running: bool,
    /// Pieces done, of all.
    pub done: u32,
    pub of: u32,
    pub parts: Vec<SurveyPart>,
}

/// All that is known of one attack on one network within one ε.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    /// An entry an image, in the order of the survey.
    pub fates: Vec<Fate>,
    /// Sums over the images right at first, an entry a call.
    best_loss: Vec<f64>,
    pub halvings: u32,
    pub zero_gradients: u32,
    pub outside: u32,
    pub refused: String,
}

impl Cell {
    fn add(&mut self, part: SurveyPart) {
        // A piece that is here already, or that follows a gap, belongs to a survey that was given up.
        if part.from as usize != self.fates.len() {
            return;
        }
        // A curve that ends early stays where it ended.
        let calls = self.best_loss.len().max(part.best_loss.len());
        let before = self.best_loss.last().copied().unwrap_or(0.0);
        self.best_loss.resize(calls, before);
        let last = part.best_loss.last().copied().unwrap_or(0.0);
        let more = part.best_loss.iter().copied().chain(std::iter::repeat(last));
        self.best_loss.iter_mut().zip(more).for_each(|(sum, more)| *sum += f64::from(more));
        self.fates.extend(part.fates);
        self.halvings += part.halvings;
        self.zero_gradients += part.zero_gradients;
        self.outside += part.outside;
        if self.refused.is_empty() {
            self.refused = part.refused;
        }
    }

    /// Images attacked.
    pub fn images(&self) -> u32 {
        self.fates.len() as u32
    }

    /// Images right before any attack.
    pub fn right_at_first(&self) -> u32 {
        self.count(|fate| fate != Fate::WrongAlready)
    }

    /// Images right after the attack.
    pub fn survivors(&self) -> u32 {
        self.count(Fate::survives)
    }

    /// Images broken only until they were rounded.
    pub fn lost_in_8_bits(&self) -> u32 {
        self.count(|fate| fate == Fate::LostIn8Bits)
    }

    fn count(&self, which: impl Fn(Fate) -> bool) -> u32 {
        self.fates.iter().filter(|fate| which(**fate)).count() as u32
    }

    /// Whether each image is wrong after the attack.
    pub fn broken(&self) -> Vec<bool> {
        self.fates.iter().map(|fate| !fate.survives()).collect()
    }

    /// Mean best loss of the images right at first, an entry a call; empty without such images.
    pub fn mean_best_loss(&self) -> Vec<f64> {
        let right = f64::from(self.right_at_first());
        if right == 0.0 { Vec::new() } else { self.best_loss.iter().map(|sum| sum / right).collect() }
    }

    /// Mean number of halvings of an image right at first; NaN without such images.
    pub fn mean_halvings(&self) -> f64 {
        let right = self.right_at_first();
        if right == 0 { f64::NAN } else { f64::from(self.halvings) / f64::from(right) }
    }
}

/// So many of so many, with the 95 % interval of their share (Wilson 1927).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    pub count: u32,
    pub of: u32,
    pub interval: (f64, f64),
}

impl Share {
    /// `count` of `of`.
    pub fn new(count: u32, of: u32) -> Self {
        Self { count, of, interval: wilson(count, of) }
    }

    /// The share; NaN of nothing.
    pub fn value(&self) -> f64 {
        if self.of == 0 { f64::NAN } else { f64::from(self.count) / f64::from(self.of) }
    }
}

/// What is known of a survey by now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SurveyResults {
    /// What was asked for; `None` before anything was.
    pub spec: Option<SurveySpec>,
    cells: Vec<Cell>,
    pub running: bool,
    /// It cannot go on: another took its place.
    pub ended: bool,
    /// Pieces done, of all.
    pub done: u32,
    pub of: u32,
}

impl SurveyResults {
    /// Nothing known yet of what is asked for.
    pub fn new(spec: SurveySpec) -> Self {
        let (cells, of) = (vec![Cell::default(); spec.cells()], spec.pieces());
        Self { spec: Some(spec), cells, running: true, ended: false, done: 0, of }
    }

    /// Begun, and neither done nor given up.
    pub fn under_way(&self) -> bool {
        self.spec.is_some() && !self.ended && self.done < self.of
    }

    /// Takes news in; the first news of a survey let go of everything before.
    pub fn add(&mut self, now: SurveyNow) {
        (self.running, self.done, self.of) = (now.running, now.done, now.of);
        if now.done == 0 {
            self.cells.iter_mut().for_each(|cell| *cell = Cell::default());
        }
        for part in now.parts {
            let place = (part.subject as usize, part.size as usize, part.contender as usize);
            if let Some(cell) = self.index(place).and_then(|index| self.cells.get_mut(index)) {
                cell.add(part);
            }
        }
    }

    fn index(&self, (subject, size, contender): (usize, usize, usize)) -> Option<usize> {
        let spec = self.spec.as_ref()?;
        let known = subject < spec.subjects.len() && size < spec.sizes.len() && contender < spec.contenders.len();
        known.then(|| (subject * spec.sizes.len() + size) * spec.contenders.len() + contender)
    }

    /// One attack on one network within one ε.
    pub fn cell(&self, subject: usize, size: usize, contender: usize) -> Option<&Cell> {
        self.cells.get(self.index((subject, size, contender))?)
    }

    /// The attacks on one network within one ε that could be run and have seen an image.
    fn seen(&self, subject: usize, size: usize) -> impl Iterator<Item = &Cell> {
        let attacks = self.spec.as_ref().map_or(0, |spec| spec.contenders.len());
        let cells = (0..attacks).filter_map(move |contender| self.cell(subject, size, contender));
        cells.filter(|cell| cell.refused.is_empty() && !cell.fates.is_empty())
    }

    /// Images of a network that are right before any attack.
    pub fn clean(&self, subject: usize) -> Share {
        let sizes = self.spec.as_ref().map_or(0, |spec| spec.sizes.len());
        let all = (0..sizes).flat_map(|size| self.seen(subject, size));
        let most = all.max_by_key(|cell| cell.fates.len());
        most.map_or(Share::new(0, 0), |cell| Share::new(cell.right_at_first(), cell.images()))
    }

    /// Images right after an attack.
    pub fn robust(&self, subject: usize, size: usize, contender: usize) -> Share {
        let cell = self.cell(subject, size, contender).filter(|cell| cell.refused.is_empty());
        cell.map_or(Share::new(0, 0), |cell| Share::new(cell.survivors(), cell.images()))
    }

    /// Images right after every one of the attacks, of those that all of them have seen.
    pub fn worst(&self, subject: usize, size: usize) -> Share {
        let of = self.seen(subject, size).map(|cell| cell.fates.len()).min().unwrap_or(0);
        let held =
            |image: &usize| self.seen(subject, size).all(|cell| cell.fates.get(*image).is_some_and(|f| f.survives()));
        Share::new((0..of).filter(held).count() as u32, of as u32)
    }

    /// Attack `a` against attack `b`, image by image; `None` if one of them could not be run.
    pub fn pairs(&self, subject: usize, size: usize, [a, b]: [usize; 2]) -> Option<Pairs> {
        let cell = |at| self.cell(subject, size, at).filter(|cell| cell.refused.is_empty());
        Some(Pairs::count(&cell(a)?.broken(), &cell(b)?.broken()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> SurveySpec {
        let subject = |name: &str| Subject { victim: Victim::Bundled(name.into()), data: DataId::Cifar10 };
        SurveySpec {
            id: SurveyId::Comparison,
            common: AttackSpec::default(),
            subjects: vec![subject("a"), subject("b")],
            sizes: vec![4.0],
            contenders: Contender::slides(),
            images: 70,
            batch: 32,
        }
    }

    fn part(place: Place, fates: Vec<Fate>) -> SurveyPart {
        SurveyPart {
            subject: place.subject as u32,
            size: place.size as u32,
            contender: place.contender as u32,
            from: place.from,
            best_loss: vec![fates.len() as f32; 2],
            fates,
            halvings: 3,
            zero_gradients: 0,
            outside: 0,
            refused: String::new(),
        }
    }

    #[test]
    fn every_piece_is_visited_once_and_all_cells_see_a_batch_before_the_next() {
        let spec = spec();
        let places: Vec<Place> = (0..).map_while(|turn| spec.place(turn)).collect();
        assert_eq!(places.len() as u32, spec.pieces());
        assert_eq!(places.iter().map(|place| place.count).sum::<u32>(), 70 * spec.cells() as u32);
        assert!(places.windows(2).all(|pair| pair[0].from <= pair[1].from));
        assert_eq!(places.last().map(|place| (place.from, place.count)), Some((64, 6)));
        assert_eq!(SurveySpec { subjects: vec![], ..spec }.place(0), None);
    }

    #[test]
    fn settings_are_read_and_others_refused() {
        let common = AttackSpec::default();
        let slides = Contender::slides();
        assert_eq!(slides.len(), 6);
        assert_eq!((slides[3].loss, slides[4].gamma0, slides[5].gamma0), (LossId::Dlr, 0.75, 1.0));
        for text in ["apgd:loss=mse", "apgd:loss", "pgd:restarts=0", "pgd:eta=2"] {
            assert!(Contender::parse(text, &common).is_err(), "{text}");
        }
    }

    #[test]
    fn pieces_add_up_and_are_counted_image_by_image() {
        use Fate::{Broken, Held, LostIn8Bits, WrongAlready};
        let spec = SurveySpec { images: 4, batch: 2, ..spec() };
        let mut results = SurveyResults::new(spec.clone());
        let news = |done, parts| SurveyNow { id: SurveyId::Comparison, running: true, done, of: 24, parts };
        let place = |contender, from| Place { subject: 1, size: 0, contender, from, count: 2 };
        results.add(news(1, vec![part(place(2, 0), vec![WrongAlready, Broken])]));
        results.add(news(2, vec![part(place(4, 0), vec![WrongAlready, Held])]));
        results.add(news(3, vec![part(place(2, 2), vec![Held, Held])]));
        // Twice the same, and one after a gap: neither counts.
        results.add(news(4, vec![part(place(2, 2), vec![Broken, Broken]), part(place(3, 2), vec![Held, Held])]));
        results.add(news(5, vec![part(place(4, 2), vec![LostIn8Bits, Broken])]));
        assert_eq!(results.clean(1), Share::new(3, 4));
        assert_eq!((results.robust(1, 0, 2), results.robust(1, 0, 4)), (Share::new(2, 4), Share::new(2, 4)));
        assert_eq!(results.worst(1, 0), Share::new(1, 4));
        let pairs = results.pairs(1, 0, [4, 2]).map(|p| (p.both, p.only_a, p.only_b, p.neither));
        assert_eq!(pairs, Some((1, 1, 1, 1)));
        let cell = results.cell(1, 0, 2).cloned().unwrap_or_default();
        assert_eq!((cell.halvings, cell.mean_halvings()), (6, 2.0));
        assert_eq!(cell.mean_best_loss(), [4.0 / 3.0; 2]);
        results.add(news(0, vec![]));
        assert_eq!(results, SurveyResults { of: 24, ..SurveyResults::new(spec) });
    }
}
