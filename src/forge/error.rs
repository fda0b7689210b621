//! What a forge refused or failed to do.

use std::fmt;
use std::time::Duration;

/// A forge's result.
pub type Result<T> = std::result::Result<T, Error>;

/// A failed question or change: what was to be done, on what, why not, and what to do next.
///
/// `Display` gives the first three in one line; [`Error::hints`] the last. No text holds a token.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    cause: String,
    hints: Vec<String>,
}

/// Why it failed, for callers that act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The token is not accepted.
    Unauthorized,
    /// The token is accepted but may not do this.
    Forbidden,
    /// The organisation wants the token authorised for single sign-on first.
    SingleSignOn,
    /// Too many requests; a wait longer than the limits allow would be needed.
    RateLimited {
        /// How long the forge asked to wait, where it said so.
        wait: Option<Duration>,
    },
    /// Not there, or hidden from the token.
    NotFound,
    /// Something else was under way.
    Conflict,
    /// The request's values are not accepted.
    Invalid,
    /// Something of that name is there already.
    AlreadyExists,
    /// The deploy key is used elsewhere already.
    KeyInUse,
    /// The deploy key carries another cluster's identity.
    KeyOfAnotherCluster,
    /// The forge failed.
    Server,
    /// No connection.
    Unreachable,
    /// The server's certificate is not trusted.
    Certificate,
    /// The connection was closed before the answer was complete.
    Interrupted,
    /// No answer in time.
    TimedOut,
    /// An answer that is not what the API documents.
    Unexpected,
}

impl ErrorKind {
    /// Whether the forge may have done what was asked although the answer failed.
    pub(super) fn may_be_done(self) -> bool {
        matches!(self, ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::Server)
    }

    /// Whether the same request may succeed a little later.
    pub(super) fn is_passing(self) -> bool {
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

    /// Why, for callers that act on it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do next, one sentence each; web addresses are spelt out.
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
