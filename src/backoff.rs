//! Waiting and retrying: one back-off policy for the API server, Git servers and forges.

use std::time::{Duration, Instant};

/// Pauses that double from a first to a longest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Creates a back-off with its first and its longest pause.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Backoff { first, longest, next: first }
    }

    /// Creates a back-off whose pauses all have the same length.
    pub const fn constant(pause: Duration) -> Self {
        Backoff::new(pause, pause)
    }

    /// Returns the next pause.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause
    }

    /// Starts again with the first pause.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Timeout that counts only the time without progress, and the pauses between two checks meanwhile.
#[derive(Debug)]
pub struct ProgressTimer {
    timeout: Duration,
    started: Instant,
    progressed: Instant,
    backoff: Backoff,
}

impl ProgressTimer {
    /// Longest total time, in timeouts, however much progress there is.
    const MAX_EXTENSIONS: u32 = 12;

    /// Starts a timer.
    pub fn start(timeout: Duration, backoff: Backoff) -> Self {
        let now = Instant::now();
        ProgressTimer { timeout, started: now, progressed: now, backoff }
    }

    /// Records progress: the timeout and the back-off start again.
    pub fn progress(&mut self) {
        self.progressed = Instant::now();
        self.backoff.reset();
    }

    /// Returns the time left until the timeout.
    pub fn left(&self) -> Duration {
        let without_progress = self.timeout.saturating_sub(self.progressed.elapsed());
        let total = self.timeout.saturating_mul(Self::MAX_EXTENSIONS);
        without_progress.min(total.saturating_sub(self.started.elapsed()))
    }

    /// Whether the timeout has passed.
    pub fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    /// Pauses before the next check, at most until the timeout.
    pub async fn pause(&mut self) {
        let pause = self.backoff.pause().min(self.left());
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::new(ms(100), ms(500));
        let pauses: Vec<Duration> = (0..5).map(|_| backoff.pause()).collect();
        assert_eq!(pauses, [ms(100), ms(200), ms(400), ms(500), ms(500)]);
        backoff.reset();
        assert_eq!(backoff.pause(), ms(100));
        let mut constant = Backoff::constant(ms(7));
        assert_eq!((constant.pause(), constant.pause()), (ms(7), ms(7)));
    }

    #[test]
    fn progress_extends_the_timeout_and_a_timeout_of_zero_is_over_at_once() {
        let mut timer = ProgressTimer::start(ms(60_000), Backoff::constant(ms(1)));
        timer.progressed -= ms(59_000);
        assert!(timer.left() <= ms(1_000));
        timer.progress();
        assert!(timer.left() > ms(50_000));
        assert!(ProgressTimer::start(Duration::ZERO, Backoff::constant(ms(1))).is_over());
    }

    #[test]
    fn a_wait_with_endless_progress_ends() {
        let mut timer = ProgressTimer::start(ms(1_000), Backoff::constant(ms(1)));
        timer.started -= ms(12_000);
        timer.progress();
        assert!(timer.is_over());
    }
}
