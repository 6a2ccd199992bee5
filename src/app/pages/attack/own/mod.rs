//! Pictures of the user's own, a part of the page that is fetched when one is wanted. [`picture`] reads files;
//! [`pad`] is drawn on, by the strokes of [`sheet`]. Pictures are handed to the engine, which cuts them to the
//! network's input, and nowhere else.

mod pad;
mod picture;
mod sheet;

use leptos::prelude::*;
use web_sys::File;

use super::desk::Desk;
use crate::app::engine_link;
use crate::session::{Command, DataId};

/// What the page uses of this part.
#[derive(Clone, Copy)]
pub struct OwnTools {
    /// Reads a file and attacks it; says what was expected if that fails.
    pub take: fn(Desk, File),
    /// The pad, a dialog that is open while the signal is true.
    pub pad: fn(Desk, RwSignal<bool>) -> AnyView,
}

pub const OWN_TOOLS: OwnTools = OwnTools { take: picture::take, pad: pad::pad };

/// Nobody knows what it shows: the network's own first answer is what the attack must change.
const UNKNOWN: u8 = 255;

/// A picture with straight RGBA, row by row.
struct Picture {
    name: String,
    width: u32,
    height: u32,
    rgba: Vec<u8>,
    /// Number of its class, or [`UNKNOWN`].
    label: u8,
}

/// Hands a picture to the engine and attacks it.
fn hand_in(desk: Desk, picture: Picture) {
    let Picture { name, width, height, rgba, label } = picture;
    engine_link::own_image(&Command::OwnImage { width, height, rgba, label });
    desk.own.set(Some(name));
    if desk.lab.attack_spec.with_untracked(|spec| spec.data == DataId::Own) {
        // The description stays the same while the picture behind it has changed: nobody else would tell the
        // engine to begin anew.
        desk.lab.send.run(Command::AttackConfigure(desk.lab.attack_spec.get_untracked()));
    } else {
        desk.change(|spec| {
            spec.data = DataId::Own;
            spec.focus = 0;
        });
    }
}
