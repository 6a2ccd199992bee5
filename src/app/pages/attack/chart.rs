//! A plot over gradient calls: measured for its width, drawn from marks, with a cursor that reads the values at a
//! call by pointer or by arrow keys. The cursor is shared, so that curves above each other are read together.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::desk::Desk;
use super::draw::{Area, Mark, calls, draw};
use crate::app::figure::use_width;

/// What a chart draws and says.
#[derive(Clone, Copy)]
pub struct Drawing {
    /// All marks for a plot of this width, in pixels.
    pub marks: Callback<f64, Vec<Mark>>,
    /// The values at a call, as one line of text.
    pub read: Callback<u32, String>,
    /// What stands there while no call is being read.
    pub why: Signal<String>,
    /// What the cursor belongs to, for screen readers.
    pub label: Signal<String>,
    /// The quantity it shows, for hovering.
    pub quantity: &'static str,
}

/// A plot over calls. `height` is in pixels.
#[component]
pub fn Chart(desk: Desk, drawing: Drawing, height: Signal<f64>) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let drawn = Memo::new(move |_| {
        let width = width.get();
        if width < 60.0 { Vec::new() } else { drawing.marks.run(width) }
    });
    let area = move || Area::new(width.get(), 0.0, height.get(), desk.unit.get());
    let latest = move || desk.race(|now| now.call).unwrap_or(0);
    let reading = Memo::new(move |_| desk.cursor.get().map(|call| drawing.read.run(call.min(latest()))));

    let pointed = move |event: ev::PointerEvent| {
        let Some(element) = node.get_untracked() else { return };
        let x = f64::from(event.client_x()) - element.get_bounding_client_rect().left();
        let area = untrack(area);
        let inside = x >= area.left - 10.0 && x <= area.right + 10.0;
        let axis = calls(&area, desk.budget.get_untracked());
        let call = axis.invert(x.clamp(area.left, area.right)).round().max(0.0) as u32;
        desk.cursor.set(inside.then(|| call.min(untrack(latest))));
    };
    let keyed = move |event: ev::KeyboardEvent| {
        let last = untrack(latest);
        let call = desk.cursor.get_untracked().unwrap_or(last);
        let next = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => call.saturating_sub(1),
            "ArrowRight" | "ArrowUp" => call.saturating_add(1),
            "PageDown" => call.saturating_sub(10),
            "PageUp" => call.saturating_add(10),
            "Home" => 0,
            "End" => last,
            "Escape" => {
                desk.cursor.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        desk.cursor.set(Some(next.min(last)));
    };

    view! {
        <div
            class="plot"
            data-q=drawing.quantity
            node_ref=node
            tabindex="0"
            role="slider"
            aria-label=move || drawing.label.get()
            aria-valuemin="0"
            aria-valuemax=move || desk.budget.get().to_string()
            aria-valuenow=move || desk.cursor.get().unwrap_or_else(latest).to_string()
            aria-valuetext=move || reading.get().unwrap_or_else(|| latest().to_string())
            on:pointermove=pointed
            on:pointerleave=move |_| desk.cursor.set(None)
            on:keydown=keyed
            on:blur=move |_| desk.cursor.set(None)
        >
            <svg
                aria-hidden="true"
                width=move || format!("{:.0}", width.get())
                height=move || format!("{:.0}", height.get())
            >
                {move || drawn.get().into_iter().map(draw).collect_view()}
                {move || {
                    let call = desk.cursor.get()?.min(latest());
                    let area = area();
                    let x = calls(&area, desk.budget.get()).at(f64::from(call));
                    Some(draw(Mark::Line { class: "cursor", from: (x, 2.0), to: (x, height.get() - 18.0) }))
                }}
                {move || {
                    let text = desk.waiting.get();
                    (!text.is_empty())
                        .then(|| {
                            let area = area();
                            let at = ((area.left + area.right) / 2.0, height.get() * 0.4);
                            draw(Mark::text("wait halo", at, "middle", text))
                        })
                }}
            </svg>
        </div>
        <p class="why" class:reading=move || reading.with(Option::is_some)>
            {move || reading.get().unwrap_or_else(|| drawing.why.get())}
        </p>
    }
    .into_any()
}
