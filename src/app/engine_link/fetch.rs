//! Fetching a file of this site with byte progress, and waiting.

use js_sys::{Promise, Uint8Array};
use leptos::prelude::window;
use thiserror::Error;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

use super::wire::concatenate;
use super::worker::field;

/// How often a file is asked for before the lab gives up.
const TRIES: u32 = 4;
/// Milliseconds before the second try; doubled for every further one.
const FIRST_PAUSE: i32 = 500;

/// A file that did not arrive.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{file} could not be fetched ({reason}); check the connection and reload the page")]
pub struct FetchError {
    pub file: String,
    pub reason: String,
}

/// Fetches a file, relative to the page; `progress` hears how many bytes have arrived in each try.
///
/// # Errors
/// [`FetchError`] after four tries.
pub async fn fetch(file: &str, progress: impl Fn(u64)) -> Result<Uint8Array, FetchError> {
    let mut pause = FIRST_PAUSE;
    let mut reason = String::new();
    for attempt in 0..TRIES {
        if attempt > 0 {
            sleep(pause).await;
            pause *= 2;
        }
        match fetch_once(file, &progress).await {
            Ok(bytes) => return Ok(bytes),
            Err(error) => reason = field(&error, "message").as_string().or(error.as_string()).unwrap_or_default(),
        }
    }
    Err(FetchError { file: file.into(), reason })
}

async fn fetch_once(file: &str, progress: &impl Fn(u64)) -> Result<Uint8Array, JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(file)).await?.dyn_into()?;
    if !response.ok() {
        return Err(format!("status {}", response.status()).into());
    }
    let Some(body) = response.body() else { return Err("no contents".into()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().dyn_into()?;
    let mut parts = Vec::new();
    let mut loaded = 0;
    loop {
        let piece = JsFuture::from(reader.read()).await?;
        if field(&piece, "done").is_truthy() {
            return Ok(concatenate(&parts));
        }
        let bytes: Uint8Array = field(&piece, "value").dyn_into()?;
        loaded += u64::from(bytes.length());
        parts.push(bytes);
        progress(loaded);
    }
}

/// Waits so many milliseconds, and lets the browser paint.
pub async fn sleep(milliseconds: i32) {
    let wait = Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
    });
    let _ = JsFuture::from(wait).await;
}

/// Bytes as UTF-8 text.
pub fn text(bytes: &Uint8Array) -> String {
    String::from_utf8_lossy(&bytes.to_vec()).into_owned()
}
