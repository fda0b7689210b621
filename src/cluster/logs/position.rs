//! Where reading a log stopped, so that it continues there without gaps or repeats.

use jiff::Timestamp;

/// Position after the last line that was returned: its time, and how many lines had that time. Several lines can be
/// written at the same time, and a log can only be requested from a whole second on.
#[derive(Debug, Default, Clone, Copy)]
pub struct Position {
    last: Option<Timestamp>,
    same: usize,
    /// Lines at `last` that come once more before a new one, since the log was opened again.
    repeated: usize,
}

impl Position {
    /// Prepares for a log that is opened again, and returns the time from which to request it.
    pub fn reopen(&mut self) -> Option<Timestamp> {
        self.repeated = self.same;
        self.last
    }

    /// Whether a line of this time is new. Lines without a time belong to the line before.
    pub fn is_new(&mut self, time: Option<Timestamp>) -> bool {
        let Some(time) = time else { return self.repeated == 0 };
        match self.last {
            Some(last) if time < last && self.repeated > 0 => false,
            Some(last) if time == last && self.repeated > 0 => {
                self.repeated -= 1;
                false
            }
            Some(last) if time == last => {
                self.same += 1;
                true
            }
            // Also a clock that was set back: nothing of a log that is read without interruption is dropped.
            _ => {
                *self = Position { last: Some(time), same: 1, repeated: 0 };
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_opened_again_goes_on_after_the_last_line() {
        let at = |nanoseconds| Some(Timestamp::from_nanosecond(nanoseconds).unwrap());
        let mut position = Position::default();
        assert_eq!(position.reopen(), None);
        for time in [10, 20, 20] {
            assert!(position.is_new(at(time)));
        }
        assert_eq!(position.reopen(), at(20));
        let again: Vec<bool> = [10, 20, 20, 20, 15, 30].map(|time| position.is_new(at(time))).to_vec();
        assert_eq!(again, [false, false, false, true, true, true]);
    }

    #[test]
    fn another_log_from_then_on_is_new() {
        let at = |nanoseconds| Some(Timestamp::from_nanosecond(nanoseconds).unwrap());
        let mut position = Position::default();
        assert!(position.is_new(at(20)));
        position.reopen();
        assert!(position.is_new(at(21)));
        assert!(position.is_new(None));
    }
}
