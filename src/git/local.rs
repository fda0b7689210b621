//! Repository on this machine, opened as Git opens it.
//!
//! Git's configuration and the variables that Git's own hooks and users set (`GIT_CONFIG_GLOBAL`, `GIT_INDEX_FILE`,
//! `GIT_OBJECT_DIRECTORY`, …) apply. Nothing in the repository is run: no hook, no filter, no file system monitor.
//! Therefore its owner is not checked: `safe.directory` protects programs that run these.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use git2::{ErrorCode, RepositoryOpenFlags};

use super::error::{Error, Result};

/// Repository on this machine.
pub struct LocalRepository {
    pub(super) git: git2::Repository,
    pub(super) known: Known,
}

/// State of a working tree, for [`LocalRepository::stored`].
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Whether attributes for the whole repository convert files.
    pub(super) converts: OnceLock<bool>,
    /// Directories, relative to the root, and whether their attributes convert files.
    pub(super) directories: Mutex<HashMap<OsString, bool>>,
    /// Whether objects are kept in memory instead of being written.
    pub(super) keeps: OnceLock<bool>,
}

impl std::fmt::Debug for LocalRepository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LocalRepository({})", self.git.path().display())
    }
}

impl LocalRepository {
    /// Opens the repository that contains a directory.
    ///
    /// # Errors
    /// There is none, or its format is not supported.
    pub fn around(directory: &Path) -> Result<Self> {
        accept_checkouts()?;
        let flags = RepositoryOpenFlags::FROM_ENV | RepositoryOpenFlags::CROSS_FS;
        let git = git2::Repository::open_ext(directory, flags, std::iter::empty::<&OsStr>())
            .map_err(|error| unreadable(directory, &error))?;
        Ok(Self { git, known: Known::default() })
    }

    /// Returns the root of the working tree; `None` for a bare repository.
    pub fn work_tree(&self) -> Option<&Path> {
        self.git.workdir()
    }

    /// Whether there is a revision with this name.
    pub fn has_revision(&self, revision: &str) -> bool {
        self.git.revparse_single(revision).is_ok()
    }

    /// Whether a path of the working tree is a submodule.
    pub fn has_submodule(&self, path: &Path) -> bool {
        const SUBMODULE: u32 = 0o160_000;
        self.index_entry(path).is_some_and(|entry| entry.mode == SUBMODULE)
    }

    /// Whether the clone has only a part of the history.
    pub fn is_shallow(&self) -> bool {
        self.git.is_shallow()
    }

    /// Returns the URL that it was cloned from, without credentials.
    pub fn origin(&self) -> Option<String> {
        let remote = self.git.find_remote("origin").ok()?;
        Some(without_credentials(remote.url().ok()?))
    }

    /// Whether objects were not fetched from the server (`git clone --filter`).
    pub(super) fn is_partial(&self) -> bool {
        let Ok(config) = self.git.config() else { return false };
        let has =
            |pattern: &str| config.entries(Some(pattern)).is_ok_and(|mut entries| entries.next().is_some());
        has(r"^extensions\.partialclone$") || has(r"^remote\..*\.promisor$")
    }

    /// Finds the repository of a submodule, if it is on this machine, by its name and its path in the working tree.
    pub(super) fn submodule(&self, name: &str, path: &Path) -> Option<Self> {
        let kept: PathBuf = self.git.commondir().join("modules").join(name);
        let checked_out = self.git.workdir().map(|root| root.join(path).join(".git"));
        let places = [Some(kept), checked_out.filter(|place| place.exists())];
        places.into_iter().flatten().find_map(|place| {
            let git = git2::Repository::open(place).ok()?;
            Some(Self { git, known: Known::default() })
        })
    }
}

/// Returns the URL that a repository was cloned from, without credentials, from its file `config`. Also for a format that
/// [`LocalRepository`] cannot read.
pub fn origin_in(config: &Path) -> Option<String> {
    let config = git2::Config::open(config).ok()?;
    Some(without_credentials(&config.get_string("remote.origin.url").ok()?))
}

fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let start = rest[..end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[start..])
}

/// Lets libgit2 open partial clones and the checkouts of other users, once per process.
fn accept_checkouts() -> Result<()> {
    static DONE: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    DONE.get_or_init(|| {
        // SAFETY: libgit2 requires that no repository is opened meanwhile. Those on this machine are opened after this
        // `OnceLock` only; others that this program opens have no extensions and belong to it.
        #[allow(unsafe_code)]
        let set = unsafe {
            git2::opts::set_extensions(&["partialclone"])
                .and_then(|()| git2::opts::set_verify_owner_validation(false))
        };
        set.map_err(|e| e.message().to_owned())
    })
    .clone()
    .map_err(Error::Local)
}

/// Explains why a repository cannot be opened, and what to do.
fn unreadable(directory: &Path, error: &git2::Error) -> Error {
    let shown = directory.display();
    if error.code() == ErrorCode::NotFound {
        return Error::Checkout {
            what: format!("there is no Git repository at or above {shown}"),
            step: "use directories, or run the command in a Git repository to use revisions".to_owned(),
        };
    }
    let message = error.message();
    let format = if message.contains("refstorage") {
        "keeps its references in the format reftable"
    } else if message.contains("object format") || message.contains("objectformat") {
        "has SHA-256 object names"
    } else if message.contains("extension") || message.contains("version") {
        "has an unknown format"
    } else {
        return Error::Checkout {
            what: format!("the Git repository at or above {shown} cannot be read: {message}"),
            step: "check whether Git can read it: git status".to_owned(),
        };
    };
    Error::Checkout {
        what: format!("the Git repository at or above {shown} {format}, which flux cannot read ({message})"),
        step: "check the revision out with `git worktree add --detach DIRECTORY REVISION`, and use that \
            directory instead of the revision"
            .to_owned(),
    }
}
