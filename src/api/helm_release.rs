//! `HelmRelease`: a Helm chart that is installed and kept up to date.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::crd::{AGE, Crd, READY, STATUS, schema_of};
use super::duration::Duration;
use super::helm_action::{Install, Rollback, Test, Uninstall, Upgrade};
use super::helm_chart::{ChartReconcileStrategy, ChartSourceKind};
use super::helm_release_status::HelmReleaseStatus;
use super::kustomize::{CommonMetadata, HealthCheckExpr, IgnoreRule, Image, Patch};
use super::meta::{ConfigKind, DependencyReference, KubeConfig, LocalReference};
use super::object::{Object, Spec};
use super::source::VerificationProvider;
use super::string_enum::string_enum;

/// Helm chart to install with values.
pub type HelmRelease = Object<HelmReleaseSpec>;

impl Spec for HelmReleaseSpec {
    const CRD: &'static Crd = &Crd {
        kind: "HelmRelease",
        plural: "helmreleases",
        short_names: &["hr"],
        group: "helm.toolkit.fluxcd.io",
        version: "v2",
        category: "fluxcd-appliers",
        description: "Manages a Helm release: installs, upgrades, tests and rolls back a chart.",
        columns: &[AGE, READY, STATUS],
        spec: schema_of::<HelmReleaseSpec>,
        status: Some(schema_of::<HelmReleaseStatus>),
    };
}

/// Desired state of a HelmRelease: the chart, its values and the configuration of Helm actions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": "either chart or chartRef must be set",
    "rule": "(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))",
}]))]
pub struct HelmReleaseSpec {
    /// Template of the HelmChart that the controller creates. Either chart or chartRef must be specified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<ChartTemplate>,
    /// Reference to an existing object that provides the chart. Either chart or chartRef must be specified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart_ref: Option<ChartReference>,
    /// Labels and annotations to apply to all objects of the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// HelmReleases that must be ready before this one is installed or upgraded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<DependencyReference>,
    /// Detection and correction of differences between the release and the objects in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_detection: Option<DriftDetection>,
    /// CEL expressions that evaluate the health of custom resources.
    /// They apply if waiting is not disabled and the wait strategy is "poller".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_check_exprs: Vec<HealthCheckExpr>,
    /// Helm install configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install: Option<Install>,
    /// Interval at which the release is reconciled. The actual interval is subject to jitter.
    pub interval: Duration,
    /// Access to the cluster to install the release in. Defaults to the local cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfig>,
    /// Number of revisions to keep in the Helm history. 0 means unlimited. Defaults to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_history: Option<i32>,
    /// Whether to reuse one Kubernetes client for the whole reconciliation. Defaults to true.
    /// Disable it for charts that create CRDs outside the "crds" directory and need them in a later step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent_client: Option<bool>,
    /// How hooks are passed to the post renderers. Defaults to "combined".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_render_strategy: Option<PostRenderStrategy>,
    /// Post renderers to apply to the rendered chart, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_renderers: Vec<PostRenderer>,
    /// Name of the Helm release.
    /// Defaults to the name of the HelmRelease, prefixed with the target namespace and a dash if that is
    /// specified.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 53))]
    pub release_name: Option<String>,
    /// Helm rollback configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// Service account to impersonate when reconciling the release.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 253))]
    pub service_account_name: Option<String>,
    /// Namespace of the Helm storage. Defaults to the namespace of the HelmRelease.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 63))]
    pub storage_namespace: Option<String>,
    /// Suspends the reconciliation of the HelmRelease.
    /// Reconciliations that are already running are not interrupted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Namespace to install the release in. Defaults to the namespace of the HelmRelease.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 63))]
    pub target_namespace: Option<String>,
    /// Helm test configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// Timeout of each Kubernetes operation during a Helm action, such as a hook's Job.
    /// Defaults to 5 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// Helm uninstall configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uninstall: Option<Uninstall>,
    /// Helm upgrade configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Upgrade>,
    /// Values for the chart. They take precedence over those from valuesFrom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
    pub values: Option<Value>,
    /// References to ConfigMaps and Secrets that contain values for the chart.
    /// They are merged in order, and later values take precedence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values_from: Vec<ValuesReference>,
    /// How Helm waits for objects to become ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_strategy: Option<WaitStrategy>,
}

/// Template of the HelmChart that the controller creates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChartTemplate {
    /// Metadata of the HelmChart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<ChartTemplateMetadata>,
    /// Spec of the HelmChart.
    pub spec: ChartTemplateSpec,
}

/// Labels and annotations of a HelmChart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChartTemplateMetadata {
    /// Annotations to add to the HelmChart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Labels to add to the HelmChart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Chart and the source to get it from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartTemplateSpec {
    /// Name of the chart in a HelmRepository, or path of the chart's directory in other sources.
    #[schemars(length(min = 1, max = 2048))]
    pub chart: String,
    /// Ignores missing values files instead of failing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_missing_values_files: bool,
    /// Interval at which the source is checked for changes. Defaults to the interval of the HelmRelease.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// What triggers a new artifact: a new chart version, or a new revision of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "ChartVersion"))]
    pub reconcile_strategy: Option<ChartReconcileStrategy>,
    /// Reference to the source of the chart.
    pub source_ref: ChartTemplateSource,
    /// Values files in the source to use instead of the chart's values.yaml.
    /// They are merged in order, and later files take precedence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values_files: Vec<String>,
    /// Verification of the chart's signature. Only supported for charts in a container registry.
    /// Dependencies that are not bundled with the chart are not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<ChartTemplateVerification>,
    /// Chart version or semver range; the latest version in the range is used.
    /// Ignored for charts from GitRepositories and Buckets.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(extend("default" = "*"))]
    pub version: Option<String>,
}

/// Reference to the source of a chart, by default in the namespace of the HelmRelease.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartTemplateSource {
    /// API group and version of the source.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: ChartSourceKind,
    /// Name of the source.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the source. Defaults to the namespace of the HelmRelease.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
}

/// Signature verification of a chart in a container registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartTemplateVerification {
    /// Signing tool that was used for the chart.
    #[schemars(extend("default" = "cosign"))]
    pub provider: VerificationProvider,
    /// Reference to a Secret that contains the trusted public keys or certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

/// Reference to an object that provides a chart, by default in the namespace of the HelmRelease.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartReference {
    /// API group and version of the referent.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub api_version: Option<String>,
    /// Kind of the referent.
    pub kind: ChartReferenceKind,
    /// Name of the referent.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the referent. Defaults to the namespace of the HelmRelease.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
}

string_enum! {
    /// Kinds of objects that provide a chart.
    pub enum ChartReferenceKind {
        /// Chart as an OCI artifact in a container registry.
        OciRepository = "OCIRepository",
        /// Chart of a HelmChart object.
        HelmChart = "HelmChart",
        /// Chart of a third-party controller.
        ExternalArtifact = "ExternalArtifact",
    }
}

/// Detection and correction of differences between the release and the objects in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DriftDetection {
    /// Fields to ignore during drift detection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<IgnoreRule>,
    /// Whether drift is detected and corrected. Defaults to "disabled".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<DriftDetectionMode>,
}

string_enum! {
    /// Modes of drift detection.
    pub enum DriftDetectionMode {
        /// Detects and corrects drift.
        Enabled = "enabled",
        /// Detects drift and reports it.
        Warn = "warn",
        /// Does not detect drift.
        Disabled = "disabled",
    }
}

string_enum! {
    /// How hooks are passed to the post renderers.
    pub enum PostRenderStrategy {
        /// Excludes hooks, like Helm 3.
        NoHooks = "nohooks",
        /// Renders hooks and templates together, like Helm 4.
        Combined = "combined",
        /// Renders hooks separately, after the templates.
        Separate = "separate",
    }
}

/// Post renderer of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostRenderer {
    /// Kustomize patches and image overrides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kustomize: Option<PostRenderKustomize>,
}

/// Kustomize patches and image overrides for a rendered chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostRenderKustomize {
    /// Image overrides: a new name, tag or digest for a container image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// Patches to apply to the rendered objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
}

/// Reference to an object in the same namespace that contains values for the chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValuesReference {
    /// Kind of the referent.
    pub kind: ConfigKind,
    /// Uses the value as a literal string instead of parsing it in the format of Helm's --set.
    /// Requires targetPath.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub literal: bool,
    /// Name of the referent.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Ignores a missing referent or key instead of failing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Path in the values to set, such as "image.tag".
    /// If not specified, the value is YAML that is merged at the root.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 250), regex(pattern = r"^([a-zA-Z0-9_\-.\\\/]|\[[0-9]{1,5}\])+$"))]
    pub target_path: Option<String>,
    /// Key of the value in the referent. Defaults to "values.yaml".
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(max = 253), regex(pattern = r"^[\-._a-zA-Z0-9]+$"))]
    pub values_key: Option<String>,
}

/// How Helm waits for objects to become ready.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitStrategy {
    /// Name of the strategy. "poller" polls the status of each object; "legacy" waits like Helm 3.
    pub name: WaitStrategyName,
}

string_enum! {
    /// Wait strategies.
    pub enum WaitStrategyName {
        /// Polls the status of each object.
        Poller = "poller",
        /// Waits like Helm 3.
        Legacy = "legacy",
    }
}
