//! A file system in memory.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::fs::{FileSystem, FileType, clean};
use super::remote::Remote;

/// Files in memory, optionally on top of another file system, whose files they hide.
#[derive(Default)]
pub struct MemoryFs<'a> {
    files: BTreeMap<PathBuf, Vec<u8>>,
    below: Option<&'a dyn FileSystem>,
}

impl<'a> MemoryFs<'a> {
    /// Returns an empty file system.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an empty layer on top of `below`.
    pub fn above(below: &'a dyn FileSystem) -> Self {
        Self { files: BTreeMap::new(), below: Some(below) }
    }

    /// Writes a file; `path` is absolute.
    pub fn write(&mut self, path: impl AsRef<Path>, content: impl Into<Vec<u8>>) {
        self.files.insert(clean(path.as_ref()), content.into());
    }

    fn has_directory(&self, path: &Path) -> bool {
        self.files
            .range(path.to_path_buf()..)
            .take_while(|(file, _)| file.starts_with(path))
            .any(|(file, _)| file != path)
    }
}

impl FileSystem for MemoryFs<'_> {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)> {
        let path = clean(path);
        if self.files.contains_key(&path) {
            return Ok((path, FileType::File));
        }
        match self.below.map(|below| below.resolve(&path)) {
            Some(Ok((real, FileType::File))) if self.files.contains_key(&real) => Ok((real, FileType::File)),
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound && self.has_directory(&path) => {
                Ok((path, FileType::Directory))
            }
            Some(found) => found,
            None if path == Path::new("/") || self.has_directory(&path) => Ok((path, FileType::Directory)),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match (self.files.get(path), self.below) {
            (Some(content), _) => Ok(content.clone()),
            (None, Some(below)) => below.read(path),
            (None, None) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = match self.below.map(|below| below.list(path)) {
            Some(Ok(names)) => names,
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => Vec::new(),
        };
        for file in self.files.keys() {
            if let Some(Component::Normal(name)) =
                file.strip_prefix(path).ok().and_then(|rest| rest.components().next())
            {
                names.push(name.to_string_lossy().into_owned());
            }
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn remote(&self) -> Option<&dyn Remote> {
        self.below.and_then(FileSystem::remote)
    }
}
