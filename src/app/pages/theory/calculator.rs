//! The calculator: a slider for every number that a bound is made of, and the bound split into its three terms. Where
//! the slides print a theorem it is theirs; where they print none it is the one we derive (`theory::bounds`).

use fwlab_tex::tex;
use leptos::html;
use leptos::prelude::*;

use super::desk::Desk;
use super::state::{TheoryState, param};
use super::words::short;
use crate::app::controls::{ParamField, folded_on_phone};
use crate::app::figure::axes::Area;
use crate::app::figure::marks::{Mark, svg};
use crate::app::figure::{Figure, Table, use_width};
use crate::app::math::Tex;
use crate::app::{tr, tr_with};
use crate::optim::schedule::{BatchRule, RateRule};
use crate::plot::{Scale, cell, integer, path, power_of_ten};
use crate::theory::bounds::{self, Reddi};
use crate::theory::{Constants, Term, Terms, Theorem};

/// What is known of the mean gap before a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// The slides' theorem for the two rules, if they have one.
    pub theorem: Option<Theorem>,
    /// What it prints; 3.3 prints nothing.
    pub printed: Option<Terms>,
    /// Our own bound.
    pub ours: Option<Terms>,
    /// What Reddi et al. (2016) prescribe for as many steps, and promise.
    pub reddi: Reddi,
}

impl Promise {
    /// For the run that `state` plans.
    pub fn new(state: &TheoryState, constants: &Constants) -> Self {
        let (schedule, total) = (state.schedule(state.cell()), state.total);
        let theorem = state.cell().theorem();
        Self {
            theorem,
            printed: theorem.and_then(|theorem| bounds::printed(theorem, constants, &schedule, total)),
            ours: bounds::apriori(constants, &schedule, total, total),
            reddi: bounds::reddi(constants, state.lipschitz, state.beta, total),
        }
    }

    /// The printed bound, else ours.
    pub fn shown(&self) -> Terms {
        self.printed.or(self.ours).unwrap_or_default()
    }

    /// The three terms in symbols.
    fn symbols(&self) -> [&'static str; 3] {
        match self.theorem.filter(|_| self.printed.is_some()) {
            Some(theorem) => theorem.term_formulas(),
            None => [
                tex!(r"\frac{\bar{f}-f^*}{\gamma_{T-1}T}"),
                tex!(r"\frac{D\sigma}{T}\sum_t\frac{1}{\sqrt{b_t}}"),
                tex!(r"\frac{LD^2}{2T}\sum_t\gamma_t"),
            ],
        }
    }

    /// “Theorem 3.1”, or that the bound is ours.
    pub fn name(&self) -> String {
        match self.theorem.filter(|_| self.printed.is_some()) {
            Some(theorem) => tr_with("theory.theorem", &[("n", theorem.number().into())]),
            None => tr("theory.ours"),
        }
    }
}

/// The key of a term: its `data-q`, and its text `theory.term.<key>`.
pub fn term_key(term: Term) -> &'static str {
    Term::ALL.iter().find(|row| row.0 == term).map_or("", |row| row.1)
}

/// The sliders.
pub fn rail(desk: Desk) -> AnyView {
    let value: Signal<TheoryState> = desk.state.into();
    let change = Callback::new(move |next: TheoryState| desk.state.set(next));
    let field =
        move |key: &'static str| view! { <ParamField param=param(key) value=value on_change=change /> }.into_any();
    let fields = move |keys: &'static [&'static str]| keys.iter().copied().map(field).collect_view().into_any();
    // Numbers that the chosen rules do not read are not shown.
    let rate_fields = Memo::new(move |_| {
        desk.state.with(|state| match state.learning_rate.rule {
            RateRule::Constant => &["lr"] as &[&str],
            RateRule::Harmonic => &[],
            RateRule::Power => &["a"],
            RateRule::StepDecay => &["lr", "eta", "P"],
        })
    });
    let batch_fields = Memo::new(move |_| {
        desk.state.with(|state| match (state.batch.rule, state.capped) {
            (BatchRule::Growing, true) => &["lambda", "Q", "cap", "n"] as &[&str],
            (BatchRule::Growing, false) => &["lambda", "Q", "cap"],
            (BatchRule::Constant, true) => &["cap", "n"],
            (BatchRule::Constant, false) => &["cap"],
        })
    });
    let typed_fields =
        Memo::new(move |_| desk.state.with(|state| if state.typed { &["delta", "upper"] as &[&str] } else { &[] }));
    let folder = folded_on_phone();
    view! {
        <aside class="rail" aria-label=move || tr("theory.controls")>
            <details open node_ref=folder>
                <summary>{move || tr("theory.controls")}</summary>
                <section>
                    <h2>{move || tr("theory.schedule")}</h2>
                    {fields(&["rate"])} {move || fields(rate_fields.get())}
                </section>
                <section>{fields(&["batch", "b"])} {move || fields(batch_fields.get())}</section>
                <section>{fields(&["T", "keep"])}</section>
                <section>
                    <h2>{move || tr("theory.problem")}</h2>
                    {fields(&["sigma", "L", "D", "ball", "typed"])} {move || fields(typed_fields.get())}
                    {fields(&["seed"])}
                </section>
                <section>
                    <h2>{move || tr("theory.reddi")}</h2>
                    {fields(&["G", "beta"])}
                    <p class="field-help">{move || reddi_words(&desk)}</p>
                </section>
            </details>
        </aside>
    }
    .into_any()
}

/// The schedule that Reddi et al. prescribe.
fn reddi_words(desk: &Desk) -> String {
    let reddi = desk.promise.with(|promise| promise.reddi);
    tr_with("theory.reddi.schedule", &[("gamma", short(reddi.gamma)), ("b", integer(u64::from(reddi.batch)))])
}

/// Height of a bar's row and of the numbers below, pixels at normal text size.
const ROW: f64 = 25.0;
const BELOW: f64 = 20.0;

/// One row of the figure: its key (text `theory.term.<key>` and `data-q`), and its value.
type Bar = (&'static str, f64);

/// The three terms, their sum, our bound where the slides' is another, and what Reddi's schedule would give.
fn bars(promise: &Promise) -> Vec<Bar> {
    let shown = promise.shown();
    let mut bars: Vec<Bar> = Term::ALL.iter().map(|(term, key)| (*key, shown.part(*term))).collect();
    bars.push(("sum", shown.total()));
    if let (Some(_), Some(ours)) = (promise.printed, promise.ours) {
        bars.push(("ours", ours.total()));
    }
    bars.push(("reddi", promise.reddi.bound.total()));
    bars
}

fn marks(promise: &Promise, width: f64, unit: f64) -> Vec<Mark> {
    let bars = bars(promise);
    let left = 96.0 * unit;
    let bottom = ROW * unit * bars.len() as f64;
    let area = Area { left, right: (width - 74.0 * unit).max(left + 40.0), top: 0.0, bottom };
    let finite = |value: &f64| value.is_finite() && *value > 0.0;
    let values = bars.iter().map(|bar| bar.1).filter(finite);
    let (low, high) = values.fold((f64::MAX, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)));
    let top = high.max(1e-12).log10().ceil() as i32;
    // A bar that ends below the axis is a thin line at its foot.
    let foot = (low.min(1.0).log10() - 0.3).floor().clamp(f64::from(top - 6), f64::from(top - 1)) as i32;
    let x = Scale::log((10f64.powi(foot), 10f64.powi(top)), (area.left, area.right));

    let mut marks = Vec::new();
    let stride = if top - foot > 4 { 2 } else { 1 };
    for exponent in (foot..=top).rev().step_by(stride) {
        let at = x.at(10f64.powi(exponent));
        marks.push(Mark::Line { class: "hairline", from: (at, 0.0), to: (at, bottom) });
        marks.push(Mark::text("ax", (at, bottom + 14.0 * unit), "middle", power_of_ten(exponent)));
    }
    let most = term_key(promise.shown().largest());
    for (row, (key, value)) in bars.into_iter().enumerate() {
        let (above, middle) = (ROW * unit * row as f64, ROW * unit * (row as f64 + 0.5));
        let end = if value.is_finite() { x.at(value).clamp(area.left + 1.5, area.right) } else { area.right };
        let (y0, y1) = (above + 6.0 * unit, above + 19.0 * unit);
        let mut d = path([(area.left, y0), (end, y0), (end, y1), (area.left, y1)]);
        d.push('Z');
        let strong = if key == most || key == "sum" { "b " } else { "" };
        let name = tr(&format!("theory.term.{key}"));
        let bar = vec![
            Mark::path(format!("bar {key}"), d),
            Mark::text(format!("{strong}strong"), (area.left - 8.0, middle + 4.0), "end", name),
            Mark::text(format!("{strong}strong"), (end + 6.0, middle + 4.0), "start", short(value)),
        ];
        marks.push(Mark::Of { quantity: key, marks: bar });
    }
    marks
}

/// The bound of T steps, term by term on one logarithmic axis: side by side, because stacked on such an axis the last
/// of them would always look small.
#[component]
pub fn BoundFigure(desk: Desk) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let rows = Memo::new(move |_| desk.promise.with(|promise| bars(promise).len()));
    let height = move || (ROW * rows.get() as f64 + BELOW) * desk.unit.get();
    let drawn = Memo::new(move |_| {
        let width = width.get();
        if width < 60.0 { String::new() } else { svg(&marks(&desk.promise.get(), width, desk.unit.get())) }
    });
    view! {
        <Figure
            name="bound"
            class="p3"
            title=Signal::derive(|| tr("theory.bound.title"))
            note=Signal::derive(move || desk.promise.with(Promise::name))
            summary=Signal::derive(move || sentence(&desk))
            table=Callback::new(move |()| untrack(|| table(&desk)))
        >
            <div class="bars-box" node_ref=node>
                <svg
                    aria-hidden="true"
                    width=move || format!("{:.0}", width.get())
                    height=move || format!("{:.0}", height())
                >
                    <g inner_html=move || drawn.get()></g>
                </svg>
            </div>
            <p class="tell">{move || sentence(&desk)}</p>
        </Figure>
    }
    .into_any()
}

/// “After 1,000 steps the mean gap is at most 0.79; the noise stops it.”
fn sentence(desk: &Desk) -> String {
    let total = desk.state.with(|state| state.total);
    desk.promise.with(|promise| {
        let shown = promise.shown();
        let values = [
            ("name", promise.name()),
            ("T", integer(u64::from(total))),
            ("total", short(shown.total())),
            ("term", tr(&format!("theory.term.{}", term_key(shown.largest())))),
        ];
        tr_with("theory.bound.summary", &values)
    })
}

fn table(desk: &Desk) -> Table {
    let columns = ["term", "printed", "ours", "reddi"].map(|key| tr(&format!("theory.column.{key}"))).into();
    let promise = desk.promise.get();
    let all = [promise.printed, promise.ours, Some(promise.reddi.bound)];
    let row = |key: &str, read: &dyn Fn(&Terms) -> f64| {
        let cells = all.map(|terms| terms.map_or_else(String::new, |terms| cell(read(&terms))));
        std::iter::once(tr(&format!("theory.term.{key}"))).chain(cells).collect()
    };
    let mut rows: Vec<_> = Term::ALL.iter().map(|(term, key)| row(key, &|terms| terms.part(*term))).collect();
    rows.push(row("sum", &Terms::total));
    Table { columns, rows }
}

/// The bound in symbols above its numbers: one cell a term, the largest under the ink bar.
#[component]
pub fn TermStrip(desk: Desk) -> impl IntoView {
    let terms = Term::ALL
        .iter()
        .enumerate()
        .map(|(place, &(term, key))| {
            let largest = Memo::new(move |_| desk.promise.with(|promise| promise.shown().largest() == term));
            let symbols = Memo::new(move |_| {
                desk.promise.with(|promise| promise.symbols().get(place).copied().unwrap_or_default().to_string())
            });
            view! {
                <button
                    type="button"
                    class="term"
                    class:now=move || largest.get()
                    data-q=key
                    aria-pressed=move || (desk.pinned.get() == Some(key)).to_string()
                    on:click=move |_| desk.pin(key)
                >
                    <small>
                        <b>{move || tr(&format!("theory.term.{key}"))}</b>
                        {move || tr(&format!("theory.term.{key}.why"))}
                    </small>
                    <span class="line">
                        <Tex mathml=symbols />
                        <span class="num">
                            {move || desk.promise.with(|promise| format!("= {}", short(promise.shown().part(term))))}
                        </span>
                    </span>
                </button>
            }
            .into_any()
        })
        .collect_view();
    view! {
        <div class="formula terms p3" role="group" aria-label=move || tr("theory.formula")>
            {terms}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_golden_values_stand_at_the_bars() {
        // T = 1,000, γ = 0.01, b = 16, Δ = f̄ = 2.3, D = 2, σ = 1, L = 3.
        let mut state = TheoryState::default();
        state.learning_rate.gamma = 0.01;
        state.constants.smoothness = 3.0;
        let promise = Promise::new(&state, &state.constants);
        assert_eq!(promise.theorem, Some(Theorem::T31));
        let values = bars(&promise).into_iter().map(|bar| bar.1).collect::<Vec<_>>();
        let expected = [0.23, 0.5, 0.06, 0.79, 0.79, bounds::reddi(&state.constants, 1.0, 1.0, 1000).bound.total()];
        assert!(values.iter().zip(expected).all(|(value, right)| (value - right).abs() < 1e-12), "{values:?}");
        assert_eq!(term_key(promise.shown().largest()), "noise");
    }

    #[test]
    fn a_cell_without_a_theorem_shows_our_bound() {
        let mut state = TheoryState::default();
        state.learning_rate.rule = RateRule::Harmonic;
        state.batch.rule = BatchRule::Growing;
        let promise = Promise::new(&state, &state.constants);
        assert_eq!((promise.theorem, promise.printed), (None, None));
        assert_eq!(bars(&promise).len(), 5);
        assert_eq!(promise.shown(), promise.ours.unwrap_or_default());
    }
}
