//! The files of one kustomization: paths relative to its folder, within the bounds that the build sets.

use std::io;
use std::path::{Path, PathBuf};

use super::Options;
use super::error::{Error, Result};
use super::fs::{Entry, FileSystem};
use super::kustomization::FILE_NAMES;

/// Reads the files of a kustomization.
pub(super) struct Loader<'a> {
    fs: &'a dyn FileSystem,
    options: &'a Options,
    /// The folder that the build began in, which messages leave out.
    base: PathBuf,
    /// The folder of the kustomization.
    root: PathBuf,
    /// The folders of the kustomizations that led here, the first first.
    above: Vec<PathBuf>,
}

impl<'a> Loader<'a> {
    /// The kustomization in the folder `root`.
    pub fn new(fs: &'a dyn FileSystem, root: &Path, options: &'a Options) -> Result<Self> {
        let (root, entry) = fs.resolve(root).map_err(|error| Error::new(explain(&error)).file(root))?;
        if entry != Entry::Folder {
            return Err(Error::new("not a folder").file(&root));
        }
        Ok(Self { fs, options, base: root.clone(), root, above: Vec::new() })
    }

    /// A path of this kustomization as messages show it: relative to the folder that the build began in.
    pub fn shown(&self, path: &str) -> PathBuf {
        self.relative(&super::fs::clean(&self.root.join(path)))
    }

    fn relative(&self, path: &Path) -> PathBuf {
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

    /// The folder of the kustomization, as messages show it.
    pub fn shown_root(&self) -> PathBuf {
        self.relative(&self.root)
    }

    /// The content of a file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        self.refuse_remote(path)?;
        // The fault lies in what names the file, so the error does not name the file as its place.
        let fail = |error: io::Error| Error::new(format!("{path}: {}", explain(&error)));
        let (real, entry) = self.fs.resolve(&self.root.join(path)).map_err(fail)?;
        if entry != Entry::File {
            return Err(Error::new(format!("{path} is a folder")).hint("name a file"));
        }
        if self.options.files_stay_in_their_kustomization && !real.starts_with(&self.root) {
            return Err(Error::new(format!("{path} is outside of the kustomization's folder"))
                .hint("a kustomization may only read files in or below its folder"));
        }
        self.fs.read(&real).map_err(fail)
    }

    /// The content of a file that must be text.
    pub fn read_text(&self, path: &str) -> Result<String> {
        String::from_utf8(self.read(path)?).map_err(|_| Error::new("not UTF-8").file(&self.shown(path)))
    }

    fn refuse_remote(&self, path: &str) -> Result<()> {
        let is_remote = path.contains("://")
            || path.starts_with("git@")
            || path.starts_with("git::")
            || path.starts_with("github.com/");
        if !is_remote {
            return Ok(());
        }
        Err(Error::new(format!("{path} is not a local path")).file(&self.shown_root()).hint(
            "remote resources are not fetched; keep a copy in the repository, or give it a source of its own",
        ))
    }

    /// Whether a path leads to a folder.
    pub fn is_folder(&self, path: &str) -> bool {
        matches!(self.fs.resolve(&self.root.join(path)), Ok((_, Entry::Folder)))
    }

    /// The kustomization in the folder `path`, which must not be one of those that led here or above them.
    pub fn enter(&self, path: &str) -> Result<Self> {
        self.refuse_remote(path)?;
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
            .fs
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
        Ok(Self { fs: self.fs, options: self.options, base: self.base.clone(), root, above })
    }

    /// The folder of the kustomization.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The kustomization files in the folder, of which there should be one.
    pub fn kustomization_files(&self) -> impl Iterator<Item = &'static str> {
        FILE_NAMES
            .into_iter()
            .filter(|name| matches!(self.fs.resolve(&self.root.join(name)), Ok((_, Entry::File))))
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
