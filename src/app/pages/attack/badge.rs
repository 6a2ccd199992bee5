//! The badge under the triptych: the attacked image was rounded to whole levels and classified again, and this is
//! what came out. A frame means: this was checked. Sign and words carry the result, never a colour.

use leptos::prelude::*;

use super::desk::{Desk, size};
use super::outcome::{Outcome, largest};
use crate::app::{tr, tr_with};
use crate::plot::fixed;
use crate::session::is_broken;

/// What the badge says.
#[derive(Debug, Clone, PartialEq)]
struct Saying {
    /// Key of the outcome, `then` while one looks back, or `waiting`.
    key: &'static str,
    /// The sign, as an SVG path in 16 × 16.
    sign: &'static str,
    strong: String,
    text: String,
}

const CHECK: &str = "M2.5 8.5l3.5 3.5 7.5-8";
const CROSS: &str = "M3.5 3.5l9 9M12.5 3.5l-9 9";
const DASH: &str = "M3 8h10";
const RING: &str = "M8 3a5 5 0 1 0 .01 0";

/// The badge.
#[component]
pub fn Badge(desk: Desk) -> impl IntoView {
    let saying = Memo::new(move |_| say(&desk));
    let part = move |read: fn(&Saying) -> String| move || saying.with(read);
    view! {
        <p class="badge" data-verdict=part(|saying| saying.key.into())>
            <svg viewBox="0 0 16 16" aria-hidden="true">
                <path d=part(|saying| saying.sign.into()) />
            </svg>
            <b>{part(|saying| saying.strong.clone())}</b>
            " "
            {part(|saying| saying.text.clone())}
        </p>
    }
    .into_any()
}

fn say(desk: &Desk) -> Saying {
    let (image, key) = (desk.focus.get(), desk.shown.get());
    let outcome = desk.verdicts.with(|verdicts| {
        let verdict = verdicts.attacks.iter().find(|verdict| verdict.key == key)?;
        Some((*verdict.outcomes.get(image)?, *verdicts.labels.get(image)?))
    });
    let Some((outcome, label)) = outcome else {
        return Saying { key: "waiting", sign: RING, strong: tr("attack.badge.waiting"), text: desk.waiting.get() };
    };
    let (before, after) = desk.probabilities();
    let (call, budget, target) = desk.race(|now| (now.call, now.budget, now.target)).unwrap_or_default();
    let answer = largest(&after);
    let share = after.get(answer).map_or(f64::NAN, |share| 100.0 * f64::from(*share));
    let values = [
        ("label", desk.class(label)),
        ("class", desk.class(answer)),
        ("p", fixed(share, 0)),
        ("c", size(desk.norm(), desk.distance(&key))),
        ("clean", desk.class(largest(&before))),
    ];
    let text = |key: &str| tr_with(key, &values);
    if desk.then(&key).is_some() {
        let sign = if is_broken(answer, label, target.map(usize::from)) { CHECK } else { RING };
        return Saying { key: "then", sign, strong: desk.looks_back(), text: text("attack.badge.held_text") };
    }
    let (sign, strong, text) = match outcome {
        Outcome::Broken => (CHECK, tr("attack.badge.broken"), text("attack.badge.broken_text")),
        Outcome::LostIn8Bits => (CROSS, tr("attack.badge.lost"), text("attack.badge.lost_text")),
        Outcome::CleanWrong => (DASH, tr("attack.badge.wrong"), text("attack.badge.wrong_text")),
        Outcome::Held if call < budget => (RING, tr("attack.badge.not_yet"), text("attack.badge.held_text")),
        Outcome::Held => (RING, tr("attack.badge.held"), text("attack.badge.held_text")),
    };
    Saying { key: outcome.key(), sign, strong, text }
}
