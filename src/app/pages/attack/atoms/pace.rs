//! When to ask the engine for the atoms: one question at a time, and while the race runs only now and then, because an
//! answer costs as much as a few gradient calls.

/// Milliseconds between an answer and the next question while the race runs, as a multiple of what the answer took.
const REST: f64 = 4.0;
/// The least and the most of them.
const SHORTEST: f64 = 700.0;
const LONGEST: f64 = 8_000.0;
/// After so many milliseconds an answer is no longer expected: the engine was changed.
const LOST: f64 = 10_000.0;

/// What is asked: place of the attack in the race, gradient call, image.
pub type Question = (u32, u32, u32);

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    Ask,
    /// Look again after so many milliseconds.
    Later(f64),
    /// An answer is there, or will come.
    Wait,
}

/// The questions so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    /// When the open question was asked, and what was known then.
    asked: Option<(f64, Option<Question>)>,
    /// Not before this time, while the race runs.
    rest_until: f64,
}

impl Pace {
    /// `known` is what the last answer was about. Times are milliseconds.
    pub fn turn(&mut self, wanted: Question, known: Option<Question>, running: bool, now: f64) -> Turn {
        if let Some((at, before)) = self.asked {
            if known != before {
                self.asked = None;
                self.rest_until = now + (REST * (now - at)).clamp(SHORTEST, LONGEST);
            } else if now - at < LOST {
                return Turn::Wait;
            }
        }
        if known == Some(wanted) {
            return Turn::Wait;
        }
        if running && now < self.rest_until {
            return Turn::Later(self.rest_until - now);
        }
        self.asked = Some((now, known));
        Turn::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_question_at_a_time_and_a_rest_while_it_runs() {
        let mut pace = Pace::default();
        assert_eq!(pace.turn((0, 1, 0), None, true, 1_000.0), Turn::Ask);
        assert_eq!(pace.turn((0, 2, 0), None, true, 1_100.0), Turn::Wait);
        assert_eq!(pace.turn((0, 3, 0), Some((0, 1, 0)), true, 1_300.0), Turn::Later(1_200.0));
        assert_eq!(pace.turn((0, 9, 0), Some((0, 1, 0)), true, 2_500.0), Turn::Ask);
    }

    #[test]
    fn a_race_that_rests_is_asked_at_once_and_only_once() {
        let mut pace = Pace::default();
        assert_eq!(pace.turn((0, 5, 0), None, false, 0.0), Turn::Ask);
        let known = Some((0, 5, 0));
        assert_eq!(pace.turn((0, 5, 0), known, false, 10.0), Turn::Wait);
        assert_eq!(pace.turn((0, 5, 3), known, false, 20.0), Turn::Ask, "another image");
        assert_eq!(pace.turn((0, 5, 3), known, false, 30.0 + LOST), Turn::Ask, "an answer that was lost");
    }
}
