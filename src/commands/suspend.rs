//! `flux suspend`: stops the reconciliation of objects until they are resumed.

use clap::Args;
use serde_json::Value;

use super::{KindCommand, name_required, unique};
use crate::cluster::{Cluster, ListSelector};
use crate::commands::about::{About, DescribedVerb};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{Flag, Kind, Verb};
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// The flags of `flux suspend` and all under it.
#[derive(Debug, Args)]
pub struct Suspend {
    /// Names of the objects
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Suspend all objects of the kind in the namespace
    #[arg(long)]
    all: bool,
}

impl DescribedVerb for Suspend {
    const VERB: Verb = Verb::Suspend;
    const ABOUT: About = About::new("suspend", "Suspend the reconciliation of objects")
        .details("Controllers ignore suspended objects until they are resumed.")
        .examples(&[
            ("Suspend a Kustomization", "flux suspend kustomization apps"),
            ("Suspend all HelmReleases in a namespace", "flux suspend helmrelease --all -n apps"),
        ]);
    const ABOUT_KIND: About =
        About::new("", "Suspend the reconciliation of {kinds}").usage("(<NAME>... | --all)").examples(&[
            ("Suspend the {kind} {name}", "flux suspend {path} {name}"),
            ("Suspend all {kinds} in a namespace", "flux suspend {path} --all -n apps"),
        ]);
}

impl KindCommand for Suspend {
    async fn run(self, context: &Context, kind: &'static Kind, _: &[Flag]) -> Result<()> {
        if self.names.is_empty() && !self.all {
            return Err(name_required(kind, "add one or more names, or --all"));
        }
        let cluster = context.cluster().await?;
        let (resource, namespace) = (Resource::from(kind), context.namespace());
        if self.names.is_empty() {
            let selector = ListSelector::namespace(namespace);
            let objects = cluster.list::<Value>(&resource, &selector).await?.items;
            if objects.is_empty() {
                let error = Error::not_found("no objects found");
                return Err(cluster.hint_other_namespaces(error, &resource).await);
            }
            for object in &objects {
                suspend(context, cluster, kind, object).await?;
            }
            return Ok(());
        }
        let mut failed = 0;
        for name in unique(&self.names) {
            let at = ObjectRef::new(&resource, namespace, name);
            let outcome = match cluster.find_served(&at).await {
                Ok(Some(object)) => suspend(context, cluster, kind, &object).await,
                Ok(None) => {
                    // As in flux, a missing object is not an error: the others are suspended.
                    let missing = format!("{} {name} not found in {namespace} namespace", kind.kind);
                    let missing = Error::not_found(missing);
                    let missing = cluster.hint_namespaces_of(missing, &at).await;
                    context.ui.failure(missing.to_string());
                    context.ui.hints(missing.hints());
                    continue;
                }
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                failed += 1;
                let what = format!("failed suspending {} {name} in {namespace} namespace", kind.kind);
                context.ui.failure(format!("{what}: {error}"));
                context.ui.hints(error.hints());
            }
        }
        if failed > 0 {
            return Err(Error::failed(format!("suspending failed for {failed} {}(s)", kind.kind)));
        }
        Ok(())
    }
}

async fn suspend(context: &Context, cluster: &Cluster, kind: &Kind, object: &Value) -> Result<()> {
    let name = object.name();
    let namespace = context.namespace();
    context.ui.action(format!("suspending {} {name} in {namespace} namespace", kind.human));
    if !kind.suspension.holds(object) {
        cluster.patch(&ObjectRef::of(kind, object), &kind.suspension.suspend()).await?;
    }
    context.ui.success(format!("{} suspended", kind.human));
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn objects_are_suspended() {
        let scene = Scene::with_flux();
        assert_snapshot!(scene.run("flux suspend kustomization apps missing"), @"
        [stderr]
        ► suspending kustomization apps in flux-system namespace
        ✔ kustomization suspended
        ✗ Kustomization missing not found in flux-system namespace
        ");
        let apps = scene.live("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", "apps");
        assert_eq!(apps["spec"]["suspend"], true);
        assert_snapshot!(scene.run("flux suspend source git --all"), @"
        [stderr]
        ► suspending source git fleet in flux-system namespace
        ✔ source git suspended
        ");
        assert_snapshot!(scene.run("flux suspend kustomization"), @"
        [stderr]
        ✗ kustomization name is required
          hint: add one or more names, or --all
        [exit code 1]
        ");
    }

    #[test]
    fn objects_of_flux_operator_are_suspended_by_an_annotation() {
        let scene = Scene::with_operator();
        let annotations = || {
            let set = scene.live("fluxcd.controlplane.io/v1", "ResourceSet", "flux-system", "apps");
            set["metadata"]["annotations"].to_string()
        };
        assert_snapshot!(scene.run("flux suspend resourceset apps"), @"
        [stderr]
        ► suspending resourceset apps in flux-system namespace
        ✔ resourceset suspended
        ");
        assert_snapshot!(annotations(), @r#"{"fluxcd.controlplane.io/reconcile":"disabled"}"#);
        assert_snapshot!(scene.run("flux get rset"), @"
        NAME→SUSPENDED→READY→MESSAGE                        ␠
        apps→True     →True →Reconciliation finished in 52ms→
        ");
        assert_snapshot!(scene.run("flux reconcile rset apps"), @"
        [stderr]
        ✗ resource is suspended: ResourceSet/flux-system/apps
          hint: flux resume resourceset apps -n flux-system
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux resume rset apps"), @"
        [stderr]
        ► resuming resourceset apps in flux-system namespace
        ✔ resourceset resumed
        ◎ waiting for ResourceSet reconciliation
        ✔ ResourceSet apps reconciliation completed
        ✔ applied 2 objects
        ");
        assert_snapshot!(annotations(), @r#"{"fluxcd.controlplane.io/reconcile":"enabled","reconcile.fluxcd.io/requestedAt":"2026-01-01T00:00:00Z"}"#);
        assert_snapshot!(scene.run("flux reconcile fluxreport flux"), @"
        [stderr]
        ► annotating FluxReport flux in flux-system namespace
        ✔ FluxReport annotated
        ◎ waiting for FluxReport reconciliation
        ✔ FluxReport reconciliation requested
        ");
    }
}
