//! `HelmChart`: a version of a chart from a Helm repository, Git repository or bucket.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{Condition, LocalReference};
use super::object::{Object, Spec};
use super::source::{Artifact, OidcIdentity, VerificationProvider};
use super::string_enum::string_enum;

/// Helm chart as a source.
pub type HelmChart = Object<HelmChartSpec>;

impl Spec for HelmChartSpec {
    const CRD: &'static Crd = &Crd {
        kind: "HelmChart",
        plural: "helmcharts",
        short_names: &["hc"],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "Produces an artifact from a Helm chart, which is fetched or packaged from a source.",
        columns: &[
            text("Chart", ".spec.chart"),
            text("Version", ".spec.version"),
            text("Source Kind", ".spec.sourceRef.kind"),
            text("Source Name", ".spec.sourceRef.name"),
            AGE,
            READY,
            STATUS,
        ],
        spec: schema_of::<HelmChartSpec>,
        status: Some(schema_of::<HelmChartStatus>),
    };
}

/// Desired state of a HelmChart: the chart and the source to get it from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'",
    "rule": "!has(self.verify) || self.sourceRef.kind == 'HelmRepository'",
}]))]
pub struct HelmChartSpec {
    /// Name of the chart in a HelmRepository, or path of the chart's directory in other sources.
    pub chart: String,
    /// Ignores missing values files instead of failing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_missing_values_files: bool,
    /// Interval at which the source is checked for changes. The actual interval is subject to jitter.
    pub interval: Duration,
    /// What triggers a new artifact: a new chart version, or a new revision of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "ChartVersion"))]
    pub reconcile_strategy: Option<ChartReconcileStrategy>,
    /// Reference to the source of the chart.
    pub source_ref: ChartSource,
    /// Suspends the reconciliation of the HelmChart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Values files in the source to use instead of the chart's values.yaml.
    /// They are merged in order, and later files take precedence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values_files: Vec<String>,
    /// Verification of the chart's signature. Only supported for charts in a container registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<ChartVerification>,
    /// Chart version or semver range; the latest version in the range is used.
    /// Ignored for charts from GitRepositories and Buckets.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(extend("default" = "*"))]
    pub version: Option<String>,
}

string_enum! {
    /// What triggers a new chart artifact.
    pub enum ChartReconcileStrategy {
        /// New version of the chart.
        ChartVersion = "ChartVersion",
        /// New revision of the source.
        Revision = "Revision",
    }
}

/// Reference to the source of a chart, in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartSource {
    /// API group and version of the source.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: ChartSourceKind,
    /// Name of the source.
    pub name: String,
}

string_enum! {
    /// Kinds of sources that provide charts.
    pub enum ChartSourceKind {
        /// Helm chart repository.
        HelmRepository = "HelmRepository",
        /// Git repository with the chart in a directory.
        GitRepository = "GitRepository",
        /// Bucket with the chart in a directory.
        Bucket = "Bucket",
    }
}

/// Signature verification of a chart in a container registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartVerification {
    /// Identities to match in keyless Cosign signatures. A signature must match at least one of them.
    #[serde(rename = "matchOIDCIdentity", default, skip_serializing_if = "Vec::is_empty")]
    pub match_oidc_identity: Vec<OidcIdentity>,
    /// Signing tool that was used for the chart.
    #[schemars(extend("default" = "cosign"))]
    pub provider: VerificationProvider,
    /// Reference to a Secret that contains the trusted public keys or certificates.
    /// If not specified, Cosign signatures are verified with the keyless method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

/// Observed state of a HelmChart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct HelmChartStatus {
    /// Artifact of the last successful reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Conditions of the HelmChart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Last observed chart name.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub observed_chart_name: Option<String>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Last observed revision of the source's artifact.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub observed_source_artifact_revision: Option<String>,
    /// Values files used for the current artifact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_values_files: Vec<String>,
    /// URL of the latest artifact, reachable within the cluster.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub url: Option<String>,
}
