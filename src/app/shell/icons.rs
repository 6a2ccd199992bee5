//! The transport's four signs. Always beside a word.

use leptos::prelude::*;

pub const RESET: &str = "M2 1v10H.6V1zM11 1v10L3 6z";
pub const PLAY: &str = "M2 .5 11.5 6 2 11.5z";
pub const PAUSE: &str = "M2 1h3v10H2zM7 1h3v10H7z";
pub const STEP: &str = "M1 1v10l8-5zM10 1h1.4v10H10z";

/// A sign of 12 × 12.
pub fn icon(path: impl Fn() -> &'static str + Send + Sync + 'static) -> AnyView {
    view! {
        <svg viewBox="0 0 12 12" aria-hidden="true">
            <path d=path />
        </svg>
    }
    .into_any()
}
