//! Readiness of an object by the rules of kstatus, the library that Flux and its controllers use.

use serde_json::Value;

use crate::object::{Condition, ObjectMeta, Resource};

/// Readiness of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// The object is as specified.
    Current,
    /// A controller is working on it. The message says what is missing.
    InProgress(String),
    /// It will not become ready by itself. The message says why.
    Failed(String),
    /// It is being deleted.
    Terminating,
}

/// Returns the readiness of a Deployment by its replicas, or of an object of another kind by its conditions.
///
/// A status of an older generation does not count. `Reconciling` and `Stalled` take precedence over `Ready`:
/// `Ready=False` alone means in progress, `Stalled=True` means failed.
pub fn readiness(object: &Value) -> Readiness {
    if object.is_terminating() {
        return Readiness::Terminating;
    }
    if let (Some(observed), Some(generation)) = (object.observed_generation(), object.generation())
        && observed != generation
    {
        return Readiness::InProgress(format!("generation {generation} is not yet observed"));
    }
    if object.kind() == Resource::DEPLOYMENT.kind && object.api_version().starts_with("apps/") {
        return of_deployment(object);
    }
    if let Some(reconciling) = object.condition("Reconciling").filter(Condition::is_true) {
        return Readiness::InProgress(reconciling.message);
    }
    if let Some(stalled) = object.condition("Stalled").filter(Condition::is_true) {
        return Readiness::Failed(stalled.message);
    }
    match object.condition("Ready") {
        Some(ready) if !ready.is_true() => Readiness::InProgress(ready.message),
        _ => Readiness::Current,
    }
}

fn of_deployment(deployment: &Value) -> Readiness {
    let status = |field: &str| deployment["status"][field].as_i64().unwrap_or(0);
    if deployment.observed_generation().is_none() && deployment.generation().is_some() {
        return Readiness::InProgress("the Deployment is not yet observed".into());
    }
    let progressing = deployment.condition("Progressing");
    if let Some(late) = progressing.as_ref().filter(|it| it.reason == "ProgressDeadlineExceeded") {
        return Readiness::Failed(late.message.clone());
    }
    let wanted = deployment["spec"]["replicas"].as_i64().unwrap_or(1);
    let (updated, total, available) =
        (status("updatedReplicas"), status("replicas"), status("availableReplicas"));
    // The controller reports on the rollout if it has a deadline, which the API server sets by default.
    let deadline = deployment["spec"]["progressDeadlineSeconds"].as_i64();
    let has_deadline = deadline.is_some_and(|seconds| seconds != i64::from(i32::MAX));
    let is_complete = progressing.is_some_and(|it| it.reason == "NewReplicaSetAvailable");
    let message = if updated < wanted {
        format!("{updated} of {wanted} pods are updated")
    } else if total > updated {
        format!("{} old pods are still running", total - updated)
    } else if available < wanted {
        format!("{available} of {wanted} pods are available")
    } else if has_deadline && !is_complete {
        "the rollout is not yet reported as complete".into()
    } else {
        match deployment.condition("Available") {
            Some(available) if available.is_true() => return Readiness::Current,
            Some(available) => available.message,
            None => "availability is not yet reported".into(),
        }
    };
    Readiness::InProgress(message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stalled_takes_precedence_over_ready() {
        let object = |conditions: Value| json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 2, "conditions": conditions}});
        assert_eq!(readiness(&object(json!([{"type": "Ready", "status": "True"}]))), Readiness::Current);
        assert_eq!(
            readiness(&object(
                json!([{"type": "Ready", "status": "False", "message": "m"}, {"type": "Stalled", "status": "True", "message": "s"}])
            )),
            Readiness::Failed("s".into())
        );
        assert_eq!(
            readiness(&json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}})),
            Readiness::InProgress("generation 2 is not yet observed".into())
        );
    }

    #[test]
    fn a_deployment_is_current_once_its_rollout_is_complete() {
        let current = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"generation": 2}, "spec": {"replicas": 1},
            "status": {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1,
                "conditions": [{"type": "Available", "status": "True"}]}});
        assert_eq!(readiness(&current), Readiness::Current);
        let mut unreported = current.clone();
        unreported["spec"]["progressDeadlineSeconds"] = json!(600);
        assert!(matches!(readiness(&unreported), Readiness::InProgress(_)));
        let mut old = current.clone();
        old["status"]["observedGeneration"] = json!(1);
        assert!(matches!(readiness(&old), Readiness::InProgress(_)));
        let mut new = current.clone();
        new["status"] = json!({});
        assert!(matches!(readiness(&new), Readiness::InProgress(_)));
        let mut late = current;
        late["status"]["conditions"] = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "late"}]);
        assert_eq!(readiness(&late), Readiness::Failed("late".into()));
    }
}
