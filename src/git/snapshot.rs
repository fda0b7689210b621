//! Temporary copy of one revision, to read its files.
//!
//! There is no work tree, so nothing in the repository (links, attributes, filters, hooks) takes effect on this machine.

use std::path::Path;

use git2::{AutotagOption, Direction, FetchOptions, Oid, RemoteCallbacks};
use tempfile::TempDir;

use super::error::{Error, Result};
use super::files::Files;
use super::listing::protocol_error;
use super::remote::Remote;
use super::retry::retrying;
use super::transport::{self, connected};

/// Reference of the fetched revision in the temporary repository.
const FETCHED: &str = "refs/edgeflux/snapshot";

/// Repository at one revision.
pub struct Snapshot {
    // Deleted on drop.
    _directory: TempDir,
    git: git2::Repository,
    commit: Oid,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Snapshot({})", self.commit)
    }
}

impl Snapshot {
    /// Fetches a branch, a tag, a full reference or a commit (40 hexadecimal digits), or the head of the default
    /// branch, into a directory below `temporary`. At most `most_bytes` are received.
    ///
    /// # Errors
    /// The server cannot be reached, has no such revision, or sends more than that.
    pub fn fetch(
        remote: &Remote,
        revision: Option<&str>,
        most_bytes: usize,
        temporary: &Path,
    ) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("flux-snapshot-").tempdir_in(temporary)?;
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).external_template(false);
        let git = git2::Repository::init_opts(directory.path(), &options)?;
        let heads = heads(remote)?;
        let wanted = revision.unwrap_or("HEAD");
        let names = ["", "refs/", "refs/tags/", "refs/heads/"].map(|before| format!("{before}{wanted}"));
        let found = names.iter().find(|name| heads.iter().any(|(head, _)| head == *name));
        let commit = Oid::from_str(wanted).ok().filter(|_| wanted.len() == 40);
        let at_commit = |oid: Oid| heads.iter().find(|(_, head)| *head == oid).map(|(name, _)| name);
        let source = match (found, commit) {
            (Some(name), _) => name.clone(),
            (None, Some(oid)) => at_commit(oid).cloned().unwrap_or_else(|| wanted.to_owned()),
            (None, None) => {
                return Err(Error::NotFound {
                    remote: remote.name(),
                    detail: format!("it has no branch, tag or reference {wanted:?}"),
                });
            }
        };
        get(&git, remote, &source, most_bytes)?;
        let commit = git.find_reference(FETCHED)?.peel_to_commit()?.id();
        Ok(Self { _directory: directory, git, commit })
    }

    /// Returns the files of the revision.
    pub fn files(&self) -> Result<Files<'_>> {
        Files::of(&self.git, Some(self.commit))
    }
}

/// Lists all references of the server and `HEAD`, with their targets.
fn heads(remote: &Remote) -> Result<Vec<(String, Oid)>> {
    retrying(remote, || {
        let mut git = git2::Remote::create_detached(transport::URL)?;
        let heads = connected(remote, || {
            git.connect(Direction::Fetch)?;
            let heads = git.list()?.iter().map(|head| (head.name().to_owned(), head.oid())).collect();
            git.disconnect()?;
            Ok(heads)
        })?;
        heads.map_err(|e| protocol_error(remote, &e))
    })
}

/// Fetches one reference or commit, without history if the server can do that.
fn get(git: &git2::Repository, remote: &Remote, source: &str, most_bytes: usize) -> Result<()> {
    let refspec = format!("+{source}:{FETCHED}");
    let too_large = std::cell::Cell::new(false);
    let fetch = |depth: i32| {
        connected(remote, || {
            let mut callbacks = RemoteCallbacks::new();
            callbacks.transfer_progress(|progress| {
                too_large.set(progress.received_bytes() > most_bytes);
                !too_large.get()
            });
            let mut options = FetchOptions::new();
            options.download_tags(AutotagOption::None).update_fetchhead(false).depth(depth);
            options.remote_callbacks(callbacks);
            git.remote_anonymous(transport::URL)?.fetch(&[&refspec], Some(&mut options), None)
        })
    };
    let fetched = retrying(remote, || {
        // libgit2's error for a server without shallow fetches.
        match fetch(1)? {
            Err(e) if e.message().contains("shallow") && !too_large.get() => Ok(fetch(0)?),
            other => Ok(other),
        }
    })?;
    if too_large.get() {
        let limit = most_bytes / (1024 * 1024);
        return Err(Error::Local(format!("{} sends more than {limit} MiB", remote.name())));
    }
    fetched.map_err(|e| protocol_error(remote, &e))
}
