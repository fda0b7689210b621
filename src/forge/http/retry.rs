//! Retries of failed requests.

use std::time::Duration;

use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::event::{Event, Events};
use crate::forge::{Error, ErrorKind, Result};

/// Timeouts and back-off of requests to a forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Timeout of a connection attempt, with the TLS handshake.
    pub connect: Duration,
    /// Timeout of one request, until the last byte of the response.
    pub answer: Duration,
    /// Timeout of a question or a change with all retries.
    pub total: Duration,
    /// Back-off before the first retry; it doubles with each further one.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            total: Duration::from_mins(2),
            pause: Duration::from_millis(500),
        }
    }
}

impl Limits {
    /// Returns the default limits, none of them longer than `timeout`.
    pub fn within(timeout: Duration) -> Limits {
        let default = Limits::default();
        Limits {
            connect: default.connect.min(timeout),
            answer: default.answer.min(timeout),
            total: default.total.min(timeout),
            pause: default.pause.min(timeout),
        }
    }
}

/// Number of attempts after which a failure other than a rate limit is reported.
const ATTEMPTS: u32 = 4;

/// Wait after a rate limit without a time, as GitHub's documentation asks.
const DEFAULT_WAIT: Duration = Duration::from_mins(1);

/// Attempts of one question or change.
pub(in crate::forge) struct Attempts<'a> {
    events: &'a Events,
    backoff: Backoff,
    until: Instant,
    made: u32,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(limits: Limits, events: &'a Events) -> Attempts<'a> {
        let backoff = Backoff::new(limits.pause, limits.total);
        Attempts { events, backoff, until: Instant::now() + limits.total, made: 0 }
    }

    /// Waits before the next attempt. Returns `error` if a retry is of no use or would be too late.
    pub(in crate::forge) async fn pause(&mut self, error: Error) -> Result<()> {
        let Some(delay) = self.pause_after(error.kind(), Instant::now()) else { return Err(error) };
        let (what, cause) = (error.what().to_owned(), error.cause().to_owned());
        self.events.emit(Event::Retry { what, cause, delay });
        tokio::time::sleep(delay).await;
        Ok(())
    }

    fn pause_after(&mut self, kind: ErrorKind, now: Instant) -> Option<Duration> {
        self.made += 1;
        let pause = match kind {
            ErrorKind::RateLimited { wait } => wait.unwrap_or(DEFAULT_WAIT),
            _ if kind.is_transient() && self.made < ATTEMPTS => self.backoff.pause(),
            _ => return None,
        };
        (now + pause < self.until).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(kinds: &[ErrorKind]) -> Vec<Option<u64>> {
        let events = Events::default();
        let mut attempts = Attempts::new(Limits::default(), &events);
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for kind in kinds {
            let pause = attempts.pause_after(*kind, now);
            now += pause.unwrap_or_default();
            pauses.push(pause.map(|pause| u64::try_from(pause.as_millis()).expect("short")));
        }
        pauses
    }

    #[test]
    fn transient_failures_are_retried_with_growing_pauses() {
        for kind in [ErrorKind::Server, ErrorKind::Interrupted, ErrorKind::TimedOut, ErrorKind::Unreachable] {
            assert_eq!(pauses(&[kind; 4]), [Some(500), Some(1000), Some(2000), None], "{kind:?}");
        }
    }

    #[test]
    fn other_failures_are_not_retried() {
        for kind in [
            ErrorKind::Unauthorized,
            ErrorKind::Forbidden,
            ErrorKind::SingleSignOn,
            ErrorKind::NotFound,
            ErrorKind::Invalid,
            ErrorKind::Certificate,
        ] {
            assert_eq!(pauses(&[kind]), [None], "{kind:?}");
        }
    }

    #[test]
    fn a_rate_limit_is_awaited_if_it_ends_in_time() {
        let limited = |secs| ErrorKind::RateLimited { wait: Some(Duration::from_secs(secs)) };
        assert_eq!(pauses(&[limited(40), limited(40), limited(90)]), [Some(40_000), Some(40_000), None]);
        assert_eq!(pauses(&[ErrorKind::RateLimited { wait: None }]), [Some(60_000)]);
    }
}
