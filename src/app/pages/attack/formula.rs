//! The formula strip: the three parts of a Frank–Wolfe step in the chosen norm with the numbers of this moment, those
//! of the first attack in the race that asks an oracle. Hovering one keeps what it
//! means in the figures and fades the rest; pressing holds it until Escape.

use fwlab_tex::tex;
use leptos::ev;
use leptos::prelude::*;

use super::desk::{Desk, attack_name, halves, norm_name};
use super::gap::last_gap;
use crate::app::math::{Tex, fill};
use crate::app::{tr, tr_with};
use crate::plot::{fixed, scientific};
use crate::session::NormId;

/// The strip.
#[component]
pub fn FormulaStrip(desk: Desk) -> impl IntoView {
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            desk.pinned.set(None);
        }
    });
    on_cleanup(move || escape.remove());
    let leader = Memo::new(move |_| desk.leader());
    let gap = Memo::new(move |_| {
        let last = leader.with(|key| last_gap(&desk, key));
        fill(tex!(r"\langle g_t,\,v_t-x_t\rangle=\fw{\slot}"), &[&scientific(last)])
    });
    // γ as it is, and how often it was halved.
    let state = Memo::new(move |_| {
        let read = |key: &String| desk.attack(key, |_, state| (state.step_size.last().copied(), state.halvings.len()));
        let (gamma, halvings) = leader.with(read).unwrap_or((None, 0));
        (gamma.map_or_else(|| desk.lab.attack_spec.with(|spec| spec.gamma0), f64::from), halvings)
    });
    let step = Memo::new(move |_| {
        let (gamma, _) = state.get();
        fill(tex!(r"x_t+\gamma_t(v_t-x_t)\qquad\gamma_t=\slot"), &[&scientific(gamma)])
    });
    let moved = move || {
        if !leader.with(|key| halves(key)) {
            return tr("attack.formula.constant");
        }
        let (_, halvings) = state.get();
        let gamma0 = fixed(desk.lab.attack_spec.with(|spec| spec.gamma0), 2);
        tr_with("attack.formula.move", &[("n", halvings.to_string()), ("gamma0", gamma0)])
    };
    let norm = Memo::new(move |_| desk.norm());
    let corner = Signal::derive(move || corner(norm.get().0).to_string());
    let asked = Signal::derive(move || {
        let norm = norm.get();
        // Its oracle is asked with the running mean of gradients, its gap belongs to the gradient.
        let what = match norm.0 {
            _ if leader.with(|key| key == "fw-momentum") => "attack.formula.mean",
            NormId::Linf => "attack.formula.corner",
            NormId::Nuclear | NormId::Wasserstein => "attack.formula.near",
            _ => "attack.formula.vertex",
        };
        tr_with(what, &[("norm", norm_name(norm))])
    });
    let label = move || tr_with("attack.formula.label", &[("name", leader.with(|key| attack_name(key)))]);
    view! {
        <div class="formula p2" role="group" aria-label=label>
            {cell(desk, "v", "1", asked, corner)}
            {cell(desk, "gap", "2", Signal::derive(move || tr("attack.formula.gap")), gap.into())}
            {cell(desk, "x", "3", Signal::derive(moved), step.into())}
        </div>
    }
    .into_any()
}

/// The oracle's answer in ball ∩ box: closed for L∞, with one number λ for L2 and Lp (so that the whole ε is used, or
/// all the box allows), pixel by pixel in the order of |g| for L1.
fn corner(norm: NormId) -> &'static str {
    match norm {
        NormId::Linf => tex!(r"v_t=\operatorname{clamp}(x_0+\varepsilon\,\operatorname{sign}g_t,\,0,\,1)"),
        NormId::L2 => tex!(r"v_t=\operatorname{clamp}(x_0+\lambda\,g_t,\,0,\,1)"),
        NormId::Lp => tex!(r"v_t=\operatorname{clamp}(x_0+\lambda\,|g_t|^{1/(p-1)}\operatorname{sign}g_t,\,0,\,1)"),
        NormId::Nuclear => tex!(r"v_t=\operatorname{clamp}(x_0+\varepsilon\,u_1 w_1^{\top},\,0,\,1)"),
        NormId::Wasserstein => {
            tex!(r"\Pi_{ij}\propto x_{0,i}\,\exp((g_{t,j}-\nu\,C_{ij})/\gamma)")
        }
        NormId::L1 => tex!(r"\langle g_t,\,v_t\rangle=\max_{\|v-x_0\|_1\leq\varepsilon}\langle g_t,\,v\rangle"),
    }
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
