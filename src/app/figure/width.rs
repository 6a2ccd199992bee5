//! The measured width of an element, so that a chart is laid out for it and text is never scaled.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Width of `node` in CSS pixels, kept up to date; 0 until it is on screen (draw nothing then).
pub fn use_width(node: NodeRef<Div>) -> Signal<f64> {
    let width = RwSignal::new(0.0_f64);
    let measure = move || {
        let Some(Some(element)) = node.try_get_untracked() else { return };
        let now = element.get_bounding_client_rect().width();
        // A hidden tab measures 0: its last layout is still right when it comes back.
        if now > 0.0 && width.try_get_untracked().is_some_and(|last| (last - now).abs() >= 0.5) {
            width.try_set(now);
        }
    };
    // Kept alive here: the observer holds only the browser's side of its callback.
    let watch = StoredValue::new_local(None::<(web_sys::ResizeObserver, Closure<dyn FnMut()>)>);
    node.on_load(move |element| {
        measure();
        // In the next frame: a change of layout inside the observer's own call would report a loop.
        let callback = Closure::<dyn FnMut()>::new(move || request_animation_frame(measure));
        if let Ok(observer) = web_sys::ResizeObserver::new(callback.as_ref().unchecked_ref()) {
            observer.observe(&element);
            watch.try_set_value(Some((observer, callback)));
        }
    });
    on_cleanup(move || {
        watch.try_update_value(|watch| {
            if let Some((observer, _)) = watch.take() {
                observer.disconnect();
            }
        });
    });
    width.into()
}
