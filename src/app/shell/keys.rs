//! The keyboard: one key for everything the transport and the bar of questions do, and the map of them. Keys do
//! nothing while text is typed or a dialog is open, and all single keys can be switched off.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::dialog::Dialog;
use super::{Shell, actions, theme};
use crate::app::lab::Page;
use crate::app::{Lab, tr, url};

/// Where the browser remembers that single keys are switched off.
const OFF: &str = "fwlab.keys-off";

/// One row of the map: keys, text key of what they do.
const MAP: [(&[&str], &str); 16] = [
    (&["Space"], "keys.play"),
    (&["."], "keys.step"),
    (&[",", "Shift + click"], "keys.sub_step"),
    (&["r"], "keys.reset"),
    (&["n"], "keys.seed"),
    (&["[", "]"], "keys.speed"),
    (&["b"], "keys.compare"),
    (&["c"], "keys.share"),
    (&["d"], "keys.device"),
    (&["1", "2", "3", "4", "5"], "keys.pages"),
    (&["p", "Esc"], "keys.present"),
    (&["t"], "keys.theme"),
    (&["l"], "keys.language"),
    (&["f"], "keys.flicker"),
    (&["← → ↑ ↓"], "keys.arrows"),
    (&["?"], "keys.map"),
];

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

fn switched_off() -> bool {
    storage().and_then(|storage| storage.get_item(OFF).ok().flatten()).is_some()
}

fn switch(off: bool) {
    if let Some(storage) = storage() {
        // A private window may refuse to remember.
        let _ = if off { storage.set_item(OFF, "1") } else { storage.remove_item(OFF) };
    }
}

/// Listens to the keyboard as long as the page lives.
pub fn listen(lab: Lab, shell: Shell) {
    let dark = theme::is_dark(lab);
    window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        let open = [shell.keys, shell.share, shell.device, shell.sweep].into_iter().any(|open| open.get_untracked());
        if open || event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let key = event.key();
        if is_taken(&event, &key) || (switched_off() && key != "?" && key != "Escape") {
            return;
        }
        if press(lab, shell, dark, &key) {
            event.prevent_default();
        }
    });
}

/// Whether what has the focus uses this key itself.
fn is_taken(event: &KeyboardEvent, key: &str) -> bool {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    let typed =
        "input:not([type=range], [type=checkbox], [type=radio], [type=file]), textarea, select, [contenteditable]";
    if element.matches(typed).unwrap_or(false) {
        return true;
    }
    // Space presses what has the focus.
    key == " " && element.matches("button, a, summary, input, [role=button], [role=slider]").unwrap_or(false)
}

/// Does what a key stands for; whether it stands for anything.
fn press(lab: Lab, shell: Shell, dark: Signal<bool>, key: &str) -> bool {
    match key {
        " " => actions::play(lab),
        "." => actions::step(lab),
        "," => actions::sub_step(lab),
        "r" => actions::reset(lab),
        "n" => actions::new_seed(lab),
        "[" => actions::change_speed(lab, -1),
        "]" => actions::change_speed(lab, 1),
        "b" => actions::compare(lab),
        "c" => actions::share(lab, shell),
        "d" => shell.device.set(true),
        "1" => url::go(lab, Page::Geometry),
        "2" => url::go(lab, Page::Theory),
        "3" => url::go(lab, Page::Methods),
        "4" => url::go(lab, Page::Train),
        "5" => url::go(lab, Page::Attack),
        "p" => actions::present(lab),
        "Escape" if lab.present.get_untracked() => lab.present.set(false),
        "t" => theme::toggle_theme(lab, dark),
        "l" => theme::toggle_language(lab),
        "?" => shell.keys.set(true),
        _ => return false,
    }
    true
}

/// The map of keys.
#[component]
pub fn KeyboardMap() -> impl IntoView {
    let shell = expect_context::<Shell>();
    let off = RwSignal::new(switched_off());
    let title = Signal::derive(|| tr("keys.title"));
    let row = |(keys, text): (&'static [&'static str], &'static str)| {
        let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> " " }.into_any()).collect_view();
        view! {
            <dt>{keys}</dt>
            <dd>{move || tr(text)}</dd>
        }
        .into_any()
    };
    view! {
        <Dialog name="keyboard" open=shell.keys title=title>
            <dl class="rows">{MAP.map(row).into_iter().collect_view()}</dl>
            <label class="tick">
                <input
                    type="checkbox"
                    prop:checked=move || !off.get()
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        switch(!on);
                        off.set(!on);
                    }
                />
                <span>{move || tr("keys.single")}</span>
            </label>
        </Dialog>
    }
    .into_any()
}
