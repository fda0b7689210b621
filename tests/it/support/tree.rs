//! A directory of files for a test.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary directory, gone with the test.
pub struct Tree(TempDir);

impl Tree {
    /// The files by their paths. An empty `.git` makes the directory a repository.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let tree = Self(TempDir::new().expect("a temporary directory"));
        tree.write(".git/HEAD", "ref: refs/heads/main\n");
        for (path, content) in files {
            tree.write(path, content);
        }
        tree
    }

    /// Writes a file.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a path below the directory"))
            .expect("the directory is ours");
        fs::write(path, content).expect("the directory is ours");
    }

    /// The absolute path of a file or directory.
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// All files and directories but those of `.git`, for a look at whether any came or went.
    pub fn names(&self) -> Vec<PathBuf> {
        fn walk(directory: &Path, names: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(directory).expect("the directory is ours") {
                let path = entry.expect("the directory is ours").path();
                if path.is_dir() && !path.ends_with(".git") {
                    walk(&path, names);
                }
                names.push(path);
            }
        }
        let mut names = Vec::new();
        walk(self.root(), &mut names);
        names.sort();
        names
    }
}
