//! The table of frozen features, fetched when the problem that needs it is chosen and not before.

use js_sys::Uint8Array;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::optim::finite_sum::FrozenFeatures;

/// Where it lies, seen from the page; `fwlab features` writes it.
const FILE: &str = "models/fashion-mnist-head.bin";

/// The table, if it is there and whole.
pub async fn fetch() -> Option<FrozenFeatures> {
    let bytes = fetch_bytes().await.ok()?;
    FrozenFeatures::from_bytes(&bytes).ok()
}

async fn fetch_bytes() -> Result<Vec<u8>, JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(FILE)).await?.dyn_into()?;
    if !response.ok() {
        return Err(response.status().into());
    }
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
