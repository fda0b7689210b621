//! Where two revisions branched off each other.

use git2::{ErrorCode, Oid};

use super::error::{Error, Result};
use super::local::LocalRepository;

impl LocalRepository {
    /// Finds the commit at which two revisions branched off each other, as `git merge-base` does.
    ///
    /// # Errors
    /// A revision does not exist, or they have no commit in common on this machine.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<String> {
        let found = self.git.merge_base(self.commit_of(one)?, self.commit_of(other)?);
        let error = match found {
            Ok(id) => return Ok(id.to_string()),
            Err(error) => error,
        };
        if self.is_shallow() {
            return Err(Error::Checkout {
                what: format!("this shallow clone does not reach back to where {other} branched off {one}"),
                step: "fetch the history: git fetch --unshallow; in GitHub Actions, give actions/checkout \
                    fetch-depth: 0"
                    .to_owned(),
            });
        }
        if error.code() == ErrorCode::NotFound {
            return Err(Error::Checkout {
                what: format!("{one} and {other} have no commit in common"),
                step: format!("use --from={one} to compare with {one} itself"),
            });
        }
        Err(error.into())
    }

    fn commit_of(&self, revision: &str) -> Result<Oid> {
        let found = self.git.revparse_single(revision).map_err(|error| self.no_revision(revision, &error))?;
        let commit =
            found.peel_to_commit().map_err(|_| Error::Local(format!("{revision:?} is not a commit")))?;
        Ok(commit.id())
    }
}
