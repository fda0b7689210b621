//! Errors of parsing and rendering, with Go's wording.

use std::fmt;

/// An error with the message that Go's text/template gives it.
///
/// The message names template, line, column and the expression, and after them what included functions said: it is the
/// whole chain in one line. [`Error::source`](std::error::Error::source) walks the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The message, without that of the cause, which follows it. Chains are long when templates recurse.
    text: String,
    template: Option<String>,
    cause: Option<Box<Error>>,
}

impl Error {
    /// An error of a function, which becomes `error calling NAME: MESSAGE`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { text: message.into(), template: None, cause: None }
    }

    /// Prefixes the message and keeps the error as the cause.
    #[must_use]
    pub fn wrap(self, prefix: impl fmt::Display) -> Self {
        Self { text: prefix.to_string(), template: None, cause: Some(Box::new(self)) }
    }

    /// Prefixes the message and keeps the cause as it is.
    pub(super) fn prefix(self, prefix: impl fmt::Display) -> Self {
        Self { text: format!("{prefix}{}", self.text), ..self }
    }

    /// Marks an error as raised by the execution of a template.
    pub(super) fn executing(mut self, template: &str) -> Self {
        self.template = Some(template.to_owned());
        self
    }

    /// The whole message.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The template whose execution failed; `None` for other errors.
    pub fn template(&self) -> Option<&str> {
        self.template.as_deref()
    }

    /// The error that this one wraps.
    pub fn cause(&self) -> Option<&Self> {
        self.cause.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next = Some(self);
        while let Some(error) = next {
            f.write_str(&error.text)?;
            next = error.cause();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
