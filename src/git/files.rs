//! Files of a commit, read from Git's objects.

use std::fmt;
use std::path::Path;

use git2::{ErrorCode, ObjectType, Oid, Tree, TreeEntry};

use super::error::Result;
use super::tree::normal_path;

/// Git's mode of a symbolic link.
pub(super) const LINK: i32 = 0o120_000;
/// Git's mode of an executable file.
pub(super) const EXECUTABLE: i32 = 0o100_755;

/// Entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: EntryKind,
}

/// Kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// File.
    File,
    /// Symbolic link.
    Link,
    /// Directory.
    Directory,
    /// Submodule: a commit of another repository.
    Submodule,
}

impl EntryKind {
    /// Tells the kind of an entry by its type and mode.
    pub(super) fn of(kind: Option<ObjectType>, mode: i32) -> Option<EntryKind> {
        Some(match (kind?, mode) {
            (ObjectType::Tree, _) => EntryKind::Directory,
            (ObjectType::Commit, _) => EntryKind::Submodule,
            (_, LINK) => EntryKind::Link,
            _ => EntryKind::File,
        })
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "a file",
            Self::Link => "a symbolic link",
            Self::Directory => "a directory",
            Self::Submodule => "a submodule",
        })
    }
}

/// Files of a commit. Paths are relative to the root, with `/` between their parts; the empty path is the root.
pub struct Files<'a> {
    git: &'a git2::Repository,
    /// `None` for a repository without commits.
    root: Option<Tree<'a>>,
}

impl<'a> Files<'a> {
    pub(super) fn of(git: &'a git2::Repository, commit: Option<Oid>) -> Result<Self> {
        let tree = |oid| git.find_commit(oid).and_then(|commit| commit.tree());
        Ok(Self { git, root: commit.map(tree).transpose()? })
    }

    pub(super) fn root(&self) -> Option<&Tree<'a>> {
        self.root.as_ref()
    }

    fn entry(&self, path: &str) -> Result<Option<TreeEntry<'static>>> {
        let Some(root) = &self.root else { return Ok(None) };
        match root.get_path(Path::new(&normal_path(path)?)) {
            Ok(entry) => Ok(Some(entry)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn blob(&self, path: &str, is_link: bool) -> Result<Option<Vec<u8>>> {
        match self.entry(path)? {
            Some(entry)
                if entry.kind() == Some(ObjectType::Blob) && (entry.filemode() == LINK) == is_link =>
            {
                Ok(Some(self.git.find_blob(entry.id())?.content().to_vec()))
            }
            _ => Ok(None),
        }
    }

    /// Returns what is at a path; `None` if nothing is.
    pub fn kind(&self, path: &str) -> Result<Option<EntryKind>> {
        if normal_path(path)?.is_empty() {
            return Ok(Some(EntryKind::Directory));
        }
        Ok(self.entry(path)?.and_then(|entry| EntryKind::of(entry.kind(), entry.filemode())))
    }

    /// Returns the content of a file; `None` if there is no file. Links are not followed.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.blob(path, false)
    }

    /// Returns the target of a symbolic link; `None` if there is no link.
    pub fn link_target(&self, path: &str) -> Result<Option<String>> {
        let target = self.blob(path, true)?;
        Ok(target.map(|target| String::from_utf8_lossy(&target).into_owned()))
    }

    /// Returns the commit of a submodule, 40 hexadecimal digits; `None` if there is no submodule.
    pub fn submodule(&self, path: &str) -> Result<Option<String>> {
        let entry = self.entry(path)?.filter(|entry| entry.kind() == Some(ObjectType::Commit));
        Ok(entry.map(|entry| entry.id().to_string()))
    }

    /// Returns the entries of a directory, sorted by name; `None` if there is no directory.
    pub fn list(&self, path: &str) -> Result<Option<Vec<Entry>>> {
        let below;
        let tree = if normal_path(path)?.is_empty() {
            let Some(root) = &self.root else { return Ok(None) };
            root
        } else {
            match self.entry(path)? {
                Some(entry) if entry.kind() == Some(ObjectType::Tree) => {
                    below = self.git.find_tree(entry.id())?;
                    &below
                }
                _ => return Ok(None),
            }
        };
        let entry = |entry: TreeEntry<'_>| {
            let kind = EntryKind::of(entry.kind(), entry.filemode())?;
            Some(Entry { name: entry.name().ok()?.to_owned(), kind })
        };
        let mut entries: Vec<Entry> = tree.iter().filter_map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Some(entries))
    }
}
