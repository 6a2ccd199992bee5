//! The atoms as tiles, heaviest first: its picture, a bar for its weight, when the oracle first named it. Pressing one
//! switches it off or on; arrow keys lead from one to the next.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::Sight;
use super::words::{counted, share, told};
use crate::app::figure::PixelCanvas;
use crate::app::{tr, tr_with};
use crate::plot::diverging;
use crate::session::{AtomRow, AtomsNow};

pub(super) fn tiles(sight: Sight) -> AnyView {
    let node = NodeRef::<html::Div>::new();
    // The tab stop among the tiles.
    let stop = RwSignal::new(0_usize);
    let all = move || sight.read(|now| (0..now.atoms.len()).map(|index| tile(sight, now, index, stop)).collect_view());
    view! {
        <div
            class="atom-tiles"
            role="group"
            aria-label=move || tr("atoms.tiles")
            node_ref=node
            on:keydown=move |event| arrows(node, stop, &event)
        >
            {all}
        </div>
    }
    .into_any()
}

/// One atom. What it says does not change until there are new ones; whether it is on does.
fn tile(sight: Sight, now: &AtomsNow, index: usize, stop: RwSignal<usize>) -> AnyView {
    let Some(atom) = now.atoms.get(index) else { return ().into_any() };
    let [_, height, width] = now.shape;
    let heaviest = now.atoms.iter().map(|atom| atom.weight).fold(f32::MIN_POSITIVE, f32::max);
    let bar = format!("{:.1}%", 100.0 * atom.weight / heaviest);
    let label = told(&sight.desk, now, index);
    let picture = atom.tile.clone();
    let rgba = Signal::derive(move || {
        let dark = sight.desk.dark();
        picture.iter().flat_map(|value| diverging(f32::from(*value as i8) / 127.0, dark)).collect::<Vec<u8>>()
    });
    let on = Memo::new(move |_| sight.on.with(|on| on.get(index) == Some(&true)));
    view! {
        <button
            type="button"
            class="atom"
            data-atom=index.to_string()
            aria-pressed=move || on.get().to_string()
            title=label.clone()
            aria-label=label
            tabindex=move || if stop.get() == index { "0" } else { "-1" }
            on:focus=move |_| stop.set(index)
            on:click=move |_| sight.switch(index)
        >
            <span class="picture" aria-hidden="true">
                <PixelCanvas width=width height=height rgba=rgba label=Signal::stored(String::new()) />
            </span>
            <span class="track" aria-hidden="true">
                <span class="fill" style:width=bar></span>
            </span>
            <b>{share(f64::from(atom.weight))}</b>
            <small>{when(now, atom)}</small>
            <i aria-hidden="true">{move || if on.get() { "" } else { "✕" }}</i>
        </button>
    }
    .into_any()
}

/// `call 7`, `calls 7 …` if it was named again, or how many it stands for.
fn when(now: &AtomsNow, atom: &AtomRow) -> String {
    if atom.members > 1 {
        return counted(now, atom.members);
    }
    let key = if atom.calls > 1 { "atoms.tile.calls" } else { "atoms.tile.call" };
    tr_with(key, &[("t", atom.first_call.to_string()), ("n", atom.calls.to_string())])
}

/// Arrow keys: along the row, to the row above or below, to the ends.
fn arrows(node: NodeRef<html::Div>, stop: RwSignal<usize>, event: &ev::KeyboardEvent) {
    let Some(group) = node.get_untracked() else { return };
    let tiles = group.children();
    let count = tiles.length() as usize;
    let top = |index: usize| tiles.item(index as u32).map_or(0.0, |tile| tile.get_bounding_client_rect().top());
    let columns = (0..count).take_while(|index| (top(*index) - top(0)).abs() < 4.0).count().max(1);
    let here = stop.get_untracked();
    let next = match event.key().as_str() {
        "ArrowLeft" => here.saturating_sub(1),
        "ArrowRight" => here + 1,
        "ArrowUp" => here.checked_sub(columns).unwrap_or(here),
        "ArrowDown" => here + columns,
        "Home" => 0,
        "End" => count.saturating_sub(1),
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let next = if next < count { next } else { here };
    if let Some(tile) = tiles.item(next as u32).and_then(|tile| tile.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = tile.focus();
    }
}
