//! The controllers of Flux and their pods.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::cluster::{Cluster, Identified, Identity, List, ListSelector, PART_OF};
use crate::error::Result;
use crate::object::Resource;

/// Container of a controller, in case its pod has others.
const MANAGER: &str = "manager";

/// A controller of Flux: a Deployment whose pods write logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// Name of the Deployment.
    pub name: String,
    /// Labels of its pods.
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Deployment {
    metadata: Metadata,
    spec: DeploymentSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DeploymentSpec {
    selector: LabelSelector,
    template: Template,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LabelSelector {
    match_labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Template {
    metadata: Metadata,
}

/// Common metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: String,
    resource_version: String,
    labels: BTreeMap<String, String>,
}

/// What is known of a pod.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pod {
    metadata: Metadata,
    spec: PodSpec,
    status: PodStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodSpec {
    containers: Vec<Container>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Container {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodStatus {
    phase: String,
    container_statuses: Vec<ContainerStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ContainerStatus {
    name: String,
    restart_count: u64,
    state: ContainerState,
    last_state: ContainerState,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContainerState {
    running: Option<serde::de::IgnoredAny>,
    terminated: Option<serde::de::IgnoredAny>,
}

/// State of a controller's container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// Whether it has run, so that there is a log.
    pub started: bool,
    /// Whether it is running.
    pub running: bool,
    /// How often it was started again.
    pub restarts: u64,
    /// Whether its pod was deleted, or has ended for good.
    pub gone: bool,
}

impl Pod {
    /// Name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Container whose log is read; empty if the pod has none.
    pub fn container(&self) -> &str {
        let containers = &self.spec.containers;
        let manager = containers.iter().find(|container| container.name == MANAGER);
        manager.or(containers.first()).map(|container| container.name.as_str()).unwrap_or_default()
    }

    fn status(&self) -> Option<&ContainerStatus> {
        self.status.container_statuses.iter().find(|status| status.name == self.container())
    }

    /// State of the container whose log is read.
    pub fn state(&self) -> State {
        let Some(status) = self.status() else {
            let running = self.status.phase == "Running";
            return State { started: running, running, gone: self.has_ended(), restarts: 0 };
        };
        let running = status.state.running.is_some();
        State {
            started: running || status.state.terminated.is_some() || status.last_state.terminated.is_some(),
            running,
            restarts: status.restart_count,
            gone: self.has_ended(),
        }
    }

    /// Whether it has ended and does not start again, such as an evicted one.
    pub fn has_ended(&self) -> bool {
        matches!(self.status.phase.as_str(), "Failed" | "Succeeded")
    }
}

impl Identified for Pod {
    fn identity(&self) -> Identity<'_> {
        let Metadata { namespace, name, resource_version: version, .. } = &self.metadata;
        Identity { namespace, name, version }
    }
}

impl Controller {
    /// Whether a pod is one of the controller's.
    pub fn has(&self, pod: &Pod) -> bool {
        let labels = &pod.metadata.labels;
        !self.labels.is_empty() && self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
    }
}

impl Cluster {
    /// Lists the controllers of Flux in a namespace, by name.
    pub async fn controllers(&self, namespace: &str) -> Result<Vec<Controller>> {
        let labels = format!("{}={}", PART_OF.0, PART_OF.1);
        let selector = ListSelector { labels: Some(&labels), ..ListSelector::namespace(namespace) };
        let list: List<Deployment> = self.list(&Resource::DEPLOYMENT, &selector).await?;
        let controller = |deployment: Deployment| {
            let DeploymentSpec { selector, template } = deployment.spec;
            let labels = if selector.match_labels.is_empty() {
                template.metadata.labels
            } else {
                selector.match_labels
            };
            Controller { name: deployment.metadata.name, labels }
        };
        Ok(list.items.into_iter().map(controller).collect())
    }
}

/// Drops ended pods of controllers that have others.
pub fn without_ended(pods: Vec<(String, Pod)>) -> Vec<(String, Pod)> {
    let alive: BTreeSet<String> =
        pods.iter().filter(|(_, pod)| !pod.has_ended()).map(|(controller, _)| controller.clone()).collect();
    pods.into_iter().filter(|(controller, pod)| !pod.has_ended() || !alive.contains(controller)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(value: serde_json::Value) -> Pod {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_manager_is_the_container_of_a_controller() {
        let two = pod(json!({"spec": {"containers": [{"name": "proxy"}, {"name": "manager"}]},
            "status": {"containerStatuses": [
                {"name": "proxy", "state": {"running": {}}},
                {"name": "manager", "restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    "lastState": {"terminated": {"exitCode": 1}}}]}}));
        assert_eq!(two.container(), "manager");
        assert_eq!(two.state(), State { started: true, running: false, restarts: 2, gone: false });
        let one = pod(json!({"spec": {"containers": [{"name": "app"}]}, "status": {"phase": "Pending"}}));
        assert_eq!((one.container(), one.state()), ("app", State::default()));
    }

    #[test]
    fn evicted_pods_count_only_where_there_are_no_others() {
        let of = |controller: &str, name: &str, phase: &str| {
            (controller.to_owned(), pod(json!({"metadata": {"name": name}, "status": {"phase": phase}})))
        };
        let left = without_ended(vec![
            of("source", "old", "Failed"),
            of("source", "new", "Running"),
            of("helm", "gone", "Failed"),
        ]);
        assert_eq!(left.iter().map(|(_, pod)| pod.name()).collect::<Vec<_>>(), ["new", "gone"]);
    }
}
