//! Pointers in the plane: dragging grips, moving the last one by a click, drawing a polygon.

use leptos::prelude::*;
use leptos::svg;

use super::frame::Frame;
use super::geo::{Geo, Grip};

/// The handlers of the plane.
#[derive(Clone, Copy)]
pub struct Pointers {
    geo: Geo,
    frame: Memo<Frame>,
    canvas: NodeRef<svg::Svg>,
    press: StoredValue<Press>,
}

/// What the pointer that is down has done.
#[derive(Clone, Copy, Default)]
struct Press {
    /// It went down beside every grip, so its click moves the last one.
    beside: bool,
    /// From the pointer to the middle of the grip it holds, in pixels.
    offset: (f64, f64),
    /// Corners it has drawn.
    drawn: usize,
}

/// Pixels between two corners while a polygon is drawn in one stroke.
const STROKE: f64 = 44.0;

impl Pointers {
    /// Handlers for the drawing in `canvas`, which shows `frame`.
    pub fn new(geo: Geo, frame: Memo<Frame>, canvas: NodeRef<svg::Svg>) -> Self {
        Self { geo, frame, canvas, press: StoredValue::new(Press::default()) }
    }

    /// The pointer in the window's pixels.
    fn pixel(&self, event: &web_sys::MouseEvent) -> (f64, f64) {
        self.canvas.get_untracked().map_or((0.0, 0.0), |canvas| {
            let rect = canvas.get_bounding_client_rect();
            (f64::from(event.client_x()) - rect.left(), f64::from(event.client_y()) - rect.top())
        })
    }

    /// The point of the plane under the pointer, or beside it by `offset` pixels.
    fn point(&self, event: &web_sys::MouseEvent, offset: (f64, f64)) -> [f64; 2] {
        let (x, y) = self.pixel(event);
        self.frame.with_untracked(|frame| frame.point(x + offset.0, y + offset.1))
    }

    /// A grip is taken, a corner drawn, or a click begins.
    pub fn down(&self, event: &web_sys::PointerEvent) {
        if event.button() != 0 || !event.is_primary() {
            return;
        }
        let mut press = Press::default();
        if self.geo.sketch.with_untracked(Option::is_some) {
            event.prevent_default();
            self.capture(event);
            self.geo.sketch_point(self.point(event, (0.0, 0.0)));
            press.drawn = 1;
        } else if let Some(grip) = Grip::under(event.target()) {
            self.capture(event);
            if let Some(at) = untrack(|| self.geo.grip_at(grip)) {
                let ((x, y), (px, py)) = (self.frame.with_untracked(|frame| frame.px(at)), self.pixel(event));
                press.offset = (x - px, y - py);
            }
            self.geo.last.set(grip);
            self.geo.drag.set(Some(grip));
        } else {
            press.beside = true;
        }
        self.press.set_value(press);
    }

    fn capture(&self, event: &web_sys::PointerEvent) {
        if let Some(canvas) = self.canvas.get_untracked() {
            // Fails only for a pointer that is gone already.
            let _ = canvas.set_pointer_capture(event.pointer_id());
        }
    }

    /// The grip follows, or the stroke goes on.
    pub fn moved(&self, event: &web_sys::PointerEvent) {
        if let Some(grip) = self.geo.drag.get_untracked() {
            self.geo.move_grip(grip, self.point(event, self.press.get_value().offset));
        } else if event.buttons() == 1 {
            let last = self.geo.sketch.with_untracked(|sketch| sketch.as_ref().and_then(|s| s.last().copied()));
            let Some(last) = last else { return };
            let (x, y) = self.pixel(event);
            let (from_x, from_y) = self.frame.with_untracked(|frame| frame.px(last));
            if (x - from_x).hypot(y - from_y) >= STROKE {
                self.geo.sketch_point(self.point(event, (0.0, 0.0)));
                self.press.update_value(|press| press.drawn += 1);
            }
        }
    }

    /// The grip is let go.
    pub fn up(&self) {
        if self.geo.drag.get_untracked().is_some() {
            self.geo.drag.set(None);
        } else if self.press.get_value().drawn > 2 {
            // A polygon drawn in one stroke is finished by letting go.
            self.geo.sketch.set(None);
        }
    }

    /// A click beside every grip moves the one that was moved last.
    pub fn click(&self, event: &web_sys::MouseEvent) {
        if self.press.get_value().beside {
            self.geo.move_grip(self.geo.last.get_untracked(), self.point(event, (0.0, 0.0)));
        }
    }
}
