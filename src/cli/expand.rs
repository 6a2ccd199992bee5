//! `fwlab expand`: one experiment file for every cell of a sweep. Every value goes through the same table as an
//! address of the page; a sweep with one wrong value writes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::run::read_experiment;
use super::{CliError, files};
use crate::session::Experiment;
use crate::session::params::{EXPERIMENT, Note, RUN, emit_experiment, parse_experiment};

/// Version of `cells.json`.
const INDEX_VERSION: u32 = 1;
/// More cells than this are a slip of the pen: 10 values on each of 5 axes are 100,000 runs.
const MOST_CELLS: usize = 10_000;
/// File systems take 255 bytes a name, and endings are added.
const LONGEST_NAME: usize = 200;
/// The index of the cells.
const INDEX: &str = "cells.json";

#[derive(Debug, Args)]
pub(super) struct ExpandArguments {
    /// Sweep (TOML): a base and axes
    sweep: PathBuf,
    /// Folder for the experiment files; made if it is not there
    #[arg(long)]
    out: PathBuf,
}

/// `cells.json`: what a sweep was expanded into.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Index {
    pub version: u32,
    /// Names of the axes.
    pub axes: Vec<String>,
    pub cells: Vec<Cell>,
}

/// A cell of a sweep: one experiment.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cell {
    /// Name of its files without their endings.
    pub name: String,
    /// Its value on every axis, by name where it has one.
    pub values: Vec<String>,
}

impl Cell {
    /// Its experiment file in `folder`.
    pub fn experiment(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.json", self.name))
    }

    /// Its event file in `folder`.
    pub fn events(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.jsonl", self.name))
    }
}

impl Index {
    /// Reads the index of an expanded sweep.
    pub fn read(folder: &Path) -> Result<Self, CliError> {
        let path = folder.join(INDEX);
        let found: Self = serde_json::from_slice(&files::read(&path)?)
            .map_err(|e| CliError::Sweep { path: path.clone(), reason: e.to_string() })?;
        let whole = found.cells.iter().all(|cell| cell.values.len() == found.axes.len());
        if found.version != INDEX_VERSION || !whole {
            let reason = "it was written by another version; expand the sweep again".into();
            return Err(CliError::Sweep { path, reason });
        }
        Ok(found)
    }
}

/// A sweep as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    /// Experiment file to start from, relative to the sweep; the default experiment without it.
    experiment: Option<PathBuf>,
    /// What all cells share: keys and values as in the address of the Train page.
    #[serde(default)]
    base: Table,
    /// What they differ in: a list of values a key, or of named groups of keys.
    #[serde(default)]
    axes: Table,
}

/// Keys and values as in an address.
type Pairs = Vec<(String, String)>;

struct Axis {
    name: String,
    choices: Vec<Choice>,
}

/// One value of an axis.
struct Choice {
    label: String,
    pairs: Pairs,
}

/// A cell on its way.
#[derive(Clone)]
struct Draft {
    labels: Vec<String>,
    pairs: Pairs,
}

/// Expands a sweep into experiment files, `cells.json` and `cells.txt` (one name a line, for shells).
pub(super) fn expand(arguments: &ExpandArguments) -> Result<(), CliError> {
    let text = String::from_utf8_lossy(&files::read(&arguments.sweep)?).into_owned();
    let refused = |reason: String| CliError::Sweep { path: arguments.sweep.clone(), reason };
    let sweep: Sweep = toml::from_str(&text).map_err(|e| refused(e.to_string()))?;
    let mut base = match &sweep.experiment {
        Some(file) => from_file(&arguments.sweep.parent().unwrap_or(Path::new("")).join(file))?,
        None => Pairs::new(),
    };
    let own = pairs_of(&sweep.base, "base").map_err(refused)?;
    check_rivals(own.iter().map(|(key, _)| key.as_str())).map_err(refused)?;
    own.iter().for_each(|(key, text)| put(&mut base, key, text));
    checked("base", &base).map_err(refused)?;
    let axes = axes_of(&sweep.axes).map_err(refused)?;
    let (index, experiments) = cells(base, &axes).map_err(refused)?;
    write(&arguments.out, &index, &experiments)?;
    println!("{} cells in {}", index.cells.len(), arguments.out.display());
    Ok(())
}

/// The pairs of an experiment file.
fn from_file(path: &Path) -> Result<Pairs, CliError> {
    let (experiment, notes) = read_experiment(path)?;
    match notes.first() {
        Some(note) => Err(CliError::Experiment { path: path.into(), reason: remedy(note) }),
        None => Ok(emit_experiment(&experiment)),
    }
}

fn pairs_of(table: &Table, place: &str) -> Result<Pairs, String> {
    table.iter().map(|(key, value)| Ok((key.clone(), text_of(key, value, place)?))).collect()
}

/// A value as it would stand in an address.
fn text_of(key: &str, value: &Value, place: &str) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(yes) => Ok(u8::from(*yes).to_string()),
        Value::Table(_) => {
            Err(format!("{place}: {key} is a table; a key of run B goes in quotation marks, such as \"{key}.lr\""))
        }
        Value::Array(_) => Err(format!("{place}: {key} is a list; lists belong under [axes]")),
        Value::Datetime(_) => Err(format!("{place}: {key} is a date; write a number or a text")),
    }
}

fn axes_of(table: &Table) -> Result<Vec<Axis>, String> {
    let axes = table.iter().map(|(name, value)| axis(name, value)).collect::<Result<Vec<_>, _>>()?;
    if axes.is_empty() {
        return Err("it has no axes; add a list under [axes], such as seed = [1, 2, 3]".into());
    }
    let mut keys: Vec<&str> = Vec::new();
    for axis in &axes {
        let mut own: Vec<&str> =
            axis.choices.iter().flat_map(|c| c.pairs.iter().map(|(key, _)| key.as_str())).collect();
        own.sort_unstable();
        own.dedup();
        let taken = |key: &str| keys.contains(&key) || rival(key).is_some_and(|rival| keys.contains(&rival));
        if let Some(twice) = own.iter().find(|key| taken(key)) {
            return Err(format!("axis {}: another axis decides {twice} already; leave it on one", axis.name));
        }
        keys.extend(own);
    }
    Ok(axes)
}

fn axis(name: &str, value: &Value) -> Result<Axis, String> {
    let list = value.as_array().filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| format!("axis {name} is no list of values; write {name} = [first, second]"))?;
    let choices = list.iter().map(|value| choice(name, value)).collect::<Result<Vec<_>, _>>()?;
    Ok(Axis { name: name.into(), choices })
}

fn choice(axis: &str, value: &Value) -> Result<Choice, String> {
    let Some(table) = value.as_table() else {
        let text = text_of(axis, value, "axes")?;
        return Ok(Choice { label: text.clone(), pairs: vec![(axis.into(), text)] });
    };
    let mut table = table.clone();
    let label = table.remove("name").and_then(|name| name.as_str().map(str::to_string));
    let label = label.ok_or_else(|| format!("axis {axis}: a group of keys needs a name, such as name = \"fast\""))?;
    let place = format!("axis {axis}, {label}");
    let pairs = pairs_of(&table, &place)?;
    check_rivals(pairs.iter().map(|(key, _)| key.as_str()))?;
    Ok(Choice { label, pairs })
}

/// The product of all axes, checked.
fn cells(base: Pairs, axes: &[Axis]) -> Result<(Index, Vec<Experiment>), String> {
    let count = axes.iter().try_fold(1_usize, |count, axis| count.checked_mul(axis.choices.len()));
    if count.is_none_or(|count| count > MOST_CELLS) {
        return Err(format!("it has more than {MOST_CELLS} cells; shorten an axis"));
    }
    let mut drafts = vec![Draft { labels: Vec::new(), pairs: base }];
    for axis in axes {
        let with = |draft: &Draft, choice: &Choice| {
            let mut draft = draft.clone();
            draft.labels.push(choice.label.clone());
            choice.pairs.iter().for_each(|(key, text)| put(&mut draft.pairs, key, text));
            draft
        };
        drafts = drafts.iter().flat_map(|draft| axis.choices.iter().map(move |choice| with(draft, choice))).collect();
    }
    let mut index =
        Index { version: INDEX_VERSION, axes: axes.iter().map(|axis| axis.name.clone()).collect(), cells: Vec::new() };
    let mut experiments = Vec::new();
    let mut taken = std::collections::HashSet::new();
    for draft in drafts {
        let name = name(&index.axes, &draft.labels);
        experiments.push(checked(&format!("cell {name}"), &draft.pairs)?);
        if name.len() > LONGEST_NAME {
            return Err(format!("cell {name}: the name is too long for a file; group its keys under a short name"));
        }
        // Some file systems take no notice of case.
        if !taken.insert(name.to_lowercase()) {
            return Err(format!("cell {name}: there are two of this name; remove the repeated value or name it apart"));
        }
        index.cells.push(Cell { name, values: draft.labels });
    }
    Ok((index, experiments))
}

/// `method-sfw_lr-0.3_seed-1`: stays the same when values are added to an axis.
fn name(axes: &[String], labels: &[String]) -> String {
    let part = |(axis, label): (&String, &String)| format!("{axis}-{label}");
    let name = axes.iter().zip(labels).map(part).collect::<Vec<_>>().join("_");
    let harmless = |c: char| if c.is_ascii_alphanumeric() || "._+-".contains(c) { c } else { '-' };
    name.trim_start_matches('.').chars().map(harmless).collect()
}

/// The experiment of some pairs, all of which must be taken literally.
fn checked(place: &str, pairs: &[(String, String)]) -> Result<Experiment, String> {
    if let Some((key, _)) = pairs.iter().find(|(key, _)| !is_known(key)) {
        return Err(format!("{place}: there is no key {key}; the keys are {}", known()));
    }
    if let Some((_, text)) = pairs.iter().find(|(key, text)| key == "compare" && !["0", "1"].contains(&text.as_str())) {
        return Err(format!("{place}: compare = {text} was not understood; expected 1 or 0"));
    }
    let (experiment, notes) = parse_experiment(pairs);
    match notes.first() {
        Some(note) => Err(format!("{place}: {}", remedy(note))),
        None => Ok(experiment),
    }
}

/// What was not taken literally, and what to write instead.
fn remedy(note: &Note) -> String {
    match note {
        Note::Adjusted { key, asked, used } => {
            format!("{key} = {asked} is out of range; the nearest value allowed is {used}")
        }
        Note::Refused { key, asked, reason } => format!("{key} = {asked} was not understood; expected {reason}"),
    }
}

fn is_known(key: &str) -> bool {
    let of_run = key.strip_prefix("b.").unwrap_or(key);
    key == "compare" || EXPERIMENT.iter().any(|param| param.key == key) || RUN.iter().any(|param| param.key == of_run)
}

fn known() -> String {
    let keys = EXPERIMENT.iter().map(|param| param.key).chain(RUN.iter().map(|param| param.key));
    format!("{}, compare, and those of run B with \"b.\" before them", keys.collect::<Vec<_>>().join(", "))
}

/// The other key for the same thing: a radius is given by width or typed.
fn rival(key: &str) -> Option<&'static str> {
    match key {
        "w" => Some("radius"),
        "radius" => Some("w"),
        "b.w" => Some("b.radius"),
        "b.radius" => Some("b.w"),
        _ => None,
    }
}

fn check_rivals<'a>(keys: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let keys: Vec<&str> = keys.collect();
    match keys.iter().find(|key| rival(key).is_some_and(|rival| keys.contains(&rival))) {
        Some(key) => Err(format!("{key} and {} stand side by side; leave one of them", rival(key).unwrap_or_default())),
        None => Ok(()),
    }
}

/// Sets a key; what it overrides goes.
fn put(pairs: &mut Pairs, key: &str, text: &str) {
    let rival = rival(key);
    pairs.retain(|(known, _)| known != key && Some(known.as_str()) != rival);
    pairs.push((key.into(), text.into()));
}

/// Writes all files to a folder apart and moves them in when they are complete, the index last.
fn write(out: &Path, index: &Index, experiments: &[Experiment]) -> Result<(), CliError> {
    let mut contents = Vec::new();
    for (cell, experiment) in index.cells.iter().zip(experiments) {
        contents.push((format!("{}.json", cell.name), json(experiment)?));
    }
    let names: String = index.cells.iter().map(|cell| format!("{}\n", cell.name)).collect();
    contents.push(("cells.txt".into(), names));
    contents.push((INDEX.into(), json(index)?));
    let staged = out.join(".new");
    let unwritable = |source| CliError::File { path: out.into(), source };
    let stage = || {
        fs::create_dir_all(&staged)?;
        contents.iter().try_for_each(|(name, text)| fs::write(staged.join(name), text))?;
        contents.iter().try_for_each(|(name, _)| fs::rename(staged.join(name), out.join(name)))
    };
    let written = stage().map_err(unwritable);
    // What is left there is not needed: nothing, or the files of a sweep that could not be written.
    fs::remove_dir_all(&staged).ok();
    written
}

fn json<T: Serialize>(value: &T) -> Result<String, CliError> {
    serde_json::to_string_pretty(value).map(|json| format!("{json}\n")).map_err(|e| CliError::Engine(e.to_string()))
}
