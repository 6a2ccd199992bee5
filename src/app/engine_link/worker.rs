//! One engine: a dedicated worker, what is posted to it and what is heard from it. `engine.js` describes the other
//! side.

use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::session::{DeviceKind, Event, decode};

/// What comes back from a worker.
pub enum Heard {
    Event(Event),
    /// Bytes of the engine's module so far and in all.
    Progress {
        loaded: u64,
        total: u64,
    },
    /// The worker is of no more use. Reasons: `load`, `start`, `device-lost`, `out-of-memory`, `crash`, `message`.
    Fatal {
        reason: String,
        message: String,
    },
}

/// A worker with an engine in it. Ends with this value.
pub struct Engine {
    worker: Worker,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _broken: Closure<dyn FnMut(JsValue)>,
}

impl Engine {
    /// Starts a worker; `hear` is called for everything it says.
    ///
    /// # Errors
    /// The browser's own words if it refuses to start a worker.
    pub fn start(kind: DeviceKind, hear: impl Fn(Heard) + Clone + 'static) -> Result<Self, String> {
        let engine = match kind {
            DeviceKind::Cpu => "cpu",
            DeviceKind::Gpu => "gpu",
        };
        let faults = if faults_allowed() { "&faults=1" } else { "" };
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&format!("engine.js?engine={engine}{faults}"), &options)
            .map_err(|error| words(&error))?;
        let tell = hear.clone();
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            if let Some(heard) = read(&message.data()) {
                tell(heard);
            }
        });
        let broken = Closure::<dyn FnMut(JsValue)>::new(move |error: JsValue| {
            hear(Heard::Fatal { reason: "load".into(), message: words(&error) });
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        worker.set_onerror(Some(broken.as_ref().unchecked_ref()));
        Ok(Self { worker, _heard: heard, _broken: broken })
    }

    /// Posts an encoded command; the buffer is given away.
    pub fn post(&self, message: &ArrayBuffer) {
        // Refused only by a worker that has ended, and its end is heard of in another way.
        let _ = self.worker.post_message_with_transfer(message, &Array::of1(message));
    }

    /// Posts an encoded command out of WebAssembly memory.
    pub fn post_bytes(&self, message: &[u8]) {
        self.post(&Uint8Array::from(message).buffer());
    }

    /// Asks for a fault; the worker obeys only if the page was opened with `?faults=1`.
    pub fn fault(&self, what: &str) {
        let message = Object::new();
        let _ = Reflect::set(&message, &"kind".into(), &"test".into());
        let _ = Reflect::set(&message, &"what".into(), &what.into());
        let _ = self.worker.post_message(&message);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// Whether tests may ask for faults.
pub fn faults_allowed() -> bool {
    window().location().search().is_ok_and(|search| search.contains("faults=1"))
}

fn read(data: &JsValue) -> Option<Heard> {
    if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
        return Some(match decode(&Uint8Array::new(buffer).to_vec()) {
            Ok(event) => Heard::Event(event),
            Err(error) => Heard::Fatal { reason: "message".into(), message: error.to_string() },
        });
    }
    let number = |key: &str| field(data, key).as_f64().unwrap_or(0.0) as u64;
    let text = |key: &str| field(data, key).as_string().unwrap_or_default();
    match text("kind").as_str() {
        "progress" => Some(Heard::Progress { loaded: number("loaded"), total: number("total") }),
        "fatal" => Some(Heard::Fatal { reason: text("reason"), message: text("message") }),
        _ => None,
    }
}

/// A property of a JavaScript value; undefined if there is none.
pub fn field(object: &JsValue, key: &str) -> JsValue {
    if object.is_object() || object.is_function() {
        Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED)
    } else {
        JsValue::UNDEFINED
    }
}

/// The words of a JavaScript error.
pub fn words(error: &JsValue) -> String {
    let message = field(error, "message").as_string().or_else(|| error.as_string());
    message.filter(|text| !text.is_empty()).unwrap_or_else(|| "the worker could not be loaded".into())
}
