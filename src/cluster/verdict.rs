//! Whether an object that is waited for is ready, has failed, or is worth waiting for.

use jiff::Timestamp;
use serde_json::Value;

use super::kstatus::{Readiness, readiness};
use super::waits::Goal;
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

/// Returns the state of an object with respect to what it is waited for. `requested_at` and `through_failures` are as in
/// [`WaitOptions`](super::WaitOptions).
pub(super) fn judge(
    resource: &Resource,
    object: &Value,
    goal: &Goal,
    requested_at: Option<&str>,
    through_failures: bool,
) -> Verdict {
    match goal {
        Goal::Ready => ready(resource, object, requested_at, through_failures),
        Goal::Revision(wanted) => {
            // A failure of another revision says nothing about this one.
            let is_attempted =
                object["status"]["lastAttemptedRevision"].as_str().is_some_and(|it| is_revision(it, wanted));
            match ready(resource, object, requested_at, through_failures || !is_attempted) {
                Verdict::Ready => at_revision(resource, object, wanted),
                other => other,
            }
        }
        Goal::Suspended if is_suspended(resource, object) => Verdict::Ready,
        Goal::Suspended => Verdict::Waiting("it is not suspended".into()),
        Goal::Deleted if object.is_terminating() => Verdict::Waiting("it is being deleted".into()),
        Goal::Deleted => Verdict::Waiting("it still exists".into()),
    }
}

fn is_suspended(resource: &Resource, object: &Value) -> bool {
    kinds::of_resource(resource).is_some_and(|kind| kind.suspension.holds(object))
}

fn at_revision(resource: &Resource, object: &Value, wanted: &str) -> Verdict {
    match kinds::of_resource(resource).and_then(|kind| (kind.revision)(object)) {
        Some(revision) if is_revision(&revision, wanted) => Verdict::Ready,
        Some(revision) => Verdict::Waiting(format!("it is at revision {revision}")),
        None => Verdict::Waiting("it has no revision".into()),
    }
}

/// Whether a revision such as `main@sha1:<40 hex>` is what a user names: all of it, its start up to a part of the digest,
/// its name alone, or at least 7 digits of its digest.
fn is_revision(revision: &str, wanted: &str) -> bool {
    let (name, digest) = match revision.rsplit_once(':') {
        Some((name, digest)) => (name.rsplit_once('@').map_or("", |(name, _)| name), digest),
        None => (revision, ""),
    };
    let is_digest = wanted.len() >= 7 && wanted.bytes().all(|byte| byte.is_ascii_hexdigit());
    revision == wanted
        || name == wanted
        || (wanted.contains(':') && revision.starts_with(wanted))
        || (is_digest && digest.starts_with(wanted))
}

/// Message of an object that was reconciled and waits for another one.
pub(super) fn waits_for_others(object: &Value, requested_at: Option<&str>) -> Option<String> {
    let ready = object.condition("Ready")?;
    let is_current = requested_at.is_none_or(|requested| is_handled(object, requested))
        && is_of_current_generation(object, &ready);
    (is_current && !ready.is_true() && WAITING_FOR_OTHERS.contains(&ready.reason.as_str()))
        .then_some(ready.message)
}

fn ready(resource: &Resource, object: &Value, requested_at: Option<&str>, through_failures: bool) -> Verdict {
    let kind = kinds::of_resource(resource);
    let acknowledges = kind.is_none_or(|kind| kind.acknowledges);
    let reconciled = kind.is_some_and(|kind| (kind.reconciler)(object) == Reconciler::Dynamic);
    if kind.is_some() && !reconciled {
        return Verdict::Ready;
    }
    if reconciled {
        if let Some(requested) = requested_at
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
        if !through_failures && has_failed(object, &ready) {
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
    use crate::cluster::WaitOptions;

    const REQUESTED: &str = "2026-01-01T00:00:01.5Z";

    fn kustomization(handled: &str, conditions: &Value) -> Value {
        json!({
            "metadata": {"generation": 2},
            "status": {"observedGeneration": 2, "lastHandledReconcileAt": handled, "conditions": conditions},
        })
    }

    fn verdict(object: &Value, options: &WaitOptions<'_>) -> Verdict {
        judged(&kinds::KUSTOMIZATION, object, options)
    }

    fn judged(kind: &kinds::Kind, object: &Value, options: &WaitOptions<'_>) -> Verdict {
        judge(&Resource::from(kind), object, &Goal::Ready, options.requested_at, options.through_failures)
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
        assert_eq!(
            judged(&kinds::ALERT, &json!({"metadata": {"generation": 7}}), &requested()),
            Verdict::Ready
        );
    }

    #[test]
    fn a_revision_is_named_in_full_or_by_a_part() {
        let revision = "main@sha1:0123456789abcdef0123456789abcdef01234567";
        for wanted in
            [revision, "main", "main@sha1:0123", "0123456", "0123456789abcdef0123456789abcdef01234567"]
        {
            assert!(is_revision(revision, wanted), "{wanted}");
        }
        for wanted in ["012345", "mai", "sha1", "1234567", "feature"] {
            assert!(!is_revision(revision, wanted), "{wanted}");
        }
        assert!(is_revision("6.6.2", "6.6.2") && !is_revision("6.6.20", "6.6.2"));
        assert!(is_revision("sha256:0123456789", "01234567"));
    }

    #[test]
    fn a_failure_of_another_revision_does_not_end_the_wait_for_a_revision() {
        let goal = Goal::Revision("abcdef0".into());
        let verdict = |attempted: &str, ready: &str| {
            let conditions =
                json!([{"type": "Ready", "status": ready, "reason": "BuildFailed", "message": "m"}]);
            let mut object = kustomization("", &conditions);
            object["status"]["lastAttemptedRevision"] = format!("main@sha1:{attempted}").into();
            object["status"]["lastAppliedRevision"] = format!("main@sha1:{attempted}").into();
            judge(&Resource::from(&kinds::KUSTOMIZATION), &object, &goal, None, false)
        };
        assert_eq!(verdict("1234567", "False"), Verdict::Waiting("m".into()));
        assert_eq!(verdict("abcdef0", "False"), Verdict::Failed);
        assert_eq!(
            verdict("1234567", "True"),
            Verdict::Waiting("it is at revision main@sha1:1234567".into())
        );
        assert_eq!(verdict("abcdef0", "True"), Verdict::Ready);
    }

    #[test]
    fn an_object_waits_for_others_once_the_request_was_handled() {
        let blocked =
            json!([{"type": "Ready", "status": "False", "reason": "DependencyNotReady", "message": "m"}]);
        let object = kustomization(REQUESTED, &blocked);
        assert_eq!(waits_for_others(&object, Some(REQUESTED)), Some("m".into()));
        assert_eq!(waits_for_others(&object, Some("2026-01-01T00:00:02Z")), None);
        let failed = json!([{"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "m"}]);
        assert_eq!(waits_for_others(&kustomization(REQUESTED, &failed), None), None);
    }
}
