//! A square tick with its label: something is on or off.

use leptos::prelude::*;

/// A row that switches something on or off.
#[component]
pub fn Toggle(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] on: Signal<bool>,
    on_toggle: Callback<bool>,
) -> impl IntoView {
    view! {
        <div class="opts">
            <button
                type="button"
                class:on=move || on.get()
                aria-pressed=move || on.get().to_string()
                on:click=move |_| on_toggle.run(!on.get_untracked())
            >
                <i class="sq" aria-hidden="true"></i>
                <span>{move || label.get()}</span>
            </button>
        </div>
    }
    .into_any()
}
