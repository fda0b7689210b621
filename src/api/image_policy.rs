//! `ImagePolicy`: selects the latest tag of an image.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{Condition, NamespacedReference};
use super::object::{Object, Spec};
use super::string_enum::string_enum;

/// Selects the latest tag of an image.
pub type ImagePolicy = Object<ImagePolicySpec>;

impl Spec for ImagePolicySpec {
    const CRD: &'static Crd = &Crd {
        kind: "ImagePolicy",
        plural: "imagepolicies",
        short_names: &["imgpol", "imagepol"],
        group: "image.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-images",
        description: "Selects the latest image from the tags of an ImageRepository.",
        columns: &[
            text("Image", ".status.latestRef.name"),
            text("Tag", ".status.latestRef.tag"),
            READY,
            STATUS,
            AGE,
        ],
        spec: schema_of::<ImagePolicySpec>,
        status: Some(schema_of::<ImagePolicyStatus>),
    };
}

/// Desired state of an ImagePolicy: the tags to consider and how to sort them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "message": "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
        "rule": "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')",
    },
    {
        "message": "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
        "rule": "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'",
    },
]))]
pub struct ImagePolicySpec {
    /// Whether the digest of the selected tag is resolved too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "Never"))]
    pub digest_reflection_policy: Option<DigestReflectionPolicy>,
    /// Filter of the tags to consider. Defaults to all tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_tags: Option<TagFilter>,
    /// Reference to the ImageRepository that provides the tags.
    pub image_repository_ref: NamespacedReference,
    /// Interval at which the digest is resolved again.
    /// Required if digestReflectionPolicy is "Always", and not allowed otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// How to sort the tags.
    pub policy: ImagePolicyChoice,
    /// Suspends the reconciliation of the ImagePolicy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

string_enum! {
    /// When the digest of the selected tag is resolved.
    pub enum DigestReflectionPolicy {
        /// At every interval, to detect changes of a mutable tag.
        Always = "Always",
        /// Once, when the tag is selected.
        IfNotPresent = "IfNotPresent",
        /// Never.
        Never = "Never",
    }
}

/// Filter of tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagFilter {
    /// Replacement that is sorted instead of the whole tag.
    /// It can refer to capture groups of the pattern, such as "$timestamp".
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub extract: Option<String>,
    /// Regular expression that tags must match.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub pattern: Option<String>,
}

/// How to sort tags. Exactly one policy must be specified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImagePolicyChoice {
    /// Sorts tags alphabetically.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alphabetical: Option<AlphabeticalPolicy>,
    /// Sorts tags numerically.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerical: Option<NumericalPolicy>,
    /// Sorts tags by semantic version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semver: Option<SemVerPolicy>,
}

/// Alphabetical sorting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlphabeticalPolicy {
    /// Sort order. "asc" selects the last tag in alphabetical order, "desc" the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "asc"))]
    pub order: Option<Order>,
}

/// Numerical sorting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NumericalPolicy {
    /// Sort order. "asc" selects the highest number, "desc" the lowest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "asc"))]
    pub order: Option<Order>,
}

string_enum! {
    /// Sort order. The last tag is selected.
    pub enum Order {
        /// Ascending.
        Ascending = "asc",
        /// Descending.
        Descending = "desc",
    }
}

/// Sorting by semantic version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SemVerPolicy {
    /// Semver range. The highest version in the range is selected.
    pub range: String,
}

/// Observed state of an ImagePolicy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ImagePolicyStatus {
    /// Conditions of the ImagePolicy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Latest image that the policy selected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_ref: Option<ImageRef>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Previously selected image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_previous_ref: Option<ImageRef>,
}

/// Image reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImageRef {
    /// Digest of the image, if it was resolved.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub digest: Option<String>,
    /// Name of the image, without a tag.
    pub name: String,
    /// Tag of the image.
    pub tag: String,
}
