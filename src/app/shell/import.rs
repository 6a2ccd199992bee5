//! Files brought to the page, picked or dropped anywhere: experiments, attacks, sweeps, networks, image sets. Whoever has a place
//! of its own for a kind of file takes it there first.

use js_sys::Uint8Array;
use leptos::ev::DragEvent;
use leptos::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, FileList};

use super::sweep_table;
use crate::app::engine_link;
use crate::app::lab::Page;
use crate::app::{Lab, text as texts, url, wording, wording_with};
use crate::session::params::{self, ATTACK, Note};
use crate::session::*;

/// An experiment is a kilobyte, a sweep of a thousand runs ten thousand; a file of more than this is something else.
const MOST_JSON: f64 = 3e7;
/// All of CIFAR-10 is 180 MB; more would not fit into memory on a phone.
const MOST_BYTES: f64 = 4e8;

/// Accepts files that are dropped on the page.
pub fn listen(lab: Lab) {
    let carries_files =
        |event: &DragEvent| event.data_transfer().is_some_and(|transfer| transfer.types().includes(&"Files".into(), 0));
    window_event_listener(leptos::ev::dragover, move |event: DragEvent| {
        if carries_files(&event) {
            event.prevent_default();
        }
    });
    window_event_listener(leptos::ev::drop, move |event: DragEvent| {
        // A part of the page has taken it.
        if event.default_prevented() {
            return;
        }
        if let Some(files) = event.data_transfer().and_then(|transfer| transfer.files()).filter(|f| f.length() > 0) {
            event.prevent_default();
            take(lab, &files);
        }
    });
}

/// Takes files, whatever they are.
pub fn take(lab: Lab, files: &FileList) {
    let files: Vec<File> = (0..files.length()).filter_map(|i| files.get(i)).collect();
    let (json, others): (Vec<File>, Vec<File>) = files.into_iter().partition(|file| file.name().ends_with(".json"));
    for file in json {
        spawn_local(read_json(lab, file));
    }
    let (networks, others): (Vec<File>, Vec<File>) = others.into_iter().partition(|file| is_network(&file.name()));
    for file in networks {
        engine_link::own_network(lab, file);
    }
    let (pictures, sets): (Vec<File>, Vec<File>) =
        others.into_iter().partition(|file| file.type_().starts_with("image/"));
    if !pictures.is_empty() {
        url::go(lab, Page::Attack);
        lab.say(wording(lab, "import.picture"));
    }
    if !sets.is_empty() {
        spawn_local(read_sets(lab, sets));
    }
}

/// Whether a file is called like a network, of the lab or of another program; the engine knows what to do with those.
fn is_network(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".safetensors", ".onnx", ".pt", ".pth", ".h5", ".hdf5", ".keras"].iter().any(|end| name.ends_with(end))
}

async fn read_json(lab: Lab, file: File) {
    let name = file.name();
    let refused = |reason: String| {
        lab.report(wording_with(lab, "import.refused", &[("name", name.clone()), ("reason", reason)]));
    };
    if file.size() > MOST_JSON {
        return refused(wording(lab, "import.large"));
    }
    let Ok(text) = JsFuture::from(file.text()).await else {
        return refused(wording(lab, "import.unreadable"));
    };
    let text = text.as_string().unwrap_or_default();
    // Harmless where it is something else after all.
    if text.contains("\"sweep\"") {
        texts::need(lab, "sweep").await;
    }
    match take_json(lab, &text) {
        Ok(notes) => {
            lab.say(wording_with(lab, "import.done", &[("name", name.clone())]));
            for note in &notes {
                lab.say(url::note_text(lab, note));
            }
            lab.notes.set(notes);
        }
        Err(reason) => refused(reason),
    }
}

/// What tells the kinds of file apart.
#[derive(Deserialize)]
struct Signs {
    version: Option<u32>,
    a: Option<IgnoredAny>,
    network: Option<IgnoredAny>,
    victim: Option<IgnoredAny>,
    epsilon: Option<IgnoredAny>,
    sweep: Option<IgnoredAny>,
}

fn take_json(lab: Lab, text: &str) -> Result<Vec<Note>, String> {
    let words = |error: serde_json::Error| error.to_string();
    let signs: Signs = serde_json::from_str(text).map_err(words)?;
    // It has a version of its own.
    if signs.sweep.is_some() {
        sweep_table::show(lab, text)?;
        return Ok(Vec::new());
    }
    if signs.version.is_some_and(|version| version > EXPERIMENT_VERSION) {
        return Err(wording(lab, "note.newer"));
    }
    if signs.a.is_some() || signs.network.is_some() {
        let (experiment, notes) = params::check_experiment(&serde_json::from_str(text).map_err(words)?);
        url::go(lab, Page::Train);
        lab.experiment.set(experiment);
        return Ok(notes);
    }
    if signs.victim.is_some() || signs.epsilon.is_some() {
        let asked: AttackSpec = serde_json::from_str(text).map_err(words)?;
        let (mut spec, notes) = params::parse::<AttackSpec>(ATTACK, &params::emit(ATTACK, &asked));
        // The engine knows the attacks by name and says which it does not know.
        spec.attacks = asked.attacks.into_iter().take(ATTACK_KEYS.len()).collect();
        url::go(lab, Page::Attack);
        lab.attack_spec.set(spec);
        return Ok(notes);
    }
    Err(wording(lab, "import.unknown"))
}

async fn read_sets(lab: Lab, files: Vec<File>) {
    if files.iter().map(|file| file.size()).sum::<f64>() > MOST_BYTES {
        lab.report(wording(lab, "import.large"));
        return;
    }
    let mut read = Vec::with_capacity(files.len());
    for file in files {
        match JsFuture::from(file.array_buffer()).await {
            Ok(buffer) => read.push((file.name(), Uint8Array::new(&buffer))),
            Err(_) => {
                let values = [("name", file.name()), ("reason", wording(lab, "import.unreadable"))];
                lab.report(wording_with(lab, "import.refused", &values));
                return;
            }
        }
    }
    if matches!(lab.page.get_untracked(), Page::Geometry | Page::Theory | Page::Methods) {
        url::go(lab, Page::Train);
    }
    engine_link::own_files(&read);
}
