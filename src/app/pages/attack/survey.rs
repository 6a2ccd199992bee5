//! What the figures that count share: asking the engine for a survey, letting it rest and go on, and saying how far it
//! is. The engine counts one survey at a time: while one runs the other waits, and begins when that is done or rests.

use leptos::prelude::*;

use crate::app::lab::Page;
use crate::app::{Lab, tr, tr_with};
use crate::plot::{fixed, integer};
use crate::session::{AttackSpec, Command, DataId, Share, SurveyId, SurveyResults, SurveySpec};

/// The one that is not this one.
fn other(id: SurveyId) -> SurveyId {
    match id {
        SurveyId::Curve => SurveyId::Comparison,
        SurveyId::Comparison => SurveyId::Curve,
    }
}

/// Asks the engine to count, now or when the other count lets it.
fn start(lab: Lab, spec: SurveySpec) {
    if lab.survey(other(spec.id)).with_untracked(|results| results.under_way() && results.running) {
        lab.attack.queued.set(Some(spec));
    } else {
        begin(lab, spec);
    }
}

/// What was known before is let go of; the other count, if it rests, is given up.
fn begin(lab: Lab, spec: SurveySpec) {
    lab.survey(other(spec.id)).update(|results| {
        results.running = false;
        results.ended = true;
    });
    lab.survey(spec.id).set(SurveyResults::new(spec.clone()));
    lab.send.run(Command::Survey(spec));
}

/// Whether this count waits for the other one.
fn waits(lab: Lab, id: SurveyId) -> bool {
    lab.attack.queued.with(|queued| queued.as_ref().is_some_and(|spec| spec.id == id))
}

/// Begins what waits once the other count is done, was given up, or rests; not if it rests because the page is left.
fn follow(lab: Lab, id: SurveyId) {
    Effect::new(move |ran: Option<bool>| {
        let (runs, on) = lab.survey(other(id)).with(|results| (results.running, results.under_way()));
        let stopped = ran == Some(true) && !runs && lab.page.get_untracked() == Page::Attack;
        if (!on || stopped) && untrack(|| waits(lab, id)) {
            let queued = lab.attack.queued.get_untracked();
            lab.attack.queued.set(None);
            if let Some(spec) = queued {
                begin(lab, spec);
            }
        }
        on && runs
    });
}

/// The buttons: begin, rest, go on; and how far it is. `label` names what begins, `spec` says what to ask for when it is
/// pressed, `ready` whether that can be asked.
pub fn controls(
    lab: Lab,
    id: SurveyId,
    label: &'static str,
    ready: Signal<bool>,
    spec: Callback<(), SurveySpec>,
) -> AnyView {
    let results = lab.survey(id);
    follow(lab, id);
    let state = Memo::new(move |_| if waits(lab, id) { "waiting" } else { results.with(state) });
    let resting = Memo::new(move |_| state.get() == "waiting" || results.with(SurveyResults::under_way));
    let begin = move |_| start(lab, spec.run(()));
    let rest = move |_| {
        if state.get_untracked() == "waiting" {
            lab.attack.queued.set(None);
            return;
        }
        let on = !results.with_untracked(|results| results.running);
        results.update(|results| results.running = on);
        lab.send.run(Command::SurveyRun(on));
    };
    // Beside the words, which are read out: a count that is read out at every piece is noise.
    let count =
        move || results.with(|r| (r.of > 0).then(|| format!("{}/{}", integer(r.done.into()), integer(r.of.into()))));
    view! {
        <p class="count-bar">
            <button type="button" class="count" data-act="count" disabled=move || !ready.get() on:click=begin>
                {move || tr(label)}
            </button>
            {move || {
                resting
                    .get()
                    .then(|| {
                        view! {
                            <button type="button" class="count" data-act="rest" on:click=rest>
                                {move || {
                                    tr(match state.get() {
                                        "running" => "attack.survey.pause",
                                        "waiting" => "attack.survey.drop",
                                        _ => "attack.survey.go_on",
                                    })
                                }}
                            </button>
                        }
                            .into_any()
                    })
            }}
            <span role="status" data-survey=move || state.get()>
                {move || said(results, state.get())}
            </span>
            <span class="num" aria-hidden="true">{count}</span>
        </p>
    }
    .into_any()
}

/// `idle`, `running`, `paused`, `ended` or `done`; what waits is `waiting`.
fn state(results: &SurveyResults) -> &'static str {
    if results.spec.is_none() {
        "idle"
    } else if results.done >= results.of {
        "done"
    } else if results.ended {
        "ended"
    } else if results.running {
        "running"
    } else {
        "paused"
    }
}

fn said(results: RwSignal<SurveyResults>, state: &'static str) -> String {
    if state != "done" {
        return tr(&format!("attack.survey.{state}"));
    }
    let images = results.with(|results| results.clean(0).of);
    tr_with("attack.survey.done", &[("n", integer(images.into()))])
}

/// A share as percent with its interval: `43.8 [32.1, 56.2]`; a dash of nothing.
pub fn percent_with_interval(share: &Share) -> String {
    if share.of == 0 {
        return "–".into();
    }
    let (low, high) = share.interval;
    format!("{} [{}, {}]", fixed(100.0 * share.value(), 1), fixed(100.0 * low, 1), fixed(100.0 * high, 1))
}

/// ε of a survey in units of 1/255, from its unit.
pub fn over_255(common: &AttackSpec, size: f64) -> f64 {
    let mut sized = common.clone();
    sized.set_size(size);
    sized.size_over_255()
}

/// Whether the test images that are wanted are on their way or here: a single picture of the user's own is no test set.
pub fn has_test_images(lab: &Lab) -> bool {
    let own = lab.attack_spec.with(|spec| spec.data == DataId::Own);
    !own || lab.data.with(|data| data.as_ref().is_some_and(|data| data.test > 0 && data.id == DataId::Own))
}
