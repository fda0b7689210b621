//! Files of a source as they are in its artifact, which is what the cluster gets: without links, without the files that
//! `.sourceignore` and `spec.ignore` exclude, and with submodules only if the source includes them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::artifact::inside;
use super::checkout::Checkout;
use super::repository::Source;
use super::walk::{Directories, EntryKind, Walk};
use crate::error::{Error, Result};
use crate::git;
use edgeflux_kustomize::controller::Ignore;
use edgeflux_kustomize::{FileSystem, FileType, RootedFs};

/// Files of a source below a directory.
#[derive(Debug)]
pub(super) struct SourceFiles {
    fs: RootedFs,
    ignore: Ignore,
    /// `spec.sparseCheckout`: only paths that begin with one of these; empty means all.
    only: Vec<String>,
    /// Submodules that the source does not include.
    submodules: Vec<PathBuf>,
    /// Submodules that it includes but that are missing on this machine.
    missing: Vec<PathBuf>,
    /// Whether it is known to include submodules.
    has_submodules: bool,
    checkout: Arc<Checkout>,
    directories: Arc<Directories>,
}

/// Result of looking up a directory of a source.
pub(super) enum Directory {
    Found(PathBuf),
    Nothing,
    /// It exists on this machine but not in the source, with the reason.
    LeftOut(String),
}

impl SourceFiles {
    /// Files of a source below `root`, restricted by its definition if known.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(super) fn new(
        root: &Path,
        walk: &Walk,
        checkout: Arc<Checkout>,
        source: Option<&Source>,
    ) -> Result<Self> {
        let fs = RootedFs::new(root)
            .map_err(|error| Error::failed(format!("cannot read {}: {error}", root.display())))?;
        let root = fs.root().to_path_buf();
        let ignore = Ignore::of_source(&root, &walk.ignore_files, source.and_then(|it| it.ignore.as_deref()));
        let text = std::fs::read_to_string(root.join(".gitmodules")).unwrap_or_default();
        let submodules = git::submodules(&text).into_iter().map(|(_, path)| root.join(path));
        let leaves_out = source.is_some_and(Source::leaves_submodules_out);
        let (submodules, missing) = if leaves_out {
            (submodules.collect(), Vec::new())
        } else {
            let is_empty =
                |path: &PathBuf| std::fs::read_dir(path).is_ok_and(|mut names| names.next().is_none());
            (Vec::new(), submodules.filter(is_empty).collect())
        };
        let has_submodules = source.is_some_and(|source| source.recurses);
        let only = source.map(|source| source.only.clone()).unwrap_or_default();
        let directories = walk.directories.clone();
        Ok(Self { fs, ignore, only, submodules, missing, has_submodules, checkout, directories })
    }

    pub(super) fn root(&self) -> &Path {
        self.fs.root()
    }

    pub(super) fn checkout(&self) -> &Arc<Checkout> {
        &self.checkout
    }

    /// Reason why a directory of the source is missing on this machine.
    fn why_missing(&self, path: &Path) -> Option<String> {
        if let Some(why) = self.checkout.absent(path) {
            return Some(why.to_owned());
        }
        let submodule = self.missing.iter().find(|submodule| path.starts_with(submodule))?;
        let submodule = submodule.strip_prefix(self.root()).unwrap_or(submodule).display();
        Some(format!(
            "the submodule is not checked out; fetch it: git submodule update --init --recursive {submodule}"
        ))
    }

    /// Whether the source has a file.
    pub(super) fn has_file(&self, path: &Path) -> bool {
        self.why_left_out(path).is_none()
    }

    /// Reason why the source lacks a file, or everything below a directory.
    fn why_left_out(&self, path: &Path) -> Option<String> {
        let shown = || path.strip_prefix(self.root()).unwrap_or(path).display();
        if let Some(submodule) = self.submodules.iter().find(|submodule| path.starts_with(submodule)) {
            let submodule = submodule.strip_prefix(self.root()).unwrap_or(submodule).display();
            return Some(format!(
                "{} is in the submodule {submodule}, which the source includes only with \
                spec.recurseSubmodules: true",
                shown()
            ));
        }
        let is_chosen = |text: &str| self.only.iter().any(|start| text.starts_with(start.as_str()));
        if !(self.only.is_empty() || is_chosen(&shown().to_string())) {
            return Some(format!("{} is excluded from the source by spec.sparseCheckout", shown()));
        }
        self.ignore.matches(path, false).then(|| {
            format!(
                "{} is excluded from the source by .sourceignore, spec.ignore or the default exclusions",
                shown()
            )
        })
    }

    /// Whether the source has a directory.
    fn has_directory(&self, path: &Path) -> bool {
        if path == self.root() {
            return true;
        }
        let is_submodule =
            self.submodules.iter().any(|submodule| path.starts_with(submodule) && path != submodule);
        (self.only.is_empty() && !is_submodule && !self.ignore.matches(path, true))
            || self.files_below(path).next().is_some()
    }

    /// Files of the source.
    pub(super) fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.files_below(self.root())
    }

    fn files_below(&self, directory: &Path) -> impl Iterator<Item = PathBuf> {
        let mut directories = vec![directory.to_path_buf()];
        let mut files: Vec<PathBuf> = Vec::new();
        std::iter::from_fn(move || {
            loop {
                if let Some(file) = files.pop() {
                    return Some(file);
                }
                let directory = directories.pop()?;
                for entry in self.directories.entries(&directory).unwrap_or_default().iter() {
                    let path = directory.join(&entry.name);
                    if entry.kind == EntryKind::Directory && entry.name != ".git" {
                        directories.push(path);
                    } else if entry.kind == EntryKind::File && self.has_file(&path) {
                        files.push(path);
                    }
                }
            }
        })
    }

    /// Directory of a `spec.path`, which cannot lead out of the source.
    pub(super) fn directory(&self, path: &str) -> Directory {
        let path = self.root().join(clamped(path));
        if path.components().any(|part| part.as_os_str() == ".git") {
            return Directory::Nothing;
        }
        let view = View::new(self);
        match view.resolve(&path) {
            Ok((found, FileType::Directory)) => Directory::Found(found),
            Ok(_) => Directory::Nothing,
            Err(_) => match view.notes.into_inner().left_out.pop_first() {
                Some(why) => Directory::LeftOut(why),
                None => Directory::Nothing,
            },
        }
    }
}

/// Whether a path is below a directory, if both are written alike. Comparing the parts of paths takes far longer.
fn is_below(path: &Path, directory: &Path) -> bool {
    let rest = path.as_os_str().as_encoded_bytes().strip_prefix(directory.as_os_str().as_encoded_bytes());
    rest.is_some_and(|rest| rest.starts_with(b"/"))
}

/// Resolves `..` in a path; above the root they have no effect.
pub(super) fn clamped(path: &str) -> PathBuf {
    inside(&edgeflux_kustomize::clean(Path::new(path))).unwrap_or_default()
}

/// File system of a source while one Kustomization is rendered, or a chart is loaded.
pub(super) struct View<'a> {
    files: &'a SourceFiles,
    of_chart: bool,
    notes: RefCell<Notes>,
    /// The file that was resolved last, which is usually the next one to be read.
    resolved: RefCell<PathBuf>,
    /// The directory that was listed last and those around it.
    listed: RefCell<Vec<Listed>>,
}

/// A directory that was listed.
struct Listed {
    directory: PathBuf,
    /// Sorted by name.
    entries: Vec<(String, FileType)>,
}

/// Observations about the files that were read.
#[derive(Default)]
pub(super) struct Notes {
    /// Warnings.
    pub warnings: BTreeSet<String>,
    /// Files that were looked up but are not in the source: hints if rendering fails.
    pub left_out: BTreeSet<String>,
}

impl<'a> View<'a> {
    pub(super) fn new(files: &'a SourceFiles) -> Self {
        Self {
            files,
            of_chart: false,
            notes: RefCell::default(),
            resolved: RefCell::default(),
            listed: RefCell::default(),
        }
    }

    /// As [`Self::new`], for loading a chart, which needs other files than a Kustomization.
    pub(super) fn of_chart(files: &'a SourceFiles) -> Self {
        Self { of_chart: true, ..Self::new(files) }
    }

    /// Whether what is rendered is likely to need what this link leads to.
    fn is_missed(&self, link: &Path) -> bool {
        match link.extension().and_then(|end| end.to_str()) {
            Some("yaml" | "yml") => true,
            Some("json" | "tgz" | "tpl") => self.of_chart,
            _ => self.of_chart && link.is_dir(),
        }
    }

    pub(super) fn into_notes(self) -> Notes {
        self.notes.into_inner()
    }

    fn shown<'p>(&self, path: &'p Path) -> std::path::Display<'p> {
        path.strip_prefix(self.files.root()).unwrap_or(path).display()
    }

    /// What a path is, if its directory was listed.
    fn listed(&self, path: &Path) -> Option<FileType> {
        let (directory, name) = (path.parent()?, path.file_name()?.to_str()?);
        let listed = self.listed.borrow();
        let entries = &listed.iter().rfind(|it| it.directory.as_os_str() == directory.as_os_str())?.entries;
        let at = entries.binary_search_by(|(entry, _)| entry.as_str().cmp(name)).ok()?;
        Some(entries[at].1)
    }

    fn leave_out(&self, why: String) -> io::Error {
        self.notes.borrow_mut().left_out.insert(why);
        io::ErrorKind::NotFound.into()
    }

    /// First link on the way to a path.
    fn link(&self, path: &Path) -> Option<String> {
        let inside = path.ancestors().take_while(|above| above.starts_with(self.files.root()));
        let link = inside.filter(|path| path.is_symlink()).last()?;
        Some(format!(
            "{} is a symbolic link, which artifacts do not include: the cluster does not get it",
            self.shown(link)
        ))
    }
}

impl FileSystem for View<'_> {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)> {
        let path = edgeflux_kustomize::clean(&self.files.root().join(path));
        if let Some(kind) = self.listed(&path) {
            self.resolved.borrow_mut().clone_from(&path);
            return Ok((path, kind));
        }
        let found = self.files.fs.resolve(&path);
        if !matches!(&found, Ok((real, _)) if *real == path)
            && let Some(link) = self.link(&path)
        {
            return Err(self.leave_out(link));
        }
        if found.is_err()
            && let Some(why) = self.files.why_missing(&path)
        {
            return Err(self.leave_out(format!("{}: {why}", self.shown(&path))));
        }
        let (real, entry) = found?;
        if real != path {
            // Reached only on a file system that ignores case.
            return Err(self.leave_out(format!("{} is spelled {}", self.shown(&path), self.shown(&real))));
        }
        match entry {
            FileType::File => {
                if let Some(why) = self.files.why_left_out(&real) {
                    return Err(self.leave_out(why));
                }
                self.resolved.borrow_mut().clone_from(&real);
                Ok((real, entry))
            }
            FileType::Directory if self.files.has_directory(&real) => Ok((real, entry)),
            FileType::Directory => {
                let why = self.files.why_left_out(&real);
                Err(self.leave_out(why.unwrap_or_else(|| {
                    format!("{} is excluded from the source by .sourceignore, spec.ignore or the default exclusions", self.shown(&real))
                })))
            }
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let resolved = self.resolved.take();
        let path = if resolved == path { resolved } else { self.resolve(path)?.0 };
        let content = self.files.checkout.read(&path)?;
        if let Some(note) = content.note {
            self.notes.borrow_mut().warnings.insert(format!("{}: {note}", self.shown(&path)));
        }
        Ok(content.bytes)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        if let Some(why) = self.files.why_missing(path) {
            if self.files.has_submodules {
                return Err(io::Error::other(why));
            }
            self.notes.borrow_mut().warnings.insert(format!("{}: {why}", self.shown(path)));
        }
        let mut entries = Vec::new();
        for entry in self.files.directories.entries(path)?.iter() {
            let place = path.join(&entry.name);
            let Some(name) = entry.name.to_str() else {
                if place.extension().is_some_and(|end| end == "yaml" || end == "yml") {
                    let warning = format!("{}: skipped because its name is not UTF-8", self.shown(&place));
                    self.notes.borrow_mut().warnings.insert(warning);
                }
                continue;
            };
            match entry.kind {
                EntryKind::Link if self.is_missed(&place) => {
                    self.notes.borrow_mut().warnings.extend(self.link(&place));
                }
                EntryKind::Directory if name != ".git" && self.files.has_directory(&place) => {
                    entries.push((name.to_owned(), FileType::Directory));
                }
                EntryKind::File if self.files.has_file(&place) => {
                    entries.push((name.to_owned(), FileType::File));
                }
                _ => {}
            }
        }
        let names = entries.iter().map(|(name, _)| name.clone()).collect();
        let mut listed = self.listed.borrow_mut();
        listed.retain(|around| is_below(path, &around.directory));
        listed.push(Listed { directory: path.to_path_buf(), entries });
        Ok(names)
    }
}
