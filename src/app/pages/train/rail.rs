//! The panel of the Train page: network and data, methods, learning rate, batch, sets; what is seldom changed is
//! folded away. Every control writes the experiment, and the engine follows.

use leptos::prelude::*;

use super::bench::Bench;
use super::edit::{self, Target, change_run, run_param};
use super::methods::Methods;
use super::own_files::OwnFiles;
use super::set_fields::{LinkToggle, SetFields};
use crate::app::controls::{Choice, ParamField};
use crate::app::tr;
use crate::optim::schedule::{BatchRule, RateRule};
use crate::session::params::{EXPERIMENT, Kind, Param, Value};
use crate::session::{Experiment, RunSpec};

/// The panel.
#[component]
pub fn Rail(bench: Bench) -> impl IntoView {
    let lab = bench.lab;
    let target = RwSignal::new(Target::Both);
    let compared = Memo::new(move |_| bench.looks.with(|looks| looks.len() > 1));
    // Without an opponent there is only A.
    let to = Memo::new(move |_| if compared.get() { target.get() } else { Target::A });
    let run = Memo::new(move |_| lab.experiment.with(|experiment| to.get().shown(experiment).clone()));
    let panel = Panel { bench, to, run };
    let wide = bench.viewport.with_untracked(|viewport| viewport.width >= 640.0);
    let linked = Memo::new(move |_| run.with(edit::linked));
    view! {
        <aside class="rail" aria-label=move || tr("train.rail.label")>
            <details open=wide>
                <summary>{move || tr("train.rail.label")}</summary>
                <section>
                    <h2>{move || tr("train.rail.data")}</h2>
                    {panel.shared_menu("data", "train.rail.images")} {panel.shared_menu("net", "train.rail.network")}
                    <OwnFiles />
                </section>
                <section>
                    <h2>{move || if compared.get() { tr("train.rail.methods") } else { tr("train.rail.method") }}</h2>
                    <Methods bench />
                    {move || compared.get().then(|| targets(target))}
                </section>
                <section>{panel.menu("rate", "train.rail.rate")} {panel.rate_fields()}</section>
                <section>{panel.menu("batch", "train.rail.batch")} {panel.batch_fields()}</section>
                <section>
                    <h2>{move || tr("train.rail.sets")}</h2>
                    {move || {
                        if linked.get() {
                            view! { <SetFields bench target=to layer=None /> }.into_any()
                        } else {
                            view! { <p class="hint">{tr("train.rail.unlinked")}</p> }.into_any()
                        }
                    }}
                    <LinkToggle bench target=to />
                </section>
                <details class="more">
                    <summary>{move || tr("train.rail.more")}</summary>
                    {panel.more()}
                </details>
            </details>
        </aside>
    }
    .into_any()
}

/// Which runs the controls below change.
fn targets(target: RwSignal<Target>) -> AnyView {
    let one = move |(value, key): (Target, &'static str)| {
        view! {
            <button
                type="button"
                aria-pressed=move || (target.get() == value).to_string()
                on:click=move |_| target.set(value)
            >
                {move || tr(key)}
            </button>
        }
    };
    let all = [(Target::Both, "train.rail.both"), (Target::A, "train.rail.only_a"), (Target::B, "train.rail.only_b")];
    view! {
        <div class="targets" role="group" aria-label=move || tr("train.rail.target")>
            <span aria-hidden="true">{move || tr("train.rail.target")}</span>
            {all.map(one).into_iter().collect_view()}
        </div>
    }
    .into_any()
}

/// Makes the controls of one panel.
#[derive(Clone, Copy)]
struct Panel {
    bench: Bench,
    to: Memo<Target>,
    run: Memo<RunSpec>,
}

impl Panel {
    /// A field of the run that the panel writes to, made anew when that run changes.
    fn field(self, key: &'static str) -> AnyView {
        let lab = self.bench.lab;
        let on_change = Callback::new(move |new| change_run(&lab, self.to.get_untracked(), new));
        let field = move || {
            let prefix = self.to.get().prefix();
            run_param(key).map(|param| {
                view! {
                    <ParamField
                        param=param
                        value=Signal::from(self.run)
                        on_change=on_change
                        prefix=prefix
                        settle=true
                    />
                }
            })
        };
        field.into_any()
    }

    /// A field of the setting that both runs share.
    fn shared(self, key: &'static str) -> AnyView {
        let lab = self.bench.lab;
        let param = EXPERIMENT.iter().find(|param| param.key == key);
        let on_change = Callback::new(move |new| lab.experiment.set(new));
        let value = Signal::derive(move || lab.experiment.get());
        param.map(|param| view! { <ParamField param=param value=value on_change=on_change settle=true /> }).into_any()
    }

    /// A menu of the run that the panel writes to.
    fn menu(self, key: &'static str, label: &'static str) -> AnyView {
        let lab = self.bench.lab;
        let write = move |new| change_run(&lab, self.to.get_untracked(), new);
        run_param(key).map(|param| menu(param, label, Signal::from(self.run), Callback::new(write))).into_any()
    }

    /// A menu of the shared setting.
    fn shared_menu(self, key: &'static str, label: &'static str) -> AnyView {
        let lab = self.bench.lab;
        let value = Signal::derive(move || lab.experiment.get());
        let write = Callback::new(move |new: Experiment| lab.experiment.set(new));
        EXPERIMENT.iter().find(|param| param.key == key).map(|param| menu(param, label, value, write)).into_any()
    }

    /// γ, and what else the chosen rule needs.
    fn rate_fields(self) -> AnyView {
        let rule = Memo::new(move |_| self.run.with(|run| run.learning_rate.rule));
        let rest = move || match rule.get() {
            RateRule::Constant | RateRule::Harmonic => ().into_any(),
            RateRule::Power => self.field("a"),
            RateRule::StepDecay => view! { {self.field("eta")} {self.field("P")} }.into_any(),
        };
        view! { {self.field("lr")} {rest} }.into_any()
    }

    /// b, and what else the chosen rule needs.
    fn batch_fields(self) -> AnyView {
        let rule = Memo::new(move |_| self.run.with(|run| run.batch.rule));
        let rest = move || match rule.get() {
            BatchRule::Constant => ().into_any(),
            BatchRule::Growing => view! { {self.field("lambda")} {self.field("Q")} }.into_any(),
        };
        view! { {self.field("b")} {rest} }.into_any()
    }

    /// What is seldom changed.
    fn more(self) -> AnyView {
        let rescaled = Memo::new(move |_| self.run.with(|run| run.method.entry().rescales));
        view! {
            {self.field("beta")}
            {move || rescaled.get().then(|| self.menu("scale", "train.rail.rescale"))}
            {self.shared_menu("act", "train.rail.activation")}
            {self.shared("T")}
            {self.shared("every")}
            {self.shared("seed")}
            {self.shared("n")}
            {self.shared("ref")}
        }
        .into_any()
    }
}

/// A compact menu of a parameter with keys; options are named where the things themselves are.
fn menu<T: Clone + Send + Sync + 'static>(
    param: &'static Param<T>,
    label: &'static str,
    value: Signal<T>,
    write: Callback<T>,
) -> AnyView {
    let Kind::Choice(keys) = param.kind else { return ().into_any() };
    let group = match param.key {
        "net" => "network",
        "act" => "activation",
        "scale" => "rescale",
        key => key,
    };
    let option = |key: &'static str| (key.to_string(), Signal::derive(move || tr(&format!("{group}.{key}"))));
    let selected = Signal::derive(move || value.with(|value| (param.get)(value).to_text()));
    let on_pick = Callback::new(move |key: String| {
        let mut next = value.get_untracked();
        if (param.set)(&mut next, &Value::Text(key)).is_ok() {
            write.run(next);
        }
    });
    let options: Vec<_> = keys().into_iter().map(option).collect();
    view! {
        <div data-param=param.key>
            <Choice
                label=Signal::derive(move || tr(label))
                options=options
                selected=selected
                on_pick=on_pick
            />
        </div>
    }
    .into_any()
}
