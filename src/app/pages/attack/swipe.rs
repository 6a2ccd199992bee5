//! Comparing clean and attacked in one place: a handle that wipes one over the other, by dragging, by arrow keys or as
//! the slider it is, and a flicker that shows them in turn, because the eye finds movement where it finds no
//! difference.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::desk::media;
use crate::app::tr;
use crate::number;

/// Time each picture is shown. 1.25 changes back and forth a second: far from the three flashes that can harm.
const PHASE: Duration = Duration::from_millis(400);

/// Where the handle stands, and whether the pictures flicker.
#[derive(Clone, Copy)]
pub struct Swipe {
    /// Percent of the width that shows the clean image, from the left.
    pub place: RwSignal<f64>,
    pub flicker: RwSignal<bool>,
    /// The clean picture is shown whole, in a phase of the flicker.
    pub shows_clean: RwSignal<bool>,
}

impl Swipe {
    /// Creates the other signals and listens for the key `f` as long as the page is there.
    pub fn open(place: RwSignal<f64>) -> Self {
        let swipe = Self { place, flicker: RwSignal::new(false), shows_clean: RwSignal::new(false) };
        let key = window_event_listener(ev::keydown, move |event| {
            let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
            if event.key() == "f" && !modified && !event.repeat() && !writes(&event) {
                swipe.toggle();
            }
        });
        on_cleanup(move || key.remove());
        Effect::new(move |_| {
            let on = swipe.flicker.get();
            // Who asked for little motion sees the clean image while the button is pressed in, and nothing moves.
            swipe.shows_clean.set(on);
            if on && !media("(prefers-reduced-motion: reduce)") {
                let turn = move || {
                    swipe.shows_clean.try_update(|clean| *clean = !*clean);
                };
                if let Ok(timer) = set_interval_with_handle(turn, PHASE) {
                    on_cleanup(move || timer.clear());
                }
            }
        });
        swipe
    }

    /// Starts or stops the flicker.
    pub fn toggle(&self) {
        self.flicker.update(|on| *on = !*on);
    }

    /// The part of the clean picture that is shown, as a CSS `clip-path`.
    pub fn clip(&self) -> String {
        let place = match (self.flicker.get(), self.shows_clean.get()) {
            (true, true) => 100.0,
            (true, false) => 0.0,
            (false, _) => self.place.get(),
        };
        format!("inset(0 {:.1}% 0 0)", 100.0 - place)
    }
}

/// Whether a key press goes into a text.
fn writes(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| {
        element
            .matches("input:not([type=range]):not([type=radio]):not([type=checkbox]), select, textarea")
            .unwrap_or(false)
    })
}

/// The attacked picture with the handle over it. `children` are the two pictures, the upper one clipped.
#[component]
pub fn SwipePane(swipe: Swipe, children: Children) -> impl IntoView {
    let moved = move |event: ev::Event| {
        if let Some(place) = number::parse(&event_target_value(&event)) {
            swipe.flicker.set(false);
            swipe.place.set(place.clamp(0.0, 100.0));
        }
    };
    let spoken = move || format!("{:.0} %", swipe.place.get());
    view! {
        <div class="swipe" class:flickers=move || swipe.flicker.get()>
            {children()}
            <span class="grip" aria-hidden="true" style:left=move || format!("{:.1}%", swipe.place.get())>
                <svg viewBox="0 0 24 24">
                    <path d="M9 7l-5 5 5 5M15 7l5 5-5 5" />
                </svg>
            </span>
            <input
                type="range"
                min="0"
                max="100"
                step="1"
                data-act="swipe"
                aria-label=move || tr("attack.swipe.label")
                aria-valuetext=spoken
                prop:value=move || format!("{:.0}", swipe.place.get())
                on:input=moved
            />
        </div>
    }
    .into_any()
}
