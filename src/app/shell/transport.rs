//! The transport: reset, play, step and what goes with them, the same on every page. Where the run stands, how fast
//! it goes and on which device are always on screen.

use leptos::prelude::*;

use super::button::{Look, button};
use super::icons::{PAUSE, PLAY, RESET, STEP, icon};
use super::meters::Meters;
use super::scrubber::Scrubber;
use super::speed::Speed;
use super::{Shell, actions};
use crate::app::engine_gate::needs_engine;
use crate::app::lab::{Devices, EngineState, Page};
use crate::app::{Lab, tr, tr_with, use_lab};
use crate::plot;
use crate::session::DeviceKind;

/// Characters of an adapter's name that fit into the chip.
const NAME_LENGTH: usize = 20;

/// Where the page that is open stands: steps (or calls) done, or looked back at, and planned.
pub fn position(lab: Lab) -> (u32, u32) {
    match lab.page.get() {
        Page::Geometry | Page::Theory | Page::Methods => {
            let plane = actions::plane(lab);
            plane.and_then(|plane| Some((plane.t.try_get()?, plane.total.try_get()?))).unwrap_or((0, 0))
        }
        Page::Train => (lab.train.t.get(), lab.experiment.with(|experiment| experiment.steps)),
        Page::Attack => {
            let budget = lab.attack_spec.with(|spec| spec.budget);
            let past = lab.attack.moment.with(|moment| moment.as_ref().map(|moment| moment.call));
            lab.attack.now.with(|now| now.as_ref().map_or((0, budget), |now| (past.unwrap_or(now.call), now.budget)))
        }
    }
}

/// `loading`, `ready`, `running`, `paused` or `failed`. The plane needs no engine.
fn engine_state(lab: Lab) -> &'static str {
    let page = lab.page.get();
    let missing = lab.devices.with(|devices| match devices.active {
        Some(_) => None,
        None if matches!(devices.cpu, EngineState::Failed { .. }) => Some("failed"),
        None => Some("loading"),
    });
    match missing.filter(|_| needs_engine(page)) {
        Some(state) => state,
        None if actions::is_playing(lab) => "running",
        None if position(lab).0 > 0 => "paused",
        None => "ready",
    }
}

/// The bar.
#[component]
pub fn Transport() -> impl IntoView {
    let lab = use_lab();
    let playing = Memo::new(move |_| actions::is_playing(lab));
    let state = Memo::new(move |_| engine_state(lab));
    let place = Memo::new(move |_| position(lab));
    let with_icon = |icon: AnyView| Look { icon: Some(icon), ..Look::default() };
    let play_icon = icon(move || if playing.get() { PAUSE } else { PLAY });
    let play_text = move || if playing.get() { "act.pause" } else { "act.play" };
    let step = move |event: leptos::ev::MouseEvent| {
        if event.shift_key() { actions::sub_step(lab) } else { actions::step(lab) }
    };
    view! {
        <div class="transport" role="toolbar" aria-label=move || tr("transport.label") data-engine-state=move || state.get()>
            <div class="keys">
                {button("reset", with_icon(icon(|| RESET)), || "act.reset", move |_| actions::reset(lab))}
                {button("play", Look { class: "play", ..with_icon(play_icon) }, play_text, move |_| actions::play(lab))}
                {button("step", with_icon(icon(|| STEP)), || "act.step", step)}
            </div>
            {sub_step_and_seed(lab)}
            <Speed />
            <Scrubber place />
            {clock(lab, place)}
            <Meters />
            {device_chip(lab)}
            {move || compare(lab, "ab")}
        </div>
    }
    .into_any()
}

fn sub_step_and_seed(lab: Lab) -> AnyView {
    let sub_step = move || {
        let look = Look { class: "sub-step", ..Look::default() };
        button("sub-step", look, || "act.sub_step", move |_| actions::sub_step(lab))
    };
    view! {
        <div class="more-keys">
            {move || (lab.page.get() == Page::Train).then(sub_step)}
            {move || new_seed(lab)}
        </div>
    }
    .into_any()
}

/// Another seed, where there is one.
pub fn new_seed(lab: Lab) -> Option<AnyView> {
    let button = || button("new-seed", Look::default(), || "act.new_seed", move |_| actions::new_seed(lab));
    needs_engine(lab.page.get()).then(button)
}

fn clock(lab: Lab, place: Memo<(u32, u32)>) -> AnyView {
    let done = move || {
        let n = plot::integer(u64::from(place.get().0));
        tr_with(if lab.page.get() == Page::Attack { "transport.call" } else { "transport.t" }, &[("n", n)])
    };
    let all = move || tr_with("transport.of", &[("n", plot::integer(u64::from(place.get().1)))]);
    view! {
        <span class="clock">
            <b data-step="">{done}</b>
            <small>{all}</small>
        </span>
    }
    .into_any()
}

/// What the chip says: where the numbers are computed, or how far the engine is.
fn chip_text(devices: &Devices) -> String {
    match (devices.active, &devices.cpu) {
        (Some(DeviceKind::Cpu), _) => tr("device.chip.cpu"),
        (Some(DeviceKind::Gpu), _) if devices.adapter.is_empty() => tr("device.gpu"),
        (Some(DeviceKind::Gpu), _) => {
            let name = devices.adapter.chars().take(NAME_LENGTH).collect();
            tr_with("device.chip.gpu", &[("name", name)])
        }
        (None, EngineState::Loading { loaded, total }) if *total > 0 => {
            tr_with("device.chip.loading", &[("n", (loaded * 100 / total).min(100).to_string())])
        }
        (None, EngineState::Failed { .. }) => tr("device.chip.failed"),
        (None, EngineState::Absent { .. }) => tr("device.cpu"),
        (None, _) => tr("device.chip.starting"),
    }
}

fn device_chip(lab: Lab) -> AnyView {
    let shell = expect_context::<Shell>();
    let device = move || {
        lab.devices.with(|devices| match devices.active {
            Some(DeviceKind::Cpu) => "cpu",
            Some(DeviceKind::Gpu) => "gpu",
            None => "none",
        })
    };
    view! {
        <button
            type="button"
            class="chip"
            data-act="device"
            data-device=device
            title=move || tr("device.chip.help")
            on:click=move |_| shell.device.set(true)
        >
            {move || lab.devices.with(chip_text)}
        </button>
        // In stage mode everything else that could lead out of it is hidden.
        {button("leave", Look { class: "ab leave", ..Look::default() }, || "act.leave", move |_| lab.present.set(false))}
    }
    .into_any()
}

/// The switch of the second run, where there is one.
pub fn compare(lab: Lab, class: &'static str) -> Option<AnyView> {
    let on = Signal::derive(move || lab.experiment.with(|experiment| experiment.b.is_some()));
    let text = move || if on.get() { "act.compare.on" } else { "act.compare" };
    let look = Look { class, on: Some(on), ..Look::default() };
    (lab.page.get() == Page::Train).then(|| button("compare", look, text, move |_| actions::compare(lab)))
}
