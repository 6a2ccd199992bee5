//! What goes out, and when: rows of steps are held back and put together, so that an engine that makes hundreds of
//! steps a second does not send as many messages. Everything else goes at once, after the rows before it.

use crate::session::{Event, StepRow};

/// Milliseconds between messages with step rows: 30 a second, and as many again for all others.
const EVERY: f64 = 1000.0 / 30.0;

/// Rows that have not been sent. Times are milliseconds of the caller's clock.
#[derive(Debug)]
pub struct Outbox {
    held: Vec<StepRow>,
    /// When the next message with rows may go.
    next: f64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { held: Vec::new(), next: f64::NEG_INFINITY }
    }
}

impl Outbox {
    /// Takes events in and gives back what is to be sent now, in order.
    pub fn pass(&mut self, events: Vec<Event>, now: f64) -> Vec<Event> {
        let mut out = Vec::new();
        for event in events {
            match event {
                Event::Steps(rows) => self.held.extend(rows),
                other => {
                    out.extend(self.flush(now));
                    out.push(other);
                }
            }
        }
        if now >= self.next {
            out.extend(self.flush(now));
        }
        out
    }

    /// The rows that are held, whatever the time: there is nothing more to come for a while.
    pub fn flush(&mut self, now: f64) -> Option<Event> {
        if self.held.is_empty() {
            return None;
        }
        self.next = now + EVERY;
        Some(Event::Steps(std::mem::take(&mut self.held)))
    }

    /// When the held rows are to be sent, if there are any.
    pub fn due(&self) -> Option<f64> {
        (!self.held.is_empty()).then_some(self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::cost::StepCost;
    use crate::session::{RunId, StopReason};

    fn step(t: u32) -> Event {
        Event::Steps(vec![StepRow {
            run: RunId::A,
            t,
            loss: 1.0,
            accuracy: 0.1,
            batch: 1,
            batch_capped: false,
            learning_rate: 0.1,
            gap: vec![],
            gamma: vec![],
            gauge: vec![],
            cost: StepCost::default(),
        }])
    }

    fn pause(t: u32) -> Event {
        Event::State { t, running: false, reason: StopReason::User }
    }

    /// The steps of a message with rows; none for another event.
    fn steps(event: &Event) -> Vec<u32> {
        match event {
            Event::Steps(rows) => rows.iter().map(|row| row.t).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_thousand_steps_in_a_second_are_thirty_messages() {
        let mut outbox = Outbox::default();
        let mut sent: Vec<Event> = (0..1000).flat_map(|t| outbox.pass(vec![step(t)], f64::from(t))).collect();
        sent.extend(outbox.flush(1000.0));
        assert!((29..=32).contains(&sent.len()), "{}", sent.len());
        assert_eq!(sent.iter().flat_map(steps).collect::<Vec<_>>(), (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_step_goes_at_once_and_a_pause_takes_the_others_along() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.pass(vec![step(1)], 5.0).iter().map(steps).collect::<Vec<_>>(), [[1]]);
        assert!(outbox.pass(vec![step(2)], 10.0).is_empty());
        let sent = outbox.pass(vec![step(3), pause(3), step(4)], 12.0);
        assert_eq!(sent.iter().map(steps).collect::<Vec<_>>(), [vec![2, 3], vec![]]);
        assert_eq!(outbox.flush(13.0).iter().map(steps).collect::<Vec<_>>(), [[4]]);
    }

    #[test]
    fn held_rows_say_when_they_are_due() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.due(), None);
        outbox.pass(vec![step(1)], 0.0);
        assert_eq!(outbox.due(), None);
        outbox.pass(vec![step(2)], 1.0);
        assert_eq!(outbox.due(), Some(EVERY));
        assert!(outbox.pass(vec![], 33.0).is_empty());
        assert_eq!(outbox.pass(vec![], 34.0).iter().map(steps).collect::<Vec<_>>(), [[2]]);
        assert!(outbox.flush(35.0).is_none());
    }
}
