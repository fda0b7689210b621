//! Waiting for Deployments, with the reasons why they do not become ready.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::kstatus::{Readiness, readiness};
use super::kubernetes_events::without_changes;
use super::{Cluster, KubernetesEvent, List, ListSelector};
use crate::backoff::{Backoff, ProgressTimer};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Progress};
use crate::object::{Condition, ObjectMeta, ObjectRef, Resource};

/// Longest time in a state that rarely recovers. A flaky link deserves a few attempts to pull an image.
const STUCK_TIMEOUT: Duration = Duration::from_secs(45);

/// Waiting reasons of a container that never recover.
const FATAL: &[&str] = &["InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"];

/// Waiting reasons of a container that may recover, once a link or a registry is back.
const RECOVERABLE: &[&str] =
    &["ImagePullBackOff", "ErrImagePull", "CrashLoopBackOff", "CreateContainerError", "RegistryUnavailable"];

/// Warnings that are added to a failure.
const WARNINGS: usize = 3;

/// How to wait for rollouts.
#[derive(Debug, Clone, Copy)]
pub struct RolloutOptions {
    /// Pause between two checks.
    pub interval: Duration,
    /// Longest time without progress.
    pub timeout: Duration,
    /// Whether [`Event::RollingOut`] is reported.
    pub progress: Progress,
}

/// Outcome of one rollout.
#[derive(Debug)]
pub struct Rollout {
    /// Name of the Deployment.
    pub name: String,
    /// Why it is not ready; none if it is.
    pub failure: Option<String>,
}

/// State of a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Ready,
    Missing,
    /// Under way. The message changes with its progress.
    Progressing(String),
    /// In a state that may never recover.
    Stuck {
        reason: String,
        fatal: bool,
    },
}

impl Cluster {
    /// Waits until Deployments have all pods available and up to date.
    ///
    /// The timeout starts again whenever a Deployment or one of its pods makes progress. A state that does not
    /// recover ends the wait early. Failures include the pods' reasons, recent warnings and logged errors.
    ///
    /// # Errors
    /// The API server refuses a request. A Deployment that is not ready is an outcome.
    pub async fn wait_rollouts(
        &self,
        namespace: &str,
        names: &[&str],
        options: &RolloutOptions,
    ) -> Result<Vec<Rollout>> {
        let deployments: Vec<ObjectRef> =
            names.iter().map(|name| ObjectRef::new(Resource::DEPLOYMENT, namespace, *name)).collect();
        let mut states: Vec<(State, Instant)> = vec![(State::Missing, Instant::now()); names.len()];
        let mut timer = ProgressTimer::start(options.timeout, Backoff::constant(options.interval));
        loop {
            let mut waiting = false;
            let mut given_up = false;
            for (deployment, (last, since)) in deployments.iter().zip(&mut states) {
                let now = self.rollout_state(deployment).await?;
                // Moving from one stuck state to another is no progress.
                let stuck = |state: &State| matches!(state, State::Stuck { .. });
                if stuck(&now) && stuck(last) {
                    *last = now;
                } else if now != *last {
                    (*last, *since) = (now, Instant::now());
                    timer.progress();
                    if let (State::Progressing(message), Progress::Reported) = (&*last, options.progress) {
                        let (deployment, message) = (deployment.clone(), message.clone());
                        self.events.emit(Event::RollingOut { deployment, message });
                    }
                }
                waiting |= *last != State::Ready;
                if let State::Stuck { fatal, .. } = last {
                    given_up |= *fatal || since.elapsed() > STUCK_TIMEOUT.min(options.timeout);
                }
            }
            if !waiting || given_up || timer.is_over() {
                break;
            }
            timer.pause().await;
        }
        let mut rollouts = Vec::new();
        for (deployment, (last, _)) in deployments.iter().zip(states) {
            let failure = match last {
                State::Ready => None,
                State::Missing => Some("deployment not found".to_owned()),
                State::Progressing(reason) | State::Stuck { reason, .. } => {
                    Some(self.explain_rollout(deployment, &reason).await)
                }
            };
            rollouts.push(Rollout { name: deployment.name.clone(), failure });
        }
        Ok(rollouts)
    }

    async fn rollout_state(&self, at: &ObjectRef) -> Result<State> {
        let deployment = match self.find(at).await {
            Ok(Some(deployment)) => deployment,
            Ok(None) => return Ok(State::Missing),
            // The API server may be restarting: the timeout decides.
            Err(error) if error.kind() == ErrorKind::Unreachable => {
                return Ok(State::Progressing(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        let state = state_of(&deployment);
        if state == State::Ready {
            return Ok(state);
        }
        Ok(self.stuck_pod(&deployment).await?.unwrap_or(state))
    }

    /// Returns the state of the first pod of the Deployment that does not start.
    async fn stuck_pod(&self, deployment: &Value) -> Result<Option<State>> {
        let labels = pod_selector(deployment);
        let selector = ListSelector {
            namespace: deployment.namespace(),
            labels: Some(&labels),
            ..ListSelector::default()
        };
        let pods: List<Value> = self.list(&Resource::POD, &selector).await?;
        for pod in &pods.items {
            let statuses = ["initContainerStatuses", "containerStatuses"];
            for status in statuses.iter().filter_map(|field| pod["status"][*field].as_array()).flatten() {
                let waiting = &status["state"]["waiting"];
                let reason = waiting["reason"].as_str().unwrap_or_default();
                let fatal = FATAL.contains(&reason);
                if fatal || RECOVERABLE.contains(&reason) {
                    let message = waiting["message"].as_str().unwrap_or_default();
                    let reason = format!("pod {}: {reason}: {message}", pod.name());
                    return Ok(Some(State::Stuck { reason, fatal }));
                }
            }
            let scheduled = pod.condition("PodScheduled");
            if let Some(scheduled) = scheduled.filter(|it| it.is_false() && it.reason == "Unschedulable") {
                let message = format!("pod {} cannot be scheduled: {}", pod.name(), scheduled.message);
                return Ok(Some(State::Progressing(message)));
            }
        }
        Ok(None)
    }

    /// Returns why a Deployment is not ready, with recent warnings and logged errors on lines of their own.
    async fn explain_rollout(&self, deployment: &ObjectRef, reason: &str) -> String {
        let mut lines = vec![format!("deployment not ready: {reason}")];
        lines.extend(self.recent_warnings(deployment).await);
        lines.extend(self.last_errors(deployment).await);
        lines.join("\n    ")
    }

    /// Returns the most recent warning events of a Deployment and its pods, newest first.
    async fn recent_warnings(&self, deployment: &ObjectRef) -> Vec<String> {
        let selector = ListSelector { namespace: deployment.namespace.as_deref(), ..ListSelector::default() };
        let Ok(mut events) = self.kubernetes_events(&selector).await else { return Vec::new() };
        events.retain(|event| event.is_warning() && event.object.name.starts_with(&deployment.name));
        let mut lines: Vec<String> = Vec::new();
        for KubernetesEvent { reason, message, .. } in events.into_iter().rev() {
            let line = format!("{reason}: {}", without_changes(&message));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines.truncate(WARNINGS);
        lines
    }
}

/// Returns the state of a Deployment by its own status.
fn state_of(deployment: &Value) -> State {
    if let Some(failure) = deployment.condition("ReplicaFailure").filter(Condition::is_true) {
        return State::Stuck { reason: failure.message, fatal: false };
    }
    match readiness(deployment) {
        Readiness::Current => State::Ready,
        Readiness::InProgress(message) => State::Progressing(message),
        Readiness::Failed(reason) => State::Stuck { reason, fatal: true },
        Readiness::Terminating => State::Progressing("it is being deleted".into()),
    }
}

/// Returns the label selector of a Deployment's pods.
pub(super) fn pod_selector(deployment: &Value) -> String {
    let labels = deployment["spec"]["selector"]["matchLabels"].as_object();
    let pairs = labels.into_iter().flatten();
    let pairs: Vec<String> =
        pairs.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    pairs.join(",")
}

/// Returns the error that names the Deployments that are not ready; none if all are.
pub fn failure(rollouts: &[Rollout], namespace: &str) -> Option<Error> {
    let failed: Vec<&str> =
        rollouts.iter().filter(|it| it.failure.is_some()).map(|it| it.name.as_str()).collect();
    if failed.is_empty() {
        return None;
    }
    Some(Error::timeout(format!("not ready: {}", failed.join(", "))).hint(format!(
        "see kubectl -n {namespace} describe pods; run the same command again once the cause is fixed"
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rollout_that_exceeds_a_quota_may_recover_and_a_late_one_does_not() {
        let deployment = |conditions: Value| {
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"generation": 1}, "spec": {"replicas": 1},
                "status": {"observedGeneration": 1, "conditions": conditions}})
        };
        let quota = json!([{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}]);
        assert_eq!(
            state_of(&deployment(quota)),
            State::Stuck { reason: "exceeded quota".into(), fatal: false }
        );
        let late = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "late"}]);
        assert_eq!(state_of(&deployment(late)), State::Stuck { reason: "late".into(), fatal: true });
        assert!(matches!(state_of(&deployment(json!([]))), State::Progressing(_)));
    }
}
