//! When a failed call is made again.

use std::time::Duration;

use tokio::time::Instant;

use super::{Error, ErrorKind, Event, Events, Result};

/// How long to wait for a forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To connect, TLS included.
    pub connect: Duration,
    /// For an answer to one request, from sending it to its last byte.
    pub answer: Duration,
    /// For a question or a change with all its attempts and pauses.
    pub total: Duration,
    /// The pause before the second attempt; it doubles with each further one.
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
    /// The default limits, none of them above `timeout`.
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

/// Attempts after which a failure that is not a rate limit is taken for lasting.
const ATTEMPTS: u32 = 4;

/// What a forge that limits the rate without saying for how long is given, as GitHub's documentation asks.
const UNTOLD_WAIT: Duration = Duration::from_mins(1);

/// The attempts of one question or change.
pub(super) struct Attempts<'a> {
    limits: Limits,
    events: &'a Events,
    until: Instant,
    made: u32,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(limits: Limits, events: &'a Events) -> Attempts<'a> {
        Attempts { limits, events, until: Instant::now() + limits.total, made: 0 }
    }

    /// Pauses before the next attempt after `error`, or gives it back: it will not pass, or not in time.
    pub(super) async fn pause(&mut self, error: Error) -> Result<()> {
        let Some(pause) = self.pause_after(error.kind(), Instant::now()) else { return Err(error) };
        (self.events)(Event::Waiting { what: error.what().to_owned(), why: error.cause().to_owned(), pause });
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn pause_after(&mut self, kind: ErrorKind, now: Instant) -> Option<Duration> {
        self.made += 1;
        let pause = match kind {
            ErrorKind::RateLimited { wait } => wait.unwrap_or(UNTOLD_WAIT),
            _ if kind.is_passing() && self.made < ATTEMPTS => self.limits.pause * (1 << (self.made - 1)),
            _ => return None,
        };
        (now + pause < self.until).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn pauses(kinds: &[ErrorKind]) -> Vec<Option<u64>> {
        let events: Events = Arc::new(|_| ());
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
    fn what_passes_is_tried_again_with_growing_pauses_and_then_given_up() {
        for kind in [ErrorKind::Server, ErrorKind::Interrupted, ErrorKind::TimedOut, ErrorKind::Unreachable] {
            assert_eq!(pauses(&[kind; 4]), [Some(500), Some(1000), Some(2000), None], "{kind:?}");
        }
    }

    #[test]
    fn what_lasts_is_not_tried_again() {
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
    fn a_rate_limit_is_waited_for_if_it_ends_in_time() {
        let limited = |secs| ErrorKind::RateLimited { wait: Some(Duration::from_secs(secs)) };
        assert_eq!(pauses(&[limited(40), limited(40), limited(90)]), [Some(40_000), Some(40_000), None]);
        assert_eq!(pauses(&[ErrorKind::RateLimited { wait: None }]), [Some(60_000)]);
    }
}
