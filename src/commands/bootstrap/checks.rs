//! Checks of the cluster before anything is written.

use futures::future::try_join_all;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::plan::Plan;
use crate::cluster::{Cluster, FIELD_MANAGER};
use crate::commands::preflight;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{GIT_REPOSITORY, KUSTOMIZATION};
use crate::manifests::sync::spec_path;
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// Rights that a bootstrap needs in the cluster: verb, group, plural, and whether only in the namespace of Flux.
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

/// Maximum number of concurrent dry runs.
const CONCURRENCY: usize = 8;

/// Sync that the cluster already has.
#[derive(Debug, Default)]
pub struct Found {
    /// Whether the components have been applied from the repository, so that the controllers run.
    pub synchronized: bool,
    /// Changes to the existing sync, one message each.
    pub changes: Vec<String>,
}

/// Checks the version, the user's rights, and what is installed.
///
/// # Errors
/// Anything that would stop the bootstrap halfway or overwrite an installation of others.
pub async fn cluster(context: &Context, plan: &Plan) -> Result<Found> {
    let cluster = context.cluster().await?;
    preflight::kubernetes_version(cluster).await?;
    rights(cluster, context.namespace()).await?;
    let namespace = cluster.find(&ObjectRef::new(Resource::NAMESPACE, None, context.namespace())).await?;
    if namespace.is_some_and(|found| found.is_terminating()) {
        return Err(Error::usage(format!("the namespace {} is being deleted", context.namespace()))
            .hint("wait until it is deleted; `flux uninstall` shows what blocks the deletion"));
    }
    let installation = cluster.installation().await?;
    preflight::other_installation(context, installation.as_ref(), plan.force).await?;
    existing_sync(cluster, plan).await
}

/// Returns the identity of the cluster: the UID of the namespace `kube-system`, which every cluster has.
pub async fn identity(context: &Context) -> Result<String> {
    let cluster = context.cluster().await?;
    let system = cluster.get(&ObjectRef::new(Resource::NAMESPACE, None, "kube-system")).await?;
    system.uid().map(str::to_owned).ok_or_else(|| Error::failed("the namespace kube-system has no UID"))
}

async fn rights(cluster: &Cluster, namespace: &str) -> Result<()> {
    let asked = RIGHTS.iter().map(|(verb, group, plural, namespaced)| async move {
        let mut attributes = json!({ "verb": verb, "group": group, "resource": plural });
        if *namespaced {
            attributes["namespace"] = json!(namespace);
        }
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": attributes },
        });
        let answer = cluster.create(&Resource::SELF_SUBJECT_ACCESS_REVIEW, None, &review).await?;
        let allowed = answer["status"]["allowed"] == true;
        let dot = if group.is_empty() { "" } else { "." };
        Ok::<_, Error>((!allowed).then(|| format!("{verb} {plural}{dot}{group}")))
    });
    let missing: Vec<String> = try_join_all(asked).await?.into_iter().flatten().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(forbidden(&missing.join(", ")))
}

fn forbidden(what: &str) -> Error {
    Error::new(ErrorKind::Forbidden, format!("the user of the kubeconfig is not allowed to {what}"))
        .hint("use a --context whose user has the ClusterRole cluster-admin, which the Flux controllers need")
}

/// Checks that objects can be applied, with dry runs.
///
/// # Errors
/// A kind that neither the cluster nor the objects define; an invalid object; a change of an immutable field; a role
/// with rights that the user may not grant.
pub async fn objects(context: &Context, objects: &[Value]) -> Result<()> {
    let cluster = context.cluster().await?;
    let definition = |object: &Value| {
        let (group, version) = object["apiVersion"].as_str()?.split_once('/')?;
        objects.iter().find(|crd| {
            let spec = &crd["spec"];
            crd["kind"] == "CustomResourceDefinition"
                && spec["group"] == group
                && spec["names"]["kind"] == object["kind"]
                && spec["versions"].as_array().is_some_and(|all| all.iter().any(|it| it["name"] == version))
        })
    };
    let mut dry_runs = Vec::new();
    for object in objects.iter().filter(|object| definition(object).is_none()) {
        let resource = cluster.resource_of(object).await?;
        // CRDs are Flux's own, and large.
        if object["kind"] != "CustomResourceDefinition" {
            dry_runs.push(dry_run(cluster, resource, object));
        }
    }
    let mut outcomes = stream::iter(dry_runs).buffered(CONCURRENCY);
    while let Some(outcome) = outcomes.next().await {
        outcome?;
    }
    Ok(())
}

/// Refuses an object that the API server would refuse as invalid. Its other errors may not apply later: the namespace
/// may not exist yet.
async fn dry_run(cluster: &Cluster, resource: Resource, object: &Value) -> Result<()> {
    let at = ObjectRef::of(resource, object);
    match cluster.dry_run(&at, object, FIELD_MANAGER).await? {
        Err(refusal) if refusal.reason == "Forbidden" && at.resource.kind.starts_with("ClusterRole") => {
            Err(forbidden(&format!("grant the permissions of {} {}", at.resource.kind, at.name)))
        }
        Err(refusal) if refusal.reason == "Invalid" => Err(Error::usage(format!(
            "the API server rejects {at}: {}",
            refusal.message
        ))
        .hint(
            "fix it in the repository, or delete the object from the cluster if the existing one conflicts",
        )),
        _ => Ok(()),
    }
}

/// Refuses to replace the sync of another path, and collects the changes to an existing one.
async fn existing_sync(cluster: &Cluster, plan: &Plan) -> Result<Found> {
    let namespace = plan.sync.namespace.as_str();
    let subject = format!("{namespace}/{namespace}");
    let kustomization = cluster.find(&ObjectRef::new(&KUSTOMIZATION, namespace, namespace)).await?;
    let repository = cluster.find(&ObjectRef::new(&GIT_REPOSITORY, namespace, namespace)).await?;
    let text =
        |object: &Value, pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let mut found = Found::default();
    for (kind, object) in [("Kustomization", &kustomization), ("GitRepository", &repository)] {
        let Some(object) = object else { continue };
        if object.is_suspended() {
            let command = if kind == "Kustomization" { "kustomization" } else { "source git" };
            return Err(Error::usage(format!(
                "{kind} {subject} is suspended: the cluster would not apply its repository"
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
                "this cluster applies {path}: bootstrap it with --path={path}, or remove Flux first with `flux uninstall`"
            )));
        }
        found.synchronized =
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
