//! Server-side apply of many objects, in stages.

use std::collections::HashMap;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{Cluster, Resource};
use crate::error::{Error, Result};

/// Requests under way at once: the API server is spared, and so is a slow link.
const AT_ONCE: usize = 8;

/// How long a definition may take to be served, once it is applied.
const ESTABLISH: Duration = Duration::from_mins(1);

/// What applying an object changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Created,
    /// It was there and is different now.
    Configured,
    /// It was there as asked for.
    Unchanged,
}

impl Change {
    /// The word that Flux and kubectl print.
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Created => "created",
            Change::Configured => "configured",
            Change::Unchanged => "unchanged",
        }
    }
}

/// An object that was applied.
#[derive(Debug, Clone)]
pub struct Applied {
    /// `Kind/namespace/name`, or `Kind/name` outside namespaces.
    pub subject: String,
    /// What that changed.
    pub change: Change,
}

impl Cluster {
    /// Applies objects in Flux's order: definitions (namespaces, CRDs, cluster roles) first, until the
    /// API server serves the CRDs, then the rest. `report` hears of each object as it is done.
    ///
    /// # Errors
    /// The first object that is refused, by name and with the API server's reason. Objects applied
    /// before it stay; applying again converges.
    pub async fn apply_all(
        &self,
        objects: &[Value],
        mut report: impl FnMut(&Applied),
    ) -> Result<Vec<Applied>> {
        let (definitions, rest): (Vec<&Value>, Vec<&Value>) =
            objects.iter().partition(|object| is_definition(kind(object)));
        let mut applied = Vec::with_capacity(objects.len());
        // A quota or an account must be there before the pods that need it.
        let (accounts, rest): (Vec<&Value>, Vec<&Value>) = rest.into_iter().partition(|object| {
            matches!(kind(object), "ServiceAccount" | "ResourceQuota" | "Secret" | "ConfigMap")
        });
        for stage in [definitions, accounts, rest] {
            let crds: Vec<&str> =
                stage.iter().filter(|o| kind(o) == "CustomResourceDefinition").map(|o| name(o)).collect();
            let mut outcomes =
                stream::iter(stage.iter().map(|object| self.apply_one(object))).buffered(AT_ONCE);
            while let Some(outcome) = outcomes.next().await {
                let outcome = outcome?;
                report(&outcome);
                applied.push(outcome);
            }
            drop(outcomes);
            self.wait_established(&crds).await?;
        }
        Ok(applied)
    }

    async fn apply_one(&self, object: &Value) -> Result<Applied> {
        let subject = subject(object);
        let outcome = async {
            let resource = self.resource_of(object).await?;
            let (namespace, name) = (namespace(object), name(object));
            let before = self.find(&resource, namespace, name).await?;
            let after = self.apply(&resource, namespace, name, object, true, false).await?;
            Ok::<_, Error>(match before {
                None => Change::Created,
                Some(before) if version(&before) == version(&after) => Change::Unchanged,
                Some(_) => Change::Configured,
            })
        };
        match outcome.await {
            Ok(change) => Ok(Applied { subject, change }),
            Err(error) => Err(error.context(format!("cannot apply {subject}"))),
        }
    }

    /// The resource of an object: from our tables, else as the API server lists it.
    pub async fn resource_of(&self, object: &Value) -> Result<Resource> {
        #[derive(Deserialize)]
        struct Listed {
            resources: Vec<Entry>,
        }
        #[derive(Deserialize)]
        struct Entry {
            name: String,
            kind: String,
            namespaced: bool,
        }
        let api_version = object["apiVersion"].as_str().unwrap_or_default();
        if let Some(resource) = Resource::known(api_version, kind(object)) {
            return Ok(resource);
        }
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let path =
            if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let no_match = || {
            Error::not_found(format!("no matches for kind {:?} in version {api_version:?}", kind(object)))
                .hint(
                    "install the CustomResourceDefinition of this kind first, or correct apiVersion and kind",
                )
        };
        let listed = self
            .raw::<Listed>(&path)
            .await
            .map_err(|error| if error.kind() == crate::error::Kind::NotFound { no_match() } else { error })?;
        let entry = listed.resources.into_iter().find(|r| r.kind == kind(object) && !r.name.contains('/'));
        let entry = entry.ok_or_else(no_match)?;
        Ok(Resource {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            plural: entry.name.into(),
            namespaced: entry.namespaced,
            older: &[],
        })
    }

    /// Waits until the API server serves these definitions.
    async fn wait_established(&self, names: &[&str]) -> Result<()> {
        let Some(resource) = Resource::built_in("CustomResourceDefinition") else { return Ok(()) };
        let mut pending: HashMap<&str, String> = names.iter().map(|name| (*name, String::new())).collect();
        let deadline = Instant::now() + ESTABLISH;
        while !pending.is_empty() {
            for name in names {
                if !pending.contains_key(name) {
                    continue;
                }
                let crd = self.get(&resource, None, name).await?;
                let conditions = crd.pointer("/status/conditions").and_then(Value::as_array);
                let find = |wanted: &str| conditions.and_then(|all| all.iter().find(|c| c["type"] == wanted));
                if find("Established").is_some_and(|c| c["status"] == "True") {
                    pending.remove(name);
                } else if let Some(refused) = find("NamesAccepted").filter(|c| c["status"] == "False") {
                    pending.insert(name, refused["message"].as_str().unwrap_or_default().to_owned());
                }
            }
            if !pending.is_empty() && Instant::now() > deadline {
                let mut waiting: Vec<String> =
                    pending.iter().map(|(name, why)| format!("{name} {why}")).collect();
                waiting.sort();
                return Err(Error::timeout(format!(
                    "the API server does not serve: {}",
                    waiting.join(", ").trim_end()
                ))
                .hint("another definition may claim the same names: look at `kubectl describe crd`"));
            }
            if !pending.is_empty() {
                sleep(Duration::from_millis(200)).await;
            }
        }
        Ok(())
    }
}

/// `Kind/namespace/name`, or `Kind/name` outside namespaces.
pub fn subject(object: &Value) -> String {
    match namespace(object) {
        Some(namespace) => format!("{}/{namespace}/{}", kind(object), name(object)),
        None => format!("{}/{}", kind(object), name(object)),
    }
}

/// Kinds that others build upon: they are applied before all else.
fn is_definition(kind: &str) -> bool {
    matches!(
        kind,
        "CustomResourceDefinition" | "Namespace" | "ClusterRole" | "PriorityClass" | "StorageClass"
    )
}

fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

fn name(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

fn namespace(object: &Value) -> Option<&str> {
    object.pointer("/metadata/namespace").and_then(Value::as_str)
}

fn version(object: &Value) -> Option<&str> {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str)
}
