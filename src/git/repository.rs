//! Temporary copy of one branch: read files, commit changes, push them.
//!
//! There is no work tree, so nothing in the repository (links, attributes, filters, hooks) takes effect on this machine.

use std::path::Path;

use git2::{AutotagOption, FetchOptions, Oid};
use tempfile::TempDir;

use super::error::{Access, Error, Result};
use super::files::Files;
use super::listing::{list, protocol_error};
use super::push::{self, PushOutcome};
use super::remote::Remote;
use super::retry::retrying;
use super::sign::Signer;
use super::transport::{self, connected};
use super::tree::{Changes, CommitInfo};
use crate::event::Event;

/// State of the branch on the server when it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BranchState {
    /// It exists.
    Existing,
    /// It does not exist. A push creates it from the head of another branch.
    Missing {
        /// The default branch.
        from: String,
    },
    /// The repository has no commits.
    Empty,
}

/// A temporary copy of one branch.
pub struct Repository {
    // Deleted on drop.
    _directory: TempDir,
    pub(super) git: git2::Repository,
    remote: Remote,
    branch: String,
    state: BranchState,
    pub(super) head: Option<Oid>,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Repository({} {} {:?})", self.remote.name(), self.branch, self.head)
    }
}

impl Repository {
    /// Fetches the newest commit of `branch` into a directory below `temporary`.
    ///
    /// An empty repository and a missing branch are no errors: the first push creates the branch, from the head of the
    /// default branch if there is one.
    pub fn clone(remote: &Remote, branch: &str, temporary: &Path) -> Result<Self> {
        if !git2::Reference::is_valid_name(&format!("refs/heads/{branch}")) {
            return Err(Error::Path {
                path: branch.to_owned(),
                reason: "Git does not allow this branch name".into(),
            });
        }
        let directory = tempfile::Builder::new().prefix("flux-bootstrap-").tempdir_in(temporary)?;
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).external_template(false);
        let git = git2::Repository::init_opts(directory.path(), &options)?;
        let mut repository = Self {
            _directory: directory,
            git,
            remote: remote.clone(),
            branch: branch.to_owned(),
            state: BranchState::Empty,
            head: None,
        };
        repository.refetch()?;
        Ok(repository)
    }

    /// Moves to the newest commit of the branch on the server. Commits that were not pushed are lost.
    pub fn refetch(&mut self) -> Result<()> {
        let listing = list(&self.remote, Access::Read)?;
        let (state, source) = if listing.branch(&self.branch).is_some() {
            (BranchState::Existing, Some(self.branch.clone()))
        } else {
            match listing.start().map(str::to_owned) {
                Some(from) => (BranchState::Missing { from: from.clone() }, Some(from)),
                None => (BranchState::Empty, None),
            }
        };
        self.head = match source {
            Some(source) => Some(self.fetch(&source)?),
            None => None,
        };
        self.state = state;
        Ok(())
    }

    /// Fetches the newest commit of a branch, without history if the server can do that.
    fn fetch(&self, branch: &str) -> Result<Oid> {
        let refspec = format!("+refs/heads/{branch}:refs/remotes/origin/{branch}");
        let get = |depth: i32| {
            connected(&self.remote, || {
                let mut options = FetchOptions::new();
                options.download_tags(AutotagOption::None).update_fetchhead(false).depth(depth);
                self.git.remote_anonymous(transport::URL)?.fetch(&[&refspec], Some(&mut options), None)
            })
        };
        retrying(&self.remote, || {
            // libgit2's error for a server without shallow fetches.
            let fetched = match get(1)? {
                Err(e) if e.message().contains("shallow") => get(0)?,
                other => other,
            };
            fetched.map_err(|e| protocol_error(&self.remote, &e))
        })?;
        let reference = self.git.find_reference(&format!("refs/remotes/origin/{branch}"))?;
        reference.target().ok_or_else(|| Error::Local(format!("the branch {branch:?} points to no commit")))
    }

    /// Returns the name of the branch.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// Returns the state of the branch.
    pub fn state(&self) -> &BranchState {
        &self.state
    }

    /// Returns the commit of the copy, 40 hexadecimal digits; `None` in an empty repository.
    pub fn head(&self) -> Option<String> {
        self.head.map(|oid| oid.to_string())
    }

    /// Returns the files of the head.
    pub fn files(&self) -> Result<Files<'_>> {
        Files::of(&self.git, self.head)
    }

    /// Pushes the head, never by force.
    pub fn push(&mut self) -> Result<PushOutcome> {
        let Some(head) = self.head else {
            return Ok(PushOutcome::Pushed);
        };
        let outcome = push::push(&self.git, &self.remote, &self.branch, head)?;
        if outcome == PushOutcome::Pushed {
            self.state = BranchState::Existing;
        }
        Ok(outcome)
    }

    /// Commits a change on the newest commit of the branch and pushes it. If another push comes first, the change is
    /// repeated on the new head, up to five times.
    ///
    /// `change` reads the copy and returns what to write; it is called again for every head. Returns the commit, or
    /// `None` if there was nothing to change. Reports [`Event::Committed`] of `what` and [`Event::PushRaced`].
    pub fn publish(
        &mut self,
        what: &str,
        info: &CommitInfo,
        signer: Option<&Signer>,
        mut change: impl FnMut(&Self) -> Result<Changes>,
    ) -> Result<Option<String>> {
        const ATTEMPTS: u32 = 5;
        for _ in 0..ATTEMPTS {
            let changes = change(self)?;
            let Some(commit) = self.commit(&changes, info, signer)? else {
                return Ok(None);
            };
            self.remote.events.emit(Event::Committed {
                what: what.to_owned(),
                branch: self.branch.clone(),
                commit: commit.clone(),
                remote: self.remote.name(),
            });
            match self.push()? {
                PushOutcome::Pushed => return Ok(Some(commit)),
                PushOutcome::Raced => {
                    self.remote.events.emit(Event::PushRaced);
                    self.refetch()?;
                }
            }
        }
        Err(Error::Raced { remote: self.remote.name(), branch: self.branch.clone(), attempts: ATTEMPTS })
    }
}
