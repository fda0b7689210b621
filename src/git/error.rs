//! What can go wrong between us and a Git server, told apart by what the user has to do about it.

use std::fmt;

/// An error of this module. Messages name the remote without its credentials; [`Error::next_step`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is not one that Flux can follow.
    #[error("invalid Git URL {url:?}: {reason}")]
    Url {
        /// The URL without credentials.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server knows us not, or not with these credentials.
    #[error("{remote} refused the credentials: {detail}")]
    AuthRefused {
        /// The URL without credentials.
        remote: String,
        /// What was offered and what the server said.
        detail: String,
    },
    /// The server knows us, but we may not do this.
    #[error("{remote} does not allow {access}: {detail}")]
    Forbidden {
        /// The URL without credentials.
        remote: String,
        /// What was tried.
        access: Access,
        /// What the server said.
        detail: String,
    },
    /// No repository under this URL, or none that these credentials may see.
    #[error("{remote} was not found: {detail}")]
    NotFound {
        /// The URL without credentials.
        remote: String,
        /// What the server said.
        detail: String,
    },
    /// Something answers under this URL, but it is not a Git server.
    #[error("{remote} does not answer as a Git server: {detail}")]
    NotGit {
        /// The URL without credentials.
        remote: String,
        /// What was answered.
        detail: String,
    },
    /// The SSH server's key is in no `known_hosts` that we were given.
    #[error("the SSH host key of {host} is not known ({key_type} {fingerprint})")]
    HostKeyUnknown {
        /// `host` or `[host]:port`.
        host: String,
        /// The key's type, such as `ssh-ed25519`.
        key_type: String,
        /// `SHA256:` and the unpadded base64 of the hash.
        fingerprint: String,
    },
    /// The SSH server shows another key than the one that is known.
    #[error("the SSH host key of {host} has changed: it now shows {key_type} {fingerprint}")]
    HostKeyChanged {
        /// `host` or `[host]:port`.
        host: String,
        /// The key's type, such as `ssh-ed25519`.
        key_type: String,
        /// `SHA256:` and the unpadded base64 of the hash.
        fingerprint: String,
    },
    /// The SSH server's key is signed by a known authority, but not as it should be.
    #[error("the SSH host certificate of {host} is not valid: {reason}")]
    HostCertificate {
        /// `host` or `[host]:port`.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate could not be verified, or the handshake failed.
    #[error("the TLS connection to {remote} failed: {detail}")]
    Tls {
        /// The URL without credentials.
        remote: String,
        /// What is wrong.
        detail: String,
        /// What the user can do about it.
        next_step: String,
    },
    /// Connecting, sending or receiving failed.
    #[error("{remote} could not be reached: {detail}")]
    Network {
        /// The URL without credentials.
        remote: String,
        /// What failed.
        detail: String,
    },
    /// A wait came to its deadline.
    #[error("{remote} did not answer within {seconds} s while {doing}")]
    Timeout {
        /// The URL without credentials.
        remote: String,
        /// What was waited for.
        doing: String,
        /// How long.
        seconds: u64,
    },
    /// The server failed (5xx, 429).
    #[error("{remote} answered with {status}: {detail}")]
    Server {
        /// The URL without credentials.
        remote: String,
        /// The HTTP status.
        status: u16,
        /// The answer's text, cut short.
        detail: String,
    },
    /// The server took the push and then refused to move the branch: protection, a hook, a quota.
    #[error("{remote} refused the push to {branch:?}: {detail}")]
    PushRefused {
        /// The URL without credentials.
        remote: String,
        /// The branch.
        branch: String,
        /// The reason and the hook's own words.
        detail: String,
    },
    /// Other people's pushes won every time.
    #[error("the branch {branch:?} of {remote} changed during each of {attempts} attempts to push")]
    Raced {
        /// The URL without credentials.
        remote: String,
        /// The branch.
        branch: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// A private key cannot be used.
    #[error("{what}: {source}")]
    Key {
        /// Which key, by its file or its purpose.
        what: String,
        /// Why.
        #[source]
        source: super::keys::KeyError,
    },
    /// A commit cannot be signed.
    #[error("the commit cannot be signed: {0}")]
    Signing(String),
    /// A path that does not belong into a repository.
    #[error("invalid path {path:?} in the repository: {reason}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The temporary repository could not be read or written.
    #[error("the local copy of the repository: {0}")]
    Local(String),
    /// A repository of this machine lacks something.
    #[error("{what}")]
    Checkout {
        /// What is missing, and where.
        what: String,
        /// What provides it.
        step: String,
    },
}

/// What we want of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Fetching.
    Read,
    /// Pushing.
    Write,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "reading",
            Self::Write => "pushing",
        })
    }
}

impl Error {
    /// Whether the same call may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Network { .. } | Self::Timeout { .. } | Self::Server { .. })
    }

    /// What the user can do, in one sentence.
    pub fn next_step(&self) -> Option<String> {
        let step = match self {
            Self::Url { .. } => "write it as https://host/path.git or ssh://git@host/path.git",
            Self::AuthRefused { .. } => {
                "check the user name and the password or token, or that the server knows the SSH key"
            }
            Self::Forbidden { access: Access::Write, .. } => {
                "give the user, token or key the right to push to the repository"
            }
            Self::Forbidden { .. } => "give the user, token or key the right to read the repository",
            Self::NotFound { .. } => {
                "check the URL; servers also answer this when the credentials may not see the repository"
            }
            Self::NotGit { .. } => "check the URL: it must be the one that `git clone` takes",
            Self::HostKeyUnknown { host, .. } => {
                return Some(format!(
                    "compare the fingerprint with the server's, then add the key: ssh-keyscan {} >> ~/.ssh/known_hosts",
                    keyscan_arguments(host)
                ));
            }
            Self::HostKeyChanged { host, .. } => {
                return Some(format!(
                    "if the server's administrators confirm the new key, remove the old one: ssh-keygen -R '{host}'"
                ));
            }
            Self::HostCertificate { .. } => {
                "have the server's administrators sign its host key anew, or add the key itself to known_hosts"
            }
            Self::Tls { next_step, .. } => return Some(next_step.clone()),
            Self::Network { .. } => "check the host name, the network and the proxy settings",
            Self::Timeout { .. } => "run the same command again; a longer --timeout helps with slow servers",
            Self::Server { .. } => "the server is at fault: run the same command again later",
            Self::PushRefused { .. } => {
                "allow this user or key to push to the branch, or choose another with --branch"
            }
            Self::Raced { .. } => "run the same command again",
            Self::Key { source, .. } => return source.next_step().map(str::to_owned),
            Self::Checkout { step, .. } => return Some(step.clone()),
            Self::Signing(_) | Self::Path { .. } | Self::Local(_) => return None,
        };
        Some(step.to_owned())
    }
}

/// `host` or `[host]:port` as `ssh-keyscan` takes them.
fn keyscan_arguments(host: &str) -> String {
    match host.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
        Some((name, port)) => format!("-p {port} {name}"),
        None => host.to_owned(),
    }
}

impl From<git2::Error> for Error {
    fn from(error: git2::Error) -> Self {
        Self::Local(error.message().to_owned())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Local(error.to_string())
    }
}

/// What this module's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_host_key_says_how_to_add_it_with_its_port() {
        let error = Error::HostKeyUnknown {
            host: "[git.example.com]:2222".into(),
            key_type: "ssh-ed25519".into(),
            fingerprint: "SHA256:abc".into(),
        };
        let step = error.next_step().unwrap_or_default();
        assert!(step.contains("ssh-keyscan -p 2222 git.example.com >>"), "{step}");
    }

    #[test]
    fn only_failures_that_may_pass_are_transient() {
        let refused = Error::AuthRefused { remote: "https://h/r".into(), detail: String::new() };
        let network = Error::Network { remote: "https://h/r".into(), detail: String::new() };
        assert!(!refused.is_transient());
        assert!(network.is_transient());
    }
}
