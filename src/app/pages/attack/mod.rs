//! Attack: “How small a change breaks it?” The same oracle, gap and move as in training, with the sign turned round:
//! Up to four attacks race for the highest loss inside an ε-ball of an image, with the same number of gradient calls.
//! Everything that is shown and judged is the 8-bit image.
//!
//! [`desk`]: what the figures share; [`entry`], [`outcome`], [`trust`], [`change`]: pure judgements and pictures; the
//! rest is one figure a file. The engine is told by the link, from the description of the attack.

mod address;
mod badge;
mod bars;
mod change;
mod desk;
mod draw;
mod entry;
mod epsilon;
mod formula;
mod gap;
mod grid;
mod outcome;
mod own_picture;
mod race;
mod rail;
mod score;
mod swipe;
mod tables;
mod triptych;
mod trust;

use leptos::ev;
use leptos::prelude::*;

pub use self::address::CODEC;
use self::desk::Desk;
use self::formula::FormulaStrip;
use self::gap::GapFigure;
use self::grid::GridFigure;
use self::race::RaceFigure;
use self::rail::Rail;
use self::score::ScoreFigure;
use self::triptych::Triptych;
use crate::app::lab::Page;
use crate::app::shell::mark_ready;
use crate::app::tr;

/// The page: tabs (on a phone), panel and stage. Question and transport are the shell's.
#[component]
pub fn AttackPage() -> impl IntoView {
    let desk = Desk::open();
    Effect::new(move |done: Option<bool>| {
        let drawn = done.unwrap_or(false) || desk.clean.with(|clean| !clean.is_empty());
        if drawn && done != Some(true) {
            // After the canvas, which is painted by an effect of its own.
            request_animation_frame(move || {
                if desk.lab.page.get_untracked() == Page::Attack {
                    mark_ready(Page::Attack);
                }
            });
        }
        drawn
    });
    // A picture may be dropped anywhere on the page; all other files are the shell's business.
    let dropped = move |event: ev::DragEvent| {
        if let Some(file) = own_picture::dropped_file(&event).filter(|file| file.type_().starts_with("image/")) {
            event.prevent_default();
            own_picture::take(desk, file);
        }
    };
    view! {
        <div class="tabs" role="group" aria-label=move || tr("attack.tabs.label")>
            {tab(1, "attack.tabs.image")} {tab(2, "attack.tabs.race")} {tab(3, "attack.tabs.grid")}
        </div>
        <div class="work attack" on:drop=dropped>
            <Rail desk />
            <div class="stage" data-pin=move || desk.pinned.get()>
                <div class="a-figs">
                    <div class="a-left">
                        <Triptych desk />
                        <GridFigure desk />
                    </div>
                    <div class="a-right">
                        <RaceFigure desk />
                        {trust::trust_line(desk)}
                        <GapFigure desk />
                        <ScoreFigure desk />
                    </div>
                </div>
                <FormulaStrip desk />
            </div>
        </div>
    }
    .into_any()
}

/// One tab of the phone layout; which figure is shown is decided in the style sheet.
fn tab(number: u32, text: &'static str) -> AnyView {
    let id = format!("tab{number}");
    view! {
        <input class="vh" type="radio" name="tab" id=id.clone() checked=number == 1 />
        <label for=id>{move || tr(text)}</label>
    }
    .into_any()
}
