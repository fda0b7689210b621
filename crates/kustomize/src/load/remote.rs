//! Fetching from other machines: the trait that a file system may bring.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fs::{FileSystem, FileType};
use super::git_source::GitSource;

/// Fetches files and Git repositories from other machines. A [`FileSystem`] without one refuses URLs.
pub trait Remote {
    /// Fetches the file at an HTTP or HTTPS URL.
    ///
    /// # Errors
    /// The server does not send the file. The text becomes part of the build's error.
    fn file(&self, url: &str) -> io::Result<Vec<u8>>;

    /// Fetches a Git repository at a revision.
    ///
    /// # Errors
    /// The repository or the revision cannot be fetched.
    fn repository(&self, source: &GitSource) -> io::Result<Checkout>;
}

/// The files of a Git repository.
#[derive(Clone)]
pub struct Checkout {
    /// The files, through which nothing outside of the repository may be readable.
    pub files: Arc<dyn FileSystem + Send + Sync>,
    /// Root of the repository in `files`.
    pub root: PathBuf,
}

/// A file system together with a [`Remote`].
pub struct WithRemote<'a> {
    files: &'a dyn FileSystem,
    remote: &'a dyn Remote,
}

impl<'a> WithRemote<'a> {
    /// Returns `files`, with URLs fetched through `remote`.
    pub fn new(files: &'a dyn FileSystem, remote: &'a dyn Remote) -> Self {
        Self { files, remote }
    }
}

impl FileSystem for WithRemote<'_> {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)> {
        self.files.resolve(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.read(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.files.list(path)
    }

    fn remote(&self) -> Option<&dyn Remote> {
        Some(self.remote)
    }
}
