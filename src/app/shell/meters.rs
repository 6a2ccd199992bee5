//! How fast and how much: milliseconds a step, images a second, gradient evaluations so far.

use leptos::prelude::*;

use super::actions;
use crate::app::engine_gate::needs_engine;
use crate::app::lab::Page;
use crate::app::{Lab, tr, use_lab};
use crate::plot;

/// Value, text key of its unit.
type Reading = (String, &'static str);

fn milliseconds(value: f64) -> String {
    plot::fixed(
        value,
        if value < 0.1 {
            3
        } else if value < 100.0 {
            1
        } else {
            0
        },
    )
}

/// What there is to read on the page that is open.
fn readings(lab: Lab) -> Vec<Reading> {
    match lab.page.get() {
        Page::Geometry | Page::Theory | Page::Methods => {
            let ms = actions::plane(lab).and_then(|plane| plane.ms_per_step.try_get());
            ms.filter(|ms| *ms > 0.0).map(|ms| (milliseconds(ms), "meter.ms_per_step")).into_iter().collect()
        }
        Page::Train => lab.train.meter.get().map_or_else(Vec::new, |meter| {
            vec![
                (milliseconds(f64::from(meter.ms_per_step)), "meter.ms_per_step"),
                (plot::integer(meter.images_per_second.max(0.0).round() as u64), "meter.images_per_second"),
                (plot::si(meter.gradient_evaluations), "meter.gradients"),
            ]
        }),
        Page::Attack => {
            let per_call = lab.train.meter.get().map_or(0.0, |meter| f64::from(meter.ms_per_call));
            // One gradient an image at the start and one a call, for every attack.
            let gradients = lab.attack.now.with(|now| {
                let now = now.as_ref()?;
                Some(f64::from(now.call + 1) * now.images.len() as f64 * now.attacks.len() as f64)
            });
            let speed = (per_call > 0.0).then(|| (milliseconds(per_call), "meter.ms_per_call"));
            speed.into_iter().chain(gradients.map(|count| (plot::si(count), "meter.gradients"))).collect()
        }
    }
}

/// The readings, and on the plane which part of a step is shown.
#[component]
pub fn Meters(
    /// For the line of its own that a phone has.
    #[prop(optional)]
    line: bool,
) -> impl IntoView {
    let lab = use_lab();
    let note = move || {
        let plane = (!needs_engine(lab.page.get())).then(|| actions::plane(lab)).flatten();
        plane.and_then(|plane| plane.note.try_get()).filter(|note| !note.is_empty())
    };
    let one = |(value, unit): Reading| {
        view! {
            <span class="meter">
                <b>{value}</b>
                " "
                <small>{tr(unit)}</small>
            </span>
        }
        .into_any()
    };
    view! {
        <div class=if line { "meters line" } else { "meters" }>
            {move || note().map(|note| view! { <span class="meter note">{note}</span> }.into_any())}
            {move || readings(lab).into_iter().map(one).collect_view()}
        </div>
    }
    .into_any()
}
