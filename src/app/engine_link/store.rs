//! What the engines are given: data shards, networks, the user's own files. Fetched once, kept, and handed to every
//! engine that starts, in the same order.

use std::cell::RefCell;

use js_sys::{Array, JSON, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::fetch::{FetchError, fetch, text};
use super::wire::Parcel;
use super::worker::field;
use super::{hand_out, nothing_left_to_fetch};
use crate::app::lab::{DataState, ModelCard};
use crate::app::{Lab, wording, wording_with};
use crate::session::{Command, DataId};

/// What the page needs to know of a set in `data/manifest.json`; the engine reads the rest.
#[derive(Clone)]
struct Dataset {
    name: String,
    classes: Vec<String>,
    /// Channels, height, width.
    shape: [u32; 3],
    shards: Vec<Shard>,
}

#[derive(Clone)]
struct Shard {
    file: String,
    split: String,
    count: u32,
    bytes: u64,
}

/// A data set on its way.
#[derive(Clone, Copy, PartialEq)]
struct Order {
    id: DataId,
    /// Training images as well, or test images only.
    train: bool,
    /// How much there is of it is shown at the foot of the page.
    shown: bool,
    busy: bool,
}

#[derive(Default)]
struct Store {
    manifest: Option<Vec<Dataset>>,
    manifest_asked: bool,
    models_asked: bool,
    orders: Vec<Order>,
    /// Names of shards and networks that were asked for.
    asked: Vec<String>,
    /// Training and test images that the engine has of a set.
    arrived: Vec<(DataId, u32, u32)>,
    parcels: Vec<Parcel>,
    /// The user's own files wait for the engine's verdict.
    own_on_trial: Option<usize>,
    /// Places and names of networks of the user's own that wait for an engine's verdict.
    networks_on_trial: Vec<(usize, String)>,
    /// Place of the one that was accepted last.
    own_network: Option<usize>,
    /// It was said that there is none.
    own_network_missed: bool,
    /// There are own files or an own picture.
    own: bool,
    /// It was said that there are none.
    own_missed: bool,
}

impl Store {
    /// Lets go of a parcel. Its place stays taken, so that no engine's count of what it was given goes wrong.
    fn forget(&mut self, place: usize) {
        if let Some(parcel) = self.parcels.get_mut(place)
            && let Some(harmless) = Parcel::command(&Command::AttackPause)
        {
            *parcel = harmless;
        }
    }
}

thread_local! {
    static STORE: RefCell<Store> = RefCell::default();
}

/// Everything there is to hand out from number `given` on, and how much there is.
pub fn parcels_from(given: usize) -> (Vec<Parcel>, usize) {
    STORE.with_borrow(|store| (store.parcels.get(given..).unwrap_or_default().to_vec(), store.parcels.len()))
}

fn keep(parcel: Option<Parcel>) {
    if let Some(parcel) = parcel {
        STORE.with_borrow_mut(|store| store.parcels.push(parcel));
        hand_out();
    }
}

/// Whether nothing is being fetched at the moment.
pub fn is_quiet() -> bool {
    STORE.with_borrow(|store| store.manifest.is_some() && store.orders.iter().all(|order| !order.busy))
}

/// Fetches a data set in the background, its first shards first; all of it, or its test images only. Asking again
/// is harmless.
pub fn want_data(lab: Lab, id: DataId, train: bool) {
    want(lab, id, train, true);
}

/// Fetches the test images of a data set beside the one that is looked at.
pub fn want_unseen(lab: Lab, id: DataId) {
    if id != DataId::Own {
        want(lab, id, false, false);
    }
}

fn want(lab: Lab, id: DataId, train: bool, shown: bool) {
    STORE.with_borrow_mut(|store| match store.orders.iter_mut().find(|order| order.id == id) {
        Some(order) => {
            order.train |= train;
            order.shown |= shown;
        }
        None => store.orders.push(Order { id, train, shown, busy: false }),
    });
    let ask = STORE.with_borrow_mut(|store| !std::mem::replace(&mut store.manifest_asked, true));
    if ask {
        spawn_local(async move {
            if let Err(error) = fetch_manifest().await {
                STORE.with_borrow_mut(|store| store.manifest_asked = false);
                missing(lab, &error);
                return;
            }
            let orders = STORE.with_borrow(|store| store.orders.clone());
            for order in orders {
                if order.shown {
                    show(lab, order.id);
                }
                spawn_local(fetch_set(lab, order.id));
            }
        });
    } else if STORE.with_borrow(|store| store.manifest.is_some()) {
        if shown {
            show(lab, id);
        }
        spawn_local(fetch_set(lab, id));
    }
}

async fn fetch_manifest() -> Result<(), FetchError> {
    const FILE: &str = "data/manifest.json";
    let json = text(&fetch(FILE, |_| {}).await?);
    let sets = parse(&json).and_then(|manifest| list(&manifest, "datasets")?.iter().map(read_set).collect());
    let sets = sets.ok_or_else(|| unexpected(FILE))?;
    STORE.with_borrow_mut(|store| store.manifest = Some(sets));
    keep(Parcel::command(&Command::Manifest(json)));
    Ok(())
}

// The browser reads the manifests: a reader of our own would weigh more than everything else that fetches.

fn parse(json: &str) -> Option<JsValue> {
    JSON::parse(json).ok()
}

fn unexpected(file: &str) -> FetchError {
    FetchError { file: file.into(), reason: "it does not say what this version of the page expects".into() }
}

fn list(object: &JsValue, key: &str) -> Option<Vec<JsValue>> {
    let list = field(object, key);
    Array::is_array(&list).then(|| Array::from(&list).to_vec())
}

fn words(object: &JsValue, key: &str) -> Option<String> {
    field(object, key).as_string()
}

fn number(object: &JsValue, key: &str) -> Option<f64> {
    field(object, key).as_f64()
}

fn read_set(set: &JsValue) -> Option<Dataset> {
    let shape = field(set, "shape");
    let side = |key| number(&shape, key).map(|side| side as u32);
    let shard = |shard: &JsValue| {
        Some(Shard {
            file: words(shard, "file")?,
            split: words(shard, "split")?,
            count: number(shard, "count")? as u32,
            bytes: number(shard, "bytes")? as u64,
        })
    };
    Some(Dataset {
        name: words(set, "name")?,
        classes: list(set, "classes")?.iter().map(JsValue::as_string).collect::<Option<_>>()?,
        shape: [side("channels")?, side("height")?, side("width")?],
        shards: list(set, "shards")?.iter().map(shard).collect::<Option<_>>()?,
    })
}

fn read_cards(json: &str) -> Option<Vec<ModelCard>> {
    let card = |card: JsValue| {
        let data = words(&card, "data")?;
        Some(ModelCard {
            name: words(&card, "name")?,
            file: words(&card, "file")?,
            title: words(&card, "title")?,
            data: DataId::ALL.iter().find(|row| row.1 == data)?.0,
            test_accuracy: number(&card, "test_accuracy")? as f32,
            command: words(&card, "command")?,
        })
    };
    Array::from(&parse(json)?).iter().map(card).collect()
}

/// The next shard of a set that nobody has asked for yet.
fn next_shard(id: DataId) -> Option<Shard> {
    STORE.with_borrow_mut(|store| {
        let train = store.orders.iter().find(|order| order.id == id)?.train;
        let set = store.manifest.as_ref()?.iter().find(|set| set.name == id.key())?;
        let open = |shard: &&Shard| (train || shard.split == "test") && !store.asked.contains(&shard.file);
        let shard = set.shards.iter().find(open)?.clone();
        store.asked.push(shard.file.clone());
        Some(shard)
    })
}

fn set_busy(id: DataId, busy: bool) -> bool {
    STORE.with_borrow_mut(|store| {
        store
            .orders
            .iter_mut()
            .find(|order| order.id == id)
            .is_some_and(|order| std::mem::replace(&mut order.busy, busy))
    })
}

/// Bytes of all shards of a set that are wanted.
fn wanted_bytes(id: DataId) -> u64 {
    STORE.with_borrow(|store| {
        let train = store.orders.iter().any(|order| order.id == id && order.train);
        let set = store.manifest.as_ref().and_then(|sets| sets.iter().find(|set| set.name == id.key()));
        let shards = set.map(|set| set.shards.as_slice()).unwrap_or_default();
        shards.iter().filter(|shard| train || shard.split == "test").map(|shard| shard.bytes).sum()
    })
}

async fn fetch_set(lab: Lab, id: DataId) {
    if set_busy(id, true) {
        return;
    }
    // The test images alone may be all that is wanted: the line at the foot ends with them.
    let wanted = wanted_bytes(id);
    tell(lab, id, |data| data.bytes_total = wanted);
    while let Some(shard) = next_shard(id) {
        let before = lab.data.with_untracked(|data| data.as_ref().map_or(0, |data| data.bytes));
        let told = |loaded: u64| {
            tell(lab, id, |data| data.bytes = (before + loaded).min(data.bytes_total));
        };
        match fetch(&format!("data/{}", shard.file), told).await {
            Ok(bytes) => {
                tell(lab, id, |data| data.bytes = before + shard.bytes);
                keep(Parcel::shard(&shard.file, &bytes));
            }
            Err(error) => {
                STORE.with_borrow_mut(|store| store.asked.retain(|file| *file != shard.file));
                missing(lab, &error);
                break;
            }
        }
    }
    set_busy(id, false);
    nothing_left_to_fetch(lab);
}

/// Shows how much of a set there is, if another one was shown.
fn show(lab: Lab, id: DataId) {
    if lab.data.with_untracked(|data| data.as_ref().is_some_and(|data| data.id == id)) {
        return;
    }
    let state = STORE.with_borrow(|store| {
        let set = store.manifest.as_ref()?.iter().find(|set| set.name == id.key())?;
        let images = |split: &str| set.shards.iter().filter(|s| s.split == split).map(|s| s.count).sum();
        let asked = set.shards.iter().filter(|shard| store.asked.contains(&shard.file));
        let (train, test) = store.arrived.iter().find(|known| known.0 == id).map_or((0, 0), |known| (known.1, known.2));
        Some(DataState {
            id,
            classes: set.classes.clone(),
            shape: set.shape,
            train,
            train_total: images("train"),
            test,
            test_total: images("test"),
            bytes: asked.map(|shard| shard.bytes).sum(),
            bytes_total: set.shards.iter().map(|shard| shard.bytes).sum(),
        })
    });
    if state.is_some() {
        lab.data.set(state);
    }
}

/// The engine says how many images of a set it has now.
pub fn arrived(id: DataId, train: u32, test: u32) {
    STORE.with_borrow_mut(|store| {
        store.arrived.retain(|known| known.0 != id);
        store.arrived.push((id, train, test));
    });
}

fn tell(lab: Lab, id: DataId, change: impl FnOnce(&mut DataState)) {
    if lab.data.with_untracked(|data| data.as_ref().is_some_and(|data| data.id == id)) {
        lab.data.update(|data| {
            if let Some(data) = data {
                change(data);
            }
        });
    }
}

fn missing(lab: Lab, error: &FetchError) {
    let values = [("file", error.file.clone()), ("reason", error.reason.clone())];
    lab.report(wording_with(lab, "engine.not_fetched", &values));
}

/// Fetches the list of bundled networks, once.
pub fn want_models(lab: Lab) {
    if STORE.with_borrow_mut(|store| std::mem::replace(&mut store.models_asked, true)) {
        return;
    }
    spawn_local(async move {
        let cards = match fetch("models/manifest.json", |_| {}).await {
            Ok(bytes) => read_cards(&text(&bytes)).ok_or_else(|| unexpected("models/manifest.json")),
            Err(error) => Err(error),
        };
        match cards {
            Ok(cards) => lab.attack.models.set(cards),
            Err(error) => {
                STORE.with_borrow_mut(|store| store.models_asked = false);
                missing(lab, &error);
            }
        }
    });
}

/// Fetches a bundled network, once. Its card must be known.
pub fn want_model(lab: Lab, card: &ModelCard) {
    let asked = STORE.with_borrow_mut(|store| {
        let asked = store.asked.contains(&card.file);
        if !asked {
            store.asked.push(card.file.clone());
        }
        asked
    });
    if asked {
        return;
    }
    let card = card.clone();
    spawn_local(async move {
        match fetch(&format!("models/{}", card.file), |_| {}).await {
            Ok(bytes) => keep(Parcel::model(&card.name, &bytes)),
            Err(error) => {
                STORE.with_borrow_mut(|store| store.asked.retain(|file| *file != card.file));
                missing(lab, &error);
            }
        }
    });
}

/// Keeps files of the user's own and hands them out. The engine says whether they are what they claim.
pub fn own_files(files: &[(String, Uint8Array)]) {
    STORE.with_borrow_mut(|store| {
        store.own_on_trial = Some(store.parcels.len());
        store.own = true;
    });
    keep(Parcel::own_files(files));
}

/// Keeps a picture of the user's own and hands it out.
pub fn own_image(command: &Command) {
    STORE.with_borrow_mut(|store| store.own = true);
    keep(Parcel::command(command));
}

/// Whether there are own files or an own picture.
pub fn has_own() -> bool {
    STORE.with_borrow(|store| store.own)
}

/// Says so if own images are asked for and there are none, as after a reload: they never leave the browser, so they
/// are not in the link.
pub fn want_own(lab: Lab) {
    let news = STORE.with_borrow_mut(|store| !store.own && !std::mem::replace(&mut store.own_missed, true));
    if news {
        lab.say(wording(lab, "engine.own_missing"));
    }
}

/// The engine took the user's files; true if this is news.
pub fn own_accepted() -> bool {
    STORE.with_borrow_mut(|store| store.own_on_trial.take().is_some())
}

/// The engine refused the user's files: they are not handed to later engines.
pub fn own_refused() {
    STORE.with_borrow_mut(|store| {
        if let Some(place) = store.own_on_trial.take() {
            store.forget(place);
        }
    });
}

/// Keeps a network of the user's own and hands it out. An engine says whether it is one ([`own_network_judged`]).
pub fn own_network(name: String, bytes: &Uint8Array) {
    let place = STORE.with_borrow(|store| store.parcels.len());
    let parcel = Parcel::own_network(place, &name, bytes);
    STORE.with_borrow_mut(|store| store.networks_on_trial.push((place, name)));
    keep(parcel);
}

/// An engine took or refused the network at this place: its name if this is news. One that was refused is not handed to
/// later engines, nor is the one whose place another takes.
pub fn own_network_judged(place: usize, taken: bool) -> Option<String> {
    STORE.with_borrow_mut(|store| {
        let at = store.networks_on_trial.iter().position(|(waiting, _)| *waiting == place)?;
        let (_, name) = store.networks_on_trial.remove(at);
        let gone = if taken { store.own_network.replace(place) } else { Some(place) };
        if let Some(gone) = gone {
            store.forget(gone);
        }
        Some(name)
    })
}

/// Says so if a network of the user's own is asked for and there is none, as after a reload.
pub fn want_own_network(lab: Lab) {
    let news = STORE.with_borrow_mut(|store| {
        let none = store.own_network.is_none() && store.networks_on_trial.is_empty();
        none && !std::mem::replace(&mut store.own_network_missed, true)
    });
    if news {
        lab.say(wording(lab, "engine.own_network_missing"));
    }
}
