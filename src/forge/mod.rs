//! Forges, the hosts of Git repositories: repositories, teams and deploy keys through their APIs.
//!
//! [`Forge`] is what a bootstrap needs of a forge; each method is one question or one change. What takes several of
//! them is in [`converge`] and the same for all forges. `http` is the client of all forges: requests, retries, rate
//! limits. A directory for each forge holds what differs: API, access levels, kinds of tokens, scopes, web pages, and
//! explanations of refusals.
//!
//! Nothing here prints. Retries are reported as [`Event::Retry`](crate::event::Event::Retry); an [`Error`] says what failed, on what, and what to do next.

use std::future::Future;

mod access;
pub mod converge;
mod deploy_key;
mod error;
mod github;
mod http;
mod identity;
mod repository;
mod token;

pub use self::http::Limits;
pub use access::{AccessLevel, TeamAccess};
pub use deploy_key::{DeployKey, KeyTitle, NewDeployKey, PublicKey};
pub use error::{Error, ErrorKind, Result};
pub use github::GitHub;
pub use identity::{Identity, Purpose};
pub use repository::{Branch, NewRepository, OwnerKind, Repository, RepositoryRef, Role, Visibility};
pub use token::Token;

/// What a bootstrap needs of a forge.
///
/// Calls that change something can be repeated: each first reads what an interrupted attempt has done.
pub trait Forge: Send + Sync {
    /// The forge's access levels for teams, lowest first.
    const ACCESS_LEVELS: &'static [AccessLevel];

    /// Access level of a team for which the user names none.
    const DEFAULT_ACCESS: AccessLevel;

    /// Returns the forge's host with its port, for messages.
    fn hostname(&self) -> &str;

    /// Returns the URL to clone and push over HTTPS: `https://github.com/acme/fleet.git`.
    fn https_url(&self, at: &RepositoryRef) -> String;

    /// Returns the URL for a deploy key: `ssh://git@github.com/acme/fleet`. `ssh_hostname` replaces the host, as `HOST`
    /// or `HOST:PORT`; without it the port of the web address, if any, is dropped.
    fn ssh_url(&self, at: &RepositoryRef, ssh_hostname: Option<&str>) -> String;

    /// Returns the address of a web page.
    fn page(&self, at: &RepositoryRef, page: Page) -> String;

    /// Returns who the token belongs to and what it may do. Fails if the forge does not accept the token.
    fn identity(&self) -> impl Future<Output = Result<Identity>> + Send;

    /// Returns the scope that a token lacks for a purpose, by the forge's name; `None` if it has the scope, or if the
    /// forge does not say which scopes it has.
    fn missing_scope(&self, identity: &Identity, purpose: Purpose) -> Option<&'static str>;

    /// Returns whether `owner` is a user or an organization; `None` if there is no such account.
    fn owner_kind(&self, owner: &str) -> impl Future<Output = Result<Option<OwnerKind>>> + Send;

    /// Returns the repository; `None` if it does not exist or is hidden from the token, which forges do not distinguish.
    fn repository(&self, at: &RepositoryRef) -> impl Future<Output = Result<Option<Repository>>> + Send;

    /// Creates an empty repository. If it was created in the meantime, it is returned as it is.
    fn create_repository(&self, new: &NewRepository) -> impl Future<Output = Result<Repository>> + Send;

    /// Changes who can see the repository.
    fn set_visibility(
        &self,
        at: &RepositoryRef,
        visibility: Visibility,
    ) -> impl Future<Output = Result<Repository>> + Send;

    /// Returns a branch; `None` if it does not exist.
    fn branch(&self, at: &RepositoryRef, branch: &str)
    -> impl Future<Output = Result<Option<Branch>>> + Send;

    /// Whether the organization has a team of that name that the token can see.
    fn team_exists(&self, organization: &str, team: &str) -> impl Future<Output = Result<bool>> + Send;

    /// Returns the team's access to the repository; `None` if it has none.
    fn team_access(
        &self,
        at: &RepositoryRef,
        team: &str,
    ) -> impl Future<Output = Result<Option<AccessLevel>>> + Send;

    /// Gives the team exactly this access.
    fn grant(
        &self,
        at: &RepositoryRef,
        team: &str,
        level: AccessLevel,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Returns all deploy keys of the repository.
    fn deploy_keys(&self, at: &RepositoryRef) -> impl Future<Output = Result<Vec<DeployKey>>> + Send;

    /// Fails unless the token may change the repository's settings, teams and deploy keys. Changes nothing.
    ///
    /// For tokens whose rights no response reveals: reading the same things may need less.
    fn check_administration(&self, at: &RepositoryRef) -> impl Future<Output = Result<()>> + Send;

    /// Adds a deploy key. If another repository or account has the same key, the error is [`ErrorKind::KeyInUse`].
    fn add_deploy_key(
        &self,
        at: &RepositoryRef,
        key: &NewDeployKey,
    ) -> impl Future<Output = Result<DeployKey>> + Send;

    /// Deletes a deploy key. It is no error if the key is already gone.
    fn delete_deploy_key(
        &self,
        at: &RepositoryRef,
        key: &DeployKey,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// Web page of a forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The repository, without `.git`: `https://github.com/acme/fleet`.
    Repository,
    /// General settings of the repository.
    Settings,
    /// Access to the repository.
    Access,
    /// Deploy keys of the repository.
    DeployKeys,
    /// Branch protection of the repository.
    Branches,
    /// Teams of the owner.
    Teams,
    /// Access tokens of the user.
    Token,
}
