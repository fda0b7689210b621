//! Errors of reading YAML.

use std::fmt;

/// Why a text is not valid YAML, or not valid in the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// Line of the text, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Document of the text, from 1, counting those without content.
    pub document: usize,
    /// What is wrong, without the position.
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
