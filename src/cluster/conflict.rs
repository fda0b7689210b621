//! Retrying changes that conflict with the changes of others.

use std::time::Duration;

use super::request::Failure;
use crate::backoff::Backoff;

/// Attempts before a conflict is reported. Each conflict means that another client has succeeded, so more in a row
/// mean that one of them never stops.
const ATTEMPTS: usize = 10;

/// Pauses between attempts: three seconds in all.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(10), Duration::from_secs(1));

/// Repeats a change while the API server reports a conflict (409).
pub(super) async fn retry_conflicts<T>(change: impl AsyncFn() -> Result<T, Failure>) -> Result<T, Failure> {
    let mut backoff = BACKOFF;
    let mut attempt = 1;
    loop {
        match change().await {
            Err(failure) if failure.is_status(409) && attempt < ATTEMPTS => {
                tokio::time::sleep(backoff.pause()).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use kube::core::Status;

    use super::*;

    fn refusal(code: u16) -> Failure {
        Failure::Status(Box::new(Status { code, ..Status::default() }))
    }

    #[tokio::test]
    async fn a_conflict_is_retried_and_another_refusal_is_not() {
        for (code, wanted) in [(409, Some(3)), (403, None)] {
            let made = Cell::new(0);
            let outcome = retry_conflicts(async || {
                made.set(made.get() + 1);
                if made.get() < 3 { Err(refusal(code)) } else { Ok(made.get()) }
            });
            assert_eq!(outcome.await.ok(), wanted, "{code}");
        }
    }
}
