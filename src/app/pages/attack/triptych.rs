//! Clean + change × gain = attacked, each with the network's answer under it, and the badge that says what the
//! 8-bit image is taken for. Everything shown is in 8 bits, because that is what was classified again.

use leptos::prelude::*;

use super::badge::Badge;
use super::bars::bars;
use super::change::{self, Channels, Picture, Shape};
use super::desk::{Desk, amount, attack_name, norm_name, of_255, short_name, size};
use super::draw::sign;
use super::outcome::largest;
use super::swipe::{Swipe, SwipePane};
use super::tables;
use crate::app::controls::Choice;
use crate::app::figure::marks::escape;
use crate::app::figure::{Figure, PixelCanvas, planar_to_rgba};
use crate::app::lab::USUAL_GAIN as FIT;
use crate::app::{tr, tr_with};
use crate::number;
use crate::plot::fixed;
use crate::session::{DataId, NormId};

/// Fixed gains one may choose; besides them there is the gain that just fits.
pub const GAINS: [&str; 5] = ["8", "16", "32", "64", "128"];
/// More attacks than this are chosen from a menu.
const SEGMENTS: usize = 4;

/// How the change is shown.
#[derive(Clone, Copy)]
struct Lens {
    gain: RwSignal<String>,
    apart: RwSignal<bool>,
    /// Levels that get the full colour.
    full: Memo<f64>,
}

impl Lens {
    fn open(desk: Desk) -> Self {
        let gain = desk.lab.attack.gain;
        let full = Memo::new(move |_| match gain.with(|gain| number::parse(gain)) {
            Some(gain) => 255.0 / gain,
            // Without a change allowed there is nothing to fit; one level then.
            None => Some(fitting(&desk)).filter(|levels| *levels > 0.0).unwrap_or(1.0),
        });
        Self { gain, apart: desk.lab.attack.apart, full }
    }
}

/// The change that just fits the colours, in levels: ε where it bounds every value, else the largest there is.
fn fitting(desk: &Desk) -> f64 {
    if desk.norm().0 == NormId::Linf {
        desk.epsilon()
    } else {
        desk.levels.with(|levels| f64::from(change::largest_change(levels)))
    }
}

/// The figure.
#[component]
pub fn Triptych(desk: Desk) -> impl IntoView {
    let swipe = Swipe::open(desk.lab.attack.swipe);
    let lens = Lens::open(desk);
    view! {
        <Figure
            name="triptych"
            class="triptych p1"
            title=Signal::derive(move || tr("attack.triptych.title"))
            summary=Signal::derive(move || summary(&desk))
            note=Signal::derive(move || note(&desk))
            table=Callback::new(move |()| tables::triptych(&desk))
        >
            {tools(desk, swipe)}
            {move || panes(desk, desk.shape.get(), swipe, lens)}
            <Badge desk />
        </Figure>
    }
    .into_any()
}

/// The image's number in its split, or the name of the user's picture; and the call that is looked back at.
fn note(desk: &Desk) -> String {
    let own = desk.own.get().filter(|_| desk.lab.attack_spec.with(|spec| spec.data == DataId::Own));
    let image = desk.focus.get();
    let number = desk.race(|now| now.images.get(image).copied()).flatten();
    let what = match (own, number) {
        (Some(name), _) => name,
        (None, Some(number)) => tr_with("attack.triptych.note", &[("n", number.to_string())]),
        (None, None) => return desk.waiting.get(),
    };
    let then = desk.looks_back();
    if then.is_empty() { what } else { format!("{what} · {then}") }
}

/// Which attack is shown, and the flicker button.
fn tools(desk: Desk, swipe: Swipe) -> AnyView {
    let pick = move |key: String| {
        let (mine, chosen) = (key.clone(), key.clone());
        let (name, mark) = (key.clone(), sign(&key));
        view! {
            <button
                type="button"
                data-show=key
                aria-pressed=move || desk.shown.with(|shown| *shown == mine).to_string()
                on:click=move |_| desk.chosen.set(chosen.clone())
            >
                {mark} {move || short_name(&name)}
            </button>
        }
    };
    let option = |key: String| {
        let named = key.clone();
        (key, Signal::derive(move || short_name(&named)))
    };
    let which = move || {
        let keys = desk.racing.get();
        if keys.len() <= SEGMENTS {
            return keys.into_iter().map(pick).collect_view().into_any();
        }
        let options: Vec<_> = keys.into_iter().map(option).collect();
        view! {
            {move || desk.shown.with(|key| sign(key))}
            <Choice
                label=Signal::derive(|| tr("attack.table.attack"))
                options=options
                selected=desk.shown
                on_pick=Callback::new(move |key| desk.chosen.set(key))
            />
        }
        .into_any()
    };
    view! {
        <div class="trip-tools">
            <div class="segments" role="group" aria-label=move || tr("attack.triptych.which")>
                {which}
            </div>
            <button
                type="button"
                class="flicker"
                data-act="flicker"
                aria-pressed=move || swipe.flicker.get().to_string()
                title=move || tr("attack.triptych.flicker_help")
                on:click=move |_| swipe.toggle()
            >
                {move || tr("attack.triptych.flicker")}
                <kbd aria-hidden="true">"f"</kbd>
            </button>
        </div>
    }
    .into_any()
}

/// The three pictures. Made anew when the size of the images changes.
fn panes(desk: Desk, shape: Shape, swipe: Swipe, lens: Lens) -> AnyView {
    let [channels, height, width] = shape;
    let pixels = move |planar: &Vec<u8>| {
        if planar.is_empty() { Vec::new() } else { planar_to_rgba(planar, channels, height, width) }
    };
    let clean = Memo::new(move |_| desk.clean.with(pixels));
    let attacked = Memo::new(move |_| desk.attacked.with(pixels));
    let clean_label = Signal::derive(move || tr_with("attack.clean.label", &[("class", answer(&desk, false))]));
    let attacked_label = Signal::derive(move || tr_with("attack.attacked.label", &[("class", answer(&desk, true))]));
    let heading = move || if swipe.shows_clean.get() { tr("attack.clean.title") } else { tr("attack.attacked.title") };
    view! {
        <div class="trip">
            <div class="pane">
                <p class="head">
                    <b>{move || tr("attack.clean.title")}</b>
                    <span>{move || answer(&desk, false)}</span>
                </p>
                <PixelCanvas width=width height=height rgba=clean label=clean_label />
                {bars(desk, false)}
            </div>
            <span class="op" aria-hidden="true">
                "+"
            </span>
            {change_pane(desk, shape, lens)}
            <span class="op" aria-hidden="true">
                "="
            </span>
            <div class="pane" data-q="x">
                <p class="head">
                    <b>{heading}</b>
                    <span>{move || answer(&desk, true)}</span>
                </p>
                <SwipePane swipe>
                    <PixelCanvas width=width height=height rgba=attacked label=attacked_label />
                    <div class="top" aria-hidden="true" style:clip-path=move || swipe.clip()>
                        <PixelCanvas width=width height=height rgba=clean label=Signal::stored(String::new()) />
                    </div>
                </SwipePane>
                {bars(desk, true)}
            </div>
        </div>
    }
    .into_any()
}

/// What the network takes the image for.
fn answer(desk: &Desk, attacked: bool) -> String {
    let (before, after) = desk.probabilities();
    let row = if attacked { after } else { before };
    if row.is_empty() { "–".into() } else { desk.class(largest(&row)) }
}

fn change_pane(desk: Desk, shape: Shape, lens: Lens) -> AnyView {
    let picture = Memo::new(move |_| {
        let channels = if lens.apart.get() { Channels::Apart } else { Channels::Mean };
        let (full, dark) = (lens.full.get(), desk.dark());
        desk.levels.with(|levels| change::paint(levels, shape, channels, full, dark))
    });
    let apart = Memo::new(move |_| lens.apart.get() && shape[0] >= 3);
    let label = Signal::derive(move || change_label(&desk));
    let canvas = move || {
        let factor = if apart.get() { 2 } else { 1 };
        let rgba = Memo::new(move |_| picture.with(|picture: &Picture| picture.rgba.clone()));
        view! { <PixelCanvas width=factor * shape[2] height=factor * shape[1] rgba=rgba label=label /> }
    };
    let planes = move || {
        apart.get().then(|| {
            let name = |key: &'static str| view! { <span>{tr(key)}</span> };
            let names = ["attack.change.red", "attack.change.green", "attack.change.blue", "attack.change.mean"];
            view! { <div class="planes">{names.map(name).into_iter().collect_view()}</div> }
        })
    };
    let how = move || if apart.get() { tr("attack.change.apart") } else { tr("attack.change.mean_of") };
    view! {
        <div class="pane change">
            <p class="head">
                <b>{move || tr("attack.change.title")}</b>
                <span>{move || if shape[0] >= 3 { how() } else { String::new() }}</span>
            </p>
            <div class="signed">{canvas} {planes}</div>
            <div class="under">{colour_bar(desk, lens)} {lens_tools(desk, shape, lens)} {numbers(desk)}</div>
        </div>
    }
    .into_any()
}

fn change_label(desk: &Desk) -> String {
    let levels = desk.levels.with(|levels| if levels.is_empty() { None } else { Some(change::largest_change(levels)) });
    match levels {
        Some(levels) => tr_with("attack.change.label", &[("c", of_255(f64::from(levels)))]),
        None => desk.waiting.get(),
    }
}

/// The colours with their numbers.
fn colour_bar(desk: Desk, lens: Lens) -> AnyView {
    let rgba = Memo::new(move |_| {
        let dark = desk.dark();
        (-4..=4).flat_map(|step| crate::plot::diverging(step as f32 / 4.0, dark)).collect::<Vec<u8>>()
    });
    let end = move |sign: &'static str| {
        let full = lens.full.get();
        let decimals = if (full - full.round()).abs() < 1e-6 { 0 } else { 1 };
        format!("{sign}{}", fixed(full, decimals))
    };
    let label = Signal::derive(move || tr("attack.change.bar"));
    view! {
        <div class="scale">
            <PixelCanvas width=9 height=1 rgba=rgba label=label />
            <span>{move || end("−")}</span>
            <span>"0"</span>
            <span>{move || format!("{}/255", end("+"))}</span>
        </div>
    }
    .into_any()
}

/// Gain and channels.
fn lens_tools(desk: Desk, shape: Shape, lens: Lens) -> AnyView {
    let text = move |key: &'static str| {
        Signal::derive(move || match key {
            FIT => {
                let levels = fitting(&desk);
                let gain = [("gain", fixed(if levels > 0.0 { 255.0 / levels } else { 255.0 }, 0))];
                let in_linf = desk.norm().0 == NormId::Linf;
                tr_with(if in_linf { "attack.change.fit" } else { "attack.change.fit_largest" }, &gain)
            }
            gain => format!("× {gain}"),
        })
    };
    let options: Vec<(String, Signal<String>)> =
        std::iter::once(FIT).chain(GAINS).map(|key| (key.to_string(), text(key))).collect();
    let split = move |_| lens.apart.update(|apart| *apart = !*apart);
    let colours = (shape[0] >= 3).then(|| {
        view! {
            <button
                type="button"
                class="split"
                data-act="channels"
                aria-pressed=move || lens.apart.get().to_string()
                title=move || tr("attack.change.split_help")
                on:click=split
            >
                {move || tr("attack.change.split")}
            </button>
        }
    });
    view! {
        <div class="lens">
            <Choice
                label=Signal::derive(move || tr("attack.change.gain"))
                options=options
                selected=lens.gain
                on_pick=Callback::new(move |key| lens.gain.set(key))
            />
            {colours}
        </div>
    }
    .into_any()
}

/// The change in numbers: its largest entry and its length, and its size in the norm where that is another one. An
/// attack that looks for the smallest change says how small it is, whatever ε.
fn numbers(desk: Desk) -> AnyView {
    let text = Memo::new(move |_| {
        let measured = desk.levels.with(|levels| {
            (!levels.is_empty()).then(|| (f64::from(change::largest_change(levels)), change::length(levels)))
        });
        let (largest, length) = measured.unwrap_or((f64::NAN, f64::NAN));
        let number = |value: f64| if value.is_finite() { fixed(value, 3) } else { "–".into() };
        let mut rows =
            vec![(tr("attack.change.largest"), of_255(largest)), (tr("attack.change.length"), number(length))];
        let (norm, key) = (desk.norm(), desk.shown.get());
        if matches!(norm.0, NormId::L1 | NormId::Lp | NormId::Nuclear | NormId::Wasserstein) {
            rows.push((norm_name(norm), amount(norm.0, desk.distance(&key))));
        }
        let image = desk.focus.get();
        let nearest = desk.attack(&key, |_, state| state.nearest.get(image).copied()).flatten();
        let nearest = nearest.filter(|_| desk.then(&key).is_none());
        rows.extend(nearest.map(|length| (tr("attack.change.nearest"), number(f64::from(length)))));
        let row = |(name, value): (String, String)| format!("<dt>{}</dt><dd>{}</dd>", escape(&name), escape(&value));
        rows.into_iter().map(row).collect::<String>()
    });
    view! { <dl inner_html=move || text.get()></dl> }.into_any()
}

fn summary(desk: &Desk) -> String {
    let waiting = desk.waiting.get();
    if !waiting.is_empty() {
        return tr_with("attack.triptych.waiting", &[("wait", waiting)]);
    }
    let (before, after) = desk.probabilities();
    let share = |row: &[f32]| fixed(100.0 * f64::from(row.get(largest(row)).copied().unwrap_or(f32::NAN)), 0);
    let (norm, key) = (desk.norm(), desk.shown.get());
    let values = [
        ("clean", answer(desk, false)),
        ("p", share(&before)),
        ("name", attack_name(&key)),
        ("attacked", answer(desk, true)),
        ("q", share(&after)),
        ("c", size(norm, desk.distance(&key))),
    ];
    tr_with(if norm.0 == NormId::Linf { "attack.triptych.summary" } else { "attack.triptych.summary_norm" }, &values)
}
