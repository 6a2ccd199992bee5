//! One of several: a list of rows where a few fit, the browser's own menu where they do not.

use leptos::prelude::*;

/// More options than this become a menu.
pub(super) const MOST_ROWS: usize = 4;

/// What a choice consists of.
#[derive(Clone)]
pub(super) struct Options {
    /// Stable keys with their texts, in menu order.
    pub all: Vec<(String, Signal<String>)>,
    pub selected: Signal<String>,
    pub on_pick: Callback<String>,
}

/// A menu with its name in front. `options` are stable keys with their texts.
#[component]
pub fn Choice(
    #[prop(into)] label: Signal<String>,
    options: Vec<(String, Signal<String>)>,
    #[prop(into)] selected: Signal<String>,
    on_pick: Callback<String>,
) -> impl IntoView {
    let menu = menu(Options { all: options, selected, on_pick }, None, None);
    view! {
        <label class="choice">
            <span>{move || label.get()}</span>
            {menu}
        </label>
    }
    .into_any()
}

/// The menu alone; named by a `<label>` round it, or by the element with the id `labelled_by`.
pub(super) fn menu(options: Options, id: Option<String>, labelled_by: Option<String>) -> AnyView {
    let Options { all, selected, on_pick } = options;
    let items = all
        .into_iter()
        .map(|(key, text)| {
            let value = key.clone();
            view! {
                // As a property: the attribute only says what is chosen at first.
                <option value=value prop:selected=move || selected.with(|now| *now == key)>
                    {move || text.get()}
                </option>
            }
        })
        .collect_view();
    view! {
        <span class="pick">
            <select
                id=id
                aria-labelledby=labelled_by
                on:change=move |event| on_pick.run(event_target_value(&event))
            >
                {items}
            </select>
        </span>
    }
    .into_any()
}

/// A row each, the chosen one filled.
pub(super) fn rows(options: Options, labelled_by: String) -> AnyView {
    let Options { all, selected, on_pick } = options;
    let items = all
        .into_iter()
        .map(|(key, text)| {
            let (mine, picked, value) = (key.clone(), key.clone(), key);
            let chosen = Signal::derive(move || selected.with(|now| *now == mine));
            view! {
                <button
                    type="button"
                    class:on=move || chosen.get()
                    aria-pressed=move || chosen.get().to_string()
                    data-value=value
                    on:click=move |_| on_pick.run(picked.clone())
                >
                    <i aria-hidden="true"></i>
                    <span>{move || text.get()}</span>
                </button>
            }
        })
        .collect_view();
    view! {
        <div class="opts" role="group" aria-labelledby=labelled_by>
            {items}
        </div>
    }
    .into_any()
}
