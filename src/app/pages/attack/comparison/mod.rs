//! The comparison of the slides: networks against attacks, the same images and the same number of gradients; Auto-FW and
//! Auto-PGD compared image by image; beside it, as quoted context, the slides' own table, and why the two nearly tie.

mod coincide;
mod losses;
mod quoted;
mod table;

use leptos::prelude::*;

use super::desk::{amount, in_training, norm_name};
use super::survey;
use crate::app::controls::Choice;
use crate::app::figure::{Figure, Room};
use crate::app::{Lab, parts, tr, tr_with, use_lab};
use crate::plot::{cell, fixed};
use crate::session::{
    AttackSpec, BATCH, Contender, DataId, ModelCard, NormId, RunId, Subject, SurveyId, SurveySpec, Victim,
};

/// Numbers of images and of gradient calls that may be chosen, and which are usual.
const IMAGES: [u32; 7] = [16, 32, 64, 128, 256, 500, 2000];
const USUAL_IMAGES: u32 = 64;
const BUDGETS: [u32; 5] = [5, 10, 20, 50, 100];
const USUAL_BUDGET: u32 = 20;
/// Key of the network that is being trained.
const TRAINING: &str = "training-a";
/// Key of the network of the user's own.
const OWN: &str = "own";

/// Room for the figures at the foot of the page; filled when it comes near the window.
#[component]
pub fn ComparisonRoom() -> impl IntoView {
    view! { <Room id="comparison" class="study p3" fetch=|lab| Box::pin(parts::attack_comparison(lab)) /> }.into_any()
}

/// The figures; a part of the page that is fetched when it comes near.
pub fn comparison() -> AnyView {
    let lab = use_lab();
    view! {
        {live(lab)}
        {losses::losses(lab)}
        {quoted::quoted()}
        {coincide::coincide(lab)}
    }
    .into_any()
}

/// What was chosen.
#[derive(Clone, Copy)]
struct Chosen {
    lab: Lab,
    /// Keys of networks; `None` until somebody has chosen: those made for the data of the race.
    networks: RwSignal<Option<Vec<String>>>,
    images: RwSignal<u32>,
    budget: RwSignal<u32>,
}

impl Chosen {
    /// Every network that can be compared: key, name, data.
    fn all(&self) -> Vec<(String, String, DataId)> {
        let card = |card: &ModelCard| (card.name.clone(), card.title.clone(), card.data);
        let mut all: Vec<_> = self.lab.attack.models.with(|cards| cards.iter().map(card).collect());
        if in_training(&self.lab, RunId::A) {
            let data = self.lab.experiment.with(|experiment| experiment.data);
            all.push((TRAINING.into(), tr("versus.training"), data));
        }
        // One for images that do not ship has nothing to be compared on.
        let own = self.lab.attack.network.with(|card| card.as_ref().map(|card| (card.name.clone(), card.data())));
        all.extend(own.filter(|own| own.1 != DataId::Own).map(|(name, data)| (OWN.into(), name, data)));
        all
    }

    fn is_on(&self, key: &str, data: DataId) -> bool {
        let usual = || self.lab.attack_spec.with(|spec| spec.data == data);
        self.networks
            .with(|networks| networks.as_ref().map_or_else(usual, |keys| keys.iter().any(|known| known == key)))
    }

    fn on(&self) -> Vec<(String, DataId)> {
        let all = self.all().into_iter();
        all.filter(|(key, _, data)| self.is_on(key, *data)).map(|(key, _, data)| (key, data)).collect()
    }

    fn toggle(&self, key: &str) {
        let mut keys: Vec<String> = untrack(|| self.on()).into_iter().map(|(key, _)| key).collect();
        match keys.iter().position(|known| known == key) {
            Some(at) => {
                keys.remove(at);
            }
            None => keys.push(key.into()),
        }
        self.networks.set(Some(keys));
    }

    /// The survey of the slides' attacks; asks for the networks that it needs.
    fn asked(&self) -> SurveySpec {
        let on = untrack(|| self.on());
        self.lab.attack.wanted.set(on.iter().map(|(key, _)| key.clone()).collect());
        let subject = |(key, data): (String, DataId)| Subject {
            victim: match key.as_str() {
                TRAINING => Victim::TrainingA,
                OWN => Victim::Own,
                _ => Victim::Bundled(key),
            },
            data,
        };
        let common = self.lab.attack_spec.with_untracked(|spec| AttackSpec {
            first_image: 0,
            target: None,
            budget: self.budget.get_untracked(),
            ..spec.clone()
        });
        SurveySpec {
            id: SurveyId::Comparison,
            subjects: on.into_iter().map(subject).collect(),
            sizes: vec![common.size()],
            contenders: Contender::slides(),
            images: self.images.get_untracked(),
            batch: BATCH,
            common,
        }
    }
}

/// The table that is counted here.
fn live(lab: Lab) -> AnyView {
    let chosen = Chosen {
        lab,
        networks: RwSignal::new(None),
        images: RwSignal::new(USUAL_IMAGES),
        budget: RwSignal::new(USUAL_BUDGET),
    };
    let results = lab.attack.comparison;
    let ready = Signal::derive(move || !chosen.on().is_empty());
    let html = Memo::new(move |_| results.with(|results| table::html(&lab, results)));
    let pairs = Memo::new(move |_| results.with(|results| table::pairs_html(&lab, results)));
    let command = Memo::new(move |_| results.with(|results| results.spec.as_ref().map(command).unwrap_or_default()));
    view! {
        <Figure
            name="versus"
            title=Signal::derive(|| tr("versus.title"))
            note=Signal::derive(move || note(lab))
            summary=Signal::derive(move || results.with(|results| table::summary(&lab, results)))
            table=Callback::new(move |()| untrack(|| results.with(|results| table::data(&lab, results))))
        >
            <p class="tell">{move || tr("versus.lead")}</p>
            {networks(chosen)}
            <div class="study-choices">
                {number("versus.images", &IMAGES, chosen.images)}
                {number("versus.budget", &BUDGETS, chosen.budget)}
            </div>
            {survey::controls(lab, SurveyId::Comparison, "versus.start", ready, Callback::new(move |()| chosen.asked()))}
            {scrolling("versus.title", "counts", html)}
            <p class="tell">{move || tr("versus.read")}</p>
            {scrolling("versus.pairs", "pairs", pairs)}
            {move || {
                let command = command.get();
                (!command.is_empty())
                    .then(|| {
                        view! {
                            <p class="tell">
                                {tr("versus.command")} " " <code class="command">{command}</code>
                            </p>
                        }
                            .into_any()
                    })
            }}
        </Figure>
    }
    .into_any()
}

/// A table that scrolls sideways on a narrow screen, so keys must reach it. `label` is its text key.
fn scrolling(label: &'static str, name: &'static str, html: Memo<String>) -> AnyView {
    view! {
        <div
            class="study-table"
            role="region"
            aria-label=move || tr(label)
            tabindex="0"
            data-table=name
            inner_html=move || html.get()
        ></div>
    }
    .into_any()
}

/// A switch a network.
fn networks(chosen: Chosen) -> AnyView {
    let all = Memo::new(move |_| chosen.all());
    let rows = move || {
        let switch = |(key, name, data): (String, String, DataId)| {
            let (mine, pressed) = (key.clone(), key.clone());
            view! {
                <button
                    type="button"
                    class="network"
                    data-network=key
                    aria-pressed=move || chosen.is_on(&mine, data).to_string()
                    on:click=move |_| chosen.toggle(&pressed)
                >
                    <i class="sq" aria-hidden="true"></i>
                    {name}
                </button>
            }
            .into_any()
        };
        all.get().into_iter().map(switch).collect_view()
    };
    view! {
        <div class="networks" role="group" aria-label=move || tr("versus.networks")>
            {rows}
        </div>
    }
    .into_any()
}

/// A menu of numbers.
fn number(label: &'static str, numbers: &[u32], value: RwSignal<u32>) -> AnyView {
    let options: Vec<(String, Signal<String>)> =
        numbers.iter().map(|n| (n.to_string(), Signal::stored(n.to_string()))).collect();
    view! {
        <Choice
            label=Signal::derive(move || tr(label))
            options
            selected=Signal::derive(move || value.get().to_string())
            on_pick=Callback::new(move |key: String| {
                if let Ok(number) = key.parse() {
                    value.set(number);
                }
            })
        />
    }
    .into_any()
}

/// ε, norm and calls of what is counted, or would be.
fn note(lab: Lab) -> String {
    let told = |common: &AttackSpec| {
        let size = amount(common.norm, common.size_over_255());
        tr_with("versus.note", &[("norm", norm_name((common.norm, common.p))), ("size", size)])
    };
    let counted = lab.attack.comparison.with(|results| results.spec.as_ref().map(|spec| told(&spec.common)));
    counted.unwrap_or_else(|| lab.attack_spec.with(told))
}

/// How a network of the survey is called.
fn subject_name(lab: &Lab, subject: &Subject) -> String {
    match &subject.victim {
        Victim::Bundled(name) => {
            let title =
                |cards: &Vec<ModelCard>| cards.iter().find(|card| card.name == *name).map(|card| card.title.clone());
            lab.attack.models.with(title).unwrap_or_else(|| name.clone())
        }
        Victim::Own => lab.attack.network.with(|card| card.as_ref().map(|card| card.name.clone()).unwrap_or_default()),
        Victim::TrainingA | Victim::TrainingB => tr("versus.training"),
    }
}

/// Text key of the n-th attack of the slides' table.
const COLUMNS: [&str; 6] = ["fgsm", "pgd", "apgd_ce", "apgd_dlr", "afw_75", "afw_1"];

/// How the n-th attack is called.
fn attack_label(index: usize) -> String {
    COLUMNS.get(index).map_or_else(String::new, |key| tr(&format!("versus.attack.{key}")))
}

/// What counts the same on the command line: a line a data set.
fn command(spec: &SurveySpec) -> String {
    let mut sets: Vec<DataId> = Vec::new();
    for subject in spec.subjects.iter().filter(|subject| matches!(subject.victim, Victim::Bundled(_))) {
        if !sets.contains(&subject.data) {
            sets.push(subject.data);
        }
    }
    let common = &spec.common;
    let line = |set: DataId| {
        let mut line = format!("fwlab compare www/models --set {} --epsilon {}", set.key(), cell(common.size()));
        if common.norm != NormId::Linf {
            line += &format!(" --norm {}", common.norm.key());
        }
        if common.norm == NormId::Lp {
            line += &format!(" --p {}", cell(common.p));
        }
        line += &format!(" --budget {} --images {}", common.budget, spec.images);
        if common.seed != 1 {
            line += &format!(" --seed {}", common.seed);
        }
        line
    };
    sets.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Points of percent with a sign: `+0.05`.
fn signed(points: f64) -> String {
    if points > 0.0 { format!("+{}", fixed(points, 2)) } else { fixed(points, 2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_counts_what_the_page_counts() {
        let subject = |name: &str, data| Subject { victim: Victim::Bundled(name.into()), data };
        let spec = SurveySpec {
            id: SurveyId::Comparison,
            common: AttackSpec { budget: 20, ..AttackSpec::default() },
            subjects: vec![subject("a", DataId::Cifar10), subject("b", DataId::Cifar10)],
            sizes: vec![4.0],
            contenders: Contender::slides(),
            images: 64,
            batch: BATCH,
        };
        let expected = "fwlab compare www/models --set cifar10 --epsilon 4 --budget 20 --images 64";
        assert_eq!(command(&spec), expected);
        let common = AttackSpec { norm: NormId::L2, seed: 3, ..spec.common.clone() };
        let expected =
            "fwlab compare www/models --set cifar10 --epsilon 0.5 --norm l2 --budget 20 --images 64 --seed 3";
        assert_eq!(command(&SurveySpec { common, ..spec }), expected);
        assert_eq!(COLUMNS.len(), Contender::slides().len());
        assert_eq!([signed(0.05), signed(-0.02)], ["+0.05", "−0.02"]);
    }
}
