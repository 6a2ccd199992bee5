//! Robust accuracy against ε: each attack of the race and the worst over all of them, filled in as it is measured, with
//! Wilson intervals; below it every image, by the ε at which it first breaks. Pressing an image opens it in the race.

mod curve;
mod images;

use leptos::prelude::*;

use self::images::ImageMap;
use super::desk::{amount, norm_name};
use super::survey;
use crate::app::controls::Choice;
use crate::app::figure::axes::Axis;
use crate::app::figure::chart::{Chart, Course, Drawing};
use crate::app::figure::{Figure, Room};
use crate::app::{Lab, parts, tr, tr_with, use_lab};
use crate::session::{AttackSpec, BATCH, Contender, Subject, SurveyId, SurveyResults, SurveySpec};

/// Values of ε beside 0.
const STEPS: u32 = 8;
/// Numbers of images that may be chosen, and which is usual.
const IMAGES: [u32; 5] = [64, 128, 256, 512, 1000];
const USUAL_IMAGES: u32 = 128;
/// The largest ε, as a multiple of the norm's usual one.
const REACH: [f64; 4] = [0.5, 1.0, 2.0, 3.0];
const USUAL_REACH: usize = 2;
/// Height of the plot in pixels, at normal text size.
const HEIGHT: f64 = 300.0;

/// Room for the figure at the foot of the page; filled when it comes near the window.
#[component]
pub fn CurveRoom() -> impl IntoView {
    view! { <Room id="curve" class="study p3" fetch=|lab| Box::pin(parts::attack_curve(lab)) /> }.into_any()
}

/// The usual ε of a norm, times `reach`.
fn farthest(spec: &AttackSpec, reach: usize) -> f64 {
    let usual = AttackSpec { norm: spec.norm, ..AttackSpec::default() }.size();
    usual * REACH.get(reach).copied().unwrap_or(1.0)
}

/// ε of a step, with its unit.
fn size_text(common: &AttackSpec, size: f64) -> String {
    amount(common.norm, survey::over_255(common, size))
}

fn asked(lab: Lab, images: u32, reach: usize) -> SurveySpec {
    let spec = lab.attack_spec.get_untracked();
    let top = farthest(&spec, reach);
    SurveySpec {
        id: SurveyId::Curve,
        subjects: vec![Subject { victim: spec.victim.clone(), data: spec.data }],
        sizes: (1..=STEPS).map(|step| top * f64::from(step) / f64::from(STEPS)).collect(),
        contenders: spec.attacks.iter().map(|key| Contender::plain(key, &spec)).collect(),
        images,
        batch: BATCH,
        common: AttackSpec { first_image: 0, target: None, ..spec },
    }
}

/// The figure; a part of the page that is fetched when it comes near.
pub fn robustness() -> AnyView {
    let lab = use_lab();
    let results = lab.attack.curve;
    let (images, reach, cursor) = (RwSignal::new(USUAL_IMAGES), RwSignal::new(USUAL_REACH), RwSignal::new(None));
    let unit = Memo::new(move |_| if lab.present.get() { 1.125 } else { 1.0 });
    let empty = move || results.with(|results| results.clean(0).of == 0);
    let course = Course {
        axis: Axis::Calls,
        total: Signal::derive(|| STEPS),
        last: Signal::derive(|| STEPS),
        cursor,
        waiting: Signal::derive(move || if empty() { tr("curve.waiting") } else { String::new() }),
        unit: unit.into(),
    };
    let height = Signal::derive(move || HEIGHT * unit.get());
    let drawing = Drawing {
        marks: Callback::new(move |width| results.with(|results| curve::marks(results, width, HEIGHT, unit.get()))),
        read: Callback::new(move |place| results.with(|results| curve::read(results, place))),
        why: Signal::derive(|| tr("curve.why")),
        label: Signal::derive(|| tr("curve.cursor")),
        quantity: None,
    };
    let options: Vec<_> = IMAGES.iter().map(|n| (n.to_string(), Signal::stored(n.to_string()))).collect();
    let ask = Callback::new(move |()| asked(lab, images.get_untracked(), reach.get_untracked()));
    let ready =
        Signal::derive(move || survey::has_test_images(&lab) && lab.attack_spec.with(|spec| !spec.attacks.is_empty()));
    view! {
        <Figure
            name="curve"
            title=Signal::derive(|| tr("curve.title"))
            note=Signal::derive(move || note(lab))
            summary=Signal::derive(move || results.with(curve::summary))
            table=Callback::new(move |()| untrack(|| results.with(curve::table)))
        >
            <div class="study-choices">
                <Choice
                    label=Signal::derive(|| tr("curve.images"))
                    options=options
                    selected=Signal::derive(move || images.get().to_string())
                    on_pick=Callback::new(move |key: String| images.set(key.parse().unwrap_or(USUAL_IMAGES)))
                />
                <Choice
                    label=Signal::derive(|| tr("curve.reach"))
                    options=reaches(lab)
                    selected=Signal::derive(move || reach.get().to_string())
                    on_pick=Callback::new(move |key: String| reach.set(key.parse().unwrap_or(USUAL_REACH)))
                />
            </div>
            {survey::controls(lab, SurveyId::Curve, "curve.start", ready, ask)}
            <Chart course drawing height />
            <ImageMap lab />
        </Figure>
    }
    .into_any()
}

fn reaches(lab: Lab) -> Vec<(String, Signal<String>)> {
    let text =
        move |reach: usize| Signal::derive(move || lab.attack_spec.with(|spec| size_text(spec, farthest(spec, reach))));
    (0..REACH.len()).map(|reach| (reach.to_string(), text(reach))).collect()
}

/// What is measured, or would be.
fn note(lab: Lab) -> String {
    let told = |common: &AttackSpec| {
        tr_with("curve.note", &[("norm", norm_name((common.norm, common.p))), ("calls", common.budget.to_string())])
    };
    let measured =
        lab.attack.curve.with(|results: &SurveyResults| results.spec.as_ref().map(|spec| told(&spec.common)));
    measured.unwrap_or_else(|| lab.attack_spec.with(told))
}
