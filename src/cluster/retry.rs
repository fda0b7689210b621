//! Repeating requests while the API server is busy or starting.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::response::Parts;
use http::{Method, StatusCode};
use kube::core::Status;
use tokio::time::{Instant, sleep, timeout};

use super::request::{Content, Failure};
use super::{Cluster, answer};
use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind};
use crate::event::Event;

/// Pauses before a request is repeated, if the server names none.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(5));

/// Time after which users are told that the server is not ready.
const QUIET: Duration = Duration::from_secs(2);

impl Cluster {
    /// Sends a request, repeats it until the timeout while the server is busy or starting, and returns the body of
    /// the answer. Reports [`Event::ServerNotReady`].
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(Content, Vec<u8>)>,
    ) -> Result<Vec<u8>, Failure> {
        let started = Instant::now();
        let mut backoff = BACKOFF;
        let mut last: Option<Status> = None;
        loop {
            let left = self.timeout.saturating_sub(started.elapsed());
            let Ok(answer) = timeout(left, self.exchange(&method, path, body.as_ref())).await else {
                return Err(match &last {
                    Some(status) => self.never_ready(status, started.elapsed()),
                    None => self.no_answer_within(self.timeout),
                });
            };
            let (parts, bytes) = answer?;
            if parts.status.is_success() {
                self.reported_not_ready.store(false, Ordering::Relaxed);
                return Ok(bytes);
            }
            let retry_after = retry_after(&parts);
            if retry_after.is_none() && !is_transient(parts.status, &method) {
                return Err(self.refused(&parts, &bytes).await);
            }
            let status = last.insert(answer::made_status(parts.status, &bytes));
            let left = self.timeout.saturating_sub(started.elapsed());
            if left.is_zero() || retry_after.is_some_and(|pause| pause > left) {
                return Err(self.never_ready(status, started.elapsed()));
            }
            let pause = retry_after.unwrap_or_else(|| backoff.pause()).min(left);
            if started.elapsed() + pause >= QUIET {
                self.report_not_ready(status);
            }
            sleep(pause).await;
        }
    }

    /// Reports that the server is not ready, once until it answers again.
    fn report_not_ready(&self, status: &Status) {
        if !self.reported_not_ready.swap(true, Ordering::Relaxed) {
            self.events.emit(Event::ServerNotReady { message: self.not_ready(status) });
        }
    }

    fn not_ready(&self, status: &Status) -> String {
        let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let state = if code == StatusCode::TOO_MANY_REQUESTS { "busy" } else { "not ready" };
        let message = status.message.lines().next().unwrap_or_default().trim();
        // HTML pages and messages that repeat the code add nothing.
        let message = if message.is_empty() || message.contains('<') || code.to_string().contains(message) {
            String::new()
        } else {
            format!(": {message}")
        };
        format!("the Kubernetes API server {} is {state} ({code}{message})", self.server)
    }

    /// Returns the failure of a server that was not ready until the timeout.
    fn never_ready(&self, status: &Status, waited: Duration) -> Failure {
        let waited = Duration::from_secs(waited.as_secs());
        Failure::Other(
            Error::new(ErrorKind::Unreachable, format!("{}, and has been for {waited:?}", self.not_ready(status)))
                .hint("wait until the cluster has started (on K3s, see `journalctl -u k3s`), or allow more time with --timeout"),
        )
    }
}

/// Returns the pause that a busy or starting server asks for (`Retry-After`). It has not processed the request, so
/// that changes may be repeated as well.
fn retry_after(answer: &Parts) -> Option<Duration> {
    let busy = answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error();
    let seconds = answer.headers.get(http::header::RETRY_AFTER).filter(|_| busy)?;
    seconds.to_str().ok()?.parse().map(Duration::from_secs).ok()
}

/// Whether the same request may succeed later. After a gateway timeout it is unknown whether a change was made.
fn is_transient(code: StatusCode, method: &Method) -> bool {
    match code {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
        StatusCode::GATEWAY_TIMEOUT => method == Method::GET,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_server_says_when_to_retry() {
        let pause = |status: u16, after: Option<&str>| {
            let mut answer = http::Response::builder().status(status);
            if let Some(after) = after {
                answer = answer.header("Retry-After", after);
            }
            retry_after(&answer.body(()).unwrap().into_parts().0)
        };
        assert_eq!(pause(429, Some("1")), Some(Duration::from_secs(1)));
        assert_eq!(pause(503, Some("2")), Some(Duration::from_secs(2)));
        assert_eq!(pause(503, None), None);
        assert_eq!(pause(403, Some("1")), None);
    }

    #[test]
    fn a_change_that_may_have_been_made_is_not_repeated() {
        for code in [429, 503] {
            assert!(is_transient(StatusCode::from_u16(code).unwrap(), &Method::POST), "{code}");
        }
        assert!(is_transient(StatusCode::GATEWAY_TIMEOUT, &Method::GET));
        assert!(!is_transient(StatusCode::GATEWAY_TIMEOUT, &Method::POST));
        assert!(!is_transient(StatusCode::INTERNAL_SERVER_ERROR, &Method::GET));
    }
}
