//! What is looked at in the cluster before anything is written anywhere.

use futures::future::try_join_all;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::plan::Plan;
use crate::cluster::{Cluster, FIELD_MANAGER, KubernetesVersion, Resource, subject};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::kinds;
use crate::manifests::sync::spec_path;

/// What a bootstrap does in the cluster: verb, group, plural, and whether in the namespace of the controllers.
const RIGHTS: [(&str, &str, &str, bool); 20] = [
    ("create", "", "namespaces", false),
    ("patch", "", "namespaces", false),
    ("create", "apiextensions.k8s.io", "customresourcedefinitions", false),
    ("patch", "apiextensions.k8s.io", "customresourcedefinitions", false),
    ("create", "rbac.authorization.k8s.io", "clusterroles", false),
    ("patch", "rbac.authorization.k8s.io", "clusterroles", false),
    ("create", "rbac.authorization.k8s.io", "clusterrolebindings", false),
    ("patch", "rbac.authorization.k8s.io", "clusterrolebindings", false),
    ("create", "", "serviceaccounts", true),
    ("create", "", "services", true),
    ("create", "", "resourcequotas", true),
    ("create", "networking.k8s.io", "networkpolicies", true),
    ("create", "source.toolkit.fluxcd.io", "gitrepositories", true),
    ("patch", "source.toolkit.fluxcd.io", "gitrepositories", true),
    ("create", "kustomize.toolkit.fluxcd.io", "kustomizations", true),
    ("patch", "kustomize.toolkit.fluxcd.io", "kustomizations", true),
    ("create", "apps", "deployments", true),
    ("patch", "apps", "deployments", true),
    ("create", "", "secrets", true),
    ("patch", "", "secrets", true),
];

/// So many objects are rehearsed at a time.
const AT_ONCE: usize = 8;

/// What the cluster already follows.
#[derive(Debug, Default)]
pub struct Found {
    /// Whether the components were once applied from the repository, so that the controllers run.
    pub synchronised: bool,
    /// What the sync will change, a line each.
    pub changes: Vec<String>,
}

/// Looks at version, rights and what is installed.
///
/// # Errors
/// Whatever would make the bootstrap fail half-way, or destroy somebody else's work.
pub async fn cluster(context: &Context, plan: &Plan) -> Result<Found> {
    let cluster = context.cluster().await?;
    let version = cluster.kubernetes_version().await?;
    if !version.is_supported() {
        return Err(Error::usage(format!(
            "Kubernetes {version} is not supported: Flux needs {}",
            KubernetesVersion::supported()
        ))
        .hint("upgrade the cluster first"));
    }
    rights(cluster, context.namespace()).await?;
    let namespace = cluster.find(&built_in("Namespace")?, None, context.namespace()).await?;
    if namespace.is_some_and(|found| found.pointer("/metadata/deletionTimestamp").is_some()) {
        return Err(Error::usage(format!("the namespace {} is being deleted", context.namespace()))
            .hint("wait until it is gone: `flux uninstall` says what holds it up"));
    }
    let installation = cluster.installation().await?;
    if let Some(other) = installation.as_ref().and_then(|it| it.managed_by.as_ref())
        && !plan.force
    {
        let version = installation.as_ref().map(|it| it.version.as_str()).unwrap_or_default();
        context.ui.plain(format!("Flux {version} has been installed on this cluster with {other}!"));
        context
            .confirm(&format!("Are you sure you want to override the {other} installation?"), "--force")
            .map_err(|error| match error.kind() {
            Kind::Interrupted => Error::new(Kind::Interrupted, "bootstrap cancelled").code(1),
            _ => error,
        })?;
    }
    existing_sync(cluster, plan).await
}

/// The identity of the cluster: the UID of the namespace that every cluster has from its first moment.
pub async fn identity(context: &Context) -> Result<String> {
    let cluster = context.cluster().await?;
    let system = cluster.get(&built_in("Namespace")?, None, "kube-system").await?;
    let uid = system.pointer("/metadata/uid").and_then(Value::as_str);
    uid.map(str::to_owned).ok_or_else(|| Error::failed("the namespace kube-system has no UID"))
}

async fn rights(cluster: &Cluster, namespace: &str) -> Result<()> {
    let reviews = Resource {
        group: "authorization.k8s.io".into(),
        version: "v1".into(),
        plural: "selfsubjectaccessreviews".into(),
        namespaced: false,
        older: &[],
    };
    let asked = RIGHTS.iter().map(|(verb, group, plural, namespaced)| {
        let reviews = &reviews;
        async move {
            let mut attributes = json!({ "verb": verb, "group": group, "resource": plural });
            if *namespaced {
                attributes["namespace"] = json!(namespace);
            }
            let review = json!({
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": { "resourceAttributes": attributes },
            });
            let answer = cluster.create(reviews, None, &review).await?;
            let allowed = answer.pointer("/status/allowed").and_then(Value::as_bool).unwrap_or(false);
            let dot = if group.is_empty() { "" } else { "." };
            Ok::<_, Error>((!allowed).then(|| format!("{verb} {plural}{dot}{group}")))
        }
    });
    let missing: Vec<String> = try_join_all(asked).await?.into_iter().flatten().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(forbidden(&missing.join(", ")))
}

fn forbidden(what: &str) -> Error {
    Error::new(Kind::Forbidden, format!("the kubeconfig's user may not {what}"))
        .hint("use a context whose user is bound to the ClusterRole cluster-admin (--context): Flux's own controllers are given those rights")
}

/// Looks whether what will be applied can be: its kinds, that the API server takes it, and that the user may grant what
/// the roles grant.
///
/// # Errors
/// A kind that neither the cluster nor the objects themselves bring; an object that is not valid, or that changes what
/// cannot be changed; a role that only somebody else may grant.
pub async fn objects(context: &Context, objects: &[Value]) -> Result<()> {
    let cluster = context.cluster().await?;
    let brought = |object: &Value| {
        let (group, version) = object["apiVersion"].as_str()?.split_once('/')?;
        objects.iter().find(|crd| {
            let spec = &crd["spec"];
            crd["kind"] == "CustomResourceDefinition"
                && spec["group"] == group
                && spec["names"]["kind"] == object["kind"]
                && spec["versions"].as_array().is_some_and(|all| all.iter().any(|it| it["name"] == version))
        })
    };
    let mut asked = Vec::new();
    for object in objects.iter().filter(|object| brought(object).is_none()) {
        let resource = cluster.resource_of(object).await?;
        // Definitions are Flux's own, and large.
        if object["kind"] != "CustomResourceDefinition" {
            asked.push(rehearse(cluster, resource, object));
        }
    }
    let mut outcomes = stream::iter(asked).buffered(AT_ONCE);
    while let Some(outcome) = outcomes.next().await {
        outcome?;
    }
    Ok(())
}

/// Refuses an object that the API server would refuse for what it is. What else it says need not hold later: the
/// namespace may not be there yet.
async fn rehearse(cluster: &Cluster, resource: Resource, object: &Value) -> Result<()> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let (kind, name) = (text("/kind").unwrap_or_default(), text("/metadata/name").unwrap_or_default());
    let namespace = text("/metadata/namespace");
    match cluster.dry_run(&resource, namespace, name, object, FIELD_MANAGER).await? {
        Err(refusal) if refusal.reason == "Forbidden" && kind.starts_with("ClusterRole") => {
            Err(forbidden(&format!("grant what {kind} {name} grants")))
        }
        Err(refusal) if refusal.reason == "Invalid" => Err(Error::usage(format!(
            "the API server does not take {}: {}",
            subject(object),
            refusal.message
        ))
        .hint("correct what changes it in the repository, or delete the object where the cluster's own is in the way")),
        _ => Ok(()),
    }
}

/// Refuses what would take over another sync, and tells what will change.
async fn existing_sync(cluster: &Cluster, plan: &Plan) -> Result<Found> {
    let namespace = plan.sync.namespace.as_str();
    let subject = format!("{namespace}/{namespace}");
    let kustomization = cluster.find(&resource("Kustomization")?, Some(namespace), namespace).await?;
    let repository = cluster.find(&resource("GitRepository")?, Some(namespace), namespace).await?;
    let text =
        |object: &Value, pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let mut found = Found::default();
    for (kind, object) in [("Kustomization", &kustomization), ("GitRepository", &repository)] {
        let Some(object) = object else { continue };
        if object.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
            let command = if kind == "Kustomization" { "kustomization" } else { "source git" };
            return Err(Error::usage(format!(
                "{kind} {subject} is suspended: the cluster would not follow its repository"
            ))
            .hint(format!("resume it first: flux resume {command} {namespace} -n {namespace}")));
        }
    }
    if let Some(kustomization) = kustomization {
        let path = spec_path(&text(&kustomization, "/spec/path").unwrap_or_default());
        if path != plan.sync.path {
            return Err(Error::usage(format!(
                "sync path configuration ({:?}) would overwrite path ({path:?}) of existing Kustomization",
                plan.sync.path
            ))
            .hint(format!(
                "this cluster follows {path}: bootstrap it with --path={path}, or take Flux away first with `flux uninstall`"
            )));
        }
        found.synchronised =
            text(&kustomization, "/status/lastAppliedRevision").is_some_and(|it| !it.is_empty());
    }
    if let Some(repository) = repository {
        for (what, pointer, new) in [
            ("URL", "/spec/url", &plan.sync.url),
            ("branch", "/spec/ref/branch", &plan.sync.branch),
            ("Secret", "/spec/secretRef/name", &plan.sync.secret),
        ] {
            let old = text(&repository, pointer).unwrap_or_default();
            if old != *new {
                found
                    .changes
                    .push(format!("the {what} of GitRepository {subject} changes from {old:?} to {new:?}"));
            }
        }
    }
    Ok(found)
}

/// The resource of one of Flux's kinds.
pub fn resource(kind: &str) -> Result<Resource> {
    let row = kinds::KINDS.iter().find(|row| row.kind == kind);
    row.map(|row| Resource::from(*row)).ok_or_else(|| missing(kind))
}

/// The resource of one of Kubernetes' own kinds.
pub fn built_in(kind: &str) -> Result<Resource> {
    Resource::built_in(kind).ok_or_else(|| missing(kind))
}

fn missing(kind: &str) -> Error {
    Error::failed(format!("the kind {kind} is missing in the table of kinds"))
}
