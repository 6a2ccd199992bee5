//! The page. Started by `www/start.js` when its module has arrived.

use wasm_bindgen_futures::spawn_local;

fn main() {
    #[cfg(feature = "panic-messages")]
    console_error_panic_hook::set_once();
    spawn_local(async {
        if let Err(error) = fwlab::app::shell::mount().await {
            // The sentence that index.html holds for this; the reason is for the console.
            web_sys::console::error_1(&error);
            if let Some(sentence) = leptos::prelude::document().get_element_by_id("boot-failed") {
                let _ = sentence.remove_attribute("hidden");
            }
        }
    });
}
