//! Files of a source or an artifact by path, and a file system to read them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::render::checkout::Checkout;
use crate::render::source_files::SourceFiles;
use edgeflux_kustomize::{FileSystem, FileType};

/// A file and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// File on disk.
    pub origin: PathBuf,
    /// Content if it was generated; otherwise it is as Git stores it.
    pub content: Option<Arc<[u8]>>,
    /// Reads it as Git stores it.
    pub checkout: Option<Arc<Checkout>>,
}

impl File {
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        match (&self.content, &self.checkout) {
            (Some(content), _) => Ok(content.to_vec()),
            (None, Some(checkout)) => Ok(checkout.read(&self.origin)?.bytes),
            (None, None) => std::fs::read(&self.origin),
        }
    }
}

/// Files by path from the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Files(BTreeMap<PathBuf, File>);

impl Files {
    /// Files of a source.
    pub(super) fn of_source(source: &SourceFiles) -> Self {
        let file = |path: PathBuf| {
            let inside = path.strip_prefix(source.root()).unwrap_or(&path).to_path_buf();
            (inside, File { origin: path, content: None, checkout: Some(source.checkout().clone()) })
        };
        Self(source.files().map(file).collect())
    }

    pub(super) fn get(&self, path: &Path) -> Option<&File> {
        self.0.get(path)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&PathBuf, &File)> {
        self.0.iter()
    }

    /// All directories except the root, by path.
    pub(super) fn directories(&self) -> BTreeSet<&Path> {
        let above = self.0.keys().flat_map(|path| path.ancestors().skip(1));
        above.filter(|directory| !directory.as_os_str().is_empty()).collect()
    }

    /// Files below a directory, by path from the root.
    pub(super) fn below<'a>(&'a self, directory: &'a Path) -> impl Iterator<Item = (&'a PathBuf, &'a File)> {
        let from = self.0.range(directory.to_path_buf()..);
        from.take_while(move |(path, _)| path.starts_with(directory))
            .filter(move |(path, _)| *path != directory)
    }

    pub(super) fn has_directory(&self, path: &Path) -> bool {
        self.below(path).next().is_some()
    }

    /// Adds or replaces a file.
    ///
    /// # Errors
    /// There is a directory of this name, or a parent is a file.
    pub(super) fn put(&mut self, path: PathBuf, file: File) -> Result<()> {
        let above = path.ancestors().skip(1).find(|above| self.0.contains_key(*above));
        if let Some(above) = above {
            return Err(Error::failed(format!(
                "{} is a file in the artifact, not a directory",
                above.display()
            )));
        }
        if path.as_os_str().is_empty() || self.has_directory(&path) {
            return Err(Error::failed(format!(
                "{:?} is a directory in the artifact, not a file",
                path.display()
            ))
            .hint("end the path with a slash to put the file into the directory"));
        }
        self.0.insert(path, file);
        Ok(())
    }
}

/// Resolves `.` and `..` in a path; none if it leads out of its root.
pub(in crate::render) fn inside(path: &Path) -> Option<PathBuf> {
    let mut inside = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => inside.push(name),
            Component::ParentDir if !inside.pop() => return None,
            Component::Prefix(_) => return None,
            _ => {}
        }
    }
    Some(inside)
}

/// A generated artifact: a directory in memory.
#[derive(PartialEq, Eq)]
pub struct Artifact {
    mount: PathBuf,
    files: Files,
}

impl Artifact {
    /// `mount` is the virtual absolute path of its root.
    pub(super) fn new(mount: PathBuf, files: Files) -> Self {
        Self { mount, files }
    }

    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    /// Path of a directory of the artifact.
    pub fn directory(&self, path: &str) -> PathBuf {
        self.mount.join(inside(Path::new(path)).unwrap_or_default())
    }

    /// Whether the artifact has a directory.
    pub fn has_directory(&self, directory: &Path) -> bool {
        directory.strip_prefix(&self.mount).is_ok_and(|directory| self.files.has_directory(directory))
    }

    /// File on disk that a file of the artifact comes from.
    pub fn origin(&self, path: &Path) -> Option<&Path> {
        Some(self.files.get(path.strip_prefix(&self.mount).ok()?)?.origin.as_path())
    }

    /// Whether a directory of the artifact has a file from disk.
    pub fn holds(&self, directory: &Path, origin: &Path) -> bool {
        let directory = directory.strip_prefix(&self.mount).unwrap_or(directory);
        self.files.below(directory).any(|(_, file)| file.origin == origin)
    }

    fn relative(&self, path: &Path) -> io::Result<PathBuf> {
        let leaves = || {
            let message = format!("{} is outside the artifact", path.display());
            io::Error::new(io::ErrorKind::PermissionDenied, message)
        };
        let path = inside(path).map(|inside| Path::new("/").join(inside)).ok_or_else(leaves)?;
        path.strip_prefix(&self.mount).map(Path::to_path_buf).map_err(|_| leaves())
    }
}

impl std::fmt::Debug for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Artifact({})", self.mount.display())
    }
}

impl FileSystem for Artifact {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)> {
        let relative = self.relative(path)?;
        let entry = if self.files.get(&relative).is_some() {
            FileType::File
        } else if self.files.has_directory(&relative) {
            FileType::Directory
        } else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "not in the artifact"));
        };
        Ok((self.mount.join(relative), entry))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.files.get(&self.relative(path)?) {
            Some(file) => file.read(),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let directory = self.relative(path)?;
        let name = |path: &PathBuf| {
            let first = path.strip_prefix(&directory).ok()?.components().next()?;
            Some(first.as_os_str().to_string_lossy().into_owned())
        };
        let mut names: Vec<String> =
            self.files.below(&directory).filter_map(|(path, _)| name(path)).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}
