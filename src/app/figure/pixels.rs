//! Pixels as they are: a canvas that shows RGBA bytes one to one and lets CSS make the squares bigger.

use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// Interleaves planar 8-bit pixels (channel, row, column) to opaque RGBA; one channel is grey. Missing values are 0.
pub fn planar_to_rgba(pixels: &[u8], channels: u32, height: u32, width: u32) -> Vec<u8> {
    let plane = (height * width) as usize;
    let channel = |c: u32| pixels.get(c as usize * plane..).unwrap_or_default();
    let (red, green, blue) =
        if channels < 3 { (channel(0), channel(0), channel(0)) } else { (channel(0), channel(1), channel(2)) };
    let at = |plane: &[u8], i: usize| plane.get(i).copied().unwrap_or_default();
    (0..plane).flat_map(|i| [at(red, i), at(green, i), at(blue, i), 255]).collect()
}

/// A picture of `width` × `height` pixels. `rgba` holds 4 bytes a pixel, row by row; any other length shows nothing.
/// Its size on screen is CSS's business.
#[component]
pub fn PixelCanvas(
    width: u32,
    height: u32,
    #[prop(into)] rgba: Signal<Vec<u8>>,
    #[prop(into)] label: Signal<String>,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            rgba.with(|rgba| paint(&canvas, rgba, width, height));
        }
    });
    let classes = if class.is_empty() { "px".to_string() } else { format!("px {class}") };
    view! {
        <canvas
            class=classes
            width=width.to_string()
            height=height.to_string()
            role="img"
            aria-label=move || label.get()
            node_ref=canvas
        ></canvas>
    }
}

/// Puts the pixels on the canvas, or clears it. A browser that refuses leaves it empty; the label still says it all.
fn paint(canvas: &HtmlCanvasElement, rgba: &[u8], width: u32, height: u32) {
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok()) else {
        return;
    };
    if rgba.len() != (width * height * 4) as usize {
        context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
        return;
    }
    if let Ok(image) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), width, height) {
        let _ = context.put_image_data(&image, 0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::planar_to_rgba;

    #[test]
    fn planes_are_interleaved_and_grey_is_repeated() {
        assert_eq!(planar_to_rgba(&[1, 2, 3, 4, 5, 6], 3, 1, 2), [1, 3, 5, 255, 2, 4, 6, 255]);
        assert_eq!(planar_to_rgba(&[7, 8], 1, 2, 1), [7, 7, 7, 255, 8, 8, 8, 255]);
        assert_eq!(planar_to_rgba(&[], 3, 1, 1), [0, 0, 0, 255]);
    }
}
