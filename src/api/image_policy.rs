//! `ImagePolicy`: the rule by which the newest tag of an image is chosen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{Condition, NamespacedReference};
use super::object::{Object, Spec};
use super::string_enum::string_enum;

/// The rule by which the newest tag of an image is chosen.
pub type ImagePolicy = Object<ImagePolicySpec>;

impl Spec for ImagePolicySpec {
    const CRD: &'static Crd = &Crd {
        kind: "ImagePolicy",
        plural: "imagepolicies",
        short_names: &["imgpol", "imagepol"],
        group: "image.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-images",
        description: "The rule by which the newest of an image's tags is chosen.",
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

/// Which tags to look at, and how to order them.
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
    /// Whether the digest of the chosen tag is looked up as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "Never"))]
    pub digest_reflection_policy: Option<DigestReflectionPolicy>,
    /// Which tags to look at; all of them when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_tags: Option<TagFilter>,
    /// The ImageRepository with the tags.
    pub image_repository_ref: NamespacedReference,
    /// How often to look the digest up. Only, and then needed, for digestReflectionPolicy
    /// "Always".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// How the tags are ordered.
    pub policy: ImagePolicyChoice,
    /// Stop choosing until this is taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

string_enum! {
    /// When the digest of the chosen tag is looked up.
    pub enum DigestReflectionPolicy {
        /// At each interval, so that a tag that moves is noticed.
        Always = "Always",
        /// Once, when the tag is chosen.
        IfNotPresent = "IfNotPresent",
        /// Not at all.
        Never = "Never",
    }
}

/// Which tags to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagFilter {
    /// What to order by in place of the whole tag: a text with groups of the pattern, as in
    /// "$timestamp".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extract: Option<String>,
    /// A regular expression that a tag must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

/// How tags are ordered: one of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImagePolicyChoice {
    /// By the alphabet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alphabetical: Option<AlphabeticalPolicy>,
    /// As numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerical: Option<NumericalPolicy>,
    /// As semantic versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semver: Option<SemVerPolicy>,
}

/// Order by the alphabet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlphabeticalPolicy {
    /// The direction: "asc" takes the last in the alphabet, "desc" the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "asc"))]
    pub order: Option<Order>,
}

/// Order as numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NumericalPolicy {
    /// The direction: "asc" takes the highest number, "desc" the lowest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "asc"))]
    pub order: Option<Order>,
}

string_enum! {
    /// The direction of an order; the last tag in it is chosen.
    pub enum Order {
        /// Ascending.
        Ascending = "asc",
        /// Descending.
        Descending = "desc",
    }
}

/// Order as semantic versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SemVerPolicy {
    /// The range within which the highest version is chosen.
    pub range: String,
}

/// What the controller has chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ImagePolicyStatus {
    /// The state of the choice in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The chosen image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_ref: Option<ImageRef>,
    /// The generation of the spec that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The image that was chosen before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_previous_ref: Option<ImageRef>,
}

/// An image by name and tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImageRef {
    /// The digest of the image, if it was looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The name of the image, without a tag.
    pub name: String,
    /// The tag.
    pub tag: String,
}
