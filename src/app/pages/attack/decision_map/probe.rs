//! The probe: a point of the map, moved by hovering, clicking, dragging its ring or with arrow keys, and the image there
//! with what the network says to it. One question is under way at a time, so that the engine is never behind.

use leptos::prelude::*;
use leptos::{ev, svg};
use wasm_bindgen::JsCast;

use super::scene::Frame;
use super::{Identity, SIDE, Sight};
use crate::app::figure::marks::escape;
use crate::app::figure::{PixelCanvas, planar_to_rgba};
use crate::app::pages::attack::desk::size;
use crate::app::pages::attack::outcome::largest;
use crate::app::{engine_gate, tr, tr_with};
use crate::plot::fixed;
use crate::session::{Command, MapProbe};

/// How many classes are shown.
const CLASSES: usize = 4;

/// The drawing with the probe's ring.
pub fn stage(sight: Sight, frame: Memo<Option<Frame>>, drawn: Memo<String>) -> AnyView {
    let canvas = NodeRef::<svg::Svg>::new();
    let held = RwSignal::new(false);
    ask(sight);
    let under = move |event: &web_sys::MouseEvent| {
        let canvas = canvas.get_untracked()?;
        let area = canvas.get_bounding_client_rect();
        let at = (f64::from(event.client_x()) - area.left(), f64::from(event.client_y()) - area.top());
        frame.with_untracked(|frame| frame.as_ref().map(|frame| frame.point(at)))
    };
    let down = move |event: ev::PointerEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let on_ring = target.is_some_and(|target| target.closest("[data-handle]").ok().flatten().is_some());
        if event.button() == 0 && event.is_primary() && on_ring {
            if let Some(canvas) = canvas.get_untracked() {
                // Fails only for a pointer that is gone already.
                let _ = canvas.set_pointer_capture(event.pointer_id());
            }
            held.set(true);
        }
    };
    let moved = move |event: ev::PointerEvent| {
        if held.get_untracked() {
            sight.hover.set(None);
            sight.pinned.set(under(&event));
        } else if event.pointer_type() == "mouse" {
            sight.hover.set(under(&event));
        }
    };
    let clicked = move |event: ev::MouseEvent| {
        sight.hover.set(None);
        sight.pinned.set(under(&event));
    };
    let keyed = move |event: ev::KeyboardEvent| {
        let far = if event.shift_key() { 10.0 } else { 1.0 };
        let way = match event.key().as_str() {
            "ArrowLeft" => [-far, 0.0],
            "ArrowRight" => [far, 0.0],
            "ArrowUp" => [0.0, far],
            "ArrowDown" => [0.0, -far],
            // Back to the first attack's image.
            "Home" | "Escape" => {
                event.prevent_default();
                event.stop_propagation();
                sight.hover.set(None);
                sight.pinned.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        let here = sight.here.get_untracked();
        let to = frame.with_untracked(|frame| Some(frame.as_ref()?.moved(here?, way, SIDE)));
        sight.hover.set(None);
        sight.pinned.set(to);
    };
    let place = move || {
        let at = frame.with(|frame| Some(frame.as_ref()?.px(sight.here.get()?)));
        let (x, y) = at.unwrap_or((-99.0, -99.0));
        format!("translate({x:.1} {y:.1})")
    };
    let across = move || sight.here.get().map_or_else(String::new, |[across, _]| format!("{across:.3}"));
    view! {
        <svg
            class="map-svg"
            class:dragging=move || held.get()
            role="group"
            aria-label=move || tr("map.stage")
            node_ref=canvas
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=move |_| held.set(false)
            on:pointercancel=move |_| held.set(false)
            on:pointerleave=move |_| sight.hover.set(None)
            on:click=clicked
        >
            <g class="marks" inner_html=move || drawn.get()></g>
            <g
                class="map-probe"
                tabindex="0"
                role="slider"
                data-handle="probe"
                aria-label=move || tr("map.probe.label")
                aria-valuenow=across
                aria-valuetext=move || said(sight)
                transform=place
                on:keydown=keyed
            >
                <circle class="hit" r="15" />
                <circle class="halo-ring" r="9" />
                <circle class="ring-dots" r="9" />
                <circle class="core" r="2.5" />
            </g>
        </svg>
    }
    .into_any()
}

/// Asks for the image at the point that is looked at, once the answer to the last question is here.
fn ask(sight: Sight) {
    let probe = sight.desk.lab.attack.probe;
    Effect::new(move |before: Option<Option<Identity>>| {
        let now = sight.identity.get();
        if before.is_some_and(|before| before != now) {
            sight.sent.set_value(None);
        }
        let answered = probe.with(|probe| probe.as_ref().map(|probe| probe.at));
        if let (Some(_), Some(at)) = (&now, sight.here.get())
            && answered != Some(at)
            && sight.sent.get_value().is_none_or(|sent| answered == Some(sent))
        {
            sight.sent.set_value(Some(at));
            engine_gate::send(Command::MapProbe(at));
        }
        now
    });
}

/// Reads what stands at the probe, if it is here.
fn read<T>(sight: Sight, read: impl FnOnce(&MapProbe) -> T) -> Option<T> {
    sight.desk.lab.attack.probe.with(|probe| probe.as_ref().map(read))
}

/// The probe in one line: where it is, and what the network says there.
pub fn said(sight: Sight) -> String {
    let desk = sight.desk;
    let told = read(sight, |probe| {
        let place = [("a", fixed(f64::from(probe.at[0]), 2)), ("b", fixed(f64::from(probe.at[1]), 2))];
        if probe.exact.is_empty() {
            return tr_with("map.probe.no_image", &place);
        }
        let best = largest(&probe.exact);
        let share = f64::from(probe.exact.get(best).copied().unwrap_or(0.0));
        let [a, b] = place;
        let values = [a, b, ("class", desk.class(best)), ("p", fixed(100.0 * share, 0))];
        let key = match (probe.in_ball, probe.distance.is_finite()) {
            (_, false) => "map.probe.there",
            (true, _) => "map.probe.inside",
            (false, _) => "map.probe.outside",
        };
        tr_with(key, &values)
    });
    told.unwrap_or_default()
}

/// The image at the probe with the likeliest classes, and what it takes to get there.
pub fn panel(sight: Sight) -> AnyView {
    let desk = sight.desk;
    let words = Memo::new(move |_| read(sight, |probe| facts(sight, probe)).unwrap_or_default());
    let bars = Memo::new(move |_| read(sight, |probe| bars(sight, probe)).unwrap_or_default());
    let picture = move || {
        let [channels, height, width] = desk.shape.get();
        let rgba = Memo::new(move |_| {
            let pixels = read(sight, |probe| probe.pixels.clone()).unwrap_or_default();
            if pixels.is_empty() { Vec::new() } else { planar_to_rgba(&pixels, channels, height, width) }
        });
        let label = Signal::derive(move || said(sight));
        view! { <PixelCanvas width height rgba label /> }
    };
    let none = move || read(sight, |probe| probe.pixels.is_empty()).unwrap_or(true);
    view! {
        <div class="map-probed">
            <div class="map-picture" class:none=none>
                {picture}
            </div>
            <div>
                <p class="map-said">{move || said(sight)}</p>
                <dl inner_html=move || words.get()></dl>
            </div>
            <ol class="bars" aria-label=move || tr("map.probe.bars") inner_html=move || bars.get()></ol>
        </div>
    }
    .into_any()
}

/// How large the change is, and what rounding does to the answer.
fn facts(sight: Sight, probe: &MapProbe) -> String {
    let desk = sight.desk;
    let mut rows = Vec::new();
    if probe.distance.is_finite() {
        rows.push((tr("map.probe.change"), size(desk.norm(), f64::from(probe.distance))));
    }
    if !probe.probabilities.is_empty() {
        let best = largest(&probe.probabilities);
        let share = f64::from(probe.probabilities.get(best).copied().unwrap_or(0.0));
        let values = [("class", desk.class(best)), ("p", fixed(100.0 * share, 0))];
        rows.push((tr("map.probe.rounded"), tr_with("map.probe.answer", &values)));
    }
    let row = |(name, value): (String, String)| format!("<dt>{}</dt><dd>{}</dd>", escape(&name), escape(&value));
    rows.into_iter().map(row).collect()
}

/// The likeliest classes at the point itself, as the map shows them.
fn bars(sight: Sight, probe: &MapProbe) -> String {
    let desk = sight.desk;
    let mut classes: Vec<(usize, f64)> = probe.exact.iter().map(|share| f64::from(*share)).enumerate().collect();
    classes.sort_by(|a, b| b.1.total_cmp(&a.1));
    let row = |(rank, (class, share)): (usize, &(usize, f64))| {
        let name = escape(&desk.class(*class));
        let (class, ink) = if rank == 0 { (" class=\"hit\"", "ink") } else { ("", "ref") };
        let text = escape(&tr_with("attack.bars.percent", &[("p", fixed(100.0 * share, 0))]));
        let width = 100.0 * share;
        format!(
            r#"<li{class}><span>{name}</span><span class="track"><svg aria-hidden="true"><rect class="f {ink}" width="{width:.1}%" height="8"/></svg></span><b>{text}</b></li>"#
        )
    };
    classes.iter().take(CLASSES).enumerate().map(row).collect()
}
