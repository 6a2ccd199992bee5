//! Where do the classes lie? A plane through the clean image and what two attacks made of it: the network's answers on a
//! grid of its images, the ε-ball as far as it is in the plane, the shadows of all attacks' ways, and a probe that shows
//! the image at any point.
//!
//! The engine measures while the race rests, a little at a time; the page asks anew when the race has gone on, when
//! another image is looked at, or when other attacks are to span the plane. [`regions`], [`scene`]: pure; [`probe`]: the
//! point that is looked at.

mod probe;
mod regions;
mod scene;

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

use self::regions::{Share, place, shares};
use self::scene::{Frame, cells, class_name, marks};
use super::desk::{Desk, attack_name, percent, size, state_of};
use super::outcome::largest;
use crate::app::controls::Choice;
use crate::app::figure::marks::{escape, svg};
use crate::app::figure::{Figure, PixelCanvas, Room, Table, use_width};
use crate::app::{engine_gate, parts, tr, tr_with};
use crate::plot::{cell, fixed, integer};
use crate::session::{Command, MapNow, MapSpec, NormId};

/// Cells along a side of the map, and so pixels of its canvas.
const SIDE: u32 = 48;
/// Stands for a seeded direction in place of an attack.
const SEEDED: &str = "";
/// Steps that follow each other faster are one: a map is measured when it is quiet.
const SETTLE: Duration = Duration::from_millis(250);

/// Room for the figure below the others; filled when it comes near the window. The page's desk is a context.
#[component]
pub fn MapRoom() -> impl IntoView {
    view! { <Room id="map" class="map-room p1" fetch=|lab| Box::pin(parts::decision_map(lab)) /> }.into_any()
}

/// Which map it is: gradient calls, number of the image, and what spans the plane.
type Identity = (u32, u32, MapSpec);

/// What the parts of the figure share.
#[derive(Clone, Copy)]
struct Sight {
    desk: Desk,
    /// The attacks that were picked to span the plane.
    picked: RwSignal<[Option<String>; 2]>,
    /// Those that do: keys of attacks in the race, or [`SEEDED`].
    spec: Memo<MapSpec>,
    /// The map that is here.
    identity: Memo<Option<Identity>>,
    /// It is the one that is wanted.
    current: Memo<bool>,
    /// The point under the mouse, and the one that was chosen.
    hover: RwSignal<Option<[f32; 2]>>,
    pinned: RwSignal<Option<[f32; 2]>>,
    /// The point that is looked at: without any, the first attack's image.
    here: Memo<Option<[f32; 2]>>,
    /// The point that was asked for last, while its image is on the way.
    sent: StoredValue<Option<[f32; 2]>>,
}

impl Sight {
    fn open(desk: Desk) -> Self {
        let map = desk.lab.attack.map;
        let picked = RwSignal::new([None::<String>, None]);
        let spec = Memo::new(move |_| desk.racing.with(|racing| picked.with(|picked| spanning(racing, picked))));
        let identity = Memo::new(move |_| {
            map.with(|map| map.as_ref().map(|map: &MapNow| (map.call, map.image, map.spec.clone())))
        });
        let wanted = Memo::new(move |_| {
            let rests = desk.race(|now| (!now.running && now.call > 0).then_some(now.call)).flatten();
            rests.map(|call| (call, desk.focus.get() as u32, spec.get()))
        });
        let (hover, pinned) = (RwSignal::new(None::<[f32; 2]>), RwSignal::new(None::<[f32; 2]>));
        let here = Memo::new(move |_| {
            let chosen = hover.get().or_else(|| pinned.get());
            map.with(|map| {
                let map = map.as_ref()?;
                let first = || map.paths.iter().find(|path| map.spec.attacks.first() == Some(&path.key));
                Some(chosen.or_else(|| first().map(|path| path.result)).unwrap_or_default())
            })
        });
        let sent = StoredValue::new(None::<[f32; 2]>);
        // A point of one plane means nothing in another.
        Effect::new(move |before: Option<Option<Identity>>| {
            let now = identity.get();
            if before.is_some_and(|before| before != now) {
                hover.set(None);
                pinned.set(None);
            }
            now
        });
        Effect::new(move |_| {
            let Some((.., spec)) = wanted.get() else { return };
            let ask = move || {
                sent.try_set_value(None);
                engine_gate::send(Command::DecisionMap(Some(spec)));
            };
            if let Ok(timer) = set_timeout_with_handle(ask, SETTLE) {
                on_cleanup(move || timer.clear());
            }
        });
        // Nobody looks any more.
        on_cleanup(move || {
            engine_gate::send(Command::DecisionMap(None));
            map.set(None);
            desk.lab.attack.probe.set(None);
        });
        let current = Memo::new(move |_| {
            let wanted = wanted.get();
            wanted.is_some() && identity.with(|identity| *identity == wanted)
        });
        Self { desk, picked, spec, identity, current, hover, pinned, here, sent }
    }

    /// Reads the map, if there is one.
    fn map<T>(&self, read: impl FnOnce(&MapNow) -> T) -> Option<T> {
        self.desk.lab.attack.map.with(|map| map.as_ref().map(read))
    }

    /// What is waited for; empty once there is a map.
    fn waiting(&self) -> String {
        let waiting = self.desk.waiting.get();
        if !waiting.is_empty() || self.map(|_| ()).is_some() {
            return waiting;
        }
        match self.desk.race(|now| (now.call, now.running)) {
            Some((_, true)) => tr("map.wait.running"),
            Some((0, false)) | None => tr("map.wait.race"),
            Some(_) => tr("map.wait.measuring"),
        }
    }
}

/// What spans the plane: what was picked as far as it is in the race, else its first attacks.
fn spanning(racing: &[String], [first, second]: &[Option<String>; 2]) -> MapSpec {
    let known = |key: &&String| racing.contains(key);
    let first = first.as_ref().filter(known).or_else(|| racing.first()).cloned().unwrap_or_default();
    let other = |key: &&String| **key != first;
    let fits = |key: &&String| key.as_str() == SEEDED || (racing.contains(key) && **key != first);
    let second = second.as_ref().filter(fits).or_else(|| racing.iter().find(other)).cloned();
    MapSpec { attacks: [first, second.unwrap_or_else(|| SEEDED.into())] }
}

/// The figure itself; a part of the page that is fetched when it comes near.
pub fn decision_map() -> AnyView {
    let sight = Sight::open(expect_context::<Desk>());
    let desk = sight.desk;
    let list = Memo::new(move |_| sight.map(|map| list(&desk, map)).unwrap_or_default());
    view! {
        <Figure
            name="decision-map"
            class="decision-map"
            title=Signal::derive(|| tr("map.title"))
            note=Signal::derive(|| tr("map.note"))
            summary=Signal::derive(move || summary(sight))
            table=Callback::new(move |()| untrack(|| table(sight)))
        >
            {tools(sight)}
            <div class="map-body" class:stale=move || !sight.current.get()>
                {plane(sight)}
                <div class="map-side">
                    {probe::panel(sight)}
                    <div class="map-list" inner_html=move || list.get()></div>
                </div>
            </div>
            <p class="map-key">{move || key(&desk)}</p>
        </Figure>
    }
    .into_any()
}

/// How to read the map.
fn key(desk: &Desk) -> String {
    let ball = if desk.norm().0 == NormId::Wasserstein { "map.key.no_ball" } else { "map.key.ball" };
    tr_with("map.key", &[("ball", tr(ball))])
}

/// What spans the plane, and how far it is measured.
fn tools(sight: Sight) -> AnyView {
    let desk = sight.desk;
    let name = |key: String| Signal::derive(move || if key == SEEDED { tr("map.seeded") } else { attack_name(&key) });
    let pick = move |place: usize, label: &'static str, keys: Vec<String>| {
        let options: Vec<(String, Signal<String>)> = keys.into_iter().map(|key| (key.clone(), name(key))).collect();
        let selected =
            Signal::derive(move || sight.spec.with(|spec| spec.attacks.get(place).cloned().unwrap_or_default()));
        let on_pick = Callback::new(move |key: String| {
            sight.picked.update(|picked| {
                if let Some(picked) = picked.get_mut(place) {
                    *picked = Some(key);
                }
            });
        });
        view! { <Choice label=Signal::derive(move || tr(label)) options selected on_pick /> }.into_any()
    };
    let first = Memo::new(move |_| sight.spec.with(|spec| spec.attacks.first().cloned().unwrap_or_default()));
    let others = move || {
        let first = first.get();
        let mut keys = desk.racing.get();
        keys.retain(|key| *key != first);
        keys.push(SEEDED.into());
        keys
    };
    let share =
        Memo::new(move |_| sight.map(|map| if sight.current.get() { 100 * map.done / map.of.max(1) } else { 0 }));
    let state = Memo::new(move |_| match share.get() {
        None => "none",
        Some(100) => "done",
        Some(_) if sight.current.get() => "measuring",
        Some(_) => "stale",
    });
    let told = move || match state.get() {
        "none" => String::new(),
        "stale" => tr_with("map.stale", &[("t", sight.map(|map| map.call).unwrap_or_default().to_string())]),
        "measuring" => tr("map.measuring"),
        _ => measured(sight),
    };
    // Beside the words, which are read out: a share that is read out at every step is noise.
    let count = move || (state.get() == "measuring").then(|| percent(f64::from(share.get().unwrap_or(0))));
    view! {
        <div class="map-tools">
            {move || pick(0, "map.across", desk.racing.get())}
            {move || pick(1, "map.up", others())}
            <span role="status" data-map=move || state.get()>
                {told}
            </span>
            <span class="num" aria-hidden="true">
                {count}
            </span>
        </div>
    }
    .into_any()
}

/// What a finished map comes from.
fn measured(sight: Sight) -> String {
    let told = sight.map(|map| {
        let asked = map.classes.iter().filter(|class| **class < MapNow::UNKNOWN).count();
        let values = [("t", map.call.to_string()), ("n", integer(asked as u64))];
        let lost = map.seeded.get(1) == Some(&true) && map.spec.attacks.get(1).is_some_and(|key| key != SEEDED);
        tr_with(if lost { "map.done_collinear" } else { "map.done" }, &values)
    });
    told.unwrap_or_default()
}

/// The map: cells as a canvas, everything else over it.
fn plane(sight: Sight) -> AnyView {
    let desk = sight.desk;
    let node = NodeRef::<html::Div>::new();
    let width = use_width(node);
    let rgba = Memo::new(move |_| {
        let dark = desk.dark();
        sight.map(|map| cells(map, dark)).unwrap_or_default()
    });
    let label = Signal::derive(move || tr("map.cells"));
    let drawn = Memo::new(move |_| {
        let size = width.get();
        if size < 60.0 {
            return String::new();
        }
        let looked = desk.lab.attack.moment.with(|moment| moment.as_ref().map(|moment| moment.call));
        sight.map(|map| svg(&marks(&desk, map, size, looked))).unwrap_or_default()
    });
    let frame = Memo::new(move |_| {
        let size = width.get();
        sight.map(|map| Frame::new(map, size))
    });
    let waiting = Memo::new(move |_| sight.waiting());
    view! {
        <div class="map-plane" node_ref=node>
            <PixelCanvas width=SIDE height=SIDE rgba label />
            {probe::stage(sight, frame, drawn)}
            <p class="wait" hidden=move || waiting.with(String::is_empty)>
                {move || waiting.get()}
            </p>
        </div>
    }
    .into_any()
}

/// The classes and how much of map and ball each has, as a table of HTML.
fn list(desk: &Desk, map: &MapNow) -> String {
    let all = shares(map);
    let head = ["map.list.class", "map.list.all", "map.list.ball"];
    let head: String = head.map(|key| format!(r#"<th scope="col">{}</th>"#, escape(&tr(key)))).concat();
    let row = |share: &Share| {
        let name = escape(&class_name(desk, share.class, map.label));
        let part = |value: f64| percent(100.0 * value);
        let ball = if map.ball.is_empty() { "–".into() } else { part(share.ball) };
        format!(
            r#"<tr><th scope="row">{name}</th><td class="num">{}</td><td class="num">{ball}</td></tr>"#,
            part(share.all)
        )
    };
    let rows: String = all.iter().map(row).collect();
    format!(
        r#"<table><caption>{}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"#,
        escape(&tr("map.list.caption"))
    )
}

fn summary(sight: Sight) -> String {
    let waiting = sight.waiting();
    if !waiting.is_empty() {
        return tr_with("map.summary_waiting", &[("wait", waiting)]);
    }
    let desk = sight.desk;
    let told = sight.map(|map| {
        let cut = !map.ball.is_empty();
        let part = |share: &Share| if cut { share.ball } else { share.all };
        let broken: f64 = shares(map).iter().filter(|share| share.class != map.label).map(part).sum();
        let name = |place: usize| match map.spec.attacks.get(place) {
            Some(key) if map.seeded.get(place) != Some(&true) => attack_name(key),
            _ => tr("map.seeded"),
        };
        let values = [
            ("first", name(0)),
            ("second", name(1)),
            ("eps", size(desk.norm(), desk.epsilon())),
            ("class", desk.class(usize::from(map.label))),
            ("p", fixed(100.0 * broken, 0)),
            ("probe", probe::said(sight)),
        ];
        tr_with(if cut { "map.summary" } else { "map.summary_plane" }, &values)
    });
    told.unwrap_or_default()
}

/// The ways and the images that came of them, then the cells.
fn table(sight: Sight) -> Table {
    let keys = ["what", "call", "across", "up", "away", "class", "probability"];
    let columns = keys.map(|key| tr(&format!("map.column.{key}"))).into();
    let desk = sight.desk;
    let mut rows = Vec::new();
    sight.map(|map| {
        let place_of = |at: [f64; 2]| at.map(cell);
        for path in &map.paths {
            let name = attack_name(&path.key);
            for ((call, at), away) in (path.first..).zip(&path.points).zip(&path.away) {
                let [across, up] = place_of(at.map(f64::from));
                let away = cell(f64::from(*away));
                rows.push(vec![name.clone(), call.to_string(), across, up, away, String::new(), String::new()]);
            }
            let [across, up] = place_of(path.result.map(f64::from));
            let [class, probability] = handed_in(&desk, map, &path.key);
            let what = tr_with("map.column.result", &[("name", name)]);
            let away = cell(f64::from(path.result_away));
            rows.push(vec![what, map.call.to_string(), across, up, away, class, probability]);
        }
        for (index, (class, sure)) in map.classes.iter().zip(&map.confidence).enumerate() {
            if *class < MapNow::UNKNOWN {
                let [across, up] = place_of(place(map, index));
                let probability = fixed(f64::from(*sure) / 255.0, 3);
                let class = desk.class(usize::from(*class));
                rows.push(vec![tr("map.column.cell"), String::new(), across, up, cell(0.0), class, probability]);
            }
        }
    });
    Table { columns, rows }
}

/// What the network takes an attack's 8-bit image for, and how surely.
fn handed_in(desk: &Desk, map: &MapNow, key: &str) -> [String; 2] {
    let found = desk.race(|now| {
        if now.call != map.call {
            return None;
        }
        let classes = now.classes as usize;
        let from = map.image as usize * classes;
        let row = state_of(now, key).and_then(|state| state.probabilities.get(from..from + classes)).unwrap_or(&[]);
        let best = largest(row);
        row.get(best).map(|share| [desk.class(best), fixed(f64::from(*share), 3)])
    });
    found.flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_plane_is_spanned_by_what_is_in_the_race() {
        let attacks = |racing: &[&str], picked: [Option<&str>; 2]| {
            spanning(&keys(racing), &picked.map(|key| key.map(String::from))).attacks
        };
        assert_eq!(attacks(&["auto-fw", "apgd"], [None, None]), ["auto-fw", "apgd"]);
        assert_eq!(attacks(&["auto-fw", "apgd"], [Some("apgd"), None]), ["apgd", "auto-fw"]);
        assert_eq!(attacks(&["auto-fw", "apgd"], [Some("apgd"), Some("apgd")]), ["apgd", "auto-fw"]);
        assert_eq!(attacks(&["auto-fw", "apgd"], [None, Some("")]), ["auto-fw", ""]);
        assert_eq!(attacks(&["auto-fw"], [Some("pgd"), None]), ["auto-fw", ""]);
        assert_eq!(attacks(&[], [None, None]), ["", ""]);
    }
}
