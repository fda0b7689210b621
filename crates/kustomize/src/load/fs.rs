//! File systems: the trait, and a directory of the disk that no path leaves.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::remote::Remote;

/// Type of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// A regular file.
    File,
    /// A directory.
    Directory,
}

/// Files that a build may read. Paths are absolute within the file system.
pub trait FileSystem {
    /// Resolves links and `..` in a path, and returns the type of the file.
    ///
    /// # Errors
    /// `NotFound` if there is no file; `PermissionDenied` if the path leads out of the file system.
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)>;

    /// Reads the file at `path`, which [`FileSystem::resolve`] returned.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Lists the names in the directory at `path`, which [`FileSystem::resolve`] returned, in byte order.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;

    /// Returns what fetches from other machines, if that is allowed.
    fn remote(&self) -> Option<&dyn Remote> {
        None
    }
}

/// A directory of the disk. Paths and links that lead out of it are refused.
#[derive(Debug, Clone)]
pub struct RootedFs {
    root: PathBuf,
    /// Directories, and their paths without links. Resolving a path takes a system call for each of its parts.
    directories: Arc<Mutex<HashMap<OsString, PathBuf>>>,
}

impl RootedFs {
    /// Returns the directory `root`, which must exist.
    pub fn new(root: &Path) -> io::Result<Self> {
        Ok(Self { root: root.canonicalize()?, directories: Arc::default() })
    }

    /// Returns the path of the directory, absolute and without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path without links, and what it is.
    fn real(&self, path: &Path) -> io::Result<(PathBuf, Metadata)> {
        let whole = || {
            let real = path.canonicalize()?;
            let metadata = real.metadata()?;
            Ok((real, metadata))
        };
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else { return whole() };
        // File systems of Macs ignore case; this corrects the spelling of the whole path.
        if cfg!(target_vendor = "apple") {
            return whole();
        }
        let lock = || self.directories.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(above.as_os_str()).cloned();
        let above = if let Some(real) = known {
            real
        } else {
            let (real, _) = self.real(above)?;
            lock().insert(above.as_os_str().to_owned(), real.clone());
            real
        };
        let place = above.join(name);
        let metadata = place.symlink_metadata()?;
        if metadata.is_symlink() { whole() } else { Ok((place, metadata)) }
    }
}

impl FileSystem for RootedFs {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)> {
        let (path, kind) = self.real(&self.root.join(path))?;
        if !path.starts_with(&self.root) {
            let message = format!("{} is outside {}", path.display(), self.root.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        if kind.is_dir() {
            Ok((path, FileType::Directory))
        } else if kind.is_file() {
            Ok((path, FileType::File))
        } else {
            // A pipe or a device could block forever.
            Err(io::Error::new(io::ErrorKind::InvalidInput, "neither a file nor a directory"))
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let (path, _) = self.resolve(path)?;
        std::fs::read(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Returns the path without `.` and `..`; a `..` at the root is dropped.
pub fn clean(path: &Path) -> PathBuf {
    if is_clean(path.as_os_str().as_encoded_bytes()) {
        return path.to_path_buf();
    }
    let mut cleaned = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => cleaned.push(name),
            Component::ParentDir => {
                cleaned.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    cleaned
}

/// Whether an absolute path has no `.`, no `..` and no empty name, which is how most are.
fn is_clean(path: &[u8]) -> bool {
    let starts_part = |at: usize| !matches!(path.get(at), None | Some(b'.' | b'/'));
    path.first() == Some(&b'/')
        && path.iter().enumerate().all(|(at, byte)| *byte != b'/' || starts_part(at + 1))
}
