//! The network's answer as bars: the classes that matter before or after, the same ones in the same order under both
//! pictures, so that one sees where the probability went.

use leptos::prelude::*;

use super::desk::Desk;
use super::outcome::{largest, likeliest};
use crate::app::{tr, tr_with};
use crate::plot::fixed;

/// How many classes are shown.
const CLASSES: usize = 4;

/// Bars under the clean picture, or under the attacked one.
pub fn bars(desk: Desk, attacked: bool) -> AnyView {
    let rows = Memo::new(move |_| rows(&desk, attacked));
    let truth = move || desk.verdicts.with(|verdicts| verdicts.labels.get(desk.focus.get()).copied());
    let bar = move |row: Row| {
        let width = format!("{:.1}%", 100.0 * row.share);
        let is_true = truth() == Some(row.class);
        let name = desk.class(row.class);
        let full = name.clone();
        view! {
            <li class:hit=row.hit>
                <span title=full class:true-class=is_true>
                    {name}
                    {is_true.then(|| view! { <span class="vh">{tr("attack.bars.true")}</span> })}
                </span>
                <span class="track">
                    <span class="fill" style:width=width></span>
                </span>
                <b>{tr_with("attack.bars.percent", &[("p", fixed(100.0 * row.share, 0))])}</b>
            </li>
        }
    };
    let label = move || if attacked { tr("attack.bars.attacked") } else { tr("attack.bars.clean") };
    view! {
        <ol class="bars" aria-label=label>
            {move || rows.get().into_iter().map(bar).collect_view()}
        </ol>
    }
    .into_any()
}

/// One class.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    class: usize,
    share: f64,
    /// The network's answer.
    hit: bool,
}

fn rows(desk: &Desk, attacked: bool) -> Vec<Row> {
    let (before, after) = desk.probabilities();
    let row = if attacked { &after } else { &before };
    let answer = largest(row);
    likeliest(&before, &after, CLASSES)
        .into_iter()
        .map(|class| {
            let share = row.get(class).map_or(0.0, |share| f64::from(*share));
            Row { class, share, hit: !row.is_empty() && class == answer }
        })
        .collect()
}
