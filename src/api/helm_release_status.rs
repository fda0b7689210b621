//! Status of a `HelmRelease`, as helm-controller writes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::meta::{Condition, Inventory, Time};
use super::string_enum::string_enum;

/// Observed state of a HelmRelease.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct HelmReleaseStatus {
    /// Conditions of the HelmRelease.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Number of failed reconciliations since the last successful one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<i64>,
    /// HelmChart that was created for the release, as "namespace/name".
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub helm_chart: Option<String>,
    /// Releases performed for the HelmRelease, newest first, up to the last successful one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Snapshot>,
    /// Objects that were applied for the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// Number of failed installs since the last successful reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_failures: Option<i64>,
    /// Digest of the values of the last attempted reconciliation.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_attempted_config_digest: Option<String>,
    /// Generation of the spec of the last attempted reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_generation: Option<i64>,
    /// Last attempted release action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_release_action: Option<ReleaseAction>,
    /// Duration of the last attempted release action.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_attempted_release_action_duration: Option<String>,
    /// Chart version of the last attempted reconciliation.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_attempted_revision: Option<String>,
    /// Digest of the chart of the last attempted reconciliation, if it is an OCI artifact.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_attempted_revision_digest: Option<String>,
    /// SHA-1 checksum of the values of the last attempted reconciliation.
    /// Deprecated: use lastAttemptedConfigDigest instead.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_attempted_values_checksum: Option<String>,
    /// Value of the last handled force request annotation.
    /// It is used to detect new requests to force an upgrade.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_force_at: Option<String>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Value of the last handled reset request annotation.
    /// It is used to detect new requests to reset the failure counts.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reset_at: Option<String>,
    /// Revision of the last successful Helm release. Deprecated: use history instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_release_revision: Option<i32>,
    /// Digest of the common metadata of the last successful reconciliation.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub observed_common_metadata_digest: Option<String>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Digest of the post renderers of the last successful reconciliation.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub observed_post_renderers_digest: Option<String>,
    /// Namespace of the Helm storage of the release.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(length(min = 1, max = 63))]
    pub storage_namespace: Option<String>,
    /// Number of failed upgrades since the last successful reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_failures: Option<i64>,
}

string_enum! {
    /// Actions that create a new release.
    pub enum ReleaseAction {
        /// Helm install.
        Install = "install",
        /// Helm upgrade.
        Upgrade = "upgrade",
    }
}

/// Snapshot of a release in the Helm storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Action that created the release.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub action: Option<String>,
    /// API version of the snapshot, which determines how the digest is computed.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub api_version: Option<String>,
    /// Version of the application in the chart.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub app_version: Option<String>,
    /// Name of the chart.
    pub chart_name: String,
    /// Version of the chart.
    pub chart_version: String,
    /// Digest of the values.
    pub config_digest: String,
    /// Time at which the release was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Time>,
    /// Digest of the release in the Helm storage.
    pub digest: String,
    /// Time at which a release of this name was first deployed.
    pub first_deployed: Time,
    /// Time at which this release was deployed.
    pub last_deployed: Time,
    /// Name of the release.
    pub name: String,
    /// Namespace of the release.
    pub namespace: String,
    /// Digest of the chart, if it is an OCI artifact.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub oci_digest: Option<String>,
    /// Status of the release, such as "deployed" or "superseded".
    pub status: String,
    /// Results of the release's tests, by test name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_hooks: Option<BTreeMap<String, TestHookStatus>>,
    /// Revision of the release.
    pub version: i32,
}

/// Result of a test hook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestHookStatus {
    /// Time at which the test completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_completed: Option<Time>,
    /// Time at which the test started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_started: Option<Time>,
    /// Phase of the test: "Running", "Succeeded" or "Failed".
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub phase: Option<String>,
}
