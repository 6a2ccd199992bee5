//! Files, decoded by the browser into sRGB. What cannot be decoded leaves the attack as it is.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, File, HtmlCanvasElement, ImageBitmap};

use super::{Picture, UNKNOWN, hand_in};
use crate::app::pages::attack::desk::Desk;
use crate::app::{wording, wording_with};

/// Longer sides are scaled down to this many pixels. Networks here see 32 at most, so nothing is lost, and a
/// photograph does not take 50 MB on its way.
const LONGEST: f64 = 1024.0;

/// Decodes a file and attacks it; says what was expected if that fails.
pub fn take(desk: Desk, file: File) {
    let lab = desk.lab;
    let name = file.name();
    spawn_local(async move {
        let Ok((width, height, rgba)) = decode(&file).await else {
            let kind = file.type_();
            let found = if kind.is_empty() { wording(lab, "own.no_type") } else { kind };
            lab.report(wording_with(lab, "own.refused", &[("name", name), ("found", found)]));
            return;
        };
        lab.say(wording_with(lab, "own.taken", &[("name", name.clone())]));
        hand_in(desk, Picture { name, width, height, rgba, label: UNKNOWN });
    });
}

/// Size and pixels of an image file as sRGB, as the browser shows it (upright, with its colour profile applied).
async fn decode(file: &File) -> Result<(u32, u32, Vec<u8>), JsValue> {
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
    Ok((width as u32, height as u32, rgba))
}
