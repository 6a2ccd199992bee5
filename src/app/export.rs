//! Saving things: any bytes as a file, a figure as PNG, a table as CSV. All in the page, nothing is sent anywhere.

use std::time::Duration;

use leptos::prelude::*;
use thiserror::Error;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::figure::Table;
use super::figure::picture;
use super::{Lab, tr};
use crate::plot;

/// Pixels of an exported picture per CSS pixel: sharp in print and on a projector.
const PNG_SCALE: f64 = 2.0;

/// What can go wrong while saving.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExportError {
    #[error("the figure is not on screen, so there is nothing to save; open its tab first")]
    Empty,
    #[error("the browser refused to {0}; allow downloads for this site or use another browser")]
    Browser(&'static str),
}

/// The error that says what the browser refused.
fn refused(what: &'static str) -> impl FnOnce(JsValue) -> ExportError {
    move |_| ExportError::Browser(what)
}

/// Saves `bytes` as the file `name`; a failure is reported to the user. For event handlers.
pub fn download(name: impl AsRef<str>, mime: impl AsRef<str>, bytes: impl AsRef<[u8]>) {
    if blob(mime.as_ref(), bytes.as_ref()).and_then(|blob| save(name.as_ref(), &blob)).is_err()
        && let Some(lab) = use_context::<Lab>()
    {
        lab.report(tr("figure.failed"));
    }
}

/// A table as CSV (RFC 4180).
pub fn table_csv(table: &Table) -> String {
    plot::csv(&table.columns, &table.rows)
}

/// Draws a figure, as it stands on screen, into a PNG of twice its size on the paper's colour.
///
/// # Errors
/// [`ExportError::Empty`] if the figure is hidden, [`ExportError::Browser`] if a browser step fails.
pub async fn figure_png(figure: web_sys::Element) -> Result<web_sys::Blob, ExportError> {
    let picture = picture::draw(&figure).ok_or(ExportError::Empty)?;
    let image = web_sys::HtmlImageElement::new().map_err(refused("make an image"))?;
    // A data address, not a blob's: a blob with HTML inside would make the canvas unreadable.
    let address =
        format!("data:image/svg+xml;charset=utf-8,{}", String::from(js_sys::encode_uri_component(&picture.svg)));
    image.set_src(&address);
    JsFuture::from(image.decode()).await.map_err(refused("draw the figure"))?;

    let canvas = document()
        .create_element("canvas")
        .ok()
        .and_then(|element| element.dyn_into::<web_sys::HtmlCanvasElement>().ok())
        .ok_or(ExportError::Browser("make a canvas"))?;
    let (width, height) = ((picture.width * PNG_SCALE).ceil(), (picture.height * PNG_SCALE).ceil());
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas
        .get_context("2d")
        .ok()
        .flatten()
        .and_then(|context| context.dyn_into::<web_sys::CanvasRenderingContext2d>().ok())
        .ok_or(ExportError::Browser("draw on a canvas"))?;
    context.set_fill_style_str(&picture.paper);
    context.fill_rect(0.0, 0.0, width, height);
    context
        .draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)
        .map_err(refused("draw the figure"))?;

    let mut started = Ok(());
    let png = js_sys::Promise::new(&mut |resolve, _reject| started = canvas.to_blob(&resolve));
    started.map_err(refused("read the picture"))?;
    let png = JsFuture::from(png).await.map_err(refused("read the picture"))?;
    png.dyn_into::<web_sys::Blob>().map_err(refused("read the picture"))
}

/// Saves a blob as the file `name`.
///
/// # Errors
/// [`ExportError::Browser`] if the browser refuses a step of it.
pub fn save(name: &str, blob: &web_sys::Blob) -> Result<(), ExportError> {
    let address = web_sys::Url::create_object_url_with_blob(blob).map_err(refused("offer a file"))?;
    let link = document()
        .create_element("a")
        .ok()
        .and_then(|element| element.dyn_into::<web_sys::HtmlAnchorElement>().ok())
        .ok_or(ExportError::Browser("offer a file"))?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The download has begun long before; until then the address must live.
    set_timeout(
        move || {
            let _ = web_sys::Url::revoke_object_url(&address);
        },
        Duration::from_secs(20),
    );
    Ok(())
}

/// Bytes as a blob of a media type.
fn blob(mime: &str, bytes: &[u8]) -> Result<web_sys::Blob, ExportError> {
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(mime);
    web_sys::Blob::new_with_u8_array_sequence_and_options(&parts, &options).map_err(refused("make a file"))
}
