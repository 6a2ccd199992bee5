//! A plot over training steps: measured for its width, drawn from marks, with a cursor that reads the values at
//! a step, by pointer or by arrow keys, into one line below. While nothing has arrived the plot already has its
//! size and says what it waits for.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::axes::Area;
use super::bench::Bench;
use super::marks::{self, Mark};
use crate::app::figure::use_width;
use crate::app::tr;
use crate::plot::series;

/// What a chart draws and says.
#[derive(Clone, Copy)]
pub struct Drawing {
    /// All marks for a plot of this width, in pixels.
    pub marks: Callback<f64, Vec<Mark>>,
    /// The values at a step, as one line of text.
    pub read: Callback<u32, String>,
    /// What stands there while no step is being read: how to read the figure.
    pub why: Signal<String>,
    /// What the cursor belongs to, for screen readers.
    pub label: Signal<String>,
}

/// A plot over steps. `height` is in pixels; text and margins follow the bench's unit.
#[component]
pub fn Chart(
    bench: Bench,
    drawing: Drawing,
    height: Signal<f64>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let cursor = RwSignal::new(None::<u32>);
    let drawn = Memo::new(move |_| {
        let width = width.get();
        if width < 60.0 { Vec::new() } else { drawing.marks.run(width) }
    });
    let area = move || Area::new(width.get(), 0.0, height.get(), bench.unit.get());
    let latest = move || {
        bench.track(crate::session::RunId::A);
        bench.lab.train.t.get()
    };
    let reading = Memo::new(move |_| cursor.get().map(|t| drawing.read.run(t)));

    let pointed = move |event: ev::PointerEvent| {
        let Some(element) = node.get_untracked() else { return };
        let x = f64::from(event.client_x()) - element.get_bounding_client_rect().left();
        let area = area();
        let inside = x >= area.left - 10.0 && x <= area.right + 10.0;
        let t = series::step_at(area.time(bench.total.get()).invert(x.clamp(area.left, area.right)));
        cursor.set(inside.then(|| t.min(latest())));
    };
    let keyed = move |event: ev::KeyboardEvent| {
        let last = latest();
        let t = cursor.get().unwrap_or(last);
        // A twentieth of the step count is a short way on a logarithmic axis, and one step near its left end.
        let stride = (t / 20).max(1);
        let next = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => t.saturating_sub(stride),
            "ArrowRight" | "ArrowUp" => t.saturating_add(stride),
            "PageDown" => t / 2,
            "PageUp" => t.saturating_mul(2).max(1),
            "Home" => 0,
            "End" => last,
            "Escape" => {
                cursor.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        cursor.set(Some(next.min(last)));
    };

    view! {
        <div
            class="plot"
            node_ref=node
            tabindex="0"
            role="slider"
            aria-label=move || drawing.label.get()
            aria-valuemin="0"
            aria-valuemax=move || bench.total.get().to_string()
            aria-valuenow=move || cursor.get().unwrap_or_else(latest).to_string()
            aria-valuetext=move || {
                reading.get().unwrap_or_else(|| bench.lab.train.t.get().to_string())
            }
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
                {move || drawn.get().into_iter().map(marks::draw).collect_view()}
                {move || {
                    let t = cursor.get()?;
                    let area = area();
                    let x = area.time(bench.total.get()).at(series::log_step(t));
                    let mark = Mark::Line { class: "cursor", from: (x, 2.0), to: (x, height.get() - 18.0) };
                    Some(marks::draw(mark))
                }}
                {move || {
                    let text = bench.waiting.get();
                    (!text.is_empty())
                        .then(|| {
                            let area = area();
                            let at = ((area.left + area.right) / 2.0, height.get() * 0.45);
                            marks::draw(Mark::text("wait halo", at, "middle", text))
                        })
                }}
            </svg>
            {children.map(|children| children())}
        </div>
        <p class="why" class:reading=move || reading.with(Option::is_some)>
            {move || reading.get().unwrap_or_else(|| drawing.why.get())}
        </p>
    }
    .into_any()
}

/// `t = 120`, the beginning of every reading.
pub fn reading_head(t: u32) -> String {
    format!("{} = {}", tr("train.t"), crate::plot::integer(u64::from(t)))
}
