//! Train: “Can a network learn without ever projecting?” A small network is trained live; each step walks towards
//! a corner of each layer's set, so no layer ever leaves its set. The figures show how the loss falls, how large
//! the Frank–Wolfe gap is, how near its wall each layer stands, and what the network answers.

mod address;
mod bench;
mod edit;
mod filters;
mod formula;
mod gap;
mod gauge;
mod layers;
mod loss;
mod methods;
mod network_strip;
mod own_files;
mod rail;
mod samples;
mod set_fields;
mod tables;

use leptos::prelude::*;

pub use self::address::CODEC;
use self::bench::Bench;
use self::formula::FormulaStrip;
use self::gap::GapFigure;
use self::layers::LayersFigure;
use self::loss::LossFigure;
use self::network_strip::NetworkFigure;
use self::rail::Rail;
use self::samples::{Gallery, SamplesFigure};
use crate::app::lab::Page;
use crate::app::pages::tabs::tabs;
use crate::app::shell::mark_ready;

/// The page: tabs (on a phone), panel and stage. Question and transport are the shell's.
#[component]
pub fn TrainPage() -> impl IntoView {
    let bench = Bench::open();
    let gallery = Gallery::new(bench);
    Effect::new(move |done: Option<bool>| {
        let done = done.unwrap_or(false);
        let drawn = bench.layers[0].with(|layers| !layers.is_empty())
            || bench.lab.train.a.with(|log| !log.steps.is_empty() || !log.evaluations.is_empty());
        if drawn && !done {
            mark_ready(Page::Train);
        }
        done || drawn
    });
    view! {
        {tabs("train.tabs.label", &["train.tabs.network", "train.tabs.loss", "train.tabs.gap", "train.tabs.layers"])}
        <div class="work train">
            <Rail bench />
            <div class="stage">
                <NetworkFigure bench gallery />
                <SamplesFigure gallery />
                <div class="t-figs">
                    <LossFigure bench />
                    <GapFigure bench />
                    <LayersFigure bench />
                </div>
                <FormulaStrip bench />
            </div>
        </div>
        // Hatching beyond the walls of the gauges.
        <svg class="defs" width="0" height="0" aria-hidden="true">
            <defs>
                <pattern
                    id="hatch"
                    width="5"
                    height="5"
                    patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)"
                >
                    <line class="hatch" x1="0" x2="0" y1="0" y2="5" />
                </pattern>
            </defs>
        </svg>
    }
    .into_any()
}
