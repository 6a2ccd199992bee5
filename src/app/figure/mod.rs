//! What every figure shares: a caption that says what it shows, a text alternative, its data as a table, and its
//! export as PNG and CSV. What is drawn inside is the page's business.

pub mod axes;
pub mod chart;
pub mod marks;
mod menu;
pub(super) mod picture;
mod pixels;
mod room;
mod table;
mod width;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

pub use menu::menu as menu_part;
pub use pixels::{PixelCanvas, planar_to_rgba};
pub use room::Room;
pub use table::Table;
pub use width::use_width;

use super::parts;
use super::{tr, tr_with, use_lab, wording};

/// What the menu of a figure knows of it.
#[derive(Clone, Copy)]
pub struct Handle {
    name: &'static str,
    title: Signal<String>,
    table: Callback<(), Table>,
    figure: NodeRef<html::Figure>,
    menu: NodeRef<html::Details>,
    table_open: RwSignal<bool>,
}

/// What is behind the menu of a figure: a part of the page that is fetched when a menu first opens.
#[derive(Clone, Copy)]
pub struct Menu {
    /// The buttons of the menu.
    pub items: fn(Handle) -> AnyView,
    /// The data table over the figure.
    pub data: fn(Handle) -> AnyView,
}

/// A figure.
///
/// `name` is stable: tests, file names (`fwlab-<name>.png`) and `data-figure` use it. `summary` is one sentence with
/// what the figure says now. `table` is asked for the data when it is exported or opened. `note` stands in grey
/// behind the title; `class` goes to the `<figure>`. An empty title leaves the caption out.
#[component]
pub fn Figure(
    name: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] summary: Signal<String>,
    table: Callback<(), Table>,
    #[prop(optional, into)] note: Signal<String>,
    #[prop(optional)] class: &'static str,
    children: Children,
) -> impl IntoView {
    let figure = NodeRef::<html::Figure>::new();
    let handle = Handle { name, title, table, figure, menu: NodeRef::new(), table_open: RwSignal::new(false) };
    let menu = RwSignal::new(None::<Menu>);
    let caption = move || {
        (!title.with(String::is_empty)).then(|| {
            view! {
                <figcaption>
                    <b>{move || title.get()}</b>
                    " "
                    {move || note.get()}
                </figcaption>
            }
            .into_any()
        })
    };
    view! {
        <figure
            class=class
            role="figure"
            data-figure=name
            aria-label=move || summary.get()
            node_ref=figure
        >
            {caption}
            {disclosure(handle, menu)}
            {children()}
            {move || menu.get().filter(|_| handle.table_open.get()).map(|menu| (menu.data)(handle))}
        </figure>
    }
    .into_any()
}

/// The button “…” with what can be done with a figure. A disclosure, not an ARIA menu: its buttons are ordinary tab
/// stops.
fn disclosure(handle: Handle, menu: RwSignal<Option<Menu>>) -> AnyView {
    let lab = use_lab();
    let opened = move |_| {
        if menu.with_untracked(Option::is_some) {
            return;
        }
        spawn_local(async move {
            match parts::figure_menu().await {
                // The figure may have been left meanwhile.
                Ok(part) => drop(menu.try_set(Some(part))),
                Err(_) => lab.report(wording(lab, "shell.not_loaded")),
            }
        });
    };
    let leave = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape"
            && let Some(details) = handle.menu.get_untracked()
            && details.open()
        {
            // Escape here closes this menu and nothing else.
            event.stop_propagation();
            details.set_open(false);
            if let Some(summary) = details.query_selector("summary").ok().flatten()
                && let Some(summary) = summary.dyn_ref::<web_sys::HtmlElement>()
            {
                let _ = summary.focus();
            }
        }
    };
    let label = move || tr_with("figure.menu", &[("title", handle.title.get())]);
    view! {
        <details class="figure-menu" name="figure-menu" node_ref=handle.menu on:toggle=opened on:keydown=leave>
            <summary aria-label=label title=move || tr("figure.menu_hint")>
                "…"
            </summary>
            {move || menu.get().map(|menu| (menu.items)(handle))}
        </details>
    }
    .into_any()
}
