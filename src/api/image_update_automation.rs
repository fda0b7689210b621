//! `ImageUpdateAutomation`: updates image references in a Git repository.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, wide};
use super::duration::Duration;
use super::git_repository::GitRepositoryRef;
use super::image_policy::ImageRef;
use super::meta::{Condition, LabelSelector, LocalReference, Time};
use super::object::{Object, Spec};
use super::string_enum::string_enum;

/// Updates image references in a Git repository.
pub type ImageUpdateAutomation = Object<ImageUpdateAutomationSpec>;

impl Spec for ImageUpdateAutomationSpec {
    const CRD: &'static Crd = &Crd {
        kind: "ImageUpdateAutomation",
        plural: "imageupdateautomations",
        short_names: &["iua", "imgupd", "imgauto"],
        group: "image.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-images",
        description: "Updates image references in a Git repository to the images selected by ImagePolicies.",
        columns: &[READY, STATUS, wide("Last run", ".status.lastAutomationRunTime"), AGE],
        spec: schema_of::<ImageUpdateAutomationSpec>,
        status: Some(schema_of::<ImageUpdateAutomationStatus>),
    };
}

/// Desired state of an ImageUpdateAutomation: the manifests to update and how to commit and push.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageUpdateAutomationSpec {
    /// Checkout, commit and push configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitSpec>,
    /// Minimum interval between periodic automation runs.
    pub interval: Duration,
    /// Label selector of the ImagePolicies to apply. Defaults to all ImagePolicies in the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_selector: Option<LabelSelector>,
    /// Reference to the source that provides the URL and the credentials.
    /// The credentials must permit pushing.
    pub source_ref: AutomationSource,
    /// Suspends the reconciliation of the ImageUpdateAutomation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Files to update, and the update strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = {"strategy": "Setters"}))]
    pub update: Option<UpdateStrategy>,
}

/// Checkout, commit and push configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GitSpec {
    /// Reference to check out. Defaults to the reference of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout: Option<GitCheckout>,
    /// Author, message and signing key of the commits.
    pub commit: CommitSpec,
    /// Where to push commits. Defaults to the branch that is checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<PushSpec>,
}

/// Checkout configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GitCheckout {
    /// Git reference to check out, usually a branch.
    #[serde(rename = "ref")]
    pub reference: GitRepositoryRef,
}

/// Author, message and signing key of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommitSpec {
    /// Author of the commits.
    pub author: CommitUser,
    /// Go template of the commit message, with the automation and the changes as data.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub message_template: Option<String>,
    /// Values for the message template, available as ".Values".
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub message_template_values: BTreeMap<String, String>,
    /// Key to sign commits with. If not specified, commits are not signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<SigningKey>,
}

/// Author of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitUser {
    /// Email address of the author.
    pub email: String,
    /// Name of the author.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub name: Option<String>,
}

/// Key to sign commits with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// Reference to a Secret that contains the private key and optionally its passphrase.
    pub secret_ref: LocalReference,
    /// Type of the key. Defaults to "gpg".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<SigningKeyType>,
}

string_enum! {
    /// Types of signing keys.
    pub enum SigningKeyType {
        /// OpenPGP key.
        Gpg = "gpg",
        /// SSH key.
        Ssh = "ssh",
    }
}

/// Where to push commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushSpec {
    /// Branch to push to. If it does not exist, it is created from the branch that is checked out.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub branch: Option<String>,
    /// Push options to send to the Git server, like "git push --push-option".
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Refspec to push, in addition to the branch if that is specified. Force pushes are not allowed.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    #[schemars(regex(pattern = "^$|^[^+:]"))]
    pub refspec: Option<String>,
}

/// Reference to the source, by default in the namespace of the ImageUpdateAutomation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutomationSource {
    /// API group and version of the source.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub api_version: Option<String>,
    /// Kind of the source.
    #[schemars(extend("default" = "GitRepository"))]
    pub kind: AutomationSourceKind,
    /// Name of the source.
    pub name: String,
    /// Namespace of the source. Defaults to the namespace of the ImageUpdateAutomation.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub namespace: Option<String>,
}

string_enum! {
    /// Kinds of sources that an ImageUpdateAutomation can push to.
    pub enum AutomationSourceKind {
        /// Git repository.
        GitRepository = "GitRepository",
    }
}

/// Files to update, and the update strategy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateStrategy {
    /// Path of the directory that contains the manifests to update. Defaults to the root of the repository.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub path: Option<String>,
    /// Update strategy. "Setters" updates fields with a comment that refers to an ImagePolicy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "Setters"))]
    pub strategy: Option<UpdateStrategyName>,
}

string_enum! {
    /// Update strategies.
    pub enum UpdateStrategyName {
        /// Updates fields with a comment that refers to an ImagePolicy.
        Setters = "Setters",
    }
}

/// Observed state of an ImageUpdateAutomation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ImageUpdateAutomationStatus {
    /// Conditions of the ImageUpdateAutomation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Time of the last completed automation run, with or without changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_automation_run_time: Option<Time>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// SHA of the last pushed commit.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_push_commit: Option<String>,
    /// Time of the last push.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_push_time: Option<Time>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Images of the last update, by ImagePolicy name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub observed_policies: BTreeMap<String, ImageRef>,
    /// Last observed revision of the source.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub observed_source_revision: Option<String>,
}
