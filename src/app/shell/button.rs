//! A button of the shell: its action gives its help and the name that tests press.

use std::sync::Arc;

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use crate::app::tr;

/// What a button is beside its words.
#[derive(Default)]
pub struct Look {
    pub class: &'static str,
    /// A sign before the words. The words may then be hidden, so it is named by them as well.
    pub icon: Option<AnyView>,
    /// For a switch: whether it is on.
    pub on: Option<Signal<bool>>,
    /// The language of the words, where it is not the page's.
    pub lang: Option<Signal<&'static str>>,
}

/// A button that does `act` (`new-seed`: help in the text `act.new_seed.help`); `text` gives the key of its words.
pub fn button(
    act: &'static str,
    look: Look,
    text: impl Fn() -> &'static str + Send + Sync + 'static,
    press: impl Fn(MouseEvent) + 'static,
) -> AnyView {
    build(act, look, Arc::new(text), Box::new(press))
}

/// Apart from [`button`], so that it is compiled once and not for every button.
fn build(
    act: &'static str,
    look: Look,
    text: Arc<dyn Fn() -> &'static str + Send + Sync>,
    press: Box<dyn Fn(MouseEvent)>,
) -> AnyView {
    let Look { class, icon, on, lang } = look;
    let help = format!("act.{}.help", act.replace('-', "_"));
    let name = icon.is_some().then(|| text.clone());
    view! {
        <button
            type="button"
            class=class
            data-act=act
            lang=move || lang.map(|lang| lang.get())
            aria-label=move || name.as_ref().map(|text| tr(text()))
            aria-pressed=move || on.map(|on| on.get().to_string())
            title=move || tr(&help)
            on:click=press
        >
            {icon}
            <span class="txt">{move || tr(text())}</span>
        </button>
    }
    .into_any()
}
