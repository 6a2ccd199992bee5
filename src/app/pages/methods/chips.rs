//! The methods to choose from, sorted by what they ask for. All of the table, no list of its own.

use leptos::prelude::*;

use super::desk::Desk;
use super::needs::kinds;
use super::state::MOST;
use crate::app::{tr, tr_with};
use crate::optim::finite_sum::FiniteSumMethod;

/// A chip for every method.
pub fn chips(desk: Desk) -> AnyView {
    let groups = kinds().into_iter().map(|(kind, methods)| group(desk, kind, methods)).collect_view();
    let count = move || {
        let n = desk.state.with(|state| state.race.len());
        tr_with("methods.count", &[("n", n.to_string()), ("most", MOST.to_string())])
    };
    view! {
        <section class="chips p2" aria-label=move || tr("methods.race")>
            <h2>
                <b>{move || tr("methods.race")}</b>
                " "
                {count}
            </h2>
            {groups}
        </section>
    }
    .into_any()
}

/// The methods that ask for the same.
fn group(desk: Desk, kind: &'static str, methods: Vec<&'static FiniteSumMethod>) -> AnyView {
    let chips = methods.into_iter().map(|entry| chip(desk, entry)).collect_view();
    view! {
        <div class="kind" role="group" aria-label=move || tr(&format!("methods.asks.{kind}"))>
            <small>{move || tr(&format!("methods.asks.{kind}"))}</small>
            <div>{chips}</div>
        </div>
    }
    .into_any()
}

/// One method: pressed if it races, dashed if problem or set would have to change for it.
fn chip(desk: Desk, entry: &'static FiniteSumMethod) -> AnyView {
    let key = entry.key;
    view! {
        <button
            type="button"
            class="method"
            class:elsewhere=move || desk.state.with(|state| !state.runs(entry))
            data-method=key
            aria-pressed=move || desk.state.with(|state| state.race.contains(&key)).to_string()
            title=move || tr(&format!("finite-sum.{key}.note"))
            on:click=move |_| desk.toggle(entry)
        >
            {move || tr(&format!("finite-sum.{key}.name"))}
        </button>
    }
    .into_any()
}
