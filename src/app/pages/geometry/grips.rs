//! The dotted rings: dragged by pointer, moved by arrow keys (Shift: ten times as far), named for screen readers.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::frame::Frame;
use super::geo::{Geo, Grip};
use super::words::pair;
use crate::app::{tr, tr_with};
use crate::plot::fixed;

impl Grip {
    /// Stable name, `data-handle`.
    pub fn name(self) -> String {
        match self {
            Self::Start => "start".into(),
            Self::Optimum => "optimum".into(),
            Self::Axes => "axes".into(),
            Self::Radius => "radius".into(),
            Self::Corner(i) => format!("corner-{i}"),
        }
    }

    /// The grip of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "start" => Some(Self::Start),
            "optimum" => Some(Self::Optimum),
            "axes" => Some(Self::Axes),
            "radius" => Some(Self::Radius),
            _ => name.strip_prefix("corner-")?.parse().ok().map(Self::Corner),
        }
    }

    /// What it is called.
    pub fn label(self) -> String {
        match self {
            Self::Corner(i) => tr_with("geometry.grip.corner", &[("i", (i + 1).to_string())]),
            other => tr(&format!("geometry.grip.{}", other.name())),
        }
    }

    /// Its value in words and as one number.
    fn value(self, geo: Geo) -> (String, f64) {
        match self {
            Self::Start | Self::Optimum | Self::Corner(_) => {
                let at = geo.grip_at(self).unwrap_or_default();
                (pair(at), at[0])
            }
            Self::Axes => {
                let terrain = geo.state.with(|state| state.terrain);
                let values = [("stretch", fixed(terrain.stretch, 1)), ("angle", fixed(terrain.angle, 0))];
                (tr_with("geometry.grip.axes_value", &values), terrain.stretch)
            }
            Self::Radius => {
                let radius = geo.state.with(|state| state.shape.radius);
                (fixed(radius, 2), radius)
            }
        }
    }

    /// The grip under an event, if any.
    pub fn under(target: Option<web_sys::EventTarget>) -> Option<Self> {
        let element = target?.dyn_into::<web_sys::Element>().ok()?;
        let grip = element.closest("[data-handle]").ok().flatten()?;
        Self::parse(&grip.get_attribute("data-handle")?)
    }
}

/// One grip, drawn where it is. Dragging is the plane's business: it sees all pointers.
pub fn grip_view(geo: Geo, grip: Grip, frame: Memo<Frame>) -> AnyView {
    let place = move || {
        let (x, y) = geo.grip_at(grip).map_or((-99.0, -99.0), |at| frame.get().px(at));
        format!("translate({x:.1} {y:.1})")
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let far = if event.shift_key() { 10.0 } else { 1.0 };
        let (dx, dy) = match event.key().as_str() {
            "ArrowLeft" => (-far, 0.0),
            "ArrowRight" => (far, 0.0),
            "ArrowUp" => (0.0, far),
            "ArrowDown" => (0.0, -far),
            "Delete" | "Backspace" => {
                if let Grip::Corner(i) = grip {
                    event.prevent_default();
                    geo.remove_corner(i);
                }
                return;
            }
            _ => return,
        };
        // Neither the page nor the transport may take the key as well.
        event.prevent_default();
        event.stop_propagation();
        geo.nudge(grip, dx, dy);
    };
    let class = match grip {
        Grip::Start => "handle c-fw",
        Grip::Optimum | Grip::Corner(_) => "handle c-ink",
        Grip::Axes | Grip::Radius => "handle quiet",
    };
    let hint = move || tr_with("geometry.grip.hint", &[("name", grip.label())]);
    view! {
        <g
            class=class
            class:held=move || geo.drag.get() == Some(grip)
            tabindex="0"
            role="slider"
            data-handle=grip.name()
            aria-label=hint
            aria-valuenow=move || format!("{:.2}", grip.value(geo).1)
            aria-valuetext=move || grip.value(geo).0
            transform=place
            on:keydown=on_key
            on:focus=move |_| geo.last.set(grip)
        >
            <circle class="hit" r="15" />
            <circle class="ring-dots" r="11" />
            <circle class="core" r="5" />
        </g>
    }
    .into_any()
}
