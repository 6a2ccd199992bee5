//! The set of a layer, or of all layers, as controls: which set, how large, how sparse. Used in the panel for
//! linked layers and under a layer of the network for that layer.

use leptos::prelude::*;

use super::bench::{Bench, layer_name};
use super::edit::{self, Target, change_run, run_param};
use crate::app::controls::{ParamField, SetChips, Toggle};
use crate::app::{tr, tr_with};
use crate::session::{LayerSet, Radius, RunId, RunSpec};
use crate::sets::{SetId, ShapeParameter};

/// Controls of one set. `layer` is an index into the network's layers; without one the common set is edited.
#[component]
pub fn SetFields(bench: Bench, #[prop(into)] target: Signal<Target>, layer: Option<usize>) -> impl IntoView {
    let lab = bench.lab;
    let name = move || layer.and_then(|index| bench.names.get().get(index).copied());
    // A run whose common set is the one being edited, so that the table of parameters serves here too.
    let value = Memo::new(move |_| {
        lab.experiment.with(|experiment| {
            let run = target.get().shown(experiment);
            let set = name().map_or(&run.set, |name| run.set_of(name)).clone();
            RunSpec { set, ..run.clone() }
        })
    });
    let change = move |set: LayerSet| {
        let target = target.get_untracked();
        let mut run = lab.experiment.with_untracked(|experiment| target.shown(experiment).clone());
        match untrack(name) {
            Some(name) => edit::set_layer(&mut run, name, set),
            None => run.set = set,
        }
        change_run(&lab, target, run);
    };
    let on_change = Callback::new(move |run: RunSpec| change(run.set));
    let set = Memo::new(move |_| value.with(|run| run.set.set));
    let by_norm = Memo::new(move |_| value.with(|run| matches!(run.set.radius, Radius::Initial(_))));
    let field = move |key: &'static str| {
        let prefix = target.get_untracked().prefix();
        run_param(key).map(|param| {
            view! { <ParamField param=param value=Signal::from(value) on_change=on_change prefix=prefix settle=true /> }
        })
    };
    let shape = move |parameter| set.get().entry().shape.contains(&parameter);
    let sets: Vec<SetId> = SetId::for_layers().collect();
    view! {
        <SetChips
            sets=sets
            selected=set
            on_pick=Callback::new(move |set| {
                let mut new = value.get_untracked().set;
                new.set = set;
                change(new);
            })
        />
        {move || {
            // Fields carry the prefix of their run: made anew when the run changes.
            target.with(|_| ());
            if by_norm.get() { field("w") } else { field("radius") }
        }}
        {move || {
            target.with(|_| ());
            shape(ShapeParameter::Sparsity).then(|| field("k"))
        }}
        {move || {
            target.with(|_| ());
            shape(ShapeParameter::Exponent).then(|| field("p"))
        }}
        {move || {
            target.with(|_| ());
            shape(ShapeParameter::Group).then(|| field("group"))
        }}
        <Toggle
            label=Signal::derive(move || tr("train.sets.by_norm"))
            on=by_norm
            on_toggle=Callback::new(move |on| {
                let run = if target.get_untracked() == Target::B { RunId::B } else { RunId::A };
                let now = bench
                    .layers_of(run)
                    .with_untracked(|layers| layers.get(layer.unwrap_or(0)).map(|layer| layer.radius));
                let mut new = value.get_untracked().set;
                edit::set_radius_mode(&mut new, on, now);
                change(new);
            })
        />
    }
    .into_any()
}

/// The set of layer `index` in a small window under it.
#[component]
pub fn SetPopover(bench: Bench, index: usize) -> impl IntoView {
    let name = move || bench.names.get().get(index).map(|name| layer_name(name)).unwrap_or_default();
    let target = Signal::derive(move || {
        let compared = bench.looks.with(|looks| looks.len() > 1);
        match bench.shown.get() {
            _ if !compared => Target::A,
            RunId::A => Target::Both,
            RunId::B => Target::B,
        }
    });
    let linked =
        Memo::new(move |_| bench.lab.experiment.with(|experiment| edit::linked(target.get().shown(experiment))));
    let close = move || bench.editing.set(None);
    let dialog = NodeRef::<leptos::html::Div>::new();
    dialog.on_load(|dialog| {
        let _ = dialog.focus();
    });
    view! {
        <div
            class="set-pop"
            role="dialog"
            tabindex="-1"
            aria-label=move || tr_with("train.sets.of", &[("layer", name())])
            node_ref=dialog
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    event.stop_propagation();
                    close();
                }
            }
        >
            <p>
                <b>
                    {move || {
                        if linked.get() { tr("train.sets.all") } else { tr_with("train.sets.of", &[("layer", name())]) }
                    }}
                </b>
                <button type="button" on:click=move |_| close()>
                    {move || tr("train.sets.close")}
                </button>
            </p>
            <SetFields bench target layer=Some(index) />
            <LinkToggle bench target />
        </div>
    }
    .into_any()
}

/// One set for every layer, or one each.
#[component]
pub fn LinkToggle(bench: Bench, #[prop(into)] target: Signal<Target>) -> impl IntoView {
    let lab = bench.lab;
    let linked = Memo::new(move |_| lab.experiment.with(|experiment| edit::linked(target.get().shown(experiment))));
    let toggle = Callback::new(move |on| {
        let target = target.get_untracked();
        let (mut run, network) =
            lab.experiment.with_untracked(|experiment| (target.shown(experiment).clone(), experiment.network));
        edit::set_linked(&mut run, network, on);
        change_run(&lab, target, run);
    });
    view! { <Toggle label=Signal::derive(move || tr("train.sets.linked")) on=linked on_toggle=toggle /> }.into_any()
}
