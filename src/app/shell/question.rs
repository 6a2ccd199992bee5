//! The page's question, its answer in one sentence, and what to do.

use leptos::prelude::*;

use crate::app::{tr, use_lab};

/// The line between transport and figures.
#[component]
pub fn Question() -> impl IntoView {
    let lab = use_lab();
    let text = move |part: &'static str| move || tr(&format!("page.{}.{part}", lab.page.get().key()));
    view! {
        <div class="ask">
            <h1>{text("question")}</h1>
            <p class="lead">{text("lead")} " " <span class="do">{text("do")}</span></p>
        </div>
    }
    .into_any()
}
