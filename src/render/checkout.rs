//! What Git knows about the files of a directory: their origin, how they are stored, and which are missing here.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::file;
use crate::git::{self, LocalRepository, Stored};

/// Prefix of files that git-crypt has encrypted.
const GIT_CRYPT: &[u8] = b"\0GITCRYPT\0";
/// Prefix of what Git LFS stores in place of a file.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Files of a working tree, or of a revision that was checked out into a directory.
#[derive(Debug)]
pub(super) struct Checkout {
    root: PathBuf,
    /// The revision, if one was checked out.
    revision: Option<Written>,
    git: OnceLock<Option<Mutex<LocalRepository>>>,
    /// Root of Git's working tree, without links.
    work_tree: OnceLock<Option<PathBuf>>,
}

/// A revision that was checked out into a directory.
#[derive(Debug)]
struct Written {
    origin: Option<String>,
    absent: BTreeMap<PathBuf, String>,
}

/// Content of a file.
pub(super) struct Content {
    pub bytes: Vec<u8>,
    /// Warning about it.
    pub note: Option<String>,
}

impl PartialEq for Checkout {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Checkout {}

impl Checkout {
    /// A directory, possibly in the working tree of a Git repository.
    pub(super) fn of_directory(root: PathBuf) -> Self {
        Self { root, revision: None, git: OnceLock::new(), work_tree: OnceLock::new() }
    }

    /// A revision that was checked out into a directory. `absent` has the reasons for missing paths.
    pub(super) fn of_revision(
        root: PathBuf,
        origin: Option<String>,
        absent: BTreeMap<PathBuf, String>,
    ) -> Self {
        Self {
            root,
            revision: Some(Written { origin, absent }),
            git: OnceLock::new(),
            work_tree: OnceLock::new(),
        }
    }

    /// URL that the repository was cloned from.
    pub(super) fn origin(&self) -> Option<String> {
        match &self.revision {
            Some(written) => written.origin.clone(),
            None if !self.root.join(".git").exists() => None,
            None => match self.git() {
                Some(git) => git.lock().unwrap_or_else(PoisonError::into_inner).origin(),
                None => git::origin_in(&self.root.join(".git/config")),
            },
        }
    }

    /// Reason why a path is missing on this machine.
    pub(super) fn absent(&self, path: &Path) -> Option<&str> {
        let absent = &self.revision.as_ref()?.absent;
        let path = path.strip_prefix(&self.root).ok()?;
        path.ancestors().find_map(|above| absent.get(above)).map(String::as_str)
    }

    /// Reads a file as Git stores it, which is how the cluster gets it.
    pub(super) fn read(&self, path: &Path) -> io::Result<Content> {
        if let Some(why) = self.absent(path) {
            return Err(io::Error::other(why.to_owned()));
        }
        let mut bytes = file::read(path)?;
        let mut note = None;
        if self.revision.is_none() {
            match self.stored(path, &bytes) {
                Stored::Same => {}
                Stored::Other(stored) => bytes = stored,
                Stored::Unknown(driver) => {
                    note = Some(format!(
                        "a commit stores what the Git filter {driver:?} makes of it; showing the file as it \
                        is on disk"
                    ));
                }
            }
        }
        if bytes.starts_with(GIT_CRYPT) {
            note = Some(
                "it is encrypted by git-crypt, and the cluster gets it encrypted; use SOPS, or \
                exclude it with .sourceignore"
                    .to_owned(),
            );
        } else if bytes.starts_with(LFS_POINTER) {
            note = Some("it is stored in Git LFS: the cluster gets the LFS pointer, not the file".to_owned());
        }
        Ok(Content { bytes, note })
    }

    /// The Git repository, opened at the first use.
    fn git(&self) -> Option<&Mutex<LocalRepository>> {
        self.git.get_or_init(|| LocalRepository::around(&self.root).ok().map(Mutex::new)).as_ref()
    }

    fn stored(&self, path: &Path, content: &[u8]) -> Stored {
        let Some(git) = self.git() else { return Stored::Same };
        let git = git.lock().unwrap_or_else(PoisonError::into_inner);
        let root = self.work_tree.get_or_init(|| git.work_tree().and_then(|root| root.canonicalize().ok()));
        match root.as_deref().and_then(|root| path.strip_prefix(root).ok()) {
            Some(path) => git.stored(path, content),
            None => Stored::Same,
        }
    }
}
