//! The two states that are compared: directories, revisions of a Git repository, and its working tree.

use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

use super::Repository;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::git::LocalRepository;

/// One of the two states.
pub struct Side {
    /// Name that the user gave.
    pub label: String,
    /// Root of its files, absolute and without links.
    pub root: PathBuf,
    /// The files.
    pub repository: Repository,
    /// Temporary copy of the files, removed on drop.
    pub copy: Option<TempDir>,
}

/// What the comparison starts from.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// A directory or a revision (`--from`).
    At(&'a str),
    /// The commit at which the other state branched off a revision (`--base`).
    MergeBase(&'a str),
}

/// `--path` and the Git repository around it.
pub struct Place {
    current: PathBuf,
    /// `--path`, absolute; links are resolved as far as it exists.
    path: PathBuf,
    repository: std::result::Result<LocalRepository, Error>,
    /// Root of the working tree, absolute and without links.
    root: Option<PathBuf>,
}

impl Place {
    /// Resolves `--path`, which may be empty.
    ///
    /// # Errors
    /// The current directory cannot be read.
    pub fn of(path: &str) -> Result<Self> {
        let current = canonical(Path::new("."))?;
        let path = settled(&current.join(path));
        let nearest = path.ancestors().find(|above| above.is_dir()).unwrap_or(&current);
        let repository = match (LocalRepository::around(nearest), LocalRepository::around(&current)) {
            // Of a submodule, what contains it is compared, if the user is there.
            (Ok(inner), Ok(outer)) if is_submodule(&outer, &inner) => Ok(outer),
            (Ok(inner), _) => Ok(inner),
            (Err(_), Ok(outer)) => Ok(outer),
            (Err(error), Err(_)) => Err(error.into()),
        };
        let root = match repository.as_ref().ok().and_then(LocalRepository::work_tree) {
            Some(root) => Some(canonical(root)?),
            None => None,
        };
        Ok(Self { current, path, repository, root })
    }

    /// Opens a directory of this name if there is one, otherwise a revision; without a name, the working tree.
    ///
    /// # Errors
    /// There is no such directory or revision, or its files are missing on this machine.
    pub fn side(&self, context: &Context, name: Option<&str>) -> Result<Side> {
        let Some(name) = name else { return self.work_tree() };
        let directory = Path::new(name);
        if directory.is_dir() {
            if self.repository.as_ref().is_ok_and(|repository| repository.has_revision(name)) {
                context.ui.warning(format!(
                    "{name} is both a directory and a revision: comparing the directory; use \
                    refs/heads/{name} for the branch"
                ));
            }
            let root = canonical(directory)?;
            let repository = Repository::new(&root)?;
            return Ok(Side { label: name.to_owned(), root, repository, copy: None });
        }
        let repository = self.repository.as_ref().map_err(|error| {
            same(error).context(format!("{name:?} is not a directory, and revisions cannot be read"))
        })?;
        revision(repository, name, name.to_owned())
    }

    /// Opens what the comparison with `to` starts from; without `to`, that is the working tree.
    ///
    /// # Errors
    /// There is no such directory or revision, its files are missing on this machine, or both have no commit in common.
    pub fn start(&self, context: &Context, start: Start<'_>, to: Option<&str>) -> Result<Side> {
        let base = match start {
            Start::At(name) => return self.side(context, Some(name)),
            Start::MergeBase(base) => base,
        };
        let repository =
            self.repository.as_ref().map_err(|error| same(error).context("--base cannot be used"))?;
        if let Some(directory) = to.filter(|to| Path::new(to).is_dir()) {
            return Err(Error::usage(format!("--base cannot be used with --to={directory}, a directory"))
                .hint(format!("use --from={base} to compare with {base} itself")));
        }
        let commit = repository.merge_base(base, to.unwrap_or("HEAD"))?;
        let short = commit.get(..SHORT_COMMIT).unwrap_or(&commit);
        revision(repository, &commit, format!("{base} (merge base {short})"))
    }

    fn work_tree(&self) -> Result<Side> {
        let label = "the working tree".to_owned();
        let repository = self.repository.as_ref().map_err(same)?;
        let Some(root) = self.root.clone() else {
            return Err(Error::usage("this Git repository has no working tree to compare with")
                .hint("add --to with a directory or another revision"));
        };
        if !repository.is_sparse()? {
            let files = Repository::new(&root)?;
            return Ok(Side { label, root, repository: files, copy: None });
        }
        let (copy, root) = copy()?;
        let export = repository.export_work_tree(&root)?;
        let files = Repository::of_revision(&root, repository.origin(), export.absent)?;
        Ok(Side { label, root, repository: files, copy: Some(copy) })
    }

    /// `--path` relative to the roots: from the current directory or from the root, whichever exists on one of the sides.
    pub fn path(&self, given: &str, sides: &[Side; 2]) -> PathBuf {
        if given.is_empty() {
            return PathBuf::new();
        }
        let candidates = self.candidates(&self.path, given, sides);
        let is_there = |path: &&PathBuf| sides.iter().any(|side| has(side, path));
        let found = candidates.iter().find(is_there).or(candidates.first()).cloned();
        // A path that leads out of both is nowhere.
        found.unwrap_or_else(|| PathBuf::from(given))
    }

    /// Maps the directory in `Kind/namespace/name=directory` to this side, if it exists there.
    pub fn source(&self, source: &str, side: &Side) -> String {
        let Some((key, given)) = source.split_once('=') else { return source.to_owned() };
        let candidates =
            self.candidates(&settled(&self.current.join(given)), given, std::slice::from_ref(side));
        match candidates.iter().find(|path| has(side, path)) {
            Some(path) => format!("{key}={}", side.root.join(path).display()),
            None => source.to_owned(),
        }
    }

    /// Candidates for a path relative to a root.
    fn candidates(&self, settled: &Path, given: &str, sides: &[Side]) -> Vec<PathBuf> {
        let roots =
            self.root.iter().chain(sides.iter().filter(|side| side.copy.is_none()).map(|side| &side.root));
        let mut candidates: Vec<PathBuf> =
            roots.filter_map(|root| settled.strip_prefix(root).ok()).map(Path::to_path_buf).collect();
        let given = Path::new(given);
        if given.is_relative() && !given.components().any(|part| part == Component::ParentDir) {
            candidates.push(given.components().filter(|part| *part != Component::CurDir).collect());
        }
        candidates
    }
}

/// Number of digits of a commit that a label shows.
const SHORT_COMMIT: usize = 8;

/// Extracts a revision.
fn revision(repository: &LocalRepository, name: &str, label: String) -> Result<Side> {
    let (copy, root) = copy()?;
    let export = repository.export(name, &root)?;
    let files = Repository::of_revision(&root, repository.origin(), export.absent)?;
    Ok(Side { label, root, repository: files, copy: Some(copy) })
}

/// Copies an error.
fn same(error: &Error) -> Error {
    error.hints().iter().cloned().fold(Error::failed(error.to_string()), Error::hint)
}

fn has(side: &Side, path: &Path) -> bool {
    let found = side.root.join(path).canonicalize();
    found.is_ok_and(|found| found.is_dir() && found.starts_with(&side.root))
}

fn is_submodule(outer: &LocalRepository, inner: &LocalRepository) -> bool {
    let root = |repository: &LocalRepository| repository.work_tree()?.canonicalize().ok();
    let (Some(outer_root), Some(inner_root)) = (root(outer), root(inner)) else { return false };
    inner_root.strip_prefix(outer_root).is_ok_and(|path| outer.has_submodule(path))
}

/// Makes a path absolute, and resolves links as far as it exists and `..` beyond that.
fn settled(path: &Path) -> PathBuf {
    let known = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    let Some((above, mut known)) = known else { return path.to_path_buf() };
    for part in path.strip_prefix(above).unwrap_or(path).components() {
        match part {
            Component::ParentDir => {
                known.pop();
            }
            Component::Normal(name) => known.push(name),
            _ => {}
        }
    }
    known
}

fn canonical(directory: &Path) -> Result<PathBuf> {
    directory
        .canonicalize()
        .map_err(|error| Error::failed(format!("cannot read {}: {error}", directory.display())))
}

/// Creates a private temporary directory, and returns its path without links.
fn copy() -> Result<(TempDir, PathBuf)> {
    let copy = tempfile::Builder::new().prefix("flux-diff-").tempdir()?;
    let root = canonical(copy.path())?;
    Ok((copy, root))
}
