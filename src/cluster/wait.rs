//! Waiting for objects: one set of rules for everything that waits.
//!
//! **Progress** is whatever has not been seen since the wait began: another generation, another
//! observed generation, a request that was handled, a condition with another status, reason or
//! message, a replica more. Numbers within messages do not count, and a state that comes back
//! (an attempt that fails again and again) does not either, so a wait always ends. The timeout is
//! the time without progress.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::ready::{Readiness, readiness};
use super::{Cluster, Resource};
use crate::error::{Error, Kind, Result};
use crate::kinds::{self, Reconciler};

/// The first pause between two looks, and the longest: controllers mostly answer at once or take
/// their time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A wait lasts at most as many timeouts, whatever moves.
const MOST_EXTENSIONS: u32 = 12;

/// Reasons of `Ready=False` that name something else to wait for; it may come.
const WAITING_FOR_OTHERS: &[&str] =
    &["DependencyNotReady", "ArtifactFailed", "SourceNotReady", "HelmChartNotReady"];

/// What to wait for, and for how long.
#[derive(Debug, Clone, Copy, Default)]
pub struct WaitOptions<'a> {
    /// The longest time without progress.
    pub timeout: Duration,
    /// The value of the annotation `reconcile.fluxcd.io/requestedAt` whose request must have been
    /// handled (`status.lastHandledReconcileAt` has caught up with it). None waits for the
    /// object's present generation alone.
    pub requested_at: Option<&'a str>,
    /// Whether an attempt that failed, and that the controller will repeat by itself, is waited
    /// out. Otherwise it ends the wait at once. `Stalled` ends it in any case.
    pub through_failures: bool,
}

impl Cluster {
    /// Waits until the object is ready, and returns it as it is then.
    ///
    /// An object of a Flux kind that a controller works on is ready when its `Ready` condition
    /// says so of its present generation; any other object by the rules of kstatus. An object
    /// that is not there yet is waited for too. `on_progress` gets a sentence each time that
    /// something has moved.
    ///
    /// # Errors
    /// The object failed, was deleted, or nothing moved for `options.timeout`: with the object's
    /// conditions and last events. A cluster that cannot be reached counts as nothing moving.
    pub async fn wait_ready(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        options: &WaitOptions<'_>,
        mut on_progress: impl FnMut(&str),
    ) -> Result<Value> {
        let subject = subject(resource, namespace, name);
        let mut patience = Patience::new(options.timeout);
        let mut latest: Option<Value> = None;
        let mut trouble: Option<Error> = None;
        loop {
            let found = self.find(resource, namespace, name);
            match tokio::time::timeout(patience.left(), found).await {
                Ok(Ok(Some(object))) => {
                    trouble = None;
                    let verdict = judge(resource, &object, options);
                    match &verdict {
                        Verdict::Ready => return Ok(object),
                        Verdict::Failed => {
                            return Err(self.told(Error::failed(format!("{subject} failed")), &object).await);
                        }
                        Verdict::Waiting(_) => {}
                    }
                    if patience.moved(&object)
                        && let Verdict::Waiting(message) = verdict
                    {
                        on_progress(&self.secrets.redactor().redact(&message));
                    }
                    latest = Some(object);
                }
                Ok(Ok(None)) if latest.is_some() => {
                    return Err(Error::failed(format!("{subject} was deleted while it was waited for")));
                }
                Ok(Ok(None)) => trouble = None,
                Ok(Err(error)) if passes(&error) => trouble = Some(error),
                Ok(Err(error)) => return Err(error),
                Err(_) => {}
            }
            if patience.is_over() {
                return Err(self.too_late(&subject, options.timeout, latest, trouble).await);
            }
            patience.pause().await;
        }
    }

    /// The error with what the cluster says of the object.
    async fn told(&self, error: Error, object: &Value) -> Error {
        let diagnosis = self.diagnose(object).await;
        if diagnosis.is_empty() {
            return error;
        }
        let told = Error::new(error.kind(), format!("{error}\n{diagnosis}"));
        error.hints().iter().fold(told, Error::hint).redacted(&self.secrets.redactor())
    }

    async fn too_late(
        &self,
        subject: &str,
        timeout: Duration,
        latest: Option<Value>,
        trouble: Option<Error>,
    ) -> Error {
        let what = format!("{subject} is not ready after {timeout:?} without progress");
        if let Some(trouble) = trouble {
            let error = Error::new(trouble.kind(), format!("{what}: {trouble}"));
            return trouble.hints().iter().fold(error, Error::hint);
        }
        let Some(object) = latest else {
            return Error::timeout(format!("{what}: it is not there"));
        };
        let error = if is_reported_on(&object) {
            Error::timeout(what).hint("allow more time by --timeout, or mend what it says and try again")
        } else {
            Error::timeout(format!("{what}: no controller has taken it up"))
                .hint("see whether Flux's controllers run: flux check")
        };
        self.told(error, &object).await
    }
}

/// What the object is called in messages: `Kind/namespace/name`.
fn subject(resource: &Resource, namespace: Option<&str>, name: &str) -> String {
    let kind = row(resource).map_or_else(|| resource.qualified(), |row| row.kind.to_owned());
    match namespace.filter(|_| resource.namespaced) {
        Some(namespace) => format!("{kind}/{namespace}/{name}"),
        None => format!("{kind}/{name}"),
    }
}

fn row(resource: &Resource) -> Option<&'static kinds::Kind> {
    kinds::KINDS.iter().copied().find(|row| row.plural == resource.plural && row.group == resource.group)
}

/// Whether waiting may mend this error: a server that restarts or is busy does answer again.
fn passes(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unreachable | Kind::Timeout | Kind::Failed)
}

fn is_reported_on(object: &Value) -> bool {
    object.pointer("/status/conditions").and_then(Value::as_array).is_some_and(|all| !all.is_empty())
}

/// What a look at the object says.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Ready,
    /// What is missing, in words.
    Waiting(String),
    Failed,
}

fn judge(resource: &Resource, object: &Value, options: &WaitOptions<'_>) -> Verdict {
    let row = row(resource);
    let reconciled = row.is_some_and(|row| (row.reconciler)(object) == Reconciler::Dynamic);
    if row.is_some() && !reconciled {
        return Verdict::Ready;
    }
    if reconciled {
        if let Some(requested) = options.requested_at
            && !is_handled(object, requested)
        {
            return Verdict::Waiting("the request is not yet taken up".into());
        }
        let Some(ready) = condition(object, "Ready") else {
            return Verdict::Waiting("nothing is reported yet".into());
        };
        if !speaks_of_present(object, ready) {
            return Verdict::Waiting("the present generation is not yet taken up".into());
        }
        if !options.through_failures && attempt_failed(object, ready) {
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

fn condition<'a>(object: &'a Value, wanted: &str) -> Option<&'a Value> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    conditions.iter().find(|condition| condition["type"] == wanted)
}

/// Whether the request of this time, or a later one, was handled.
fn is_handled(object: &Value, requested: &str) -> bool {
    let handled =
        object.pointer("/status/lastHandledReconcileAt").and_then(Value::as_str).unwrap_or_default();
    if handled == requested {
        return true;
    }
    match (handled.parse::<Timestamp>(), requested.parse::<Timestamp>()) {
        (Ok(handled), Ok(requested)) => handled >= requested,
        _ => false,
    }
}

/// Whether the condition is about the object's present generation. Conditions of some kinds do
/// not say (0); there the status as a whole does.
fn speaks_of_present(object: &Value, condition: &Value) -> bool {
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(0);
    let observed = condition["observedGeneration"].as_i64().filter(|observed| *observed != 0);
    let observed = observed.or_else(|| object.pointer("/status/observedGeneration")?.as_i64());
    observed == Some(generation)
}

/// Whether the newest attempt is over and came to nothing. Flux's controllers leave
/// `Reconciling=True` with this one reason on what they will try again.
fn attempt_failed(object: &Value, ready: &Value) -> bool {
    let retried = condition(object, "Reconciling")
        .is_none_or(|it| it["status"] != "True" || it["reason"] == "ProgressingWithRetry");
    let reason = ready["reason"].as_str().unwrap_or_default();
    ready["status"] == "False" && retried && !WAITING_FOR_OTHERS.contains(&reason)
}

/// How long to go on.
struct Patience {
    timeout: Duration,
    started: Instant,
    moved: Instant,
    seen: HashSet<String>,
    pause: Duration,
}

impl Patience {
    fn new(timeout: Duration) -> Self {
        let now = Instant::now();
        Patience { timeout, started: now, moved: now, seen: HashSet::new(), pause: FIRST_PAUSE }
    }

    fn left(&self) -> Duration {
        let of_this = self.timeout.saturating_sub(self.moved.elapsed());
        of_this.min((self.timeout * MOST_EXTENSIONS).saturating_sub(self.started.elapsed()))
    }

    fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    /// Takes a look at the object into account; says whether something has moved.
    fn moved(&mut self, object: &Value) -> bool {
        let moved = self.seen.insert(state(object));
        if moved {
            self.moved = Instant::now();
            self.pause = FIRST_PAUSE;
        }
        moved
    }

    async fn pause(&mut self) {
        tokio::time::sleep(self.pause.min(self.left())).await;
        self.pause = (self.pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// The state of an object as far as progress goes.
fn state(object: &Value) -> String {
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
    for condition in object.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten() {
        for field in ["type", "status", "reason", "message"] {
            state.push_str(&without_numbers(condition[field].as_str().unwrap_or_default()));
            state.push('\n');
        }
    }
    state
}

/// The text with every word that holds a digit made alike: times, counters and the random parts of
/// names differ without anything having moved.
fn without_numbers(text: &str) -> String {
    text.split(' ')
        .map(|word| if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
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

    fn look(object: &Value, options: &WaitOptions<'_>) -> Verdict {
        judge(&Resource::from(&kinds::KUSTOMIZATION), object, options)
    }

    fn asked() -> WaitOptions<'static> {
        WaitOptions { requested_at: Some(REQUESTED), ..WaitOptions::default() }
    }

    #[test]
    fn an_answer_to_an_older_request_is_none() {
        let ready = json!([{"type": "Ready", "status": "True"}]);
        for handled in ["", "before", "2026-01-01T00:00:01Z"] {
            assert!(
                matches!(look(&kustomization(handled, &ready), &asked()), Verdict::Waiting(_)),
                "{handled}"
            );
        }
        for handled in [REQUESTED, "2026-01-01T01:00:02+01:00"] {
            assert_eq!(look(&kustomization(handled, &ready), &asked()), Verdict::Ready, "{handled}");
        }
        assert_eq!(look(&kustomization("", &ready), &WaitOptions::default()), Verdict::Ready);
    }

    #[test]
    fn a_condition_of_an_older_generation_is_no_answer() {
        let old =
            json!([{"type": "Ready", "status": "False", "reason": "BuildFailed", "observedGeneration": 1}]);
        assert!(matches!(look(&kustomization("", &old), &WaitOptions::default()), Verdict::Waiting(_)));
        assert!(matches!(
            look(&json!({"metadata": {"generation": 1}}), &WaitOptions::default()),
            Verdict::Waiting(_)
        ));
    }

    #[test]
    fn a_failed_attempt_ends_the_wait_unless_it_is_to_be_waited_out() {
        let failed = kustomization(
            REQUESTED,
            &json!([
                {"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "m"},
                {"type": "Reconciling", "status": "True", "reason": "ProgressingWithRetry", "message": "m"},
            ]),
        );
        assert_eq!(look(&failed, &asked()), Verdict::Failed);
        let through = WaitOptions { through_failures: true, ..asked() };
        assert_eq!(look(&failed, &through), Verdict::Waiting("m".into()));
    }

    #[test]
    fn an_attempt_under_way_or_held_up_by_another_object_has_not_failed() {
        let under_way = json!([
            {"type": "Ready", "status": "False", "reason": "BuildFailed"},
            {"type": "Reconciling", "status": "True", "reason": "Progressing", "message": "building"},
        ]);
        assert_eq!(
            look(&kustomization(REQUESTED, &under_way), &asked()),
            Verdict::Waiting("building".into())
        );
        let held_up =
            json!([{"type": "Ready", "status": "False", "reason": "DependencyNotReady", "message": "m"}]);
        assert_eq!(look(&kustomization(REQUESTED, &held_up), &asked()), Verdict::Waiting("m".into()));
    }

    #[test]
    fn a_stalled_object_has_failed_whatever_is_waited_out() {
        let stalled = json!([{"type": "Ready", "status": "False", "reason": "DependencyNotReady"}, {"type": "Stalled", "status": "True"}]);
        let through = WaitOptions { through_failures: true, ..asked() };
        assert_eq!(look(&kustomization(REQUESTED, &stalled), &through), Verdict::Failed);
    }

    #[test]
    fn an_object_that_no_controller_works_on_is_ready_as_it_is() {
        let alert = Resource::from(&kinds::ALERT);
        assert_eq!(judge(&alert, &json!({"metadata": {"generation": 7}}), &asked()), Verdict::Ready);
    }

    #[test]
    fn a_state_that_comes_back_is_no_progress() {
        let with = |message: &str| {
            kustomization("", &json!([{"type": "Ready", "status": "Unknown", "message": message}]))
        };
        let mut patience = Patience::new(Duration::from_mins(1));
        assert!(patience.moved(&with("fetching")));
        assert!(patience.moved(&with("failed, next attempt in 10s")));
        assert!(!patience.moved(&with("fetching")));
        assert!(!patience.moved(&with("failed, next attempt in 20s")));
        assert!(patience.moved(&with("building")));
    }

    #[test]
    fn a_replica_more_is_progress() {
        let mut patience = Patience::new(Duration::from_mins(1));
        assert!(patience.moved(&json!({"status": {"readyReplicas": 1}})));
        assert!(patience.moved(&json!({"status": {"readyReplicas": 2}})));
    }
}
