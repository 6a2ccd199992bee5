//! The curves, as marks, as words and as a table.

use super::super::desk::{attack_name, short_name};
use super::super::draw::Look;
use super::super::survey::percent_with_interval;
use super::{STEPS, size_text};
use crate::app::figure::Table;
use crate::app::figure::axes::{Area, EndLabel, end_labels, value_axis};
use crate::app::figure::marks::Mark;
use crate::app::{tr, tr_with};
use crate::plot::{Scale, cell, fixed, labels, path};
use crate::session::{NormId, Share, SurveyResults, SurveySpec};

/// Pixels between the whiskers of neighbouring attacks.
const ASIDE: f64 = 5.0;

/// A curve: shares at ε = 0 and at every step.
struct Line {
    look: Option<Look>,
    name: String,
    shares: Vec<Share>,
}

/// Every attack, then the worst over all of them.
fn lines(results: &SurveyResults, spec: &SurveySpec) -> Vec<Line> {
    let sizes = spec.sizes.len();
    let from_zero = |shares: Vec<Share>| std::iter::once(results.clean(0)).chain(shares).collect();
    let mut lines: Vec<Line> = Vec::with_capacity(spec.contenders.len() + 1);
    for (index, contender) in spec.contenders.iter().enumerate() {
        lines.push(Line {
            look: Some(Look::of(&contender.attack)),
            name: short_name(&contender.attack),
            shares: from_zero((0..sizes).map(|size| results.robust(0, size, index)).collect()),
        });
    }
    if lines.len() > 1 {
        let worst = (0..sizes).map(|size| results.worst(0, size)).collect();
        lines.push(Line { look: None, name: tr("curve.worst"), shares: from_zero(worst) });
    }
    lines
}

pub fn marks(results: &SurveyResults, width: f64, height: f64, unit: f64) -> Vec<Mark> {
    let area = Area::new(width, 8.0, (height - 36.0) * unit, unit);
    let (x, y) = (area.calls(STEPS), Scale::linear((0.0, 100.0), area.upwards()));
    let mut marks = Vec::new();
    value_axis(&mut marks, &area, &y, &[0.0, 25.0, 50.0, 75.0, 100.0], &|value| fixed(value, 0));
    let Some(spec) = &results.spec else { return marks };
    let sizes = std::iter::once(0.0).chain(spec.sizes.iter().copied());
    for (step, size) in sizes.enumerate() {
        let at = x.at(step as f64);
        marks.push(Mark::Line { class: "edge", from: (at, area.bottom), to: (at, area.bottom + 4.0) });
        marks.push(Mark::text("ax", (at, area.bottom + 4.0 + 12.0 * unit), "middle", labels::tick(size)));
    }
    let axis = tr(if spec.common.norm == NormId::Linf { "curve.axis_255" } else { "curve.axis" });
    marks.push(Mark::text("ax", (area.right, area.bottom + 4.0 + 26.0 * unit), "end", axis));
    let all = lines(results, spec);
    let middle = (all.len() as f64 - 1.0) / 2.0;
    let mut ends = Vec::new();
    // The first attack last, so that it lies on top.
    for (index, line) in all.iter().enumerate().rev() {
        let class = line.look.map_or_else(|| "ln ink".to_string(), Look::line);
        let measured = || line.shares.iter().enumerate().filter(|(_, share)| share.of > 0);
        let place = |step: usize, value: f64| (x.at(step as f64), y.at(100.0 * value));
        marks.push(Mark::path(class, path(measured().map(|(step, share)| place(step, share.value())))));
        let aside = (index as f64 - middle) * ASIDE;
        let whiskers: String = measured()
            .map(|(step, share)| {
                let ((px, low), (_, high)) = (place(step, share.interval.0), place(step, share.interval.1));
                path([(px + aside, low), (px + aside, high)])
            })
            .collect();
        let whisker = line.look.map_or_else(|| "ln ink thin".to_string(), |look| format!("st {}", look.family));
        marks.push(Mark::path(whisker, whiskers));
        for (step, share) in measured() {
            if let Some(look) = line.look {
                marks.push(look.at(place(step, share.value())));
            }
        }
        if let Some((step, share)) = measured().next_back() {
            ends.push(EndLabel {
                class: line.look.map_or("", |look| look.family).into(),
                at: place(step, share.value()),
                strong: line.name.clone(),
                text: format!(" {}", fixed(100.0 * share.value(), 0)),
            });
        }
    }
    // Upper label first where curves end together.
    ends.reverse();
    end_labels(&mut marks, &area, ends, unit);
    marks
}

/// The values at a step, as one line.
pub fn read(results: &SurveyResults, step: u32) -> String {
    let Some(spec) = &results.spec else { return tr("curve.waiting") };
    let size = (step as usize).checked_sub(1).and_then(|at| spec.sizes.get(at)).copied().unwrap_or(0.0);
    let all = lines(results, spec);
    let at = |line: &Line| line.shares.get(step as usize).copied().unwrap_or(Share::new(0, 0));
    let words = |line: &Line| format!("{} {}", line.name, percent_with_interval(&at(line)));
    let parts: Vec<String> = all.iter().map(words).collect();
    let n = all.iter().map(|line| at(line).of).min().unwrap_or(0).to_string();
    tr_with("curve.read", &[("size", size_text(&spec.common, size)), ("n", n), ("parts", parts.join("; "))])
}

/// What the figure says now.
pub fn summary(results: &SurveyResults) -> String {
    if results.clean(0).of == 0 { tr("curve.empty") } else { read(results, STEPS) }
}

/// A row an attack and ε.
pub fn table(results: &SurveyResults) -> Table {
    let columns = ["epsilon", "attack", "images", "clean", "right", "share", "low", "high", "lost", "zero"];
    let columns = columns.map(|key| tr(&format!("curve.table.{key}"))).into();
    let Some(spec) = &results.spec else { return Table { columns, rows: Vec::new() } };
    let clean = results.clean(0);
    let row = |size: f64, name: String, share: Share, lost: String, zero: String| {
        let (low, high) = share.interval;
        vec![
            cell(size),
            name,
            share.of.to_string(),
            cell(clean.value()),
            share.count.to_string(),
            cell(share.value()),
            cell(low),
            cell(high),
            lost,
            zero,
        ]
    };
    let mut rows = Vec::new();
    for (at, size) in spec.sizes.iter().enumerate() {
        for (index, contender) in spec.contenders.iter().enumerate() {
            let Some(found) = results.cell(0, at, index).filter(|found| found.images() > 0) else { continue };
            let (lost, zero) = (found.lost_in_8_bits().to_string(), found.zero_gradients.to_string());
            rows.push(row(*size, attack_name(&contender.attack), results.robust(0, at, index), lost, zero));
        }
        let worst = results.worst(0, at);
        if worst.of > 0 {
            rows.push(row(*size, tr("curve.worst"), worst, String::new(), String::new()));
        }
    }
    Table { columns, rows }
}
