//! What can be done with a figure: save it as PNG, its data as CSV, or read the data as a table.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::{Handle, Menu, table};
use crate::app::{export, tr, tr_with, use_lab};

/// What this part of the page consists of.
pub fn menu() -> Menu {
    Menu { items, data }
}

fn items(handle: Handle) -> AnyView {
    let lab = use_lab();
    let Handle { name, table, figure, table_open, .. } = handle;
    let close = move || {
        if let Some(details) = handle.menu.get_untracked() {
            details.set_open(false);
        }
    };
    let pressed_elsewhere = window_event_listener(leptos::ev::pointerdown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        if let Some(Some(details)) = handle.menu.try_get_untracked()
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
    view! {
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
    }
    .into_any()
}

fn data(handle: Handle) -> AnyView {
    let open = handle.table_open;
    // The data of this moment: a table that changes ten times a second cannot be read.
    let (data, name) = untrack(|| (handle.table.run(()), handle.title.get()));
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
