//! What every figure shares: a caption that says what it shows, a text alternative, its data as a table, and its
//! export as PNG and CSV. What is drawn inside is the page's business.

pub mod axes;
pub mod chart;
pub mod marks;
pub(super) mod picture;
mod pixels;
mod room;
mod table;
mod width;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

pub use pixels::{PixelCanvas, planar_to_rgba};
pub use room::Room;
pub use table::Table;
pub use width::use_width;

use super::{export, tr, tr_with, use_lab};

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
    let table_open = RwSignal::new(false);
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
            {menu(name, title, table, figure, table_open)}
            {children()}
            {move || table_open.get().then(|| data_region(title, table, table_open))}
        </figure>
    }
    .into_any()
}

/// The button “…” with what can be done with a figure. A disclosure, not an ARIA menu: its buttons are ordinary tab
/// stops.
fn menu(
    name: &'static str,
    title: Signal<String>,
    table: Callback<(), Table>,
    figure: NodeRef<html::Figure>,
    table_open: RwSignal<bool>,
) -> AnyView {
    let lab = use_lab();
    let details = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    };
    let pressed_elsewhere = window_event_listener(leptos::ev::pointerdown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        if let Some(Some(details)) = details.try_get_untracked()
            && details.open()
            && !details.contains(target.as_ref())
        {
            details.set_open(false);
        }
    });
    on_cleanup(move || pressed_elsewhere.remove());

    let save_png = move |_| {
        close();
        let Some(element) = figure.get_untracked() else { return };
        let failed = tr("figure.failed");
        spawn_local(async move {
            let saved = export::figure_png(element.into())
                .await
                .and_then(|png| export::save(&format!("fwlab-{name}.png"), &png));
            if let Err(error) = saved {
                leptos::logging::warn!("{name}: {error}");
                lab.report(failed);
            }
        });
    };
    let save_csv = move |_| {
        close();
        let text = export::table_csv(&table.run(()));
        export::download(format!("fwlab-{name}.csv"), "text/csv;charset=utf-8", text);
    };
    let show_table = move |_| {
        close();
        table_open.update(|open| *open = !*open);
    };
    let leave = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape"
            && let Some(details) = details.get_untracked()
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
    let label = move || tr_with("figure.menu", &[("title", title.get())]);
    view! {
        <details class="figure-menu" name="figure-menu" node_ref=details on:keydown=leave>
            <summary aria-label=label title=move || tr("figure.menu_hint")>
                "…"
            </summary>
            <div>
                <button type="button" data-act="png" on:click=save_png>
                    {move || tr("figure.png")}
                </button>
                <button type="button" data-act="csv" on:click=save_csv>
                    {move || tr("figure.csv")}
                </button>
                <button
                    type="button"
                    data-act="table"
                    aria-expanded=move || table_open.get().to_string()
                    on:click=show_table
                >
                    {move || if table_open.get() { tr("figure.table_close") } else { tr("figure.table") }}
                </button>
            </div>
        </details>
    }
    .into_any()
}

/// The data table over the figure.
fn data_region(title: Signal<String>, table: Callback<(), Table>, open: RwSignal<bool>) -> AnyView {
    // The data of this moment: a table that changes ten times a second cannot be read.
    let (data, name) = untrack(|| (table.run(()), title.get()));
    let close = move |_| open.set(false);
    let leave = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            open.set(false);
        }
    };
    let region = NodeRef::<html::Div>::new();
    region.on_load(|region| {
        let _ = region.focus();
    });
    view! {
        <div
            class="figure-table"
            role="region"
            tabindex="0"
            aria-label=tr_with("figure.table_caption", &[("title", name.clone())])
            node_ref=region
            on:keydown=leave
        >
            <button type="button" data-act="table-close" on:click=close>
                {tr("figure.table_close")}
            </button>
            {table::table_view(&data, &name)}
        </div>
    }
    .into_any()
}
