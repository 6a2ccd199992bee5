//! The article: one idea a section, each with its formula, its numbers of this moment and a small figure. The terms of a
//! formula are buttons: under the pointer or the focus they keep their marks and fade the others, a press pins that.

use fwlab_tex::tex;
use leptos::prelude::*;

use super::bounds_along::bound_at;
use super::desk::{Desk, after};
use super::sketches::{Sketch, sketch};
use super::words::short;
use crate::app::math::Tex;
use crate::app::{tr, tr_with};
use crate::optim::schedule::{BatchRule, RateRule};
use crate::plot::integer;
use crate::theory::grid::{Cell, limit};
use crate::theory::{Schedule, Terms};

/// A piece of a formula: the quantity it is (`data-q`; empty = none) and its MathML.
type Piece = (&'static str, &'static str);

/// A section.
struct Part {
    /// Text keys `theory.<key>.title`, `.p1`, `.p2`.
    key: &'static str,
    formula: &'static [Piece],
    /// Its sentence with live numbers.
    now: fn(&Desk) -> String,
    sketch: Option<Sketch>,
    /// The cell of the table that it is about.
    cell: Option<Cell>,
}

const fn about(rate: RateRule, batch: BatchRule) -> Option<Cell> {
    Some(Cell { rate, batch })
}

static PARTS: [Part; 9] = [
    Part {
        key: "certificate",
        formula: &[
            ("gap", tex!(r"G(\theta)=\max_{v\in\Omega}\langle\nabla f(\theta),\,\theta-v\rangle")),
            ("", tex!(r"\geq")),
            ("value", tex!(r"f(\theta)-f^*")),
        ],
        now: certificate,
        sketch: Some(Sketch::Certificate),
        cell: None,
    },
    Part {
        key: "noise",
        formula: &[
            ("noise", tex!(r"\mathbb{E}\|e_t\|\leq\frac{\sigma}{\sqrt{b_t}}")),
            ("gap", tex!(r"\mathbb{E}\,G_{b_t}(\theta_t)-G(\theta_t)\leq\frac{D\sigma}{\sqrt{b_t}}")),
        ],
        now: noise,
        sketch: Some(Sketch::Noise),
        cell: None,
    },
    Part {
        key: "terms",
        formula: &[
            ("gap", tex!(r"\gamma_tG(\theta_t)")),
            ("", tex!(r"\leq")),
            ("value", tex!(r"f(\theta_t)-f(\theta_{t+1})")),
            ("", tex!(r"+")),
            ("noise", tex!(r"\gamma_tD\|e_t\|")),
            ("", tex!(r"+")),
            ("step", tex!(r"\frac{L}{2}\gamma_t^2\|d_t\|^2")),
        ],
        now: star,
        sketch: Some(Sketch::Parts),
        cell: None,
    },
    Part {
        key: "constant",
        formula: &[
            ("gap", tex!(r"\frac{1}{T}\sum_{t<T}\mathbb{E}\,G(\theta_t)")),
            ("", tex!(r"\leq")),
            ("value", tex!(r"\frac{\Delta}{\gamma T}")),
            ("", tex!(r"+")),
            ("noise", tex!(r"\frac{D\sigma}{\sqrt{b}}")),
            ("", tex!(r"+")),
            ("step", tex!(r"\frac{LD^2\gamma}{2}")),
        ],
        now: |desk| outlook(desk, RateRule::Constant, BatchRule::Constant),
        sketch: Some(Sketch::OverT(RateRule::Constant, BatchRule::Constant)),
        cell: about(RateRule::Constant, BatchRule::Constant),
    },
    Part {
        key: "decaying",
        formula: &[
            ("value", tex!(r"\frac{2\max\{\bar{f},|f^*|\}}{T^{1-a}}")),
            ("", tex!(r"+")),
            ("noise", tex!(r"\frac{D\sigma}{\sqrt{b}}")),
            ("", tex!(r"+")),
            ("step", tex!(r"\frac{LD^2}{2(1-a)T^a}")),
        ],
        now: |desk| outlook(desk, RateRule::Power, BatchRule::Constant),
        sketch: Some(Sketch::OverT(RateRule::Power, BatchRule::Constant)),
        cell: about(RateRule::Power, BatchRule::Constant),
    },
    Part {
        key: "growing",
        formula: &[
            ("value", tex!(r"\frac{\Delta}{\gamma T}")),
            ("", tex!(r"+")),
            ("noise", tex!(r"\frac{D\sigma}{T}\cdot\frac{E\sqrt{\lambda}}{\sqrt{b}(\sqrt{\lambda}-1)}")),
            ("", tex!(r"+")),
            ("step", tex!(r"\frac{LD^2\gamma}{2}")),
        ],
        now: |desk| outlook(desk, RateRule::Constant, BatchRule::Growing),
        sketch: Some(Sketch::OverT(RateRule::Constant, BatchRule::Growing)),
        cell: about(RateRule::Constant, BatchRule::Growing),
    },
    Part {
        key: "both",
        formula: &[
            ("value", tex!(r"\frac{2\max\{\bar{f},|f^*|\}}{T^{1-a}}")),
            ("", tex!(r"+")),
            ("noise", tex!(r"\frac{D\sigma}{T}\cdot\frac{E\sqrt{\lambda}}{\sqrt{b}(\sqrt{\lambda}-1)}")),
            ("", tex!(r"+")),
            ("step", tex!(r"\frac{LD^2}{2(1-a)T^a}")),
        ],
        now: |desk| outlook(desk, RateRule::Power, BatchRule::Growing),
        sketch: Some(Sketch::OverT(RateRule::Power, BatchRule::Growing)),
        cell: about(RateRule::Power, BatchRule::Growing),
    },
    Part {
        key: "cap",
        formula: &[
            ("noise", tex!(r"b_t=\min\{n,\,\lceil b\lambda^{\lfloor t/E\rfloor}\rceil\}")),
            ("noise", tex!(r"\mathbb{E}\|e_t\|^2\leq\frac{\sigma^2}{b_t}\cdot\frac{n-b_t}{n-1}")),
        ],
        now: cap,
        sketch: Some(Sketch::Cap),
        cell: None,
    },
    Part {
        key: "limits",
        formula: &[
            ("gap", tex!(r"\min_{t<T}\mathbb{E}\,G(\theta_t)")),
            ("", tex!(r"\leq")),
            (
                "sum",
                tex!(r"\frac{\Delta+D\sigma\sum_t\gamma_t/\sqrt{b_t}+\frac{L}{2}D^2\sum_t\gamma_t^2}{\sum_t\gamma_t}"),
            ),
        ],
        now: weighted,
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
    let pieces = part.formula.iter().map(|(quantity, mathml)| piece(desk, quantity, mathml)).collect_view();
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

fn piece(desk: Desk, quantity: &'static str, mathml: &'static str) -> AnyView {
    if quantity.is_empty() {
        return view! { <Tex mathml=mathml.to_string() /> }.into_any();
    }
    view! {
        <button
            type="button"
            class="term"
            data-q=quantity
            // A button is not named by a formula inside it.
            aria-label=move || tr(&format!("theory.term.{quantity}"))
            aria-pressed=move || (desk.pinned.get() == Some(quantity)).to_string()
            on:click=move |_| desk.pin(quantity)
        >
            <Tex mathml=mathml.to_string() />
        </button>
    }
    .into_any()
}

/// A number of the step that is read, of the chosen run.
fn here(desk: &Desk, read: impl Fn(&crate::theory::Row) -> f64) -> f64 {
    let place = desk.at() as usize - 1;
    desk.chosen(|trace| trace.rows.get(place).map(read)).flatten().unwrap_or(f64::NAN)
}

fn certificate(desk: &Desk) -> String {
    let lowest = desk.truth.get().lowest_value;
    let values = [
        ("at", after(desk.at())),
        ("gap", short(here(desk, |row| row.gap))),
        ("error", short(here(desk, |row| row.value - lowest))),
    ];
    tr_with("theory.certificate.now", &values)
}

fn noise(desk: &Desk) -> String {
    let diameter = desk.truth.get().diameter;
    let mean = |read: &dyn Fn(&crate::theory::Row) -> f64| {
        let rows = desk.at() as usize;
        let sum = desk.chosen(|trace| trace.rows.iter().take(rows).map(read).sum::<f64>());
        short(sum.unwrap_or(f64::NAN) / rows as f64)
    };
    let values = [
        ("at", after(desk.at())),
        ("error", mean(&|row| row.error)),
        ("noise", mean(&|row| row.noise)),
        ("bias", mean(&|row| row.gap_batch - row.gap)),
        ("most", mean(&|row| diameter * row.noise)),
    ];
    tr_with("theory.noise.now", &values)
}

/// ★ at the step that is read, in numbers.
fn star(desk: &Desk) -> String {
    let truth = desk.truth.get();
    let values = [
        ("t", integer(u64::from(desk.at() - 1))),
        ("left", short(here(desk, |row| row.gamma * row.gap))),
        ("value", short(here(desk, |row| row.value - row.next_value))),
        ("noise", short(here(desk, |row| row.gamma * truth.diameter * row.error))),
        ("step", short(here(desk, |row| 0.5 * truth.smoothness * (row.gamma * row.moved).powi(2)))),
    ];
    tr_with("theory.terms.now", &values)
}

/// The bound of a cell after T steps, and what is left of it if the run goes on for ever.
fn outlook(desk: &Desk, rate: RateRule, batch: BatchRule) -> String {
    let cell = Cell { rate, batch };
    let constants = desk.constants.get();
    let (total, now, left) = desk.state.with(|state| {
        let schedule = state.schedule(cell);
        let now = bound_at(cell, &schedule, &constants, state.total, state.total);
        let left = limit(&constants, &schedule, state.total, state.horizon);
        (state.total, now, left.map_or(f64::NAN, |terms: Terms| terms.total()))
    });
    let left = if left.is_infinite() { "∞".into() } else { short(left) };
    tr_with("theory.outlook", &[("at", after(total)), ("now", short(now)), ("left", left)])
}

/// When a growing batch has taken in all images.
fn cap(desk: &Desk) -> String {
    let (schedule, total) = desk.state.with(|state| {
        let cell = Cell { rate: RateRule::Constant, batch: BatchRule::Growing };
        (Schedule { images: Some(state.images), ..state.schedule(cell) }, state.total)
    });
    let stage = schedule.batch_stage(total);
    let stages = total.div_ceil(stage);
    let images = schedule.images.unwrap_or_default();
    let full = (0..stages).find(|place| schedule.batch_at(place * stage, total).0 >= images);
    let endless = Schedule { images: None, ..schedule.clone() };
    let mut values = vec![
        ("n", integer(u64::from(images))),
        ("asked", integer(u64::from(endless.batch_at(total.saturating_sub(1), total).0))),
    ];
    let Some(place) = full else { return tr_with("theory.cap.never", &values) };
    values.push(("t", integer(u64::from(place * stage))));
    values.push(("q", place.to_string()));
    tr_with("theory.cap.now", &values)
}

/// ★★★ of the chosen run.
fn weighted(desk: &Desk) -> String {
    let truth = desk.truth.get();
    let steps = desk.at();
    let numbers = desk.chosen(|trace| {
        let rows = trace.rows.get(..steps as usize).unwrap_or_default();
        let smallest = trace.smallest.get(steps as usize - 1).copied().unwrap_or(f64::NAN);
        let bound = crate::theory::bounds::weighted(&truth, rows).last().map_or(f64::NAN, Terms::total);
        (smallest, bound)
    });
    let (smallest, bound) = numbers.unwrap_or((f64::NAN, f64::NAN));
    tr_with("theory.limits.now", &[("at", after(steps)), ("smallest", short(smallest)), ("bound", short(bound))])
}
