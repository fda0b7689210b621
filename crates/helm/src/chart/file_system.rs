//! The trait through which charts are read from a file system.

use std::io;
use std::path::{Path, PathBuf};

pub use edgeflux_kustomize::FileType;

/// Files that loading a chart may read.
pub trait FileSystem {
    /// Resolves links and `..` in a path, and returns the type of the file.
    ///
    /// # Errors
    /// `NotFound` if there is no file; `PermissionDenied` if the path leads out of the file system. What is neither a file
    /// nor a directory is an error too.
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)>;

    /// Reads the file at `path`, which [`FileSystem::resolve`] returned.
    ///
    /// # Errors
    /// `FileTooLarge` if it has more bytes than `limit`.
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>>;

    /// Lists the names in the directory at `path`, which [`FileSystem::resolve`] returned, in byte order.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
}
