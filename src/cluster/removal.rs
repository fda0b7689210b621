//! Taking Flux away: suspend, delete, wait until it is gone.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::obstacles::Obstacles;
use super::{Cluster, List, Resource, Selection, subject};
use crate::error::{Error, Kind, Result};
use crate::kinds::KINDS;

const INTERVAL: Duration = Duration::from_millis(500);

/// How long one look at what is left may take before it is tried anew.
const LOOK: Duration = Duration::from_secs(30);

/// The kinds of the components in their namespace, in the order of their deletion: programs first,
/// so that nothing puts back what is taken away.
const COMPONENTS: &[&str] = &["Deployment", "Service", "NetworkPolicy", "ResourceQuota", "ServiceAccount"];

/// The kinds of the components outside namespaces.
const CLUSTER_WIDE: &[&str] = &["ClusterRole", "ClusterRoleBinding"];

/// A part of an uninstallation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Deployments, Services and the like.
    Components,
    /// The finalizers of Flux's objects in all namespaces.
    Finalizers,
    /// The definitions of Flux's kinds.
    Definitions,
}

/// What became of an object.
#[derive(Debug)]
pub struct Removed {
    /// `Kind/namespace/name`.
    pub subject: String,
    /// Why it could not be done; none where it was.
    pub failure: Option<Error>,
}

impl Cluster {
    /// The namespaces with Deployments of Flux, in the order of their names.
    pub async fn component_namespaces(&self) -> Result<Vec<String>> {
        let deployments = self.part_of_flux("Deployment", None).await?;
        let namespaces: BTreeSet<String> =
            deployments.iter().filter_map(|object| place(object).0).map(str::to_owned).collect();
        Ok(namespaces.into_iter().collect())
    }

    /// Deletes the components in `namespace` and Flux's roles, and waits until the pods of the
    /// controllers are gone: a controller that still runs puts finalizers back.
    pub async fn remove_components(
        &self,
        namespace: &str,
        dry_run: bool,
        patience: Duration,
        mut report: impl FnMut(Removed),
    ) -> Result<()> {
        let mut pods: Vec<String> = Vec::new();
        for kind in COMPONENTS.iter().chain(CLUSTER_WIDE) {
            let scope = COMPONENTS.contains(kind).then_some(namespace);
            for object in self.part_of_flux(kind, scope).await? {
                let named = with_kind(&object, kind);
                if *kind == "Deployment"
                    && let Some(name) = object.pointer("/metadata/name").and_then(Value::as_str)
                {
                    pods.push(format!("{name}-"));
                }
                report(self.remove(&named, dry_run).await);
            }
        }
        if dry_run || pods.is_empty() {
            return Ok(());
        }
        self.wait_gone("the controllers' pods", patience, async || {
            let Some(resource) = Resource::built_in("Pod") else { return Ok(Vec::new()) };
            let which = Selection { namespace: Some(namespace), ..Selection::default() };
            let list: List<Value> = self.list(&resource, &which).await?;
            let names =
                list.items.iter().filter_map(|pod| pod.pointer("/metadata/name").and_then(Value::as_str));
            Ok(names
                .filter(|name| pods.iter().any(|prefix| name.starts_with(prefix)))
                .map(str::to_owned)
                .collect())
        })
        .await
    }

    /// Suspends every object of Flux's kinds that can be: what a controller that still runs would
    /// do to a half-removed installation (prune, uninstall releases) is not wanted.
    pub async fn suspend_everything(&self) -> Result<()> {
        for kind in KINDS.iter().filter(|kind| kind.takes(crate::kinds::Verb::Suspend)) {
            let resource = Resource::from(*kind);
            let Some(list) = self.list_or_missing::<Value>(&resource, &Selection::default()).await? else {
                continue;
            };
            for object in list.items {
                if object.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
                    continue;
                }
                let (namespace, name) = place(&object);
                match self.patch(&resource, namespace, name, &json!({"spec": {"suspend": true}})).await {
                    Ok(_) => {}
                    Err(error) if error.kind() == Kind::NotFound => {}
                    Err(error) => {
                        return Err(error
                            .context(format!("cannot suspend {}", subject(&with_kind(&object, kind.kind)))));
                    }
                }
            }
        }
        Ok(())
    }

    /// Removes the finalizers of all objects of Flux's kinds, in all namespaces.
    pub async fn remove_finalizers(&self, dry_run: bool, mut report: impl FnMut(Removed)) -> Result<()> {
        for kind in KINDS.iter().filter(|kind| kind.finalized) {
            let resource = Resource::from(*kind);
            let Some(list) = self.list_or_missing::<Value>(&resource, &Selection::default()).await? else {
                continue;
            };
            for object in list.items {
                let (namespace, name) = place(&object);
                let subject = subject(&with_kind(&object, kind.kind));
                let has_none = object
                    .pointer("/metadata/finalizers")
                    .and_then(Value::as_array)
                    .is_none_or(Vec::is_empty);
                let failure = if dry_run || has_none {
                    None
                } else {
                    let change = json!({"metadata": {"finalizers": null}});
                    self.patch(&resource, namespace, name, &change).await.err()
                };
                // Gone meanwhile is as good.
                let failure = failure.filter(|error| error.kind() != Kind::NotFound);
                report(Removed { subject, failure });
            }
        }
        Ok(())
    }

    /// Deletes the definitions of Flux's kinds, those that an older version left among them, and
    /// waits until the API server has let go of them.
    pub async fn remove_definitions(
        &self,
        dry_run: bool,
        patience: Duration,
        mut report: impl FnMut(Removed),
    ) -> Result<()> {
        let mut found = self.definitions().await?;
        found.sort();
        for name in &found {
            let crd = json!({"kind": "CustomResourceDefinition", "metadata": {"name": name}});
            report(self.remove(&crd, dry_run).await);
        }
        if dry_run {
            return Ok(());
        }
        self.wait_gone("the custom resource definitions", patience, || self.definitions()).await
    }

    /// Deletes the namespace and waits until it is gone. One that neither `had_components` nor has Flux's label
    /// is somebody else's: it stays, and the outcome is false. What holds the deletion up is told meanwhile.
    pub async fn remove_namespace(
        &self,
        namespace: &str,
        had_components: bool,
        dry_run: bool,
        patience: Duration,
        mut report: impl FnMut(Removed),
        tell: impl Fn(String),
    ) -> Result<bool> {
        let object = json!({"kind": "Namespace", "metadata": {"name": namespace}});
        let Some(resource) = Resource::built_in("Namespace") else { return Ok(true) };
        let Some(found) = self.find(&resource, None, namespace).await? else { return Ok(true) };
        if !had_components && found["metadata"]["labels"][super::PART_OF.0] != super::PART_OF.1 {
            return Ok(false);
        }
        report(self.remove(&object, dry_run).await);
        if dry_run {
            return Ok(true);
        }
        let last = RefCell::new(Obstacles::default());
        let what = format!("namespace {namespace}");
        let gone = self.wait_gone(&what, patience, async || {
            let Some(obstacles) = self.obstacles(namespace).await? else { return Ok(Vec::new()) };
            if !obstacles.dead.is_empty() && last.borrow().dead != obstacles.dead {
                for api in &obstacles.dead {
                    tell(format!("the API {} does not answer, which holds up the deletion", api.name));
                }
            }
            let mut lines = obstacles.lines();
            if lines.is_empty() {
                lines.push(namespace.to_owned());
            }
            last.replace(obstacles);
            Ok(lines)
        });
        gone.await.map_err(|error| last.borrow().explain(error))?;
        Ok(true)
    }

    /// The names of the definitions in Flux's API groups and of those with its label.
    async fn definitions(&self) -> Result<Vec<String>> {
        let Some(resource) = Resource::built_in("CustomResourceDefinition") else { return Ok(Vec::new()) };
        let list: List<Definition> = self.list(&resource, &Selection::default()).await?;
        let ours = list.items.into_iter().filter(|crd| {
            let group = crd.spec.group.as_str();
            let labelled =
                crd.metadata.labels.get(super::PART_OF.0).is_some_and(|value| value == super::PART_OF.1);
            labelled
                || group == "toolkit.fluxcd.io"
                || group.ends_with(".toolkit.fluxcd.io")
                || KINDS.iter().any(|kind| kind.group == group)
        });
        Ok(ours.map(|crd| crd.metadata.name).collect())
    }

    async fn remove(&self, object: &Value, dry_run: bool) -> Removed {
        let subject = subject(object);
        let (namespace, name) = place(object);
        let kind = object["kind"].as_str().unwrap_or_default();
        let failure = match Resource::built_in(kind) {
            Some(_) if dry_run => None,
            Some(resource) => self.delete(&resource, namespace, name).await.err(),
            None => None,
        };
        Removed { subject, failure }
    }

    /// Waits until `left` names nothing any more. `patience` starts anew whenever that changes.
    async fn wait_gone<F>(&self, what: &str, patience: Duration, left: impl Fn() -> F) -> Result<()>
    where
        F: Future<Output = Result<Vec<String>>>,
    {
        let mut last: Vec<String> = Vec::new();
        let mut moved = Instant::now();
        loop {
            // An API server that is busy or restarts has not said that anything is gone.
            let now = match timeout(LOOK, left()).await {
                Ok(Ok(now)) => Some(now),
                Ok(Err(error)) if error.kind() != Kind::Unreachable => return Err(error),
                Ok(Err(_)) | Err(_) => None,
            };
            let now =
                now.unwrap_or_else(|| if last.is_empty() { vec![what.to_owned()] } else { last.clone() });
            if now.is_empty() {
                return Ok(());
            }
            if now != last {
                (last, moved) = (now, Instant::now());
            }
            if moved.elapsed() > patience {
                return Err(Error::timeout(format!(
                    "still there after {patience:?} without progress: {what}: {}",
                    last.join("; ")
                ))
                .hint(
                    "something else holds them: remove what is named here, then run the same command again",
                ));
            }
            sleep(INTERVAL).await;
        }
    }
}

/// The few fields of a definition that tell whose it is; its schemas are skipped.
#[derive(serde::Deserialize)]
struct Definition {
    metadata: DefinitionMetadata,
    spec: DefinitionSpec,
}

#[derive(serde::Deserialize)]
struct DefinitionMetadata {
    name: String,
    #[serde(default)]
    labels: std::collections::BTreeMap<String, String>,
}

#[derive(serde::Deserialize)]
struct DefinitionSpec {
    group: String,
}

fn place(object: &Value) -> (Option<&str>, &str) {
    (
        object.pointer("/metadata/namespace").and_then(Value::as_str),
        object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default(),
    )
}

/// Objects of a list come without their kind: only what names the object is kept.
fn with_kind(object: &Value, kind: &str) -> Value {
    let (namespace, name) = place(object);
    match namespace {
        Some(namespace) => json!({"kind": kind, "metadata": {"name": name, "namespace": namespace}}),
        None => json!({"kind": kind, "metadata": {"name": name}}),
    }
}
