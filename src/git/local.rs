//! The files of a revision of a repository on this machine, without touching its working tree.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Oid, Tree};

use super::error::{Error, Result};
use super::repository::LINK;
use super::tree::normal_path;

/// A repository of this machine.
pub struct LocalRepository {
    git: git2::Repository,
}

impl std::fmt::Debug for LocalRepository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LocalRepository({})", self.git.path().display())
    }
}

impl LocalRepository {
    /// The repository that a folder lies in.
    ///
    /// # Errors
    /// There is none, or it belongs to somebody else.
    pub fn around(folder: &Path) -> Result<Self> {
        let git = git2::Repository::discover(folder).map_err(|error| match error.code() {
            ErrorCode::NotFound => {
                Error::Local(format!("there is no Git repository at or above {}", folder.display()))
            }
            ErrorCode::Owner => Error::Local(format!(
                "the Git repository around {} belongs to somebody else; trust it by: git config --global --add safe.directory FOLDER",
                folder.display()
            )),
            _ => error.into(),
        })?;
        Ok(Self { git })
    }

    /// The folder with the working tree; none where there is only the repository.
    pub fn work_tree(&self) -> Option<&Path> {
        self.git.workdir()
    }

    /// Where it was cloned from, without credentials.
    pub fn origin(&self) -> Option<String> {
        let remote = self.git.find_remote("origin").ok()?;
        let url = remote.url().ok()?.to_owned();
        let Some((scheme, rest)) = url.split_once("://") else { return Some(url) };
        let end = rest.find('/').unwrap_or(rest.len());
        let start = rest[..end].rfind('@').map_or(0, |at| at + 1);
        Some(format!("{scheme}://{}", &rest[start..]))
    }

    /// Writes the files of a revision (a branch, a tag, a commit, `HEAD~2`) into the folder `into`, which is empty, and
    /// returns the revision's commit or tree. Submodules are left out. What Git would do on the way (line ends, filters)
    /// is not done.
    ///
    /// # Errors
    /// There is no such revision, or a file cannot be written.
    pub fn export(&self, revision: &str, into: &Path) -> Result<String> {
        let found = self.git.revparse_single(revision).map_err(|error| match error.code() {
            ErrorCode::NotFound | ErrorCode::InvalidSpec | ErrorCode::Ambiguous => Error::Local(format!(
                "{revision:?} is no revision of the Git repository: {}",
                error.message()
            )),
            _ => error.into(),
        })?;
        let tree = found.peel_to_tree().map_err(|_| Error::Local(format!("{revision:?} holds no files")))?;
        self.write(&tree, into)?;
        let commit = found.peel(ObjectType::Commit).map_or(tree.id(), |commit| commit.id());
        Ok(commit.to_string())
    }

    fn write(&self, tree: &Tree<'_>, into: &Path) -> Result<()> {
        // Not by recursion: nobody limits how deep a tree may be.
        let mut folders: Vec<(Oid, PathBuf)> = vec![(tree.id(), into.to_path_buf())];
        while let Some((tree, folder)) = folders.pop() {
            for entry in &self.git.find_tree(tree)? {
                let name = entry.name().map_err(|_| Error::Path {
                    path: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
                    reason: "it is not UTF-8".to_owned(),
                })?;
                if name.contains(['/', '\\']) || normal_path(name)? != name {
                    return Err(Error::Path { path: name.into(), reason: "it is no name of a file".into() });
                }
                let path = folder.join(name);
                match entry.kind() {
                    Some(ObjectType::Tree) => {
                        fs::create_dir(&path)?;
                        folders.push((entry.id(), path));
                    }
                    Some(ObjectType::Blob) => {
                        let blob = self.git.find_blob(entry.id())?;
                        if entry.filemode() == LINK {
                            link(blob.content(), &path)?;
                        } else {
                            // Never through a link that another entry of the same name has made.
                            let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
                            file.write_all(blob.content())?;
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn link(target: &[u8], path: &Path) -> std::io::Result<()> {
    use std::os::unix::ffi::OsStrExt;

    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(target), path)
}

/// Where there are no links, Git writes where they lead.
#[cfg(not(unix))]
fn link(target: &[u8], path: &Path) -> std::io::Result<()> {
    fs::write(path, target)
}
