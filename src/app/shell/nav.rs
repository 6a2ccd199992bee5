//! The bar of questions: one link a page, and what can be done with the whole lab. On a phone both are a menu.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use super::button::{Look, button};
use super::transport::{compare, new_seed};
use super::{Shell, actions, theme};
use crate::app::lab::Page;
use crate::app::text::Language;
use crate::app::{Lab, tr, url, use_lab};

/// Navigation.
#[component]
pub fn Nav() -> impl IntoView {
    let lab = use_lab();
    let shell = expect_context::<Shell>();
    let dark = theme::is_dark(lab);
    let open = RwSignal::new(false);
    view! {
        <header class="nav">
            <a class="mark" href="#/geometry" on:click=move |event| follow_link(lab, &event, Page::Geometry)>
                {move || tr("shell.name")}
            </a>
            <nav aria-label=move || tr("shell.questions")>{links(lab, open)}</nav>
            <div class="acts">{acts(lab, shell, dark)}</div>
            <details
                class="menu"
                prop:open=move || open.get()
                on:toggle=move |event| open.set(event_target::<web_sys::HtmlDetailsElement>(&event).open())
            >
                <summary>{move || tr(&format!("page.{}.name", lab.page.get().key()))}</summary>
                <div>
                    {links(lab, open)} <div class="acts in">{move || new_seed(lab)} {move || compare(lab, "")} {acts(lab, shell, dark)}</div>
                </div>
            </details>
        </header>
    }
    .into_any()
}

fn links(lab: Lab, menu: RwSignal<bool>) -> AnyView {
    let link = move |page: Page| {
        let key = page.key();
        view! {
            <a
                href=move || url::link_of(lab, page).to_string()
                aria-current=move || (lab.page.get() == page).then_some("page")
                on:click=move |event| {
                    menu.set(false);
                    follow_link(lab, &event, page);
                }
            >
                {move || tr(&format!("page.{key}.name"))}
                <b>{move || tr(&format!("page.{key}.nav"))}</b>
            </a>
        }
        .into_any()
    };
    Page::ALL.map(link).into_iter().collect_view().into_any()
}

/// Opens a page in this tab; with a modifier the browser does what it does with links.
fn follow_link(lab: Lab, event: &MouseEvent, page: Page) {
    if event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0 {
        return;
    }
    event.prevent_default();
    url::go(lab, page);
}

fn acts(lab: Lab, shell: Shell, dark: Signal<bool>) -> AnyView {
    let plain = Look::default;
    let other = Signal::derive(move || if lab.language.get() == Language::English { "ja" } else { "en" });
    let theme_text = move || if dark.get() { "act.light" } else { "act.dark" };
    [
        button("share", plain(), || "act.share", move |_| actions::share(lab, shell)),
        button("present", plain(), || "act.present", move |_| actions::present(lab)),
        button("theme", plain(), theme_text, move |_| theme::toggle_theme(lab, dark)),
        button(
            "language",
            Look { lang: Some(other), ..plain() },
            || "act.language",
            move |_| theme::toggle_language(lab),
        ),
        button("keys", plain(), || "act.keys", move |_| shell.keys.set(true)),
    ]
    .collect_view()
    .into_any()
}
