//! `HelmRelease`: a Helm chart, installed with values and kept up to date.

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

/// A Helm chart, installed with values.
pub type HelmRelease = Object<HelmReleaseSpec>;

impl Spec for HelmReleaseSpec {
    const CRD: &'static Crd = &Crd {
        kind: "HelmRelease",
        plural: "helmreleases",
        short_names: &["hr"],
        group: "helm.toolkit.fluxcd.io",
        version: "v2",
        category: "fluxcd-appliers",
        description: "A Helm chart that is installed with its values and kept up to date.",
        columns: &[AGE, READY, STATUS],
        spec: schema_of::<HelmReleaseSpec>,
        status: Some(schema_of::<HelmReleaseStatus>),
    };
}

/// Which chart to install with which values, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": "either chart or chartRef must be set",
    "rule": "(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))",
}]))]
pub struct HelmReleaseSpec {
    /// The chart, for which the controller makes a HelmChart object. Either this or chartRef.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<ChartTemplate>,
    /// An object that offers the chart already. Either this or chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart_ref: Option<ChartReference>,
    /// Labels and annotations for every object of the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// HelmReleases that have to be ready before this one is installed or upgraded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<DependencyReference>,
    /// What to do about objects that were changed in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_detection: Option<DriftDetection>,
    /// How to read the health of custom resources. Used where waiting is not switched off and
    /// the wait strategy is "poller".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_check_exprs: Vec<HealthCheckExpr>,
    /// How the release is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install: Option<Install>,
    /// How often to look after the release, within a little jitter.
    pub interval: Duration,
    /// The cluster to install into; the one in which this object lies when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfig>,
    /// How many revisions Helm keeps: 5 when left out, all of them for 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_history: Option<i32>,
    /// Use one connection to the cluster for the whole of a reconciliation; true when left out.
    /// Charts that bring custom resources in their own way may need a new one for each step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent_client: Option<bool>,
    /// How a chart's hooks are handed to the post renderers; "combined" when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_render_strategy: Option<PostRenderStrategy>,
    /// Changes to the rendered chart before it is applied, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_renderers: Vec<PostRenderer>,
    /// The name of the release; when left out the name of this object, after the target
    /// namespace and a dash if that is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 53))]
    pub release_name: Option<String>,
    /// How the release is rolled back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// The service account in whose name the release is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub service_account_name: Option<String>,
    /// The namespace in which Helm keeps its records; that of this object when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub storage_namespace: Option<String>,
    /// Stop looking after the release until this is taken back. What is running goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// The namespace to install into; that of this object when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub target_namespace: Option<String>,
    /// How the chart's own tests are run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// How long any single step may take, such as a hook's job; 5 minutes when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// How the release is uninstalled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uninstall: Option<Uninstall>,
    /// How the release is upgraded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Upgrade>,
    /// The values for the chart, over those of valuesFrom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
    pub values: Option<Value>,
    /// ConfigMaps and Secrets with values for the chart, each over the ones before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values_from: Vec<ValuesReference>,
    /// How Helm waits for objects to become ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_strategy: Option<WaitStrategy>,
}

/// A chart and the metadata of the HelmChart object that is made for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChartTemplate {
    /// Labels and annotations of the HelmChart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<ChartTemplateMetadata>,
    /// The chart itself.
    pub spec: ChartTemplateSpec,
}

/// Labels and annotations of a HelmChart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChartTemplateMetadata {
    /// The annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Which chart to take from which source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartTemplateSpec {
    /// The name of the chart in a chart repository, or its folder in another source.
    #[schemars(length(min = 1, max = 2048))]
    pub chart: String,
    /// Go on without a values file that the source does not have.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_missing_values_files: bool,
    /// How often to look into the source for changes; the interval of the release when left
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// When a new chart is made: for a new version of the chart, or for every new revision of
    /// its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "ChartVersion"))]
    pub reconcile_strategy: Option<ChartReconcileStrategy>,
    /// The source that has the chart.
    pub source_ref: ChartTemplateSource,
    /// Files of the source to use as the chart's values in place of its values.yaml, each over
    /// the ones before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values_files: Vec<String>,
    /// Take only a chart that carries a trusted signature. Only for charts in a container
    /// registry; dependencies that are not packed into the chart are not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<ChartTemplateVerification>,
    /// A version or a range of versions; the newest within it is taken. Has no meaning for
    /// charts from Git repositories and buckets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "*"))]
    pub version: Option<String>,
}

/// A source of charts, in the same namespace unless another one is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartTemplateSource {
    /// The API group and version of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The kind of the source.
    pub kind: ChartSourceKind,
    /// The name of the source.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The namespace of the source; that of the release when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
}

/// How the signature of a chart in a container registry is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartTemplateVerification {
    /// The tool that made the signature.
    #[schemars(extend("default" = "cosign"))]
    pub provider: VerificationProvider,
    /// The Secret with the trusted public keys or certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

/// An object that offers a chart, in the same namespace unless another one is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartReference {
    /// The API group and version of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The kind of the object.
    pub kind: ChartReferenceKind,
    /// The name of the object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The namespace of the object; that of the release when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
}

string_enum! {
    /// The kinds of objects that offer a chart.
    pub enum ChartReferenceKind {
        /// A chart as an artifact in a container registry.
        OciRepository = "OCIRepository",
        /// A chart that a HelmChart object fetches.
        HelmChart = "HelmChart",
        /// A chart of another controller.
        ExternalArtifact = "ExternalArtifact",
    }
}

/// What to do about objects that were changed in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DriftDetection {
    /// Changes that are left alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<IgnoreRule>,
    /// Whether changes are looked for and undone; "disabled" when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<DriftDetectionMode>,
}

string_enum! {
    /// What to do about changes in the cluster.
    pub enum DriftDetectionMode {
        /// Look for them and undo them.
        Enabled = "enabled",
        /// Look for them and report them.
        Warn = "warn",
        /// Do not look for them.
        Disabled = "disabled",
    }
}

string_enum! {
    /// How hooks are handed to the post renderers.
    pub enum PostRenderStrategy {
        /// Not at all, as Helm 3 does.
        NoHooks = "nohooks",
        /// Together with the templates, as Helm 4 does.
        Combined = "combined",
        /// After the templates, by themselves.
        Separate = "separate",
    }
}

/// A change to the rendered chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostRenderer {
    /// Changes in the terms of kustomize.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kustomize: Option<PostRenderKustomize>,
}

/// Changes to a rendered chart in the terms of kustomize.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostRenderKustomize {
    /// Other names, tags or digests for container images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// Changes to the objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
}

/// An object with values for the chart, in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValuesReference {
    /// The kind of the object.
    pub kind: ConfigKind,
    /// Take the value as text, word for word, without reading types or lists from it. Only with
    /// targetPath.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub literal: bool,
    /// The name of the object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Go on when the object or its key does not exist.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// The place in the values where the value goes, as in "image.tag"; when left out the value
    /// is YAML for the top level.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 250), regex(pattern = r"^([a-zA-Z0-9_\-.\\\/]|\[[0-9]{1,5}\])+$"))]
    pub target_path: Option<String>,
    /// The key under which the value stands; "values.yaml" when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = r"^[\-._a-zA-Z0-9]+$"))]
    pub values_key: Option<String>,
}

/// How Helm waits for objects to become ready.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitStrategy {
    /// The name of the strategy: "poller" looks at each object's status, "legacy" waits as
    /// Helm 3 does.
    pub name: WaitStrategyName,
}

string_enum! {
    /// How Helm waits.
    pub enum WaitStrategyName {
        /// Looks at each object's status.
        Poller = "poller",
        /// As Helm 3 does.
        Legacy = "legacy",
    }
}
