//! `flux check`: checks the cluster and the installation of Flux.

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::Command;
use crate::args::values;
use crate::cluster::{Cluster, Instance, KubernetesVersion, PART_OF, RolloutOptions};
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Progress;
use crate::object::{ObjectMeta, Resource};
use crate::output::{Finding, Report};

/// The arguments of `flux check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Only check whether the cluster can run Flux
    #[arg(long)]
    pre: bool,
    /// Components that must be installed, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    components: Vec<String>,
    /// Additional components that must be installed, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    components_extra: Vec<String>,
    /// Interval between checks of components that are not ready
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = values::duration)]
    poll_interval: Duration,
}

impl Described for Check {
    const ABOUT: About = About::new("check", "Check the cluster and its Flux installation").examples(&[
        ("Check the installation", "flux check"),
        ("Check whether the cluster can run Flux", "flux check --pre"),
        (
            "Check that optional controllers are installed",
            "flux check \
             --components-extra=image-reflector-controller,image-automation-controller",
        ),
    ]);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for Check {
    async fn run(self, context: &Context) -> Result<()> {
        let report = Report::new(&context.ui);
        report.checking("prerequisites");
        let cluster = context.cluster().await?;
        let version = cluster.kubernetes_version().await?;
        let supported = KubernetesVersion::supported();
        report.finding(if version.is_supported() {
            Finding::Passed(format!("Kubernetes {version} {supported}"))
        } else {
            Finding::Failed(format!("Kubernetes version {version} does not match {supported}"))
        });
        if self.pre {
            if report.has_failed() {
                return Err(Error::failed("prerequisites checks failed"));
            }
            report.finding(Finding::Passed("prerequisites checks passed".into()));
            return Ok(());
        }
        report.checking("version in cluster");
        if let Some(installation) = cluster.installation().await? {
            report.finding(Finding::Passed(format!("distribution: {}", installation.distribution())));
            report.finding(Finding::Passed(format!("bootstrapped: {}", installation.bootstrapped)));
        } else {
            report.finding(Finding::Failed(
                "Flux is not installed: the CRD of GitRepository is missing".into(),
            ));
        }
        if let Some(instance) = cluster.flux_instance().await? {
            operator(&instance, &report);
        }
        report.checking("controllers");
        self.controllers(context, cluster, &report).await?;
        report.checking("crds");
        crds(cluster, &report).await?;
        if report.has_failed() {
            return Err(Error::failed(
                "check \
                failed",
            )
            .hint("fix the problems marked ✗, then run the same command again"));
        }
        report.finding(Finding::Passed("all checks passed".into()));
        Ok(())
    }
}

impl Check {
    /// Waits for every installed controller, and reports the required ones that are missing.
    async fn controllers(&self, context: &Context, cluster: &Cluster, report: &Report<'_>) -> Result<()> {
        let namespace = context.namespace();
        let deployments = cluster.part_of_flux(&Resource::DEPLOYMENT, Some(namespace)).await?;
        if deployments.is_empty() {
            let (label, value) = PART_OF;
            report.finding(Finding::Failed(format!(
                "no controllers found in the '{namespace}' namespace with the label selector '{label}={value}'"
            )));
            return Ok(());
        }
        let options = RolloutOptions {
            interval: self.poll_interval,
            timeout: context.settings.timeout,
            progress: Progress::Silent,
        };
        for deployment in &deployments {
            for rollout in cluster.wait_rollouts(namespace, &[deployment.name()], &options).await? {
                report.finding(match rollout.failure {
                    None => Finding::Passed(format!("{}: deployment ready", rollout.name)),
                    Some(why) => Finding::Failed(format!("{}: {why}", rollout.name)),
                });
            }
            let containers = deployment.pointer("/spec/template/spec/containers").and_then(Value::as_array);
            for image in containers.into_iter().flatten().filter_map(|container| container["image"].as_str())
            {
                report.finding(Finding::Detail(image.to_owned()));
            }
        }
        let required = self.components.iter().chain(&self.components_extra);
        for missing in required.filter(|name| !deployments.iter().any(|it| it.name() == *name)) {
            report.finding(Finding::Failed(format!("{missing}: deployment not found")));
        }
        Ok(())
    }
}

/// Reports that flux-operator manages Flux, and whether it succeeds.
fn operator(instance: &Instance, report: &Report<'_>) {
    let Instance { at, version, suspended, ready } = instance;
    let state = if *suspended { ", suspended" } else { "" };
    report.finding(Finding::Passed(format!("managed by: flux-operator ({at}, version {version}{state})")));
    if let Some(ready) = ready.as_ref().filter(|ready| ready.is_false()) {
        report.finding(Finding::Failed(format!("{at}: {}", ready.message)));
    }
}

/// Reports the stored version of every CRD of Flux.
async fn crds(cluster: &Cluster, report: &Report<'_>) -> Result<()> {
    let crds = match cluster.part_of_flux(&Resource::CUSTOM_RESOURCE_DEFINITION, None).await {
        Ok(crds) => crds,
        Err(error) if error.kind() == ErrorKind::Forbidden => {
            report.finding(Finding::Failed(error.to_string()));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if crds.is_empty() {
        let (label, value) = PART_OF;
        report.finding(Finding::Failed(format!("no crds found with the label selector '{label}={value}'")));
    }
    for crd in &crds {
        let name = crd.name();
        let stored = crd["status"]["storedVersions"].as_array();
        report.finding(match stored.and_then(|versions| versions.last()?.as_str()) {
            Some(version) => Finding::Passed(format!("{name}/{version}")),
            None => Finding::Failed(format!("no stored versions for {name}")),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Scene;

    #[test]
    fn a_healthy_installation_passes() {
        assert_snapshot!(Scene::with_flux().run("flux check"), @"
        [stderr]
        ► checking prerequisites
        ✔ Kubernetes 1.34.1 >=1.33.0-0
        ► checking version in cluster
        ✔ distribution: flux-v2.8.0
        ✔ bootstrapped: true
        ► checking controllers
        ✔ kustomize-controller: deployment ready
        ► ghcr.io/fluxcd/kustomize-controller:v1.9.4
        ✔ source-controller: deployment ready
        ► ghcr.io/fluxcd/source-controller:v1.9.1
        ► checking crds
        ✔ alerts.notification.toolkit.fluxcd.io/v1beta3
        ✔ artifactgenerators.source.extensions.fluxcd.io/v1beta1
        ✔ buckets.source.toolkit.fluxcd.io/v1
        ✔ externalartifacts.source.toolkit.fluxcd.io/v1
        ✔ gitrepositories.source.toolkit.fluxcd.io/v1
        ✔ helmcharts.source.toolkit.fluxcd.io/v1
        ✔ helmreleases.helm.toolkit.fluxcd.io/v2
        ✔ helmrepositories.source.toolkit.fluxcd.io/v1
        ✔ imagepolicies.image.toolkit.fluxcd.io/v1
        ✔ imagerepositories.image.toolkit.fluxcd.io/v1
        ✔ imageupdateautomations.image.toolkit.fluxcd.io/v1
        ✔ kustomizations.kustomize.toolkit.fluxcd.io/v1
        ✔ ocirepositories.source.toolkit.fluxcd.io/v1
        ✔ providers.notification.toolkit.fluxcd.io/v1beta3
        ✔ receivers.notification.toolkit.fluxcd.io/v1
        ✔ all checks passed
        ");
    }

    #[test]
    fn a_cluster_without_flux_fails() {
        assert_snapshot!(Scene::new().run("flux check"), @"
        [stderr]
        ► checking prerequisites
        ✔ Kubernetes 1.34.1 >=1.33.0-0
        ► checking version in cluster
        ✗ Flux is not installed: the CRD of GitRepository is missing
        ► checking controllers
        ✗ no controllers found in the 'flux-system' namespace with the label selector 'app.kubernetes.io/part-of=flux'
        ► checking crds
        ✗ no crds found with the label selector 'app.kubernetes.io/part-of=flux'
        ✗ check failed
          hint: fix the problems marked ✗, then run the same command again
        [exit code 1]
        ");
        assert_snapshot!(Scene::new().run("flux check --pre"), @"
        [stderr]
        ► checking prerequisites
        ✔ Kubernetes 1.34.1 >=1.33.0-0
        ✔ prerequisites checks passed
        ");
    }

    #[test]
    fn a_flux_of_flux_operator_is_reported_with_its_state() {
        let head = |scene: &Scene| {
            let output = scene.run("flux check").to_string();
            output.lines().take(9).collect::<Vec<_>>().join("\n")
        };
        assert_snapshot!(head(&Scene::with_operator()), @"
        [stderr]
        ► checking prerequisites
        ✔ Kubernetes 1.34.1 >=1.33.0-0
        ► checking version in cluster
        ✔ distribution: flux-v2.8.0
        ✔ bootstrapped: true
        ✔ managed by: flux-operator (FluxInstance/flux-system/flux, version 2.x)
        ► checking controllers
        ✔ kustomize-controller: deployment ready
        ");
        let failing = json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxInstance",
            "metadata": {"name": "flux", "namespace": "flux-system",
                "annotations": {"fluxcd.controlplane.io/reconcile": "disabled"}},
            "spec": {"distribution": {"version": "2.x"}},
            "status": {"conditions": [{"type": "Ready", "status": "False", "message": "build failed: no manifests"}]},
        });
        assert_snapshot!(head(&Scene::with_flux().object(&failing)), @"
        [stderr]
        ► checking prerequisites
        ✔ Kubernetes 1.34.1 >=1.33.0-0
        ► checking version in cluster
        ✔ distribution: flux-v2.8.0
        ✔ bootstrapped: true
        ✔ managed by: flux-operator (FluxInstance/flux-system/flux, version 2.x, suspended)
        ✗ FluxInstance/flux-system/flux: build failed: no manifests
        ► checking controllers
        ");
    }
}
