//! Back and forth in time. Ticks are where one can go back to: snapshots in training, steps on the plane. In an attack
//! they are the checkpoints, and one can look back at any call, at the image as it was then; End and play lead back to
//! the present.

use std::fmt::Write;

use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::actions;
use crate::app::lab::Page;
use crate::app::{Lab, tr, tr_with, use_lab};
use crate::number;
use crate::plot;

/// Width of the drawing in its own units; it is stretched to whatever room there is.
const WIDTH: f64 = 1000.0;
/// More steps than this get a tick every tenth of the way.
const EACH: u32 = 60;

fn ticks(lab: Lab, total: u32) -> Vec<u32> {
    match lab.page.get() {
        Page::Train => lab.train.snapshots.get(),
        Page::Attack => lab.attack.now.with(|now| now.as_ref().map(|now| now.checkpoints.clone())).unwrap_or_default(),
        Page::Geometry | Page::Theory | Page::Methods if total <= EACH => (0..=total).collect(),
        Page::Geometry | Page::Theory | Page::Methods => (0..=10).map(|i| total / 10 * i).collect(),
    }
}

/// The slider. `place`: where the run stands, and how long it is.
#[component]
pub fn Scrubber(place: Memo<(u32, u32)>) -> impl IntoView {
    let lab = use_lab();
    // Where the hand is, until it lets go.
    let hand = RwSignal::new(None::<u32>);
    let shown = Memo::new(move |_| hand.get().unwrap_or(place.get().0));
    let attack = Memo::new(move |_| lab.page.get() == Page::Attack);
    let x = move |t: u32| f64::from(t.min(place.get().1)) / f64::from(place.get().1.max(1)) * WIDTH;
    let marks = Memo::new(move |_| {
        let mut path = String::new();
        for t in ticks(lab, place.get().1) {
            // Writing into a string cannot fail.
            let _ = write!(path, "M{0:.1} 11V19", x(t));
        }
        path
    });
    let value = move |event: &leptos::ev::Event| number::parse(&event_target::<HtmlInputElement>(event).value());
    let words = move || {
        let (_, total) = place.get();
        let (t, n) = (plot::integer(u64::from(shown.get())), plot::integer(u64::from(total)));
        tr_with(if attack.get() { "scrubber.call" } else { "scrubber.value" }, &[("t", t), ("n", n)])
    };
    let moved = move |event: leptos::ev::Event| {
        let t = value(&event).map(|v| v as u32);
        if attack.get_untracked() {
            // The picture follows the hand, as far as the race has come; the answer lets the hand go.
            let last = lab.attack.now.with_untracked(|now| now.as_ref().map_or(0, |now| now.call));
            hand.set(t.map(|t| t.min(last)));
            actions::seek(lab, t.unwrap_or(last));
        } else {
            hand.set(t);
        }
    };
    let let_go = move |event: leptos::ev::Event| {
        if attack.get_untracked() {
            event_target::<HtmlInputElement>(&event).set_value(&shown.get_untracked().to_string());
            return;
        }
        if let Some(t) = value(&event) {
            actions::seek(lab, t as u32);
        }
        hand.set(None);
    };
    Effect::new(move |_| {
        if attack.get() && hand.get().is_some_and(|t| t == place.get().0 || actions::is_playing(lab)) {
            hand.set(None);
        }
    });
    view! {
        <div class="scrub">
            <svg viewBox="0 0 1000 30" preserveAspectRatio="none" aria-hidden="true">
                <path class="edge" d="M0 15H1000" vector-effect="non-scaling-stroke" />
                <path class="edge" d=move || marks.get() vector-effect="non-scaling-stroke" />
                <path
                    class="done"
                    d=move || format!("M0 15H{:.1}", x(shown.get()))
                    vector-effect="non-scaling-stroke"
                />
            </svg>
            <input
                type="range"
                min="0"
                step="1"
                prop:max=move || place.get().1.max(1).to_string()
                prop:value=move || shown.get().to_string()
                aria-label=move || tr("scrubber.label")
                aria-valuetext=words
                on:input=moved
                on:change=let_go
            />
        </div>
    }
    .into_any()
}
