//! The race: what is left to do against what it cost, both axes logarithmic, so that a rate is a slope. All methods are
//! Frank–Wolfe and blue; dashes and names tell them apart, and the one in focus is thick.

use fwlab_tex::tex;
use leptos::prelude::*;

use super::desk::Desk;
use super::race::{Lane, Point, Race};
use super::state::{Across, Problem, Shown};
use crate::app::figure::axes::{Area, Axis};
use crate::app::figure::chart::{Chart, Course, Drawing};
use crate::app::figure::marks::Mark;
use crate::app::figure::{Figure, Table};
use crate::app::pages::theory::plot::{Curve, Frame, decades};
use crate::app::pages::theory::words::short;
use crate::app::{tr, tr_with};
use crate::optim::finite_sum::Cost;
use crate::plot::{cell, integer, power_of_ten, series};

/// Height of the plot, pixels at normal text size.
const HEIGHT: f64 = 240.0;
/// Decades at most.
const MOST: i32 = 7;
/// Room for the name at the end of a curve with its value, in pixels at normal text size. It is the same on a phone.
const NAME: f64 = 148.0;

/// How a method's curve is drawn, by its place in the race; in focus it is thick.
const CLASSES: [[&str; 2]; 6] = [
    ["ln fw d0", "ln fw d0 thick"],
    ["ln fw d1", "ln fw d1 thick"],
    ["ln fw d2", "ln fw d2 thick"],
    ["ln fw d3", "ln fw d3 thick"],
    ["ln fw d4", "ln fw d4 thick"],
    ["ln fw d5", "ln fw d5 thick"],
];

/// The class of a curve.
pub fn class(place: usize, focus: bool) -> &'static str {
    CLASSES.get(place).and_then(|pair| pair.get(usize::from(focus))).copied().unwrap_or("ln fw")
}

/// Samples looked at: a gradient or a value is one, a partial derivative a dim-th.
pub fn samples(cost: &Cost, dim: usize) -> f64 {
    (cost.gradients + cost.values) as f64 + cost.partials as f64 / dim.max(1) as f64
}

/// Methods whose source gives a power of t that holds along one run on convex sums: the power, and as a formula. None
/// elsewhere.
pub fn rate(key: &str, problem: Problem) -> Option<(f64, &'static str)> {
    match key {
        _ if !problem.convex() => None,
        "fw" | "negiar" => Some((-1.0, tex!(r"O\left(\frac{1}{t}\right)"))),
        "scg" => Some((-1.0 / 3.0, tex!(r"O\left(\frac{1}{t^{1/3}}\right)"))),
        _ => None,
    }
}

/// The same power beside the guide.
fn power_text(power: f64) -> &'static str {
    if power == -1.0 { "∝ 1/t" } else { "∝ 1/∛t" }
}

/// Where a point stands on the horizontal axis; nothing is drawn before the first step of a count.
fn across(axis: Across, point: &Point, dim: usize) -> f64 {
    match axis {
        Across::Steps => series::log_step(point.t),
        Across::Samples => samples(&point.cost, dim),
        Across::Oracle => point.cost.lmos as f64,
    }
}

/// What is shown of a point; `lowest` is the smallest value known and how much it may be too large.
fn shown(what: Shown, point: &Point, lowest: (f64, f64)) -> f64 {
    match what {
        Shown::Gap => point.gap,
        Shown::Best => point.best,
        Shown::Error => {
            let error = point.value - lowest.0;
            // Below that the difference means nothing.
            if error > lowest.1 { error } else { f64::NAN }
        }
        Shown::Value => point.value,
    }
}

/// Where the horizontal axis ends: T, or a round number above all counts so far.
fn end(desk: &Desk) -> u32 {
    let (axis, total) = desk.state.with(|state| (state.across, state.total));
    if axis == Across::Steps {
        return total;
    }
    let most = desk.race(|race| {
        let last = race.lanes.iter().filter_map(|lane| lane.points.last());
        last.map(|point| across(axis, point, race.dim())).fold(10.0, f64::max)
    });
    let most = most.unwrap_or(10.0);
    let power = 10f64.powf(most.log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|end| *end >= most);
    round.unwrap_or(most) as u32
}

/// The points of a lane on the axes, without those that no logarithm can show.
fn points(desk: &Desk, race: &Race, lane: &Lane, read: &dyn Fn(&Point) -> f64) -> Vec<(f64, f64)> {
    let axis = desk.state.with(|state| state.across);
    let placed = lane.points.iter().map(|point| (across(axis, point, race.dim()), read(point)));
    placed.filter(|(x, _)| *x > 0.0).collect()
}

/// A name, shortened if it does not fit beside its value; `scale` is the width of its letters.
fn fitted(name: &str, value: &str, scale: f64) -> String {
    // A generous guess, because the browser's fonts are not known here: exponents are small, Japanese letters wide.
    let width = |text: &str| {
        let letter = |letter| match letter {
            '\u{2070}'..='\u{207f}' => 4.5,
            '\u{2e80}'.. => 12.5,
            _ => 6.7,
        };
        text.chars().map(letter).sum::<f64>()
    };
    let room = NAME - width(value);
    let fits = |text: &str| scale * width(text) <= room;
    if fits(name) {
        return name.into();
    }
    let mut short: String = name.into();
    while short.pop().is_some() && !fits(&format!("{short}…")) {}
    format!("{}…", short.trim_end())
}

/// All curves, the one in focus above the others.
fn curves(desk: &Desk, race: &Race) -> Vec<Curve> {
    let (focus, what) = desk.state.with(|state| (state.focus, state.shown));
    let lowest = race.lowest();
    let mut curves: Vec<Curve> = Vec::new();
    let mut first: Option<Curve> = None;
    for (place, lane) in race.lanes.iter().enumerate() {
        let focused = lane.entry.key == focus;
        let curve =
            Curve::new(class(place, focused), None, points(desk, race, lane, &|point| shown(what, point, lowest)));
        let value = curve.last().map_or_else(String::new, |point| format!(" {}", short(point.1)));
        // Letters of the one in focus are bold, so wider.
        let name = tr(&format!("finite-sum.{}.name", lane.entry.key));
        let name = fitted(&name, &value, if focused { 1.1 } else { 1.0 });
        if focused {
            first = Some(curve.named(name, value));
            let free = points(desk, race, lane, &|point| point.free);
            if !matches!(what, Shown::Error | Shown::Value) && free.iter().any(|point| point.1 > 0.0) {
                curves.push(Curve::new("ln ref", None, free).named("", tr("methods.free")));
            }
        } else {
            curves.push(curve.named("", name + &value));
        }
    }
    curves.extend(first);
    curves
}

/// A line with the slope that the source of the method in focus gives, a little above its curve.
fn guide(desk: &Desk, curves: &[Curve]) -> Option<Curve> {
    let (focus, problem, what) = desk.state.with(|state| (state.focus, state.problem, state.shown));
    let (power, _) = rate(focus, problem).filter(|_| what != Shown::Value)?;
    let curve = curves.last()?;
    let from = curve.points.iter().filter(|point| point.0 > 0.5).nth(9).or_else(|| curve.points.last())?;
    let to = curve.points.last()?;
    let above = 1.8
        * curve.points.iter().filter(|point| point.0 >= from.0).fold(0.0, |most: f64, point| {
            if point.1.is_finite() { most.max(point.1 / (point.0 / from.0).powf(power)) } else { most }
        });
    let line = [from.0, to.0].map(|x| (x, above * (x / from.0).powf(power)));
    Some(Curve::new("guide", None, line.into()).named("", power_text(power)))
}

fn marks(desk: &Desk, width: f64, height: f64) -> Vec<Mark> {
    let unit = desk.unit.get();
    let area = Area::new(width, 6.0, height - 20.0 * unit, unit);
    let mut curves = desk.race(|race| curves(desk, race)).unwrap_or_default();
    let range = decades(&curves, MOST);
    let last = end(desk);
    let frame = Frame::new(area, area.time(last), range);
    let mut marks = Vec::new();
    frame.values(&mut marks);
    frame.places(&mut marks, &ticks(desk, last), unit);
    if let Some(guide) = guide(desk, &curves) {
        curves.insert(0, guide);
    }
    frame.curves(&mut marks, &curves);
    frame.names(&mut marks, &curves, unit);
    marks
}

/// Ticks of the horizontal axis: powers of ten, and where a run ends.
fn ticks(desk: &Desk, last: u32) -> Vec<(f64, String)> {
    let steps = desk.state.with(|state| state.across == Across::Steps);
    let power = |tick: u32| tick > 0 && 10_u32.pow(tick.ilog10()) == tick;
    let ticks = series::step_ticks(last).into_iter().filter(|tick| power(*tick) || (steps && *tick > 0));
    let plain = |tick: u32| tick < 10_000 || !power(tick);
    let text = |tick: u32| if plain(tick) { integer(tick.into()) } else { power_of_ten(tick.ilog10() as i32) };
    ticks.map(|tick| (f64::from(tick), text(tick))).collect()
}

/// The values at a place of the horizontal axis, as one line.
fn read(desk: &Desk, place: u32) -> String {
    let (axis, what) = desk.state.with(|state| (state.across, state.shown));
    let values = desk.race(|race| {
        let lowest = race.lowest();
        let value = |lane: &Lane| {
            let near = |point: &&Point| across(axis, point, race.dim()) <= f64::from(place).max(series::STEP_ZERO);
            let point = lane.points.iter().rev().find(near)?;
            let name = tr(&format!("finite-sum.{}.name", lane.entry.key));
            Some(format!("{name} {}", short(shown(what, point, lowest))))
        };
        race.lanes.iter().filter_map(value).collect::<Vec<_>>().join(" · ")
    });
    let key = Across::ALL.iter().find(|row| row.0 == axis).map_or("", |row| row.1);
    let n = integer(u64::from(place));
    tr_with(&format!("methods.read.{key}"), &[("n", n), ("values", values.unwrap_or_default())])
}

/// A menu for one of the two axes.
fn axis_menu(desk: Desk, of: &'static str) -> AnyView {
    let key = if of == "across" { "x" } else { "y" };
    let keys: Vec<&'static str> = match of {
        "across" => Across::ALL.iter().map(|row| row.1).collect(),
        _ => Shown::ALL.iter().map(|row| row.1).collect(),
    };
    super::menu(desk, key, format!("methods.{of}"), keys, &|key| format!("methods.{of}.{key}"))
}

/// The figure.
#[component]
pub fn RaceFigure(desk: Desk) -> impl IntoView {
    let height = Signal::derive(move || HEIGHT * desk.unit.get());
    let end = Memo::new(move |_| end(&desk));
    let course = Course {
        axis: Axis::Steps,
        total: end.into(),
        // On a count every place up to the axis' end can be read: each method stands where its own count led.
        last: Signal::derive(move || {
            if desk.state.with(|state| state.across == Across::Steps) { desk.done.get() } else { end.get() }
        }),
        cursor: desk.cursor,
        waiting: Signal::derive(String::new),
        unit: desk.unit.into(),
    };
    let drawing = Drawing {
        marks: Callback::new(move |width| marks(&desk, width, height.get())),
        read: Callback::new(move |place| read(&desk, place)),
        why: Signal::derive(move || why(&desk)),
        label: Signal::derive(|| tr("methods.race.cursor")),
        quantity: None,
    };
    view! {
        <Figure
            name="race"
            class="p1"
            title=Signal::derive(|| tr("methods.race.title"))
            note=Signal::derive(move || note(&desk))
            summary=Signal::derive(move || summary(&desk))
            table=Callback::new(move |()| untrack(|| table(&desk)))
        >
            <div class="axes">{axis_menu(desk, "shown")} {axis_menu(desk, "across")}</div>
            <Chart course drawing height />
        </Figure>
    }
    .into_any()
}

/// How large the problem is.
fn note(desk: &Desk) -> String {
    let size = desk.calmly(|race| (race.n(), race.dim())).unwrap_or_default();
    tr_with("methods.race.note", &[("n", integer(size.0 as u64)), ("dim", size.1.to_string())])
}

/// How to read the figure; of f − f* also how well f* is known.
fn why(desk: &Desk) -> String {
    let (shown, convex) = desk.state.with(|state| (state.shown, state.problem.convex()));
    if shown == Shown::Error && !convex {
        return tr("methods.race.lowest");
    }
    if shown == Shown::Error {
        let doubt = desk.race(|race| race.lowest().1).unwrap_or(f64::NAN);
        return tr_with("methods.race.error", &[("doubt", short(doubt))]);
    }
    tr("methods.race.why")
}

fn summary(desk: &Desk) -> String {
    let done = desk.calmly(Race::t).unwrap_or(0);
    let steps = tr_with("methods.after", &[("t", integer(u64::from(done)))]);
    let gaps = desk.calmly(|race| {
        let value = |lane: &Lane| {
            let gap = lane.points.last().map_or(f64::NAN, |point| point.gap);
            format!("{} {}", tr(&format!("finite-sum.{}.name", lane.entry.key)), short(gap))
        };
        race.lanes.iter().map(value).collect::<Vec<_>>().join(", ")
    });
    tr_with("methods.race.summary", &[("steps", steps), ("values", gaps.unwrap_or_default())])
}

fn table(desk: &Desk) -> Table {
    let keys = ["method", "t", "gradients", "partials", "values", "lmos", "memory", "gap", "smallest", "free", "value"];
    let columns = keys.map(|key| tr(&format!("methods.column.{key}"))).into();
    let rows = desk.race(|race| {
        let row = |key: &str, point: &Point| {
            let cost = point.cost;
            let counts = [u64::from(point.t), cost.gradients, cost.partials, cost.values, cost.lmos];
            let counts = counts.map(|count| count.to_string());
            let numbers = [point.gap, point.best, point.free, point.value].map(cell);
            let mut row = vec![key.to_string()];
            row.extend(counts);
            row.push(point.memory.to_string());
            row.extend(numbers);
            row
        };
        race.lanes.iter().flat_map(|lane| lane.points.iter().map(|point| row(lane.entry.key, point))).collect()
    });
    Table { columns, rows: rows.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn a_name_leaves_room_for_its_value() {
        assert_eq!(fitted("Frank–Wolfe", " 1.8×10⁻⁵", 1.0), "Frank–Wolfe");
        assert_eq!(fitted("SFW, constant batch", " 1.5×10⁻⁴", 1.1), "SFW, consta…");
        assert_eq!(fitted("SFW（バッチ一定）", " 1.5×10⁻⁴", 1.1), "SFW（バッチ…");
        assert_eq!(fitted("any", &"0".repeat(40), 1.0), "…");
    }
}
