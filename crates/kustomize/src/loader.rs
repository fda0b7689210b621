//! The files of one kustomization: paths relative to its folder, within the bounds that the build sets.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::Options;
use super::controller::Ignore;
use super::error::{Error, Result};
use super::fs::{Entry, FileSystem};
use super::kustomization::{FILE_NAMES, Kustomization};
use super::openapi;
use super::origin::Origin;
use super::remote::{self, Checkout, GitSource, Remote};
use super::schema::{Schemas, Table};

/// Reads the files of a kustomization.
pub(super) struct Loader<'a> {
    /// The files that the build began with; they know how to fetch.
    local: &'a dyn FileSystem,
    /// The files of the Git repository that this kustomization lies in.
    checkout: Option<Arc<dyn FileSystem + Send + Sync>>,
    /// Whether files must lie in their kustomization's folder.
    bound: bool,
    /// The Git repositories that led here, the first first; the files come from the last.
    repositories: Vec<Rc<Repository>>,
    /// The folder that the build or the repository began in, which messages leave out.
    base: PathBuf,
    /// The folder of the kustomization.
    root: PathBuf,
    /// The folders of the kustomizations that led here in the same files, the first first.
    above: Vec<PathBuf>,
    /// Patterns of entries that kustomizations are read without.
    left_out: Rc<[String]>,
    schemas: Rc<SchemaState>,
}

/// The schemas of a build, of which the first kustomization that names one decides.
#[derive(Default)]
struct SchemaState {
    /// Whether `openapi` adds to what is built in, as for the controller.
    adds: Cell<bool>,
    is_set: Cell<bool>,
    /// Whether something has been merged by the built-in schemas.
    in_use: Cell<bool>,
    without_built_in: Cell<bool>,
    custom: RefCell<Option<Rc<Table>>>,
}

/// A Git repository that a kustomization names.
struct Repository {
    /// How it is named.
    name: String,
    source: GitSource,
}

/// What a path of a kustomization leads to.
pub(super) enum Found<'a> {
    /// A file with objects.
    File(String),
    /// A folder with a kustomization.
    Folder(Loader<'a>),
}

impl<'a> Loader<'a> {
    /// The kustomization in the folder `root`.
    pub fn new(fs: &'a dyn FileSystem, root: &Path, options: &Options) -> Result<Self> {
        let (root, entry) = fs.resolve(root).map_err(|error| Error::new(explain(&error)).file(root))?;
        if entry != Entry::Folder {
            return Err(Error::new("not a folder").file(&root));
        }
        Ok(Self {
            local: fs,
            checkout: None,
            bound: options.files_stay_in_their_kustomization,
            repositories: Vec::new(),
            base: root.clone(),
            root,
            above: Vec::new(),
            left_out: Rc::from([]),
            schemas: Rc::default(),
        })
    }

    /// Lets `openapi` add to the built-in schemas instead of taking their place.
    pub fn keeping_built_in_schemas(self) -> Self {
        self.schemas.adds.set(true);
        self
    }

    /// Leaves entries that match the patterns, as of a `.gitignore` beside it, out of every kustomization that it reads.
    pub fn leaving_out(self, patterns: &[String]) -> Self {
        Self { left_out: Rc::from(patterns), ..self }
    }

    /// Leaves out of a kustomization of this folder what is to be left out.
    pub fn leave_out(&self, kustomization: &mut Kustomization) {
        if self.left_out.is_empty() {
            return;
        }
        let ignore = Ignore::of_patterns(&self.root, &self.left_out);
        let stays = |entry: &str| {
            let place = super::fs::clean(&self.root.join(entry));
            let found = if remote::is_file_url(entry) { None } else { self.fs().resolve(&place).ok() };
            found.is_none_or(|(_, kind)| !ignore.matches(&place, kind == Entry::Folder))
        };
        kustomization.retain(stays);
    }

    /// Takes the schemas of a kustomization's `openapi`, unless another kustomization's have been taken.
    pub fn set_schema(&self, openapi: &BTreeMap<String, String>) -> Result<()> {
        const BUILT_IN: &str = "v1.21.2";
        let schemas = &self.schemas;
        if schemas.is_set.get() {
            return Ok(());
        }
        let version = openapi.get("version").map(String::as_str);
        if let Some(path) = openapi.get("path") {
            if version.is_some() {
                return Err(Error::new("both path and version").field("openapi").hint("set one of them"));
            }
            let text = self.read_text(path).map_err(|error| error.field("openapi.path"))?;
            let with_built_in = schemas.adds.get() || schemas.in_use.get();
            let table = openapi::read(&text, with_built_in).map_err(|error| error.file(&self.shown(path)))?;
            schemas.without_built_in.set(!with_built_in);
            schemas.custom.replace(Some(Rc::new(table)));
            schemas.is_set.set(true);
            return Ok(());
        }
        match version.unwrap_or_default() {
            "" => Ok(()),
            BUILT_IN => {
                schemas.is_set.set(true);
                Ok(())
            }
            other => Err(Error::new(format!("the version {other:?} is not built in"))
                .field("openapi.version")
                .hint(format!("only {BUILT_IN} is"))),
        }
    }

    /// Hands out the schemas to merge by.
    pub fn with_schemas<T>(&self, merge: impl FnOnce(Schemas<'_>) -> T) -> T {
        self.schemas.in_use.set(true);
        let custom = self.schemas.custom.borrow().clone();
        let without_built_in = self.schemas.without_built_in.get();
        merge(Schemas { custom: custom.as_deref(), without_built_in })
    }

    /// The files of this kustomization.
    fn fs(&self) -> &dyn FileSystem {
        match &self.checkout {
            Some(files) => &**files,
            None => self.local,
        }
    }

    /// A path of this kustomization as messages show it: relative to the folder that the build began in, or with the
    /// URL of its repository.
    pub fn shown(&self, path: &str) -> PathBuf {
        if remote::is_file_url(path) {
            return PathBuf::from(remote::shown(path));
        }
        self.relative(&super::fs::clean(&self.root.join(path)))
    }

    fn relative(&self, path: &Path) -> PathBuf {
        if let Some(repository) = self.repositories.last() {
            let path = path.strip_prefix(&self.base).unwrap_or(path);
            return PathBuf::from(format!("{}//{}", remote::shown(&repository.source.url), path.display()));
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

    /// An absolute path as messages show it.
    pub fn shown_place(&self, path: &Path) -> PathBuf {
        self.relative(path)
    }

    /// The folder of the kustomization, as messages show it.
    pub fn shown_root(&self) -> PathBuf {
        self.relative(&self.root)
    }

    /// The note on where a path of this kustomization lies.
    pub fn origin(&self, path: &str) -> Origin {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let in_repository = |source: &GitSource, path: PathBuf| Origin {
            path: text(path),
            repository: source.origin_url(),
            reference: source.reference.clone().unwrap_or_default(),
            ..Origin::default()
        };
        if let Some(source) = GitSource::parse(path) {
            return in_repository(&source, PathBuf::from(source.origin_folder()));
        }
        let Some(repository) = self.repositories.last() else {
            return Origin { path: text(self.shown(path)), ..Origin::default() };
        };
        let path = super::fs::clean(&self.root.join(path));
        let within = path.strip_prefix(&self.base).unwrap_or(&path);
        let source = &repository.source;
        in_repository(
            source,
            if source.folder.is_empty() { Path::new("notCloned").join(within) } else { within.into() },
        )
    }

    /// The content of a file, or of what lies at a URL.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        if remote::is_file_url(path) {
            return self.fetch(path);
        }
        // The fault lies in what names the file, so the error does not name the file as its place.
        let fail = |error: io::Error| Error::new(format!("{path}: {}", explain(&error)));
        let (real, entry) = self.fs().resolve(&self.root.join(path)).map_err(fail)?;
        if entry != Entry::File {
            return Err(Error::new(format!("{path} is a folder")).hint("name a file"));
        }
        if self.bound && !real.starts_with(&self.root) {
            return Err(Error::new(format!("{path} is outside of the kustomization's folder"))
                .hint("a kustomization may only read files in or below its folder"));
        }
        self.fs().read(&real).map_err(fail)
    }

    /// What fetches `path`.
    fn remote(&self, path: &str) -> Result<&'a dyn Remote> {
        self.local.remote().ok_or_else(|| {
            Error::new(format!("{} lies on another machine", remote::shown(path))).hint(
                "--allow-remote would fetch it; a copy in the repository or a source of its own is safer",
            )
        })
    }

    fn fetch(&self, url: &str) -> Result<Vec<u8>> {
        self.remote(url)?.file(url).map_err(|error| Error::new(format!("{}: {error}", remote::shown(url))))
    }

    /// What an entry of `resources` leads to: a file, a folder, or one of both on another machine.
    pub fn find(&self, path: &str) -> Result<Found<'a>> {
        if remote::is_file_url(path) {
            let source = GitSource::parse(path).filter(|_| self.local.remote().is_some());
            let place = path.split_once('?').map_or(path, |(place, _)| place);
            let is_marked = [".git/", "_git/"].iter().any(|mark| place.contains(mark))
                || place.rsplit_once('.').is_some_and(|(_, end)| end == "git")
                || place.rsplit_once("//").is_some_and(|(before, _)| before.contains("//"));
            let is_repository = is_marked && source.is_some();
            let file = if is_repository { Err(Error::new("a repository")) } else { self.read_text(path) };
            return match (file, source) {
                (Ok(text), None) => Ok(Found::File(text)),
                // What is no file with objects may be a page about a repository.
                (Ok(text), Some(_)) if super::read::objects(&text).is_ok() => Ok(Found::File(text)),
                (Err(error), None) => Err(error),
                (file, Some(source)) => match (self.clone_of(path, source), file) {
                    (Ok(loader), _) => Ok(Found::Folder(loader)),
                    (Err(_), Ok(text)) => Ok(Found::File(text)),
                    (Err(_), Err(error)) if !is_repository => Err(error),
                    (Err(error), _) => Err(error),
                },
            };
        }
        match self.fs().resolve(&self.root.join(path)) {
            Ok((_, Entry::File)) => self.read_text(path).map(Found::File),
            Err(_) if GitSource::parse(path).is_none() => {
                // Its error says what is missing.
                self.read_text(path).map(Found::File)
            }
            _ => self.enter(path).map(Found::Folder),
        }
    }

    /// The kustomization in a folder of a Git repository.
    fn clone_of(&self, name: &str, source: GitSource) -> Result<Self> {
        let shown = remote::shown(name);
        if self.repositories.iter().any(|known| known.name.starts_with(name)) {
            return Err(Error::new(format!("a cycle: {shown} is used by itself")));
        }
        let fail = |error: io::Error| Error::new(format!("{shown}: {}", explain(&error)));
        let Checkout { files, root: base } = self.remote(name)?.repository(&source).map_err(fail)?;
        let (base, _) = files.resolve(&base).map_err(fail)?;
        let (root, entry) = files.resolve(&base.join(&source.folder)).map_err(fail)?;
        if entry != Entry::Folder {
            return Err(Error::new(format!("{shown} is a file")).hint("name a folder of the repository"));
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
            left_out: Rc::clone(&self.left_out),
            schemas: Rc::clone(&self.schemas),
        })
    }

    /// The content of a file that must be text.
    pub fn read_text(&self, path: &str) -> Result<String> {
        let content = self.read(path)?;
        let text = edgeflux_yaml::decode(&content).map(std::borrow::Cow::into_owned);
        text.map_err(|error| Error::from(error).file(&self.shown(path)))
    }

    /// The kustomization in the folder `path`, which must not be one of those that led here or above them; or in a Git
    /// repository.
    pub fn enter(&self, path: &str) -> Result<Self> {
        if let Some(source) = GitSource::parse(path) {
            return self.clone_of(path, source);
        }
        if remote::is_file_url(path) {
            self.remote(path)?;
            return Err(Error::new(format!("{} does not say what to clone", remote::shown(path)))
                .hint("put // behind the repository, as in https://host/repo//folder?ref=v1"));
        }
        let shown = self.shown(path);
        if path.is_empty() {
            return Err(Error::new("an empty path").file(&self.shown_root()));
        }
        if Path::new(path).is_absolute() {
            return Err(Error::new(format!("{path} is absolute"))
                .file(&self.shown_root())
                .hint("write the path from the kustomization's folder"));
        }
        let (root, entry) = self
            .fs()
            .resolve(&self.root.join(path))
            .map_err(|error| Error::new(format!("{path}: {}", explain(&error))))?;
        if entry != Entry::Folder {
            return Err(Error::new(format!("{path} is a file")).hint("name a folder"));
        }
        let mut above = self.above.clone();
        above.push(self.root.clone());
        if let Some(visited) = above.iter().rev().find(|visited| visited.starts_with(&root)) {
            let message =
                format!("a cycle: {} is used by {}", shown.display(), self.relative(visited).display());
            return Err(Error::new(message).hint("a kustomization cannot use a folder that it lies in"));
        }
        Ok(Self {
            local: self.local,
            checkout: self.checkout.clone(),
            bound: self.bound,
            repositories: self.repositories.clone(),
            base: self.base.clone(),
            root,
            above,
            left_out: Rc::clone(&self.left_out),
            schemas: Rc::clone(&self.schemas),
        })
    }

    /// The folder of the kustomization.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The kustomization files in the folder, of which there should be one.
    pub fn kustomization_files(&self) -> impl Iterator<Item = &'static str> {
        FILE_NAMES
            .into_iter()
            .filter(|name| matches!(self.fs().resolve(&self.root.join(name)), Ok((_, Entry::File))))
    }

    /// The name and the content of the kustomization file.
    pub fn kustomization(&self) -> Result<(&'static str, String)> {
        let mut found = self.kustomization_files();
        let shown = self.shown_root();
        let name = found.next().ok_or_else(|| {
            Error::new("there is no kustomization here")
                .file(&shown)
                .hint(format!("the folder needs one of {}", FILE_NAMES.join(", ")))
        })?;
        if let Some(other) = found.next() {
            return Err(Error::new(format!("both {name} and {other} are here"))
                .file(&shown)
                .hint("keep one of them"));
        }
        Ok((name, self.read_text(name)?))
    }
}

fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is nothing of this name".to_owned(),
        _ => error.to_string(),
    }
}
