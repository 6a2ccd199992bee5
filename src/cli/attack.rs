//! `fwlab attack`: one JSON line an image and attack. What is attacked, and how, is shared with `fwlab compare`.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, DeviceName, device, files};
use crate::attack::AttackError;
use crate::session::engine::{Attacked, Engine, EngineError, Next};
use crate::session::{
    AttackNow, AttackSpec, Command, DataId, Event, LossId, ModelCard, NormId, Problem, Victim, is_broken,
};

/// Images of one race.
const GROUP: u32 = 64;
/// The data sets with shards of their own.
const SHIPPED: [(DataId, &str); 2] = [(DataId::Cifar10, "cifar10"), (DataId::FashionMnist, "fashion-mnist")];
/// The largest ε of L∞, in 1/255.
const MOST_LINF: f64 = 32.0;
/// What the engine says of a group in which every image has the chosen class already.
const LABELLED: &str = "error.attack.labelled";

/// Which network and images, and how far an attack may go.
#[derive(Debug, Args)]
pub(super) struct Setting {
    /// Weights of the network to break (safetensors); for `compare` also a folder with a manifest.json of networks
    weights: PathBuf,
    /// Data set: cifar10 or fashion-mnist
    #[arg(long, default_value = "cifar10")]
    set: String,
    /// Norm of the change: linf, l2, l1, lp, nuclear; or wasserstein, where light moves
    #[arg(long, default_value = "linf")]
    norm: String,
    /// Exponent of lp
    #[arg(long, default_value_t = 1.5)]
    p: f64,
    /// ε: for linf in units of 1/255, 0 to 32 (4 if not given); for l2, l1 and lp in units of the range [0, 1] of a
    /// pixel (0.5, 12 and 1.5 if not given), for nuclear too (3); for wasserstein in squared pixels (0.05)
    #[arg(long)]
    epsilon: Option<f64>,
    /// Gradient calls per attack, of all its restarts together
    #[arg(long, default_value_t = 50)]
    budget: u32,
    /// First test image
    #[arg(long, default_value_t = 0)]
    first: u32,
    /// Number of test images; done in groups of 64
    #[arg(long, default_value_t = 64)]
    images: u32,
    /// Seed of random starts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to compute
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceName,
    /// Folder with manifest.json and the image shards
    #[arg(long, default_value = "www/data")]
    data: PathBuf,
}

impl Setting {
    /// The description of the attack on the first group.
    pub fn spec(&self) -> Result<AttackSpec, CliError> {
        let data = one_of("data set", &self.set, &SHIPPED)?;
        let norm = one_of("norm", &self.norm, &NormId::ALL)?;
        let mut spec = AttackSpec {
            victim: Victim::Bundled("given".into()),
            data,
            norm,
            p: self.p,
            budget: self.budget.max(1),
            seed: self.seed,
            ..AttackSpec::default()
        };
        let epsilon = self.epsilon.unwrap_or(spec.size());
        if norm == NormId::Linf && !(0.0..=MOST_LINF).contains(&epsilon) {
            return Err(CliError::Engine(format!("ε must be between 0 and 32 (in 1/255), found {epsilon}")));
        }
        spec.set_size(epsilon);
        Ok(spec)
    }

    /// The networks by name, with their files: the one that was given, or those of the folder made for `data`.
    pub fn networks(&self, data: DataId) -> Result<Vec<(String, PathBuf)>, CliError> {
        if !self.weights.is_dir() {
            return Ok(vec![("given".into(), self.weights.clone())]);
        }
        let path = self.weights.join("manifest.json");
        let cards: Vec<ModelCard> = serde_json::from_slice(&files::read(&path)?)
            .map_err(|e| CliError::Engine(format!("{} is no list of networks: {e}", path.display())))?;
        let found: Vec<_> = cards
            .into_iter()
            .filter(|card| card.data == data)
            .map(|card| (card.name, self.weights.join(card.file)))
            .collect();
        if found.is_empty() {
            let reason = format!("{} lists no network for {}; choose another --set", path.display(), data.key());
            return Err(CliError::Engine(reason));
        }
        Ok(found)
    }

    /// The first image, and how many.
    pub fn range(&self) -> (u32, u32) {
        (self.first, self.images)
    }

    /// An engine with the images and the networks.
    pub async fn engine(&self, data: DataId) -> Result<Engine, CliError> {
        let mut engine = device::engine(self.device).await?;
        files::load_data(&mut engine, data, &self.data, &[]).await?;
        for (name, path) in self.networks(data)? {
            engine.handle(Command::Model { name, bytes: files::read(&path)? }).await;
        }
        files::problems(engine.drain())?;
        Ok(engine)
    }

    /// `spec` for each group of images.
    pub fn groups(&self, spec: &AttackSpec) -> Vec<AttackSpec> {
        let end = self.first.saturating_add(self.images);
        let group = |first: u32| AttackSpec { first_image: first, images: (end - first).min(GROUP), ..spec.clone() };
        (self.first..end).step_by(GROUP as usize).map(group).collect()
    }
}

/// The value behind a key of one of the tables.
pub(super) fn one_of<T: Copy>(what: &str, key: &str, table: &[(T, &'static str)]) -> Result<T, CliError> {
    let found = table.iter().find(|(_, known)| *known == key);
    found.map(|(value, _)| *value).ok_or_else(|| {
        let known = table.iter().map(|(_, known)| *known).collect::<Vec<_>>().join(", ");
        CliError::Engine(format!("there is no {what} {key}; the known ones are {known}"))
    })
}

/// Runs the attacks of `spec` to the end of their budget; `None` where every image has the chosen class already.
async fn race(engine: &mut Engine, spec: AttackSpec) -> Result<Option<AttackNow>, CliError> {
    let first = spec.first_image;
    engine.handle(Command::AttackConfigure(spec)).await;
    engine.handle(Command::AttackRun { calls_per_second: 0.0 }).await;
    let mut last = None;
    loop {
        let next = engine.work().await;
        for event in engine.drain() {
            match event {
                Event::Attack(now) => last = Some(now),
                Event::Problem(Problem { told: Some(told), .. }) if told.key == LABELLED => return Ok(None),
                Event::Problem(problem) => return Err(CliError::Engine(problem.detail)),
                _ => {}
            }
        }
        if next == Next::Idle {
            break;
        }
    }
    last.map(Some).ok_or_else(|| CliError::Engine(format!("there is no test image {first}")))
}

#[derive(Debug, Args)]
pub(super) struct AttackArguments {
    #[command(flatten)]
    setting: Setting,
    /// First step size of Auto-FW
    #[arg(long, default_value_t = 0.75)]
    gamma0: f64,
    /// Loss: ce, margin, dlr or targeted-dlr
    #[arg(long, default_value = "ce")]
    loss: String,
    /// Class that the network is to say, by number; only that counts as broken, and images of that class are left out
    /// (any wrong class if not given)
    #[arg(long)]
    target: Option<u8>,
    /// Random starts that share the budget
    #[arg(long, default_value_t = 1)]
    restarts: u32,
    /// Attacks, by key
    #[arg(long, value_delimiter = ',', default_value = "auto-fw,apgd")]
    attacks: Vec<String>,
    /// Say only which images are broken; images that are stop costing, so it takes less time
    #[arg(long)]
    success_only: bool,
}

/// A line of the output.
#[derive(serde::Serialize)]
struct Line<'a> {
    attack: &'a str,
    /// Position in the original test split.
    image: u32,
    label: u8,
    clean_prediction: usize,
    /// Prediction on the 8-bit result.
    prediction: usize,
    /// `wrong-already`, `broken` or `survives`.
    outcome: &'static str,
    /// Largest change of the 8-bit result, in 1/255.
    linf: f32,
    /// Its change in the norm of the ball, in 1/255.
    distance: f32,
    /// L2 length of the smallest change found, in [0, 1] units, from an attack that looks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<f32>,
}

/// A line where only success counts.
#[derive(serde::Serialize)]
struct ShortLine<'a> {
    attack: &'a str,
    image: u32,
    label: u8,
    outcome: &'static str,
}

pub(super) async fn attack(arguments: &AttackArguments) -> Result<(), CliError> {
    let setting = &arguments.setting;
    if setting.weights.is_dir() {
        return Err(CliError::Engine(
            "attack takes the weights of one network, not a folder; see `fwlab compare`".into(),
        ));
    }
    let spec = AttackSpec {
        gamma0: arguments.gamma0.clamp(0.01, 1.0),
        loss: one_of("loss", &arguments.loss, &LossId::ALL)?,
        restarts: arguments.restarts.max(1),
        target: arguments.target,
        attacks: arguments.attacks.clone(),
        ..setting.spec()?
    };
    let mut engine = setting.engine(spec.data).await?;
    for group in setting.groups(&spec) {
        if arguments.success_only {
            match engine.successes(group).await {
                Ok(attacked) => attacked.iter().try_for_each(print_successes)?,
                Err(EngineError::Attack(AttackError::Labelled { .. })) => {}
                Err(error) => return Err(CliError::Engine(error.to_string())),
            }
            continue;
        }
        if let Some(now) = race(&mut engine, group).await? {
            print(&now)?;
        }
    }
    Ok(())
}

fn print(now: &AttackNow) -> Result<(), CliError> {
    let classes = now.classes.max(1) as usize;
    for state in &now.attacks {
        let rows = now.clean_probabilities.chunks(classes).zip(state.probabilities.chunks(classes));
        let about = now.images.iter().zip(&now.labels).zip(state.linf.iter().zip(&state.distance));
        for (row, (((&image, &label), (&linf, &distance)), (clean, after))) in about.zip(rows).enumerate() {
            let (clean_prediction, prediction) = (largest(clean), largest(after));
            let label_number = usize::from(label);
            let broken = is_broken(prediction, label_number, now.target.map(usize::from));
            let outcome = match (clean_prediction == label_number, broken) {
                (false, _) => "wrong-already",
                (true, false) => "survives",
                (true, true) => "broken",
            };
            let nearest = state.nearest.get(row).copied().filter(|length| length.is_finite());
            let attack = &state.key;
            let line = Line { attack, image, label, clean_prediction, prediction, outcome, linf, distance, nearest };
            println!("{}", serde_json::to_string(&line).map_err(|e| CliError::Engine(e.to_string()))?);
        }
    }
    Ok(())
}

/// One line an image: attack, image, label and outcome.
fn print_successes(attacked: &Attacked) -> Result<(), CliError> {
    let found = &attacked.found;
    let flags = found.wrong_already.iter().zip(&found.broken);
    for ((&image, &label), (&wrong, &broken)) in attacked.images.iter().zip(&attacked.labels).zip(flags) {
        let outcome = match (wrong, broken) {
            (true, _) => "wrong-already",
            (false, true) => "broken",
            (false, false) => "survives",
        };
        let line = ShortLine { attack: attacked.attack, image, label, outcome };
        println!("{}", serde_json::to_string(&line).map_err(|e| CliError::Engine(e.to_string()))?);
    }
    Ok(())
}

/// Index of the largest entry (the first of equals).
pub(super) fn largest(row: &[f32]) -> usize {
    row.iter().enumerate().fold((0, f32::NEG_INFINITY), |best, (i, &v)| if v > best.1 { (i, v) } else { best }).0
}
