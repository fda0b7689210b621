//! `flux create helmrelease`.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueHint};

use super::kustomization::{all, kube_config_of};
use super::{Common, apply, given, names, references, values};
use crate::api::{
    ChartReconcileStrategy, ChartReference, ChartTemplate, ChartTemplateSource, ChartTemplateSpec,
    CrdsPolicy, Duration, HelmReleaseSpec, Install, Upgrade,
};
use crate::args::values::{self as flag_values, List};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::HELM_RELEASE;
use crate::output::{Manifest, Report};

/// The arguments of `flux create helmrelease`.
#[derive(Args)]
pub struct CreateHelmRelease {
    #[command(flatten)]
    common: Common,
    /// Source of the chart, as HelmRepository/name, GitRepository/name or Bucket/name, with an optional
    /// .namespace
    #[arg(long, value_name = "SOURCE", value_parser = references::chart_source)]
    source: Option<ChartTemplateSource>,
    /// Name of the chart in a HelmRepository, or its directory in another source
    #[arg(long, value_name = "CHART")]
    chart: Option<String>,
    /// Version of the chart or a range, such as '6.x'
    #[arg(long, value_name = "VERSION")]
    chart_version: Option<String>,
    /// OCIRepository/name or HelmChart/name with the chart, instead of --source and --chart
    #[arg(long, value_name = "REFERENCE")]
    chart_ref: Option<String>,
    /// Interval at which new chart versions are looked up [default: the value of --interval]
    #[arg(long, value_name = "DURATION", value_parser = references::interval)]
    chart_interval: Option<Duration>,
    /// What triggers a new chart: ChartVersion or Revision
    #[arg(long, value_name = "STRATEGY", default_value = "ChartVersion")]
    reconcile_strategy: ChartReconcileStrategy,
    /// Files with values, separated by commas; later files override earlier ones
    #[arg(long, value_name = "FILES", value_hint = ValueHint::FilePath, action = ArgAction::Append, value_parser = flag_values::list)]
    values: Vec<List>,
    /// Secret/name or ConfigMap/name with values under the key values.yaml, separated by commas
    #[arg(long, value_name = "OBJECTS", action = ArgAction::Append, value_parser = flag_values::list)]
    values_from: Vec<List>,
    /// Name of the Helm release [default: [TARGET_NAMESPACE-]NAME]
    #[arg(long, value_name = "NAME")]
    release_name: Option<String>,
    /// Namespace to install into [default: the namespace of the HelmRelease]
    #[arg(long, value_name = "NAME")]
    target_namespace: Option<String>,
    /// Create the target namespace if missing
    #[arg(long)]
    create_target_namespace: bool,
    /// Namespace of the Helm storage [default: the target namespace]
    #[arg(long, value_name = "NAME")]
    storage_namespace: Option<String>,
    /// Upgrade policy for CRDs of the chart: Skip, Create or CreateReplace
    #[arg(long, value_name = "POLICY")]
    crds: Option<CrdsPolicy>,
    /// HelmReleases that must be ready first, as name or namespace/name, separated by commas
    #[arg(long, value_name = "NAMES", action = ArgAction::Append, value_parser = flag_values::list)]
    depends_on: Vec<List>,
    /// ServiceAccount to impersonate
    #[arg(long, value_name = "NAME")]
    service_account: Option<String>,
    /// Secret with the kubeconfig of a remote cluster to install into
    #[arg(long, value_name = "NAME")]
    kubeconfig_secret_ref: Option<String>,
}

impl Described for CreateHelmRelease {
    const ABOUT: About = About::new("helmrelease", "Create or update a HelmRelease")
        .aliases(&["hr"])
        .details("A HelmRelease installs a chart with values, and upgrades it when either changes.")
        .usage("<NAME> (--source <SOURCE> --chart <CHART> | --chart-ref <REFERENCE>)")
        .examples(&[
            (
                "Install a chart of a HelmRepository",
                "flux create helmrelease podinfo --source=HelmRepository/podinfo \
                 --chart=podinfo --chart-version='6.x'",
            ),
            (
                "Install a chart from an OCIRepository, with values from a file",
                "flux create helmrelease podinfo --chart-ref=OCIRepository/podinfo \
                 --values=./values.yaml",
            ),
            (
                "Install a chart in another namespace",
                "flux create helmrelease podinfo --source=HelmRepository/podinfo \
                 --chart=podinfo --target-namespace=web --create-target-namespace",
            ),
        ]);
}

/// Origin of the chart.
enum Chart {
    Template(Box<ChartTemplate>),
    Reference(ChartReference),
}

impl Command for CreateHelmRelease {
    async fn run(mut self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let chart = self.chart(context)?;
        let target_namespace = names::namespace("--target-namespace", self.target_namespace)?;
        let storage_namespace = names::namespace("--storage-namespace", self.storage_namespace)?;
        let files: Vec<PathBuf> = List::all(self.values).into_iter().map(PathBuf::from).collect();
        let values = values::read(context.ui.input(), &files)?;
        let kube_config = names::reference("--kubeconfig-secret-ref", self.kubeconfig_secret_ref)?;
        // A CRD policy for upgrades implies that CRDs are installed.
        let install = (self.create_target_namespace || self.crds.is_some()).then(|| Install {
            create_namespace: self.create_target_namespace,
            crds: self.crds.map(|_| CrdsPolicy::Create),
            ..Install::default()
        });
        let mut spec = HelmReleaseSpec {
            interval: target.interval(),
            storage_namespace: storage_namespace.or_else(|| target_namespace.clone()),
            target_namespace,
            release_name: release_name(self.release_name)?,
            depends_on: all("--depends-on", self.depends_on, references::dependency)?,
            install,
            upgrade: self.crds.map(|crds| Upgrade { crds: Some(crds), ..Upgrade::default() }),
            service_account_name: names::reference("--service-account", self.service_account)?,
            kube_config: kube_config.map(kube_config_of),
            values_from: all("--values-from", self.values_from, references::values_reference)?,
            values: values.as_ref().map(values::Values::to_value),
            ..HelmReleaseSpec::default()
        };
        match chart {
            Chart::Template(template) => spec.chart = Some(*template),
            Chart::Reference(reference) => spec.chart_ref = Some(reference),
        }
        let object = target.object(spec);
        if target.export {
            let yaml = values::document(&object.to_value(), values.as_ref());
            return Ok(Report::new(&context.ui).object(&Manifest::of_yaml(yaml))?);
        }
        apply::apply(context, &HELM_RELEASE, &object).await
    }
}

impl CreateHelmRelease {
    fn chart(&mut self, context: &Context) -> Result<Chart> {
        match (given(self.chart.take()), given(self.chart_ref.take())) {
            (None, None) => Err(Error::required(
                "--chart or --chart-ref",
                "--source=HelmRepository/podinfo --chart=podinfo, or --chart-ref=OCIRepository/podinfo",
            )),
            (Some(_), Some(_)) => Err(Error::usage("cannot use --chart in combination with --chart-ref")
                .hint("use --chart with --source, or --chart-ref with an object that provides the chart")),
            (None, Some(reference)) => {
                if self.source.is_some() || self.chart_version.is_some() || self.chart_interval.is_some() {
                    context.ui.warning(
                        "--source, --chart-version and --chart-interval cannot be used with --chart-ref, \
                        which already specifies the chart",
                    );
                }
                references::chart_reference(&reference)
                    .map(Chart::Reference)
                    .map_err(|problem| Error::usage(format!("invalid --chart-ref '{reference}': {problem}")))
            }
            (Some(chart), None) => {
                let source_ref = self.source.take().ok_or_else(|| {
                    Error::usage("--source is required with --chart")
                        .hint("for example: --source=HelmRepository/podinfo")
                })?;
                Ok(Chart::Template(Box::new(ChartTemplate {
                    metadata: None,
                    spec: ChartTemplateSpec {
                        chart,
                        version: given(self.chart_version.take()),
                        interval: self.chart_interval.filter(|interval| interval.as_nanos() > 0),
                        reconcile_strategy: Some(self.reconcile_strategy),
                        source_ref,
                        ..ChartTemplateSpec::default()
                    },
                })))
            }
        }
    }
}

/// Checks the name of a release as Helm does.
fn release_name(name: Option<String>) -> Result<Option<String>> {
    match given(name) {
        Some(name) if crate::names::is_subdomain(&name) && name.len() <= 53 => Ok(Some(name)),
        Some(name) => Err(Error::usage(format!(
            "invalid --release-name '{name}': it is not a valid release name"
        ))
        .hint(
            "use at most 53 lowercase letters, digits, dashes and dots, starting and ending with a letter \
            or digit",
        )),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_helm_release_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create helmrelease podinfo --source=HelmRepository/podinfo --chart=podinfo --chart-version=>6.0.0 --export"), @"
        ---
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata:
          name: podinfo
          namespace: flux-system
        spec:
          chart:
            spec:
              chart: podinfo
              reconcileStrategy: ChartVersion
              sourceRef:
                kind: HelmRepository
                name: podinfo
              version: '>6.0.0'
          interval: 1m0s
        ");
    }

    #[test]
    fn values_may_come_from_standard_input() {
        let outcome = Scene::offline().input("replicas: 2 # for the edge\n").run(
            "flux create helmrelease podinfo --source=HelmRepository/podinfo --chart=podinfo --values=- --export",
        );
        assert!(outcome.stdout.ends_with("  values:\n    replicas: 2 # for the edge\n"), "{outcome}");
    }
}
