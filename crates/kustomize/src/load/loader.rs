//! The files of one kustomization: paths relative to its directory, within the bounds that the build sets.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::fs::{FileSystem, FileType, clean};
use super::git_source::{self, GitSource};
use super::ignore::Ignore;
use super::remote::{Checkout, Remote};
use crate::error::{Error, Result};
use crate::tree::parse;
use crate::types::kustomization::{FILE_NAMES, Kustomization};
use crate::types::origin::Origin;

/// Reads the files of a kustomization.
pub(crate) struct Loader<'a> {
    /// Files that the build started with; they know how to fetch.
    local: &'a dyn FileSystem,
    /// Files of the Git repository that holds this kustomization.
    checkout: Option<Arc<dyn FileSystem + Send + Sync>>,
    /// Whether files must be in their kustomization's directory.
    bound: bool,
    /// Git repositories that led here, outermost first; the files come from the last.
    repositories: Vec<Rc<Repository>>,
    /// Directory that the build or the repository started in; messages show paths relative to it.
    base: PathBuf,
    /// Directory of the kustomization.
    root: PathBuf,
    /// Directories of the kustomizations that led here in the same files, outermost first.
    above: Vec<PathBuf>,
    /// Patterns of entries that are dropped from kustomizations.
    ignored: Rc<[String]>,
}

/// A Git repository that a kustomization names.
struct Repository {
    /// URL as the kustomization has it.
    name: String,
    source: GitSource,
}

/// What a path of a kustomization leads to.
pub(crate) enum Found<'a> {
    /// A file with objects.
    File(String),
    /// A directory with a kustomization.
    Directory(Loader<'a>),
}

impl<'a> Loader<'a> {
    /// Returns the loader of the kustomization in the directory `root`. With `bound`, files must be in the directory of
    /// their kustomization.
    pub fn new(fs: &'a dyn FileSystem, root: &Path, bound: bool) -> Result<Self> {
        let (root, entry) = fs.resolve(root).map_err(|error| Error::new(explain(&error)).file(root))?;
        if entry != FileType::Directory {
            return Err(Error::new("not a directory").file(&root));
        }
        Ok(Self {
            local: fs,
            checkout: None,
            bound,
            repositories: Vec::new(),
            base: root.clone(),
            root,
            above: Vec::new(),
            ignored: Rc::from([]),
        })
    }

    /// Ignores entries that match the patterns, as in a `.gitignore`, in every kustomization that it reads.
    pub fn ignoring(self, patterns: &[String]) -> Self {
        Self { ignored: Rc::from(patterns), ..self }
    }

    /// Drops the ignored entries of a kustomization of this directory.
    pub fn drop_ignored(&self, kustomization: &mut Kustomization) {
        if self.ignored.is_empty() {
            return;
        }
        let ignore = Ignore::of_patterns(&self.root, &self.ignored);
        let stays = |entry: &str| {
            let place = clean(&self.root.join(entry));
            let found = if git_source::is_file_url(entry) { None } else { self.fs().resolve(&place).ok() };
            found.is_none_or(|(_, kind)| !ignore.matches(&place, kind == FileType::Directory))
        };
        kustomization.retain(stays);
    }

    /// Returns the files of this kustomization.
    fn fs(&self) -> &dyn FileSystem {
        match &self.checkout {
            Some(files) => &**files,
            None => self.local,
        }
    }

    /// Returns a path of this kustomization as messages show it: relative to the directory that the build started in, or
    /// with the URL of its repository.
    pub fn shown(&self, path: &str) -> PathBuf {
        if git_source::is_file_url(path) {
            return PathBuf::from(git_source::shown(path));
        }
        self.relative(&clean(&self.root.join(path)))
    }

    fn relative(&self, path: &Path) -> PathBuf {
        if let Some(repository) = self.repositories.last() {
            let path = path.strip_prefix(&self.base).unwrap_or(path);
            return PathBuf::from(format!(
                "{}//{}",
                git_source::shown(&repository.source.url),
                path.display()
            ));
        }
        let mut base = self.base.as_path();
        let mut up = PathBuf::new();
        loop {
            if let Ok(rest) = path.strip_prefix(base) {
                let shown = up.join(rest);
                return if shown.as_os_str().is_empty() { PathBuf::from(".") } else { shown };
            }
            match base.parent() {
                Some(parent) => base = parent,
                None => return path.to_path_buf(),
            }
            up.push("..");
        }
    }

    /// Returns an absolute path as messages show it.
    pub fn shown_absolute(&self, path: &Path) -> PathBuf {
        self.relative(path)
    }

    /// Returns the directory of the kustomization as messages show it.
    pub fn shown_root(&self) -> PathBuf {
        self.relative(&self.root)
    }

    /// Returns the origin of a path of this kustomization.
    pub fn origin(&self, path: &str) -> Origin {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let in_repository = |source: &GitSource, path: PathBuf| Origin {
            path: text(path),
            repository: source.origin_url(),
            reference: source.reference.clone().unwrap_or_default(),
            ..Origin::default()
        };
        if let Some(source) = GitSource::parse(path) {
            return in_repository(&source, PathBuf::from(source.origin_directory()));
        }
        let Some(repository) = self.repositories.last() else {
            return Origin { path: text(self.shown(path)), ..Origin::default() };
        };
        let path = clean(&self.root.join(path));
        let within = path.strip_prefix(&self.base).unwrap_or(&path);
        let source = &repository.source;
        in_repository(
            source,
            if source.directory.is_empty() { Path::new("notCloned").join(within) } else { within.into() },
        )
    }

    /// Reads a file, or fetches it from a URL.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        if git_source::is_file_url(path) {
            return self.fetch(path);
        }
        // The mistake is in the field that names the file, so the file is not the place of the error.
        let fail = |error: io::Error| Error::new(format!("{path}: {}", explain(&error)));
        let (real, entry) = self.fs().resolve(&self.root.join(path)).map_err(fail)?;
        if entry != FileType::File {
            return Err(Error::new(format!("{path} is a directory")).hint("specify a file"));
        }
        if self.bound && !real.starts_with(&self.root) {
            return Err(Error::new(format!("{path} is outside the directory of the kustomization"))
                .hint("move the file to the directory of the kustomization"));
        }
        self.fs().read(&real).map_err(fail)
    }

    /// Returns what fetches `path`.
    fn remote(&self, path: &str) -> Result<&'a dyn Remote> {
        self.local.remote().ok_or_else(|| {
            Error::new(format!("{} is a remote resource", git_source::shown(path))).hint(
                "add --allow-remote to fetch it; a copy in the repository or a separate source is safer",
            )
        })
    }

    fn fetch(&self, url: &str) -> Result<Vec<u8>> {
        self.remote(url)?
            .file(url)
            .map_err(|error| Error::new(format!("{}: {error}", git_source::shown(url))))
    }

    /// Finds what an entry of `resources` leads to: a file or a directory, here or on another machine.
    pub fn find(&self, path: &str) -> Result<Found<'a>> {
        if git_source::is_file_url(path) {
            let source = GitSource::parse(path).filter(|_| self.local.remote().is_some());
            let place = path.split_once('?').map_or(path, |(place, _)| place);
            let is_marked = [".git/", "_git/"].iter().any(|mark| place.contains(mark))
                || place.rsplit_once('.').is_some_and(|(_, end)| end == "git")
                || place.rsplit_once("//").is_some_and(|(before, _)| before.contains("//"));
            let is_repository = is_marked && source.is_some();
            let file = if is_repository { Err(Error::new("a repository")) } else { self.read_text(path) };
            return match (file, source) {
                (Ok(text), None) => Ok(Found::File(text)),
                // A file without objects may be the web page of a repository.
                (Ok(text), Some(_)) if parse::objects(&text).is_ok() => Ok(Found::File(text)),
                (Err(error), None) => Err(error),
                (file, Some(source)) => match (self.clone_of(path, source), file) {
                    (Ok(loader), _) => Ok(Found::Directory(loader)),
                    (Err(_), Ok(text)) => Ok(Found::File(text)),
                    (Err(_), Err(error)) if !is_repository => Err(error),
                    (Err(error), _) => Err(error),
                },
            };
        }
        match self.fs().resolve(&self.root.join(path)) {
            Ok((_, FileType::File)) => self.read_text(path).map(Found::File),
            Err(_) if GitSource::parse(path).is_none() => {
                // Its error says what is missing.
                self.read_text(path).map(Found::File)
            }
            _ => self.enter(path).map(Found::Directory),
        }
    }

    /// Enters the kustomization in a directory of a Git repository.
    fn clone_of(&self, name: &str, source: GitSource) -> Result<Self> {
        let shown = git_source::shown(name);
        if self.repositories.iter().any(|known| known.name.starts_with(name)) {
            return Err(Error::new(format!("cycle: {shown} uses itself")));
        }
        let fail = |error: io::Error| Error::new(format!("{shown}: {}", explain(&error)));
        let Checkout { files, root: base } = self.remote(name)?.repository(&source).map_err(fail)?;
        let (base, _) = files.resolve(&base).map_err(fail)?;
        let (root, entry) = files.resolve(&base.join(&source.directory)).map_err(fail)?;
        if entry != FileType::Directory {
            return Err(Error::new(format!(
                "{shown} is a \
                file"
            ))
            .hint("specify a directory of the repository"));
        }
        let mut repositories = self.repositories.clone();
        repositories.push(Rc::new(Repository { name: name.to_owned(), source }));
        let checkout = Some(files);
        Ok(Self {
            local: self.local,
            checkout,
            bound: true,
            repositories,
            base,
            root,
            above: Vec::new(),
            ignored: Rc::clone(&self.ignored),
        })
    }

    /// Reads a text file.
    pub fn read_text(&self, path: &str) -> Result<String> {
        let content = self.read(path)?;
        let text = edgeflux_yaml::decode(&content).map(Cow::into_owned);
        text.map_err(|error| Error::from(error).file(&self.shown(path)))
    }

    /// Enters the kustomization in the directory `path` or in a Git repository. The directory must not be one of those
    /// that led here, or above them.
    pub fn enter(&self, path: &str) -> Result<Self> {
        if let Some(source) = GitSource::parse(path) {
            return self.clone_of(path, source);
        }
        if git_source::is_file_url(path) {
            self.remote(path)?;
            return Err(Error::new(format!(
                "{} does not specify a repository to \
                clone",
                git_source::shown(path)
            ))
            .hint(
                "separate the repository from the directory with //, such as \
                    https://host/repo//directory?ref=v1",
            ));
        }
        let shown = self.shown(path);
        if path.is_empty() {
            return Err(Error::new("an empty path").file(&self.shown_root()));
        }
        if Path::new(path).is_absolute() {
            return Err(Error::new(format!("{path} is absolute"))
                .file(&self.shown_root())
                .hint("write the path relative to the directory of the kustomization"));
        }
        let (root, entry) = self
            .fs()
            .resolve(&self.root.join(path))
            .map_err(|error| Error::new(format!("{path}: {}", explain(&error))))?;
        if entry != FileType::Directory {
            return Err(Error::new(format!("{path} is a file")).hint("specify a directory"));
        }
        let mut above = self.above.clone();
        above.push(self.root.clone());
        if let Some(visited) = above.iter().rev().find(|visited| visited.starts_with(&root)) {
            let message =
                format!("cycle: {} is used by {}", shown.display(), self.relative(visited).display());
            return Err(Error::new(message).hint("a kustomization cannot use a directory that contains it"));
        }
        Ok(Self {
            local: self.local,
            checkout: self.checkout.clone(),
            bound: self.bound,
            repositories: self.repositories.clone(),
            base: self.base.clone(),
            root,
            above,
            ignored: Rc::clone(&self.ignored),
        })
    }

    /// Returns the directory of the kustomization.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the names of the kustomization files in the directory, of which there should be one.
    pub fn kustomization_files(&self) -> impl Iterator<Item = &'static str> {
        FILE_NAMES
            .into_iter()
            .filter(|name| matches!(self.fs().resolve(&self.root.join(name)), Ok((_, FileType::File))))
    }

    /// Returns the name and the content of the kustomization file.
    pub fn kustomization(&self) -> Result<(&'static str, String)> {
        let mut found = self.kustomization_files();
        let shown = self.shown_root();
        let name = found.next().ok_or_else(|| {
            Error::new("no kustomization file found")
                .file(&shown)
                .hint(format!("add one of {}", FILE_NAMES.join(", ")))
        })?;
        if let Some(other) = found.next() {
            return Err(Error::new(format!("both {name} and {other} exist"))
                .file(&shown)
                .hint("keep one of them"));
        }
        Ok((name, self.read_text(name)?))
    }
}

fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        _ => error.to_string(),
    }
}
