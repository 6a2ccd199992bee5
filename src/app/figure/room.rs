//! Room for a part of the page that stands below the first screen: the part is fetched, and built, when the room comes
//! near the window.

use std::pin::Pin;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::{ev, html};

use super::use_width;
use crate::app::parts::{Build, NotLoaded};
use crate::app::{Lab, use_lab, wording};

/// Pixels outside the window at which a part is fetched already.
const NEAR: f64 = 160.0;
/// Time the page has for its first figures before a part may come.
const PATIENCE: Duration = Duration::from_millis(400);

/// Fetches a part.
pub type Fetch = fn(Lab) -> Pin<Box<dyn Future<Output = Result<Build, NotLoaded>>>>;

/// The room, of class `class`; empty until its part is here.
#[component]
pub fn Room(class: &'static str, #[prop(optional)] id: Option<&'static str>, fetch: Fetch) -> impl IntoView {
    let room = NodeRef::<html::Div>::new();
    let width = use_width(room);
    let lab = use_lab();
    let asked = StoredValue::new(false);
    let open = RwSignal::new(None::<Build>);
    let look = move || {
        if asked.try_get_value() != Some(false) {
            return;
        }
        let Some(Some(room)) = room.try_get_untracked() else { return };
        let height = web_sys::window().and_then(|window| window.inner_height().ok()).and_then(|height| height.as_f64());
        let area = room.get_bounding_client_rect();
        // What is not on screen has no size.
        if area.width() > 0.0 && area.top() < height.unwrap_or(0.0) + NEAR && area.bottom() > -NEAR {
            asked.set_value(true);
            spawn_local(async move {
                match fetch(lab).await {
                    Ok(build) => {
                        // The page may have been left meanwhile.
                        open.try_set(Some(build));
                    }
                    Err(_) => {
                        asked.try_set_value(false);
                        lab.report(wording(lab, "shell.not_loaded"));
                    }
                }
            });
        }
    };
    let scrolled = window_event_listener(ev::scroll, move |_| look());
    let resized = window_event_listener(ev::resize, move |_| look());
    on_cleanup(move || {
        scrolled.remove();
        resized.remove();
    });
    // In a tall window it is near from the start.
    Effect::new(move |_| {
        if width.get() > 0.0 {
            set_timeout(look, PATIENCE);
        }
    });
    view! {
        <div id=id class=class node_ref=room>
            {move || open.get().map(|build| build())}
        </div>
    }
    .into_any()
}
