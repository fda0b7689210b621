//! Errors of requests to a forge.

use std::fmt;
use std::time::Duration;

/// Result of a request to a forge.
pub type Result<T> = std::result::Result<T, Error>;

/// Error of a request: what failed, on what, why, and what to do next.
///
/// `Display` writes the first three in one line; [`Error::hints`] returns the last. No text contains a token.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    cause: String,
    hints: Vec<String>,
}

/// Reason of an error, for callers that act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The token is not accepted.
    Unauthorized,
    /// The token is accepted but lacks a right.
    Forbidden,
    /// The organization requires single sign-on for the token.
    SingleSignOn,
    /// Too many requests.
    RateLimited {
        /// Wait that the forge asked for, if it named one.
        wait: Option<Duration>,
    },
    /// It does not exist or is hidden from the token.
    NotFound,
    /// Another operation is in progress.
    Conflict,
    /// The values of the request are not accepted.
    Invalid,
    /// Something of that name exists.
    AlreadyExists,
    /// Another repository or account has the deploy key.
    KeyInUse,
    /// The title of the deploy key names another cluster.
    KeyOfAnotherCluster,
    /// The forge failed (5xx).
    Server,
    /// No connection.
    Unreachable,
    /// The server's certificate is not trusted.
    Certificate,
    /// The connection was closed before the response was complete.
    Interrupted,
    /// No response in time.
    TimedOut,
    /// A response that does not match the API's documentation.
    Unexpected,
}

impl ErrorKind {
    /// Whether the forge may have made the change although the request failed.
    pub(super) fn may_be_done(self) -> bool {
        matches!(self, ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::Server)
    }

    /// Whether the same request may succeed a little later.
    pub(super) fn is_transient(self) -> bool {
        self.may_be_done() || matches!(self, ErrorKind::Unreachable | ErrorKind::Conflict)
    }
}

impl Error {
    pub(super) fn new(kind: ErrorKind, what: String, cause: String) -> Error {
        Error { kind, what, cause, hints: Vec::new() }
    }

    pub(super) fn invalid_argument(what: &str, cause: &str, hint: &str) -> Error {
        Error::new(ErrorKind::Invalid, what.to_owned(), cause.to_owned()).hint(hint)
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Error {
        let hint = hint.into();
        if !hint.is_empty() && !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }

    /// Returns the reason, for callers that act on it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns what to do next, in one sentence each.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    pub(super) fn what(&self) -> &str {
        &self.what
    }

    pub(super) fn cause(&self) -> &str {
        &self.cause
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}: {}", self.what, self.cause)
    }
}

impl std::error::Error for Error {}
