//! A parameter of an experiment as a control, made from its row in `session::params`.

use leptos::prelude::*;

use super::choice::{MOST_ROWS, Options, menu, rows};
use super::number;
use crate::app::url::refusal_text;
use crate::app::{tr, tr_with, use_lab};
use crate::session::params::{Kind, Note, Param, Refusal, Value};

/// A control without the type it belongs to, so that its code exists once and not once a page.
#[derive(Clone)]
pub(super) struct Field {
    /// URL key with the run's prefix, such as `b.lr`: the `data-param` of the control.
    pub name: String,
    /// Text key of the label.
    pub text: &'static str,
    pub kind: Kind,
    pub current: Signal<Value>,
    /// Takes a text as it was typed or chosen; a note if it was not taken literally.
    pub commit: Callback<String, Option<Note>>,
    /// Whether a slider waits for its release before it commits.
    pub settle: bool,
}

impl Field {
    /// An id inside this control.
    pub fn id(&self, part: &str) -> String {
        format!("param-{}-{part}", self.name)
    }
}

/// The control of a parameter.
///
/// Out-of-range entries are adjusted and the control says so; what makes no sense is refused with the reason. With
/// `settle`, a slider changes the value when it is let go, not while it moves (for values whose change starts a run
/// anew). `prefix` tells run B's controls from run A's.
#[component]
pub fn ParamField<T>(
    param: &'static Param<T>,
    value: Signal<T>,
    on_change: Callback<T>,
    #[prop(optional)] prefix: &'static str,
    #[prop(optional)] settle: bool,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let current = Memo::new(move |_| value.with(|value| (param.get)(value)));
    let commit = Callback::new(move |text: String| {
        let mut next = value.get_untracked();
        let note = param.read(&mut next, &text);
        if !matches!(note, Some(Note::Refused { .. })) {
            on_change.run(next);
        }
        note
    });
    let name = format!("{prefix}{}", param.key);
    view(Field { name, text: param.text, kind: param.kind, current: current.into(), commit, settle })
}

fn view(field: Field) -> AnyView {
    match field.kind {
        Kind::Number { .. } | Kind::Integer { .. } => number::view(field),
        Kind::Choice(keys) => choice(&field, keys()),
        Kind::Text => text(&field),
    }
}

/// The name of a control, a button that unfolds what the parameter does, and the folded help.
pub(super) fn name_and_help(field: &Field) -> (AnyView, AnyView) {
    let open = RwSignal::new(false);
    let text = field.text;
    let help = field.id("help");
    let name = view! {
        <button
            type="button"
            class="field-name"
            id=field.id("name")
            aria-expanded=move || open.get().to_string()
            aria-controls=help.clone()
            title=move || tr(&format!("{text}.help"))
            on:click=move |_| open.update(|open| *open = !*open)
        >
            {move || tr(text)}
        </button>
    };
    let help = view! {
        <p class="field-help" id=help hidden=move || !open.get()>
            {move || tr(&format!("{text}.help"))}
        </p>
    };
    (name.into_any(), help.into_any())
}

/// What the control says about the last entry: a live region that is there from the start, so that it is read out.
pub(super) fn note_view(field: &Field, note: RwSignal<Option<Note>>) -> AnyView {
    let kind = field.kind;
    view! {
        <p class="field-note" id=field.id("note") role="status">
            {move || note.with(|note| note.as_ref().map(|note| sentence(note, kind)))}
        </p>
    }
    .into_any()
}

/// A note in the user's language.
fn sentence(note: &Note, kind: Kind) -> String {
    let range = match kind {
        Kind::Number { min, max, .. } | Kind::Integer { min, max, .. } => Some((min, max)),
        Kind::Choice(_) | Kind::Text => None,
    };
    match (note, range) {
        (Note::Adjusted { used, .. }, Some((min, max))) => {
            let number = crate::number::parse(used);
            let key = if number == Some(max) {
                "control.largest"
            } else if number == Some(min) {
                "control.smallest"
            } else {
                "control.rounded"
            };
            tr_with(key, &[("used", used.clone())])
        }
        (Note::Adjusted { used, .. }, None) => tr_with("control.rounded", &[("used", used.clone())]),
        (Note::Refused { asked, reason: Refusal::NumberRange { min, max }, .. }, Some(_)) => {
            let values = [("asked", asked.clone()), ("min", min.to_string()), ("max", max.to_string())];
            tr_with("control.not_a_number", &values)
        }
        (Note::Refused { asked, reason, .. }, _) => {
            let reason = refusal_text(use_lab(), reason);
            tr_with("control.refused", &[("asked", asked.clone()), ("reason", reason)])
        }
    }
}

/// The text key of an option. Options that are things of their own have their names where the things are.
fn option_text(text: &str, key: &str) -> String {
    match text {
        "param.method" => format!("method.{key}.name"),
        "param.set" => format!("set.{key}.name"),
        "param.rate_rule" => format!("rate.{key}"),
        "param.batch_rule" => format!("batch.{key}"),
        other => format!("{}.{key}", other.strip_prefix("param.").unwrap_or(other)),
    }
}

fn choice(field: &Field, keys: Vec<&'static str>) -> AnyView {
    let (name, help) = name_and_help(field);
    let text = field.text;
    let (current, commit) = (field.current, field.commit);
    let as_rows = keys.len() <= MOST_ROWS;
    let option = |key: &'static str| (key.to_string(), Signal::derive(move || tr(&option_text(text, key))));
    let options = Options {
        all: keys.into_iter().map(option).collect(),
        selected: Signal::derive(move || current.with(Value::to_text)),
        on_pick: Callback::new(move |key| {
            commit.run(key);
        }),
    };
    let (class, control) = if as_rows {
        ("field-rows", rows(options, field.id("name")))
    } else {
        ("field-menu", menu(options, Some(field.id("entry")), Some(field.id("name"))))
    };
    view! {
        <div class=class data-param=field.name.clone()>
            {name}
            {control}
            {help}
        </div>
    }
    .into_any()
}

/// Free text, taken when it is finished.
fn text(field: &Field) -> AnyView {
    let (name, help) = name_and_help(field);
    let (current, commit) = (field.current, field.commit);
    let note = RwSignal::new(None::<Note>);
    let shown = move || current.with(Value::to_text);
    let take = move |event: leptos::ev::Event| {
        note.set(commit.run(event_target_value(&event)));
        // What was refused goes back to what holds.
        event_target::<web_sys::HtmlInputElement>(&event).set_value(&untrack(shown));
    };
    view! {
        <div class="field-text" data-param=field.name.clone()>
            {name}
            <input
                id=field.id("entry")
                type="text"
                autocomplete="off"
                spellcheck="false"
                aria-labelledby=field.id("name")
                aria-describedby=field.id("note")
                prop:value=shown
                on:change=take
            />
            {help}
            {note_view(field, note)}
        </div>
    }
    .into_any()
}
