//! The two states that are compared: directories, revisions of a Git repository, and its working tree.

use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

use crate::commands::render::Repository;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::git::LocalRepository;

/// One of the two states.
pub(super) struct Side {
    /// How the user names it.
    pub label: String,
    /// The root of its files, absolute and without links.
    pub root: PathBuf,
    pub repository: Repository,
    /// Where the files are a copy: removed when this is dropped.
    pub copy: Option<TempDir>,
}

/// Where the user is, and what `--path` means from there.
pub(super) struct Place {
    current: PathBuf,
    /// `--path`, absolute and as far as it is there without links.
    path: PathBuf,
    repository: std::result::Result<LocalRepository, Error>,
    /// The root of its working tree, absolute and without links.
    root: Option<PathBuf>,
}

impl Place {
    /// The place of a `--path`, which may be empty.
    ///
    /// # Errors
    /// The current directory cannot be read.
    pub(super) fn of(path: &str) -> Result<Self> {
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

    /// A directory where there is one of this name, else a revision; the working tree without either.
    ///
    /// # Errors
    /// There is none, or its files are not on this machine.
    pub(super) fn side(&self, context: &Context, name: Option<&str>) -> Result<Side> {
        let Some(name) = name else { return self.work_tree() };
        let directory = Path::new(name);
        if directory.is_dir() {
            if self.repository.as_ref().is_ok_and(|repository| repository.has_revision(name)) {
                context.ui.warning(format!(
                    "{name} is a directory and a revision; the directory is compared, refs/heads/{name} would be the branch"
                ));
            }
            let root = canonical(directory)?;
            let repository = Repository::new(&root)?;
            return Ok(Side { label: name.to_owned(), root, repository, copy: None });
        }
        let repository = self.repository.as_ref().map_err(|error| {
            same(error).context(format!("{name:?} is not a directory, and revisions cannot be read"))
        })?;
        let (copy, root) = copy()?;
        let export = repository.export(name, &root)?;
        let files = Repository::of_revision(&root, repository.origin(), export.absent)?;
        Ok(Side { label: name.to_owned(), root, repository: files, copy: Some(copy) })
    }

    fn work_tree(&self) -> Result<Side> {
        let label = "the working tree".to_owned();
        let repository = self.repository.as_ref().map_err(same)?;
        let Some(root) = self.root.clone() else {
            return Err(Error::usage("this Git repository has no working tree to compare with")
                .hint("name a folder or another revision by --to"));
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

    /// `--path` relative to the roots: as it is from the current directory, or else from the root, whatever is there at one
    /// of the sides.
    pub(super) fn path(&self, given: &str, sides: &[Side; 2]) -> PathBuf {
        if given.is_empty() {
            return PathBuf::new();
        }
        let candidates = self.candidates(&self.path, given, sides);
        let is_there = |path: &&PathBuf| sides.iter().any(|side| has(side, path));
        let found = candidates.iter().find(is_there).or(candidates.first()).cloned();
        // A path that leads out of both is nowhere.
        found.unwrap_or_else(|| PathBuf::from(given))
    }

    /// `Kind/namespace/name=directory` with the directory of this side, where it has it.
    pub(super) fn source(&self, source: &str, side: &Side) -> String {
        let Some((key, given)) = source.split_once('=') else { return source.to_owned() };
        let candidates =
            self.candidates(&settled(&self.current.join(given)), given, std::slice::from_ref(side));
        match candidates.iter().find(|path| has(side, path)) {
            Some(path) => format!("{key}={}", side.root.join(path).display()),
            None => source.to_owned(),
        }
    }

    /// What a path may be relative to a root.
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

/// The same error again.
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

/// An absolute path without links as far as it is there, and without `..` behind that.
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

/// A directory for a copy that nobody else can read, and its path without links.
fn copy() -> Result<(TempDir, PathBuf)> {
    let copy = tempfile::Builder::new().prefix("flux-diff-").tempdir()?;
    let root = canonical(copy.path())?;
    Ok((copy, root))
}
