//! The files of a repository at one revision, to be read; no work tree, so nothing of the repository (links,
//! attributes, filters, hooks) ever acts on this machine.

use std::path::Path;

use git2::{AutotagOption, Direction, FetchOptions, ObjectType, Oid, RemoteCallbacks};
use tempfile::TempDir;

use super::error::{Error, Result};
use super::remote::Remote;
use super::repository::{Entry, EntryKind, LINK, kind_of, protocol_error};
use super::retry::retrying;
use super::transport::{self, connected};
use super::tree::normal_path;

/// Where the fetched revision is kept in the temporary repository.
const FETCHED: &str = "refs/edgeflux/snapshot";

/// A repository at one revision. Paths are relative to its root, with `/` between their parts.
pub struct Snapshot {
    // Removed with everything in it when this is dropped.
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
    /// branch, into a folder below `temporary`. No more than `most_bytes` are received.
    ///
    /// # Errors
    /// The server cannot be asked, has no such revision, or sends more than that.
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

    /// What lies at a path; nothing where nothing does. The root is a folder.
    pub fn kind(&self, path: &str) -> Result<Option<EntryKind>> {
        let path = normal_path(path)?;
        if path.is_empty() {
            return Ok(Some(EntryKind::Folder));
        }
        Ok(self.entry(&path)?.and_then(|(entry, mode)| kind_of(entry.1, mode)))
    }

    /// The content of a file, or where a link points to.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match self.entry(&normal_path(path)?)? {
            Some(((oid, Some(ObjectType::Blob)), _)) => Ok(Some(self.git.find_blob(oid)?.content().to_vec())),
            _ => Ok(None),
        }
    }

    /// Whether a path is a link.
    pub fn is_link(&self, path: &str) -> Result<bool> {
        Ok(self.entry(&normal_path(path)?)?.is_some_and(|(_, mode)| mode == LINK))
    }

    /// The commit of the submodule at a path, 40 hexadecimal digits.
    pub fn submodule(&self, path: &str) -> Result<Option<String>> {
        match self.entry(&normal_path(path)?)? {
            Some(((oid, Some(ObjectType::Commit)), _)) => Ok(Some(oid.to_string())),
            _ => Ok(None),
        }
    }

    /// The entries of a folder, sorted by name; nothing where there is no such folder.
    pub fn list(&self, path: &str) -> Result<Option<Vec<Entry>>> {
        let path = normal_path(path)?;
        let root = self.git.find_commit(self.commit)?.tree()?;
        let tree = match path.as_str() {
            "" => root,
            path => match self.entry(path)? {
                Some(((oid, Some(ObjectType::Tree)), _)) => self.git.find_tree(oid)?,
                _ => return Ok(None),
            },
        };
        let entry = |entry: git2::TreeEntry<'_>| {
            let kind = kind_of(entry.kind(), entry.filemode())?;
            Some(Entry { name: entry.name().ok()?.to_owned(), kind })
        };
        let mut entries: Vec<Entry> = tree.iter().filter_map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Some(entries))
    }

    /// The object at a path, and its mode.
    #[expect(clippy::type_complexity, reason = "an object's id and type, and its mode, taken apart at once")]
    fn entry(&self, path: &str) -> Result<Option<((Oid, Option<ObjectType>), i32)>> {
        let tree = self.git.find_commit(self.commit)?.tree()?;
        match tree.get_path(Path::new(path)) {
            Ok(entry) => Ok(Some(((entry.id(), entry.kind()), entry.filemode()))),
            Err(e) if e.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }
}

/// All references of the server, `HEAD` among them, with what they point to.
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

/// Fetches one reference or commit, without its history where the server can do that.
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
        // libgit2 says "not supported" in its own words where a server has no shallow fetches.
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
