//! Errors and warnings of a build: what is wrong, where, and how to write it correctly.

use std::fmt;
use std::path::{Path, PathBuf};

use edgeflux_yaml::ReadError;

/// Why a build failed.
pub type Error = Diagnostic<Failed>;

/// What should be changed although the build succeeded.
pub type Warning = Diagnostic<Succeeded>;

/// The result of a part of a build.
pub type Result<T> = std::result::Result<T, Error>;

/// A message about a place in the files of a build, displayed as `FILE:LINE:COLUMN: FIELD: MESSAGE; HINT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Diagnostic<O> {
    /// The file, relative to the root of the build if possible.
    pub file: Option<PathBuf>,
    /// The line in `file`, from 1.
    pub line: Option<usize>,
    /// The column in `line`, from 1.
    pub column: Option<usize>,
    /// The field in the file, such as `images[0].newTag`.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
    /// How to write it correctly.
    pub hint: Option<Box<str>>,
    /// The outcome of the build, which tells errors from warnings.
    pub(crate) outcome: O,
}

/// Marks a [`Diagnostic`] as an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Failed;

/// Marks a [`Diagnostic`] as a [`Warning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Succeeded;

impl<O: Default> Diagnostic<O> {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Adds how to write it correctly.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into_boxed_str());
        self
    }

    /// Names the field, unless one is named already.
    pub(crate) fn field(mut self, field: impl Into<String>) -> Self {
        self.field.get_or_insert_with(|| field.into());
        self
    }

    /// Puts a field or list index in front of the path of the field.
    pub(crate) fn inside(mut self, step: &str) -> Self {
        self.field = Some(match self.field {
            Some(rest) if rest.starts_with('[') => format!("{step}{rest}"),
            Some(rest) => format!("{step}.{rest}"),
            None => step.to_owned(),
        });
        self
    }

    /// Names the file, unless one is named already.
    pub(crate) fn file(mut self, file: &Path) -> Self {
        if self.file.is_none() {
            self.file = Some(file.to_path_buf());
        }
        self
    }

    /// Names the line, unless one is named already.
    pub(crate) fn line(mut self, line: usize) -> Self {
        self.line.get_or_insert(line);
        self
    }

    /// Prefixes the message with its context: `context: message`.
    pub(crate) fn during(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }
}

impl<O> fmt::Display for Diagnostic<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}", file.display())?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
                if let Some(column) = self.column {
                    write!(f, ":{column}")?;
                }
            }
            f.write_str(": ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Self { line: Some(error.line), column: Some(error.column), ..Self::new(error.message) }
    }
}

impl From<String> for Warning {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}
