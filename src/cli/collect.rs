//! `fwlab collect`: the event files of a sweep as one table, and by name what is missing or broken.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::expand::{Cell, Index};
use super::journal::{Line, Measured, Row, Story, write_whole};
use super::run::read_experiment;
use super::{CliError, files};
use crate::session::{Experiment, RunId};

/// Version of the file that the page opens.
const PAGE_VERSION: u32 = 1;
/// Points a curve has in the file that the page opens, about: it is for looking at.
const POINTS: usize = 60;

#[derive(Debug, Args)]
pub(super) struct CollectArguments {
    /// Folder that `fwlab expand` wrote, with the event files NAME.jsonl
    folder: PathBuf,
    /// Write the table here instead of the terminal
    #[arg(long)]
    csv: Option<PathBuf>,
    /// Write table and curves here (JSON), for the page to open
    #[arg(long)]
    page: Option<PathBuf>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    /// All steps, all measurements.
    Whole,
    /// No event file.
    Missing,
    /// Cut off, or still running.
    Unfinished,
    /// Stopped by a problem, such as a loss that is not a number.
    Failed,
    /// The event file cannot be read, or does not fit its cell.
    Broken,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Missing => "missing",
            Self::Unfinished => "unfinished",
            Self::Failed => "failed",
            Self::Broken => "broken",
        }
    }
}

/// All that was found, as the page reads it.
#[derive(Serialize)]
struct Page<'a> {
    version: u32,
    sweep: Found<'a>,
}

#[derive(Serialize)]
struct Found<'a> {
    /// Names of the axes.
    axes: &'a [String],
    cells: Vec<Outcome>,
}

/// What became of a cell.
#[derive(Debug, Serialize)]
struct Outcome {
    name: String,
    /// Its value on every axis.
    values: Vec<String>,
    status: Status,
    /// What is wrong, if something is.
    remark: Option<String>,
    /// Seconds of training and measuring, if it came to its end.
    seconds: Option<f64>,
    /// What was run.
    experiment: Option<Experiment>,
    a: Option<Summary>,
    b: Option<Summary>,
}

/// One run in numbers. Gaps are sums over the layers; none where the point was outside its set.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
struct Summary {
    /// Steps done.
    steps: u32,
    /// Per-image gradients of all mini-batches.
    gradient_evaluations: u64,
    test_images: u32,
    test_accuracy: Option<f64>,
    /// Over all measurements; those on the way use fewer test images than the last.
    best_test_accuracy: Option<f64>,
    best_test_step: Option<u32>,
    test_loss: Option<f64>,
    /// On the fixed training images.
    reference_loss: Option<f64>,
    /// Full gap of the last measurement.
    full_gap: Option<f64>,
    /// Mean over all measurements.
    full_gap_mean: Option<f64>,
    /// Mean of the mini-batches' gaps over all steps.
    batch_gap_mean: Option<f64>,
    curve: Vec<Point>,
}

/// A measurement: step, test accuracy, test loss, reference loss, full gap.
type Point = (u32, Option<f64>, Option<f64>, Option<f64>, Option<f64>);

/// Columns of a run, in the order of [`Summary::fields`].
const COLUMNS: [&str; 11] = [
    "steps",
    "gradient_evaluations",
    "test_images",
    "test_accuracy",
    "best_test_accuracy",
    "best_test_step",
    "test_loss",
    "reference_loss",
    "full_gap",
    "full_gap_mean",
    "batch_gap_mean",
];

impl Summary {
    fn fields(&self) -> [String; 11] {
        [
            self.steps.to_string(),
            self.gradient_evaluations.to_string(),
            self.test_images.to_string(),
            text(self.test_accuracy),
            text(self.best_test_accuracy),
            text(self.best_test_step),
            text(self.test_loss),
            text(self.reference_loss),
            text(self.full_gap),
            text(self.full_gap_mean),
            text(self.batch_gap_mean),
        ]
    }
}

/// Collects a sweep. `true` if every run is whole.
pub(super) fn collect(arguments: &CollectArguments) -> Result<bool, CliError> {
    let index = Index::read(&arguments.folder)?;
    let cells: Vec<Outcome> = index.cells.iter().map(|cell| outcome(&arguments.folder, cell)).collect();
    let table = csv(&index.axes, &cells);
    match &arguments.csv {
        Some(path) => files::write(path, table.as_bytes())?,
        None => print!("{table}"),
    }
    let whole = cells.iter().filter(|cell| cell.status == Status::Whole).count();
    let total = cells.len();
    for cell in &cells {
        if let Some(remark) = &cell.remark {
            eprintln!("{}: {}: {remark}", cell.status.name(), cell.name);
        }
    }
    eprintln!("{whole} of {total} runs are whole");
    if let Some(path) = &arguments.page {
        let page = Page { version: PAGE_VERSION, sweep: Found { axes: &index.axes, cells } };
        let json = serde_json::to_string(&page).map_err(|e| CliError::Engine(e.to_string()))?;
        write_whole(path, json.as_bytes())?;
    }
    Ok(whole == total)
}

/// What became of a cell. A file that cannot be used is an outcome, not an error: the others are still collected.
fn outcome(folder: &Path, cell: &Cell) -> Outcome {
    let mut outcome = Outcome {
        name: cell.name.clone(),
        values: cell.values.clone(),
        status: Status::Broken,
        remark: None,
        seconds: None,
        experiment: None,
        a: None,
        b: None,
    };
    let (wanted, events) = (cell.experiment(folder), cell.events(folder));
    let again = format!("run `fwlab run {} --events {} --resume`", wanted.display(), events.display());
    let experiment = match read_experiment(&wanted) {
        Ok((experiment, _)) => experiment,
        Err(error) => {
            outcome.remark = Some(format!("{error}; expand the sweep again"));
            return outcome;
        }
    };
    if !events.exists() {
        (outcome.status, outcome.remark) = (Status::Missing, Some(format!("there is no event file; {again}")));
        return outcome;
    }
    match Story::read(&events) {
        Ok(story) => {
            let (a, b) = (summary(&story, RunId::A), summary(&story, RunId::B));
            let (status, remark) = judge(&story, &experiment);
            (outcome.status, outcome.seconds) = (status, story.end().map(|end| end.seconds));
            outcome.remark = remark.map(|remark| match status {
                Status::Broken => format!("{remark}; delete {} and {again}", events.display()),
                _ => format!("{remark}; {again}"),
            });
            outcome.a = Some(a);
            outcome.b = experiment.b.is_some().then_some(b);
        }
        Err(error) => outcome.remark = Some(error.to_string()),
    }
    outcome.experiment = Some(experiment);
    outcome
}

/// Whether a run is whole, and what is wrong if not.
fn judge(story: &Story, experiment: &Experiment) -> (Status, Option<String>) {
    let broken = |reason: String| (Status::Broken, Some(reason));
    if let Some(line) = story.broken {
        return broken(format!("line {line} cannot be read"));
    }
    match story.begin() {
        Some(begin) if begin.experiment == *experiment => {}
        Some(_) => return broken("its events belong to another experiment".into()),
        None if story.lines.is_empty() => return (Status::Unfinished, Some("it has not begun".into())),
        None => return broken("its first line does not say what was run".into()),
    }
    let planned = experiment.steps;
    let runs = [Some(RunId::A), experiment.b.as_ref().map(|_| RunId::B)];
    for run in runs.into_iter().flatten() {
        let mut t = 0;
        for row in rows(story, run) {
            if row.t != t + 1 {
                return broken(format!("run {run:?} jumps from step {t} to {}", row.t));
            }
            t = row.t;
        }
        let last = measurements(story, run).last().map_or(0, |found| found.t);
        if story.end().is_some() && (t, last) != (planned, planned) {
            return broken(format!(
                "run {run:?} ends with step {t} and a measurement at {last}, planned were {planned}"
            ));
        }
    }
    let t = rows(story, RunId::A).last().map_or(0, |row| row.t);
    match (story.end(), story.lines.iter().rev().find_map(|(line, _)| line.problem.as_ref())) {
        (Some(_), _) => (Status::Whole, None),
        (None, Some(problem)) => (Status::Failed, Some(problem.detail.clone())),
        (None, None) => (Status::Unfinished, Some(format!("it stops at step {t} of {planned}"))),
    }
}

fn lines(story: &Story) -> impl Iterator<Item = &Line> {
    story.lines.iter().map(|(line, _)| line)
}

fn rows(story: &Story, run: RunId) -> impl Iterator<Item = &Row> {
    lines(story).flat_map(|line| &line.steps).filter(move |row| row.run == run)
}

fn measurements(story: &Story, run: RunId) -> impl Iterator<Item = &Measured> {
    lines(story).filter_map(|line| line.evaluated.as_ref()).filter(move |found| found.run == run)
}

/// A run in numbers, as far as it got.
fn summary(story: &Story, run: RunId) -> Summary {
    let mut summary = Summary::default();
    let mut batch_gaps = Vec::new();
    for row in rows(story, run) {
        summary.steps = row.t;
        summary.gradient_evaluations += u64::from(row.batch);
        batch_gaps.push(sum(&row.gap));
    }
    let found: Vec<&Measured> = measurements(story, run).collect();
    let gaps: Vec<Option<f64>> = found.iter().map(|found| sum(&found.full_gap)).collect();
    if let Some(last) = found.last() {
        summary.test_images = last.test_images;
        summary.test_accuracy = last.test_accuracy;
        summary.test_loss = last.test_loss;
        summary.reference_loss = last.reference_loss;
        summary.full_gap = gaps.last().copied().flatten();
    }
    for measured in &found {
        // The first of equals: it was reached earliest.
        if measured.test_accuracy > summary.best_test_accuracy {
            (summary.best_test_accuracy, summary.best_test_step) = (measured.test_accuracy, Some(measured.t));
        }
    }
    let stride = found.len().div_ceil(POINTS).max(1);
    for (i, (measured, gap)) in found.iter().zip(&gaps).enumerate() {
        if i % stride == 0 || i + 1 == found.len() {
            let point = (measured.t, measured.test_accuracy, measured.test_loss, measured.reference_loss, *gap);
            summary.curve.push(point);
        }
    }
    summary.full_gap_mean = mean(&gaps);
    summary.batch_gap_mean = mean(&batch_gaps);
    summary
}

/// The gap of all layers; none if one of them has none.
fn sum(gaps: &[Option<f64>]) -> Option<f64> {
    gaps.iter().copied().sum()
}

/// The mean; none if a number is missing, because a mean over the rest would look better than the run was.
fn mean(numbers: &[Option<f64>]) -> Option<f64> {
    let total: f64 = sum(numbers)?;
    (!numbers.is_empty()).then(|| total / numbers.len() as f64)
}

fn text<T: ToString>(number: Option<T>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}

/// The table: one row a cell; columns of run B only if there is one.
fn csv(axes: &[String], cells: &[Outcome]) -> String {
    let compare = cells.iter().any(|cell| cell.b.is_some());
    let mut head: Vec<String> = vec!["cell".into(), "status".into()];
    head.extend(axes.iter().cloned());
    head.push("seconds".into());
    head.extend(COLUMNS.map(String::from));
    if compare {
        head.extend(COLUMNS.map(|column| format!("b.{column}")));
    }
    let mut table = row(&head);
    for cell in cells {
        let mut fields = vec![cell.name.clone(), cell.status.name().into()];
        fields.extend(cell.values.iter().cloned());
        fields.push(text(cell.seconds));
        let mut add = |summary: &Option<Summary>| match summary {
            Some(summary) => fields.extend(summary.fields()),
            None => fields.extend(COLUMNS.map(|_| String::new())),
        };
        add(&cell.a);
        if compare {
            add(&cell.b);
        }
        table.push_str(&row(&fields));
    }
    table
}

/// A line of a table (RFC 4180).
fn row(fields: &[String]) -> String {
    let quoted = |field: &String| {
        if field.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.clone()
        }
    };
    format!("{}\n", fields.iter().map(quoted).collect::<Vec<_>>().join(","))
}
