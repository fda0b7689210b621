//! Waiting for objects to become ready.
//!
//! The timeout is the time without progress. **Progress** is whatever has not been seen since the wait began: another
//! generation, another observed generation, a request that was handled, a condition with another status, reason or
//! message, another number of replicas. Numbers within messages do not count, and a state that comes back (an attempt
//! that fails again and again) does not either, so a wait always ends.

use std::time::Duration;

use serde_json::Value;

use super::Cluster;
use super::waits::{Goal, News};
use crate::backoff::Backoff;
use crate::error::{Error, Result};
use crate::event::{Event, Progress};
use crate::object::{ObjectMeta, ObjectRef};

/// Pauses between two checks: some controllers are done at once, others take minutes.
pub(super) const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));

/// What to wait for, and for how long.
#[derive(Debug, Clone, Copy, Default)]
pub struct WaitOptions<'a> {
    /// Longest time without progress.
    pub timeout: Duration,
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` whose request must have been handled (see
    /// `status.lastHandledReconcileAt`). None waits only for the current generation.
    pub requested_at: Option<&'a str>,
    /// Whether to keep waiting after a failed attempt that the controller will repeat by itself. Otherwise it ends
    /// the wait. `Stalled` always does.
    pub through_failures: bool,
    /// Whether [`Event::NotReady`] is reported.
    pub progress: Progress,
}

impl Cluster {
    /// Waits until an object is ready and returns it. An object that does not exist yet is waited for as well.
    ///
    /// An object that a Flux controller reconciles is ready when its `Ready` condition says so for the current
    /// generation, any other object by the rules of kstatus.
    ///
    /// # Errors
    /// The object failed, was deleted, or made no progress for `options.timeout`: with its conditions and recent
    /// events. An unreachable cluster counts as no progress.
    pub async fn wait_ready(&self, at: &ObjectRef, options: &WaitOptions<'_>) -> Result<Value> {
        let mut waits = self.waits(options.timeout, options.through_failures);
        let id = waits.add(at.clone(), Goal::Ready, options.requested_at);
        loop {
            match waits.next().await {
                Some((_, News::Waiting(message))) => {
                    if options.progress == Progress::Reported {
                        self.events.emit(Event::NotReady { object: at.clone(), message });
                    }
                }
                Some((_, News::Reached)) | None => return Ok(waits.object(id).cloned().unwrap_or_default()),
                Some((_, News::Failed(error) | News::TimedOut(error))) => return Err(error),
            }
        }
    }

    /// Adds the object's conditions and recent events to an error.
    pub(super) async fn with_diagnosis(&self, error: Error, object: &Value) -> Error {
        let diagnosis = self.diagnose(object).await;
        if diagnosis.is_empty() {
            return error;
        }
        let diagnosed = Error::new(error.kind(), format!("{error}\n{diagnosis}"));
        error.hints().iter().fold(diagnosed, Error::hint).redacted(&self.secrets.redactor())
    }

    /// Creates the error of a timeout. `what` says what did not happen, `latest` is the object as it was last read, and
    /// `trouble` why it could not be read since.
    pub(super) async fn timed_out(
        &self,
        what: String,
        latest: Option<&Value>,
        trouble: Option<&Error>,
    ) -> Error {
        if let Some(trouble) = trouble {
            let error = Error::new(trouble.kind(), format!("{what}: {trouble}"));
            return trouble.hints().iter().fold(error, Error::hint);
        }
        let Some(object) = latest else {
            return Error::timeout(format!("{what}: it does not exist"));
        };
        let error = if object.conditions().is_empty() {
            Error::timeout(format!("{what}: no controller has picked it up"))
                .hint("check that the Flux controllers are running: flux check")
        } else {
            Error::timeout(what)
                .hint("fix the reported problem and try again, or allow more time with --timeout")
        };
        self.with_diagnosis(error, object).await
    }
}

/// Returns the parts of an object whose change counts as progress.
pub(super) fn progress_state(object: &Value) -> String {
    let mut state = String::new();
    for pointer in [
        "/metadata/generation",
        "/status/observedGeneration",
        "/status/lastHandledReconcileAt",
        "/status/updatedReplicas",
        "/status/readyReplicas",
        "/status/availableReplicas",
    ] {
        state.push_str(&object.pointer(pointer).unwrap_or(&Value::Null).to_string());
        state.push(' ');
    }
    for condition in object.conditions() {
        for text in [condition.condition_type, condition.status, condition.reason, condition.message] {
            state.push_str(&without_numbers(&text));
            state.push('\n');
        }
    }
    state
}

/// Replaces every word that has a digit: times, counters and random parts of names change without progress.
fn without_numbers(text: &str) -> String {
    text.split(' ')
        .map(|word| if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_state_that_comes_back_is_no_progress() {
        let mut seen = HashSet::new();
        let mut progresses = |message: &str| {
            let conditions = json!([{"type": "Ready", "status": "Unknown", "message": message}]);
            seen.insert(progress_state(&json!({"status": {"conditions": conditions}})))
        };
        assert!(progresses("fetching"));
        assert!(progresses("failed, next attempt in 10s"));
        assert!(!progresses("fetching"));
        assert!(!progresses("failed, next attempt in 20s"));
        assert!(progresses("building"));
    }

    #[test]
    fn another_ready_replica_is_progress() {
        let replicas = |ready: u8| progress_state(&json!({"status": {"readyReplicas": ready}}));
        assert_ne!(replicas(1), replicas(2));
    }
}
