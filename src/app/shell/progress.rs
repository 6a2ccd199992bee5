//! What is under way: the engine's module, then the images. A thin line and a few words; gone when all is here.

use leptos::prelude::*;

use crate::app::lab::EngineState;
use crate::app::{Lab, tr, tr_with, use_lab};
use crate::plot;

/// What is being fetched: text, bytes so far, bytes in all.
fn underway(lab: Lab) -> Option<(String, u64, u64)> {
    let engine = |state: &EngineState, key: &str| match state {
        EngineState::Loading { loaded, total } if total > loaded => Some((tr(key), *loaded, *total)),
        _ => None,
    };
    lab.devices
        .with(|devices| engine(&devices.cpu, "progress.cpu"))
        .or_else(|| {
            lab.data.with(|data| {
                let data = data.as_ref().filter(|data| data.bytes > 0 && data.bytes < data.bytes_total)?;
                Some((tr(&format!("data.{}", data.id.key())), data.bytes, data.bytes_total))
            })
        })
        .or_else(|| lab.devices.with(|devices| engine(&devices.gpu, "progress.gpu")))
}

/// The line at the foot of the window.
#[component]
pub fn Progress() -> impl IntoView {
    let lab = use_lab();
    let now = Memo::new(move |_| underway(lab));
    let there = Memo::new(move |_| now.with(Option::is_some));
    let share = move || now.with(|now| now.as_ref().map_or(0, |(_, loaded, total)| loaded * 100 / (*total).max(1)));
    let text = move || {
        now.get().map(|(what, loaded, total)| {
            let megabytes = |bytes: u64| plot::fixed(bytes as f64 * 1e-6, 1);
            tr_with("progress.text", &[("what", what), ("loaded", megabytes(loaded)), ("total", megabytes(total))])
        })
    };
    let bar = move || {
        view! {
            <div
                class="progress"
                role="progressbar"
                aria-label=move || tr("progress.label")
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=move || share().to_string()
                aria-valuetext=text
            >
                <span>{text}</span>
                <i style:width=move || format!("{}%", share())></i>
            </div>
        }
        .into_any()
    };
    view! { {move || there.get().then(bar)} }.into_any()
}
