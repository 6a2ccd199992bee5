//! The panel of the Attack page: which network, which images, how far, how many calls, which attacks. Every control
//! writes the description of the attack, and the engine follows.

use leptos::prelude::*;

use super::desk::{self, Desk, attack_name, epsilon_key, loss_name, short_name};
use super::draw::sign;
use super::entry::too_few;
use super::epsilon::EpsilonFigure;
use super::own_network;
use super::own_picture::OwnPicture;
use crate::app::controls::{Choice, ParamField};
use crate::app::{tr, tr_with};
use crate::plot::fixed;
use crate::session::params::{ATTACK, Param, Value};
use crate::session::{AttackSpec, DataId, LossId, NormId, RunId, Victim, attack_norms};

/// The panel.
#[component]
pub fn Rail(desk: Desk) -> impl IntoView {
    let wide = desk.window.with_untracked(|size| size.0 >= 640.0);
    view! {
        <aside class="rail" aria-label=move || tr("attack.rail.label")>
            <details open=wide>
                <summary>{move || tr("attack.rail.label")}</summary>
                <section>
                    {victim_menu(desk)} <div class="own-row">{victim_card(desk)} {own_network::open(desk)}</div>
                </section>
                <section>
                    <h2>{move || tr("attack.rail.images")}</h2>
                    {sources(desk)}
                    <div class="side">{field(desk, "images")} {field(desk, "first")}</div>
                </section>
                <section>
                    {field(desk, "norm")}
                    {how_far(desk)}
                </section>
                <section>
                    {field(desk, "N")}
                    <div class="side">{field(desk, "restarts")} {field(desk, "gamma0")}</div>
                </section>
                <section>
                    <h2>{move || tr("attack.rail.attacks")}</h2>
                    {attacks(desk)}
                    {losses(desk)}
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

/// ε of the chosen norm with its gauge, and the exponent where there is one.
fn how_far(desk: Desk) -> AnyView {
    let norm = Memo::new(move |_| desk.lab.attack_spec.with(|spec| spec.norm));
    let fields = move || {
        let norm = norm.get();
        view! {
            {field(desk, epsilon_key(norm))}
            <EpsilonFigure desk />
            {(norm == NormId::Lp).then(|| field(desk, "p"))}
        }
        .into_any()
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
    if lab.attack.network.with(Option::is_some) {
        keys.push(victim_key(&Victim::Own));
    }
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
        (None, "own") => own_network::name(desk),
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
            Victim::Own => None,
        }
    });
    let own = Memo::new(move |_| own_network::facts(&desk));
    let card = move || {
        let (text, made, more) = match own.get() {
            Some((text, words)) => (text, words, own_network::guide()),
            None => {
                let (data, accuracy, command) = facts.get()?;
                let data = tr(&format!("data.{}", data.key()));
                let text = tr_with("attack.rail.accuracy", &[("data", data), ("p", fixed(100.0 * accuracy, 1))]);
                let made = if command.is_empty() { tr("attack.rail.made_live") } else { tr("attack.rail.made") };
                (text, made, (!command.is_empty()).then(|| view! { <code>{command}</code> }).into_any())
            }
        };
        let view = view! {
            <details class="fine">
                <summary>{text}</summary>
                <p>{made}</p>
                {more}
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

/// Something that may be chosen, or why it may not.
struct Row {
    /// Its key: `data-attack` or `data-value`.
    attack: Option<&'static str>,
    value: Option<&'static str>,
    on: Signal<bool>,
    /// Why pressing changes nothing now, in words; empty if it does something.
    barred: Signal<String>,
    text: Signal<String>,
    note: Signal<String>,
    press: Callback<()>,
}

/// A row of a group.
fn row(row: Row) -> AnyView {
    let Row { attack, value, on, barred, text, note, press } = row;
    let open = move || barred.with(String::is_empty);
    view! {
        <button
            type="button"
            data-attack=attack
            data-value=value
            class:on=move || on.get()
            aria-pressed=move || on.get().to_string()
            aria-disabled=move || (!open()).to_string()
            title=move || note.get()
            on:click=move |_| {
                if untrack(open) {
                    press.run(());
                }
            }
        >
            <i class=attack.map(|_| "sq") aria-hidden="true"></i>
            <span>{move || text.get()}</span>
            {attack.map(sign)}
            <small>{move || barred.get()}</small>
        </button>
    }
    .into_any()
}

/// The attacks, each with its mark, in two columns under their short names. At least one races; those that the norm does
/// not allow say for which norms they are made.
fn attacks(desk: Desk) -> AnyView {
    let attack = |key: &'static str| {
        let on = Signal::derive(move || desk.lab.attack_spec.with(|spec| spec.attacks.iter().any(|k| k == key)));
        row(Row {
            attack: Some(key),
            value: None,
            on,
            barred: Memo::new(move |_| why_not(&desk, key, on.get())).into(),
            text: Signal::derive(move || short_name(key)),
            note: Signal::derive(move || format!("{}: {}", attack_name(key), tr(&format!("attack.{key}.note")))),
            press: Callback::new(move |()| desk.change(|spec| turn(spec, key))),
        })
    };
    view! {
        <div class="opts two" role="group" aria-label=move || tr("attack.rail.attacks")>
            {desk::ATTACKS.iter().map(|(key, _)| attack(key)).collect_view()}
        </div>
    }
    .into_any()
}

/// Why an attack cannot be put into the race, or taken out of it; empty if it can.
fn why_not(desk: &Desk, key: &'static str, on: bool) -> String {
    let (norm, racing) = desk.lab.attack_spec.with(|spec| (spec.norm, spec.attacks.len()));
    let norms = attack_norms(key);
    if !norms.contains(&norm) {
        let names: Vec<String> = norms.iter().map(|norm| tr(&format!("norm.{}", norm.key()))).collect();
        tr_with("attack.barred.norm", &[("norms", names.join(", "))])
    } else if on && racing < 2 {
        tr("attack.barred.last")
    } else {
        String::new()
    }
}

/// Puts an attack into the race or takes it out; in menu order, whatever the order of pressing.
fn turn(spec: &mut AttackSpec, key: &'static str) {
    if spec.attacks.iter().any(|k| k == key) {
        spec.attacks.retain(|k| k != key);
    } else {
        spec.attacks.push(key.into());
    }
    spec.attacks.sort_by_key(|k| desk::ATTACKS.iter().position(|(known, _)| known == k));
}

/// The class that the network is to say. One that it does not know is in the menu if the URL asked for it.
fn towards(desk: Desk) -> AnyView {
    let target = move || desk.lab.attack_spec.with(|spec| spec.target);
    let count =
        Memo::new(move |_| desk.class_count().unwrap_or(0).max(target().map_or(0, |class| 1 + u32::from(class))));
    let selected = Signal::derive(move || target().map_or_else(String::new, |class| class.to_string()));
    let on_pick = Callback::new(move |key: String| desk.change(|spec| spec.target = key.parse().ok()));
    let menu = move || {
        let mut options = vec![(String::new(), Signal::derive(|| tr("attack.rail.any")))];
        options.extend(
            (0..count.get()).map(|class| (class.to_string(), Signal::derive(move || desk.class(class as usize)))),
        );
        let label = Signal::derive(|| tr("param.target"));
        view! { <Choice label=label options=options selected=selected on_pick=on_pick /> }
    };
    view! { <div data-param="target">{menu}</div> }.into_any()
}

/// The losses, folded under the one that is raised; those that the network has too few classes for say how many they
/// need.
fn losses(desk: Desk) -> AnyView {
    let option = |(loss, key): (LossId, &'static str)| {
        let barred = move || {
            let classes = desk.class_count();
            let needed = [("n", loss.classes_needed().to_string()), ("found", classes.unwrap_or(0).to_string())];
            if too_few(loss, classes) { tr_with("attack.barred.classes", &needed) } else { String::new() }
        };
        row(Row {
            attack: None,
            value: Some(key),
            on: Signal::derive(move || desk.lab.attack_spec.with(|spec| spec.loss == loss)),
            barred: Signal::derive(barred),
            text: Signal::derive(move || loss_name(loss)),
            note: Signal::stored(String::new()),
            press: Callback::new(move |()| desk.change(|spec| spec.loss = loss)),
        })
    };
    let now = move || {
        let (loss, target) = desk.lab.attack_spec.with(|spec| (spec.loss, spec.target));
        let loss = format!("{}: {}", tr("param.attack_loss"), loss_name(loss));
        match target {
            Some(class) => tr_with("attack.rail.towards", &[("loss", loss), ("class", desk.class(class.into()))]),
            None => loss,
        }
    };
    view! {
        <details class="fine" data-param="loss">
            <summary>{now}</summary>
            <p>{move || tr("param.attack_loss.help")}</p>
            <div class="opts two" role="group" aria-label=move || tr("param.attack_loss")>
                {LossId::ALL.into_iter().map(option).collect_view()}
            </div>
            {towards(desk)}
            <p>{move || tr("param.target.help")}</p>
            <p>{move || format!("{}: {}", tr("attack.rail.reading"), tr("attack.auto-fw.note"))}</p>
        </details>
    }
    .into_any()
}
