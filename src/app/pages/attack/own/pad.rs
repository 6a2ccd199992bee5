//! The pad: a sheet of the network's size, a pen and an eraser, a few colours (greys where the network sees no others).
//! It is drawn on by mouse, finger or pen, or by keys: arrows move a cursor, the space bar paints under it.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::sheet::{Colour, Sheet};
use super::{Picture, UNKNOWN, hand_in};
use crate::app::controls::Choice;
use crate::app::figure::{PixelCanvas, planar_to_rgba};
use crate::app::pages::attack::change::Shape;
use crate::app::pages::attack::desk::Desk;
use crate::app::shell::Dialog;
use crate::app::{tr, tr_with};
use crate::number;

/// Text keys `own.ink.<key>`.
const COLOURS: [(&str, Colour); 10] = [
    ("black", [16, 16, 16]),
    ("grey", [128, 128, 128]),
    ("white", [255, 255, 255]),
    ("brown", [122, 78, 40]),
    ("red", [204, 40, 36]),
    ("orange", [236, 132, 28]),
    ("yellow", [246, 212, 52]),
    ("green", [64, 138, 58]),
    ("sky", [116, 178, 226]),
    ("blue", [34, 78, 164]),
];
const GREYS: [(&str, Colour); 5] = [
    ("white", [255, 255, 255]),
    ("light", [192, 192, 192]),
    ("grey", [128, 128, 128]),
    ("dark", [64, 64, 64]),
    ("black", [0, 0, 0]),
];

/// Strokes that can be taken back.
const MOST_BACK: usize = 40;
/// Widest pen, in pixels of the sheet.
const WIDEST: f64 = 8.0;

/// What the parts of the pad share.
#[derive(Clone, Copy)]
struct Pad {
    desk: Desk,
    shape: Shape,
    inks: &'static [(&'static str, Colour)],
    sheet: RwSignal<Sheet>,
    /// The sheet before each stroke, the newest last.
    before: StoredValue<Vec<Sheet>>,
    ink: RwSignal<usize>,
    eraser: RwSignal<bool>,
    size: RwSignal<f64>,
    /// Column and row of the keyboard's cursor.
    cursor: RwSignal<(u32, u32)>,
    /// Where the pointer was while it draws.
    pen: RwSignal<Option<(f64, f64)>>,
    /// Number of the class it shows, or empty.
    label: RwSignal<String>,
}

impl Pad {
    fn open(desk: Desk, shape: Shape) -> Self {
        let [channels, height, width] = shape;
        // Pictures of clothes are light on black.
        let grey = channels < 3;
        let inks: &'static [(&'static str, Colour)] = if grey { &GREYS } else { &COLOURS };
        let paper = if grey { [0; 3] } else { [255; 3] };
        Self {
            desk,
            shape,
            inks,
            sheet: RwSignal::new(Sheet::new(width, height, paper)),
            before: StoredValue::new(Vec::new()),
            ink: RwSignal::new(0),
            eraser: RwSignal::new(false),
            size: RwSignal::new(2.0),
            cursor: RwSignal::new((width / 2, height / 2)),
            pen: RwSignal::new(None),
            label: RwSignal::new(String::new()),
        }
    }

    fn paper(&self) -> Colour {
        if self.shape[0] < 3 { [0; 3] } else { [255; 3] }
    }

    /// Remembers the sheet as it is, to come back to.
    fn remember(&self) {
        let sheet = self.sheet.get_untracked();
        self.before.update_value(|before| {
            if before.len() >= MOST_BACK {
                before.remove(0);
            }
            before.push(sheet);
        });
    }

    fn back(&self) {
        let last = self.before.try_update_value(Vec::pop).flatten();
        if let Some(sheet) = last {
            self.sheet.set(sheet);
        }
    }

    fn put(&self, sheet: Sheet) {
        self.remember();
        self.sheet.set(sheet);
    }

    /// Draws from one place to another with what is chosen.
    fn draw(&self, from: (f64, f64), to: (f64, f64)) {
        let ink = self.inks.get(self.ink.get_untracked()).map_or([0; 3], |ink| ink.1);
        let colour = if self.eraser.get_untracked() { self.paper() } else { ink };
        let size = self.size.get_untracked();
        self.sheet.update(|sheet| sheet.line(from, to, size, colour));
    }

    /// Moves the cursor; with `paint` it draws on its way.
    fn step(&self, (across, down): (i32, i32), paint: bool) {
        let [_, height, width] = self.shape;
        let moved = |at: u32, by: i32, most: u32| at.saturating_add_signed(by).min(most.saturating_sub(1));
        let (column, row) = self.cursor.get_untracked();
        let next = (moved(column, across, width), moved(row, down, height));
        if paint {
            self.remember();
            self.draw(centre((column, row)), centre(next));
        }
        self.cursor.set(next);
    }
}

fn centre((column, row): (u32, u32)) -> (f64, f64) {
    (f64::from(column) + 0.5, f64::from(row) + 0.5)
}

/// The dialog. A network with other images gets another sheet.
pub fn pad(desk: Desk, open: RwSignal<bool>) -> AnyView {
    view! {
        <Dialog name="own-pad" open title=Signal::derive(move || tr("own.title"))>
            {move || board(Pad::open(desk, desk.shape.get()), open)}
        </Dialog>
    }
    .into_any()
}

fn board(pad: Pad, open: RwSignal<bool>) -> AnyView {
    let use_it = move |_| {
        hand_over(pad);
        open.set(false);
    };
    view! {
        // No key pressed here is one of the page's.
        <div class="pad" on:keydown=move |event| event.stop_propagation()>
            {sheet_view(pad)}
            <div class="pad-tools">
                {tools(pad)} {inks(pad)} {acts(pad)} {label(pad)}
                <button type="button" class="ab" data-act="use-drawing" on:click=use_it>
                    {move || tr("own.use")}
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// The sheet with its cursor, and where that is.
fn sheet_view(pad: Pad) -> AnyView {
    let [_, height, width] = pad.shape;
    let node = NodeRef::<html::Div>::new();
    let place = move |event: &ev::PointerEvent| {
        let area = node.get_untracked()?.get_bounding_client_rect();
        let part = |at: i32, from: f64, length: f64| (f64::from(at) - from) / length.max(1.0);
        let x = part(event.client_x(), area.left(), area.width()) * f64::from(width);
        let y = part(event.client_y(), area.top(), area.height()) * f64::from(height);
        Some((x, y))
    };
    let down = move |event: ev::PointerEvent| {
        let Some(at) = place(&event).filter(|_| event.button() == 0) else { return };
        if let Some(sheet) = node.get_untracked() {
            // So that a stroke goes on outside and ends there.
            let _ = sheet.set_pointer_capture(event.pointer_id());
        }
        pad.remember();
        pad.draw(at, at);
        pad.pen.set(Some(at));
    };
    let drag = move |event: ev::PointerEvent| {
        if let (Some(from), Some(at)) = (pad.pen.get_untracked(), place(&event)) {
            pad.draw(from, at);
            pad.pen.set(Some(at));
        }
    };
    let up = move |_: ev::PointerEvent| pad.pen.set(None);
    let keyed = move |event: ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => (-1, 0),
            "ArrowRight" => (1, 0),
            "ArrowUp" => (0, -1),
            "ArrowDown" => (0, 1),
            " " | "Enter" => (0, 0),
            _ => return,
        };
        event.prevent_default();
        pad.step(by, by == (0, 0) || event.shift_key());
    };
    let rgba = Memo::new(move |_| pad.sheet.with(Sheet::rgba));
    let size = [("w", width.to_string()), ("h", height.to_string())];
    let named = move || tr_with("own.sheet", &size);
    let share = |at: u32, all: u32| format!("{:.2}%", 100.0 * f64::from(at) / f64::from(all.max(1)));
    let here = move || {
        let (column, row) = pad.cursor.get();
        tr_with("own.place", &[("column", (column + 1).to_string()), ("row", (row + 1).to_string())])
    };
    view! {
        <div>
            <div
                class="pad-sheet"
                tabindex="0"
                role="application"
                aria-label=named
                aria-describedby="own-pad-help"
                node_ref=node
                on:pointerdown=down
                on:pointermove=drag
                on:pointerup=up
                on:pointercancel=up
                on:keydown=keyed
            >
                <PixelCanvas width=width height=height rgba=rgba label=Signal::derive(move || tr("own.drawing")) />
                <span
                    class="pad-cursor"
                    aria-hidden="true"
                    style:left=move || share(pad.cursor.get().0, width)
                    style:top=move || share(pad.cursor.get().1, height)
                    style:width=share(1, width)
                    style:height=share(1, height)
                ></span>
            </div>
            <p id="own-pad-help">
                {move || tr("own.help")} " " <span role="status">{here}</span>
            </p>
        </div>
    }
    .into_any()
}

/// Pen or eraser, and how wide.
fn tools(pad: Pad) -> AnyView {
    let tool = move |eraser: bool, text: &'static str| {
        let on = move || pad.eraser.get() == eraser;
        view! {
            <button
                type="button"
                data-tool=text
                class:on=on
                aria-pressed=move || on().to_string()
                on:click=move |_| pad.eraser.set(eraser)
            >
                <i aria-hidden="true"></i>
                <span>{move || tr(text)}</span>
            </button>
        }
        .into_any()
    };
    let sized = move |event: ev::Event| {
        if let Some(size) = number::parse(&event_target_value(&event)) {
            pad.size.set(size.clamp(1.0, WIDEST));
        }
    };
    view! {
        <div class="opts two" role="group" aria-label=move || tr("own.tool")>
            {tool(false, "own.pen")} {tool(true, "own.eraser")}
        </div>
        <label class="field">
            <span>{move || tr("own.size")}</span>
            <output>{move || pad.size.get().to_string()}</output>
            <input
                type="range"
                min="1"
                max=WIDEST.to_string()
                step="1"
                data-act="size"
                prop:value=move || pad.size.get().to_string()
                on:input=sized
            />
        </label>
    }
    .into_any()
}

/// The colours, each with its name.
fn inks(pad: Pad) -> AnyView {
    let ink = move |(place, ink): (usize, &'static (&'static str, Colour))| {
        let (name, [red, green, blue]) = *ink;
        let on = move || pad.ink.get() == place && !pad.eraser.get();
        let pick = move |_| {
            pad.ink.set(place);
            pad.eraser.set(false);
        };
        view! {
            <button type="button" data-ink=name class:on=on aria-pressed=move || on().to_string() on:click=pick>
                <i class="sq" aria-hidden="true" style:background-color=format!("rgb({red},{green},{blue})")></i>
                <span>{move || tr(&format!("own.ink.{name}"))}</span>
            </button>
        }
        .into_any()
    };
    view! {
        <div class="opts two inks" role="group" aria-label=move || tr("own.ink")>
            {pad.inks.iter().enumerate().map(ink).collect_view()}
        </div>
    }
    .into_any()
}

/// Back, empty, and the image of the page.
fn acts(pad: Pad) -> AnyView {
    let [channels, height, width] = pad.shape;
    let act = move |act: &'static str, text: &'static str, press: Callback<()>| {
        view! {
            <button type="button" class="ab" data-act=act on:click=move |_| press.run(())>
                {move || tr(text)}
            </button>
        }
        .into_any()
    };
    let clear = Callback::new(move |()| pad.put(Sheet::new(width, height, pad.paper())));
    let shown = Callback::new(move |()| {
        let planar = pad.desk.clean.get_untracked();
        let rgba = planar_to_rgba(&planar, channels, height, width);
        if let Some(sheet) = Sheet::of(width, height, &rgba).filter(|_| !planar.is_empty()) {
            pad.put(sheet);
        }
    });
    view! {
        <div class="pad-acts">
            {act("undo", "own.undo", Callback::new(move |()| pad.back()))} {act("clear", "own.clear", clear)}
            {act("from-shown", "own.from_shown", shown)}
        </div>
    }
    .into_any()
}

/// What it shows: one of the classes, or whatever the network says at first.
fn label(pad: Pad) -> AnyView {
    let options = move || {
        let classes = pad.desk.class_count().unwrap_or(0).min(u32::from(UNKNOWN)) as usize;
        let class = |class: usize| (class.to_string(), Signal::derive(move || pad.desk.class(class)));
        let unknown = (String::new(), Signal::derive(move || tr("own.unknown")));
        let options: Vec<_> = std::iter::once(unknown).chain((0..classes).map(class)).collect();
        view! {
            <Choice
                label=Signal::derive(move || tr("own.shows"))
                options=options
                selected=pad.label
                on_pick=Callback::new(move |key| pad.label.set(key))
            />
        }
    };
    view! { <div data-param="own-label">{options}</div> }.into_any()
}

/// Attacks what is drawn.
fn hand_over(pad: Pad) {
    let [_, height, width] = pad.shape;
    let class = pad.label.with_untracked(|label| label.parse::<u8>().ok());
    let name = untrack(|| tr("own.drawn"));
    let said = untrack(|| match class {
        Some(class) => {
            let values = [("name", name.clone()), ("class", pad.desk.class(usize::from(class)))];
            tr_with("own.taken_as", &values)
        }
        None => tr_with("own.taken", &[("name", name.clone())]),
    });
    let rgba = pad.sheet.with_untracked(Sheet::rgba);
    pad.desk.lab.say(said);
    hand_in(pad.desk, Picture { name, width, height, rgba, label: class.unwrap_or(UNKNOWN) });
}
