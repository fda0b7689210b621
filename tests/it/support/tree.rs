//! A folder of files for a test.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary folder, gone with the test.
pub struct Tree(TempDir);

impl Tree {
    /// The files by their paths. An empty `.git` makes the folder a repository.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let tree = Self(TempDir::new().expect("a temporary folder"));
        tree.write(".git/HEAD", "ref: refs/heads/main\n");
        for (path, content) in files {
            tree.write(path, content);
        }
        tree
    }

    /// Writes a file.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a path below the folder")).expect("the folder is ours");
        fs::write(path, content).expect("the folder is ours");
    }

    /// The absolute path of a file or folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// All files and folders but those of `.git`, for a look at whether any came or went.
    pub fn names(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, names: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).expect("the folder is ours") {
                let path = entry.expect("the folder is ours").path();
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
