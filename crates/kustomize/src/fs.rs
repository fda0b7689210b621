//! Where the files come from: a trait, a folder of the disk that nothing leaves, and a map in memory.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::remote::Remote;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A regular file.
    File,
    /// A folder.
    Folder,
}

/// The files that a build may read. Paths are absolute within the file system.
pub trait FileSystem {
    /// The path with links and `..` resolved, and what lies there.
    ///
    /// # Errors
    /// `NotFound` where nothing is; `PermissionDenied` where the path leaves what may be read.
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, Entry)>;

    /// The content of the file at `path`, which [`FileSystem::resolve`] has returned.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The names in the folder at `path`, which [`FileSystem::resolve`] has returned, in the order of their bytes.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;

    /// What fetches from other machines, where that is allowed.
    fn remote(&self) -> Option<&dyn Remote> {
        None
    }
}

/// The part of the disk below one folder. A path or a link that leads out of it is refused.
#[derive(Debug, Clone)]
pub struct RootedFs {
    root: PathBuf,
}

impl RootedFs {
    /// The folder `root`, which must exist.
    pub fn new(root: &Path) -> io::Result<Self> {
        Ok(Self { root: root.canonicalize()? })
    }

    /// The folder, absolute and without links.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl FileSystem for RootedFs {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, Entry)> {
        let path = self.root.join(path).canonicalize()?;
        if !path.starts_with(&self.root) {
            let message = format!("{} is outside {}", path.display(), self.root.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        let kind = path.metadata()?;
        if kind.is_dir() {
            Ok((path, Entry::Folder))
        } else if kind.is_file() {
            Ok((path, Entry::File))
        } else {
            // A pipe or a device could block for ever.
            Err(io::Error::new(io::ErrorKind::InvalidInput, "neither a file nor a folder"))
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

/// Files in memory, with a file system below them where one is given: what is written here hides what lies there.
#[derive(Default)]
pub struct MemoryFs<'a> {
    files: BTreeMap<PathBuf, Vec<u8>>,
    below: Option<&'a dyn FileSystem>,
}

impl<'a> MemoryFs<'a> {
    /// An empty file system.
    pub fn new() -> Self {
        Self::default()
    }

    /// A layer above `below`.
    pub fn above(below: &'a dyn FileSystem) -> Self {
        Self { files: BTreeMap::new(), below: Some(below) }
    }

    /// Writes a file; `path` is absolute.
    pub fn write(&mut self, path: impl AsRef<Path>, content: impl Into<Vec<u8>>) {
        self.files.insert(clean(path.as_ref()), content.into());
    }

    fn holds_folder(&self, path: &Path) -> bool {
        self.files
            .range(path.to_path_buf()..)
            .take_while(|(file, _)| file.starts_with(path))
            .any(|(file, _)| file != path)
    }
}

impl FileSystem for MemoryFs<'_> {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, Entry)> {
        let path = clean(path);
        if self.files.contains_key(&path) {
            return Ok((path, Entry::File));
        }
        match self.below.map(|below| below.resolve(&path)) {
            Some(Ok((real, Entry::File))) if self.files.contains_key(&real) => Ok((real, Entry::File)),
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound && self.holds_folder(&path) => {
                Ok((path, Entry::Folder))
            }
            Some(found) => found,
            None if path == Path::new("/") || self.holds_folder(&path) => Ok((path, Entry::Folder)),
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

/// The path without `.` and `..`; a `..` at the root stays there.
pub fn clean(path: &Path) -> PathBuf {
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
