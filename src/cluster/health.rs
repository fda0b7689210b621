//! Health of an object of Flux, as people judge it: what failed, what only waits for something else, what is under way.

use serde_json::Value;

use super::verdict::{WAITING_FOR_OTHERS, is_of_current_generation};
use crate::kinds::{Kind, Reconciler};
use crate::object::ObjectMeta;

/// Health of an object of Flux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// The last attempt has failed.
    Failed,
    /// It waits for another object, such as its source or a dependency.
    Waiting,
    /// A controller works on it, or has not seen it yet.
    Progressing,
    /// It is suspended, whatever its last attempt was.
    Suspended,
    /// It is ready.
    Ready,
}

/// Health of an object with its cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosed {
    /// Health.
    pub health: Health,
    /// Reason in CamelCase, for programs; empty if none is reported.
    pub reason: String,
    /// Message, for people.
    pub message: String,
    /// When it came into this state, RFC 3339; empty if that is not known.
    pub since: String,
    /// Whether the controller will not try again by itself.
    pub stalled: bool,
}

impl Diagnosed {
    fn new(health: Health, message: impl Into<String>, since: &Value) -> Self {
        let since = since.as_str().unwrap_or_default().to_owned();
        Diagnosed { health, reason: String::new(), message: message.into(), since, stalled: false }
    }

    /// Health of an object and its cause.
    pub fn of(kind: &Kind, object: &Value) -> Self {
        let metadata = &object["metadata"];
        let ready = object.condition("Ready");
        if kind.suspension.holds(object) {
            let message = ready.map(|ready| ready.message).unwrap_or_default();
            return Diagnosed::new(Health::Suspended, message, &Value::Null);
        }
        if object.is_terminating() {
            return Diagnosed::new(
                Health::Progressing,
                "it is being deleted",
                &metadata["deletionTimestamp"],
            );
        }
        let Some(ready) = ready else {
            if (kind.reconciler)(object) == Reconciler::Static {
                return Diagnosed::new(Health::Ready, "", &Value::Null);
            }
            let message = "no status has been reported yet";
            return Diagnosed::new(Health::Progressing, message, &metadata["creationTimestamp"]);
        };
        let stalled = object.condition("Stalled").is_some_and(|stalled| stalled.is_true());
        // Other work on an object in this state has not changed it.
        let is_busy = object
            .condition("Reconciling")
            .is_some_and(|it| it.is_true() && it.reason != "ProgressingWithRetry" && !ready.is_false());
        let is_old = kind.acknowledges
            && (kind.reconciler)(object) == Reconciler::Dynamic
            && !is_of_current_generation(object, &ready);
        let health = match () {
            () if stalled => Health::Failed,
            () if is_old || is_busy => Health::Progressing,
            () if ready.is_true() => Health::Ready,
            () if WAITING_FOR_OTHERS.contains(&ready.reason.as_str()) => Health::Waiting,
            () if ready.is_false() => Health::Failed,
            () => Health::Progressing,
        };
        let message = if is_old && !stalled {
            "the current generation has not been observed yet".to_owned()
        } else {
            ready.message
        };
        Diagnosed { health, reason: ready.reason, message, since: ready.last_transition_time, stalled }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::{ALERT, KUSTOMIZATION};

    fn health(conditions: &Value) -> Health {
        let object = json!({"metadata": {"generation": 1}, "status": {"observedGeneration": 1, "conditions": conditions}});
        Diagnosed::of(&KUSTOMIZATION, &object).health
    }

    fn ready(status: &str, reason: &str) -> Value {
        json!({"type": "Ready", "status": status, "reason": reason})
    }

    #[test]
    fn failures_of_others_are_no_failures() {
        assert_eq!(health(&json!([ready("True", "Succeeded")])), Health::Ready);
        assert_eq!(health(&json!([ready("False", "BuildFailed")])), Health::Failed);
        assert_eq!(health(&json!([ready("False", "DependencyNotReady")])), Health::Waiting);
        assert_eq!(health(&json!([ready("Unknown", "Progressing")])), Health::Progressing);
    }

    #[test]
    fn a_retry_of_a_failure_is_still_a_failure() {
        let reconciling = |reason: &str| json!({"type": "Reconciling", "status": "True", "reason": reason});
        for reason in ["ProgressingWithRetry", "Progressing"] {
            assert_eq!(health(&json!([ready("False", "BuildFailed"), reconciling(reason)])), Health::Failed);
        }
        assert_eq!(health(&json!([ready("True", "x"), reconciling("NewGeneration")])), Health::Progressing);
        let stalled = json!({"type": "Stalled", "status": "True"});
        assert_eq!(health(&json!([ready("Unknown", "x"), stalled])), Health::Failed);
    }

    #[test]
    fn what_nobody_has_seen_is_under_way_unless_nobody_looks_after_it() {
        let object = json!({"metadata": {"generation": 2, "creationTimestamp": "2026-01-01T00:00:00Z"}});
        let found = Diagnosed::of(&KUSTOMIZATION, &object);
        assert_eq!((found.health, found.since.as_str()), (Health::Progressing, "2026-01-01T00:00:00Z"));
        assert_eq!(Diagnosed::of(&ALERT, &object).health, Health::Ready);
        let old = json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1, "conditions": [ready("True", "x")]}});
        assert_eq!(Diagnosed::of(&KUSTOMIZATION, &old).health, Health::Progressing);
        let mut suspended = old.clone();
        suspended["spec"]["suspend"] = true.into();
        assert_eq!(Diagnosed::of(&KUSTOMIZATION, &suspended).health, Health::Suspended);
    }
}
