//! How many steps a second: ¼, 1, 4, or as many as there can be.

use leptos::prelude::*;

use crate::app::{tr, tr_with, url, use_lab};

/// The four speeds.
#[component]
pub fn Speed() -> impl IntoView {
    let lab = use_lab();
    let button = move |(key, speed): (&'static str, f32)| {
        let help = move || {
            if speed > 0.0 { tr_with("speed.help", &[("n", speed.to_string())]) } else { tr("speed.max.help") }
        };
        view! {
            <button
                type="button"
                aria-pressed=move || (lab.speed.get() == speed).to_string()
                title=help
                on:click=move |_| lab.speed.set(speed)
            >
                {move || tr(&format!("speed.{key}"))}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="speed" role="group" aria-label=move || tr("speed.label")>
            {url::SPEEDS.map(button).into_iter().collect_view()}
        </div>
    }
    .into_any()
}
