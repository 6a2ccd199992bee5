//! Questions to an engine whose answer is awaited: is it up, what does it measure, where does the run stand. An
//! engine answers in the order it was asked; if it ends first, the answer is `None`.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::session::{DeviceKind, Event};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    Ready,
    Probe,
    Benchmark,
    Checkpoint,
}

struct Ask {
    engine: DeviceKind,
    want: Want,
    reply: Reply,
}

thread_local! {
    static ASKS: RefCell<Vec<Ask>> = const { RefCell::new(Vec::new()) };
}

/// Waits for the next answer of this kind. Send the command after asking.
pub fn ask(engine: DeviceKind, want: Want) -> Answer {
    let state = Rc::new(RefCell::new(State::default()));
    ASKS.with_borrow_mut(|asks| asks.push(Ask { engine, want, reply: Reply(state.clone()) }));
    Answer(state)
}

/// Hands an answer to who asked first, if anybody did.
pub fn answer(engine: DeviceKind, want: Want, event: Event) {
    let first = ASKS.with_borrow_mut(|asks| {
        let place = asks.iter().position(|ask| ask.engine == engine && ask.want == want)?;
        Some(asks.remove(place))
    });
    if let Some(ask) = first {
        ask.reply.0.borrow_mut().event = Some(event);
    }
}

/// Gives up all questions to an engine that has ended. With `Some(want)`, only that kind.
pub fn cancel(engine: DeviceKind, only: Option<Want>) {
    let given_up: Vec<Ask> = ASKS.with_borrow_mut(|asks| {
        let (given_up, kept) = std::mem::take(asks)
            .into_iter()
            .partition(|ask| ask.engine == engine && only.is_none_or(|want| want == ask.want));
        *asks = kept;
        given_up
    });
    // Outside the borrow: letting go wakes whoever waits.
    drop(given_up);
}

#[derive(Default)]
struct State {
    event: Option<Event>,
    closed: bool,
    waker: Option<Waker>,
}

/// The side that answers; letting it go without an answer answers `None`.
struct Reply(Rc<RefCell<State>>);

impl Drop for Reply {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.0.borrow_mut();
            state.closed = true;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The side that waits.
pub struct Answer(Rc<RefCell<State>>);

impl Future for Answer {
    type Output = Option<Event>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.borrow_mut();
        if state.event.is_some() || state.closed {
            return Poll::Ready(state.event.take());
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
