//! The event file of a run and the checkpoint beside it: what a killed run needs to go on as if nothing had
//! happened.
//!
//! An event file holds one JSON object a line: first `Begin` with the experiment, so that the file explains
//! itself, then the engine's events, at last `End` with the time it took. Without `End` the run was cut off.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{CliError, files};
use crate::session::{Event, Experiment, Problem, RunId, decode, encode};

/// First line: what is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Begin {
    pub experiment: Experiment,
    /// SHA-256 of all that decides the numbers: experiment, start weights, own images.
    pub inputs: String,
}

/// Last line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct End {
    pub t: u32,
    /// Seconds of training and measuring, those before an interruption included.
    pub seconds: f64,
}

/// The lines that are not the engine's.
#[derive(Serialize)]
enum Mark<'a> {
    Begin(&'a Begin),
    End(End),
}

/// What is read of a line; every line fills one field at most. Numbers that were not finite are `null` in JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Line {
    pub begin: Option<Box<Begin>>,
    #[serde(default)]
    pub steps: Vec<Row>,
    pub evaluated: Option<Measured>,
    pub state: Option<Reached>,
    pub problem: Option<Problem>,
    pub end: Option<End>,
}

/// What is read of a step row.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub run: RunId,
    pub t: u32,
    pub batch: u32,
    pub gap: Vec<Option<f64>>,
}

/// What is read of a measurement.
#[derive(Debug, Deserialize)]
pub(super) struct Measured {
    pub run: RunId,
    pub t: u32,
    pub reference_loss: Option<f64>,
    pub full_gap: Vec<Option<f64>>,
    pub test_images: u32,
    pub test_loss: Option<f64>,
    pub test_accuracy: Option<f64>,
}

/// What is read of a state.
#[derive(Debug, Deserialize)]
pub(super) struct Reached {
    pub t: u32,
}

impl Line {
    /// The largest step the line speaks of; 0 if it speaks of none.
    fn t(&self) -> u32 {
        let rows = self.steps.iter().map(|row| row.t);
        let others = [self.evaluated.as_ref().map(|m| m.t), self.state.as_ref().map(|s| s.t), self.end.map(|e| e.t)];
        rows.chain(others.into_iter().flatten()).max().unwrap_or(0)
    }
}

/// An event file as it was found.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// All lines up to the first that cannot be read, each with the byte at which it ends.
    pub lines: Vec<(Line, usize)>,
    /// Number of the first line that cannot be read, counted from 1. A last line without its end is not counted:
    /// that is how a killed run leaves its file.
    pub broken: Option<usize>,
    /// Whether the file has no bytes at all.
    empty: bool,
}

impl Story {
    /// Reads an event file.
    ///
    /// # Errors
    /// [`CliError::File`] if it cannot be opened; broken lines are no error but part of the story.
    pub fn read(path: &Path) -> Result<Self, CliError> {
        let text = files::read(path)?;
        let mut story = Self { empty: text.is_empty(), ..Self::default() };
        let mut end = 0;
        for (i, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            end += line.len();
            if !line.ends_with(b"\n") {
                break;
            }
            match serde_json::from_slice(line) {
                Ok(read) => story.lines.push((read, end)),
                Err(_) => {
                    story.broken = Some(i + 1);
                    break;
                }
            }
        }
        Ok(story)
    }

    /// Its first line, if that says what is run.
    pub fn begin(&self) -> Option<&Begin> {
        self.lines.first().and_then(|(line, _)| line.begin.as_deref())
    }

    /// Its last line, if the run came to its end.
    pub fn end(&self) -> Option<End> {
        self.lines.last().and_then(|(line, _)| line.end)
    }
}

/// What is on disk beside the event file.
#[derive(Debug, Serialize, Deserialize)]
struct Checkpoint {
    t: u32,
    /// Seconds until then.
    seconds: f64,
    /// The engine's own checkpoint.
    engine: Vec<u8>,
}

/// How to keep a journal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    /// Go on from the checkpoint if there is one.
    pub resume: bool,
    /// Steps between checkpoints; 0 = none.
    pub every: u32,
    /// Whether all that the run is to leave behind beside its events is there already.
    pub saved: bool,
}

/// The event file and the checkpoint of a run in progress.
pub(super) struct Journal {
    path: PathBuf,
    file: BufWriter<File>,
    every: u32,
    /// Planned steps.
    steps: u32,
    /// Steps done, as far as the events say.
    reached: u32,
    /// Step of the last measurement.
    measured: u32,
    /// Step of the checkpoint on disk.
    kept: u32,
    /// A checkpoint that waits until it is known that no measurement belongs to its step.
    held: Option<Checkpoint>,
    seconds_before: f64,
    began: Instant,
    /// The engine's checkpoint to begin with, if this is a run that goes on.
    pub start: Option<Vec<u8>>,
}

impl Journal {
    /// Opens the event file at `path`, anew or behind the last checkpoint. `None`: the run is there already, whole.
    ///
    /// # Errors
    /// [`CliError::Unfinished`] if there is a checkpoint and nobody asked to go on; [`CliError::Changed`] if the
    /// file belongs to something else; [`CliError::Short`] if the checkpoint knows more than the file.
    pub fn open(path: &Path, begin: &Begin, keep: Keep) -> Result<Option<Self>, CliError> {
        let checkpoint = beside(path, "checkpoint");
        if checkpoint.exists() && !keep.resume {
            return Err(CliError::Unfinished { path: path.into() });
        }
        let story = if keep.resume && path.exists() { Some(Story::read(path)?) } else { None };
        if let Some(story) = story.as_ref().filter(|story| !story.empty)
            && story.begin() != Some(begin)
        {
            return Err(CliError::Changed { path: path.into() });
        }
        let story = story.unwrap_or_default();
        let kept = if checkpoint.exists() { Some(read_checkpoint(&checkpoint)?) } else { None };
        if kept.is_none() && story.end().is_some() && keep.saved {
            return Ok(None);
        }
        let t = kept.as_ref().map_or(0, |kept| kept.t);
        let unwritable = |source| CliError::File { path: path.into(), source };
        let file = match &kept {
            Some(_) => {
                let end = end_of(&story, t).ok_or_else(|| CliError::Short { path: path.into() })?;
                let file = OpenOptions::new().append(true).open(path).map_err(unwritable)?;
                file.set_len(end as u64).map_err(unwritable)?;
                file
            }
            None => File::create(path).map_err(unwritable)?,
        };
        let mut journal = Self {
            path: path.into(),
            file: BufWriter::new(file),
            every: keep.every,
            steps: begin.experiment.steps,
            reached: t,
            measured: 0,
            kept: t,
            held: None,
            seconds_before: kept.as_ref().map_or(0.0, |kept| kept.seconds),
            began: Instant::now(),
            start: None,
        };
        match kept {
            Some(kept) => journal.start = Some(kept.engine),
            None => journal.write(&Mark::Begin(begin))?,
        }
        journal.flush()?;
        Ok(Some(journal))
    }

    /// The clock starts: data are loaded, the run begins.
    pub fn begin(&mut self) {
        self.began = Instant::now();
    }

    /// Writes an event down; checkpoints go to their own file.
    pub fn record(&mut self, event: Event) -> Result<(), CliError> {
        match &event {
            Event::Checkpoint { .. } | Event::Samples(_) | Event::Layers(_) => {}
            _ => self.write(&event)?,
        }
        match event {
            Event::Steps(rows) => {
                self.reached = rows.last().map_or(self.reached, |row| row.t);
                // The next step is done, so nothing more will be said of the held one.
                if let Some(held) = self.held.take_if(|held| held.t < self.reached) {
                    self.save(&held)?;
                }
            }
            Event::Evaluated(found) => {
                self.measured = found.t;
                // The engine sends a checkpoint of its own once all runs are measured.
                self.held = None;
            }
            Event::Checkpoint { t, bytes } if self.is_due(t) => {
                let seconds = self.seconds();
                let checkpoint = Checkpoint { t, seconds, engine: bytes };
                if self.measured == t {
                    self.save(&checkpoint)?;
                } else {
                    self.held = Some(checkpoint);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether it is time to ask the engine for a checkpoint.
    pub fn wants_checkpoint(&self) -> bool {
        self.held.is_none() && self.measured != self.reached && self.is_due(self.reached)
    }

    /// The last state gets no checkpoint: a run that is killed while it saves its weights repeats its end, with the
    /// measurement that belongs into their header.
    fn is_due(&self, t: u32) -> bool {
        self.every > 0 && t < self.steps && t >= self.kept.saturating_add(self.every)
    }

    /// Hands everything written so far to the system.
    pub fn flush(&mut self) -> Result<(), CliError> {
        self.file.flush().map_err(|source| CliError::File { path: self.path.clone(), source })
    }

    /// The run is done: writes the last line.
    pub fn end(&mut self) -> Result<(), CliError> {
        let end = End { t: self.reached, seconds: self.seconds() };
        self.write(&Mark::End(end))?;
        self.flush()
    }

    /// Everything is saved: the checkpoint goes.
    pub fn close(self) -> Result<(), CliError> {
        let path = beside(&self.path, "checkpoint");
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(CliError::File { path, source }),
            _ => Ok(()),
        }
    }

    fn seconds(&self) -> f64 {
        self.seconds_before + self.began.elapsed().as_secs_f64()
    }

    fn write<L: Serialize>(&mut self, line: &L) -> Result<(), CliError> {
        let line = serde_json::to_string(line).map_err(|e| CliError::Engine(e.to_string()))?;
        writeln!(self.file, "{line}").map_err(|source| CliError::File { path: self.path.clone(), source })
    }

    /// Puts a checkpoint on disk, after the events that lead to it.
    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), CliError> {
        self.flush()?;
        self.file.get_ref().sync_data().map_err(|source| CliError::File { path: self.path.clone(), source })?;
        let bytes = encode(checkpoint).map_err(|e| CliError::Engine(e.to_string()))?;
        write_whole(&beside(&self.path, "checkpoint"), &bytes)?;
        self.kept = checkpoint.t;
        Ok(())
    }
}

/// The byte at which the events of step `t` end; `None` if they are not all there.
fn end_of(story: &Story, t: u32) -> Option<usize> {
    let of_t = |(line, _): &&(Line, usize)| line.t() <= t && line.end.is_none() && line.problem.is_none();
    let before: Vec<_> = story.lines.iter().take_while(of_t).collect();
    let reached = before.iter().flat_map(|(line, _)| line.steps.last()).map(|row| row.t).max();
    if reached == Some(t) { before.last().map(|(_, end)| *end) } else { None }
}

fn read_checkpoint(path: &Path) -> Result<Checkpoint, CliError> {
    decode(&files::read(path)?).map_err(|_| CliError::Checkpoint { path: path.into() })
}

/// `cell.jsonl` → `cell.jsonl.checkpoint`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// Writes a file so that, whatever happens, either the old or the new content is there.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let new = beside(path, "new");
    let write = || {
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|source| CliError::File { path: path.into(), source })
}
