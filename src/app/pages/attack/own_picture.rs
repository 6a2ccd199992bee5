//! A picture of the user's own: picked or dropped, decoded by the browser into sRGB, and handed to the engine, which
//! cuts it to the network's input. Nothing is sent anywhere. What cannot be decoded leaves the attack as it is.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, File, HtmlCanvasElement, HtmlInputElement, ImageBitmap};

use super::desk::Desk;
use crate::app::{engine_link, tr, tr_with};
use crate::session::{Command, DataId};

/// Nobody knows what it shows: the network's own first answer is what the attack must change.
const UNKNOWN: u8 = 255;

/// Longer sides are scaled down to this many pixels. Networks here see 32 at most, so nothing is lost, and a
/// photograph does not take 50 MB on its way.
const LONGEST: f64 = 1024.0;

/// A picture with straight RGBA, row by row.
struct Decoded {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

/// The row that picks a file; files may also be dropped on it.
#[component]
pub fn OwnPicture(desk: Desk) -> impl IntoView {
    let over = RwSignal::new(false);
    let on = Signal::derive(move || desk.lab.attack_spec.with(|spec| spec.data == DataId::Own));
    let picked = move |event: ev::Event| {
        let input = event_target::<HtmlInputElement>(&event);
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            take(desk, file);
        }
        // So that the same file can be picked again after it was changed.
        input.set_value("");
    };
    let dropped = move |event: ev::DragEvent| {
        // Whatever it is, it was meant as a picture: nobody else takes it after this.
        event.prevent_default();
        event.stop_propagation();
        over.set(false);
        if let Some(file) = dropped_file(&event) {
            take(desk, file);
        }
    };
    let text = move || match desk.own.get().filter(|_| on.get()) {
        Some(name) => tr_with("attack.own.chosen", &[("name", name)]),
        None => tr("attack.own.pick"),
    };
    view! {
        <label
            class="own-picture"
            class:on=move || on.get()
            class:over=move || over.get()
            title=move || tr("attack.own.help")
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            <input class="vh" type="file" accept="image/png,image/jpeg" data-act="own-picture" on:change=picked />
            <i aria-hidden="true"></i>
            <span>{text}</span>
        </label>
    }
    .into_any()
}

/// The first of the files dropped.
pub fn dropped_file(event: &ev::DragEvent) -> Option<File> {
    event.data_transfer()?.files()?.get(0)
}

/// Decodes a file and attacks it; says what was expected if that fails.
pub fn take(desk: Desk, file: File) {
    let name = file.name();
    let kind = file.type_();
    let found = if kind.is_empty() { tr("attack.own.no_type") } else { kind };
    // Texts are looked up now: what runs later has no context to look them up in.
    let refused = tr_with("attack.own.refused", &[("name", name.clone()), ("found", found)]);
    let taken = tr_with("attack.own.taken", &[("name", name.clone())]);
    spawn_local(async move {
        let Ok(picture) = decode(&file).await else {
            desk.lab.report(refused);
            return;
        };
        let Decoded { width, height, rgba } = picture;
        engine_link::own_image(&Command::OwnImage { width, height, rgba, label: UNKNOWN });
        desk.own.set(Some(name));
        desk.lab.say(taken);
        if desk.lab.attack_spec.with_untracked(|spec| spec.data == DataId::Own) {
            // The description stays the same while the picture behind it has changed: nobody else would tell the
            // engine to begin anew.
            desk.lab.send.run(Command::AttackConfigure(desk.lab.attack_spec.get_untracked()));
        } else {
            desk.change(|spec| {
                spec.data = DataId::Own;
                spec.focus = 0;
            });
        }
    });
}

/// Pixels of an image file as sRGB, as the browser shows it (upright, with its colour profile applied).
async fn decode(file: &File) -> Result<Decoded, JsValue> {
    let bitmap = JsFuture::from(window().create_image_bitmap_with_blob(file)?).await?;
    let bitmap: ImageBitmap = bitmap.dyn_into()?;
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let scale = (LONGEST / width.max(height).max(1.0)).min(1.0);
    let (width, height) = ((width * scale).round().max(1.0), (height * scale).round().max(1.0));

    let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"colorSpace".into(), &"srgb".into())?;
    js_sys::Reflect::set(&options, &"willReadFrequently".into(), &JsValue::TRUE)?;
    let context = canvas.get_context_with_context_options("2d", &options)?.ok_or(JsValue::NULL)?;
    let context: CanvasRenderingContext2d = JsValue::from(context).dyn_into()?;
    // What is transparent shows paper, not black.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, width, height);
    context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height)?;
    bitmap.close();
    let rgba = context.get_image_data(0.0, 0.0, width, height)?.data().0;
    Ok(Decoded { width: width as u32, height: height as u32, rgba })
}
