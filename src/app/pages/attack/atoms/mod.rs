//! What is the change made of? A Frank–Wolfe attack only ever goes towards points that the oracle named, so the image it
//! hands in is a convex combination of them and the clean image. Here every one of them is a tile with its weight, and
//! can be switched off: its weight then lies on the clean image, and the network answers anew.
//!
//! The engine keeps count, judges and adds up; the page asks it now and then, see [`pace`].

mod curve;
mod pace;
mod tiles;
mod words;

use std::time::Duration;

use fwlab_tex::tex;
use leptos::html;
use leptos::prelude::*;

use self::pace::{Pace, Turn};
use self::words::{counted, said, share};
use super::desk::{Desk, attack_name};
use super::outcome::{largest, likeliest};
use crate::app::figure::{Figure, PixelCanvas, Room, Table, planar_to_rgba};
use crate::app::math::Tex;
use crate::app::{Lab, engine_gate, parts, tr, tr_with};
use crate::plot::{fixed, scientific};
use crate::session::{AtomsNow, AtomsState, AtomsSum, Command};

/// How many classes are shown.
const CLASSES: usize = 4;
/// Milliseconds until it is looked again whether the figure is on screen.
const GLANCE: f64 = 1_000.0;

/// Room for the figure below the others, inside the page's context; filled when it comes near the window.
#[component]
pub fn AtomsRoom() -> impl IntoView {
    view! { <Room id="atoms" class="atoms-room p1" fetch=|lab| Box::pin(parts::atoms(lab)) /> }.into_any()
}

/// What the parts of the figure share.
#[derive(Clone, Copy)]
struct Sight {
    desk: Desk,
    lab: Lab,
    /// The attack whose image it is, by its place in the race: the one shown large, or the first with an oracle.
    lane: Memo<Option<u32>>,
    /// Which atoms are on.
    on: RwSignal<Vec<bool>>,
    /// k, if exactly the k heaviest are on.
    prefix: Memo<Option<usize>>,
    cursor: RwSignal<Option<u32>>,
}

impl Sight {
    fn open(desk: Desk) -> Self {
        let lab = desk.lab;
        let lane = Memo::new(move |_| {
            let shown = desk.shown.get();
            let place = desk.race(|now| {
                let first = |wanted: Option<&str>| {
                    let fits = |key: &str| wanted.is_none_or(|wanted| wanted == key);
                    now.attacks.iter().position(|attack| !attack.gap.is_empty() && fits(&attack.key))
                };
                first(Some(shown.as_str())).or_else(|| first(None))
            });
            place.flatten().map(|place| place as u32)
        });
        let on = RwSignal::new(Vec::new());
        // New atoms are all on.
        Effect::new(move |before: Option<Option<(u32, usize)>>| {
            let here = lab.attack.atoms.with(|now| now.as_ref().map(|now| (now.serial, now.atoms.len())));
            if before.is_none_or(|before| before != here) {
                on.set(vec![true; here.map_or(0, |(_, count)| count)]);
            }
            here
        });
        let prefix = Memo::new(move |_| {
            on.with(|on| {
                let k = on.iter().take_while(|on| **on).count();
                on.iter().skip(k).all(|on| !on).then_some(k)
            })
        });
        Self { desk, lab, lane, on, prefix, cursor: RwSignal::new(None) }
    }

    /// Reads the atoms, if there are any.
    fn read<T>(&self, read: impl FnOnce(&AtomsNow) -> T) -> Option<T> {
        self.lab.attack.atoms.with(|now| now.as_ref().filter(|now| !now.atoms.is_empty()).map(read))
    }

    /// Reads the image with what is on, if it belongs to the atoms.
    fn sum<T>(&self, read: impl FnOnce(&AtomsSum) -> T) -> Option<T> {
        let serial = self.read(|now| now.serial)?;
        self.lab.attack.atoms_sum.with(|sum| sum.as_ref().filter(|sum| sum.serial == serial).map(read))
    }

    /// Switches an atom.
    fn switch(&self, index: usize) {
        self.choose(|on| {
            if let Some(on) = on.get_mut(index) {
                *on = !*on;
            }
        });
    }

    /// Changes what is on and asks what the network says to that.
    fn choose(&self, change: impl FnOnce(&mut Vec<bool>)) {
        self.on.update(change);
        let serial = self.lab.attack.atoms.with_untracked(|now| now.as_ref().map(|now| now.serial));
        if let Some(serial) = serial {
            engine_gate::send(Command::AtomsSwitch { serial, on: self.on.get_untracked() });
        }
    }

    /// What is waited for, or why there is nothing; empty if there are atoms.
    fn waiting(&self) -> String {
        let waiting = self.desk.waiting.get();
        if !waiting.is_empty() {
            return waiting;
        }
        if self.lane.get().is_none() {
            return tr("atoms.none.no_oracle");
        }
        let told = self.lab.attack.atoms.with(|now| now.as_ref().map(|now| (now.state, now.atoms.is_empty())));
        match told {
            Some((AtomsState::Here, false)) => String::new(),
            Some((state, _)) if state != AtomsState::Here => tr(&format!("atoms.none.{}", state.key())),
            None if self.desk.race(|now| now.call > 0) == Some(true) => tr("atoms.none.asking"),
            _ => tr("atoms.none.no_step"),
        }
    }
}

/// The figure; a part of the page that is fetched when it comes near.
pub fn atoms() -> AnyView {
    let Some(desk) = use_context::<Desk>() else { return ().into_any() };
    let sight = Sight::open(desk);
    let node = NodeRef::<html::Div>::new();
    keep_up(sight, node);
    let lead = move || {
        let waiting = sight.waiting();
        if waiting.is_empty() { sight.read(|now| said(&desk, now)).unwrap_or_default() } else { waiting }
    };
    let lead = Memo::new(move |_| lead());
    let formula = Signal::stored(tex!(r"x=x_0+\sum_k w_k(v_k-x_0)").to_string());
    view! {
        <Figure
            name="atoms"
            class="atoms"
            title=Signal::derive(move || tr("atoms.title"))
            note=Signal::derive(move || note(sight))
            summary=lead
            table=Callback::new(move |()| untrack(|| table(sight)))
        >
            <div class="atoms-body" node_ref=node class:empty=move || sight.read(|_| ()).is_none()>
                <p class="said">{move || lead.get()}</p>
                {sum_pane(sight)}
                <div class="atoms-all">{tools(sight)} {tiles::tiles(sight)}</div>
                <div class="atoms-curve">{curve::curve(sight)}</div>
                <p class="off">
                    <Tex mathml=formula />
                    <span>{move || tr("atoms.off")}</span>
                    " "
                    <span>{move || sight.read(exact)}</span>
                </p>
            </div>
        </Figure>
    }
    .into_any()
}

/// The attack and the call.
fn note(sight: Sight) -> String {
    let told = sight.read(|now| tr_with("atoms.note", &[("name", attack_name(&now.key)), ("t", now.call.to_string())]));
    told.unwrap_or_default()
}

/// How well the sum of the atoms is the image.
fn exact(now: &AtomsNow) -> String {
    tr_with("atoms.exact", &[("d", scientific(f64::from(now.difference)))])
}

fn table(sight: Sight) -> Table {
    let on = sight.on.get();
    sight.read(|now| words::table(&sight.desk, now, &on)).unwrap_or_default()
}

/// The image with what is on, and what the network takes it for.
fn sum_pane(sight: Sight) -> AnyView {
    let desk = sight.desk;
    let answer = move || sight.sum(|sum| desk.class(largest(&sum.probabilities))).unwrap_or_else(|| "–".into());
    let label = Signal::derive(move || tr_with("atoms.sum.label", &[("class", answer())]));
    let running = move || desk.race(|now| now.running) == Some(true);
    let picture = move || {
        let [channels, height, width] = desk.shape.get();
        let rgba = Memo::new(move |_| {
            let rgba = sight.sum(|sum| planar_to_rgba(&sum.pixels, channels, height, width));
            rgba.unwrap_or_default()
        });
        view! { <PixelCanvas width=width height=height rgba=rgba label=label /> }
    };
    view! {
        <div class="pane atoms-sum">
            <p class="head">
                <b>{move || tr("atoms.sum.title")}</b>
                <span data-answer="">{answer}</span>
            </p>
            {picture}
            <div>
                {bars(sight)}
                // Read out when something was switched, not while the race goes on.
                <p class="share" aria-live=move || if running() { "off" } else { "polite" }>
                    {move || on_share(sight)}
                </p>
            </div>
        </div>
    }
    .into_any()
}

/// How much is on.
fn on_share(sight: Sight) -> String {
    let on = sight.on.get();
    let answer = sight.sum(|sum| {
        let class = largest(&sum.probabilities);
        let chance = sum.probabilities.get(class).map_or(f64::NAN, |chance| f64::from(*chance));
        (sight.desk.class(class), share(chance))
    });
    let (class, chance) = answer.unwrap_or_else(|| ("–".into(), "–".into()));
    let told = sight.read(|now| {
        let there = now.atoms.iter().zip(&on).filter(|(_, on)| **on).map(|(atom, _)| atom);
        let (members, weight) =
            there.fold((0, 0.0), |(members, weight), atom| (members + atom.members, weight + f64::from(atom.weight)));
        let values = [
            ("n", members.to_string()),
            ("all", counted(now, now.distinct)),
            ("w", share(weight)),
            ("rest", share((1.0 - weight).max(0.0))),
            ("class", class),
            ("p", chance),
        ];
        tr_with("atoms.sum.share", &values)
    });
    told.unwrap_or_default()
}

/// The probabilities of the likeliest classes, before or now.
fn bars(sight: Sight) -> AnyView {
    let desk = sight.desk;
    let rows = Memo::new(move |_| {
        let (clean, _) = desk.probabilities();
        let (now, label) = sight.sum(|sum| sum.probabilities.clone()).zip(sight.read(|now| now.label))?;
        let answer = largest(&now);
        let row = |class: usize| {
            let chance = now.get(class).map_or(0.0, |chance| f64::from(*chance));
            (class, chance, class == answer, class == usize::from(label))
        };
        Some(likeliest(&clean, &now, CLASSES).into_iter().map(row).collect::<Vec<_>>())
    });
    let bar = move |(class, chance, hit, is_true): (usize, f64, bool, bool)| {
        view! {
            <li class:hit=hit>
                <span class:true-class=is_true>
                    {desk.class(class)}
                    {is_true.then(|| view! { <span class="vh">{tr("attack.bars.true")}</span> })}
                </span>
                <span class="track">
                    <span class="fill" style:width=format!("{:.1}%", 100.0 * chance)></span>
                </span>
                <b>{tr_with("attack.bars.percent", &[("p", fixed(100.0 * chance, 0))])}</b>
            </li>
        }
    };
    view! {
        <ol class="bars" aria-label=move || tr("atoms.sum.bars")>
            {move || rows.get().map(|rows| rows.into_iter().map(bar).collect_view())}
        </ol>
    }
    .into_any()
}

/// Keep the k heaviest; all, none, the others.
fn tools(sight: Sight) -> AnyView {
    let count = Memo::new(move |_| sight.read(|now| now.atoms.len()).unwrap_or(0));
    // Between two prefixes the slider stands at the number of atoms that are on.
    let kept = Memo::new(move |_| sight.on.with(|on| on.iter().filter(|on| **on).count()));
    let words = move || {
        let key = if sight.prefix.get().is_some() { "atoms.keep.value" } else { "atoms.keep.mixed" };
        tr_with(key, &[("k", kept.get().to_string()), ("n", count.get().to_string())])
    };
    let keep = move |event: leptos::ev::Event| {
        let Ok(k) = event_target_value(&event).parse::<usize>() else { return };
        sight.choose(|on| on.iter_mut().enumerate().for_each(|(index, on)| *on = index < k));
    };
    let button = move |act: &'static str, change: fn(bool) -> bool| {
        view! {
            <button
                type="button"
                class="flicker"
                data-act=format!("atoms-{act}")
                disabled=move || count.get() == 0
                on:click=move |_| sight.choose(|on| on.iter_mut().for_each(|on| *on = change(*on)))
            >
                {move || tr(&format!("atoms.act.{act}"))}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="atoms-tools">
            <label>
                <span>{move || tr("atoms.keep")}</span>
                // The value comes last: before the range is known the browser would cut it off.
                <input
                    type="range"
                    min="0"
                    step="1"
                    data-keep=""
                    prop:max=move || count.get().max(1).to_string()
                    prop:value=move || kept.get().to_string()
                    disabled=move || count.get() == 0
                    aria-valuetext=words
                    on:input=keep
                />
                <output>{words}</output>
            </label>
            {button("all", |_| true)}
            {button("none", |_| false)}
            {button("invert", |on| !on)}
        </div>
    }
    .into_any()
}

/// Asks the engine for the atoms whenever those on screen are of another call, image or attack.
fn keep_up(sight: Sight, node: NodeRef<html::Div>) {
    let pace = StoredValue::new(Pace::default());
    let again = RwSignal::new(0_u32);
    let due = StoredValue::new(false);
    let later = move |milliseconds: f64| {
        // One look is enough, however often the race reports meanwhile.
        if due.try_get_value() != Some(false) {
            return;
        }
        due.set_value(true);
        let look = move || {
            due.try_set_value(false);
            again.try_update(|count| *count = count.wrapping_add(1));
        };
        set_timeout(look, Duration::from_millis(milliseconds.max(0.0) as u64));
    };
    let wanted = Memo::new(move |_| {
        let lane = sight.lane.get()?;
        let (call, image, running) = sight.desk.race(|now| (now.call, now.focus, now.running))?;
        (call > 0).then_some(((lane, call, image), running))
    });
    Effect::new(move |_| {
        again.track();
        let known = sight.lab.attack.atoms.with(|now| now.as_ref().map(|now| (now.lane, now.call, now.image)));
        let Some((question, running)) = wanted.get() else { return };
        if running && known.is_some() && (!on_screen(node) || in_use(node)) {
            return later(GLANCE);
        }
        let now = window().performance().map_or(0.0, |performance| performance.now());
        match pace.try_update_value(|pace| pace.turn(question, known, running, now)) {
            Some(Turn::Ask) => engine_gate::send(Command::Atoms { lane: question.0 }),
            Some(Turn::Later(milliseconds)) => later(milliseconds),
            Some(Turn::Wait) | None => {}
        }
    });
}

/// Whether any of it is inside the window.
fn on_screen(node: NodeRef<html::Div>) -> bool {
    let Some(element) = node.get_untracked() else { return false };
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    let area = element.get_bounding_client_rect();
    area.width() > 0.0 && area.top() < height && area.bottom() > 0.0
}

/// Whether one of its controls has the focus: what one is about to press must not change.
fn in_use(node: NodeRef<html::Div>) -> bool {
    let active = document().active_element();
    node.get_untracked().is_some_and(|element| active.is_some_and(|active| element.contains(Some(&active))))
}
