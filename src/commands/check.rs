//! `flux check`: checks the cluster and the installation of Flux.

use std::cell::RefCell;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::Command;
use super::notation::{API_VERSION, Notation, Output};
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
    /// Output format: text, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = Output::parse)]
    output: Output,
    /// Interval between checks of components that are not ready
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = values::duration)]
    poll_interval: Duration,
}

impl Described for Check {
    const ABOUT: About = About::new("check", "Check the cluster and its Flux installation")
        .details(
            "-o json and -o yaml print a document of kind Check (cli.edgeflux.dev/v1) on stdout instead of the lines \
             on stderr. The exit code is 1 if a check has failed, in every format.",
        )
        .examples(&[
        ("Check the installation", "flux check"),
        ("Check whether the cluster can run Flux", "flux check --pre"),
        ("Print the checks as JSON", "flux check -o json"),
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
        let checks = Checks { report: &report, output: self.output.notation(), document: RefCell::default() };
        let outcome = self.check(context, &checks).await?;
        if let Some(notation) = self.output.notation() {
            report.document(&notation.write(&*checks.document.borrow())?)?;
        }
        outcome
    }
}

/// Results of the checks, as lines or as a document.
struct Checks<'a> {
    report: &'a Report<'a>,
    output: Option<&'a Notation>,
    document: RefCell<Document>,
}

/// The output of `-o json` and `-o yaml`; its schema is docs/output/check.schema.json.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api_version: &'static str,
    kind: &'static str,
    /// Whether no check has failed.
    passed: bool,
    /// Version of Kubernetes.
    kubernetes_version: String,
    /// Version of Flux in the cluster; absent if it is not installed, or was not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<String>,
    /// Whether Flux was installed by `flux bootstrap`; absent like `distribution`.
    #[serde(skip_serializing_if = "Option::is_none")]
    bootstrapped: Option<bool>,
    checks: Vec<Checked>,
}

impl Default for Document {
    fn default() -> Self {
        Document {
            api_version: API_VERSION,
            kind: "Check",
            passed: true,
            kubernetes_version: String::new(),
            distribution: None,
            bootstrapped: None,
            checks: Vec::new(),
        }
    }
}

/// Result of a check.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checked {
    /// What is checked, such as `controllers`.
    group: &'static str,
    passed: bool,
    message: String,
    /// Images of a controller.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<String>,
}

/// Groups of checks.
const PREREQUISITES: &str = "prerequisites";
const VERSION: &str = "version in cluster";
const CONTROLLERS: &str = "controllers";
const CRDS: &str = "crds";

impl Checks<'_> {
    /// Begins a group of checks.
    fn checking(&self, group: &str) {
        if self.output.is_none() {
            self.report.checking(group);
        }
    }

    /// Adds the result of a check in a group.
    fn add(&self, group: &'static str, finding: Finding) {
        let mut document = self.document.borrow_mut();
        match &finding {
            Finding::Passed(message) | Finding::Failed(message) => {
                let passed = matches!(finding, Finding::Passed(_));
                document.passed &= passed;
                document.checks.push(Checked { group, passed, message: message.clone(), images: Vec::new() });
            }
            Finding::Detail(image) => {
                if let Some(controller) = document.checks.last_mut() {
                    controller.images.push(image.clone());
                }
            }
        }
        self.show(finding);
    }

    /// Shows a line that is no check of its own.
    fn show(&self, finding: Finding) {
        if self.output.is_none() {
            self.report.finding(finding);
        }
    }

    fn has_failed(&self) -> bool {
        !self.document.borrow().passed
    }
}

impl Check {
    fn hint(&self) -> &'static str {
        match self.output.notation() {
            None => "fix the problems marked ✗, then run the same command again",
            Some(_) => "fix the checks that have not passed, then run the same command again",
        }
    }

    /// Checks everything. The inner result is that of the checks.
    async fn check(&self, context: &Context, checks: &Checks<'_>) -> Result<Result<()>> {
        checks.checking(PREREQUISITES);
        let cluster = context.cluster().await?;
        let version = cluster.kubernetes_version().await?;
        let supported = KubernetesVersion::supported();
        checks.document.borrow_mut().kubernetes_version = version.to_string();
        checks.add(
            PREREQUISITES,
            if version.is_supported() {
                Finding::Passed(format!("Kubernetes {version} {supported}"))
            } else {
                Finding::Failed(format!("Kubernetes version {version} does not match {supported}"))
            },
        );
        if self.pre {
            if checks.has_failed() {
                return Ok(Err(Error::failed("prerequisites checks failed")));
            }
            checks.show(Finding::Passed("prerequisites checks passed".into()));
            return Ok(Ok(()));
        }
        checks.checking(VERSION);
        if let Some(installation) = cluster.installation().await? {
            let distribution = installation.distribution();
            checks.add(VERSION, Finding::Passed(format!("distribution: {distribution}")));
            checks.add(VERSION, Finding::Passed(format!("bootstrapped: {}", installation.bootstrapped)));
            let mut document = checks.document.borrow_mut();
            document.distribution = Some(distribution);
            document.bootstrapped = Some(installation.bootstrapped);
        } else {
            let missing = "Flux is not installed: the CRD of GitRepository is missing";
            checks.add(VERSION, Finding::Failed(missing.into()));
        }
        if let Some(instance) = cluster.flux_instance().await? {
            operator(&instance, checks);
        }
        checks.checking(CONTROLLERS);
        self.controllers(context, cluster, checks).await?;
        checks.checking(CRDS);
        crds(cluster, checks).await?;
        if checks.has_failed() {
            return Ok(Err(Error::failed("check failed").hint(self.hint())));
        }
        checks.show(Finding::Passed("all checks passed".into()));
        Ok(Ok(()))
    }

    /// Waits for every installed controller, and reports the required ones that are missing.
    async fn controllers(&self, context: &Context, cluster: &Cluster, checks: &Checks<'_>) -> Result<()> {
        let namespace = context.namespace();
        let deployments = cluster.part_of_flux(&Resource::DEPLOYMENT, Some(namespace)).await?;
        if deployments.is_empty() {
            let (label, value) = PART_OF;
            checks.add(CONTROLLERS, Finding::Failed(format!(
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
                checks.add(
                    CONTROLLERS,
                    match rollout.failure {
                        None => Finding::Passed(format!("{}: deployment ready", rollout.name)),
                        Some(why) => Finding::Failed(format!("{}: {why}", rollout.name)),
                    },
                );
            }
            let containers = deployment.pointer("/spec/template/spec/containers").and_then(Value::as_array);
            for image in containers.into_iter().flatten().filter_map(|container| container["image"].as_str())
            {
                checks.add(CONTROLLERS, Finding::Detail(image.to_owned()));
            }
        }
        let required = self.components.iter().chain(&self.components_extra);
        for missing in required.filter(|name| !deployments.iter().any(|it| it.name() == *name)) {
            checks.add(CONTROLLERS, Finding::Failed(format!("{missing}: deployment not found")));
        }
        Ok(())
    }
}

/// Reports that flux-operator manages Flux, and whether it succeeds.
fn operator(instance: &Instance, checks: &Checks<'_>) {
    let Instance { at, version, suspended, ready } = instance;
    let state = if *suspended { ", suspended" } else { "" };
    checks
        .add(VERSION, Finding::Passed(format!("managed by: flux-operator ({at}, version {version}{state})")));
    if let Some(ready) = ready.as_ref().filter(|ready| ready.is_false()) {
        checks.add(VERSION, Finding::Failed(format!("{at}: {}", ready.message)));
    }
}

/// Reports the stored version of every CRD of Flux.
async fn crds(cluster: &Cluster, checks: &Checks<'_>) -> Result<()> {
    let crds = match cluster.part_of_flux(&Resource::CUSTOM_RESOURCE_DEFINITION, None).await {
        Ok(crds) => crds,
        Err(error) if error.kind() == ErrorKind::Forbidden => {
            checks.add(CRDS, Finding::Failed(error.to_string()));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if crds.is_empty() {
        let (label, value) = PART_OF;
        checks.add(CRDS, Finding::Failed(format!("no crds found with the label selector '{label}={value}'")));
    }
    for crd in &crds {
        let name = crd.name();
        let stored = crd["status"]["storedVersions"].as_array();
        checks.add(
            CRDS,
            match stored.and_then(|versions| versions.last()?.as_str()) {
                Some(version) => Finding::Passed(format!("{name}/{version}")),
                None => Finding::Failed(format!("no stored versions for {name}")),
            },
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::{Scene, schema};

    #[test]
    fn json_has_the_documented_form() {
        for (scene, line, code) in [
            (Scene::with_flux(), "flux check -o json", 0),
            (Scene::with_flux(), "flux check --pre -o json", 0),
            (Scene::with_flux(), "flux check -o json --components=source-controller,x-controller", 1),
            (Scene::new(), "flux check -o json", 1),
        ] {
            let outcome = scene.run(line);
            assert_eq!(outcome.code, code, "{outcome}");
            let output: Value = serde_json::from_str(&outcome.stdout).unwrap();
            schema::check(&output, include_str!("../../docs/output/check.schema.json"));
            assert_eq!(output["passed"], code == 0);
        }
    }

    #[test]
    fn the_document_takes_the_place_of_the_lines() {
        let outcome = Scene::new().run("flux check -o yaml");
        assert!(
            outcome.stdout.starts_with("apiVersion: cli.edgeflux.dev/v1\nchecks:\n- group: prerequisites\n")
        );
        assert_snapshot!(outcome.stderr, @"
        ✗ check failed
          hint: fix the checks that have not passed, then run the same command again
        ");
    }

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
