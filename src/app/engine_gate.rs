//! Where commands wait until the way to the engines ([`super::engine_link`], a part of its own) is here.

use std::cell::RefCell;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::lab::Page;
use super::{Lab, parts, wording};
use crate::session::Command;

enum Gate {
    /// Nobody has asked for an engine yet.
    Shut(Vec<Command>),
    /// Its code is being fetched.
    Opening(Vec<Command>),
    Open(fn(Command)),
}

thread_local! {
    static GATE: RefCell<Gate> = const { RefCell::new(Gate::Shut(Vec::new())) };
    /// Lives as long as the page.
    static OWNER: RefCell<Option<Owner>> = const { RefCell::new(None) };
}

/// Whether a page needs an engine.
pub fn needs_engine(page: Page) -> bool {
    matches!(page, Page::Train | Page::Attack)
}

/// Sends a command to the engine that computes; while there is none, it waits.
pub fn send(command: Command) {
    let open = GATE.with_borrow_mut(|gate| match gate {
        Gate::Shut(waiting) | Gate::Opening(waiting) => {
            waiting.push(command.clone());
            None
        }
        Gate::Open(send) => Some(*send),
    });
    if let Some(send) = open {
        send(command);
    }
}

/// Opens the gate as soon as a page needs an engine. Call once, inside the page's reactive owner.
pub fn follow(lab: Lab) {
    OWNER.set(Owner::current());
    Effect::new(move |_| {
        if needs_engine(lab.page.get()) {
            open(lab);
        }
    });
}

/// Opens the gate, unless it is open: from then on an engine is on its way.
pub fn open(lab: Lab) {
    let shut = GATE.with_borrow_mut(|gate| match gate {
        Gate::Shut(waiting) => {
            *gate = Gate::Opening(std::mem::take(waiting));
            true
        }
        Gate::Opening(_) | Gate::Open(_) => false,
    });
    if !shut {
        return;
    }
    spawn_local(async move {
        // What the address asks of an engine is read by the code of its page.
        let page = lab.page.get_untracked();
        if needs_engine(page) {
            let _ = parts::page(lab, page).await;
        }
        let link = parts::engines().await;
        let waiting = GATE.with_borrow_mut(|gate| {
            let waiting = match gate {
                Gate::Shut(waiting) | Gate::Opening(waiting) => std::mem::take(waiting),
                Gate::Open(_) => Vec::new(),
            };
            *gate = match &link {
                Ok(link) => Gate::Open(link.send),
                // What was pressed meanwhile is kept for the next try.
                Err(_) => Gate::Shut(waiting.clone()),
            };
            waiting
        });
        match link {
            Ok(link) => {
                let owner = OWNER.with_borrow(Option::clone).unwrap_or_default();
                owner.with(|| (link.start)(lab));
                (link.wake)();
                waiting.into_iter().for_each(link.send);
            }
            Err(_) => lab.report(wording(lab, "shell.not_loaded")),
        }
    });
}
