//! Retries of failed requests.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::charts::{Error, Limits, Result};
use crate::event::{Event, Events};

/// Number of attempts after which a failure is reported.
const ATTEMPTS: u32 = 4;

/// Longest wait that a server may ask for; a longer one is reported at once.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Attempts of one request.
pub(super) struct Attempts<'a> {
    events: &'a Events,
    backoff: Backoff,
    made: u32,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(limits: &Limits, events: &'a Events) -> Attempts<'a> {
        Attempts { events, backoff: Backoff::new(limits.pause, LONGEST_WAIT), made: 0 }
    }

    /// Waits before the next attempt. Returns `error` if a retry is of no use.
    pub(super) async fn pause(&mut self, error: Error, asked: Option<Duration>) -> Result<()> {
        let Some(delay) = self.pause_after(&error, asked) else { return Err(error) };
        let (what, cause) = (error.what().to_owned(), error.cause().to_owned());
        self.events.emit(Event::Retry { what, cause, delay });
        tokio::time::sleep(delay).await;
        Ok(())
    }

    fn pause_after(&mut self, error: &Error, asked: Option<Duration>) -> Option<Duration> {
        self.made += 1;
        if !error.kind().is_transient() || self.made >= ATTEMPTS {
            return None;
        }
        let pause = self.backoff.pause();
        match asked {
            Some(asked) => (asked <= LONGEST_WAIT).then(|| asked.max(pause)),
            None => Some(pause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::ErrorKind;

    fn pauses(kind: ErrorKind, asked: Option<u64>) -> Vec<Option<u128>> {
        let (limits, events) = (Limits::default(), Events::default());
        let mut attempts = Attempts::new(&limits, &events);
        let error = Error::new(kind, "fetch it", "broken");
        let pause = |_| attempts.pause_after(&error, asked.map(Duration::from_secs));
        (0..4).map(pause).map(|pause| pause.map(|it| it.as_millis())).collect()
    }

    #[test]
    fn transient_failures_are_retried_with_growing_pauses() {
        for kind in [ErrorKind::Server, ErrorKind::Unreachable, ErrorKind::TimedOut] {
            assert_eq!(pauses(kind, None), [Some(500), Some(1000), Some(2000), None]);
        }
    }

    #[test]
    fn other_failures_are_not_retried() {
        for kind in [ErrorKind::Refused, ErrorKind::NotFound, ErrorKind::Digest, ErrorKind::TooLarge] {
            assert_eq!(pauses(kind, None), [None; 4]);
        }
    }

    #[test]
    fn the_wait_that_a_server_asks_for_is_kept_unless_it_is_long() {
        assert_eq!(pauses(ErrorKind::Server, Some(5)), [Some(5000), Some(5000), Some(5000), None]);
        assert_eq!(pauses(ErrorKind::Server, Some(3600)), [None; 4]);
    }
}
