//! What each method of the race needs: what it asked for at a step, in numbers that its meter counted in this very run,
//! and what it must remember. Below, the formulas of the method in focus.

use leptos::prelude::*;

use super::desk::Desk;
use super::needs::{Asks, asks};
use super::race::Point;
use super::race_figure::{class, rate, samples};
use crate::app::figure::{Figure, Table};
use crate::app::math::Tex;
use crate::app::pages::theory::words::short;
use crate::app::{tr, tr_with};
use crate::optim::finite_sum::methods::Needs;
use crate::optim::finite_sum::{FINITE_SUM_METHODS, FiniteSumMethod};
use crate::plot::{cell, fixed, integer};

/// Its key.
fn asks_key(entry: &'static FiniteSumMethod) -> &'static str {
    let kind = asks(entry);
    Asks::ALL.iter().find(|row| row.0 == kind).map_or("", |row| row.1)
}

/// A mean count: whole if it is.
fn mean(count: f64, steps: u32) -> String {
    let mean = count / f64::from(steps.max(1));
    if mean >= 99.5 || (mean - mean.round()).abs() < 0.005 { integer(mean.round() as u64) } else { fixed(mean, 1) }
}

/// The four numbers of a row: samples and calls of the oracle a step, memory, gap.
fn numbers(desk: &Desk, key: &str) -> [String; 4] {
    let Some((Point { t, cost, memory, gap, .. }, dim)) = desk.of(key) else { return Default::default() };
    [mean(samples(&cost, dim), t), mean(cost.lmos as f64, t), integer(memory as u64), short(gap)]
}

/// The figure.
#[component]
pub fn NeedsTable(desk: Desk) -> impl IntoView {
    let head = ["method", "asks", "estimate", "samples", "oracle", "memory", "gap"];
    let head = head.map(|key| view! { <th scope="col">{move || tr(&format!("methods.head.{key}"))}</th> }.into_any());
    // All methods, so that nothing loses the focus when the race changes; those that do not race are hidden.
    let rows = FINITE_SUM_METHODS.iter().map(|entry| row(desk, entry)).collect_view();
    view! {
        <Figure
            name="needs"
            class="p3"
            title=Signal::derive(|| tr("methods.needs.title"))
            note=Signal::derive(|| tr("methods.needs.note"))
            summary=Signal::derive(move || summary(&desk))
            table=Callback::new(move |()| untrack(|| table(&desk)))
        >
            <div class="needs" role="region" tabindex="0" aria-label=move || tr("methods.needs.title")>
                <table>
                    <thead>
                        <tr>
                            {head.into_iter().collect_view()}
                            <td></td>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Figure>
    }
    .into_any()
}

fn row(desk: Desk, entry: &'static FiniteSumMethod) -> AnyView {
    let key = entry.key;
    let kind = asks_key(entry);
    let place = Memo::new(move |_| desk.state.with(|state| state.race.iter().position(|other| *other == key)));
    let focus = Memo::new(move |_| desk.state.with(|state| state.focus == key));
    let values = Memo::new(move |_| if place.get().is_some() { numbers(&desk, key) } else { Default::default() });
    let number = move |at: usize| {
        let text = move || values.with(|values| values.get(at).cloned());
        // In a box of its own size: a number that changes moves nothing else in the table.
        view! {
            <td class="count">
                <span>{text}</span>
            </td>
        }
        .into_any()
    };
    let name = move || tr(&format!("finite-sum.{key}.name"));
    view! {
        <tr data-method=key hidden=move || place.get().is_none() class:now=move || focus.get()>
            <th scope="row">
                <button type="button" aria-pressed=move || focus.get().to_string() on:click=move |_| desk.focus(key)>
                    <svg width="26" height="8" aria-hidden="true">
                        <path class=move || class(place.get().unwrap_or(0), focus.get()) d="M0 4H26"></path>
                    </svg>
                    <span>{name}</span>
                </button>
                <small>{entry.source}</small>
            </th>
            <td>{move || tr(&format!("methods.asks.{kind}"))}</td>
            <td class="estimate">
                <Tex mathml=entry.formula.to_string() />
            </td>
            {(0..4).map(number).collect_view()}
            <td>
                <button
                    type="button"
                    class="plain"
                    aria-label=move || tr_with("methods.only.of", &[("name", name())])
                    on:click=move |_| desk.only(entry)
                >
                    {move || tr("methods.only")}
                </button>
            </td>
        </tr>
    }
    .into_any()
}

/// The gap of whoever is lowest, and what it cost.
fn summary(desk: &Desk) -> String {
    let race = desk.state.with(|state| state.race.clone());
    let points = race.into_iter().filter_map(|key| Some((key, desk.of(key)?)));
    let lowest = points.min_by(|a, b| a.1.0.gap.total_cmp(&b.1.0.gap));
    let Some((key, _)) = lowest else { return tr("methods.needs.title") };
    let [samples, oracle, memory, gap] = numbers(desk, key);
    let name = tr(&format!("finite-sum.{key}.name"));
    let values = [("name", name), ("gap", gap), ("samples", samples), ("oracle", oracle), ("memory", memory)];
    tr_with("methods.needs.summary", &values)
}

fn table(desk: &Desk) -> Table {
    let keys = ["method", "asks", "source", "t", "gradients", "partials", "values", "lmos", "memory", "gap"];
    let columns = keys.map(|key| tr(&format!("methods.column.{key}"))).into();
    let row = |entry: &'static FiniteSumMethod| {
        let (Point { t, cost, memory, gap, .. }, _) = desk.of(entry.key)?;
        let mut row =
            vec![entry.key.to_string(), tr(&format!("methods.asks.{}", asks_key(entry))), entry.source.into()];
        let counts = [u64::from(t), cost.gradients, cost.partials, cost.values, cost.lmos, memory as u64];
        row.extend(counts.map(|count| count.to_string()));
        row.push(cell(gap));
        Some(row)
    };
    Table { columns, rows: FINITE_SUM_METHODS.iter().filter_map(row).collect() }
}

/// The method in focus: its estimate, its step size, its batch.
pub fn strip(desk: Desk) -> AnyView {
    let entry = Memo::new(move |_| {
        let key = desk.state.with(|state| state.focus);
        FINITE_SUM_METHODS.iter().position(|entry| entry.key == key).unwrap_or(0)
    });
    let with = move |read: fn(&'static FiniteSumMethod) -> String| {
        Memo::new(move |_| FINITE_SUM_METHODS.get(entry.get()).map(read).unwrap_or_default())
    };
    let name = with(|entry| tr(&format!("finite-sum.{}.name", entry.key)));
    let note = with(|entry| tr(&format!("finite-sum.{}.note", entry.key)));
    let estimate = with(|entry| entry.formula.to_string());
    let step = with(|entry| if entry.needs == Needs::Rows { String::new() } else { entry.step.formula().to_string() });
    let proven = Memo::new(move |_| {
        let (focus, problem) = desk.state.with(|state| (state.focus, state.problem));
        rate(focus, problem).map_or_else(String::new, |rate| rate.1.to_string())
    });
    let last = move || {
        let key = desk.state.with(|state| state.focus);
        desk.lane(key, |race, lane| Some((lane.last?, race.n()))).flatten()
    };
    let gamma = move || last().map_or_else(String::new, |(step, _)| format!("= {}", short(step.gamma)));
    let own = move || if step.with(String::is_empty) { "methods.strip.own" } else { "methods.strip.step.why" };
    let batch = move || {
        let Some((step, n)) = last() else { return String::new() };
        let key = if step.batch_capped { "methods.strip.capped" } else { "methods.strip.batch.of" };
        tr_with(key, &[("b", integer(step.batch as u64)), ("n", integer(n as u64))])
    };
    let rate_why =
        move || tr(if proven.with(String::is_empty) { "methods.strip.rate.none" } else { "methods.strip.rate.why" });
    view! {
        <div class="formula told p3" role="group" aria-label=move || tr("methods.strip")>
            <div>
                <small>
                    <b>{move || name.get()}</b>
                    <span>{move || note.get()}</span>
                </small>
                <span class="line">
                    <Tex mathml=estimate />
                </span>
            </div>
            <div>
                <small>
                    <b>{move || tr("methods.strip.step")}</b>
                    <span>{move || tr(own())}</span>
                </small>
                <span class="line">
                    <Tex mathml=step />
                    <span class="num">{gamma}</span>
                </span>
            </div>
            <div>
                <small>
                    <b>{move || tr("methods.strip.batch")}</b>
                    <span>{move || tr("methods.strip.batch.why")}</span>
                </small>
                <span class="line">
                    <span class="num">{batch}</span>
                </span>
            </div>
            <div>
                <small>
                    <b>{move || tr("methods.strip.rate")}</b>
                    <span>{rate_why}</span>
                </small>
                <span class="line">
                    <Tex mathml=proven />
                </span>
            </div>
        </div>
    }
    .into_any()
}
