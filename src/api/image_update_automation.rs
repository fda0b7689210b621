//! `ImageUpdateAutomation`: new tags, written into a Git repository.

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

/// New tags, written into a Git repository.
pub type ImageUpdateAutomation = Object<ImageUpdateAutomationSpec>;

impl Spec for ImageUpdateAutomationSpec {
    const CRD: &'static Crd = &Crd {
        kind: "ImageUpdateAutomation",
        plural: "imageupdateautomations",
        short_names: &["iua", "imgupd", "imgauto"],
        group: "image.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-images",
        description: "Writes the tags that ImagePolicies choose into the manifests of a Git repository.",
        columns: &[READY, STATUS, wide("Last run", ".status.lastAutomationRunTime"), AGE],
        spec: schema_of::<ImageUpdateAutomationSpec>,
        status: Some(schema_of::<ImageUpdateAutomationStatus>),
    };
}

/// Which manifests to write to, and how to commit and push.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageUpdateAutomationSpec {
    /// What to check out, and how to commit and push.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitSpec>,
    /// How often to look for new tags, at most.
    pub interval: Duration,
    /// The ImagePolicies to follow; all of the namespace when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_selector: Option<LabelSelector>,
    /// The source with the repository's address and credentials, which must be allowed to push.
    pub source_ref: AutomationSource,
    /// Stop writing until this is taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Which files to change, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = {"strategy": "Setters"}))]
    pub update: Option<UpdateStrategy>,
}

/// What to check out, and how to commit and push.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GitSpec {
    /// What to check out; what the source says when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout: Option<GitCheckout>,
    /// Author, message and signature of the commits.
    pub commit: CommitSpec,
    /// Where to push; the branch that is checked out when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<PushSpec>,
}

/// What to check out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GitCheckout {
    /// The reference to check out, most often a branch.
    #[serde(rename = "ref")]
    pub reference: GitRepositoryRef,
}

/// Author, message and signature of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommitSpec {
    /// The author of the commits.
    pub author: CommitUser,
    /// The commit message, as a Go template over the automation and the changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_template: Option<String>,
    /// Values for the message template, under ".Values".
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub message_template_values: BTreeMap<String, String>,
    /// The key with which the commits are signed; they are not when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<SigningKey>,
}

/// The author of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitUser {
    /// The author's e-mail address.
    pub email: String,
    /// The author's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A key to sign commits with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// The Secret with the private key and, where it has one, its passphrase.
    pub secret_ref: LocalReference,
    /// The kind of key; "gpg" when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<SigningKeyType>,
}

string_enum! {
    /// The kinds of keys that sign commits.
    pub enum SigningKeyType {
        /// An OpenPGP key.
        Gpg = "gpg",
        /// An SSH key.
        Ssh = "ssh",
    }
}

/// Where commits are pushed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushSpec {
    /// The branch to push to; it is made from the one that is checked out when it does not
    /// exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Options for the Git server, as "git push --push-option" sends them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// A Git refspec to push, as well as the branch if that is given. Pushing by force is not
    /// allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^$|^[^+:]"))]
    pub refspec: Option<String>,
}

/// The source with the repository, in the same namespace unless another one is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutomationSource {
    /// The API group and version of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The kind of the source.
    #[schemars(extend("default" = "GitRepository"))]
    pub kind: AutomationSourceKind,
    /// The name of the source.
    pub name: String,
    /// The namespace of the source; that of this object when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

string_enum! {
    /// The kinds of sources that can be written to.
    pub enum AutomationSourceKind {
        /// A Git repository.
        GitRepository = "GitRepository",
    }
}

/// Which files to change, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateStrategy {
    /// The folder with the manifests to change; the whole repository when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How places to change are found: "Setters" looks for comments that name a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "Setters"))]
    pub strategy: Option<UpdateStrategyName>,
}

string_enum! {
    /// How places to change are found.
    pub enum UpdateStrategyName {
        /// By comments that name a policy.
        Setters = "Setters",
    }
}

/// What the controller has written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ImageUpdateAutomationStatus {
    /// The state of the automation in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// When the automation last ran to its end, with changes or without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_automation_run_time: Option<Time>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The last commit that was pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_push_commit: Option<String>,
    /// When a commit was last pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_push_time: Option<Time>,
    /// The generation of the spec that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The images that were last written, by the names of their policies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub observed_policies: BTreeMap<String, ImageRef>,
    /// The revision of the source that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_source_revision: Option<String>,
}
