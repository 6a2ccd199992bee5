//! The step as five formulas, symbols above live numbers. The one that Step has reached carries the ink bar; a click
//! on one pins it, so that its mark in the plane stays and the others fade.

use fwlab_tex::tex;
use leptos::prelude::*;

use super::geo::{Geo, Phase, use_geo};
use super::words::{pair, short};
use crate::app::math::Tex;
use crate::app::{tr, tr_with};
use crate::optim::active_set::Variant;
use crate::plot::fixed;

/// The strip.
#[component]
pub fn FormulaStrip() -> impl IntoView {
    let geo = use_geo();
    let steps = Phase::ALL
        .map(|phase| {
            let active = move || geo.phase.get() == Some(phase);
            view! {
                <button
                    type="button"
                    class:now=active
                    data-q=phase.quantity()
                    aria-current=move || active().then_some("step")
                    on:click=move |_| {
                        geo.playing.set(false);
                        geo.phase.update(|now| *now = if *now == Some(phase) { None } else { Some(phase) });
                    }
                >
                    <small>
                        <b>{phase.place() + 1}</b>
                        " "
                        {move || tr(&format!("geometry.phase.{}", phase.key()))}
                    </small>
                    <Tex mathml=Signal::derive(move || symbols(geo, phase).to_string()) />
                    <span class="num">{move || numbers(geo, phase)}</span>
                </button>
            }
        })
        .into_iter()
        .collect_view();
    view! {
        <div class="formula steps" role="group" aria-label=move || tr("geometry.formula.label")>
            {steps}
        </div>
    }
    .into_any()
}

fn symbols(geo: Geo, phase: Phase) -> &'static str {
    match phase {
        Phase::Slope if geo.cloud.with(Option::is_some) => tex!(r"g_t=\nabla f(x_t)+\xi_t"),
        Phase::Slope => tex!(r"g_t=\nabla f(x_t)"),
        Phase::Model => tex!(r"\langle g_t,\,y-x_t\rangle"),
        Phase::Corner => geo.state.with(|state| state.set.entry().oracle_formula()),
        Phase::Gap => tex!(r"\operatorname{gap}=\langle g_t,\,x_t-v_t\rangle"),
        Phase::Move => geo.now.with(|now| now.map_or(Variant::Classic, |step| step.kind)).entry().move_formula,
    }
}

/// The one coordinate that the corner uses, if it uses one: the oracle's choice.
fn chosen(v: [f64; 2]) -> Option<usize> {
    match v {
        [x, y] if x != 0.0 && y == 0.0 => Some(0),
        [x, y] if x == 0.0 && y != 0.0 => Some(1),
        _ => None,
    }
}

fn numbers(geo: Geo, phase: Phase) -> AnyView {
    let Some(step) = geo.now.get() else { return ().into_any() };
    match phase {
        Phase::Slope => {
            let won = chosen(step.v);
            let number = |i: usize| {
                let class = if won == Some(i) { "won" } else { "" };
                view! { <span class=class>{fixed(step.g[i], 2)}</span> }
            };
            view! { "= (" {number(0)} ", " {number(1)} ")" }.into_any()
        }
        Phase::Model => format!("‖g‖ = {}", short(step.g[0].hypot(step.g[1]))).into_any(),
        Phase::Corner => {
            let which = chosen(step.v).map(|i| {
                view! { <span class="aside">{tr_with("geometry.formula.coordinate", &[("i", (i + 1).to_string())])}</span> }
            });
            view! { {format!("= {}", pair(step.v))} {which} }.into_any()
        }
        Phase::Gap => view! { "= " <b class="c-fw">{short(step.gap.max(0.0))}</b> }.into_any(),
        Phase::Move => {
            let gamma = fixed(step.gamma, if step.gamma < 0.095 { 4 } else { 2 });
            let drop = step.dropped.then(|| format!(", {}", tr("geometry.formula.drop")));
            view! {
                {format!("= {}", pair(step.next))}
                <span class="aside">
                    {tr("geometry.formula.with")}
                    " "
                    <i class="sym">"γ"</i>
                    {format!(" = {gamma}{}", drop.unwrap_or_default())}
                </span>
            }
            .into_any()
        }
    }
}
