//! `flux create source chart`.

use clap::Args;

use super::super::{Common, apply, export, given, references};
use super::verify::Signatures;
use crate::api::{ChartReconcileStrategy, ChartSource, ChartTemplateSource, HelmChartSpec};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::HELM_CHART;

/// The arguments of `flux create source chart`.
#[derive(Args)]
pub struct SourceChart {
    #[command(flatten)]
    common: Common,
    /// Source of the chart, as HelmRepository/name, GitRepository/name or Bucket/name
    #[arg(long, value_name = "SOURCE", value_parser = references::chart_source)]
    source: Option<ChartTemplateSource>,
    /// Name of the chart in a HelmRepository, or its directory in another source
    #[arg(long, value_name = "CHART")]
    chart: Option<String>,
    /// Version of the chart or a range, such as '6.x'
    #[arg(long, value_name = "VERSION")]
    chart_version: Option<String>,
    /// What triggers a new chart: ChartVersion or Revision
    #[arg(long, value_name = "STRATEGY", default_value = "ChartVersion")]
    reconcile_strategy: ChartReconcileStrategy,
    #[command(flatten)]
    verify: Signatures,
}

impl Described for SourceChart {
    const ABOUT: About = About::new("chart", "Create or update a HelmChart")
        .usage("<NAME> --source <SOURCE> --chart <CHART>")
        .examples(&[
            (
                "Fetch a chart of a HelmRepository",
                "flux create source chart podinfo --source=HelmRepository/podinfo \
                 --chart=podinfo --chart-version='6.x'",
            ),
            (
                "Package a chart of a GitRepository",
                "flux create source chart podinfo --source=GitRepository/podinfo \
                 --chart=./charts/podinfo --reconcile-strategy=Revision",
            ),
        ]);
}

impl Command for SourceChart {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let source =
            self.source.ok_or_else(|| Error::required("--source", "--source=HelmRepository/podinfo"))?;
        if let Some(namespace) = source.namespace.filter(|namespace| *namespace != target.namespace) {
            return Err(Error::usage(format!(
                "the source of a HelmChart cannot be in another namespace ({namespace})"
            ))
            .hint(format!("create the HelmChart there: --namespace={namespace}")));
        }
        let chart = given(self.chart).ok_or_else(|| {
            Error::required("--chart", "--chart=podinfo, or --chart=./charts/podinfo from a GitRepository")
        })?;
        let object = target.object(HelmChartSpec {
            chart,
            version: given(self.chart_version),
            interval: target.interval(),
            reconcile_strategy: Some(self.reconcile_strategy),
            source_ref: ChartSource { api_version: None, kind: source.kind, name: source.name },
            verify: self.verify.of_chart()?,
            ..HelmChartSpec::default()
        });
        apply::generating(context, &HELM_CHART);
        if target.export {
            return export(context, &object);
        }
        apply::apply_and_wait(context, &HELM_CHART, &object).await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_helm_chart_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create source chart podinfo --source=HelmRepository/podinfo --chart=podinfo --chart-version=6.6.2 --export"), @"
        ---
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: HelmChart
        metadata:
          name: podinfo
          namespace: flux-system
        spec:
          chart: podinfo
          interval: 1m0s
          reconcileStrategy: ChartVersion
          sourceRef:
            kind: HelmRepository
            name: podinfo
          version: 6.6.2
        [stderr]
        ✚ generating HelmChart source
        ");
    }
}
