//! The formula strip: the three parts of an Auto-FW step with the numbers of this moment. Hovering one keeps what it
//! means in the figures and fades the rest; pressing holds it until Escape.

use fwlab_tex::tex;
use leptos::ev;
use leptos::prelude::*;

use super::desk::{AUTO_FW, Desk};
use super::gap::last_gap;
use crate::app::math::{Tex, fill};
use crate::app::{tr, tr_with};
use crate::plot::{fixed, scientific};

/// The strip.
#[component]
pub fn FormulaStrip(desk: Desk) -> impl IntoView {
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            desk.pinned.set(None);
        }
    });
    on_cleanup(move || escape.remove());
    let gap =
        Memo::new(move |_| fill(tex!(r"\langle g_t,\,v_t-x_t\rangle=\fw{\slot}"), &[&scientific(last_gap(&desk))]));
    // γ as it is, and how often it was halved.
    let state = Memo::new(move |_| {
        let read = desk.attack(AUTO_FW, |_, state| (state.step_size.last().copied(), state.halvings.len()));
        let (gamma, halvings) = read.unwrap_or((None, 0));
        (gamma.map_or_else(|| desk.lab.attack_spec.with(|spec| spec.gamma0), f64::from), halvings)
    });
    let step = Memo::new(move |_| {
        let (gamma, _) = state.get();
        fill(tex!(r"x_t+\gamma_t(v_t-x_t)\qquad\gamma_t=\slot"), &[&scientific(gamma)])
    });
    let moved = move || {
        let (_, halvings) = state.get();
        let gamma0 = fixed(desk.lab.attack_spec.with(|spec| spec.gamma0), 2);
        tr_with("attack.formula.move", &[("n", halvings.to_string()), ("gamma0", gamma0)])
    };
    let corner = tex!(r"v_t=\operatorname{clamp}(x_0+\varepsilon\,\operatorname{sign}g_t,\,0,\,1)");
    view! {
        <div class="formula p2" role="group" aria-label=move || tr("attack.formula.label")>
            {cell(desk, "v", "1", Signal::derive(move || tr("attack.formula.corner")), Signal::stored(corner.into()))}
            {cell(desk, "gap", "2", Signal::derive(move || tr("attack.formula.gap")), gap.into())}
            {cell(desk, "x", "3", Signal::derive(moved), step.into())}
        </div>
    }
    .into_any()
}

fn cell(
    desk: Desk,
    quantity: &'static str,
    number: &'static str,
    text: Signal<String>,
    mathml: Signal<String>,
) -> AnyView {
    let held = move || desk.pinned.get() == Some(quantity);
    let press = move |_| {
        desk.pinned.update(|pinned| *pinned = if *pinned == Some(quantity) { None } else { Some(quantity) });
    };
    view! {
        <button
            type="button"
            data-q=quantity
            class:now=held
            aria-pressed=move || held().to_string()
            title=move || tr("attack.formula.hold")
            on:click=press
        >
            <small>
                <b>{number}</b>
                <span>{move || text.get()}</span>
            </small>
            <Tex mathml=mathml />
        </button>
    }
    .into_any()
}
