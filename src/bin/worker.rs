//! The engine inside a dedicated web worker. Messages are single transferred buffers; the loop gives the
//! browser a turn after every unit of work, so no command waits longer than that; rows of steps go out together.

#[cfg(target_arch = "wasm32")]
mod engine_loop {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use fwlab::session::engine::{Engine, Next, Outbox};
    use fwlab::session::{Command, DeviceKind, Event, Problem, ProblemKind, decode, encode};
    use fwlab::told::Tell;
    use wasm_bindgen::prelude::*;
    use wasm_bindgen_futures::JsFuture;

    thread_local! {
        static INBOX: RefCell<VecDeque<Vec<u8>>> = const { RefCell::new(VecDeque::new()) };
        static WAKE: RefCell<Option<js_sys::Function>> = const { RefCell::new(None) };
    }

    /// One command from the page. May come before the engine is up.
    #[wasm_bindgen]
    pub fn engine_receive(bytes: Vec<u8>) {
        INBOX.with_borrow_mut(|inbox| inbox.push_back(bytes));
        if let Some(wake) = WAKE.take() {
            // The only possible failure is a worker that is already gone.
            wake.call0(&JsValue::NULL).ok();
        }
    }

    /// Opens the device, then serves commands until the worker ends.
    ///
    /// # Errors
    /// A sentence, if there is no device to compute on.
    #[wasm_bindgen]
    pub async fn engine_start() -> Result<(), JsValue> {
        console_error_panic_hook::set_once();
        let (device, kind, adapter) = open_device().await.map_err(|reason| JsValue::from_str(&reason))?;
        let engine = Engine::new(device, kind, adapter, now);
        wasm_bindgen_futures::spawn_local(serve(engine));
        Ok(())
    }

    async fn serve(mut engine: Engine) {
        let mut outbox = Outbox::default();
        send(outbox.pass(engine.drain(), now()));
        loop {
            while let Some(bytes) = INBOX.with_borrow_mut(VecDeque::pop_front) {
                match decode::<Command>(&bytes) {
                    Ok(command) => engine.handle(command).await,
                    Err(error) => {
                        let (detail, told) = (error.to_string(), Some(error.told()));
                        let problem = Event::Problem(Problem { kind: ProblemKind::BadMessage, detail, told });
                        send(outbox.pass(vec![problem], now()));
                    }
                }
                send(outbox.pass(engine.drain(), now()));
            }
            let next = engine.work().await;
            send(outbox.pass(engine.drain(), now()));
            match next {
                // A real task, not a microtask: messages must get in between.
                Next::Busy => turn(0).await,
                Next::Until(time) => {
                    let time = outbox.due().map_or(time, |due| due.min(time));
                    turn((time - now()).clamp(0.0, 50.0) as i32).await;
                }
                Next::Idle => {
                    send(outbox.flush(now()));
                    sleep_until_message().await;
                }
            }
        }
    }

    fn send(events: impl IntoIterator<Item = Event>) {
        let scope: web_sys::DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        for event in events {
            let Ok(bytes) = encode(&event) else { continue };
            let buffer = js_sys::Uint8Array::from(bytes.as_slice()).buffer();
            let transfer = js_sys::Array::of1(&buffer);
            // Fails only if the page is gone, and then nobody is left to be told.
            scope.post_message_with_transfer(&buffer, &transfer).ok();
        }
    }

    /// Ends when the timer fires or a message arrives.
    async fn turn(milliseconds: i32) {
        let scope: web_sys::DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let promise = js_sys::Promise::new(&mut |resolve, _| {
            scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds).ok();
        });
        JsFuture::from(promise).await.ok();
    }

    async fn sleep_until_message() {
        if INBOX.with_borrow(|inbox| !inbox.is_empty()) {
            return;
        }
        let promise = js_sys::Promise::new(&mut |resolve, _| WAKE.set(Some(resolve)));
        JsFuture::from(promise).await.ok();
    }

    fn now() -> f64 {
        let scope: web_sys::DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        scope.performance().map_or(0.0, |performance| performance.now())
    }

    #[cfg(all(feature = "cpu", not(feature = "gpu")))]
    async fn open_device() -> Result<(burn::tensor::Device, DeviceKind, String), String> {
        Ok((burn::tensor::Device::flex(), DeviceKind::Cpu, "CPU, SIMD".into()))
    }

    #[cfg(feature = "gpu")]
    async fn open_device() -> Result<(burn::tensor::Device, DeviceKind, String), String> {
        let device = burn::tensor::Device::wgpu_options().init_async().await.map_err(|e| e.to_string())?;
        Ok((device, DeviceKind::Gpu, "WebGPU".into()))
    }
}

fn main() {}
