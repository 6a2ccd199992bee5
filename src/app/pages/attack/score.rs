//! Robust accuracy: for each attack, and for the worst over all of them, how many images were wrong already, how many
//! were broken and how many survive, as one bar with its numbers.

use leptos::prelude::*;

use super::desk::{Desk, attack_name, percent};
use super::draw::sign;
use super::outcome::{Outcome, Tally};
use super::tables;
use crate::app::figure::Figure;
use crate::app::{tr, tr_with};

/// The figure.
#[component]
pub fn ScoreFigure(desk: Desk) -> impl IntoView {
    let note = move || {
        let tally = worst(&desk);
        if tally.total() == 0 {
            return desk.waiting.get();
        }
        let values = [("n", tally.total().to_string()), ("p", percent(tally.clean()))];
        let note = tr_with("attack.score.note", &values);
        match desk.race(|now| now.target).flatten() {
            Some(class) => {
                format!("{note} · {}", tr_with("attack.score.towards", &[("class", desk.class(class.into()))]))
            }
            None => note,
        }
    };
    let rows = move || {
        let keys = desk.racing.get();
        keys.into_iter().map(|key| attack_row(desk, key)).collect_view()
    };
    view! {
        <Figure
            name="robust"
            class="score p3"
            title=Signal::derive(move || tr("attack.score.title"))
            summary=Signal::derive(move || summary(&desk))
            note=Signal::derive(note)
            table=Callback::new(move |()| tables::score(&desk))
        >
            <div class="scores">{rows} {worst_row(desk)}</div>
        </Figure>
    }
    .into_any()
}

/// The tally of one attack.
pub fn tally_of(desk: &Desk, key: &str) -> Tally {
    desk.verdicts.with(|verdicts| {
        let verdict = verdicts.attacks.iter().find(|verdict| verdict.key == key);
        verdict.map(|verdict| Tally::of(&verdict.outcomes)).unwrap_or_default()
    })
}

/// The tally of the worst over all attacks.
pub fn worst(desk: &Desk) -> Tally {
    desk.verdicts.with(|verdicts| Tally::of(&verdicts.worst))
}

fn attack_row(desk: Desk, key: String) -> AnyView {
    let (mine, named) = (key.clone(), key.clone());
    let tally = Memo::new(move |_| tally_of(&desk, &mine));
    view! {
        <span class="who">
            {sign(&key)} {move || attack_name(&named)}
        </span>
        {stack(tally)}
        <b data-attack=key>{move || percent(tally.get().robust())}</b>
    }
    .into_any()
}

fn worst_row(desk: Desk) -> AnyView {
    let tally = Memo::new(move |_| worst(&desk));
    view! {
        <span class="who all">{move || tr("attack.score.worst")}</span>
        {stack(tally)}
        <b class="all" data-robust-acc="">
            {move || percent(tally.get().robust())}
        </b>
    }
    .into_any()
}

/// The bar: wrong already, broken, surviving; each part with its sign and number.
fn stack(tally: Memo<Tally>) -> AnyView {
    let part = move |class: &'static str, outcome: Outcome, count: fn(&Tally) -> usize| {
        let number = Memo::new(move |_| tally.with(count));
        view! {
            <span class=class style:flex-grow=move || number.get().to_string() class:none=move || number.get() == 0>
                {outcome.symbol()}
                " "
                {move || number.get()}
            </span>
        }
    };
    let label = move || {
        let tally = tally.get();
        let values = [
            ("wrong", tally.wrong.to_string()),
            ("broken", tally.broken.to_string()),
            ("survive", tally.survive.to_string()),
        ];
        tr_with("attack.score.part", &values)
    };
    view! {
        <span class="stack" role="img" aria-label=label>
            {part("survive", Outcome::Held, |tally| tally.survive)}
            {part("broken", Outcome::Broken, |tally| tally.broken)}
            {part("wrong", Outcome::CleanWrong, |tally| tally.wrong)}
        </span>
    }
    .into_any()
}

fn summary(desk: &Desk) -> String {
    let all = worst(desk);
    if all.total() == 0 {
        return tr_with("attack.grid.waiting", &[("wait", desk.waiting.get())]);
    }
    let part = |key: String| {
        let robust = percent(tally_of(desk, &key).robust());
        tr_with("attack.score.one", &[("name", attack_name(&key)), ("p", robust)])
    };
    let parts: Vec<String> = desk.racing.get().into_iter().map(part).collect();
    let values = [("clean", percent(all.clean())), ("p", percent(all.robust())), ("parts", parts.join(", "))];
    tr_with("attack.score.summary", &values)
}
