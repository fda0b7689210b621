//! Errors of Git operations, distinguished by what the user has to do.

use std::fmt;

/// Error of a Git operation. Messages name the remote without credentials; [`Error::next_step`] returns what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Flux cannot use the URL.
    #[error("invalid Git URL {url:?}: {reason}")]
    Url {
        /// URL without credentials.
        url: String,
        /// Reason.
        reason: String,
    },
    /// The server does not accept the credentials.
    #[error("{remote} refused the credentials: {detail}")]
    AuthRefused {
        /// URL without credentials.
        remote: String,
        /// Kind of the credentials and the server's message.
        detail: String,
    },
    /// The server accepts the credentials, but does not allow the operation.
    #[error("{remote} does not allow {access}: {detail}")]
    Forbidden {
        /// URL without credentials.
        remote: String,
        /// Operation.
        access: Access,
        /// Message of the server.
        detail: String,
    },
    /// There is no repository with this URL, or none that the credentials may see.
    #[error("{remote} was not found: {detail}")]
    NotFound {
        /// URL without credentials.
        remote: String,
        /// Message of the server.
        detail: String,
    },
    /// The URL does not belong to a Git server.
    #[error("{remote} does not respond like a Git server: {detail}")]
    NotGit {
        /// URL without credentials.
        remote: String,
        /// The response.
        detail: String,
    },
    /// The host key of the SSH server is not in `known_hosts`.
    #[error("the SSH host key of {host} is not known ({key_type} {fingerprint})")]
    HostKeyUnknown {
        /// `host` or `[host]:port`.
        host: String,
        /// Type of the key, such as `ssh-ed25519`.
        key_type: String,
        /// `SHA256:` and the unpadded base64 of the hash.
        fingerprint: String,
    },
    /// The host key of the SSH server is not the known one.
    #[error("the SSH host key of {host} has changed: it now shows {key_type} {fingerprint}")]
    HostKeyChanged {
        /// `host` or `[host]:port`.
        host: String,
        /// Type of the key, such as `ssh-ed25519`.
        key_type: String,
        /// `SHA256:` and the unpadded base64 of the hash.
        fingerprint: String,
    },
    /// The certificate of the SSH server is not valid.
    #[error("the SSH host certificate of {host} is not valid: {reason}")]
    HostCertificate {
        /// `host` or `[host]:port`.
        host: String,
        /// Reason.
        reason: String,
    },
    /// The certificate cannot be verified, or the handshake failed.
    #[error("the TLS connection to {remote} failed: {detail}")]
    Tls {
        /// URL without credentials.
        remote: String,
        /// Reason.
        detail: String,
        /// What the user can do.
        next_step: String,
    },
    /// Connecting, sending or receiving failed.
    #[error("{remote} could not be reached: {detail}")]
    Network {
        /// URL without credentials.
        remote: String,
        /// Reason.
        detail: String,
    },
    /// A timeout.
    #[error("{remote} did not respond within {seconds} s while {doing}")]
    Timeout {
        /// URL without credentials.
        remote: String,
        /// Operation.
        doing: String,
        /// Timeout.
        seconds: u64,
    },
    /// The server failed (5xx, 429).
    #[error("{remote} responded with {status}: {detail}")]
    Server {
        /// URL without credentials.
        remote: String,
        /// HTTP status.
        status: u16,
        /// Text of the response, shortened.
        detail: String,
    },
    /// The server refused to update the branch: protection, a hook, a quota.
    #[error("{remote} refused the push to {branch:?}: {detail}")]
    PushRefused {
        /// URL without credentials.
        remote: String,
        /// Branch.
        branch: String,
        /// Reason and message of the hook.
        detail: String,
    },
    /// Another push came first in every attempt.
    #[error("the branch {branch:?} of {remote} changed during each of {attempts} attempts to push")]
    Raced {
        /// URL without credentials.
        remote: String,
        /// Branch.
        branch: String,
        /// Number of attempts.
        attempts: u32,
    },
    /// A private key cannot be used.
    #[error("{what}: {source}")]
    Key {
        /// The key, by its file or purpose.
        what: String,
        /// Reason.
        #[source]
        source: super::keys::KeyError,
    },
    /// A commit cannot be signed.
    #[error("the commit cannot be signed: {0}")]
    Signing(String),
    /// The path is not valid in a repository.
    #[error("invalid path {path:?} in the repository: {reason}")]
    Path {
        /// Path.
        path: String,
        /// Reason.
        reason: String,
    },
    /// The temporary repository cannot be read or written.
    #[error("the local copy of the repository: {0}")]
    Local(String),
    /// Something is missing from a repository on this machine.
    #[error("{what}")]
    Checkout {
        /// What is missing, and where.
        what: String,
        /// What the user can do.
        step: String,
    },
}

/// Operation on a repository.
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

    /// Returns what the user can do, in one sentence.
    pub fn next_step(&self) -> Option<String> {
        let step = match self {
            Self::Url { .. } => "write it as https://host/path.git or ssh://git@host/path.git",
            Self::AuthRefused { .. } => {
                "check the username and the password or token, or that the server knows the SSH key"
            }
            Self::Forbidden { access: Access::Write, .. } => {
                "grant the user, token or key permission to push to the repository"
            }
            Self::Forbidden { .. } => "grant the user, token or key permission to read the repository",
            Self::NotFound { .. } => {
                "check the URL; servers also report this when the credentials have no access to the \
                repository"
            }
            Self::NotGit { .. } => "check the URL: use the URL that works with `git clone`",
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
                "ask the server's administrators to renew the host certificate, or add the host key itself \
                to known_hosts"
            }
            Self::Tls { next_step, .. } => return Some(next_step.clone()),
            Self::Network { .. } => "check the hostname, the network and the proxy settings",
            Self::Timeout { .. } => "run the same command again; a longer --timeout helps with slow servers",
            Self::Server { .. } => "the server reported an error: run the same command again later",
            Self::PushRefused { .. } => {
                "allow this user or key to push to the branch, or choose another one with --branch"
            }
            Self::Raced { .. } => "run the same command again",
            Self::Key { source, .. } => return source.next_step().map(str::to_owned),
            Self::Checkout { step, .. } => return Some(step.clone()),
            Self::Signing(_) | Self::Path { .. } | Self::Local(_) => return None,
        };
        Some(step.to_owned())
    }
}

/// Converts `host` or `[host]:port` to arguments of `ssh-keyscan`.
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

/// Result of a Git operation.
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
