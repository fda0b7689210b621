//! `flux resume`: resumes the reconciliation of suspended objects.

use clap::Args;
use futures::future::join_all;
use serde_json::Value;

use super::{KindCommand, name_required, no_artifact, unique};
use crate::cluster::{Cluster, ListSelector, WaitOptions};
use crate::commands::about::{About, DescribedVerb};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{Flag, Kind, Verb};
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// The flags of `flux resume` and all under it.
#[derive(Debug, Args)]
pub struct Resume {
    /// Names of the objects
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Resume all objects of the kind in the namespace
    #[arg(long)]
    all: bool,
    /// Wait until the objects are ready [default: true for one name, otherwise false]
    #[arg(long)]
    wait: Option<bool>,
}

impl DescribedVerb for Resume {
    const VERB: Verb = Verb::Resume;
    const ABOUT: About = About::new("resume", "Resume the reconciliation of suspended objects").examples(&[
        ("Resume a Kustomization and wait until it is ready", "flux resume kustomization apps"),
        ("Resume all HelmReleases in a namespace", "flux resume helmrelease --all -n apps"),
    ]);
    const ABOUT_KIND: About =
        About::new("", "Resume the reconciliation of {kinds}").usage("(<NAME>... | --all)").examples(&[
            ("Resume the {kind} {name} and wait until it is ready", "flux resume {path} {name}"),
            (
                "Resume all {kinds} in a namespace and wait for them",
                "flux resume {path} --all --wait -n apps",
            ),
        ]);
}

impl KindCommand for Resume {
    async fn run(self, context: &Context, kind: &'static Kind, _: &[Flag]) -> Result<()> {
        if self.names.is_empty() && !self.all {
            return Err(name_required(kind, "add one or more names, or --all"));
        }
        let cluster = context.cluster().await?;
        let now = context.clock.now().to_string();
        let resumed = if self.names.is_empty() {
            resume_all(context, cluster, kind, &now).await?
        } else {
            resume_named(context, cluster, kind, unique(&self.names), &now).await?
        };
        if self.wait.unwrap_or(self.names.len() == 1) {
            wait(context, cluster, kind, resumed, &now).await?;
        }
        Ok(())
    }
}

async fn resume_all(
    context: &Context,
    cluster: &Cluster,
    kind: &'static Kind,
    now: &str,
) -> Result<Vec<String>> {
    let namespace = context.namespace();
    let selector = ListSelector::namespace(namespace);
    let objects = cluster.list::<Value>(&Resource::from(kind), &selector).await?.items;
    if objects.is_empty() {
        context.ui.failure(format!("no {} objects found in {namespace} namespace", kind.kind));
    }
    let mut resumed = Vec::new();
    for object in &objects {
        resumed.push(resume(context, cluster, kind, object, now).await?);
    }
    Ok(resumed)
}

async fn resume_named(
    context: &Context,
    cluster: &Cluster,
    kind: &'static Kind,
    names: Vec<&str>,
    now: &str,
) -> Result<Vec<String>> {
    let namespace = context.namespace();
    let mut resumed = Vec::new();
    for name in names {
        let at = ObjectRef::new(kind, namespace, name);
        if let Some(object) = cluster.find_served(&at).await? {
            resumed.push(resume(context, cluster, kind, &object, now).await?);
            continue;
        }
        // As in flux, a missing object is not an error: the others are resumed.
        let missing = format!("{} object '{name}' not found in {namespace} namespace", kind.kind);
        let missing = cluster.hint_namespaces_of(Error::not_found(missing), &at).await;
        context.ui.failure(missing.to_string());
        context.ui.hints(missing.hints());
    }
    Ok(resumed)
}

/// Resumes an object and returns its name.
async fn resume(
    context: &Context,
    cluster: &Cluster,
    kind: &Kind,
    object: &Value,
    now: &str,
) -> Result<String> {
    let name = object.name();
    let namespace = context.namespace();
    context.ui.action(format!("resuming {} {name} in {namespace} namespace", kind.human));
    if let Some(change) = kind.suspension.resume(object, now) {
        cluster.patch(&ObjectRef::of(kind, object), &change).await?;
    }
    context.ui.success(format!("{} resumed", kind.human));
    Ok(name.to_owned())
}

/// Waits for all objects at once, and reports them in the order of their names.
async fn wait(
    context: &Context,
    cluster: &Cluster,
    kind: &'static Kind,
    mut names: Vec<String>,
    now: &str,
) -> Result<()> {
    names.sort_unstable();
    let requested_at = kind.suspension.resumes_by_request().then_some(now);
    let options = WaitOptions { timeout: context.settings.timeout, requested_at, ..WaitOptions::default() };
    let objects: Vec<ObjectRef> =
        names.iter().map(|name| ObjectRef::new(kind, context.namespace(), name)).collect();
    let waits = objects.iter().map(|object| {
        context.ui.waiting(format!("waiting for {} reconciliation", kind.kind));
        cluster.wait_ready(object, &options)
    });
    let outcomes = join_all(waits).await;
    let mut failed = Vec::new();
    for ((name, at), outcome) in names.iter().zip(&objects).zip(outcomes) {
        match outcome {
            Ok(object) if kind.lacks_artifact(&object) => failed.push(no_artifact(kind, at)),
            Ok(object) => {
                context.ui.success(format!("{} {name} reconciliation completed", kind.kind));
                context.ui.success((kind.success)(&object));
            }
            Err(error) => failed.push(error),
        }
    }
    if failed.len() == 1 && names.len() == 1 {
        return failed.pop().map_or(Ok(()), Err);
    }
    for error in &failed {
        context.ui.failure(error.to_string());
        context.ui.hints(error.hints());
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Error::failed(format!("reconciliation failed for {} {}(s)", failed.len(), kind.kind)))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn objects_are_resumed_and_waited_for() {
        let scene = Scene::with_flux();
        assert_snapshot!(scene.run("flux resume kustomization infra"), @"
        [stderr]
        ► resuming kustomization infra in flux-system namespace
        ✔ kustomization resumed
        ◎ waiting for Kustomization reconciliation
        ✔ Kustomization infra reconciliation completed
        ✔ applied revision main@sha1:0123456789abcdef0123456789abcdef01234567
        ");
        let infra = scene.live("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", "infra");
        assert!(infra["spec"].get("suspend").is_none());
        assert_snapshot!(scene.run("flux resume kustomization --all"), @"
        [stderr]
        ► resuming kustomization apps in flux-system namespace
        ✔ kustomization resumed
        ► resuming kustomization infra in flux-system namespace
        ✔ kustomization resumed
        ► resuming kustomization web in flux-system namespace
        ✔ kustomization resumed
        ");
        assert_snapshot!(scene.run("flux resume kustomization missing --wait=false"), @"
        [stderr]
        ✗ Kustomization object 'missing' not found in flux-system namespace
        ");
    }
}
