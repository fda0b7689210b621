//! `helm.toolkit.fluxcd.io`.

use serde_json::Value;

use super::summary::Chart;
use super::{
    Applier, Column, Content, Flag, Kind, Path, Record, SUSPENDED, SourceRef, Summary, dependencies, facts,
    source_ref, text, usual,
};
use crate::api;

/// Returns the chart version of the last release, or of the last attempt if nothing was released.
fn revision(object: &Value) -> String {
    text(object, "/status/history/0/chartVersion")
        .or_else(|| text(object, "/status/lastAttemptedRevision"))
        .unwrap_or_default()
}

/// Returns the chart in `spec.chartRef`, or the HelmChart that helm-controller creates from `spec.chart`: in the namespace
/// of the chart's repository, with the name `<namespace>-<name>`.
fn chart(object: &Value) -> Option<SourceRef> {
    if object.pointer("/spec/chartRef").is_some() {
        let mut chart = source_ref(object, "/spec/chartRef")?;
        chart.with_source = chart.kind == "HelmChart";
        return Some(chart);
    }
    let repository = source_ref(object, "/spec/chart/spec/sourceRef")?;
    let (namespace, name) = (text(object, "/metadata/namespace")?, text(object, "/metadata/name")?);
    Some(SourceRef {
        kind: "HelmChart".into(),
        name: format!("{namespace}-{name}"),
        namespace: repository.namespace,
        with_source: true,
    })
}

/// Returns the chart and, if `spec.chart` makes it, the chart's repository.
fn related(object: &Value) -> Vec<SourceRef> {
    let repository = source_ref(object, "/spec/chart/spec/sourceRef");
    repository.into_iter().chain(chart(object)).collect()
}

/// Returns what `--show-source` shows: the chart in `spec.chartRef`, or else the chart's repository.
fn chart_source(summary: &Summary) -> String {
    let template = match &summary.spec.chart {
        Some(Chart::Template { spec }) => Some(&spec.source_ref),
        _ => None,
    };
    summary.spec.chart_ref.as_ref().or(template).map(|source| summary.reference(source)).unwrap_or_default()
}

/// A Helm release.
pub static HELM_RELEASE: Kind = Kind {
    older: &["v2beta2"],
    human: "helmrelease",
    path: Path { words: &["helmrelease"], aliases: &["hr"] },
    get: Path { words: &["helmreleases"], aliases: &["hr", "helmrelease"] },
    flags: &[Flag::ShowSource, Flag::WithSource, Flag::Force, Flag::Reset],
    columns: &[
        Column {
            header: "Revision",
            content: Content::Text(|s| {
                s.status.history.first().map_or_else(
                    || s.status.last_attempted_revision.clone(),
                    |release| release.chart_version.clone(),
                )
            }),
        },
        SUSPENDED,
    ],
    success: |object| format!("applied revision {}", revision(object)),
    source: Some(chart),
    related: Some(related),
    depends_on: |object| dependencies(object, "HelmRelease"),
    revision: |object| Some(revision(object)).filter(|revision| !revision.is_empty()),
    shown_source: Some(chart_source),
    facts: facts::helm_release,
    upstream: facts::from_chart,
    applies: Some(Applier { labels: "helm.toolkit.fluxcd.io", record: Record::HelmStorage }),
    ..usual::<api::HelmReleaseSpec>()
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_names_the_chart_in_the_namespace_of_its_repository() {
        let release = json!({"metadata": {"name": "app", "namespace": "apps"}, "spec": {"chart": {"spec": {
            "chart": "c", "sourceRef": {"kind": "HelmRepository", "name": "charts", "namespace": "infra"}}}}});
        let chart = chart(&release).unwrap();
        assert_eq!(
            (chart.kind.as_str(), chart.namespace.as_str(), chart.name.as_str(), chart.with_source),
            ("HelmChart", "infra", "apps-app", true)
        );
    }
}
