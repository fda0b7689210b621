//! `flux reconcile`: triggers a reconciliation now and waits for it.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{KindCommand, listing, name_required, no_artifact, only_name};
use crate::cluster::{Cluster, WaitOptions};
use crate::commands::about::{About, DescribedVerb, KindFlag};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Progress;
use crate::kinds::{self, Flag, Kind, REQUESTED_AT, Reconciler, SourceRef, Verb};
use crate::object::ObjectRef;

/// The flags of `flux reconcile` and all under it.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// Name of the object
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl DescribedVerb for Reconcile {
    const VERB: Verb = Verb::Reconcile;
    const ABOUT: About = About::new("reconcile", "Reconcile an object now and wait for the result")
        .details(
            "Controllers otherwise reconcile an object at its interval and when its source \
             changes.",
        )
        .examples(&[
            ("Fetch a GitRepository now", "flux reconcile source git fleet"),
            (
                "Fetch the source of a Kustomization and apply it",
                "flux reconcile kustomization apps --with-source",
            ),
            ("Retry a failed HelmRelease", "flux reconcile helmrelease podinfo --reset"),
        ]);
    const ABOUT_KIND: About =
        About::new("", "Reconcile {a kind} now and wait for the result").usage("<NAME>").examples(&[
            ("Reconcile the {kind} {name}", "flux reconcile {path} {name}"),
            (
                "Reconcile an object in another namespace, and wait longer",
                "flux reconcile {path} {name} -n apps --timeout=15m",
            ),
        ]);
    const FLAGS: &'static [KindFlag] = &[
        KindFlag {
            flag: Flag::WithSource,
            name: "with-source",
            help: "Reconcile the source of the object first",
        },
        KindFlag {
            flag: Flag::Force,
            name: "force",
            help: "Force a one-off install or upgrade of the release",
        },
        KindFlag {
            flag: Flag::Reset,
            name: "reset",
            help: "Reset the failure count, so that the install or upgrade is retried",
        },
    ];
}

impl KindCommand for Reconcile {
    async fn run(self, context: &Context, kind: &'static Kind, flags: &[Flag]) -> Result<()> {
        let Some(name) = only_name(context, &self.names) else {
            return Err(name_required(kind, listing(kind)));
        };
        let cluster = context.cluster().await?;
        let target = ObjectRef::new(kind, context.namespace(), name);
        reconcile(context, cluster, kind, &target, flags).await
    }
}

async fn reconcile(
    context: &Context,
    cluster: &Cluster,
    kind: &'static Kind,
    target: &ObjectRef,
    flags: &[Flag],
) -> Result<()> {
    let object = match cluster.get(target).await {
        Ok(object) => object,
        Err(error) => return Err(cluster.hint_namespaces_of(error, target).await),
    };
    if (kind.reconciler)(&object) == Reconciler::Static {
        context.ui.success("reconciliation not supported by the object");
        return Ok(());
    }
    if kind.suspension.holds(&object) {
        let resume = format!("flux resume {} {}", kind.path.words.join(" "), target.name);
        let namespace = target.namespace.as_deref().unwrap_or_default();
        return Err(
            Error::usage(format!("resource is suspended: {target}")).hint(format!("{resume} -n {namespace}"))
        );
    }
    if flags.contains(&Flag::WithSource)
        && let Some(source) = kind.source
    {
        let source =
            source(&object).ok_or_else(|| Error::usage(format!("{target} has no source to reconcile")))?;
        let flags: &[Flag] = if source.with_source { &[Flag::WithSource] } else { &[] };
        let (kind, source) = self::source(&source)?;
        // A recursive future must be boxed; there are two steps at most.
        Box::pin(reconcile(context, cluster, kind, &source, flags)).await?;
    }
    request(context, cluster, kind, target, flags).await
}

/// Returns the kind of a source and a reference to it.
fn source(source: &SourceRef) -> Result<(&'static Kind, ObjectRef)> {
    let kind = kinds::by_name(&source.kind).filter(|kind| kind.takes(Verb::Reconcile)).ok_or_else(|| {
        Error::usage(format!("cannot reconcile source of kind {}", source.kind))
            .hint("omit --with-source: Flux does not fetch this kind of source")
    })?;
    Ok((kind, ObjectRef::new(kind, source.namespace.as_str(), &source.name)))
}

/// Requests a reconciliation and waits for its result.
async fn request(
    context: &Context,
    cluster: &Cluster,
    kind: &'static Kind,
    target: &ObjectRef,
    flags: &[Flag],
) -> Result<()> {
    let (name, namespace) = (&target.name, target.namespace.as_deref().unwrap_or_default());
    context.ui.action(format!("annotating {} {name} in {namespace} namespace", kind.kind));
    let now = context.clock.now().to_string();
    let mut annotations = Map::new();
    annotations.insert(REQUESTED_AT.into(), Value::from(now.as_str()));
    for annotation in flags.iter().filter_map(|flag| flag.annotation()) {
        annotations.insert(annotation.into(), Value::from(now.as_str()));
    }
    cluster.patch(target, &json!({"metadata": {"annotations": annotations}})).await?;
    context.ui.success(format!("{} annotated", kind.kind));
    context.ui.waiting(format!("waiting for {} reconciliation", kind.kind));
    let options = WaitOptions {
        timeout: context.settings.timeout,
        requested_at: Some(&now),
        // In a log, the lines above and below say enough.
        progress: if context.ui.is_terminal() { Progress::Reported } else { Progress::Silent },
        ..WaitOptions::default()
    };
    let object = cluster.wait_ready(target, &options).await?;
    if kind.lacks_artifact(&object) {
        return Err(no_artifact(kind, target));
    }
    context.ui.success((kind.success)(&object));
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::kinds::REQUESTED_AT;
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
    fn a_source_without_an_artifact_is_an_error() {
        let scene = Scene::new().object(&json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": "without-artifact", "namespace": "flux-system"}, "spec": {},
        }));
        let output = scene.run("flux reconcile source git without-artifact");
        assert!(output.stderr.contains("completed but no artifact was found"), "{output}");
        assert_eq!(output.code, 1);
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
