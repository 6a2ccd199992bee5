//! The numbers behind each figure, as tables. Column names are the same in every language, so that a script that
//! reads an exported file keeps working; `_a` and `_b` name the run.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::bench::{Bench, total};
use crate::app::figure::Table;
use crate::session::{LayerInfo, RunId};

/// Rows by step, columns by name; cells that were not measured stay empty.
struct ByStep {
    columns: Vec<String>,
    rows: BTreeMap<u32, Vec<String>>,
}

impl ByStep {
    fn new(columns: Vec<String>) -> Self {
        Self { columns, rows: BTreeMap::new() }
    }

    fn put(&mut self, t: u32, column: usize, value: f64) {
        let width = self.columns.len();
        let row = self.rows.entry(t).or_insert_with(|| vec![String::new(); width]);
        if value.is_finite()
            && let Some(cell) = row.get_mut(column)
        {
            // Through f32, the precision it was computed in: its shortest text that reads back exactly.
            *cell = (value as f32).to_string();
        }
    }

    fn table(self) -> Table {
        let rows = self.rows.into_iter().map(|(t, mut row)| {
            if let Some(first) = row.first_mut() {
                *first = t.to_string();
            }
            row
        });
        Table { rows: rows.collect(), columns: self.columns }
    }
}

/// The runs of the table and their suffixes.
fn runs(bench: &Bench) -> Vec<(RunId, &'static str)> {
    let two = bench.looks.with(|looks| looks.len() > 1);
    [(RunId::A, "a"), (RunId::B, "b")].into_iter().take(if two { 2 } else { 1 }).collect()
}

/// `t` and then every name for every run: all runs of the first name, all runs of the second, …
fn columns(names: &[String], runs: &[(RunId, &'static str)]) -> Vec<String> {
    let each = names.iter().flat_map(|name| runs.iter().map(move |(_, letter)| format!("{name}_{letter}")));
    std::iter::once("t".to_string()).chain(each).collect()
}

/// Loss and accuracy of every batch and what its step was counted to cost; loss on the fixed images and test accuracy
/// where they were measured. Oracle calls and projections are for the product of all sets, state is numbers a weight.
pub fn loss(bench: &Bench) -> Table {
    let runs = runs(bench);
    let names = [
        "loss",
        "batch_accuracy",
        "reference_loss",
        "test_loss",
        "test_accuracy",
        "gradients",
        "oracle_calls",
        "projections",
        "state",
    ]
    .map(String::from);
    let mut by_step = ByStep::new(columns(&names, &runs));
    for (index, (run, _)) in runs.iter().enumerate() {
        bench.track(*run);
        let column = |name: usize| 1 + name * runs.len() + index;
        bench.log(*run).with_untracked(|log| {
            for row in &log.steps {
                by_step.put(row.t, column(0), f64::from(row.loss));
                by_step.put(row.t, column(1), f64::from(row.accuracy));
                by_step.put(row.t, column(5), f64::from(row.cost.gradients));
                by_step.put(row.t, column(6), row.cost.oracle_calls_for_all());
                by_step.put(row.t, column(7), row.cost.projections_for_all());
                by_step.put(row.t, column(8), row.cost.state_per_weight());
            }
            for row in &log.evaluations {
                by_step.put(row.t, column(2), f64::from(row.reference_loss));
                by_step.put(row.t, column(3), f64::from(row.test_loss));
                by_step.put(row.t, column(4), f64::from(row.test_accuracy));
            }
        });
    }
    by_step.table()
}

/// Batch gap of every step and full gap where it was measured, in total and per layer; empty outside the set.
pub fn gap(bench: &Bench) -> Table {
    let runs = runs(bench);
    let layers: Vec<String> = bench.layers[0].with(|layers| layers.iter().map(|layer| layer.name.clone()).collect());
    let parts = ["batch_gap", "full_gap"];
    let names: Vec<String> = parts
        .iter()
        .map(|part| part.to_string())
        .chain(parts.iter().flat_map(|part| layers.iter().map(move |layer| format!("{part}_{layer}"))))
        .collect();
    let mut by_step = ByStep::new(columns(&names, &runs));
    for (index, (run, _)) in runs.iter().enumerate() {
        bench.track(*run);
        let column = |name: usize| 1 + name * runs.len() + index;
        let mut put = |t: u32, part: usize, gap: &[f32]| {
            by_step.put(t, column(part), total(gap));
            for (layer, value) in gap.iter().enumerate().take(layers.len()) {
                by_step.put(t, column(parts.len() + part * layers.len() + layer), f64::from(*value));
            }
        };
        bench.log(*run).with_untracked(|log| {
            log.steps.iter().for_each(|row| put(row.t, 0, &row.gap));
            log.evaluations.iter().for_each(|row| put(row.t, 1, &row.full_gap));
        });
    }
    by_step.table()
}

/// One row a layer and run: its set, gauge, sparsity and last full gap.
pub fn layers(bench: &Bench) -> Table {
    let columns = ["run", "layer", "shape", "set", "radius", "k", "diameter", "gauge", "sparsity", "full_gap"];
    let mut rows = Vec::new();
    for (run, letter) in runs(bench) {
        bench.track(run);
        bench.log(run).with(|log| {
            for (index, layer) in log.layers.iter().enumerate() {
                let at = |values: &[f32]| values.get(index).map(|value| value.to_string()).unwrap_or_default();
                let now = log.layers_now.as_ref();
                let mut row = vec![letter.to_string()];
                row.extend(layer_cells(layer));
                row.push(now.map(|now| at(&now.gauge)).unwrap_or_default());
                row.push(now.map(|now| at(&now.sparsity)).unwrap_or_default());
                row.push(log.evaluations.last().map(|row| at(&row.full_gap)).unwrap_or_default());
                rows.push(row);
            }
        });
    }
    Table { columns: columns.map(String::from).into(), rows }
}

fn layer_cells(layer: &LayerInfo) -> [String; 6] {
    let shape: Vec<String> = layer.shape.iter().map(u32::to_string).collect();
    [
        layer.name.clone(),
        shape.join("x"),
        layer.set.clone(),
        layer.radius.to_string(),
        layer.k.to_string(),
        layer.diameter.to_string(),
    ]
}

/// One row a test image of the strip: its label and the probability of every class.
pub fn samples(bench: &Bench) -> Table {
    let classes = bench.lab.data.with(|data| data.as_ref().map(|data| data.classes.clone()).unwrap_or_default());
    let mut columns: Vec<String> = ["run", "t", "image", "label"].map(String::from).into();
    columns.extend(classes.iter().map(|class| format!("p_{class}")));
    let mut rows = Vec::new();
    for (run, letter) in runs(bench) {
        bench.log(run).with(|log| {
            let Some(samples) = &log.samples else { return };
            let count = samples.labels.len().max(1);
            let width = (samples.probabilities.len() / count).max(1);
            for (image, (label, chances)) in samples.labels.iter().zip(samples.probabilities.chunks(width)).enumerate()
            {
                let name = classes.get(usize::from(*label)).cloned().unwrap_or_else(|| label.to_string());
                let mut row = vec![letter.to_string(), samples.t.to_string(), image.to_string(), name];
                row.extend(chances.iter().map(f32::to_string));
                rows.push(row);
            }
        });
    }
    Table { columns, rows }
}
