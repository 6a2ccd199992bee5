//! State of a page and its `key=value` pairs in the lab, kept equal.

use std::time::Duration;

use leptos::prelude::*;

use crate::session::params::{Param, emit};

/// Quiet time before a change reaches the URL: browsers limit how often it may change.
const SETTLE: Duration = Duration::from_millis(250);

/// Changes of the state go out once they have settled, but not while the page is `busy` with many of them; changes from
/// outside come in through `read`.
pub fn follow_link<T: Default + Send + Sync + 'static>(
    table: &'static [Param<T>],
    state: RwSignal<T>,
    query: RwSignal<Vec<(String, String)>>,
    busy: impl Fn() -> bool + 'static,
    read: impl Fn(&[(String, String)]) -> T + 'static,
) {
    let written = StoredValue::new(query.get_untracked());
    // What is written is the state of then, not of when the change began.
    let mut write = debounce(SETTLE, move |()| {
        let Some(pairs) = state.try_with_untracked(|state| emit(table, state)) else { return };
        if written.try_with_value(|written| *written != pairs) == Some(true) {
            written.set_value(pairs.clone());
            query.set(pairs);
        }
    });
    Effect::new(move |_| {
        let busy = busy();
        let pairs = state.with(|state| emit(table, state));
        if !busy && written.with_value(|written| *written != pairs) {
            write(());
        }
    });
    Effect::new(move |_| {
        let pairs = query.get();
        if written.with_value(|written| *written == pairs) {
            return;
        }
        let next = read(&pairs);
        written.set_value(pairs);
        state.set(next);
    });
}
