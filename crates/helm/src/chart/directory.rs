//! Charts in directories.

use std::io;
use std::path::{Path, PathBuf};

use super::File;
use super::archive::without_bom;
use super::budget::{Budget, MAX_FILE, check_depth};
use super::file_system::{FileSystem, FileType};
use super::ignore::{self, Rules};
use crate::error::Error;

/// Reads the files of a directory that its `.helmignore` does not leave out. Links are followed.
pub(super) fn files(fs: &dyn FileSystem, root: &Path, budget: &mut Budget) -> Result<Vec<File>, Error> {
    let rules = match fs.resolve(&root.join(ignore::FILE)) {
        Ok((path, FileType::File)) => {
            fs.read(&path, MAX_FILE).map_err(|error| unreadable(ignore::FILE, &error))?
        }
        _ => Vec::new(),
    };
    let rules = Rules::parse(&rules)?;
    let (path, _) = fs.resolve(root).map_err(|error| unreadable(&root.to_string_lossy(), &error))?;
    let mut walk = Walk { fs, rules, budget, files: Vec::new(), above: Vec::new() };
    walk.directory("", &path)?;
    Ok(walk.files)
}

struct Walk<'a> {
    fs: &'a dyn FileSystem,
    rules: Rules,
    budget: &'a mut Budget,
    files: Vec<File>,
    /// The directories that contain the present one, without links.
    above: Vec<PathBuf>,
}

impl Walk<'_> {
    fn directory(&mut self, name: &str, path: &Path) -> Result<(), Error> {
        check_depth(self.above.len())?;
        if self.above.iter().any(|above| above == path) {
            return Err(Error::new(format!("{name}: a link to a directory that contains it")));
        }
        let names = self.fs.list(path).map_err(|error| unreadable(name, &error))?;
        self.above.push(path.to_path_buf());
        for entry in names {
            let name = if name.is_empty() { entry.clone() } else { format!("{name}/{entry}") };
            self.budget.entry()?;
            match self.fs.resolve(&path.join(&entry)) {
                Ok((path, FileType::Directory)) if !self.rules.ignores(&name, true) => {
                    self.directory(&name, &path)?;
                }
                Ok((path, FileType::File)) if !self.rules.ignores(&name, false) => self.file(name, &path)?,
                Ok(_) => {}
                Err(_) if self.rules.ignores(&name, false) => {}
                Err(error) => return Err(unreadable(&name, &error)),
            }
        }
        self.above.pop();
        Ok(())
    }

    fn file(&mut self, name: String, path: &Path) -> Result<(), Error> {
        let data = self.fs.read(path, MAX_FILE).map_err(|error| unreadable(&name, &error))?;
        self.budget.bytes(data.len() as u64)?;
        self.files.push(File::new(name, without_bom(data)));
        Ok(())
    }
}

fn unreadable(name: &str, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return Error::new(format!("chart file {name:?} is larger than the maximum file size {MAX_FILE}"));
    }
    Error::new(format!("{name}: {error}"))
}
