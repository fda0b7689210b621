//! The repository as a file system for kustomize.

use std::io;
use std::path::{Path, PathBuf};

use edgeflux_kustomize::{FileSystem, FileType};

use crate::git::{Files, Repository, Resolved};

/// Files of the branch's head for kustomize. Links are followed inside the repository.
pub struct RepositoryFs<'a>(pub &'a Repository);

impl RepositoryFs<'_> {
    fn files(&self) -> io::Result<Files<'_>> {
        self.0.files().map_err(io::Error::other)
    }
}

impl FileSystem for RepositoryFs<'_> {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)> {
        let root = Path::new("/");
        match self.files()?.resolve(text_of(path)?)? {
            Resolved::File(path) => Ok((root.join(path), FileType::File)),
            Resolved::Directory(path) => Ok((root.join(path), FileType::Directory)),
            Resolved::Submodule { .. } => {
                Err(io::Error::new(io::ErrorKind::InvalidInput, "submodules are not read"))
            }
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let content = self.files()?.read(text_of(path)?).map_err(io::Error::other)?;
        content.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let entries = self.files()?.list(text_of(path)?).map_err(io::Error::other)?;
        let entries = entries.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(entries.into_iter().map(|entry| entry.name).collect())
    }
}

fn text_of(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| io::ErrorKind::NotFound.into())
}
