//! `GitRepository`: a branch, tag, commit or reference of a Git repository.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{AGE, Crd, READY, STATUS, schema_of, text};
use super::duration::Duration;
use super::meta::{Condition, LocalReference};
use super::object::{Object, Spec};
use super::source::{Artifact, TIMEOUT};
use super::string_enum::string_enum;

/// A Git repository as a source.
pub type GitRepository = Object<GitRepositorySpec>;

impl Spec for GitRepositorySpec {
    const CRD: &'static Crd = &Crd {
        kind: "GitRepository",
        plural: "gitrepositories",
        short_names: &["gitrepo"],
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        category: "fluxcd-sources",
        description: "A Git repository that is watched and offered to the other controllers as an archive.",
        columns: &[text("URL", ".spec.url"), AGE, READY, STATUS],
        spec: schema_of::<GitRepositorySpec>,
        status: Some(schema_of::<GitRepositoryStatus>),
    };
}

/// Which repository to watch, at which reference, and how to sign in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "message": "serviceAccountName can only be set when provider is 'azure' or 'aws'",
    "rule": "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
}]))]
pub struct GitRepositorySpec {
    /// Files to leave out of the archive, in the syntax of .gitignore. Replaces the built-in
    /// list (version control folders, images, archives, CI files).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Other Git repositories whose content is copied into this one's archive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<GitInclude>,
    /// How often to look for changes, within a little jitter.
    pub interval: Duration,
    /// Who provides the credentials; "generic" when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<GitProvider>,
    /// A Secret with the "address" of a proxy for this repository and, where needed, its
    /// "username" and "password".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// Fetch the repository's submodules too, with the same credentials.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recurse_submodules: bool,
    /// What to check out; the branch "master" when left out.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<GitRepositoryRef>,
    /// A Secret with the credentials: "username" and "password" or "bearerToken" for HTTPS,
    /// "identity" and "known_hosts" for SSH, "ca.crt" for an own certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The service account whose identity signs in at the cloud provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Folders to check out, with all that is in them; the whole repository when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sparse_checkout: Vec<String>,
    /// Stop looking for changes until this is taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// How long a Git operation such as cloning may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT), extend("default" = "60s"))]
    pub timeout: Option<Duration>,
    /// The address of the repository, over HTTP, HTTPS or SSH.
    #[schemars(regex(pattern = r"^(http|https|ssh)://.*$"))]
    pub url: String,
    /// Take only what was signed with a trusted key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<GitVerification>,
}

string_enum! {
    /// Who provides the credentials of a Git repository.
    pub enum GitProvider {
        /// A Secret, or nobody.
        Generic = "generic",
        /// Amazon CodeCommit with an identity of Amazon Web Services.
        Aws = "aws",
        /// Azure DevOps with an identity of Microsoft Azure.
        Azure = "azure",
        /// A GitHub App.
        GitHub = "github",
    }
}

/// What to check out. Where several are given, commit goes before name, name before semver,
/// semver before tag, tag before branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GitRepositoryRef {
    /// The branch to follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit to stay at. Together with a branch only that branch is fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The full name of the reference to follow, as in "refs/pull/420/head".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A range of versions; the newest tag within it is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semver: Option<String>,
    /// The tag to follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// Another repository's content within this one's archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitInclude {
    /// The folder to copy; the whole repository when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_path: Option<String>,
    /// The GitRepository to copy from, in the same namespace.
    pub repository: LocalReference,
    /// The folder to copy to; the name of the GitRepository when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_path: Option<String>,
}

/// Which signatures are demanded, and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitVerification {
    /// Which Git objects have to be signed. "head" is the old way to write "HEAD".
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "HEAD"))]
    pub mode: Option<GitVerificationMode>,
    /// The Secret with the public keys of the trusted authors.
    pub secret_ref: LocalReference,
}

string_enum! {
    /// Which Git objects have to be signed.
    pub enum GitVerificationMode {
        /// The commit that is checked out, in the old spelling.
        OldHead = "head",
        /// The commit that is checked out.
        Head = "HEAD",
        /// The tag that is checked out.
        Tag = "Tag",
        /// The tag and the commit that it points to.
        TagAndHead = "TagAndHEAD",
    }
}

/// What the controller knows about the repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct GitRepositoryStatus {
    /// The archive of the last fetch that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The state of the repository in its several aspects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The archives of the included repositories, as they went into this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included_artifacts: Vec<Artifact>,
    /// The request to reconcile that was last fulfilled: the annotation's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation of the spec that was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The files that the archive leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// The included repositories as the archive was made with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_include: Vec<GitInclude>,
    /// Whether the archive has the submodules.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observed_recurse_submodules: bool,
    /// The folders to which the archive is limited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_sparse_checkout: Vec<String>,
    /// Which Git objects were verified for the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_verification_mode: Option<String>,
}
