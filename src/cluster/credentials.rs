//! Credentials of requests, and when they are renewed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;
use tokio::sync::Mutex;

use super::access::{self, Access};
use super::client;
use super::exec::{Fresh, Plugin};
use super::kubeconfig::Resolved;
use super::{Options, headers, oidc};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Source of credentials.
pub(super) enum Source {
    /// No credentials are sent with requests; a client certificate may be used for the connection.
    None,
    /// A token, or a user name and a password.
    Header(HeaderValue),
    /// A file with a token. It is read for every request, since tokens are replaced before they expire.
    TokenFile {
        path: PathBuf,
        owner: String,
        /// Token in the kubeconfig, used while the file cannot be read.
        token: Option<HeaderValue>,
    },
    /// An exec credential plugin.
    Exec(Box<Plugin>),
    /// OpenID Connect, with the settings of the kubeconfig.
    OpenIdConnect(BTreeMap<String, Secret>),
}

impl Source {
    /// Chooses the source as client-go does: a token or a password, else `auth-provider` or, without a client certificate,
    /// `exec`. `login` is the one in the server's address, which is used if there is nothing else.
    pub fn new(
        resolved: &Resolved,
        access: &Access,
        login: Option<(String, Secret)>,
        options: &Options,
    ) -> Result<Self> {
        let owner = resolved.user_label();
        let user = &resolved.user;
        let provider =
            user.auth_provider.as_ref().map(|(name, settings)| provider(name, settings)).transpose()?;
        let token = user.token.as_ref().map(|token| headers::bearer(token.expose(), &owner)).transpose()?;
        if let Some(path) = &user.token_file {
            if token.is_none() {
                access::read("tokenFile", path)?;
            }
            return Ok(Source::TokenFile { path: path.clone(), owner, token });
        }
        if let Some(header) = token {
            return Ok(Source::Header(header));
        }
        if let Some(name) = &user.username {
            let password = user.password.as_ref().map_or("", Secret::expose);
            return headers::basic(name, password, &owner).map(Source::Header);
        }
        if let Some(provider) = provider {
            return Ok(provider);
        }
        if user.exec.is_some() && access.identity.is_none() {
            return Ok(Source::Exec(Box::new(Plugin::new(resolved, access, options))));
        }
        match login {
            Some((name, password)) => {
                headers::basic(&name, password.expose(), "the server's address").map(Source::Header)
            }
            None => Ok(Source::None),
        }
    }
}

/// Returns the source for an `auth-provider`.
fn provider(name: &str, settings: &BTreeMap<String, Secret>) -> Result<Source> {
    let removed = |hint: &str| {
        Err(Error::usage(format!(
            "the auth-provider {name} of the kubeconfig was removed from Kubernetes in 1.26"
        ))
        .hint(hint))
    };
    match name {
        "oidc" => Ok(Source::OpenIdConnect(settings.clone())),
        "gcp" => removed(
            "install gke-gcloud-auth-plugin and regenerate the kubeconfig: gcloud container clusters \
            get-credentials CLUSTER",
        ),
        "azure" => removed("install kubelogin and convert the kubeconfig: kubelogin convert-kubeconfig"),
        _ => Err(Error::usage(format!("the auth-provider {name:?} of the kubeconfig is unknown"))
            .hint("log in with a program that writes an exec entry to the kubeconfig, or use --token")),
    }
}

/// Client and credentials for one cluster.
pub(super) struct Session {
    access: Access,
    /// Timeout of exec credential plugins.
    timeout: Duration,
    /// Current time, by which credentials expire.
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    client: kube::Client,
    fresh: Fresh,
    /// Provider with valid tokens of OpenID Connect.
    provider: Option<oidc::Provider>,
    /// Number of times that the credentials were renewed.
    generation: u64,
}

/// Client and credentials of one request.
pub(super) struct Signed {
    pub client: kube::Client,
    pub header: Option<HeaderValue>,
    generation: u64,
}

impl Session {
    /// Creates the client, and runs the exec credential plugin if there is one.
    pub async fn open(access: Access, timeout: Duration, clock: Clock) -> Result<Self> {
        let fresh = match &access.source {
            Source::Exec(plugin) => plugin.run(timeout).await?,
            Source::Header(header) => {
                Fresh { header: Some(header.clone()), identity: access.identity.clone(), expires: None }
            }
            _ => Fresh { header: None, identity: access.identity.clone(), expires: None },
        };
        let client = client::new(&access, fresh.identity.as_ref())?;
        let provider = match &access.source {
            Source::OpenIdConnect(settings) => {
                Some(oidc::Provider::new(settings.clone(), access.network.clone(), clock))
            }
            _ => None,
        };
        Ok(Session {
            access,
            timeout,
            clock,
            state: Mutex::new(State { client, fresh, provider, generation: 0 }),
        })
    }

    /// Settings of the connection.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Returns the client with valid credentials.
    pub async fn signed(&self) -> Result<Signed> {
        let mut state = self.state.lock().await;
        match &self.access.source {
            Source::Exec(plugin) if state.fresh.expires.is_some_and(|end| end <= self.clock.now()) => {
                state.ask(plugin, &self.access, self.timeout).await?;
            }
            Source::TokenFile { path, owner, token } => {
                state.fresh.header =
                    Some(token_of(path, owner, state.fresh.header.take().or_else(|| token.clone()))?);
            }
            Source::OpenIdConnect(_) => {
                let State { fresh, provider, .. } = &mut *state;
                if let Some(provider) = provider {
                    fresh.header = Some(headers::bearer(provider.token().await?, "the auth-provider oidc")?);
                }
            }
            _ => {}
        }
        Ok(state.signed())
    }

    /// Returns other credentials than `used`, which the API server does not accept; none if there are no others.
    pub async fn renewed(&self, used: &Signed) -> Result<Option<Signed>> {
        let mut state = self.state.lock().await;
        if state.generation != used.generation {
            return Ok(Some(state.signed()));
        }
        let changed = match &self.access.source {
            Source::Exec(plugin) => state.ask(plugin, &self.access, self.timeout).await?,
            Source::TokenFile { path, owner, .. } => {
                state.fresh.header = Some(token_of(path, owner, state.fresh.header.take())?);
                state.fresh.header != used.header
            }
            _ => false,
        };
        Ok(changed.then(|| state.signed()))
    }
}

impl State {
    fn signed(&self) -> Signed {
        Signed { client: self.client.clone(), header: self.fresh.header.clone(), generation: self.generation }
    }

    /// Runs a credential plugin, and returns whether the credentials have changed.
    async fn ask(&mut self, plugin: &Plugin, access: &Access, timeout: Duration) -> Result<bool> {
        let fresh = plugin.run(timeout).await?;
        let other_certificate = self.fresh.identity != fresh.identity;
        let changed = other_certificate || self.fresh.header != fresh.header;
        if other_certificate {
            // Connections with the previous certificate are not used any more.
            self.client = client::new(access, fresh.identity.as_ref())?;
        }
        self.fresh = fresh;
        self.generation += 1;
        Ok(changed)
    }
}

/// Returns the token in a file, or the previous one if the file cannot be read any more.
fn token_of(path: &Path, owner: &str, before: Option<HeaderValue>) -> Result<HeaderValue> {
    let read = access::read("tokenFile", path).and_then(|bytes| {
        let text = String::from_utf8_lossy(&bytes);
        match text.trim() {
            "" => Err(Error::usage(format!("{}, the tokenFile of {owner}, is empty", path.display()))
                .hint("write the token to it, or use --token")),
            token => headers::bearer(token, owner),
        }
    });
    match (read, before) {
        (Ok(header), _) | (Err(_), Some(header)) => Ok(header),
        (Err(error), None) => Err(error),
    }
}
