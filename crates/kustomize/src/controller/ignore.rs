//! Which files are left out: `.sourceignore` files and the patterns of the command line, in the format of `.gitignore`.

use std::path::{Path, PathBuf};

use super::glob;
use crate::error::{Error, Result};
use crate::fs::{Entry, FileSystem};

/// The patterns of a folder and those below it.
#[derive(Debug, Default)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    /// The folder that it is for.
    domain: PathBuf,
    parts: Vec<String>,
    includes: bool,
    folders_only: bool,
    /// Whether it is a path; otherwise the name of anything below the domain.
    is_path: bool,
}

/// What sources leave out unless told otherwise.
const DEFAULTS: [&str; 24] = [
    ".git/",
    ".gitignore",
    ".gitmodules",
    ".gitattributes",
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
    ".github/",
    ".circleci/",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    "**/.goreleaser.yml",
    "**/.sops.yaml",
    "**/.flux.yaml",
];

impl Ignore {
    /// The patterns of `folder`: those of the `.sourceignore` files in and below it, and `more`.
    pub fn read(fs: &dyn FileSystem, folder: &Path, more: &[String]) -> Result<Self> {
        let mut ignore = Self::default();
        ignore.read_folder(fs, folder, 0)?;
        for line in more.iter().flat_map(|text| text.lines()) {
            ignore.add(line, folder);
        }
        Ok(ignore)
    }

    fn read_folder(&mut self, fs: &dyn FileSystem, folder: &Path, depth: usize) -> Result<()> {
        const DEEPEST: usize = 100;
        let fail = |error: std::io::Error| Error::new(error.to_string()).file(folder);
        if depth > DEEPEST {
            return Err(Error::new(format!("folders nested deeper than {DEEPEST}")).file(folder));
        }
        let names = fs.list(folder).map_err(fail)?;
        if names.iter().any(|name| name == ".sourceignore") {
            let content = fs.read(&folder.join(".sourceignore")).map_err(fail)?;
            for line in String::from_utf8_lossy(&content).lines() {
                self.add(line, folder);
            }
        }
        for name in names.iter().filter(|name| *name != ".git") {
            let path = folder.join(name);
            // A link leads elsewhere, perhaps round in a circle.
            if fs.resolve(&path).is_ok_and(|found| found == (path.clone(), Entry::Folder)) {
                self.read_folder(fs, &path, depth + 1)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, line: &str, domain: &Path) {
        if line.starts_with('#') || line.trim().is_empty() {
            return;
        }
        self.patterns.push(Pattern::new(line, domain));
    }

    /// Whether any pattern was given.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a path in `folder` is left out; the last pattern that matches decides.
    pub fn matches(&self, folder: &Path, path: &Path, is_folder: bool) -> bool {
        let last = self.patterns.iter().rev().find(|pattern| pattern.matches(path, is_folder));
        match last {
            Some(pattern) => !pattern.includes,
            None => DEFAULTS.iter().any(|line| Pattern::new(line, folder).matches(path, is_folder)),
        }
    }
}

impl Pattern {
    fn new(line: &str, domain: &Path) -> Self {
        // A space at the end counts only behind a backslash.
        let line = if line.ends_with("\\ ") { line } else { line.trim_end() };
        let (includes, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (folders_only, line) = match line.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let is_path = line.contains('/');
        let parts =
            if is_path { line.split('/').map(str::to_owned).collect() } else { vec![line.to_owned()] };
        Self { domain: domain.to_path_buf(), parts, includes, folders_only, is_path }
    }

    fn matches(&self, path: &Path, is_folder: bool) -> bool {
        let Ok(rest) = path.strip_prefix(&self.domain) else { return false };
        let names: Vec<_> = rest.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        if names.is_empty() {
            return false;
        }
        if self.is_path {
            return self.matches_path(&names, is_folder);
        }
        let found = names.iter().position(|name| glob::matches(&self.parts[0], name, false));
        found.is_some_and(|at| !(self.folders_only && !is_folder && at + 1 == names.len()))
    }

    fn matches_path(&self, names: &[impl AsRef<str>], is_folder: bool) -> bool {
        let mut names = names;
        let (mut matched, mut any_depth) = (false, false);
        for (at, part) in self.parts.iter().enumerate() {
            let is_last = at + 1 == self.parts.len();
            match part.as_str() {
                "" => any_depth = false,
                "**" if is_last => break,
                "**" => any_depth = true,
                part if part.contains("**") => return false,
                part if any_depth => {
                    any_depth = false;
                    let found = names.iter().position(|name| glob::matches(part, name.as_ref(), false));
                    matched = found.is_some();
                    names = &names[found.map_or(names.len(), |at| at + 1)..];
                }
                part => {
                    let Some((first, rest)) = names.split_first() else { return false };
                    if !glob::matches(part, first.as_ref(), false) {
                        return false;
                    }
                    matched = true;
                    names = rest;
                }
            }
        }
        matched && !(self.folders_only && !is_folder && names.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(pattern: &str, path: &str, is_folder: bool) -> bool {
        Pattern::new(pattern, Path::new("/a")).matches(&Path::new("/a").join(path), is_folder)
    }

    #[test]
    fn patterns_match_as_in_gitignore() {
        for (pattern, path, is_folder) in [
            ("x.yaml", "b/x.yaml", false),
            ("/x.yaml", "x.yaml", false),
            ("b/", "b", true),
            ("b/", "b/x.yaml", false),
            ("b/*.yaml", "b/x.yaml", false),
            ("**/x.yaml", "b/c/x.yaml", false),
            ("/b/**", "b/c/x.yaml", false),
            ("b/**/x.yaml", "b/c/d/x.yaml", false),
        ] {
            assert!(ignored(pattern, path, is_folder), "{pattern} {path}");
        }
        for (pattern, path, is_folder) in [
            ("/x.yaml", "b/x.yaml", false),
            ("b/", "b", false),
            ("b/*.yaml", "b/c/x.yaml", false),
            ("y", "x", false),
        ] {
            assert!(!ignored(pattern, path, is_folder), "{pattern} {path}");
        }
    }

    #[test]
    fn the_last_pattern_decides_and_the_defaults_come_before_all() {
        let folder = Path::new("/a");
        let mut ignore = Ignore::default();
        assert!(ignore.matches(folder, Path::new("/a/b.png"), false));
        for line in ["*.yaml", "!keep.yaml", "!*.png", "# comment", ""] {
            ignore.add(line, folder);
        }
        assert!(ignore.matches(folder, Path::new("/a/b.yaml"), false));
        assert!(!ignore.matches(folder, Path::new("/a/keep.yaml"), false));
        assert!(!ignore.matches(folder, Path::new("/a/b.png"), false));
    }
}
