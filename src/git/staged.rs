//! Files of a working tree as a commit would store them, without conversions of line endings and filters.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path};
use std::sync::PoisonError;
use std::time::UNIX_EPOCH;

use git2::{AttrCheckFlags, IndexEntry};
use sha2::{Digest as _, Sha256};

use super::error::{Error, Result};
use super::export::{Export, create, link};
use super::local::LocalRepository;

/// Content that a commit would store for a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Stored {
    /// The content of the file.
    Same,
    /// Another content.
    Other(Vec<u8>),
    /// The output of a program, which Git's configuration defines under this name.
    Unknown(String),
}

/// Attributes for which a program, or a conversion that libgit2 does not support, changes files.
const CONVERSIONS: [&str; 2] = ["filter", "working-tree-encoding"];

/// Bit in the extended flags of an index entry: the file is not in the working tree.
const SKIP_WORKTREE: u16 = 1 << 14;

impl LocalRepository {
    /// Returns what a commit would store for the file at `path`, relative to the root of the working tree.
    pub fn stored(&self, path: &Path, content: &[u8]) -> Stored {
        if self.converts(path)
            && let Some(driver) = self.conversion(path)
        {
            return self.converted(path, content, driver);
        }
        if content.contains(&b'\r') {
            return self.with_line_endings(path, content);
        }
        Stored::Same
    }

    /// Whether an attribute may convert a file: one for the whole repository, or one of a directory above.
    fn converts(&self, path: &Path) -> bool {
        let Some(root) = self.git.workdir() else { return false };
        let is_everywhere = self.known.converts.get_or_init(|| {
            let config = self.git.config().and_then(|config| config.get_path("core.attributesFile"));
            names_conversion(&self.git.commondir().join("info/attributes"))
                || config.is_ok_and(|file| names_conversion(&file))
        });
        let mut directories = self.known.directories.lock().unwrap_or_else(PoisonError::into_inner);
        *is_everywhere || path.parent().is_some_and(|above| converts_below(above, root, &mut directories))
    }

    /// Returns the driver or encoding of a file.
    fn conversion(&self, path: &Path) -> Option<String> {
        CONVERSIONS.iter().find_map(|name| {
            let value = self.git.get_attr(path, name, AttrCheckFlags::FILE_THEN_INDEX).ok()??.to_owned();
            // "[internal]__TRUE__" and the like say that the attribute has no value.
            let has_value =
                !value.is_empty() && !value.starts_with("[internal]") && !value.eq_ignore_ascii_case("utf-8");
            has_value.then_some(value)
        })
    }

    fn converted(&self, path: &Path, content: &[u8], driver: String) -> Stored {
        const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";
        if driver == "lfs" {
            if content.is_empty() || content.starts_with(POINTER) {
                return Stored::Same;
            }
            let oid = Sha256::digest(content);
            let pointer = format!(
                "version https://git-lfs.github.com/spec/v1\noid sha256:{oid:x}\nsize {}\n",
                content.len()
            );
            return Stored::Other(pointer.into_bytes());
        }
        let is_clean = self.is_unchanged(path);
        match self.indexed(path) {
            Some(blob) if is_clean => {
                if blob == content {
                    Stored::Same
                } else {
                    Stored::Other(blob)
                }
            }
            _ => Stored::Unknown(driver),
        }
    }

    /// Whether a file has the size and time in the index.
    fn is_unchanged(&self, path: &Path) -> bool {
        let same = || {
            let entry = self.index_entry(path)?;
            let known = fs::metadata(self.git.workdir()?.join(path)).ok()?;
            let time = known.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            let (seconds, rest) = (i64::from(entry.mtime.seconds()), entry.mtime.nanoseconds());
            let same_time =
                i64::try_from(time.as_secs()) == Ok(seconds) && (rest == 0 || rest == time.subsec_nanos());
            Some(same_time && u64::from(entry.file_size) == known.len())
        };
        same().unwrap_or(false)
    }

    /// Converts line endings as Git would store them: those of the index if nothing else differs, or else as configuration
    /// and attributes tell.
    fn with_line_endings(&self, path: &Path, content: &[u8]) -> Stored {
        if let Some(blob) = self.indexed(path)
            && without_returns(content) == without_returns(&blob)
        {
            return if blob == content { Stored::Same } else { Stored::Other(blob) };
        }
        match self.added(path) {
            Some(blob) if blob != content => Stored::Other(blob),
            _ => Stored::Same,
        }
    }

    /// Returns the content of a file in the index.
    fn indexed(&self, path: &Path) -> Option<Vec<u8>> {
        Some(self.git.find_blob(self.index_entry(path)?.id).ok()?.content().to_vec())
    }

    /// Returns the index entry at a path.
    pub(super) fn index_entry(&self, path: &Path) -> Option<IndexEntry> {
        // git2 panics for other paths.
        let is_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        let is_path = is_inside && !path.as_os_str().is_empty();
        if is_path { self.git.index().ok()?.get_path(path, 0) } else { None }
    }

    /// Returns the content that adding a file of the working tree would store. Nothing is written.
    fn added(&self, path: &Path) -> Option<Vec<u8>> {
        const BEFORE_ALL_OTHERS: i32 = 1000;
        let keeps = self.known.keeps.get_or_init(|| {
            let odb = self.git.odb();
            odb.is_ok_and(|odb| odb.add_new_mempack_backend(BEFORE_ALL_OTHERS).is_ok())
        });
        if !keeps {
            return None;
        }
        let place = self.git.workdir()?.join(path);
        let id = self.git.blob_path(&place).ok()?;
        Some(self.git.find_blob(id).ok()?.content().to_vec())
    }

    /// Whether files are missing from the working tree, as in a sparse checkout.
    ///
    /// # Errors
    /// That cannot be read.
    pub fn is_sparse(&self) -> Result<bool> {
        match self.index() {
            Ok(index) => Ok(index.iter().any(|entry| is_skipped(&entry))),
            Err(error @ Error::Checkout { .. }) => Err(error),
            // Only an index of another format may say so.
            Err(_) => Ok(false),
        }
    }

    /// Writes the files of the working tree, uncommitted ones included, and those that a sparse checkout omits, into the
    /// empty directory `into`.
    ///
    /// # Errors
    /// The index cannot be read, or a file cannot be written.
    pub fn export_work_tree(&self, into: &Path) -> Result<Export> {
        let index = self.index()?;
        let mut export = Export { id: String::new(), absent: std::collections::BTreeMap::new() };
        if let Some(root) = self.git.workdir() {
            self.copy_work_tree(root, into)?;
        }
        for entry in index.iter().filter(is_skipped) {
            let path = super::export::file_name(&entry.path).filter(|path| !into.join(path).exists());
            let Some(path) = path else { continue };
            let place = into.join(&path);
            if let Some(directory) = place.parent() {
                fs::create_dir_all(directory)?;
            }
            match self.git.find_blob(entry.id) {
                Ok(blob) if entry.mode == 0o120_000 => link(blob.content(), &place)?,
                Ok(blob) => create(&place, blob.content())?,
                Err(_) if entry.mode == 0o160_000 => fs::create_dir(&place)?,
                Err(_) => {
                    create(&place, b"")?;
                    export.absent.insert(path, format!("its content ({}) is not in this sparse, partial clone; fetch it: git archive --output=/dev/null HEAD", entry.id));
                }
            }
        }
        Ok(export)
    }

    fn index(&self) -> Result<git2::Index> {
        self.git.index().map_err(|error| {
            let message = error.message();
            if !message.contains("'sdir'") {
                return Error::Local(format!("the index cannot be read: {message}"));
            }
            Error::Checkout {
                what: "the checkout has a sparse index, which flux cannot read".to_owned(),
                step: "write it in full: git sparse-checkout reapply --no-sparse-index".to_owned(),
            }
        })
    }

    /// Copies the files of the working tree as a commit would store them.
    fn copy_work_tree(&self, root: &Path, into: &Path) -> Result<()> {
        const LARGEST_TO_CONVERT: u64 = 16 << 20;
        let mut directories = vec![root.to_path_buf()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory)? {
                let entry = entry?;
                let (from, kind) = (entry.path(), entry.file_type()?);
                let inside = from.strip_prefix(root).unwrap_or(&from);
                let place = into.join(inside);
                if kind.is_dir() && entry.file_name() != ".git" {
                    fs::create_dir(&place)?;
                    directories.push(from);
                } else if kind.is_file() && entry.metadata()?.len() > LARGEST_TO_CONVERT {
                    fs::copy(from, place)?;
                } else if kind.is_file() {
                    let content = fs::read(&from)?;
                    match self.stored(inside, &content) {
                        Stored::Other(stored) => create(&place, &stored)?,
                        Stored::Same | Stored::Unknown(_) => create(&place, &content)?,
                    }
                } else if kind.is_symlink() {
                    link(fs::read_link(from)?.as_os_str().as_encoded_bytes(), &place)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether the attributes of a directory, or of one above, may convert files. `known` has what was found for others.
fn converts_below(directory: &Path, root: &Path, known: &mut HashMap<OsString, bool>) -> bool {
    if let Some(converts) = known.get(directory.as_os_str()) {
        return *converts;
    }
    let converts = names_conversion(&root.join(directory).join(".gitattributes"))
        || directory.parent().is_some_and(|above| converts_below(above, root, known));
    known.insert(directory.as_os_str().to_owned(), converts);
    converts
}

/// Whether a file of attributes has one of [`CONVERSIONS`].
fn names_conversion(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    CONVERSIONS.iter().any(|name| text.contains(name))
}

fn is_skipped(entry: &IndexEntry) -> bool {
    entry.flags_extended & SKIP_WORKTREE != 0
}

fn without_returns(content: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(content.len());
    for (at, byte) in content.iter().enumerate() {
        if *byte != b'\r' || content.get(at + 1) != Some(&b'\n') {
            text.push(*byte);
        }
    }
    text
}
