//! `flux suspend`: stops the reconciliation of objects until they are resumed.

use clap::Args;
use serde_json::Value;

use super::KindCommand;
use super::targets::{Change, Targets};
use crate::commands::about::{About, DescribedVerb};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{Flag, Kind, Verb};

/// The flags of `flux suspend` and all under it.
#[derive(Debug, Args)]
pub struct Suspend {
    #[command(flatten)]
    targets: Targets,
}

impl DescribedVerb for Suspend {
    const VERB: Verb = Verb::Suspend;
    const ABOUT: About = About::new("suspend", "Suspend the reconciliation of objects")
        .details("Controllers ignore suspended objects until they are resumed.")
        .examples(&[
            ("Suspend a Kustomization", "flux suspend kustomization apps"),
            ("Suspend all HelmReleases in a namespace", "flux suspend helmrelease --all -n apps"),
            ("Suspend the Kustomizations of a team", "flux suspend kustomization -l team=web"),
        ]);
    const ABOUT_KIND: About = About::new("", "Suspend the reconciliation of {kinds}")
        .usage("(<NAME>... | --selector <SELECTOR> | --all)")
        .examples(&[
            ("Suspend the {kind} {name}", "flux suspend {path} {name}"),
            ("Suspend all {kinds} in a namespace", "flux suspend {path} --all -n apps"),
        ]);
}

impl KindCommand for Suspend {
    async fn run(self, context: &Context, kind: &'static Kind, _: &[Flag]) -> Result<()> {
        let selected = self.targets.selected(kind)?;
        let namespace = context.namespace();
        let mut failed = 0;
        let report = |name: &str, change: Change| match change {
            Change::Made => {
                context.ui.action(format!("suspending {} {name} in {namespace} namespace", kind.human));
                context.ui.success(format!("{} suspended", kind.human));
            }
            // As in flux, a missing object is not an error: the others are suspended.
            Change::Missing(hints) => {
                context.ui.failure(format!("{} {name} not found in {namespace} namespace", kind.kind));
                context.ui.hints(&hints);
            }
            Change::Failed(error) => {
                failed += 1;
                let what = format!("failed suspending {} {name} in {namespace} namespace", kind.kind);
                context.ui.failure(format!("{what}: {error}"));
                context.ui.hints(error.hints());
            }
        };
        let suspension = |object: &Value| (!kind.suspension.holds(object)).then(|| kind.suspension.suspend());
        let found = selected.change(context, kind, suspension, report).await?;
        if found == 0 {
            return Err(selected.nothing_found(context, kind, "no objects found").await?);
        }
        if failed > 0 {
            return Err(Error::failed(format!("suspending failed for {failed} {}(s)", kind.kind)));
        }
        Ok(())
    }
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
          hint: add one or more names, --selector (-l) or --all
        [exit code 1]
        ");
    }

    #[test]
    fn a_label_selector_selects_objects() {
        let scene = Scene::with_flux();
        assert_snapshot!(scene.run("flux suspend kustomization -l team=web"), @"
        [stderr]
        ► suspending kustomization web in flux-system namespace
        ✔ kustomization suspended
        ");
        let apps = scene.live("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", "apps");
        assert!(apps["spec"].get("suspend").is_none());
        assert_snapshot!(scene.run("flux suspend kustomization -l team=none"), @r#"
        [stderr]
        ✗ no objects found
          hint: no Kustomization in namespace flux-system matches "team=none"
        [exit code 1]
        "#);
        assert_snapshot!(scene.run("flux suspend kustomization -l team=!x"), @r#"
        [stderr]
        ✗ unable to parse label selector "team=!x": expected a value, found "!"
          hint: for example: app=web,tier!=db or 'env in (prod,test)'
        [exit code 1]
        "#);
    }

    #[test]
    fn objects_are_selected_in_one_way() {
        let scene = Scene::offline();
        assert_snapshot!(scene.run("flux suspend kustomization apps web --all"), @"
        [stderr]
        ✗ names (apps web) and --all cannot be used together
          hint: select objects either by name, with --selector (-l) or with --all
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux suspend kustomization apps -l team=web"), @"
        [stderr]
        ✗ names (apps) and --selector cannot be used together
          hint: select objects either by name, with --selector (-l) or with --all
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux suspend kustomization -l team=web --all"), @"
        [stderr]
        ✗ --selector and --all cannot be used together
          hint: select objects either by name, with --selector (-l) or with --all
        [exit code 1]
        ");
        // A variable that is not set must not suspend everything.
        assert_snapshot!(scene.run("flux suspend kustomization --selector="), @"
        [stderr]
        ✗ kustomization name is required
          hint: add one or more names, --selector (-l) or --all
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
