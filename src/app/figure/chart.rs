//! A plot over steps or gradient calls: measured for its width, drawn from marks, with a cursor that reads the values
//! at a place, by pointer or by arrow keys, into one line below. While nothing has arrived the plot already has its
//! size and says what it waits for.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::axes::{Area, Axis};
use super::marks::{Mark, svg};
use super::use_width;

/// What a chart draws and says.
#[derive(Clone, Copy)]
pub struct Drawing {
    /// All marks for a plot of this width, in pixels.
    pub marks: Callback<f64, Vec<Mark>>,
    /// The values at a place, as one line of text.
    pub read: Callback<u32, String>,
    /// What stands there while nothing is being read: how to read the figure.
    pub why: Signal<String>,
    /// What the cursor belongs to, for screen readers.
    pub label: Signal<String>,
    /// The quantity it shows (`data-q`), if it is one.
    pub quantity: Option<&'static str>,
}

/// What charts above each other share.
#[derive(Clone, Copy)]
pub struct Course {
    pub axis: Axis,
    /// Where the axis ends, and how far the curves have come.
    pub total: Signal<u32>,
    pub last: Signal<u32>,
    /// What is being read.
    pub cursor: RwSignal<Option<u32>>,
    /// What is waited for, empty if nothing is.
    pub waiting: Signal<String>,
    /// Size of text, 1 = normal; margins follow.
    pub unit: Signal<f64>,
}

/// A plot. `height` is in pixels; `more_room` is what labels need beyond the usual, in pixels at normal text size.
#[component]
pub fn Chart(
    course: Course,
    drawing: Drawing,
    height: Signal<f64>,
    #[prop(optional)] more_room: f64,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let Course { axis, total, last, cursor, waiting, unit } = course;
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let drawn = Memo::new(move |_| {
        let width = width.get();
        if width < 60.0 { String::new() } else { svg(&drawing.marks.run(width)) }
    });
    let area = move || Area::new(width.get(), 0.0, height.get(), unit.get()).with_room(more_room * unit.get());
    let here = move || cursor.get().map(|place| place.min(last.get()));
    let reading = Memo::new(move |_| here().map(|place| drawing.read.run(place)));
    // Over the curves: the cursor's line, and what is waited for.
    let over = move || {
        let area = area();
        let line = here().map(|place| {
            let x = axis.at(&area, total.get(), place);
            Mark::Line { class: "cursor", from: (x, 2.0), to: (x, height.get() - 18.0) }
        });
        let words = waiting.get();
        let at = ((area.left + area.right) / 2.0, height.get() * 0.45);
        let words = (!words.is_empty()).then(|| Mark::text("wait halo", at, "middle", words));
        svg(&line.into_iter().chain(words).collect::<Vec<_>>())
    };

    let pointed = move |event: ev::PointerEvent| {
        let Some(element) = node.get_untracked() else { return };
        let x = f64::from(event.client_x()) - element.get_bounding_client_rect().left();
        untrack(|| {
            let area = area();
            let inside = x >= area.left - 10.0 && x <= area.right + 10.0;
            let place = axis.place(&area, total.get(), x.clamp(area.left, area.right));
            cursor.set(inside.then(|| place.min(last.get())));
        });
    };
    let keyed = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            cursor.set(None);
            return;
        }
        let last = last.get_untracked();
        let place = cursor.get_untracked().unwrap_or(last);
        if let Some(next) = axis.moved(&event.key(), place, last) {
            event.prevent_default();
            event.stop_propagation();
            cursor.set(Some(next));
        }
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
            aria-valuemax=move || total.get().to_string()
            aria-valuenow=move || here().unwrap_or_else(|| last.get()).to_string()
            aria-valuetext=move || reading.get().unwrap_or_else(|| last.get().to_string())
            on:pointermove=pointed
            on:pointerleave=move |_| cursor.set(None)
            on:keydown=keyed
            on:blur=move |_| cursor.set(None)
        >
            <svg
                aria-hidden="true"
                width=move || format!("{:.0}", width.get())
                height=move || format!("{:.0}", height.get())
            >
                <g inner_html=move || drawn.get()></g>
                <g inner_html=over></g>
            </svg>
            {children.map(|children| children())}
        </div>
        <p class="why" class:reading=move || reading.with(Option::is_some)>
            {move || reading.get().unwrap_or_else(|| drawing.why.get())}
        </p>
    }
    .into_any()
}
