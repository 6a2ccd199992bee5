//! The few kinds of marks that the plots of this page are made of, and how each becomes SVG. Plots are lists of
//! marks, computed by plain functions; one function draws them all, which keeps the page small.

use leptos::prelude::*;

/// A mark at pixel positions.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    Path {
        class: String,
        d: String,
    },
    Line {
        class: &'static str,
        from: (f64, f64),
        to: (f64, f64),
    },
    Disc {
        class: String,
        at: (f64, f64),
        r: f64,
    },
    Rect {
        fill: String,
        at: (f64, f64),
        size: (f64, f64),
    },
    /// A bold part, then a regular one; `anchor` is SVG's `text-anchor`.
    Text {
        class: String,
        at: (f64, f64),
        anchor: &'static str,
        strong: String,
        text: String,
    },
}

impl Mark {
    /// Text without a bold part.
    pub fn text(class: impl Into<String>, at: (f64, f64), anchor: &'static str, text: impl Into<String>) -> Self {
        Self::Text { class: class.into(), at, anchor, strong: String::new(), text: text.into() }
    }
}

/// Pixels as an attribute: a tenth is finer than the eye.
fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// The mark as an SVG element.
pub fn draw(mark: Mark) -> AnyView {
    match mark {
        Mark::Path { class, d } => view! { <path class=class d=d /> }.into_any(),
        Mark::Line { class, from, to } => {
            view! { <line class=class x1=px(from.0) y1=px(from.1) x2=px(to.0) y2=px(to.1) /> }.into_any()
        }
        Mark::Disc { class, at, r } => view! { <circle class=class cx=px(at.0) cy=px(at.1) r=px(r) /> }.into_any(),
        Mark::Rect { fill, at, size } => {
            view! { <rect x=px(at.0) y=px(at.1) width=px(size.0) height=px(size.1) fill=fill /> }.into_any()
        }
        Mark::Text { class, at, anchor, strong, text } => view! {
            <text class=class x=px(at.0) y=px(at.1) text-anchor=anchor>
                <tspan class="b">{strong}</tspan>
                {text}
            </text>
        }
        .into_any(),
    }
}

/// Shape of a family's marker round the origin, about 5 pixels in radius: disc, square, triangle, diamond.
pub fn marker(family: &str) -> &'static str {
    match family {
        "pg" => "M-4.5 -4.5H4.5V4.5H-4.5Z",
        "sgd" => "M-5.5 4.6H5.5L0 -5.4Z",
        "adam" => "M0 -6L6 0L0 6L-6 0Z",
        _ => "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z",
    }
}
