//! Taking a state elsewhere: as a link, as a file for the command line, as a frame in another page; and bringing a
//! file back.

use js_sys::{Function, Promise};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;

use super::dialog::Dialog;
use super::{Shell, import};
use crate::app::lab::Page;
use crate::app::{Lab, export, tr, url, use_lab, wording};

/// Copies a text and says so with the text `said`; where the browser refuses, says where to copy it from.
pub fn copy(lab: Lab, text: String, said: &str) {
    let said = wording(lab, said);
    let refused = wording(lab, "share.refused");
    // Absent on insecure addresses.
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
    let written = js_sys::Reflect::get(&clipboard, &"writeText".into())
        .and_then(|write| write.dyn_into::<Function>())
        .and_then(|write| write.call1(&clipboard, &JsValue::from_str(&text)))
        .and_then(|promise| promise.dyn_into::<Promise>());
    match written {
        Ok(promise) => spawn_local(async move {
            let copied = JsFuture::from(promise).await.is_ok();
            lab.say(if copied { said } else { refused });
        }),
        Err(_) => lab.say(refused),
    }
}

/// What the command line runs, as JSON, and the file's name.
fn experiment_file(lab: Lab) -> Option<(String, String)> {
    let (name, json) = match lab.page.get_untracked() {
        Page::Attack => {
            let spec = lab.attack_spec.get_untracked();
            (format!("attack-{}-{}.json", spec.data.key(), spec.seed), serde_json::to_string_pretty(&spec))
        }
        Page::Train | Page::Geometry | Page::Theory | Page::Methods => {
            let experiment = lab.experiment.get_untracked();
            let name = format!("experiment-{}-{}.json", experiment.data.key(), experiment.seed);
            (name, serde_json::to_string_pretty(&experiment))
        }
    };
    Some((name, json.ok()? + "\n"))
}

/// A frame that shows this state without the bars.
fn frame(lab: Lab) -> String {
    let address = url::address(lab);
    let present = if lab.present.get() { "" } else { "&present=1" };
    let address = format!("{address}{present}").replace('&', "&amp;");
    format!(
        "<iframe src=\"{address}\" title=\"Frank–Wolfe Lab\" width=\"100%\" height=\"720\" loading=\"lazy\"></iframe>"
    )
}

/// The dialog behind Share.
#[component]
pub fn ShareDialog() -> impl IntoView {
    let lab = use_lab();
    let shell = expect_context::<Shell>();
    let title = Signal::derive(|| tr("share.title"));
    // Written only while somebody looks.
    let link = move || if shell.share.get() { url::address(lab) } else { String::new() };
    let embed = move || if shell.share.get() { frame(lab) } else { String::new() };
    let save = move |_| {
        if let Some((name, json)) = experiment_file(lab) {
            export::download(name, "application/json", json);
        }
    };
    let open = move |event: leptos::ev::Event| {
        let input = event_target::<HtmlInputElement>(&event);
        if let Some(files) = input.files() {
            import::take(lab, &files);
            shell.share.set(false);
        }
        // So that the same file can be opened again.
        input.set_value("");
    };
    view! {
        <Dialog name="share" open=shell.share title=title>
            <label class="line">
                <span>{move || tr("share.link")}</span>
                <input type="text" readonly prop:value=link on:focus=select_all />
            </label>
            <button type="button" class="ab" data-act="copy-link" on:click=move |_| copy(lab, url::address(lab), "share.copied")>
                {move || tr("share.copy")}
            </button>
            <h3>{move || tr("share.file")}</h3>
            <p>{move || tr("share.file.help")}</p>
            <button type="button" class="ab" data-act="export" on:click=save>
                {move || tr("share.export")}
            </button>
            " "
            <label class="ab file">
                <input class="vh" type="file" multiple data-act="import" on:change=open />
                <span>{move || tr("share.import")}</span>
            </label>
            <h3>{move || tr("share.embed")}</h3>
            <label class="line">
                <span>{move || tr("share.embed.help")}</span>
                <input type="text" readonly prop:value=embed on:focus=select_all />
            </label>
            <button type="button" class="ab" data-act="copy-embed" on:click=move |_| copy(lab, frame(lab), "share.copied_embed")>
                {move || tr("share.copy")}
            </button>
        </Dialog>
    }
    .into_any()
}

fn select_all(event: leptos::ev::FocusEvent) {
    event_target::<HtmlInputElement>(&event).select();
}
