//! One error type for every command: what failed, why, and what to do next.

use std::fmt;

use crate::redact::Redactor;

/// Result with our error type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Category of an error, which decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line, or a file or object from the user, is wrong. Nothing was changed.
    Usage,
    /// An object, a file or a repository does not exist.
    NotFound,
    /// The server refuses access.
    Forbidden,
    /// A server cannot be reached, or does not answer.
    Unreachable,
    /// Something did not happen in time.
    Timeout,
    /// An attempt failed.
    Failed,
    /// A comparison found differences, which is not a failure.
    Differs,
    /// Stopped by the user.
    Interrupted,
    /// The reader of our output has closed it.
    BrokenPipe,
}

/// Exit code of a timeout, for [`Error::distinct`].
const TIMED_OUT: u8 = 3;

/// Exit code if a server cannot be reached, for [`Error::distinct`].
const UNREACHABLE: u8 = 4;

/// What failed, why, and hints what to do next. Printed once, by `run`.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    code: Option<u8>,
    hints: Vec<String>,
}

impl Error {
    /// Creates an error. The message says what failed and on which object.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), code: None, hints: Vec::new() }
    }

    /// Creates an error for wrong input. Nothing was changed.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Creates an error for something that does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// Creates an error for an attempt that failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// Creates an error for something that did not happen in time.
    pub fn timeout(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Timeout, message)
    }

    /// Creates an error for a flag that is missing: its name, such as `--url`, and an example of its use.
    pub fn required(flag: &str, example: impl fmt::Display) -> Self {
        Self::usage(format!("{flag} is required")).hint(format!("for example: {example}"))
    }

    /// Adds a hint what to do next: a sentence without a period.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Prefixes the message with its context: `context: message`.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    /// Sets the exit code, instead of that of the kind.
    #[must_use]
    pub fn code(mut self, code: u8) -> Self {
        self.code = Some(code);
        self
    }

    /// Gives a timeout and an unreachable server exit codes of their own, for commands that flux does not have.
    #[must_use]
    pub fn distinct(mut self) -> Self {
        self.code = self.code.or(match self.kind {
            ErrorKind::Timeout => Some(TIMED_OUT),
            ErrorKind::Unreachable => Some(UNREACHABLE),
            _ => None,
        });
        self
    }

    /// Removes secrets from the message and the hints, which may repeat the answer of a server.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        for text in std::iter::once(&mut self.message).chain(&mut self.hints) {
            *text = redactor.redact(text).into_owned();
        }
        self
    }

    /// Category of the error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Hints what to do next.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Exit code of the process; see `docs/exit-codes.md`.
    pub fn exit_code(&self) -> u8 {
        self.code.unwrap_or(match self.kind {
            ErrorKind::Interrupted => 130,
            ErrorKind::BrokenPipe => 141,
            _ => 1,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => {
                Error::new(ErrorKind::BrokenPipe, "the reader of the output is gone")
            }
            std::io::ErrorKind::Interrupted => Error::new(ErrorKind::Interrupted, "interrupted"),
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Error::failed(error.to_string()).hint("free some space, or write to another disk")
            }
            _ => Error::failed(error.to_string()),
        }
    }
}

/// Adds context to the error of a result.
pub trait ResultExt<T> {
    /// Prefixes the message of the error with its context.
    fn context(self, context: impl fmt::Display) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for std::result::Result<T, E> {
    fn context(self, context: impl fmt::Display) -> Result<T> {
        self.map_err(|error| error.into().context(context))
    }
}

impl From<crate::forge::Error> for Error {
    fn from(error: crate::forge::Error) -> Self {
        use crate::forge::ErrorKind as Forge;

        let kind = match error.kind() {
            Forge::Unauthorized | Forge::Forbidden | Forge::SingleSignOn => ErrorKind::Forbidden,
            Forge::NotFound => ErrorKind::NotFound,
            Forge::Unreachable | Forge::Certificate | Forge::Interrupted | Forge::Server => {
                ErrorKind::Unreachable
            }
            Forge::TimedOut => ErrorKind::Timeout,
            Forge::Invalid => ErrorKind::Usage,
            _ => ErrorKind::Failed,
        };
        error.hints().iter().fold(Error::new(kind, error.to_string()), Error::hint)
    }
}

impl From<crate::charts::Error> for Error {
    fn from(error: crate::charts::Error) -> Self {
        use crate::charts::ErrorKind as Charts;

        let kind = match error.kind() {
            Charts::Missing | Charts::NotFound => ErrorKind::NotFound,
            Charts::Refused => ErrorKind::Forbidden,
            Charts::Invalid => ErrorKind::Usage,
            Charts::Unreachable | Charts::Server => ErrorKind::Unreachable,
            Charts::TimedOut => ErrorKind::Timeout,
            Charts::Digest | Charts::TooLarge | Charts::Local => ErrorKind::Failed,
        };
        error.hints().iter().fold(Error::new(kind, error.to_string()), Error::hint)
    }
}

impl From<edgeflux_helm::Error> for Error {
    fn from(error: edgeflux_helm::Error) -> Self {
        Error::failed(error.to_string())
    }
}

impl From<edgeflux_helm::controller::Error> for Error {
    fn from(error: edgeflux_helm::controller::Error) -> Self {
        Error::usage(error.to_string())
    }
}

impl From<crate::git::Error> for Error {
    fn from(error: crate::git::Error) -> Self {
        use crate::git::Error as Git;

        let kind = match &error {
            Git::Url { .. } | Git::Path { .. } | Git::Key { .. } | Git::Signing(_) => ErrorKind::Usage,
            Git::AuthRefused { .. }
            | Git::Forbidden { .. }
            | Git::HostKeyUnknown { .. }
            | Git::HostCertificate { .. }
            | Git::HostKeyChanged { .. }
            | Git::PushRefused { .. } => ErrorKind::Forbidden,
            Git::NotFound { .. } | Git::NotGit { .. } => ErrorKind::NotFound,
            Git::Tls { .. } | Git::Network { .. } | Git::Server { .. } => ErrorKind::Unreachable,
            Git::Timeout { .. } => ErrorKind::Timeout,
            Git::Raced { .. } | Git::Local(_) | Git::Checkout { .. } => ErrorKind::Failed,
        };
        error.next_step().into_iter().fold(Error::new(kind, error.to_string()), Error::hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_commands_tell_a_timeout_and_an_unreachable_server_from_a_failure() {
        for (kind, code) in [
            (ErrorKind::Usage, 1),
            (ErrorKind::NotFound, 1),
            (ErrorKind::Forbidden, 1),
            (ErrorKind::Failed, 1),
            (ErrorKind::Timeout, 3),
            (ErrorKind::Unreachable, 4),
            (ErrorKind::Interrupted, 130),
            (ErrorKind::BrokenPipe, 141),
        ] {
            assert_eq!(Error::new(kind, "").distinct().exit_code(), code, "{kind:?}");
        }
        assert_eq!(Error::timeout("").exit_code(), 1);
        assert_eq!(Error::timeout("").code(2).distinct().exit_code(), 2);
    }
}
