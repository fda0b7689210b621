//! Types that Kustomizations and HelmReleases share: patches, images, metadata, health and drift.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Labels and annotations to apply to objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommonMetadata {
    /// Annotations to apply. They override existing annotations with the same key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Labels to apply. They override existing labels with the same key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Patch and the objects to apply it to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Patch {
    /// Strategic merge patch or list of JSON patch operations, as YAML.
    /// A strategic merge patch may specify its target by its own kind and name.
    pub patch: String,
    /// Selector of the objects to patch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Selector>,
}

/// Selects objects. All specified fields must match. Names and kinds are anchored regular expressions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    /// Annotations of the objects, in the format of a label selector.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub annotation_selector: Option<String>,
    /// API group of the objects.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub group: Option<String>,
    /// Kind of the objects.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub kind: Option<String>,
    /// Label selector of the objects.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub label_selector: Option<String>,
    /// Name of the objects.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub name: Option<String>,
    /// Namespace of the objects.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub namespace: Option<String>,
    /// API version of the objects, without the group.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub version: Option<String>,
}

/// Image override: a new name, tag or digest for a container image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// Digest to pin the image to. It replaces the tag, and newTag is ignored.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub digest: Option<String>,
    /// Name of the image in the manifests, without tag or digest.
    pub name: String,
    /// New name of the image.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub new_name: Option<String>,
    /// New tag of the image.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub new_tag: Option<String>,
}

/// CEL expressions that evaluate the health of a custom resource, available as "self".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheckExpr {
    /// API group and version of the custom resource.
    pub api_version: String,
    /// Expression that is true if the object has reached its desired state.
    pub current: String,
    /// Expression that is true if the object has failed to reach its desired state.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub failed: Option<String>,
    /// Expression that is true while the object is being reconciled.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub in_progress: Option<String>,
    /// Kind of the custom resource.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub kind: Option<String>,
}

/// Fields to ignore in selected objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IgnoreRule {
    /// JSON pointers to the fields, such as "/spec/replicas".
    pub paths: Vec<String>,
    /// Selector of the objects that the rule applies to. Defaults to all objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Selector>,
}
