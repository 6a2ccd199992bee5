//! What the lab has to say: notices that fade, problems that stay until they are dismissed. Screen readers hear
//! notices politely and problems at once.

use std::time::Duration;

use leptos::prelude::*;

use crate::app::lab::Message;
use crate::app::{Lab, tr, use_lab};

/// How long a notice stays: long enough to be read twice.
const NOTICE: Duration = Duration::from_secs(8);
/// Newer notices push older ones out.
const MOST: usize = 4;

/// The messages, at the foot of the window.
#[component]
pub fn Messages() -> impl IntoView {
    let lab = use_lab();
    Effect::new(move |known: Option<usize>| {
        let known = known.unwrap_or(0);
        let count = lab.messages.with(|messages| messages.iter().filter(|message| !message.problem).count());
        // A timer a notice; the oldest goes when one rings.
        for _ in known..count.min(MOST) {
            set_timeout(move || drop_oldest(lab), NOTICE);
        }
        for _ in MOST..count {
            drop_oldest(lab);
        }
        count.min(MOST)
    });
    view! {
        <div class="messages" data-status="">
            <div role="status">{move || list(lab, false)}</div>
            <div role="alert">{move || list(lab, true)}</div>
        </div>
    }
    .into_any()
}

fn drop_oldest(lab: Lab) {
    lab.messages.update(|messages| {
        if let Some(place) = messages.iter().position(|message| !message.problem) {
            messages.remove(place);
        }
    });
}

fn list(lab: Lab, problems: bool) -> Vec<AnyView> {
    lab.messages.with(|messages| {
        messages.iter().filter(|message| message.problem == problems).map(|message| one(lab, message)).collect()
    })
}

fn one(lab: Lab, message: &Message) -> AnyView {
    let (text, problem) = (message.text.clone(), message.problem);
    let dismissed = text.clone();
    let dismiss = move |_| {
        lab.messages.update(|messages| {
            if let Some(place) = messages.iter().position(|known| known.problem == problem && known.text == dismissed) {
                messages.remove(place);
            }
        });
    };
    view! {
        <p class:problem=problem>
            <span>{text}</span>
            " "
            <button type="button" data-act="dismiss" on:click=dismiss>
                {tr("act.dismiss")}
            </button>
        </p>
    }
    .into_any()
}
