//! A network of the user's own: the button that opens its file, and what is known of it. What reads it is the engine;
//! files may be dropped anywhere on the page as well.

use leptos::ev;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::desk::Desk;
use crate::app::{engine_link, tr, tr_with};
use crate::plot::integer;
use crate::session::{NetworkCard, Victim};

/// Where the names of the tensors, and Python that writes them, are described.
const GUIDE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/weights.md#bring-your-own-network");

/// The button.
pub fn open(desk: Desk) -> AnyView {
    let picked = move |event: ev::Event| {
        let input = event_target::<HtmlInputElement>(&event);
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            engine_link::own_network(desk.lab, file);
        }
        // So that the same file can be opened again after it was changed.
        input.set_value("");
    };
    view! {
        <label class="own-picture own-network" title=move || tr("attack.network.help")>
            <input
                class="vh"
                type="file"
                accept=".safetensors,.onnx,.pt,.pth,.h5,.keras"
                data-act="own-network"
                on:change=picked
            />
            <span>{move || tr("attack.network.open")}</span>
        </label>
    }
    .into_any()
}

/// Whether it is to be attacked and its file is not open.
pub fn missing(desk: &Desk) -> bool {
    desk.lab.attack_spec.with(|spec| spec.victim == Victim::Own) && desk.lab.attack.network.with(Option::is_none)
}

/// Its name in the menu: that of its file, while that is open.
pub fn name(desk: &Desk) -> String {
    let name = desk.lab.attack.network.with(|card| card.as_ref().map(|card| card.name.clone()));
    name.unwrap_or_else(|| tr("attack.network.closed"))
}

/// What the file of the network that is attacked says: summary and explanation. `None` while another is attacked, or its
/// file is not here.
pub fn facts(desk: &Desk) -> Option<(String, String)> {
    if desk.lab.attack_spec.with(|spec| spec.victim != Victim::Own) {
        return None;
    }
    desk.lab.attack.network.with(|card| card.as_ref().map(|card| (summary(card), words(card))))
}

fn summary(card: &NetworkCard) -> String {
    tr_with("attack.network.size", &[("n", integer(card.parameters.into()))])
}

fn words(card: &NetworkCard) -> String {
    let list = |numbers: &[u32], between: &str| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(between);
    let values = [
        ("input", list(&card.input, "×")),
        ("stages", tr(&format!("attack.network.{}", card.layout))),
        ("channels", list(&card.channels, ", ")),
        ("activation", tr(if card.smooth { "activation.gelu" } else { "activation.relu" })),
        ("classes", card.classes.to_string()),
    ];
    let words = tr_with("attack.network.words", &values);
    if card.assumed { format!("{words} {}", tr("attack.network.assumed")) } else { words }
}

/// The way to the guide.
pub fn guide() -> AnyView {
    view! {
        <a href=GUIDE target="_blank" rel="noopener">
            {tr("attack.network.guide")}
        </a>
    }
    .into_any()
}
