//! `GitRepository`: a Git repository as a source.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{Condition, LocalReference};
use super::object::{Object, Spec};
use super::source::{Artifact, TIMEOUT};
use super::string_enum::string_enum;

/// Git repository as a source.
pub type GitRepository = Object<GitRepositorySpec>;

impl Spec for GitRepositorySpec {
    const CRD: &'static Crd = &Crd {
        kind: "GitRepository",
        plural: "gitrepositories",
        short_names: &["gitrepo"],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "Produces an artifact from a revision of a Git repository.",
        columns: &[text("URL", ".spec.url"), AGE, READY, STATUS],
        spec: schema_of::<GitRepositorySpec>,
        status: Some(schema_of::<GitRepositoryStatus>),
    };
}

/// Desired state of a GitRepository: the repository to watch, the reference to check out and the credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": "serviceAccountName can only be set when provider is 'azure' or 'aws'",
    "rule": "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
}]))]
pub struct GitRepositorySpec {
    /// Files to exclude from the artifact, in .gitignore format.
    /// Overrides the default exclusions (version control directories, images, archives, CI files).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// GitRepositories whose artifacts are copied into this artifact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<GitInclude>,
    /// Interval at which the repository is checked for changes. The actual interval is subject to jitter.
    pub interval: Duration,
    /// Authentication provider. Defaults to "generic".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<GitProvider>,
    /// Reference to a Secret with the proxy settings for the Git server.
    /// The key "address" is required; "username" and "password" are optional.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// Clones submodules recursively, with the credentials of the repository.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recurse_submodules: bool,
    /// Git reference to check out. Defaults to the branch "master".
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<GitRepositoryRef>,
    /// Reference to a Secret that contains the credentials.
    /// HTTPS uses the keys "username" and "password", or "bearerToken", and optionally "ca.crt" for a CA
    /// certificate. SSH uses the keys "identity" and "known_hosts".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Service account whose workload identity authenticates to the cloud provider.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub service_account_name: Option<String>,
    /// Directories to check out, with their subdirectories. Defaults to the entire repository.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sparse_checkout: Vec<String>,
    /// Suspends the reconciliation of the GitRepository.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Timeout of Git operations, such as cloning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT), extend("default" = "60s"))]
    pub timeout: Option<Duration>,
    /// URL of the repository, with the scheme http, https or ssh.
    #[schemars(regex(pattern = r"^(http|https|ssh)://.*$"))]
    pub url: String,
    /// Verification of Git signatures. A revision that fails the verification is rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<GitVerification>,
}

string_enum! {
    /// Authentication providers for Git repositories.
    pub enum GitProvider {
        /// Credentials in a Secret, or anonymous access.
        Generic = "generic",
        /// AWS CodeCommit, with the identity of the workload.
        Aws = "aws",
        /// Azure DevOps, with the identity of the workload.
        Azure = "azure",
        /// GitHub App.
        GitHub = "github",
    }
}

/// Git reference to check out. The order of precedence is commit, name, semver, tag, branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GitRepositoryRef {
    /// Branch to check out.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub branch: Option<String>,
    /// Commit SHA to check out. If a branch is specified too, only that branch is fetched.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub commit: Option<String>,
    /// Full name of the reference to check out, such as "refs/pull/420/head".
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub name: Option<String>,
    /// Semver range of tags. The latest tag in the range is checked out.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub semver: Option<String>,
    /// Tag to check out.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub tag: Option<String>,
}

/// Copies content of another GitRepository into this artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitInclude {
    /// Path of the directory to copy from. Defaults to the root of the repository.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub from_path: Option<String>,
    /// Reference to a GitRepository in the same namespace.
    pub repository: LocalReference,
    /// Path of the directory to copy to. Defaults to the name of the referenced GitRepository.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub to_path: Option<String>,
}

/// Verification of Git signatures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitVerification {
    /// Git objects whose signatures are verified. "head" is deprecated: use "HEAD".
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "HEAD"))]
    pub mode: Option<GitVerificationMode>,
    /// Reference to a Secret that contains the public keys of trusted authors.
    pub secret_ref: LocalReference,
}

string_enum! {
    /// Git objects whose signatures are verified.
    pub enum GitVerificationMode {
        /// Checked-out commit. Deprecated: use "HEAD".
        OldHead = "head",
        /// Checked-out commit.
        Head = "HEAD",
        /// Checked-out tag.
        Tag = "Tag",
        /// Checked-out tag and the commit that it points to.
        TagAndHead = "TagAndHEAD",
    }
}

/// Observed state of a GitRepository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct GitRepositoryStatus {
    /// Artifact of the last successful reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Conditions of the GitRepository.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Artifacts of the included GitRepositories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included_artifacts: Vec<Artifact>,
    /// Value of the last handled reconcile request annotation. It is used to detect new requests.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub last_handled_reconcile_at: Option<String>,
    /// Last observed generation of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ignore rules used for the current artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// Included GitRepositories used for the current artifact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_include: Vec<GitInclude>,
    /// Whether the current artifact contains submodules.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observed_recurse_submodules: bool,
    /// Directories to which the current artifact is limited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_sparse_checkout: Vec<String>,
    /// Git objects whose signatures were verified for the current artifact.
    #[serde(skip_serializing_if = "super::meta::is_no_text")]
    pub source_verification_mode: Option<String>,
}
