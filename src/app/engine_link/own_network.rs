//! A network of the user's own, out of a file that never leaves the browser. The engine reads it and says what it is;
//! only then does it become the one that is attacked, so that a wrong file changes nothing.

use js_sys::Uint8Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::{send, store};
use crate::app::lab::Page;
use crate::app::text::{need, telling};
use crate::app::{Lab, engine_gate, url, wording, wording_with};
use crate::session::{Command, DataId, NetworkCard, Problem, Victim};

/// Larger files are no network that the engine would take, and are not read.
const MOST_BYTES: f64 = 6.4e7;

/// Reads a file and hands it to the engine, which answers with [`judged`].
pub fn own_network(lab: Lab, file: File) {
    engine_gate::open(lab);
    spawn_local(async move {
        let name = file.name();
        if file.size() > MOST_BYTES {
            return refused(lab, name, "import.large").await;
        }
        match JsFuture::from(file.array_buffer()).await {
            Ok(buffer) => store::own_network(name, &Uint8Array::new(&buffer)),
            Err(_) => refused(lab, name, "import.unreadable").await,
        }
    });
}

async fn refused(lab: Lab, name: String, reason: &str) {
    need(lab, "dialogs").await;
    lab.report(wording_with(lab, "import.refused", &[("name", name), ("reason", wording(lab, reason))]));
}

/// An engine has read the file at `place` of the store.
pub fn judged(lab: Lab, place: u32, read: Result<NetworkCard, Problem>) {
    let Some(name) = store::own_network_judged(place as usize, read.is_ok()) else { return };
    spawn_local(async move {
        need(lab, "dialogs").await;
        match read {
            Ok(card) => {
                lab.say(wording_with(lab, "import.done", &[("name", name)]));
                attack(lab, card);
            }
            Err(Problem { detail, told, .. }) => {
                let reason = telling(lab, told, detail).await;
                lab.report(wording_with(lab, "import.refused", &[("name", name), ("reason", reason)]));
            }
        }
    });
}

/// Makes it the network that is attacked, on images that it knows, unless they are the user's own.
fn attack(lab: Lab, card: NetworkCard) {
    url::go(lab, Page::Attack);
    let mut spec = lab.attack_spec.get_untracked();
    if spec.data != DataId::Own || !store::has_own() {
        spec.data = card.data();
    }
    spec.victim = Victim::Own;
    lab.attack.network.set(Some(card));
    if lab.attack_spec.with_untracked(|now| *now == spec) {
        // The description stays the same while the network behind it has changed.
        send(Command::AttackConfigure(spec));
    } else {
        lab.attack_spec.set(spec);
    }
}
