//! The network from image to answer: the chosen test image, every layer with its filters, its gauge and its set,
//! and the likeliest classes. Everything in it is the network as it is now.

use leptos::prelude::*;

use super::bench::{Bench, Look, layer_name};
use super::filters::{self, Tiles};
use super::gauge::{Gauge, gauge_of};
use super::samples::{BARS, Gallery};
use super::set_fields::SetPopover;
use super::tables;
use crate::app::controls::set_outline;
use crate::app::figure::marks::marker;
use crate::app::figure::{Figure, PixelCanvas};
use crate::app::{tr, tr_with};
use crate::plot::{fixed, integer, scientific};
use crate::session::{LayerInfo, RunId};

/// The figure.
#[component]
pub fn NetworkFigure(bench: Bench, gallery: Gallery) -> impl IntoView {
    let cells = move || {
        let names = bench.names.get();
        let cell = |(index, name): (usize, &&'static str)| layer_cell(bench, index, name);
        names.iter().enumerate().map(cell).collect_view()
    };
    view! {
        <Figure
            name="network"
            class="net-fig p1"
            title=Signal::derive(move || tr("train.network.title"))
            summary=Signal::derive(move || summary(&bench, &gallery))
            table=Callback::new(move |()| tables::layers(&bench))
        >
            <div class=move || format!("net n{}", bench.names.get().len())>
                {input_cell(bench, gallery)} {cells} {answer_cell(bench, gallery)}
            </div>
        </Figure>
    }
    .into_any()
}

/// The chosen test image, and who is who: with two runs, a choice of whose network is shown.
fn input_cell(bench: Bench, gallery: Gallery) -> AnyView {
    let who = move |look: Look| {
        let run = look.run;
        let says = if look.feasible { "train.network.inside" } else { "train.network.through" };
        let class = if look.alt { format!("st hollow {}", look.family) } else { format!("f {}", look.family) };
        view! {
            <button
                type="button"
                class="who"
                aria-pressed=move || (bench.shown.get() == run).to_string()
                title=move || tr("train.network.show")
                on:click=move |_| bench.shown.set(run)
            >
                <svg width="12" height="12" viewBox="-6.5 -6.5 13 13" aria-hidden="true">
                    <path class=class d=marker(look.family) />
                </svg>
                <span>
                    <span class=format!("c-{}", look.family)>{look.name}</span>
                    " "
                    {move || tr(says)}
                </span>
            </button>
        }
        .into_any()
    };
    view! {
        <div class="layer io">
            <div class="lh">
                <b>{move || tr("train.network.input")}</b>
            </div>
            <div class="pic large">{gallery.picture(bench.sample.into())}</div>
            <div class="key">{move || bench.looks.get().into_iter().map(who).collect_view()}</div>
        </div>
    }
    .into_any()
}

fn layer_cell(bench: Bench, index: usize, name: &'static str) -> AnyView {
    let info = Memo::new(move |_| bench.layers_of(bench.shown.get()).with(|layers| layers.get(index).cloned()));
    let shape = move || info.with(|info| info.as_ref().map(shape_text).unwrap_or_default());
    let open = move || bench.editing.get() == Some(index);
    view! {
        <div class="layer" data-layer=name>
            <button
                type="button"
                class="lh"
                aria-pressed=move || (bench.layer.get() == index).to_string()
                title=move || tr("train.network.pick")
                on:click=move |_| bench.layer.set(index)
            >
                <b>{move || layer_name(name)}</b>
                <span>{shape}</span>
            </button>
            {filter_tiles(bench, index, name)}
            <Gauge bench index />
            <button
                type="button"
                class="setof"
                aria-expanded=move || open().to_string()
                title=move || tr("train.network.change_set")
                on:click=move |_| bench.editing.set(if open() { None } else { Some(index) })
            >
                {set_line(bench, index, name, info)}
            </button>
            {move || open().then(|| view! { <SetPopover bench index /> })}
        </div>
    }
    .into_any()
}

fn shape_text(layer: &LayerInfo) -> String {
    layer.shape.iter().map(u32::to_string).collect::<Vec<_>>().join(" × ")
}

/// The weights of the layer as pixels.
fn filter_tiles(bench: Bench, index: usize, name: &'static str) -> AnyView {
    let drawn = Memo::new(move |_| {
        let run = bench.shown.get();
        let dark = bench.dark();
        let (shape, channels) = bench.layers_of(run).with(|layers| {
            let channels =
                index.checked_sub(1).and_then(|before| layers.get(before)).and_then(|layer| layer.shape.first());
            let shape = layers.get(index).map(|layer| layer.shape.clone()).unwrap_or_default();
            (shape, channels.map_or(0, |channels| *channels as usize))
        });
        bench.track_weights(run);
        bench.log(run).with_untracked(|log| {
            let weights = log.layers_now.as_ref().and_then(|now| now.weights.get(index));
            weights.map(|weights| filters::tiles(weights, &shape, channels, dark)).unwrap_or_default()
        })
    });
    let size = Memo::new(move |_| drawn.with(|Tiles { width, height, .. }| (*width, *height)));
    let rgba = Signal::derive(move || drawn.with(|tiles| tiles.rgba.clone()));
    let label = Signal::derive(move || tr_with("train.network.filters", &[("layer", layer_name(name))]));
    let canvas = move || {
        let (width, height) = size.get();
        (width > 0).then(|| view! { <PixelCanvas width=width height=height rgba=rgba label=label /> }.into_any())
    };
    view! { <div class="pic weights">{canvas}</div> }.into_any()
}

/// Glyph, name, radius; below, K and sparsity.
fn set_line(bench: Bench, index: usize, name: &'static str, info: Memo<Option<LayerInfo>>) -> AnyView {
    let set = Memo::new(move |_| {
        bench.lab.experiment.with(|experiment| match (bench.shown.get(), &experiment.b) {
            (RunId::B, Some(b)) => b.set_of(name).set,
            _ => experiment.a.set_of(name).set,
        })
    });
    let radius = move || info.with(|info| info.as_ref().map(|info| format!("τ {}", scientific(info.radius))));
    let k = move || {
        let k = info.with(|info| info.as_ref().map_or(0, |info| info.k));
        (k > 0).then(|| format!("K {}", integer(u64::from(k))))
    };
    let sparsity = move || {
        let share = bench
            .log(bench.shown.get())
            .with(|log| log.layers_now.as_ref().and_then(|now| now.sparsity.get(index)).map(|share| f64::from(*share)));
        share.map(|share| tr_with("train.network.sparsity", &[("p", fixed(100.0 * share, 0))]))
    };
    view! {
        <svg viewBox="0 0 26 26" aria-hidden="true">
            <path d=move || set_outline(set.get()) />
        </svg>
        <span>{move || tr(&format!("set.{}.name", set.get().key()))}</span>
        <span class="num">{radius}</span>
        <small>{k}</small>
        <small class="num">{sparsity}</small>
    }
    .into_any()
}

/// The likeliest classes of the chosen image.
fn answer_cell(bench: Bench, gallery: Gallery) -> AnyView {
    let bar = move |index: usize| {
        let answer = Memo::new(move |_| gallery.bars.with(|bars| bars.get(index).cloned().unwrap_or_default()));
        let percent = move || answer.with(|answer| 100.0 * f64::from(answer.probability));
        view! {
            <li class:hit=move || answer.with(|answer| answer.right)>
                <span>{move || answer.with(|answer| answer.class.clone())}</span>
                <svg class="bar" aria-hidden="true">
                    <rect height="7" width=move || format!("{:.1}%", percent()) />
                </svg>
                <b>{move || answer.with(|answer| if answer.class.is_empty() { "–".into() } else { fixed(percent(), 0) })}</b>
            </li>
        }
    };
    let truth = move || {
        let truth = gallery.truth.get();
        if truth.is_empty() {
            return bench.waiting.get();
        }
        tr_with("train.network.truth", &[("class", truth)])
    };
    view! {
        <div class="layer io">
            <div class="lh">
                <b>{move || tr("train.network.answer")}</b>
            </div>
            <ol class="bars">{(0..BARS).map(bar).collect_view()}</ol>
            <p class="truth">{truth}</p>
        </div>
    }
    .into_any()
}

fn summary(bench: &Bench, gallery: &Gallery) -> String {
    let waiting = bench.waiting.get();
    if !waiting.is_empty() {
        return tr_with("train.network.summary_empty", &[("wait", waiting)]);
    }
    let layers = bench.names.get().len();
    let parts = bench.looks.get().into_iter().map(|look| {
        let gauges = (0..layers).map(|index| gauge_of(bench, look.run, index)).filter(|gauge| gauge.is_finite());
        let most = gauges.fold(0.0, f64::max);
        tr_with("train.network.summary", &[("name", look.name), ("gauge", fixed(most, 2))])
    });
    let answer = gallery.bars.with(|bars| bars.first().cloned()).map(|answer| {
        tr_with(
            "train.network.says",
            &[
                ("class", answer.class),
                ("p", fixed(100.0 * f64::from(answer.probability), 0)),
                ("truth", gallery.truth.get()),
            ],
        )
    });
    parts.chain(answer).collect::<Vec<_>>().join("; ")
}
