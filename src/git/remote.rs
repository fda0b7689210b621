//! A repository on a server, and everything that it takes to talk to it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::address::{Address, Scheme};
use super::error::{Error, Result};
use super::keys::PrivateKey;
use super::known_hosts::KnownHosts;
use super::secret::Secret;
use crate::redact::Redactor;

/// How we show who we are.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Not at all.
    Anonymous,
    /// HTTP basic authentication.
    Basic {
        /// The user.
        username: String,
        /// The password or token.
        password: Secret,
    },
    /// HTTP bearer token.
    Bearer(Secret),
    /// SSH with a private key in memory.
    SshKey {
        /// The user, `git` on most servers.
        username: String,
        /// The key.
        key: PrivateKey,
    },
    /// SSH with the keys of an agent.
    SshAgent {
        /// The user, `git` on most servers.
        username: String,
        /// The agent's socket.
        socket: PathBuf,
    },
    /// SSH with a password.
    SshPassword {
        /// The user.
        username: String,
        /// The password.
        password: Secret,
    },
}

impl Auth {
    /// What was offered, for error messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Anonymous => "no credentials were given".into(),
            Self::Basic { username, .. } | Self::SshPassword { username, .. } => {
                format!("user {username:?} with a password")
            }
            Self::Bearer(_) => "a bearer token".into(),
            Self::SshKey { username, key } => {
                format!("user {username:?} with the given {} key", key.type_name())
            }
            Self::SshAgent { username, .. } => {
                format!("user {username:?} with the keys of the SSH agent")
            }
        }
    }
}

/// Which proxies to go through: the values of the usual environment variables.
#[derive(Clone, Default)]
pub struct ProxySettings {
    /// `HTTP_PROXY`: for `http://`.
    pub http: Option<String>,
    /// `HTTPS_PROXY`: for `https://`.
    pub https: Option<String>,
    /// `ALL_PROXY`: for `ssh://`, where it is a SOCKS 5 proxy (`socks5://`, or `socks5h://`, which looks
    /// names up itself; so do we leave it to both).
    pub all: Option<String>,
    /// `NO_PROXY`: hosts, domains and networks to reach directly.
    pub no_proxy: Option<String>,
}

impl std::fmt::Debug for ProxySettings {
    /// Without the URLs, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProxySettings")
            .field("http", &self.http.is_some())
            .field("https", &self.https.is_some())
            .field("all", &self.all.is_some())
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the next byte of a transfer.
    pub stall: Duration,
    /// For everything together.
    pub deadline: Option<Instant>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), stall: Duration::from_mins(1), deadline: None }
    }
}

impl Patience {
    /// What is left of `wait` before the deadline; never zero, which means forever to many.
    pub(super) fn within(&self, wait: Duration) -> Duration {
        let left = self.deadline.map_or(wait, |end| end.saturating_duration_since(Instant::now()));
        wait.min(left).max(Duration::from_millis(1))
    }

    pub(super) fn is_over(&self) -> bool {
        self.deadline.is_some_and(|end| Instant::now() >= end)
    }
}

/// A repository on a server.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Where it lies.
    pub address: Address,
    /// How we show who we are.
    pub auth: Auth,
    /// Certificates (PEM) that are trusted beside the system's own.
    pub ca: Option<Vec<u8>>,
    /// The proxies to go through.
    pub proxy: ProxySettings,
    /// The SSH host keys that are trusted.
    pub known_hosts: KnownHosts,
    /// The only host key algorithms to accept, most wanted first; empty: the known types first, then the usual.
    pub host_key_algorithms: Vec<String>,
    /// How long to wait.
    pub patience: Patience,
}

impl Remote {
    /// A remote with nothing but an address and credentials.
    pub fn new(address: Address, auth: Auth) -> Self {
        Self {
            address,
            auth,
            ca: None,
            proxy: ProxySettings::default(),
            known_hosts: KnownHosts::default(),
            host_key_algorithms: Vec::new(),
            patience: Patience::default(),
        }
    }

    /// Its address without credentials.
    pub fn name(&self) -> String {
        self.address.to_string()
    }

    /// Whether the credentials are of the kind that the scheme takes.
    pub(super) fn check_auth(&self) -> Result<()> {
        let ssh = self.address.scheme() == Scheme::Ssh;
        let fits = match self.auth {
            Auth::Anonymous | Auth::Basic { .. } | Auth::Bearer(_) => !ssh,
            Auth::SshKey { .. } | Auth::SshAgent { .. } | Auth::SshPassword { .. } => ssh,
        };
        if fits {
            return Ok(());
        }
        Err(Error::AuthRefused {
            remote: self.name(),
            detail: format!(
                "{} cannot be used for {} URLs",
                self.auth.describe(),
                self.address.url().scheme()
            ),
        })
    }

    /// Hides the credentials for the server and for the proxies on the way to it.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::default();
        redactor.hide_url(self.address.url());
        match &self.auth {
            Auth::Basic { username, password } | Auth::SshPassword { username, password } => {
                redactor.hide_login(username, password.expose());
            }
            Auth::Bearer(token) => redactor.hide(token.expose()),
            Auth::Anonymous | Auth::SshKey { .. } | Auth::SshAgent { .. } => {}
        }
        let ProxySettings { http, https, all, no_proxy: _ } = &self.proxy;
        for proxy in [http, https, all].into_iter().flatten() {
            let url = if proxy.contains("://") { proxy.parse() } else { format!("http://{proxy}").parse() };
            match url {
                Ok(url) => redactor.hide_url(&url),
                Err(_) => redactor.hide(proxy),
            }
        }
        redactor
    }

    /// What a server said, fit to be shown: its first lines, without our credentials and control characters, at most
    /// 300 characters.
    pub(super) fn said(&self, text: &str) -> String {
        in_short(&self.redactor().redact(text), 5, 300)
    }

    pub(super) fn network(&self, detail: impl Into<String>) -> Error {
        let detail = self.redactor().redact(&detail.into()).into_owned();
        Error::Network { remote: self.name(), detail }
    }

    pub(super) fn timed_out(&self, doing: &str, after: Duration) -> Error {
        Error::Timeout { remote: self.name(), doing: doing.to_owned(), seconds: after.as_secs().max(1) }
    }
}

/// So many lines of a text, without control characters, at most so many characters.
pub(super) fn in_short(text: &str, lines: usize, characters: usize) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(lines);
    let joined = lines.collect::<Vec<_>>().join("; ");
    joined.chars().filter(|c| !c.is_control()).take(characters).collect()
}
