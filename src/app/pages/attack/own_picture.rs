//! A picture of the user's own: picked, dropped or drawn. What reads pictures, and the pad to draw on, are a part of
//! the page that is fetched when one is wanted ([`super::own`]). Nothing is sent anywhere.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{File, HtmlInputElement};

use super::desk::Desk;
use super::own::OwnTools;
use crate::app::{Lab, parts, tr, tr_with, wording};
use crate::session::DataId;

/// The row that picks a file, on which files may also be dropped, and the button that opens the pad.
#[component]
pub fn OwnPicture(desk: Desk) -> impl IntoView {
    let over = RwSignal::new(false);
    let on = Signal::derive(move || desk.lab.attack_spec.with(|spec| spec.data == DataId::Own));
    let picked = move |event: ev::Event| {
        let input = event_target::<HtmlInputElement>(&event);
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            take(desk, file);
        }
        // So that the same file can be picked again after it was changed.
        input.set_value("");
    };
    let dropped = move |event: ev::DragEvent| {
        // Whatever it is, it was meant as a picture: nobody else takes it after this.
        event.prevent_default();
        event.stop_propagation();
        over.set(false);
        if let Some(file) = dropped_file(&event) {
            take(desk, file);
        }
    };
    let text = move || match desk.own.get().filter(|_| on.get()) {
        Some(name) => tr_with("attack.own.chosen", &[("name", name)]),
        None => tr("attack.own.pick"),
    };
    let (open, pad) = (RwSignal::new(false), RwSignal::new(None::<OwnTools>));
    let draw = move |_| {
        open.set(true);
        if pad.with_untracked(Option::is_none) {
            spawn_local(async move {
                let found = tools(desk.lab).await;
                pad.try_set(found);
            });
        }
    };
    view! {
        <div class="own-row">
            <label
                class="own-picture"
                class:on=move || on.get()
                class:over=move || over.get()
                title=move || tr("attack.own.help")
                on:dragover=move |event| {
                    event.prevent_default();
                    over.set(true);
                }
                on:dragleave=move |_| over.set(false)
                on:drop=dropped
            >
                <input class="vh" type="file" accept="image/png,image/jpeg" data-act="own-picture" on:change=picked />
                <i aria-hidden="true"></i>
                <span>{text}</span>
            </label>
            <button type="button" data-act="draw" aria-haspopup="dialog" on:click=draw>
                <span>{move || tr("attack.own.draw")}</span>
            </button>
        </div>
        {move || pad.get().map(|tools| (tools.pad)(desk, open))}
    }
    .into_any()
}

/// The first of the files dropped.
pub fn dropped_file(event: &ev::DragEvent) -> Option<File> {
    event.data_transfer()?.files()?.get(0)
}

/// Reads a file and attacks it.
pub fn take(desk: Desk, file: File) {
    spawn_local(async move {
        if let Some(tools) = tools(desk.lab).await {
            (tools.take)(desk, file);
        }
    });
}

/// The part; says so if it does not arrive.
async fn tools(lab: Lab) -> Option<OwnTools> {
    let found = parts::own(lab).await.ok();
    if found.is_none() {
        lab.report(wording(lab, "shell.not_loaded"));
    }
    found
}
