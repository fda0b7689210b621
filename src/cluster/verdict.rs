//! Whether an object that is waited for is ready, has failed, or is worth waiting for.

use jiff::Timestamp;
use serde_json::Value;

use super::WaitOptions;
use super::kstatus::{Readiness, readiness};
use crate::kinds::{self, Reconciler};
use crate::object::{Condition, ObjectMeta, Resource};

/// Reasons of `Ready=False` that name another object to wait for.
pub(super) const WAITING_FOR_OTHERS: &[&str] =
    &["DependencyNotReady", "ArtifactFailed", "SourceNotReady", "HelmChartNotReady"];

/// State of an object that is waited for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is ready.
    Ready,
    /// It may become ready. The message says what is missing.
    Waiting(String),
    /// It has failed.
    Failed,
}

/// Returns the state of an object.
pub(super) fn judge(resource: &Resource, object: &Value, options: &WaitOptions<'_>) -> Verdict {
    let kind = kinds::of_resource(resource);
    let acknowledges = kind.is_none_or(|kind| kind.acknowledges);
    let reconciled = kind.is_some_and(|kind| (kind.reconciler)(object) == Reconciler::Dynamic);
    if kind.is_some() && !reconciled {
        return Verdict::Ready;
    }
    if reconciled {
        if let Some(requested) = options.requested_at
            && acknowledges
            && !is_handled(object, requested)
        {
            return Verdict::Waiting("the request has not been picked up yet".into());
        }
        let Some(ready) = object.condition("Ready") else {
            return Verdict::Waiting("no status has been reported yet".into());
        };
        if acknowledges && !is_of_current_generation(object, &ready) {
            return Verdict::Waiting("the current generation has not been observed yet".into());
        }
        if !options.through_failures && has_failed(object, &ready) {
            return Verdict::Failed;
        }
    }
    match readiness(object) {
        Readiness::Current => Verdict::Ready,
        Readiness::InProgress(message) => Verdict::Waiting(message),
        Readiness::Failed(_) => Verdict::Failed,
        Readiness::Terminating => Verdict::Waiting("it is being deleted".into()),
    }
}

/// Whether the request of this time, or a later one, was handled.
fn is_handled(object: &Value, requested: &str) -> bool {
    let handled = object["status"]["lastHandledReconcileAt"].as_str().unwrap_or_default();
    if handled == requested {
        return true;
    }
    match (handled.parse::<Timestamp>(), requested.parse::<Timestamp>()) {
        (Ok(handled), Ok(requested)) => handled >= requested,
        _ => false,
    }
}

/// Whether a condition describes the current generation. Conditions of some kinds do not say (0); there the status
/// as a whole does.
pub(super) fn is_of_current_generation(object: &Value, condition: &Condition) -> bool {
    let observed = Some(condition.observed_generation).filter(|observed| *observed != 0);
    observed.or_else(|| object.observed_generation()) == Some(object.generation().unwrap_or(0))
}

/// Whether the last attempt is over and has failed. Flux's controllers set `Reconciling=True` with the reason
/// `ProgressingWithRetry` on what they will try again.
fn has_failed(object: &Value, ready: &Condition) -> bool {
    let is_over = object
        .condition("Reconciling")
        .is_none_or(|reconciling| !reconciling.is_true() || reconciling.reason == "ProgressingWithRetry");
    ready.is_false() && is_over && !WAITING_FOR_OTHERS.contains(&ready.reason.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const REQUESTED: &str = "2026-01-01T00:00:01.5Z";

    fn kustomization(handled: &str, conditions: &Value) -> Value {
        json!({
            "metadata": {"generation": 2},
            "status": {"observedGeneration": 2, "lastHandledReconcileAt": handled, "conditions": conditions},
        })
    }

    fn verdict(object: &Value, options: &WaitOptions<'_>) -> Verdict {
        judge(&Resource::from(&kinds::KUSTOMIZATION), object, options)
    }

    fn requested() -> WaitOptions<'static> {
        WaitOptions { requested_at: Some(REQUESTED), ..WaitOptions::default() }
    }

    #[test]
    fn an_answer_to_an_older_request_does_not_count() {
        let ready = json!([{"type": "Ready", "status": "True"}]);
        for handled in ["", "before", "2026-01-01T00:00:01Z"] {
            assert!(
                matches!(verdict(&kustomization(handled, &ready), &requested()), Verdict::Waiting(_)),
                "{handled}"
            );
        }
        for handled in [REQUESTED, "2026-01-01T01:00:02+01:00"] {
            assert_eq!(verdict(&kustomization(handled, &ready), &requested()), Verdict::Ready, "{handled}");
        }
        assert_eq!(verdict(&kustomization("", &ready), &WaitOptions::default()), Verdict::Ready);
    }

    #[test]
    fn a_condition_of_an_older_generation_does_not_count() {
        let old =
            json!([{"type": "Ready", "status": "False", "reason": "BuildFailed", "observedGeneration": 1}]);
        assert!(matches!(verdict(&kustomization("", &old), &WaitOptions::default()), Verdict::Waiting(_)));
        assert!(matches!(
            verdict(&json!({"metadata": {"generation": 1}}), &WaitOptions::default()),
            Verdict::Waiting(_)
        ));
    }

    #[test]
    fn a_failed_attempt_ends_the_wait_unless_failures_are_allowed() {
        let failed = kustomization(
            REQUESTED,
            &json!([
                {"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "m"},
                {"type": "Reconciling", "status": "True", "reason": "ProgressingWithRetry", "message": "m"},
            ]),
        );
        assert_eq!(verdict(&failed, &requested()), Verdict::Failed);
        let through = WaitOptions { through_failures: true, ..requested() };
        assert_eq!(verdict(&failed, &through), Verdict::Waiting("m".into()));
    }

    #[test]
    fn an_attempt_in_progress_or_waiting_for_another_object_has_not_failed() {
        let in_progress = json!([
            {"type": "Ready", "status": "False", "reason": "BuildFailed"},
            {"type": "Reconciling", "status": "True", "reason": "Progressing", "message": "building"},
        ]);
        assert_eq!(
            verdict(&kustomization(REQUESTED, &in_progress), &requested()),
            Verdict::Waiting("building".into())
        );
        let blocked =
            json!([{"type": "Ready", "status": "False", "reason": "DependencyNotReady", "message": "m"}]);
        assert_eq!(verdict(&kustomization(REQUESTED, &blocked), &requested()), Verdict::Waiting("m".into()));
    }

    #[test]
    fn a_stalled_object_has_failed_in_any_case() {
        let stalled = json!([{"type": "Ready", "status": "False", "reason": "DependencyNotReady"}, {"type": "Stalled", "status": "True"}]);
        let through = WaitOptions { through_failures: true, ..requested() };
        assert_eq!(verdict(&kustomization(REQUESTED, &stalled), &through), Verdict::Failed);
    }

    #[test]
    fn an_object_without_a_controller_is_ready() {
        let alert = Resource::from(&kinds::ALERT);
        assert_eq!(judge(&alert, &json!({"metadata": {"generation": 7}}), &requested()), Verdict::Ready);
    }
}
