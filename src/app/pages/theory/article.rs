//! The article: one idea a section, each with its formula, in symbols and below them in numbers of this moment, and a
//! small figure. The terms of a formula are buttons: under the pointer or the focus they keep their marks and fade the
//! others, a press pins that.

use fwlab_tex::tex;
use leptos::prelude::*;

use super::bounds_along::{bound_at, terms_at};
use super::desk::{Desk, after};
use super::sketches::{Sketch, sketch};
use super::words::short;
use crate::app::math::{Tex, fill, slots};
use crate::app::{tr, tr_with};
use crate::optim::schedule::{BatchRule, RateRule};
use crate::plot::integer;
use crate::theory::grid::{Cell, limit};
use crate::theory::{Row, Schedule, Terms};

/// A piece of a formula: the quantity it is (`data-q`; empty = none), its MathML, and the same with a slot for every number
/// (empty = the symbols stand for themselves).
type Piece = (&'static str, &'static str, &'static str);

/// A section.
struct Part {
    /// Text keys `theory.<key>.title`, `.p1`, `.p2`.
    key: &'static str,
    formula: &'static [Piece],
    /// The numbers of its slots, from left to right.
    live: fn(&Desk) -> Vec<String>,
    /// What they are the numbers of.
    now: fn(&Desk) -> String,
    sketch: Option<Sketch>,
    /// The cell of the table that it is about.
    cell: Option<Cell>,
}

const fn about(rate: RateRule, batch: BatchRule) -> Option<Cell> {
    Some(Cell { rate, batch })
}

const AT_MOST: Piece = ("", tex!(r"\leq"), "");
const PLUS: Piece = ("", tex!(r"+"), "");
const NUMBER: &str = tex!(r"\slot");
/// What the theorems bound.
const MEAN: Piece = ("gap", tex!(r"\frac{1}{T}\sum_{t<T}\mathbb{E}\,G(\theta_t)"), NUMBER);

static PARTS: [Part; 9] = [
    Part {
        key: "certificate",
        formula: &[
            ("gap", tex!(r"G(\theta)=\max_{v\in\Omega}\langle\nabla f(\theta),\,\theta-v\rangle"), NUMBER),
            ("", tex!(r"\geq"), ""),
            ("value", tex!(r"f(\theta)-f^*"), NUMBER),
        ],
        live: certificate,
        now: here,
        sketch: Some(Sketch::Certificate),
        cell: None,
    },
    Part {
        key: "noise",
        formula: &[
            ("noise", tex!(r"\mathbb{E}\|e_t\|\leq\frac{\sigma}{\sqrt{b_t}}"), tex!(r"\slot\leq\slot")),
            (
                "gap",
                tex!(r"\mathbb{E}\,G_{b_t}(\theta_t)-G(\theta_t)\leq\frac{D\sigma}{\sqrt{b_t}}"),
                tex!(r"\slot\leq\slot"),
            ),
        ],
        live: noise,
        now: |desk| tr_with("theory.noise.now", &[("at", after(desk.calm_at()))]),
        sketch: Some(Sketch::Noise),
        cell: None,
    },
    Part {
        key: "terms",
        formula: &[
            ("gap", tex!(r"\gamma_tG(\theta_t)"), NUMBER),
            AT_MOST,
            ("value", tex!(r"f(\theta_t)-f(\theta_{t+1})"), NUMBER),
            PLUS,
            ("noise", tex!(r"\gamma_tD\|e_t\|"), NUMBER),
            PLUS,
            ("step", tex!(r"\frac{L}{2}\gamma_t^2\|d_t\|^2"), NUMBER),
        ],
        live: star,
        now: |desk| tr_with("theory.terms.now", &[("t", integer(u64::from(desk.calm_at() - 1)))]),
        sketch: Some(Sketch::Parts),
        cell: None,
    },
    Part {
        key: "constant",
        formula: &[
            MEAN,
            AT_MOST,
            ("value", tex!(r"\frac{\Delta}{\gamma T}"), NUMBER),
            PLUS,
            ("noise", tex!(r"\frac{D\sigma}{\sqrt{b}}"), NUMBER),
            PLUS,
            ("step", tex!(r"\frac{LD^2\gamma}{2}"), NUMBER),
        ],
        live: |desk| bound(desk, RateRule::Constant, BatchRule::Constant),
        now: |desk| outlook(desk, RateRule::Constant, BatchRule::Constant),
        sketch: Some(Sketch::OverT(RateRule::Constant, BatchRule::Constant)),
        cell: about(RateRule::Constant, BatchRule::Constant),
    },
    Part {
        key: "decaying",
        formula: &[
            MEAN,
            AT_MOST,
            ("value", tex!(r"\frac{2\max\{\bar{f},|f^*|\}}{T^{1-a}}"), NUMBER),
            PLUS,
            ("noise", tex!(r"\frac{D\sigma}{\sqrt{b}}"), NUMBER),
            PLUS,
            ("step", tex!(r"\frac{LD^2}{2(1-a)T^a}"), NUMBER),
        ],
        live: |desk| bound(desk, RateRule::Power, BatchRule::Constant),
        now: |desk| outlook(desk, RateRule::Power, BatchRule::Constant),
        sketch: Some(Sketch::OverT(RateRule::Power, BatchRule::Constant)),
        cell: about(RateRule::Power, BatchRule::Constant),
    },
    Part {
        key: "growing",
        formula: &[
            MEAN,
            AT_MOST,
            ("value", tex!(r"\frac{\Delta}{\gamma T}"), NUMBER),
            PLUS,
            ("noise", tex!(r"\frac{D\sigma}{T}\cdot\frac{E\sqrt{\lambda}}{\sqrt{b}(\sqrt{\lambda}-1)}"), NUMBER),
            PLUS,
            ("step", tex!(r"\frac{LD^2\gamma}{2}"), NUMBER),
        ],
        live: |desk| bound(desk, RateRule::Constant, BatchRule::Growing),
        now: |desk| outlook(desk, RateRule::Constant, BatchRule::Growing),
        sketch: Some(Sketch::OverT(RateRule::Constant, BatchRule::Growing)),
        cell: about(RateRule::Constant, BatchRule::Growing),
    },
    Part {
        key: "both",
        formula: &[
            MEAN,
            AT_MOST,
            ("value", tex!(r"\frac{2\max\{\bar{f},|f^*|\}}{T^{1-a}}"), NUMBER),
            PLUS,
            ("noise", tex!(r"\frac{D\sigma}{T}\cdot\frac{E\sqrt{\lambda}}{\sqrt{b}(\sqrt{\lambda}-1)}"), NUMBER),
            PLUS,
            ("step", tex!(r"\frac{LD^2}{2(1-a)T^a}"), NUMBER),
        ],
        live: |desk| bound(desk, RateRule::Power, BatchRule::Growing),
        now: |desk| outlook(desk, RateRule::Power, BatchRule::Growing),
        sketch: Some(Sketch::OverT(RateRule::Power, BatchRule::Growing)),
        cell: about(RateRule::Power, BatchRule::Growing),
    },
    Part {
        key: "cap",
        formula: &[
            (
                "noise",
                tex!(r"b_t=\min\{n,\,\lceil b\lambda^{\lfloor t/E\rfloor}\rceil\}"),
                tex!(r"\slot=\min\{\slot,\,\slot\}"),
            ),
            (
                "noise",
                tex!(r"\mathbb{E}\|e_t\|^2\leq\frac{\sigma^2}{b_t}\cdot\frac{n-b_t}{n-1}"),
                tex!(r"\mathbb{E}\|e_t\|^2\leq\slot"),
            ),
        ],
        live: capped,
        now: cap,
        sketch: Some(Sketch::Cap),
        cell: None,
    },
    Part {
        key: "limits",
        formula: &[
            ("gap", tex!(r"\min_{t<T}\mathbb{E}\,G(\theta_t)"), NUMBER),
            AT_MOST,
            ("value", tex!(r"\frac{\Delta}{\sum_t\gamma_t}"), NUMBER),
            PLUS,
            ("noise", tex!(r"\frac{D\sigma\sum_t\gamma_t/\sqrt{b_t}}{\sum_t\gamma_t}"), NUMBER),
            PLUS,
            ("step", tex!(r"\frac{LD^2\sum_t\gamma_t^2}{2\sum_t\gamma_t}"), NUMBER),
        ],
        live: weighted,
        now: here,
        sketch: Some(Sketch::Weighted),
        cell: None,
    },
];

/// The article.
#[component]
pub fn Article(desk: Desk) -> impl IntoView {
    let parts = PARTS.iter().map(|part| section(desk, part)).collect_view();
    view! { <article class="article p4">{parts}</article> }.into_any()
}

fn section(desk: Desk, part: &'static Part) -> AnyView {
    let text = move |what: &'static str| move || tr(&format!("theory.{}.{what}", part.key));
    let live = Memo::new(move |_| (part.live)(&desk));
    let mut next = 0;
    let pieces = part.formula.iter().map(|formula| {
        let first = next;
        next += slots(formula.2);
        piece(desk, formula, live, first)
    });
    let pieces = pieces.collect_view();
    let choose = part.cell.map(|cell| {
        view! {
            <button type="button" class="plain" on:click=move |_| desk.choose(cell)>
                {move || tr("theory.choose")}
            </button>
        }
        .into_any()
    });
    view! {
        <section id=format!("theory-{}", part.key)>
            <div class="prose">
                <h2>{text("title")}</h2>
                <p>{text("p1")}</p>
                <div class="equation">{pieces}</div>
                <p>{text("p2")}</p>
                <p class="now">{move || (part.now)(&desk)} " " {choose}</p>
            </div>
            {part.sketch.map(|kind| sketch(desk, kind))}
        </section>
    }
    .into_any()
}

/// A piece, its symbols above its numbers. `first` is the place of its first number.
fn piece(desk: Desk, piece: &'static Piece, live: Memo<Vec<String>>, first: usize) -> AnyView {
    let &(quantity, symbols, numbers) = piece;
    if quantity.is_empty() {
        return view! {
            <span>
                <Tex mathml=symbols.to_string() />
                <Tex mathml=symbols.to_string() class="live" />
            </span>
        }
        .into_any();
    }
    let count = slots(numbers);
    let read = move || live.with(|live| live.iter().skip(first).take(count).cloned().collect::<Vec<_>>());
    let filled = Memo::new(move |_| {
        let read = read();
        fill(numbers, &read.iter().map(String::as_str).collect::<Vec<_>>())
    });
    // As wide as its numbers can become.
    let class = ["live", "live one", "live two", "live three"].get(count).copied().unwrap_or("live");
    view! {
        <button
            type="button"
            class="term"
            data-q=quantity
            // A button is not named by a formula inside it.
            aria-label=move || format!("{}: {}", tr(&format!("theory.term.{quantity}")), read().join(", "))
            aria-pressed=move || (desk.pinned.get() == Some(quantity)).to_string()
            on:click=move |_| desk.pin(quantity)
        >
            <Tex mathml=symbols.to_string() />
            <Tex mathml=filled class=class />
        </button>
    }
    .into_any()
}

/// “In numbers: the chosen run at T = 1,000.”
fn here(desk: &Desk) -> String {
    tr_with("theory.here", &[("at", after(desk.calm_at()))])
}

/// A number of the step that is read, of the chosen run.
fn row(desk: &Desk, read: impl Fn(&Row) -> f64) -> String {
    let place = desk.calm_at() as usize - 1;
    short(desk.calm(|trace| trace.rows.get(place).map(read)).flatten().unwrap_or(f64::NAN))
}

fn certificate(desk: &Desk) -> Vec<String> {
    let lowest = desk.truth.get().lowest_value;
    vec![row(desk, |row| row.gap), row(desk, |row| row.value - lowest)]
}

/// Means over the chosen run.
fn noise(desk: &Desk) -> Vec<String> {
    let diameter = desk.truth.get().diameter;
    let rows = desk.calm_at() as usize;
    let mean = |read: &dyn Fn(&Row) -> f64| {
        let sum = desk.calm(|trace| trace.rows.iter().take(rows).map(read).sum::<f64>());
        short(sum.unwrap_or(f64::NAN) / rows as f64)
    };
    vec![
        mean(&|row| row.error),
        mean(&|row| row.noise),
        mean(&|row| row.gap_batch - row.gap),
        mean(&|row| diameter * row.noise),
    ]
}

/// ★ at the step that is read.
fn star(desk: &Desk) -> Vec<String> {
    let truth = desk.truth.get();
    vec![
        row(desk, |row| row.gamma * row.gap),
        row(desk, |row| row.value - row.next_value),
        row(desk, |row| row.gamma * truth.diameter * row.error),
        row(desk, |row| 0.5 * truth.smoothness * (row.gamma * row.moved).powi(2)),
    ]
}

/// A left side and the three terms above it.
fn inequality(left: f64, terms: Terms) -> Vec<String> {
    [left, terms.value, terms.noise, terms.step].map(short).into()
}

/// The mean gap of a cell's run and its bound, after the steps that are read.
fn bound(desk: &Desk, rate: RateRule, batch: BatchRule) -> Vec<String> {
    let (cell, at) = (Cell { rate, batch }, desk.calm_at());
    let mean = desk.calmly(cell, |trace| trace.means.get(at as usize - 1).copied()).flatten();
    let constants = desk.constants.get();
    let terms = desk.state.with(|state| terms_at(cell, &state.schedule(cell), &constants, state.total, at));
    inequality(mean.unwrap_or(f64::NAN), terms.unwrap_or_default())
}

/// The bound of a cell after T steps, and what is left of it if the run goes on for ever.
fn outlook(desk: &Desk, rate: RateRule, batch: BatchRule) -> String {
    let cell = Cell { rate, batch };
    let constants = desk.constants.get();
    let (now, left) = desk.state.with(|state| {
        let schedule = state.schedule(cell);
        let now = bound_at(cell, &schedule, &constants, state.total, state.total);
        let left = limit(&constants, &schedule, state.total, state.horizon);
        (now, left.map_or(f64::NAN, |terms: Terms| terms.total()))
    });
    let left = if left.is_infinite() { "∞".into() } else { short(left) };
    tr_with("theory.outlook", &[("at", after(desk.calm_at())), ("now", short(now)), ("left", left)])
}

/// The growing batch with only n images, and what it asks for without them; T.
fn growing(desk: &Desk) -> (Schedule, Schedule, u32) {
    desk.state.with(|state| {
        let endless =
            Schedule { images: None, ..state.schedule(Cell { rate: RateRule::Constant, batch: BatchRule::Growing }) };
        (Schedule { images: Some(state.images), ..endless.clone() }, endless, state.total)
    })
}

/// The batch of the step that is read, and what its gradient gets wrong.
fn capped(desk: &Desk) -> Vec<String> {
    let (schedule, endless, total) = growing(desk);
    let t = desk.calm_at() - 1;
    let count = |count: u32| integer(u64::from(count));
    let error = desk.truth.get().sigma * schedule.noise_at(t, total);
    vec![
        count(schedule.batch_at(t, total).0),
        count(schedule.images.unwrap_or_default()),
        count(endless.batch_at(t, total).0),
        short(error * error),
    ]
}

/// When a growing batch has taken in all images.
fn cap(desk: &Desk) -> String {
    let (schedule, endless, total) = growing(desk);
    let stage = schedule.batch_stage(total);
    let stages = total.div_ceil(stage);
    let images = schedule.images.unwrap_or_default();
    let full = (0..stages).find(|place| schedule.batch_at(place * stage, total).0 >= images);
    let mut values = vec![
        ("t0", integer(u64::from(desk.calm_at() - 1))),
        ("n", integer(u64::from(images))),
        ("asked", integer(u64::from(endless.batch_at(total.saturating_sub(1), total).0))),
    ];
    let Some(place) = full else { return tr_with("theory.cap.never", &values) };
    values.push(("t", integer(u64::from(place * stage))));
    values.push(("q", place.to_string()));
    tr_with("theory.cap.now", &values)
}

/// ★★★ of the chosen run.
fn weighted(desk: &Desk) -> Vec<String> {
    let truth = desk.truth.get();
    let steps = desk.calm_at() as usize;
    let numbers = desk.calm(|trace| {
        let rows = trace.rows.get(..steps).unwrap_or_default();
        let smallest = trace.smallest.get(steps - 1).copied().unwrap_or(f64::NAN);
        (smallest, crate::theory::bounds::weighted(&truth, rows).last().copied().unwrap_or_default())
    });
    let (smallest, terms) = numbers.unwrap_or((f64::NAN, Terms::default()));
    inequality(smallest, terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_has_its_numbers() {
        for part in &PARTS {
            for (quantity, symbols, numbers) in part.formula {
                assert!(symbols.contains("<m"), "{}", part.key);
                assert_eq!(quantity.is_empty(), slots(numbers) == 0, "{}: {symbols}", part.key);
                assert!(slots(numbers) <= 3, "{}", part.key);
            }
        }
    }
}
