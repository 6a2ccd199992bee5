//! Attack: “How small a change breaks it?” The same oracle, gap and move as in training, with the sign turned round:
//! Any set of attacks races for the highest loss inside an ε-ball of an image, with the same number of gradient calls.
//! Everything that is shown and judged is the 8-bit image.
//!
//! [`desk`]: what the figures share; [`entry`], [`outcome`], [`trust`], [`change`]: pure judgements and pictures; the
//! rest is one figure a file. The engine is told by the link, from the description of the attack.

mod address;
mod atoms;
mod badge;
mod bars;
mod change;
mod comparison;
mod decision_map;
mod desk;
mod draw;
mod entry;
mod epsilon;
mod flow;
mod formula;
mod gap;
mod grid;
mod outcome;
mod own;
mod own_network;
mod own_picture;
mod race;
mod rail;
mod robustness;
mod score;
mod survey;
mod swipe;
mod tables;
mod triptych;
mod trust;

use leptos::ev;
use leptos::prelude::*;

pub use self::address::CODEC;
use self::atoms::AtomsRoom;
pub use self::atoms::atoms;
use self::comparison::ComparisonRoom;
pub use self::comparison::comparison;
use self::decision_map::MapRoom;
pub use self::decision_map::decision_map;
use self::desk::Desk;
pub use self::flow::flow;
use self::formula::FormulaStrip;
use self::gap::GapFigure;
use self::grid::GridFigure;
pub use self::own::{OWN_TOOLS, OwnTools};
use self::race::{RaceFigure, look_back};
use self::rail::Rail;
use self::robustness::CurveRoom;
pub use self::robustness::robustness;
use self::score::ScoreFigure;
use self::triptych::Triptych;
use crate::app::figure::Room;
use crate::app::lab::Page;
use crate::app::pages::tabs::tabs;
use crate::app::parts;
use crate::app::shell::mark_ready;

/// The page: tabs (on a phone), panel and stage. Question and transport are the shell's.
#[component]
pub fn AttackPage() -> impl IntoView {
    let desk = Desk::open();
    // For the parts that come later.
    provide_context(desk);
    Effect::new(move |done: Option<bool>| {
        // Where a file is waited for there will be no picture, yet it may be dropped.
        let drawn = done.unwrap_or(false) || desk.clean.with(|clean| !clean.is_empty()) || own_network::missing(&desk);
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
        {tabs("attack.tabs.label", &["attack.tabs.image", "attack.tabs.race", "attack.tabs.grid"])}
        <div class="work attack" on:drop=dropped>
            <Rail desk />
            <div class="stage" data-pin=move || desk.pinned.get()>
                <div class="a-figs">
                    <div class="a-left">
                        <Triptych desk />
                        <GridFigure desk />
                    </div>
                    <div
                        class="a-right"
                        on:click=move |event| look_back(&desk, &event)
                        on:keydown=move |event| {
                            if event.key() == "Enter" {
                                look_back(&desk, &event);
                            }
                        }
                    >
                        <RaceFigure desk />
                        {trust::trust_line(desk)}
                        <GapFigure desk />
                        <ScoreFigure desk />
                    </div>
                </div>
                <FormulaStrip desk />
            </div>
            <div class="below">
                <AtomsRoom />
                <MapRoom />
                <Room class="flow-room p3" fetch=|lab| Box::pin(parts::flow(lab)) />
                <CurveRoom />
                <ComparisonRoom />
            </div>
        </div>
    }
    .into_any()
}
