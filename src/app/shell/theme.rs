//! Theme, stage mode and language, written on the document's root where the style sheets and screen readers look.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::app::text::Language;
use crate::app::{Lab, tr};

/// Keeps the root element in step with the lab.
pub fn follow(lab: Lab) {
    Effect::new(move |_| {
        let theme = lab.dark.get().map(|dark| if dark { "dark" } else { "light" });
        attribute("data-theme", theme);
    });
    Effect::new(move |_| attribute("data-present", lab.present.get().then_some("")));
    Effect::new(move |_| attribute("lang", Some(lab.language.get().tag())));
    Effect::new(move |_| {
        let question = tr(&format!("page.{}.question", lab.page.get().key()));
        document().set_title(&format!("{question} · {}", tr("shell.name")));
    });
}

fn attribute(name: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Whether the page is dark now, by choice or because the system is. Call inside a view.
pub fn is_dark(lab: Lab) -> Signal<bool> {
    let system = RwSignal::new(false);
    if let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") {
        system.set(query.matches());
        let now = query.clone();
        let changed = Closure::<dyn FnMut()>::new(move || {
            // The view may have gone meanwhile.
            let _ = system.try_set(now.matches());
        });
        let _ = query.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
        changed.forget();
    }
    Signal::derive(move || lab.dark.get().unwrap_or_else(|| system.get()))
}

pub fn toggle_theme(lab: Lab, dark: Signal<bool>) {
    lab.dark.set(Some(!dark.get_untracked()));
}

pub fn toggle_language(lab: Lab) {
    lab.language.update(|language| {
        *language = match language {
            Language::English => Language::Japanese,
            Language::Japanese => Language::English,
        };
    });
}
