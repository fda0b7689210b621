//! What helm-controller knows about a `HelmRelease`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::meta::{Condition, Inventory, Time};
use super::string_enum::string_enum;

/// What the controller knows about the release.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct HelmReleaseStatus {
    /// The state of the release in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// How many reconciliations have failed since the last good one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<i64>,
    /// The HelmChart object that was made for the release, as namespace and name joined by a
    /// slash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helm_chart: Option<String>,
    /// The releases that were made, newest first, back to the last good one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Snapshot>,
    /// The objects that were applied for the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// How many installs have failed since the last good reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_failures: Option<i64>,
    /// The checksum of the values that were last tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_config_digest: Option<String>,
    /// The generation of the spec that was last tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_generation: Option<i64>,
    /// The action that was last tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_release_action: Option<ReleaseAction>,
    /// How long that action took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_release_action_duration: Option<String>,
    /// The version of the chart that was last tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_revision: Option<String>,
    /// The digest of the chart that was last tried, if it is an OCI artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_revision_digest: Option<String>,
    /// The SHA-1 of the values that were last tried. Old: read lastAttemptedConfigDigest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_values_checksum: Option<String>,
    /// The request to force an upgrade that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_force_at: Option<String>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The request to reset the failure counts that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reset_at: Option<String>,
    /// Helm's number of the last good release. Old: read history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_release_revision: Option<i32>,
    /// The checksum of the common labels and annotations of the last good reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_common_metadata_digest: Option<String>,
    /// The generation of the spec that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The checksum of the post renderers of the last good reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_post_renderers_digest: Option<String>,
    /// The namespace in which Helm keeps its records of this release.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub storage_namespace: Option<String>,
    /// How many upgrades have failed since the last good reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_failures: Option<i64>,
}

string_enum! {
    /// The actions that bring a new release about.
    pub enum ReleaseAction {
        /// The first release.
        Install = "install",
        /// Any later one.
        Upgrade = "upgrade",
    }
}

/// One release, as Helm recorded it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The action that made the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The version of the rules by which the digest is computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The version of the application in the chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// The name of the chart.
    pub chart_name: String,
    /// The version of the chart.
    pub chart_version: String,
    /// The checksum of the values.
    pub config_digest: String,
    /// When the release was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Time>,
    /// The checksum of Helm's record of the release.
    pub digest: String,
    /// When the application was first released under this name.
    pub first_deployed: Time,
    /// When this release was made.
    pub last_deployed: Time,
    /// The name of the release.
    pub name: String,
    /// The namespace that was installed into.
    pub namespace: String,
    /// The digest of the chart, if it is an OCI artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oci_digest: Option<String>,
    /// Helm's word for the state of the release, such as "deployed" or "superseded".
    pub status: String,
    /// The tests that were run for the release, by their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_hooks: Option<BTreeMap<String, TestHookStatus>>,
    /// Helm's number of the release.
    pub version: i32,
}

/// One run of a chart's test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestHookStatus {
    /// When the test ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_completed: Option<Time>,
    /// When the test was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_started: Option<Time>,
    /// How far the test is: "Running", "Succeeded" or "Failed".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
}
