//! What the API server cannot select: objects by their state.

use std::time::Duration;

use jiff::Timestamp;

use super::selector::StatusSelector;
use crate::kinds::{Kind, Summary};

/// Selects objects by their state. Every part must hold.
#[derive(Debug)]
pub struct Filter {
    /// Condition that objects have or do not have.
    pub status: Option<StatusSelector>,
    /// Only suspended objects.
    pub suspended: bool,
    /// Only objects that are not ready.
    pub not_ready: bool,
    /// Only objects without a successful run for this long.
    pub stale: Option<Duration>,
    /// Current time.
    pub now: Timestamp,
}

impl Filter {
    /// Whether an object is selected.
    pub fn selects(&self, kind: &Kind, object: &Summary) -> bool {
        let is_ready = || (kind.ready)(object).0 == "True";
        self.status.as_ref().is_none_or(|status| status.matches(kind, object))
            && (!self.suspended || kind.is_suspended(object))
            && (!self.not_ready || !is_ready())
            && self.stale.is_none_or(|limit| self.is_stale(kind, object, limit))
    }

    /// Whether an object had no successful run for this long, as far as it tells: by the time of its last run, or else,
    /// if it is not ready or suspended, by the time since which its condition is as it is. An object without either
    /// was never reconciled, so its age counts.
    fn is_stale(&self, kind: &Kind, object: &Summary, limit: Duration) -> bool {
        let waits = kind.is_suspended(object) || (kind.ready)(object).0 != "True";
        let since = match object.last_run() {
            Some(run) => Some(run),
            None if !waits => None,
            None => object.ready_since().or(object.metadata.creation_timestamp.as_deref()),
        };
        let since = since.and_then(|time| time.parse::<Timestamp>().ok());
        since.is_some_and(|since| self.now.duration_since(since).unsigned_abs() >= limit && since < self.now)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::kinds::{ALERT, GIT_REPOSITORY, IMAGE_REPOSITORY, KUSTOMIZATION};

    fn is_stale(kind: &Kind, object: &Value) -> bool {
        let filter = Filter {
            status: None,
            suspended: false,
            not_ready: false,
            stale: Some(Duration::from_hours(1)),
            now: "2026-01-01T12:00:00Z".parse().unwrap(),
        };
        filter.selects(kind, &serde_json::from_value(object.clone()).unwrap())
    }

    fn ready(status: &str, since: &str) -> Value {
        json!({"conditions": [{"type": "Ready", "status": status, "lastTransitionTime": since}]})
    }

    #[test]
    fn a_recorded_reconciliation_decides_whether_an_object_is_stale() {
        let run = |time: &str| {
            json!({"status": {"history": [
                {"lastReconciled": "2026-01-01T11:59:00Z", "lastReconciledStatus": "BuildFailed"},
                {"lastReconciled": time, "lastReconciledStatus": "ReconciliationSucceeded"},
            ]}})
        };
        assert!(is_stale(&KUSTOMIZATION, &run("2026-01-01T10:59:00Z")));
        assert!(!is_stale(&KUSTOMIZATION, &run("2026-01-01T11:01:00Z")));
        let scan = |time: &str| json!({"status": {"lastScanResult": {"scanTime": time}}});
        assert!(is_stale(&IMAGE_REPOSITORY, &scan("2026-01-01T10:59:00Z")));
        assert!(!is_stale(&IMAGE_REPOSITORY, &scan("2026-01-01T11:59:00Z")));
    }

    #[test]
    fn without_a_recorded_reconciliation_only_suspended_and_unready_objects_are_stale() {
        let (old, new) = ("2026-01-01T10:00:00Z", "2026-01-01T11:30:00Z");
        assert!(is_stale(&GIT_REPOSITORY, &json!({"status": ready("False", old)})));
        assert!(!is_stale(&GIT_REPOSITORY, &json!({"status": ready("False", new)})));
        assert!(!is_stale(&GIT_REPOSITORY, &json!({"status": ready("True", old)})));
        assert!(is_stale(&GIT_REPOSITORY, &json!({"spec": {"suspend": true}, "status": ready("True", old)})));
        assert!(is_stale(&GIT_REPOSITORY, &json!({"metadata": {"creationTimestamp": old}})));
        assert!(!is_stale(&GIT_REPOSITORY, &json!({})));
        assert!(!is_stale(&ALERT, &json!({"metadata": {"creationTimestamp": old}})));
    }
}
