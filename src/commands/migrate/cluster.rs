//! Migrates the objects that the cluster stores.

use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::{Cluster, List, ListSelector};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::object::{ObjectRef, Resource};

/// CRDs of Flux.
const SELECTOR: &str = "app.kubernetes.io/part-of=flux";
/// Objects that are stored again at the same time.
const AT_ONCE: usize = 8;

/// As much of a CRD as the migration needs.
#[derive(Deserialize)]
struct Crd {
    metadata: CrdMetadata,
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CrdMetadata {
    name: String,
    resource_version: Option<String>,
}

#[derive(Deserialize)]
struct Spec {
    group: String,
    scope: String,
    names: Names,
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Names {
    kind: String,
    plural: String,
}

#[derive(Deserialize)]
struct Version {
    name: String,
    storage: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    stored_versions: Vec<String>,
}

/// As much of an object as the migration needs.
#[derive(Deserialize)]
struct Stored {
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: Option<String>,
    #[serde(default)]
    managed_fields: Vec<Managed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Managed {
    #[serde(default)]
    api_version: String,
}

/// Stores every object of Flux in the storage version of its CRD, and lets the CRDs forget older versions.
pub async fn migrate(context: &Context) -> Result<()> {
    context.ui.action("starting migration of custom resources");
    let cluster = context.cluster().await?;
    let selector = ListSelector { labels: Some(SELECTOR), ..ListSelector::default() };
    let crds: List<Crd> = cluster
        .list(&Resource::CUSTOM_RESOURCE_DEFINITION, &selector)
        .await
        .map_err(|error| error.context("failed to list CRDs"))?;
    if crds.items.is_empty() {
        context.ui.warning(format!("the cluster has no CRD with the label {SELECTOR}"));
    }
    let mut failures = Vec::new();
    for crd in &crds.items {
        if let Err(error) = migrate_crd(context, cluster, crd).await {
            let error = error.context(format!("failed to migrate {}", crd.metadata.name));
            if matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Timeout | ErrorKind::Interrupted) {
                return Err(error);
            }
            failures.push(error);
        }
    }
    let Some(last) = failures.pop() else {
        context.ui.success("custom resources migrated successfully");
        return Ok(());
    };
    for failure in failures {
        context.ui.failure(failure.to_string());
        context.ui.hints(failure.hints());
    }
    Err(last)
}

async fn migrate_crd(context: &Context, cluster: &Cluster, crd: &Crd) -> Result<()> {
    let Some(version) = crd.spec.versions.iter().find(|version| version.storage) else {
        return Err(Error::failed("the CRD has no storage version"));
    };
    let resource = Resource {
        kind: crd.spec.names.kind.clone().into(),
        group: crd.spec.group.clone().into(),
        version: version.name.clone().into(),
        plural: crd.spec.names.plural.clone().into(),
        namespaced: crd.spec.scope == "Namespaced",
        older: &[],
    };
    let stored: List<Stored> = cluster.list(&resource, &ListSelector::default()).await?;
    let tasks = stored.items.iter().map(|stored| migrate_object(cluster, &resource, stored));
    let mut tasks = futures::stream::iter(tasks).buffered(AT_ONCE);
    while let Some(outcome) = tasks.next().await {
        if let Some(object) = outcome? {
            context.ui.success(format!("{object} migrated to version {}", version.name));
        }
    }
    if crd.status.stored_versions.as_slice() != std::slice::from_ref(&version.name) {
        let mut change = json!({"status": {"storedVersions": [version.name]}});
        if let Some(seen) = &crd.metadata.resource_version {
            // Fails if the CRD was changed since it was read: its storage version may be another.
            change["metadata"] = json!({"resourceVersion": seen});
        }
        let at =
            ObjectRef::new(Resource::CUSTOM_RESOURCE_DEFINITION, None::<&str>, crd.metadata.name.clone());
        cluster.patch_status(&at, &change).await?;
        context.ui.success(format!("{} migrated to storage version {}", crd.metadata.name, version.name));
    }
    Ok(())
}

/// Stores an object again. None if it has been deleted since it was listed.
async fn migrate_object(
    cluster: &Cluster,
    resource: &Resource,
    stored: &Stored,
) -> Result<Option<ObjectRef>> {
    let Metadata { name, namespace, managed_fields } = &stored.metadata;
    let at = ObjectRef::new(resource.clone(), namespace.as_deref(), name.clone());
    let api_version = resource.api_version();
    let mut change = json!({});
    if managed_fields.iter().any(|entry| entry.api_version != api_version) {
        // Their versions keep the API server from dropping an old version of the CRD.
        let Some(object) = cluster.find(&at).await? else { return Ok(None) };
        let mut entries = object["metadata"]["managedFields"].clone();
        for entry in entries.as_array_mut().into_iter().flatten() {
            entry["apiVersion"] = Value::from(&*api_version);
        }
        change = json!({"metadata": {"managedFields": entries}});
    }
    match cluster.patch(&at, &change).await {
        Ok(_) => Ok(Some(at)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.context(format!("{at} failed to migrate"))),
    }
}
