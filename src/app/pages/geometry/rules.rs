//! The step rules, each with the gap it really reaches here after a thousand steps.

use leptos::prelude::*;

use super::geo::use_geo;
use super::run::rule_gaps;
use super::state::HORIZON;
use super::words::short;
use crate::app::math::Tex;
use crate::app::{tr, tr_with};
use crate::optim::plane::STEP_RULES;
use crate::plot::integer;

/// The list.
#[component]
pub fn StepRules() -> impl IntoView {
    let geo = use_geo();
    let asked = Memo::new(move |_| geo.state.with(|s| (s.terrain, s.start, s.constant)));
    let gaps = Memo::new(move |_| {
        let (terrain, start, constant) = asked.get();
        geo.omega
            .with(|omega| omega.as_ref().map(|omega| rule_gaps(omega, &terrain, start, constant)).unwrap_or_default())
    });
    let rows = STEP_RULES
        .iter()
        .map(|row| {
            let rule = row.rule;
            let chosen = move || geo.state.with(|state| state.rule == rule);
            // Rounding may leave a gap a hair below zero.
            let gap = move || {
                let gap = |(_, gap): &(_, f64)| if *gap < 0.0 { 0.0 } else { *gap };
                gaps.with(|gaps| gaps.iter().find(|(other, _)| *other == rule).map_or(f64::NAN, gap))
            };
            view! {
                <button
                    type="button"
                    class:on=chosen
                    data-rule=row.key
                    aria-pressed=move || chosen().to_string()
                    title=move || tr(&format!("rule.{}.note", row.key))
                    on:click=move |_| geo.state.update(|state| state.rule = rule)
                >
                    <i aria-hidden="true"></i>
                    <span>{move || tr(&format!("rule.{}.name", row.key))}</span>
                    <b>{move || short(gap())}</b>
                </button>
            }
        })
        .collect_view();
    let formula = Signal::derive(move || {
        let rule = geo.state.with(|state| state.rule);
        STEP_RULES.iter().find(|row| row.rule == rule).map_or("", |row| row.formula).to_string()
    });
    view! {
        <section class="rules" data-param="rule">
            <h2>{move || tr_with("geometry.rules.title", &[("steps", integer(HORIZON as u64))])}</h2>
            <div class="opts" role="group" aria-label=move || tr("geometry.param.rule")>
                {rows}
            </div>
            <p class="rule-tex">
                <Tex mathml=formula />
            </p>
        </section>
    }
    .into_any()
}
