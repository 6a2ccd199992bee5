//! The step rules, each with the gap it really reaches here after a thousand steps.

use leptos::prelude::*;

use super::geo::use_geo;
use super::run::Courses;
use super::state::HORIZON;
use super::words::short;
use crate::app::math::{Tex, joined};
use crate::app::{tr, tr_with};
use crate::optim::active_set::Variant;
use crate::optim::plane::STEP_RULES;
use crate::plot::integer;

/// The list, and what unfolds the race; `courses` are the runs of all rules.
#[component]
pub fn StepRules(courses: Courses) -> impl IntoView {
    let geo = use_geo();
    let rows = STEP_RULES
        .iter()
        .map(|row| {
            let rule = row.rule;
            let chosen = move || geo.state.with(|state| state.rule == rule);
            let gap = move || {
                courses.with(|courses| {
                    let course = courses.as_ref().and_then(|all| all.iter().find(|course| course.rule == rule));
                    course.and_then(|course| course.gaps.last().copied()).unwrap_or(f64::NAN)
                })
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
        let (rule, variant) = geo.state.with(|state| (state.rule, state.variant));
        let formula = STEP_RULES.iter().find(|row| row.rule == rule).map_or("", |row| row.formula);
        let round = geo.omega.with(|omega| omega.as_ref().is_some_and(|omega| omega.round));
        if round || variant == Variant::Classic {
            formula.into()
        } else {
            joined(formula, variant.entry().limit_formula)
        }
    });
    let racing = move || geo.state.with(|state| state.race);
    view! {
        <section class="rules" data-param="rule">
            <div class="corner-head">
                <h2>{move || tr_with("geometry.rules.title", &[("steps", integer(HORIZON as u64))])}</h2>
                <button
                    type="button"
                    class="plain"
                    data-act="noise"
                    aria-pressed=move || geo.state.with(|state| !state.noise.is_off()).to_string()
                    title=move || tr("geometry.param.sigma.help")
                    on:click=move |_| {
                        geo.phase.set(None);
                        geo.state.update(|state| state.noise.sigma = if state.noise.is_off() { 1.0 } else { 0.0 });
                    }
                >
                    {move || tr("geometry.rules.noise")}
                </button>
                <button
                    type="button"
                    class="plain"
                    data-act="race"
                    aria-pressed=move || racing().to_string()
                    title=move || tr("geometry.param.race.help")
                    on:click=move |_| geo.state.update(|state| state.race = !state.race)
                >
                    {move || tr("geometry.rules.race")}
                </button>
            </div>
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
