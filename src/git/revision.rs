//! Flux's name of a revision: `branch@sha1:<40 hex digits>`.

use std::fmt;
use std::str::FromStr;

/// Branch and commit, as in `status.artifact.revision` of a `GitRepository`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Short name of the branch.
    pub branch: String,
    /// Commit, 40 lowercase hexadecimal digits.
    pub commit: String,
}

impl Revision {
    /// Creates the revision of `branch` at `commit`.
    pub fn new(branch: impl Into<String>, commit: impl Into<String>) -> Self {
        Self { branch: branch.into(), commit: commit.into() }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@sha1:{}", self.branch, self.commit)
    }
}

/// Error of a text without the form `branch@sha1:<40 hex digits>`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a revision of the form branch@sha1:<40 hexadecimal digits>: {0:?}")]
pub struct NotARevision(String);

impl FromStr for Revision {
    type Err = NotARevision;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotARevision(text.to_owned());
        // The name of a branch may contain '@', so the last one counts.
        let (branch, commit) = text.rsplit_once("@sha1:").ok_or_else(wrong)?;
        let hex = commit.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if branch.is_empty() || commit.len() != 40 || !hex {
            return Err(wrong());
        }
        Ok(Self::new(branch, commit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_reads_back_as_it_was_written() {
        let text = "feature/a@b@sha1:0123456789abcdef0123456789abcdef01234567";
        let revision: Revision = text.parse().expect("valid");
        assert_eq!(revision.branch, "feature/a@b");
        assert_eq!(revision.to_string(), text);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "main",
            "main@sha1:abc",
            "@sha1:0123456789abcdef0123456789abcdef01234567",
            "main@sha1:0123456789ABCDEF0123456789abcdef01234567",
        ] {
            assert!(text.parse::<Revision>().is_err(), "{text}");
        }
    }
}
