//! What this browser offers, how both engines are, and why the numbers are computed where they are. The same rows
//! make the report that can be copied into a question or a bug report.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::dialog::Dialog;
use super::{Shell, share};
use crate::app::engine_link::capability::{self, Adapter, Browser};
use crate::app::lab::{DeviceChoice, Devices, EngineState};
use crate::app::{Lab, tr, tr_with, use_lab};
use crate::plot;
use crate::session::DeviceKind;

/// Label and value.
type Row = (String, String);

fn yes(there: bool) -> String {
    tr(if there { "device.yes" } else { "device.no" })
}

/// What the browser offers. `adapter`: not asked yet, none, or what it says of itself.
fn browser_rows(browser: &Browser, adapter: Option<&Option<Adapter>>) -> Vec<Row> {
    let mut rows = vec![(tr("device.row.webgpu"), yes(browser.webgpu))];
    match adapter {
        Some(Some(adapter)) => {
            let kind = if adapter.fallback { tr("device.software") } else { String::new() };
            rows.push((
                tr("device.row.adapter"),
                format!("{} {} {kind}", adapter.name(), adapter.description).trim().into(),
            ));
            let size = plot::integer((adapter.max_buffer / f64::from(1 << 20)) as u64);
            let threads = plot::integer(adapter.max_invocations as u64);
            rows.push((tr("device.row.limits"), tr_with("device.limits", &[("size", size), ("threads", threads)])));
        }
        Some(None) => rows.push((tr("device.row.adapter"), tr("device.none"))),
        None => {}
    }
    // The page itself is compiled with SIMD: where it runs, there is SIMD.
    rows.push((tr("device.row.simd"), yes(true)));
    let known = |value: f64, text: String| if value > 0.0 { text } else { tr("device.not_said") };
    rows.push((tr("device.row.cores"), known(f64::from(browser.cores), browser.cores.to_string())));
    rows.push((
        tr("device.row.memory"),
        known(browser.memory, tr_with("device.gib", &[("n", browser.memory.to_string())])),
    ));
    rows.push((tr("device.row.secure"), yes(browser.secure)));
    rows.push((tr("device.row.offline"), yes(browser.service_worker)));
    rows
}

fn state_text(state: &EngineState, ms: Option<f32>) -> String {
    let text = match state {
        EngineState::Absent { reason } => tr(reason),
        EngineState::Loading { loaded, total } if *total > 0 => {
            tr_with("device.state.loading", &[("n", (loaded * 100 / total).min(100).to_string())])
        }
        EngineState::Loading { .. } => tr("device.state.starting"),
        EngineState::Warming => tr("device.state.warming"),
        EngineState::Ready => tr("device.state.ready"),
        EngineState::Failed { message } => tr_with("device.state.failed", &[("reason", message.clone())]),
    };
    match ms {
        Some(ms) => format!("{text}; {}", tr_with("device.measured", &[("ms", plot::fixed(f64::from(ms), 1))])),
        None => text,
    }
}

fn engine_rows(devices: &Devices) -> Vec<Row> {
    let mut rows = vec![
        (tr("device.row.cpu"), state_text(&devices.cpu, devices.cpu_ms)),
        (tr("device.row.gpu"), state_text(&devices.gpu, devices.gpu_ms)),
    ];
    if let Some(difference) = devices.disagreement {
        let agree = if difference <= capability::AGREEMENT { "device.agree" } else { "device.differ" };
        rows.push((tr("device.row.agreement"), tr_with(agree, &[("n", plot::scientific(f64::from(difference)))])));
    }
    let active = match devices.active {
        Some(DeviceKind::Cpu) => tr("device.cpu"),
        Some(DeviceKind::Gpu) => tr("device.gpu"),
        None => tr("device.none"),
    };
    rows.push((tr("device.row.active"), active));
    rows.push((tr("device.row.reason"), tr(devices.reason)));
    rows
}

fn table(rows: Vec<Row>) -> AnyView {
    let row = |(label, value): Row| view! { <dt>{label}</dt><dd>{value}</dd> }.into_any();
    view! { <dl class="rows">{rows.into_iter().map(row).collect_view()}</dl> }.into_any()
}

/// The dialog behind the device chip.
#[component]
pub fn CapabilityPanel() -> impl IntoView {
    let lab = use_lab();
    let shell = expect_context::<Shell>();
    let title = Signal::derive(|| tr("device.title"));
    let browser = StoredValue::new(Browser::ask());
    let adapter = RwSignal::new(None::<Option<Adapter>>);
    // Asked when somebody looks, once: asking wakes a GPU up.
    Effect::new(move |_| {
        if shell.device.get() && adapter.with_untracked(Option::is_none) {
            spawn_local(async move { adapter.set(Some(capability::adapter().await)) });
        }
    });
    let browser_rows =
        move || adapter.with(|adapter| browser.with_value(|browser| browser_rows(browser, adapter.as_ref())));
    let engine_rows = move || lab.devices.with(engine_rows);
    let report = move |_| {
        let agent = (tr("device.row.agent"), browser.with_value(|browser| browser.user_agent.clone()));
        let version = (tr("shell.name"), env!("CARGO_PKG_VERSION").to_string());
        let rows = [version, agent].into_iter().chain(browser_rows()).chain(engine_rows());
        let text = rows.map(|(label, value)| format!("{label}: {value}\n")).collect::<String>();
        share::copy(lab, text, "device.copied");
    };
    view! {
        <Dialog name="device" open=shell.device title=title>
            <h3>{move || tr("device.engines")}</h3>
            {move || table(engine_rows())}
            <fieldset class="opts">
                <legend>{move || tr("device.choice")}</legend>
                {choice(lab, DeviceChoice::Auto, "auto")} {choice(lab, DeviceChoice::Cpu, "cpu")}
                {choice(lab, DeviceChoice::Gpu, "gpu")}
            </fieldset>
            <h3>{move || tr("device.browser")}</h3>
            {move || table(browser_rows())}
            <button type="button" class="ab" data-act="copy-report" on:click=report>
                {move || tr("device.copy")}
            </button>
        </Dialog>
    }
    .into_any()
}

fn choice(lab: Lab, device: DeviceChoice, key: &'static str) -> AnyView {
    view! {
        <label class="tick">
            <input
                type="radio"
                name="device-choice"
                value=key
                prop:checked=move || lab.device_choice.get() == device
                on:change=move |_| lab.device_choice.set(device)
            />
            <span>{move || tr(&format!("device.choice.{key}"))}</span>
        </label>
    }
    .into_any()
}
