//! A panel that is folded on a phone, where the figures come first.

use leptos::html;
use leptos::prelude::*;

/// Windows narrower than this are phones, in CSS pixels.
const PHONE: f64 = 640.0;

/// The node of a panel's `<details open>`: folded as soon as it is there, if the window is narrow.
pub fn folded_on_phone() -> NodeRef<html::Details> {
    let folder = NodeRef::<html::Details>::new();
    folder.on_load(|folder| {
        let width = web_sys::window().and_then(|window| window.inner_width().ok()).and_then(|width| width.as_f64());
        if width.is_some_and(|width| width < PHONE) {
            folder.set_open(false);
        }
    });
    folder
}
