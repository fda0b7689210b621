//! Helm action configuration of a `HelmRelease`: install, upgrade, test, rollback and uninstall.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::string_enum::string_enum;

string_enum! {
    /// How to apply the CRDs in the "crds" directory of a chart.
    pub enum CrdsPolicy {
        /// Does not apply the CRDs.
        Skip = "Skip",
        /// Creates missing CRDs and leaves existing ones unchanged.
        Create = "Create",
        /// Creates missing CRDs and replaces existing ones.
        CreateReplace = "CreateReplace",
    }
}

string_enum! {
    /// How to handle a failed action.
    pub enum StrategyName {
        /// Performs the configured remediation, then retries.
        RemediateOnFailure = "RemediateOnFailure",
        /// Keeps the failed release and retries.
        RetryOnFailure = "RetryOnFailure",
    }
}

string_enum! {
    /// Whether server-side apply is used.
    pub enum ServerSideApplyMode {
        /// Uses server-side apply.
        Enabled = "enabled",
        /// Uses client-side apply.
        Disabled = "disabled",
        /// Uses the apply method of the previous release.
        Auto = "auto",
    }
}

/// Helm install configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Install {
    /// How to install the CRDs in the chart's "crds" directory. Defaults to "Create".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crds: Option<CrdsPolicy>,
    /// Creates the target namespace if it does not exist.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub create_namespace: bool,
    /// Disables hooks during the install.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_hooks: bool,
    /// Disables validation of the rendered objects against the cluster's OpenAPI schemas.
    #[serde(rename = "disableOpenAPIValidation", default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_open_api_validation: bool,
    /// Disables validation of the values against the chart's JSON schema.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_schema_validation: bool,
    /// Disables taking ownership of existing objects.
    /// The install fails if an object already exists and is not part of the release.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_take_ownership: bool,
    /// Disables waiting for the objects to become ready.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait: bool,
    /// Disables waiting for Jobs to complete.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait_for_jobs: bool,
    /// Remediation of a failed install.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<InstallRemediation>,
    /// Allows reusing the name of a deleted release that is still in the Helm history.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replace: bool,
    /// Whether to use server-side apply. Defaults to true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<bool>,
    /// Skips the CRDs in the chart's "crds" directory. Deprecated: set crds to "Skip" instead.
    #[serde(rename = "skipCRDs", default, skip_serializing_if = "std::ops::Not::not")]
    pub skip_crds: bool,
    /// How to handle a failed install: remediate it, or keep it and retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<InstallStrategy>,
    /// Timeout of each Kubernetes operation during the install. Defaults to spec.timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

/// Remediation of a failed install.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallRemediation {
    /// Whether to ignore test failures instead of remediating them. Defaults to spec.test.ignoreFailures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_test_failures: Option<bool>,
    /// Whether to also uninstall the release after the last retry fails. Defaults to false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediate_last_failure: Option<bool>,
    /// Number of retries, each preceded by an uninstall. A negative value means unlimited retries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<i32>,
}

/// Handling of a failed install.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": ".retryInterval cannot be set when .name is 'RemediateOnFailure'",
    "rule": "!has(self.retryInterval) || self.name != 'RemediateOnFailure'",
}]))]
pub struct InstallStrategy {
    /// Name of the strategy.
    pub name: StrategyName,
    /// Interval at which a failed install is retried.
    /// Only supported for "RetryOnFailure". Defaults to 5 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<Duration>,
}

/// Helm upgrade configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Upgrade {
    /// How to handle a changed chart name. Defaults to "Reinstall".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart_name_change_strategy: Option<ChartNameChangeStrategy>,
    /// Deletes objects that a failed upgrade created.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cleanup_on_fail: bool,
    /// How to upgrade the CRDs in the chart's "crds" directory. Defaults to "Skip".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crds: Option<CrdsPolicy>,
    /// Disables hooks during the upgrade.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_hooks: bool,
    /// Disables validation of the rendered objects against the cluster's OpenAPI schemas.
    #[serde(rename = "disableOpenAPIValidation", default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_open_api_validation: bool,
    /// Disables validation of the values against the chart's JSON schema.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_schema_validation: bool,
    /// Disables taking ownership of existing objects.
    /// The upgrade fails if an object already exists and is not part of the release.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_take_ownership: bool,
    /// Disables waiting for the objects to become ready.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait: bool,
    /// Disables waiting for Jobs to complete.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait_for_jobs: bool,
    /// Forces updates by replacing objects, which avoids conflicts of client-side apply.
    /// Ignored for server-side apply.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Merges the specified values into those of the last release.
    /// Removing a value from the spec then has no effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preserve_values: bool,
    /// Remediation of a failed upgrade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<UpgradeRemediation>,
    /// Whether to use server-side apply. Defaults to "auto".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<ServerSideApplyMode>,
    /// How to handle a failed upgrade: remediate it, or keep it and retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<UpgradeStrategy>,
    /// Timeout of each Kubernetes operation during the upgrade. Defaults to spec.timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

string_enum! {
    /// How to handle a changed chart name.
    pub enum ChartNameChangeStrategy {
        /// Upgrades the release in place.
        InPlaceUpdate = "InPlaceUpdate",
        /// Uninstalls the release and installs it again.
        Reinstall = "Reinstall",
    }
}

/// Remediation of a failed upgrade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeRemediation {
    /// Whether to ignore test failures instead of remediating them. Defaults to spec.test.ignoreFailures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_test_failures: Option<bool>,
    /// Whether to also remediate the release after the last retry fails.
    /// Defaults to true if retries is greater than 0, and to false otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediate_last_failure: Option<bool>,
    /// Number of retries, each preceded by a remediation. A negative value means unlimited retries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<i32>,
    /// How to remediate a failed upgrade. Defaults to "rollback".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<RemediationStrategy>,
}

string_enum! {
    /// How to remediate a failed upgrade.
    pub enum RemediationStrategy {
        /// Rolls back to the last successful release.
        Rollback = "rollback",
        /// Uninstalls the release.
        Uninstall = "uninstall",
    }
}

/// Handling of a failed upgrade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": ".retryInterval can only be set when .name is 'RetryOnFailure'",
    "rule": "!has(self.retryInterval) || self.name == 'RetryOnFailure'",
}]))]
pub struct UpgradeStrategy {
    /// Name of the strategy.
    pub name: StrategyName,
    /// Interval at which a failed upgrade is retried.
    /// Only supported for "RetryOnFailure". Defaults to 5 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<Duration>,
}

/// Helm test configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Test {
    /// Enables Helm tests after each install and upgrade.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub enable: bool,
    /// Tests to run or to exclude. Defaults to running all tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<TestFilter>,
    /// Ignores test failures, so that the release is still considered successful.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_failures: bool,
    /// Timeout of each Kubernetes operation during a test. Defaults to spec.timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

/// Test to run or to exclude.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestFilter {
    /// Excludes the test instead of running it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclude: bool,
    /// Name of the test.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Helm rollback configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// Deletes objects that a failed rollback created.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cleanup_on_fail: bool,
    /// Disables hooks during the rollback.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_hooks: bool,
    /// Disables waiting for the objects to become ready.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait: bool,
    /// Disables waiting for Jobs to complete.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait_for_jobs: bool,
    /// Forces updates by replacing objects, which avoids conflicts of client-side apply.
    /// Ignored for server-side apply.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Restarts the pods of the release. Deprecated: has no effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recreate: bool,
    /// Whether to use server-side apply. Defaults to "auto".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<ServerSideApplyMode>,
    /// Timeout of each Kubernetes operation during the rollback. Defaults to spec.timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

/// Helm uninstall configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Uninstall {
    /// Deletion propagation policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "background"))]
    pub deletion_propagation: Option<DeletionPropagation>,
    /// Disables hooks during the uninstall.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_hooks: bool,
    /// Disables waiting for the objects to be deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait: bool,
    /// Keeps the history of the release after it is uninstalled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_history: bool,
    /// Timeout of each Kubernetes operation during the uninstall. Defaults to spec.timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

string_enum! {
    /// Deletion propagation policies, as in Kubernetes.
    pub enum DeletionPropagation {
        /// Deletes the object first, then its dependents in the background.
        Background = "background",
        /// Deletes the dependents first, then the object.
        Foreground = "foreground",
        /// Deletes the object and orphans its dependents.
        Orphan = "orphan",
    }
}
