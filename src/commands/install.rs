//! `flux install`.

use std::time::Duration;

use clap::Args;

use super::{Command, preflight};
use crate::args::components::ComponentArgs;
use crate::cluster::{RolloutOptions, rollout};
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Progress;
use crate::manifests;
use crate::output::Report;

/// Interval between checks of the Deployments.
const INTERVAL: Duration = Duration::from_secs(1);

/// The arguments of `flux install`.
#[derive(Args)]
pub struct Install {
    /// Print the manifests instead of applying them
    #[arg(long)]
    export: bool,
    /// Replace an installation managed by another tool, such as Helm
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    components: ComponentArgs,
}

impl Described for Install {
    const ABOUT: About = About::new("install", "Install or upgrade Flux in the cluster")
        .details(
            "Applies the manifests directly, without a Git repository. To manage Flux \
             itself from Git, use flux bootstrap.",
        )
        .examples(&[
            ("Install Flux, or upgrade it", "flux install"),
            (
                "Install the image automation controllers as well",
                "flux install \
                 --components-extra=image-reflector-controller,image-automation-controller",
            ),
            ("Print the manifests without using a cluster", "flux install --export > gotk-components.yaml"),
        ]);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for Install {
    async fn run(self, context: &Context) -> Result<()> {
        let (ui, namespace) = (&context.ui, context.namespace());
        let options = self.components.options(namespace)?;
        let report = Report::new(ui);
        if self.export {
            return Ok(report.document(&manifests::to_yaml(&options))?);
        }
        ui.generate("generating manifests");
        if context.settings.verbose {
            report.document(&manifests::to_yaml(&options))?;
        }
        let mut objects = manifests::install(&options);
        ui.success("manifests build completed");
        let cluster = context.cluster().await?;
        preflight::kubernetes_version(cluster).await?;
        let installation = cluster.installation().await?;
        if let Some(installation) = installation.as_ref().filter(|it| it.bootstrapped) {
            return Err(Error::usage(format!(
                "this cluster has already been bootstrapped with Flux {}",
                installation.version
            ))
            .hint("upgrade with flux bootstrap; the repository would overwrite this installation"));
        }
        preflight::other_installation(context, installation.as_ref(), self.force).await?;
        ui.action(format!("installing components in {namespace} namespace"));
        if let Some(secret) = options.pull_secret() {
            ui.action(format!(
                "generating image pull secret {}",
                options.image_pull_secret.as_deref().unwrap_or_default()
            ));
            objects.push(secret);
        }
        cluster
            .apply_all(&objects, Progress::Reported)
            .await
            .map_err(|error| error.context("install failed"))?;
        ui.waiting("verifying installation");
        let mut names: Vec<&str> = options.components.iter().map(|component| component.name).collect();
        names.sort_unstable();
        let timeout = context.settings.timeout;
        let options = RolloutOptions { interval: INTERVAL, timeout, progress: Progress::Reported };
        let rollouts = cluster.wait_rollouts(namespace, &names, &options).await?;
        for rollout in &rollouts {
            match &rollout.failure {
                None => ui.success(format!("{}: deployment ready", rollout.name)),
                Some(why) => ui.failure(format!("{}: {why}", rollout.name)),
            }
        }
        if let Some(error) = rollout::failure(&rollouts, namespace) {
            return Err(error.context("install failed"));
        }
        ui.success("install finished");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Scene;

    #[test]
    fn the_exported_manifests_begin_with_the_distribution() {
        let exported = Scene::offline().run("flux install --export --components=source-controller");
        let kinds = exported.stdout.lines().filter_map(|line| line.strip_prefix("kind: "));
        assert_snapshot!(kinds.collect::<Vec<_>>().join("\n"), @"
        Namespace
        NetworkPolicy
        NetworkPolicy
        NetworkPolicy
        ResourceQuota
        ClusterRole
        ClusterRole
        ClusterRole
        ClusterRoleBinding
        ClusterRoleBinding
        CustomResourceDefinition
        CustomResourceDefinition
        CustomResourceDefinition
        CustomResourceDefinition
        CustomResourceDefinition
        CustomResourceDefinition
        ServiceAccount
        Service
        Deployment
        ");
        assert_snapshot!(exported.stdout.lines().take(12).collect::<Vec<_>>().join("\n"), @"
        ---
        # This manifest was generated by flux. DO NOT EDIT.
        # Flux Version: v[version]
        # Components: source-controller
        apiVersion: v1
        kind: Namespace
        metadata:
          labels:
            app.kubernetes.io/instance: flux-system
            app.kubernetes.io/part-of: flux
            app.kubernetes.io/version: v[version]
            pod-security.kubernetes.io/warn: restricted
        ");
    }

    #[test]
    fn a_bootstrapped_cluster_is_refused() {
        assert_snapshot!(Scene::with_flux().run("flux install"), @"
        [stderr]
        ✚ generating manifests
        ✔ manifests build completed
        ✗ this cluster has already been bootstrapped with Flux v2.8.0
          hint: upgrade with flux bootstrap; the repository would overwrite this installation
        [exit code 1]
        ");
    }

    #[test]
    fn a_flux_of_flux_operator_is_replaced_only_by_force() {
        let instance = |scene: Scene| {
            scene.object(&json!({
                "apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxInstance",
                "metadata": {"name": "flux", "namespace": "flux-system"},
                "spec": {"distribution": {"version": "2.x"}},
            }))
        };
        let crd = |manager: &str| {
            json!({
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": "gitrepositories.source.toolkit.fluxcd.io", "labels": {
                    "app.kubernetes.io/managed-by": manager, "app.kubernetes.io/version": "v2.9.4"}},
            })
        };
        assert_snapshot!(instance(Scene::new()).run("flux install"), @"
        [stderr]
        ✚ generating manifests
        ✔ manifests build completed
        ⚠️ flux-operator manages Flux on this cluster (FluxInstance/flux-system/flux)
          hint: flux-operator would undo the change; edit the FluxInstance instead: kubectl edit fluxinstance flux -n flux-system
        ✗ aborting: confirmation is required, and there is no terminal to ask on
          hint: add --force to continue without confirmation
        [exit code 1]
        ");
        assert_snapshot!(Scene::new().object(&crd("flux-operator")).run("flux install"), @"
        [stderr]
        ✚ generating manifests
        ✔ manifests build completed
        ⚠️ Flux v2.9.4 has been installed on this cluster with flux-operator!
          hint: flux-operator would undo the change; edit the FluxInstance instead: flux get fluxinstances -A
        ✗ aborting: confirmation is required, and there is no terminal to ask on
          hint: add --force to continue without confirmation
        [exit code 1]
        ");
        assert_snapshot!(Scene::new().object(&crd("Helm")).run("flux install"), @"
        [stderr]
        ✚ generating manifests
        ✔ manifests build completed
        ⚠️ Flux v2.9.4 has been installed on this cluster with Helm!
        ✗ aborting: confirmation is required, and there is no terminal to ask on
          hint: add --force to continue without confirmation
        [exit code 1]
        ");
    }
}
