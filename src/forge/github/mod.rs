//! GitHub and GitHub Enterprise.
//!
//! Only the fields that are needed are read from a response: older GitHub Enterprise servers omit others.

use ::http::header::{AUTHORIZATION, HeaderName};
use serde_json::json;

use super::http::{Api, Call, Client, Limits, Refusal};
use super::{
    AccessLevel, Branch, DeployKey, Error, ErrorKind, Forge, Identity, NewDeployKey, NewRepository,
    OwnerKind, Page, Purpose, Repository, RepositoryRef, Result, Token, Visibility,
};
use crate::event::Events;
use crate::net::NetworkSettings;
use host::Host;
use right::Right;
use token::TokenKind;

mod explain;
mod host;
mod json;
mod right;
mod token;

const PULL: AccessLevel = AccessLevel::new("pull");
const TRIAGE: AccessLevel = AccessLevel::new("triage");
const PUSH: AccessLevel = AccessLevel::new("push");
const MAINTAIN: AccessLevel = AccessLevel::new("maintain");
const ADMIN: AccessLevel = AccessLevel::new("admin");

/// Largest page of a list.
const PAGE_SIZE: usize = 100;

/// GitHub server.
pub struct GitHub {
    client: Client<GitHubApi>,
}

impl GitHub {
    /// Prepares the connection to `hostname` (`github.com`, or a GitHub Enterprise server, with its port if needed);
    /// nothing is sent. `ca_bundle` contains certificates (PEM) that are trusted in addition to the system's.
    ///
    /// Must be called within a tokio runtime.
    pub fn new(
        hostname: &str,
        token: Token,
        ca_bundle: Option<&[u8]>,
        network: &NetworkSettings,
        limits: Limits,
        events: Events,
    ) -> Result<GitHub> {
        let api = GitHubApi { host: Host::new(hostname)?, token_kind: TokenKind::of(&token) };
        Ok(GitHub { client: Client::new(api, token, ca_bundle, network, limits, events)? })
    }

    fn host(&self) -> &Host {
        &self.client.api.host
    }
}

/// GitHub's REST API.
struct GitHubApi {
    host: Host,
    token_kind: TokenKind,
}

impl Api for GitHubApi {
    type Right = Right;

    const NAME: &'static str = "GitHub";

    fn host(&self) -> &str {
        self.host.as_str()
    }

    fn base(&self) -> String {
        self.host.api()
    }

    fn media_type(&self) -> &'static str {
        "application/vnd.github+json"
    }

    fn credentials(&self, token: &Token) -> (HeaderName, String) {
        (AUTHORIZATION, format!("Bearer {}", token.expose()))
    }

    fn explain(&self, right: &Right, refusal: &Refusal<'_>) -> Error {
        explain::explain(&self.host, self.token_kind, right, refusal)
    }
}

impl Forge for GitHub {
    const ACCESS_LEVELS: &'static [AccessLevel] = &[PULL, TRIAGE, PUSH, MAINTAIN, ADMIN];

    const DEFAULT_ACCESS: AccessLevel = MAINTAIN;

    fn hostname(&self) -> &str {
        self.host().as_str()
    }

    fn https_url(&self, at: &RepositoryRef) -> String {
        format!("https://{}/{at}.git", self.host())
    }

    fn ssh_url(&self, at: &RepositoryRef, ssh_hostname: Option<&str>) -> String {
        format!("ssh://git@{}/{at}", ssh_hostname.unwrap_or_else(|| self.host().without_port()))
    }

    async fn identity(&self) -> Result<Identity> {
        let what = format!("check the access token at {}", self.host());
        let kind = self.client.api.token_kind;
        match self.client.repeat(&Call::get(&what, &["user"], Right::Identity)).await {
            Ok(answer) => {
                let user: json::Account = answer.read()?;
                let scopes = answer.header("x-oauth-scopes").map(|scopes| {
                    let scopes = scopes.split(',').map(str::trim).filter(|scope| !scope.is_empty());
                    scopes.map(str::to_owned).collect()
                });
                // A fine-grained token has no scopes, even if the header is sent.
                let scopes = scopes.filter(|_| matches!(kind, TokenKind::Classic | TokenKind::Unknown));
                Ok(Identity { login: Some(user.login), scopes })
            }
            // GitHub answers 403 to an app's token, which is valid but belongs to no user.
            Err(error) if error.kind() == ErrorKind::Forbidden && kind == TokenKind::App => {
                Ok(Identity { login: None, scopes: None })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::new(
                ErrorKind::Unexpected,
                what,
                format!("{} does not respond like the GitHub API", self.host()),
            )
            .hint("check --hostname: it must be the host of the GitHub web pages")),
            Err(error) => Err(error),
        }
    }

    fn missing_scope(&self, identity: &Identity, purpose: Purpose) -> Option<&'static str> {
        token::missing_scope(identity, purpose)
    }

    async fn owner_kind(&self, owner: &str) -> Result<Option<OwnerKind>> {
        let what = format!("find the account {owner}");
        let Some(answer) = self.client.find(&Call::get(&what, &["users", owner], Right::Identity)).await?
        else {
            return Ok(None);
        };
        let account: json::Account = answer.read()?;
        Ok(Some(if account.kind == "Organization" { OwnerKind::Organization } else { OwnerKind::User }))
    }

    async fn repository(&self, at: &RepositoryRef) -> Result<Option<Repository>> {
        let what = format!("find the repository {at}");
        let call = Call::get(&what, &["repos", at.owner(), at.name()], Right::Read(at.clone()));
        let Some(answer) = self.client.find(&call).await? else { return Ok(None) };
        answer.read::<json::Repository>()?.into_repository(at).map(Some)
    }

    async fn create_repository(&self, new: &NewRepository) -> Result<Repository> {
        let at = &new.at;
        let what = format!("create the repository {at}");
        let mut body = json!({ "name": at.name(), "visibility": new.visibility.as_str() });
        if new.visibility == Visibility::Private {
            // For servers that do not know `visibility`.
            body["private"] = json!(true);
        }
        let call = match new.owner_kind {
            OwnerKind::User => Call::post(&what, &["user", "repos"], body, Right::CreateForUser),
            OwnerKind::Organization => Call::post(
                &what,
                &["orgs", at.owner(), "repos"],
                body,
                Right::CreateInOrganization(at.owner().to_owned()),
            ),
        };
        let mut attempts = self.client.attempts();
        loop {
            let error = match self.client.once(&call).await {
                Ok(answer) => return answer.read::<json::Repository>()?.into_repository(at),
                Err(error) => error,
            };
            if (error.kind().may_be_done() || error.kind() == ErrorKind::AlreadyExists)
                && let Some(repository) = self.repository(at).await?
            {
                return Ok(repository);
            }
            attempts.pause(error).await?;
        }
    }

    async fn set_visibility(&self, at: &RepositoryRef, visibility: Visibility) -> Result<Repository> {
        let what = format!("make the repository {at} {visibility}");
        let body = json!({ "visibility": visibility.as_str(), "private": visibility != Visibility::Public });
        let call = Call::patch(&what, &["repos", at.owner(), at.name()], body, Right::Administer(at.clone()));
        self.client.repeat(&call).await?.read::<json::Repository>()?.into_repository(at)
    }

    async fn branch(&self, at: &RepositoryRef, branch: &str) -> Result<Option<Branch>> {
        let what = format!("find the branch {branch} of {at}");
        let call =
            Call::get(&what, &["repos", at.owner(), at.name(), "branches", branch], Right::Read(at.clone()));
        let Some(answer) = self.client.find(&call).await? else { return Ok(None) };
        let branch: json::Branch = answer.read()?;
        Ok(Some(Branch { name: branch.name, protected: branch.protected }))
    }

    async fn team_exists(&self, organization: &str, team: &str) -> Result<bool> {
        let what = format!("find the team {team} of {organization}");
        let call = Call::get(
            &what,
            &["orgs", organization, "teams", team],
            Right::SeeTeams(organization.to_owned()),
        );
        Ok(self.client.find(&call).await?.is_some())
    }

    async fn team_access(&self, at: &RepositoryRef, team: &str) -> Result<Option<AccessLevel>> {
        let what = format!("read the permission of team {team} in {at}");
        let route = ["orgs", at.owner(), "teams", team, "repos", at.owner(), at.name()];
        // With the default media type the response is empty and says only that there is access.
        let call = Call::get(&what, &route, Right::SeeTeams(at.owner().to_owned()))
            .accept("application/vnd.github.v3.repository+json");
        let Some(answer) = self.client.find(&call).await? else { return Ok(None) };
        Ok(answer.read::<json::Repository>()?.access())
    }

    async fn grant(&self, at: &RepositoryRef, team: &str, level: AccessLevel) -> Result<()> {
        let what = format!("grant {:?} permissions in {at} to team {team}", level.as_str());
        let route = ["orgs", at.owner(), "teams", team, "repos", at.owner(), at.name()];
        let body = json!({ "permission": level.as_str() });
        self.client.repeat(&Call::put(&what, &route, body, Right::Administer(at.clone()))).await.map(|_| ())
    }

    async fn deploy_keys(&self, at: &RepositoryRef) -> Result<Vec<DeployKey>> {
        let what = format!("list the deploy keys of {at}");
        let mut keys = Vec::new();
        for page in 1.. {
            let route = ["repos", at.owner(), at.name(), "keys"];
            let call = Call::get(&what, &route, Right::Administer(at.clone()))
                .query(&[("per_page", PAGE_SIZE), ("page", page)]);
            let read: Vec<json::DeployKey> = self.client.repeat(&call).await?.read()?;
            let full = read.len() == PAGE_SIZE;
            keys.extend(read.into_iter().map(DeployKey::from));
            if !full {
                break;
            }
        }
        Ok(keys)
    }

    async fn check_administration(&self, at: &RepositoryRef) -> Result<()> {
        let what = format!("check the right to administer {at}");
        // GitHub checks the rights before the values: it refuses an invalid key as invalid only if it would accept a
        // valid one.
        let call = Call::post(
            &what,
            &["repos", at.owner(), at.name(), "keys"],
            json!({ "title": "", "key": "" }),
            Right::Administer(at.clone()),
        );
        match self.client.repeat(&call).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Invalid => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn add_deploy_key(&self, at: &RepositoryRef, key: &NewDeployKey) -> Result<DeployKey> {
        let what = format!("add the deploy key {:?} to {at}", key.title);
        let body = json!({ "title": key.title, "key": key.public_key.as_str(), "read_only": key.read_only });
        let call =
            Call::post(&what, &["repos", at.owner(), at.name(), "keys"], body, Right::Administer(at.clone()));
        let mut attempts = self.client.attempts();
        loop {
            let error = match self.client.once(&call).await {
                Ok(answer) => return answer.read::<json::DeployKey>().map(DeployKey::from),
                Err(error) => error,
            };
            if error.kind().may_be_done() || error.kind() == ErrorKind::KeyInUse {
                let there =
                    self.deploy_keys(at).await?.into_iter().find(|it| it.public_key == key.public_key);
                if let Some(there) = there.filter(|it| it.read_only == key.read_only) {
                    return Ok(there);
                }
            }
            attempts.pause(error).await?;
        }
    }

    async fn delete_deploy_key(&self, at: &RepositoryRef, key: &DeployKey) -> Result<()> {
        let what = format!("delete the deploy key {:?} of {at}", key.title);
        let id = key.id.to_string();
        let call = Call::delete(
            &what,
            &["repos", at.owner(), at.name(), "keys", &id],
            Right::Administer(at.clone()),
        );
        self.client.find(&call).await.map(|_| ())
    }

    fn page(&self, at: &RepositoryRef, page: Page) -> String {
        let host = self.host();
        match page {
            Page::Repository => format!("https://{host}/{at}"),
            Page::Settings => format!("https://{host}/{at}/settings"),
            Page::Access => format!("https://{host}/{at}/settings/access"),
            Page::DeployKeys => format!("https://{host}/{at}/settings/keys"),
            Page::Branches => format!("https://{host}/{at}/settings/branches"),
            Page::Teams => format!("https://{host}/orgs/{}/teams", at.owner()),
            Page::Token if self.client.api.token_kind == TokenKind::FineGrained => {
                format!("https://{host}/settings/personal-access-tokens")
            }
            Page::Token => format!("https://{host}/settings/tokens"),
        }
    }
}
