//! GitHub and GitHub Enterprise.
//!
//! Of an answer only the fields that are needed are read: older GitHub Enterprise servers leave others out.

use serde_json::json;

use super::retry::Attempts;
use super::{
    Branch, DeployKey, Error, ErrorKind, Events, Forge, Identity, Limits, NewDeployKey, NewRepository,
    OwnerKind, Page, Permission, Repository, RepositoryRef, Result, Token, TokenKind, Visibility,
};
use call::{Answer, Call};
use explain::Right;
use host::Host;

use crate::net::{self, Connector, Proxies, Roots, Settings};

mod api;
mod call;
mod explain;
mod host;

/// What is needed to talk to GitHub.
pub struct GitHub {
    http: net::Client,
    host: Host,
    token: Token,
    limits: Limits,
    events: Events,
}

impl GitHub {
    /// Prepares to talk to `hostname` (`github.com`, or a GitHub Enterprise server's, also with a port);
    /// nothing is sent yet. `ca_bundle` holds certificates as PEM that are trusted beside the system's.
    /// Proxies are taken from the process's `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    ///
    /// Must be called within a tokio runtime.
    pub fn new(
        hostname: &str,
        token: Token,
        ca_bundle: Option<&[u8]>,
        limits: Limits,
        events: Events,
    ) -> Result<GitHub> {
        let host = Host::new(hostname)?;
        let what = || format!("prepare the connection to {host}");
        let unusable = |cause: String| Error::new(ErrorKind::Invalid, what(), cause);

        let roots = match ca_bundle {
            Some(pem) => Roots::beside_system(pem).map_err(|_| {
                unusable("the CA file holds no certificate".to_owned()).hint(
                    "give a file with certificates in PEM form (-----BEGIN CERTIFICATE-----) by --ca-file",
                )
            })?,
            None => Roots::system(),
        };
        let settings = Settings { roots, http2: true, ..Settings::default() };
        let connector = Connector::new(settings, Proxies::from_system(), limits.connect)
            .map_err(|error| unusable(error.to_string()))?;
        let http = net::Client::new(connector);
        Ok(GitHub { http, host, token, limits, events })
    }

    /// The host as given, in its plain form: `github.com`, `github.example.com:8443`.
    pub fn hostname(&self) -> &str {
        self.host.as_str()
    }

    /// The address to clone and push by HTTPS: `https://github.com/acme/fleet.git`.
    pub fn https_url(&self, at: &RepositoryRef) -> String {
        format!("https://{}/{at}.git", self.host)
    }

    /// The address for a deploy key: `ssh://git@github.com/acme/fleet`. `ssh_hostname` takes the host's
    /// place, as `HOST` or `HOST:PORT`; without it the port of the web address, where it has one, is left
    /// out.
    pub fn ssh_url(&self, at: &RepositoryRef, ssh_hostname: Option<&str>) -> String {
        format!("ssh://git@{}/{at}", ssh_hostname.unwrap_or_else(|| self.host.without_port()))
    }

    /// Asks until there is an answer, a failure that lasts, or the time is over. For questions, and for
    /// changes that may be made twice.
    async fn repeat(&self, call: &Call<'_>) -> Result<Answer> {
        let mut attempts = Attempts::new(self.limits, &self.events);
        loop {
            match self.once(call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => attempts.pause(error).await?,
            }
        }
    }

    /// Like [`GitHub::repeat`], with `None` for what is not there.
    async fn find(&self, call: &Call<'_>) -> Result<Option<Answer>> {
        match self.repeat(call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn token_kind(&self) -> TokenKind {
        self.token.kind()
    }
}

impl Forge for GitHub {
    async fn identity(&self) -> Result<Identity> {
        let what = format!("check the access token at {}", self.host);
        match self.repeat(&Call::get(&what, &["user"], Right::Identity)).await {
            Ok(answer) => {
                let user: api::Account = answer.read()?;
                let scopes = answer.header("x-oauth-scopes").map(|scopes| {
                    scopes
                        .split(',')
                        .map(str::trim)
                        .filter(|scope| !scope.is_empty())
                        .map(str::to_owned)
                        .collect()
                });
                let kind = match self.token_kind() {
                    TokenKind::Unknown if scopes.is_some() => TokenKind::Classic,
                    kind => kind,
                };
                // A fine-grained token has no scopes; a header that says so all the same means nothing.
                let scopes = scopes.filter(|_| kind == TokenKind::Classic);
                Ok(Identity { login: Some(user.login), kind, scopes })
            }
            // An app's token works but is nobody's: GitHub answers 403 here and nothing else tells it
            // from others.
            Err(error) if error.kind() == ErrorKind::Forbidden && self.token_kind() == TokenKind::App => {
                Ok(Identity { login: None, kind: TokenKind::App, scopes: None })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::new(
                ErrorKind::Unexpected,
                what,
                format!("{} does not answer as GitHub's API does", self.host),
            )
            .hint("check --hostname: it is the host of GitHub's web pages")),
            Err(error) => Err(error),
        }
    }

    async fn owner_kind(&self, owner: &str) -> Result<Option<OwnerKind>> {
        let what = format!("find the account {owner}");
        let Some(answer) = self.find(&Call::get(&what, &["users", owner], Right::Identity)).await? else {
            return Ok(None);
        };
        let account: api::Account = answer.read()?;
        Ok(Some(if account.kind == "Organization" { OwnerKind::Organisation } else { OwnerKind::User }))
    }

    async fn repository(&self, at: &RepositoryRef) -> Result<Option<Repository>> {
        let what = format!("find the repository {at}");
        let call = Call::get(&what, &["repos", at.owner(), at.name()], Right::Read(at));
        let Some(answer) = self.find(&call).await? else { return Ok(None) };
        answer.read::<api::Repository>()?.into_repository(at).map(Some)
    }

    async fn create_repository(&self, new: &NewRepository) -> Result<Repository> {
        let at = &new.at;
        let what = format!("create the repository {at}");
        let mut body = json!({ "name": at.name(), "visibility": new.visibility.as_str() });
        if new.visibility == Visibility::Private {
            // Servers that do not know `visibility` yet go by this.
            body["private"] = json!(true);
        }
        let call = match new.owner_kind {
            OwnerKind::User => Call::post(&what, &["user", "repos"], body, Right::CreateForUser),
            OwnerKind::Organisation => Call::post(
                &what,
                &["orgs", at.owner(), "repos"],
                body,
                Right::CreateInOrganisation(at.owner()),
            ),
        };
        let mut attempts = Attempts::new(self.limits, &self.events);
        loop {
            let error = match self.once(&call).await {
                Ok(answer) => return answer.read::<api::Repository>()?.into_repository(at),
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
        let call = Call::patch(&what, &["repos", at.owner(), at.name()], body, Right::Administer(at));
        self.repeat(&call).await?.read::<api::Repository>()?.into_repository(at)
    }

    async fn branch(&self, at: &RepositoryRef, branch: &str) -> Result<Option<Branch>> {
        let what = format!("find the branch {branch} of {at}");
        let call = Call::get(&what, &["repos", at.owner(), at.name(), "branches", branch], Right::Read(at));
        let Some(answer) = self.find(&call).await? else { return Ok(None) };
        let branch: api::Branch = answer.read()?;
        Ok(Some(Branch { name: branch.name, protected: branch.protected }))
    }

    async fn team_exists(&self, organisation: &str, team: &str) -> Result<bool> {
        let what = format!("find the team {team} of {organisation}");
        let call = Call::get(&what, &["orgs", organisation, "teams", team], Right::SeeTeams(organisation));
        Ok(self.find(&call).await?.is_some())
    }

    async fn team_permission(&self, at: &RepositoryRef, team: &str) -> Result<Option<Permission>> {
        let what = format!("read the permission of team {team} in {at}");
        let route = ["orgs", at.owner(), "teams", team, "repos", at.owner(), at.name()];
        // With the usual media type the answer is empty and says only that there is access.
        let call = Call::get(&what, &route, Right::SeeTeams(at.owner()))
            .accept("application/vnd.github.v3.repository+json");
        let Some(answer) = self.find(&call).await? else { return Ok(None) };
        Ok(answer.read::<api::Repository>()?.permission())
    }

    async fn grant(&self, at: &RepositoryRef, team: &str, permission: Permission) -> Result<()> {
        let what = format!(
            "grant {permission:?} permissions in {at} to team {team}",
            permission = permission.as_str()
        );
        let route = ["orgs", at.owner(), "teams", team, "repos", at.owner(), at.name()];
        let body = json!({ "permission": permission.as_str() });
        self.repeat(&Call::put(&what, &route, body, Right::Administer(at))).await.map(|_| ())
    }

    async fn deploy_keys(&self, at: &RepositoryRef) -> Result<Vec<DeployKey>> {
        let what = format!("list the deploy keys of {at}");
        let mut keys = Vec::new();
        for page in 1.. {
            let call =
                Call::get(&what, &["repos", at.owner(), at.name(), "keys"], Right::Administer(at)).page(page);
            let read: Vec<api::DeployKey> = self.repeat(&call).await?.read()?;
            let full = read.len() == call::PER_PAGE;
            keys.extend(read.into_iter().map(DeployKey::from));
            if !full {
                break;
            }
        }
        Ok(keys)
    }

    async fn check_administration(&self, at: &RepositoryRef) -> Result<()> {
        let what = format!("check the right to administer {at}");
        // GitHub looks at the rights first and at the values afterwards: a key that is none is refused for
        // what it is only where a real one would be taken.
        let call = Call::post(
            &what,
            &["repos", at.owner(), at.name(), "keys"],
            json!({ "title": "", "key": "" }),
            Right::Administer(at),
        );
        match self.repeat(&call).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Invalid => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn add_deploy_key(&self, at: &RepositoryRef, key: &NewDeployKey) -> Result<DeployKey> {
        let what = format!("add the deploy key {:?} to {at}", key.title);
        let body = json!({ "title": key.title, "key": key.public_key.as_str(), "read_only": key.read_only });
        let call = Call::post(&what, &["repos", at.owner(), at.name(), "keys"], body, Right::Administer(at));
        let mut attempts = Attempts::new(self.limits, &self.events);
        loop {
            let error = match self.once(&call).await {
                Ok(answer) => return answer.read::<api::DeployKey>().map(DeployKey::from),
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
        let call = Call::delete(&what, &["repos", at.owner(), at.name(), "keys", &id], Right::Administer(at));
        self.find(&call).await.map(|_| ())
    }

    fn page(&self, at: &RepositoryRef, page: Page) -> String {
        let host = &self.host;
        match page {
            Page::Repository => format!("https://{host}/{at}"),
            Page::Settings => format!("https://{host}/{at}/settings"),
            Page::Access => format!("https://{host}/{at}/settings/access"),
            Page::DeployKeys => format!("https://{host}/{at}/settings/keys"),
            Page::Branches => format!("https://{host}/{at}/settings/branches"),
            Page::Teams => format!("https://{host}/orgs/{}/teams", at.owner()),
            Page::Token if self.token_kind() == TokenKind::FineGrained => {
                format!("https://{host}/settings/personal-access-tokens")
            }
            Page::Token => format!("https://{host}/settings/tokens"),
        }
    }
}
