//! “Which stochastic Frank–Wolfe needs what?” The methods that need a finite sum, raced in lock-step on sums that have
//! the structure they ask for, with every sample, call of the oracle and remembered number counted by a meter.
//!
//! No engine: the sums are small, drawn from a seed or made of features that a bundled network found in real images
//! ([`frozen`]), and computed here in `f64`, a few milliseconds of every frame. The state is one checked value ([`state::MethodsState`]); [`desk::Desk`] holds it and the race; the race itself
//! knows no page ([`race::Race`]). A method that joins the table in `optim::finite_sum` has its chip, its row, its
//! formulas and its key in the link without a line here.

mod chips;
mod desk;
mod frozen;
mod needs;
mod needs_table;
mod race;
mod race_figure;
mod reference;
pub mod state;

use leptos::prelude::*;

use self::chips::chips;
use self::desk::Desk;
use self::needs_table::{NeedsTable, strip};
use self::race_figure::RaceFigure;
use self::state::{METHODS, MethodsState, Problem, ROWS, param, set_keys};
use crate::app::controls::{Choice, ParamField, folded_on_phone};
use crate::app::lab::Page;
use crate::app::pages::tabs::tabs;
use crate::app::shell::mark_ready;
use crate::app::{tr, tr_with, use_lab};
use crate::plot::integer;
use crate::session::params::Value;

/// The page: tabs (on a phone), panel and stage.
#[component]
pub fn MethodsPage() -> impl IntoView {
    let desk = Desk::open(use_lab().methods_query);
    Effect::new(move |ready: Option<bool>| {
        let ready = ready.unwrap_or(false);
        let drawn = desk.done.get() > 0;
        if drawn && !ready {
            mark_ready(Page::Methods);
        }
        ready || drawn
    });
    view! {
        <div class="methods">
            {tabs("methods.tabs", &["methods.tab.race", "methods.tab.methods", "methods.tab.needs"])}
            <div class="work">
                {rail(desk)}
                <div class="stage">
                    <div class="m-top">
                        <RaceFigure desk />
                        {chips(desk)}
                    </div>
                    <NeedsTable desk />
                    {strip(desk)}
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// Problem, set and size.
fn rail(desk: Desk) -> AnyView {
    let value: Signal<MethodsState> = desk.state.into();
    let change = Callback::new(move |next: MethodsState| desk.change(next));
    let field = move |key: &'static str| {
        view! { <ParamField param=param(key) value=value on_change=change settle=true /> }.into_any()
    };
    let set_text = |key: &str| if key == ROWS { "methods.set.rows".into() } else { format!("set.{key}.name") };
    let folder = folded_on_phone();
    view! {
        <aside class="rail" aria-label=move || tr("methods.controls")>
            <details open node_ref=folder>
                <summary>{move || tr("methods.controls")}</summary>
                <section>{field("problem")} <p class="field-help">{move || data(&desk)}</p></section>
                <section>{menu(desk, "set", "methods.param.set".into(), set_keys(), &set_text)} {field("r")}</section>
                <section>{field("n")} {field("T")} {field("seed")}</section>
            </details>
        </aside>
    }
    .into_any()
}

/// Where the numbers come from.
fn data(desk: &Desk) -> String {
    let (problem, seed) = desk.state.with(|state| (state.problem, state.seed));
    let key = match problem {
        Problem::Frozen => "methods.data.frozen",
        Problem::Sigmoid => "methods.data.sigmoid",
        Problem::Coverage => "methods.data.coverage",
        _ => "methods.data",
    };
    tr_with(key, &[("seed", integer(seed))])
}

/// A parameter as a menu with its name in front. `text` gives the text key of an option.
fn menu(
    desk: Desk,
    key: &'static str,
    label: String,
    keys: Vec<&'static str>,
    text: &dyn Fn(&str) -> String,
) -> AnyView {
    let option = |key: &'static str| {
        let text = text(key);
        (key.to_string(), Signal::derive(move || tr(&text)))
    };
    let options = keys.into_iter().map(option).collect::<Vec<_>>();
    let row = METHODS.iter().find(|row| row.key == key);
    let selected =
        Signal::derive(move || desk.state.with(|state| row.map_or_else(String::new, |row| (row.get)(state).to_text())));
    let pick = Callback::new(move |picked: String| {
        let mut next = desk.state.get_untracked();
        if row.is_some_and(|row| (row.set)(&mut next, &Value::Text(picked)).is_ok()) {
            desk.change(next);
        }
    });
    view! {
        <div class="m-menu" data-param=key>
            <Choice label=Signal::derive(move || tr(&label)) options=options selected=selected on_pick=pick />
        </div>
    }
    .into_any()
}
