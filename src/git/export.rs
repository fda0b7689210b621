//! Export of the files of a revision to a directory. The working tree is not changed.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Oid, Tree};

use super::error::{Error, Result};
use super::files::LINK;
use super::local::LocalRepository;

/// Result of an export.
#[derive(Debug)]
pub struct Export {
    /// Commit, or tree if the revision is not a commit.
    pub id: String,
    /// Files and directories that are not on this machine, by their paths, each with the reason and the next step. They are
    /// written empty.
    pub absent: BTreeMap<PathBuf, String>,
}

/// Maximum depth of nested submodules.
const DEEPEST_SUBMODULE: usize = 10;

impl LocalRepository {
    /// Writes the files of a revision (a branch, a tag, a commit, `HEAD~2`, `main@{yesterday}`) into the empty directory
    /// `into`: as Git stores them, without conversions of line endings or filters, and with the files of the submodules
    /// that are on this machine.
    ///
    /// # Errors
    /// There is no such revision, a directory of it is not on this machine, or a file cannot be written.
    pub fn export(&self, revision: &str, into: &Path) -> Result<Export> {
        let found = self.git.revparse_single(revision).map_err(|error| self.no_revision(revision, &error))?;
        let tree = found.peel_to_tree().map_err(|error| match error.code() {
            ErrorCode::NotFound => self.missing_object(revision, "the files", found.id()),
            _ => Error::Local(format!("{revision:?} contains no files")),
        })?;
        let commit = found.peel(ObjectType::Commit).map_or(tree.id(), |commit| commit.id());
        let mut writer = Writer { revision, into, absent: BTreeMap::new() };
        writer.write(self, &tree, Path::new(""), 0)?;
        Ok(Export { id: commit.to_string(), absent: writer.absent })
    }

    /// Error of a name that is not a revision.
    pub(super) fn no_revision(&self, revision: &str, error: &git2::Error) -> Error {
        if !matches!(
            error.code(),
            ErrorCode::NotFound | ErrorCode::InvalidSpec | ErrorCode::Ambiguous | ErrorCode::UnbornBranch
        ) {
            return Error::Local(format!("{revision:?} cannot be read: {}", error.message()));
        }
        let is_unborn = self.git.head().is_err_and(|error| error.code() == ErrorCode::UnbornBranch);
        if is_unborn && revision.starts_with("HEAD") {
            return Error::Checkout {
                what: format!("{revision:?} is not a revision: this branch has no commits yet"),
                step: "commit first, or use another branch or a directory".to_owned(),
            };
        }
        let what = format!("{revision:?} is not a revision of the Git repository: {}", error.message());
        let remote = revision.split_once('/').filter(|(remote, _)| self.git.find_remote(remote).is_ok());
        let step = if revision.contains("..") {
            "a range has two revisions: use --from for the first and --to for the second".to_owned()
        } else if let Some((remote, branch)) = remote {
            format!("fetch it: git fetch {remote} {branch}:refs/remotes/{remote}/{branch}")
        } else if self.is_shallow() {
            "this is a shallow clone, which has only its newest commits; fetch the others: git fetch --unshallow"
                .to_owned()
        } else {
            "use a branch, a tag, a commit or a directory".to_owned()
        };
        Error::Checkout { what, step }
    }

    /// Error of missing objects.
    fn missing_object(&self, revision: &str, what: &str, id: Oid) -> Error {
        let (place, step) = self.missing_from(revision);
        Error::Checkout {
            what: format!("{what} at {revision} (tree {id}) are not in this {place} clone"),
            step,
        }
    }

    /// Returns the kind of a clone with missing objects, and the next step.
    fn missing_from(&self, revision: &str) -> (&'static str, String) {
        if self.is_partial() {
            ("partial", format!("fetch what is missing: git archive --output=/dev/null {revision}"))
        } else {
            ("damaged", "find the damage: git fsck".to_owned())
        }
    }
}

/// Writer of trees below `into`.
struct Writer<'a> {
    revision: &'a str,
    into: &'a Path,
    absent: BTreeMap<PathBuf, String>,
}

impl Writer<'_> {
    /// Writes a tree to an existing directory below `into`.
    fn write(
        &mut self,
        repository: &LocalRepository,
        tree: &Tree<'_>,
        at: &Path,
        depth: usize,
    ) -> Result<()> {
        let git = &repository.git;
        let mut submodules = None;
        // Without recursion: the depth of a tree is not limited.
        let mut directories: Vec<(Oid, PathBuf)> = vec![(tree.id(), PathBuf::new())];
        while let Some((id, directory)) = directories.pop() {
            let entries = git.find_tree(id).map_err(|error| match error.code() {
                ErrorCode::NotFound => {
                    let what = format!("the files of the directory {}", at.join(&directory).display());
                    repository.missing_object(self.revision, &what, id)
                }
                _ => error.into(),
            })?;
            for entry in &entries {
                let inside = directory.join(name(entry.name_bytes())?);
                let path = at.join(&inside);
                let place = self.into.join(&path);
                let written = match entry.kind() {
                    Some(ObjectType::Tree) => {
                        directories.push((entry.id(), inside));
                        fs::create_dir(&place)
                    }
                    Some(ObjectType::Blob) => match git.find_blob(entry.id()) {
                        Ok(blob) if entry.filemode() == LINK => link(blob.content(), &place),
                        Ok(blob) => create(&place, blob.content()),
                        Err(error) if error.code() == ErrorCode::NotFound => {
                            let (kind, step) = repository.missing_from(self.revision);
                            let (id, revision) = (entry.id(), self.revision);
                            let sentence = format!(
                                "its content at {revision} (blob {id}) is not in this {kind} clone; {step}"
                            );
                            self.absent.insert(path.clone(), sentence);
                            create(&place, b"")
                        }
                        Err(error) => return Err(error.into()),
                    },
                    Some(ObjectType::Commit) => {
                        fs::create_dir(&place)?;
                        let names = submodules.get_or_insert_with(|| names(git, tree));
                        self.submodule(repository, names, &inside, (entry.id(), &path), depth)?;
                        Ok(())
                    }
                    _ => Ok(()),
                };
                if let Err(error) = written {
                    self.not_written(path, &error)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the files of a submodule at its commit, if they are on this machine.
    fn submodule(
        &mut self,
        parent: &LocalRepository,
        names: &BTreeMap<PathBuf, String>,
        inside: &Path,
        (commit, path): (Oid, &Path),
        depth: usize,
    ) -> Result<()> {
        let shown = path.display();
        let name = names.get(inside).cloned().unwrap_or_else(|| inside.to_string_lossy().into_owned());
        let repository = parent.submodule(&name, inside).filter(|_| depth < DEEPEST_SUBMODULE);
        let tree = repository.as_ref().and_then(|it| it.git.find_commit(commit).ok()?.tree().ok());
        match (&repository, tree) {
            (Some(repository), Some(tree)) => self.write(repository, &tree, path, depth + 1),
            (Some(_), None) => {
                let sentence = format!(
                    "the submodule's commit {commit} at {} is not on this machine; fetch it: git -C {shown} fetch origin {commit}",
                    self.revision
                );
                self.absent.insert(path.to_path_buf(), sentence);
                Ok(())
            }
            (None, _) => {
                let sentence = format!(
                    "the submodule is not on this machine; fetch it: git submodule update --init {shown}"
                );
                self.absent.insert(path.to_path_buf(), sentence);
                Ok(())
            }
        }
    }

    /// Records a name that this machine's file system refuses as absent. Other failures are errors.
    fn not_written(&mut self, path: PathBuf, error: &io::Error) -> Result<()> {
        use io::ErrorKind::{AlreadyExists, InvalidFilename, InvalidInput};

        // EILSEQ: some file systems take UTF-8 only.
        const NOT_UTF8: [i32; 2] = [84, 92];
        let is_name = matches!(error.kind(), AlreadyExists | InvalidFilename | InvalidInput)
            || error.raw_os_error().is_some_and(|code| NOT_UTF8.contains(&code));
        if !is_name {
            return Err(Error::Local(format!("cannot write {}: {error}", path.display())));
        }
        self.absent.insert(path, format!("this machine's file system rejects the name: {error}"));
        Ok(())
    }
}

/// Returns the names of the submodules of a tree, by their paths.
fn names(git: &git2::Repository, tree: &Tree<'_>) -> BTreeMap<PathBuf, String> {
    let blob = tree.get_name(".gitmodules").and_then(|entry| git.find_blob(entry.id()).ok());
    let text = blob.map(|blob| String::from_utf8_lossy(blob.content()).into_owned()).unwrap_or_default();
    super::submodules::read(&text).into_iter().map(|(name, path)| (path, name)).collect()
}

/// Checks the name of an entry: a malicious tree may contain names that Git never writes.
fn name(bytes: &[u8]) -> Result<PathBuf> {
    let wrong = |reason: &str| Error::Path {
        path: String::from_utf8_lossy(bytes).into_owned(),
        reason: reason.to_owned(),
    };
    if bytes.is_empty() || bytes == b"." || bytes == b".." || bytes.contains(&b'/') || bytes.contains(&0) {
        return Err(wrong("it is not a valid file name"));
    }
    if bytes.eq_ignore_ascii_case(b".git") {
        return Err(wrong("Git reserves this name"));
    }
    file_name(bytes).ok_or_else(|| wrong("it is not UTF-8"))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere not every name is one")]
pub(super) fn file_name(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;

    Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
pub(super) fn file_name(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

/// Writes a file, never through a link that another entry of the same name has created.
pub(super) fn create(place: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(place)?;
    file.write_all(content)
}

#[cfg(unix)]
pub(super) fn link(target: &[u8], place: &Path) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt as _;

    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(target), place)
}

/// Writes the target of a link, as Git does on systems without links.
#[cfg(not(unix))]
pub(super) fn link(target: &[u8], place: &Path) -> io::Result<()> {
    create(place, target)
}
