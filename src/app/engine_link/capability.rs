//! What this browser offers, asked without assuming that any of it is there.

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::worker::field;

/// Largest relative difference of logits, loss and gradients at which two devices are taken to agree. Sums in
/// another order differ by about 1e-5 in single precision; a wrong kernel differs by far more.
pub const AGREEMENT: f32 = 1e-2;

/// A WebGPU adapter, as the browser describes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Adapter {
    pub vendor: String,
    pub architecture: String,
    pub description: String,
    /// A software adapter: correct, but slow.
    pub fallback: bool,
    /// Largest buffer in bytes.
    pub max_buffer: f64,
    /// Largest number of invocations in a workgroup.
    pub max_invocations: f64,
}

impl Adapter {
    /// Vendor and architecture, or whatever name there is.
    pub fn name(&self) -> String {
        let parts = [self.vendor.as_str(), self.architecture.as_str()];
        let name = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
        if name.is_empty() { self.description.clone() } else { name }
    }
}

/// What can be said at once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Browser {
    pub webgpu: bool,
    /// WebGPU and service workers exist only on https and localhost.
    pub secure: bool,
    pub service_worker: bool,
    /// Logical processors; 0 = not said.
    pub cores: u32,
    /// Memory in GiB, rounded and capped by the browser; 0 = not said.
    pub memory: f64,
    pub user_agent: String,
}

impl Browser {
    /// Asks the browser.
    pub fn ask() -> Self {
        let navigator: JsValue = window().navigator().into();
        let exists = |key: &str| !field(&navigator, key).is_undefined();
        let number = |key: &str| field(&navigator, key).as_f64().unwrap_or(0.0);
        Self {
            webgpu: exists("gpu"),
            secure: window().is_secure_context(),
            service_worker: exists("serviceWorker"),
            cores: number("hardwareConcurrency") as u32,
            memory: number("deviceMemory"),
            user_agent: field(&navigator, "userAgent").as_string().unwrap_or_default(),
        }
    }
}

/// Asks for a WebGPU adapter; `None` if there is none.
pub async fn adapter() -> Option<Adapter> {
    let gpu = field(&window().navigator().into(), "gpu");
    let options: JsValue = Object::new().into();
    Reflect::set(&options, &"powerPreference".into(), &"high-performance".into()).ok()?;
    let request: Function = field(&gpu, "requestAdapter").dyn_into().ok()?;
    let asked: Promise = request.call1(&gpu, &options).ok()?.dyn_into().ok()?;
    let adapter = JsFuture::from(asked).await.ok()?;
    if adapter.is_null() || adapter.is_undefined() {
        return None;
    }
    let (info, limits) = (field(&adapter, "info"), field(&adapter, "limits"));
    let text = |key: &str| field(&info, key).as_string().unwrap_or_default();
    let number = |key: &str| field(&limits, key).as_f64().unwrap_or(0.0);
    Some(Adapter {
        vendor: text("vendor"),
        architecture: text("architecture"),
        description: text("description"),
        fallback: field(&info, "isFallbackAdapter").is_truthy() || field(&adapter, "isFallbackAdapter").is_truthy(),
        max_buffer: number("maxBufferSize"),
        max_invocations: number("maxComputeInvocationsPerWorkgroup"),
    })
}
