//! `HelmChart`: one version of a chart out of a chart repository, Git repository or bucket.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{Condition, LocalReference};
use super::object::{Object, Spec};
use super::source::{Artifact, OidcIdentity, VerificationProvider};
use super::string_enum::string_enum;

/// A Helm chart as a source.
pub type HelmChart = Object<HelmChartSpec>;

impl Spec for HelmChartSpec {
    const CRD: &'static Crd = &Crd {
        kind: "HelmChart",
        plural: "helmcharts",
        short_names: &["hc"],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "A Helm chart that is fetched or packaged from a source and offered to HelmReleases.",
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

/// Which chart to take from which source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'",
    "rule": "!has(self.verify) || self.sourceRef.kind == 'HelmRepository'",
}]))]
pub struct HelmChartSpec {
    /// The name of the chart in a chart repository, or its folder in another source.
    pub chart: String,
    /// Go on without a values file that the source does not have.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_missing_values_files: bool,
    /// How often to look into the source for changes, within a little jitter.
    pub interval: Duration,
    /// When a new chart is made: for a new version of the chart, or for every new revision of
    /// its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "ChartVersion"))]
    pub reconcile_strategy: Option<ChartReconcileStrategy>,
    /// The source that has the chart.
    pub source_ref: ChartSource,
    /// Stop looking for changes until this is taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Files of the source to use as the chart's values in place of its values.yaml, each over
    /// the ones before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values_files: Vec<String>,
    /// Take only a chart that carries a trusted signature. Only for charts in a container
    /// registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<ChartVerification>,
    /// A version or a range of versions; the newest within it is taken. Has no meaning for
    /// charts from Git repositories and buckets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "*"))]
    pub version: Option<String>,
}

string_enum! {
    /// What makes a new chart.
    pub enum ChartReconcileStrategy {
        /// A new version of the chart.
        ChartVersion = "ChartVersion",
        /// A new revision of the source.
        Revision = "Revision",
    }
}

/// A source of charts in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartSource {
    /// The API group and version of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The kind of the source.
    pub kind: ChartSourceKind,
    /// The name of the source.
    pub name: String,
}

string_enum! {
    /// The kinds of sources that have charts.
    pub enum ChartSourceKind {
        /// A chart repository.
        HelmRepository = "HelmRepository",
        /// A Git repository with the chart in a folder.
        GitRepository = "GitRepository",
        /// A bucket with the chart in a folder.
        Bucket = "Bucket",
    }
}

/// How the signature of a chart in a container registry is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartVerification {
    /// The identities that may have signed keylessly with cosign; one of them has to match.
    #[serde(rename = "matchOIDCIdentity", default, skip_serializing_if = "Vec::is_empty")]
    pub match_oidc_identity: Vec<OidcIdentity>,
    /// The tool that made the signature.
    #[schemars(extend("default" = "cosign"))]
    pub provider: VerificationProvider,
    /// The Secret with the trusted public keys or certificates. Without it cosign signatures are
    /// verified keylessly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

/// What the controller knows about the chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct HelmChartStatus {
    /// The chart of the last fetch that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The state of the chart in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The chart's name as it was last resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_chart_name: Option<String>,
    /// The generation of the spec that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The revision of the source that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_source_artifact_revision: Option<String>,
    /// The values files that went into the chart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_values_files: Vec<String>,
    /// The address within the cluster of the newest chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
