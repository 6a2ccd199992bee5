//! The race of the step rules: for each rule, and for each variant with the chosen rule, the gap over the steps on
//! the same logarithmic axes, with the speed measured on it. A click on a panel chooses what it shows.

use leptos::html;
use leptos::prelude::*;

use super::gap_figure::curve;
use super::geo::{Geo, use_geo};
use super::run::{Course, Courses, Shared, Track, courses};
use super::state::HORIZON;
use super::words::short;
use crate::app::figure::marks::{Mark, escape, svg};
use crate::app::figure::{Figure, Table, use_width};
use crate::app::{tr, tr_with};
use crate::optim::active_set::{VARIANTS, Variant, VariantEntry};
use crate::optim::plane::{STEP_RULES, StepRule, StepRuleEntry};
use crate::plot::{Scale, cell, decimate, fixed, integer, path, power_of_ten};

/// What a panel shows.
#[derive(Clone, Copy)]
enum Lane {
    /// A rule with the chosen variant.
    Rule(&'static StepRuleEntry),
    /// A variant with the chosen rule.
    Variant(&'static VariantEntry),
}

impl Lane {
    /// Every lane, in the order of the panels.
    fn all() -> impl Iterator<Item = Self> {
        STEP_RULES.iter().map(Self::Rule).chain(VARIANTS.iter().map(Self::Variant))
    }

    fn key(self) -> &'static str {
        match self {
            Self::Rule(row) => row.key,
            Self::Variant(row) => row.key,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Rule(row) => tr(&format!("rule.{}.name", row.key)),
            Self::Variant(row) => tr(&format!("geometry.variant.{}", row.key)),
        }
    }
}

/// The run of every rule with the chosen variant.
pub fn rule_courses(geo: Geo) -> Courses {
    let asked = Memo::new(move |_| geo.state.with(|state| (Track::of(state), state.variant)));
    Memo::new(move |_| {
        let (track, variant) = asked.get();
        let entries = STEP_RULES.iter().map(|row| (row.rule, variant));
        geo.omega.with(|omega| omega.as_ref().map(|omega| Shared::new(courses(omega, &track, entries))))
    })
}

/// Everything the panels follow. `Copy`.
#[derive(Clone, Copy)]
struct Race {
    chosen: Memo<(StepRule, Variant)>,
    rules: Courses,
    /// The other variants with the chosen rule; none where Ω is round.
    others: Courses,
}

impl Race {
    fn new(geo: Geo, rules: Courses) -> Self {
        let chosen = Memo::new(move |_| geo.state.with(|state| (state.rule, state.variant)));
        let asked = Memo::new(move |_| geo.state.with(Track::of));
        let others = Memo::new(move |_| {
            let ((rule, variant), track) = (chosen.get(), asked.get());
            let entries = VARIANTS.iter().filter(|row| row.variant != variant).map(|row| (rule, row.variant));
            geo.omega.with(|omega| {
                let omega = omega.as_ref().filter(|omega| !omega.round)?;
                Some(Shared::new(courses(omega, &track, entries)))
            })
        });
        Self { chosen, rules, others }
    }

    /// Something of every lane that runs; `None` for the variants of a round set.
    fn lanes<R>(self, read: impl Fn(Lane, &Course) -> R) -> Vec<Option<R>> {
        let (rule, variant) = self.chosen.get();
        self.rules.with(|rules| {
            self.others.with(|others| {
                let of_rule = |rule: StepRule| rules.as_ref()?.iter().find(|course| course.rule == rule);
                let of_variant = |variant: Variant| others.as_ref()?.iter().find(|course| course.variant == variant);
                let course = |lane: Lane| match lane {
                    Lane::Rule(row) => of_rule(row.rule),
                    // It runs among the rules already.
                    Lane::Variant(row) if row.variant == variant && others.is_some() => of_rule(rule),
                    Lane::Variant(row) => of_variant(row.variant),
                };
                Lane::all().map(|lane| course(lane).map(|course| read(lane, course))).collect()
            })
        })
    }
}

// ---- the measured speed

/// A gap this share of the largest one is rounding.
const GONE: f64 = 1e-12;
/// A gap that is gone this soon has no speed to speak of.
const AT_ONCE: usize = 6;
/// Steps before this one are not what a rate is about.
const SETTLED: usize = 10;

/// A logarithm that falls less than this a step stands still.
const FLAT: f64 = 1e-4;

/// How a gap falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Speed {
    /// Like t to this power.
    Power(f64),
    /// By this factor a step.
    Linear(f64),
    /// Gone at this step.
    Done(usize),
}

impl Speed {
    pub(super) fn words(self) -> String {
        match self {
            Self::Power(slope) => tr_with("geometry.race.power", &[("slope", fixed(slope, 2))]),
            Self::Linear(factor) => tr_with("geometry.race.linear", &[("factor", fixed(factor, 2))]),
            Self::Done(t) => tr_with("geometry.race.done", &[("t", t.to_string())]),
        }
    }
}

/// The speed of a gap over a run: from its fall until it is gone; else the line that fits better from step 10 on, with
/// the steps logarithmic or not. Every decade of steps weighs the same.
pub(super) fn measure(gaps: &[f64]) -> Speed {
    let most = gaps.iter().copied().fold(0.0, f64::max);
    if let Some(t) = gaps.iter().position(|gap| *gap <= GONE * most) {
        let last = t.checked_sub(1).and_then(|t| gaps.get(t)).copied();
        return match (gaps.first(), last) {
            (Some(first), Some(last)) if t >= AT_ONCE => Speed::Linear((last / first).powf(1.0 / (t as f64 - 1.0))),
            _ => Speed::Done(t),
        };
    }
    let points = || gaps.iter().enumerate().skip(SETTLED).map(|(t, gap)| (t as f64 + 1.0, gap.ln()));
    let (slope, error) = fit(points().map(|(t, y)| (t.ln(), y, 1.0 / t)));
    let (fall, straight_error) = fit(points().map(|(t, y)| (t, y, 1.0 / t)));
    if fall < -FLAT && straight_error < 0.5 * error { Speed::Linear(fall.exp()) } else { Speed::Power(slope) }
}

/// The slope of the straight line nearest to (x, y, weight), and the weighted squares it leaves.
fn fit(points: impl Iterator<Item = (f64, f64, f64)>) -> (f64, f64) {
    let [mut w, mut x, mut y, mut xx, mut xy, mut yy] = [0.0; 6];
    for (px, py, weight) in points {
        w += weight;
        x += weight * px;
        y += weight * py;
        xx += weight * px * px;
        xy += weight * px * py;
        yy += weight * py * py;
    }
    let (spread, common) = (xx - x * x / w, xy - x * y / w);
    let slope = if spread > 0.0 { common / spread } else { 0.0 };
    (slope, (yy - y * y / w - slope * common).max(0.0))
}

// ---- the panels

/// Decades shown, at least and at most.
const DECADES: (i32, i32) = (4, 8);
/// Browser windows lower than this leave room for flat panels only.
const LOW_WINDOW: f64 = 800.0;
/// Browser windows narrower than this show one figure at a time.
const NARROW_WINDOW: f64 = 641.0;

/// The axes that all panels share.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axes {
    width: f64,
    height: f64,
    /// Exponents of ten at the bottom and at the top.
    low: i32,
    top: i32,
    steps: Scale,
    values: Scale,
}

impl Axes {
    fn new(width: f64, height: f64, (low, top): (i32, i32)) -> Self {
        let steps = Scale::log((1.0, HORIZON as f64), (0.5, width));
        let values = Scale::log((10f64.powi(low), 10f64.powi(top)), (height - 0.5, 1.0));
        Self { width, height, low, top, steps, values }
    }

    fn at(&self, step: f64, value: f64) -> (f64, f64) {
        (self.steps.at(step), self.values.at(value))
    }

    /// The two axes, and gaps that fall like 1/t, like 1/t² and by half a step.
    fn guides(&self) -> Vec<Mark> {
        let ceiling = 10f64.powi(self.top);
        let decades = f64::from(self.top - self.low);
        let falling = |p: f64| {
            let end = 10f64.powf(decades / p).min(HORIZON as f64);
            path([self.at(1.0, ceiling), self.at(end, ceiling * end.powf(-p))])
        };
        let halving = (0..=self.halvings()).map(|n| self.at(f64::from(n) + 1.0, ceiling * 0.5f64.powi(n)));
        let (left, right, floor) = (self.steps.at(1.0), self.width, self.values.at(10f64.powi(self.low)));
        vec![
            Mark::Line { class: "hairline", from: (left, 0.0), to: (left, floor) },
            Mark::Line { class: "hairline", from: (left, floor), to: (right, floor) },
            Mark::path("guide", falling(1.0) + &falling(2.0) + &path(halving)),
        ]
    }

    /// Halvings from the top to the bottom.
    fn halvings(&self) -> i32 {
        (f64::from(self.top - self.low) * std::f64::consts::LOG2_10).floor() as i32
    }

    /// The guides with their names.
    fn key(&self) -> String {
        let ceiling = 10f64.powi(self.top);
        let above = |value: f64| self.values.at(value.max(10f64.powi(self.low))) - 3.0;
        let right = self.width - 1.0;
        let halved = self.steps.at(f64::from(self.halvings()) + 1.0) - 6.0;
        let mut marks = self.guides();
        marks.push(Mark::text("halo", (right, above(ceiling / 1e3)), "end", "1/t"));
        marks.push(Mark::text("halo", (right, above(ceiling / 1e6)), "end", "1/t²"));
        marks.push(Mark::text("halo", (halved, self.height - 4.0), "end", "½ᵗ"));
        svg(&marks)
    }

    /// One run with its speed, which stands where the curve does not.
    fn panel(&self, gaps: &[f64], speed: String) -> String {
        let points = gaps.iter().enumerate().map(|(t, gap)| (t as f64 + 1.0, *gap)).take(HORIZON);
        let bands = decimate(points, |x| self.steps.at(x));
        let floor = 10f64.powi(self.low);
        let line = curve(bands.iter().map(|band| (band.x, band.mean)), floor, |x, value| (x, self.values.at(value)));
        let ends_high = gaps.last().is_some_and(|gap| *gap > 10f64.powf(0.5 * f64::from(self.low + self.top)));
        let mut marks = self.guides();
        marks.push(Mark::path("ln fw", path(line)));
        marks.push(if ends_high {
            Mark::text("halo", (4.0, self.height - 4.0), "start", speed)
        } else {
            Mark::text("halo", (self.width - 1.0, 10.0), "end", speed)
        });
        svg(&marks)
    }
}

/// A panel ready to be shown.
#[derive(Debug, Clone, PartialEq)]
struct Panel {
    /// What the button holds, as HTML.
    inside: String,
    /// What it says.
    words: String,
}

/// All panels; empty while there is no room.
#[derive(Debug, Clone, PartialEq, Default)]
struct Drawn {
    /// One a lane; `None` for what does not run.
    panels: Vec<Option<Panel>>,
    /// The panel with the names of the guides, as HTML.
    key: String,
    /// Exponents of ten at the bottom and at the top.
    decades: (i32, i32),
}

impl Drawn {
    fn new(race: Race, width: f64, height: f64) -> Self {
        // Largest and last gap of every lane that runs.
        let ends = race.lanes(|_, course| {
            let most = course.gaps.iter().copied().fold(0.0, f64::max);
            (most, course.gaps.last().copied().unwrap_or(0.0))
        });
        let log = |value: f64| value.max(1e-16).log10();
        let top = log(ends.iter().flatten().fold(1e-12, |most: f64, end| most.max(end.0))).ceil() as i32;
        let least = log(ends.iter().flatten().fold(f64::MAX, |least, end| least.min(end.1))).floor() as i32;
        let axes = Axes::new(width, height, (least.clamp(top - DECADES.1, top - DECADES.0), top));
        let whole = |inside: String, name: String| {
            let name = escape(&name);
            format!(r#"<svg width="{width}" height="{height}" aria-hidden="true">{inside}</svg><span>{name}</span>"#)
        };
        let panels = race.lanes(|lane, course| {
            let speed = measure(&course.gaps).words();
            Panel { inside: whole(axes.panel(&course.gaps, speed), lane.name()), words: words(lane, course) }
        });
        Self { panels, key: whole(axes.key(), tr("geometry.race.guides")), decades: (axes.low, axes.top) }
    }

    fn panel<R: Default>(&self, i: usize, read: impl Fn(&Panel) -> R) -> R {
        self.panels.get(i).and_then(Option::as_ref).map(read).unwrap_or_default()
    }
}

/// A lane in words: name, speed, last gap.
fn words(lane: Lane, course: &Course) -> String {
    let end = course.gaps.last().copied().unwrap_or(f64::NAN);
    let values = [("name", lane.name()), ("speed", measure(&course.gaps).words()), ("gap", short(end))];
    tr_with("geometry.race.one", &values)
}

/// Width and height of the browser's window.
fn window_size() -> (f64, f64) {
    let read = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|v| v.as_f64()).unwrap_or(f64::MAX);
    web_sys::window().map_or((f64::MAX, f64::MAX), |window| (read(window.inner_width()), read(window.inner_height())))
}

/// The figure; `rules` are the runs of all rules.
#[component]
pub fn RaceFigure(rules: Courses) -> impl IntoView {
    let geo = use_geo();
    let race = Race::new(geo, rules);
    let holder = NodeRef::<html::Div>::new();
    let width = use_width(holder);
    let asked = Memo::new(move |_| geo.state.with(|state| state.race));
    // Nothing runs for a figure that nobody sees; it keeps what it showed last.
    let drawn = Memo::new(move |last: Option<&Drawn>| {
        let (width, asked, (across, down)) = (width.get().floor(), asked.get(), window_size());
        let seen = asked || across < NARROW_WINDOW;
        if width <= 0.0 || !seen {
            return last.cloned().unwrap_or_default();
        }
        let height = if down < LOW_WINDOW { 42.0 } else { (0.7 * width).clamp(42.0, 84.0).round() };
        Drawn::new(race, width, height)
    });
    let note = Signal::derive(move || {
        let (low, top) = drawn.with(|drawn| drawn.decades);
        let values = [("top", power_of_ten(top)), ("low", power_of_ten(low)), ("steps", integer(HORIZON as u64))];
        tr_with("geometry.race.note", &values)
    });
    let summary = Signal::derive(move || {
        let all = |drawn: &Drawn| {
            drawn.panels.iter().flatten().map(|panel| panel.words.as_str()).collect::<Vec<_>>().join("; ")
        };
        drawn.with(all)
    });
    let panels = move |from: usize, count: usize| {
        let lanes = Lane::all().enumerate().skip(from).take(count);
        lanes.map(|(i, lane)| panel_view(geo, lane, drawn, i)).collect_view()
    };
    view! {
        <Figure
            name="race"
            class="p4"
            title=Signal::derive(|| tr("geometry.race.title"))
            note=note
            summary=summary
            table=Callback::new(move |()| untrack(|| table(race)))
        >
            <div class="lanes" role="group" aria-label=move || tr("geometry.race.label")>
                {panels(0, STEP_RULES.len())}
                <div
                    class="lanes-key"
                    aria-hidden="true"
                    node_ref=holder
                    inner_html=move || drawn.with(|drawn| drawn.key.clone())
                ></div>
                {panels(STEP_RULES.len(), VARIANTS.len())}
            </div>
        </Figure>
    }
    .into_any()
}

fn panel_view(geo: Geo, lane: Lane, drawn: Memo<Drawn>, i: usize) -> AnyView {
    let chosen = move || {
        geo.state.with(|state| match lane {
            Lane::Rule(row) => state.rule == row.rule,
            Lane::Variant(row) => state.variant == row.variant,
        })
    };
    let choose = move |_| {
        geo.phase.set(None);
        geo.state.update(|state| match lane {
            Lane::Rule(row) => state.rule = row.rule,
            Lane::Variant(row) => state.variant = row.variant,
        });
    };
    view! {
        <button
            type="button"
            class:on=chosen
            data-lane=lane.key()
            aria-pressed=move || chosen().to_string()
            aria-label=move || drawn.with(|drawn| drawn.panel(i, |panel| panel.words.clone()))
            hidden=move || !drawn.with(|drawn| drawn.panel(i, |_| true))
            on:click=choose
            inner_html=move || drawn.with(|drawn| drawn.panel(i, |panel| panel.inside.clone()))
        ></button>
    }
    .into_any()
}

/// The gap of every lane, a row a step.
fn table(race: Race) -> Table {
    let all = race.lanes(|lane, course| (lane.name(), course.gaps.clone()));
    let lanes: Vec<(String, Vec<f64>)> = all.into_iter().flatten().collect();
    let row = |t: usize| {
        let gaps = lanes.iter().map(|(_, gaps)| gaps.get(t).map_or_else(String::new, |gap| cell(*gap)));
        std::iter::once(t.to_string()).chain(gaps).collect::<Vec<_>>()
    };
    let columns = std::iter::once("t".to_string()).chain(lanes.iter().map(|(name, _)| name.clone())).collect();
    Table { columns, rows: (0..=HORIZON).map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::super::run::Omega;
    use super::super::state::GeometryState;
    use super::*;

    fn gaps(gap: impl Fn(f64) -> f64) -> Vec<f64> {
        (0..=HORIZON).map(|t| gap(t as f64)).collect()
    }

    fn slope(speed: Speed) -> f64 {
        if let Speed::Power(slope) = speed { slope } else { f64::NAN }
    }

    fn factor(speed: Speed) -> f64 {
        if let Speed::Linear(factor) = speed { factor } else { f64::NAN }
    }

    #[test]
    fn speeds_are_measured() {
        let zigzag = |t: f64| if t % 2.0 == 0.0 { 1.4 } else { 0.7 };
        assert!((slope(measure(&gaps(|t| zigzag(t) * 3.0 / (t + 1.0)))) + 1.0).abs() < 0.02);
        assert!((slope(measure(&gaps(|t| 3.0 / ((t + 1.0) * (t + 1.0))))) + 2.0).abs() < 0.02);
        assert!(slope(measure(&gaps(|_| 0.1))).abs() < 1e-9);
        assert!((factor(measure(&gaps(|t| 0.99f64.powf(t)))) - 0.99).abs() < 1e-3);
        assert!((factor(measure(&gaps(|t| 0.5f64.powf(t)))) - 0.5).abs() < 1e-3);
        assert_eq!(measure(&gaps(|t| if t < 4.0 { 1.0 } else { 1e-17 })), Speed::Done(4));
        assert_eq!(measure(&gaps(|_| 0.0)), Speed::Done(0));
    }

    #[test]
    fn corners_win_the_race_on_the_default_page() {
        let state = GeometryState::default();
        let omega = Omega::build(state.set, &state.shape).unwrap();
        let track = Track::of(&state);
        let speed = |variant| {
            let entries = std::iter::once((StepRule::ShortStep, variant));
            measure(&courses(&omega, &track, entries)[0].gaps)
        };
        assert!((slope(speed(Variant::Classic)) + 1.0).abs() < 0.15, "{:?}", speed(Variant::Classic));
        assert!(factor(speed(Variant::Away)) < 0.5 && factor(speed(Variant::Pairwise)) < 0.5);
    }

    #[test]
    fn guides_end_where_the_panel_ends() {
        let axes = Axes::new(95.0, 42.0, (-7, 1));
        assert_eq!(axes.halvings(), 26);
        let text = axes.key();
        assert!(text.contains("1/t²") && !text.contains("NaN"), "{text}");
        let panel = axes.panel(&gaps(|t| 10.0 / (t + 1.0)), "slope".into());
        assert!(panel.contains(r#"class="ln fw""#) && panel.contains("start"));
    }
}
