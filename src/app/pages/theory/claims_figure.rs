//! “Claims, checked”: each sentence of the slides and each of our corrections, with a button that computes it here and
//! now and shows the numbers it found. The same functions are the tests of the lab.

use std::time::Duration;

use leptos::prelude::*;

use super::words::short;
use crate::app::figure::{Figure, Table};
use crate::app::{tr, tr_with};
use crate::plot::{cell, fixed};
use crate::theory::claims::{CLAIMS, Claim, Finding, Source};

/// Time for the browser to show that a check has begun.
const BREATH: Duration = Duration::from_millis(30);

/// How far the check of a claim is.
#[derive(Debug, Clone, PartialEq)]
enum Check {
    Open,
    Running,
    Done(Finding),
}

/// The checks, in the order of [`CLAIMS`].
#[derive(Clone, Copy)]
struct Checks(RwSignal<Vec<Check>>);

impl Checks {
    fn set(self, place: usize, check: Check) {
        // The page may have closed meanwhile.
        self.0.try_update(|checks| {
            if let Some(slot) = checks.get_mut(place) {
                *slot = check;
            }
        });
    }

    fn get(self, place: usize) -> Check {
        self.0.with(|checks| checks.get(place).cloned().unwrap_or(Check::Open))
    }

    /// Checks the claims at these places, one after the other, so that the page answers in between.
    fn run(self, mut places: Vec<usize>) {
        let Some(place) = places.pop() else { return };
        let Some(claim) = CLAIMS.get(place) else { return };
        self.set(place, Check::Running);
        set_timeout(
            move || {
                if self.0.try_with_untracked(|_| ()).is_none() {
                    return;
                }
                self.set(place, Check::Done((claim.check)()));
                self.run(places);
            },
            BREATH,
        );
    }
}

/// The figure.
#[component]
pub fn ClaimsFigure() -> impl IntoView {
    let checks = Checks(RwSignal::new(vec![Check::Open; CLAIMS.len()]));
    let list = move |of: Source, key: &'static str| {
        let rows = CLAIMS
            .iter()
            .enumerate()
            .filter(move |(_, claim)| claim.of == of)
            .map(move |(place, claim)| row(checks, place, claim))
            .collect_view();
        view! {
            <h3>{move || tr(key)}</h3>
            <ul class="claims">{rows}</ul>
        }
        .into_any()
    };
    view! {
        <Figure
            name="claims"
            title=Signal::derive(|| tr("theory.claims.title"))
            note=Signal::derive(|| tr("theory.claims.note"))
            summary=Signal::derive(move || summary(checks))
            table=Callback::new(move |()| untrack(|| table(checks)))
        >
            <p class="check-all">
                <button
                    type="button"
                    class="check"
                    data-act="check-all"
                    on:click=move |_| checks.run((0..CLAIMS.len()).rev().collect())
                >
                    {move || tr("theory.claims.all")}
                </button>
                <span role="status">{move || summary(checks)}</span>
            </p>
            {list(Source::Slides, "theory.claims.slides")}
            {list(Source::Ours, "theory.claims.ours")}
        </Figure>
    }
    .into_any()
}

/// One claim: the sentence, whose it is, the button, and what was found.
fn row(checks: Checks, place: usize, claim: &'static Claim) -> AnyView {
    let verdict = Memo::new(move |_| verdict(&checks.get(place)));
    let state = move || match checks.get(place) {
        Check::Open => "open",
        Check::Running => "running",
        Check::Done(finding) if finding.holds => "holds",
        Check::Done(_) => "fails",
    };
    view! {
        <li data-claim=claim.key data-verdict=state>
            <p class="says">{move || tr(&format!("claim.{}", claim.key))}</p>
            <button
                type="button"
                class="check"
                aria-label=move || tr_with("theory.claims.check_of", &[("claim", tr(&format!("claim.{}", claim.key)))])
                disabled=move || checks.get(place) == Check::Running
                on:click=move |_| checks.run(vec![place])
            >
                {move || tr("theory.claims.check")}
            </button>
            <p class="found">{move || verdict.get()}</p>
        </li>
    }
    .into_any()
}

/// “✓ holds: x_T 0.126, bound 1.3×10²⁸”.
fn verdict(check: &Check) -> String {
    let finding = match check {
        Check::Open => return String::new(),
        Check::Running => return tr("theory.claims.running"),
        Check::Done(finding) => finding,
    };
    let word = tr(if finding.holds { "theory.claims.holds" } else { "theory.claims.fails" });
    let written = |value: f64| {
        let counts = value.fract() == 0.0 && value.abs() < 1e6;
        if counts { fixed(value, 0) } else { short(value) }
    };
    let number = |(name, value): &(&str, f64)| format!("{} {}", tr(&format!("claim-number.{name}")), written(*value));
    let numbers: Vec<String> = finding.numbers.iter().map(number).collect();
    if numbers.is_empty() { word } else { format!("{word}: {}", numbers.join(", ")) }
}

/// How many were checked, and how many hold.
fn summary(checks: Checks) -> String {
    let done = |wanted: &dyn Fn(&Finding) -> bool| {
        checks
            .0
            .with(|checks| checks.iter().filter(|check| matches!(check, Check::Done(found) if wanted(found))).count())
    };
    let values = [
        ("n", CLAIMS.len().to_string()),
        ("done", done(&|_| true).to_string()),
        ("holds", done(&|finding| finding.holds).to_string()),
        ("fails", done(&|finding| !finding.holds).to_string()),
    ];
    tr_with("theory.claims.summary", &values)
}

fn table(checks: Checks) -> Table {
    let columns = ["claim", "of", "holds", "number", "value"].map(|key| tr(&format!("theory.column.{key}"))).into();
    let mut rows = Vec::new();
    for (place, claim) in CLAIMS.iter().enumerate() {
        let of = tr(if claim.of == Source::Slides { "theory.claims.theirs" } else { "theory.claims.mine" });
        let Check::Done(finding) = checks.get(place) else {
            rows.push(vec![claim.key.into(), of, String::new(), String::new(), String::new()]);
            continue;
        };
        let holds = if finding.holds { "1" } else { "0" };
        for (name, value) in &finding.numbers {
            rows.push(vec![claim.key.into(), of.clone(), holds.into(), (*name).into(), cell(*value)]);
        }
    }
    Table { columns, rows }
}
