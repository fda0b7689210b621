//! Repository on a server, with everything that a connection needs.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::address::{Address, Scheme};
use super::error::{Error, Result};
use super::keys::PrivateKey;
use super::known_hosts::KnownHosts;
use crate::event::Events;
use crate::net::NetworkSettings;
use crate::redact::Redactor;
use crate::secret::Secret;

/// Credentials for the server.
#[derive(Clone)]
pub enum Auth {
    /// None.
    Anonymous,
    /// HTTP basic authentication.
    Basic {
        /// User.
        username: String,
        /// Password or token.
        password: Secret,
    },
    /// HTTP bearer token.
    Bearer(Secret),
    /// SSH with a private key in memory.
    SshKey {
        /// User, `git` on most servers.
        username: String,
        /// Key.
        key: PrivateKey,
    },
    /// SSH with the keys of an agent.
    SshAgent {
        /// User, `git` on most servers.
        username: String,
        /// Socket of the agent.
        socket: PathBuf,
    },
    /// SSH with a password.
    SshPassword {
        /// User.
        username: String,
        /// Password.
        password: Secret,
    },
}

impl Auth {
    /// Describes the credentials for error messages, without secrets.
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

/// Timeouts.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Timeout of a connection attempt.
    pub connect: Duration,
    /// Maximum time without progress of a transfer.
    pub stall: Duration,
    /// Time at which everything ends.
    pub deadline: Option<Instant>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), stall: Duration::from_mins(1), deadline: None }
    }
}

impl Patience {
    /// Shortens `wait` to the time before the deadline. Never zero, which many APIs read as forever.
    pub(super) fn within(&self, wait: Duration) -> Duration {
        let left = self.deadline.map_or(wait, |end| end.saturating_duration_since(Instant::now()));
        wait.min(left).max(Duration::from_millis(1))
    }

    pub(super) fn is_over(&self) -> bool {
        self.deadline.is_some_and(|end| Instant::now() >= end)
    }
}

/// Repository on a server.
#[derive(Clone)]
pub struct Remote {
    /// URL.
    pub address: Address,
    /// Credentials for the server.
    pub auth: Auth,
    /// Certificates (PEM) that are trusted in addition to the system's.
    pub ca: Option<Vec<u8>>,
    /// Proxies and the certificates that the system trusts.
    pub network: NetworkSettings,
    /// Trusted SSH host keys.
    pub known_hosts: KnownHosts,
    /// Accepted host key algorithms in order of preference. Empty for the usual ones, known types first.
    pub host_key_algorithms: Vec<String>,
    /// Timeouts.
    pub patience: Patience,
    /// Sink of progress events.
    pub events: Events,
}

impl Remote {
    /// Creates a remote with an address and credentials only.
    pub fn new(address: Address, auth: Auth) -> Self {
        Self {
            address,
            auth,
            ca: None,
            network: NetworkSettings::default(),
            known_hosts: KnownHosts::default(),
            host_key_algorithms: Vec::new(),
            patience: Patience::default(),
            events: Events::default(),
        }
    }

    /// Returns the address without credentials.
    pub fn name(&self) -> String {
        self.address.to_string()
    }

    /// Refuses credentials that the scheme cannot use.
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

    /// Returns a redactor for the credentials for the server and the proxies.
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
        for proxy in self.network.urls() {
            let url = if proxy.contains("://") { proxy.parse() } else { format!("http://{proxy}").parse() };
            match url {
                Ok(url) => redactor.hide_url(&url),
                Err(_) => redactor.hide(proxy),
            }
        }
        redactor
    }

    /// Shortens a server's text for a message: its first lines, without our credentials and control characters, at most
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

/// Shortens a text to this number of lines and characters, without control characters.
pub(super) fn in_short(text: &str, lines: usize, characters: usize) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(lines);
    let joined = lines.collect::<Vec<_>>().join("; ");
    joined.chars().filter(|c| !c.is_control()).take(characters).collect()
}
