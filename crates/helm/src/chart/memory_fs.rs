//! A file system in memory.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use edgeflux_kustomize::clean;

use super::file_system::{FileSystem, FileType};

/// Files in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryFs {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryFs {
    /// An empty file system.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a file.
    pub fn write(&mut self, path: impl AsRef<Path>, content: impl Into<Vec<u8>>) {
        self.files.insert(clean(path.as_ref()), content.into());
    }
}

impl FileSystem for MemoryFs {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)> {
        let path = clean(path);
        if self.files.contains_key(&path) {
            return Ok((path, FileType::File));
        }
        let below = self.files.range(path.clone()..).next();
        match below {
            Some((file, _)) if file.starts_with(&path) => Ok((path, FileType::Directory)),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        match self.files.get(path) {
            Some(content) if content.len() > limit => Err(io::ErrorKind::FileTooLarge.into()),
            Some(content) => Ok(content.clone()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter_map(|file| file.strip_prefix(path).ok()?.components().next())
            .map(|name| name.as_os_str().to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}
