//! A dialog: the browser's own `<dialog>`, which keeps the focus inside, closes on Escape and gives the focus back.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::app::tr;

/// A dialog that is open while `open` is true.
#[component]
pub fn Dialog(
    /// Names it for style sheets and for its title's id.
    name: &'static str,
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let wanted = open.get();
        let Some(dialog) = node.get() else { return };
        if wanted && !dialog.open() {
            // Refused only while it is open already.
            let _ = dialog.show_modal();
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    // A press beside the sheet, on the dialog's own backdrop, closes it.
    let beside = move |event: leptos::ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlDialogElement>().ok());
        if target.is_some() {
            open.set(false);
        }
    };
    let id = format!("{name}-title");
    let labelled_by = id.clone();
    view! {
        <dialog
            class=format!("panel {name}")
            node_ref=node
            aria-labelledby=labelled_by
            on:close=move |_| open.set(false)
            on:click=beside
        >
            <div class="sheet">
                <header>
                    <h2 id=id>{move || title.get()}</h2>
                    <button type="button" data-act="close" on:click=move |_| open.set(false)>
                        {move || tr("act.close")}
                    </button>
                </header>
                {children()}
            </div>
        </dialog>
    }
    .into_any()
}
