//! `flux create source chart`.

use clap::Args;

use super::super::{Common, apply, export, given, references};
use super::verify::Signatures;
use crate::api::{ChartReconcileStrategy, ChartSource, ChartTemplateSource, HelmChartSpec};
use crate::commands::Command;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::HELM_CHART;

/// The arguments of `flux create source chart`.
#[derive(Args)]
pub struct SourceChart {
    #[command(flatten)]
    common: Common,
    /// The source of the chart in the same namespace, kind/name: HelmRepository, GitRepository or Bucket
    #[arg(long, value_name = "SOURCE", value_parser = references::chart_source)]
    source: Option<ChartTemplateSource>,
    /// The chart's name in a repository, or its folder in another source
    #[arg(long, value_name = "CHART")]
    chart: Option<String>,
    /// The chart's version or a range of versions, for instance '6.x'
    #[arg(long, value_name = "VERSION")]
    chart_version: Option<String>,
    /// When a chart counts as new: ChartVersion or Revision (of its source)
    #[arg(long, value_name = "STRATEGY", default_value = "ChartVersion")]
    reconcile_strategy: ChartReconcileStrategy,
    #[command(flatten)]
    verify: Signatures,
}

impl Command for SourceChart {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let source = self.source.ok_or_else(|| {
            Error::usage("chart source is required").hint("give it by --source=HelmRepository/NAME")
        })?;
        if let Some(namespace) = source.namespace.filter(|namespace| *namespace != target.namespace) {
            return Err(Error::usage(format!(
                "the source of a HelmChart cannot be in another namespace ({namespace})"
            ))
            .hint(format!("make the HelmChart there: --namespace={namespace}")));
        }
        let chart = given(self.chart).ok_or_else(|| {
            Error::usage("chart name or path is required").hint("give it by --chart=NAME or --chart=./folder")
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
