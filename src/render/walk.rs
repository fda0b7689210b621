//! The files below a directory, found in one walk.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files below a directory. Links are not followed: artifacts have none.
#[derive(Debug)]
pub(super) struct Walk {
    /// Files that may contain objects, by path.
    pub yaml_files: Vec<PathBuf>,
    /// Text of each `.sourceignore`, with its directory, by directory.
    pub ignore_files: Vec<(PathBuf, String)>,
    /// All directories that were found.
    pub directories: Arc<Directories>,
}

/// Directories with their entries, by path.
#[derive(Debug, Default)]
pub(super) struct Directories(HashMap<OsString, Vec<Entry>>);

/// Entry of a directory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub name: OsString,
    pub kind: EntryKind,
}

/// Kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    Directory,
    Link,
    /// A pipe, a socket or a device.
    Other,
}

impl Walk {
    pub(super) fn of(root: &Path) -> Self {
        const IGNORE_FILE: &str = ".sourceignore";
        let (mut yaml_files, mut ignore_files) = (Vec::new(), Vec::new());
        let mut directories = Directories::default();
        // Paths in descending order, with their types. Descending, because the last one comes next.
        let mut places = vec![(root.to_path_buf(), true)];
        while let Some((place, is_directory)) = places.pop() {
            if !is_directory {
                if place.file_name().is_some_and(|name| name == IGNORE_FILE) {
                    let text =
                        String::from_utf8_lossy(&std::fs::read(&place).unwrap_or_default()).into_owned();
                    ignore_files.push((place.parent().unwrap_or(root).to_path_buf(), text));
                } else {
                    yaml_files.push(place);
                }
                continue;
            }
            let Ok(entries) = entries_of(&place) else { continue };
            for Entry { name, kind } in entries.iter().rev() {
                let is_yaml = [&b".yaml"[..], b".yml"].iter().any(|end| {
                    let name = name.as_encoded_bytes();
                    name.len() > end.len() && name.ends_with(end)
                });
                let is_wanted = match kind {
                    EntryKind::Directory => name != ".git",
                    EntryKind::File => is_yaml || name == IGNORE_FILE,
                    // Also a link to a file.
                    _ => name == IGNORE_FILE && place.join(name).is_file(),
                };
                if is_wanted {
                    places.push((place.join(name), *kind == EntryKind::Directory));
                }
            }
            directories.0.insert(place.into_os_string(), entries);
        }
        Self { yaml_files, ignore_files, directories: Arc::new(directories) }
    }
}

impl Directories {
    /// Returns the entries of a directory, sorted by name. A directory that the walk did not find is read now.
    pub(super) fn entries(&self, directory: &Path) -> io::Result<Cow<'_, [Entry]>> {
        match self.0.get(directory.as_os_str()) {
            Some(entries) => Ok(Cow::Borrowed(entries)),
            None => entries_of(directory).map(Cow::Owned),
        }
    }
}

/// Reads the entries of a directory, sorted by name.
fn entries_of(directory: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_dir() => EntryKind::Directory,
            Ok(kind) if kind.is_file() => EntryKind::File,
            Ok(kind) if kind.is_symlink() => EntryKind::Link,
            Ok(_) => EntryKind::Other,
            // It has been removed in the meantime.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        entries.push(Entry { name: entry.file_name(), kind });
    }
    entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}
