//! Reactive work in small pieces. One message of an engine changes a dozen figures; drawn in one go they would keep
//! the browser from everything else for tens of milliseconds. So effects run until the time of a turn is used up,
//! and the rest of them after the browser had its own.
//!
//! An effect that waits is still one effect however often its sources change meanwhile: a page that cannot keep up
//! draws less often, it does not fall behind.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use leptos::prelude::{set_timeout, window};
use wasm_bindgen_futures::spawn_local;

/// Milliseconds after which a turn begins no further piece. A quarter of what browsers call a long task, for slow
/// machines.
const TURN: f64 = 12.0;

thread_local! {
    /// When the present turn began; `None` before its first piece.
    static BEGAN: Cell<Option<f64>> = const { Cell::new(None) };
    static WAITING: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
}

/// Lets everything reactive run in pieces. Call before anything is mounted.
pub fn init() {
    // Refused only if there is an executor already, and then the page works as well, in larger pieces.
    let _ = Executor::init_local_custom_executor(InPieces);
}

struct InPieces;

impl CustomExecutor for InPieces {
    fn spawn(&self, task: PinnedFuture<()>) {
        self.spawn_local(task);
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        spawn_local(Piecewise(task));
    }

    fn poll_local(&self) {}
}

/// A task that is not polled once the turn's time is used up.
struct Piecewise(PinnedLocalFuture<()>);

impl Future for Piecewise {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let now = window().performance().map_or(0.0, |performance| performance.now());
        let began = BEGAN.get().unwrap_or_else(|| {
            BEGAN.set(Some(now));
            set_timeout(next_turn, Duration::ZERO);
            now
        });
        if now - began > TURN {
            WAITING.with_borrow_mut(|waiting| waiting.push(context.waker().clone()));
            return Poll::Pending;
        }
        self.0.as_mut().poll(context)
    }
}

fn next_turn() {
    BEGAN.set(None);
    for waker in WAITING.take() {
        waker.wake();
    }
}
