//! `flux create kustomization`.

use clap::{ArgAction, Args};

use super::references::{self, climbs_out, folder};
use super::{Common, apply, export, given, names};
use crate::api::{
    Decryption, DecryptionProvider, Duration, KubeConfig, KubeConfigSecret, KustomizationSource,
    KustomizationSpec, LocalReference,
};
use crate::args::values::{self, List};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::KUSTOMIZATION;

/// The arguments of `flux create kustomization`.
#[derive(Args)]
pub struct CreateKustomization {
    #[command(flatten)]
    common: Common,
    /// Source of the manifests, as [Kind/]name[.namespace]; the kind defaults to GitRepository
    #[arg(long, value_name = "SOURCE", value_parser = references::kustomization_source)]
    source: Option<KustomizationSource>,
    /// Directory in the source
    #[arg(long, value_name = "DIR", default_value = "./")]
    path: String,
    /// Delete objects from the cluster that are no longer in the source
    #[arg(long)]
    prune: bool,
    /// Wait for all applied objects to become ready
    #[arg(long)]
    wait: bool,
    /// Workloads to wait for, as Kind/name.namespace, separated by commas
    #[arg(long, value_name = "WORKLOADS", action = ArgAction::Append, value_parser = values::list)]
    health_check: Vec<List>,
    /// Timeout of --wait and --health-check
    #[arg(long, value_name = "DURATION", default_value = "2m0s", value_parser = references::interval)]
    health_check_timeout: Duration,
    /// Kustomizations that must be ready first, as name or namespace/name, separated by commas
    #[arg(long, value_name = "NAMES", action = ArgAction::Append, value_parser = values::list)]
    depends_on: Vec<List>,
    /// Interval between retries after a failure [default: the value of --interval]
    #[arg(long, value_name = "DURATION", value_parser = references::interval)]
    retry_interval: Option<Duration>,
    /// Namespace of all objects, overriding the one in their manifests
    #[arg(long, value_name = "NAME")]
    target_namespace: Option<String>,
    /// ServiceAccount to impersonate
    #[arg(long, value_name = "NAME")]
    service_account: Option<String>,
    /// Secret with the kubeconfig of a remote cluster to apply to
    #[arg(long, value_name = "NAME")]
    kubeconfig_secret_ref: Option<String>,
    /// Decryption provider of the manifests: sops
    #[arg(long, value_name = "NAME")]
    decryption_provider: Option<DecryptionProvider>,
    /// Secret with the decryption keys
    #[arg(long, value_name = "NAME")]
    decryption_secret: Option<String>,
    /// Ignored; removed from the API
    #[arg(long, hide = true, value_name = "MODE")]
    validation: Option<String>,
}

impl Described for CreateKustomization {
    const ABOUT: About = About::new("kustomization", "Create or update a Kustomization")
        .aliases(&["ks"])
        .details(
            "A Kustomization applies the manifests of a source to the cluster and keeps \
             them applied.",
        )
        .usage("<NAME> --source <SOURCE>")
        .examples(&[
            (
                "Apply a directory of a GitRepository",
                "flux create kustomization apps --source=GitRepository/fleet --path=./apps \
                 --prune --interval=10m",
            ),
            (
                "Wait for another Kustomization and for all applied objects",
                "flux create kustomization apps --source=GitRepository/fleet --path=./apps \
                 --prune --depends-on=infrastructure --wait",
            ),
            (
                "Decrypt SOPS files with the keys in a Secret",
                "flux create kustomization apps --source=GitRepository/fleet --path=./apps \
                 --prune --decryption-provider=sops --decryption-secret=sops-age",
            ),
        ]);
}

impl Command for CreateKustomization {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        if self.validation.is_some() {
            context.ui.warning(
                "--validation is deprecated and does nothing: the controller always validates objects with \
                the API server before it applies them",
            );
        }
        let source_ref =
            self.source.ok_or_else(|| Error::required("--source", "--source=GitRepository/flux-system"))?;
        if climbs_out(&self.path) {
            context.ui.warning(format!(
                "--path={} is outside the source: using {} instead",
                self.path,
                folder(&self.path)
            ));
        }
        let health_checks = all("--health-check", self.health_check, references::health_check)?;
        let waits = self.wait || !health_checks.is_empty();
        let decryption = decryption(context, self.decryption_provider, self.decryption_secret)?;
        let kube_config = names::reference("--kubeconfig-secret-ref", self.kubeconfig_secret_ref)?;
        let spec = KustomizationSpec {
            interval: target.interval(),
            source_ref,
            path: Some(folder(&self.path)),
            prune: self.prune,
            wait: self.wait,
            // With `wait`, all objects are waited for and health checks are ignored.
            health_checks: if self.wait { Vec::new() } else { health_checks },
            timeout: waits.then_some(self.health_check_timeout),
            depends_on: all("--depends-on", self.depends_on, references::dependency)?,
            retry_interval: self.retry_interval.filter(|interval| interval.as_nanos() > 0),
            target_namespace: names::namespace("--target-namespace", self.target_namespace)?,
            service_account_name: names::reference("--service-account", self.service_account)?,
            kube_config: kube_config.map(kube_config_of),
            decryption,
            ..KustomizationSpec::default()
        };
        let object = target.object(spec);
        if target.export {
            return export(context, &object);
        }
        apply::apply(context, &KUSTOMIZATION, &object).await
    }
}

fn decryption(
    context: &Context,
    provider: Option<DecryptionProvider>,
    secret: Option<String>,
) -> Result<Option<Decryption>> {
    let secret_ref = names::reference("--decryption-secret", secret)?.map(LocalReference::new);
    if provider.is_none() && secret_ref.is_some() {
        context.ui.warning("--decryption-secret has no effect without --decryption-provider=sops");
    }
    Ok(provider.map(|provider| Decryption { provider, secret_ref, ..Decryption::default() }))
}

/// Reference to a kubeconfig in a Secret.
pub(super) fn kube_config_of(name: String) -> KubeConfig {
    KubeConfig { secret_ref: Some(KubeConfigSecret { name, key: None }), config_map_ref: None }
}

/// Parses each value of a repeatable flag with `read`.
pub(super) fn all<T>(
    flag: &str,
    lists: Vec<List>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>> {
    let wrong = |text: &str, problem: String| Error::usage(format!("invalid {flag} '{text}': {problem}"));
    let texts = List::all(lists).into_iter().filter_map(|text| given(Some(text)));
    texts.map(|text| read(&text).map_err(|problem| wrong(&text, problem))).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_kustomization_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create kustomization apps --source=GitRepository/fleet --path=./apps --prune --depends-on=infra --export"), @"
        ---
        apiVersion: kustomize.toolkit.fluxcd.io/v1
        kind: Kustomization
        metadata:
          name: apps
          namespace: flux-system
        spec:
          dependsOn:
          - name: infra
          interval: 1m0s
          path: ./apps
          prune: true
          sourceRef:
            kind: GitRepository
            name: fleet
        ");
    }
}
