//! The lab's state in the address: `#/train?v=1&lr=0.05…`. Every change of page is an entry of the browser's
//! history, every change of a parameter replaces the present one; reload, back and forward restore all of it.
//!
//! The address holds the page on screen. What the other pages were set to is kept in the lab and comes back with
//! them. Texts and tables are pure and live in [`crate::session::link`] and [`crate::session::params`]; those of a page
//! arrive with its code ([`Codec`]).

use std::cell::RefCell;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::Lab;
use super::lab::{DeviceChoice, Page};
use super::text::{Language, wording, wording_with};
use crate::session::EXPERIMENT_VERSION;
use crate::session::link::Link;
use crate::session::params::{Note, Refusal};

/// The address is written at once, but then not again for so long: browsers allow about three writes a second.
const SETTLE: Duration = Duration::from_millis(350);
/// More notes than this are summed up: an address full of rubbish must not fill the screen.
const MOST_NOTES: usize = 4;

/// Speeds: key in the address, steps a second (0 = as fast as possible).
pub const SPEEDS: [(&str, f32); 4] = [("quarter", 0.25), ("1", 1.0), ("4", 4.0), ("max", 0.0)];

/// `key=value` pairs.
pub type Pairs = Vec<(String, String)>;

/// How the state of a page becomes pairs and comes from them, for pages that do not keep it as pairs.
#[derive(Clone, Copy)]
pub struct Codec {
    /// Follows the lab inside effects.
    pub write: fn(Lab) -> Pairs,
    /// Reads a link into the lab.
    pub read: fn(Lab, &Link) -> Reading,
}

/// What a page says of its link.
#[derive(Debug, Default)]
pub struct Reading {
    /// Values that could not be taken as they stand.
    pub notes: Vec<Note>,
    /// Keys that nobody knows.
    pub unknown: Vec<String>,
}

/// What is known of the address.
#[derive(Default)]
struct Writer {
    page: Option<Page>,
    /// The hash as it stands or is about to stand there.
    hash: String,
    timer: Option<TimeoutHandle>,
    /// When the address was last written, in milliseconds.
    written: f64,
    /// How each page is read and written, in the order of [`Page::ALL`].
    codecs: [Option<Codec>; 5],
    /// The link of a page whose code is still on its way.
    unread: Option<Link>,
    /// The speed of each page, in the same order.
    speeds: [Option<f32>; 5],
}

thread_local! {
    static WRITER: RefCell<Writer> = RefCell::default();
}

/// Restores the lab from the address and follows both from now on. Call once, inside the page's reactive owner.
pub fn start(lab: Lab) {
    restore(lab);
    for event in ["popstate", "hashchange"] {
        window_event_listener_untyped(event, move |_| {
            if WRITER.with_borrow(|writer| writer.hash != present_hash()) {
                restore(lab);
            }
        });
    }
    Effect::new(move |_| {
        let page = lab.page.get();
        write(page, link_of(lab, page).to_string());
    });
}

/// Opens a page, as it was left.
pub fn go(lab: Lab, page: Page) {
    let old = lab.page.get_untracked();
    if old == page {
        return;
    }
    let speed = WRITER.with_borrow_mut(|writer| {
        if let Some(slot) = writer.speeds.get_mut(old as usize) {
            *slot = Some(lab.speed.get_untracked());
        }
        writer.speeds.get(page as usize).copied().flatten()
    });
    change_page(lab, page);
    lab.speed.set(speed.unwrap_or(usual_speed(page)));
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// The state of `page` as a link. Follows the lab inside views and effects.
pub fn link_of(lab: Lab, page: Page) -> Link {
    let mut pairs = vec![pair("v", &EXPERIMENT_VERSION.to_string())];
    match page {
        Page::Geometry => pairs.extend(lab.plane_query.get()),
        Page::Theory => pairs.extend(lab.theory_query.get()),
        Page::Methods => pairs.extend(lab.methods_query.get()),
        Page::Train | Page::Attack => {
            // Which are new when a codec has come.
            lab.notes.track();
            pairs.extend(match codec_of(page) {
                Some(codec) => (codec.write)(lab),
                None => WRITER.with_borrow(|writer| unread_of(writer, page).map(Link::own_pairs)).unwrap_or_default(),
            });
        }
    }
    match lab.device_choice.get() {
        DeviceChoice::Auto => {}
        DeviceChoice::Cpu => pairs.push(pair("device", "cpu")),
        DeviceChoice::Gpu => pairs.push(pair("device", "gpu")),
    }
    let language = lab.language.get();
    if language != usual_language() {
        pairs.push(pair("lang", language.tag()));
    }
    if let Some(dark) = lab.dark.get() {
        pairs.push(pair("theme", if dark { "dark" } else { "light" }));
    }
    if lab.present.get() {
        pairs.push(pair("present", "1"));
    }
    let speed = lab.speed.get();
    if page == lab.page.get()
        && speed != usual_speed(page)
        && let Some((key, _)) = SPEEDS.iter().find(|(_, known)| *known == speed)
    {
        pairs.push(pair("speed", key));
    }
    Link { page: page.key().into(), pairs }
}

/// The whole address of what is on screen now.
pub fn address(lab: Lab) -> String {
    let href = window().location().href().unwrap_or_default();
    let page = href.split('#').next().unwrap_or_default();
    format!("{page}{}", link_of(lab, lab.page.get()))
}

/// The language the browser asks for.
pub fn usual_language() -> Language {
    let japanese = window().navigator().language().is_some_and(|tag| tag.starts_with("ja"));
    if japanese { Language::Japanese } else { Language::English }
}

/// The language of the address, else the one the browser asks for.
pub fn language() -> Language {
    match Link::parse(&present_hash()).get("lang") {
        Some("en") => Language::English,
        Some("ja") => Language::Japanese,
        _ => usual_language(),
    }
}

/// The plane explains itself step by step; the engines run as fast as they can.
pub fn usual_speed(page: Page) -> f32 {
    if page == Page::Geometry { 1.0 } else { 0.0 }
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.into(), value.into())
}

fn present_hash() -> String {
    window().location().hash().unwrap_or_default()
}

fn change_page(lab: Lab, page: Page) {
    if lab.page.get_untracked() != page {
        // The new page sets it again when its own first figure is drawn.
        if let Some(body) = document().body() {
            let _ = body.remove_attribute("data-ready");
        }
        lab.page.set(page);
    }
}

/// Writes a hash: a new entry of the history for another page, else in place of the present one.
fn write(page: Page, hash: String) {
    WRITER.with_borrow_mut(|writer| {
        let waiting = writer.timer.take();
        if let Some(timer) = &waiting {
            timer.clear();
        }
        if writer.hash == hash {
            if waiting.is_some() {
                replace(&hash);
            }
            return;
        }
        if writer.page.is_some_and(|before| before != page) {
            if waiting.is_some() {
                // The last change on the page that is left belongs to its own entry.
                replace(&writer.hash);
            }
            if let Ok(history) = window().history() {
                let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&hash));
            }
        } else if now() - writer.written > SETTLE.as_secs_f64() * 1e3 {
            replace(&hash);
            writer.written = now();
        } else {
            let later = hash.clone();
            writer.timer = set_timeout_with_handle(
                move || {
                    WRITER.with_borrow_mut(|writer| {
                        writer.timer = None;
                        writer.written = now();
                    });
                    replace(&later);
                },
                SETTLE,
            )
            .ok();
        }
        writer.page = Some(page);
        writer.hash = hash;
    });
}

fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

fn replace(hash: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(hash));
    }
}

/// Reads the address into the lab. What could not be taken as it stands is said.
fn restore(lab: Lab) {
    let hash = present_hash();
    let link = Link::parse(&hash);
    let page = Page::ALL.into_iter().find(|page| page.key() == link.page).unwrap_or(Page::Geometry);
    let mut notes = restore_settings(lab, &link, page);
    let mut unknown = Vec::new();
    match page {
        Page::Geometry => set(lab.plane_query, link.own_pairs()),
        Page::Theory => set(lab.theory_query, link.own_pairs()),
        Page::Methods => set(lab.methods_query, link.own_pairs()),
        Page::Train | Page::Attack => match codec_of(page) {
            Some(codec) => {
                let reading = (codec.read)(lab, &link);
                notes.extend(reading.notes);
                unknown = reading.unknown;
            }
            None => WRITER.with_borrow_mut(|writer| writer.unread = Some(link.clone())),
        },
    }
    WRITER.with_borrow_mut(|writer| {
        if let Some(timer) = writer.timer.take() {
            timer.clear();
        }
        writer.page = Some(page);
        writer.hash = hash;
    });
    change_page(lab, page);
    say_notes(lab, &notes, &unknown);
    say_version(lab, &link);
    lab.notes.set(notes);
}

fn codec_of(page: Page) -> Option<Codec> {
    WRITER.with_borrow(|writer| writer.codecs.get(page as usize).copied().flatten())
}

fn unread_of(writer: &Writer, page: Page) -> Option<&Link> {
    writer.unread.as_ref().filter(|link| link.page == page.key())
}

/// A page's code has come: what its link says is read now, if it was not yet.
pub fn install(lab: Lab, page: Page, codec: Codec) {
    let unread = WRITER.with_borrow_mut(|writer| {
        let slot = writer.codecs.get_mut(page as usize)?;
        if slot.replace(codec).is_some() {
            return None;
        }
        Some(if unread_of(writer, page).is_some() { writer.unread.take() } else { None })
    });
    let Some(unread) = unread else { return };
    if let Some(link) = unread {
        let Reading { notes, unknown } = (codec.read)(lab, &link);
        say_notes(lab, &notes, &unknown);
        lab.notes.update(|known| known.extend(notes));
    } else {
        lab.notes.notify();
    }
}

/// Reads what belongs to the lab as a whole.
fn restore_settings(lab: Lab, link: &Link, page: Page) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut choice = |key: &'static str, known: &[&'static str]| -> Option<usize> {
        let asked = link.get(key)?;
        let found = known.iter().position(|value| *value == asked);
        if found.is_none() {
            let asked = asked.chars().take(40).collect();
            notes.push(Note::Refused { key: key.into(), asked, reason: Refusal::OneOf(known.to_vec()) });
        }
        found
    };
    let device = choice("device", &["auto", "cpu", "gpu"]);
    let language = choice("lang", &["en", "ja"]);
    let theme = choice("theme", &["light", "dark"]);
    let present = choice("present", &["0", "1"]);
    let keys = SPEEDS.map(|(key, _)| key);
    let speed = choice("speed", &keys);
    set(
        lab.device_choice,
        match device {
            Some(1) => DeviceChoice::Cpu,
            Some(2) => DeviceChoice::Gpu,
            _ => DeviceChoice::Auto,
        },
    );
    set(
        lab.language,
        match language {
            Some(0) => Language::English,
            Some(1) => Language::Japanese,
            _ => usual_language(),
        },
    );
    set(lab.dark, theme.map(|dark| dark == 1));
    set(lab.present, present == Some(1));
    set(lab.speed, speed.and_then(|i| SPEEDS.get(i)).map_or(usual_speed(page), |(_, speed)| *speed));
    notes
}

/// Sets a signal only if that changes it: nothing is set up again that stays the same.
pub fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}

fn say_notes(lab: Lab, notes: &[Note], unknown: &[String]) {
    for note in notes.iter().take(MOST_NOTES) {
        lab.say(note_text(lab, note));
    }
    if notes.len() > MOST_NOTES {
        lab.say(wording_with(lab, "note.more", &[("n", (notes.len() - MOST_NOTES).to_string())]));
    }
    if !unknown.is_empty() {
        let mut keys: Vec<String> = unknown.iter().take(MOST_NOTES).map(|key| key.chars().take(20).collect()).collect();
        if unknown.len() > MOST_NOTES {
            keys.push("…".into());
        }
        lab.say(wording_with(lab, "note.unknown", &[("keys", keys.join(", "))]));
    }
}

/// Says so if the link comes from a newer lab, or names a page that there is not.
fn say_version(lab: Lab, link: &Link) {
    let version = link.get("v").and_then(|version| version.parse::<u32>().ok());
    if version.is_some_and(|version| version > EXPERIMENT_VERSION) {
        lab.say(wording(lab, "note.newer"));
    }
    if !link.page.is_empty() && !Page::ALL.iter().any(|page| page.key() == link.page) {
        let page = link.page.chars().take(40).collect();
        lab.say(wording_with(lab, "note.no_page", &[("page", page)]));
    }
}

/// A note as a sentence.
pub fn note_text(lab: Lab, note: &Note) -> String {
    match note {
        Note::Adjusted { key, asked, used } => wording_with(
            lab,
            "note.adjusted",
            &[("key", key.clone()), ("asked", asked.clone()), ("used", used.clone())],
        ),
        Note::Refused { key, asked, reason } => wording_with(
            lab,
            "note.refused",
            &[("key", key.clone()), ("asked", asked.clone()), ("reason", refusal_text(lab, reason))],
        ),
    }
}

/// What was expected in place of a refused value.
pub fn refusal_text(lab: Lab, reason: &Refusal) -> String {
    match reason {
        Refusal::NumberRange { min, max } => {
            wording_with(lab, "note.number_range", &[("min", min.to_string()), ("max", max.to_string())])
        }
        Refusal::OneOf(keys) => wording_with(lab, "note.one_of", &[("keys", keys.join(", "))]),
        Refusal::SomeOf(keys) => wording_with(lab, "note.some_of", &[("keys", keys.join(", "))]),
        Refusal::AtMost(most, keys) => {
            wording_with(lab, "note.at_most", &[("n", most.to_string()), ("keys", keys.join(", "))])
        }
        Refusal::Grammar(grammar) => wording(lab, &format!("note.grammar.{}", grammar.key())),
        Refusal::Other(text) => text.clone(),
    }
}
