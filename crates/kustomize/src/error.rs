//! What can go wrong in a build, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use edgeflux_yaml::ReadError;

/// Why a build failed: the file, the line where it is known, the field, what is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Error {
    /// The file the fault lies in, relative to the root of the build where that is possible.
    pub file: Option<PathBuf>,
    /// The line in `file`, from 1.
    pub line: Option<usize>,
    /// The character in `line`, from 1.
    pub column: Option<usize>,
    /// The field in the file, as `images[0].newTag`.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: Option<Box<str>>,
}

/// The result of a step of a build.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into_boxed_str());
        self
    }

    pub(super) fn field(mut self, field: impl Into<String>) -> Self {
        self.field.get_or_insert_with(|| field.into());
        self
    }

    /// Names the file, unless a step further in has named one.
    pub(super) fn file(mut self, file: &Path) -> Self {
        if self.file.is_none() {
            self.file = Some(file.to_path_buf());
        }
        self
    }

    pub(super) fn line(mut self, line: usize) -> Self {
        self.line.get_or_insert(line);
        self
    }

    /// Puts what was being done in front of the message.
    pub(super) fn during(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

impl fmt::Display for Error {
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
