//! The formula strip: what a step does, in symbols and in the numbers of this moment. While a step is taken apart
//! into its sub-steps the three cells are gradient, corner and move, and the one just done shows its numbers.

use fwlab_tex::tex;
use leptos::prelude::*;

use super::bench::{Bench, total};
use super::gauge::gauge_of;
use crate::app::math::{Tex, fill, joined, numbers};
use crate::app::{tr, tr_with};
use crate::plot::{fixed, integer, scientific};
use crate::session::{RunId, RunSpec, SubStep};

/// Between the terms of a sum and of a list, with thin spaces.
const PLUS: &str = "\u{2009}+\u{2009}";
const COMMA: &str = ",\u{2009}";

/// One cell: its small title and its formula.
#[derive(Debug, Clone, PartialEq)]
struct Cell {
    /// Which quantity it is, for hovering.
    quantity: &'static str,
    title: String,
    /// Grey words behind the title.
    note: String,
    /// MathML.
    formula: String,
    /// A part left out where there is little room.
    tail: &'static str,
    /// Whether this sub-step has just been done.
    active: bool,
}

/// The strip.
#[component]
pub fn FormulaStrip(bench: Bench) -> impl IntoView {
    let cells = Memo::new(move |_| match bench.lab.train.sub_step.get() {
        Some(step) => sub_step_cells(&bench, &step),
        None => [move_cell(&bench), gap_cell(&bench), inside_cell(&bench)],
    });
    let cell = move |index: usize| {
        let this = move |read: fn(&Cell) -> String| cells.with(|cells| cells.get(index).map(read).unwrap_or_default());
        view! {
            <button
                type="button"
                data-q=move || this(|cell| cell.quantity.into())
                class:now=move || cells.with(|cells| cells.get(index).is_some_and(|cell| cell.active))
            >
                <small>
                    <b>{move || this(|cell| cell.title.clone())}</b>
                    {move || this(|cell| cell.note.clone())}
                </small>
                <span>
                    <Tex mathml=Memo::new(move |_| this(|cell| cell.formula.clone())) />
                    <Tex mathml=Memo::new(move |_| this(|cell| cell.tail.into())) class="tail" />
                </span>
            </button>
        }
        .into_any()
    };
    view! {
        <div class="formula p3" role="group" aria-label=move || tr("train.formula.label")>
            {(0..3).map(cell).collect_view()}
        </div>
    }
    .into_any()
}

/// The method of run A, whose formulas are shown.
fn run_a<T>(bench: &Bench, read: impl Fn(&RunSpec) -> T) -> T {
    bench.lab.experiment.with(|experiment| read(&experiment.a))
}

fn move_cell(bench: &Bench) -> Cell {
    let (formula, tail) = run_a(bench, |run| {
        let entry = run.method.entry();
        let rescale = if entry.rescales { run.rescale.formula() } else { "" };
        (entry.move_formula, rescale)
    });
    Cell {
        quantity: "x",
        title: tr("train.formula.move"),
        note: bench.look(RunId::A).map(|look| look.name).unwrap_or_default(),
        formula: if tail.is_empty() { formula.into() } else { joined(formula, tail) },
        tail: "",
        active: false,
    }
}

fn gap_cell(bench: &Bench) -> Cell {
    bench.track(RunId::A);
    let last = bench.log(RunId::A).with(|log| log.evaluations.last().map(|row| (row.t, row.full_gap.clone())));
    let (note, formula) = match &last {
        Some((t, gaps)) if total(gaps).is_finite() => (
            tr_with("train.formula.at", &[("t", integer(u64::from(*t)))]),
            fill(tex!(r"\slot=\slot"), &[&scientific(total(gaps)), &numbers(gaps, PLUS)]),
        ),
        Some(_) => (tr("train.formula.outside"), String::new()),
        None => (String::new(), tex!(r"\mathrm{gap}").into()),
    };
    Cell {
        quantity: "gap",
        title: tr("train.formula.gap"),
        note,
        formula,
        tail: tex!(r"=\sum_\ell\langle g_\ell,\theta_\ell-v_\ell\rangle"),
        active: false,
    }
}

fn inside_cell(bench: &Bench) -> Cell {
    let layers = bench.names.get().len();
    let most = (0..layers).map(|index| gauge_of(bench, RunId::A, index)).filter(|gauge| gauge.is_finite());
    let most = most.fold(f64::NAN, f64::max);
    let (key, family) = run_a(bench, |run| (run.method.key(), run.method.entry().family));
    let formula = if most.is_nan() {
        tex!(r"\max_\ell\,\|\theta_\ell\|_{\Omega_\ell}\le 1").into()
    } else {
        let formula = if most > 1.0 + 1e-5 {
            tex!(r"\max_\ell\,\|\theta_\ell\|_{\Omega_\ell}=\fw{\slot}>1")
        } else {
            tex!(r"\max_\ell\,\|\theta_\ell\|_{\Omega_\ell}=\fw{\slot}\le 1")
        };
        fill(formula, &[&fixed(most, 2)]).replace("c-fw", &format!("c-{family}"))
    };
    Cell {
        quantity: "set",
        title: tr(&format!("train.formula.inside.{key}")),
        note: String::new(),
        formula,
        tail: "",
        active: false,
    }
}

/// Gradient, corner, move: numbers in the one just done, symbols in the others.
fn sub_step_cells(bench: &Bench, step: &SubStep) -> [Cell; 3] {
    let cell = |quantity, key: &str, symbols: &str, now: Option<(String, String)>| {
        let active = now.is_some();
        let (formula, note) = now.unwrap_or_else(|| (symbols.into(), String::new()));
        Cell { quantity, title: tr(key), note, formula, tail: "", active }
    };
    let gradient = match step {
        SubStep::Gradient { norms, loss, .. } => Some((
            fill(tex!(r"\|g_\ell\|=\slot"), &[&numbers(norms, COMMA)]),
            tr_with("train.formula.loss", &[("loss", fixed(f64::from(*loss), 3))]),
        )),
        _ => None,
    };
    let corner = match step {
        SubStep::Oracle { nonzeros, gap, .. } => {
            let counts: Vec<String> = nonzeros.iter().map(|count| integer(u64::from(*count))).collect();
            let note = tr_with("train.formula.nonzeros", &[("n", counts.join(", "))]);
            Some((fill(tex!(r"\mathrm{gap}=\slot=\slot"), &[&scientific(total(gap)), &numbers(gap, PLUS)]), note))
        }
        _ => None,
    };
    let moved = match step {
        SubStep::Move { gamma, gauge, .. } => {
            let most = gauge.iter().copied().filter(|gauge| gauge.is_finite()).fold(0.0, f32::max);
            let note = tr_with("train.formula.gauge", &[("gauge", fixed(f64::from(most), 2))]);
            Some((fill(tex!(r"\gamma_\ell=\slot"), &[&numbers(gamma, COMMA)]), note))
        }
        _ => None,
    };
    let move_formula = run_a(bench, |run| run.method.entry().move_formula);
    [
        cell("g", "train.formula.step1", tex!(r"g_\ell=\nabla_{\!\ell}f_S(\theta)"), gradient),
        cell("v", "train.formula.step2", tex!(r"v_\ell=\mathrm{lmo}_{\Omega_\ell}(m_\ell)"), corner),
        cell("x", "train.formula.step3", move_formula, moved),
    ]
}
