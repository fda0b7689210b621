//! One error type for every command: what failed, why, and what to do next.

use std::fmt;

use crate::redact::Redactor;

/// The outcome of anything that a command does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What an error means for the exit code and for whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line, a file or an object given by the user is wrong; nothing was changed.
    Usage,
    /// An object, a file or a repository is not there.
    NotFound,
    /// The server knows who asks and refuses.
    Forbidden,
    /// A server cannot be reached, or does not answer.
    Unreachable,
    /// Something waited for did not happen in time.
    Timeout,
    /// Something was tried and failed.
    Failed,
    /// What was compared is not the same, which is no failure.
    Differs,
    /// Stopped by the user.
    Interrupted,
    /// Whoever read our output has gone.
    BrokenPipe,
}

/// What failed, the cause, and hints at what to do next. Rendered once, in `run`.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    code: Option<u8>,
    hints: Vec<String>,
}

impl Error {
    /// An error of this kind; `message` says what failed and on which object.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), code: None, hints: Vec::new() }
    }

    /// Wrong input: nothing was changed.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Something is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// Something was tried and failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// Something waited for did not happen in time.
    pub fn timeout(message: impl Into<String>) -> Self {
        Self::new(Kind::Timeout, message)
    }

    /// Adds what to do next, one sentence without a full stop at its end.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Puts what was being done before the message: `context: message`.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    /// Ends the process with this code rather than the kind's own (`diff` says 1 for "differs").
    #[must_use]
    pub fn code(mut self, code: u8) -> Self {
        self.code = Some(code);
        self
    }

    /// Takes secrets out of the message and the hints, which may repeat what a server said.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        for text in std::iter::once(&mut self.message).chain(&mut self.hints) {
            *text = redactor.redact(text).into_owned();
        }
        self
    }

    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What to do next.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The process's exit code, as `docs/exit-codes.md` lists them.
    pub fn exit_code(&self) -> u8 {
        self.code.unwrap_or(match self.kind {
            Kind::Interrupted => 130,
            Kind::BrokenPipe => 141,
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
            std::io::ErrorKind::BrokenPipe => Error::new(Kind::BrokenPipe, "nobody reads the output"),
            std::io::ErrorKind::Interrupted => Error::new(Kind::Interrupted, "interrupted"),
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Error::failed(error.to_string()).hint("make room there, or write elsewhere")
            }
            _ => Error::failed(error.to_string()),
        }
    }
}

/// Adds what was being done to whatever went wrong.
pub trait ResultExt<T> {
    /// Puts `context` before the error's message.
    fn context(self, context: impl fmt::Display) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for std::result::Result<T, E> {
    fn context(self, context: impl fmt::Display) -> Result<T> {
        self.map_err(|error| error.into().context(context))
    }
}

impl From<crate::forge::Error> for Error {
    fn from(error: crate::forge::Error) -> Self {
        use crate::forge::ErrorKind;

        let kind = match error.kind() {
            ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::SingleSignOn => Kind::Forbidden,
            ErrorKind::NotFound => Kind::NotFound,
            ErrorKind::Unreachable | ErrorKind::Certificate | ErrorKind::Interrupted | ErrorKind::Server => {
                Kind::Unreachable
            }
            ErrorKind::TimedOut => Kind::Timeout,
            ErrorKind::Invalid => Kind::Usage,
            _ => Kind::Failed,
        };
        error.hints().iter().fold(Error::new(kind, error.to_string()), Error::hint)
    }
}

impl From<crate::git::Error> for Error {
    fn from(error: crate::git::Error) -> Self {
        use crate::git::Error as Git;

        let kind = match &error {
            Git::Url { .. } | Git::Path { .. } | Git::Key { .. } | Git::Signing(_) => Kind::Usage,
            Git::AuthRefused { .. }
            | Git::Forbidden { .. }
            | Git::HostKeyUnknown { .. }
            | Git::HostCertificate { .. }
            | Git::HostKeyChanged { .. }
            | Git::PushRefused { .. } => Kind::Forbidden,
            Git::NotFound { .. } | Git::NotGit { .. } => Kind::NotFound,
            Git::Tls { .. } | Git::Network { .. } | Git::Server { .. } => Kind::Unreachable,
            Git::Timeout { .. } => Kind::Timeout,
            Git::Raced { .. } | Git::Local(_) | Git::Checkout { .. } => Kind::Failed,
        };
        error.next_step().into_iter().fold(Error::new(kind, error.to_string()), Error::hint)
    }
}
