//! The user's own images: official CIFAR binary batches or a pair of IDX files, picked or dropped. They go to the
//! engine, which checks them; only when it has accepted them does the experiment switch over (the link does that), so
//! that a wrong file never stops what is running.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use crate::app::{Lab, engine_link, tr, tr_with, use_lab};
use crate::plot::integer;

/// More than this would not fit in the memory of a phone; all of CIFAR-10 is 180 MB.
const MOST_MEGABYTES: f64 = 400.0;

/// A button and a place to drop files on.
#[component]
pub fn OwnFiles() -> impl IntoView {
    let lab = use_lab();
    let over = RwSignal::new(false);
    let dropped = move |event: ev::DragEvent| {
        event.prevent_default();
        // The shell takes what is dropped elsewhere; these files are taken here.
        event.stop_propagation();
        over.set(false);
        if let Some(files) = event.data_transfer().and_then(|transfer| transfer.files()) {
            take(lab, &files);
        }
    };
    let picked = move |event: ev::Event| {
        let input = event_target::<web_sys::HtmlInputElement>(&event);
        if let Some(files) = input.files() {
            take(lab, &files);
        }
        // So that the same file can be picked again after it was changed.
        input.set_value("");
    };
    view! {
        <label
            class="own"
            class:over=move || over.get()
            title=move || tr("train.own.help")
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            <input class="vh" type="file" multiple data-act="own-files" on:change=picked />
            <span>{move || tr("train.own.label")}</span>
        </label>
    }
    .into_any()
}

/// Reads the files and hands them over to be checked.
fn take(lab: Lab, files: &web_sys::FileList) {
    let files: Vec<web_sys::File> = (0..files.length()).filter_map(|index| files.get(index)).collect();
    let megabytes = files.iter().map(|file| file.size()).sum::<f64>() / 1e6;
    if files.is_empty() {
        return;
    }
    if megabytes > MOST_MEGABYTES {
        let sizes = [("found", integer(megabytes as u64)), ("most", integer(MOST_MEGABYTES as u64))];
        lab.report(tr_with("train.own.large", &sizes));
        return;
    }
    // Texts are looked up now: what runs later has no context to look them up in.
    let unreadable = tr("train.own.unreadable");
    let reading = tr_with("train.own.reading", &[("n", files.len().to_string())]);
    lab.say(reading);
    spawn_local(async move {
        let mut read = Vec::with_capacity(files.len());
        for file in files {
            match JsFuture::from(file.array_buffer()).await {
                Ok(buffer) => read.push((file.name(), js_sys::Uint8Array::new(&buffer))),
                Err(_) => {
                    lab.report(unreadable);
                    return;
                }
            }
        }
        engine_link::own_files(&read);
    });
}
