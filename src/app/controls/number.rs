//! A number: a field to type it into and a slider to feel its range.

use leptos::prelude::*;

use super::param::{Field, name_and_help, note_view};
use crate::app::tr;
use crate::plot::{Slider, entry_text, plain_number};
use crate::session::params::{Kind, Note, Value};

/// An even slider with more stops than this could not be set to any of them: a field alone then.
const MOST_STOPS: f64 = 2000.0;

/// How the numbers of a kind move and are written.
struct Form {
    slider: Option<Slider>,
    decimals: usize,
    /// Whether values are spaced by ratio.
    ratio: bool,
}

fn form(kind: Kind) -> Form {
    match kind {
        Kind::Number { min, max, log: true, decimals, .. } => {
            Form { slider: Some(Slider::ratio(min, max, false)), decimals, ratio: true }
        }
        Kind::Number { min, max, step, decimals, .. } => {
            Form { slider: Some(Slider::even(min, max, step)), decimals, ratio: false }
        }
        Kind::Integer { min, max, log: true } => {
            Form { slider: Some(Slider::ratio(min, max, true)), decimals: 0, ratio: true }
        }
        Kind::Integer { min, max, .. } => {
            let slider = (max - min <= MOST_STOPS).then(|| Slider::even(min, max, 1.0));
            Form { slider, decimals: 0, ratio: false }
        }
        Kind::Choice(_) | Kind::Text => Form { slider: None, decimals: 0, ratio: false },
    }
}

/// What stands behind the number, if anything; text keys.
fn unit(text: &str) -> Option<&'static str> {
    match text {
        "param.epsilon" => Some("unit.of_255"),
        _ => None,
    }
}

pub(super) fn view(field: Field) -> AnyView {
    let Form { slider, decimals, ratio } = form(field.kind);
    let (name, help) = name_and_help(&field);
    let (current, commit, settle) = (field.current, field.commit, field.settle);
    let note = RwSignal::new(None::<Note>);
    // Where a slider that waits for its release stands meanwhile.
    let moving = RwSignal::new(None::<f64>);
    let value = Signal::derive(move || match (moving.get(), current.get()) {
        (Some(value), _) | (None, Value::Number(value)) => Some(value),
        (None, Value::Text(_)) => None,
    });
    let shown = move || value.get().map_or_else(String::new, |value| entry_text(value, decimals, ratio));

    let take = move |event: leptos::ev::Event| {
        note.set(commit.run(plain_number(&event_target_value(&event))));
        // If the value stayed what it was, nothing else would put the field right.
        event_target::<web_sys::HtmlInputElement>(&event).set_value(&untrack(shown));
    };
    let suffix = unit(field.text);
    let range = slider.map(|slider| {
        range(&field, slider, Entry { value, moving, note, commit, settle }, move || {
            let unit = suffix.map(tr).unwrap_or_default();
            format!("{}{unit}", shown())
        })
    });
    view! {
        <div class="field" data-param=field.name.clone()>
            {name}
            <span class="field-entry">
                <input
                    id=field.id("entry")
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    aria-labelledby=field.id("name")
                    aria-describedby=field.id("note")
                    prop:value=shown
                    on:change=take
                />
                {suffix.map(|key| view! { <span class="unit">{move || tr(key)}</span> })}
            </span>
            {range}
            {help}
            {note_view(&field, note)}
        </div>
    }
    .into_any()
}

/// The signals that field and slider share.
#[derive(Clone, Copy)]
struct Entry {
    value: Signal<Option<f64>>,
    moving: RwSignal<Option<f64>>,
    note: RwSignal<Option<Note>>,
    commit: Callback<String, Option<Note>>,
    settle: bool,
}

/// The slider. Its positions are the numbers of its stops, so every arrow press moves to another value.
fn range(field: &Field, slider: Slider, entry: Entry, spoken: impl Fn() -> String + Send + 'static) -> AnyView {
    let Entry { value, moving, note, commit, settle } = entry;
    let last = slider.last();
    let slider = StoredValue::new(slider);
    let position = move || {
        let stop = value.get().and_then(|value| slider.try_with_value(|slider| slider.stop(value)));
        stop.unwrap_or(last / 2).to_string()
    };
    let at = move |event: &leptos::ev::Event| {
        let stop = event_target_value(event).parse().unwrap_or(0);
        slider.try_with_value(|slider| slider.value(stop)).unwrap_or(0.0)
    };
    let slide = move |event: leptos::ev::Event| {
        note.set(None);
        if settle {
            moving.set(Some(at(&event)));
        } else {
            commit.run(at(&event).to_string());
        }
    };
    let release = move |event: leptos::ev::Event| {
        if settle {
            commit.run(at(&event).to_string());
            moving.set(None);
        }
    };
    view! {
        // The value comes last: before the range is known the browser would cut it off.
        <input
            type="range"
            min="0"
            max=last.to_string()
            step="1"
            aria-labelledby=field.id("name")
            aria-valuetext=spoken
            prop:value=position
            on:input=slide
            on:change=release
        />
    }
    .into_any()
}
