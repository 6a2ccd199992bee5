//! What the figures that count share: asking the engine for a survey, letting it rest and go on, and saying how far it
//! is. One survey at a time: a new one takes the place of the other.

use leptos::prelude::*;

use crate::app::{Lab, tr, tr_with};
use crate::plot::{fixed, integer};
use crate::session::{AttackSpec, Command, DataId, Share, SurveyId, SurveyResults, SurveySpec};

/// Asks the engine to count; what was known before is let go of.
pub fn start(lab: Lab, spec: SurveySpec) {
    for id in [SurveyId::Curve, SurveyId::Comparison].into_iter().filter(|id| *id != spec.id) {
        lab.survey(id).update(|results| {
            results.running = false;
            results.ended = true;
        });
    }
    lab.survey(spec.id).set(SurveyResults::new(spec.clone()));
    lab.send.run(Command::Survey(spec));
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
    let state = Memo::new(move |_| results.with(state));
    let resting = Memo::new(move |_| results.with(SurveyResults::under_way));
    let begin = move |_| start(lab, spec.run(()));
    let rest = move |_| {
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
                                    tr(if state.get() == "running" { "attack.survey.pause" } else { "attack.survey.go_on" })
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

/// `idle`, `running`, `paused`, `ended` or `done`.
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
