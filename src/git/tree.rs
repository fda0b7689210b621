//! Paths in a repository, and the content of commits.

use std::collections::BTreeMap;

use super::error::{Error, Result};

/// Normalizes a path in a repository: no empty or `.` parts.
///
/// # Errors
/// The path leaves the repository, or contains `.git` or control characters.
pub fn normal_path(path: &str) -> Result<String> {
    let wrong = |reason: &str| Error::Path { path: path.to_owned(), reason: reason.to_owned() };
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(wrong("it points outside the repository")),
            part if part.eq_ignore_ascii_case(".git") => {
                return Err(wrong("Git reserves this name"));
            }
            part if part.chars().any(char::is_control) => {
                return Err(wrong("it contains control characters"));
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// Changes of a commit, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(BTreeMap<String, Option<Vec<u8>>>);

impl Changes {
    /// Writes a file. An existing one keeps its mode.
    pub fn write(&mut self, path: &str, content: impl Into<Vec<u8>>) -> Result<()> {
        self.0.insert(normal_path(path)?, Some(content.into()));
        Ok(())
    }

    /// Removes a file.
    pub fn remove(&mut self, path: &str) -> Result<()> {
        self.0.insert(normal_path(path)?, None);
        Ok(())
    }

    /// Whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the paths with their new content; `None` for a removed file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.0.iter().map(|(path, content)| (path.as_str(), content.as_deref()))
    }
}

/// Author and message of a commit.
#[derive(Debug, Clone)]
pub struct CommitInfo {
    /// Name of the author and committer.
    pub author_name: String,
    /// Email address of the author and committer.
    pub author_email: String,
    /// Message.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_of_the_repository() {
        assert_eq!(normal_path("./clusters//x/").ok().as_deref(), Some("clusters/x"));
        for bad in ["../x", "a/../../x", "a/.git/config", ".GIT/hooks", "a\nb"] {
            assert!(normal_path(bad).is_err(), "{bad}");
        }
    }
}
