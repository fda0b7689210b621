//! Forges, the hosts of Git repositories: repositories, teams and deploy keys through their APIs.
//!
//! [`Forge`] is what a bootstrap needs of a forge, each method one question or one change. What takes
//! several of them — make it so, whatever is there — stands in [`converge`] and is the same for all forges.
//! Nothing here prints: waits are told through [`Events`], failures are an [`Error`] that says what failed,
//! on what, and what to do next. A token never leaves [`Token`] but for the request that carries it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub mod converge;
mod deploy_key;
mod error;
mod github;
mod repository;
mod retry;
mod team;
mod token;

pub use deploy_key::{DeployKey, KeyTitle, NewDeployKey, PublicKey};
pub use error::{Error, ErrorKind, Result};
pub use github::GitHub;
pub use repository::{Branch, NewRepository, OwnerKind, Repository, RepositoryRef, Role, Visibility};
pub use retry::Limits;
pub use team::{Permission, TeamAccess};
pub use token::{Identity, Token, TokenKind};

/// Something worth telling while a call is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The forge asked to wait (a rate limit), or a call failed and is tried again after a pause.
    Waiting {
        /// What is being done, as in [`Error`]: `create the repository acme/fleet`.
        what: String,
        /// Why: `rate limit reached`, `502 Bad Gateway`.
        why: String,
        /// How long until the next attempt.
        pause: Duration,
    },
}

/// Where events go. Called from the task that makes the call, so it must not block.
pub type Events = Arc<dyn Fn(Event) + Send + Sync>;

/// What a bootstrap needs of a forge.
///
/// Calls that change something may be repeated: each first settles by reading what an attempt that was
/// cut off has done.
pub trait Forge: Send + Sync {
    /// Who the token belongs to and what it may do. Fails if the forge does not accept the token at all.
    fn identity(&self) -> impl Future<Output = Result<Identity>> + Send;

    /// Whether `owner` is a user or an organisation; `None` if there is no such account.
    fn owner_kind(&self, owner: &str) -> impl Future<Output = Result<Option<OwnerKind>>> + Send;

    /// The repository, or `None` if it is not there (or hidden from the token: forges do not say which).
    fn repository(&self, at: &RepositoryRef) -> impl Future<Output = Result<Option<Repository>>> + Send;

    /// Makes an empty repository. One that appeared in the meantime is returned as it is.
    fn create_repository(&self, new: &NewRepository) -> impl Future<Output = Result<Repository>> + Send;

    /// Changes who can see the repository.
    fn set_visibility(
        &self,
        at: &RepositoryRef,
        visibility: Visibility,
    ) -> impl Future<Output = Result<Repository>> + Send;

    /// A branch and whether it is protected; `None` if it is not there.
    fn branch(&self, at: &RepositoryRef, branch: &str)
    -> impl Future<Output = Result<Option<Branch>>> + Send;

    /// Whether the organisation has a team of that name that the token can see.
    fn team_exists(&self, organisation: &str, team: &str) -> impl Future<Output = Result<bool>> + Send;

    /// What the team may do in the repository now; `None` if it has no access.
    fn team_permission(
        &self,
        at: &RepositoryRef,
        team: &str,
    ) -> impl Future<Output = Result<Option<Permission>>> + Send;

    /// Gives the team exactly this permission.
    fn grant(
        &self,
        at: &RepositoryRef,
        team: &str,
        permission: Permission,
    ) -> impl Future<Output = Result<()>> + Send;

    /// All deploy keys of the repository.
    fn deploy_keys(&self, at: &RepositoryRef) -> impl Future<Output = Result<Vec<DeployKey>>> + Send;

    /// Fails unless the token may change the repository's settings, teams and deploy keys. Changes nothing.
    ///
    /// For tokens whose rights no answer tells: reading the same things may take less.
    fn check_administration(&self, at: &RepositoryRef) -> impl Future<Output = Result<()>> + Send;

    /// Adds a deploy key. The same key in another repository or account is [`ErrorKind::KeyInUse`].
    fn add_deploy_key(
        &self,
        at: &RepositoryRef,
        key: &NewDeployKey,
    ) -> impl Future<Output = Result<DeployKey>> + Send;

    /// Deletes a deploy key; one that is gone already is no error.
    fn delete_deploy_key(
        &self,
        at: &RepositoryRef,
        key: &DeployKey,
    ) -> impl Future<Output = Result<()>> + Send;

    /// The address of a page for people.
    fn page(&self, at: &RepositoryRef, page: Page) -> String;
}

/// A page of the forge's, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The repository, without `.git`: `https://github.com/acme/fleet`.
    Repository,
    /// Its general settings.
    Settings,
    /// Who may do what in it.
    Access,
    /// Its deploy keys.
    DeployKeys,
    /// The rules of its branches.
    Branches,
    /// The owner's teams.
    Teams,
    /// The user's access tokens.
    Token,
}
