//! The methods to train with, each with its colour and marker: one for A and, in a comparison, one for B; and what a
//! step of theirs was counted to cost.

use leptos::prelude::*;

use super::bench::Bench;
use crate::app::figure::marks::marker;
use crate::app::{tr, tr_with};
use crate::optim::MethodId;
use crate::plot::{fixed, integer};
use crate::session::{Experiment, RunId, RunSpec};

/// A row a method, a column a run.
#[component]
pub fn Methods(bench: Bench) -> impl IntoView {
    let compared = Memo::new(move |_| bench.looks.with(|looks| looks.len() > 1));
    let column = move |run: RunId, method: MethodId| {
        let lab = bench.lab;
        let key = method.key();
        let chosen =
            move || lab.experiment.with(|experiment| of(experiment, run).is_some_and(|spec| spec.method == method));
        let choose = move |_| {
            lab.experiment.update(|experiment| match (run, &mut experiment.b) {
                (RunId::A, _) => experiment.a.switch_to(method),
                (RunId::B, Some(b)) => b.switch_to(method),
                (RunId::B, None) => {}
            });
        };
        let letter = letter(run);
        view! {
            <label class="m-pick">
                <input
                    type="radio"
                    name=format!("method-{letter}")
                    id=format!("method-{letter}-{key}")
                    value=key
                    aria-label=move || {
                        tr_with(
                            "train.method.of",
                            &[("run", letter.into()), ("name", tr(&format!("method.{key}.name")))],
                        )
                    }
                    prop:checked=chosen
                    on:change=choose
                />
                <span aria-hidden="true">{letter}</span>
            </label>
        }
        .into_any()
    };
    let row = move |method: MethodId| {
        let (key, family) = (method.key(), method.entry().family);
        view! {
            <div class="m-row">
                <svg width="13" height="13" viewBox="-6.5 -6.5 13 13" aria-hidden="true">
                    <path class=format!("f {family}") d=marker(family) />
                </svg>
                <label for=format!("method-A-{key}") title=move || tr(&format!("method.{key}.note"))>
                    {move || tr(&format!("method.{key}.name"))}
                </label>
                {column(RunId::A, method)}
                {move || compared.get().then(|| column(RunId::B, method))}
            </div>
        }
        .into_any()
    };
    // Tracks the looks, not the runs: without an opponent there is no second line.
    let costs = Memo::new(move |_| -> Vec<String> {
        bench.looks.with(|looks| looks.iter().filter_map(|look| cost(&bench, look.run)).collect())
    });
    view! {
        <div class="methods">{MethodId::all().map(row).collect_view()}</div>
        <div data-test-cost="">
            {move || {
                costs.get().into_iter().map(|cost| view! { <p class="hint">{cost}</p> }.into_any()).collect_view()
            }}
        </div>
    }
    .into_any()
}

/// What the last step of a run was counted to cost; nothing before the first.
fn cost(bench: &Bench, run: RunId) -> Option<String> {
    bench.track(run);
    let cost = bench.log(run).with_untracked(|log| log.steps.last().map(|row| row.cost))?;
    // Whole numbers, unless a method leaves some layers out.
    let short = |value: f64| fixed(value, if value.fract() == 0.0 { 0 } else { 1 });
    Some(tr_with(
        "train.cost.line",
        &[
            ("run", letter(run).into()),
            ("gradients", integer(u64::from(cost.gradients))),
            ("oracles", short(cost.oracle_calls_for_all())),
            ("projections", short(cost.projections_for_all())),
            ("state", short(cost.state_per_weight())),
        ],
    ))
}

fn of(experiment: &Experiment, run: RunId) -> Option<&RunSpec> {
    match run {
        RunId::A => Some(&experiment.a),
        RunId::B => experiment.b.as_ref(),
    }
}

fn letter(run: RunId) -> &'static str {
    match run {
        RunId::A => "A",
        RunId::B => "B",
    }
}
