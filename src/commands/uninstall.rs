//! `flux uninstall`.

use clap::Args;

use super::Command;
use crate::cluster::RemovalOptions;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};

/// The arguments of `flux uninstall`.
#[derive(Debug, Args)]
pub struct Uninstall {
    /// Only print what would be deleted
    #[arg(long)]
    dry_run: bool,
    /// Do not delete the namespace
    #[arg(long)]
    keep_namespace: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    silent: bool,
}

impl Described for Uninstall {
    const ABOUT: About = About::new("uninstall", "Remove Flux and its CRDs from the cluster")
        .details(
            "Deletes the controllers, the CRDs with all Flux objects, and the namespace. \
             Everything that Flux has applied to the cluster is kept.",
        )
        .examples(&[
            ("Show what would be deleted", "flux uninstall --dry-run"),
            ("Remove Flux", "flux uninstall"),
            (
                "Remove Flux without confirmation, and keep its namespace",
                "flux uninstall --silent --keep-namespace",
            ),
        ]);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for Uninstall {
    async fn run(self, context: &Context) -> Result<()> {
        let (ui, namespace, timeout) = (&context.ui, context.namespace(), context.settings.timeout);
        let cluster = context.cluster().await?;
        // Without an answer from the API server nothing is known about Flux.
        let installation = cluster.installation().await?;
        let homes = cluster.component_namespaces().await?;
        let had_components = homes.iter().any(|home| home == namespace);
        if !had_components && let Some(home) = homes.first() {
            let what = format!("Flux is in the namespace {}, not in {namespace}", homes.join(", "));
            if !self.dry_run {
                return Err(Error::usage(format!("{what}; nothing was deleted"))
                    .hint(format!("uninstall it with: flux uninstall --namespace={home}")));
            }
            ui.warning(format!("{what}; without --dry-run this command would fail"));
        }
        self.operator(context).await?;
        let is_there = installation.is_some() || had_components;
        if !self.dry_run && !self.silent {
            let manager = installation.and_then(|installation| installation.managed_by);
            let question = match manager {
                Some(tool) => format!("Flux is managed by {tool}. Delete Flux and its CRDs anyway?"),
                None => "Delete Flux and its CRDs?".to_owned(),
            };
            context.confirm(&question, "--silent")?;
        }
        let options = RemovalOptions { dry_run: self.dry_run, timeout };
        if !self.dry_run {
            ui.action("suspending all Flux objects");
            cluster.suspend_all().await?;
        }
        ui.action(format!("deleting components in {namespace} namespace"));
        let mut removed = cluster.remove_components(namespace, &options).await?;
        ui.action("deleting toolkit.fluxcd.io finalizers in all namespaces");
        removed += cluster.remove_finalizers(&options).await?;
        ui.action("deleting toolkit.fluxcd.io custom resource definitions");
        removed += cluster.remove_crds(&options).await?;
        if !self.keep_namespace {
            match cluster.remove_namespace(namespace, had_components, &options).await? {
                Some(namespace) => removed += namespace,
                None => ui.warning(format!("namespace {namespace} is kept: it does not belong to Flux")),
            }
        }
        if removed.failed > 0 {
            return Err(Error::failed(format!("uninstall incomplete: {} objects remain", removed.failed))
                .hint("fix the problems marked ✗, then run the same command again")
                .hint("until then all Flux objects are suspended; resume them with flux resume"));
        }
        if !is_there && removed.done == 0 {
            ui.warning("Flux is not installed; nothing to delete");
        }
        ui.success("uninstall finished");
        Ok(())
    }
}

impl Uninstall {
    /// Refuses to delete a Flux that flux-operator would install again at once.
    async fn operator(&self, context: &Context) -> Result<()> {
        let Some(instance) = context.cluster().await?.flux_instance().await? else { return Ok(()) };
        if instance.suspended {
            return Ok(());
        }
        let (at, name) = (&instance.at, &instance.at.name);
        let namespace = at.namespace.as_deref().unwrap_or_default();
        let what = format!("flux-operator manages Flux ({at}) and would install it again");
        if self.dry_run {
            context.ui.warning(format!("{what}; without --dry-run this command would fail"));
            return Ok(());
        }
        Err(Error::usage(format!("{what}; nothing was deleted"))
            .hint(format!(
                "delete the FluxInstance, and the operator uninstalls Flux: \
                 flux delete fluxinstance {name} -n {namespace}"
            ))
            .hint(format!(
                "if the operator is gone, suspend the FluxInstance first: \
                 flux suspend fluxinstance {name} -n {namespace}"
            )))
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_dry_run_lists_what_would_be_deleted() {
        assert_snapshot!(Scene::with_flux().run("flux uninstall --dry-run"), @"
        [stderr]
        ► deleting components in flux-system namespace
        ✔ Deployment/flux-system/kustomize-controller deleted (dry run)
        ✔ Deployment/flux-system/source-controller deleted (dry run)
        ► deleting toolkit.fluxcd.io finalizers in all namespaces
        ✔ OCIRepository/flux-system/charts finalizers deleted (dry run)
        ✔ Bucket/flux-system/charts finalizers deleted (dry run)
        ✔ GitRepository/flux-system/fleet finalizers deleted (dry run)
        ✔ HelmRepository/flux-system/charts finalizers deleted (dry run)
        ✔ HelmChart/flux-system/podinfo finalizers deleted (dry run)
        ✔ ImageRepository/flux-system/podinfo finalizers deleted (dry run)
        ✔ ImagePolicy/flux-system/podinfo finalizers deleted (dry run)
        ✔ ImageUpdateAutomation/flux-system/fleet finalizers deleted (dry run)
        ✔ HelmRelease/flux-system/podinfo finalizers deleted (dry run)
        ✔ Kustomization/flux-system/apps finalizers deleted (dry run)
        ✔ Kustomization/flux-system/infra finalizers deleted (dry run)
        ✔ Kustomization/flux-system/web finalizers deleted (dry run)
        ✔ Receiver/flux-system/main finalizers deleted (dry run)
        ✔ Provider/flux-system/main finalizers deleted (dry run)
        ✔ Alert/flux-system/main finalizers deleted (dry run)
        ✔ ArtifactGenerator/flux-system/main finalizers deleted (dry run)
        ► deleting toolkit.fluxcd.io custom resource definitions
        ✔ CustomResourceDefinition/alerts.notification.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/artifactgenerators.source.extensions.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/buckets.source.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/externalartifacts.source.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/gitrepositories.source.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/helmcharts.source.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/helmreleases.helm.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/helmrepositories.source.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/imagepolicies.image.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/imagerepositories.image.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/imageupdateautomations.image.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/kustomizations.kustomize.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/ocirepositories.source.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/providers.notification.toolkit.fluxcd.io deleted (dry run)
        ✔ CustomResourceDefinition/receivers.notification.toolkit.fluxcd.io deleted (dry run)
        ✔ Namespace/flux-system deleted (dry run)
        ✔ uninstall finished
        ");
    }

    #[test]
    fn a_flux_of_flux_operator_is_kept_until_its_instance_is_suspended() {
        let scene = Scene::with_operator();
        assert_snapshot!(scene.run("flux uninstall --silent"), @"
        [stderr]
        ✗ flux-operator manages Flux (FluxInstance/flux-system/flux) and would install it again; nothing was deleted
          hint: delete the FluxInstance, and the operator uninstalls Flux: flux delete fluxinstance flux -n flux-system
          hint: if the operator is gone, suspend the FluxInstance first: flux suspend fluxinstance flux -n flux-system
        [exit code 1]
        ");
        let first = |scene: &Scene| {
            let output = scene.run("flux uninstall --dry-run").stderr;
            output.lines().take(2).collect::<Vec<_>>().join("\n")
        };
        assert_snapshot!(first(&scene), @"
        ⚠️ flux-operator manages Flux (FluxInstance/flux-system/flux) and would install it again; without --dry-run this command would fail
        ► deleting components in flux-system namespace
        ");
        scene.run("flux suspend fluxinstance flux");
        assert_snapshot!(first(&scene), @"
        ► deleting components in flux-system namespace
        ✔ Deployment/flux-system/kustomize-controller deleted (dry run)
        ");
    }
}
