//! The tabs of the phone layout.

use leptos::prelude::*;

use crate::app::tr;

/// One tab a figure; which figure is shown is decided in the style sheets. `label` and `names` are text keys.
pub fn tabs(label: &'static str, names: &'static [&'static str]) -> AnyView {
    let tab = |(place, name): (usize, &'static &'static str)| {
        let id = format!("tab{}", place + 1);
        view! {
            <input class="vh" type="radio" name="tab" id=id.clone() checked={place == 0} />
            <label for=id>{move || tr(name)}</label>
        }
        .into_any()
    };
    view! {
        <div class="tabs" role="group" aria-label=move || tr(label)>
            {names.iter().enumerate().map(tab).collect_view()}
        </div>
    }
    .into_any()
}
