//! Errors of fetching charts.

use std::fmt;

use super::Missing;
use crate::redact::Redactor;

/// Result of fetching a chart.
pub type Result<T> = std::result::Result<T, Error>;

/// Error: what failed, on which source, why, and what to do next.
///
/// `Display` writes the first three in one line; [`Error::hints`] returns the last. No text contains a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    cause: String,
    hints: Vec<String>,
    missing: Option<Box<Missing>>,
}

/// Reason of an error, for callers that act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The chart is not on this machine, and nothing may be fetched, or the credentials for it are not known.
    Missing,
    /// The repository has no such chart, version or tag.
    NotFound,
    /// The server does not accept the credentials, or requires some.
    Refused,
    /// A source, a Secret, an index or a manifest is not usable.
    Invalid,
    /// The content does not have the digest that the repository promises.
    Digest,
    /// The content is larger than the limit.
    TooLarge,
    /// The server failed (429 or 5xx).
    Server,
    /// No connection, or it was lost.
    Unreachable,
    /// No response or no progress in time.
    TimedOut,
    /// A file or directory of this machine cannot be read or written.
    Local,
}

impl ErrorKind {
    /// Whether the same request may succeed a little later.
    pub(super) fn is_transient(self) -> bool {
        matches!(self, ErrorKind::Server | ErrorKind::Unreachable | ErrorKind::TimedOut)
    }
}

impl Error {
    /// Creates an error. `what` is what was attempted, to follow "failed to".
    pub(super) fn new(kind: ErrorKind, what: impl Into<String>, cause: impl Into<String>) -> Error {
        Error { kind, what: what.into(), cause: cause.into(), hints: Vec::new(), missing: None }
    }

    /// Creates an error for a chart that is not on this machine.
    pub(super) fn missing(missing: Missing, cause: impl Into<String>) -> Error {
        let what = format!("find {missing}");
        Error { missing: Some(Box::new(missing)), ..Error::new(ErrorKind::Missing, what, cause) }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Error {
        let hint = hint.into();
        if !hint.is_empty() && !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }

    /// Removes secrets that a server may have repeated.
    pub(super) fn redacted(mut self, redactor: &Redactor) -> Error {
        for text in [&mut self.what, &mut self.cause].into_iter().chain(&mut self.hints) {
            *text = redactor.redact(text).into_owned();
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

    /// Returns the chart that is not on this machine.
    pub fn missing_chart(&self) -> Option<&Missing> {
        self.missing.as_deref()
    }

    pub(super) fn what(&self) -> &str {
        &self.what
    }

    /// Returns what went wrong, without what was attempted.
    pub fn cause(&self) -> &str {
        &self.cause
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}: {}", self.what, self.cause)
    }
}

impl std::error::Error for Error {}
