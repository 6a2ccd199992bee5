//! Functions on `window` for the browser tests and the benchmark. They do what the page does, with the same
//! engines.
//!
//! - `__fwlab_bench(device, steps)` → `{milliseconds: […]}`: bare training steps of the experiment's network
//! - `__fwlab_probe(device)` → the numbers that devices must agree on
//! - `__fwlab_attack_bench()` → `{auto_fw_ms, apgd_ms}` per gradient call on the attack page's images
//! - `__fwlab_fault(what)`: `crash` or `lose-device`; only if the page was opened with `?faults=1`

use js_sys::{Array, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::future_to_promise;

use super::asks::{Want, ask};
use super::fetch::sleep;
use super::worker::faults_allowed;
use super::{spawn, takeover, wake, with_link};
use crate::app::Lab;
use crate::session::*;

/// Gradient calls of each attack that is timed.
const ATTACK_CALLS: u32 = 20;

/// Puts the functions on `window`.
pub fn install(lab: Lab) {
    let bench = Closure::<dyn FnMut(String, u32) -> JsValue>::new(move |device: String, steps: u32| {
        future_to_promise(async move { bench(lab, device_of(&device), steps).await.ok_or_else(ended) }).into()
    });
    publish("__fwlab_bench", &bench.into_js_value());
    let probe = Closure::<dyn FnMut(String) -> JsValue>::new(move |device: String| {
        future_to_promise(async move { probe(lab, device_of(&device)).await.ok_or_else(ended) }).into()
    });
    publish("__fwlab_probe", &probe.into_js_value());
    let attack = Closure::<dyn FnMut() -> JsValue>::new(move || {
        future_to_promise(async move { attack_bench(lab).await.ok_or_else(ended) }).into()
    });
    publish("__fwlab_attack_bench", &attack.into_js_value());
    if faults_allowed() {
        let fault = Closure::<dyn FnMut(String)>::new(move |what: String| {
            with_link(|link| {
                if let Some(kind) = link.active
                    && let Some(engine) = &link.slot(kind).engine
                {
                    engine.fault(&what);
                }
            });
        });
        publish("__fwlab_fault", &fault.into_js_value());
    }
}

fn publish(name: &str, function: &JsValue) {
    let _ = Reflect::set(&window(), &name.into(), function);
}

fn device_of(name: &str) -> DeviceKind {
    if name == "gpu" { DeviceKind::Gpu } else { DeviceKind::Cpu }
}

fn ended() -> JsValue {
    js_sys::Error::new("the engine ended before it answered").into()
}

/// Waits until an engine is up; starts it if need be.
async fn up(lab: Lab, kind: DeviceKind) -> Option<()> {
    if with_link(|link| link.slot(kind).ready)? {
        return Some(());
    }
    let ready = ask(kind, Want::Ready);
    spawn(lab, kind);
    ready.await.map(|_| ())
}

async fn bench(lab: Lab, kind: DeviceKind, steps: u32) -> Option<JsValue> {
    up(lab, kind).await?;
    // The network's input is known with the list of data sets.
    while lab.data.with_untracked(Option::is_none) {
        sleep(50).await;
    }
    let Event::Benchmark { milliseconds, .. } = takeover::benchmark(lab, kind, steps).await? else { return None };
    Some(object(&[("milliseconds", numbers(&milliseconds))]))
}

async fn probe(lab: Lab, kind: DeviceKind) -> Option<JsValue> {
    up(lab, kind).await?;
    let Event::Probe(probe) = takeover::question(kind, Want::Probe, &Command::Probe).await? else { return None };
    Some(object(&[
        ("logits", numbers(&probe.logits)),
        ("loss", f64::from(probe.loss).into()),
        ("weight_gradient", numbers(&probe.weight_gradient)),
        ("weight_gradient_with_input", numbers(&probe.weight_gradient_with_input)),
        ("input_gradient", numbers(&probe.input_gradient)),
    ]))
}

async fn attack_bench(lab: Lab) -> Option<JsValue> {
    wake(lab);
    let spec = lab.attack_spec.get_untracked();
    // The clean images have been evaluated: network and data are here.
    while lab.attack.now.with_untracked(Option::is_none) {
        sleep(50).await;
    }
    let auto_fw = time_attack(lab, &spec, "auto-fw").await?;
    let apgd = time_attack(lab, &spec, "apgd").await?;
    super::send(Command::AttackConfigure(spec));
    Some(object(&[("auto_fw_ms", auto_fw.into()), ("apgd_ms", apgd.into())]))
}

/// Milliseconds a gradient call of one attack takes, alone, by the page's clock.
async fn time_attack(lab: Lab, spec: &AttackSpec, key: &str) -> Option<f64> {
    lab.attack.now.set(None);
    super::send(Command::AttackConfigure(AttackSpec {
        attacks: vec![key.into()],
        budget: ATTACK_CALLS,
        ..spec.clone()
    }));
    while lab.attack.now.with_untracked(Option::is_none) {
        sleep(20).await;
    }
    let clock = window().performance()?;
    let began = clock.now();
    super::send(Command::AttackRun { calls_per_second: 0.0 });
    loop {
        let call = lab.attack.now.with_untracked(|now| now.as_ref().map_or(0, |now| now.call));
        if call >= ATTACK_CALLS {
            return Some((clock.now() - began) / f64::from(ATTACK_CALLS));
        }
        sleep(5).await;
    }
}

fn numbers(values: &[f32]) -> JsValue {
    values.iter().map(|value| JsValue::from_f64(f64::from(*value))).collect::<Array>().into()
}

fn object(entries: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in entries {
        let _ = Reflect::set(&object, &(*key).into(), value);
    }
    object.into()
}
