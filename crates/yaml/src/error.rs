//! What can be wrong with a YAML text, and where.

use std::fmt;

/// Why a text could not be read as YAML.
///
/// `line` and `column` count from 1 (columns in characters); `document` counts the documents of the
/// text from 1, those without content included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The line of the text, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The document of the text, from 1.
    pub document: usize,
    /// What is wrong there, without the place.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)?;
        if self.document > 1 {
            write!(f, " (in document {})", self.document)?;
        }
        Ok(())
    }
}

impl std::error::Error for ReadError {}
