//! Waiting for Deployments, and why they do not come up.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{Cluster, List, Resource, Selection, logs};
use crate::error::{Error, Kind, Result};

/// How long a pod may stay in a state that rarely heals by itself before we give up on it: a flaky
/// link deserves a few attempts at pulling an image.
const PATIENCE: Duration = Duration::from_secs(45);

/// States of a container that do not heal by waiting.
const HOPELESS: &[&str] = &["InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"];
/// States that may heal once a link or a registry comes back.
const DOUBTFUL: &[&str] =
    &["ImagePullBackOff", "ErrImagePull", "CrashLoopBackOff", "CreateContainerError", "RegistryUnavailable"];

/// How far a Deployment is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rollout {
    Ready,
    Missing,
    /// On its way; the text changes as it moves.
    Progressing(String),
    /// In a state that may never heal.
    Stuck {
        reason: String,
        hopeless: bool,
    },
}

/// How one Deployment ended.
#[derive(Debug)]
pub struct Outcome {
    /// The Deployment's name.
    pub name: String,
    /// Ready, or why not.
    pub failure: Option<String>,
}

impl Cluster {
    /// Waits until these Deployments have all their pods available, in their newest form.
    ///
    /// They are looked at every `interval`; `patience` is the time without any progress: it starts anew whenever a Deployment or one of
    /// its pods changes. A state that does not heal ends the wait early. `report` hears what moves.
    ///
    /// # Errors
    /// Names what is not ready, with the pods' reasons, their newest warnings and the last errors that they logged.
    pub async fn wait_rollouts(
        &self,
        namespace: &str,
        names: &[&str],
        interval: Duration,
        patience: Duration,
        mut report: impl FnMut(&str),
    ) -> Result<Vec<Outcome>> {
        let mut seen: Vec<(Rollout, Instant)> = vec![(Rollout::Missing, Instant::now()); names.len()];
        let mut moved = Instant::now();
        loop {
            let mut waiting = false;
            let mut given_up = false;
            for (name, (last, since)) in names.iter().zip(&mut seen) {
                let now = self.rollout(namespace, name).await?;
                // One doubtful state after another (back-offs grow) is no progress.
                let stuck = |state: &Rollout| matches!(state, Rollout::Stuck { .. });
                if stuck(&now) && stuck(last) {
                    *last = now;
                } else if now != *last {
                    (*last, *since, moved) = (now, Instant::now(), Instant::now());
                    if let Rollout::Progressing(what) = last {
                        report(&format!("{name}: {what}"));
                    }
                }
                waiting |= *last != Rollout::Ready;
                if let Rollout::Stuck { hopeless, .. } = last {
                    given_up |= *hopeless || since.elapsed() > PATIENCE.min(patience);
                }
            }
            if !waiting || given_up || moved.elapsed() > patience {
                break;
            }
            sleep(interval.min(patience)).await;
        }
        let mut outcomes = Vec::new();
        for (name, (last, _)) in names.iter().zip(seen) {
            let failure = match last {
                Rollout::Ready => None,
                Rollout::Missing => Some("deployment not found".to_owned()),
                Rollout::Progressing(what) | Rollout::Stuck { reason: what, .. } => {
                    let warnings = self.warnings(namespace, name).await;
                    let mut why = format!("deployment not ready: {what}{warnings}");
                    for error in self.last_errors(namespace, name).await {
                        why.push_str("\n    ");
                        why.push_str(&error);
                    }
                    Some(why)
                }
            };
            outcomes.push(Outcome { name: (*name).to_owned(), failure });
        }
        Ok(outcomes)
    }

    async fn rollout(&self, namespace: &str, name: &str) -> Result<Rollout> {
        let Some(resource) = Resource::built_in("Deployment") else { return Ok(Rollout::Missing) };
        let deployment = match self.find(&resource, Some(namespace), name).await {
            Ok(Some(deployment)) => deployment,
            Ok(None) => return Ok(Rollout::Missing),
            // A restarting API server is no reason to stop waiting: the deadline is.
            Err(error) if error.kind() == Kind::Unreachable => {
                return Ok(Rollout::Progressing(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        let found = state(&deployment);
        if found == Rollout::Ready {
            return Ok(found);
        }
        if let Some(reason) = self.stuck_pod(namespace, &deployment).await? {
            return Ok(reason);
        }
        Ok(found)
    }

    /// The first container of the Deployment's pods that does not start, with its reason.
    async fn stuck_pod(&self, namespace: &str, deployment: &Value) -> Result<Option<Rollout>> {
        let Some(resource) = Resource::built_in("Pod") else { return Ok(None) };
        let labels = logs::selector(deployment);
        let which = Selection { namespace: Some(namespace), labels: Some(&labels), ..Selection::default() };
        let pods: List<Value> = self.list(&resource, &which).await?;
        for pod in &pods.items {
            let name = pod.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            let all = |field: &str| pod.pointer(field).and_then(Value::as_array).cloned().unwrap_or_default();
            for status in
                all("/status/initContainerStatuses").into_iter().chain(all("/status/containerStatuses"))
            {
                let waiting = &status["state"]["waiting"];
                let reason = waiting["reason"].as_str().unwrap_or_default();
                let hopeless = HOPELESS.contains(&reason);
                if hopeless || DOUBTFUL.contains(&reason) {
                    let message = waiting["message"].as_str().unwrap_or_default();
                    return Ok(Some(Rollout::Stuck {
                        reason: format!("pod {name}: {reason}: {message}"),
                        hopeless,
                    }));
                }
            }
            let unscheduled = all("/status/conditions").into_iter().find(|c| {
                c["type"] == "PodScheduled" && c["status"] == "False" && c["reason"] == "Unschedulable"
            });
            if let Some(condition) = unscheduled {
                let message = condition["message"].as_str().unwrap_or_default();
                return Ok(Some(Rollout::Progressing(format!("pod {name} cannot be scheduled: {message}"))));
            }
        }
        Ok(None)
    }

    /// The newest warnings about a Deployment and what it owns, for a message; empty without any.
    async fn warnings(&self, namespace: &str, name: &str) -> String {
        let Some(resource) = Resource::built_in("Event") else { return String::new() };
        let which = Selection { namespace: Some(namespace), ..Selection::default() };
        let Ok(events) = self.list::<Value>(&resource, &which).await else { return String::new() };
        let mut lines: Vec<(String, String)> = events
            .items
            .iter()
            .filter(|event| event["type"] == "Warning")
            .filter(|event| {
                event["involvedObject"]["name"].as_str().is_some_and(|object| object.starts_with(name))
            })
            .map(|event| {
                let time =
                    event["lastTimestamp"].as_str().or(event["eventTime"].as_str()).unwrap_or_default();
                let text = |field: &str| event[field].as_str().unwrap_or_default();
                (time.to_owned(), format!("\n    {}: {}", text("reason"), text("message")))
            })
            .collect();
        lines.sort();
        lines.dedup_by(|a, b| a.1 == b.1);
        lines.into_iter().rev().take(3).map(|(_, line)| line).collect()
    }
}

/// The state of a Deployment by its own status (the rules of kstatus).
fn state(deployment: &Value) -> Rollout {
    let number = |pointer: &str| deployment.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
    if number("/metadata/generation") > number("/status/observedGeneration") {
        return Rollout::Progressing("the newest form is not yet observed".into());
    }
    let conditions = deployment.pointer("/status/conditions").and_then(Value::as_array);
    let find = |wanted: &str| conditions.and_then(|all| all.iter().find(|c| c["type"] == wanted));
    let message = |condition: &Value| condition["message"].as_str().unwrap_or_default().to_owned();
    if let Some(failure) = find("ReplicaFailure").filter(|c| c["status"] == "True") {
        return Rollout::Stuck { reason: message(failure), hopeless: false };
    }
    if let Some(late) = find("Progressing").filter(|c| c["reason"] == "ProgressDeadlineExceeded") {
        return Rollout::Stuck { reason: message(late), hopeless: true };
    }
    let wanted = deployment.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let (updated, total, available) =
        (number("/status/updatedReplicas"), number("/status/replicas"), number("/status/availableReplicas"));
    // With a deadline for progress the controller reports on it; an API server always sets one.
    let watched = deployment.pointer("/spec/progressDeadlineSeconds").and_then(Value::as_i64);
    let watched = watched.is_some_and(|seconds| seconds != i64::from(i32::MAX));
    let holds = |wanted: &str| find(wanted).is_some_and(|c| c["status"] == "True");
    if updated < wanted {
        Rollout::Progressing(format!("{updated} of {wanted} pods are of the newest form"))
    } else if total > updated {
        Rollout::Progressing(format!("{} old pods are still there", total - updated))
    } else if available < wanted {
        Rollout::Progressing(format!("{available} of {wanted} pods are available"))
    } else if watched && !find("Progressing").is_some_and(|c| c["reason"] == "NewReplicaSetAvailable") {
        Rollout::Progressing("the newest form is not yet reported as complete".into())
    } else if !holds("Available") {
        Rollout::Progressing(
            find("Available").map_or_else(|| "no report on availability yet".into(), message),
        )
    } else {
        Rollout::Ready
    }
}

/// The error of Deployments that did not come up, each with its reason.
pub fn failure(outcomes: &[Outcome], namespace: &str) -> Option<Error> {
    let failed: Vec<&str> =
        outcomes.iter().filter(|o| o.failure.is_some()).map(|o| o.name.as_str()).collect();
    if failed.is_empty() {
        return None;
    }
    Some(
        Error::timeout(format!("not ready: {}", failed.join(", ")))
            .hint(format!("look at `kubectl -n {namespace} describe pods`; the same command goes on from here once the cause is gone")),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_state_of_a_deployment_follows_its_status() {
        let ready = json!({"metadata": {"generation": 2}, "spec": {"replicas": 1},
            "status": {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1,
                "conditions": [{"type": "Available", "status": "True"}]}});
        assert_eq!(state(&ready), Rollout::Ready);
        let mut unreported = ready.clone();
        unreported["spec"]["progressDeadlineSeconds"] = json!(600);
        assert!(matches!(state(&unreported), Rollout::Progressing(_)));
        let mut old = ready.clone();
        old["status"]["observedGeneration"] = json!(1);
        assert!(matches!(state(&old), Rollout::Progressing(_)));
        let mut quota = ready.clone();
        quota["status"]["conditions"] =
            json!([{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}]);
        assert_eq!(state(&quota), Rollout::Stuck { reason: "exceeded quota".into(), hopeless: false });
        let mut late = ready;
        late["status"]["conditions"] = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "late"}]);
        assert_eq!(state(&late), Rollout::Stuck { reason: "late".into(), hopeless: true });
    }
}
