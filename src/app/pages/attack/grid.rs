//! All images of the race with what became of each: a sign, a word where there is room, and the marks of the attacks
//! that broke it. Pressing one, or moving with the arrow keys, shows it large.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::change::image_of;
use super::desk::{Desk, attack_name, percent};
use super::draw::Look;
use super::outcome::{Outcome, Tally};
use super::tables;
use crate::app::figure::marks::{Mark, svg};
use crate::app::figure::{Figure, PixelCanvas, planar_to_rgba};
use crate::app::{tr, tr_with};

/// More attacks than this are a crowd, whose marks are made smaller.
const FEW: usize = 4;

/// The figure.
#[component]
pub fn GridFigure(desk: Desk) -> impl IntoView {
    let count = Memo::new(move |_| desk.verdicts.with(|verdicts| verdicts.worst.len()));
    let crowd = Memo::new(move |_| desk.racing.with(Vec::len) > FEW);
    let size = move || {
        let size = match count.get() {
            0..=16 => "cells large",
            17..=32 => "cells middle",
            _ => "cells small",
        };
        if crowd.get() { format!("{size} crowd") } else { size.into() }
    };
    let node = NodeRef::<html::Div>::new();
    let keyed = move |event: ev::KeyboardEvent| arrows(&desk, node, &event);
    let empty = move || {
        let waiting = desk.waiting.get();
        (!waiting.is_empty()).then(|| view! { <p class="wait">{waiting}</p> })
    };
    view! {
        <Figure
            name="grid"
            class="grid p3"
            title=Signal::derive(move || tr("attack.grid.title"))
            summary=Signal::derive(move || summary(&desk))
            note=Signal::derive(move || tr("attack.grid.legend"))
            table=Callback::new(move |()| tables::grid(&desk))
        >
            {empty}
            <div
                class=size
                role="group"
                aria-label=move || tr("attack.grid.label")
                node_ref=node
                on:keydown=keyed
            >
                {move || {
                    let (shape, crowd) = (desk.shape.get(), crowd.get());
                    (0..count.get()).map(|image| cell(desk, image, shape, crowd)).collect_view()
                }}
            </div>
        </Figure>
    }
    .into_any()
}

/// One image. Only the one shown large is a tab stop; arrows lead to the others.
fn cell(desk: Desk, image: usize, shape: [u32; 3], crowd: bool) -> AnyView {
    let room = if crowd { "-6 -19 54 25" } else { "-6 -6 26 12" };
    let [channels, height, width] = shape;
    let rgba = Memo::new(move |_| {
        desk.lab.attack.clean.with(|pixels| {
            let planar = image_of(pixels, image, shape);
            if planar.is_empty() { Vec::new() } else { planar_to_rgba(planar, channels, height, width) }
        })
    });
    let outcome = Memo::new(move |_| desk.verdicts.with(|verdicts| verdicts.worst.get(image).copied()));
    let label = Memo::new(move |_| label(&desk, image));
    let shown = Memo::new(move |_| desk.focus.get() == image);
    let word = Memo::new(move |_| word(&desk, image));
    let marks = Memo::new(move |_| svg(&marks(&desk, image)));
    view! {
        <button
            type="button"
            class="cell"
            data-result=move || outcome.get().map(Outcome::key)
            aria-pressed=move || shown.get().to_string()
            aria-label=move || label.get()
            title=move || label.get()
            tabindex=move || if shown.get() { "0" } else { "-1" }
            on:click=move |_| desk.look_at(image)
        >
            <span class="tile" aria-hidden="true">
                <PixelCanvas width=width height=height rgba=rgba label=Signal::stored(String::new()) />
            </span>
            <span class="word">
                <b>{move || outcome.get().map(Outcome::symbol)}</b>
                " "
                <span>{move || word.get()}</span>
            </span>
            <svg class="by" width="20" height="9" viewBox=room aria-hidden="true">
                <g inner_html=move || marks.get()></g>
            </svg>
        </button>
    }
    .into_any()
}

/// The marks of the attacks that broke an image: two in a row, the third and fourth above; in a crowd four in a row, the
/// others above. Each has its own place, so that its absence is seen as well.
fn marks(desk: &Desk, image: usize) -> Vec<Mark> {
    let broke = breakers(desk, image);
    let racing = desk.racing.get();
    let columns = if racing.len() > FEW { 4 } else { 2 };
    let place = |lane: usize| (14.0 * (lane % columns) as f64, -13.0 * (lane / columns) as f64);
    let there = racing.iter().enumerate().filter(|(_, key)| broke.contains(key));
    there.map(|(lane, key)| Look::of(key).at(place(lane))).collect()
}

/// Keys of the attacks that broke an image in 8 bits.
fn breakers(desk: &Desk, image: usize) -> Vec<String> {
    desk.verdicts.with(|verdicts| {
        let broke = verdicts.attacks.iter().filter(|v| v.outcomes.get(image) == Some(&Outcome::Broken));
        broke.map(|verdict| verdict.key.clone()).collect()
    })
}

/// What the image became, or what it is.
fn word(desk: &Desk, image: usize) -> String {
    let class = desk.verdicts.with(|verdicts| {
        let broke = verdicts.attacks.iter().find(|v| v.outcomes.get(image) == Some(&Outcome::Broken));
        let answer = broke.and_then(|verdict| verdict.answers.get(image));
        answer.or_else(|| verdicts.clean.get(image)).copied()
    });
    class.map(|class| desk.class(class)).unwrap_or_default()
}

/// The image in one sentence.
fn label(desk: &Desk, image: usize) -> String {
    let facts = desk.verdicts.with(|verdicts| {
        Some((*verdicts.worst.get(image)?, *verdicts.labels.get(image)?, *verdicts.clean.get(image)?))
    });
    let Some((outcome, label, clean)) = facts else { return String::new() };
    let by: Vec<String> = breakers(desk, image).iter().map(|key| attack_name(key)).collect();
    let values = [
        ("n", (image + 1).to_string()),
        ("label", desk.class(label)),
        ("clean", desk.class(clean)),
        ("class", word(desk, image)),
        ("by", by.join(", ")),
    ];
    tr_with(&format!("attack.grid.{}", outcome.key()), &values)
}

/// Arrow keys: along the row, to the row above or below, to the ends.
fn arrows(desk: &Desk, node: NodeRef<html::Div>, event: &ev::KeyboardEvent) {
    let Some(group) = node.get_untracked() else { return };
    let cells = group.children();
    let count = cells.length() as usize;
    if count == 0 {
        return;
    }
    let top = |index: usize| cells.item(index as u32).map_or(0.0, |cell| cell.get_bounding_client_rect().top());
    let columns = (0..count).take_while(|index| (top(*index) - top(0)).abs() < 4.0).count().max(1);
    let here = desk.focus.get_untracked();
    let next = match event.key().as_str() {
        "ArrowLeft" => here.saturating_sub(1),
        "ArrowRight" => here + 1,
        "ArrowUp" => here.checked_sub(columns).unwrap_or(here),
        "ArrowDown" if here + columns < count => here + columns,
        "ArrowDown" => here,
        "Home" => 0,
        "End" => count - 1,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let next = next.min(count - 1);
    desk.look_at(next);
    if let Some(cell) = cells.item(next as u32).and_then(|cell| cell.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = cell.focus();
    }
}

fn summary(desk: &Desk) -> String {
    let tally = desk.verdicts.with(|verdicts| Tally::of(&verdicts.worst));
    if tally.total() == 0 {
        return tr_with("attack.grid.waiting", &[("wait", desk.waiting.get())]);
    }
    let values = [
        ("n", tally.total().to_string()),
        ("wrong", tally.wrong.to_string()),
        ("broken", tally.broken.to_string()),
        ("survive", tally.survive.to_string()),
        ("p", percent(tally.robust())),
    ];
    tr_with("attack.grid.summary", &values)
}
