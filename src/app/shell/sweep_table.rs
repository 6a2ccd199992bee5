//! The table of a sweep, from the file that `fwlab collect --page` writes: a row a run, sorted by any column; what is
//! missing or broken by name; the gap over the steps, a small plot a group of runs that differ in their seed only.

use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use serde::Deserialize;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::Shell;
use super::dialog::Dialog;
use crate::app::figure::axes::{Area, time_axis, value_axis};
use crate::app::figure::marks::{Mark, escape, svg};
use crate::app::figure::{Figure, Table, use_width};
use crate::app::lab::Page;
use crate::app::{Lab, tr, tr_with, url, use_lab, wording, wording_with};
use crate::number;
use crate::plot::{Scale, cell, fixed, integer, labels, path, scientific, series};
use crate::session::link::Link;
use crate::session::{EXPERIMENT_VERSION, Experiment, RunSpec, params};

/// Version of the file.
const VERSION: u32 = 1;
/// The axis that runs of a group differ in.
const SEED: &str = "seed";
/// Groups that are drawn; nobody compares more plots than these.
const MOST_PANELS: usize = 12;
/// Width that a plot wants and height that it has, pixels.
const PANEL: (f64, f64) = (230.0, 160.0);
/// Largest gap over smallest gap that a plot shows.
const RANGE: f64 = 1e6;

#[derive(Deserialize)]
struct SweepFile {
    version: u32,
    sweep: Sweep,
}

/// A collected sweep.
#[derive(Debug, Deserialize)]
pub struct Sweep {
    axes: Vec<String>,
    cells: Vec<Run>,
}

/// What became of one of its runs.
#[derive(Debug, Deserialize)]
struct Run {
    name: String,
    values: Vec<String>,
    status: String,
    remark: Option<String>,
    seconds: Option<f64>,
    experiment: Option<Experiment>,
    a: Option<Numbers>,
    b: Option<Numbers>,
}

/// A step, and what was measured at it, in the order of the file.
type CurveRow = (u32, Option<f64>, Option<f64>, Option<f64>, Option<f64>);

#[derive(Debug, Deserialize)]
struct Numbers {
    steps: u32,
    test_accuracy: Option<f64>,
    best_test_accuracy: Option<f64>,
    full_gap: Option<f64>,
    full_gap_mean: Option<f64>,
    /// Step, test accuracy, test loss, reference loss, full gap.
    curve: Vec<CurveRow>,
}

impl Run {
    fn is_whole(&self) -> bool {
        self.status == "whole"
    }
}

/// Where a sweep is put, and what opens its dialog.
type Place = (RwSignal<Option<Arc<Sweep>>>, RwSignal<bool>);

thread_local! {
    static PLACE: Cell<Option<Place>> = const { Cell::new(None) };
}

/// Shows the sweep in a file's text.
///
/// # Errors
/// Why it cannot be read, as a sentence.
pub fn show(lab: Lab, text: &str) -> Result<(), String> {
    let file: SweepFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if file.version > VERSION {
        return Err(wording(lab, "sweep.newer"));
    }
    let Some((sweep, open)) = PLACE.get() else { return Err(wording(lab, "shell.not_loaded")) };
    sweep.set(Some(Arc::new(file.sweep)));
    open.set(true);
    Ok(())
}

/// The dialog that a dropped sweep opens.
#[component]
pub fn SweepDialog() -> impl IntoView {
    let lab = use_lab();
    let open = expect_context::<Shell>().sweep;
    let sweep = RwSignal::new(None::<Arc<Sweep>>);
    PLACE.set(Some((sweep, open)));
    let title = Signal::derive(|| tr("sweep.title"));
    view! {
        <Dialog name="sweep" open=open title=title>
            {move || sweep.get().map(|sweep| content(lab, sweep, open))}
        </Dialog>
    }
    .into_any()
}

fn content(lab: Lab, sweep: Arc<Sweep>, open: RwSignal<bool>) -> AnyView {
    let order = RwSignal::new(Order { column: 0, down: false });
    let pressed = {
        let sweep = sweep.clone();
        move |event: MouseEvent| press(lab, &sweep, open, order, &event)
    };
    let (named, above, below) = (sweep.clone(), sweep.clone(), sweep.clone());
    view! {
        <div inner_html=move || state(&named)></div>
        <div class="scroll" role="region" tabindex="0" aria-label=move || tr("sweep.table") on:click=pressed>
            <table>
                <thead inner_html=move || head(&above, order.get_untracked())></thead>
                <tbody inner_html=move || body(&below, order.get())></tbody>
            </table>
        </div>
        {figure(&sweep)}
    }
    .into_any()
}

/// A press on the table: sorts by a column, or opens a run.
fn press(lab: Lab, sweep: &Sweep, open: RwSignal<bool>, order: RwSignal<Order>, event: &MouseEvent) {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let closest = |selector: &str| element.closest(selector).ok().flatten();
    let index = |element: Element, name: &str| -> Option<usize> { element.get_attribute(name)?.parse().ok() };
    if let Some(column) = closest("[data-sort]").and_then(|button| index(button, "data-sort")) {
        order.update(|order| *order = order.pressed(column));
        // Said here and not by drawing the head anew, which would take the focus from the button.
        if let Some(row) = closest("tr") {
            let cells = row.children();
            for i in 0..cells.length() {
                if let Some(cell) = cells.item(i).filter(|cell| cell.has_attribute("aria-sort")) {
                    let _ = cell.set_attribute("aria-sort", order.get_untracked().said(i as usize));
                }
            }
        }
        return;
    }
    // With a key held, the link does what links do.
    if event.ctrl_key() || event.meta_key() || event.shift_key() {
        return;
    }
    let run = closest("[data-run]").and_then(|link| index(link, "data-run")).and_then(|i| sweep.cells.get(i));
    if let Some((run, experiment)) = run.and_then(|run| Some((run, run.experiment.as_ref()?))) {
        event.prevent_default();
        open.set(false);
        let (experiment, notes) = params::check_experiment(experiment);
        url::go(lab, Page::Train);
        lab.experiment.set(experiment);
        lab.say(wording_with(lab, "import.done", &[("name", run.name.clone())]));
        for note in &notes {
            lab.say(url::note_text(lab, note));
        }
        lab.notes.set(notes);
    }
}

// ── Table ────────────────────────────────────────────────────────────────────────────────────────────────

/// By which column the rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Order {
    column: usize,
    down: bool,
}

impl Order {
    /// The order after a press on a column's head: a second press turns it round.
    fn pressed(self, column: usize) -> Self {
        Self { column, down: self.column == column && !self.down }
    }

    /// `aria-sort` of a column.
    fn said(self, column: usize) -> &'static str {
        match (self.column == column, self.down) {
            (true, true) => "descending",
            (true, false) => "ascending",
            (false, _) => "none",
        }
    }
}

/// A cell of the table: its text, and its number if it is one.
#[derive(Debug, Clone, Default, PartialEq)]
struct Field {
    text: String,
    number: Option<f64>,
}

impl Field {
    fn number(value: Option<f64>, text: impl Fn(f64) -> String) -> Self {
        Self { text: value.map(text).unwrap_or_default(), number: value }
    }

    fn text(text: &str) -> Self {
        Self { text: text.into(), number: number::parse(text) }
    }

    /// Numbers by size, texts by alphabet; what is missing comes last, whichever way the rest is turned.
    fn compare(&self, other: &Self, down: bool) -> Ordering {
        let missing = self.text.is_empty().cmp(&other.text.is_empty());
        let order = match (self.number, other.number) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => self.text.cmp(&other.text),
        };
        missing.then(if down { order.reverse() } else { order })
    }
}

fn has_opponent(sweep: &Sweep) -> bool {
    sweep.cells.iter().any(|run| run.b.is_some())
}

fn columns(sweep: &Sweep) -> Vec<String> {
    let said = |key: &str| tr(&format!("sweep.column.{key}"));
    let mut columns = vec![said("run"), said("status")];
    columns.extend(sweep.axes.iter().cloned());
    columns.extend(["steps", "accuracy", "best", "gap", "mean_gap"].map(said));
    if has_opponent(sweep) {
        columns.extend(["b_accuracy", "b_gap"].map(said));
    }
    columns.push(said("seconds"));
    columns
}

fn fields(sweep: &Sweep, run: &Run) -> Vec<Field> {
    let percent = |value: Option<f64>| Field::number(value, |value| fixed(100.0 * value, 1));
    let gap = |value: Option<f64>| Field::number(value, scientific);
    let mut fields = vec![Field::text(&run.name), Field::text(&status(run))];
    fields.extend(run.values.iter().map(|value| Field::text(value)));
    let a = run.a.as_ref();
    fields.push(Field::number(a.map(|a| f64::from(a.steps)), |steps| integer(steps as u64)));
    fields.push(percent(a.and_then(|a| a.test_accuracy)));
    fields.push(percent(a.and_then(|a| a.best_test_accuracy)));
    fields.push(gap(a.and_then(|a| a.full_gap)));
    fields.push(gap(a.and_then(|a| a.full_gap_mean)));
    if has_opponent(sweep) {
        let b = run.b.as_ref();
        fields.push(percent(b.and_then(|b| b.test_accuracy)));
        fields.push(gap(b.and_then(|b| b.full_gap)));
    }
    fields.push(Field::number(run.seconds, |seconds| fixed(seconds, 0)));
    fields
}

fn status(run: &Run) -> String {
    let key = format!("sweep.status.{}", run.status);
    let text = tr(&key);
    // What a later version may call it is better than a key.
    if text == key { run.status.clone() } else { text }
}

/// How many runs are whole, and which are not.
fn state(sweep: &Sweep) -> String {
    let whole = sweep.cells.iter().filter(|run| run.is_whole()).count();
    let values = [("whole", integer(whole as u64)), ("all", integer(sweep.cells.len() as u64))];
    let mut html = format!("<p>{}</p>", escape(&tr_with("sweep.count", &values)));
    let lacking: Vec<&Run> = sweep.cells.iter().filter(|run| !run.is_whole()).collect();
    if !lacking.is_empty() {
        let line = |run: &&Run| {
            let remark = escape(run.remark.as_deref().unwrap_or_default());
            format!("<li><b>{}</b> {}: <span lang=\"en\">{remark}</span></li>", escape(&run.name), escape(&status(run)))
        };
        html += &format!("<ul class=\"lacking\">{}</ul>", lacking.iter().map(line).collect::<String>());
    }
    html
}

fn head(sweep: &Sweep, order: Order) -> String {
    let cell = |(i, name): (usize, &String)| {
        let (said, name) = (order.said(i), escape(name));
        format!(r#"<th scope="col" aria-sort="{said}"><button type="button" data-sort="{i}">{name}</button></th>"#)
    };
    let cells: String = columns(sweep).iter().enumerate().map(cell).collect();
    format!("<tr>{cells}<td></td></tr>")
}

fn body(sweep: &Sweep, order: Order) -> String {
    let mut rows: Vec<(usize, &Run, Vec<Field>)> =
        sweep.cells.iter().enumerate().map(|(i, run)| (i, run, fields(sweep, run))).collect();
    let key = |fields: &[Field]| fields.get(order.column).cloned().unwrap_or_default();
    rows.sort_by(|a, b| key(&a.2).compare(&key(&b.2), order.down));
    rows.into_iter().map(|(i, run, fields)| row(i, run, &fields)).collect()
}

fn row(index: usize, run: &Run, fields: &[Field]) -> String {
    let cell = |(i, field): (usize, &Field)| {
        let text = escape(&field.text);
        if i == 0 { format!(r#"<th scope="row">{text}</th>"#) } else { format!("<td>{text}</td>") }
    };
    let cells: String = fields.iter().enumerate().map(cell).collect();
    let link = run.experiment.as_ref().map(|experiment| {
        let label = tr_with("sweep.open_label", &[("name", run.name.clone())]);
        format!(
            r#"<a href="{}" data-run="{index}" aria-label="{}">{}</a>"#,
            attribute(&address(experiment)),
            attribute(&label),
            escape(&tr("sweep.open"))
        )
    });
    format!("<tr>{cells}<td>{}</td></tr>", link.unwrap_or_default())
}

/// Text inside a quoted attribute.
fn attribute(text: &str) -> String {
    escape(text).replace('"', "&quot;")
}

fn address(experiment: &Experiment) -> String {
    let mut pairs = vec![("v".to_string(), EXPERIMENT_VERSION.to_string())];
    pairs.extend(params::emit_experiment(experiment));
    Link { page: Page::Train.key().into(), pairs }.to_string()
}

// ── Figure ───────────────────────────────────────────────────────────────────────────────────────────────

/// The runs that differ in their seed only.
#[derive(Debug, Clone, PartialEq)]
struct Panel {
    title: String,
    curves: Vec<Curve>,
}

#[derive(Debug, Clone, PartialEq)]
struct Curve {
    run: String,
    /// Colour family of its method.
    family: &'static str,
    /// Step and gap, where there is one.
    points: Vec<(u32, f64)>,
}

fn panels(sweep: &Sweep) -> Vec<Panel> {
    let mut panels: Vec<Panel> = Vec::new();
    for run in &sweep.cells {
        let curves = curves(run);
        if curves.is_empty() {
            continue;
        }
        let named =
            sweep.axes.iter().zip(&run.values).filter(|(axis, _)| *axis != SEED).map(|(_, value)| value.as_str());
        let title = named.collect::<Vec<_>>().join(" · ");
        match panels.iter_mut().find(|panel| panel.title == title) {
            Some(panel) => panel.curves.extend(curves),
            None => panels.push(Panel { title, curves }),
        }
    }
    panels
}

fn curves(run: &Run) -> Vec<Curve> {
    let spec = |of: fn(&Experiment) -> Option<&RunSpec>| run.experiment.as_ref().and_then(of);
    let runs = [("", &run.a, spec(|experiment| Some(&experiment.a))), (" B", &run.b, spec(|e| e.b.as_ref()))];
    let curve = |(suffix, numbers, spec): (&str, &Option<Numbers>, Option<&RunSpec>)| {
        let positive = |gap: Option<f64>| gap.filter(|gap| gap.is_finite() && *gap > 0.0);
        let points: Vec<(u32, f64)> =
            numbers.as_ref()?.curve.iter().filter_map(|&(t, .., gap)| Some((t, positive(gap)?))).collect();
        let family = spec.map_or("fw", |spec| spec.method.entry().family);
        (!points.is_empty()).then(|| Curve { run: format!("{}{suffix}", run.name), family, points })
    };
    runs.into_iter().filter_map(curve).collect()
}

fn all_points(panels: &[Panel]) -> impl Iterator<Item = (u32, f64)> {
    panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| curve.points.iter().copied())
}

/// The panels side by side as marks, and the height they need. All share their axes.
fn draw(panels: &[Panel], width: f64) -> (Vec<Mark>, f64) {
    let across = ((width / PANEL.0) as usize).clamp(1, panels.len().max(1));
    let (wide, high) = (width / across as f64, PANEL.1);
    let last = all_points(panels).map(|(t, _)| t).max().unwrap_or(1);
    let top = all_points(panels).map(|(_, gap)| gap).fold(f64::MIN_POSITIVE, f64::max);
    let low = all_points(panels).map(|(_, gap)| gap).fold(top, f64::min).max(top / RANGE);
    let mut marks = Vec::new();
    for (i, panel) in panels.iter().enumerate() {
        let (left, above) = ((i % across) as f64 * wide, (i / across) as f64 * high);
        let area =
            Area { left: left + 44.0, right: left + wide - 14.0, top: above + 26.0, bottom: above + high - 28.0 };
        let (x, y) = (area.time(last), Scale::log((low, top), area.upwards()));
        let room = ((wide - 44.0) / 6.5) as usize;
        marks.push(Mark::text("ax", (area.left, above + 14.0), "start", shortened(&panel.title, room)));
        value_axis(&mut marks, &area, &y, &y.ticks(3), &labels::tick);
        time_axis(&mut marks, &area, last, 1.0);
        for curve in &panel.curves {
            let points = curve.points.iter().map(|&(t, gap)| (x.at(series::log_step(t)), y.at(gap)));
            marks.push(Mark::path(format!("ln thin {}", curve.family), path(points)));
        }
    }
    (marks, high * panels.len().div_ceil(across) as f64)
}

fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.into();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

fn figure(sweep: &Sweep) -> Option<AnyView> {
    let found = panels(sweep);
    if found.is_empty() {
        return None;
    }
    let groups = found.len();
    let lowest = found
        .iter()
        .flat_map(|panel| panel.curves.iter().map(move |curve| (curve, panel)))
        .filter_map(|(curve, panel)| Some((curve.points.last()?.1, panel.title.clone())))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let (gap, group) = lowest.unwrap_or_default();
    let panels = Arc::new(found.into_iter().take(MOST_PANELS).collect::<Vec<_>>());
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let drawn = {
        let panels = panels.clone();
        Memo::new(move |_| {
            let width = width.get();
            if width > 0.0 { draw(&panels, width) } else { (Vec::new(), 0.0) }
        })
    };
    let note = move || {
        let values = [("shown", groups.min(MOST_PANELS).to_string()), ("all", groups.to_string())];
        if groups > MOST_PANELS { tr_with("sweep.figure.note_some", &values) } else { tr("sweep.figure.note") }
    };
    let summary = move || {
        let values = [("n", groups.to_string()), ("gap", scientific(gap)), ("group", group.clone())];
        tr_with("sweep.figure.summary", &values)
    };
    let view = view! {
        <Figure
            name="sweep"
            title=Signal::derive(|| tr("sweep.figure.title"))
            note=Signal::derive(note)
            summary=Signal::derive(summary)
            table=Callback::new(move |()| untrack(|| table(&panels)))
        >
            <div node_ref=node>
                <svg
                    aria-hidden="true"
                    width=move || format!("{:.0}", width.get())
                    height=move || format!("{:.0}", drawn.with(|drawn| drawn.1))
                >
                    <g inner_html=move || drawn.with(|drawn| svg(&drawn.0))></g>
                </svg>
            </div>
        </Figure>
    };
    Some(view.into_any())
}

fn table(panels: &[Panel]) -> Table {
    let columns = ["group", "run", "step", "gap"].map(|key| tr(&format!("sweep.column.{key}"))).into();
    let mut rows = Vec::new();
    for panel in panels {
        for curve in &panel.curves {
            let row = |&(t, gap): &(u32, f64)| vec![panel.title.clone(), curve.run.clone(), t.to_string(), cell(gap)];
            rows.extend(curve.points.iter().map(row));
        }
    }
    Table { columns, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two methods on two seeds; the last run is missing.
    fn sweep() -> Result<Sweep, serde_json::Error> {
        let run = |method: &str, seed: u32, gap: f64| {
            format!(
                r#"{{"name":"{method}-{seed}","values":["{method}","{seed}"],"status":"whole","remark":null,
                "seconds":1.5,"experiment":null,"b":null,"a":{{"steps":10,"gradient_evaluations":640,"test_images":500,
                "test_accuracy":0.5,"best_test_accuracy":0.5,"best_test_step":10,"test_loss":1.0,"reference_loss":1.0,
                "full_gap":{gap},"full_gap_mean":null,"batch_gap_mean":null,
                "curve":[[0,null,null,null,null],[5,0.4,1.2,1.2,-1.0],[10,0.5,1.0,1.0,{gap}]]}}}}"#
            )
        };
        let lost = r#"{"name":"sgd-2","values":["sgd","2"],"status":"missing","remark":"there is no event file",
            "seconds":null,"experiment":null,"a":null,"b":null}"#;
        let runs = [run("sfw", 1, 0.25), run("sfw", 2, 0.5), run("sgd", 1, 4.0), lost.into()];
        let text = format!(r#"{{"version":1,"sweep":{{"axes":["method","seed"],"cells":[{}]}}}}"#, runs.join(","));
        serde_json::from_str::<SweepFile>(&text).map(|file| file.sweep)
    }

    #[test]
    fn runs_that_differ_in_their_seed_share_a_panel() -> Result<(), serde_json::Error> {
        let panels = panels(&sweep()?);
        assert_eq!(panels.iter().map(|panel| panel.title.as_str()).collect::<Vec<_>>(), ["sfw", "sgd"]);
        assert_eq!(panels.iter().map(|panel| panel.curves.len()).collect::<Vec<_>>(), [2, 1]);
        // What has no gap, or none that a logarithm knows, is left out.
        assert_eq!(
            panels.first().and_then(|panel| panel.curves.first()).map(|curve| curve.points.clone()),
            Some(vec![(10, 0.25)])
        );
        let (marks, height) = draw(&panels, 500.0);
        assert_eq!(height, PANEL.1);
        assert_eq!(marks.iter().filter(|mark| matches!(mark, Mark::Path { .. })).count(), 3);
        assert_eq!(draw(&panels, 240.0).1, 2.0 * PANEL.1, "one below the other where it is narrow");
        Ok(())
    }

    #[test]
    fn rows_are_sorted_by_number_or_by_text_and_what_is_missing_comes_last() {
        let field = Field::text;
        assert_eq!(field("9").compare(&field("10"), false), Ordering::Less);
        assert_eq!(field("b").compare(&field("a"), false), Ordering::Greater);
        assert_eq!(field("9").compare(&field("10"), true), Ordering::Greater);
        for down in [false, true] {
            assert_eq!(field("").compare(&field("1"), down), Ordering::Greater);
        }
        let order = Order { column: 0, down: false };
        assert_eq!(order.pressed(0), Order { column: 0, down: true });
        assert_eq!(order.pressed(0).pressed(0), order);
        assert_eq!(order.pressed(0).pressed(3), Order { column: 3, down: false });
        assert_eq!((order.said(0), order.pressed(0).said(0), order.said(1)), ("ascending", "descending", "none"));
    }

    #[test]
    fn text_cannot_become_tags() {
        assert_eq!(attribute(r#"a"<b>&"#), "a&quot;&lt;b&gt;&amp;");
        assert_eq!(shortened("abcdef", 4), "abc…");
        assert_eq!(shortened("abcd", 4), "abcd");
    }
}
