//! The panel of the Attack page: which network, which images, how far, how many calls, which attacks. Every control
//! writes the description of the attack, and the engine follows.

use leptos::prelude::*;

use super::desk::{self, Desk, attack_name, family};
use super::epsilon::EpsilonFigure;
use super::own_picture::OwnPicture;
use crate::app::controls::{Choice, ParamField};
use crate::app::figure::marks::marker;
use crate::app::{tr, tr_with};
use crate::plot::fixed;
use crate::session::params::{ATTACK, Param, Value};
use crate::session::{AttackSpec, DataId, NormId, RunId, Victim};

/// The panel.
#[component]
pub fn Rail(desk: Desk) -> impl IntoView {
    let wide = desk.window.with_untracked(|size| size.0 >= 640.0);
    view! {
        <aside class="rail" aria-label=move || tr("attack.rail.label")>
            <details open=wide>
                <summary>{move || tr("attack.rail.label")}</summary>
                <section>{victim_menu(desk)} {victim_card(desk)}</section>
                <section>
                    <h2>{move || tr("attack.rail.images")}</h2>
                    {sources(desk)}
                    {field(desk, "images")}
                    {field(desk, "first")}
                </section>
                <section>
                    {field(desk, "norm")}
                    {how_far(desk)}
                </section>
                <section>{field(desk, "N")} {field(desk, "restarts")} {field(desk, "gamma0")}</section>
                <section>
                    <h2>{move || tr("attack.rail.attacks")}</h2>
                    {attacks(desk)}
                    {field(desk, "loss")}
                    <details class="fine">
                        <summary>{move || tr("attack.rail.reading")}</summary>
                        <p>{move || tr("attack.auto-fw.note")}</p>
                    </details>
                </section>
            </details>
        </aside>
    }
    .into_any()
}

fn param(key: &str) -> Option<&'static Param<AttackSpec>> {
    ATTACK.iter().find(|param| param.key == key)
}

/// The control of one parameter. Sliders wait for their release, because every change starts the race anew.
fn field(desk: Desk, key: &'static str) -> AnyView {
    let value = Signal::derive(move || desk.lab.attack_spec.get());
    let on_change = Callback::new(move |spec: AttackSpec| desk.lab.attack_spec.set(spec));
    param(key).map(|param| view! { <ParamField param=param value=value on_change=on_change settle=true /> }).into_any()
}

/// ε of the chosen norm. What an attack changes at most in a pixel is measured against the wall of L∞ only.
fn how_far(desk: Desk) -> AnyView {
    let norm = Memo::new(move |_| desk.lab.attack_spec.with(|spec| spec.norm));
    let fields = move || match norm.get() {
        NormId::Linf => view! {
            {field(desk, "eps")}
            <EpsilonFigure desk />
        }
        .into_any(),
        NormId::L2 => field(desk, "eps2"),
        NormId::L1 => field(desk, "eps1"),
        NormId::Lp => view! {
            {field(desk, "epsp")}
            {field(desk, "p")}
        }
        .into_any(),
    };
    fields.into_any()
}

/// A network as the URL names it.
fn victim_key(victim: &Victim) -> String {
    let spec = AttackSpec { victim: victim.clone(), ..AttackSpec::default() };
    param("victim").map(|param| (param.get)(&spec).to_text()).unwrap_or_default()
}

/// The networks that can be attacked: those that ship with the lab, and the runs of the Train page.
fn victims(desk: &Desk) -> Vec<String> {
    let lab = desk.lab;
    let mut keys: Vec<String> = lab.attack.models.with(|cards| cards.iter().map(|card| card.name.clone()).collect());
    let runs = [(RunId::A, Victim::TrainingA), (RunId::B, Victim::TrainingB)];
    keys.extend(runs.iter().filter(|(run, _)| desk::in_training(&lab, *run)).map(|(_, victim)| victim_key(victim)));
    // What the URL asked for is shown even before it is known to exist.
    let chosen = lab.attack_spec.with(|spec| victim_key(&spec.victim));
    if !keys.contains(&chosen) {
        keys.push(chosen);
    }
    keys
}

/// How a network is named in the menu.
fn victim_name(desk: &Desk, key: &str) -> String {
    let title = desk.lab.attack.models.with(|cards| {
        let card = cards.iter().find(|card| card.name == key)?;
        Some((card.title.clone(), card.test_accuracy))
    });
    match (title, key) {
        (Some((title, accuracy)), _) => {
            tr_with("attack.rail.model", &[("title", title), ("p", fixed(100.0 * f64::from(accuracy), 0))])
        }
        (None, "training-a") => tr("attack.rail.training_a"),
        (None, "training-b") => tr("attack.rail.training_b"),
        (None, _) => key.to_string(),
    }
}

fn victim_menu(desk: Desk) -> AnyView {
    let keys = Memo::new(move |_| victims(&desk));
    let selected = Signal::derive(move || desk.lab.attack_spec.with(|spec| victim_key(&spec.victim)));
    let on_pick = Callback::new(move |key: String| {
        desk.change(|spec| {
            let set = param("victim").map(|param| (param.set)(spec, &Value::Text(key)));
            // Images go with their network, unless they are the user's own.
            if set == Some(Ok(()))
                && spec.data != DataId::Own
                && let Some(data) = untrack(|| desk::data_of_victim(&desk.lab, &spec.victim))
            {
                spec.data = data;
            }
        });
    });
    let menu = move || {
        let option = |key: String| {
            let named = key.clone();
            (key, Signal::derive(move || victim_name(&desk, &named)))
        };
        let options: Vec<(String, Signal<String>)> = keys.get().into_iter().map(option).collect();
        let label = Signal::derive(move || tr("attack.rail.network"));
        view! { <Choice label=label options=options selected=selected on_pick=on_pick /> }
    };
    view! { <div data-param="victim">{menu}</div> }.into_any()
}

/// What is known of the chosen network: how good it is, and how it was made.
fn victim_card(desk: Desk) -> AnyView {
    let facts = Memo::new(move |_| {
        let victim = desk.lab.attack_spec.with(|spec| spec.victim.clone());
        match victim {
            Victim::Bundled(name) => desk.lab.attack.models.with(|cards| {
                let card = cards.iter().find(|card| card.name == name)?;
                Some((card.data, f64::from(card.test_accuracy), card.command.clone()))
            }),
            Victim::TrainingA => accuracy_in_training(&desk, RunId::A),
            Victim::TrainingB => accuracy_in_training(&desk, RunId::B),
        }
    });
    let card = move || {
        let (data, accuracy, command) = facts.get()?;
        let data = tr(&format!("data.{}", data.key()));
        let text = tr_with("attack.rail.accuracy", &[("data", data), ("p", fixed(100.0 * accuracy, 1))]);
        let made = if command.is_empty() { tr("attack.rail.made_live") } else { tr("attack.rail.made") };
        let view = view! {
            <details class="fine">
                <summary>{text}</summary>
                <p>{made}</p>
                {(!command.is_empty()).then(|| view! { <code>{command}</code> })}
            </details>
        };
        Some(view.into_any())
    };
    card.into_any()
}

fn accuracy_in_training(desk: &Desk, run: RunId) -> Option<(DataId, f64, String)> {
    let accuracy = desk.lab.log(run).with(|log| log.evaluations.last().map(|row| f64::from(row.test_accuracy)))?;
    Some((desk.lab.experiment.with(|experiment| experiment.data), accuracy, String::new()))
}

/// Test images of the network's data set, or a picture of the user's own.
fn sources(desk: Desk) -> AnyView {
    let shipped = Memo::new(move |_| {
        let (data, victim) = desk.lab.attack_spec.with(|spec| (spec.data, spec.victim.clone()));
        desk::data_of_victim(&desk.lab, &victim).unwrap_or(if data == DataId::Own { DataId::Cifar10 } else { data })
    });
    let on = Signal::derive(move || desk.lab.attack_spec.with(|spec| spec.data) == shipped.get());
    let text = move || tr_with("attack.rail.test_images", &[("data", tr(&format!("data.{}", shipped.get().key())))]);
    view! {
        <div class="opts" role="group" aria-label=move || tr("attack.rail.images")>
            <button
                type="button"
                class:on=move || on.get()
                aria-pressed=move || on.get().to_string()
                on:click=move |_| desk.change(|spec| spec.data = shipped.get_untracked())
            >
                <i aria-hidden="true"></i>
                <span>{text}</span>
            </button>
            <OwnPicture desk />
        </div>
    }
    .into_any()
}

/// The attacks in the race, each with its mark and its line. One always stays.
fn attacks(desk: Desk) -> AnyView {
    let row = move |key: &'static str| {
        let on = Signal::derive(move || desk.lab.attack_spec.with(|spec| spec.attacks.iter().any(|k| k == key)));
        let last = move || on.get() && desk.lab.attack_spec.with(|spec| spec.attacks.len() < 2);
        let press = move |_| {
            desk.change(|spec| {
                let mut keys: Vec<String> = spec.attacks.clone();
                if keys.iter().any(|k| k == key) {
                    keys.retain(|k| k != key);
                } else {
                    keys.push(key.into());
                }
                if !keys.is_empty() {
                    // In menu order, whatever the order of pressing.
                    keys.sort_by_key(|k| desk::ATTACKS.iter().position(|(known, _)| known == k));
                    spec.attacks = keys;
                }
            });
        };
        view! {
            <button
                type="button"
                data-attack=key
                class:on=move || on.get()
                aria-pressed=move || on.get().to_string()
                aria-disabled=move || last().to_string()
                title=move || tr(&format!("attack.{key}.note"))
                on:click=press
            >
                <i class="sq" aria-hidden="true"></i>
                <span>{move || attack_name(key)}</span>
                {sample(family(key))}
            </button>
        }
    };
    view! {
        <div class="opts" role="group" aria-label=move || tr("attack.rail.attacks")>
            {desk::ATTACKS.iter().map(|(key, _)| row(key)).collect_view()}
        </div>
    }
    .into_any()
}

/// A piece of an attack's curve with its marker.
fn sample(family: &'static str) -> AnyView {
    view! {
        <svg class="sample" width="44" height="16" viewBox="-22 -8 44 16" aria-hidden="true">
            <path class=format!("ln {family}") d="M-21 0H21" />
            <path class=format!("f {family}") d=marker(family) />
        </svg>
    }
    .into_any()
}
