//! The current time as a value, so that a test can fix it.

use jiff::Timestamp;

/// Source of the current time for everything that appears in output or in objects: ages, `requestedAt`, dates.
///
/// Deadlines and back-offs use [`std::time::Instant`] instead, which no test needs to fix.
#[derive(Debug, Default, Clone, Copy)]
pub struct Clock(Option<Timestamp>);

impl Clock {
    /// Clock of the machine.
    pub fn system() -> Self {
        Clock(None)
    }

    /// Clock that stands still.
    pub fn fixed(now: Timestamp) -> Self {
        Clock(Some(now))
    }

    /// Current time.
    pub fn now(self) -> Timestamp {
        self.0.unwrap_or_else(Timestamp::now)
    }

    /// Current time in seconds since 1970, as OpenPGP writes it; none before 1970 and after 2106.
    pub fn unix_seconds(self) -> Option<u32> {
        u32::try_from(self.now().as_second()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_still() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(Clock::fixed(now).now(), now);
        assert!(Clock::system().now() > now);
    }

    #[test]
    fn seconds_are_counted_from_1970_to_2106() {
        let at = |second| Clock::fixed(Timestamp::from_second(second).unwrap()).unix_seconds();
        assert_eq!((at(-1), at(0), at(1 << 32)), (None, Some(0), None));
    }
}
