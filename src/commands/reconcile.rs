//! `flux reconcile`: triggers a reconciliation now and waits for it.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{KindCommand, only_name};
use crate::cluster::{Cluster, Resource, WaitOptions};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{self, Flag, Kind, Reconciler, SourceRef, Verb};

/// Annotation that requests a reconciliation. Its value is the time of the request.
const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";

/// The flags of `flux reconcile` and all under it.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// The object's name
    #[arg(value_name = "name")]
    names: Vec<String>,
}

impl KindCommand for Reconcile {
    async fn run(self, context: &Context, kind: &'static Kind, flags: &[Flag]) -> Result<()> {
        let Some(name) = only_name(context, &self.names) else {
            return Err(Error::usage(format!("{} name is required", kind.kind))
                .hint(format!("flux get {} -A lists what there is", kind.get.words.join(" "))));
        };
        let cluster = context.cluster().await?;
        let target = Target { kind, namespace: context.namespace().to_owned(), name: name.to_owned() };
        reconcile(context, cluster, target, flags).await
    }
}

/// An object to reconcile.
struct Target {
    kind: &'static Kind,
    namespace: String,
    name: String,
}

async fn reconcile(context: &Context, cluster: &Cluster, target: Target, flags: &[Flag]) -> Result<()> {
    let Target { kind, namespace, name } = &target;
    let object = match cluster.get(&Resource::from(*kind), Some(namespace), name).await {
        Ok(object) => object,
        Err(error) => return Err(cluster.hint_elsewhere(error, kind, namespace, Some(name)).await),
    };
    if (kind.reconciler)(&object) == Reconciler::Static {
        context.ui.success("reconciliation not supported by the object");
        return Ok(());
    }
    if object["spec"]["suspend"] == true {
        return Err(Error::usage(format!("resource is suspended: {}/{namespace}/{name}", kind.kind))
            .hint(format!("flux resume {} {name} -n {namespace}", kind.path.words.join(" "))));
    }
    if flags.contains(&Flag::WithSource)
        && let Some(source) = kind.source
    {
        let source = source(&object).ok_or_else(|| {
            Error::usage(format!("{}/{namespace}/{name} has no source to reconcile", kind.kind))
        })?;
        let flags: &[Flag] = if source.with_source { &[Flag::WithSource] } else { &[] };
        // A recursive future must be boxed; there are two steps at most.
        Box::pin(reconcile(context, cluster, self::source(source)?, flags)).await?;
    }
    ask(context, cluster, &target, flags).await
}

/// Object of a source.
fn source(source: SourceRef) -> Result<Target> {
    let kind = kinds::by_name(&source.kind).filter(|kind| kind.takes(Verb::Reconcile)).ok_or_else(|| {
        Error::usage(format!("cannot reconcile source of kind {}", source.kind))
            .hint("omit --with-source: Flux does not fetch this kind of source")
    })?;
    Ok(Target { kind, namespace: source.namespace, name: source.name })
}

/// Requests a reconciliation and waits for its result.
async fn ask(context: &Context, cluster: &Cluster, target: &Target, flags: &[Flag]) -> Result<()> {
    let Target { kind, namespace, name } = target;
    let resource = Resource::from(*kind);
    context.ui.action(format!("annotating {} {name} in {namespace} namespace", kind.kind));
    let now = context.clock.now().to_string();
    let mut annotations = Map::new();
    annotations.insert(REQUESTED_AT.into(), Value::from(now.as_str()));
    for annotation in flags.iter().filter_map(|flag| flag.annotation()) {
        annotations.insert(annotation.into(), Value::from(now.as_str()));
    }
    let change = json!({"metadata": {"annotations": annotations}});
    cluster.patch(&resource, Some(namespace), name, &change).await?;
    context.ui.success(format!("{} annotated", kind.kind));
    context.ui.waiting(format!("waiting for {} reconciliation", kind.kind));
    let options =
        WaitOptions { timeout: context.settings.timeout, requested_at: Some(&now), ..WaitOptions::default() };
    let tell = |what: &str| {
        if context.ui.is_terminal() {
            context.ui.waiting(what);
        }
    };
    let object = cluster.wait_ready(&resource, Some(namespace), name, &options, tell).await?;
    context.ui.success((kind.success)(&object));
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::REQUESTED_AT;
    use crate::testing::Scene;

    #[test]
    fn the_request_carries_the_time_of_the_clock() {
        let scene = Scene::with_flux();
        assert_snapshot!(scene.run("flux reconcile kustomization apps --with-source"), @"
        [stderr]
        ► annotating GitRepository fleet in flux-system namespace
        ✔ GitRepository annotated
        ◎ waiting for GitRepository reconciliation
        ✔ fetched revision main@sha1:0123456789abcdef0123456789abcdef01234567
        ► annotating Kustomization apps in flux-system namespace
        ✔ Kustomization annotated
        ◎ waiting for Kustomization reconciliation
        ✔ applied revision main@sha1:0123456789abcdef0123456789abcdef01234567
        ");
        let source = scene.live("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "fleet");
        assert_eq!(source["metadata"]["annotations"][REQUESTED_AT], "2026-01-01T00:00:00Z");
    }

    #[test]
    fn suspended_and_missing_objects_are_refused() {
        let scene = Scene::with_flux();
        assert_snapshot!(scene.run("flux reconcile kustomization infra"), @"
        [stderr]
        ✗ resource is suspended: Kustomization/flux-system/infra
          hint: flux resume kustomization infra -n flux-system
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux reconcile kustomization missing"), @r#"
        [stderr]
        ✗ kustomizations.kustomize.toolkit.fluxcd.io "missing" not found
        [exit code 1]
        "#);
    }
}
