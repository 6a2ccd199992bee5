//! “When does the gap go to zero?” The theorems about stochastic Frank–Wolfe, drawn over measurements: on a noisy
//! quadratic every constant they name is known, so a bound that is wrong would be seen to be.
//!
//! No engine: the eight runs of the table are computed here in `f64`, a few milliseconds of every frame. The state is one
//! checked value ([`state::TheoryState`]); [`desk::Desk`] holds it, the runs, and what follows from both.

mod article;
mod bounds_along;
mod calculator;
mod claims_figure;
mod cnn_figure;
mod cnn_run;
mod curves_figure;
mod desk;
mod grid_figure;
pub(super) mod plot;
mod sketches;
mod slides_table;
pub mod state;
pub(super) mod words;

use leptos::ev;
use leptos::prelude::*;

use self::article::Article;
use self::calculator::{BoundFigure, TermStrip, rail};
use self::claims_figure::ClaimsFigure;
use self::cnn_figure::CnnRoom;
pub use self::cnn_figure::cnn;
use self::curves_figure::CurvesFigure;
use self::desk::Desk;
use self::grid_figure::GridFigure;
use crate::app::lab::Page;
use crate::app::pages::tabs::tabs;
use crate::app::shell::mark_ready;
use crate::app::use_lab;

/// The page: tabs (on a phone), panel and stage, then the article and the claims.
#[component]
pub fn TheoryPage() -> impl IntoView {
    let desk = Desk::open(use_lab().theory_query);
    Effect::new(move |ready: Option<bool>| {
        let ready = ready.unwrap_or(false);
        let drawn = desk.done.get() > 0;
        if drawn && !ready {
            mark_ready(Page::Theory);
        }
        ready || drawn
    });
    let leave = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            desk.pinned.set(None);
        }
    };
    view! {
        <div class="theory" data-pin=move || desk.pinned.get() on:keydown=leave>
            {tabs("theory.tabs", &["theory.tab.grid", "theory.tab.curves", "theory.tab.bound", "theory.tab.article"])}
            <div class="work">
                {rail(desk)}
                <div class="stage">
                    <div class="y-figs">
                        <GridFigure desk />
                        <div class="y-right">
                            <CurvesFigure desk />
                            <BoundFigure desk />
                        </div>
                    </div>
                    <TermStrip desk />
                </div>
            </div>
            <Article desk />
            <div class="article p4">
                <ClaimsFigure />
                <CnnRoom />
            </div>
        </div>
    }
    .into_any()
}
